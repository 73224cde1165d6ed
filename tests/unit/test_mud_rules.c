/* SPDX-License-Identifier: BSD-2-Clause */
/* What the entries of a MUD file come to as rules, line by line of docs/policy.md (MUD files). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mud_rules.h"
#include "util.h"

#define HEAD \
	"\"mud-version\":1,\"mud-url\":\"https://Things.Example/bulb\",\"last-update\":\"2026-01-01T00:00:00Z\""

static struct ig_diags diags;
static struct ig_mud mud;
static struct ig_mud_rules made;

static void forget(void)
{
	ig_mud_rules_clear(&made);
	ig_mud_clear(&mud);
	ig_diags_clear(&diags);
}

static int tidy(void **state)
{
	(void)state;
	forget();
	return 0;
}

/* @policies: what stands behind the head; @acls: the lists. */
static void translate(const char *policies, const char *acls, bool private_addresses)
{
	const struct ig_mud_terms terms = {"bulb.json", private_addresses};
	char *text = NULL;

	forget();
	assert_true(asprintf(&text,
			     "{\"ietf-mud:mud\":{" HEAD
			     "%s},\"ietf-access-control-list:acls\":{\"acl\":[%s]}}",
			     policies, acls) > 0);
	if (ig_mud_read(&diags, "bulb.json", text, strlen(text), &mud))
		fail_msg("%s: %s", acls, diags.items[0].message);
	assert_int_equal(ig_mud_translate(&mud, &terms, &made), 0);
	free(text);
}

static const char *policy(bool to_device)
{
	return to_device
		       ? ",\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"l\"}]}}"
		       : ",\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"l\"}]}}";
}

/* One entry in one list. */
static void translate_entry(bool to_device, const char *action, const char *type,
			    const char *matches, bool private_addresses)
{
	char *acl = NULL;

	assert_true(
		asprintf(
			&acl,
			"{\"name\":\"l\",%s%s%s\"aces\":{\"ace\":[{\"name\":\"e\",\"matches\":{%s},"
			"\"actions\":{\"forwarding\":\"%s\"}}]}}",
			*type ? "\"type\":\"" : "", type, *type ? "\"," : "", matches, action) > 0);
	translate(policy(to_device), acl, private_addresses);
	free(acl);
}

/* The rules as sentences without what they are for, with "; " between them. */
static const char *sentences(void)
{
	static char all[64 * 1024];
	size_t used = 0;

	*all = '\0';
	for (size_t i = 0; i < made.rules.count; i++) {
		struct ig_rule plain = made.rules.items[i];

		plain.because = NULL;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s", i ? "; " : "");
		used += ig_rule_print(&plain, all + used, sizeof(all) - used);
		assert_true(used < sizeof(all));
	}
	return all;
}

/* --- one entry --- */

#define V4	    "ipv4-acl-type"
#define V6	    "ipv6-acl-type"
#define ETH	    "eth-acl-type"
#define MIX	    "mixed-eth-ipv4-ipv6-acl-type"

#define MUD(what)   "\"ietf-mud:mud\":{" what "}"
#define IPV4(what)  "\"ipv4\":{" what "}"
#define IPV6(what)  "\"ipv6\":{" what "}"
#define TCP(what)   "\"tcp\":{" what "}"
#define UDP(what)   "\"udp\":{" what "}"
#define ICMP(what)  "\"icmp\":{" what "}"
#define ETHER(what) "\"eth\":{" what "}"
#define DST4(p)	    "\"destination-ipv4-network\":\"" p "\""
#define SRC4(p)	    "\"source-ipv4-network\":\"" p "\""
#define DST6(p)	    "\"destination-ipv6-network\":\"" p "\""
#define SRC6(p)	    "\"source-ipv6-network\":\"" p "\""
#define DSTN(n)	    "\"ietf-acldns:dst-dnsname\":\"" n "\""
#define SRCN(n)	    "\"ietf-acldns:src-dnsname\":\"" n "\""
#define EQ(p)	    "{\"operator\":\"eq\",\"port\":" #p "}"
#define OP(o, p)    "{\"operator\":\"" o "\",\"port\":" #p "}"
#define RANGE(a, b) "{\"lower-port\":" #a ",\"upper-port\":" #b "}"
#define DPORT(p)    "\"destination-port\":" p
#define SPORT(p)    "\"source-port\":" p
#define INIT(d)	    "\"ietf-mud:direction-initiated\":\"" d "-device\""
#define LOCAL	    "\"local-networks\":[null]"

struct row {
	const char *side, *action, *type, *matches, *rules;
	enum ig_mud_fate fate;
	const char *why; /* NULL: all of it was said */
};

#define RULES	IG_MUD_RULES
#define ANSWERS IG_MUD_ANSWERS
#define INFRA	IG_MUD_INFRASTRUCTURE
#define NOTHING IG_MUD_NOTHING
#define CLOSED	IG_MUD_CLOSED

