/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goldens: what becomes of a frame, and why. Each of them whole, then cut off at every length; then
 * what shows only on an interface; at last, that between them they met every reason there is.
 */
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "generation.h"
#include "goldens.h"
#include "operate.h"
#include "util.h"

static struct world world;

/* --- goldens --- */

static void begin(void)
{
	world_begin(&world);
}

/* "quarantine MACHINE [SECONDS]", "release MACHINE" */
static bool play_quarantine(const char *step)
{
	unsigned int seconds = 0;
	char machine[32];
	int words;

	if (sscanf(step, "release %31s", machine) == 1) {
		world_quarantine(&world, machine, 0);
		return true;
	}
	words = sscanf(step, "quarantine %31s %u", machine, &seconds);
	if (words < 1)
		return false;
	world_quarantine(&world, machine,
			 words == 1 ? UINT64_MAX : world.now_ns + seconds * SECOND);
	return true;
}

/* The steps before the frame. */
static void play(const struct golden *g)
{
	char steps[4096], *rest = steps;

	if (!g->before)
		return;
	assert_true(strlen(g->before) < sizeof(steps));
	strcpy(steps, g->before);
	while (rest) {
		char *step = strsep(&rest, ";");
		struct iotguard_verdict v;
		bool passes;

		step += strspn(step, " ");
		if (!strncmp(step, "wait ", 5)) {
			world_wait(&world, (unsigned int)atoi(step + 5));
			continue;
		}
		if (play_quarantine(step))
			continue;
		passes = strncmp(step, "drop ", 5);
		if (!passes)
			step += 5;
		if (!strncmp(step, "from ", 5))
			world_judge(&world, FROM, step + 5, &v);
		else if (!strncmp(step, "to ", 3))
			world_judge(&world, TO, step + 3, &v);
		else
			fail_msg("%s: no step: %s", g->name, step);
		if (v.passed != passes)
			fail_msg("%s: %s: %s %s", g->name, step, v.passed ? "passes" : "drops",
				 iotguard_reason_token(v.reason));
	}
}

static void test_golden(void **state)
{
	const struct golden *g = *state;
	struct iotguard_verdict v;

	begin();
	play(g);
	expect(&world, g->side, g->frame, g->passes, g->reason, g->rule);
	/* once more, for the rest of the verdict */
	begin();
	play(g);
	world_judge(&world, g->side, g->frame, &v);
	if (!v.device != !g->device || (v.device && strcmp(v.device, g->device)))
		fail_msg("device %s, not %s", v.device ? v.device : "none",
			 g->device ? g->device : "none");
	if (v.rule) {
		assert_string_equal(v.rule, g->rule);
		assert_true(v.rule_line > 0);
	}
}

/*
 * A frame that is cut off, or of which the capture is, gets a legal verdict, and passes only if the
 * whole one passes, for the same reason.
 */
static void check_cut(const struct golden *g, const struct frame *whole, size_t n, size_t length)
{
	struct iotguard_verdict v;
	bool monitored;

	begin();
	play(g);
	world_judge_part(&world, g->side, whole->bytes, n, length, &v);
	monitored = v.mode == IOTGUARD_MODE_MONITOR && !iotguard_reason_passes(v.reason);
	if (v.passed != (iotguard_reason_passes(v.reason) || monitored))
		fail_msg("%zu of %zu bytes: %s and %s", n, length, v.passed ? "passes" : "drops",
			 iotguard_reason_token(v.reason));
	if (v.passed && !monitored && strcmp(iotguard_reason_token(v.reason), g->reason))
		fail_msg("%zu of %zu bytes pass: %s", n, length, iotguard_reason_token(v.reason));
}

static void test_cut(void **state)
{
	const struct golden *g = *state;
	/* a slow guest looks at some of the lengths */
	size_t step = getenv("IOTGUARD_GUEST") ? 13 : 1;
	struct frame whole;

	frame_make(&whole, "%s", g->frame);
	for (size_t n = 0; n <= whole.size; n += step) {
		check_cut(g, &whole, n, n);
		check_cut(g, &whole, n, whole.size);
	}
}

