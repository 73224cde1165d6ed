/* SPDX-License-Identifier: BSD-2-Clause */
/* Which machines are meant: those of a name, and the members of a group, in either inventory. */

#include <errno.h>
#include <string.h>

#include "plan_internal.h"
#include "selection.h"
#include "util.h"

static void select_machine(struct iotguard_plan *plan, const struct ig_world *world,
			   const struct ig_machine *m)
{
	plan->selected[world->ids[m - world->inv->machines]] = true;
}

static void select_group(struct iotguard_plan *plan, const struct ig_world *world,
			 const struct ig_group *group)
{
	for (size_t i = 0; i < world->inv->n_machines; i++) {
		if (ig_group_has(group, &world->inv->machines[i]))
			select_machine(plan, world, &world->inv->machines[i]);
	}
}

static bool select_in(struct iotguard_plan *plan, const struct ig_world *world, const char *text)
{
	struct ig_selection meant;

	if (!world->inv || !ig_selection_make(world->inv, text, &meant))
		return false;
	if (meant.device)
		select_machine(plan, world, meant.device);
	if (meant.host)
		select_machine(plan, world, meant.host);
	if (meant.group)
		select_group(plan, world, meant.group);
	return true;
}

int ig_plan_select_all(struct iotguard_plan *plan)
{
	plan->selected = calloc(plan->n_ids + 1, sizeof(*plan->selected));
	if (!plan->selected)
		return -ENOMEM;
	memset(plan->selected, true, plan->n_ids);
	return 0;
}

int ig_plan_select(struct iotguard *ig, struct iotguard_plan *plan, const char *const *names,
		   size_t n_names)
{
	int err = ig_plan_select_all(plan);

	if (err)
		return err;
	if (n_names)
		memset(plan->selected, false, plan->n_ids);
	for (size_t i = 0; i < n_names; i++) {
		bool now = select_in(plan, &plan->now, names[i]);
		bool before = select_in(plan, &plan->before, names[i]);

		if (now || before)
			continue;
		ig_error(
			&ig->diags, NULL,
			"name a device, a host or a group; `device:`, `host:` or `group:` in front "
			"tells them apart",
			"there is no device, host or group '%s'", names[i]);
		err = -ENODEV;
	}
	return err;
}
