/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an inventory may say and this version does not enforce. Silence would be a promise: each is
 * an error that says so, and this file gets shorter.
 */

#include <errno.h>

#include "abi.h"
#include "compile.h"

#define NOT_YET "it is understood, but this version of iotguard does not enforce it: take it out"

/* A frame without IP has MAC addresses only: what is known of its remote is the machine. */
static void check_ethertype(struct ig_diags *diags, const struct iotguard_inventory *inv,
			    const struct ig_rule *rule)
{
	const struct ig_machine *machine;

	if (rule->service.family != IG_SERVICE_ETHER)
		return;
	switch (rule->remote.kind) {
	case IG_REMOTE_PREFIX:
	case IG_REMOTE_NAME:
	case IG_REMOTE_LOCAL:
	case IG_REMOTE_INTERNET:
	case IG_REMOTE_SEGMENT:
		ig_error(
			diags, &rule->loc,
			"name 'any', 'gateway', a device, a host or a group of these",
			"this rule can never match: a frame of another ethertype has no IP address");
		break;
	case IG_REMOTE_DEVICE:
		machine = ig_inventory_machine(inv, false, rule->remote.name);
		if (machine && machine->router)
			ig_error(
				diags, &rule->loc, "name its router",
				"this rule can never match: '%s' is told by its address, and a frame "
				"of another ethertype has none",
				machine->name);
		break;
	default:
		break;
	}
}

static void check_options(struct ig_diags *diags, const struct ig_rule *rule)
{
	if (rule->rate_unit != IG_RATE_NONE)
		ig_error(diags, &rule->loc, NOT_YET, "the option 'rate' is not enforced yet");
}

static void check_rules(struct ig_diags *diags, const struct iotguard_inventory *inv,
			const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct ig_rule *rule = &rules->items[i];

		check_ethertype(diags, inv, rule);
		check_options(diags, rule);
	}
}

/* Its remotes were looked at when it was read, and frames of any ethertype have the gateway's MAC
 * address. */
static void check_management(struct ig_diags *diags, const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		check_options(diags, &rules->items[i]);
}

static void check_machine(struct ig_diags *diags, const struct iotguard_inventory *inv,
			  const struct ig_machine *m)
{
	check_rules(diags, inv, &m->rules);
	if (!m->addresses.count && !(m->segment->infrastructure & IG_INFRA_DHCP))
		ig_warning(
			diags, &m->loc,
			"list its addresses, or leave DHCP switched on in its segment",
			"'%s' has no addresses, and DHCP, by which it could get one, is switched off in "
			"segment '%s': of IPv4 nothing will pass",
			m->name, m->segment->name);
}

int ig_compile_check(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	size_t before = diags->errors;

	check_management(diags, &inv->gateway.management);
	for (size_t i = 0; i < inv->n_profiles; i++)
		check_rules(diags, inv, &inv->profiles[i].rules);
	for (size_t i = 0; i < inv->n_machines; i++)
		check_machine(diags, inv, &inv->machines[i]);
	return diags->errors == before ? 0 : -EINVAL;
}
