/* SPDX-License-Identifier: BSD-2-Clause */
/* What was saved before a reboot, put back (see iotguard_save()). */
#pragma once

#include "bindings.h"
#include "handle.h"

/* For the machines of the policy in @slot. Nothing here fails: what is wrong is a warning. Returns how many addresses
 * machines have again. */
size_t ig_restore_saved(struct iotguard *ig, const struct ig_object *object, uint32_t slot);