/* No golden: cut off, it is an honest frame. */
static void test_arp_that_says_more(void **state)
{
	(void)state;
	expect(&world, FROM, "cam>all arp request cam 10.0.0.10 - 10.0.0.1 data 100", false,
	       "malformed", NULL);
	expect(&world, FROM, "cam>all arp request cam 10.0.0.10 - 10.0.0.1 pad 60", true, "arp",
	       NULL);
}

/* No golden: cut off, it passes because the host is trusted. */
static void test_error_about_a_trusted_host(void **state)
{
	(void)state;
	expect(&world, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 udp 1>443", true, "trusted", NULL);
	expect(&world, TO,
	       "gw>admin ip4 198.51.100.9>10.0.0.21 icmp 3.4 0 quote "
	       "ip4 10.0.0.21>203.0.113.5 udp 1>443",
	       true, "icmp-error", NULL);
}

/* --- as on an interface: ports, and no clock but the kernel's --- */

static struct lab lab;

static void test_no_segment(void **state)
{
	(void)state;
	/* lan0 is in segments with other tags, and without */
	lab_expect(&lab, FROM, false, "no-segment",
		   "cam>gw tag 99 ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	lab_expect(&lab, FROM, false, "no-segment",
		   "cam>gw stag 100 tag 8 ip4 10.0.0.10>203.0.113.5 tcp 1>443 S");
	lab_expect(&lab, TO, false, "no-segment",
		   "gw>cam tag 99 ip4 203.0.113.5>10.0.0.10 tcp 443>1 SA");
	lab_expect(&lab, FROM, false, "unknown-device",
		   "stranger>gw ip4 10.0.0.10>1.2.3.4 udp 1>2");
}

static void test_wrong_port(void **state)
{
	(void)state;
	/* mute is behind lan2 */
	lab_expect(&lab, FROM, false, "wrong-port",
		   "mute>gw ip4 10.40.0.32>203.0.113.5 udp 1>9999");
	/* plug is tagged */
	lab_expect(&lab, FROM, false, "wrong-port",
		   "plug>cam ip4 10.30.0.30>10.0.0.10 tcp 1>8081 S");
	lab_expect(&lab, FROM, true, "rule",
		   "plug>gw tag 30 ip4 10.30.0.30>10.0.0.10 tcp 1>8081 S");
}

static void set_place(const struct lab *at, const char *machine, uint32_t ifindex, uint16_t vlan)
{
	struct ig_state place = {.ifindex = ifindex, .vlan = {vlan}};
	uint32_t index = lab_index(at, machine);

	assert_int_equal(
		bpf_map_update_elem(at->object.maps[IG_MAP_state], &index, &place, BPF_ANY), 0);
}

static void test_flooded(void **state)
{
	(void)state;
	/* another segment's device */
	lab_expect(&lab, TO, false, "flooded", "gw>mute ip4 203.0.113.5>10.40.0.32 udp 9999>1");
	/* heard nowhere yet, then on the other port of its segment */
	set_place(&lab, "plug", 0, 0);
	lab_expect(&lab, TO, true, "rule", "cam>plug tag 30 ip4 10.0.0.10>10.30.0.30 udp 1>47808");
	set_place(&lab, "plug", 2, 30);
	lab_expect(&lab, TO, false, "flooded",
		   "cam>plug tag 30 ip4 10.0.0.10>10.30.0.30 udp 2>47808");
	/* that port is none of ours any more */
	set_place(&lab, "plug", 9, 30);
	lab_expect(&lab, TO, true, "rule", "cam>plug tag 30 ip4 10.0.0.10>10.30.0.30 udp 3>47808");
	/* it speaks here: then this is where it is */
	set_place(&lab, "plug", 2, 30);
	lab_expect(&lab, FROM, true, "arp",
		   "plug>all tag 30 arp request plug 10.30.0.30 - 10.30.0.1");
	lab_expect(&lab, TO, true, "rule", "cam>plug tag 30 ip4 10.0.0.10>10.30.0.30 udp 4>47808");
}

static void test_lies_move_nobody(void **state)
{
	uint32_t cam = lab_index(&lab, "cam");
	struct ig_state now;

	(void)state;
	set_place(&lab, "cam", 9, 0);
	lab_expect(&lab, FROM, false, "arp-spoof", "cam>all arp request cam 10.0.0.1 - 10.0.0.1");
	lab_expect(&lab, FROM, false, "source-spoof", "cam>gw ip4 10.0.0.11>1.2.3.4 udp 1>2");
	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_state], &cam, &now), 0);
	assert_int_equal(now.ifindex, 9);
	lab_expect(&lab, FROM, true, "arp", "cam>all arp request cam 10.0.0.10 - 10.0.0.1");
	assert_int_equal(bpf_map_lookup_elem(lab.object.maps[IG_MAP_state], &cam, &now), 0);
	assert_int_equal(now.ifindex, 1);
}

