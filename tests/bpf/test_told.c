/* SPDX-License-Identifier: BSD-2-Clause */
/* What machines were told of names is read out of an instance and put into another one before its policy is in force:
 * then the programs go by it as if it had been told again. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "generation.h"
#include "pins.h"
#include "told.h"
#include "util.h"
#include "world.h"

#define NOW  ((struct ig_time){.s = 1795343465}) /* any: ends are told by the distance to it */
#define HOUR 3600u

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, addresses: [10.0.0.10],\n"
	"        rules: [allow to *.vendor.example udp/5000]}\n"
	"  plug: {mac: '02:00:00:00:00:30', segment: lan, addresses: [10.0.0.30],\n"
	"         rules: [allow to www.vendor.example udp/5000]}\n"
	"  behind: {identify: address, router: 'device:plug', addresses: [172.16.0.9]}\n";

#define CAM_SENDS  "cam>gw ip4 10.0.0.10>203.0.113.%d udp 1>5000"
#define PLUG_SENDS "plug>gw ip4 10.0.0.30>203.0.113.%d udp 1>5000"

static struct lab lab;
static struct ig_told_list list;

/* The policy is written, and nothing is in force yet. */
static int set_up(void **state)
{
	(void)state;
	lab_open_empty(&lab, 64, 4096, false);
	lab_write(&lab, inventory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ig_told_clear(&list);
	lab_close(&lab);
	return 0;
}

static void add(struct ig_mac machine, const char *name, const char *address, uint64_t seconds)
{
	struct ig_told told = {.machine = machine, .expires_at = NOW.s + seconds};

	assert_true(ig_told_is_name(name));
	snprintf(told.name, sizeof(told.name), "%s", name);
	if (inet_pton(AF_INET6, address, told.addr) != 1) {
		told.addr[10] = told.addr[11] = 0xff;
		assert_int_equal(inet_pton(AF_INET, address, told.addr + 12), 1);
	}
	assert_int_equal(ig_told_add(&list, &told), 0);
}

static void put(size_t expected)
{
	size_t names;

	ig_told_sort(&list);
	assert_int_equal(ig_told_put(&lab.object, 1, &list, NOW, &names), 0);
	assert_int_equal(names, expected);
	lab_flip(&lab);
}

static void test_the_programs_go_by_it(void **state)
{
	(void)state;
	add(lab_key_by_mac("cam"), "www.vendor.example", "203.0.113.20", 2 * HOUR);
	add(lab_key_by_mac("cam"), "www.vendor.example", "203.0.113.21", HOUR);
	add(lab_key_by_mac("plug"), "tracker.example", "203.0.113.20", HOUR);
	put(2);
	lab_expect(&lab, FROM, true, "rule", CAM_SENDS, 20);
	lab_expect(&lab, FROM, true, "rule", CAM_SENDS, 21);
	lab_expect(&lab, FROM, false, "no-rule", CAM_SENDS, 22);
	/* each by what it was told itself */
	lab_expect(&lab, FROM, false, "no-rule", PLUG_SENDS, 20);
}

static void test_it_is_read_back(void **state)
{
	_cleanup_(ig_told_clear) struct ig_told_list again = {};

	(void)state;
	add(lab_key_by_mac("cam"), "www.vendor.example", "203.0.113.20", 2 * HOUR);
	add(lab_key_by_mac("cam"), "www.vendor.example", "2001:db8::20", 3 * HOUR);
	add(lab_key_by_mac("plug"), "tracker.example", "203.0.113.9", 4 * HOUR);
	add(lab_key_by_name("behind"), "far.example", "203.0.113.9", 5 * HOUR);
	put(3);
	assert_int_equal(ig_told_read(&lab.object, NOW, &again), 0);
	assert_int_equal(again.count, list.count);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(ig_told_compare(&again.items[i], &list.items[i]), 0);
		assert_in_range(again.items[i].expires_at, list.items[i].expires_at - 5,
				list.items[i].expires_at + 5);
	}
}

static uint64_t left_of(const char *address)
{
	_cleanup_(ig_told_clear) struct ig_told_list again = {};
	uint8_t four[4];

	assert_int_equal(inet_pton(AF_INET, address, four), 1);
	assert_int_equal(ig_told_read(&lab.object, NOW, &again), 0);
	for (size_t i = 0; i < again.count; i++) {
		if (!memcmp(again.items[i].addr + 12, four, sizeof(four)))
			return again.items[i].expires_at - NOW.s;
	}
	return 0;
}

