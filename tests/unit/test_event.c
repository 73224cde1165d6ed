/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
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
#include <linux/types.h>

#include "changes.h"
#include "community_id.h"
#include "escape.h"
#include "abi.h"
#include "events.h"
#include "printed.h"
#include "schema.h"

#define SCHEMA		  "docs/schema/event.schema.json"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* ------------------------------------------------------------------------------------- material */

static const json_t *member(const json_t *json, const char *outer, const char *inner)
{
	const json_t *found = json_object_get(json, outer);

	return inner ? json_object_get(found, inner) : found;
}

#define assert_text(json, outer, inner, wanted) \
	assert_string_equal(json_string_value(member(json, outer, inner)), wanted)
#define assert_number(json, outer, inner, wanted) \
	assert_int_equal(json_integer_value(member(json, outer, inner)), wanted)

static int set_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

/* ----------------------------------------------------------------------------------------- text */

static void test_text_of_a_refused_packet(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 drop cam-porch -> 203.0.113.9 tcp/6667 no-rule: no "
			    "rule of the policy allows it (lan0)");
}

static void test_text_says_rule_repeats_and_tags(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.reason = "rule-deny";
	event.sentence = "a rule of the policy denies it";
	event.rule = "deny to internet tcp";
	event.rule_file = "ward.yaml";
	event.rule_line = 41;
	event.repeats = 10;
	event.vlan[0] = 30;
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 drop cam-porch -> 203.0.113.9 tcp/6667 rule-deny: a "
		"rule of the policy denies it (lan0 vlan 30), rule ward.yaml:41: deny to "
		"internet tcp, seen 10 times");
}

static void test_text_has_the_names_of_the_remote(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.names[0] = "tracker.example";
	event.n_names = 1;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 drop cam-porch -> 203.0.113.9 (tracker.example) "
			    "tcp/6667 no-rule: no rule of the policy allows it (lan0)");
	event.names[1] = "a\033[2J.example";
	event.n_names = 2;
	assert_non_null(strstr(printed_text(&event),
			       " 203.0.113.9 (tracker.example, a\\x1b[2J.example) tcp/6667 "));
}

static void test_json_has_the_names_of_the_remote(void **state)
{
	struct iotguard_event event = refused();
	const json_t *names;
	json_t *json = printed_json(&event);

	(void)state;
	assert_null(member(json, "iotguard", "names"));
	json_decref(json);
	event.names[0] = "tracker.example";
	event.names[1] = "\"\xff.example";
	event.n_names = 2;
	json = printed_json(&event);
	names = member(json, "iotguard", "names");
	assert_int_equal(json_array_size(names), 2);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "tracker.example");
	assert_string_equal(json_string_value(json_array_get(names, 1)), "\"\xef\xbf\xbd.example");
	json_decref(json);
}

static void test_text_toward_a_device(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.type = "would-drop";
	event.from_device = false;
	event.ip_version = 6;
	parse_address("fd00:30::66", event.src);
	parse_address("fd00:30::11", event.dst);
	event.proto = 58;
	event.icmp_type = 128;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 would-drop cam-porch <- fd00:30::66 "
			    "icmpv6/echo-request no-rule: no rule of the policy allows it (lan0)");
}

static void test_text_of_a_stranger_and_of_a_spoof(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.reason = "source-spoof";
	event.sentence = NULL;
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 drop cam-porch as 192.168.8.23 -> 203.0.113.9 tcp/6667 "
		"source-spoof (lan0)");
	event.device = NULL;
	event.reason = "unknown-device";
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 drop 02:00:5e:10:00:11 as 192.168.8.23 -> 203.0.113.9 "
			    "tcp/6667 unknown-device (lan0)");
}

static void test_text_without_addresses(void **state)
{
	struct iotguard_event event = refused();

	(void)state;
	event.ip_version = 0;
	event.ethertype = 0x88b5;
	event.reason = "ethertype";
	event.sentence = NULL;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 drop cam-porch -> 02:00:5e:00:00:fe "
			    "ethertype/0x88b5 ethertype (lan0)");
}

