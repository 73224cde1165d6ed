/* SPDX-License-Identifier: BSD-2-Clause */
/* What iotguardd writes to its readers is read back as what it was, and nothing else is taken for it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "changes.h"
#include "event_parse.h"
#include "events.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Written, read and written again: the same text. */
static void assert_survives(const struct iotguard_event *event)
{
	char first[IOTGUARD_EVENT_TEXT_MAX], second[IOTGUARD_EVENT_TEXT_MAX];
	size_t n = iotguard_event_json(event, "gw-17", first, sizeof(first));
	struct ig_parsed_event parsed;

	assert_in_range(n, 1, sizeof(first) - 1);
	assert_int_equal(ig_event_parse(first, n, &parsed), 0);
	assert_int_equal(iotguard_event_json(&parsed.event, "gw-17", second, sizeof(second)), n);
	assert_string_equal(first, second);
	ig_parsed_event_clear(&parsed);
}

/* And what people are shown is the same, too, but for bytes that were no UTF-8. */
static void assert_reads_the_same(const struct iotguard_event *event)
{
	char json[IOTGUARD_EVENT_TEXT_MAX], first[IOTGUARD_EVENT_TEXT_MAX],
		second[IOTGUARD_EVENT_TEXT_MAX];
	size_t n = iotguard_event_json(event, NULL, json, sizeof(json));
	struct ig_parsed_event parsed;

	assert_survives(event);
	assert_int_equal(ig_event_parse(json, n, &parsed), 0);
	iotguard_event_text(event, false, first, sizeof(first));
	iotguard_event_text(&parsed.event, false, second, sizeof(second));
	assert_string_equal(first, second);
	assert_ptr_equal(parsed.event.sentence ? parsed.event.sentence : event->sentence,
			 iotguard_reason_sentence(iotguard_reason_number(event->reason ?: "")));
	ig_parsed_event_clear(&parsed);
}

/* The sentence goes by the reason, as it does in events that come from the kernel. */
static struct iotguard_event with_reason(struct iotguard_event event, const char *reason)
{
	event.reason = reason;
	event.sentence = iotguard_reason_sentence(iotguard_reason_number(reason));
	return event;
}

static void test_every_kind_survives(void **state)
{
	struct iotguard_event event = with_reason(refused(), "no-rule");

	(void)state;
	assert_reads_the_same(&event);
	event.type = "would-drop";
	event.mode = IOTGUARD_MODE_MONITOR;
	event.from_device = false;
	event.repeats = 100;
	event.suppressed = 90;
	assert_reads_the_same(&event);
	event = with_reason(begun(), "rule");
	for (size_t i = 0; i < IOTGUARD_EVENT_NAMES; i++) {
		assert_reads_the_same(&event);
		event.names[event.n_names++] = i ? "tracker.example" : "\"caf\xc3\xa9\x1b[2J";
	}
	assert_reads_the_same(&event);
	event = lost(1234);
	assert_survives(&event);
	event.environment = IOTGUARD_ENV_UNKNOWN;
	event.criticality = IOTGUARD_CRIT_UNKNOWN;
	assert_reads_the_same(&event);
}

static void test_a_new_device_survives(void **state)
{
	struct iotguard_event event = with_reason(refused(), "unknown-device");

	(void)state;
	event.type = "new-device";
	event.device = NULL;
	assert_reads_the_same(&event);
	event.passed = true;
	strcpy(event.vendor_class, "udhcp \"1.35\"\x1b[2J");
	strcpy(event.hostname, "caf\xc3\xa9");
	memcpy(event.params, "\x01\x03\x06\xff", 4);
	event.n_params = 4;
	memcpy(event.requested, "\x0a\x1e\x00\x4d", 4);
	assert_reads_the_same(&event);
}

