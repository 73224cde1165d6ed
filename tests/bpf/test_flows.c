/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows: whose they are, which goes when there are too many, and what a change of policy does. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

#define HEAD                                                              \
	"version: 1\n"                                                    \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n" \
	"segments:\n"                                                     \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"

#define CAM_HEAD                                                                                          \
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan, flows: 4,\n" \
	"        rules: ["
#define NVR                                                                                               \
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11, 'fd00::11'], segment: lan, flows: 6,\n" \
	"        rules: [allow to any udp/5000]}\n"

#define INVENTORY(rules) HEAD "devices:\n" CAM_HEAD rules "]}\n" NVR

/* quotas: cam 4 and 4 critical ones, nvr 6 and 4 */
#define CAM_FLOWS      4
#define CRITICAL_FLOWS 4
#define NVR_FLOWS      6
#define CAPACITY       (CAM_FLOWS + CRITICAL_FLOWS + NVR_FLOWS + CRITICAL_FLOWS)

static const char base[] =
	INVENTORY("allow to any udp/5000, allow from any tcp/22, allow from any tcp/23 critical, "
		  "allow to any tcp/443");

static const struct family {
	const char *ip, *cam, *nvr, *server;
	enum ig_map flows;
	size_t key_size;
} families[] = {
	{"ip4", "10.0.0.10", "10.0.0.11", "203.0.113.5", IG_MAP_flows4,
	 sizeof(struct ig_flow4_key)},
	{"ip6", "fd00::10", "fd00::11", "2001:db8::5", IG_MAP_flows6, sizeof(struct ig_flow6_key)},
};

/* --- asking --- */

static void asks(struct lab *lab, const struct family *f, const char *who, unsigned int port)
{
	lab_expect(lab, FROM, true, "rule", "%s>gw %s %s>%s udp %u>5000", who, f->ip,
		   !strcmp(who, "cam") ? f->cam : f->nvr, f->server, port);
}

/* A reply passes on a live flow only. */
static void answered(struct lab *lab, const struct family *f, const char *who, unsigned int port,
		     bool live)
{
	lab_expect(lab, TO, live, live ? "flow" : "no-rule", "gw>%s %s %s>%s udp 5000>%u", who,
		   f->ip, f->server, !strcmp(who, "cam") ? f->cam : f->nvr, port);
}

static void opened_by_other(struct lab *lab, const struct family *f, unsigned int service,
			    unsigned int port)
{
	lab_expect(lab, TO, true, "rule", "gw>cam %s %s>%s tcp %u>%u S", f->ip, f->server, f->cam,
		   port, service);
}

static bool is_live(const struct lab *lab, const struct family *f, unsigned int service,
		    unsigned int port)
{
	uint8_t key[sizeof(struct ig_flow6_key)] = {};
	struct ig_flow flow;
	size_t address = f->key_size == sizeof(struct ig_flow4_key) ? 4 : 16;
	uint16_t local = htons((uint16_t)service), remote = htons((uint16_t)port);

	frame_mac("cam", key);
	key[6] = 6;
	assert_int_equal(inet_pton(address == 4 ? AF_INET : AF_INET6, f->cam, key + 8), 1);
	assert_int_equal(inet_pton(address == 4 ? AF_INET : AF_INET6, f->server, key + 8 + address),
			 1);
	memcpy(key + 8 + 2 * address, &local, 2);
	memcpy(key + 10 + 2 * address, &remote, 2);
	return !bpf_map_lookup_elem(lab->object.maps[f->flows], key, &flow);
}

static unsigned int count_flows(const struct lab *lab, const struct family *f)
{
	uint8_t key[sizeof(struct ig_flow6_key)], *previous = NULL;
	unsigned int n = 0;

	while (!bpf_map_get_next_key(lab->object.maps[f->flows], previous, key)) {
		previous = key;
		n++;
	}
	return n;
}

/* --- rings --- */

