/* SPDX-License-Identifier: BSD-2-Clause */
/* Events: what one says, when one is left out, and that none is lost uncounted. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "forsake.h"
#include "util.h"
#include "world.h"

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"  shop: {interfaces: [lan0], vlan: [100, 7], networks: [10.30.0.0/24]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"
	"        environment: building, criticality: operational,\n"
	"        rules: [allow to any udp/5000, deny to 203.0.113.0/24 tcp]}\n"
	"  watch: {mac: '02:00:00:00:00:13', addresses: [10.0.0.13], segment: lan, mode: monitor,\n"
	"          environment: healthcare, criticality: safety}\n"
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.30.0.30], segment: shop}\n";

/* --- what an event says --- */

struct caught {
	unsigned int n;
	struct iotguard_event event; /* the last one; strings are copies */
	char rule[128];
};

static int catch (const struct iotguard_event *event, void *context)
{
	struct caught *caught = context;

	caught->n++;
	caught->event = *event;
	snprintf(caught->rule, sizeof(caught->rule), "%s", event->rule ? event->rule : "");
	return 0;
}

/* The one event of a frame. */
static struct caught judge_and_catch(struct world *w, enum iotguard_side side, const char *sentence)
{
	struct iotguard_verdict verdict;
	struct caught caught = {};

	world_judge(w, side, sentence, &verdict);
	assert_int_equal(iotguard_instance_events(w->instance, catch, &caught), 1);
	assert_int_equal(caught.n, 1);
	assert_string_equal(caught.event.reason, iotguard_reason_token(verdict.reason));
	assert_string_equal(caught.event.type, verdict.passed ? "would-drop" : "drop");
	assert_int_equal(caught.event.repeats, 1);
	assert_int_equal(caught.event.suppressed, 0);
	assert_int_equal(caught.event.time_us, w->now_ns / 1000);
	assert_int_equal(caught.event.generation, 1);
	assert_int_equal(caught.event.from_device, side == FROM);
	return caught;
}

static void check_mac(const uint8_t mac[6], const char *name)
{
	uint8_t expected[6];

	frame_mac(name, expected);
	assert_memory_equal(mac, expected, 6);
}

static void check_address(const uint8_t addr[16], int family, const char *text)
{
	uint8_t expected[16] = {[10] = 0xff, [11] = 0xff};

	assert_int_equal(inet_pton(family, text, family == AF_INET ? expected + 12 : expected), 1);
	assert_memory_equal(addr, expected, 16);
}

static void test_tcp(void **state)
{
	struct caught c;
	struct world w;

	(void)state;
	world_open(&w, inventory);
	c = judge_and_catch(&w, FROM,
			    "cam>gw ip4 10.0.0.10>8.8.8.8 ttl 63 tcp 40000>443 SP pad 60");
	assert_string_equal(c.event.reason, "no-rule");
	assert_string_equal(c.event.device, "cam");
	assert_int_equal(c.event.environment, IOTGUARD_ENV_BUILDING);
	assert_int_equal(c.event.criticality, IOTGUARD_CRIT_OPERATIONAL);
	assert_int_equal(c.event.mode, IOTGUARD_MODE_ENFORCE);
	assert_null(c.event.rule);
	assert_int_equal(c.event.length, 60);
	check_mac(c.event.src_mac, "cam");
	check_mac(c.event.dst_mac, "gw");
	assert_int_equal(c.event.ethertype, 0x0800);
	assert_int_equal(c.event.vlan[0], 0);
	assert_int_equal(c.event.ip_version, 4);
	assert_int_equal(c.event.proto, 6);
	check_address(c.event.src, AF_INET, "10.0.0.10");
	check_address(c.event.dst, AF_INET, "8.8.8.8");
	assert_int_equal(c.event.src_port, 40000);
	assert_int_equal(c.event.dst_port, 443);
	assert_int_equal(c.event.tcp_flags, 0x0a);
	assert_int_equal(c.event.ttl, 63);
	world_close(&w);
}

static void test_a_rule_that_denies(void **state)
{
	struct caught c;
	struct world w;

	(void)state;
	world_open(&w, inventory);
	c = judge_and_catch(&w, FROM, "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 40000>443 S");
	assert_string_equal(c.event.reason, "rule-deny");
	assert_string_equal(c.rule, "deny to 203.0.113.0/24 tcp");
	assert_non_null(c.event.rule_file);
	assert_int_equal(c.event.rule_line, 9);
	world_close(&w);
}

