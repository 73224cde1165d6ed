/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled policy against the sentence "ordered, first match wins, then deny": random rules,
 * random conversations, the rule that the programs name against the one that a plain walk over the
 * list finds.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "address.h"
#include "model.h"
#include "policy.h"
#include "random.h"
#include "util.h"
#include "world.h"

#define POLICIES 12   /* in one inventory */
#define PACKETS	 2000 /* asked of each */

/* how many rules each of them has */
static const unsigned int sizes[POLICIES] = {0, 1, 2, 3, 5, 8, 16, 63, 64, 65, 300, 1000};

static const char *const addresses4[] = {
	"203.0.113.0",	   "203.0.113.1",    "203.0.113.127", "203.0.113.128",	 "203.0.113.255",
	"203.0.112.255",   "203.0.114.0",    "198.51.100.7",  "10.0.0.1",	 "10.0.0.201",
	"10.0.0.202",	   "10.0.0.220",     "10.0.0.99",     "10.1.2.3",	 "10.9.0.1",
	"169.254.9.9",	   "192.168.1.1",    "0.0.0.1",	      "172.31.255.255",	 "172.32.0.0",
	"100.64.0.1",	   "100.128.0.0",    "127.0.0.1",     "223.255.255.255", "224.0.0.1",
	"255.255.255.254", "198.17.255.255", "198.20.0.0",    "192.0.0.255",	 "192.0.1.0",
};