static void push_out(struct lab *lab, const struct family *f)
{
	asks(lab, f, "nvr", 1);
	for (unsigned int port = 1; port <= CAM_FLOWS; port++)
		asks(lab, f, "cam", port);
	for (unsigned int port = 1; port <= CAM_FLOWS; port++)
		answered(lab, f, "cam", port, true);
	/* idle longest: not the one that was opened first, if that is in use */
	lab->now_ns += SECOND;
	answered(lab, f, "cam", 1, true);
	asks(lab, f, "cam", CAM_FLOWS + 1);
	answered(lab, f, "cam", 2, false);
	answered(lab, f, "cam", 1, true);
	for (unsigned int port = 3; port <= CAM_FLOWS + 1; port++)
		answered(lab, f, "cam", port, true);
	answered(lab, f, "nvr", 1, true);
	assert_int_equal(count_flows(lab, f), CAM_FLOWS + 1);
	/* several times around */
	for (unsigned int port = 100; port < 100 + 3 * CAM_FLOWS + 2; port++) {
		lab->now_ns += SECOND;
		asks(lab, f, "cam", port);
		answered(lab, f, "cam", port, true);
		if (port >= 100 + CAM_FLOWS)
			answered(lab, f, "cam", port - CAM_FLOWS, false);
	}
	answered(lab, f, "nvr", 1, true);
	assert_int_equal(count_flows(lab, f), CAM_FLOWS + 1);
}

/* A day of short conversations does not push out the one that is always in use. */
static void test_what_is_in_use_stays(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		asks(&lab, f, "cam", 1);
		for (unsigned int port = 100; port < 300; port++) {
			lab.now_ns += SECOND;
			answered(&lab, f, "cam", 1, true);
			asks(&lab, f, "cam", port);
		}
		answered(&lab, f, "cam", 1, true);
	}
	lab_close(&lab);
}

static void test_the_idle_one_goes(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		push_out(&lab, &families[i]);
	lab_close(&lab);
}

static void test_going_on_takes_no_slot(void **state)
{
	const struct family *f = &families[0];
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	asks(&lab, f, "cam", 1);
	/* opened anew, again and again: one flow */
	for (int i = 0; i < 3 * CAM_FLOWS; i++)
		lab_expect(&lab, FROM, true, "rule",
			   "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 7>443 S");
	answered(&lab, f, "cam", 1, true);
	/* expired, and used again: the same */
	for (int i = 0; i < 3 * CAM_FLOWS; i++) {
		lab.now_ns += 181 * SECOND;
		asks(&lab, f, "cam", 1);
	}
	assert_int_equal(count_flows(&lab, f), 2);
	lab_close(&lab);
}

/* Another CPU may clear a slot for the flow that it had before, a moment after a new one took it. That one lives on. */
static void test_counts_cleared_late(void **state)
{
	static const struct ig_flow_count none;
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		asks(&lab, &families[i], "cam", 1);
		for (uint32_t at = 0; at < IG_FLOW_COUNT_PLACES(lab.object.control->flow_slots);
		     at++)
			assert_int_equal(bpf_map_update_elem(lab.object.maps[IG_MAP_flow_counts],
							     &at, &none, BPF_ANY),
					 0);
		lab.now_ns += SECOND;
		answered(&lab, &families[i], "cam", 1, true);
		lab.now_ns += 181 * SECOND;
		answered(&lab, &families[i], "cam", 1, false);
	}
	lab_close(&lab);
}

static void test_critical_flows_have_their_own(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		opened_by_other(&lab, f, 23, 1);
		for (unsigned int port = 1; port < 50; port++) {
			asks(&lab, f, "cam", port);
			opened_by_other(&lab, f, 22, port);
		}
		assert_true(is_live(&lab, f, 23, 1));
		assert_int_equal(count_flows(&lab, f), CAM_FLOWS + 1);
		for (unsigned int port = 2; port <= CRITICAL_FLOWS; port++)
			opened_by_other(&lab, f, 23, port);
		assert_true(is_live(&lab, f, 23, 1));
		assert_true(is_live(&lab, f, 22, 49)); /* critical ones push out no others */
		opened_by_other(&lab, f, 23, CRITICAL_FLOWS + 1);
		assert_false(is_live(&lab, f, 23, 1));
		for (unsigned int port = 2; port <= CRITICAL_FLOWS + 1; port++)
			assert_true(is_live(&lab, f, 23, port));
		assert_true(is_live(&lab, f, 22, 49));
		assert_int_equal(count_flows(&lab, f), CAM_FLOWS + CRITICAL_FLOWS);
	}
	lab_close(&lab);
}

