/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine is, held against what it was: all that decides about its packets beside rules. */

#include <stdarg.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>

#include "address.h"
#include "plan_internal.h"
#include "util.h"

struct facts {
	struct iotguard_plan *plan;
	const struct ig_machine *before, *after;
	struct ig_plan_changes *out;
	int err; /* the first one; what comes after it does nothing */
};

static void __attribute__((format(printf, 3, 4)))
say(struct facts *f, enum iotguard_plan_effect effect, const char *format, ...)
{
	struct iotguard_plan_change change = {.effect = effect, .exact = true};
	va_list args;

	if (f->err)
		return;
	va_start(args, format);
	f->err = ig_plan_say(f->plan, f->out, &change, format, args);
	va_end(args);
}

static void compare_mode(struct facts *f)
{
	int before = ig_machine_mode(f->plan->before.inv, f->before);
	int after = ig_machine_mode(f->plan->now.inv, f->after);
	enum iotguard_plan_effect effect = IOTGUARD_PLAN_CHANGE;

	if (before == after)
		return;
	if (before == IOTGUARD_MODE_ENFORCE)
		effect = IOTGUARD_PLAN_GAIN;
	else if (after == IOTGUARD_MODE_ENFORCE)
		effect = IOTGUARD_PLAN_LOSS;
	say(f, effect, "mode %s, was %s%s", ig_plan_mode(after), ig_plan_mode(before),
	    effect == IOTGUARD_PLAN_GAIN   ? ": what is refused passes, and is reported"
	    : effect == IOTGUARD_PLAN_LOSS ? ": what is refused is dropped"
					   : "");
}

static bool is_strict(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	return !m->trusted && ig_machine_dns(inv, m) == IG_DNS_STRICT;
}

static void compare_dns(struct facts *f)
{
	bool before = is_strict(f->plan->before.inv, f->before);
	bool after = is_strict(f->plan->now.inv, f->after);

	if (before && !after)
		say(f, IOTGUARD_PLAN_GAIN,
		    "dns open, was strict: it may ask its resolvers for any name");
	else if (after && !before)
		say(f, IOTGUARD_PLAN_LOSS,
		    "dns strict, was open: it may ask its resolvers only for names that its rules "
		    "allow");
}

static void compare_addresses(struct facts *f)
{
	const struct ig_addresses *before = &f->before->addresses, *after = &f->after->addresses;
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < after->count; i++) {
		if (ig_addresses_have(before, after->items[i].addr))
			continue;
		ig_addr_print(after->items[i].addr, text);
		say(f, IOTGUARD_PLAN_GAIN, "the address %s is its own", text);
	}
	for (size_t i = 0; i < before->count; i++) {
		if (ig_addresses_have(after, before->items[i].addr))
			continue;
		ig_addr_print(before->items[i].addr, text);
		say(f, IOTGUARD_PLAN_LOSS, "the address %s is listed for it no more", text);
	}
}

static void print_mac(const struct ig_machine *m, char text[24])
{
	snprintf(text, 24, "%02x:%02x:%02x:%02x:%02x:%02x", m->mac[0], m->mac[1], m->mac[2],
		 m->mac[3], m->mac[4], m->mac[5]);
}

static uint32_t id_of(const struct ig_world *world, const struct ig_machine *m)
{
	return m ? world->ids[m - world->inv->machines] : UINT32_MAX;
}

static void compare_identity(struct facts *f)
{
	const struct ig_machine *before = f->before, *after = f->after;
	char old[24], new[24];

	if (before->host != after->host)
		say(f, IOTGUARD_PLAN_CHANGE, "is a %s, was a %s", after->host ? "host" : "device",
		    before->host ? "host" : "device");
	if (strcmp(before->name, after->name) != 0)
		say(f, IOTGUARD_PLAN_CHANGE, "was called %s", before->name);
	if (id_of(&f->plan->before, before->router) != id_of(&f->plan->now, after->router))
		say(f, IOTGUARD_PLAN_CHANGE, "is behind %s, was behind %s",
		    after->router ? after->router->name : "no router",
		    before->router ? before->router->name : "no router");
	if (!before->router && !after->router && memcmp(before->mac, after->mac, 6) != 0) {
		print_mac(before, old);
		print_mac(after, new);
		say(f, IOTGUARD_PLAN_CHANGE,
		    "has the MAC address %s, was %s: what that one may, this one may in its place",
		    new, old);
	}
}

static bool same_places(const struct ig_segment *a, const struct ig_segment *b)
{
	if (a->n_interfaces != b->n_interfaces || memcmp(a->vlan, b->vlan, sizeof(a->vlan)) != 0)
		return false;
	for (size_t i = 0; i < a->n_interfaces; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n_interfaces; k++)
			found = found || !strcmp(a->interfaces[i], b->interfaces[k]);
		if (!found)
			return false;
	}
	return true;
}