static const char *const addresses6[] = {
	"2001:db8::",
	"2001:db8::1",
	"2001:db8::ffff",
	"2001:db8:0:1::",
	"2001:db9::",
	"2000::",
	"4000::",
	"fd00::1",
	"fd00::201",
	"fd00::220",
	"fd00:0:0:1::1",
	"fe80::5",
	"fec0::",
	"ff02::1:3",
	"::2",
	"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

static const char *const remotes[] = {
	"any",
	"local",
	"gateway",
	"internet",
	"device:a",
	"device:b",
	"host:c",
	"group:some",
	"group:all",
	"segment:here",
	"segment:there",
	"controller:hubs",
	"controller:nobody",
	"manufacturer:ACME",
	"model:M1",
	"same-manufacturer",
	"my-controllers",
};

static const char *const services[] = {
	"",
	"tcp",
	"udp",
	"tcp/443",
	"tcp/442-444,8000",
	"tcp/1-1023",
	"tcp/1024-65535",
	"udp/5000",
	"udp/65535",
	"udp/1",
	"icmp",
	"icmp/8",
	"icmp/3.1",
	"icmp/0,13",
	"icmpv6",
	"icmpv6/128",
	"icmpv6/1.3",
	"ip/47",
	"ip/0",
	"ip/255",
};

static const char *const ether_remotes[] = {
	"any",	     "gateway",		"device:a",	     "host:c",
	"group:all", "controller:hubs", "manufacturer:acme", "my-controllers"};

/* Whom `my-controllers` means, by turns. */
static const char *const controllers[] = {"", "device:a, gateway",
					  "host:c, 10.9.0.0/16, '2001:db8::/64'"};
static const unsigned int ethertypes[] = {0x88b5, 0x88b6};

static const unsigned int ports[] = {0,	   1,	 442,  443,  444,  1023, 1024,
				     5000, 5001, 7999, 8000, 8001, 65535};
static const unsigned int source_ports[] = {1, 99, 100, 101, 123, 33333, 65535};
static const unsigned int dscps[] = {0, 10, 46, 63};
static const char *const messages4[] = {"0.0", "3.0", "3.1", "3.2", "8.0", "8.1", "13.0", "14.0"};
static const char *const messages6[] = {"1.3", "1.4", "3.0", "128.0", "129.0"};

/* --- random policies --- */

static void random_prefix(char text[IG_PREFIX_TEXT])
{
	bool v4 = chance(2);
	unsigned int shortest = v4 ? 96 : 0;
	struct ig_prefix prefix;
	char why[128];

	assert_int_equal(
		ig_prefix_parse(v4 ? one_of(addresses4) : one_of(addresses6), false, &prefix, why),
		0);
	if (chance(2))
		prefix.length = (uint8_t)(shortest + chance(129 - shortest));
	for (unsigned int bit = prefix.length; bit < 128; bit++)
		prefix.addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	ig_prefix_print(&prefix, text);
}

/* A test lasts for years on its own clock: POLICIES * PACKETS conversations, 10,000 s apart. */
static void random_date(char *text, size_t size)
{
	time_t day = 1600000000 + (time_t)chance(test_scale(PACKETS)) * POLICIES * 10000;
	struct tm tm;

	strftime(text, size, "%Y-%m-%d", gmtime_r(&day, &tm));
}

static void random_options(char *text, size_t size)
{
	char source_port[32] = "", dscp[16] = "", date[16], until[32] = "";

	if (!chance(4))
		snprintf(source_port, sizeof(source_port), " source-port %u%s",
			 one_of(source_ports), chance(2) ? "" : "-65535");
	if (!chance(6))
		snprintf(dscp, sizeof(dscp), " dscp %u", one_of(dscps));
	if (!chance(6)) {
		random_date(date, sizeof(date));
		snprintf(until, sizeof(until), " until %s", date);
	}
	snprintf(text, size, "%s%s%s%s", source_port, dscp,
		 chance(6)   ? ""
		 : chance(2) ? " ipv4"
			     : " ipv6",
		 until);
}

static void random_rule(char *text, size_t size)
{
	const char *action = chance(3) ? "allow" : "deny", *side = chance(2) ? "to" : "from";
	char prefix[IG_PREFIX_TEXT], options[96];

	if (!chance(8)) {
		snprintf(text, size, "%-5s %s %s ethertype/0x%x", action, side,
			 one_of(ether_remotes), one_of(ethertypes));
		return;
	}
	random_prefix(prefix);
	random_options(options, sizeof(options));
	snprintf(text, size, "%-5s %s %s %s%s", action, side, chance(3) ? prefix : one_of(remotes),
		 one_of(services), options);
}

/* ICMP to an IPv6 prefix is no sentence, nor is a source port without one to go to: another one. */
static void write_rule(FILE *f)
{
	struct ig_rule_error error;
	struct ig_rule rule;
	char text[256];

	do {
		random_rule(text, sizeof(text));
	} while (ig_rule_parse(text, &rule, &error));
	ig_rule_clear(&rule);
	fprintf(f, "      - '%s'\n", text);
}

/* a, b and c are whom rules speak of; p0, p1 ... have the rules, and are where nobody knows what is
 * on the link */
static char *random_inventory(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs("version: 1\n"
	      "gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1', 198.51.100.7]}\n"
	      "segments:\n"
	      "  here: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	      "  there: {interfaces: [lan1], networks: [10.9.0.0/16, 'fd00:0:0:1::/64']}\n"
	      "  bare: {interfaces: [lan2]}\n"
	      "groups:\n"
	      "  some: [device:a, 203.0.113.128/25, '2001:db8::/64']\n"
	      "  all: [device:a, device:b, host:c, 100.64.0.0/10]\n"
	      "controllers:\n"
	      "  hubs: [device:b, gateway, 203.0.113.0/25, 'fd00:0:0:1::/64']\n"
	      "hosts:\n"
	      "  c: {mac: '02:00:00:00:00:20', addresses: [10.0.0.220, 'fd00::220'], segment: here}\n"
	      "devices:\n"
	      "  a: {mac: '02:00:00:00:00:10', addresses: [10.0.0.201, 'fd00::201'], segment: here,\n"
	      "      manufacturer: Acme, model: m1}\n"
	      "  b: {mac: '02:00:00:00:00:11', addresses: [10.0.0.202], segment: here,\n"
	      "      manufacturer: acme, model: M1}\n",
	      f);
	for (unsigned int i = 0; i < POLICIES; i++) {
		fprintf(f,
			"  p%u:\n    mac: '02:01:00:00:00:%02x'\n"
			"    addresses: [10.0.0.%u, 'fd00::1:%x']\n    segment: bare\n    my-controllers: [%s]\n%s    rules:%s\n",
			i, i, 100 + i, i, controllers[i % ARRAY_SIZE(controllers)],
			i % 2 ? "    manufacturer: aCME\n" : "", sizes[i] ? "" : " []");
		for (unsigned int k = 0; k < sizes[i]; k++)
			write_rule(f);
	}
	fclose(f);
	return text;
}

/* Of two rules that match exactly the same the later one may not say the opposite: it says the same
 * then. */
static void turn_rule(char *inventory, unsigned int line)
{
	char *action;

	while (--line)
		inventory = strchr(inventory, '\n') + 1;
	action = strchr(inventory, '\'') + 1;
	memcpy(action, strncmp(action, "deny", 4) ? "deny " : "allow", 5);
}

static void settle_contradictions(char *inventory)
{
	size_t errors;

	do {
		struct iotguard *ig;

		assert_int_equal(iotguard_open(&ig, NULL), 0);
		world_check(ig, inventory);
		errors = iotguard_diag_errors(ig);
		for (size_t i = 0; errors && i < iotguard_diag_count(ig); i++) {
			const struct iotguard_diag *diag = iotguard_diag_get(ig, i);

			if (diag->severity != IOTGUARD_ERROR)
				continue;
			assert_non_null(strstr(diag->message, "contradicts"));
			turn_rule(inventory, diag->line);
		}
		iotguard_close(ig);
	} while (errors);
}

/* --- the plain walk --- */

struct conversation {
	enum iotguard_side side;
	bool ip; /* false: an ethertype */
	uint8_t remote[16];
	const struct ig_machine *machine; /* the remote, where there is no IP; NULL: none of them */
	bool gateway;			  /* likewise */
	unsigned int ethertype;
	unsigned int proto;
	unsigned int detail; /* port, or type << 8 | code */
	unsigned int source_port;
	unsigned int dscp;
	uint64_t now_ns;
};

static bool in_prefix(const uint8_t addr[16], const struct ig_prefix *prefix)
{
	for (unsigned int bit = 0; bit < prefix->length; bit++) {
		if ((addr[bit / 8] ^ prefix->addr[bit / 8]) & (0x80 >> bit % 8))
			return false;
	}
	/* IPv4 lies inside of ::/0 only as it is written here */
	return ig_prefix_is_v4(prefix) || memcmp(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
}

static bool in_text(const uint8_t addr[16], const char *text)
{
	struct ig_prefix prefix;
	char why[128];

	assert_int_equal(ig_prefix_parse(text, false, &prefix, why), 0);
	return in_prefix(addr, &prefix);
}

static bool holds(const struct ig_addresses *addresses, const uint8_t addr[16])
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (!memcmp(addresses->items[i].addr, addr, 16))
			return true;
	}
	return false;
}

