/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was refused a moment ago is refused without being judged, and not a moment longer than its reasons stand: after
 * each refusal here something changes, at the same time, and the next packet has to be told apart.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "generation.h"
#include "operate.h"
#include "util.h"
#include "world.h"

#define INVENTORY(rules)                                                                        \
	"version: 1\n"                                                                          \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1'],\n"            \
	"          resolvers: [10.0.0.1], dhcp-servers: [10.0.0.1]}\n"                          \
	"segments:\n"                                                                           \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"                   \
	"devices:\n"                                                                            \
	"  nvr: {mac: '02:00:00:00:00:11', segment: lan, rules: [allow from any]}\n"            \
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, addresses: [10.0.0.10, 'fd00::10'],\n" \
	"        rules: [" rules "]}\n"

#define RULES \
	"allow to api.vendor.example tcp/443, allow to device:nvr tcp/554, allow from 198.51.100.0/24 tcp/80"
#define CAM_TO	"cam>gw ip4 10.0.0.10>"
#define TO_CAM	"gw>cam ip4 "
#define QUERY	CAM_TO "10.0.0.1 udp 40000>53 query api.vendor.example A"
#define ANSWER	TO_CAM "10.0.0.1>10.0.0.10 udp 53>40000 answer api.vendor.example A a "
#define REFUSED CAM_TO "203.0.113.77 tcp 41000>443 S"
#define NVR	CAM_TO "10.0.0.77 tcp 41000>554 S"

static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	lab_open_timed(&lab, INVENTORY(RULES));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

static void passes(enum iotguard_side side, const char *frame, const char *reason)
{
	lab_expect(&lab, side, true, reason, "%s", frame);
}

static void drops(enum iotguard_side side, const char *frame, const char *reason)
{
	lab_expect(&lab, side, false, reason, "%s", frame);
}

/* How many refusals the programs would answer without judging: those whose entry is one. */
static unsigned int remembered(void)
{
	size_t size = sizeof(struct ig_refusal), cpus = (size_t)libbpf_num_possible_cpus();
	struct ig_refusal *entries = calloc(cpus, size);
	unsigned int n = 0;

	assert_non_null(entries);
	for (uint32_t i = 0; i < IG_REFUSALS; i++) {
		assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_refusals], &i, entries),
				 0);
		for (size_t k = 0; k < cpus; k++)
			n += entries[k].until_ns > lab.now_ns;
	}
	free(entries);
	return n;
}

/* Refused as often as is needed to be refused without being judged. */
static void refused(enum iotguard_side side, const char *frame)
{
	for (int i = 0; i < 5; i++)
		drops(side, frame, "no-rule");
	assert_int_not_equal(remembered(), 0);
}

static void test_an_address_is_pinned(void **state)
{
	(void)state;
	refused(FROM, REFUSED);
	passes(FROM, QUERY, "dns");
	passes(TO, ANSWER "203.0.113.77", "flow");
	passes(FROM, REFUSED, "rule");
}

static void test_an_address_gets_an_owner(void **state)
{
	(void)state;
	refused(FROM, NVR);
	passes(FROM, "nvr>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request asks 10.0.0.77",
	       "dhcp");
	passes(TO, "gw>nvr ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp ack yi 10.0.0.77 lease 3600",
	       "dhcp");
	drops(FROM, NVR, "layer-mismatch"); /* it is not the way to the gateway any more */
	passes(FROM, "cam>nvr ip4 10.0.0.10>10.0.0.77 tcp 41000>554 S", "rule");
}

static void test_the_policy_changes(void **state)
{
	(void)state;
	refused(FROM, REFUSED);
	lab_write(&lab, INVENTORY("allow to 203.0.113.0/24 tcp/443"));
	drops(FROM, REFUSED, "no-rule");
	lab_flip(&lab);
	passes(FROM, REFUSED, "rule");
}

static void test_a_quarantine_begins_and_ends(void **state)
{
	(void)state;
	refused(FROM, REFUSED);
	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, "cam"), UINT64_MAX), 0);
	drops(FROM, REFUSED, "no-rule");
	passes(FROM, CAM_TO "10.0.0.1 udp 40000>53 query x.example A", "dns");
	drops(TO, TO_CAM "198.51.100.7>10.0.0.10 tcp 41000>80 S", "quarantine");
	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, "cam"), 0), 0);
	passes(TO, TO_CAM "198.51.100.7>10.0.0.10 tcp 41000>80 S", "rule");
}

static void test_the_other_side_opens_it(void **state)
{
	(void)state;
	refused(FROM, CAM_TO "198.51.100.7 tcp 80>41000 S");
	passes(TO, TO_CAM "198.51.100.7>10.0.0.10 tcp 41000>80 S", "rule");
	passes(FROM, CAM_TO "198.51.100.7 tcp 80>41000 SA", "flow");
}

static void test_another_segment_of_the_same_connection(void **state)
{
	(void)state;
	refused(FROM, CAM_TO "198.51.100.7 tcp 80>41000 S");
	passes(FROM, CAM_TO "198.51.100.7 tcp 80>41000 A", "rule");
}

