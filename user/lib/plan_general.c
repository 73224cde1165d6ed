/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gateway, segments and groups, held against what they were. What of it decides about machines
 * is said of these as well; here it is a note then.
 */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "address.h"
#include "plan_internal.h"
#include "sets.h"
#include "util.h"

struct general {
	struct iotguard_plan *plan;
	const struct iotguard_inventory *before, *after;
	const char *subject;
	int err; /* the first one; what comes after it does nothing */
};

static void __attribute__((format(printf, 3, 4)))
say(struct general *g, enum iotguard_plan_effect effect, const char *format, ...)
{
	struct iotguard_plan_change change = {
		.effect = effect,
		.subject = g->subject,
		.exact = true,
	};
	va_list args;

	if (g->err)
		return;
	va_start(args, format);
	g->err = ig_plan_say(g->plan, &g->plan->general, &change, format, args);
	va_end(args);
}

/* --- the gateway --- */

/* @formats have a %s for an address that is there now, and for one that was. */
static void compare_addresses(struct general *g, enum iotguard_plan_effect effect,
			      const struct ig_addresses *before, const struct ig_addresses *after,
			      const char *came, const char *went)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < after->count; i++) {
		ig_addr_print(after->items[i].addr, text);
		if (!ig_addresses_have(before, after->items[i].addr))
			say(g, effect, came, text);
	}
	for (size_t i = 0; i < before->count; i++) {
		ig_addr_print(before->items[i].addr, text);
		if (!ig_addresses_have(after, before->items[i].addr))
			say(g, effect, went, text);
	}
}

static bool has_mac(const struct ig_macs *macs, const uint8_t mac[6])
{
	for (size_t i = 0; i < macs->count; i++) {
		if (!memcmp(macs->items[i], mac, 6))
			return true;
	}
	return false;
}

static void compare_macs(struct general *g)
{
	const struct ig_macs *before = &g->before->gateway.macs, *after = &g->after->gateway.macs;
	bool same = before->count == after->count;

	for (size_t i = 0; i < after->count; i++)
		same = same && has_mac(before, after->items[i]);
	if (!same)
		say(g, IOTGUARD_PLAN_CHANGE, "other MAC addresses are listed as its own");
}

static const char *unknown_word(int unknown)
{
	switch (unknown) {
	case IOTGUARD_UNKNOWN_DROP:
		return "drop";
	case IOTGUARD_UNKNOWN_MONITOR:
		return "monitor";
	case IOTGUARD_UNKNOWN_ONBOARD:
		return "onboard";
	default:
		return "unknown";
	}
}

/* What strangers may: nothing, infrastructure, everything. */
static int unknown_rank(int unknown)
{
	return unknown == IOTGUARD_UNKNOWN_MONITOR ? 2 : unknown == IOTGUARD_UNKNOWN_ONBOARD;
}

static void compare_unknown(struct general *g, int before, int after, const char *where)
{
	if (before == after)
		return;
	say(g, unknown_rank(after) > unknown_rank(before) ? IOTGUARD_PLAN_GAIN : IOTGUARD_PLAN_LOSS,
	    "unknown devices%s: %s, was %s", where, unknown_word(after), unknown_word(before));
}

static void compare_mode(struct general *g, int before, int after, const char *where)
{
	enum iotguard_plan_effect effect = IOTGUARD_PLAN_CHANGE;

	if (before == after)
		return;
	if (before == IOTGUARD_MODE_ENFORCE)
		effect = IOTGUARD_PLAN_GAIN;
	else if (after == IOTGUARD_MODE_ENFORCE)
		effect = IOTGUARD_PLAN_LOSS;
	say(g, effect, "frames of no machine%s: mode %s, was %s", where, ig_plan_mode(after),
	    ig_plan_mode(before));
}

