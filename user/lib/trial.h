/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy on trial: it is in force, and goes by itself at its deadline, by a timer in the kernel (bpf/operate.h). For as
 * long the slot of the policy before stays as it is.
 */
#pragma once

#include "handle.h"
#include "object.h"

#define IG_TRIAL_MAX_S (24u * 3600u)

struct ig_trial_state {
	uint64_t until_ns; /* CLOCK_MONOTONIC; 0: nothing is on trial */
	uint64_t left_s;   /* rounded up */
	uint32_t uid;	   /* who began it */
};

/* What is on trial now. Needs to read only. */
void ig_trial_look(const struct ig_object *object, struct ig_trial_state *out);

/* -EBUSY with a diagnostic where something is on trial: nothing else may be changed then. One that was armed by a
 * loader that was killed, and whose policy never came into force, is disarmed. */
int ig_trial_check(struct iotguard *ig, const struct ig_object *object);

/* Arms the timer for the next generation, which flips after this. 0; -errno with a diagnostic. @until_ns is told. */
int ig_trial_arm(struct iotguard *ig, const struct ig_object *object, unsigned int seconds,
		 uint64_t *until_ns);
/* Puts that generation in force. -ETIME with a diagnostic: its time was over before it came, and the old policy stands. */
int ig_trial_flip(struct iotguard *ig, const struct ig_object *object);
