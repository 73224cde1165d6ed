/* SPDX-License-Identifier: BSD-2-Clause */
/* What outlives the maps it lies in: flows, bindings, counters and state, carried over into a new
 * instance. */
#pragma once

#include "object.h"

/*
 * Copies all run-time state from @old to @new, whose maps are at least as large. Packets that
 * arrive meanwhile change @old only: a flow made in these milliseconds is judged again by its
 * rules. 0, -errno.
 */
int ig_carry_over(const struct ig_object *old, const struct ig_object *new);
