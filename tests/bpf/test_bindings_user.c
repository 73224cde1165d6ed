/* SPDX-License-Identifier: BSD-2-Clause */
/* What userspace binds, reads back and forgets, in the maps of an instance, and that the programs go
 * by it. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "bindings.h"
#include "clock.h"
#include "generation.h"
#include "placement.h"
#include "tidy.h"
#include "util.h"
#include "world.h"

#define INVENTORY                                                                               \
	"version: 1\n"                                                                          \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fe80::1']}\n"            \
	"segments:\n"                                                                           \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 10.0.0.128/25, 'fd00::/64']}\n"    \
	"  free: {interfaces: [lan0], vlan: 7}\n"                                               \
	"hosts:\n"                                                                              \
	"  admin: {mac: '02:00:00:00:00:21', segment: free}\n"                                  \
	"devices:\n"                                                                            \
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, rules: [allow to any udp/5000]}\n"     \
	"  nvr: {mac: '02:00:00:00:00:11', segment: lan, addresses: [10.0.0.11, 'fd00::11']}\n" \
	"  plug: {mac: '02:00:00:00:00:30', segment: lan}\n"                                    \
	"  behind: {identify: address, router: 'device:plug', addresses: [172.16.0.9]}\n"

#define CAM	"02:00:00:00:00:10"
#define NVR	"02:00:00:00:00:11"
#define ADMIN	"02:00:00:00:00:21"
#define PLUG	"02:00:00:00:00:30"
#define GATEWAY "02:00:00:00:00:01"

static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	lab_open(&lab, INVENTORY, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

/* --- saying and asking --- */

static void read_address(const char *text, uint8_t addr[16])
{
	memset(addr, 0, 16);
	addr[10] = addr[11] = 0xff;
	if (inet_pton(AF_INET, text, addr + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
}

/* @seconds: from now; 0: never. */
static struct ig_known_address known(const char *mac, const char *addr, uint8_t source, int seconds)
{
	struct ig_known_address address = {.source = source};

	assert_int_equal(sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &address.mac[0],
				&address.mac[1], &address.mac[2], &address.mac[3], &address.mac[4],
				&address.mac[5]),
			 6);
	read_address(addr, address.addr);
	address.expires_at = seconds ? (uint64_t)((int64_t)time(NULL) + seconds) : 0;
	return address;
}

/* How many the machine did not have. */
static size_t put(const char *mac, const char *addr, uint8_t source, int seconds)
{
	struct ig_known_address address = known(mac, addr, source, seconds);
	struct ig_known list = {.items = &address, .count = 1};
	struct ig_bound bound = {};

	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &list, &bound), 0);
	return bound.leases + bound.claims;
}

static bool lease(const char *mac, const char *addr)
{
	return put(mac, addr, IG_BINDING_LEASE, 600);
}

static bool claim(const char *mac, const char *addr)
{
	return put(mac, addr, IG_BINDING_CLAIM, 600);
}

/* "10 10.0.0.5, ..." of all that is bound: the end of the MAC address, hosts first. */
static void expect_bound(const char *expected)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	char text[4096] = "";

	assert_int_equal(ig_bindings_read(&lab.object, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		const struct ig_known_address *a = &list.items[i].known;
		bool v4 = a->addr[10] == 0xff && a->addr[11] == 0xff && !a->addr[0];
		char addr[INET6_ADDRSTRLEN];

		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->addr + 12 : a->addr, addr, sizeof(addr));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%02x %s",
			 i ? ", " : "", a->mac[5], addr);
	}
	assert_string_equal(text, expected);
}

static uint32_t epoch_of(const char *machine)
{
	uint32_t index = lab_index(&lab, machine);
	struct ig_state state;

	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_state], &index, &state), 0);
	return state.epoch;
}

static bool look_up(const char *addr, uint32_t scope, struct ig_binding *binding)
{
	struct ig_binding_key key = {.scope = scope};

	read_address(addr, key.addr);
	return !bpf_map_lookup_elem(lab.object.maps[IG_MAP_bindings], &key, binding);
}

static size_t in_table(void)
{
	struct ig_binding_key key, *previous = NULL;
	size_t n = 0;

	while (!bpf_map_get_next_key(lab.object.maps[IG_MAP_bindings], previous, &key)) {
		previous = &key;
		n++;
	}
	return n;
}

/* --- what may be bound --- */

