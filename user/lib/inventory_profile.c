/* SPDX-License-Identifier: BSD-2-Clause */
/* `profiles:`: what kinds of devices have in common. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "util.h"

static int read_extends(void *context, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	struct ig_load *l = context;
	struct ig_profile *profile = object;
	size_t position = ig_load_reference(l, IG_SPACE_PROFILE, value, "the name of a profile");

	(void)key;
	if (position != IG_INDEX_NONE)
		profile->extends = &l->inv->profiles[position];
	return 0;
}

static int read_environment(void *l, const struct ig_node *key, const struct ig_node *value,
			    void *object)
{
	(void)key;
	return ig_load_environment(l, value, &((struct ig_profile *)object)->environment);
}

static int read_criticality(void *l, const struct ig_node *key, const struct ig_node *value,
			    void *object)
{
	(void)key;
	return ig_load_criticality(l, value, &((struct ig_profile *)object)->criticality);
}

static int read_dns(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_dns(l, value, &((struct ig_profile *)object)->dns);
}

static int read_mode(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_mode(l, value, &((struct ig_profile *)object)->mode);
}

static int read_flows(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_flows(l, value, &((struct ig_profile *)object)->flows);
}

static int read_rules(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_rules(l, value, &((struct ig_profile *)object)->rules);
}

static int read_my_controllers(void *l, const struct ig_node *key, const struct ig_node *value,
			       void *object)
{
	struct ig_profile *profile = object;

	(void)key;
	return ig_load_my_controllers(l, value, "profile", profile->name, &profile->controllers);
}

static int read_mud(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_mud_source(l, value, &((struct ig_profile *)object)->mud);
}

static const struct ig_key keys_of_profile[] = {
	{"extends", read_extends},
	{"environment", read_environment},
	{"criticality", read_criticality},
	{"mode", read_mode},
	{"dns", read_dns},
	{"flows", read_flows},
	{"rules", read_rules},
	{"mud", read_mud},
	{"my-controllers", read_my_controllers},
	{NULL, NULL},
};

static void report_cycle(struct ig_load *l, struct ig_profile *profile)
{
	const struct ig_entry *entry =
		&l->sections[IG_SPACE_PROFILE].items[profile - l->inv->profiles];
	struct ig_loc loc = ig_node_loc(&l->set, ig_node_get(entry->value, "extends"));

	ig_error(l->diags, &loc, "leave out one `extends` of the circle",
		 "profile `%s` extends itself, over `%s`", profile->name, profile->extends->name);
	profile->extends = NULL;
}

/* Walks each chain once: a profile seen on the very same walk closes a circle. */
static int check_cycles(struct ig_load *l)
{
	_free_ size_t *walk = calloc(l->inv->n_profiles + 1, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	for (size_t i = 0; i < l->inv->n_profiles; i++) {
		struct ig_profile *profile = &l->inv->profiles[i];

		for (; profile && !walk[profile - l->inv->profiles]; profile = profile->extends)
			walk[profile - l->inv->profiles] = i + 1;
		if (profile && walk[profile - l->inv->profiles] == i + 1)
			report_cycle(l, profile);
	}
	return 0;
}

/* Each profile is gone past twice, however long the chains are. */
static int check_depths(struct ig_load *l)
{
	_free_ size_t *depths = calloc(l->inv->n_profiles + 1, sizeof(*depths));

	if (!depths)
		return -ENOMEM;
	for (size_t i = 0; i < l->inv->n_profiles; i++) {
		const struct ig_profile *profile = &l->inv->profiles[i], *p;
		size_t steps = 0, others;

		for (p = profile; p && !depths[p - l->inv->profiles]; p = p->extends)
			steps++;
		steps += p ? depths[p - l->inv->profiles] : 0;
		for (p = profile; p && !depths[p - l->inv->profiles]; p = p->extends)
			depths[p - l->inv->profiles] = steps--;
		others = depths[i] - 1;
		if (others > IG_EXTENDS_MAX)
			ig_error(l->diags, &profile->loc, "put some of them together",
				 "profile `%s` extends %zu others, one over the other: %zu more "
				 "than the limit of %u",
				 profile->name, others, others - IG_EXTENDS_MAX, IG_EXTENDS_MAX);
	}
	return 0;
}

int ig_load_profiles(struct ig_load *l)
{
	int r = 0;

	for (size_t i = 0; !r && i < l->inv->n_profiles; i++) {
		struct ig_profile *profile = &l->inv->profiles[i];
		const struct ig_node *value = l->sections[IG_SPACE_PROFILE].items[i].value;
		char what[IG_NAME_MAX + 16];

		profile->environment = profile->criticality = profile->mode = profile->dns =
			profile->flows = IG_UNSET;
		snprintf(what, sizeof(what), "profile `%.*s`", IG_NAME_MAX, profile->name);
		if (!ig_node_empty(value))
			r = ig_node_read_map(&l->set, value, what, keys_of_profile, l, profile);
	}
	if (!r)
		r = check_cycles(l);
	return r ? r : check_depths(l);
}
