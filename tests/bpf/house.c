/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "house.h"
#include "rule.h"
#include "util.h"

/* --- chance --- */

uint64_t seed;

uint32_t chance(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

/* --- who there is --- */

const struct house_segment segments[3] = {
	[HERE] = {"here", {"lan0"}, 0, {"10.0.0.0/24", "fd00::/64"}},
	[TAGGED] = {"tagged", {"lan0", "lan1"}, 5, {"10.5.0.0/24", "fd00:0:0:5::/64"}},
	[BARE] = {"bare", {"lan2"}, 0, {NULL, NULL}},
};

const struct machine machines[MACHINES] = {
	{"h0", true, true, HERE, {"10.0.0.20", "fd00::20"}, NULL},
	{"h1", true, false, TAGGED, {"10.5.0.21", NULL}, NULL},
	{"d0", false, false, HERE, {"10.0.0.10", "fd00::10"}, NULL},
	{"d1", false, false, HERE, {"10.0.0.11", NULL}, NULL},
	{"d2", false, false, HERE, {NULL, NULL}, NULL},
	{"d3", false, false, TAGGED, {"10.5.0.13", "fd00:0:0:5::13"}, NULL},
	{"d4", false, false, TAGGED, {NULL, "fd00:0:0:5::14"}, NULL},
	{"d5", false, false, BARE, {"10.9.0.15", "2001:db8:9::15"}, NULL},
	{"d6", false, false, BARE, {"10.9.0.16", NULL}, NULL},
	{"d7", false, false, HERE, {"10.7.0.17", "fd00:0:0:7::17"}, "device:d0"},
};

static unsigned int number_of(const struct machine *m)
{
	return (unsigned int)(m - machines);
}

const struct machine *house_machine(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (!strcmp(machines[i].name, name))
			return &machines[i];
	}
	fail_msg("no machine '%s'", name);
	return NULL;
}

const struct machine *house_carrier(const struct machine *m)
{
	return m->router ? house_machine(strchr(m->router, ':') + 1) : m;
}

void house_mac(const struct machine *m, char text[18])
{
	snprintf(text, 18, "02:00:00:00:01:%02x", number_of(house_carrier(m)));
}

/* --- random inventories --- */

static const char *const remotes[] = {
	"any",	       "local",		 "gateway",	 "internet",
	"device:d0",   "device:d1",	 "device:d2",	 "device:d3",
	"device:d5",   "device:d7",	 "host:h0",	 "host:h1",
	"group:some",  "group:all",	 "segment:here", "segment:tagged",
	"203.0.113.9", "203.0.113.0/24", "10.0.0.0/24",	 "10.0.0.77",
	"10.9.0.16",   "2001:db8::/32",	 "fd00::/64",	 "fe80::/10",
	"0.0.0.0/0",   "198.51.100.88",
};

static const char *const services[] = {
	"",
	"tcp",
	"udp",
	"tcp/443",
	"tcp/1-1023",
	"udp/5000",
	"icmp",
	"icmp/8",
	"icmpv6",
	"ip/47",
	"udp/53",
	"tcp/22",
	"tcp/80",
	"icmp/3.1",
	"icmpv6/echo-request",
	"ethertype/0x88b5",
};

static const char *const options[] = {
	"",
	"",
	"",
	"",
	"",
	" critical",
	" source-port 100-200",
	" dscp 46",
	" ipv4",
	" ipv6",
	" until 2020-01-01",
	" until 2099-12-31",
};

static const char *const managers[] = {"any",	     "local",	     "device:d1",  "device:d3",
				       "group:some", "segment:here", "10.0.0.0/24"};

/* Some are no sentences: another one. */
static void put_rule(FILE *f, bool management, const char *indent)
{
	struct ig_rule_error error;
	struct ig_rule rule;
	char text[256];

	do {
		snprintf(text, sizeof(text), "%s %s %s %s%s", chance(3) ? "allow" : "deny",
			 management || chance(2) ? "from" : "to",
			 management ? one_of(managers) : one_of(remotes), one_of(services),
			 one_of(options));
	} while (ig_rule_parse(text, &rule, &error));
	ig_rule_clear(&rule);
	fprintf(f, "%s- '%s'\n", indent, text);
}