/* Who the other end is. */
static const struct row remotes[] = {
	{"from", "accept", V4, "", "allow to any ipv4", RULES, NULL},
	{"from", "accept", V6, "", "allow to any ipv6", RULES, NULL},
	{"from", "accept", "", "", "allow to any", RULES, NULL},
	{"from", "accept", ETH, "", "allow to any", RULES, NULL},
	{"from", "accept", MIX, "", "allow to any", RULES, NULL},
	{"to", "accept", V4, "", "allow from any ipv4", RULES, NULL},
	{"to", "drop", V6, "", "deny from any ipv6", RULES, NULL},
	{"to", "reject", "", "", "deny from any", RULES, NULL},
	{"from", "accept", V4, MUD(LOCAL), "allow to local ipv4", RULES, NULL},
	{"to", "accept", V6, MUD(LOCAL), "allow from local ipv6", RULES, NULL},
	{"from", "accept", V4, MUD("\"my-controller\":[null]"), "allow to my-controllers ipv4",
	 RULES, NULL},
	{"to", "drop", V6, MUD("\"my-controller\":[null]"), "deny from my-controllers ipv6", RULES,
	 NULL},
	{"from", "accept", V4, MUD("\"controller\":\"urn:ietf:params:mud:ntp\""),
	 "allow to controller:urn:ietf:params:mud:ntp ipv4", RULES, NULL},
	{"to", "accept", V4, MUD("\"controller\":\"https://hub.example/class\""),
	 "allow from controller:https://hub.example/class ipv4", RULES, NULL},
	{"from", "accept", V4, MUD("\"manufacturer\":\"Other.Example\""),
	 "allow to manufacturer:Other.Example ipv4", RULES, NULL},
	{"to", "accept", V6, MUD("\"model\":\"https://other.example/m\""),
	 "allow from model:https://other.example/m ipv6", RULES, NULL},
	{"from", "accept", V4, MUD("\"same-manufacturer\":[null]"),
	 "allow to manufacturer:things.example ipv4", RULES, NULL},
	{"to", "drop", V4, MUD("\"same-manufacturer\":[null]"),
	 "deny from manufacturer:things.example ipv4", RULES, NULL},
	/* prefixes and names, of the end that is not the device's */
	{"from", "accept", V4, IPV4(DST4("192.0.2.9/24")), "allow to 192.0.2.0/24", RULES, NULL},
	{"from", "accept", "", IPV4(DST4("192.0.2.0/24")), "allow to 192.0.2.0/24", RULES, NULL},
	{"to", "accept", V4, IPV4(SRC4("192.0.2.1/32")), "allow from 192.0.2.1", RULES, NULL},
	{"from", "accept", V6, IPV6(DST6("2001:db8::1/33")), "allow to 2001:db8::/33", RULES, NULL},
	{"to", "drop", V6, IPV6(SRC6("2001:db8::1/128")), "deny from 2001:db8::1", RULES, NULL},
	{"from", "accept", V4, IPV4(DST4("0.0.0.0/0")), "allow to any ipv4", RULES, NULL},
	{"from", "accept", "", IPV4(DST4("9.9.9.9/0")), "allow to any ipv4", RULES, NULL},
	{"from", "accept", V6, IPV6(DST6("::/0")), "allow to any ipv6", RULES, NULL},
	{"to", "accept", V4, IPV4(SRC4("0.0.0.0/0")) "," MUD(LOCAL), "allow from local ipv4", RULES,
	 NULL},
	{"from", "accept", V4, IPV4(DSTN("Cloud.Example.")), "allow to cloud.example ipv4", RULES,
	 NULL},
	{"to", "accept", V6, IPV6(SRCN("cloud.example")), "allow from cloud.example ipv6", RULES,
	 NULL},
	{"from", "accept", V4, IPV4(DSTN("192.0.2.7")), "allow to 192.0.2.7", RULES, NULL},
	{"to", "accept", V6, IPV6(SRCN("2001:db8::7")), "allow from 2001:db8::7", RULES, NULL},
	{"from", "accept", V4, IPV4(DSTN("hub")), "", CLOSED, "no dot"},
	{"from", "accept", V4, IPV4(DSTN("any")), "", CLOSED, "no dot"},
	{"from", "accept", V4, IPV4(DSTN("1.2.3")), "", CLOSED, "no name"},
	{"from", "accept", V4, IPV4(DSTN("-a.example")), "", CLOSED, "no name"},
	{"from", "drop", V4, IPV4(DSTN("hub")), "deny to any ipv4", RULES, "no dot"},
	{"from", "accept", V6, IPV6(DSTN("192.0.2.7")), "", NOTHING, "both versions"},
	/* more than one */
	{"from", "accept", V4, MUD(LOCAL ",\"my-controller\":[null]"), "", CLOSED, "more than one"},
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DSTN("a.example")), "", CLOSED, "more than one"},
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DST4("192.0.2.0/24")), "", CLOSED,
	 "more than one"},
	{"from", "accept", V4, IPV4(DSTN("a.example") "," DST4("192.0.2.0/24")), "", CLOSED,
	 "more than one"},
	{"from", "accept", V4,
	 MUD("\"manufacturer\":\"a.example\",\"model\":\"https://a.example/m\""), "", CLOSED,
	 "more than one"},
	{"from", "drop", V4, MUD(LOCAL ",\"same-manufacturer\":[null]") "," TCP(DPORT(EQ(80))),
	 "deny to any tcp/80 ipv4", RULES, "more than one"},
	{"from", "drop", V6, MUD(LOCAL) "," IPV6(DST6("2001:db8::/32")), "deny to any ipv6", RULES,
	 "more than one"},
	/* what no router forwards is local in any case */
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DST4("255.255.255.255/32")),
	 "allow to 255.255.255.255", RULES, NULL},
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DST4("224.0.0.251/32")), "allow to 224.0.0.251",
	 RULES, NULL},
	{"from", "accept", V6, MUD(LOCAL) "," IPV6(DST6("ff02::fb/128")), "allow to ff02::fb",
	 RULES, NULL},
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DST4("239.255.255.250/32")),
	 "allow to 239.255.255.250", RULES, NULL},
	{"from", "accept", V4, MUD(LOCAL) "," IPV4(DST4("224.0.0.0/4")), "", CLOSED,
	 "more than one"},
	/* of all groups those of the link; a drop is about all of them */
	{"from", "accept", V6, MUD(LOCAL) "," IPV6(DST6("ff00::/8")), "allow to ff02::/16", RULES,
	 NULL},
	{"from", "accept", V6, MUD(LOCAL) "," IPV6(DST6("ff00::/12")) "," UDP(DPORT(EQ(5353))),
	 "allow to ff02::/16 udp/5353", RULES, NULL},
	{"from", "accept", V6, MUD(LOCAL) "," IPV6(DST6("ff00::/7")), "", CLOSED,
	 "private address"},
	{"from", "accept", V6, MUD(LOCAL) "," IPV6(DST6("ff10::/12")), "", CLOSED, "more than one"},
	{"from", "accept", V6, MUD(LOCAL ",\"my-controller\":[null]") "," IPV6(DST6("ff00::/8")),
	 "", CLOSED, "more than one"},
	{"from", "accept", V6, IPV6(DST6("ff00::/8")), "allow to ff00::/8", RULES, NULL},
	{"from", "drop", V6, MUD(LOCAL) "," IPV6(DST6("ff00::/8")), "deny to any ipv6", RULES,
	 "more than one"},
	{"from", "accept", V4,
	 MUD(LOCAL ",\"my-controller\":[null]") "," IPV4(DST4("224.0.0.251/32")), "", CLOSED,
	 "more than one"},
	{"from", "accept", V4, MUD("\"my-controller\":[null]") "," IPV4(DST4("224.0.0.251/32")), "",
	 CLOSED, "more than one"},
	/* the device's own end */
	{"from", "accept", V4, IPV4(SRC4("192.0.2.7/32")), "", CLOSED, "own end"},
	{"to", "accept", V4, IPV4(DST4("192.0.2.7/32")), "", CLOSED, "own end"},
	{"from", "accept", V4, IPV4(SRC4("0.0.0.0/0")), "allow to any ipv4", RULES, NULL},
	{"from", "accept", V4, IPV4(SRCN("me.example")), "", CLOSED, "own end"},
	{"to", "accept", V6, IPV6(DSTN("me.example")), "", CLOSED, "own end"},
	{"to", "drop", V4, IPV4(DST4("192.0.2.7/32")) "," UDP(DPORT(EQ(5))),
	 "deny from any udp/5 ipv4", RULES, "own end"},
	/* both ends at once: a drop leaves out both */
	{"from", "drop", V4, IPV4(SRC4("192.0.2.7/32") "," DST4("192.0.2.9/32")),
	 "deny to 192.0.2.9", RULES, "own end"},
};