static void test_text_of_a_new_flow(void **state)
{
	struct iotguard_event event = begun();
	char text[IOTGUARD_EVENT_TEXT_MAX];

	(void)state;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 new-flow cam-porch -> 203.0.113.9 tcp/6667 rule: a "
			    "rule of the policy allows it (lan0), rule ward.yaml:41: allow to "
			    "internet tcp/6667");
	iotguard_event_text(&event, true, text, sizeof(text));
	assert_non_null(strstr(text, "\033[36mnew-flow\033[0m"));
}

static void test_text_of_a_loss(void **state)
{
	struct iotguard_event event = lost(1234);

	(void)state;
	assert_string_equal(printed_text(&event),
			    "10:31:05.000001 loss 1234 events were lost: they came "
			    "faster than they were read");
}

static void test_text_of_a_change(void **state)
{
	struct iotguard_change change;
	struct iotguard_event event = changed(&change, "apply");

	(void)state;
	change.trial = true;
	change.until_us = change.time_us + 60000000;
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 policy apply: generation 8 by user 1000, inventory sha256 "
		"0123456789ab, on trial until 10:32:05");
	change.until_us += 86400000000;
	change.forced = change.generic = change.monitors = change.first = true;
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 policy apply: generation 8 by user 1000, inventory sha256 "
		"0123456789ab, on trial until 2026-11-23 10:32:05, forced, XDP in generic "
		"mode, with machines in monitor or learn mode, the first one");
	event = changed(&change, "expired");
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 policy expired: generation 8 after 7, since nobody "
			    "confirmed the trial of user 1000, inventory sha256 0123456789ab");
	event = changed(&change, "rollback");
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 policy rollback: generation 8 after 7 by user 1000, "
			    "inventory sha256 0123456789ab");
}

static void test_text_of_a_detach(void **state)
{
	struct iotguard_change change;
	struct iotguard_event event = changed(&change, "detach");

	(void)state;
	strcpy(change.interface, "lan0");
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 policy detach: lan0 by user 1000, inventory sha256 "
			    "0123456789ab, its traffic passes unfiltered");
	event = changed(&change, "detach");
	change.sha256[0] = '\0';
	change.open = true;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 policy detach: everything by user 1000, all traffic "
			    "passes unfiltered");
}

static void test_text_of_a_quarantine(void **state)
{
	struct iotguard_change change;
	struct iotguard_event event = changed(&change, "quarantine");

	(void)state;
	event.device = change.device = "cam\033[2J";
	change.until_us = UINT64_MAX;
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 policy quarantine: cam\\x1b[2J by user 1000, until it is "
		"released");
	change.until_us = change.time_us + 60000000;
	assert_string_equal(printed_text(&event),
			    "10:31:05.123456 policy quarantine: cam\\x1b[2J by user "
			    "1000, until 10:32:05");
	event = changed(&change, "release");
	assert_string_equal(
		printed_text(&event),
		"10:31:05.123456 policy release: (a device without a name by now) by user "
		"1000");
}

static void test_text_commands_no_terminal(void **state)
{
	struct iotguard_event event = refused();
	const char *text;

	(void)state;
	event.device = "cam\033[2J\007\nfake \xff\xc2\x9b \xe2\x80\xae";
	event.rule = "deny to any because \"\033]0;owned\007\"";
	strcpy(event.interface, "l\033n");
	text = printed_text(&event);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	assert_non_null(strstr(text, "cam\\x1b[2J\\x07\\nfake \\xff\\u{009b} \\u{202e}"));
}

static void test_text_has_colour_only_where_asked(void **state)
{
	struct iotguard_event event = refused();
	char text[IOTGUARD_EVENT_TEXT_MAX];

	(void)state;
	assert_null(strchr(printed_text(&event), '\033'));
	iotguard_event_text(&event, true, text, sizeof(text));
	assert_non_null(strstr(text, "\033[31mdrop\033[0m"));
}

/* ----------------------------------------------------------------------------------------- JSON */

