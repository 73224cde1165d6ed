/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "management.h"
#include "resolve.h"
#include "util.h"

bool ig_management_names(const struct iotguard_inventory *inv, const struct ig_rule *rule,
			 const struct ig_machine *m)
{
	const struct ig_remote *remote = &rule->remote;

	switch (remote->kind) {
	case IG_REMOTE_ANY:
	case IG_REMOTE_LOCAL:
		return true;
	case IG_REMOTE_HOST:
	case IG_REMOTE_DEVICE:
		return m->host == (remote->kind == IG_REMOTE_HOST) &&
		       !strcmp(m->name, remote->name);
	case IG_REMOTE_GROUP:
		return ig_group_has(ig_inventory_group(inv, remote->name), m);
	case IG_REMOTE_SEGMENT:
		return m->segment == ig_inventory_segment(inv, remote->name);
	case IG_REMOTE_PREFIX:
		return ig_machine_lists_in(m, &remote->prefix);
	default:
		return false; /* refused when it was read */
	}
}

static int make_who(const struct iotguard_inventory *inv, const struct ig_rule *rule,
		    struct ig_ranges *who)
{
	int err = 0;

	for (size_t i = 0; i < inv->n_machines && !err; i++) {
		const struct ig_machine *m = &inv->machines[i];

		if (!m->trusted && ig_management_names(inv, rule, m))
			err = ig_ranges_add(who, i, i);
	}
	ig_ranges_normalise(who);
	return err;
}

int ig_management_make(const struct iotguard_inventory *inv, struct ig_management *out)
{
	const struct ig_rules *written = &inv->gateway.management;
	size_t room = written->count ? written->count : 1;
	int err = 0;

	*out = (struct ig_management){
		.rules = calloc(room, sizeof(*out->rules)),
		.who = calloc(room, sizeof(*out->who)),
	};
	if (!out->rules || !out->who)
		err = -ENOMEM;
	for (size_t i = 0; i < written->count && !err; i++, out->count++) {
		out->rules[i] = written->items[i];
		out->rules[i].side = IG_RULE_TO;
		out->rules[i].remote = (struct ig_remote){.kind = IG_REMOTE_GATEWAY};
		err = make_who(inv, &written->items[i], &out->who[i]);
	}
	if (err)
		ig_management_clear(out);
	return err;
}

void ig_management_clear(struct ig_management *management)
{
	for (size_t i = 0; i < management->count; i++)
		ig_ranges_clear(&management->who[i]);
	free(management->rules);
	free(management->who);
	*management = (struct ig_management){};
}

bool ig_management_has(const struct ig_management *management, const struct ig_rule *rule)
{
	return rule >= management->rules && rule < management->rules + management->count;
}

const struct ig_rule *ig_management_written(const struct ig_management *management,
					    const struct iotguard_inventory *inv,
					    const struct ig_rule *rule)
{
	if (!ig_management_has(management, rule))
		return rule;
	return &inv->gateway.management.items[rule - management->rules];
}