static void compare_segment(struct facts *f)
{
	const struct ig_segment *before = f->before->segment, *after = f->after->segment;

	if (strcmp(before->name, after->name) != 0)
		say(f, IOTGUARD_PLAN_CHANGE, "belongs to segment %s, was in %s", after->name,
		    before->name);
	else if (!same_places(before, after))
		say(f, IOTGUARD_PLAN_CHANGE, "segment %s has other interfaces or tags",
		    after->name);
}

/* What is spoken to directly, and not by way of the gateway; and where addresses can be claimed. */
static bool same_networks(const struct ig_segment *a, const struct ig_segment *b)
{
	if (a->n_networks != b->n_networks)
		return false;
	for (size_t i = 0; i < a->n_networks; i++) {
		bool found = false;

		for (size_t k = 0; k < b->n_networks; k++)
			found = found || (a->networks[i].length == b->networks[k].length &&
					  !memcmp(a->networks[i].addr, b->networks[k].addr, 16));
		if (!found)
			return false;
	}
	return true;
}

static void say_networks(struct facts *f)
{
	const struct ig_segment *segment = f->after->segment;
	char text[IG_PREFIX_TEXT], all[8 * IG_PREFIX_TEXT] = "";

	for (size_t i = 0; i < segment->n_networks && i < 8; i++) {
		ig_prefix_print(&segment->networks[i], text);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", text);
	}
	say(f, IOTGUARD_PLAN_CHANGE, "on its link is now %s%s", *all ? all : "no listed network",
	    segment->n_networks > 8 ? " and more" : "");
}

static bool same_addresses(const struct ig_addresses *a, const struct ig_addresses *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		bool found = false;

		for (size_t k = 0; k < b->count; k++)
			found = found || !memcmp(a->items[i].addr, b->items[k].addr, 16);
		if (!found)
			return false;
	}
	return true;
}

/* DNS and NTP are rules to servers, and compared with the rules. */
#define OTHER_INFRA (IG_INFRA_ALL & ~(IG_INFRA_DNS | IG_INFRA_NTP))

static void compare_infrastructure(struct facts *f)
{
	uint32_t before = f->before->segment->infrastructure & OTHER_INFRA;
	uint32_t after = f->after->segment->infrastructure & OTHER_INFRA;

	if (after & ~before)
		say(f, IOTGUARD_PLAN_GAIN, "infrastructure: %s",
		    ig_plan_infrastructure(f->plan, after & ~before));
	if (before & ~after)
		say(f, IOTGUARD_PLAN_LOSS, "infrastructure: %s",
		    ig_plan_infrastructure(f->plan, before & ~after));
	if ((before & after & IG_INFRA_DHCP) &&
	    !same_addresses(&f->plan->before.inv->gateway.dhcp_servers,
			    &f->plan->now.inv->gateway.dhcp_servers))
		say(f, IOTGUARD_PLAN_CHANGE, "DHCP with other servers");
}

static void compare_flows(struct facts *f)
{
	unsigned int before = ig_machine_flows(f->plan->before.inv, f->before);
	unsigned int after = ig_machine_flows(f->plan->now.inv, f->after);

	if (before != after)
		say(f, after > before ? IOTGUARD_PLAN_GAIN : IOTGUARD_PLAN_LOSS,
		    "places for %u flows, were %u", after, before);
}

static const char *or_unknown(const char *word)
{
	return word ? word : "unknown";
}

static void compare_class(struct facts *f)
{
	int old_environment = ig_machine_environment(f->before);
	int environment = ig_machine_environment(f->after);
	int old_criticality = ig_machine_criticality(f->before);
	int criticality = ig_machine_criticality(f->after);

	if (environment != old_environment)
		say(f, IOTGUARD_PLAN_CHANGE, "environment %s, was %s",
		    or_unknown(iotguard_environment_name(environment)),
		    or_unknown(iotguard_environment_name(old_environment)));
	if (criticality != old_criticality)
		say(f, IOTGUARD_PLAN_CHANGE, "criticality %s, was %s",
		    or_unknown(iotguard_criticality_name(criticality)),
		    or_unknown(iotguard_criticality_name(old_criticality)));
}

int ig_plan_compare_facts(struct iotguard_plan *plan, const struct ig_machine *before,
			  const struct ig_machine *after, struct ig_plan_changes *out)
{
	struct facts f = {.plan = plan, .before = before, .after = after, .out = out};

	if (!before || !after) /* its state says so */
		return 0;
	compare_identity(&f);
	compare_segment(&f);
	compare_addresses(&f);
	compare_mode(&f);
	compare_dns(&f);
	compare_infrastructure(&f);
	if (!same_networks(before->segment, after->segment))
		say_networks(&f);
	compare_flows(&f);
	compare_class(&f);
	return f.err;
}