static void test_json_of_a_refused_packet(void **state)
{
	struct iotguard_event event = refused();
	json_t *json = printed_json(&event);

	(void)state;
	assert_text(json, "timestamp", NULL, "2026-11-22T10:31:05.123456+0000");
	assert_text(json, "event_type", NULL, "drop");
	assert_text(json, "host", NULL, "gw-17");
	assert_text(json, "in_iface", NULL, "lan0");
	assert_text(json, "src_ip", NULL, "192.168.8.23");
	assert_number(json, "src_port", NULL, 51512);
	assert_text(json, "dest_ip", NULL, "203.0.113.9");
	assert_number(json, "dest_port", NULL, 6667);
	assert_text(json, "proto", NULL, "TCP");
	assert_number(json, "ip_v", NULL, 4);
	assert_text(json, "ether", "src_mac", "02:00:5e:10:00:11");
	assert_number(json, "ether", "ether_type", 0x800);
	assert_text(json, "direction", NULL, "from-device");
	assert_true(json_is_true(member(json, "drop", "syn")));
	assert_true(json_is_false(member(json, "drop", "ack")));
	assert_text(json, "verdict", "action", "drop");
	assert_text(json, "iotguard", "device", "cam-porch");
	assert_text(json, "iotguard", "environment", "consumer");
	assert_text(json, "iotguard", "criticality", "operational");
	assert_text(json, "iotguard", "reason", "no-rule");
	assert_text(json, "iotguard", "mode", "enforce");
	assert_true(json_is_null(member(json, "iotguard", "rule")));
	assert_number(json, "iotguard", "generation", 42);
	assert_null(member(json, "vlan", NULL));
	json_decref(json);
}

static void test_json_of_monitor_mode(void **state)
{
	struct iotguard_event event = refused();
	json_t *json;

	(void)state;
	event.type = "would-drop";
	event.mode = IOTGUARD_MODE_MONITOR;
	event.vlan[0] = 30;
	event.vlan[1] = 7;
	json = printed_json(&event);
	assert_text(json, "event_type", NULL, "drop");
	assert_text(json, "verdict", "action", "pass");
	assert_text(json, "iotguard", "event", "would-drop");
	assert_text(json, "iotguard", "mode", "monitor");
	assert_int_equal(json_array_size(member(json, "vlan", NULL)), 2);
	json_decref(json);
}

/* No packet was dropped: what reads EVE's drops must not take it for one. */
static void test_json_of_a_new_flow(void **state)
{
	static const char *const reasons[] = {"rule", "trusted",   "dns",
					      "ntp",  "rule-deny", "no-rule"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct iotguard_event event = begun();
		json_t *json;

		event.reason = reasons[i];
		json = printed_json(&event);
		assert_text(json, "event_type", NULL, "flow");
		assert_text(json, "flow", "start", "2026-11-22T10:31:05.123456+0000");
		assert_text(json, "verdict", "action", "pass");
		assert_text(json, "iotguard", "event", "new-flow");
		assert_text(json, "iotguard", "mode", "learn");
		assert_text(json, "iotguard", "reason", reasons[i]);
		assert_non_null(member(json, "community_id", NULL));
		assert_null(member(json, "drop", NULL));
		json_decref(json);
	}
}

static void test_json_of_a_loss(void **state)
{
	struct iotguard_event event = lost(77);
	json_t *json = printed_json(&event);

	(void)state;
	assert_text(json, "event_type", NULL, "iotguard");
	assert_text(json, "iotguard", "event", "loss");
	assert_number(json, "iotguard", "lost", 77);
	json_decref(json);
}