static void test_a_query_survives(void **state)
{
	struct iotguard_event event = with_reason(refused(), "dns");

	(void)state;
	event.type = "name";
	event.passed = true;
	event.tcp_flags = event.ttl = 0;
	event.length = 0; /* which is not told */
	for (unsigned int type = 0; type <= UINT16_MAX; type += type < 300 ? 1 : 997) {
		event.asked_type = (uint16_t)type;
		strcpy(event.asked, "tracker.example");
		assert_reads_the_same(&event);
	}
	event = with_reason(event, "dns-name");
	event.passed = false;
	strcpy(event.asked, "\"a\\b\x1b[2J.example");
	assert_reads_the_same(&event);
	memset(event.asked, 'a', sizeof(event.asked) - 1);
	event.asked[sizeof(event.asked) - 1] = '\0';
	assert_reads_the_same(&event);
}

static void test_every_change_survives(void **state)
{
	struct iotguard_change change;

	(void)state;
	for (int kind = IG_CHANGE_APPLY; kind <= IG_CHANGE_RELEASE; kind++) {
		struct iotguard_event event = changed(&change, ig_change_action(kind));

		if (kind == IG_CHANGE_QUARANTINE)
			change.until_us = UINT64_MAX;
		assert_reads_the_same(&event);
		change.sha256[0] = '\0';
		event.device = change.device = "caf\xc3\xa9 \"\x1b[2J";
		strcpy(change.interface, "eth0.\xc3\xa9");
		change.until_us = change.time_us + 60000000;
		change.trial = change.generic = change.open = true;
		assert_reads_the_same(&event);
		change.trial = change.generic = change.open = false;
		change.forced = change.first = change.monitors = true;
		change.number = change.generation = change.before = INT64_MAX;
		change.uid = UINT32_MAX;
		assert_reads_the_same(&event);
	}
}

/* Each member by itself, and not only in what is printed. */
static void test_what_is_in_a_change(void **state)
{
	struct iotguard_change change;
	struct iotguard_event event = changed(&change, "quarantine");
	char line[IOTGUARD_EVENT_TEXT_MAX];
	struct ig_parsed_event out;

	(void)state;
	event.device = change.device = "camera";
	change.until_us = 1795343525000001;
	change.forced = true;
	strcpy(change.interface, "lan0");
	iotguard_event_json(&event, NULL, line, sizeof(line));
	assert_int_equal(ig_event_parse(line, strlen(line), &out), 0);
	assert_ptr_equal(out.event.change, &out.change);
	assert_string_equal(out.event.type, "policy");
	assert_string_equal(out.event.device, "camera");
	assert_int_equal(out.event.generation, 8);
	assert_string_equal(out.change.action, "quarantine");
	assert_string_equal(out.change.device, "camera");
	assert_string_equal(out.change.interface, "lan0");
	assert_string_equal(out.change.sha256, change.sha256);
	assert_int_equal(out.change.number, 17);
	assert_int_equal(out.change.time_us, change.time_us);
	assert_int_equal(out.change.generation, 8);
	assert_int_equal(out.change.before, 7);
	assert_int_equal(out.change.until_us, change.until_us);
	assert_int_equal(out.change.uid, 1000);
	assert_true(out.change.forced);
	assert_false(out.change.trial || out.change.generic || out.change.first ||
		     out.change.open || out.change.monitors);
	ig_parsed_event_clear(&out);
}

static void test_every_reason_survives(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		struct iotguard_event event;

		if (!iotguard_reason_token(i))
			continue;
		event = with_reason(refused(), iotguard_reason_token(i));
		assert_reads_the_same(&event);
	}
}

static void test_every_protocol_survives(void **state)
{
	(void)state;
	for (int proto = 0; proto <= UINT8_MAX; proto++) {
		struct iotguard_event event = with_reason(refused(), "no-rule");

		event.proto = (uint8_t)proto;
		event.icmp_type = proto == 1 || proto == 58 ? 128 : 0;
		event.icmp_code = proto == 1 ? 3 : 0;
		if (proto != 6)
			event.tcp_flags = 0;
		if (proto != 6 && proto != 17 && proto != 132)
			event.src_port = event.dst_port = 0;
		assert_reads_the_same(&event);
		parse_address("fd00:30::66", event.src);
		parse_address("2001:db8::9", event.dst);
		event.ip_version = 6;
		assert_reads_the_same(&event);
	}
}

