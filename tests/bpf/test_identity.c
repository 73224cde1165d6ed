/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that machines get, as on a gateway: transactions, places, time, and who is not known. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "generation.h"
#include "util.h"
#include "world.h"

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1'],\n"
	"  dhcp-servers: [10.0.0.1], resolvers: [10.0.0.1], time-servers: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/16, 'fd00::/64']}\n"
	"  room: {interfaces: [lan0], vlan: 30, networks: [10.30.0.0/24, 'fd00:30::/64']}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, rules: [allow to any udp/5000]}\n"
	"  nvr: {mac: '02:00:00:00:00:11', segment: lan, rules: [allow to any udp/5000]}\n"
	"  plug: {mac: '02:00:00:00:00:30', segment: room, rules: [allow to any udp/5000]}\n";

static struct lab lab;

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

static void later(unsigned int seconds)
{
	lab.now_ns += seconds * SECOND;
}

#define from(passes, reason, ...) lab_expect(&lab, FROM, passes, reason, __VA_ARGS__)
#define to(passes, reason, ...)	  lab_expect(&lab, TO, passes, reason, __VA_ARGS__)

/* A whole dialogue: the machine asks, the server gives. */
static void leases(const char *who, const char *ip, unsigned int seconds, unsigned int xid)
{
	from(true, "dhcp",
	     "%s>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request xid %u asks %s", who, xid,
	     ip);
	to(true, "dhcp", "gw>%s ip4 10.0.0.1>%s udp 67>68 dhcp ack xid %u yi %s lease %u", who, ip,
	   xid, ip, seconds);
}

static void speaks(const char *who, const char *ip, bool may)
{
	from(may, may ? "rule" : "source-spoof", "%s>gw ip4 %s>198.51.100.9 udp %u>5000", who, ip,
	     (unsigned int)(lab.now_ns / SECOND % 60000 + 1));
}

static void detects(const char *who, const char *ip, bool may)
{
	from(may, may ? "nd" : "nd-spoof", "%s>group6 ip6 ::>ff02::1:ff00:1 ns %s", who, ip);
}

static unsigned int bindings(void)
{
	struct ig_binding_key key, *previous = NULL;
	unsigned int n = 0;

	for (; !bpf_map_get_next_key(lab.object.maps[IG_MAP_bindings], previous, &key);
	     previous = &key)
		n++;
	return n;
}

/* --- transactions --- */

#define ANSWER "gw>cam ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp "

static void test_an_answer_is_asked_for(void **state)
{
	(void)state;
	to(false, "dhcp-unasked", ANSWER "ack xid 7 yi 10.0.0.77 lease 3600");
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover xid 7");
	to(false, "dhcp-unasked", ANSWER "ack xid 8 yi 10.0.0.77 lease 3600");
	to(false, "dhcp-unasked", ANSWER "offer xid 8 yi 10.0.0.77 lease 3600");
	/* somebody else's transaction */
	to(false, "dhcp-unasked",
	   "gw>nvr ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp ack xid 7 yi 10.0.0.77 lease 3600");
	to(true, "dhcp", ANSWER "offer xid 7 yi 10.0.0.77 lease 3600");
	speaks("cam", "10.0.0.77", false);
	to(true, "dhcp", ANSWER "ack xid 7 yi 10.0.0.77 lease 3600");
	speaks("cam", "10.0.0.77", true);
	/* retransmitted, and at last too late */
	later(60);
	to(true, "dhcp", ANSWER "ack xid 7 yi 10.0.0.77 lease 3600");
	later(1);
	to(false, "dhcp-unasked", ANSWER "ack xid 7 yi 10.0.0.77 lease 3600");
	/* a renewal, by unicast */
	from(true, "dhcp",
	     "cam>gw ip4 10.0.0.77>10.0.0.1 udp 68>67 dhcp request xid 9 ci 10.0.0.77");
	to(true, "dhcp", ANSWER "ack xid 9 yi 10.0.0.77 lease 7200");
	later(7199);
	speaks("cam", "10.0.0.77", true);
	later(1);
	speaks("cam", "10.0.0.77", false);
}

