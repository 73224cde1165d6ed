/* SPDX-License-Identifier: BSD-2-Clause */
/* When an instance is replaced, the records that nobody read go with its ring. */
#pragma once

#include "handle.h"
#include "object.h"

/* Counts them as lost in @now, unless somebody reads @old at this time: a reader empties a ring
 * before it changes. */
void ig_events_forsake(struct iotguard *ig, const struct ig_object *old,
		       const struct ig_object *now);

/* How many records of a ring nobody has read; 0 where it cannot be looked at. */
uint64_t ig_ring_unread(int fd);
