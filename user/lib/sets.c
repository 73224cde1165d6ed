/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "inventory_internal.h"
#include "sets.h"

bool ig_remote_is_set(enum ig_remote_kind kind)
{
	return kind == IG_REMOTE_CONTROLLER || kind == IG_REMOTE_MANUFACTURER ||
	       kind == IG_REMOTE_MODEL || ig_remote_is_owners(kind);
}

bool ig_set_key(const struct ig_remote *remote, char key[IG_SET_KEY_MAX])
{
	static const char *const prefixes[] = {
		[IG_REMOTE_CONTROLLER] = "controller:",
		[IG_REMOTE_MANUFACTURER] = "manufacturer:",
		[IG_REMOTE_MODEL] = "model:",
	};
	int n;

	if (!remote->name)
		return false;
	if (ig_remote_is_owners(remote->kind)) /* the name of the set itself */
		return (size_t)snprintf(key, IG_SET_KEY_MAX, "%s", remote->name) < IG_SET_KEY_MAX;
	n = snprintf(key, IG_SET_KEY_MAX, "%s%s", prefixes[remote->kind], remote->name);
	if (n >= IG_SET_KEY_MAX)
		return false;
	for (char *c = key; remote->kind == IG_REMOTE_MANUFACTURER && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return true;
}

const struct ig_group *ig_inventory_set_named(const struct iotguard_inventory *inv, const char *key)
{
	size_t at = ig_index_find(inv->index, IG_SPACE_SET, key, strlen(key));

	return at == IG_INDEX_NONE ? NULL : &inv->sets[at];
}

const struct ig_group *ig_inventory_set(const struct iotguard_inventory *inv,
					const struct ig_remote *remote)
{
	char key[IG_SET_KEY_MAX];

	return ig_set_key(remote, key) ? ig_inventory_set_named(inv, key) : NULL;
}

bool ig_group_has_gateway(const struct ig_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		if (group->members[i].gateway)
			return true;
	}
	return false;
}

bool ig_remote_has_gateway(const struct iotguard_inventory *inv, const struct ig_remote *remote)
{
	const struct ig_group *set = NULL;

	if (ig_remote_is_set(remote->kind))
		set = ig_inventory_set(inv, remote);
	return remote->kind == IG_REMOTE_GATEWAY || (set && ig_group_has_gateway(set));
}
