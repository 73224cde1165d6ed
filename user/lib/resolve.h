/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From profiles and own rules to one list of rules a machine, in the order of judgement: those of
 * `gateway.management` that name it, its own, its profile's, the profiles that this one extends.
 * Machines without rules of their own share a list where the other ones are the same.
 */
#pragma once

#include "abi.h"
#include "management.h"
#include "model.h"

struct ig_rule_list {
	const struct ig_rule *
		*rules; /* owned; the rules are the inventory's, @management's or @owners' */
	size_t count;
};

/* A rule that means something else for each machine, with the name of the set that it means as that of its remote. */
struct ig_owners_rule {
	struct ig_owners_rule *next;
	const struct ig_rule *written;
	struct ig_rule rule;
};

struct ig_resolved {
	struct ig_rule_list *lists;
	size_t n_lists;
	uint32_t *list_of; /* by position of the machine in the inventory */
	struct ig_management management;
	struct ig_owners_rule *owners;
};

int ig_resolve(const struct iotguard_inventory *inv, struct ig_resolved *out); /* 0, -ENOMEM */
void ig_resolved_clear(struct ig_resolved *resolved);

/* How many of all rules, as they are written, have an end (`until`); the first one in @first, if that is not NULL. */
size_t ig_rules_ending(const struct iotguard_inventory *inv, const struct ig_rule **first);

/* The rule of a list as the inventory has it. */
const struct ig_rule *ig_rule_written(const struct ig_rule *rule);

/* What holds for a machine after profiles, segment and defaults had their say. */
int ig_machine_environment(const struct ig_machine *m); /* enum iotguard_environment */
int ig_machine_criticality(const struct ig_machine *m); /* enum iotguard_criticality */
int ig_machine_mode(const struct iotguard_inventory *inv,
		    const struct ig_machine *m); /* enum iotguard_mode */
int ig_machine_dns(const struct iotguard_inventory *inv,
		   const struct ig_machine *m); /* enum ig_dns_setting */
int ig_machine_discovery(const struct iotguard_inventory *inv,
			 const struct ig_machine *m); /* enum ig_discovery_setting */
unsigned int ig_machine_flows(const struct iotguard_inventory *inv,
			      const struct ig_machine *m); /* ordinary ones */

uint32_t ig_machine_controllers(const struct ig_machine *m); /* position in `sets` + 1; 0: none */
const char *ig_machine_manufacturer(const struct ig_machine *m);	 /* NULL: nobody says */
const struct ig_mud_setting *ig_machine_mud(const struct ig_machine *m); /* NULL: none */

/* Does it list an address there? */
bool ig_machine_lists_in(const struct ig_machine *m, const struct ig_prefix *prefix);
/* Is it a member, by name or by an address that it lists? */
bool ig_group_has(const struct ig_group *group, const struct ig_machine *m);

/*
 * What a machine is recognised by from one policy to the next: its MAC address, or, where it has
 * none of its own, its name (IG_MAC_IS_NAME). Those 48 bits may be the same for two names: whoever gives something out by
 * key gives it to one machine only.
 */
void ig_machine_key(const struct ig_machine *m, struct ig_mac *key);