static bool in_segment(const struct ig_segment *segment, const uint8_t addr[16])
{
	for (size_t i = 0; i < segment->n_networks; i++) {
		if (in_prefix(addr, &segment->networks[i]))
			return true;
	}
	return false;
}

static bool is_local(const struct iotguard_inventory *inv, const uint8_t addr[16])
{
	for (size_t i = 0; i < inv->n_segments; i++) {
		if (in_segment(&inv->segments[i], addr))
			return true;
	}
	return in_text(addr, "169.254.0.0/16") || in_text(addr, "fe80::/10");
}

/* Routed beyond the gateway, global, not local. */
static bool is_internet(const struct iotguard_inventory *inv, const uint8_t addr[16])
{
	static const char *const not_global[] = {
		"0.0.0.0/8",	"10.0.0.0/8",	  "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12",
		"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
	};

	if (is_local(inv, addr) || holds(&inv->gateway.addresses, addr))
		return false;
	if (!ig_addr_is_v4(addr))
		return in_text(addr, "2000::/3");
	for (size_t i = 0; i < ARRAY_SIZE(not_global); i++) {
		if (in_text(addr, not_global[i]))
			return false;
	}
	return true;
}

static bool is_machine(const struct ig_machine *m, const struct conversation *c)
{
	return c->ip ? holds(&m->addresses, c->remote) : c->machine == m;
}

