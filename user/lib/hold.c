/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

#include "hold.h"
#include "state_dir.h"
#include "util.h"

int ig_hold(struct iotguard *ig, struct ig_hold *hold)
{
	*hold = IG_HOLD_NONE;
	if (ig_capabilities_missing(&ig->diags))
		return -EPERM;
	if (!ig_state_exists(ig))
		return -ENOENT;
	hold->lock = ig_state_lock(ig, 0);
	if (hold->lock < 0)
		return hold->lock;
	return ig_state_open(ig, true, &hold->object);
}

void ig_hold_release(struct ig_hold *hold)
{
	ig_object_close(&hold->object);
	ig_close_fd(&hold->lock);
}