static void test_other_protocols(void **state)
{
	struct caught c;
	struct world w;

	(void)state;
	world_open(&w, inventory);
	c = judge_and_catch(&w, TO, "gw>cam ip6 2001:db8::5>fd00::10 ttl 50 icmp6 128.3 1");
	assert_string_equal(c.event.device, "cam");
	assert_int_equal(c.event.ip_version, 6);
	assert_int_equal(c.event.proto, 58);
	check_address(c.event.src, AF_INET6, "2001:db8::5");
	check_address(c.event.dst, AF_INET6, "fd00::10");
	assert_int_equal(c.event.icmp_type, 128);
	assert_int_equal(c.event.icmp_code, 3);
	assert_int_equal(c.event.src_port, 0);
	assert_int_equal(c.event.ttl, 50);
	c = judge_and_catch(&w, FROM,
			    "plug>gw stag 100 tag 7 ip4 10.30.0.30>8.8.8.8 udp 1>53 data 8");
	assert_string_equal(c.event.device, "plug");
	assert_int_equal(c.event.vlan[0], 100);
	assert_int_equal(c.event.vlan[1], 7);
	assert_int_equal(c.event.environment, IOTGUARD_ENV_UNKNOWN);
	assert_int_equal(c.event.src_port, 1);
	assert_int_equal(c.event.dst_port, 53);
	c = judge_and_catch(&w, FROM, "cam>gw type 0x88b5 data 46");
	assert_string_equal(c.event.reason, "ethertype");
	assert_int_equal(c.event.ethertype, 0x88b5);
	assert_int_equal(c.event.ip_version, 0);
	c = judge_and_catch(&w, FROM, "stranger>all arp request stranger 10.0.0.9 - 10.0.0.1");
	assert_string_equal(c.event.reason, "unknown-device");
	assert_null(c.event.device);
	check_mac(c.event.src_mac, "stranger");
	assert_int_equal(c.event.ethertype, 0x0806);
	world_close(&w);
}

static void test_monitor_mode(void **state)
{
	struct caught c;
	struct world w;

	(void)state;
	world_open(&w, inventory);
	c = judge_and_catch(&w, FROM, "watch>gw ip4 10.0.0.13>8.8.8.8 tcp 40000>443 S");
	assert_string_equal(c.event.type, "would-drop");
	assert_int_equal(c.event.mode, IOTGUARD_MODE_MONITOR);
	assert_int_equal(c.event.environment, IOTGUARD_ENV_HEALTHCARE);
	assert_int_equal(c.event.criticality, IOTGUARD_CRIT_SAFETY);
	world_close(&w);
}

/* What passes, and what is dropped on every healthy network. */
static void test_silence(void **state)
{
	struct caught caught = {};
	struct world w;

	(void)state;
	world_open(&w, inventory);
	expect(&w, FROM, "cam>gw ip4 10.0.0.10>8.8.8.8 udp 1>5000", true, "rule",
	       "allow to any udp/5000");
	expect(&w, TO, "gw>stranger ip4 8.8.8.8>10.0.0.9 udp 1>2", false, "unknown-unicast", NULL);
	expect(&w, TO, "gw>all ip4 10.0.0.1>10.0.0.255 udp 1>2", false, "group-refused", NULL);
	assert_int_equal(iotguard_instance_events(w.instance, catch, &caught), 0);
	world_close(&w);
}

/* --- how often --- */

struct records {
	unsigned int n;
	struct ig_event last;
};

static int count_record(void *context, void *data, size_t size)
{
	struct records *records = context;

	assert_int_equal(size, sizeof(struct ig_event));
	memcpy(&records->last, data, size);
	assert_int_equal(records->last.size, size);
	records->n++;
	return 0;
}

static struct ring_buffer *listen_to(const struct lab *lab, struct records *records)
{
	struct ring_buffer *ring =
		ring_buffer__new(lab->object.maps[IG_MAP_events], count_record, records, NULL);

	assert_non_null(ring);
	return ring;
}

static struct ig_event_counter counted(const struct lab *lab)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ struct ig_event_counter *counters = calloc((size_t)cpus, sizeof(*counters));
	struct ig_event_counter sum = {};
	uint32_t zero = 0;

	assert_non_null(counters);
	assert_int_equal(bpf_map_lookup_elem(lab->object.maps[IG_MAP_event_stats], &zero, counters),
			 0);
	for (int i = 0; i < cpus; i++) {
		sum.sent += counters[i].sent;
		sum.suppressed += counters[i].suppressed;
		sum.lost += counters[i].lost;
	}
	return sum;
}

