/* SPDX-License-Identifier: BSD-2-Clause */
/* Who reaches the gateway by `gateway.management`, and who does not; and what a host's rules allow. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "frame.h"
#include "util.h"
#include "world.h"

/* admin and nvr have rules of their own that deny the gateway; cam and plug have a profile. */
#define INVENTORY(rules, profile)                                                               \
	"version: 1\n"                                                                          \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fe80::1'],\n"            \
	"          management: [" rules "]}\n"                                                  \
	"segments:\n"                                                                           \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"                   \
	"  class: {interfaces: [lan0], vlan: 5, networks: [10.5.0.0/24]}\n"                     \
	"groups: {console: [host:admin, 10.0.0.11]}\n"                                          \
	"hosts:\n"                                                                              \
	"  admin: {mac: '02:00:00:00:00:21', addresses: [10.0.0.21], segment: lan,\n"           \
	"          rules: [deny to gateway, allow to internet tcp/443,\n"                       \
	"                  allow from device:cam udp/5000]}\n"                                  \
	"profiles: {thing: {rules: [" profile "]}}\n"                                           \
	"devices:\n"                                                                            \
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n" \
	"        profile: thing}\n"                                                             \
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11], segment: lan,\n"             \
	"        rules: [deny to any]}\n"                                                       \
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.5.0.30], segment: class,\n"          \
	"         profile: thing}\n"

#define DENIES	  "deny to gateway"

#define ADMIN_SSH "admin>gw ip4 10.0.0.21>10.0.0.1 tcp 40000>22 S"
#define NVR_SSH	  "nvr>gw ip4 10.0.0.11>10.0.0.1 tcp 40000>22 S"
#define CAM_SSH	  "cam>gw ip4 10.0.0.10>10.0.0.1 tcp 40000>22 S"
#define PLUG_SSH  "plug>gw tag 5 ip4 10.5.0.30>10.0.0.1 tcp 40000>22 S"

static const struct {
	const char *frame, *denied_by;
} knocks[] = {
	{ADMIN_SSH, "deny to gateway"},
	{NVR_SSH, "deny to any"},
	{CAM_SSH, DENIES},
	{PLUG_SSH, DENIES},
};

/* @allowed: of the knocks above, '1' for those that the rule lets in. */
static void check_knocks(const char *inventory, const char *rule, const char *allowed)
{
	struct world w;

	world_open(&w, inventory);
	for (size_t i = 0; i < ARRAY_SIZE(knocks); i++) {
		bool in = allowed[i] == '1';

		expect(&w, FROM, knocks[i].frame, in, in ? "rule" : "rule-deny",
		       in ? rule : knocks[i].denied_by);
	}
	world_close(&w);
}

static void test_who_reaches_the_gateway(void **state)
{
	(void)state;
	check_knocks(INVENTORY("'allow from host:admin tcp/22'", DENIES),
		     "allow from host:admin tcp/22", "1000");
	check_knocks(INVENTORY("'allow from group:console tcp/22'", DENIES),
		     "allow from group:console tcp/22", "1100");
	check_knocks(INVENTORY("'allow from 10.0.0.10/31 tcp/22'", DENIES),
		     "allow from 10.0.0.10/31 tcp/22", "0110");
	check_knocks(INVENTORY("'allow from segment:class tcp/22'", DENIES),
		     "allow from segment:class tcp/22", "0001");
	check_knocks(INVENTORY("'allow from any tcp/22'", DENIES), "allow from any tcp/22", "1111");
	check_knocks(INVENTORY("", DENIES), NULL, "0000");
}

/* Nothing else is opened: no other port, no other remote, and not from the gateway. */
static void test_nothing_else(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("'allow from host:admin tcp/22'", DENIES));
	expect(&w, FROM, ADMIN_SSH, true, "rule", "allow from host:admin tcp/22");
	expect(&w, TO, "gw>admin ip4 10.0.0.1>10.0.0.21 tcp 22>40000 SA", true, "flow",
	       "allow from host:admin tcp/22");
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>10.0.0.1 tcp 40001>80 S", false, "rule-deny",
	       "deny to gateway");
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 tcp 40001>22 S", false, "no-rule",
	       NULL);
	expect(&w, TO, "gw>admin ip4 10.0.0.1>10.0.0.21 tcp 40001>22 S", false, "no-rule", NULL);
	/* identity comes before: another machine with its address is not it */
	expect(&w, FROM, "cam>gw ip4 10.0.0.21>10.0.0.1 tcp 40000>22 S", false, "source-spoof",
	       NULL);
	world_close(&w);
}

static void test_denies_as_well(void **state)
{
	const char *deny = "deny from device:cam";
	struct world w;

	(void)state;
	world_open(&w,
		   INVENTORY("'deny from device:cam', 'allow from any tcp/22'", "allow to any"));
	expect(&w, FROM, CAM_SSH, false, "rule-deny", deny);
	expect(&w, FROM, PLUG_SSH, true, "rule", "allow from any tcp/22");
	expect(&w, FROM, "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>22 S", true, "rule",
	       "allow to any");
	world_close(&w);
}

static void test_options_stay(void **state)
{
	const char *rule = "allow from host:admin tcp/22 source-port 40000";
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("'allow from host:admin tcp/22 source-port 40000'", DENIES));
	expect(&w, FROM, ADMIN_SSH, true, "rule", rule);
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>10.0.0.1 tcp 40001>22 S", false, "rule-deny",
	       "deny to gateway");
	world_close(&w);
}

