/* SPDX-License-Identifier: BSD-2-Clause */
/* What one version of a MUD file allows that another one does not. */
#include <errno.h>

#include "handle.h"
#include "mud_model.h"
#include "plan_internal.h"
#include "util.h"

int iotguard_mud_compare(struct iotguard *ig, const struct iotguard_mud *old,
			 const struct iotguard_mud *now, struct iotguard_plan **out)
{
	_cleanup_(ig_model_sets_clear) struct ig_model_sets sets = {};
	struct iotguard_inventory *before = NULL, *after = NULL;
	int err;

	(void)ig;
	*out = NULL;
	err = ig_model_sets_add(&sets, &old->made.rules);
	err = err ?: ig_model_sets_add(&sets, &now->made.rules);
	err = err ?: ig_model_make(old, &sets, &before);
	err = err ?: ig_model_make(now, &sets, &after);
	if (!err)
		return ig_plan_between(before, after, out);
	iotguard_inventory_free(before);
	return err;
}
