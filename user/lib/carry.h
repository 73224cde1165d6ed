/* SPDX-License-Identifier: BSD-2-Clause */
/* What lives on when one instance takes the place of another: flows, bindings, what each device is in, counters, and
 * what was done to the policy. */
#pragma once

#include "object.h"

#define IG_CARRIED_TABLES 2

/* The rings as they were carried. */
struct ig_carried {
	uint8_t *slots[IG_CARRIED_TABLES];
};

/* Copies it from @old to @new, which is at least as large and not in use yet. @carried is to be cleared. 0, -errno. */
int ig_carry_over(const struct ig_object *old, const struct ig_object *new,
		  struct ig_carried *carried);

/* Once @new is in use: flows that packets made in @old while it was copied. 0, -errno. */
int ig_carry_late(const struct ig_object *old, const struct ig_object *new,
		  const struct ig_carried *carried);
void ig_carried_clear(struct ig_carried *carried);