/* Quotas add up to what the tables hold: whoever opens the next one gets it. */
static void test_there_is_room_for_all(void **state)
{
	static const char full[] = HEAD
		"profiles:\n"
		"  p: {flows: 6, rules: [allow to any udp/5000, allow to any udp/5001 critical]}\n"
		"devices:\n"
		"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan, flows: 4,\n"
		"        profile: p}\n"
		"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11, 'fd00::11'], segment: lan,\n"
		"        profile: p}\n";
	struct lab lab;

	(void)state;
	lab_open(&lab, full, true);
	assert_int_equal(lab.object.control->flow_slots, CAPACITY);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		for (unsigned int port = 1; port < 3 * CAPACITY; port++) {
			asks(&lab, f, "cam", port);
			asks(&lab, f, "nvr", port);
			lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s udp %u>5001", f->ip,
				   f->cam, f->server, port);
			lab_expect(&lab, FROM, true, "rule", "nvr>gw %s %s>%s udp %u>5001", f->ip,
				   f->nvr, f->server, port);
			answered(&lab, f, "cam", port, true);
			answered(&lab, f, "nvr", port, true);
			lab_expect(&lab, TO, true, "flow", "gw>cam %s %s>%s udp 5001>%u", f->ip,
				   f->server, f->cam, port);
			lab_expect(&lab, TO, true, "flow", "gw>nvr %s %s>%s udp 5001>%u", f->ip,
				   f->server, f->nvr, port);
		}
		assert_int_equal(count_flows(&lab, f), CAPACITY);
	}
	lab_close(&lab);
}

/* What is refused, spoofed or let through by monitor mode makes none. */
static void test_who_makes_none(void **state)
{
	static const char watched[] = HEAD
		"devices:\n"
		"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"
		"        mode: monitor, rules: [allow to any udp/5000]}\n";
	struct lab lab;

	(void)state;
	lab_open(&lab, watched, true);
	lab_expect(&lab, FROM, true, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5001");
	lab_expect(&lab, FROM, true, "source-spoof", "cam>gw ip4 10.0.0.11>203.0.113.5 udp 1>5000");
	lab_expect(&lab, TO, true, "no-rule", "gw>cam ip4 203.0.113.5>10.0.0.10 udp 1>5000");
	lab_expect(&lab, FROM, true, "arp", "cam>all arp request cam 10.0.0.10 - 10.0.0.1");
	lab_expect(&lab, FROM, true, "nd",
		   "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 opt 1 cam");
	lab_expect(&lab, FROM, true, "dhcp",
		   "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		assert_int_equal(count_flows(&lab, &families[i]), 0);
	lab_close(&lab);
}

/* --- changes of policy --- */

static const char narrower[] = INVENTORY("allow to any udp/5000");

static void test_a_change_waits_for_the_flip(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	lab_write(&lab, narrower);
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA");
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 2>443 S");
	opened_by_other(&lab, &families[0], 22, 1);
	/* written again: still idle */
	lab_write(&lab, INVENTORY("deny to any"));
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 3>443 S");
	lab_write(&lab, narrower);
	lab_flip(&lab);
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 4>443 S");
	lab_expect(&lab, TO, false, "no-rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 2>22 S");
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 4>5000");
	/* and back, as a generation of its own */
	lab_write(&lab, base);
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 5>443 S");
	lab_flip(&lab);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 6>443 S");
	assert_int_equal(lab.object.control->generation, 3);
	lab_close(&lab);
}

static void flip_to(struct lab *lab, const char *inventory)
{
	lab_write(lab, inventory);
	lab_flip(lab);
}

/* Judged again by the rules of who opened it, whoever speaks first after the change. */
static void test_what_is_allowed_goes_on(void **state)
{
	static const char other[] =
		INVENTORY("deny to any tcp/1, allow to any udp/5000, allow to any tcp/443, "
			  "deny from any tcp/1, allow from any tcp/22");
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		asks(&lab, f, "cam", 1);
		opened_by_other(&lab, f, 22, 1);
		opened_by_other(&lab, f, 22, 2);
		flip_to(&lab, other);
		/* by the other end, then from either */
		lab_expect(&lab, TO, true, "rule", "gw>cam %s %s>%s udp 5000>1", f->ip, f->server,
			   f->cam);
		answered(&lab, f, "cam", 1, true);
		lab_expect(&lab, FROM, true, "flow", "cam>gw %s %s>%s udp 1>5000", f->ip, f->cam,
			   f->server);
		/* by the answering end, and by the opening one */
		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s tcp 22>1 SA", f->ip, f->cam,
			   f->server);
		lab_expect(&lab, TO, true, "flow", "gw>cam %s %s>%s tcp 1>22 A", f->ip, f->server,
			   f->cam);
		lab_expect(&lab, TO, true, "rule", "gw>cam %s %s>%s tcp 2>22 PA", f->ip, f->server,
			   f->cam);
		lab_expect(&lab, FROM, true, "flow", "cam>gw %s %s>%s tcp 22>2 A", f->ip, f->cam,
			   f->server);
		assert_int_equal(count_flows(&lab, f), 3);
		flip_to(&lab, base);
	}
	lab_close(&lab);
}