/* Of the type that is about no frame: what reads EVE's drops and flows finds none in it. */
static void test_json_of_a_change(void **state)
{
	struct iotguard_change change;
	struct iotguard_event event = changed(&change, "apply");
	const json_t *policy;
	json_t *json;

	(void)state;
	change.trial = true;
	change.until_us = change.time_us + 60000000;
	json = printed_json(&event);
	policy = member(json, "iotguard", "policy");
	assert_text(json, "event_type", NULL, "iotguard");
	assert_text(json, "iotguard", "event", "policy");
	assert_number(json, "iotguard", "generation", 8);
	assert_null(member(json, "verdict", NULL));
	assert_text(policy, "action", NULL, "apply");
	assert_number(policy, "number", NULL, 17);
	assert_number(policy, "generation", NULL, 8);
	assert_number(policy, "before", NULL, 7);
	assert_number(policy, "uid", NULL, 1000);
	assert_text(policy, "sha256", NULL, change.sha256);
	assert_text(policy, "until", NULL, "2026-11-22T10:32:05.123456+0000");
	assert_true(json_is_null(member(policy, "device", NULL)));
	assert_true(json_is_null(member(policy, "interface", NULL)));
	assert_true(json_is_true(member(policy, "trial", NULL)));
	assert_true(json_is_false(member(policy, "open", NULL)));
	json_decref(json);
	event = changed(&change, "quarantine");
	event.device = change.device = "cam\"\n\xff";
	change.until_us = UINT64_MAX;
	json = printed_json(&event);
	assert_text(json, "iotguard", "device", "cam\"\n\xef\xbf\xbd");
	assert_true(json_is_null(member(member(json, "iotguard", "policy"), "until", NULL)));
	json_decref(json);
}

/* What the kernel can tell of is in the schema, and nothing else. */
static void test_schema_lists_the_changes(void **state)
{
	json_t *schema = schema_load(SCHEMA);
	const json_t *ours = member(member(schema, "properties", "iotguard"), "properties",
				    "policy"),
		     *list = member(member(ours, "properties", "action"), "enum", NULL);

	(void)state;
	for (int kind = IG_CHANGE_APPLY; kind <= IG_CHANGE_RELEASE; kind++)
		assert_string_equal(json_string_value(json_array_get(list, (size_t)kind - 1)),
				    ig_change_action(kind));
	assert_int_equal(json_array_size(list), IG_CHANGE_RELEASE);
	assert_null(ig_change_action(IG_CHANGE_RELEASE + 1));
	assert_null(ig_change_action(0));
	json_decref(schema);
}

static void test_json_of_other_protocols(void **state)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} cases[] = {{1, "ICMP"},	{6, "TCP"}, {17, "UDP"},
		     {58, "IPv6-ICMP"}, {47, "47"}, {255, "255"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iotguard_event event = refused();
		json_t *json;

		event.proto = cases[i].proto;
		json = printed_json(&event);
		assert_text(json, "proto", NULL, cases[i].name);
		assert_int_equal(member(json, "src_port", NULL) != NULL,
				 ig_has_ports(cases[i].proto));
		json_decref(json);
	}
}

/* What belongs to no conversation must not be joined with one. */
static void test_json_of_a_fragment_has_no_community_id(void **state)
{
	struct iotguard_event event = refused();
	json_t *json;

	(void)state;
	event.src_port = event.dst_port = 0;
	event.reason = "fragment";
	json = printed_json(&event);
	assert_null(member(json, "community_id", NULL));
	assert_null(member(json, "dest_port", NULL));
	json_decref(json);
}

static void test_json_of_arp(void **state)
{
	struct iotguard_event event = refused();
	json_t *json;

	(void)state;
	event.reason = "arp-spoof";
	event.ethertype = 0x0806;
	event.ip_version = event.proto = event.ttl = 0;
	event.src_port = event.dst_port = 0;
	json = printed_json(&event);
	assert_text(json, "proto", NULL, "ARP");
	assert_text(json, "src_ip", NULL, "192.168.8.23");
	assert_text(json, "dest_ip", NULL, "203.0.113.9");
	assert_null(member(json, "src_port", NULL));
	json_decref(json);
}