static bool in_group(const struct ig_group *group, const struct conversation *c)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct ig_member *member = &group->members[i];

		if (member->machine ? is_machine(member->machine, c)
				    : c->ip && in_prefix(c->remote, &member->prefix))
			return true;
	}
	return false;
}

static bool is_gateway(const struct iotguard_inventory *inv, const struct conversation *c)
{
	return c->ip ? holds(&inv->gateway.addresses, c->remote) : c->gateway;
}

/* By what the inventory says of each machine. */
static bool is_made_by(const struct iotguard_inventory *inv, const char *manufacturer,
		       const struct conversation *c)
{
	for (size_t i = 0; i < inv->n_machines && manufacturer; i++) {
		const struct ig_machine *m = &inv->machines[i];

		if (m->manufacturer && !strcasecmp(m->manufacturer, manufacturer) &&
		    is_machine(m, c))
			return true;
	}
	return false;
}

static bool is_hub(const struct iotguard_inventory *inv, const struct conversation *c)
{
	return is_gateway(inv, c) || is_machine(ig_inventory_machine(inv, false, "b"), c) ||
	       (c->ip &&
		(in_text(c->remote, "203.0.113.0/25") || in_text(c->remote, "fd00:0:0:1::/64")));
}

/* As `controllers` above has it. */
static bool is_controller(const struct iotguard_inventory *inv, const struct ig_machine *of,
			  const struct conversation *c)
{
	switch (atoi(of->name + 1) % ARRAY_SIZE(controllers)) {
	case 0:
		return false;
	case 1:
		return is_gateway(inv, c) || is_machine(ig_inventory_machine(inv, false, "a"), c);
	default:
		return is_machine(ig_inventory_machine(inv, true, "c"), c) ||
		       (c->ip &&
			(in_text(c->remote, "10.9.0.0/16") || in_text(c->remote, "2001:db8::/64")));
	}
}

static bool remote_matches(const struct iotguard_inventory *inv, const struct ig_machine *of,
			   const struct ig_remote *remote, const struct conversation *c)
{
	switch (remote->kind) {
	case IG_REMOTE_CONTROLLER:
		return !strcmp(remote->name, "hubs") && is_hub(inv, c);
	case IG_REMOTE_MANUFACTURER:
		return is_made_by(inv, remote->name, c);
	case IG_REMOTE_SAME_MANUFACTURER:
		return is_made_by(inv, of->manufacturer, c);
	case IG_REMOTE_MODEL:
		return is_machine(ig_inventory_machine(inv, false, "b"), c);
	case IG_REMOTE_MY_CONTROLLERS:
		return is_controller(inv, of, c);
	case IG_REMOTE_ANY:
		return true;
	case IG_REMOTE_LOCAL:
		return c->ip && is_local(inv, c->remote);
	case IG_REMOTE_INTERNET:
		return c->ip && is_internet(inv, c->remote);
	case IG_REMOTE_GATEWAY:
		return is_gateway(inv, c);
	case IG_REMOTE_PREFIX:
		return c->ip && in_prefix(c->remote, &remote->prefix);
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return is_machine(
			ig_inventory_machine(inv, remote->kind == IG_REMOTE_HOST, remote->name), c);
	case IG_REMOTE_GROUP:
		return in_group(ig_inventory_group(inv, remote->name), c);
	case IG_REMOTE_SEGMENT:
		return c->ip && in_segment(ig_inventory_segment(inv, remote->name), c->remote);
	default:
		fail_msg("a remote that is not enforced");
		return false;
	}
}

static bool service_matches(const struct ig_service *service, const struct conversation *c)
{
	static const unsigned int protos[] = {
		[IG_SERVICE_TCP] = 6,
		[IG_SERVICE_UDP] = 17,
		[IG_SERVICE_ICMP] = 1,
		[IG_SERVICE_ICMPV6] = 58,
	};

	if (service->family == IG_SERVICE_ETHER)
		return !c->ip && service->number == c->ethertype;
	if (!c->ip)
		return false;
	if (service->family == IG_SERVICE_ANY)
		return true;
	if (service->family == IG_SERVICE_IP)
		return service->number == c->proto;
	if (protos[service->family] != c->proto)
		return false;
	for (size_t i = 0; i < service->n_ranges; i++) {
		if (c->detail >= service->ranges[i].first && c->detail <= service->ranges[i].last)
			return true;
	}
	return !service->n_ranges;
}