static void test_leases(void **state)
{
	(void)state;
	assert_true(lease(CAM, "10.0.0.5"));
	assert_true(lease(CAM, "10.0.0.200"));
	assert_true(lease(CAM, "169.254.3.4"));
	assert_true(lease(ADMIN, "10.9.9.9")); /* its segment lists no network */
	expect_bound("21 10.9.9.9, 10 10.0.0.5, 10 10.0.0.200, 10 169.254.3.4");
	assert_false(lease(CAM, "10.0.1.5"));	/* not on the link */
	assert_false(lease(CAM, "10.0.0.255")); /* the broadcast address of the longest network */
	assert_true(lease(CAM, "10.0.0.127"));	/* and not that of a shorter one */
	assert_false(lease(ADMIN, "0.1.2.3"));
	assert_false(lease(ADMIN, "127.0.0.1"));
	assert_false(lease(ADMIN, "224.0.0.1"));
	assert_false(lease(ADMIN, "255.255.255.255"));
	assert_false(lease(CAM, "fd00::5")); /* leases are of IPv4 */
	assert_int_equal(in_table(), 5);
}

static void test_claims(void **state)
{
	(void)state;
	assert_true(claim(CAM, "fe80::5"));
	assert_true(claim(CAM, "fd00::5"));
	assert_true(claim(ADMIN, "2001:db8::5"));
	assert_true(claim(ADMIN, "fd00:7::5"));
	expect_bound("21 2001:db8::5, 21 fd00:7::5, 10 fe80::5, 10 fd00::5");
	assert_false(claim(CAM, "2001:db8::6")); /* its segment lists another network */
	assert_false(claim(ADMIN, "ff02::1"));
	assert_false(claim(ADMIN, "::"));
	assert_false(claim(ADMIN, "::1"));
	assert_false(claim(ADMIN, "10.9.9.9"));	      /* claims are of IPv6 */
	assert_false(claim(CAM, "fe80::ff:fe00:10")); /* follows from its own MAC address */
	assert_false(claim(CAM, "fe80::ff:fe00:30")); /* from that of the plug */
	assert_true(claim(CAM, "fe80::ff:fe00:99"));  /* of nobody */
	assert_false(put(CAM, "fd00::6", IG_BINDING_LEARNT, 600));
}

static void test_whom_nothing_is_bound_to(void **state)
{
	(void)state;
	assert_false(lease("02:00:00:00:00:99", "10.0.0.5"));
	assert_false(lease(GATEWAY, "10.0.0.5"));
	/* what the router says is its own; what is behind it has listed addresses only */
	assert_true(lease(PLUG, "10.0.0.5"));
	assert_false(lease(PLUG, "172.16.0.9"));
	expect_bound("30 10.0.0.5");
}

static void test_listed_addresses_come_first(void **state)
{
	(void)state;
	assert_false(lease(CAM, "10.0.0.11"));
	assert_false(lease(NVR, "10.0.0.11"));
	assert_false(claim(CAM, "fd00::11"));
	assert_false(lease(CAM, "10.0.0.1"));
	assert_false(claim(CAM, "fe80::1"));
	expect_bound("");
	assert_int_equal(in_table(), 0);
}

static void test_link_local_addresses_are_of_a_segment(void **state)
{
	(void)state;
	assert_true(claim(CAM, "fe80::5"));
	assert_true(claim(ADMIN, "fe80::5"));
	assert_false(claim(PLUG, "fe80::5"));
	expect_bound("21 fe80::5, 10 fe80::5");
}

/* --- who gets it --- */

static void test_a_lease_displaces(void **state)
{
	uint32_t before, other;

	(void)state;
	assert_true(lease(CAM, "10.0.0.5"));
	before = epoch_of("cam");
	other = epoch_of("plug");
	assert_true(lease(PLUG, "10.0.0.5"));
	expect_bound("30 10.0.0.5");
	assert_int_not_equal(epoch_of("cam"), before); /* its flows are judged again */
	assert_int_equal(epoch_of("plug"), other);
	assert_int_equal(in_table(), 1);
	/* the place that it lost is the first one that is free */
	assert_true(lease(CAM, "10.0.0.6"));
	assert_true(lease(CAM, "10.0.0.7"));
	expect_bound("10 10.0.0.6, 10 10.0.0.7, 30 10.0.0.5");
}

static void test_a_claim_displaces_nobody(void **state)
{
	uint32_t before;

	(void)state;
	assert_true(claim(CAM, "fd00::5"));
	before = epoch_of("cam");
	assert_false(claim(PLUG, "fd00::5"));
	expect_bound("10 fd00::5");
	assert_int_equal(epoch_of("cam"), before);
}

