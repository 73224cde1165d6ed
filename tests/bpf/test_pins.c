/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What devices resolved, as people are told of it: by the public functions, of a gateway for real. The programs
 * themselves make the pins, so that their idea of where one stands and the reader's are held against each other.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "clock.h"
#include "gateway.h"
#include "generation.h"
#include "pins.h"
#include "util.h"

#define HOUR 3600u

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0, lan1, lan2], networks: [10.0.0.0/24]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10], segment: lan,\n"
	"        rules: [deny to bad.vendor.example, allow to *.vendor.example tcp/443,\n"
	"                allow to www.vendor.example udp/5000, allow to any udp/9]}\n"
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.0.0.30], segment: lan}\n"
	"hosts:\n"
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.20], segment: lan}\n";

static struct gateway gateway;

/* --- what the programs are told --- */

static uint32_t index_of(const char *machine)
{
	struct ig_device device;
	struct ig_mac mac = {};

	frame_mac(machine, mac.addr);
	assert_int_equal(bpf_map_lookup_elem(ig_generation_map(&gateway.live, IG_MAP_devices), &mac,
					     &device),
			 0);
	return device.index;
}

/* "a.example" as it stands in a message. */
static uint16_t spell(const char *name, uint8_t *out)
{
	uint16_t n = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		out[n++] = (uint8_t)label;
		memcpy(out + n, name, label);
		n += (uint16_t)label;
		name += label + (name[label] == '.');
	}
	out[n++] = 0;
	return n;
}

static void parse(const char *text, uint8_t addr[16])
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	addr[10] = addr[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
}

/* As the loader does it before anything is in force. @addresses: words. */
static void resolved_at(uint32_t device, const char *name, uint32_t ttl, const char *addresses)
{
	struct ig_answer answer = {.proto = IPPROTO_UDP, .ip_version = 4, .ttl = ttl};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &answer,
			    .data_size_in = sizeof(answer), .repeat = 1);
	uint64_t generation = gateway.live.control->generation;
	char words[512], *rest = words, *word;

	snprintf(words, sizeof(words), "%s", addresses);
	while ((word = strsep(&rest, " ")))
		parse(word, answer.addresses[answer.n_addresses++]);
	answer.device = device;
	answer.length = spell(name, answer.name);
	gateway.live.control->generation = 0;
	assert_int_equal(bpf_prog_test_run_opts(gateway.live.resolve, &opts), 0);
	gateway.live.control->generation = generation;
	assert_int_equal(opts.retval, 0);
}

static void resolved(const char *machine, const char *name, uint32_t ttl, const char *addresses)
{
	resolved_at(index_of(machine), name, ttl, addresses);
}

/* Each pin of an address: gone by now, or of a name that is none any more. */
static void change_pins(const char *machine, const char *address, uint32_t expires_s, uint32_t name)
{
	uint32_t places = gateway.live.control->pin_places, found = 0;
	uint8_t addr[16];

	parse(address, addr);
	for (uint32_t i = 0; i < places; i++) {
		uint32_t at = index_of(machine) * places + i;
		struct ig_pin pin;

		assert_int_equal(bpf_map_lookup_elem_flags(gateway.live.maps[IG_MAP_pins], &at,
							   &pin, BPF_F_LOCK),
				 0);
		if (!pin.name || memcmp(pin.addr, addr, sizeof(addr)))
			continue;
		pin.expires_s = expires_s ? expires_s : pin.expires_s;
		pin.name = name ? name : pin.name;
		assert_int_equal(
			bpf_map_update_elem(gateway.live.maps[IG_MAP_pins], &at, &pin, BPF_F_LOCK),
			0);
		found++;
	}
	assert_int_not_equal(found, 0);
}

static uint32_t now_s(void)
{
	return (uint32_t)(ig_clock_now() / 1000000000);
}

/* --- what is shown --- */

struct shown {
	struct iotguard_pin_info *pins;
	size_t count;
};

static void shown_clear(struct shown *shown)
{
	iotguard_free(shown->pins);
}

#define _shown_ _cleanup_(shown_clear)

static void show(const char *device, struct shown *shown)
{
	assert_int_equal(iotguard_pins(gateway.ig, device, &shown->pins, &shown->count), 0);
}

static void check_pin(const struct iotguard_pin_info *pin, const char *device, const char *name,
		      const char *address, const char *rule)
{
	uint8_t addr[16];

	parse(address, addr);
	assert_string_equal(pin->device, device);
	assert_string_equal(pin->name, name);
	assert_int_equal(pin->ip_version, strchr(address, ':') ? 6 : 4);
	assert_memory_equal(pin->address, addr, sizeof(addr));
	if (rule)
		assert_string_equal(pin->rule, rule);
	else
		assert_null(pin->rule);
}