static void compare_gateway(struct general *g)
{
	const struct ig_gateway *before = &g->before->gateway, *after = &g->after->gateway;

	g->subject = "gateway";
	compare_addresses(g, IOTGUARD_PLAN_CHANGE, &before->addresses, &after->addresses,
			  "the address %s is its own", "the address %s is listed for it no more");
	compare_macs(g);
	compare_addresses(g, IOTGUARD_PLAN_NOTE, &before->resolvers, &after->resolvers,
			  "%s is a resolver now", "%s is no resolver any more");
	compare_addresses(g, IOTGUARD_PLAN_NOTE, &before->time_servers, &after->time_servers,
			  "%s is a time server now", "%s is no time server any more");
	compare_addresses(g, IOTGUARD_PLAN_CHANGE, &before->dhcp_servers, &after->dhcp_servers,
			  "%s is a DHCP server now", "%s is no DHCP server any more");
	compare_unknown(g, g->before->default_unknown, g->after->default_unknown,
			" on ports and tags of no segment");
	compare_mode(g, g->before->default_mode, g->after->default_mode,
		     " on ports and tags of no segment");
}

/* --- segments --- */

static bool names_interface(const struct ig_segment *segment, const char *name)
{
	for (size_t i = 0; i < segment->n_interfaces; i++) {
		if (!strcmp(segment->interfaces[i], name))
			return true;
	}
	return false;
}

static void compare_interfaces(struct general *g, const struct ig_segment *before,
			       const struct ig_segment *after)
{
	for (size_t i = 0; after && i < after->n_interfaces; i++) {
		if (!before || !names_interface(before, after->interfaces[i]))
			say(g, IOTGUARD_PLAN_CHANGE, "is behind %s now", after->interfaces[i]);
	}
	for (size_t i = 0; before && i < before->n_interfaces; i++) {
		if (!after || !names_interface(after, before->interfaces[i]))
			say(g, IOTGUARD_PLAN_CHANGE, "is behind %s no more", before->interfaces[i]);
	}
}

static bool has_network(const struct ig_segment *segment, const struct ig_prefix *network)
{
	for (size_t i = 0; i < segment->n_networks; i++) {
		if (segment->networks[i].length == network->length &&
		    !memcmp(segment->networks[i].addr, network->addr, 16))
			return true;
	}
	return false;
}

static void compare_networks(struct general *g, const struct ig_segment *before,
			     const struct ig_segment *after)
{
	char text[IG_PREFIX_TEXT];

	for (size_t i = 0; i < after->n_networks; i++) {
		ig_prefix_print(&after->networks[i], text);
		if (!has_network(before, &after->networks[i]))
			say(g, IOTGUARD_PLAN_CHANGE, "has the network %s now", text);
	}
	for (size_t i = 0; i < before->n_networks; i++) {
		ig_prefix_print(&before->networks[i], text);
		if (!has_network(after, &before->networks[i]))
			say(g, IOTGUARD_PLAN_CHANGE, "has the network %s no more", text);
	}
}

static int mode_of(const struct iotguard_inventory *inv, const struct ig_segment *segment)
{
	return segment->mode == IG_UNSET ? inv->default_mode : segment->mode;
}

static void compare_segment(struct general *g, const struct ig_segment *before,
			    const struct ig_segment *after)
{
	uint32_t was = before->infrastructure, is = after->infrastructure;

	compare_interfaces(g, before, after);
	if (memcmp(before->vlan, after->vlan, sizeof(before->vlan)) != 0)
		say(g, IOTGUARD_PLAN_CHANGE, "has the tags %u/%u, had %u/%u", after->vlan[0],
		    after->vlan[1], before->vlan[0], before->vlan[1]);
	compare_networks(g, before, after);
	if (is & ~was)
		say(g, IOTGUARD_PLAN_NOTE, "infrastructure is on: %s",
		    ig_plan_infrastructure(g->plan, is & ~was));
	if (was & ~is)
		say(g, IOTGUARD_PLAN_NOTE, "infrastructure is off: %s",
		    ig_plan_infrastructure(g->plan, was & ~is));
	if (is != was && after->unknown_devices == IOTGUARD_UNKNOWN_ONBOARD)
		say(g, IOTGUARD_PLAN_CHANGE, "unknown devices have its infrastructure");
	compare_unknown(g, before->unknown_devices, after->unknown_devices, "");
	compare_mode(g, mode_of(g->before, before), mode_of(g->after, after), "");
}

