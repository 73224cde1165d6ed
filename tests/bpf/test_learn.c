/* SPDX-License-Identifier: BSD-2-Clause */
/* Learn mode: all passes, each new flow is told once, and what was refused ends with the mode. */
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

#define INVENTORY(mode)                                                                              \
	"version: 1\n"                                                                               \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fe80::1'],\n"                 \
	"          resolvers: [10.0.0.1]}\n"                                                         \
	"segments:\n"                                                                                \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"                        \
	"  class: {interfaces: [lan0, lan1], vlan: 5, networks: [10.5.0.0/24], mode: learn}\n"       \
	"hosts:\n"                                                                                   \
	"  admin: {mac: '02:00:00:00:00:21', addresses: [10.5.0.21], segment: class, trust: true}\n" \
	"devices:\n"                                                                                 \
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"      \
	"        mode: " mode ", rules: [allow to any udp/5000, allow from any tcp/22,\n"            \
	"                                deny to 203.0.113.0/24 tcp]}\n"                             \
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11], segment: lan}\n"                  \
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.5.0.30], segment: class}\n"               \
	"  meter: {mac: '02:00:00:00:00:31', addresses: [10.5.0.31], segment: class,\n"              \
	"          mode: enforce}\n"

#define CAM "cam>gw ip4 10.0.0.10>"

/* --- what is told --- */

struct told {
	unsigned int n;
	char what[64]; /* "TYPE REASON", of the last one */
	char rule[64];
	bool from_device;
	int mode;
};

static int hear(const struct iotguard_event *event, void *context)
{
	struct told *told = context;

	told->n++;
	snprintf(told->what, sizeof(told->what), "%s %s", event->type, event->reason);
	snprintf(told->rule, sizeof(told->rule), "%s", event->rule ? event->rule : "");
	told->from_device = event->from_device;
	told->mode = event->mode;
	return 0;
}

/* @what: the one event that comes of it; NULL: none does. All passes. */
static void tells(struct world *w, enum iotguard_side side, const char *sentence,
		  const char *reason, const char *rule, const char *what)
{
	struct told told = {};

	expect(w, side, sentence, true, reason, rule);
	assert_true(iotguard_instance_events(w->instance, hear, &told) >= 0);
	if (told.n != (what ? 1u : 0u) || (what && strcmp(told.what, what)))
		fail_msg("%s: %u events, the last one %s, not %s", sentence, told.n, told.what,
			 what ? what : "none");
	if (!what)
		return;
	assert_string_equal(told.rule, rule ? rule : "");
	assert_int_equal(told.from_device, side == FROM);
	assert_int_equal(told.mode, IOTGUARD_MODE_LEARN);
}

static void test_what_is_allowed(void **state)
{
	const char *rule = "allow to any udp/5000";
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("learn"));
	tells(&w, FROM, CAM "8.8.8.8 udp 1>5000", "rule", rule, "new-flow rule");
	tells(&w, FROM, CAM "8.8.8.8 udp 1>5000", "flow", rule, NULL);
	tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 udp 5000>1", "flow", rule, NULL);
	tells(&w, FROM, CAM "8.8.8.9 udp 1>5000", "rule", rule, "new-flow rule");
	tells(&w, FROM, "cam>gw ip6 fd00::10>2001:db8::5 udp 1>5000", "rule", rule,
	      "new-flow rule");
	tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 tcp 1>22 S", "rule", "allow from any tcp/22",
	      "new-flow rule");
	tells(&w, FROM, CAM "10.0.0.1 udp 1>53", "dns", NULL, "new-flow dns");
	world_close(&w);
}