static int set_up(void **state)
{
	(void)state;
	if (gateway_needed(&gateway))
		return -1;
	gateway_apply(&gateway, inventory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gateway_detach(&gateway);
	return 0;
}

static void test_nothing_was_resolved(void **state)
{
	struct iotguard_status status;
	_shown_ struct shown all = {};

	(void)state;
	show(NULL, &all);
	assert_int_equal(all.count, 0);
	assert_int_equal(iotguard_status(gateway.ig, &status), 0);
	assert_int_equal(status.names, 0);
	assert_int_equal(status.pins, 0);
	assert_int_equal(status.pin_places, status.device_slots * 64);
	assert_int_equal(status.name_places, status.device_slots * 32);
	assert_true(status.name_bytes >= status.pin_places * sizeof(struct ig_pin));
	assert_true(status.name_bytes + status.flow_bytes < status.map_bytes);
	assert_true(status.flow_bytes >=
		    status.flow_slots * (2 * sizeof(struct ig_flow) + sizeof(struct ig_slot4) +
					 sizeof(struct ig_slot6)));
}

static void test_who_was_told_what(void **state)
{
	uint64_t now = (uint64_t)time(NULL);
	_shown_ struct shown all = {}, plug = {};
	struct iotguard_status status;

	(void)state;
	resolved("plug", "tracker.example", 2 * HOUR, "203.0.113.9");
	resolved("cam", "WWW.vendor.example", 60, "203.0.113.20 2001:db8::20 203.0.113.21");
	resolved("cam", "bad.vendor.example", HOUR, "203.0.113.66");
	resolved("cam", "vendor.example", HOUR, "203.0.113.7");
	show(NULL, &all);
	assert_int_equal(all.count, 6);
	check_pin(&all.pins[0], "cam", "vendor.example", "203.0.113.7", NULL);
	check_pin(&all.pins[1], "cam", "bad.vendor.example", "203.0.113.66",
		  "deny to bad.vendor.example");
	/* the first rule in the order of judgement, and IPv4 before IPv6 */
	for (size_t i = 2; i < 5; i++)
		check_pin(&all.pins[i], "cam", "www.vendor.example",
			  (const char *[]){"203.0.113.20", "203.0.113.21", "2001:db8::20"}[i - 2],
			  "allow to *.vendor.example tcp/443");
	check_pin(&all.pins[5], "plug", "tracker.example", "203.0.113.9", NULL);
	assert_false(all.pins[5].host);
	assert_in_range(all.pins[5].expires_at, now + 2 * HOUR - 1, now + 2 * HOUR + 60);
	/* an hour is the least */
	assert_in_range(all.pins[2].expires_at, now + HOUR - 1, now + HOUR + 60);
	assert_in_range(all.pins[2].resolved_at, now - 1, now + 60);
	show("plug", &plug);
	assert_int_equal(plug.count, 1);
	check_pin(&plug.pins[0], "plug", "tracker.example", "203.0.113.9", NULL);
	assert_int_equal(iotguard_status(gateway.ig, &status), 0);
	assert_int_equal(status.names, 4);
	assert_int_equal(status.pins, 6);
}

/* The last index has the last places of the map; no machine has it, which is nobody's mistake. */
static void test_the_last_index(void **state)
{
	_cleanup_(ig_pinned_list_clear) struct ig_pinned_list list = {};
	uint32_t last = gateway.live.control->device_slots - 1;
	_shown_ struct shown all = {};

	(void)state;
	resolved_at(last, "a.example", HOUR, "203.0.113.1 203.0.113.2 203.0.113.3");
	resolved("nvr", "a.example", HOUR, "203.0.113.1");
	assert_int_equal(ig_pins_read(&gateway.live, &list), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.items[3].device, last);
	show(NULL, &all);
	assert_int_equal(all.count, 1);
	assert_true(all.pins[0].host);
}

static void test_what_ended_is_not_shown(void **state)
{
	_shown_ struct shown all = {};

	(void)state;
	resolved("cam", "www.vendor.example", HOUR, "203.0.113.20 203.0.113.21");
	change_pins("cam", "203.0.113.20", now_s() - 1, 0);
	show(NULL, &all);
	assert_int_equal(all.count, 1);
	check_pin(&all.pins[0], "cam", "www.vendor.example", "203.0.113.21",
		  "allow to *.vendor.example tcp/443");
}

static void test_a_void_pin_is_not_shown(void **state)
{
	_shown_ struct shown all = {};

	(void)state;
	resolved("cam", "www.vendor.example", HOUR, "203.0.113.20");
	change_pins("cam", "203.0.113.20", 0, 12345 << 6);
	show(NULL, &all);
	assert_int_equal(all.count, 0);
}

static void test_nobody_is_called_so(void **state)
{
	struct shown none = {};

	(void)state;
	assert_int_equal(iotguard_pins(gateway.ig, "lamp", &none.pins, &none.count), -ENODEV);
	assert_null(none.pins);
	assert_int_equal(iotguard_diag_errors(gateway.ig), 1);
	iotguard_diag_clear(gateway.ig);
}

/* --- flows --- */

static void sends(const char *sentence)
{
	struct gateway_verdict verdict;
	struct frame frame;

	frame_make(&frame, "%s", sentence);
	gateway_judge(&gateway, IOTGUARD_FROM_DEVICE, if_nametoindex("lan0"), &frame, &verdict);
	assert_true(verdict.passed);
}

static void test_by_which_name_a_flow_was_admitted(void **state)
{
	struct iotguard_flow_info *flows = NULL;
	size_t count = 0;

	(void)state;
	resolved("cam", "www.vendor.example", HOUR, "203.0.113.20");
	sends("cam>gw ip4 10.0.0.10>203.0.113.20 tcp 40000>443 S");
	sends("cam>gw ip4 10.0.0.10>203.0.113.20 udp 40000>9");
	assert_int_equal(iotguard_flows(gateway.ig, &flows, &count), 0);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		if (flows[i].proto == IPPROTO_TCP)
			assert_string_equal(flows[i].name, "www.vendor.example");
		else
			assert_null(flows[i].name);
	}
	iotguard_free(flows);
}

