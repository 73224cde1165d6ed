/* SPDX-License-Identifier: BSD-2-Clause */
/* MUD URLs in DHCP and LLDP: what the programs tell of them, how often, and that no verdict depends on it. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1', 'fe80::1'],\n"
	"  dhcp-servers: [10.0.0.1], resolvers: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64'], unknown-devices: onboard}\n"
	"  room: {interfaces: [lan0], vlan: 30, networks: [10.30.0.0/24]}\n"
	"  mute: {interfaces: [lan0], vlan: 40, networks: [10.40.0.0/24],\n"
	"         infrastructure: {dhcp: false, link-control: false}}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"
	"        rules: [allow to any udp/5000]}\n"
	"  hub: {mac: '02:00:00:00:00:22', addresses: [10.40.0.11], segment: mute}\n";

static struct lab lab;

#define DHCP4 "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s"
#define STRANGER4 \
	"02:aa:aa:aa:aa:%02x>all %sip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s"
#define DHCP6 "cam>33:33:00:01:00:02 ip6 fe80::ff:fe00:10>ff02::1:2 udp 546>547 dhcp6 1 hex %s"
#define LLDP  "cam>link type 0x88cc hex %s"

static int open_lab(void **state)
{
	(void)state;
	lab_open_timed(&lab, inventory);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

/* --- what is told --- */

static struct ig_mud_event last;

static unsigned int records(void)
{
	return lab_records(&lab, IG_EVENT_MUD, &last, sizeof(last));
}

/* Each test begins with a silence that is long enough for everything to be told again. */
static int begin(void **state)
{
	(void)state;
	lab.now_ns += 2 * IG_REPEAT_WINDOW_NS;
	records();
	return 0;
}

/* --- options --- */

struct options {
	char hex[2 * FRAME_MAX];
	size_t n;
};

static void add_byte(struct options *o, unsigned int byte)
{
	snprintf(o->hex + o->n, sizeof(o->hex) - o->n, "%02x", byte & 0xff);
	o->n += 2;
}

static void add_text(struct options *o, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_byte(o, (unsigned char)text[i]);
}

static void add_option4(struct options *o, unsigned int code, const char *text, size_t n)
{
	add_byte(o, code);
	add_byte(o, (unsigned int)n);
	add_text(o, text, n);
}

static void add_option6(struct options *o, unsigned int code, const char *text, size_t n)
{
	add_byte(o, code >> 8);
	add_byte(o, code);
	add_byte(o, (unsigned int)n >> 8);
	add_byte(o, (unsigned int)n);
	add_text(o, text, n);
}

static void add_tlv(struct options *o, unsigned int type, size_t length)
{
	add_byte(o, type << 1 | (unsigned int)(length >> 8));
	add_byte(o, (unsigned int)length);
}

static void add_mud_tlv(struct options *o, const char *text, size_t n)
{
	add_tlv(o, 127, 4 + n);
	add_text(o, "\0\0\x5e\x01", 4);
	add_text(o, text, n);
}

/* What a device puts in front: chassis, port, and how long that is so. */
static void add_lldp_head(struct options *o)
{
	add_tlv(o, 1, 7);
	add_text(o, "\4\2\0\0\0\0\x10", 7);
	add_tlv(o, 2, 3);
	add_text(o, "\7p1", 3);
	add_tlv(o, 3, 2);
	add_text(o, "\0\x78", 2);
}

#define from(passes, reason, ...) lab_expect(&lab, FROM, passes, reason, __VA_ARGS__)

static void expect_told(unsigned int source, const char *url, size_t length)
{
	static const uint8_t zeros[IG_MUD_BYTES];
	size_t there = length < IG_MUD_BYTES ? length : IG_MUD_BYTES;

	assert_int_equal(records(), 1);
	assert_int_equal(last.source, source);
	assert_int_equal(last.length, length);
	assert_memory_equal(last.url, url, there);
	assert_memory_equal(last.url + there, zeros, IG_MUD_BYTES - there);
}