/* All at once as well: the first who claims, the last who has a lease. */
static void test_in_one_list(void **state)
{
	struct ig_known_address items[] = {
		known(CAM, "fd00::5", IG_BINDING_CLAIM, 600),
		known(CAM, "10.0.0.5", IG_BINDING_LEASE, 600),
		known(PLUG, "fd00::5", IG_BINDING_CLAIM, 600),
		known(PLUG, "10.0.0.5", IG_BINDING_LEASE, 600),
		known(CAM, "10.0.0.6", IG_BINDING_LEASE, 600),
		known(CAM, "10.0.0.7", IG_BINDING_LEASE, -1),
	};
	struct ig_known list = {.items = items, .count = ARRAY_SIZE(items)};
	struct ig_bound bound = {};

	(void)state;
	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &list, &bound), 0);
	expect_bound("10 fd00::5, 10 10.0.0.6, 30 10.0.0.5");
	assert_int_equal(bound.claims, 1);
	assert_int_equal(bound.leases, 3);
	assert_int_equal(in_table(), 3);
	/* the same again comes to the same, although one lost what he had in between */
	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &list, &bound), 0);
	expect_bound("10 fd00::5, 10 10.0.0.6, 30 10.0.0.5");
	assert_int_equal(in_table(), 3);
	/* and where nobody does, to nothing */
	bound = (struct ig_bound){};
	items[1].expires_at = 1;
	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &list, &bound), 0);
	assert_int_equal(bound.claims + bound.leases, 0);
}

/* --- until when --- */

static uint64_t seconds_left(const char *addr)
{
	struct ig_binding binding;

	assert_true(look_up(addr, IG_NO_SEGMENT, &binding));
	assert_true(!binding.expires_ns || binding.expires_ns > ig_clock_now());
	return binding.expires_ns ? (binding.expires_ns - ig_clock_now() + SECOND / 2) / SECOND : 0;
}

static void expect_left(const char *addr, uint64_t seconds)
{
	assert_in_range(seconds_left(addr), seconds - 30, seconds);
}

static void test_ends(void **state)
{
	(void)state;
	assert_false(put(CAM, "10.0.0.5", IG_BINDING_LEASE, -1));
	expect_bound("");
	assert_true(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 3600));
	expect_left("10.0.0.5", 3600);
	assert_true(put(CAM, "10.0.0.6", IG_BINDING_LEASE, 0));
	assert_int_equal(seconds_left("10.0.0.6"), 0);
	/* a day and no more */
	assert_true(put(CAM, "fd00::5", IG_BINDING_CLAIM, 0));
	expect_left("fd00::5", 86400);
	assert_true(put(CAM, "fd00::6", IG_BINDING_CLAIM, 1000000));
	expect_left("fd00::6", 86400);
}

static void test_an_end_far_away_is_one(void **state)
{
	struct ig_known_address address = known(CAM, "10.0.0.5", IG_BINDING_LEASE, 1);
	struct ig_known list = {.items = &address, .count = 1};
	struct ig_bound bound = {};
	struct ig_binding binding;

	(void)state;
	address.expires_at = UINT64_MAX;
	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &list, &bound), 0);
	assert_true(look_up("10.0.0.5", IG_NO_SEGMENT, &binding));
	assert_true(binding.expires_ns > ig_clock_now() && binding.expires_ns < 1ull << 62);
}

static void test_a_lease_is_not_made_shorter(void **state)
{
	(void)state;
	assert_true(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 3600));
	assert_false(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 600));
	expect_left("10.0.0.5", 3600);
	assert_false(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 7200));
	expect_left("10.0.0.5", 7200);
	assert_false(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 0));
	assert_int_equal(seconds_left("10.0.0.5"), 0);
	assert_false(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 7200));
	assert_int_equal(seconds_left("10.0.0.5"), 0);
}

/* As time passes, without waiting for it. */
static void end_now(const char *addr)
{
	struct ig_binding_key key = {.scope = IG_NO_SEGMENT};
	struct ig_binding binding;

	read_address(addr, key.addr);
	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_bindings], &key, &binding), 0);
	binding.expires_ns = 1;
	assert_int_equal(
		bpf_map_update_elem(lab.object.maps[IG_MAP_bindings], &key, &binding, BPF_ANY), 0);
}

static void test_what_has_ended_is_free(void **state)
{
	(void)state;
	assert_true(claim(CAM, "fd00::5"));
	assert_true(lease(CAM, "10.0.0.5"));
	end_now("fd00::5");
	expect_bound("10 10.0.0.5");
	assert_true(claim(PLUG, "fd00::5"));
	expect_bound("10 10.0.0.5, 30 fd00::5");
	end_now("10.0.0.5");
	assert_true(lease(CAM, "10.0.0.5")); /* again */
	/* and its first place is free, since what it names is another's */
	assert_true(lease(CAM, "10.0.0.6"));
	expect_bound("10 10.0.0.6, 10 10.0.0.5, 30 fd00::5");
	assert_int_equal(in_table(), 3);
}