/* --- events --- */

struct told {
	unsigned int n;
	char text[IOTGUARD_EVENT_TEXT_MAX], json[IOTGUARD_EVENT_TEXT_MAX]; /* of the last one */
};

static int tell(const struct iotguard_event *event, void *context)
{
	struct told *told = context;

	if (strcmp(event->type, "drop"))
		return 0;
	told->n++;
	iotguard_event_text(event, false, told->text, sizeof(told->text));
	iotguard_event_json(event, NULL, told->json, sizeof(told->json));
	return 0;
}

/* A frame that is refused, and what is told of it. */
static void refused(enum iotguard_side side, const char *sentence, struct told *told)
{
	struct gateway_verdict verdict;
	struct iotguard_events *events;
	struct frame frame;

	*told = (struct told){};
	frame_make(&frame, "%s", sentence);
	gateway_judge(&gateway, side, if_nametoindex("lan0"), &frame, &verdict);
	assert_false(verdict.passed);
	assert_int_equal(iotguard_events_open(gateway.ig, &events), 0);
	assert_true(iotguard_events_read(events, tell, told) > 0);
	iotguard_events_close(events);
	assert_int_equal(told->n, 1);
}

static void check_told(const struct told *told, const char *text, const char *json)
{
	if (!strstr(told->text, text))
		fail_msg("'%s' is not in: %s", text, told->text);
	if (json ? !strstr(told->json, json) : strstr(told->json, "\"names\"") != NULL)
		fail_msg("not '%s': %s", json ? json : "no names", told->json);
}

static void test_an_event_has_the_names_of_its_remote(void **state)
{
	struct told told;

	(void)state;
	resolved("cam", "tracker.example", HOUR, "203.0.113.9 2001:db8::9");
	resolved("plug", "other.example", HOUR, "203.0.113.10");
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.9 tcp 40000>6667 S", &told);
	check_told(&told, " cam -> 203.0.113.9 (tracker.example) tcp/6667 no-rule",
		   "\"names\":[\"tracker.example\"]");
	/* what it calls another address, and what another device calls this one, is not told */
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.10 tcp 40000>6667 S", &told);
	check_told(&told, " cam -> 203.0.113.10 tcp/6667 no-rule", NULL);
	refused(IOTGUARD_TO_DEVICE, "gw>cam ip4 203.0.113.9>10.0.0.10 tcp 6667>40000 S", &told);
	check_told(&told, " cam <- 203.0.113.9 (tracker.example) tcp/40000",
		   "\"names\":[\"tracker.example\"]");
}