static void test_json_of_a_frame_without_ip(void **state)
{
	struct iotguard_event event = refused();
	json_t *json;

	(void)state;
	event.ip_version = 0;
	event.device = NULL;
	event.environment = IOTGUARD_ENV_UNKNOWN;
	event.criticality = IOTGUARD_CRIT_UNKNOWN;
	json = printed_json(&event);
	assert_null(member(json, "src_ip", NULL));
	assert_null(member(json, "proto", NULL));
	assert_null(member(json, "drop", "ttl"));
	assert_true(json_is_null(member(json, "iotguard", "device")));
	json_decref(json);
}

static void test_json_survives_hostile_names(void **state)
{
	static const char *const names[] = {
		"quote\"back\\slash", "\x01\x1f\x7f\n\t",
		"\xff\xfe",	      "\xc0\xaf",
		"\xed\xa0\x80",	      "cut \xe2\x82",
		"\xf4\x90\x80\x80",   "gr\xc3\xbc\xc3\x9f",
		"\xf0\x9f\x93\xb7",   "",
		"</script>",	      "\xf3\xa0\x80\x81",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct iotguard_event event = refused();
		json_t *json;

		event.device = event.rule = event.rule_file = names[i];
		json = printed_json(&event);
		assert_non_null(member(json, "iotguard", "device"));
		json_decref(json);
	}
}

/* Whatever the bytes are: valid JSON, and text without a control character. */
static void test_noise_in_names(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct iotguard_event event = refused();
		char name[16];

		for (size_t i = 0; i < sizeof(name); i++) {
			noise = noise * 1664525 + 1013904223;
			name[i] = (char)(noise >> 24);
		}
		name[sizeof(name) - 1] = '\0';
		event.device = event.rule = name;
		json_decref(printed_json(&event));
		for (const char *c = printed_text(&event); *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
}

/* Written by arithmetic of our own: the C library's calendar is the judge. */
static void test_json_of_every_day(void **state)
{
	(void)state;
	for (uint64_t day = 0; day < 100000;
	     day++) { /* to the year 2243: 2000, 2100 and 2200 are in it */
		struct iotguard_event event = lost(1);
		time_t seconds = (time_t)(day * 86400 + day * 7919 % 86400);
		char text[IOTGUARD_EVENT_TEXT_MAX], expected[64];
		struct tm tm;
		size_t n;

		event.time_us = (uint64_t)seconds * 1000000 + day * 10007 % 1000000;
		iotguard_event_json(&event, NULL, text, sizeof(text));
		n = strftime(expected, sizeof(expected), "{\"timestamp\":\"%Y-%m-%dT%H:%M:%S.",
			     gmtime_r(&seconds, &tm));
		snprintf(expected + n, sizeof(expected) - n, "%06u+0000\",",
			 (unsigned int)(event.time_us % 1000000));
		assert_memory_equal(text, expected, strlen(expected));
	}
}

static void test_json_of_moments_beyond_all_calendars(void **state)
{
	struct iotguard_event event = lost(1);
	char text[IOTGUARD_EVENT_TEXT_MAX];

	(void)state;
	event.time_us = UINT64_MAX;
	iotguard_event_json(&event, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "\"586524-01-19T08:01:49.551615+0000\""));
	event.time_us = 253402300799999999; /* the last one that the schema's four digits hold */
	iotguard_event_json(&event, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "\"9999-12-31T23:59:59.999999+0000\""));
}

/* As it stands in the line, between letters. */
static void written_as(unsigned char byte, char out[16])
{
	if (byte == '"' || byte == '\\')
		snprintf(out, 16, "\\%c", byte);
	else if (byte == '\n' || byte == '\t')
		snprintf(out, 16, "\\%c", byte == '\n' ? 'n' : 't');
	else if (byte < 0x20 || byte == 0x7f)
		snprintf(out, 16, "\\u%04x", byte);
	else if (byte < 0x80)
		snprintf(out, 16, "%c", byte);
	else
		snprintf(out, 16, "\xef\xbf\xbd");
}

