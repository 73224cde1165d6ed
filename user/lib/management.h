/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `gateway.management`: who may reach the gateway itself. As written, such a rule says which
 * machines may; as it is asked, it is a `to` rule about the gateway in front of their own ones.
 */
#pragma once

#include "model.h"
#include "ranges.h"

struct ig_management {
	struct ig_rule *rules; /* as they are asked; the strings in them are the inventory's */
	struct ig_ranges *who; /* of each: positions of the machines it is asked for. Trusted hosts
				  are asked for no rules, and in none of these */
	size_t count;
};

/* 0, -ENOMEM. */
int ig_management_make(const struct iotguard_inventory *inv, struct ig_management *out);
void ig_management_clear(struct ig_management *management);

/* Is it one of @management, and none of a machine or profile? */
bool ig_management_has(const struct ig_management *management, const struct ig_rule *rule);

/* A rule of a list as people know it: one of @management as it is written, any other one itself. */
const struct ig_rule *ig_management_written(const struct ig_management *management,
					    const struct iotguard_inventory *inv,
					    const struct ig_rule *rule);

/* Does a rule of `gateway.management` speak of this machine? */
bool ig_management_names(const struct iotguard_inventory *inv, const struct ig_rule *rule,
			 const struct ig_machine *m);