/* What it is opened to. */
static const struct row services[] = {
	{"from", "accept", V4, TCP(""), "allow to any tcp ipv4", RULES, NULL},
	{"from", "accept", "", UDP(""), "allow to any udp", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(EQ(443))), "allow to any tcp/443 ipv4", RULES, NULL},
	{"to", "accept", V6, UDP(DPORT(EQ(5683))), "allow from any udp/5683 ipv6", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT("{\"port\":443}")), "allow to any tcp/443 ipv4", RULES,
	 NULL},
	{"from", "accept", V4, TCP(DPORT(RANGE(80, 90))), "allow to any tcp/80-90 ipv4", RULES,
	 NULL},
	{"from", "accept", V4, TCP(DPORT(RANGE(0, 65535))), "allow to any tcp ipv4", RULES, NULL},
	{"from", "drop", V4, TCP(DPORT(RANGE(0, 65535))), "deny to any tcp ipv4", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("gte", 0))), "allow to any tcp ipv4", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("lte", 65535))), "allow to any tcp ipv4", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("lte", 1023))), "allow to any tcp/1-1023 ipv4", RULES,
	 NULL},
	{"from", "accept", V4, TCP(DPORT(OP("gte", 1024))), "allow to any tcp/1024-65535 ipv4",
	 RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("neq", 80))), "allow to any tcp/1-79,81-65535 ipv4",
	 RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("neq", 0))), "allow to any tcp/1-65535 ipv4", RULES,
	 NULL},
	{"from", "drop", V4, TCP(DPORT(OP("neq", 0))), "deny to any tcp/1-65535 ipv4", RULES, NULL},
	{"from", "accept", V4, TCP(DPORT(OP("neq", 65535))), "allow to any tcp/1-65534 ipv4", RULES,
	 NULL},
	{"from", "drop", V4, TCP(DPORT(OP("gte", 1024))), "deny to any tcp/1024-65535 ipv4", RULES,
	 NULL},
	/* there is no port 0 */
	{"from", "accept", V4, TCP(DPORT(EQ(0))), "", CLOSED, "port 0"},
	{"from", "accept", V4, UDP(SPORT(OP("lte", 0))), "", CLOSED, "port 0"},
	{"from", "drop", V4, TCP(DPORT(EQ(0))), "deny to any ipv4", RULES, "port 0"},
	{"from", "drop", V4, TCP(DPORT(OP("lte", 1023))), "deny to any ipv4", RULES, "port 0"},
	{"from", "drop", V4, TCP(SPORT(OP("neq", 80))), "deny to any ipv4", RULES, "port 0"},
	/* source ports */
	{"from", "accept", V4, UDP(SPORT(EQ(5353))), "allow to any udp source-port 5353 ipv4",
	 RULES, NULL},
	{"to", "accept", V6, TCP(SPORT(RANGE(10, 20)) "," DPORT(EQ(8883))),
	 "allow from any tcp/8883 source-port 10-20 ipv6", RULES, NULL},
	{"from", "accept", V4, UDP(SPORT(RANGE(0, 65535))), "allow to any udp ipv4", RULES, NULL},
	{"from", "accept", V4, UDP(SPORT(OP("neq", 80)) "," DPORT(EQ(7))),
	 "allow to any udp/7 source-port 1-79 ipv4; allow to any udp/7 source-port 81-65535 ipv4",
	 RULES, NULL},
	{"to", "accept", V4, UDP(SPORT(OP("lte", 1023))),
	 "allow from any udp source-port 1-1023 ipv4", RULES, NULL},
	{"to", "drop", V4, UDP(SPORT(OP("gte", 1024))),
	 "deny from any udp source-port 1024-65535 ipv4", RULES, NULL},
	/* ports where the drafts had them */
	{"from", "accept", V4,
	 IPV4("\"protocol\":6,\"destination-port-range\":{\"lower-port\":443,\"upper-port\":443}"),
	 "allow to any tcp/443 ipv4", RULES, NULL},
	{"from", "accept", V4,
	 IPV4("\"destination-port-range\":{\"lower-port\":443,\"upper-port\":443}"), "", CLOSED,
	 "no protocol"},
	{"from", "accept", V4,
	 IPV4("\"protocol\":47,\"source-port-range\":{\"lower-port\":1,\"upper-port\":2}"), "",
	 CLOSED, "no protocol"},
	{"from", "drop", V4,
	 IPV4("\"protocol\":47,\"source-port-range\":{\"lower-port\":1,\"upper-port\":2}"),
	 "deny to any ipv4", RULES, "no protocol"},
	/* ICMP */
	{"from", "accept", V4, ICMP(""), "allow to any icmp", RULES, NULL},
	{"from", "accept", V6, ICMP(""), "allow to any icmpv6", RULES, NULL},
	{"from", "accept", "", ICMP("\"type\":8"),
	 "allow to any icmp/echo-request; allow to any icmpv6/8", RULES, NULL},
	{"to", "drop", MIX, ICMP(""), "deny from any icmp; deny from any icmpv6", RULES, NULL},
	{"to", "accept", V4, ICMP("\"type\":8,\"code\":0"), "allow from any icmp/echo-request.0",
	 RULES, NULL},
	{"from", "accept", V6, ICMP("\"type\":255,\"code\":255"), "allow to any icmpv6/255.255",
	 RULES, NULL},
	{"from", "accept", V4, ICMP("\"code\":0"), "", CLOSED, "code without a type"},
	{"from", "drop", V4, ICMP("\"code\":0"), "deny to any ipv4", RULES, "code without a type"},
	/* protocol numbers */
	{"from", "accept", V4, IPV4("\"protocol\":6"), "allow to any tcp ipv4", RULES, NULL},
	{"from", "accept", V6, IPV6("\"protocol\":17"), "allow to any udp ipv6", RULES, NULL},
	{"from", "accept", V4, IPV4("\"protocol\":1"), "allow to any icmp", RULES, NULL},
	{"from", "accept", V6, IPV6("\"protocol\":58"), "allow to any icmpv6", RULES, NULL},
	{"from", "accept", V4, IPV4("\"protocol\":2"), "allow to any ip/2 ipv4", RULES, NULL},
	{"from", "drop", V4, IPV4("\"protocol\":0"), "deny to any ip/0 ipv4", RULES, NULL},
	{"from", "accept", V6, IPV6("\"protocol\":255"), "allow to any ip/255 ipv6", RULES, NULL},
	{"from", "accept", V6, IPV6("\"protocol\":1"), "", CLOSED, "another version"},
	{"from", "accept", V4, IPV4("\"protocol\":58"), "", CLOSED, "another version"},
	{"from", "drop", V4, IPV4("\"protocol\":58"), "deny to any ipv4", RULES, "another version"},
	{"from", "accept", V4, IPV4("\"protocol\":6") "," TCP(DPORT(EQ(22))),
	 "allow to any tcp/22 ipv4", RULES, NULL},
	/* with a remote */
	{"from", "accept", V4, IPV4(DST4("192.0.2.1/32") ",\"protocol\":17") "," UDP(DPORT(EQ(9))),
	 "allow to 192.0.2.1 udp/9", RULES, NULL},
	{"from", "accept", "", MUD(LOCAL) "," ICMP(""),
	 "allow to local icmp; allow to local icmpv6", RULES, NULL},
};