static void test_json_of_every_byte_in_a_name(void **state)
{
	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		struct iotguard_event event = refused();
		char name[4] = {'a', (char)byte, 'z'}, text[IOTGUARD_EVENT_TEXT_MAX];
		char escaped[16], expected[64];
		json_t *json;

		event.device = name;
		written_as((unsigned char)byte, escaped);
		snprintf(expected, sizeof(expected), "\"device\":\"a%sz\",", escaped);
		iotguard_event_json(&event, NULL, text, sizeof(text));
		assert_non_null(strstr(text, expected));
		json = printed_json(&event);
		assert_text(json, "iotguard", "device", byte < 0x80 ? name : "a\xef\xbf\xbdz");
		json_decref(json);
	}
}

/* Whole up to the limit; beyond it the cut is between two characters, of what is written and of what was given. */
static void test_json_of_long_names(void **state)
{
	static const struct {
		const char *unit; /* repeated */
		size_t written;	  /* bytes of it in the line */
	} cases[] = {{"a", 1},	      {"\"", 2},	   {"\x01", 6},
		     {"\xc3\xbc", 2}, {"\xe2\x82\xac", 3}, {"\xff", 3}};
	const size_t limit = 384;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t n = 1; n * cases[i].written < limit + 20; n++) {
			char name[2048] = "", text[IOTGUARD_EVENT_TEXT_MAX];
			size_t fit = n * cases[i].written <= limit ? n
								   : (limit - 3) / cases[i].written;
			struct iotguard_event event = refused();
			const char *device, *end;

			for (size_t k = 0; k < n; k++)
				strcat(name, cases[i].unit);
			event.device = name;
			iotguard_event_json(&event, NULL, text, sizeof(text));
			device = strstr(text, "\"device\":\"") + strlen("\"device\":\"");
			end = strstr(device, "\",\"environment\"");
			assert_non_null(end);
			assert_int_equal(end - device, fit * cases[i].written + (fit < n ? 3 : 0));
			if (fit < n)
				assert_memory_equal(end - 3, "...", 3);
			json_decref(printed_json(&event));
		}
	}
}

static void test_json_keeps_names_that_are_in_order(void **state)
{
	static const char *const names[] = {"gr\xc3\xbc\xc3\x9f", "\xf0\x9f\x93\xb7", "a\"b\\c\td"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct iotguard_event event = refused();
		json_t *json;

		event.device = names[i];
		json = printed_json(&event);
		assert_text(json, "iotguard", "device", names[i]);
		json_decref(json);
	}
}

/* The promise of IOTGUARD_EVENT_TEXT_MAX. */
static void test_the_longest_event_fits(void **state)
{
	static const uint8_t fillers[] = {'a', 0x01, 0xff, '"'};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		char name[5000], text[IOTGUARD_EVENT_TEXT_MAX];
		struct iotguard_change change;
		struct iotguard_event event = refused();

		memset(name, fillers[i], sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		memset(event.interface, fillers[i], sizeof(event.interface) - 1);
		memset(event.src, 0xab, sizeof(event.src));
		memset(event.dst, 0xcd, sizeof(event.dst));
		event.ip_version = 6;
		event.device = event.rule = event.rule_file = name;
		for (size_t n = 0; n < IOTGUARD_EVENT_NAMES; n++)
			event.names[n] = name;
		event.n_names = IOTGUARD_EVENT_NAMES;
		event.reason = "extension-chain";
		event.rule_line = event.repeats = event.suppressed = event.length = UINT32_MAX;
		event.generation = INT64_MAX; /* the most that jansson reads */
		event.vlan[0] = event.vlan[1] = 4094;
		json_decref(printed_json(&event));
		printed_text(&event);
		assert_in_range(iotguard_event_json(&event, name, text, sizeof(text)), 1,
				sizeof(text) - 1);
		event = changed(&change, "quarantine");
		event.device = change.device = name;
		memset(change.interface, fillers[i], sizeof(change.interface) - 1);
		json_decref(printed_json(&event));
		printed_text(&event);
	}
}