/* It makes a flow all the same: the answers are no conversations of their own. */
static void test_what_is_refused(void **state)
{
	const char *rule = "deny to 203.0.113.0/24 tcp";
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("learn"));
	tells(&w, FROM, CAM "8.8.8.8 tcp 1>443 S", "no-rule", NULL, "new-flow no-rule");
	tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 tcp 443>1 SA", "flow", NULL, NULL);
	tells(&w, FROM, CAM "8.8.8.8 tcp 1>443 A", "flow", NULL, NULL);
	tells(&w, FROM, CAM "203.0.113.5 tcp 1>443 S", "rule-deny", rule, "new-flow rule-deny");
	tells(&w, TO, "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA", "flow", rule, NULL);
	tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 udp 7>8", "no-rule", NULL, "new-flow no-rule");
	tells(&w, FROM, CAM "8.8.8.8 udp 8>7", "flow", NULL, NULL);
	tells(&w, FROM, CAM "8.8.8.8 icmp 8.0 77", "no-rule", NULL, "new-flow no-rule");
	tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 icmp 0.0 77", "flow", NULL, NULL);
	tells(&w, TO,
	      "gw>cam ip4 9.9.9.9>10.0.0.10 icmp 3.1 0 quote ip4 10.0.0.10>8.8.8.8 icmp 8.0 77",
	      "icmp-error", NULL, NULL);
	/* a segment in the middle, which a `from` rule allows as an answer */
	tells(&w, FROM, CAM "8.8.4.4 tcp 22>9 A", "rule", "allow from any tcp/22", "new-flow rule");
	tells(&w, TO, "gw>cam ip4 8.8.4.4>10.0.0.10 tcp 9>22 A", "flow", "allow from any tcp/22",
	      NULL);
	world_close(&w);
}

static void test_each_once(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("learn"));
	for (int i = 0; i < 20; i++)
		tells(&w, FROM, CAM "8.8.8.8 tcp 1>443 S", "no-rule", NULL,
		      i ? NULL : "new-flow no-rule");
	for (int i = 0; i < 20; i++)
		tells(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 udp 7>8", i ? "flow" : "no-rule", NULL,
		      i ? NULL : "new-flow no-rule");
	world_close(&w);
}

/* What has no flow is told as in monitor mode. */
static void test_without_a_flow(void **state)
{
	static const struct {
		enum iotguard_side side;
		const char *reason, *frame;
	} cases[] = {
		{FROM, "ethertype", "cam>gw type 0x88b5 data 46"},
		{FROM, "source-spoof", "cam>gw ip4 10.0.0.11>8.8.8.8 udp 1>5000"},
		{FROM, "arp-spoof", "cam>all arp request cam 10.0.0.1 - 10.0.0.1"},
		{FROM, "layer-mismatch", "cam>nvr ip4 10.0.0.10>8.8.8.8 udp 1>5000"},
		{FROM, "no-rule", CAM "8.8.8.8 icmp 3.1 0"},
		{FROM, "no-rule", "cam>all ip4 10.0.0.10>10.0.0.255 udp 1>2"},
		{FROM, "fragment", CAM "8.8.8.8 frag 2 proto 17 data 8"},
		{FROM, "malformed", CAM "8.8.8.8 total 99 udp 1>5000"},
		{TO, "not-its-address", "gw>cam ip4 8.8.8.8>10.0.0.11 udp 1>5000"},
		{TO, "no-rule", "gw>cam ip4 8.8.8.8>224.0.0.251 udp 1>2"},
	};
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("learn"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char what[64];

		snprintf(what, sizeof(what), "would-drop %s", cases[i].reason);
		tells(&w, cases[i].side, cases[i].frame, cases[i].reason, NULL, what);
	}
	/* nothing to be told */
	tells(&w, FROM, "cam>all arp request cam 10.0.0.10 - 10.0.0.1", "arp", NULL, NULL);
	tells(&w, FROM, "cam>group4 ip4 10.0.0.10>224.0.0.251 udp 1>5000", "rule",
	      "allow to any udp/5000", NULL);
	/* a device beside it is judged as always */
	expect(&w, FROM, "nvr>gw ip4 10.0.0.11>8.8.8.8 udp 1>5000", false, "no-rule", NULL);
	world_close(&w);
}

/* The first one makes a flow; the rest of a datagram that no rule allows has nothing to follow. */
static void test_in_pieces(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("learn"));
	tells(&w, FROM, CAM "8.8.8.8 id 7 mf udp 1>5000 data 8", "rule", "allow to any udp/5000",
	      "new-flow rule");
	tells(&w, FROM, CAM "8.8.8.8 id 7 frag 2 proto 17 data 8", "later-fragment",
	      "allow to any udp/5000", NULL);
	tells(&w, FROM, CAM "8.8.8.8 id 8 mf udp 1>9 data 8", "no-rule", NULL, "new-flow no-rule");
	tells(&w, FROM, CAM "8.8.8.8 id 8 frag 2 proto 17 data 8", "fragment", NULL,
	      "would-drop fragment");
	world_close(&w);
}