/* A device behind a router is where its router was heard, whichever of them spoke. */
static void test_behind_a_router(void **state)
{
	static const char inventory[] =
		"version: 1\n"
		"gateway: {macs: ['02:00:00:00:00:01']}\n"
		"segments: {lan: {interfaces: [lan0, lan1], networks: [10.0.0.0/24]}}\n"
		"hosts: {hub: {mac: '02:00:00:00:00:22', addresses: [10.0.0.22], segment: lan}}\n"
		"devices:\n"
		"  inner: {identify: address, router: 'host:hub', addresses: [10.60.0.51],\n"
		"          rules: [allow to any udp/5000, allow from any udp/5001]}\n";
	const char *asked = "gw>hub ip4 8.8.8.8>10.60.0.51 udp 1>5001";
	struct lab behind;

	(void)state;
	lab_open(&behind, inventory, false);
	lab_expect(&behind, TO, true, "rule", "%s", asked);
	set_place(&behind, "hub", 2, 0);
	lab_expect(&behind, TO, false, "flooded", "gw>hub ip4 8.8.8.8>10.60.0.51 udp 2>5001");
	lab_expect(&behind, TO, true, "flow", "%s", asked);
	lab_expect(&behind, FROM, true, "rule", "hub>gw ip4 10.60.0.51>8.8.8.8 udp 1>5000");
	lab_expect(&behind, TO, true, "rule", "gw>hub ip4 8.8.8.8>10.60.0.51 udp 2>5001");
	lab_close(&behind);
}

static void test_flow_on_an_interface(void **state)
{
	(void)state;
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 40000>443 S");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip4 203.0.113.5>10.0.0.10 tcp 443>40000 SA");
	lab_expect(&lab, FROM, true, "flow", "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 40000>443 A");
	lab_expect(&lab, FROM, true, "rule", "cam>gw ip6 fd00::10>2001:db8::5 udp 40000>5000");
	lab_expect(&lab, TO, true, "flow", "gw>cam ip6 2001:db8::5>fd00::10 udp 5000>40000");
	lab_expect(&lab, FROM, false, "gateway-spoof", "gw>cam ip4 10.0.0.1>10.0.0.10 icmp 8.0 1");
	lab_expect(&lab, TO, false, "unknown-unicast", "gw>stranger ip4 8.8.8.8>10.0.0.99 udp 1>2");
}

static void set_quarantine(const char *machine, uint64_t until_ns)
{
	assert_int_equal(ig_quarantine_set(&lab.object, lab_index(&lab, machine), until_ns), 0);
}

static void test_quarantine_on_an_interface(void **state)
{
	const char *cares = "ward>gw ip4 10.0.0.17>203.0.113.5 udp 40000>7000";
	const char *asks = "ward>gw ip4 10.0.0.17>203.0.113.5 udp 40000>7001";
	const char *serves = "gw>ward ip6 2600::5>fd00::17 tcp 40000>9443 S";

	(void)state;
	lab_expect(&lab, FROM, true, "rule", "%s", asks);
	set_quarantine("ward", UINT64_MAX);
	lab_expect(&lab, FROM, false, "quarantine", "%s", asks);
	lab_expect(&lab, TO, false, "quarantine", "gw>ward ip4 8.8.8.8>10.0.0.17 tcp 1>9443 S");
	lab_expect(&lab, FROM, true, "rule", "%s", cares);
	lab_expect(&lab, FROM, true, "flow", "%s", cares);
	lab_expect(&lab, FROM, true, "dns", "ward>gw ip6 fd00::17>fd00::1 udp 40000>53");
	/* a moment of long ago */
	set_quarantine("ward", 1);
	lab_expect(&lab, FROM, true, "flow", "%s", asks);
	set_quarantine("ward", UINT64_MAX);
	lab_expect(&lab, FROM, false, "quarantine", "%s", asks);
	set_quarantine("ward", 0);
	lab_expect(&lab, FROM, true, "flow", "%s", asks);
	lab_expect(&lab, TO, true, "rule", "%s", serves);
}