#define URL   "https://vendor.example/cam.json"
#define URL_N (sizeof(URL) - 1)

/* --- DHCPv4 --- */

static void test_option_161(void **state)
{
	struct options o = {0};

	(void)state;
	add_option4(&o, 12, "cam", 3);
	add_option4(&o, 161, URL, URL_N);
	add_option4(&o, 55, "\1\3", 2);
	add_byte(&o, 255);
	from(true, "dhcp", DHCP4, o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
	assert_int_equal(last.event.reason, IG_REASON_DHCP);
	assert_int_equal(last.event.action, IG_PASS);
	assert_int_equal(last.event.device, lab_index(&lab, "cam"));
	assert_int_equal(last.event.direction, IG_FROM_DEVICE);
	/* and when it renews, by unicast */
	lab.now_ns += 2 * IG_REPEAT_WINDOW_NS;
	from(true, "dhcp",
	     "cam>gw ip4 10.0.0.10>10.0.0.1 udp 68>67 dhcp request ci 10.0.0.10 raw %s", o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
}

static void test_nothing_is_said(void **state)
{
	(void)state;
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover");
	from(true, "dhcp", DHCP4, "a100"); /* an empty one is none */
	from(true, "dhcp", DHCP4, "ffa10178");
	from(true, "dhcp",
	     "cam>33:33:00:01:00:02 ip6 fe80::ff:fe00:10>ff02::1:2 udp 546>547 dhcp6 1");
	from(true, "link-control", LLDP, "0000");
	assert_int_equal(records(), 0);
}

/* RFC 3396: the second one goes on where the first one ended, wherever it is. */
static void test_split_option(void **state)
{
	struct options o = {0};

	(void)state;
	add_option4(&o, 161, URL, 10);
	add_option4(&o, 12, "cam", 3);
	add_byte(&o, 0);
	add_option4(&o, 161, URL + 10, URL_N - 10);
	add_byte(&o, 255);
	from(true, "dhcp", DHCP4, o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
}

static void test_longest(void **state)
{
	char url[600];

	(void)state;
	memset(url, 'u', sizeof(url));
	for (size_t n = 253; n <= 258; n++) {
		struct options o = {0};
		size_t first = n < 255 ? n : 255;

		lab.now_ns += 2 * IG_REPEAT_WINDOW_NS;
		add_option4(&o, 161, url, first);
		if (n > first)
			add_option4(&o, 161, url, n - first);
		from(true, "dhcp", DHCP4, o.hex);
		expect_told(IG_MUD_DHCP4, url, n);
	}
	struct options o = {0};

	add_option4(&o, 161, url, 255);
	add_option4(&o, 161, url, 255);
	add_option4(&o, 161, url, 90);
	lab.now_ns += 2 * IG_REPEAT_WINDOW_NS;
	from(true, "dhcp", DHCP4, o.hex);
	expect_told(IG_MUD_DHCP4, url, 600);
}

static void test_lengths_that_lie4(void **state)
{
	struct options o = {0};

	(void)state;
	/* the message is refused as it always was, and what it says is not believed */
	from(false, "malformed", DHCP4, "a1ff68747470");
	from(false, "malformed", DHCP4, "0cff");
	from(false, "malformed", DHCP4, "a1");
	assert_int_equal(records(), 0);
	/* of a stranger that is dropped anyway, only whole options are told */
	from(false, "unknown-device", STRANGER4, 1, "tag 30 ", "a1ff68747470");
	assert_int_equal(records(), 0);
	add_option4(&o, 161, URL, URL_N);
	add_text(&o, "\xa1\xff", 2);
	from(false, "unknown-device", STRANGER4, 2, "tag 30 ", o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
}

/* Options without end: those behind the 128th are not looked at. */
static void test_many_options(void **state)
{
	struct options few = {0}, many = {0};

	(void)state;
	for (unsigned int i = 0; i < 60; i++)
		add_option4(&few, 224, NULL, 0);
	add_option4(&few, 161, URL, URL_N);
	from(true, "dhcp", DHCP4, few.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
	lab.now_ns += 2 * IG_REPEAT_WINDOW_NS;
	for (unsigned int i = 0; i < 128; i++)
		add_option4(&many, 224, NULL, 0);
	add_option4(&many, 161, URL, URL_N);
	from(false, "unknown-device", STRANGER4, 3, "tag 30 ", many.hex);
	assert_int_equal(records(), 0);
}

/* --- DHCPv6 --- */

static void test_option_112(void **state)
{
	struct options o = {0};

	(void)state;
	add_option6(&o, 1, "\0\3\0\1\2\0\0\0\0\x10", 10);
	add_option6(&o, 112, URL, URL_N);
	add_option6(&o, 112, "second", 6);
	from(true, "dhcp", DHCP6, o.hex);
	expect_told(IG_MUD_DHCP6, URL, URL_N);
	assert_int_equal(last.event.device, lab_index(&lab, "cam"));
}

static void test_lengths_that_lie6(void **state)
{
	char url[700];
	struct options o = {0};

	(void)state;
	from(true, "dhcp", DHCP6, "0070");
	from(true, "dhcp", DHCP6, "007000");
	from(true, "dhcp", DHCP6, "00700010");
	from(true, "dhcp", DHCP6, "0070ffff68747470");
	from(true, "dhcp", DHCP6, "0001ffff00700004687474700");
	from(true, "dhcp", DHCP6, "00700000");
	assert_int_equal(records(), 0);
	memset(url, 'u', sizeof(url));
	add_option6(&o, 112, url, sizeof(url));
	from(true, "dhcp", DHCP6, o.hex);
	expect_told(IG_MUD_DHCP6, url, sizeof(url));
}

/* --- LLDP --- */

static void test_tlv(void **state)
{
	struct options o = {0};

	(void)state;
	add_lldp_head(&o);
	add_tlv(&o, 127, 6);
	add_text(&o, "\0\x12\x0f\1ab", 6); /* IEEE 802.3's */
	add_tlv(&o, 127, 5);
	add_text(&o, "\0\0\x5e\2z", 5); /* another subtype */
	add_tlv(&o, 127, 2);
	add_text(&o, "\0\0", 2);
	add_mud_tlv(&o, URL, URL_N);
	add_tlv(&o, 0, 0);
	from(true, "link-control", LLDP, o.hex);
	expect_told(IG_MUD_LLDP, URL, URL_N);
	assert_int_equal(last.event.reason, IG_REASON_LINK_CONTROL);
	assert_int_equal(last.event.device, lab_index(&lab, "cam"));
}

static void test_lengths_that_lie_lldp(void **state)
{
	char url[507];
	struct options o = {0};

	(void)state;
	from(true, "link-control", LLDP, "fe");
	from(true, "link-control", LLDP, "fe04");
	from(true, "link-control", LLDP, "fe0400005e01");
	from(true, "link-control", LLDP, "fe0900005e0168747470");
	from(true, "link-control", LLDP, "fe0300005e");
	from(true, "link-control", LLDP, "0000fe0800005e0168747470"); /* behind the end */
	from(true, "link-control", LLDP, "03fffe0800005e0168747470");
	assert_int_equal(records(), 0);
	memset(url, 'u', sizeof(url));
	add_mud_tlv(&o, url, sizeof(url));
	from(true, "link-control", LLDP, o.hex);
	expect_told(IG_MUD_LLDP, url, sizeof(url));
}

/* --- who is believed --- */

static void test_only_the_truth(void **state)
{
	struct options o = {0};

	(void)state;
	add_option4(&o, 161, URL, URL_N);
	from(false, "dhcp-starvation",
	     "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover client stranger raw %s",
	     o.hex);
	from(false, "gateway-spoof",
	     "gw>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s", o.hex);
	from(false, "wrong-port",
	     "cam>all tag 30 ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s", o.hex);
	from(false, "no-rule",
	     "hub>all tag 40 ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover raw %s", o.hex);
	from(false, "dhcp-spoof", "cam>all ip4 0.0.0.0>255.255.255.255 udp 67>68 dhcp offer raw %s",
	     o.hex);
	assert_int_equal(records(), 0);
}

static void test_no_verdict_depends_on_it(void **state)
{
	static const struct {
		const char *reason, *plain, *said;
		bool passes;
	} frames[] = {
		{"dhcp", DHCP4, "a10468747470", true},
		{"dhcp", DHCP6, "0070000468747470", true},
		{"link-control", LLDP, "fe0800005e0168747470", true},
		{"no-rule", "cam>gw ip4 10.0.0.10>198.51.100.9 udp 68>547 hex %s", "a10468747470",
		 false},
		{"ethertype", "cam>link type 0x88cb hex %s", "fe0800005e0168747470", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		from(frames[i].passes, frames[i].reason, frames[i].plain, "00000000");
		from(frames[i].passes, frames[i].reason, frames[i].plain, frames[i].said);
	}
	from(true, "rule", "cam>gw ip4 10.0.0.10>198.51.100.9 udp 68>5000 hex a10468747470");
	from(true, "flow", "cam>gw ip4 10.0.0.10>198.51.100.9 udp 68>5000 hex a10468747470");
	assert_int_equal(records(), 3);
}

static void test_strangers(void **state)
{
	struct options o = {0}, l = {0};

	(void)state;
	add_option4(&o, 161, URL, URL_N);
	from(true, "dhcp", STRANGER4, 0x11, "", o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
	assert_int_equal(last.event.device, IG_ENTITY_NONE);
	assert_int_equal(last.event.src_mac[5], 0x11);
	from(false, "unknown-device", STRANGER4, 0x12, "tag 30 ", o.hex);
	expect_told(IG_MUD_DHCP4, URL, URL_N);
	assert_int_equal(last.event.reason, IG_REASON_UNKNOWN_DEVICE);
	assert_int_equal(last.event.action, IG_DROP);
	add_mud_tlv(&l, URL, URL_N);
	from(true, "link-control", "stranger>link type 0x88cc hex %s", l.hex);
	expect_told(IG_MUD_LLDP, URL, URL_N);
}

/* --- how often --- */

static void say(unsigned int number)
{
	struct options o = {0};
	char url[64];
	int n = snprintf(url, sizeof(url), "https://vendor.example/%u", number);

	add_option4(&o, 161, url, (size_t)n);
	from(true, "dhcp", DHCP4, o.hex);
}

static void test_once_in_ten_minutes(void **state)
{
	(void)state;
	say(1);
	assert_int_equal(records(), 1);
	for (unsigned int minute = 0; minute < 9; minute++) {
		lab.now_ns += 60 * SECOND;
		say(1);
	}
	assert_int_equal(records(), 0);
	/* also of who is never silent for that long */
	lab.now_ns += 61 * SECOND;
	say(1);
	assert_int_equal(records(), 1);
}

static void test_another_one_at_once(void **state)
{
	(void)state;
	say(1);
	say(2);
	assert_int_equal(records(), 2);
	say(2);
	assert_int_equal(records(), 0);
	/* what it told before is another one, too: nobody is left with what does not hold any more */
	say(1);
	say(1);
	assert_int_equal(records(), 1);
	assert_memory_equal(last.url, "https://vendor.example/1", 25);
}

static void test_a_flood_of_urls(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 1000; n++)
		say(n);
	assert_int_equal(records(), 8);
	lab.now_ns += IG_REPEAT_WINDOW_NS + SECOND;
	for (unsigned int n = 0; n < 1000; n++)
		say(n);
	assert_int_equal(records(), 8);
}

static void test_a_flood_of_strangers(void **state)
{
	struct options o = {0};

	(void)state;
	add_option4(&o, 161, URL, URL_N);
	for (unsigned int n = 0; n < 256; n++)
		from(true, "dhcp", STRANGER4, n, "", o.hex);
	assert_int_equal(records(), 64);
	/* another port's are not held up, nor a device */
	from(false, "unknown-device", STRANGER4, 1, "tag 30 ", o.hex);
	say(1);
	assert_int_equal(records(), 2);
}

/* --- what a real device said --- */

#define CAPTURES "../shared/data/captures"
#define REAL	 "https://mudctl.example.com/.well-known/mud/v1/rasbp101"

/* The payload of UDP of the first frame of a capture; the test is skipped where there is none. */
static size_t first_payload(const char *name, size_t ip_header, uint8_t *out, size_t room)
{
	const char *captures = getenv("IOTGUARD_CAPTURES");
	size_t headers = 14 + ip_header + 8;
	uint8_t head[24 + 16], frame[FRAME_MAX];
	char path[256];
	uint32_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/mud-pairs/%s", captures ? captures : CAPTURES, name);
	file = fopen(path, "rb");
	if (!file) {
		print_message("%s is not there\n", path);
		skip();
	}
	assert_int_equal(fread(head, 1, sizeof(head), file), sizeof(head));
	memcpy(&length, head + 24 + 8, sizeof(length));
	assert_true(length > headers && length - headers <= room && length <= sizeof(frame));
	assert_int_equal(fread(frame, 1, length, file), length);
	fclose(file);
	memcpy(out, frame + headers, length - headers);
	return length - headers;
}

/* The captures are from behind relays: what the device sent them is sent as it did. */
static void test_a_real_request(void **state)
{
	uint8_t message[FRAME_MAX];
	size_t n = first_payload("dhcp-mud.pcap", 20, message, sizeof(message));
	struct options o = {0};

	(void)state;
	assert_true(n > 240);
	add_text(&o, (const char *)message + 240, n - 240);
	from(true, "dhcp", "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp - raw %s", o.hex);
	expect_told(IG_MUD_DHCP4, REAL, strlen(REAL));
}

static void test_a_real_solicitation(void **state)
{
	enum { RELAYED = 1 + 1 + 16 + 16, OPTION_MESSAGE = 9 };
	uint8_t message[FRAME_MAX];
	size_t n = first_payload("dhcpv6-mud.pcap", 40, message, sizeof(message)), at = RELAYED;
	struct options o = {0};

	(void)state;
	while (at + 4 <= n && (message[at] || message[at + 1] != OPTION_MESSAGE))
		at += 4u + (size_t)(message[at + 2] << 8 | message[at + 3]);
	assert_true(at + 4 <= n);
	add_text(&o, (const char *)message + at + 4,
		 (size_t)(message[at + 2] << 8 | message[at + 3]));
	from(true, "dhcp",
	     "cam>33:33:00:01:00:02 ip6 fe80::ff:fe00:10>ff02::1:2 udp 546>547 hex %s", o.hex);
	expect_told(IG_MUD_DHCP6, REAL, strlen(REAL));
}

#define test(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_option_161),
		test(test_nothing_is_said),
		test(test_split_option),
		test(test_longest),
		test(test_lengths_that_lie4),
		test(test_many_options),
		test(test_option_112),
		test(test_lengths_that_lie6),
		test(test_tlv),
		test(test_lengths_that_lie_lldp),
		test(test_only_the_truth),
		test(test_no_verdict_depends_on_it),
		test(test_strangers),
		test(test_once_in_ten_minutes),
		test(test_another_one_at_once),
		test(test_a_flood_of_urls),
		test(test_a_flood_of_strangers),
		test(test_a_real_request),
		test(test_a_real_solicitation),
	};

	return cmocka_run_group_tests_name("mud-url", tests, open_lab, close_lab);
}
