/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in force, held still: whoever changes something of it has the rights, the lock, and the maps to write to. */
#pragma once

#include "handle.h"
#include "object.h"

struct ig_hold {
	struct ig_object object;
	int lock;
};

#define IG_HOLD_NONE ((struct ig_hold){.object = IG_OBJECT_NONE, .lock = -1})

/* -EPERM, -EBUSY, -EPROTO with a diagnostic; -ENOENT: nothing is in force. @hold is to be released in any case. */
int ig_hold(struct iotguard *ig, struct ig_hold *hold);
void ig_hold_release(struct ig_hold *hold); /* safe on IG_HOLD_NONE, and twice */
