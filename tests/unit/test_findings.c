/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said about rules that are in order one by one, and what is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "extent.h"
#include "findings.h"
#include "inventory.h"
#include "util.h"

/* whom rules speak of: b, c and the laptop have addresses, mute and silent have none */
static const char people[] =
	"version: 1\n"
	"gateway: {addresses: [10.0.0.1, 'fd00::1'], resolvers: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"  bare: {interfaces: [lan1]}\n"
	"groups:\n"
	"  both: [device:b, device:c]\n"
	"  wide: [device:b, 192.0.2.0/24]\n"
	"  nets: [192.0.2.0/24]\n"
	"  quiet: [device:mute, host:silent]\n"
	"  world: [0.0.0.0/0, '::/0']\n"
	"hosts:\n"
	"  laptop: {mac: '02:00:00:00:00:01', addresses: [10.0.0.2], segment: lan}\n"
	"  silent: {mac: '02:00:00:00:00:02', segment: lan}\n"
	"devices:\n"
	"  b: {mac: '02:00:00:00:00:0b', addresses: [10.0.0.11, 'fd00::b'], segment: lan}\n"
	"  c: {mac: '02:00:00:00:00:0c', addresses: [10.0.0.12], segment: lan}\n"
	"  mute: {mac: '02:00:00:00:00:0d', segment: lan}\n";

/* The lists of the device that is looked at: rules with semicolons between. NULL: none. */
struct lists {
	const char *own, *profile, *parent;
	const char *twin; /* a line more, after the device */
};

/* Which line is which rule: "own 1", "profile 2". */
struct lines {
	char names[64][16];
	unsigned int count;
};

static void put(FILE *f, struct lines *lines, const char *name, const char *format, ...)
{
	va_list args;

	snprintf(lines->names[++lines->count], sizeof(lines->names[0]), "%s", name);
	va_start(args, format);
	vfprintf(f, format, args);
	va_end(args);
}

static void put_rules(FILE *f, struct lines *lines, const char *level, const char *rules)
{
	_free_ char *copy = strdup(rules ? rules : "");
	unsigned int n = 0;
	char *state, name[16];

	put(f, lines, level, "    rules:\n");
	for (char *rule = strtok_r(copy, ";", &state); rule; rule = strtok_r(NULL, ";", &state)) {
		snprintf(name, sizeof(name), "%s %u", level, ++n);
		put(f, lines, name, "      - '%s'\n", rule + strspn(rule, " "));
	}
}

static char *inventory_of(const struct lists *lists, struct lines *lines)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	*lines = (struct lines){};
	for (const char *at = people; (at = strchr(at, '\n')); at++)
		snprintf(lines->names[++lines->count], sizeof(lines->names[0]), "people");
	fputs(people, f);
	put(f, lines, "own", "  d:\n");
	put(f, lines, "own", "    mac: 02:00:00:00:00:0e\n");
	put(f, lines, "own", "    addresses: [10.0.0.14]\n");
	put(f, lines, "own", "    segment: lan\n");
	put(f, lines, "own", "    profile: middle\n");
	put_rules(f, lines, "own", lists->own);
	if (lists->twin)
		put(f, lines, "twin", "  %s\n", lists->twin);
	put(f, lines, "profile", "profiles:\n");
	put(f, lines, "profile", "  middle:\n");
	put(f, lines, "profile", "    extends: top\n");
	put_rules(f, lines, "profile", lists->profile);
	put(f, lines, "parent", "  top:\n");
	put_rules(f, lines, "parent", lists->parent);
	fclose(f);
	return text;
}

static struct iotguard_inventory *load(const char *text)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	struct iotguard_inventory *inv;
	struct ig_diags diags = {};
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = ig_inventory_load(&diags, path, &inv);
	unlink(path);
	if (err)
		fail_msg("line %u: %s", diags.items[0].line, diags.items[0].message);
	ig_diags_clear(&diags);
	return inv;
}

/* The other place that a message names. */
static const char *other_of(const struct lines *lines, const char *message)
{
	const char *colon = strchr(strstr(message, "/tmp/"), ':');

	return lines->names[strtoul(colon + 1, NULL, 10)];
}

/* "KIND at RULE by RULE", one a line. */
static void tell(char *text, size_t size, const struct lines *lines, const struct ig_diags *diags)
{
	static const struct {
		const char *kind, *sentence;
		enum iotguard_severity severity;
	} kinds[] = {
		{"covered", "this rule never decides anything: ", IOTGUARD_WARNING},
		{"opposed", "this rule never takes effect: ", IOTGUARD_WARNING},
		{"contradicted", "this rule contradicts ", IOTGUARD_ERROR},
		{"hides", "this rule takes packets from a critical one that comes after it: ",
		 IOTGUARD_ERROR},
		{"nothing", "this rule matches nothing: ", IOTGUARD_WARNING},
	};

	text[0] = '\0';
	for (size_t i = 0; i < diags->count; i++) {
		const struct iotguard_diag *diag = &diags->items[i];
		size_t k = 0, n = strlen(text);

		while (k < ARRAY_SIZE(kinds) &&
		       strncmp(diag->message, kinds[k].sentence, strlen(kinds[k].sentence)))
			k++;
		assert_true(k < ARRAY_SIZE(kinds));
		assert_int_equal(diag->severity, kinds[k].severity);
		assert_true(diag->column > 0);
		assert_non_null(diag->hint);
		snprintf(text + n, size - n, "%s%s at %s by %s", n ? ", " : "", kinds[k].kind,
			 lines->names[diag->line], other_of(lines, diag->message));
	}
}

