/* SPDX-License-Identifier: BSD-2-Clause */
/* An apply under way, for its two files: what there is, and whether it will do (apply_look.c); putting it in force
 * (apply.c). */
#pragma once

#include <stdbool.h>

#include "carry.h"
#include "compile.h"
#include "handle.h"
#include "object.h"
#include "placement.h"
#include "policy.h"
#include "site.h"
#include "takeover.h"

struct ig_apply {
	struct iotguard *ig;
	const struct iotguard_policy *policy;
	struct iotguard_apply_opts opts;
	struct ig_object old; /* in force; IG_OBJECT_NONE if nothing is */
	struct ig_object now; /* to be in force, where that is another one */
	bool first;	      /* nothing is in force, and there is nothing */
	bool open;	      /* what is in force guards nothing: a first trial was rolled back */
	bool done;	      /* there is nothing to do */
	bool replace;	      /* @now replaces @old */
	bool upgrade;	      /* @now is other programs on the maps of @old */
	uint64_t programs;    /* build of those in force */
	struct ig_machine_site site;
	struct ig_placement placement;
	struct ig_image image;
	struct ig_attached *fresh; /* of each guarded interface: what was attached here */
	size_t n_attached;	   /* how far attaching came, the one that failed included */
	struct ig_carried carried; /* to a new instance */
	struct ig_bound bound;	   /* what machines had already, and the maps did not */
	size_t restored;	   /* of what was saved before a reboot */
	uint64_t until_ns;	   /* end of the trial; 0: it is for good */
	bool forced;		   /* it may cut the session, and was told to */
	int lock;
};

/* Takes the lock and looks at what is in force and at the machine. a->done: there is nothing to do. 0, -errno as said at
 * iotguard_apply(). */
int ig_apply_look(struct ig_apply *a);
/* Decides where machines have their state, and compiles. */
int ig_apply_compile(struct ig_apply *a);
/* Would the new policy cut who applies it? */
int ig_apply_check_session(struct ig_apply *a);
