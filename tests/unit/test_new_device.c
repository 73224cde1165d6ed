/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stranger's DHCP request says of it, from the record to the text: it may say anything. */
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

#include "dhcp_options.h"
#include "event_decode.h"
#include "printed.h"
#include "util.h"

/* --- options --- */

static struct ig_dhcp_option find(const char *options, size_t size, uint8_t code)
{
	/* in memory of just that size: whoever reads on is seen */
	static uint8_t *bytes;

	free(bytes);
	bytes = malloc(size ? size : 1);
	memcpy(bytes, options, size);
	return ig_dhcp_option_find(bytes, size, code);
}

#define FIND(options, code) find(options, sizeof(options) - 1, code)

static void check_found(struct ig_dhcp_option option, const char *expected)
{
	assert_non_null(option.data);
	assert_int_equal(option.length, strlen(expected));
	assert_memory_equal(option.data, expected, option.length);
}

static void test_options_are_found(void **state)
{
	(void)state;
	check_found(FIND("\x35\x01\x01\x0c\x04lamp\xff", 12), "lamp");
	check_found(FIND("\0\0\0\x0c\x04lamp", 12), "lamp");
	check_found(FIND("\x0c\x02"
			 "ab\x0c\x02"
			 "cd",
			 12),
		    "ab"); /* the first one */
	check_found(FIND("\x0c\0", 12), "");
	assert_null(FIND("\x35\x01\x01\xff", 12).data);
	assert_null(FIND("", 12).data);
}

static void test_options_that_are_not_there(void **state)
{
	(void)state;
	assert_null(FIND("\xff\x0c\x04lamp", 12).data); /* behind the end */
	assert_null(FIND("\x0c", 12).data);
	assert_null(FIND("\x0c\x05lamp", 12).data);
	assert_null(FIND("\x35\xff\x0c\x04lamp", 12).data); /* in a length that is no length */
	assert_null(FIND("\x3d\x06\x0c\x04lamp", 12).data); /* within another one */
	assert_null(FIND("\0\0\0\0", 12).data);
}

static void check_text(const char *bytes, size_t size, size_t room, const char *expected)
{
	struct ig_dhcp_option option = {(const uint8_t *)bytes, size};
	char buf[300];

	memset(buf, 'x', sizeof(buf));
	ig_dhcp_option_text(&option, buf, room);
	assert_string_equal(buf, expected);
	assert_int_equal(buf[room], 'x');
}

static void test_text_of_an_option(void **state)
{
	(void)state;
	check_text("lamp", 4, 16, "lamp");
	check_text("lamp\0\0", 6, 16, "lamp");
	check_text("la\0mp", 5, 16, "la\xef\xbf\xbdmp");
	check_text("\0\0", 2, 16, "");
	check_text("", 0, 16, "");
	check_text("lamp", 4, 4, "lam");
	check_text("lam\0p", 5, 6, "lam"); /* no half of a character */
	check_text("lamp", 4, 1, "");
}

/* --- records --- */

static struct ig_stranger_event record_of(const char *options, size_t size)
{
	struct ig_stranger_event record = {
		.event =
			{
				.size = sizeof(record),
				.abi = IG_ABI,
				.type = IG_EVENT_STRANGER,
				.reason = IG_REASON_UNKNOWN_DEVICE,
				.action = IG_DROP,
				.direction = IG_FROM_DEVICE,
				.device = IG_ENTITY_NONE,
				.rule = IG_NO_RULE,
				.time_ns = 1795343465123456000,
				.repeats = 1,
				.length = 342,
				.src_mac = {2, 0, 0x5e, 0x10, 0, 0x66},
				.dst_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
				.ethertype_be = htons(0x0800),
				.ip_version = 4,
				.proto = 17,
				.src = {[10] = 0xff, [11] = 0xff},
				.dst = {[10] = 0xff, 0xff, 255, 255, 255, 255},
				.src_port_be = htons(68),
				.dst_port_be = htons(67),
				.ttl = 64,
			},
		.length = size,
	};

	assert_true(size <= sizeof(record.options));
	memcpy(record.options, options, size);
	return record;
}

static int decode(const struct ig_stranger_event *record, size_t size, struct iotguard_event *event)
{
	struct ig_object nothing = IG_OBJECT_NONE;
	struct ig_names names = {.object = &nothing};
	struct iotguard_change change;
	int err = ig_event_decode(record, size, &names, 0, event, &change);

	ig_names_clear(&names);
	return err;
}

static struct iotguard_event heard(const char *options, size_t size)
{
	struct ig_stranger_event record = record_of(options, size);
	struct iotguard_event event;

	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	event.interface[0] = '\0';
	return event;
}

#define HEARD(options) heard(options, sizeof(options) - 1)

#define LAMP                                   \
	"\x35\x01\x03"                         \
	"\x3d\x07\x01\x02\x00\x5e\x10\x00\x66" \
	"\x32\x04\xc0\x00\x02\x09"             \
	"\x0c\x04lamp"                         \
	"\x3c\x0budhcp 1.36\0"                 \
	"\x37\x04\x01\x03\x06\x0f\xff"

static const char *word(const json_t *json, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(json, outer), inner));
}