static void test_frames_without_ip_survive(void **state)
{
	struct iotguard_event event = with_reason(refused(), "arp-spoof");

	(void)state;
	event.ip_version = event.proto = event.ttl = event.tcp_flags = 0;
	event.src_port = event.dst_port = 0;
	event.ethertype = 0x0806;
	assert_reads_the_same(&event);
	event = with_reason(event, "ethertype");
	event.ethertype = 0x88b5;
	memset(event.src, 0, sizeof(event.src));
	memset(event.dst, 0, sizeof(event.dst));
	event.vlan[0] = 30;
	assert_reads_the_same(&event);
	event.vlan[1] = 4094;
	assert_reads_the_same(&event);
}

static void test_what_is_not_known_survives(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.device = event.reason = event.sentence = NULL;
	event.environment = IOTGUARD_ENV_UNKNOWN;
	event.criticality = IOTGUARD_CRIT_UNKNOWN;
	assert_survives(&event);
	event = refused();
	event.rule = "deny to any";
	assert_survives(&event); /* a rule without a place */
	event.interface[0] = '\0';
	assert_survives(&event);
}

static void test_numbers_at_their_limits_survive(void **state)
{
	struct iotguard_event event = with_reason(refused(), "no-rule");

	(void)state;
	event.generation = INT64_MAX;
	event.repeats = event.suppressed = event.length = UINT32_MAX;
	event.src_port = event.dst_port = event.ethertype = UINT16_MAX;
	event.ttl = UINT8_MAX;
	event.tcp_flags = 0x3f;
	event.rule = "allow to any";
	event.rule_file = "x";
	event.rule_line = UINT32_MAX;
	event.time_us = 253402300799999999; /* the end of the year 9999 */
	assert_reads_the_same(&event);
	event.time_us = 0;
	assert_reads_the_same(&event);
}

/* Whatever a name is made of: what was cut and mended once is not changed a second time. */
static void test_hostile_names_survive(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct iotguard_event event = refused();
		char name[600];
		size_t length = noise % sizeof(name);

		for (size_t i = 0; i < length; i++) {
			noise = noise * 1664525 + 1013904223;
			name[i] = (char)(noise >> 24);
		}
		noise = noise * 1664525 + 1013904223;
		name[length] = '\0';
		event.device = event.rule = event.rule_file = event.names[0] = name;
		event.n_names = 1;
		assert_survives(&event);
	}
}

static int parsed(const char *line)
{
	struct ig_parsed_event out;
	int err = ig_event_parse(line, strlen(line), &out);

	ig_parsed_event_clear(&out);
	return err;
}

#define TIME	    "\"timestamp\":\"2026-11-22T10:31:05.123456+0000\""
#define DROP(more)  "{" TIME more ",\"iotguard\":{\"event\":\"drop\"}}"
#define OURS(more)  "{" TIME ",\"iotguard\":{\"event\":\"drop\"" more "}}"
#define POLICY(of)  "{" TIME ",\"iotguard\":{\"event\":\"policy\"" of "}}"
#define NAME(dns)   "{" TIME ",\"dns\":" dns ",\"iotguard\":{\"event\":\"name\"}}"
#define APPLY(more) POLICY(",\"policy\":{\"action\":\"apply\"" more "}")

