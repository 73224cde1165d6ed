/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is in quarantine is read out of an instance and put into another one, and stays the machine's: over a change, a
 * rollback and larger tables, and never with the place that it had. */
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "carry.h"
#include "generation.h"
#include "operate.h"
#include "placement.h"
#include "quarantined.h"
#include "util.h"
#include "world.h"

#define NSEC	   1000000000ull
#define NOW	   ((struct ig_time){.s = 1795343465}) /* any: the end is told by the distance to it */
#define NEVER_ENDS UINT64_MAX

#define BEGINNING                                                                    \
	"version: 1\n"                                                               \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"            \
	"segments:\n"                                                                \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"                     \
	"devices:\n"                                                                 \
	"  plug: {mac: '02:00:00:00:00:30', segment: lan, addresses: [10.0.0.30]}\n" \
	"  behind: {identify: address, router: 'device:plug', addresses: [172.16.0.9]}\n"

#define CAM_LINE                                                                    \
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, addresses: [10.0.0.10],\n" \
	"        rules: [allow to any udp/5000]}\n"
#define NVR_LINE    "  nvr: {mac: '02:00:00:00:00:11', segment: lan, addresses: [10.0.0.11]}\n"

#define INVENTORY   BEGINNING CAM_LINE
#define WITHOUT_CAM BEGINNING
#define NVR_INSTEAD BEGINNING NVR_LINE

#define CAM_SENDS   "cam>gw ip4 10.0.0.10>203.0.113.9 udp 1>5000"

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

static uint64_t until_of(const struct ig_object *object, uint32_t index)
{
	struct ig_state state;

	assert_int_equal(bpf_map_lookup_elem(object->maps[IG_MAP_state], &index, &state), 0);
	return state.quarantine_until_ns;
}

/* @seconds: from now, 0: without an end. */
static void quarantine(const char *machine, uint64_t seconds)
{
	uint64_t until = seconds ? ig_clock_now() + seconds * NSEC : NEVER_ENDS;

	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, machine), until), 0);
}

static size_t restore(struct ig_mac machine, uint64_t seconds, struct ig_quarantined_again *again)
{
	struct ig_quarantined item = {.machine = machine, .ends_at = seconds ? NOW.s + seconds : 0};
	struct ig_quarantined_list list = {.items = &item, .count = 1};

	assert_int_equal(
		ig_quarantined_put(&lab.object, lab_slot_in_force(&lab), &list, NOW, again), 0);
	return again->machines;
}

static void expect_in(const struct ig_object *object, size_t n, const struct ig_mac *machines)
{
	_cleanup_(ig_quarantined_clear) struct ig_quarantined_list list = {};

	assert_int_equal(ig_quarantined_read(object, NOW, &list), 0);
	assert_int_equal(list.count, n);
	for (size_t i = 0; i < n; i++)
		assert_memory_equal(&list.items[i].machine, &machines[i], sizeof(machines[i]));
}

static void expect_only(const struct ig_object *object, const char *machine)
{
	expect_in(object, 1, (struct ig_mac[]){lab_key_by_mac(machine)});
}

static void change(const char *inventory)
{
	lab_write(&lab, inventory);
	lab_flip(&lab);
}

/* As apply does: whoever stays has the index that it had. */
static void place(struct ig_placement *placement, const char *inventory)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	struct iotguard_inventory *inv;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, inventory, strlen(inventory)), strlen(inventory));
	close(fd);
	assert_int_equal(iotguard_inventory_load(lab.ig, path, &inv), 0);
	unlink(path);
	assert_int_equal(ig_placement_make(placement, inv, &lab.object), 0);
	iotguard_inventory_free(inv);
}

/* --- reading --- */

static void test_nobody_is(void **state)
{
	(void)state;
	expect_in(&lab.object, 0, NULL);
}

static void test_who_is_and_until_when(void **state)
{
	_cleanup_(ig_quarantined_clear) struct ig_quarantined_list list = {};
	struct ig_mac cam = lab_key_by_mac("cam"), plug = lab_key_by_mac("plug");

	(void)state;
	quarantine("plug", 0);
	quarantine("cam", 3600);
	assert_int_equal(ig_quarantined_read(&lab.object, NOW, &list), 0);
	assert_int_equal(list.count, 2);
	assert_memory_equal(&list.items[0].machine, &cam, sizeof(cam));
	/* rounded up: never early */
	assert_in_range(list.items[0].ends_at, NOW.s + 3500, NOW.s + 3600);
	assert_memory_equal(&list.items[1].machine, &plug, sizeof(plug));
	assert_int_equal(list.items[1].ends_at, 0);
}

static void test_what_has_ended_is_none(void **state)
{
	(void)state;
	quarantine("cam", 3600);
	quarantine("plug", 3600);
	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, "cam"), 1), 0);
	expect_only(&lab.object, "plug");
	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, "plug"), 0), 0);
	expect_in(&lab.object, 0, NULL);
}

/* --- putting them there again --- */

static void test_the_programs_go_by_it(void **state)
{
	struct ig_quarantined_again again;

	(void)state;
	lab_expect(&lab, FROM, true, "rule", CAM_SENDS);
	assert_int_equal(restore(lab_key_by_mac("cam"), 3600, &again), 1);
	assert_int_equal(again.unknown, 0);
	lab_expect(&lab, FROM, false, "quarantine", CAM_SENDS);
	expect_only(&lab.object, "cam");
	assert_in_range(until_of(&lab.object, lab_index(&lab, "cam")), ig_clock_now() + 3500 * NSEC,
			ig_clock_now() + 3600 * NSEC);
}

