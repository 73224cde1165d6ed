/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines that no inventory knows, where they are onboarded and where not, and the first ten minutes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1', 'fe80::1'],\n"
	"  dhcp-servers: [10.0.0.1], resolvers: [10.0.0.1], time-servers: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64'], unknown-devices: onboard}\n"
	"  room: {interfaces: [lan0], vlan: 30, networks: [10.30.0.0/24]}\n"
	"  mute: {interfaces: [lan0], vlan: 40, networks: [10.40.0.0/24], unknown-devices: onboard,\n"
	"         infrastructure: {arp: false, nd: false, dhcp: false, dns: false, ntp: false,\n"
	"                          membership: false, link-control: false}}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"
	"        rules: [allow to any udp/5000]}\n";

static struct lab lab;

#define from(passes, reason, ...) lab_expect(&lab, FROM, passes, reason, __VA_ARGS__)
#define to(passes, reason, ...)	  lab_expect(&lab, TO, passes, reason, __VA_ARGS__)
#define S			  "stranger>gw ip4 10.0.0.99>"

static int open_lab(void **state)
{
	(void)state;
	lab_open_timed(&lab, inventory);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

/* What it takes to get an address and to be seen. */
static void test_infrastructure(void **state)
{
	(void)state;
	from(true, "dhcp", "stranger>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	to(true, "dhcp",
	   "gw>stranger ip4 10.0.0.1>10.0.0.99 udp 67>68 dhcp ack yi 10.0.0.99 lease 9");
	from(true, "arp", "stranger>all arp request stranger 0.0.0.0 - 10.0.0.99");
	from(true, "arp", "stranger>all arp request stranger 10.0.0.99 - 10.0.0.1");
	to(true, "arp", "gw>stranger arp reply gw 10.0.0.1 stranger 10.0.0.99");
	from(true, "dns", S "10.0.0.1 udp 1>53");
	from(true, "dns", S "10.0.0.1 tcp 1>53 S");
	to(true, "dns", "gw>stranger ip4 10.0.0.1>10.0.0.99 udp 53>1");
	from(true, "ntp", S "10.0.0.1 udp 1>123");
	to(true, "ntp", "gw>stranger ip4 10.0.0.1>10.0.0.99 udp 123>1");
	from(true, "nd", "stranger>group6 ip6 ::>ff02::1:ff00:99 ns fd00::99");
	from(true, "nd", "stranger>group6 ip6 fe80::99>ff02::2 rs");
	to(true, "nd", "gw>stranger ip6 fe80::1>fe80::99 na fe80::1 opt 2 gw");
	from(true, "membership", "stranger>group4 ip4 10.0.0.99>224.0.0.22 ttl 1 igmp 22");
	from(true, "link-control", "stranger>link type 0x888e data 46");
	to(true, "link-control", "gw>stranger type 0x888e data 46");
}

static void test_nothing_else(void **state)
{
	(void)state;
	from(false, "unknown-device", S "10.0.0.1 tcp 1>80 S");
	from(false, "unknown-device", S "10.0.0.1 icmp 8.0 1");
	from(false, "unknown-device", S "198.51.100.9 udp 1>53");
	from(false, "unknown-device", S "10.0.0.1 mf udp 1>53 data 8");
	from(false, "unknown-device", "stranger>all ip4 10.0.0.99>10.0.0.255 udp 1>137");
	from(false, "unknown-device", "stranger>gw type 0x88b5 data 46");
	from(false, "unknown-device", "stranger>cam ip4 10.0.0.99>10.0.0.1 udp 1>53");
	from(false, "unknown-device", "stranger>cam arp request stranger 10.0.0.99 cam 10.0.0.10");
	from(false, "layer-mismatch", "stranger>all ip4 10.0.0.99>10.0.0.1 udp 1>53");
	from(false, "unknown-device", "stranger>cam ip4 10.0.0.99>10.0.0.10 udp 1>53");
	to(false, "unknown-unicast", "gw>stranger ip4 198.51.100.9>10.0.0.99 udp 53>1");
	to(false, "unknown-unicast", "gw>stranger ip4 10.0.0.1>10.0.0.99 tcp 80>1 SA");
	to(false, "unknown-unicast", "cam>stranger ip4 10.0.0.10>10.0.0.99 udp 53>1");
	to(false, "unknown-unicast", "gw>stranger ip4 10.0.0.1>10.0.0.99 mf udp 53>1 data 8");
	to(false, "dhcp-unasked",
	   "gw>stranger ip4 10.0.0.1>10.0.0.99 udp 67>68 dhcp ack client cam");
	/* its frames reach no other port */
	to(false, "group-refused", "stranger>all arp request stranger 10.0.0.99 - 10.0.0.10");
	to(false, "arp-spoof", "stranger>cam arp request stranger 10.0.0.99 cam 10.0.0.10");
}

static void test_truth_is_asked_of_it(void **state)
{
	(void)state;
	from(false, "dhcp-starvation",
	     "stranger>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover client cam");
	from(false, "dhcp-spoof",
	     "stranger>all ip4 10.0.0.99>255.255.255.255 udp 67>68 dhcp offer");
	from(false, "arp-spoof", "stranger>all arp request stranger 10.0.0.10 - 10.0.0.1");
	from(false, "arp-spoof", "stranger>all arp reply stranger 10.0.0.1 cam 10.0.0.10");
	from(false, "nd-spoof", "stranger>group6 ip6 ::>ff02::1:ff00:10 ns fd00::10");
	from(false, "nd-spoof", "stranger>group6 ip6 fe80::99>ff02::1 ra opt 1 stranger");
	from(false, "nd-spoof", "stranger>group6 ip6 ::>ff02::1:ff00:10 ns fe80::ff:fe00:10");
	from(false, "source-spoof", "stranger>gw ip4 10.0.0.10>10.0.0.1 udp 1>53");
	from(false, "source-spoof", "stranger>gw ip4 10.0.0.1>10.0.0.1 udp 1>53");
}

static void test_not_where_it_is_not_said(void **state)
{
	(void)state;
	from(false, "unknown-device",
	     "stranger>all tag 30 ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	to(false, "unknown-unicast", "gw>stranger tag 30 ip4 10.0.0.1>10.30.0.99 udp 53>1");
	from(false, "unknown-device",
	     "stranger>all tag 40 ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	from(false, "ethertype", "stranger>all tag 40 arp request stranger 10.40.0.99 - 10.40.0.1");
	from(false, "unknown-device", "stranger>link tag 40 type 0x888e data 46");
	to(false, "unknown-unicast", "gw>stranger tag 40 ip4 10.0.0.1>10.40.0.99 udp 53>1");
	to(false, "unknown-unicast",
	   "gw>stranger tag 40 arp reply gw 10.40.0.1 stranger 10.40.0.99");
	to(false, "unknown-unicast", "gw>stranger tag 40 ip6 fe80::1>fe80::99 na fe80::1 opt 2 gw");
}

/* --- what it says of itself --- */

static struct ig_stranger_event last;

static unsigned int records(void)
{
	return lab_records(&lab, IG_EVENT_STRANGER, &last, sizeof(last));
}

#define ASKS "%s:ed>all %sip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw 0c03616263%s"

static void test_it_introduces_itself(void **state)
{
	static const uint8_t options[] = {53, 1, 1, 12, 3, 'a', 'b', 'c'};

	(void)state;
	records();
	from(true, "dhcp", ASKS, "02:aa:aa:aa:aa", "", "");
	assert_int_equal(records(), 1);
	assert_int_equal(last.event.reason, IG_REASON_DHCP);
	assert_int_equal(last.event.action, IG_PASS);
	assert_int_equal(last.event.device, IG_ENTITY_NONE);
	assert_int_equal(last.event.src_mac[5], 0xed);
	assert_int_equal(last.length, sizeof(options));
	assert_memory_equal(last.options, options, sizeof(options));
	/* once */
	from(true, "dhcp", ASKS, "02:aa:aa:aa:aa", "", "");
	assert_int_equal(records(), 0);
	from(true, "dhcp", ASKS, "02:aa:aa:aa:ab", "", "");
	assert_int_equal(records(), 1);
	/* and anew after a silence */
	lab.now_ns += IG_REPEAT_WINDOW_NS + SECOND;
	from(true, "dhcp", ASKS, "02:aa:aa:aa:aa", "", "");
	assert_int_equal(records(), 1);
	/* who is dropped is told of, too */
	from(false, "unknown-device", ASKS, "02:aa:aa:aa:ac", "tag 30 ", "");
	assert_int_equal(records(), 1);
	assert_int_equal(last.event.reason, IG_REASON_UNKNOWN_DEVICE);
	assert_int_equal(last.event.action, IG_DROP);
	/* others are not */
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	from(false, "gateway-spoof", "gw>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	assert_int_equal(records(), 0);
}

static void test_it_says_too_much(void **state)
{
	char much[2 * 400 + 1];

	(void)state;
	records();
	for (unsigned int n = 0; n < 400; n++)
		memcpy(much + 2 * n, "e0", 2);
	much[2 * 90] = '\0';
	from(false, "malformed",
	     "02:aa:aa:aa:ad:ed>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s",
	     much);
	assert_int_equal(records(), 1);
	assert_int_equal(last.length, 93);
	from(false, "malformed",
	     "02:aa:aa:aa:ae:ed>all ip4 0.0.0.0>255.255.255.255 udp 68>67 data 20");
	assert_int_equal(records(), 1);
	assert_int_equal(last.length, 0);
	from(false, "malformed",
	     "02:aa:aa:aa:af:ed>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp - data 900");
	assert_int_equal(records(), 1);
	assert_int_equal(last.length, IG_STRANGER_BYTES);
}

/* --- the first ten minutes --- */

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* A machine that has long had its address will not claim it again. */
static void test_settling(void **state)
{
	struct lab live;

	(void)state;
	lab_open(&live, inventory, false);
	lab_expect(&live, FROM, false, "source-spoof",
		   "cam>gw ip6 fd00::77>2001:db8::9 udp 1>5000");
	live.object.control->settling_until_ns = monotonic_ns() + 600 * SECOND;
	lab_expect(&live, FROM, true, "rule", "cam>gw ip6 fd00::77>2001:db8::9 udp 1>5000");
	lab_expect(&live, FROM, false, "source-spoof",
		   "cam>gw ip6 fd01::77>2001:db8::9 udp 1>5000");
	lab_expect(&live, FROM, false, "source-spoof", "cam>gw ip6 fd00::1>2001:db8::9 udp 1>5000");
	lab_expect(&live, FROM, false, "source-spoof",
		   "cam>gw ip4 10.0.0.77>198.51.100.9 udp 1>5000");
	live.object.control->settling_until_ns = 1;
	lab_expect(&live, FROM, true, "rule", "cam>gw ip6 fd00::77>2001:db8::9 udp 2>5000");
	lab_expect(&live, FROM, false, "source-spoof",
		   "cam>gw ip6 fd00::78>2001:db8::9 udp 1>5000");
	lab_close(&live);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_infrastructure),
		cmocka_unit_test(test_nothing_else),
		cmocka_unit_test(test_truth_is_asked_of_it),
		cmocka_unit_test(test_not_where_it_is_not_said),
		cmocka_unit_test(test_it_introduces_itself),
		cmocka_unit_test(test_it_says_too_much),
		cmocka_unit_test(test_settling),
	};

	return cmocka_run_group_tests_name("stranger", tests, open_lab, close_lab);
}