static void test_little_is_enough(void **state)
{
	(void)state;
	assert_int_equal(parsed(DROP("")), 0);
	assert_int_equal(parsed(DROP(",\"later\":{\"x\":[1]}")), 0);
	assert_int_equal(parsed(OURS(",\"later\":7")), 0);
	assert_int_equal(parsed(NAME("{}")), 0);
	assert_int_equal(parsed(NAME("{\"type\":\"query\",\"rrtype\":\"65535\",\"later\":1}")), 0);
	assert_int_equal(parsed(APPLY("")), 0);
	assert_int_equal(parsed(APPLY(",\"later\":7,\"until\":null,\"sha256\":null")), 0);
}

static void test_what_is_no_event_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"null",
		"[]",
		"7",
		"{}",
		"{\"iotguard\":7}",
		"{\"iotguard\":{}}",
		"{\"iotguard\":{\"event\":7}}",
		"{\"iotguard\":{\"event\":\"drop\"}}",
		DROP("") "x",
		DROP(",\"timestamp\":\"2026-11-22T10:31:05.123456+0000\""),
		"{\"timestamp\":\"yesterday\",\"iotguard\":{\"event\":\"drop\"}}",
		"{\"timestamp\":\"2026-11-22T10:31:05.123456+0000 \",\"iotguard\":{\"event\":\"drop\"}}",
		"{\"timestamp\":\"-926-11-22T10:31:05.123456+0000\",\"iotguard\":{\"event\":\"drop\"}}",
		/* there is no such day: what it would come to is before 1970, or behind 9999 */
		"{\"timestamp\":\"1970--9-01T00:00:00.000000+0000\",\"iotguard\":{\"event\":\"drop\"}}",
		"{\"timestamp\":\"9999-12-99T00:00:00.000000+0000\",\"iotguard\":{\"event\":\"drop\"}}",
		"{\"timestamp\":\"2026-11-22T10:31:05.-12345+0000\",\"iotguard\":{\"event\":\"drop\"}}",
		POLICY(""),
		POLICY(",\"policy\":null"),
		POLICY(",\"policy\":[]"),
		POLICY(",\"policy\":{}"),
		POLICY(",\"policy\":{\"action\":7}"),
		APPLY(",\"number\":-1"),
		APPLY(",\"number\":\"1\""),
		APPLY(",\"uid\":4294967296"),
		APPLY(",\"generation\":1.5"),
		APPLY(",\"before\":18446744073709551615"),
		APPLY(",\"sha256\":\"0123\""),
		APPLY(",\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF\""),
		APPLY(",\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\""),
		APPLY(",\"until\":7"),
		APPLY(",\"until\":\"tomorrow\""),
		APPLY(",\"device\":{}"),
		APPLY(",\"interface\":[]"),
		APPLY(",\"trial\":1"),
		APPLY(",\"open\":null"),
		DROP(",\"src_port\":65536"),
		DROP(",\"src_port\":-1"),
		DROP(",\"src_port\":1.5"),
		DROP(",\"src_port\":\"80\""),
		DROP(",\"src_ip\":\"10.0.0\""),
		DROP(",\"src_ip\":7"),
		DROP(",\"proto\":\"ICMPv7\""),
		DROP(",\"proto\":\"256\""),
		DROP(",\"vlan\":[1,2,3]"),
		DROP(",\"vlan\":[65536]"),
		DROP(",\"vlan\":7"),
		DROP(",\"ether\":[]"),
		DROP(",\"ether\":{\"src_mac\":\"02:00:5e:10:00\"}"),
		DROP(",\"ether\":{\"src_mac\":\"02:00:5e:10:00:111\"}"),
		DROP(",\"drop\":{\"syn\":1}"),
		DROP(",\"drop\":{\"len\":4294967296}"),
		OURS(",\"mode\":\"asleep\""),
		OURS(",\"device\":7"),
		OURS(",\"names\":7"),
		OURS(",\"names\":[7]"),
		OURS(",\"names\":[null]"),
		OURS(",\"names\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"),
		OURS(",\"device\":\"a\\u0000b\""),
		OURS(",\"generation\":18446744073709551615"),
		OURS(",\"event\":\"loss\""),
		NAME("7"),
		NAME("{\"rrname\":7}"),
		NAME("{\"rrtype\":7}"),
		NAME("{\"rrtype\":\"\"}"),
		NAME("{\"rrtype\":\"a\"}"),
		NAME("{\"rrtype\":\"65536\"}"),
		NAME("{\"rrtype\":\"1 \"}"),
		"{" TIME ",\"error\":7}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (parsed(lines[i]) != -EPROTO)
			fail_msg("taken for an event: %s", lines[i]);
	}
}