/* --- places --- */

static const char *numbered(unsigned int i)
{
	static char text[32];

	snprintf(text, sizeof(text), "fd00::1:%u", i);
	return text;
}

static void test_places(void **state)
{
	uint32_t before;
	char text[32];

	(void)state;
	for (unsigned int i = 0; i < IG_BINDING_PLACES; i++)
		assert_int_equal(put(CAM, numbered(i), IG_BINDING_CLAIM, 1000 + (int)i), 1);
	assert_int_equal(in_table(), IG_BINDING_PLACES);
	before = epoch_of("cam");
	/* the claim that ends first goes, and its flows with it */
	assert_int_equal(put(CAM, "10.0.0.5", IG_BINDING_LEASE, 10), 1);
	assert_int_equal(in_table(), IG_BINDING_PLACES);
	assert_false(look_up(numbered(0), IG_NO_SEGMENT, &(struct ig_binding){}));
	assert_int_not_equal(epoch_of("cam"), before);
	/* before any lease goes, however soon that ends */
	for (unsigned int i = 1; i < IG_BINDING_PLACES; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", 30 + i);
		assert_int_equal(put(CAM, text, IG_BINDING_LEASE, 2000 + (int)i), 1);
		assert_false(look_up(numbered(i), IG_NO_SEGMENT, &(struct ig_binding){}));
	}
	/* then the lease that ends first; one that never does comes last */
	assert_int_equal(put(CAM, "10.0.0.100", IG_BINDING_LEASE, 0), 1);
	assert_false(look_up("10.0.0.5", IG_NO_SEGMENT, &(struct ig_binding){}));
	for (unsigned int i = 0; i < IG_BINDING_PLACES; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", 60 + i);
		assert_int_equal(put(CAM, text, IG_BINDING_LEASE, 3000), 1);
	}
	assert_true(look_up("10.0.0.100", IG_NO_SEGMENT, &(struct ig_binding){}));
	assert_int_equal(in_table(), IG_BINDING_PLACES);
	/* nobody else's were touched */
	assert_true(lease(PLUG, "10.0.0.90"));
	assert_int_equal(in_table(), IG_BINDING_PLACES + 1);
}

/* --- the programs --- */

static void test_the_programs_go_by_it(void **state)
{
	(void)state;
	lab_expect(&lab, FROM, false, "source-spoof", "cam>gw ip4 10.0.0.5>203.0.113.9 udp 1>5000");
	assert_true(lease(CAM, "10.0.0.5"));
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.5>203.0.113.9 udp 1>5000");
	assert_true(lease(PLUG, "10.0.0.5"));
	lab_expect(&lab, FROM, false, "source-spoof", "cam>gw ip4 10.0.0.5>203.0.113.9 udp 1>5000");
}

/* --- forgetting --- */

static void test_forgetting(void **state)
{
	uint32_t cam = lab_index(&lab, "cam"), plug = lab_index(&lab, "plug");
	struct ig_holding holding, nobody = {};

	(void)state;
	for (unsigned int i = 0; i < IG_BINDING_PLACES; i++)
		assert_true(claim(CAM, numbered(i)));
	assert_true(lease(PLUG, "10.0.0.5"));
	assert_true(claim(ADMIN, "fe80::5"));
	ig_bindings_forget(&lab.object, (uint32_t[]){cam, plug}, 2);
	expect_bound("21 fe80::5");
	assert_int_equal(in_table(), 1);
	for (uint32_t i = 0; i < IG_BINDING_PLACES; i++) {
		uint32_t at = cam * IG_BINDING_PLACES + i;

		assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_held], &at, &holding),
				 0);
		assert_memory_equal(&holding.key, &nobody.key, sizeof(nobody.key));
	}
	ig_bindings_forget(&lab.object, NULL, 0);
	expect_bound("21 fe80::5");
}

/* What no place names is forgotten with the rest of its machine. */
static void test_forgetting_what_no_place_names(void **state)
{
	uint32_t cam = lab_index(&lab, "cam");
	struct ig_binding stray = {.device = cam, .source = IG_BINDING_LEASE, .place = 3};
	struct ig_binding_key key = {.scope = IG_NO_SEGMENT};

	(void)state;
	read_address("10.0.0.77", key.addr);
	assert_int_equal(
		bpf_map_update_elem(lab.object.maps[IG_MAP_bindings], &key, &stray, BPF_ANY), 0);
	expect_bound("");
	ig_bindings_forget(&lab.object, &cam, 1);
	assert_int_equal(in_table(), 0);
}