static void refuse(struct lab *lab, unsigned int remote)
{
	lab_expect(lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>8.%u.%u.%u udp 1>9",
		   remote >> 16 & 255, remote >> 8 & 255, remote & 255);
}

static void test_repeats(void **state)
{
	static const struct {
		unsigned int repeats, suppressed;
	} expected[] = {{1, 0}, {10, 8}, {100, 89}, {1000, 899}};
	struct records records = {};
	struct ig_event_counter sum;
	struct ring_buffer *ring;
	unsigned int seen = 0;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	ring = listen_to(&lab, &records);
	for (unsigned int i = 1; i <= 1200; i++) {
		refuse(&lab, 1);
		if (!ring_buffer__consume(ring))
			continue;
		assert_true(seen < ARRAY_SIZE(expected));
		assert_int_equal(i, expected[seen].repeats);
		assert_int_equal(records.last.repeats, expected[seen].repeats);
		assert_int_equal(records.last.suppressed, expected[seen].suppressed);
		seen++;
	}
	assert_int_equal(seen, ARRAY_SIZE(expected));
	sum = counted(&lab);
	assert_int_equal(sum.sent, 4);
	assert_int_equal(sum.suppressed, 1196);
	assert_int_equal(sum.lost, 0);
	ring_buffer__free(ring);
	lab_close(&lab);
}