/* Versions, frames, directions, and what no rule can match. */
static const struct row others[] = {
	/* the entry's version counts before the list's, and both have to agree */
	{"from", "accept", V4, IPV6(""), "", NOTHING, "both versions"},
	{"from", "drop", V6, IPV4(""), "", NOTHING, "both versions"},
	{"from", "accept", ETH, IPV6(""), "allow to any ipv6", RULES, NULL},
	{"from", "accept", MIX, IPV4(""), "allow to any ipv4", RULES, NULL},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x0800\""), "allow to any ipv4", RULES,
	 NULL},
	{"from", "accept", ETH, ETHER("\"ethertype\":34525"), "allow to any ipv6", RULES, NULL},
	{"from", "accept", V4, ETHER("\"ethertype\":\"0x86dd\""), "", NOTHING, "both versions"},
	{"from", "accept", V6, IPV6("") "," ETHER("\"ethertype\":\"0x0800\""), "", NOTHING,
	 "both versions"},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x0800\"") "," ICMP(""), "allow to any icmp",
	 RULES, NULL},
	/* frames that are no IP */
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x88b5\""), "allow to any ethertype/0x88b5",
	 RULES, NULL},
	{"to", "drop", ETH, ETHER("\"ethertype\":35000"), "deny from any ethertype/0x88b8", RULES,
	 NULL},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x0806\""), "", INFRA, NULL},
	{"to", "drop", ETH, ETHER("\"ethertype\":\"0x888e\""), "", INFRA, NULL},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x88cc\""), "", INFRA, NULL},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x88b5\"") "," MUD(LOCAL), "", CLOSED,
	 "other end"},
	{"from", "drop", ETH, ETHER("\"ethertype\":\"0x88b5\"") "," MUD(LOCAL),
	 "deny to any ethertype/0x88b5", RULES, "other end"},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x88b5\"") "," TCP(""), "", NOTHING,
	 "no IP"},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x88b5\"") "," IPV4("\"protocol\":6"), "",
	 NOTHING, "no IP"},
	{"from", "accept", V4, ETHER("\"ethertype\":\"0x88b5\""), "", NOTHING, "no IP"},
	{"from", "accept", ETH,
	 ETHER("\"ethertype\":\"0x88b5\",\"destination-mac-address\":\"ff:ff:ff:ff:ff:ff\""), "",
	 CLOSED, "MAC address"},
	{"from", "accept", ETH, ETHER("\"ethertype\":5"), "", CLOSED, "no rule can name"},
	{"from", "accept", ETH, ETHER("\"ethertype\":\"0x8100\""), "", CLOSED, "no rule can name"},
	{"to", "drop", ETH, ETHER("\"ethertype\":\"0x88a8\""), "", NOTHING, "no rule can name"},
	/* MAC addresses */
	{"from", "accept", V4,
	 ETHER("\"destination-mac-address\":\"FF:FF:FF:FF:FF:FF\"") "," IPV4(
		 DST4("255.255.255.255/32")) "," UDP(DPORT(EQ(67))),
	 "allow to 255.255.255.255 udp/67", RULES, NULL},
	{"from", "accept", V4, ETHER("\"destination-mac-address\":\"ff:ff:ff:ff:ff:ff\""), "",
	 CLOSED, "MAC address"},
	{"from", "accept", V4,
	 ETHER("\"destination-mac-address\":\"ff:ff:ff:ff:ff:ff\"") "," IPV4(
		 DST4("192.0.2.255/32")),
	 "", CLOSED, "MAC address"},
	{"from", "accept", V4, ETHER("\"destination-mac-address\":\"01:00:5e:00:00:fb\""), "",
	 CLOSED, "destination-mac-address"},
	{"from", "accept", V4,
	 ETHER("\"destination-mac-address\":\"ff:ff:ff:ff:ff:ff\","
	       "\"destination-mac-address-mask\":\"ff:00:00:00:00:00\"") "," IPV4(DST4("255.255.255.255/32")),
	 "", CLOSED, "destination-mac-address-mask"},
	{"from", "drop", V4, ETHER("\"source-mac-address\":\"02:00:5e:00:00:01\""),
	 "deny to any ipv4", RULES, "source-mac-address"},
	/* who opens it */
	{"from", "accept", V4, TCP(INIT("from") "," DPORT(EQ(443))), "allow to any tcp/443 ipv4",
	 RULES, NULL},
	{"to", "accept", V4, TCP(INIT("to") "," DPORT(EQ(80))), "allow from any tcp/80 ipv4", RULES,
	 NULL},
	{"to", "accept", V4, TCP(INIT("from") "," SPORT(EQ(443))), "", ANSWERS, NULL},
	{"from", "accept", V6, TCP(INIT("to")), "", ANSWERS, NULL},
	{"from", "drop", V4, TCP(INIT("from") "," DPORT(EQ(443))), "deny to any tcp/443 ipv4",
	 RULES, NULL},
	{"to", "drop", V4, TCP(INIT("from") "," SPORT(EQ(443))),
	 "deny from any tcp source-port 443 ipv4", RULES, "answers"},
	/* DSCP, and what is not there to be matched */
	{"from", "accept", V4, IPV4("\"dscp\":46"), "allow to any dscp 46 ipv4", RULES, NULL},
	{"from", "accept", V6, IPV6("\"dscp\":0") "," UDP(DPORT(EQ(1))),
	 "allow to any udp/1 dscp 0 ipv6", RULES, NULL},
	{"from", "accept", V4, IPV4("\"ttl\":1"), "", CLOSED, "TTL"},
	{"from", "accept", V4, IPV4("\"length\":100"), "", CLOSED, "length"},
	{"from", "accept", V4, IPV4("\"ecn\":1"), "", CLOSED, "'ecn'"},
	{"from", "accept", V4, IPV4("\"flags\":\"more\""), "", CLOSED, "'flags'"},
	{"from", "accept", V6, IPV6("\"flow-label\":1"), "", CLOSED, "'flow-label'"},
	{"from", "accept", V4, TCP("\"flags\":\"syn\""), "", CLOSED, "TCP flags"},
	{"from", "accept", V4, TCP("\"window-size\":1"), "", CLOSED, "'window-size'"},
	{"from", "accept", V4, UDP("\"length\":8"), "", CLOSED, "'length'"},
	{"from", "accept", V4, ICMP("\"rest-of-header\":\"AAAA\""), "", CLOSED, "'rest-of-header'"},
	{"from", "accept", V4, MUD("\"colour\":\"red\""), "", CLOSED, "'colour'"},
	{"from", "accept", V4, "\"ietf-acl-tls:client-profiles\":{}", "", CLOSED,
	 "client-profiles"},
	{"from", "drop", V4, IPV4("\"ttl\":1") "," TCP(DPORT(EQ(22))), "deny to any tcp/22 ipv4",
	 RULES, "TTL"},
	{"from", "drop", V4, MUD(LOCAL) "," TCP("\"flags\":\"syn\"," DPORT(EQ(22))),
	 "deny to local tcp/22 ipv4", RULES, "TCP flags"},
};