static void compare_segments(struct general *g)
{
	for (size_t i = 0; i < g->after->n_segments; i++) {
		const struct ig_segment *after = &g->after->segments[i];
		const struct ig_segment *before = ig_inventory_segment(g->before, after->name);

		g->subject = ig_plan_text(g->plan, "segment:%s", after->name);
		if (before)
			compare_segment(g, before, after);
		else
			compare_interfaces(g, NULL, after);
	}
	for (size_t i = 0; i < g->before->n_segments; i++) {
		const struct ig_segment *before = &g->before->segments[i];

		if (ig_inventory_segment(g->after, before->name))
			continue;
		g->subject = ig_plan_text(g->plan, "segment:%s", before->name);
		compare_interfaces(g, before, NULL);
	}
}

/* Whether an interface is guarded at all is the question with the most in it. */
static bool is_guarded(const struct iotguard_inventory *inv, const char *name)
{
	for (size_t i = 0; i < inv->n_segments; i++) {
		if (names_interface(&inv->segments[i], name))
			return true;
	}
	return false;
}

static void compare_guarded(struct general *g, const struct iotguard_inventory *some,
			    const struct iotguard_inventory *other,
			    enum iotguard_plan_effect effect, const char *format)
{
	g->subject = "gateway";
	for (size_t i = 0; i < some->n_segments; i++) {
		for (size_t k = 0; k < some->segments[i].n_interfaces; k++) {
			if (!is_guarded(other, some->segments[i].interfaces[k]))
				say(g, effect, format, some->segments[i].interfaces[k]);
		}
	}
}

/* --- groups --- */

static bool has_member(const struct ig_world *world, const struct ig_group *group,
		       const struct ig_world *other, const struct ig_member *member)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct ig_member *m = &group->members[i];

		if (!m->machine != !member->machine || m->gateway != member->gateway)
			continue;
		if (m->machine ? world->ids[m->machine - world->inv->machines] ==
					 other->ids[member->machine - other->inv->machines]
			       : m->prefix.length == member->prefix.length &&
					 !memcmp(m->prefix.addr, member->prefix.addr, 16))
			return true;
	}
	return false;
}

static void say_member(struct general *g, const struct ig_member *member, const char *format)
{
	char text[IG_PREFIX_TEXT];

	if (member->gateway) {
		say(g, IOTGUARD_PLAN_NOTE, format, "the gateway");
		return;
	}
	if (member->machine) {
		say(g, IOTGUARD_PLAN_NOTE, format, ig_plan_name(g->plan, member->machine));
		return;
	}
	ig_prefix_print(&member->prefix, text);
	say(g, IOTGUARD_PLAN_NOTE, format, text);
}

static void compare_members(struct general *g, const struct ig_group *before,
			    const struct ig_group *after)
{
	const struct ig_world *now = &g->plan->now, *old = &g->plan->before;

	for (size_t k = 0; k < after->count; k++) {
		if (!has_member(old, before, now, &after->members[k]))
			say_member(g, &after->members[k], "now has %s");
	}
	for (size_t k = 0; k < before->count; k++) {
		if (!has_member(now, after, old, &before->members[k]))
			say_member(g, &before->members[k], "no longer has %s");
	}
}

static void compare_groups(struct general *g)
{
	for (size_t i = 0; i < g->after->n_groups; i++) {
		const struct ig_group *after = &g->after->groups[i];
		const struct ig_group *before = ig_inventory_group(g->before, after->name);

		g->subject = ig_plan_text(g->plan, "group:%s", after->name);
		if (before)
			compare_members(g, before, after);
	}
	for (size_t i = 0; i < g->after->n_sets; i++) {
		const struct ig_group *after = &g->after->sets[i];
		const struct ig_group *before = ig_inventory_set_named(g->before, after->name);

		g->subject = ig_plan_text(g->plan, "%s", after->name);
		if (before)
			compare_members(g, before, after);
	}
}

int ig_plan_compare_general(struct iotguard_plan *plan)
{
	struct general g = {.plan = plan, .before = plan->old, .after = plan->now.inv};

	compare_guarded(&g, g.after, g.before, IOTGUARD_PLAN_LOSS,
			"%s is guarded now: what passed there unfiltered is judged");
	compare_guarded(&g, g.before, g.after, IOTGUARD_PLAN_GAIN,
			"%s is no longer guarded: its traffic will pass unfiltered");
	compare_gateway(&g);
	compare_segments(&g);
	compare_groups(&g);
	return g.err;
}