/* --- when the mode changes --- */

static void test_then_enforced(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, INVENTORY("learn"), true);
	lab_expect(&lab, FROM, true, "no-rule", CAM "8.8.8.8 udp 1>443");
	lab_expect(&lab, FROM, true, "no-rule", CAM "8.8.8.9 udp 1>443");
	lab_expect(&lab, TO, true, "no-rule", "gw>cam ip4 8.8.8.8>10.0.0.10 tcp 1>80 S");
	lab_expect(&lab, FROM, true, "rule", CAM "8.8.8.8 udp 1>5000");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1");
	lab_write(&lab, INVENTORY("enforce"));
	lab_flip(&lab);
	lab_expect(&lab, TO, false, "no-rule", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1");
	lab_expect(&lab, FROM, false, "no-rule", CAM "8.8.8.9 udp 1>443");
	lab_expect(&lab, FROM, false, "no-rule", CAM "8.8.8.8 tcp 80>1 SA");
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 5000>1");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 5000>1");
	/* back again: it is not there any more */
	lab_write(&lab, INVENTORY("learn"));
	lab_flip(&lab);
	lab_expect(&lab, TO, true, "no-rule", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1");
	lab_close(&lab);
}

/* A new policy that learns on: what it refuses is judged again, and goes on. */
static void test_then_learnt_on(void **state)
{
	struct world w;
	struct lab lab;

	(void)state;
	lab_open(&lab, INVENTORY("learn"), true);
	lab_expect(&lab, FROM, true, "no-rule", CAM "8.8.8.8 udp 1>443");
	lab_write(&lab, INVENTORY("learn"));
	lab_flip(&lab);
	lab_expect(&lab, TO, true, "no-rule", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1");
	lab_close(&lab);
	/* in monitor mode it makes none */
	world_open(&w, INVENTORY("monitor"));
	expect(&w, FROM, CAM "8.8.8.8 udp 1>443", true, "no-rule", NULL);
	expect(&w, FROM, CAM "8.8.8.8 udp 1>443", true, "no-rule", NULL);
	expect(&w, TO, "gw>cam ip4 8.8.8.8>10.0.0.10 udp 443>1", true, "no-rule", NULL);
	world_close(&w);
}

/* --- a segment's mode: where there are ports --- */

static void test_a_segment_that_learns(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, INVENTORY("enforce"), false);
	/* its machines, but those with a mode of their own */
	lab_expect(&lab, FROM, true, "no-rule", "plug>gw tag 5 ip4 10.5.0.30>8.8.8.8 udp 1>443");
	lab_expect(&lab, TO, true, "flow", "gw>plug tag 5 ip4 8.8.8.8>10.5.0.30 udp 443>1");
	lab_expect(&lab, FROM, true, "trusted", "admin>gw tag 5 ip4 10.5.0.21>8.8.8.8 udp 1>443");
	lab_expect(&lab, FROM, false, "no-rule", "meter>gw tag 5 ip4 10.5.0.31>8.8.8.8 udp 1>443");
	/* and frames of no machine, or of one that does not belong there */
	lab_expect(&lab, FROM, true, "unknown-device",
		   "stranger>gw tag 5 ip4 10.5.0.9>8.8.8.8 udp 1>443");
	lab_expect(&lab, TO, true, "unknown-unicast",
		   "gw>stranger tag 5 ip4 8.8.8.8>10.5.0.9 udp 1>443");
	lab_expect(&lab, TO, true, "group-refused", "gw>all tag 5 ip4 10.0.0.1>10.5.0.255 udp 1>2");
	lab_expect(&lab, FROM, true, "wrong-port", "cam>gw tag 5 ip4 10.0.0.10>8.8.8.8 udp 1>443");
	/* its name opens no other segment's ports */
	lab_expect(&lab, FROM, false, "wrong-port", "plug>gw ip4 10.5.0.30>8.8.8.8 udp 1>443");
	lab_expect(&lab, TO, false, "flooded", "gw>plug ip4 8.8.8.8>10.5.0.30 udp 443>1");
	lab_close(&lab);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_allowed),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_without_a_flow),
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_then_enforced),
		cmocka_unit_test(test_then_learnt_on),
		cmocka_unit_test(test_a_segment_that_learns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
