/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private instances from the inside: to ask the programs as they would judge on this very machine, with its interfaces
 * and its clocks, and nothing that they do to it counts.
 */
#pragma once

#include "generation.h"
#include "handle.h"

struct iotguard_instance;

/* The maps of a private instance; they stay its own. */
const struct ig_object *ig_instance_object(const struct iotguard_instance *instance);

/* One with room for @device_slots machines and for no flows, in which nothing is in force yet: every packet opens a
 * conversation. @live: what has been told to machines there can be put here row by row; NULL: nothing is. 0, or -errno
 * with a diagnostic. */
int ig_instance_open_bare(struct iotguard *ig, uint32_t device_slots, const struct ig_object *live,
			  struct iotguard_instance **out);
/* Puts in force in it what is in force in @live, sharing the maps of its policy: once, and behind ig_instance_enforce()
 * again. 0, -errno. */
int ig_instance_adopt(struct iotguard_instance *instance, const struct ig_object *live);
/* Puts an image in force in it. Maps that it shares are left alone. 0, -errno. */
int ig_instance_enforce(struct iotguard_instance *instance, const struct ig_image *image,
			ig_ifindex_fn ifindex, void *context);

struct ig_instance_frame {
	enum iotguard_side side; /* not IGNORED, not BOTH */
	const void *bytes;
	size_t size;
	unsigned int
		ifindex; /* of the interface it is at, in this network namespace; 0: ports are not checked */
	uint64_t now_ns; /* on the clock of ig_now() */
	uint32_t wall_s; /* seconds since the epoch, or IG_TIME_UNKNOWN */
};

/* As iotguard_instance_judge(), but that this machine counts: its routing table, and how long it has been
 * enforcing. */
int ig_instance_ask(struct iotguard_instance *instance, const struct ig_instance_frame *frame,
		    struct iotguard_verdict *verdict);