/* Frames of every length that a run takes: no clock to set, no length to say. */
static void test_cut_on_an_interface(void **state)
{
	struct frame frame;

	(void)state;
	frame_make(&frame, "cam>gw ip6 fd00::10>2001:db8::5 dstopt 1 tcp 40001>443 S data 4");
	for (size_t n = 14; n <= frame.size; n++) {
		struct frame cut = frame;
		struct lab_verdict v;

		cut.size = n;
		lab_run(&lab, FROM, &cut, &v);
		assert_int_equal(v.passed, n == frame.size);
	}
	frame_make(&frame, "gw>cam ip4 10.0.0.128>10.0.0.10 opts 8 tcp 40001>5000 S data 4");
	for (size_t n = 34; n <= frame.size; n++) {
		struct frame cut = frame;
		struct lab_verdict v;

		cut.size = n;
		lab_run(&lab, TO, &cut, &v);
		assert_int_equal(v.passed, n == frame.size);
	}
}

/* The segment whose unknown devices are only watched is 'open', behind lan3: here it is lan0. */
static const char open_inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01']}\n"
	"segments:\n"
	"  open: {interfaces: [lan0], networks: [10.50.0.0/24], unknown-devices: monitor}\n"
	"  shut: {interfaces: [lan0], vlan: 5, networks: [10.60.0.0/24]}\n"
	"  seen: {interfaces: [lan0], vlan: 6, networks: [10.70.0.0/24], mode: monitor}\n"
	"devices:\n"
	"  far: {mac: '02:00:00:00:00:33', addresses: [10.50.0.33], segment: open}\n";

static void test_unknown_devices_watched(void **state)
{
	struct lab open;

	(void)state;
	lab_open(&open, open_inventory, false);
	lab_expect(&open, FROM, true, "unknown-device",
		   "stranger>all ip4 10.50.0.9>5.5.5.5 udp 1>2");
	lab_expect(&open, TO, true, "unknown-unicast", "gw>stranger ip4 5.5.5.5>10.50.0.9 udp 2>1");
	lab_expect(&open, FROM, false, "unknown-device",
		   "stranger>all tag 5 ip4 10.60.0.9>5.5.5.5 udp 1>2");
	lab_expect(&open, TO, false, "unknown-unicast",
		   "gw>stranger tag 5 ip4 5.5.5.5>10.60.0.9 udp 2>1");
	lab_expect(&open, FROM, true, "unknown-device",
		   "stranger>all tag 6 ip4 10.70.0.9>5.5.5.5 udp 1>2");
	/* a known device is not meant */
	lab_expect(&open, FROM, false, "no-rule", "far>gw ip4 10.50.0.33>5.5.5.5 udp 1>2");
	lab_close(&open);
}

/* Before the first policy is in force nothing is judged, whatever it is: programs are attached one interface after the
 * other, and enforce together. */
static void test_not_enforced(void **state)
{
	struct lab bare;

	(void)state;
	lab_open_empty(&bare, 1, 64, false);
	lab_expect(&bare, FROM, true, "not-enforced", "cam>gw ip4 10.0.0.10>5.5.5.5 udp 1>2");
	lab_expect(&bare, FROM, true, "not-enforced",
		   "cam>all arp request cam 10.0.0.10 - 10.0.0.1");
	lab_expect(&bare, TO, true, "not-enforced", "gw>cam ip4 5.5.5.5>10.0.0.10 udp 1>2");
	lab_close(&bare);
}