/* The day is over when the next one begins. */
static bool is_over(const struct ig_rule *rule, uint64_t now_ns)
{
	struct tm next = {.tm_year = rule->until_year - 1900,
			  .tm_mon = rule->until_month - 1,
			  .tm_mday = rule->until_day + 1};

	return (uint64_t)timegm(&next) <= now_ns / SECOND;
}

static bool options_match(const struct ig_rule *rule, const struct conversation *c)
{
	if (rule->has_source_port &&
	    (c->source_port < rule->source_port.first || c->source_port > rule->source_port.last))
		return false;
	if (rule->dscp >= 0 && (unsigned int)rule->dscp != c->dscp)
		return false;
	if (rule->version && rule->version != (ig_addr_is_v4(c->remote) ? 4 : 6))
		return false;
	return !rule->has_until || !is_over(rule, c->now_ns);
}

static const struct ig_rule *first_match(const struct iotguard_inventory *inv,
					 const struct ig_machine *m, const struct conversation *c)
{
	enum ig_rule_side side = c->side == FROM ? IG_RULE_TO : IG_RULE_FROM;

	for (size_t i = 0; i < m->rules.count; i++) {
		const struct ig_rule *rule = &m->rules.items[i];

		if (rule->side == side && remote_matches(inv, m, &rule->remote, c) &&
		    service_matches(&rule->service, c) && options_match(rule, c))
			return rule;
	}
	return NULL;
}

/* --- random conversations --- */

static void random_transport(struct conversation *c, bool v4, char *text, size_t size)
{
	static const unsigned int protos[] = {0x2f, 0x2f, 0xfc, 0xff};
	unsigned int type, code;
	const char *message;

	switch (chance(8)) {
	case 0:
	case 1:
	case 2:
		c->proto = 6;
		c->detail = one_of(ports);
		c->source_port = one_of(source_ports);
		snprintf(text, size, "tcp %u>%u S", c->source_port, c->detail);
		return;
	case 3:
	case 4:
		c->proto = 17;
		c->detail = one_of(ports);
		c->source_port = one_of(source_ports);
		snprintf(text, size, "udp %u>%u", c->source_port, c->detail);
		return;
	case 5:
	case 6:
		message = v4 ? one_of(messages4) : one_of(messages6);
		assert_int_equal(sscanf(message, "%u.%u", &type, &code), 2);
		c->proto = v4 ? 1 : 58;
		c->detail = type << 8 | code;
		snprintf(text, size, "%s %s 7", v4 ? "icmp" : "icmp6", message);
		return;
	default:
		c->proto = one_of(protos);
		if (!v4 && c->proto >= 0xfd) /* an experiment: it may be an extension header */
			c->proto = 0x2f;
		snprintf(text, size, "proto %u data 8", c->proto);
	}
}

static bool is_group(const uint8_t addr[16])
{
	return in_text(addr, "224.0.0.0/4") || in_text(addr, "ff00::/8");
}

static void random_ip(struct conversation *c, unsigned int device, struct frame *frame)
{
	bool v4 = chance(3);
	const char *remote = v4 ? one_of(addresses4) : one_of(addresses6);
	char local[INET6_ADDRSTRLEN], transport[64];
	struct ig_prefix prefix;
	char why[128];

	c->ip = true;
	c->dscp = one_of(dscps);
	snprintf(local, sizeof(local), v4 ? "10.0.0.%u" : "fd00::1:%x", v4 ? 100 + device : device);
	assert_int_equal(ig_prefix_parse(remote, false, &prefix, why), 0);
	memcpy(c->remote, prefix.addr, 16);
	random_transport(c, v4, transport, sizeof(transport));
	if (c->side == FROM)
		frame_make(frame, "02:01:00:00:00:%02x>%s %s %s>%s tos %u %s", device,
			   is_group(c->remote) ? "group4" : "gw", v4 ? "ip4" : "ip6", local, remote,
			   c->dscp << 2, transport);
	else
		frame_make(frame, "gw>02:01:00:00:00:%02x %s %s>%s tos %u %s", device,
			   v4 ? "ip4" : "ip6", remote, local, c->dscp << 2, transport);
}

