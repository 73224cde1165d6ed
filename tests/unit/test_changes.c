/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's record of a change becomes, whoever wrote it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "changes.h"
#include "event_decode.h"

#define CLOCK_US 1795343000000000ll

static struct ig_change record_of(enum ig_change_kind kind)
{
	return (struct ig_change){
		.number = 17,
		.time_ns = 465123456789,
		.generation = 8,
		.before = 7,
		.uid = 1000,
		.device = IG_ENTITY_NONE,
		.kind = kind,
		.inventory = {[0] = 0x01, [31] = 0xef},
	};
}

static struct iotguard_change described(const struct ig_change *record)
{
	struct iotguard_change change;

	assert_int_equal(ig_change_describe(record, NULL, CLOCK_US, &change), 0);
	return change;
}

static void test_what_is_told(void **state)
{
	struct ig_change record = record_of(IG_CHANGE_APPLY);
	struct iotguard_change change = described(&record);

	(void)state;
	assert_string_equal(change.action, "apply");
	assert_int_equal(change.number, 17);
	assert_int_equal(change.time_us, CLOCK_US + 465123456);
	assert_int_equal(change.generation, 8);
	assert_int_equal(change.before, 7);
	assert_int_equal(change.uid, 1000);
	assert_int_equal(change.until_us, 0);
	assert_null(change.device);
	assert_string_equal(change.interface, "");
	assert_string_equal(change.sha256,
			    "01000000000000000000000000000000000000000000000000000000000000ef");
	record.until_ns = 525000000000;
	assert_int_equal(described(&record).until_us, CLOCK_US + 525000000);
	record.until_ns = UINT64_MAX;
	assert_int_equal(described(&record).until_us, UINT64_MAX);
	memset(record.inventory, 0, sizeof(record.inventory));
	assert_string_equal(described(&record).sha256, "");
}

static unsigned int flags_of(const struct iotguard_change *change)
{
	return (change->trial ? IG_CHANGE_TRIAL : 0) | (change->forced ? IG_CHANGE_FORCED : 0) |
	       (change->generic ? IG_CHANGE_GENERIC : 0) | (change->first ? IG_CHANGE_FIRST : 0) |
	       (change->open ? IG_CHANGE_OPEN : 0) | (change->monitors ? IG_CHANGE_MONITORS : 0);
}

static void test_every_flag_by_itself(void **state)
{
	(void)state;
	for (unsigned int flag = IG_CHANGE_TRIAL; flag <= IG_CHANGE_MONITORS; flag <<= 1) {
		struct ig_change record = record_of(IG_CHANGE_APPLY);
		struct iotguard_change change;

		record.flags = (uint8_t)flag;
		change = described(&record);
		assert_int_equal(flags_of(&change), flag);
	}
}

static void test_of_a_later_version(void **state)
{
	struct ig_change record = record_of(IG_CHANGE_RELEASE + 1);
	struct iotguard_change change;

	(void)state;
	assert_int_equal(ig_change_describe(&record, NULL, 0, &change), -EPROTO);
	record.kind = 0;
	assert_int_equal(ig_change_describe(&record, NULL, 0, &change), -EPROTO);
	record.kind = UINT8_MAX;
	assert_int_equal(ig_change_describe(&record, NULL, 0, &change), -EPROTO);
}

/* A name without an end is no longer than its field. */
static void test_an_interface_without_an_end(void **state)
{
	struct ig_change record = record_of(IG_CHANGE_DETACH);

	(void)state;
	memset(record.interface, 'x', sizeof(record.interface));
	memset(record.pad2, 'y', sizeof(record.pad2));
	assert_string_equal(described(&record).interface, "xxxxxxxxxxxxxxx");
}

static int decode(const struct ig_policy_event *record, size_t size, struct iotguard_event *event,
		  struct iotguard_change *change)
{
	struct ig_object nothing = IG_OBJECT_NONE;
	struct ig_names names = {.object = &nothing};
	int err = ig_event_decode(record, size, &names, CLOCK_US, event, change);

	ig_names_clear(&names);
	return err;
}

static void test_as_an_event(void **state)
{
	struct ig_policy_event record = {
		.event = {.size = sizeof(record), .abi = IG_ABI, .type = IG_EVENT_POLICY},
		.change = record_of(IG_CHANGE_ROLLBACK),
	};
	struct iotguard_change change;
	struct iotguard_event event;

	(void)state;
	assert_int_equal(decode(&record, sizeof(record), &event, &change), 0);
	assert_string_equal(event.type, "policy");
	assert_ptr_equal(event.change, &change);
	assert_string_equal(change.action, "rollback");
	assert_int_equal(event.time_us, change.time_us);
	assert_int_equal(event.generation, 8);
	assert_null(event.device);
	assert_null(event.reason);
}

static void test_a_short_record_is_none(void **state)
{
	struct ig_policy_event record = {
		.event = {.size = sizeof(record), .abi = IG_ABI, .type = IG_EVENT_POLICY},
		.change = record_of(IG_CHANGE_APPLY),
	};
	struct iotguard_change change;
	struct iotguard_event event;

	(void)state;
	for (size_t size = 0; size < sizeof(record); size++)
		assert_int_equal(decode(&record, size, &event, &change), -EPROTO);
	record.event.abi++;
	assert_int_equal(decode(&record, sizeof(record), &event, &change), -EPROTO);
	record.event.abi--;
	record.change.kind = IG_CHANGE_RELEASE + 1;
	assert_int_equal(decode(&record, sizeof(record), &event, &change), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_every_flag_by_itself),
		cmocka_unit_test(test_of_a_later_version),
		cmocka_unit_test(test_an_interface_without_an_end),
		cmocka_unit_test(test_as_an_event),
		cmocka_unit_test(test_a_short_record_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
