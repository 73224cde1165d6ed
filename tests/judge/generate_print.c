/* SPDX-License-Identifier: BSD-2-Clause */
/* An inventory as one line of JSON, its rules as the loader prints them. */
#include <stdio.h>
#include <time.h>

#include "generate.h"

static void say_addresses(const char *key, const struct address *addresses, unsigned int n)
{
	char text[64];

	if (!n)
		return;
	say_part();
	say("\"%s\": [", key);
	for (unsigned int i = 0; i < n; i++) {
		address_print(&addresses[i], text);
		say_part();
		say("\"%s\"", text);
	}
	say("]");
}

static void say_mac(const uint8_t mac[6])
{
	say("\"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void say_mode(enum mode mode)
{
	static const char *const words[] = {"", "enforce", "monitor", "learn"};

	if (mode == MODE_UNSET)
		return;
	say_part();
	say("\"mode\": \"%s\"", words[mode]);
}

static void say_dns(enum dns_setting dns)
{
	if (dns == DNS_UNSET)
		return;
	say_part();
	say("\"dns\": \"%s\"", dns == DNS_STRICT ? "strict" : "open");
}

static void say_unknown(enum unknown unknown)
{
	static const char *const words[] = {"", "drop", "monitor", "onboard"};

	if (unknown == UNKNOWN_UNSET)
		return;
	say_part();
	say("\"unknown-devices\": \"%s\"", words[unknown]);
}

static void say_flows(unsigned int flows)
{
	if (!flows)
		return;
	say_part();
	say("\"flows\": %u", flows);
}

/* --- rules --------------------------------------------------------------------------------- */

static const char *icmp_name(bool v6, unsigned int type)
{
	static const char *const v4[] = {
		[0] = "echo-reply",	      [3] = "destination-unreachable",
		[4] = "source-quench",	      [5] = "redirect",
		[8] = "echo-request",	      [9] = "router-advertisement",
		[10] = "router-solicitation", [11] = "time-exceeded",
		[12] = "parameter-problem",   [13] = "timestamp-request",
		[14] = "timestamp-reply",
	};
	static const char *const v6s[] = {
		[1] = "destination-unreachable", [2] = "packet-too-big",
		[3] = "time-exceeded",		 [4] = "parameter-problem",
		[128] = "echo-request",		 [129] = "echo-reply",
		[130] = "mld-listener-query",	 [131] = "mld-listener-report",
		[132] = "mld-listener-done",	 [133] = "nd-router-solicit",
		[134] = "nd-router-advert",	 [135] = "nd-neighbor-solicit",
		[136] = "nd-neighbor-advert",	 [137] = "nd-redirect",
		[143] = "mld2-listener-report",
	};

	if (v6)
		return type < ARRAY_SIZE(v6s) ? v6s[type] : NULL;
	return type < ARRAY_SIZE(v4) ? v4[type] : NULL;
}

static void say_ports(const struct range *range)
{
	if (range->first == range->last)
		say("%u", range->first);
	else
		say("%u-%u", range->first, range->last);
}

static void say_icmp(bool v6, const struct range *range)
{
	const char *name = icmp_name(v6, range->first >> 8);

	if (name)
		say("%s", name);
	else
		say("%u", range->first >> 8);
	if (range->first == range->last)
		say(".%u", range->first & 255);
}

static void say_service(const struct rule *rule)
{
	static const char *const words[] = {"", "tcp", "udp", "icmp", "icmpv6", "ip", "ethertype"};

	if (rule->service == SERVICE_ANY)
		return;
	say(" %s", words[rule->service]);
	if (rule->service == SERVICE_IP)
		say("/%u", rule->number);
	else if (rule->service == SERVICE_ETHERTYPE)
		say("/0x%04x", rule->number);
	for (unsigned int i = 0; i < rule->n_ranges; i++) {
		say(i ? "," : "/");
		if (rule->service == SERVICE_ICMP || rule->service == SERVICE_ICMPV6)
			say_icmp(rule->service == SERVICE_ICMPV6, &rule->ranges[i]);
		else
			say_ports(&rule->ranges[i]);
	}
}

static void say_machine(const struct world *w, unsigned int machine)
{
	say("%s:%s", w->machines[machine].host ? "host" : "device", w->machines[machine].name);
}

static void say_set(const struct rule *rule)
{
	static const char *const words[] = {
		"controller:", "manufacturer:", "model:", "my-controllers", "same-manufacturer"};
	const char *text = set_text(rule);

	say("%s", words[rule->remote - REMOTE_CONTROLLER]);
	if (text)
		say(strchr(text, ' ') ? "\\\"%s\\\"" : "%s", text);
}

static void say_remote(const struct world *w, const struct rule *rule)
{
	static const char *const words[] = {"any", "local", "gateway", "internet"};

	switch (rule->remote) {
	case REMOTE_PREFIX:
		say_prefix(&rule->prefix);
		break;
	case REMOTE_MACHINE:
		say_machine(w, rule->index);
		break;
	case REMOTE_GROUP:
		say("group:group-%u", rule->index);
		break;
	case REMOTE_SEGMENT:
		say("segment:%s", w->segments[rule->index].name);
		break;
	case REMOTE_NAME:
		say("%s", pattern_texts[rule->index]);
		break;
	case REMOTE_CONTROLLER:
	case REMOTE_MANUFACTURER:
	case REMOTE_MODEL:
	case REMOTE_MY_CONTROLLERS:
	case REMOTE_SAME_MANUFACTURER:
		say_set(rule);
		break;
	default:
		say("%s", words[rule->remote]);
	}
}

static void say_options(const struct rule *rule)
{
	/* As JSON has them: a quote or backslash of the sentence is escaped twice. */
	static const char *const reasons[] = {"path MTU",
					      "the line stops without it",
					      "it's, \\\\\\\"so to say\\\\\\\": #1",
					      "\xc3\xbc"
					      "ber \\\\\\\\server",
					      "x",
					      "until 2031-01-01"};
	char text[16];

	if (rule->critical)
		say(" critical");
	if (rule->local)
		say(" local");
	if (rule->has_source_port) {
		say(" source-port ");
		say_ports(&rule->source_port);
	}
	if (rule->dscp >= 0)
		say(" dscp %d", rule->dscp);
	if (rule->version)
		say(" ipv%u", rule->version);
	if (rule->until) {
		time_t day = (time_t)rule->until * 86400;

		strftime(text, sizeof(text), "%Y-%m-%d", gmtime(&day));
		say(" until %s", text);
	}
	if (rule->because >= 0)
		say(" because \\\"%s\\\"", reasons[rule->because]);
}

static void say_rules(const struct world *w, const char *key, const struct rules *rules)
{
	if (!rules->n)
		return;
	say_part();
	say("\"%s\": [", key);
	for (unsigned int i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->items[i];

		say_part();
		say("\"%s %s ", rule->allow ? "allow" : "deny",
		    rule->side == SIDE_TO ? "to" : "from");
		say_remote(w, rule);
		say_service(rule);
		say_options(rule);
		say("\"");
	}
	say("]");
}

/* --- sections ------------------------------------------------------------------------------ */

static void say_gateway(const struct world *w)
{
	const struct gateway *g = &w->gateway;

	say(", \"gateway\": {\"macs\": [");
	for (unsigned int i = 0; i < g->n_macs; i++) {
		say_part();
		say_mac(g->macs[i]);
	}
	say("]");
	say_addresses("addresses", g->own, g->n_own);
	say_addresses("resolvers", g->resolvers, g->n_resolvers);
	say_addresses("time-servers", g->time_servers, g->n_time_servers);
	say_addresses("dhcp-servers", g->dhcp_servers, g->n_dhcp_servers);
	say_rules(w, "management", &g->management);
	say("}");
}

static void say_defaults(const struct world *w)
{
	say(", \"defaults\": {");
	say_mode(w->mode);
	say_dns(w->dns);
	say_unknown(w->unknown);
	say("}");
}

static void say_switches(unsigned int off)
{
	static const char *const names[] = {"arp", "nd",	 "dhcp",	"dns",
					    "ntp", "membership", "link-control"};

	if (!off)
		return;
	say(", \"infrastructure\": {");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(off & 1u << i))
			continue;
		say_part();
		say("\"%s\": false", names[i]);
	}
	say("}");
}

