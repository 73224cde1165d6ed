/* SPDX-License-Identifier: BSD-2-Clause */
/* Is each interface guarded that should be, and what does its card do to frames? */

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "util.h"

static bool is(const char *state, const char *word)
{
	return !strcmp(state, word);
}

static void check_presence(struct ig_checkup *c, const struct iotguard_interface_info *it)
{
	char apply[PATH_MAX], advice[128];
	bool both = it->ifindex && !is(it->xdp, "none") && !is(it->tc, "none");

	ig_checkup_apply(c, apply, sizeof(apply));
	if (!it->exists) {
		ig_warn(c, "interface", it->name,
			"ip link show; once it is there, systemctl start iotguard-cover",
			"there is no interface %s: it is guarded once it is there and the policy is applied again",
			it->name);
	} else if (!both) {
		ig_alarm(c, "interface", it->name, apply,
			 "%s is not guarded, though the policy names it", it->name);
	} else if (it->renamed) {
		snprintf(advice, sizeof(advice),
			 "write %s in place of %s in the inventory, and apply it", it->renamed,
			 it->name);
		ig_warn(c, "interface", it->name, advice,
			"%s is called %s now: it is guarded, and the next apply would release it",
			it->name, it->renamed);
	} else if (!it->current) {
		ig_warn(c, "interface", it->name, apply,
			"%s runs other programs than those in force", it->name);
	} else {
		ig_healthy(c, "interface", it->name, "%s is guarded: %s XDP, %s", it->name, it->xdp,
			   it->tc);
	}
}

static void check_generic(struct ig_checkup *c, const struct iotguard_interface_info *it)
{
	char advice[64];

	snprintf(advice, sizeof(advice), "ethtool -i %s", it->renamed ? it->renamed : it->name);
	if (is(it->xdp, "generic"))
		ig_note(c, "xdp", it->name, advice,
			"%s runs XDP in generic mode, for its driver has no native one: that costs more a packet",
			it->name);
}

static const struct ig_interface *guarded_beside(const struct ig_checkup *c,
						 const struct ig_interface *port)
{
	for (size_t i = 0; i < c->site.all.count; i++) {
		const struct ig_interface *other = &c->site.all.items[i];

		if (other->bridge_port && other->master == port->master &&
		    ig_site_view_guards(&c->site, other))
			return other;
	}
	return NULL;
}

/* Each unguarded port once, however many guarded ones are beside it. */
static void check_bridges(struct ig_checkup *c)
{
	for (size_t i = 0; i < c->site.all.count; i++) {
		const struct ig_interface *port = &c->site.all.items[i], *guarded;
		const struct ig_interface *bridge =
			ig_interface_by_index(&c->site.all, port->master);
		char advice[160];

		if (!port->bridge_port || ig_site_view_guards(&c->site, port))
			continue;
		guarded = guarded_beside(c, port);
		if (!guarded)
			continue;
		snprintf(advice, sizeof(advice),
			 "ip link set dev %s nomaster; or name it in a segment, and apply",
			 port->name);
		ig_alarm(
			c, "bridge", port->name, advice,
			"%s is an unguarded port of %s, which has the guarded port %s: traffic can pass around",
			port->name, bridge ? bridge->name : "a bridge", guarded->name);
	}
}

static void check_feature(struct ig_checkup *c, const struct iotguard_interface_info *it,
			  const char *state, const char *feature, enum iotguard_health health,
			  const char *consequence)
{
	const char *name = it->renamed ? it->renamed : it->name;
	char advice[96];

	snprintf(advice, sizeof(advice), "ethtool -K %s %s off", name, feature);
	if (is(state, "on"))
		ig_checkup_add(c, health, "offload", it->name, advice, "%s is on at %s: %s",
			       feature, name, consequence);
}

static void check_offloads(struct ig_checkup *c, const struct iotguard_interface_info *it)
{
	check_feature(
		c, it, it->rxvlan, "rxvlan", IOTGUARD_HEALTH_WARNING,
		"the card takes VLAN tags out of frames, and a tagged one is judged as an untagged one");
	check_feature(c, it, it->lro, "lro", IOTGUARD_HEALTH_WARNING,
		      "the card merges frames, and what was in each cannot be told again");
	check_feature(c, it, it->gro_hw, "rx-gro-hw", IOTGUARD_HEALTH_NOTE,
		      "the card merges frames of one connection before they are judged");
	check_feature(c, it, it->tc_offload, "hw-tc-offload", IOTGUARD_HEALTH_NOTE,
		      "filters of tc may forward frames in the card, past the programs");
}

static void check_flows(struct ig_checkup *c, const struct iotguard_interface_info *it)
{
	if (is(it->flow_offload, "hardware"))
		ig_alarm(
			c, "flow-offload", it->name,
			"nft list flowtables; take 'flags offload' out of the one that names it",
			"nftables hands conversations of %s to the card: no program sees them, and no change of "
			"policy ends them",
			it->name);
	else if (is(it->flow_offload, "software"))
		ig_healthy(
			c, "flow-offload", it->name,
			"a flow table of nftables names %s, in software: its frames are judged all the same",
			it->name);
	else if (is(it->flow_offload, "unknown") && it->exists)
		ig_note(c, "flow-offload", it->name, "sudo iotguard-load doctor",
			"whether nftables hands conversations of %s to the card cannot be seen",
			it->name);
}

void ig_doctor_interfaces(struct ig_checkup *c)
{
	struct iotguard_interface_info *interfaces;
	size_t n;

	if (iotguard_interfaces(c->ig, &interfaces, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		check_presence(c, &interfaces[i]);
		check_generic(c, &interfaces[i]);
		check_offloads(c, &interfaces[i]);
		check_flows(c, &interfaces[i]);
	}
	iotguard_free(interfaces);
	check_bridges(c);
}