/* As any pin. */
static void test_it_lasts_an_hour_at_least_and_a_day_at_most(void **state)
{
	(void)state;
	add(lab_key_by_mac("cam"), "a.vendor.example", "203.0.113.1", 1);
	add(lab_key_by_mac("cam"), "b.vendor.example", "203.0.113.2", 0);
	add(lab_key_by_mac("cam"), "c.vendor.example", "203.0.113.3", 1000000);
	put(2);
	assert_in_range(left_of("203.0.113.1"), HOUR - 5, HOUR);
	assert_int_equal(left_of("203.0.113.2"), 0);
	assert_in_range(left_of("203.0.113.3"), 24 * HOUR - 5, 24 * HOUR);
}

static void test_who_is_not_in_the_policy_has_none(void **state)
{
	struct ig_mac stranger = {.addr = {2, 0, 0, 0, 0, 0x99}};

	(void)state;
	add(stranger, "www.vendor.example", "203.0.113.20", HOUR);
	add(lab_key_by_mac("gw"), "www.vendor.example", "203.0.113.20", HOUR);
	add(lab_key_by_name("cam"), "www.vendor.example", "203.0.113.20", HOUR);
	add((struct ig_mac){.pad = {IG_MAC_IS_INDEX}}, "www.vendor.example", "203.0.113.20", HOUR);
	put(0);
	lab_expect(&lab, FROM, false, "no-rule", CAM_SENDS, 20);
}

/* Whoever wrote the file: the programs pin nothing that they would not pin otherwise. */
static void test_what_may_not_be_pinned_is_not(void **state)
{
	(void)state;
	add(lab_key_by_mac("cam"), "www.vendor.example", "127.0.0.1", HOUR);
	add(lab_key_by_mac("cam"), "www.vendor.example", "224.0.0.1", HOUR);
	add(lab_key_by_mac("cam"), "www.vendor.example", "::1", HOUR);
	add(lab_key_by_mac("cam"), "www.vendor.example", "203.0.113.20", HOUR);
	put(1);
	lab_expect(&lab, FROM, true, "rule", CAM_SENDS, 20);
	assert_int_equal(left_of("127.0.0.1"), 0);
	assert_int_equal(left_of("224.0.0.1"), 0);
	/* the gateway's has no name, whatever is pinned; a local one only for a rule that says so */
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>10.0.0.1 udp 1>5000");
}

static void test_the_gateway_has_no_name(void **state)
{
	(void)state;
	add(lab_key_by_mac("cam"), "www.vendor.example", "10.0.0.1", HOUR);
	put(1);
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>10.0.0.1 udp 1>5000");
}

/* More addresses than one answer says, and more than a machine has places for. */
static void test_many(void **state)
{
	_cleanup_(ig_told_clear) struct ig_told_list again = {};
	char address[24];

	(void)state;
	for (int i = 1; i <= 40; i++) {
		snprintf(address, sizeof(address), "203.0.113.%d", i);
		add(lab_key_by_mac("cam"), "www.vendor.example", address, HOUR);
	}
	put(1);
	assert_int_equal(ig_told_read(&lab.object, NOW, &again), 0);
	assert_in_range(again.count, IG_PIN_WINDOW, 40); /* as many as find a place */
}

static void test_once_a_policy_is_in_force_nothing_is_restored(void **state)
{
	size_t names;

	(void)state;
	lab_flip(&lab);
	add(lab_key_by_mac("cam"), "www.vendor.example", "203.0.113.20", HOUR);
	assert_int_equal(ig_told_put(&lab.object, 1, &list, NOW, &names), 0);
	assert_int_equal(names, 0);
	lab_expect(&lab, FROM, false, "no-rule", CAM_SENDS, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_programs_go_by_it),
		TEST(test_it_is_read_back),
		TEST(test_it_lasts_an_hour_at_least_and_a_day_at_most),
		TEST(test_who_is_not_in_the_policy_has_none),
		TEST(test_what_may_not_be_pinned_is_not),
		TEST(test_the_gateway_has_no_name),
		TEST(test_many),
		TEST(test_once_a_policy_is_in_force_nothing_is_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