static void say_networks(const struct segment *segment)
{
	if (!segment->n_networks)
		return;
	say(", \"networks\": [");
	for (unsigned int i = 0; i < segment->n_networks; i++) {
		say_part();
		say("\"");
		say_prefix(&segment->networks[i]);
		say("\"");
	}
	say("]");
}

static void say_segment(const struct segment *segment)
{
	say_part();
	say("\"%s\": {\"interfaces\": [", segment->name);
	for (unsigned int i = 0; i < segment->n_ports; i++) {
		say_part();
		say("\"lan%u\"", segment->ports[i]);
	}
	say("]");
	if (segment->n_tags == 1)
		say(", \"vlan\": %u", segment->vlan[0]);
	else if (segment->n_tags)
		say(", \"vlan\": [%u, %u]", segment->vlan[0], segment->vlan[1]);
	say_networks(segment);
	say_switches(segment->off);
	say_mode(segment->mode);
	say_dns(segment->dns);
	say_unknown(segment->unknown);
	say("}");
}

static void say_identity(const struct world *w, const struct machine *m)
{
	if (m->router < 0) {
		say("\"mac\": ");
		say_mac(m->mac);
		say(", \"segment\": \"%s\"", w->segments[m->segment].name);
		return;
	}
	say("\"identify\": \"address\", \"router\": \"");
	say_machine(w, (unsigned int)m->router);
	say("\"");
}

