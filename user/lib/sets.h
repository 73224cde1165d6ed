/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of machines that rules speak of without listing them: classes of controllers, manufacturers, models (the
 * abstractions of RFC 8520, section 8). They lie in the inventory beside its groups and change with it: a rule stays one
 * rule, however many devices join.
 */
#pragma once

#include "model.h"

#define IG_SET_KEY_MAX 512

/* Is its remote a set? */
bool ig_remote_is_set(enum ig_remote_kind kind);

/* Does it mean something else in the rules of each machine? Then ig_resolve() makes one of it that names the set. */
static inline bool ig_remote_is_owners(enum ig_remote_kind kind)
{
	return kind == IG_REMOTE_SAME_MANUFACTURER || kind == IG_REMOTE_MY_CONTROLLERS;
}

/* What the set of a remote is called. False: it has none, which is one without members. */
bool ig_set_key(const struct ig_remote *remote, char key[IG_SET_KEY_MAX]);

/* NULL: one without members. */
const struct ig_group *ig_inventory_set(const struct iotguard_inventory *inv,
					const struct ig_remote *remote);
const struct ig_group *ig_inventory_set_named(const struct iotguard_inventory *inv,
					      const char *key);

bool ig_group_has_gateway(const struct ig_group *group);
/* Is the gateway one of those whom the remote names? */
bool ig_remote_has_gateway(const struct iotguard_inventory *inv, const struct ig_remote *remote);