static void check_row(const struct row *row)
{
	const struct ig_mud_ruling *ruling = made.rulings;
	bool drop = strcmp(row->action, "accept") != 0;

	translate_entry(*row->side == 't', row->action, row->type, row->matches, false);
	ruling = made.rulings;
	assert_int_equal(made.n_rulings, 1);
	if (strcmp(sentences(), row->rules) != 0 || ruling->fate != row->fate)
		fail_msg("%s %s %s {%s}: \"%s\", fate %d, because \"%s\"; expected \"%s\", fate %d",
			 row->side, row->action, row->type, row->matches, sentences(), ruling->fate,
			 ruling->why, row->rules, row->fate);
	if (row->why ? !strstr(ruling->why, row->why) : *ruling->why)
		fail_msg("{%s}: \"%s\" does not say \"%s\"", row->matches, ruling->why,
			 row->why ? row->why : "nothing");
	assert_int_equal(ruling->wider, drop && ruling->fate == IG_MUD_RULES && row->why);
	assert_int_equal(ruling->first, 0);
	assert_int_equal(ruling->count, made.rules.count);
}

static void test_remotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(remotes); i++)
		check_row(&remotes[i]);
}

static void test_services(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		check_row(&services[i]);
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		check_row(&others[i]);
}

/* --- addresses that somebody wrote down --- */