static void say_members(const struct world *w, const struct group *group)
{
	say("[");
	for (unsigned int i = 0; i < group->n; i++) {
		const struct member *member = &group->members[i];

		say_part();
		say("\"");
		if (member->is_gateway)
			say("gateway");
		else if (member->is_machine)
			say_machine(w, member->machine);
		else
			say_prefix(&member->prefix);
		say("\"");
	}
	say("]");
}

static void say_controllers(const struct world *w, const struct controllers *controllers)
{
	if (!controllers->listed)
		return;
	say_part();
	say("\"my-controllers\": ");
	say_members(w, &controllers->members);
}

static void say_mud(const struct mud_use *use)
{
	if (use->file < 0)
		return;
	say_part();
	if (use->private)
		say("\"mud\": {\"source\": \"mud-%d.json\", \"private-addresses\": \"allow\"}",
		    use->file);
	else
		say("\"mud\": \"mud-%d.json\"", use->file);
}

static void say_kind(const struct machine *m)
{
	if (m->manufacturer >= 0)
		say(", \"manufacturer\": \"%s\"", manufacturer_texts[m->manufacturer]);
	if (m->model >= 0)
		say(", \"model\": \"%s\"", model_texts[m->model]);
}

static void say_entry(const struct world *w, const struct machine *m)
{
	say_part();
	say("\"%s\": {", m->name);
	say_identity(w, m);
	say_addresses("addresses", m->own, m->n_listed);
	if (m->trusted)
		say(", \"trust\": true");
	if (m->profile >= 0)
		say(", \"profile\": \"profile-%d\"", m->profile);
	say_mode(m->mode);
	say_dns(m->dns);
	say_flows(m->flows);
	say_kind(m);
	say_controllers(w, &m->controllers);
	say_mud(&m->mud);
	say_rules(w, "rules", &m->rules);
	say("}");
}

static void say_machines(const struct world *w)
{
	if (w->n_hosts)
		say(", \"hosts\": {");
	for (unsigned int i = 0; i < w->n_machines; i++) {
		if (i == w->n_hosts)
			say("%s, \"devices\": {", i ? "}" : "");
		say_entry(w, &w->machines[i]);
	}
	say("}");
}

static void say_profiles(const struct world *w)
{
	if (!w->n_profiles)
		return;
	say(", \"profiles\": {");
	for (unsigned int i = 0; i < w->n_profiles; i++) {
		const struct profile *profile = &w->profiles[i];

		say_part();
		say("\"profile-%u\": {", i);
		if (profile->extends >= 0)
			say("\"extends\": \"profile-%d\"", profile->extends);
		say_mode(profile->mode);
		say_dns(profile->dns);
		say_flows(profile->flows);
		say_controllers(w, &profile->controllers);
		say_mud(&profile->mud);
		say_rules(w, "rules", &profile->rules);
		say("}");
	}
	say("}");
}

static void say_groups(const struct world *w)
{
	if (!w->n_groups)
		return;
	say(", \"groups\": {");
	for (unsigned int i = 0; i < w->n_groups; i++) {
		say_part();
		say("\"group-%u\": ", i);
		say_members(w, &w->groups[i]);
	}
	say("}");
}

static void say_classes(const struct world *w)
{
	if (!with(w, WITH_SETS))
		return;
	say(", \"controllers\": {");
	for (unsigned int i = 0; i < N_CLASSES; i++) {
		if (!w->classes[i].listed)
			continue;
		say_part();
		say("\"%s\": ", class_texts[i]);
		say_members(w, &w->classes[i].members);
	}
	say("}");
}

void inventory_print(struct world *w)
{
	for (unsigned int i = 0; i < w->n_muds; i++)
		if (!w->muds[i].said)
			mud_print(w, i);
	say("inventory {\"version\": 1");
	say_gateway(w);
	say_defaults(w);
	say(", \"segments\": {");
	for (unsigned int i = 0; i < w->n_segments; i++)
		say_segment(&w->segments[i]);
	say("}");
	say_machines(w);
	say_profiles(w);
	say_groups(w);
	say_classes(w);
	say("}");
	say_line();
}