/* Whatever a profile says, now or later, and with the conversation going on. */
static void test_survives_any_profile(void **state)
{
	static const char *const profiles[] = {
		INVENTORY("'allow from device:cam tcp/22'", DENIES),
		INVENTORY("'allow from device:cam tcp/22'", "deny to any, allow to internet"),
		INVENTORY("'allow from device:cam tcp/22'", "deny to 10.0.0.1 tcp/22"),
		INVENTORY("'allow from device:cam tcp/22'", ""),
	};
	struct lab lab;

	(void)state;
	lab_open(&lab, profiles[0], true);
	lab_expect(&lab, FROM, true, "rule", CAM_SSH);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		lab_write(&lab, profiles[i]);
		lab_flip(&lab);
		lab_expect(&lab, FROM, true, "rule",
			   "cam>gw ip4 10.0.0.10>10.0.0.1 tcp 40000>22 A");
		lab_expect(&lab, TO, true, "flow", "gw>cam ip4 10.0.0.1>10.0.0.10 tcp 22>40000 A");
		lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>10.0.0.1 tcp %zu>22 S",
			   41000 + i);
	}
	/* and ends when the rule does */
	lab_write(&lab, INVENTORY("", DENIES));
	lab_flip(&lab);
	lab_expect(&lab, FROM, false, "rule-deny", "cam>gw ip4 10.0.0.10>10.0.0.1 tcp 40000>22 A");
	lab_close(&lab);
}

/* --- segments that were made to ask about a connection --- */

static void judge_segment(struct world *w, const char *machine, const char *address, uint16_t vlan,
			  bool passes)
{
	struct ig_frame_plan plan = {
		.dst = {[10] = 0xff, 0xff, 10, 0, 0, 1},
		.proto = IPPROTO_TCP,
		.tcp_flags = IG_TCP_ACK,
		.src_port = 40000,
		.dst_port = 22,
		.vlan = {vlan},
	};
	struct iotguard_verdict verdict;
	struct ig_frame frame;

	frame_mac(machine, plan.src_mac);
	frame_mac("gw", plan.dst_mac);
	memcpy(plan.src, plan.dst, sizeof(plan.src));
	if (inet_pton(AF_INET, address, plan.src + 12) != 1) {
		assert_int_equal(inet_pton(AF_INET6, address, plan.src), 1);
		assert_int_equal(inet_pton(AF_INET6, "fe80::1", plan.dst), 1);
	}
	ig_frame_make(&frame, &plan);
	world_judge_part(w, FROM, frame.bytes, frame.size, frame.size, &verdict);
	if (verdict.passed != passes)
		fail_msg("%s, %s: %s", machine, address, iotguard_reason_token(verdict.reason));
	assert_string_equal(iotguard_reason_token(verdict.reason), passes ? "rule" : "rule-deny");
}

static void test_segments_that_are_made(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("'allow from any tcp/22'", DENIES));
	judge_segment(&w, "cam", "10.0.0.10", 0, true);
	judge_segment(&w, "cam", "fd00::10", 0, true);
	judge_segment(&w, "plug", "10.5.0.30", 5, true);
	world_close(&w);
	world_open(&w, INVENTORY("'allow from any tcp/23'", DENIES));
	judge_segment(&w, "cam", "10.0.0.10", 0, false);
	judge_segment(&w, "cam", "fd00::10", 0, false);
	judge_segment(&w, "plug", "10.5.0.30", 5, false);
	world_close(&w);
}

/* --- a host with rules --- */

static void test_a_host_does_what_its_rules_say(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("", "allow to host:admin udp/5000"));
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 tcp 1>443 S", true, "rule",
	       "allow to internet tcp/443");
	expect(&w, TO, "gw>admin ip4 203.0.113.5>10.0.0.21 tcp 443>1 SA", true, "flow",
	       "allow to internet tcp/443");
	expect(&w, FROM, "cam>admin ip4 10.0.0.10>10.0.0.21 udp 1>5000", true, "rule",
	       "allow to host:admin udp/5000");
	expect(&w, TO, "cam>admin ip4 10.0.0.10>10.0.0.21 udp 1>5000", true, "rule",
	       "allow from device:cam udp/5000");
	world_close(&w);
}

static void test_a_host_does_no_more(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY("", DENIES));
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 tcp 1>80 S", false, "no-rule", NULL);
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 udp 1>443", false, "no-rule", NULL);
	expect(&w, FROM, "admin>cam ip4 10.0.0.21>10.0.0.10 tcp 1>443 S", false, "no-rule", NULL);
	expect(&w, FROM, "admin>gw ip4 10.0.0.21>10.0.0.1 tcp 1>443 S", false, "rule-deny",
	       "deny to gateway");
	expect(&w, FROM, "admin>gw ip4 10.0.0.22>203.0.113.5 tcp 1>443 S", false, "source-spoof",
	       NULL);
	expect(&w, TO, "nvr>admin ip4 10.0.0.11>10.0.0.21 udp 1>5000", false, "no-rule", NULL);
	expect(&w, TO, "cam>admin ip4 10.0.0.10>10.0.0.21 udp 1>5001", false, "no-rule", NULL);
	world_close(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_reaches_the_gateway),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_denies_as_well),
		cmocka_unit_test(test_options_stay),
		cmocka_unit_test(test_survives_any_profile),
		cmocka_unit_test(test_segments_that_are_made),
		cmocka_unit_test(test_a_host_does_what_its_rules_say),
		cmocka_unit_test(test_a_host_does_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