/* Another remote, service, reason, device or direction is news. */
static void test_what_is_no_repeat(void **state)
{
	static const struct {
		enum iotguard_side side;
		const char *reason, *frame;
	} news[] = {
		{FROM, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.8 udp 1>9"},
		{FROM, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.9 udp 1>9"},
		{FROM, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.8 udp 1>10"},
		{FROM, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.8 tcp 1>9 S"},
		{FROM, "fragment", "cam>gw ip4 10.0.0.10>8.8.8.8 frag 1 proto 17 data 8"},
		{TO, "no-rule", "gw>cam ip4 8.8.8.8>10.0.0.10 udp 1>9"},
		{FROM, "wrong-port", "plug>gw ip4 10.30.0.30>8.8.8.8 udp 1>9"},
		{FROM, "unknown-device", "stranger>gw ip4 10.0.0.9>8.8.8.8 udp 1>9"},
		{FROM, "unknown-device", "02:98:00:00:00:01>gw ip4 10.0.0.9>8.8.8.8 udp 1>9"},
	};
	struct records records = {};
	struct ring_buffer *ring;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	ring = listen_to(&lab, &records);
	for (size_t i = 0; i < ARRAY_SIZE(news); i++) {
		lab_expect(&lab, news[i].side, false, news[i].reason, "%s", news[i].frame);
		assert_int_equal(ring_buffer__consume(ring), 1);
		assert_int_equal(records.last.repeats, 1);
		lab_expect(&lab, news[i].side, false, news[i].reason, "%s", news[i].frame);
		assert_int_equal(ring_buffer__consume(ring), 0);
	}
	/* from another port it is the same */
	lab_expect(&lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.8 udp 2>9");
	/* a stranger's next remote, too: it is reported once */
	lab_expect(&lab, FROM, false, "unknown-device", "stranger>gw ip4 10.0.0.9>9.9.9.9 udp 1>9");
	assert_int_equal(ring_buffer__consume(ring), 0);
	ring_buffer__free(ring);
	lab_close(&lab);
}

/* A scan of a network: neighbours have places of their own among the repeats. */
static void test_neighbours(void **state)
{
	struct records records = {};
	struct ring_buffer *ring;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	ring = listen_to(&lab, &records);
	for (unsigned int remote = 0; remote < 256; remote++)
		refuse(&lab, remote);
	assert_int_equal(ring_buffer__consume(ring), 256);
	for (unsigned int remote = 0; remote < 256; remote++)
		refuse(&lab, remote);
	/* by chance two in 16,384 places may meet */
	assert_in_range(ring_buffer__consume(ring), 0, 12);
	ring_buffer__free(ring);
	lab_close(&lab);
}

static void test_reported_anew(void **state)
{
	struct records records = {};
	struct ring_buffer *ring;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	ring = listen_to(&lab, &records);
	refuse(&lab, 1);
	assert_int_equal(ring_buffer__consume(ring), 1);
	/* every packet begins the silence again */
	for (int i = 0; i < 3; i++) {
		lab.now_ns += 600 * SECOND;
		refuse(&lab, 1);
		assert_int_equal(ring_buffer__consume(ring), 0);
	}
	lab.now_ns += 600 * SECOND + 1;
	refuse(&lab, 1);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(records.last.repeats, 1);
	assert_int_equal(records.last.time_ns, lab.now_ns);
	/* and after a change of policy, when people look what it does */
	refuse(&lab, 1);
	assert_int_equal(ring_buffer__consume(ring), 0);
	lab_write(&lab, inventory);
	lab_flip(&lab);
	refuse(&lab, 1);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(records.last.repeats, 1);
	assert_int_equal(records.last.generation, 2);
	ring_buffer__free(ring);
	lab_close(&lab);
}

/* Nobody reads: what finds the ring full is counted. */
static void test_loss(void **state)
{
	/* a record has a header of 8 bytes in the ring */
	const unsigned int room = (1 << 20) / (sizeof(struct ig_event) + 8), more = 500;
	struct records records = {};
	struct ig_event_counter sum;
	struct ring_buffer *ring;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	for (unsigned int i = 0; i < room + more; i++) {
		refuse(&lab, i);
		if (i % 16 == 0)
			refuse(&lab, i); /* a repeat */
	}
	sum = counted(&lab);
	assert_int_equal(sum.sent + sum.suppressed + sum.lost,
			 room + more + (room + more + 15) / 16);
	assert_int_equal(sum.suppressed, (room + more + 15) / 16);
	assert_in_range(sum.lost, more, more + 2);
	ring = listen_to(&lab, &records);
	assert_int_equal(ring_buffer__consume(ring), sum.sent);
	assert_int_equal(records.n, sum.sent);
	/* there is room again */
	refuse(&lab, 1 << 20);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(counted(&lab).sent, sum.sent + 1);
	assert_int_equal(counted(&lab).lost, sum.lost);
	ring_buffer__free(ring);
	lab_close(&lab);
}

/* --- what nobody has read --- */

static int swallow(void *context, void *record, size_t size)
{
	unsigned int *left = context;

	(void)record;
	(void)size;
	return --*left ? 0 : -ECANCELED;
}

/* Each a record of its own: another service each time. */
static void refuse_each(struct lab *lab, unsigned int first, unsigned int n)
{
	for (unsigned int i = first; i < first + n; i++)
		lab_expect(lab, FROM, false, "no-rule", "cam>gw ip4 10.0.0.10>8.8.8.%u udp 1>%u",
			   1 + i / 40000, 10000 + i % 40000);
}

/* Read in part, and written over its end: each record is counted, whatever its size. */
static void test_unread_records_are_counted(void **state)
{
	const unsigned int per_ring = (1 << 20) / (sizeof(struct ig_event) + BPF_RINGBUF_HDR_SZ);
	unsigned int left = per_ring - 100;
	struct ring_buffer *ring;
	struct lab lab;

	(void)state;
	lab_open(&lab, inventory, true);
	assert_int_equal(ig_ring_unread(lab.object.maps[IG_MAP_events]), 0);
	refuse_each(&lab, 0, 7);
	assert_int_equal(ig_ring_unread(lab.object.maps[IG_MAP_events]), 7);
	refuse_each(&lab, 7, per_ring - 7 - 50);
	assert_int_equal(ig_ring_unread(lab.object.maps[IG_MAP_events]), per_ring - 50);
	ring = ring_buffer__new(lab.object.maps[IG_MAP_events], swallow, &left, NULL);
	assert_non_null(ring);
	assert_int_equal(ring_buffer__consume(ring), -ECANCELED);
	assert_int_equal(ig_ring_unread(lab.object.maps[IG_MAP_events]), 50);
	refuse_each(&lab, per_ring, 300);
	assert_int_equal(ig_ring_unread(lab.object.maps[IG_MAP_events]), 350);
	ring_buffer__free(ring);
	lab_close(&lab);
	assert_int_equal(ig_ring_unread(-1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread_records_are_counted),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_a_rule_that_denies),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_monitor_mode),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_what_is_no_repeat),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_reported_anew),
		cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
