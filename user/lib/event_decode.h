/* SPDX-License-Identifier: BSD-2-Clause */
/* From a ring record to what a person can be told. */
#pragma once

#include "names.h"

/*
 * @clock_us: what to add to the record's time to get microseconds since the epoch. -EPROTO: not a
 * record that this version knows. Strings in @out are the names'; where it is about a change of the
 * policy, that is in @change.
 */
int ig_event_decode(const void *record, size_t size, struct ig_names *names, int64_t clock_us,
		    struct iotguard_event *out, struct iotguard_change *change);