static void test_small_buffers_are_cut_and_counted(void **state)
{
	struct iotguard_event event = refused();
	char whole[IOTGUARD_EVENT_TEXT_MAX], part[IOTGUARD_EVENT_TEXT_MAX];
	size_t n = iotguard_event_json(&event, NULL, whole, sizeof(whole));

	(void)state;
	assert_int_equal(n, strlen(whole));
	assert_int_equal(iotguard_event_json(&event, NULL, NULL, 0), n);
	for (size_t size = 1; size <= n; size++) {
		memset(part, 'x', sizeof(part));
		assert_int_equal(iotguard_event_json(&event, NULL, part, size), n);
		assert_int_equal(strlen(part), size - 1);
		assert_memory_equal(part, whole, size - 1);
		assert_int_equal(part[size], 'x');
	}
}

/* Every reason that drops is in the schema, and no other. */
static void test_schema_lists_the_reasons(void **state)
{
	json_t *schema = schema_load(SCHEMA);
	const json_t *list = json_object_get(member(schema, "$defs", "reason"), "enum");
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *token = json_string_value(json_array_get(list, i));

		if (token) {
			assert_int_not_equal(iotguard_reason_number(token), 0);
			found++;
		}
	}
	for (unsigned int i = 0; i < IG_REASON_MAX; i++)
		found -= iotguard_reason_token(i) && !iotguard_reason_passes(i);
	assert_int_equal(found, 0);
	json_decref(schema);
}

static void test_schema_refuses_what_is_wrong(void **state)
{
	struct iotguard_event event = refused();
	json_t *schema = schema_load(SCHEMA);
	json_t *json = printed_json(&event);

	(void)state;
	json_object_set_new(json_object_get(json, "iotguard"), "reason", json_string("because"));
	assert_non_null(schema_broken(schema, json));
	json_decref(json);
	json = printed_json(&event);
	json_object_del(json, "verdict");
	assert_non_null(schema_broken(schema, json));
	json_decref(json);
	event = begun();
	json = printed_json(&event);
	json_object_set_new(json_object_get(json, "iotguard"), "reason", json_string("flow"));
	assert_non_null(schema_broken(schema, json));
	json_decref(json);
	json_decref(schema);
}

/* --------------------------------------------------------------------------------- community ID */