static void test_what_is_not_allowed_is_cut(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s tcp 1>443 S", f->ip, f->cam,
			   f->server);
		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s tcp 2>443 S", f->ip, f->cam,
			   f->server);
		opened_by_other(&lab, f, 22, 1);
		opened_by_other(&lab, f, 23, 2);
		flip_to(&lab, narrower);
		/* each at its next packet, from the one side or the other */
		lab_expect(&lab, FROM, false, "no-rule", "cam>gw %s %s>%s tcp 1>443 A", f->ip,
			   f->cam, f->server);
		lab_expect(&lab, TO, false, "no-rule", "gw>cam %s %s>%s tcp 443>2 SA", f->ip,
			   f->server, f->cam);
		lab_expect(&lab, TO, false, "no-rule", "gw>cam %s %s>%s tcp 1>22 A", f->ip,
			   f->server, f->cam);
		lab_expect(&lab, FROM, false, "no-rule", "cam>gw %s %s>%s tcp 23>2 SA", f->ip,
			   f->cam, f->server);
		assert_int_equal(count_flows(&lab, f), 0);
		/* nor does the way back to the old policy bring them back */
		flip_to(&lab, base);
		lab_expect(&lab, TO, false, "no-rule", "gw>cam %s %s>%s tcp 443>2 SA", f->ip,
			   f->server, f->cam);
	}
	lab_close(&lab);
}

/* Allowed by another rule than before, of another kind: it moves to the other ring. */
static void test_a_flow_becomes_critical(void **state)
{
	const struct family *f = &families[0];
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	opened_by_other(&lab, f, 22, 1);
	flip_to(&lab, INVENTORY("allow to any udp/5000, allow from any tcp/22 critical"));
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 22>1 SA");
	for (unsigned int port = 1; port < 30; port++)
		asks(&lab, f, "cam", port);
	assert_true(is_live(&lab, f, 22, 1));
	assert_int_equal(count_flows(&lab, f), CAM_FLOWS + 1);
	flip_to(&lab, base);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 22>1 A");
	for (unsigned int port = 1; port <= CAM_FLOWS; port++)
		lab_expect(&lab, FROM, true, "rule",
			   "cam>gw ip4 10.0.0.10>203.0.113.5 tcp %u>443 S", port);
	assert_false(is_live(&lab, f, 22, 1));
	assert_int_equal(count_flows(&lab, f), CAM_FLOWS);
	lab_close(&lab);
}

/* --- what follows a flow --- */

/* An error about a conversation that was judged by an older policy: would it still be admitted? It is
 * not judged anew by that. */