static void test_too_long_is_refused(void **state)
{
	static char line[IOTGUARD_EVENT_TEXT_MAX + 1];

	(void)state;
	strcpy(line, DROP(""));
	memset(line + strlen(line), ' ', sizeof(line) - strlen(line) - 1);
	assert_int_equal(parsed(line), -EPROTO);
	line[IOTGUARD_EVENT_TEXT_MAX - 1] = '\0';
	assert_int_equal(parsed(line), 0);
}

/* Every beginning, and every byte changed: no crash, and no field beyond its size. */
static void break_line(const struct iotguard_event *event)
{
	char whole[IOTGUARD_EVENT_TEXT_MAX], line[IOTGUARD_EVENT_TEXT_MAX];
	size_t n = iotguard_event_json(event, "gw", whole, sizeof(whole));
	struct ig_parsed_event out;

	for (size_t cut = 0; cut < n; cut++) {
		assert_int_equal(ig_event_parse(whole, cut, &out), -EPROTO);
		ig_parsed_event_clear(&out);
	}
	for (size_t at = 0; at < n; at++) {
		for (int byte = 0; byte < 256; byte += 5) {
			memcpy(line, whole, n);
			line[at] = (char)byte;
			if (!ig_event_parse(line, n, &out))
				assert_survives(&out.event);
			ig_parsed_event_clear(&out);
		}
	}
}

static void test_broken_lines_do_no_harm(void **state)
{
	struct iotguard_event event = with_reason(begun(), "rule");
	struct iotguard_change change;

	(void)state;
	break_line(&event);
	event = changed(&change, "detach");
	change.until_us = change.time_us;
	strcpy(change.interface, "lan0");
	break_line(&event);
}

static void test_later_kinds_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(parsed(POLICY(",\"policy\":{\"action\":\"from-the-future\"}")),
			 -EOPNOTSUPP);
	assert_int_equal(parsed("{" TIME ",\"iotguard\":{\"event\":\"from-the-future\"}}"),
			 -EOPNOTSUPP);
}

static void test_a_refusal_is_told_apart(void **state)
{
	static const char line[] = "{\"error\":\"no more than 64 readers\"}";
	struct ig_parsed_event out;

	(void)state;
	assert_int_equal(ig_event_parse(line, strlen(line), &out), -EREMOTEIO);
	assert_string_equal(out.refusal, "no more than 64 readers");
	ig_parsed_event_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_survives),
		cmocka_unit_test(test_a_new_device_survives),
		cmocka_unit_test(test_a_query_survives),
		cmocka_unit_test(test_every_change_survives),
		cmocka_unit_test(test_what_is_in_a_change),
		cmocka_unit_test(test_every_reason_survives),
		cmocka_unit_test(test_every_protocol_survives),
		cmocka_unit_test(test_frames_without_ip_survive),
		cmocka_unit_test(test_what_is_not_known_survives),
		cmocka_unit_test(test_numbers_at_their_limits_survive),
		cmocka_unit_test(test_hostile_names_survive),
		cmocka_unit_test(test_little_is_enough),
		cmocka_unit_test(test_what_is_no_event_is_refused),
		cmocka_unit_test(test_too_long_is_refused),
		cmocka_unit_test(test_broken_lines_do_no_harm),
		cmocka_unit_test(test_later_kinds_are_told_apart),
		cmocka_unit_test(test_a_refusal_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