/* A generation whose slot was never filled, and one whose rules alone are missing. */
static void test_no_policy(void **state)
{
	uint32_t slot = 1;
	struct lab bare;

	(void)state;
	lab_open_empty(&bare, 1, 64, false);
	for (int generation = 1; generation < 4; generation++) {
		lab_flip(&bare);
		lab_expect(&bare, FROM, false, "no-policy", "cam>gw ip4 10.0.0.10>5.5.5.5 udp 1>2");
		lab_expect(&bare, FROM, false, "no-policy",
			   "cam>all arp request cam 10.0.0.10 - 10.0.0.1");
		lab_expect(&bare, TO, false, "no-policy", "gw>cam ip4 5.5.5.5>10.0.0.10 udp 1>2");
		lab_expect(&bare, TO, false, "no-policy",
			   "gw>all ip4 10.0.0.1>10.0.0.255 udp 67>68");
	}
	lab_close(&bare);

	lab_open(&bare, goldens_inventory, false);
	assert_int_equal(ig_generation_now(&bare.object), 1);
	lab_expect(&bare, FROM, true, "rule", "cam>gw ip4 10.0.0.10>5.5.5.5 udp 1>9999");
	assert_int_equal(bpf_map_delete_elem(bare.object.maps[IG_MAP_policy], &slot), 0);
	lab_expect(&bare, FROM, false, "no-policy", "cam>gw ip4 10.0.0.10>5.5.5.5 udp 2>9999");
	lab_expect(&bare, TO, false, "no-policy", "gw>cam ip4 5.5.5.5>10.0.0.10 udp 2>1");
	lab_close(&bare);
}

/* --- all of them --- */

static void test_every_reason(void **state)
{
	static const struct {
		unsigned int number;
		const char *token;
		bool retired;
	} reasons[] = {
#define RETIRED_PASS					false
#define RETIRED_DROP					false
#define RETIRED_QUIET					false
#define RETIRED_RETIRED					true
#define IG_REASON(number, name, token, class, sentence) {number, token, RETIRED_##class},
#include "iotguard/reason.def"
#undef IG_REASON
	};
	unsigned int missing = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons_seen[reasons[i].number] != reasons[i].retired)
			continue;
		print_message("%s: %s\n", reasons[i].token,
			      reasons[i].retired ? "retired, and yet given" : "never provoked");
		missing++;
	}
	assert_int_equal(missing, 0);
}

static int open_all(void **state)
{
	(void)state;
	world_open(&world, goldens_inventory);
	lab_open(&lab, goldens_inventory, false);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	world_close(&world);
	lab_close(&lab);
	return 0;
}

/* Two tests. */
static bool add_golden(struct CMUnitTest tests[2], const struct golden *g)
{
	char *cut;

	if (asprintf(&cut, "%s, cut off", g->name) < 0)
		return false;
	tests[0] = (struct CMUnitTest){
		.name = g->name, .test_func = test_golden, .initial_state = (void *)g};
	tests[1] =
		(struct CMUnitTest){.name = cut, .test_func = test_cut, .initial_state = (void *)g};
	return true;
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_arp_that_says_more),
		cmocka_unit_test(test_error_about_a_trusted_host),
		cmocka_unit_test(test_no_segment),
		cmocka_unit_test(test_wrong_port),
		cmocka_unit_test(test_flooded),
		cmocka_unit_test(test_lies_move_nobody),
		cmocka_unit_test(test_behind_a_router),
		cmocka_unit_test(test_flow_on_an_interface),
		cmocka_unit_test(test_quarantine_on_an_interface),
		cmocka_unit_test(test_cut_on_an_interface),
		cmocka_unit_test(test_unknown_devices_watched),
		cmocka_unit_test(test_not_enforced),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_every_reason),
	};
	static const struct goldens *const all[] = {
		&goldens,      &goldens_fragments, &goldens_errors,	&goldens_layers,
		&goldens_from, &goldens_identity,  &goldens_quarantine, &goldens_names,
		&goldens_found};
	struct CMUnitTest *tests;
	size_t n = ARRAY_SIZE(others), used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		n += all[i]->count * 2;
	tests = calloc(n, sizeof(*tests));
	if (!tests)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		for (size_t k = 0; k < all[i]->count; k++) {
			if (!add_golden(&tests[used], &all[i]->items[k]))
				return 1;
			used += 2;
		}
	}
	memcpy(&tests[used], others, sizeof(others));
	return _cmocka_run_group_tests("goldens", tests, n, open_all, close_all);
}