/* From the baseline of the specification (github.com/corelight/community-id-spec, seed 0). */
static const struct {
	uint8_t proto;
	const char *src, *dst;
	uint16_t src_port, dst_port;
	const char *id;
} vectors[] = {
	{58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	 "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	{58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
	 "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	{58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0,
	 "1:zavyT/cezQr1fmImYCwYnMXbgck="},
	{58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	 "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
	{58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
	 "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
	{58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0,
	 "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
	{58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0,
	 "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
	{58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
	{58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
	{1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	{1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	{1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
	{6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	{6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	{132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
	{132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
	{6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	{17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	{46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
	{46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
};

static void test_community_id_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		uint8_t src[16], dst[16];
		struct ig_tuple tuple = {
			.ip_version = strchr(vectors[i].src, ':') ? 6 : 4,
			.proto = vectors[i].proto,
			.src = src,
			.dst = dst,
			.src_port = vectors[i].src_port,
			.dst_port = vectors[i].dst_port,
		};
		char id[IG_COMMUNITY_ID_SIZE];

		parse_address(vectors[i].src, src);
		parse_address(vectors[i].dst, dst);
		ig_community_id(&tuple, id);
		assert_string_equal(id, vectors[i].id);
	}
}

/* ---------------------------------------------------------------------- escapes and diagnostics */

static void test_escapes_are_cut_between_characters(void **state)
{
	char buf[64];
	struct ig_writer w = {.buf = buf, .size = sizeof(buf)};

	(void)state;
	ig_escape_json(&w, "12345\n\xc3\xbc\xc3\xbc", 9);
	ig_writer_end(&w);
	assert_string_equal(buf, "12345...");
	w.len = 0;
	ig_escape_text(&w, "123456789", 9);
	ig_writer_end(&w);
	assert_string_equal(buf, "123456789");
}

static void test_escape_of_nothing(void **state)
{
	char buf[4] = "old";

	(void)state;
	assert_int_equal(iotguard_escape_text(NULL, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(iotguard_escape_json("\"\"", buf, sizeof(buf)), 4);
	assert_string_equal(buf, "\\\"\\");
}

static void test_diagnostics_as_compilers_print_them(void **state)
{
	struct iotguard_diag diag = {
		.severity = IOTGUARD_ERROR,
		.file = "ward.yaml",
		.line = 12,
		.column = 5,
		.message = "unknown key 'polcy'",
		.hint = "did you mean 'policy'?",
	};
	char text[256];

	(void)state;
	iotguard_diag_text(&diag, "iotguard-load", false, text, sizeof(text));
	assert_string_equal(text, "ward.yaml:12:5: error: unknown key 'polcy'\n"
				  "    hint: did you mean 'policy'?");
	diag.column = 0;
	diag.hint = NULL;
	diag.severity = IOTGUARD_WARNING;
	iotguard_diag_text(&diag, "iotguard-load", false, text, sizeof(text));
	assert_string_equal(text, "ward.yaml:12: warning: unknown key 'polcy'");
	diag.file = NULL;
	iotguard_diag_text(&diag, "iotguard-load", false, text, sizeof(text));
	assert_string_equal(text, "iotguard-load: warning: unknown key 'polcy'");
	diag.file = "a\033b";
	iotguard_diag_text(&diag, "iotguard-load", false, text, sizeof(text));
	assert_null(strchr(text, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_of_a_refused_packet),
		cmocka_unit_test(test_text_says_rule_repeats_and_tags),
		cmocka_unit_test(test_text_has_the_names_of_the_remote),
		cmocka_unit_test(test_json_has_the_names_of_the_remote),
		cmocka_unit_test(test_text_toward_a_device),
		cmocka_unit_test(test_text_of_a_stranger_and_of_a_spoof),
		cmocka_unit_test(test_text_without_addresses),
		cmocka_unit_test(test_text_of_a_new_flow),
		cmocka_unit_test(test_text_of_a_loss),
		cmocka_unit_test(test_text_of_a_change),
		cmocka_unit_test(test_text_of_a_detach),
		cmocka_unit_test(test_text_of_a_quarantine),
		cmocka_unit_test(test_text_commands_no_terminal),
		cmocka_unit_test(test_text_has_colour_only_where_asked),
		cmocka_unit_test(test_json_of_a_refused_packet),
		cmocka_unit_test(test_json_of_monitor_mode),
		cmocka_unit_test(test_json_of_a_new_flow),
		cmocka_unit_test(test_json_of_a_loss),
		cmocka_unit_test(test_json_of_a_change),
		cmocka_unit_test(test_schema_lists_the_changes),
		cmocka_unit_test(test_json_of_other_protocols),
		cmocka_unit_test(test_json_of_a_fragment_has_no_community_id),
		cmocka_unit_test(test_json_of_arp),
		cmocka_unit_test(test_json_of_a_frame_without_ip),
		cmocka_unit_test(test_json_survives_hostile_names),
		cmocka_unit_test(test_noise_in_names),
		cmocka_unit_test(test_json_of_every_day),
		cmocka_unit_test(test_json_of_moments_beyond_all_calendars),
		cmocka_unit_test(test_json_of_every_byte_in_a_name),
		cmocka_unit_test(test_json_of_long_names),
		cmocka_unit_test(test_json_keeps_names_that_are_in_order),
		cmocka_unit_test(test_the_longest_event_fits),
		cmocka_unit_test(test_small_buffers_are_cut_and_counted),
		cmocka_unit_test(test_schema_lists_the_reasons),
		cmocka_unit_test(test_schema_refuses_what_is_wrong),
		cmocka_unit_test(test_community_id_vectors),
		cmocka_unit_test(test_escapes_are_cut_between_characters),
		cmocka_unit_test(test_escape_of_nothing),
		cmocka_unit_test(test_diagnostics_as_compilers_print_them),
	};

	return cmocka_run_group_tests(tests, set_utc, NULL);
}