static void test_a_request(void **state)
{
	struct iotguard_event event = HEARD(LAMP);
	json_t *json = printed_json(&event);
	const json_t *params = json_object_get(json_object_get(json, "dhcp"), "params");

	(void)state;
	assert_string_equal(event.type, "new-device");
	assert_string_equal(event.hostname, "lamp");
	assert_string_equal(event.vendor_class, "udhcp 1.36");
	assert_int_equal(event.n_params, 4);
	assert_false(event.passed);
	assert_null(event.device);
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 new-device 02:00:5e:10:00:66 asks for 192.0.2.9, host "
			    "name \"lamp\", vendor class \"udhcp 1.36\", options 1,3,6,15 "
			    "unknown-device: the source MAC address is not in the inventory");
	assert_string_equal(json_string_value(json_object_get(json, "event_type")), "new-device");
	assert_string_equal(word(json, "dhcp", "hostname"), "lamp");
	assert_string_equal(word(json, "dhcp", "vendor_class_identifier"), "udhcp 1.36");
	assert_string_equal(word(json, "dhcp", "requested_ip"), "192.0.2.9");
	assert_int_equal(json_array_size(params), 4);
	assert_int_equal(json_integer_value(json_array_get(params, 3)), 15);
	assert_string_equal(word(json, "ether", "src_mac"), "02:00:5e:10:00:66");
	assert_string_equal(word(json, "verdict", "action"), "drop");
	assert_string_equal(word(json, "iotguard", "reason"), "unknown-device");
	assert_null(json_object_get(json, "drop"));
	json_decref(json);
}

static void test_one_that_was_onboarded(void **state)
{
	struct ig_stranger_event record = record_of("\xff", 1);
	struct iotguard_event event;
	json_t *json;

	(void)state;
	record.event.reason = IG_REASON_DHCP;
	record.event.action = IG_PASS;
	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	event.interface[0] = '\0';
	assert_true(event.passed);
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 new-device 02:00:5e:10:00:66 asks for "
			    "an address dhcp: DHCP with the gateway's servers");
	json = printed_json(&event);
	assert_string_equal(word(json, "verdict", "action"), "pass");
	assert_string_equal(word(json, "iotguard", "reason"), "dhcp");
	assert_null(word(json, "dhcp", "hostname"));
	assert_null(word(json, "dhcp", "requested_ip"));
	json_decref(json);
}

static void test_words_are_escaped(void **state)
{
	struct iotguard_event event = HEARD(
		"\x0c\x0c\033]0;own\007\nx\xff\"\x3c\x04\0\xc2\x9b\"\x32\x03\x01\x02\x03\xff");
	json_t *json = printed_json(&event);

	(void)state;
	assert_non_null(strstr(printed_text(&event), "host name \"\\x1b]0;own\\x07\\nx\\xff\"\""));
	assert_non_null(strstr(printed_text(&event), "asks for an address,")); /* of three bytes */
	assert_string_equal(word(json, "dhcp", "hostname"), "\033]0;own\007\nx\xef\xbf\xbd\"");
	assert_string_equal(word(json, "dhcp", "vendor_class_identifier"),
			    "\xef\xbf\xbd\xc2\x9b\"");
	json_decref(json);
}

/* Whatever the bytes, and where they end. */
static void test_noise(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char options[IG_STRANGER_BYTES];
		struct iotguard_event event;

		for (size_t i = 0; i < sizeof(options); i++) {
			noise = noise * 1664525 + 1013904223;
			options[i] = (char)(noise >> 24);
		}
		/* many of them begin as options do */
		options[0] = (char[]){12, 60, 55, 50}[round & 3];
		event = heard(options, (noise >> 8) % (sizeof(options) + 1));
		printed_text(&event);
		json_decref(printed_json(&event));
	}
}

/* The promise of IOTGUARD_EVENT_TEXT_MAX. */
static void test_the_longest_one_fits(void **state)
{
	static const uint8_t fillers[] = {'a', 0x01, 0xff, 0, '"'};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		struct iotguard_event event = HEARD(LAMP);

		memset(event.hostname, fillers[i] ? fillers[i] : 1, sizeof(event.hostname) - 1);
		memset(event.vendor_class, fillers[i] ? fillers[i] : 1,
		       sizeof(event.vendor_class) - 1);
		memset(event.params, 254, sizeof(event.params));
		event.n_params = sizeof(event.params);
		memset(event.interface, 1, sizeof(event.interface) - 1);
		event.vlan[0] = event.vlan[1] = 4094;
		event.reason = "extension-chain";
		event.repeats = event.suppressed = event.length = UINT32_MAX;
		event.generation = INT64_MAX;
		printed_text(&event);
		json_decref(printed_json(&event));
	}
}

static void test_records_that_are_none(void **state)
{
	struct ig_stranger_event record = record_of(LAMP, sizeof(LAMP) - 1);
	struct iotguard_event event;

	(void)state;
	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	/* shorter than what its type has */
	assert_int_equal(decode(&record, sizeof(record) - 1, &event), -EPROTO);
	assert_int_equal(decode(&record, sizeof(struct ig_event), &event), -EPROTO);
	assert_int_equal(decode(&record, sizeof(struct ig_event) - 1, &event), -EPROTO);
	record.length = IG_STRANGER_BYTES + 1;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	record.length = 0;
	record.event.type = IG_EVENT_NAME + 1;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	/* one of another type says nothing of a machine */
	record = record_of(LAMP, sizeof(LAMP) - 1);
	record.event.type = IG_EVENT_VERDICT;
	assert_int_equal(decode(&record, sizeof(record), &event), 0);
	assert_string_equal(event.type, "drop");
	assert_string_equal(event.hostname, "");
	assert_int_equal(event.n_params, 0);
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
		cmocka_unit_test(test_options_are_found),
		cmocka_unit_test(test_options_that_are_not_there),
		cmocka_unit_test(test_text_of_an_option),
		cmocka_unit_test(test_a_request),
		cmocka_unit_test(test_one_that_was_onboarded),
		cmocka_unit_test(test_words_are_escaped),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_the_longest_one_fits),
		cmocka_unit_test(test_records_that_are_none),
	};

	return cmocka_run_group_tests(tests, set_utc, NULL);
}