static void test_without_an_end_is_without_one(void **state)
{
	struct ig_quarantined_again again;

	(void)state;
	assert_int_equal(restore(lab_key_by_mac("cam"), 0, &again), 1);
	assert_true(until_of(&lab.object, lab_index(&lab, "cam")) == NEVER_ENDS);
}

static void test_an_end_far_away_is_one(void **state)
{
	struct ig_quarantined_again again;
	uint64_t until;

	(void)state;
	assert_int_equal(restore(lab_key_by_mac("cam"), UINT64_MAX / 2, &again), 1);
	until = until_of(&lab.object, lab_index(&lab, "cam"));
	assert_true(until > ig_clock_now() + 10 * 366 * 86400 * NSEC && until < NEVER_ENDS / 2);
}

static void test_one_behind_a_router_is_found_by_its_name(void **state)
{
	struct ig_quarantined_again again;
	struct ig_mac name = lab_key_by_name("behind");

	(void)state;
	assert_int_equal(restore(name, 3600, &again), 1);
	expect_in(&lab.object, 1, &name);
	assert_int_equal(until_of(&lab.object, lab_index(&lab, "plug")), 0);
}

static void test_who_is_not_in_the_policy_is_told(void **state)
{
	struct ig_mac stranger = {.addr = {2, 0, 0, 0, 0, 0x99}};
	struct ig_quarantined_again again;

	(void)state;
	assert_int_equal(restore(stranger, 3600, &again), 0);
	assert_int_equal(again.unknown, 1);
	assert_memory_equal(&again.first_unknown, &stranger, sizeof(stranger));
	/* nor is the gateway, nor whoever has that name, nor an index */
	assert_int_equal(restore(lab_key_by_mac("gw"), 3600, &again), 0);
	assert_int_equal(restore(lab_key_by_name("cam"), 3600, &again), 0);
	assert_int_equal(restore((struct ig_mac){.pad = {IG_MAC_IS_INDEX}}, 3600, &again), 0);
	expect_in(&lab.object, 0, NULL);
}

/* --- whose it is --- */

static void test_it_outlives_a_change(void **state)
{
	(void)state;
	quarantine("cam", 3600);
	change(INVENTORY NVR_LINE);
	expect_only(&lab.object, "cam");
	lab_expect(&lab, FROM, false, "quarantine", CAM_SENDS);
}

/* A policy without the machine may go again, as one on trial does: then it is in quarantine still. */
static void test_it_is_there_for_as_long_as_its_policy_may_come_back(void **state)
{
	(void)state;
	quarantine("cam", 3600);
	change(WITHOUT_CAM);
	expect_only(&lab.object, "cam");
	lab_flip(&lab);
	expect_only(&lab.object, "cam");
	lab_expect(&lab, FROM, false, "quarantine", CAM_SENDS);
	change(WITHOUT_CAM);
	change(WITHOUT_CAM);
	expect_in(&lab.object, 0, NULL);
}

/* What is being written has places that it may not have cleaned yet. */
static void test_what_is_not_in_force_yet_has_none(void **state)
{
	(void)state;
	quarantine("cam", 3600);
	change(WITHOUT_CAM);
	lab_write(&lab, NVR_INSTEAD);
	expect_in(&lab.object, 0, NULL);
}

static void test_another_machine_in_its_place_is_in_none(void **state)
{
	_cleanup_(ig_placement_clear) struct ig_placement placement = {};
	uint32_t cam = lab_index(&lab, "cam");

	(void)state;
	quarantine("cam", 0);
	change(WITHOUT_CAM);
	place(&placement, NVR_INSTEAD);
	assert_int_equal(placement.n_fresh, 1);
	assert_int_equal(placement.fresh[0], cam);
	assert_true(until_of(&lab.object, cam) == NEVER_ENDS);
	ig_placement_clean_fresh(&placement, &lab.object);
	assert_int_equal(until_of(&lab.object, cam), 0);
	change(NVR_INSTEAD);
	assert_int_equal(lab_index(&lab, "nvr"), cam);
	expect_in(&lab.object, 0, NULL);
}

static void test_it_goes_along_to_larger_tables(void **state)
{
	struct ig_carried carried = {};
	struct lab larger;

	(void)state;
	quarantine("cam", 0);
	quarantine("plug", 3600);
	lab_open_empty(&larger, lab.object.control->device_slots * 2,
		       lab.object.control->flow_slots * 2, false);
	assert_int_equal(ig_generation_adopt(&larger.object, &lab.object), 0);
	assert_int_equal(ig_carry_over(&lab.object, &larger.object, &carried), 0);
	ig_carried_clear(&carried);
	expect_in(&larger.object, 2,
		  (struct ig_mac[]){lab_key_by_mac("cam"), lab_key_by_mac("plug")});
	assert_int_equal(until_of(&larger.object, lab_index(&lab, "plug")),
			 until_of(&lab.object, lab_index(&lab, "plug")));
	lab_close(&larger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_is),
		TEST(test_who_is_and_until_when),
		TEST(test_what_has_ended_is_none),
		TEST(test_the_programs_go_by_it),
		TEST(test_without_an_end_is_without_one),
		TEST(test_an_end_far_away_is_one),
		TEST(test_one_behind_a_router_is_found_by_its_name),
		TEST(test_who_is_not_in_the_policy_is_told),
		TEST(test_it_outlives_a_change),
		TEST(test_it_is_there_for_as_long_as_its_policy_may_come_back),
		TEST(test_what_is_not_in_force_yet_has_none),
		TEST(test_another_machine_in_its_place_is_in_none),
		TEST(test_it_goes_along_to_larger_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