static void test_errors_after_a_change(void **state)
{
	const char *error = "gw>cam ip4 198.51.100.9>10.0.0.10 icmp 3.4 0 quote "
			    "ip4 10.0.0.10>203.0.113.5 tcp 1>443 A";
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	lab_expect(&lab, TO, true, "icmp-error", "%s", error);
	flip_to(&lab, base);
	lab_expect(&lab, TO, true, "icmp-error", "%s", error);
	lab_expect(&lab, TO, true, "icmp-error", "%s", error);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	flip_to(&lab, narrower);
	lab_expect(&lab, TO, false, "no-rule", "%s", error);
	/* the flow is still there: back in time, it is judged again */
	flip_to(&lab, base);
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA");
	lab_close(&lab);
}

/* A datagram is judged by one policy. */
static void test_fragments_and_a_change(void **state)
{
	const char *first = "cam>gw ip4 10.0.0.10>203.0.113.5 id 7 mf udp 1>5000 data 8";
	const char *later = "cam>gw ip4 10.0.0.10>203.0.113.5 id 7 mf frag 2 proto 17 data 8";
	const char *last = "cam>gw ip4 10.0.0.10>203.0.113.5 id 7 frag 3 proto 17 data 8";
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	lab_expect(&lab, FROM, true, "rule", "%s", first);
	lab_expect(&lab, FROM, true, "later-fragment", "%s", later);
	flip_to(&lab, base);
	lab_expect(&lab, FROM, false, "fragment", "%s", last);
	/* sent again, it is another one, in the place of the first */
	lab_expect(&lab, FROM, true, "rule", "%s", first);
	lab_expect(&lab, FROM, true, "later-fragment", "%s", last);
	lab_expect(&lab, FROM, true, "later-fragment", "%s", later);
	lab_expect(&lab, FROM, false, "fragment", "%s", later);
	/* what was refused for an overlap is, too */
	lab_expect(&lab, FROM, true, "flow", "%s", first);
	lab_expect(&lab, FROM, false, "fragment-overlap", "%s", first);
	flip_to(&lab, base);
	lab_expect(&lab, FROM, true, "rule", "%s", first);
	lab_expect(&lab, FROM, true, "later-fragment", "%s", later);
	lab_close(&lab);
}

/* The place of a first fragment is that of the same datagram under another policy. */
static void test_fragments_take_no_second_place(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (unsigned int id = 1; id <= IG_DATAGRAM_PLACES; id++) {
		lab_expect(&lab, FROM, true, id == 1 ? "rule" : "flow",
			   "cam>gw ip4 10.0.0.10>203.0.113.5 id %u mf udp 1>5000 data 8", id);
		lab.now_ns += SECOND;
	}
	flip_to(&lab, base);
	/* all of them again: none pushes out another one */
	for (unsigned int id = IG_DATAGRAM_PLACES; id >= 1; id--)
		lab_expect(&lab, FROM, true, id == IG_DATAGRAM_PLACES ? "rule" : "flow",
			   "cam>gw ip4 10.0.0.10>203.0.113.5 id %u mf udp 1>5000 data 8", id);
	for (unsigned int id = 1; id <= IG_DATAGRAM_PLACES; id++)
		lab_expect(&lab, FROM, true, "later-fragment",
			   "cam>gw ip4 10.0.0.10>203.0.113.5 id %u frag 2 proto 17 data 8", id);
	lab_close(&lab);
}

/* --- rules that end --- */

#define LAST_SECOND 1600127999ull /* of 14 September 2020 */

static const char ending[] = INVENTORY(
	"allow to any udp/5000 until 2020-09-14, allow from any udp/5001 until 2020-09-14, "
	"deny to any udp/5002 until 2020-09-14, allow to any udp/5002");

