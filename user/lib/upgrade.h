/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of another build in the place of those in force, on the very same maps: flows, bindings, counters and
 * the policy are not carried, they stay where they are. Each direction of each interface changes with one update of
 * its link, and for as long as some run the old programs and some the new ones, both judge by the one policy.
 */
#pragma once

#include "diag.h"
#include "object.h"

/* Loads our programs onto the maps of @old. 0; -errno with a diagnostic. */
int ig_upgrade_load(struct ig_diags *diags, const struct ig_object *old, struct ig_object *now);

/* Before the first interface changes: @now has the pins. Killed from here on, the next loader begins anew. 0, -errno. */
int ig_upgrade_begin(const struct ig_object *now);
/* After the last one. */
void ig_upgrade_end(const struct ig_object *now);
/* Instead: @old, of the build @programs, has the pins again. */
void ig_upgrade_undo(const struct ig_object *old, uint64_t programs);
