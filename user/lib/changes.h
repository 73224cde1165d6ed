/* SPDX-License-Identifier: BSD-2-Clause */
/* What was done to the policy, from the kernel's record to what people are told: for `show` and for events. */
#pragma once

#include "dictionary.h"
#include "iotguard/iotguard.h"

/* The word for an enum ig_change_kind; NULL: none has this number. */
const char *ig_change_action(int kind);

/*
 * @dict: of the record's generation, NULL: its names are gone. @clock_us: what to add to the kernel's clock to get
 * microseconds since the epoch. Strings in @out are constants, and those of @dict. -EPROTO: not a record that this version
 * knows.
 */
int ig_change_describe(const struct ig_change *record, const struct ig_dictionary *dict,
		       int64_t clock_us, struct iotguard_change *out);
