/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine says of its MUD file, from the record to the text: it may say anything. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <jansson.h>

#include "event_decode.h"
#include "event_parse.h"
#include "mud_string.h"
#include "printed.h"
#include "util.h"

/* --- the rules --- */

static void expect_url(const char *url, enum ig_mud_string_fault fault, const char *authority)
{
	enum ig_mud_string_fault found = ig_mud_string_check(url, strlen(url), IG_MUD_STRING_MAX);
	char text[IG_MUD_STRING_MAX + 1];

	if (found != fault)
		fail_msg("%s: %s", url, ig_mud_string_fault_word((int)found) ?: "fine");
	if (fault)
		return;
	assert_int_equal(ig_mud_string_authority(url, text, sizeof(text)), 0);
	assert_string_equal(text, authority);
}

static void test_urls(void **state)
{
	(void)state;
	expect_url("https://vendor.example/cam.json", IG_MUD_STRING_FINE, "vendor.example");
	expect_url("HTTPS://Vendor.Example", IG_MUD_STRING_FINE, "vendor.example");
	expect_url("https://vendor.example:443/x", IG_MUD_STRING_FINE, "vendor.example");
	expect_url("https://vendor.example:8443/x", IG_MUD_STRING_FINE, "vendor.example:8443");
	expect_url("https://vendor.example?model=1", IG_MUD_STRING_FINE, "vendor.example");
	expect_url("https://vendor.example#x@y", IG_MUD_STRING_FINE, "vendor.example");
	expect_url("https://[2001:db8::1]:8443/x", IG_MUD_STRING_FINE, "[2001:db8::1]:8443");
	expect_url("https://192.0.2.9/%7Ex", IG_MUD_STRING_FINE, "192.0.2.9");
	expect_url("https://a_b-c.example/", IG_MUD_STRING_FINE, "a_b-c.example");
	expect_url("", IG_MUD_STRING_EMPTY, NULL);
	expect_url("http://vendor.example/", IG_MUD_STRING_NOT_HTTPS, NULL);
	expect_url("https:/vendor.example/", IG_MUD_STRING_NOT_HTTPS, NULL);
	expect_url("https", IG_MUD_STRING_NOT_HTTPS, NULL);
	expect_url("file:///etc/passwd", IG_MUD_STRING_NOT_HTTPS, NULL);
	expect_url("https://", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https:///x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://:443/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:0/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:65536/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:000443/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:44x/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a:b:1/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://[::1/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://[]/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://a%2eb/x", IG_MUD_STRING_NO_HOST, NULL);
	expect_url("https://user@vendor.example/", IG_MUD_STRING_USER, NULL);
	expect_url("https://vendor.example:x@evil.example/", IG_MUD_STRING_USER, NULL);
	expect_url("https://vendor.example/\033[2J", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://vendor.example/a b", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://vendor.example/\\x", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://vendor.example/\"x", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://vendor.example/%4", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://vendor.example/%zz", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
	expect_url("https://v\xc3\xa4ndor.example/", IG_MUD_STRING_ILLEGAL_BYTE, NULL);
}

/* No byte beyond the given ones is looked at: each is a copy of just that size. */
static void test_every_length(void **state)
{
	static const char url[] = "https://[2001:db8::1]:8443/%41";
	char authority[8];

	(void)state;
	for (size_t n = 0; n < sizeof(url); n++) {
		char *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, url, n);
		ig_mud_string_check(copy, n, IG_MUD_STRING_MAX);
		free(copy);
	}
	assert_int_equal(ig_mud_string_authority("https://12345678/", authority, sizeof(authority)),
			 -ENOMEM);
}

static void test_length_limit(void **state)
{
	char url[IG_MUD_STRING_MAX + 2] = "https://a/";

	(void)state;
	memset(url + strlen(url), 'x', sizeof(url) - 1 - strlen(url));
	assert_int_equal(ig_mud_string_check(url, IG_MUD_STRING_MAX, IG_MUD_STRING_MAX),
			 IG_MUD_STRING_FINE);
	assert_int_equal(ig_mud_string_check(url, IG_MUD_STRING_MAX + 1, IG_MUD_STRING_MAX),
			 IG_MUD_STRING_TOO_LONG);
}

/* --- records --- */

static struct ig_mud_event record_of(const void *url, size_t length)
{
	struct ig_mud_event record = {
		.event =
			{
				.size = sizeof(record),
				.abi = IG_ABI,
				.type = IG_EVENT_MUD,
				.reason = IG_REASON_DHCP,
				.action = IG_PASS,
				.direction = IG_FROM_DEVICE,
				.device = IG_ENTITY_NONE,
				.rule = IG_NO_RULE,
				.time_ns = 1795343465123456000,
				.repeats = 1,
				.length = 342,
				.src_mac = {2, 0, 0x5e, 0x10, 0, 0x11},
				.dst_mac = {255, 255, 255, 255, 255, 255},
				.ethertype_be = htons(0x0800),
				.ip_version = 4,
				.proto = 17,
				.src = {[10] = 0xff, 0xff},
				.dst = {[10] = 0xff, 0xff, 255, 255, 255, 255},
				.src_port_be = htons(68),
				.dst_port_be = htons(67),
				.ttl = 64,
			},
		.length = (uint16_t)length,
		.source = IG_MUD_DHCP4,
	};

	memcpy(record.url, url, length < sizeof(record.url) ? length : sizeof(record.url));
	return record;
}

static int decode(const struct ig_mud_event *record, size_t size, struct iotguard_event *event)
{
	struct ig_object nothing = IG_OBJECT_NONE;
	struct ig_names names = {.object = &nothing};
	struct iotguard_change change;
	int err = ig_event_decode(record, size, &names, 0, event, &change);

	ig_names_clear(&names);
	return err;
}

static void decoded(const struct ig_mud_event *record, struct iotguard_event *event)
{
	assert_int_equal(decode(record, sizeof(*record), event), 0);
}

static void expect_member(const json_t *object, const char *key, const char *value)
{
	const json_t *member = json_object_get(object, key);

	assert_non_null(member);
	if (value)
		assert_string_equal(json_string_value(member), value);
	else
		assert_true(json_is_null(member));
}

static void test_a_url_is_told(void **state)
{
	static const char said[] = "https://Vendor.Example/cam.json";
	struct ig_mud_event record = record_of(said, strlen(said));
	struct iotguard_event event;
	const json_t *mud;
	json_t *json;

	(void)state;
	decoded(&record, &event);
	assert_string_equal(event.type, "mud-url");
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 mud-url 02:00:5e:10:00:11 says by dhcp4 that its MUD "
			    "file is https://Vendor.Example/cam.json (if0)");
	json = printed_json(&event);
	expect_member(json, "event_type", "mud-url");
	mud = json_object_get(json, "mud");
	expect_member(mud, "source", "dhcp4");
	expect_member(mud, "url", said);
	expect_member(mud, "authority", "vendor.example");
	expect_member(mud, "fault", NULL);
	expect_member(json_object_get(json, "verdict"), "action", "pass");
	json_decref(json);
}