enum literal { NEVER, PRIVATE, FLAGGED, FREE };

static void check_literal(const char *prefix, enum literal kind)
{
	bool v4 = !strchr(prefix, ':');
	char matches[128];

	snprintf(matches, sizeof(matches), "\"%s\":{\"destination-%s-network\":\"%s\"}",
		 v4 ? "ipv4" : "ipv6", v4 ? "ipv4" : "ipv6", prefix);
	for (int allowed = 0; allowed < 2; allowed++) {
		bool closed = kind == NEVER || (kind == PRIVATE && !allowed);

		translate_entry(false, "accept", "", matches, allowed);
		if (made.rulings->fate != (closed ? IG_MUD_CLOSED : IG_MUD_RULES))
			fail_msg("%s: fate %d", prefix, made.rulings->fate);
		assert_int_equal(made.rulings->literal, !closed && kind != FREE);
		assert_int_equal(made.rules.count, !closed);
		if (closed)
			assert_non_null(strstr(made.rulings->why,
					       kind == NEVER ? "another machine" : "private"));
	}
	translate_entry(false, "drop", "", matches, false); /* of anything */
	assert_int_equal(made.rules.count, 1);
	assert_false(made.rulings->wider);
}

static void test_literals(void **state)
{
	static const struct {
		const char *prefix;
		enum literal kind;
	} cases[] = {
		{"127.0.0.1/32", NEVER},
		{"127.0.0.0/8", NEVER},
		{"126.0.0.0/7", NEVER},
		{"0.1.2.3/32", NEVER},
		{"0.0.0.0/1", NEVER},
		{"::1/128", NEVER},
		{"::/128", NEVER},
		{"::/64", NEVER},
		{"::/3", NEVER},
		{"10.1.2.3/32", PRIVATE},
		{"10.0.0.0/7", PRIVATE},
		{"172.31.0.0/16", PRIVATE},
		{"192.168.1.0/24", PRIVATE},
		{"100.127.0.1/32", PRIVATE},
		{"169.254.9.9/32", PRIVATE},
		{"fd00::1/128", PRIVATE},
		{"fe80::/64", PRIVATE},
		{"fc00::/6", PRIVATE},
		{"172.32.0.1/32", FLAGGED},
		{"8.8.8.8/32", FLAGGED},
		{"192.169.0.0/16", FLAGGED},
		{"2001:db8::1/128", FLAGGED},
		{"100.128.0.0/9", FLAGGED},
		{"fec0::1/128", FLAGGED},
		{"224.0.0.251/32", FREE},
		{"239.255.255.250/32", FREE},
		{"224.0.0.0/4", FREE},
		{"255.255.255.255/32", FREE},
		{"ff02::fb/128", FREE},
		{"ff00::/8", FREE},
		/* a prefix that is no group alone */
		{"192.0.2.0/24", FLAGGED},
		{"240.0.0.1/32", FLAGGED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_literal(cases[i].prefix, cases[i].kind);
}

/* A prefix with groups in it has others, too. */
static void test_prefix_around_groups(void **state)
{
	(void)state;
	translate_entry(false, "accept", V4, IPV4(DST4("192.0.0.0/2")), true);
	assert_int_equal(made.rules.count, 1);
	assert_true(made.rulings->literal);
}

/* --- names that are hard to write --- */

static void check_class(const char *json, const char *rule)
{
	static const char *const kinds[] = {"controller", "manufacturer", "model"};
	char matches[2200], expected[2200];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(matches, sizeof(matches), "\"ietf-mud:mud\":{\"%s\":\"%s\"}", kinds[i],
			 json);
		translate_entry(false, "accept", V4, matches, false);
		snprintf(expected, sizeof(expected), "allow to %s:%s ipv4", kinds[i],
			 rule ? rule : "");
		assert_string_equal(sentences(), rule ? expected : "");
		assert_int_equal(made.rulings->fate, rule ? IG_MUD_RULES : IG_MUD_CLOSED);
		translate_entry(false, "drop", V4, matches, false);
		expected[0] = '\0';
		if (rule)
			snprintf(expected, sizeof(expected), "deny to %s:%s ipv4", kinds[i], rule);
		assert_string_equal(sentences(), rule ? expected : "deny to any ipv4");
		assert_int_equal(made.rulings->wider, !rule);
	}
}

static void test_classes(void **state)
{
	char name[301];

	(void)state;
	check_class("urn:a:b", "urn:a:b");
	check_class("two words", "\"two words\"");
	check_class("a \\\"b\\\" \\\\", "\"a \\\"b\\\" \\\\\"");
	check_class("caf\\u00e9", "caf\xc3\xa9");
	check_class("x\\ny", NULL);
	check_class("\\u001b[2J", NULL);
	check_class("\\u007f", NULL);
	memset(name, 'n', 300);
	name[300] = '\0';
	check_class(name, NULL);
	name[255] = '\0';
	check_class(name, name);
}

/* Whatever else cannot be said of a drop, it denies. */
static void test_drop_of_what_cannot_be_said(void **state)
{
	(void)state;
	translate_entry(false, "drop", V4, MUD("\"controller\":\"\\u0001\"") "," IPV4("\"ttl\":1"),
			false);
	assert_string_equal(sentences(), "deny to any ipv4");
	assert_true(made.rulings->wider);
	translate_entry(true, "drop", V6,
			MUD("\"model\":\"\\n\"") "," UDP(SPORT(OP("neq", 80)) "," DPORT(EQ(0))),
			false);
	assert_string_equal(sentences(), "deny from any ipv6");
	translate_entry(true, "drop", V4,
			MUD("\"model\":\"\\n\"") "," TCP(INIT("from") "," DPORT(EQ(9))), false);
	assert_string_equal(sentences(), "deny from any tcp/9 ipv4");
	translate_entry(false, "drop", "", MUD("\"manufacturer\":\"\\n\"") "," ICMP(""), false);
	assert_string_equal(sentences(), "deny to any icmp; deny to any icmpv6");
}

/* The authority of the file's own URL may be no word of the language either. */
static void test_authority_that_is_too_long(void **state)
{
	const struct ig_mud_terms terms = {"bulb.json", false};
	char host[301], *text = NULL;

	(void)state;
	memset(host, 'a', 300);
	host[300] = '\0';
	forget();
	assert_true(
		asprintf(
			&text,
			"{\"ietf-mud:mud\":{\"mud-url\":\"https://%s/x\"%s},\"acls\":{\"acl\":[{\"name\":\"l\",\"aces\":{"
			"\"ace\":[{\"name\":\"e\",\"matches\":{\"mud\":{\"same-manufacturer\":[null]}},\"actions\":{"
			"\"forwarding\":\"accept\"}}]}}]}}",
			host, policy(false)) > 0);
	assert_int_equal(ig_mud_read(&diags, "bulb.json", text, strlen(text), &mud), 0);
	free(text);
	assert_int_equal(ig_mud_translate(&mud, &terms, &made), 0);
	assert_int_equal(made.rules.count, 0);
	assert_int_equal(made.rulings->fate, IG_MUD_CLOSED);
}

/* --- lists --- */

#define ACE(name, matches, action)                                                               \
	"{\"name\":\"" name "\",\"matches\":{" matches "},\"actions\":{\"forwarding\":\"" action \
	"\"}}"
#define ACL(name, type, aces) \
	"{\"name\":\"" name "\",\"type\":\"" type "\",\"aces\":{\"ace\":[" aces "]}}"
#define LISTS(side, names) \
	",\"" side "-device-policy\":{\"access-lists\":{\"access-list\":[" names "]}}"

static void test_order(void **state)
{
	static const char *const because[] = {"entry 3 of b", "entry 1 of a", "entry 2 of a",
					      "entry 3 of b"};

	(void)state;
	translate(LISTS("from", "{\"name\":\"b\"},{\"name\":\"a\"}")
			  LISTS("to", "{\"name\":\"b\"}"),
		  ACL("a", V4,
		      ACE("1", TCP(DPORT(EQ(80))), "drop") "," ACE(
			      "2", TCP(""),
			      "accept")) "," ACL("b", V6,
						 ACE("3", UDP(""),
						     "accept")) "," ACL("c", V6,
									ACE("4", "", "accept")),
		  false);
	assert_string_equal(sentences(), "allow to any udp ipv6; deny to any tcp/80 ipv4; allow to "
					 "any tcp ipv4; allow from any udp ipv6");
	assert_int_equal(made.n_rulings, 4); /* `c` is of no policy */
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(made.rules.items[i].because, because[i]);
		assert_int_equal(made.rulings[i].first, i);
		assert_int_equal(made.rulings[i].count, 1);
		assert_string_equal(made.rules.items[i].loc.file, "bulb.json");
		assert_int_equal(made.rules.items[i].loc.line, 1);
	}
	assert_int_equal(made.rulings[2].side, IG_MUD_FROM_DEVICE);
	assert_int_equal(made.rulings[3].side, IG_MUD_TO_DEVICE);
	assert_ptr_equal(made.rulings[0].ace, made.rulings[3].ace);
}