static void put_rules(FILE *f, unsigned int most)
{
	fputs("    rules:\n", f);
	for (unsigned int n = chance(most + 1); n; n--)
		put_rule(f, false, "      ");
}

static void put_machine(FILE *f, const struct machine *m)
{
	static const char *const modes[] = {"enforce", "enforce", "monitor", "learn"};
	char mac[18];

	house_mac(m, mac);
	fprintf(f, "  %s:\n", m->name);
	if (m->router)
		fprintf(f, "    identify: address\n    router: %s\n", m->router);
	else
		fprintf(f, "    mac: '%s'\n    segment: %s\n", mac, segments[m->segment].name);
	if (m->addresses[0] && m->addresses[1])
		fprintf(f, "    addresses: ['%s', '%s']\n", m->addresses[0], m->addresses[1]);
	else if (m->addresses[0] || m->addresses[1])
		fprintf(f, "    addresses: ['%s']\n", m->addresses[0] ?: m->addresses[1]);
	if (m->trusted && chance(2))
		fputs("    trust: true\n", f);
	if (!m->host && chance(2))
		fprintf(f, "    profile: %s\n", chance(2) ? "kind" : "base");
	if (!m->host && !chance(3))
		fprintf(f, "    mode: %s\n", one_of(modes));
	put_rules(f, 8);
}

static char *random_inventory(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs("version: 1\n"
	      "gateway:\n"
	      "  macs: ['02:00:00:00:00:01']\n"
	      "  addresses: [10.0.0.1, 10.5.0.1, 'fd00::1', 'fd00:0:0:5::1']\n"
	      "  resolvers: [10.0.0.1, 203.0.113.53]\n"
	      "  time-servers: [10.0.0.1]\n"
	      "  management:\n",
	      f);
	for (unsigned int n = chance(4); n; n--)
		put_rule(f, true, "    ");
	fprintf(f,
		"segments:\n"
		"  here: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']%s}\n"
		"  tagged: {interfaces: [lan0, lan1], vlan: 5,\n"
		"           networks: [10.5.0.0/24, 'fd00:0:0:5::/64']%s}\n"
		"  bare: {interfaces: [lan2]}\n"
		"groups:\n"
		"  some: [device:d0, 203.0.113.128/25, '2001:db8::/64']\n"
		"  all: [device:d0, device:d1, device:d3, host:h1, 10.9.0.0/24]\n"
		"profiles:\n",
		chance(4) ? "" : ", mode: monitor",
		chance(4) ? "" : ", infrastructure: {dns: false}");
	fputs("  base:\n", f);
	put_rules(f, 4);
	fputs("  kind:\n    extends: base\n", f);
	put_rules(f, 4);
	fputs("hosts:\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (i && machines[i - 1].host && !machines[i].host)
			fputs("devices:\n", f);
		put_machine(f, &machines[i]);
	}
	fclose(f);
	return text;
}

char *house_line(char *text, unsigned int line)
{
	while (--line)
		text = strchr(text, '\n') + 1;
	return text;
}

/* Rules that contradict each other, or that may not stand where they do, are taken out. */
static void settle(struct gateway *gateway, char *text)
{
	size_t errors;

	do {
		struct iotguard_inventory *inv;

		gateway_write(gateway->shelter.inventory, text);
		if (!gateway_load(gateway->ig, gateway->shelter.inventory, &inv))
			iotguard_inventory_free(inv);
		errors = iotguard_diag_errors(gateway->ig);
		for (size_t i = 0; i < iotguard_diag_count(gateway->ig); i++) {
			const struct iotguard_diag *diag = iotguard_diag_get(gateway->ig, i);
			char *rule;

			if (diag->severity != IOTGUARD_ERROR)
				continue;
			rule = house_line(text, diag->line);
			rule += strspn(rule, " ");
			if (*rule != '-' && *rule != '#')
				fail_msg("%u: %s\n%s", diag->line, diag->message, text);
			*rule = '#';
		}
		iotguard_diag_clear(gateway->ig);
	} while (errors);
}

char *house_inventory(struct gateway *gateway)
{
	char *text = random_inventory();

	settle(gateway, text);
	return text;
}