static void test_what_follows_a_space_is_left_out(void **state)
{
	static const char said[] = "https://vendor.example/x reserved \033[2J";
	struct ig_mud_event record = record_of(said, strlen(said));
	struct iotguard_event event;

	(void)state;
	decoded(&record, &event);
	assert_string_equal(event.mud_url, "https://vendor.example/x");
	assert_null(event.mud_fault);
}

static void test_zeros_at_the_end_are_none(void **state)
{
	struct ig_mud_event record = record_of("https://vendor.example/x\0", 25);
	struct iotguard_event event;

	(void)state;
	decoded(&record, &event);
	assert_string_equal(event.mud_url, "https://vendor.example/x");
	assert_null(event.mud_fault);
	record = record_of("https://vendor.example/x\0y", 26);
	decoded(&record, &event);
	assert_string_equal(event.mud_fault, "illegal-byte");
}

static void test_a_fault_is_said(void **state)
{
	static const char said[] = "http://x/\033]0;\"\n";
	struct ig_mud_event record = record_of(said, strlen(said));
	struct iotguard_event event;
	json_t *json;

	(void)state;
	record.event.reason = IG_REASON_UNKNOWN_DEVICE;
	record.event.action = IG_DROP;
	decoded(&record, &event);
	assert_string_equal(event.mud_fault, "not-https");
	assert_string_equal(event.mud_authority, "");
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 mud-url 02:00:5e:10:00:11 says by dhcp4 that its MUD "
		"file is \"http://x/\\x1b]0;\"\\n\", which does not begin with https:// "
		"unknown-device: the source MAC address is not in the inventory (if0)");
	json = printed_json(&event);
	expect_member(json_object_get(json, "mud"), "authority", NULL);
	expect_member(json_object_get(json, "mud"), "fault", "not-https");
	expect_member(json_object_get(json, "verdict"), "action", "drop");
	json_decref(json);
}