static void test_a_rule_ends(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, ending, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		/* the clock of a replay is only ever set here */
		lab.now_ns = LAST_SECOND * SECOND - SECOND;
		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s udp 1>5000", f->ip, f->cam,
			   f->server);
		lab_expect(&lab, FROM, false, "rule-deny", "cam>gw %s %s>%s udp 1>5002", f->ip,
			   f->cam, f->server);
		lab.now_ns = LAST_SECOND * SECOND + SECOND - 1;
		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s udp 2>5000", f->ip, f->cam,
			   f->server);
		lab_expect(&lab, TO, true, "rule", "gw>cam %s %s>%s udp 1>5001", f->ip, f->server,
			   f->cam);
		answered(&lab, f, "cam", 1, true);
		lab.now_ns++;
		/* no new ones, and those that it admitted end */
		lab_expect(&lab, FROM, false, "no-rule", "cam>gw %s %s>%s udp 3>5000", f->ip,
			   f->cam, f->server);
		answered(&lab, f, "cam", 1, false);
		lab_expect(&lab, FROM, false, "no-rule", "cam>gw %s %s>%s udp 2>5000", f->ip,
			   f->cam, f->server);
		lab_expect(&lab, FROM, false, "no-rule", "cam>gw %s %s>%s udp 5001>1", f->ip,
			   f->cam, f->server);
		assert_int_equal(count_flows(&lab, f), 0);
		/* what stands behind it holds now */
		lab_expect(&lab, FROM, true, "rule", "cam>gw %s %s>%s udp 1>5002", f->ip, f->cam,
			   f->server);
	}
	lab_close(&lab);
}

/* Another rule allows it from then on: the conversation is not cut. */
static void test_a_rule_ends_and_another_one_holds(void **state)
{
	const struct family *f = &families[0];
	struct lab lab;

	(void)state;
	lab_open(&lab, INVENTORY("allow to any udp/5000 until 2020-09-14, allow to any udp"), true);
	lab.now_ns = LAST_SECOND * SECOND;
	asks(&lab, f, "cam", 1);
	answered(&lab, f, "cam", 1, true);
	lab.now_ns += SECOND;
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 203.0.113.5>10.0.0.10 udp 5000>1");
	lab.now_ns += SECOND;
	answered(&lab, f, "cam", 1, true);
	lab_close(&lab);
}

/* Where the clock is not known to be right, a rule that ends does not match. */
static void test_a_clock_that_may_be_wrong(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab,
		 INVENTORY("allow to any udp/5000 until 2099-12-31, allow to any udp/5001, "
			   "allow to any udp/5002 until 2001-01-01"),
		 false);
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5000");
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5001");
	lab.object.control->clock_right = 1;
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5000");
	lab_expect(&lab, FROM, true, "flow", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5000");
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5002");
	lab.object.control->clock_right = 0;
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>203.0.113.5 udp 2>5000");
	lab_close(&lab);
}

/* --- state, quotas, and who is gone --- */