static void test_another_frame(void **state)
{
	(void)state;
	refused(FROM, REFUSED);
	drops(FROM, "cam>nvr ip4 10.0.0.10>203.0.113.77 tcp 41000>443 S", "layer-mismatch");
	drops(FROM, "cam>gw tag 7 ip4 10.0.0.10>203.0.113.77 tcp 41000>443 S", "no-segment");
	drops(FROM, "cam>gw ip4 10.0.0.11>203.0.113.77 tcp 41000>443 S", "source-spoof");
	drops(FROM, "nvr>gw ip4 10.0.0.10>203.0.113.77 tcp 41000>443 S", "source-spoof");
	drops(FROM, REFUSED, "no-rule");
}

static void test_toward_the_device(void **state)
{
	(void)state;
	refused(TO, TO_CAM "203.0.113.9>10.0.0.10 udp 7>7");
	lab_write(&lab, INVENTORY("allow from 203.0.113.9 udp/7"));
	lab_flip(&lab);
	passes(TO, TO_CAM "203.0.113.9>10.0.0.10 udp 7>7", "rule");
}

static void test_of_ipv6(void **state)
{
	(void)state;
	refused(FROM, "cam>gw ip6 fd00::10>2001:db8::7 tcp 41000>443 S");
	drops(FROM, "cam>gw ip6 fd00::10>2001:db8::8 tcp 41000>443 S", "no-rule");
	passes(FROM, CAM_TO "10.0.0.1 udp 40000>53 query api.vendor.example AAAA", "dns");
	passes(TO,
	       TO_CAM
	       "10.0.0.1>10.0.0.10 udp 53>40000 answer api.vendor.example AAAA aaaa 2001:db8::7",
	       "flow");
	passes(FROM, "cam>gw ip6 fd00::10>2001:db8::7 tcp 41000>443 S", "rule");
	drops(FROM, "cam>gw ip6 fd00::10>2001:db8::8 tcp 41000>443 S", "no-rule");
}

/* Its ports and addresses are those of the one before, and what it says is not. */
static void test_a_message_of_dhcp(void **state)
{
	(void)state;
	drops(FROM, "cam>gw ip4 10.0.0.10>203.0.113.77 udp 68>67 dhcp request", "no-rule");
	assert_int_equal(remembered(), 0);
}

/* What depends on a condition, a name or a time is judged each time. */
static void test_what_is_not_remembered(void **state)
{
	(void)state;
	lab_write(&lab, INVENTORY("allow to 203.0.113.0/24 tcp/443 dscp 46"));
	lab_flip(&lab);
	drops(FROM, REFUSED, "no-rule");
	assert_int_equal(remembered(), 0);
	lab_write(&lab,
		  INVENTORY("deny to api.vendor.example tcp/443, allow to 198.51.100.1 tcp/1"));
	lab_flip(&lab);
	passes(FROM, QUERY, "dns");
	passes(TO, ANSWER "203.0.113.77", "flow");
	drops(FROM, REFUSED, "rule-deny");
	assert_int_equal(remembered(), 0);
	drops(FROM, "nvr>gw ip4 10.0.0.10>203.0.113.77 tcp 41000>443 S", "source-spoof");
	drops(FROM, CAM_TO "203.0.113.77 icmp 8.0 5", "no-rule");
	assert_int_equal(remembered(), 0);
	drops(FROM, CAM_TO "203.0.113.78 tcp 41000>443 S", "no-rule");
	assert_int_equal(remembered(), 1);
}

static void test_for_a_second(void **state)
{
	(void)state;
	refused(FROM, REFUSED);
	lab.now_ns += IG_REFUSAL_NS;
	assert_int_equal(remembered(), 0);
	refused(FROM, REFUSED);
}

/* --- each one is counted, and told as ever --- */

static void read_counts(uint64_t *refusals, struct ig_event_counter *sum)
{
	size_t cpus = (size_t)libbpf_num_possible_cpus();
	struct ig_counter *counters = calloc(cpus, sizeof(*counters));
	struct ig_event_counter *events = calloc(cpus, sizeof(*events));
	uint32_t at = IG_REASON_COUNT(IG_REASON_NO_RULE, IG_FROM_DEVICE), zero = 0;

	assert_true(counters && events);
	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_reason_stats], &at, counters),
			 0);
	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_event_stats], &zero, events),
			 0);
	*refusals = 0;
	*sum = (struct ig_event_counter){};
	for (size_t i = 0; i < cpus; i++) {
		*refusals += counters[i].packets;
		sum->sent += events[i].sent;
		sum->suppressed += events[i].suppressed;
		sum->lost += events[i].lost;
	}
	free(counters);
	free(events);
}

static void test_none_is_lost_count_of(void **state)
{
	struct ig_event_counter events;
	uint64_t refusals;

	(void)state;
	for (int i = 0; i < 1234; i++)
		drops(FROM, REFUSED, "no-rule");
	read_counts(&refusals, &events);
	assert_int_equal(refusals, 1234);
	assert_int_equal(events.sent, 4); /* the 1st, 10th, 100th and 1000th */
	assert_int_equal(events.sent + events.suppressed + events.lost, 1234);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_address_is_pinned),
		TEST(test_an_address_gets_an_owner),
		TEST(test_the_policy_changes),
		TEST(test_a_quarantine_begins_and_ends),
		TEST(test_the_other_side_opens_it),
		TEST(test_another_segment_of_the_same_connection),
		TEST(test_another_frame),
		TEST(test_toward_the_device),
		TEST(test_of_ipv6),
		TEST(test_a_message_of_dhcp),
		TEST(test_what_is_not_remembered),
		TEST(test_for_a_second),
		TEST(test_none_is_lost_count_of),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