static void check_lists(const struct lists *lists, const char *expected)
{
	struct ig_diags diags = {};
	struct lines lines;
	_free_ char *text = inventory_of(lists, &lines);
	struct iotguard_inventory *inv = load(text);
	char told[1024];
	int err = ig_findings(&diags, inv);

	tell(told, sizeof(told), &lines, &diags);
	if (strcmp(told, expected))
		fail_msg("%s\nexpected: %s\ntold:     %s", text, expected, told);
	assert_int_equal(err, diags.errors ? -EINVAL : 0);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
}

static void check_own(const char *rules, const char *expected)
{
	check_lists(&(struct lists){.own = rules}, expected);
}

struct one {
	const char *rules, *expected;
};

static void check_each(const struct one *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_own(cases[i].rules, cases[i].expected);
}

/* --- one level --- */

#define COVERED	     "covered at own 2 by own 1"
#define OPPOSED	     "opposed at own 2 by own 1"
#define CONTRADICTED "contradicted at own 2 by own 1"
#define HIDES	     "hides at own 1 by own 2"

static void test_covered_by_remote(void **state)
{
	static const struct one cases[] = {
		{"allow to any tcp/80; allow to 192.0.2.1 tcp/80", COVERED},
		{"allow to any tcp/80; allow to gateway tcp/80", COVERED},
		{"allow to any tcp/80; allow to device:b tcp/80", COVERED},
		{"allow to 192.0.2.0/24; allow to 192.0.2.1", COVERED},
		{"allow to 192.0.2.1; allow to 192.0.2.0/24", ""},
		{"allow to 192.0.2.0/24; allow to 192.0.3.1", ""},
		{"allow to 2001:db8::/32; allow to 2001:db8:1::/48", COVERED},
		{"allow to 0.0.0.0/0; allow to any", ""},
		{"allow to group:world; allow to any", COVERED},
		{"allow to group:world; allow to any ethertype/0x88b5", ""},
		{"allow to internet; allow to 192.0.2.0/24", COVERED},
		{"allow to internet; allow to 10.0.0.0/8", ""},
		{"allow to local; allow to 10.0.0.0/24", COVERED},
		{"allow to local; allow to segment:lan", COVERED},
		{"allow to segment:lan; allow to local", ""},
		{"allow to segment:lan; allow to 10.0.0.7", COVERED},
		{"allow to group:nets; allow to 192.0.2.7", COVERED},
		{"allow to group:both; allow to device:c", COVERED},
		{"allow to device:c; allow to group:both", ""},
		/* a machine is its addresses, all of them */
		{"allow to segment:lan; allow to device:b", COVERED},
		{"allow to 10.0.0.0/24; allow to device:b", ""},
		{"allow to 10.0.0.0/24; allow to device:c", COVERED},
		{"allow to 10.0.0.0/24; allow to host:laptop", COVERED},
		{"allow to device:b; allow to 10.0.0.11", COVERED},
		{"allow to segment:lan; allow to group:both", COVERED},
		{"allow to segment:lan; allow to group:wide", ""},
		/* but the gateway has others, too */
		{"allow to local; allow to gateway", ""},
		{"allow to gateway; allow to 10.0.0.1", COVERED},
		{"allow to gateway; allow to gateway", COVERED},
		{"allow to internet; allow to gateway", ""},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

static void test_covered_by_service(void **state)
{
	static const struct one cases[] = {
		{"allow to any; allow to any tcp/443", COVERED},
		{"allow to any tcp; allow to any tcp/443", COVERED},
		{"allow to any tcp/443; allow to any tcp", ""},
		{"allow to any tcp/443; allow to any udp/443", ""},
		{"allow to any tcp/80,443; allow to any tcp/443", COVERED},
		{"allow to any tcp/80,443; allow to any tcp/80-443", ""},
		{"allow to any tcp/1-1024; allow to any tcp/22,80-90,443", COVERED},
		{"allow to any icmp; allow to any icmp/echo-request", COVERED},
		{"allow to any icmp/3; allow to any icmp/3.1", COVERED},
		{"allow to any icmp/3.1; allow to any icmp/3", ""},
		{"allow to any; allow to any ip/47", COVERED},
		{"allow to any; allow to any ethertype/0x88b5", ""},
		{"allow to any ethertype/0x88b5; allow to device:b ethertype/0x88b5", COVERED},
		{"allow to any ethertype/0x88b5; allow to any ethertype/0x88b6", ""},
		{"allow to group:both ethertype/0x88b5; allow to device:b ethertype/0x88b5",
		 COVERED},
		{"allow to device:b ethertype/0x88b5; allow to any ethertype/0x88b5", ""},
		/* without IP nobody is known by an address */
		{"allow to device:mute ethertype/0x88b5; allow to device:b ethertype/0x88b5", ""},
		{"allow to device:b ethertype/0x88b5; allow to group:wide ethertype/0x88b5",
		 COVERED},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

static void test_covered_by_options(void **state)
{
	static const struct one cases[] = {
		{"allow to any udp/123; allow to any udp/123 source-port 123", COVERED},
		{"allow to any udp/123 source-port 123; allow to any udp/123", ""},
		{"allow to any udp/1 source-port 1-9; allow to any udp/1 source-port 3-4", COVERED},
		{"allow to any udp/1 source-port 1-9; allow to any udp/1 source-port 9-10", ""},
		{"allow to any udp/1; allow to any udp/1 dscp 46", COVERED},
		{"allow to any udp/1 dscp 46; allow to any udp/1", ""},
		{"allow to any udp/1 dscp 46; allow to any udp/1 dscp 46", COVERED},
		{"allow to any udp/1 dscp 46; allow to any udp/1 dscp 0", ""},
		{"allow to any udp/1; allow to any udp/1 ipv4", COVERED},
		{"allow to any udp/1 ipv4; allow to any udp/1", ""},
		{"allow to any udp/1 ipv4; allow to any udp/1 ipv6", ""},
		{"allow to any ipv4; allow to 192.0.2.1", COVERED},
		{"allow to any ipv4; allow to 2001:db8::1", ""},
		{"allow to any ipv6; allow to any icmpv6", COVERED},
		{"allow to any ipv4; allow to a.example", ""},
		{"allow to a.example ipv4; allow to a.example", ""},
		{"allow to a.example; allow to a.example ipv6", COVERED},
		{"allow to any; allow to any until 2031-12-31", COVERED},
		{"allow to any until 2031-12-31; allow to any", ""},
		{"allow to any until 2031-12-31; allow to any until 2031-12-30", COVERED},
		{"allow to any until 2031-12-31; allow to any until 2032-01-01", ""},
		{"deny to any until 2031-12-31; allow to any until 2031-12-31", CONTRADICTED},
		{"allow to any because \"a\"; allow to any because \"b\"", COVERED},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

static void test_opposites(void **state)
{
	static const struct one cases[] = {
		{"deny to any tcp; allow to 192.0.2.1 tcp/80", OPPOSED},
		{"allow to any tcp; deny to 192.0.2.1 tcp/80", OPPOSED},
		{"deny to 192.0.2.1 tcp/80; allow to any tcp", ""},
		{"deny to any tcp/80; deny to 192.0.2.1 tcp/80", COVERED},
		{"deny to any tcp/80; allow to any tcp/80", CONTRADICTED},
		{"allow to any tcp/80; deny to any tcp/80", CONTRADICTED},
		{"allow from any tcp/80; deny to any tcp/80", ""},
		/* the same in other words */
		{"deny to device:c; allow to 10.0.0.12", CONTRADICTED},
		{"deny to 192.0.2.0/24; allow to group:nets", CONTRADICTED},
		{"deny to device:b; allow to 10.0.0.11", OPPOSED},
		{"allow to any tcp/80,81; deny to any tcp/80-81", CONTRADICTED},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

static void test_names(void **state)
{
	static const struct one cases[] = {
		{"allow to a.example; allow to b.example", ""},
		{"allow to a.example; allow to a.example tcp/443", COVERED},
		{"allow to *.a.example; allow to x.a.example", COVERED},
		{"allow to *.a.example; allow to x.y.a.example", COVERED},
		{"allow to *.a.example; allow to *.y.a.example", COVERED},
		{"allow to *.a.example; allow to a.example", ""},
		{"allow to *.a.example; allow to xa.example", ""},
		{"allow to x.a.example; allow to *.a.example", ""},
		{"deny to *.a.example; allow to x.a.example", OPPOSED},
		{"allow to *.a.example; deny to x.a.example", OPPOSED},
		{"deny to x.a.example; allow to *.a.example", ""},
		{"deny to a.example; allow to a.example", CONTRADICTED},
		{"allow to a.example; deny to a.example", CONTRADICTED},
		/* whatever its addresses are */
		{"allow to any; allow to a.example", COVERED},
		{"allow to any; deny to a.example", OPPOSED},
		{"deny to any; allow to a.example local", OPPOSED},
		{"allow to a.example; allow to any", ""},
		/* which nobody knows */
		{"allow to internet; allow to a.example", ""},
		{"allow to a.example; allow to internet", ""},
		{"deny to 192.0.2.0/24; allow to a.example", ""},
		{"allow to local; deny to a.example", ""},
		/* local ones */
		{"allow to a.example; allow to a.example local", ""},
		{"allow to a.example local; allow to a.example", COVERED},
		{"allow to a.example local; deny to a.example", CONTRADICTED},
		{"deny to a.example; allow to a.example local", CONTRADICTED},
		/* no critical one is by name, but one may come too late */
		{"allow to a.example tcp/443; allow to any tcp/443 critical", HIDES},
		{"allow to a.example tcp/443; allow to 192.0.2.1 tcp/443 critical", ""},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

static void warn(const char *gateway, const char *machines, const char *const expected[])
{
	struct ig_diags diags = {};
	struct iotguard_inventory *inv;
	char text[2048];
	size_t i;

	snprintf(text, sizeof(text),
		 "version: 1\n%s\n"
		 "segments: {s: {interfaces: [lan0]}, t: {interfaces: [lan1], dns: strict}}\n"
		 "profiles:\n"
		 "  named: {rules: [allow to a.example]}\n"
		 "  denied: {dns: strict, rules: [deny to a.example]}\n"
		 "hosts: {trusted: {mac: '02:00:00:00:00:01', segment: t, trust: true}}\n"
		 "devices:\n%s",
		 gateway, machines);
	inv = load(text);
	assert_int_equal(ig_findings(&diags, inv), 0);
	for (i = 0; i < diags.count; i++) {
		assert_int_equal(diags.items[i].severity, IOTGUARD_WARNING);
		assert_true(diags.items[i].line > 0);
		if (!expected[i] || !strstr(diags.items[i].message, expected[i]))
			fail_msg("%s", diags.items[i].message);
	}
	assert_null(expected[i]);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
}

#define DEVICE(n, more) "  d" #n ": {mac: '02:00:00:00:01:0" #n "', " more "}\n"
#define RESOLVES	"gateway: {resolvers: [10.0.0.1]}"

static void test_what_is_never_resolved(void **state)
{
	static const char none[] = "the gateway lists no resolvers";

	(void)state;
	warn("gateway: {}", DEVICE(1, "segment: s, rules: [allow to a.example, deny to b.example]"),
	     (const char *[]){none, NULL});
	warn("gateway: {}", DEVICE(1, "segment: s, profile: named"), (const char *[]){none, NULL});
	warn(RESOLVES, DEVICE(1, "segment: s, profile: named"), (const char *[]){NULL});
}

static void test_who_may_ask_for_nothing(void **state)
{
	(void)state;
	warn(RESOLVES,
	     DEVICE(1, "segment: s, dns: strict") DEVICE(2,
							 "segment: s, dns: strict, profile: named")
		     DEVICE(3, "segment: t, profile: named") DEVICE(4, "segment: t, dns: open"),
	     (const char *[]){"device `d1` may ask for no name", NULL});
	/* to deny a name is not to allow others */
	warn(RESOLVES, DEVICE(1, "segment: s, profile: denied"),
	     (const char *[]){"profile `denied` has `dns: strict`, and 1 of those", NULL});
	warn(RESOLVES, DEVICE(1, "segment: t") DEVICE(2, "segment: t"),
	     (const char *[]){"segment `t` has `dns: strict`, and 2 of those", NULL});
	warn(RESOLVES "\ndefaults: {dns: strict}", DEVICE(1, "segment: s") DEVICE(2, "segment: s"),
	     (const char *[]){"the default is `dns: strict`, and 2 of those", NULL});
	/* what allows everything is no reason to take the names out that may be asked for */
	warn(RESOLVES,
	     DEVICE(1, "segment: s, dns: strict, rules: [allow to any, allow to a.example]"),
	     (const char *[]){NULL});
}

/* Each rule that is idle is named once, with the first that makes it so. */
static void test_one_finding_a_rule(void **state)
{
	(void)state;
	check_own(
		"allow to any; allow to internet; allow to 192.0.2.1; allow from any tcp/1; "
		"allow from any tcp/1",
		"covered at own 2 by own 1, covered at own 3 by own 1, covered at own 5 by own 4");
	check_own("allow to 192.0.2.0/25; allow to 192.0.2.128/25; allow to 192.0.2.0/24", "");
}

/* --- critical rules --- */

static void test_critical_rules_come_first(void **state)
{
	static const struct one cases[] = {
		{"allow from any tcp/5000; allow from device:b tcp/5000 critical", HIDES},
		{"allow from any tcp; allow from device:b tcp/5000 critical", HIDES},
		/* a part is enough */
		{"allow from device:b tcp; allow from group:both tcp/5000 critical", HIDES},
		{"allow from any tcp/80-90; allow from device:b tcp/85-95 critical", HIDES},
		{"allow from 10.0.0.8/29; allow from device:b tcp/5000 critical", HIDES},
		{"allow from local; allow from gateway tcp/22 critical", HIDES},
		{"allow from any tcp/1 dscp 3; allow from any tcp/1 critical", HIDES},
		{"allow from any tcp/1 until 2031-01-01; allow from any tcp/1 critical", HIDES},
		{"allow from any ethertype/0x88b5; allow from device:b ethertype/0x88b5 critical",
		 HIDES},
		/* nothing in common */
		{"allow from any tcp/80; allow from any tcp/81 critical", ""},
		{"allow from any tcp/80; allow from any udp/80 critical", ""},
		{"allow to any tcp/80; allow from any tcp/80 critical", ""},
		{"allow from device:b tcp/80; allow from device:c tcp/80 critical", ""},
		{"allow from internet tcp/80; allow from device:c tcp/80 critical", ""},
		{"allow from internet tcp/80; allow from gateway tcp/80 critical", ""},
		{"allow from any tcp/1 dscp 3; allow from any tcp/1 dscp 4 critical", ""},
		{"allow from any tcp/1 source-port 1-9; allow from any tcp/1 source-port 10 "
		 "critical",
		 ""},
		{"allow from group:nets ethertype/0x88b5; "
		 "allow from group:wide ethertype/0x88b5 critical",
		 "nothing at own 1 by people"},
		/* the right order, or critical themselves, or denied */
		{"allow from device:b tcp/5000 critical; allow from any tcp", ""},
		{"allow from any tcp/80-90 critical; allow from device:b tcp/85-95 critical", ""},
		{"deny from device:b; allow from group:both tcp/5000 critical", ""},
		{"allow from any tcp critical; allow from device:b tcp/5000 critical", COVERED},
		{"allow from any tcp critical; allow from device:b tcp/5000", COVERED},
		{"deny from any tcp; allow from device:b tcp/5000 critical", OPPOSED},
		{"deny from any tcp/1; allow from any tcp/1 critical", CONTRADICTED},
		/* what is decided before is not hidden */
		{"deny from device:b; allow from any tcp/5000; allow from device:b tcp/5000 critical",
		 "opposed at own 3 by own 1"},
		{"allow from any tcp/5000 critical; allow from any tcp; "
		 "allow from any tcp/5000 critical",
		 "covered at own 3 by own 1"},
		{"deny from any tcp/80-90; allow from device:b tcp/85; "
		 "allow from any tcp/85-95 critical",
		 "opposed at own 2 by own 1"},
		/* all of those that hide */
		{"allow from device:b; allow from device:c; allow from group:both tcp/1 critical",
		 "hides at own 1 by own 3, hides at own 2 by own 3"},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

/* --- levels --- */

static void test_levels_override(void **state)
{
	static const struct lists cases[] = {
		{.own = "deny to any", .profile = "allow to internet tcp/443"},
		{.own = "allow to any tcp/1", .profile = "allow to any tcp/1"},
		{.own = "allow to any tcp/1", .profile = "deny to any tcp/1"},
		{.own = "allow to any tcp/1", .parent = "deny to any tcp/1"},
		{.profile = "allow to any tcp/1", .parent = "deny to any tcp/1"},
		{.own = "deny from any tcp/1", .profile = "allow from any tcp/1 critical"},
		{.own = "allow from any tcp critical", .profile = "allow from any tcp/1 critical"},
		{.own = "allow from any tcp/1 critical; allow from any",
		 .profile = "allow from any tcp/1 critical"},
		{.own = "allow from any tcp/2", .profile = "allow from any tcp/1 critical"},
		{.profile = "allow from any tcp/1 critical", .parent = "allow from any tcp"},
		/* denied in between */
		{.own = "allow from any tcp",
		 .profile = "deny from device:b tcp/1",
		 .parent = "allow from device:b tcp/1 critical"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_lists(&cases[i], "");
}

static void test_levels_have_findings_of_their_own(void **state)
{
	(void)state;
	check_lists(&(struct lists){.profile = "allow to any; allow to any tcp"},
		    "covered at profile 2 by profile 1");
	check_lists(&(struct lists){.parent = "deny to any; allow to any"},
		    "contradicted at parent 2 by parent 1");
	check_lists(&(struct lists){.parent = "allow to segment:bare"},
		    "nothing at parent 1 by people");
	/* the critical rule is asked for nothing, so nobody hides it */
	check_lists(&(struct lists){.own = "allow from any tcp",
				    .profile = "allow from any udp",
				    .parent = "deny from any; allow from any tcp/1 critical"},
		    "opposed at parent 2 by parent 1");
	check_lists(&(struct lists){.own = "allow from any tcp",
				    .profile = "deny from any; allow from any tcp/1 critical"},
		    "opposed at profile 2 by profile 1");
}

static void test_critical_rules_come_first_on_all_levels(void **state)
{
	static const char critical[] = "allow from device:b tcp/1 critical";

	(void)state;
	check_lists(&(struct lists){.own = "allow from any tcp", .profile = critical},
		    "hides at own 1 by profile 1");
	check_lists(&(struct lists){.own = "allow from any tcp", .parent = critical},
		    "hides at own 1 by parent 1");
	check_lists(&(struct lists){.profile = "allow from any tcp", .parent = critical},
		    "hides at profile 1 by parent 1");
	check_lists(&(struct lists){.own = "deny from any udp; allow from any",
				    .profile = "allow from device:c",
				    .parent = critical},
		    "hides at own 2 by parent 1");
	check_lists(&(struct lists){.own = "allow from any tcp",
				    .profile = "allow from any tcp/1",
				    .parent = critical},
		    "hides at own 1 by parent 1, hides at profile 1 by parent 1");
}

/* Lists that are written once and used twice. */
static void test_each_pair_once(void **state)
{
	static const char twin[] = "e: {mac: '02:00:00:00:00:0f', addresses: [10.0.0.15], "
				   "segment: lan, profile: middle}";
	static const char text[] = "version: 1\n"
				   "segments: {lan: {interfaces: [lan0]}}\n"
				   "profiles: {p: {rules: [allow to any tcp/1 critical]}}\n"
				   "devices:\n"
				   "  a: {mac: '02:00:00:00:00:01', segment: lan, profile: p,\n"
				   "      rules: &rules [allow to any, allow to any udp]}\n"
				   "  b: {mac: '02:00:00:00:00:02', segment: lan, profile: p,\n"
				   "      rules: *rules}\n";
	struct iotguard_inventory *inv = load(text);
	struct ig_diags diags = {};

	(void)state;
	assert_int_equal(ig_findings(&diags, inv), -EINVAL);
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 1);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
	check_lists(&(struct lists){.profile = "allow to any; allow to any tcp", .twin = twin},
		    "covered at profile 2 by profile 1");
}

static void test_trusted_hosts_are_not_asked(void **state)
{
	static const char text[] = "version: 1\n"
				   "segments: {lan: {interfaces: [lan0]}}\n"
				   "hosts:\n"
				   "  a: {mac: '02:00:00:00:00:01', segment: lan, trust: true,\n"
				   "      rules: [allow to any, deny to any]}\n";
	struct iotguard_inventory *inv = load(text);
	struct ig_diags diags = {};

	(void)state;
	assert_int_equal(ig_findings(&diags, inv), 0);
	assert_int_equal(diags.count, 0);
	iotguard_inventory_free(inv);
}

/* --- rules that match nothing --- */

static void test_rules_that_match_nothing(void **state)
{
#define NOTHING "nothing at own 1 by people"
	static const struct one cases[] = {
		{"allow to segment:bare", NOTHING},
		/* these may get addresses */
		{"allow to device:mute", ""},
		{"allow from host:silent tcp/22", ""},
		{"allow to group:quiet", ""},
		{"allow to group:nets ethertype/0x88b5", NOTHING},
		{"allow to device:mute ethertype/0x88b5", ""},
		{"allow to group:quiet ethertype/0x88b5", ""},
		{"allow to segment:lan", ""},
		{"allow to device:b", ""},
		{"allow to group:wide", ""},
		{"allow to gateway", ""},
		{"allow to local", ""},
		/* nor do they hide, cover or contradict anything */
		{"allow to segment:bare; allow to segment:bare critical",
		 NOTHING ", nothing at own 2 by people"},
		{"deny to segment:bare; allow to any", NOTHING},
		{"allow to any; allow to segment:bare", "nothing at own 2 by people"},
	};

	(void)state;
	check_each(cases, ARRAY_SIZE(cases));
}

/* The gateway's addresses are those of the machine where an inventory lists none. */
static void test_a_gateway_without_addresses(void **state)
{
	static const char text[] = "version: 1\n"
				   "segments: {lan: {interfaces: [lan0]}}\n"
				   "devices:\n"
				   "  a: {mac: '02:00:00:00:00:01', segment: lan,\n"
				   "      rules: [allow to gateway, allow to gateway tcp]}\n";
	struct iotguard_inventory *inv = load(text);
	struct ig_diags diags = {};

	(void)state;
	assert_int_equal(ig_findings(&diags, inv), 0);
	assert_int_equal(diags.count, 1);
	assert_non_null(strstr(diags.items[0].message, "never decides"));
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
}

/* --- how it is said --- */

static void test_sentences(void **state)
{
	struct ig_diags diags = {};
	struct lines lines;
	_free_ char *text = inventory_of(
		&(struct lists){
			.own = "allow to any tcp because \"all of it\"; deny to any tcp/80"},
		&lines);
	struct iotguard_inventory *inv = load(text);
	const struct iotguard_diag *diag;
	char expected[256];

	(void)state;
	assert_int_equal(ig_findings(&diags, inv), 0);
	assert_int_equal(diags.count, 1);
	diag = &diags.items[0];
	snprintf(expected, sizeof(expected),
		 "this rule never takes effect: %s:%u:10, `allow to any tcp`, comes before it and "
		 "says the opposite for all that it matches",
		 inv->path, diag->line - 1);
	assert_string_equal(diag->message, expected);
	assert_string_equal(diag->hint, "put it first, or take it out");
	assert_string_equal(diag->file, inv->path);
	assert_int_equal(diag->column, 10);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
}

/* Errors are found behind any number of warnings, and neither is said without end. */
static void test_many(void **state)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	struct iotguard_inventory *inv;
	struct ig_diags diags = {};

	(void)state;
	fputs("version: 1\nsegments: {lan: {interfaces: [lan0]}}\ndevices:\n", f);
	for (int d = 1; d <= 250; d++) {
		fprintf(f, "  d%d:\n    mac: 02:00:00:00:00:%02x\n    segment: lan\n    rules:\n",
			d, d);
		for (int i = 0; i < 20; i++)
			fputs("      - allow to any tcp/1\n", f);
		if (d > 240)
			for (int i = 0; i < 20; i++)
				fputs("      - allow to any tcp/1 critical\n", f);
	}
	fclose(f);
	inv = load(text);
	assert_int_equal(ig_findings(&diags, inv), -EINVAL);
	assert_int_equal(diags.errors, IG_FINDINGS_MAX);
	assert_int_equal(diags.count, 2 * IG_FINDINGS_MAX + 1);
	assert_int_equal(diags.items[diags.count - 1].severity, IOTGUARD_NOTE);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
	free(text);
}

/* Lists longer than any table are refused by whoever compiles them, and not compared here. */
static void test_lists_that_are_too_long(void **state)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	struct iotguard_inventory *inv;
	struct ig_diags diags = {};

	(void)state;
	fputs("version: 1\nsegments: {lan: {interfaces: [lan0]}}\nprofiles:\n  p:\n    rules:\n",
	      f);
	for (int i = 0; i < 100000; i++)
		fprintf(f, "      - deny to 10.%d.%d.%d\n", i >> 16, i >> 8 & 255, i & 255);
	fclose(f);
	inv = load(text);
	assert_int_equal(ig_findings(&diags, inv), 0);
	assert_int_equal(diags.count, 0);
	iotguard_inventory_free(inv);
	free(text);
}

/* --- two rules against all packets --- */

static const char *const remotes[] = {
	"any",		"local",	  "internet",	   "gateway",	  "device:b",
	"device:c",	"host:laptop",	  "group:both",	   "group:wide",  "group:nets",
	"group:world",	"segment:lan",	  "10.0.0.11",	   "10.0.0.0/28", "10.0.0.0/24",
	"192.0.2.0/24", "192.0.2.128/25", "fd00::/64",	   "fd00::b",	  "group:quiet",
	"segment:bare", "device:mute",	  "2001:db8::/32", "0.0.0.0/0",
};
static const char *const services[] = {
	"",	"tcp",	    "tcp/80", "tcp/80-90", "tcp/443",	      "udp/80",
	"icmp", "icmp/3.1", "ip/47",  "udp/8-80",  "ethertype/0x88b5"};
static const char *const addresses[] = {"10.0.0.1",  "10.0.0.2",  "10.0.0.11",	 "10.0.0.12",
					"10.0.0.77", "192.0.2.1", "192.0.2.200", "198.51.100.1",
					"fd00::1",   "fd00::b",	  "fd00::77",	 "2001:db8::1"};

/* Does the compiled rule match it? @holder: who has the address, or whose MAC address it is. */
static bool matches(const struct ig_match_sets *sets, const struct ig_prefix *address,
		    uint32_t holder, uint32_t service)
{
	bool remote = sets->any_remote || ig_ranges_contain(&sets->dim[IG_DIM_ENTITY], holder);

	if (address)
		remote |= ig_ranges_contain(
			&sets->dim[ig_prefix_is_v4(address) ? IG_DIM_ADDR4 : IG_DIM_ADDR6],
			ig_number_of_addr(address->addr));
	return remote && ig_ranges_contain(&sets->dim[IG_DIM_SERVICE], service);
}

static uint32_t holder_of(const struct iotguard_inventory *inv, const struct ig_prefix *address)
{
	for (size_t i = 0; i < inv->gateway.addresses.count; i++) {
		if (!memcmp(inv->gateway.addresses.items[i].addr, address->addr, 16))
			return IG_ENTITY_GATEWAY;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		for (size_t k = 0; k < inv->machines[i].addresses.count; k++) {
			if (!memcmp(inv->machines[i].addresses.items[k].addr, address->addr, 16))
				return i;
		}
	}
	return IG_ENTITY_NONE;
}

static void hold_packet(const struct ig_match_sets sets[2], const struct ig_prefix *address,
			uint32_t holder, uint32_t service, bool *only_second, bool *both)
{
	bool first = matches(&sets[0], address, holder, service);
	bool second = matches(&sets[1], address, holder, service);

	*only_second |= second && !first;
	*both |= second && first;
}

static void compare(const struct iotguard_inventory *inv, const struct ig_places *places,
		    const uint32_t *indices, const struct ig_rule rules[2], const char *what)
{
	static const uint32_t numbers[] = {
		IG_SERVICE(6, 80),	  IG_SERVICE(6, 85),  IG_SERVICE(6, 443),
		IG_SERVICE(6, 1),	  IG_SERVICE(17, 80), IG_SERVICE(17, 8),
		IG_SERVICE(17, 81),	  IG_SERVICE(47, 0),  IG_SERVICE_ICMP(1, 3, 1),
		IG_SERVICE_ICMP(1, 8, 0),
	};
	struct ig_extent extents[2];
	struct ig_match_sets sets[2];
	bool only_second = false, both = false;
	struct ig_prefix address;
	char why[128];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(ig_match_sets_make(&sets[i], &rules[i], inv, places, indices), 0);
		assert_int_equal(ig_extent_make(&extents[i], &rules[i], inv, places, indices), 0);
	}
	for (size_t s = 0; s < ARRAY_SIZE(numbers); s++) {
		for (size_t a = 0; a < ARRAY_SIZE(addresses); a++) {
			assert_int_equal(ig_prefix_parse(addresses[a], true, &address, why), 0);
			hold_packet(sets, &address, holder_of(inv, &address), numbers[s],
				    &only_second, &both);
		}
		/* an address that the gateway has and does not list */
		assert_int_equal(ig_prefix_parse("10.0.0.99", true, &address, why), 0);
		hold_packet(sets, &address, IG_ENTITY_GATEWAY, numbers[s], &only_second, &both);
	}
	for (uint32_t holder = 0; holder < inv->n_machines; holder++)
		hold_packet(sets, NULL, holder, IG_SERVICE_ETHERTYPE(0x88b5), &only_second, &both);
	hold_packet(sets, NULL, IG_ENTITY_GATEWAY, IG_SERVICE_ETHERTYPE(0x88b5), &only_second,
		    &both);
	if (ig_extent_covers(&extents[0], &extents[1]) && only_second)
		fail_msg("%s: said to cover, and does not", what);
	if (!ig_extent_overlaps(&extents[0], &extents[1]) && both)
		fail_msg("%s: said to be apart, and are not", what);
	for (int i = 0; i < 2; i++) {
		ig_match_sets_clear(&sets[i]);
		ig_extent_clear(&extents[i]);
	}
}

/* Every remote and service against every other: no packet contradicts what is said of two rules. */
static void test_each_against_each(void **state)
{
	enum { REMOTES = ARRAY_SIZE(remotes), ALL = REMOTES * ARRAY_SIZE(services) };
	struct iotguard_inventory *inv = load(people);
	static struct ig_rule rules[ALL];
	static char texts[ALL][64];
	struct ig_places places;
	uint32_t indices[8];
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < inv->n_machines; i++)
		indices[i] = i;
	assert_int_equal(ig_places_make(&places, inv, NULL), 0);
	for (size_t i = 0; i < ALL; i++) {
		struct ig_rule_error error;

		snprintf(texts[n], sizeof(texts[n]), "allow to %s %s", remotes[i % REMOTES],
			 services[i / REMOTES]);
		n += !ig_rule_parse(texts[n], &rules[n], &error);
	}
	assert_true(n > ALL / 2);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			const struct ig_rule pair[2] = {rules[i], rules[k]};
			char what[160];

			snprintf(what, sizeof(what), "`%s` and `%s`", texts[i], texts[k]);
			compare(inv, &places, indices, pair, what);
		}
	}
	for (size_t i = 0; i < n; i++)
		ig_rule_clear(&rules[i]);
	ig_places_clear(&places);
	iotguard_inventory_free(inv);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covered_by_remote),
		cmocka_unit_test(test_covered_by_service),
		cmocka_unit_test(test_covered_by_options),
		cmocka_unit_test(test_opposites),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_is_never_resolved),
		cmocka_unit_test(test_who_may_ask_for_nothing),
		cmocka_unit_test(test_one_finding_a_rule),
		cmocka_unit_test(test_critical_rules_come_first),
		cmocka_unit_test(test_levels_override),
		cmocka_unit_test(test_levels_have_findings_of_their_own),
		cmocka_unit_test(test_critical_rules_come_first_on_all_levels),
		cmocka_unit_test(test_each_pair_once),
		cmocka_unit_test(test_trusted_hosts_are_not_asked),
		cmocka_unit_test(test_rules_that_match_nothing),
		cmocka_unit_test(test_a_gateway_without_addresses),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_lists_that_are_too_long),
		cmocka_unit_test(test_each_against_each),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