/* A change between two packets takes no time from a connection. */
static void test_a_change_keeps_the_state(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA");
	flip_to(&lab, base);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 A");
	lab.now_ns += 7440 * SECOND;
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 A");
	/* closed before the change: it does not come to life */
	lab_expect(&lab, FROM, true, "flow", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 FA");
	flip_to(&lab, base);
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 A");
	lab.now_ns += 241 * SECOND;
	lab_expect(&lab, TO, false, "no-rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 A");
	lab_close(&lab);
}

static void test_a_change_while_it_opens(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	flip_to(&lab, base);
	/* the answer, judged again, establishes it as it would have on the flow */
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA");
	lab_expect(&lab, FROM, true, "flow", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 A");
	lab.now_ns += 7440 * SECOND;
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>1 A");
	/* without an answer it stays what it was */
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 2>443 S");
	flip_to(&lab, base);
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 2>443 A");
	lab.now_ns += 241 * SECOND;
	lab_expect(&lab, TO, false, "no-rule", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>2 SA");
	lab_close(&lab);
}

static void raise_epoch(const struct lab *lab, const char *machine)
{
	uint32_t index = lab_index(lab, machine);
	struct ig_state now;

	assert_int_equal(bpf_map_lookup_elem(lab->object.maps[IG_MAP_state], &index, &now), 0);
	now.epoch++;
	assert_int_equal(bpf_map_update_elem(lab->object.maps[IG_MAP_state], &index, &now, BPF_ANY),
			 0);
}

static void test_an_epoch_is_one_devices(void **state)
{
	const struct family *f = &families[0];
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	asks(&lab, f, "cam", 1);
	asks(&lab, f, "nvr", 1);
	raise_epoch(&lab, "cam");
	answered(&lab, f, "nvr", 1, true);
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 203.0.113.5>10.0.0.10 udp 5000>1");
	answered(&lab, f, "cam", 1, true);
	lab_close(&lab);
}

/* A flow of somebody who is gone, or who lost the address, carries nothing more. */
static void test_who_is_gone(void **state)
{
	static const char moved[] = HEAD
		"devices:\n"
		"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.99], segment: lan, flows: 4,\n"
		"        rules: [allow to any udp/5000]}\n" NVR;
	static const char gone[] = HEAD "devices:\n" NVR;
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	asks(&lab, &families[0], "cam", 1);
	flip_to(&lab, moved);
	lab_expect(&lab, FROM, false, "source-spoof",
		   "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5000");
	lab_expect(&lab, TO, false, "not-its-address",
		   "gw>cam ip4 203.0.113.5>10.0.0.10 udp 5000>1");
	flip_to(&lab, gone);
	lab_expect(&lab, FROM, false, "unknown-device",
		   "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1>5000");
	lab_expect(&lab, TO, false, "unknown-unicast",
		   "gw>cam ip4 203.0.113.5>10.0.0.10 udp 5000>1");
	lab_close(&lab);
}

/*
 * Another quota means other slots, for the devices behind it as well. Their flows go on, and move when they are judged
 * again; nobody ends with more than the new quota, and nothing is left over.
 */
static void test_a_change_of_quotas(void **state)
{
	static const char shifted[] = HEAD
		"devices:\n"
		"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan, flows: 6,\n"
		"        rules: [allow to any udp/5000]}\n"
		"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11, 'fd00::11'], segment: lan, flows: 4,\n"
		"        rules: [allow to any udp/5000]}\n";
	struct lab lab;

	(void)state;
	lab_open(&lab, base, true);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *f = &families[i];

		flip_to(&lab, base);
		for (unsigned int port = 1; port <= 4; port++)
			asks(&lab, f, "nvr", port);
		flip_to(&lab, shifted);
		/* the first packet of each is judged again, and the next one is on the flow */
		for (unsigned int port = 1; port <= 4; port++) {
			lab_expect(&lab, TO, true, "rule", "gw>nvr %s %s>%s udp 5000>%u", f->ip,
				   f->server, f->nvr, port);
			answered(&lab, f, "nvr", port, true);
		}
		for (unsigned int port = 100; port < 100 + 4 * CAPACITY; port++) {
			lab.now_ns += SECOND;
			asks(&lab, f, "cam", port);
			asks(&lab, f, "nvr", port);
			answered(&lab, f, "cam", port, true);
			answered(&lab, f, "nvr", port, true);
		}
		assert_int_equal(count_flows(&lab, f), 6 + 4);
	}
	lab_close(&lab);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_idle_one_goes),
		cmocka_unit_test(test_what_is_in_use_stays),
		cmocka_unit_test(test_going_on_takes_no_slot),
		cmocka_unit_test(test_counts_cleared_late),
		cmocka_unit_test(test_critical_flows_have_their_own),
		cmocka_unit_test(test_there_is_room_for_all),
		cmocka_unit_test(test_who_makes_none),
		cmocka_unit_test(test_a_change_waits_for_the_flip),
		cmocka_unit_test(test_what_is_allowed_goes_on),
		cmocka_unit_test(test_what_is_not_allowed_is_cut),
		cmocka_unit_test(test_a_flow_becomes_critical),
		cmocka_unit_test(test_errors_after_a_change),
		cmocka_unit_test(test_fragments_and_a_change),
		cmocka_unit_test(test_fragments_take_no_second_place),
		cmocka_unit_test(test_a_rule_ends),
		cmocka_unit_test(test_a_rule_ends_and_another_one_holds),
		cmocka_unit_test(test_a_clock_that_may_be_wrong),
		cmocka_unit_test(test_a_change_keeps_the_state),
		cmocka_unit_test(test_a_change_while_it_opens),
		cmocka_unit_test(test_an_epoch_is_one_devices),
		cmocka_unit_test(test_who_is_gone),
		cmocka_unit_test(test_a_change_of_quotas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