/* Of the policy before, and of no machine of the one in force. */
static void test_a_change_forgets(void **state)
{
	uint32_t fresh = lab_index(&lab, "plug");
	struct ig_placement placement = {.fresh = &fresh, .n_fresh = 1};
	struct ig_mac cam = {};

	(void)state;
	assert_true(lease(CAM, "10.0.0.5"));
	assert_true(lease(PLUG, "10.0.0.6"));
	assert_true(claim(ADMIN, "fe80::5"));
	ig_placement_clean_fresh(&placement, &lab.object);
	expect_bound("21 fe80::5, 10 10.0.0.5");
	lab_write(&lab, INVENTORY);
	lab_flip(&lab);
	ig_tidy_machines(&lab.object);
	expect_bound("21 fe80::5, 10 10.0.0.5");
	frame_mac("cam", cam.addr);
	assert_int_equal(bpf_map_delete_elem(ig_generation_map(&lab.object, IG_MAP_devices), &cam),
			 0);
	ig_tidy_machines(&lab.object);
	expect_bound("21 fe80::5");
}

/* --- many --- */

#define MANY 2000

static char *many_machines(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs("version: 1\nsegments:\n  lan: {interfaces: [lan0]}\ndevices:\n", f);
	for (unsigned int i = 0; i < MANY; i++)
		fprintf(f, "  d%u: {mac: '02:01:00:00:%02x:%02x', segment: lan}\n", i, i >> 8,
			i & 255);
	fclose(f);
	return text;
}

static void test_many(void **state)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	_cleanup_(ig_known_clear) struct ig_known all = {};
	_free_ uint32_t *indices = calloc(MANY, sizeof(*indices));
	_free_ char *text = many_machines();
	struct ig_bound bound = {};

	(void)state;
	lab_close(&lab);
	lab_open(&lab, text, false);
	for (uint32_t i = 0; i < MANY * IG_BINDING_PLACES; i++) {
		struct ig_known_address a = {
			.mac = {2, 1, 0, 0, (uint8_t)(i / IG_BINDING_PLACES >> 8),
				(uint8_t)(i / IG_BINDING_PLACES)},
			.addr = {0x20, 1, [12] = (uint8_t)(i >> 16), [13] = (uint8_t)(i >> 8),
				 [14] = (uint8_t)i},
			.source = IG_BINDING_CLAIM,
		};

		assert_int_equal(ig_known_add(&all, &a), 0);
	}
	assert_int_equal(ig_bindings_put(&lab.object, lab_slot_in_force(&lab), &all, &bound), 0);
	assert_int_equal(bound.claims, MANY * IG_BINDING_PLACES);
	assert_int_equal(ig_bindings_read(&lab.object, &list), 0);
	assert_int_equal(list.count, MANY * IG_BINDING_PLACES);
	for (uint32_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].device, i / IG_BINDING_PLACES);
	for (uint32_t i = 0; i < MANY; i++)
		indices[i] = i;
	ig_bindings_forget(&lab.object, indices, MANY - 1);
	assert_int_equal(in_table(), IG_BINDING_PLACES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_leases),
		TEST(test_claims),
		TEST(test_whom_nothing_is_bound_to),
		TEST(test_listed_addresses_come_first),
		TEST(test_link_local_addresses_are_of_a_segment),
		TEST(test_a_lease_displaces),
		TEST(test_a_claim_displaces_nobody),
		TEST(test_in_one_list),
		TEST(test_ends),
		TEST(test_an_end_far_away_is_one),
		TEST(test_a_lease_is_not_made_shorter),
		TEST(test_what_has_ended_is_free),
		TEST(test_places),
		TEST(test_the_programs_go_by_it),
		TEST(test_forgetting),
		TEST(test_forgetting_what_no_place_names),
		TEST(test_a_change_forgets),
		TEST(test_many),
	};
	/* each loads the programs, which takes a slow guest long; of its kernel, these ask what the others do */
	const struct CMUnitTest few[] = {
		TEST(test_leases),
		TEST(test_a_lease_displaces),
		TEST(test_the_programs_go_by_it),
		TEST(test_a_change_forgets),
		TEST(test_many),
	};

	if (getenv("IOTGUARD_GUEST") && !getenv("IOTGUARD_LONG"))
		return cmocka_run_group_tests(few, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
