/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device asks its resolver for, from the record to the text: it may ask for anything. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <jansson.h>

#include "event_decode.h"
#include "patterns.h"
#include "printed.h"
#include "util.h"

static struct ig_name_event record_of(const char *name, uint16_t type)
{
	struct ig_name_event record = {
		.event =
			{
				.size = sizeof(record),
				.abi = IG_ABI,
				.type = IG_EVENT_NAME,
				.reason = IG_REASON_DNS,
				.action = IG_PASS,
				.direction = IG_FROM_DEVICE,
				.device = 3,
				.rule = IG_NO_RULE,
				.time_ns = 1795343465123456000,
				.repeats = 1,
				.length = 75,
				.src_mac = {2, 0, 0x5e, 0x10, 0, 0x11},
				.dst_mac = {2, 0, 0x5e, 0, 0, 0xfe},
				.ethertype_be = htons(0x0800),
				.ip_version = 4,
				.proto = 17,
				.src = {[10] = 0xff, 0xff, 10, 30, 0, 11},
				.dst = {[10] = 0xff, 0xff, 10, 30, 0, 1},
				.src_port_be = htons(40000),
				.dst_port_be = htons(53),
				.ttl = 64,
			},
		.type = type,
	};
	struct ig_name_key key;

	ig_name_key_make(&key, name);
	record.length = (uint16_t)(key.prefixlen / 8);
	memcpy(record.name, key.text, sizeof(record.name));
	return record;
}

static int decode(const struct ig_name_event *record, size_t size, struct iotguard_event *event)
{
	struct ig_object nothing = IG_OBJECT_NONE;
	struct ig_names names = {.object = &nothing};
	struct iotguard_change change;
	/* in memory of just that size: whoever reads on is seen */
	_free_ void *bytes = malloc(size);
	int err;

	assert_non_null(bytes);
	memcpy(bytes, record, size);
	err = ig_event_decode(bytes, size, &names, 0, event, &change);
	ig_names_clear(&names);
	return err;
}

static struct iotguard_event heard(const struct ig_name_event *record)
{
	struct iotguard_event event;

	assert_int_equal(decode(record, sizeof(*record), &event), 0);
	event.device = "cam-1";
	strcpy(event.interface, "lan0");
	return event;
}

static const char *word(const json_t *json, const char *outer, const char *inner)
{
	const json_t *found = json_object_get(json, outer);

	return json_string_value(inner ? json_object_get(found, inner) : found);
}

static void test_a_query_that_went_out(void **state)
{
	struct ig_name_event record = record_of("tracker.example", 1);
	struct iotguard_event event = heard(&record);
	json_t *json = printed_json(&event);

	(void)state;
	assert_string_equal(event.type, "name");
	assert_string_equal(event.asked, "tracker.example");
	assert_int_equal(event.asked_type, 1);
	assert_true(event.passed);
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 name cam-1 asks for tracker.example (A), which no "
			    "rule of it allows (lan0)");
	assert_string_equal(word(json, "event_type", NULL), "dns");
	assert_string_equal(word(json, "dns", "type"), "query");
	assert_string_equal(word(json, "dns", "rrname"), "tracker.example");
	assert_string_equal(word(json, "dns", "rrtype"), "A");
	assert_string_equal(word(json, "src_ip", NULL), "10.30.0.11");
	assert_string_equal(word(json, "dest_ip", NULL), "10.30.0.1");
	assert_string_equal(word(json, "verdict", "action"), "pass");
	assert_string_equal(word(json, "iotguard", "event"), "name");
	assert_string_equal(word(json, "iotguard", "device"), "cam-1");
	assert_string_equal(word(json, "iotguard", "reason"), "dns");
	assert_null(json_object_get(json, "drop"));
	json_decref(json);
}

static void test_one_that_was_refused(void **state)
{
	struct ig_name_event record = record_of("tracker.example", 65);
	struct iotguard_event event;
	json_t *json;

	(void)state;
	record.event.reason = IG_REASON_DNS_NAME;
	record.event.action = IG_DROP;
	record.event.repeats = 10;
	event = heard(&record);
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 name cam-1 asks for tracker.example (HTTPS) dns-name: "
			    "it asks for a name that no rule of it allows, and may ask for no "
			    "other (lan0), seen 10 times");
	json = printed_json(&event);
	assert_string_equal(word(json, "verdict", "action"), "drop");
	assert_string_equal(word(json, "iotguard", "reason"), "dns-name");
	assert_string_equal(word(json, "dns", "rrtype"), "HTTPS");
	json_decref(json);
}

/* By what the conversation was admitted is not said of the name. */
static void test_the_rule_of_the_conversation_is_not_its(void **state)
{
	struct ig_name_event record = record_of("tracker.example", 28);
	struct iotguard_event event = heard(&record);

	(void)state;
	event.reason = "rule";
	event.rule = "allow to any udp/53";
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 name cam-1 asks for tracker.example (AAAA), which no "
			    "rule of it allows (lan0)");
}

static void test_other_types_and_the_root(void **state)
{
	struct ig_name_event record = record_of("x", 65280);
	struct iotguard_event event = heard(&record);
	json_t *json = printed_json(&event);

	(void)state;
	assert_non_null(strstr(printed_text(&event), " asks for x (type 65280), which"));
	assert_string_equal(word(json, "dns", "rrtype"), "65280");
	json_decref(json);
	record.length = 1;
	record.name[0] = '\0';
	record.type = 2;
	event = heard(&record);
	assert_string_equal(event.asked, ".");
	assert_non_null(strstr(printed_text(&event), " asks for . (NS), which"));
}

static void test_names_are_escaped(void **state)
{
	struct ig_name_event record = record_of("J2[\033.\"\xff\\\n.example", 1);
	struct iotguard_event event = heard(&record);
	json_t *json = printed_json(&event);

	(void)state;
	assert_non_null(
		strstr(printed_text(&event), " asks for J2[\\x1b.\"\\xff\\\\n.example (A)"));
	assert_string_equal(word(json, "dns", "rrname"), "J2[\033.\"\xef\xbf\xbd\\\n.example");
	json_decref(json);
}

/* Whatever the bytes are, and where they end. */
static void test_noise(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct ig_name_event record = record_of("x", (uint16_t)(noise >> 16));
		struct iotguard_event event;

		for (size_t i = 0; i < sizeof(record.name); i++) {
			noise = noise * 1664525 + 1013904223;
			record.name[i] = (uint8_t)(noise >> 24);
		}
		record.length = (uint16_t)(1 + (noise >> 8) % sizeof(record.name));
		event = heard(&record);
		printed_text(&event);
		json_decref(printed_json(&event));
	}
}

static void test_records_that_are_none(void **state)
{
	struct ig_name_event record = record_of("tracker.example", 1);
	struct iotguard_event event;

	(void)state;
	assert_int_equal(decode(&record, sizeof(record) - 1, &event), -EPROTO);
	assert_int_equal(decode(&record, sizeof(struct ig_event), &event), -EPROTO);
	record.length = 0;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	record.length = sizeof(record.name) + 1;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	record.length = sizeof(record.name);
	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	/* one of another type asks for nothing */
	record.event.type = IG_EVENT_VERDICT;
	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	assert_string_equal(event.asked, "");
}

static int set_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_query_that_went_out),
		cmocka_unit_test(test_one_that_was_refused),
		cmocka_unit_test(test_the_rule_of_the_conversation_is_not_its),
		cmocka_unit_test(test_other_types_and_the_root),
		cmocka_unit_test(test_names_are_escaped),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_records_that_are_none),
	};

	return cmocka_run_group_tests(tests, set_utc, NULL);
}