static void test_more_than_there_is_room_for(void **state)
{
	char said[400];
	struct ig_mud_event record;
	struct iotguard_event event;

	(void)state;
	memset(said, 'x', sizeof(said));
	memcpy(said, "https://a/", 10);
	record = record_of(said, 256);
	decoded(&record, &event);
	assert_string_equal(event.mud_fault, "too-long");
	record = record_of(said, 400);
	decoded(&record, &event);
	assert_string_equal(event.mud_fault, "too-long");
	record = record_of(said, 255);
	decoded(&record, &event);
	assert_null(event.mud_fault);
	memset(record.url, 0xff, sizeof(record.url));
	decoded(&record, &event);
	printed_text(&event);
	json_decref(printed_json(&event));
}

static void test_what_is_no_record(void **state)
{
	struct ig_mud_event record = record_of("https://a/", 10);
	struct iotguard_event event;

	(void)state;
	assert_int_equal(decode(&record, sizeof(record) - 1, &event), -EPROTO);
	record.source = 0;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	record.source = IG_MUD_LLDP + 1;
	assert_int_equal(decode(&record, sizeof(record), &event), -EPROTO);
	record = record_of("", 0);
	decoded(&record, &event);
	assert_string_equal(event.mud_fault, "empty");
}

/* --- over the socket --- */

static void test_it_reads_back(void **state)
{
	static const char *const said[] = {"https://vendor.example/x", "ftp://x\xff"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		struct ig_mud_event record = record_of(said[i], strlen(said[i]));
		char first[IOTGUARD_EVENT_TEXT_MAX], second[IOTGUARD_EVENT_TEXT_MAX];
		struct ig_parsed_event parsed;
		struct iotguard_event event;

		decoded(&record, &event);
		iotguard_event_json(&event, "gw", first, sizeof(first));
		assert_int_equal(ig_event_parse(first, strlen(first), &parsed), 0);
		iotguard_event_json(&parsed.event, "gw", second, sizeof(second));
		assert_string_equal(first, second);
		ig_parsed_event_clear(&parsed);
	}
}

#define LINE(mud)                                                                        \
	"{\"timestamp\":\"2026-11-22T10:31:05.123456+0000\",\"event_type\":\"mud-url\"," \
	"\"mud\":" mud ",\"iotguard\":{\"schema\":1,\"event\":\"mud-url\"}}"

static void test_what_does_not_fit_together(void **state)
{
	static const char *const lines[] = {
		LINE("{}"),
		LINE("7"),
		LINE("{\"source\":\"smoke\",\"url\":\"https://a/\",\"authority\":\"a\"}"),
		LINE("{\"source\":\"lldp\",\"url\":\"https://a/\"}"),
		LINE("{\"source\":\"lldp\",\"url\":7,\"authority\":\"a\"}"),
		LINE("{\"source\":\"lldp\",\"url\":\"x\",\"fault\":\"odd\"}"),
		LINE("{\"source\":\"lldp\",\"url\":\"x\",\"fault\":\"user\",\"authority\":\"a\"}"),
	};
	struct ig_parsed_event parsed;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (ig_event_parse(lines[i], strlen(lines[i]), &parsed) != -EPROTO)
			fail_msg("taken: %s", lines[i]);
		ig_parsed_event_clear(&parsed);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_length_limit),
		cmocka_unit_test(test_a_url_is_told),
		cmocka_unit_test(test_what_follows_a_space_is_left_out),
		cmocka_unit_test(test_zeros_at_the_end_are_none),
		cmocka_unit_test(test_a_fault_is_said),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_what_is_no_record),
		cmocka_unit_test(test_it_reads_back),
		cmocka_unit_test(test_what_does_not_fit_together),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("mud-string", tests, NULL, NULL);
}