/* Names of lists and entries become a part of sentences. */
static void test_because_is_printable(void **state)
{
	(void)state;
	translate(LISTS("from", "{\"name\":\"l \\\"\\u001b\"}"),
		  ACL("l \\\"\\u001b", V4, ACE("e\\n\\u00e9", "", "accept")), false);
	assert_int_equal(made.rules.count, 1);
	assert_string_equal(made.rules.items[0].because, "entry e___ of l___");
}

/* A drop of all frames comes before the accept of some that are no IP. */
static void test_drop_before_frames(void **state)
{
	(void)state;
	translate(policy(false),
		  ACL("l", ETH,
		      ACE("1", "", "drop") "," ACE("2", ETHER("\"ethertype\":35000"), "accept")),
		  false);
	assert_string_equal(sentences(), "deny to any");
	assert_int_equal(made.rulings[1].fate, IG_MUD_CLOSED);
	/* one that is about IP is before it and says nothing of it; so is one behind it */
	translate(policy(false),
		  ACL("l", ETH,
		      ACE("1", IPV4(""), "drop") "," ACE("2", ETHER("\"ethertype\":35000"),
							 "accept") "," ACE("3", "", "drop")),
		  false);
	assert_string_equal(sentences(),
			    "deny to any ipv4; allow to any ethertype/0x88b8; deny to any");
	/* the other side's list is another one */
	translate(LISTS("from", "{\"name\":\"a\"}") LISTS("to", "{\"name\":\"b\"}"),
		  ACL("a", ETH, ACE("1", "", "drop")) "," ACL(
			  "b", ETH, ACE("2", ETHER("\"ethertype\":35000"), "accept")),
		  false);
	assert_string_equal(sentences(), "deny to any; allow from any ethertype/0x88b8");
}

static void test_nothing_at_all(void **state)
{
	(void)state;
	translate("", "", false);
	assert_int_equal(made.rules.count, 0);
	assert_int_equal(made.n_rulings, 0);
	translate(policy(false), ACL("l", V4, ""), false);
	assert_int_equal(made.n_rulings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_remotes, tidy),
		cmocka_unit_test_teardown(test_services, tidy),
		cmocka_unit_test_teardown(test_others, tidy),
		cmocka_unit_test_teardown(test_literals, tidy),
		cmocka_unit_test_teardown(test_prefix_around_groups, tidy),
		cmocka_unit_test_teardown(test_classes, tidy),
		cmocka_unit_test_teardown(test_drop_of_what_cannot_be_said, tidy),
		cmocka_unit_test_teardown(test_authority_that_is_too_long, tidy),
		cmocka_unit_test_teardown(test_order, tidy),
		cmocka_unit_test_teardown(test_because_is_printable, tidy),
		cmocka_unit_test_teardown(test_drop_before_frames, tidy),
		cmocka_unit_test_teardown(test_nothing_at_all, tidy),
	};

	return cmocka_run_group_tests_name("mud rules", tests, NULL, NULL);
}