/* Refused before anybody asked what the remote is. */
static void test_names_of_what_is_refused_early(void **state)
{
	struct told told;

	(void)state;
	resolved("cam", "tracker.example", HOUR, "203.0.113.9 2001:db8::9");
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.77>203.0.113.9 tcp 40000>6667 S", &told);
	check_told(&told, "203.0.113.9 (tracker.example) tcp/6667 source-spoof",
		   "\"names\":[\"tracker.example\"]");
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.9 frag 1 proto 17 data 8",
		&told);
	check_told(&told, "203.0.113.9 (tracker.example) udp fragment", "tracker.example");
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip6 2001:db8:1::7>2001:db8::9 tcp 40000>6667 S",
		&told);
	check_told(&told, " cam -> 2001:db8::9 (tracker.example) tcp/6667 no-rule",
		   "tracker.example");
}

/* It ended just now, and that is why the packet was refused. */
static void test_a_name_that_ended_is_told(void **state)
{
	struct told told;

	(void)state;
	resolved("cam", "www.vendor.example", HOUR, "203.0.113.9");
	change_pins("cam", "203.0.113.9", now_s() - 1, 0);
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.9 tcp 40000>443 S", &told);
	check_told(&told, " cam -> 203.0.113.9 (www.vendor.example) tcp/443 no-rule",
		   "\"names\":[\"www.vendor.example\"]");
}

static void test_four_names_are_told(void **state)
{
	struct told told;
	char name[32];

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "name-%d.example", i);
		resolved("cam", name, HOUR, "203.0.113.9");
	}
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.9 tcp 40000>6667 S", &told);
	assert_non_null(strstr(told.text, ".example, name-"));
	for (const char *at = told.text; (at = strstr(at, "name-")); at++)
		told.n++;
	assert_int_equal(told.n, 1 + 4);
}

static void test_a_void_name_is_not_told(void **state)
{
	struct told told;

	(void)state;
	resolved("cam", "tracker.example", HOUR, "203.0.113.9");
	change_pins("cam", "203.0.113.9", 0, 12345 << 6);
	refused(IOTGUARD_FROM_DEVICE, "cam>gw ip4 10.0.0.10>203.0.113.9 tcp 40000>6667 S", &told);
	check_told(&told, " cam -> 203.0.113.9 tcp/6667 no-rule", NULL);
}

struct meanwhile {
	unsigned int n;
	char text[2][IOTGUARD_EVENT_TEXT_MAX];
};

static void refuse_at_port(unsigned int port)
{
	struct gateway_verdict verdict;
	struct frame frame;

	frame_make(&frame, "cam>gw ip4 10.0.0.10>203.0.113.9 tcp 40000>%u S", port);
	gateway_judge(&gateway, IOTGUARD_FROM_DEVICE, if_nametoindex("lan0"), &frame, &verdict);
	assert_false(verdict.passed);
}

/* When the first one is told, the device learns a name, and is refused once more. */
static int resolve_meanwhile(const struct iotguard_event *event, void *context)
{
	struct meanwhile *meanwhile = context;

	if (strcmp(event->type, "drop") != 0)
		return 0;
	assert_true(meanwhile->n < 2);
	iotguard_event_text(event, false, meanwhile->text[meanwhile->n],
			    sizeof(meanwhile->text[0]));
	if (!meanwhile->n++) {
		resolved("cam", "late.example", HOUR, "203.0.113.9");
		refuse_at_port(6669);
	}
	return 0;
}

/* What was read of a device is used again, but for no record that came later. */
static void test_a_name_that_comes_while_events_are_read(void **state)
{
	struct meanwhile meanwhile = {};
	struct iotguard_events *events;

	(void)state;
	resolved("cam", "early.example", HOUR, "203.0.113.10"); /* so that it has some */
	refuse_at_port(6668);
	assert_int_equal(iotguard_events_open(gateway.ig, &events), 0);
	assert_true(iotguard_events_read(events, resolve_meanwhile, &meanwhile) > 0);
	iotguard_events_close(events);
	assert_int_equal(meanwhile.n, 2);
	assert_non_null(strstr(meanwhile.text[0], " cam -> 203.0.113.9 tcp/6668 "));
	assert_non_null(strstr(meanwhile.text[1], " cam -> 203.0.113.9 (late.example) tcp/6669 "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_was_resolved),
		TEST(test_who_was_told_what),
		TEST(test_the_last_index),
		TEST(test_what_ended_is_not_shown),
		TEST(test_a_void_pin_is_not_shown),
		TEST(test_nobody_is_called_so),
		TEST(test_by_which_name_a_flow_was_admitted),
		TEST(test_an_event_has_the_names_of_its_remote),
		TEST(test_names_of_what_is_refused_early),
		TEST(test_a_name_that_ended_is_told),
		TEST(test_four_names_are_told),
		TEST(test_a_void_name_is_not_told),
		TEST(test_a_name_that_comes_while_events_are_read),
	};
	int failed;

	gateway_open(&gateway);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	gateway_close(&gateway);
	return failed;
}