static void random_other(struct conversation *c, const struct iotguard_inventory *inv,
			 unsigned int device, struct frame *frame)
{
	static const char *const whom[] = {"gw", "cam", "nvr", "laptop", "stranger"}; /* a, b, c */
	unsigned int who = chance(ARRAY_SIZE(whom));

	c->ip = false;
	c->gateway = who == 0;
	c->machine = who == 1	? ig_inventory_machine(inv, false, "a")
		     : who == 2 ? ig_inventory_machine(inv, false, "b")
		     : who == 3 ? ig_inventory_machine(inv, true, "c")
				: NULL;
	c->ethertype = one_of(ethertypes);
	if (c->side == FROM)
		frame_make(frame, "02:01:00:00:00:%02x>%s type %u data 46", device, whom[who],
			   c->ethertype);
	else
		frame_make(frame, "%s>02:01:00:00:00:%02x type %u data 46", whom[who], device,
			   c->ethertype);
}

static void compare(struct world *w, const struct ig_machine *m, const struct conversation *c,
		    const struct frame *frame)
{
	const struct ig_rule *rule = first_match(w->inventory, m, c);
	const char *reason = !rule			      ? (c->ip ? "no-rule" : "ethertype")
			     : rule->action == IG_RULE_ALLOWS ? "rule"
							      : "rule-deny";
	char text[IG_RULE_TEXT_MAX] = "no rule";
	struct iotguard_verdict v;

	if (rule)
		ig_rule_print(rule, text, sizeof(text));
	world_judge_part(w, c->side, frame->bytes, frame->size, frame->size, &v);
	if (strcmp(iotguard_reason_token(v.reason), reason) ||
	    v.rule_line != (rule ? rule->loc.line : 0) || strcmp(v.rule ? v.rule : "no rule", text))
		fail_msg("%s, proto %u, %u: %s by line %u (%s), not %s by line %u (%s)", m->name,
			 c->proto, c->detail, iotguard_reason_token(v.reason), v.rule_line,
			 v.rule ? v.rule : "no rule", reason, rule ? rule->loc.line : 0, text);
}

static void ask(struct world *w, unsigned int device, unsigned int *matched)
{
	char name[16];
	const struct ig_machine *m;
	struct conversation c = {.side = chance(2) ? FROM : TO};
	struct frame frame;

	snprintf(name, sizeof(name), "p%u", device);
	m = ig_inventory_machine(w->inventory, false, name);
	world_wait(w, 10000); /* longer than any flow lives */
	c.now_ns = w->now_ns;
	if (chance(10))
		random_ip(&c, device, &frame);
	else
		random_other(&c, w->inventory, device, &frame);
	compare(w, m, &c, &frame);
	*matched += first_match(w->inventory, m, &c) != NULL;
}

static void test_first_match(void **state)
{
	unsigned int packets = test_scale(PACKETS), matched = 0;
	char *inventory;
	struct world w;

	seed = (uint64_t)(uintptr_t)*state * 0x9e3779b97f4a7c15u;
	inventory = random_inventory();
	settle_contradictions(inventory);
	world_open(&w, inventory);
	for (unsigned int device = 0; device < POLICIES; device++) {
		for (unsigned int i = 0; i < packets; i++)
			ask(&w, device, &matched);
	}
	/* neither all nor nothing: the conversations say something about the rules */
	assert_in_range(matched, POLICIES * packets / 8, POLICIES * packets * 9 / 10);
	world_close(&w);
	free(inventory);
}

#define SEED(n)                                                                 \
	{                                                                       \
		.name = "first match, seed " #n, .test_func = test_first_match, \
		.initial_state = (void *)(uintptr_t)(n),                        \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {SEED(1), SEED(2), SEED(3),
						  SEED(4), SEED(5), SEED(6)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