/* What was not let through is not waited for. */
static void test_what_is_dropped_asks_for_nothing(void **state)
{
	(void)state;
	from(false, "layer-mismatch",
	     "cam>gw ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request xid 7 asks 10.0.0.77");
	to(false, "dhcp-unasked", ANSWER "ack xid 7 yi 10.0.0.77 lease 3600");
}

static void test_an_answer_to_all(void **state)
{
	(void)state;
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request xid 7");
	to(false, "dhcp-unasked",
	   "gw>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp ack client cam xid 8 yi 10.0.0.77 lease 9");
	to(true, "dhcp",
	   "gw>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp ack client cam xid 7 yi 10.0.0.77 lease 9");
	speaks("cam", "10.0.0.77", true);
	/* of somebody whom nobody knows */
	to(true, "dhcp",
	   "gw>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp ack client stranger xid 3 yi 10.0.0.99 lease 9");
	assert_int_equal(bindings(), 1);
}

/* --- places --- */

static void test_leases_have_an_end(void **state)
{
	char ip[32];

	(void)state;
	for (unsigned int i = 0; i < IG_LEASES_MAX; i++) {
		from(true, "dhcp",
		     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover xid %u", i);
		snprintf(ip, sizeof(ip), "10.0.1.%u", i);
		leases("cam", ip, 3600, i);
	}
	from(false, "dhcp-starvation",
	     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	from(false, "dhcp-starvation",
	     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request asks 10.0.1.99");
	from(true, "dhcp",
	     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request asks 10.0.1.5");
	/* others go on, and so does what it has */
	from(true, "dhcp", "nvr>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	from(true, "dhcp", "cam>gw ip4 10.0.1.3>10.0.0.1 udp 68>67 dhcp request ci 10.0.1.3");
	from(true, "dhcp", "cam>gw ip4 10.0.1.3>10.0.0.1 udp 68>67 dhcp release ci 10.0.1.3");
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	leases("cam", "10.0.1.3", 3600, 1);
	from(false, "dhcp-starvation",
	     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	later(3600);
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
}

static void claims(const char *who, unsigned int first, unsigned int n)
{
	char ip[32];

	for (unsigned int i = first; i < first + n; i++) {
		snprintf(ip, sizeof(ip), "fd00::1:%x", i);
		detects(who, ip, true);
		later(1);
	}
}

static void speaks6(const char *who, unsigned int i, bool may)
{
	from(may, may ? "rule" : "source-spoof", "%s>gw ip6 fd00::1:%x>2001:db8::9 udp %u>5000",
	     who, i, (unsigned int)(lab.now_ns / SECOND % 60000 + 1));
}

/* One that claims without end pushes out its own, oldest first, and no lease. */
static void test_places(void **state)
{
	(void)state;
	claims("nvr", 100, 1);
	leases("cam", "10.0.0.77", 3600, 1);
	claims("cam", 0, IG_BINDING_PLACES - 1);
	for (unsigned int i = 0; i < IG_BINDING_PLACES - 1; i++)
		speaks6("cam", i, true);
	/* the one that was silent longest goes: spoken in turn, that is the first */
	later(5);
	speaks6("cam", 0, true);
	claims("cam", 50, 1);
	speaks6("cam", 1, false);
	speaks6("cam", 0, true);
	speaks6("cam", 50, true);
	claims("cam", 200, 40);
	speaks("cam", "10.0.0.77", true);
	speaks6("cam", 239, true);
	speaks6("cam", 50, false);
	speaks6("nvr", 100, true);
	assert_int_equal(bindings(), IG_BINDING_PLACES + 1);
}

/* A binding that ends makes room, and the same address comes back to its place. */
static void test_ends_make_room(void **state)
{
	(void)state;
	claims("cam", 0, IG_BINDING_PLACES);
	later(24 * 3600);
	claims("cam", 3, 1);
	claims("cam", 100, IG_BINDING_PLACES - 1);
	speaks6("cam", 3, true);
	for (unsigned int i = 100; i < 100 + IG_BINDING_PLACES - 1; i++)
		speaks6("cam", i, true);
	speaks6("cam", 0, false);
}

/* Leases give way only to leases. */
static void test_leases_push_out_claims(void **state)
{
	char ip[32];

	(void)state;
	claims("cam", 0, IG_BINDING_PLACES);
	leases("cam", "10.0.0.77", 3600, 1);
	speaks6("cam", 0, false);
	speaks6("cam", 1, true);
	/* more than a machine may ask for: a server gives several for one request */
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp request xid 2");
	for (unsigned int i = 0; i < IG_BINDING_PLACES; i++) {
		snprintf(ip, sizeof(ip), "10.0.1.%u", i);
		to(true, "dhcp", "gw>cam ip4 10.0.0.1>%s udp 67>68 dhcp ack xid 2 yi %s lease %u",
		   ip, ip, 7200 + i);
	}
	speaks("cam", "10.0.0.77", false); /* it would have ended first */
	speaks("cam", "10.0.1.0", true);
	assert_int_equal(bindings(), IG_BINDING_PLACES);
	/* and claims never push out leases: but there is no room, so the first to end goes */
	claims("cam", 500, 1);
	speaks("cam", "10.0.1.0", false);
	speaks6("cam", 500, true);
}

/* --- flows of what ended --- */

static void test_what_is_pushed_out_takes_its_flows_along(void **state)
{
	(void)state;
	claims("cam", 0, IG_BINDING_PLACES);
	from(true, "rule", "cam>gw ip6 fd00::1:1>2001:db8::9 udp 7>5000");
	from(true, "flow", "cam>gw ip6 fd00::1:1>2001:db8::9 udp 7>5000");
	later(1);
	claims("cam", 100, 1); /* takes the place of the first one: all flows are judged again */
	from(true, "rule", "cam>gw ip6 fd00::1:1>2001:db8::9 udp 7>5000");
	from(true, "flow", "cam>gw ip6 fd00::1:1>2001:db8::9 udp 7>5000");
}

/* A flow that only ever takes the fast path still proves its address every twelve hours. */
static void test_flows_of_claims_are_judged_again(void **state)
{
	(void)state;
	claims("cam", 1, 1);
	for (unsigned int hour = 0; hour < 72; hour++) {
		for (unsigned int i = 0; i < 36; i++) {
			from(true,
			     !hour && !i      ? "rule"
			     : hour % 12 || i ? "flow"
					      : "rule",
			     "cam>gw ip6 fd00::1:1>2001:db8::9 udp 7>5000");
			later(100);
		}
	}
}

/* --- link-local addresses are of a segment --- */

static void test_link_local_in_each_segment(void **state)
{
	(void)state;
	detects("cam", "fe80::77", true);
	detects("nvr", "fe80::77", false);
	from(true, "nd", "plug>group6 tag 30 ip6 ::>ff02::1:ff00:77 ns fe80::77");
	from(true, "nd", "plug>group6 tag 30 ip6 fe80::77>ff02::1:ff00:1 ns fd00:30::1 opt 1 plug");
	from(true, "nd", "cam>group6 ip6 fe80::77>ff02::1:ff00:1 ns fd00::1 opt 1 cam");
	/* what is not of the link is everywhere the same */
	from(false, "nd-spoof", "plug>group6 tag 30 ip6 ::>ff02::1:ff00:77 ns fd00::77");
}

/* --- each to its own --- */

static int forget(void **state)
{
	struct ig_binding_key key;
	struct ig_state nothing = {};

	(void)state;
	while (!bpf_map_get_next_key(lab.object.maps[IG_MAP_bindings], NULL, &key))
		bpf_map_delete_elem(lab.object.maps[IG_MAP_bindings], &key);
	for (uint32_t i = 0; i < 3; i++)
		bpf_map_update_elem(lab.object.maps[IG_MAP_state], &i, &nothing, BPF_ANY);
	later(100000);
	return 0;
}

int main(void)
{
#define test(name) cmocka_unit_test_setup(name, forget)
	static const struct CMUnitTest tests[] = {
		test(test_an_answer_is_asked_for),
		test(test_what_is_dropped_asks_for_nothing),
		test(test_an_answer_to_all),
		test(test_leases_have_an_end),
		test(test_places),
		test(test_ends_make_room),
		test(test_leases_push_out_claims),
		test(test_what_is_pushed_out_takes_its_flows_along),
		test(test_flows_of_claims_are_judged_again),
		test(test_link_local_in_each_segment),
	};

	return cmocka_run_group_tests_name("identity", tests, open_lab, close_lab);
}
