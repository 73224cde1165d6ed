/* SPDX-License-Identifier: BSD-2-Clause */
/* Which machines are meant: those of a name, and the members of a group, in either inventory. */

#include <errno.h>
#include <string.h>

#include "plan_internal.h"
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

/* "NAME", "device:NAME", "host:NAME" or "group:NAME". */
static const char *name_behind(const char *text, const char *kind)
{
	size_t n = strlen(kind);

	return !strncmp(text, kind, n) && text[n] == ':' ? text + n + 1 : NULL;
}

static bool select_in(struct iotguard_plan *plan, const struct ig_world *world, const char *text)
{
	const char *device = name_behind(text, "device"), *host = name_behind(text, "host"),
		   *group = name_behind(text, "group");
	bool bare = !device && !host && !group, found = false;
	const struct ig_machine *m;
	const struct ig_group *g;

	if (!world->inv)
		return false;
	for (int is_host = 0; is_host < 2; is_host++) {
		const char *name = bare ? text : is_host ? host : device;

		m = name ? ig_inventory_machine(world->inv, is_host, name) : NULL;
		if (m)
			select_machine(plan, world, m);
		found = found || m;
	}
	g = bare || group ? ig_inventory_group(world->inv, bare ? text : group) : NULL;
	if (g)
		select_group(plan, world, g);
	return found || g;
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
