/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows, while all CPUs make, judge, push out and delete them at once: is each in exactly the place that it says, is
 * no device beyond its quota, and does a neighbour notice nothing?
 *
 * Each CPU has a thread of its own, which runs the programs as they run on an interface. Between rounds all of them
 * stand still, and the tables are looked through.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "generation.h"
#include "util.h"
#include "world.h"

#define MAX_WORKERS  16
#define KEY_MAX	     sizeof(struct ig_flow6_key)
#define VALUE_MAX    sizeof(struct ig_slot6)
#define HEADERS	     14 /* Ethernet */

#define ORDINARY     5000 /* services: what kind of rule admits them, under either policy */
#define ONCE	     6000 /* critical under the first one */
#define THEN	     7000 /* critical under the second one */
#define FIRST_ONLY   8000 /* refused under the second one */
#define ALWAYS	     9000 /* critical */
#define NOWHERE	     9	  /* refused */
#define FROM_ANYBODY 22	  /* critical, opened by the other side */
#define WEB	     443

/* --- the house: a ring in which everybody is in everybody's way, a larger one, and a neighbour --- */

enum machine { CAM, NVR, PUMP, MACHINES };

#define CAM_FLOWS  4
#define NVR_FLOWS  32
#define PUMP_FLOWS 6

#define TEXT(x)	   #x
#define NUMBER(x)  TEXT(x)
#define MACHINE(name, last, flows, rules)                                                        \
	"  " name ": {mac: '02:00:00:00:00:" last "', addresses: [10.0.0." last ", 'fd00::" last \
	"'],\n    segment: lan, flows: " NUMBER(flows) ",\n    rules: [" rules "]}\n"
#define INVENTORY(rules)                                                                           \
	"version: 1\n"                                                                             \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"                          \
	"segments:\n"                                                                              \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"                      \
	"devices:\n" MACHINE("cam", "10", CAM_FLOWS, rules) MACHINE("nvr", "11", NVR_FLOWS, rules) \
		MACHINE("pump", "12", PUMP_FLOWS,                                                  \
			"allow to any udp/5000, allow to any udp/9000 critical")
#define COMMON                                                                   \
	"allow to any udp/5000, allow from any udp/5000, allow to any tcp/443, " \
	"allow from any tcp/22 critical, allow to any udp/9000 critical, "

static const char first_policy[] = INVENTORY(
	COMMON "allow to any udp/6000 critical, allow to any udp/7000, allow to any udp/8000");
static const char second_policy[] =
	INVENTORY(COMMON "allow to any udp/6000, allow to any udp/7000 critical");

static const struct {
	const char *name, *address[2];
} machines[MACHINES] = {
	[CAM] = {"cam", {"10.0.0.10", "fd00::10"}},
	[NVR] = {"nvr", {"10.0.0.11", "fd00::11"}},
	[PUMP] = {"pump", {"10.0.0.12", "fd00::12"}},
};

static const struct family {
	const char *name, *servers; /* servers: the last byte says which */
	size_t address, key_size, slot_size, key_in_slot, ip_header;
	size_t source; /* where that address stands in the IP header */
	enum ig_map flows, ring;
} families[] = {
	{"ip4", "203.0.113.0", 4, sizeof(struct ig_flow4_key), sizeof(struct ig_slot4),
	 offsetof(struct ig_slot4, key), 20, 12, IG_MAP_flows4, IG_MAP_ring4},
	{"ip6", "2001:db8::", 16, sizeof(struct ig_flow6_key), sizeof(struct ig_slot6),
	 offsetof(struct ig_slot6, key), 40, 8, IG_MAP_flows6, IG_MAP_ring6},
};

#define FAMILIES ARRAY_SIZE(families)

/* --- packets --- */

struct talk {
	enum machine machine;
	unsigned int family;
	bool to;	/* to the device: an answer */
	uint8_t proto;	/* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t server; /* which one, from 1 */
	uint16_t local, remote;
	uint8_t flags; /* of TCP */
};

static struct frame templates[MACHINES][FAMILIES][2][2]; /* ... [to the device][is TCP] */

static void make_templates(void)
{
	for (unsigned int m = 0; m < MACHINES; m++) {
		for (unsigned int f = 0; f < FAMILIES; f++) {
			const char *ip = families[f].name, *own = machines[m].address[f];

			for (unsigned int tcp = 0; tcp < 2; tcp++) {
				const char *transport = tcp ? "tcp 1>1 S" : "udp 1>1";

				frame_make(&templates[m][f][false][tcp], "%s>gw %s %s>%s %s",
					   machines[m].name, ip, own, families[f].servers,
					   transport);
				frame_make(&templates[m][f][true][tcp], "gw>%s %s %s>%s %s",
					   machines[m].name, ip, families[f].servers, own,
					   transport);
			}
		}
	}
}

static void put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

static void make_frame(const struct talk *t, struct frame *frame)
{
	const struct family *f = &families[t->family];
	bool tcp = t->proto == IPPROTO_TCP, from = !t->to;
	const struct frame *as = &templates[t->machine][t->family][t->to][tcp];
	uint8_t *transport = frame->bytes + HEADERS + f->ip_header;
	size_t server = HEADERS + f->source + (from ? 2 : 1) * f->address - 1;

	frame->size = as->size;
	memcpy(frame->bytes, as->bytes, as->size);
	frame->bytes[server] = t->server;
	put_port(transport, from ? t->local : t->remote);
	put_port(transport + 2, from ? t->remote : t->local);
	if (tcp)
		transport[13] = t->flags;
}

static void make_key(const struct talk *t, uint8_t key[KEY_MAX])
{
	const struct family *f = &families[t->family];
	int family = f->address == 4 ? AF_INET : AF_INET6;

	memset(key, 0, KEY_MAX);
	frame_mac(machines[t->machine].name, key);
	key[6] = t->proto;
	assert_int_equal(inet_pton(family, machines[t->machine].address[t->family], key + 8), 1);
	assert_int_equal(inet_pton(family, f->servers, key + 8 + f->address), 1);
	key[8 + 2 * f->address - 1] = t->server;
	put_port(key + 8 + 2 * f->address, t->local);
	put_port(key + 10 + 2 * f->address, t->remote);
}

/* --- one thread a CPU --- */

struct tally {
	uint64_t packets, bytes;
};

struct worker {
	struct stress *stress;
	pthread_t thread;
	unsigned int number;
	uint64_t seed;
	struct tally sent[MACHINES][2][2]; /* [machine][to the device][passed] */
	unsigned int flips, cut;	   /* cut: packets of the neighbour that did not pass */
	unsigned int late; /* packets that were refused although their flow was there */
	int error;
};

struct stress {
	struct lab lab;
	struct ig_device devices[MACHINES];
	uint32_t n_slots;
	struct worker workers[MAX_WORKERS];
	unsigned int n_workers;
	pthread_barrier_t barrier; /* they and the one that looks */
	unsigned long arrived;	   /* see meet() */
	unsigned long opened;	   /* flows that the other side opened: see test_refused_until() */
	void (*what)(struct worker *); /* is done in this round */
	unsigned int round;
	bool over;
	uint32_t quiet_slots[FAMILIES][2 * PUMP_FLOWS]; /* where the neighbour's flows are */
};

static uint32_t chance(struct worker *w, uint32_t below)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33) % below;
}

#define one_of(w, array) ((array)[chance(w, ARRAY_SIZE(array))])

/* Says the same @n times, of which all pass or none does. Does it pass? */
static bool insist(struct worker *w, const struct talk *t, unsigned int n)
{
	const struct ig_object *object = &w->stress->lab.object;
	struct tally *tally = w->sent[t->machine][t->to];
	struct frame frame;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.bytes, .repeat = (int)n);
	bool passed;

	make_frame(t, &frame);
	opts.data_size_in = (uint32_t)frame.size;
	if (bpf_prog_test_run_opts(t->to ? object->to_device : object->from_device, &opts)) {
		w->error = errno;
		return false;
	}
	passed = opts.retval == (t->to ? UINT32_MAX : (uint32_t)XDP_PASS);
	tally[passed].packets += n;
	tally[passed].bytes += n * frame.size;
	return passed;
}

static bool speak(struct worker *w, const struct talk *t)
{
	return insist(w, t, 1);
}

/* All of them go on from here at the same moment, as far as they can. */
static void meet(struct worker *w)
{
	struct stress *s = w->stress;
	unsigned long n = __atomic_add_fetch(&s->arrived, 1, __ATOMIC_ACQ_REL);
	unsigned long all = (n + s->n_workers - 1) / s->n_workers * s->n_workers;

	for (unsigned int i = 0; __atomic_load_n(&s->arrived, __ATOMIC_ACQUIRE) < all; i++) {
		if (i > 2000)
			sched_yield(); /* somebody else may need this CPU */
	}
}

static void *work(void *worker)
{
	struct worker *w = worker;
	struct stress *s = w->stress;

	for (;;) {
		pthread_barrier_wait(&s->barrier);
		if (s->over)
			return NULL;
		s->what(w);
		pthread_barrier_wait(&s->barrier);
	}
}

/* The n-th CPU that this process may use. */
static int nth_cpu(const cpu_set_t *allowed, unsigned int n)
{
	n %= (unsigned int)CPU_COUNT(allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, allowed) && !n--)
			return cpu;
	}
	return 0;
}

static void start_workers(struct stress *s)
{
	cpu_set_t allowed, one;

	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	s->n_workers = (unsigned int)CPU_COUNT(&allowed);
	s->n_workers = s->n_workers < 2		    ? 2
		       : s->n_workers > MAX_WORKERS ? MAX_WORKERS
						    : s->n_workers;
	assert_int_equal(pthread_barrier_init(&s->barrier, NULL, s->n_workers + 1), 0);
	for (unsigned int i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];

		*w = (struct worker){.stress = s, .number = i, .seed = i + 1};
		assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
		CPU_ZERO(&one);
		CPU_SET(nth_cpu(&allowed, i), &one);
		assert_int_equal(pthread_setaffinity_np(w->thread, sizeof(one), &one), 0);
	}
}

/* A round: all of them play, and stand still again. */
static void play(struct stress *s, void (*what)(struct worker *))
{
	s->what = what;
	pthread_barrier_wait(&s->barrier);
	pthread_barrier_wait(&s->barrier);
	s->round++;
	for (unsigned int i = 0; i < s->n_workers; i++) {
		if (s->workers[i].error)
			fail_msg("test_run: %s", strerror(s->workers[i].error));
	}
}

/* --- looking through the tables --- */

static void print_key(const struct family *f, const uint8_t *key)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
	int family = f->address == 4 ? AF_INET : AF_INET6;
	const uint8_t *ports = key + 8 + 2 * f->address;

	inet_ntop(family, key + 8, local, sizeof(local));
	inet_ntop(family, key + 8 + f->address, remote, sizeof(remote));
	print_message("# the flow of ..:%02x, protocol %u, %s port %u and %s port %u:\n", key[5],
		      key[6], local, ports[0] << 8 | ports[1], remote, ports[2] << 8 | ports[3]);
}

static enum machine machine_of(const uint8_t *key)
{
	uint8_t mac[6];

	for (enum machine m = 0; m < MACHINES; m++) {
		frame_mac(machines[m].name, mac);
		if (!memcmp(key, mac, sizeof(mac)))
			return m;
	}
	fail_msg("a key of nobody: ..:%02x", key[5]);
	return MACHINES;
}

static void read_slot(const struct stress *s, const struct family *f, uint32_t slot,
		      uint8_t key[KEY_MAX])
{
	uint8_t value[VALUE_MAX] = {};

	memset(key, 0, KEY_MAX);
	assert_int_equal(bpf_map_lookup_elem(s->lab.object.maps[f->ring], &slot, value), 0);
	memcpy(key, value + f->key_in_slot, f->key_size);
}

static bool is_free(const uint8_t key[KEY_MAX])
{
	static const uint8_t none[KEY_MAX];

	return !memcmp(key, none, KEY_MAX);
}

/* Is it a slot of that machine, for flows of that kind? */
static bool owns(const struct ig_device *d, bool critical, uint32_t slot)
{
	uint32_t first = d->ring + (critical ? d->flows : 0);

	return slot >= first && slot < first + (critical ? d->critical_flows : d->flows);
}

/* Each slot has a key of the machine that owns it, or none. */
static void check_ring(const struct stress *s, const struct family *f)
{
	for (uint32_t slot = 0; slot < s->n_slots; slot++) {
		const struct ig_device *d;
		uint8_t key[KEY_MAX];

		read_slot(s, f, slot, key);
		if (is_free(key))
			continue;
		d = &s->devices[machine_of(key)];
		if (!owns(d, false, slot) && !owns(d, true, slot)) {
			print_key(f, key);
			fail_msg("it has slot %u, which is another machine's", slot);
		}
	}
}

static void check_flow(const struct stress *s, const struct family *f, const uint8_t key[KEY_MAX],
		       const struct ig_flow *flow)
{
	enum machine m = machine_of(key);
	bool critical = flow->flags & IG_FLOW_CRITICAL;
	uint8_t named[KEY_MAX];

	if (flow->device != s->devices[m].index || !owns(&s->devices[m], critical, flow->slot)) {
		print_key(f, key);
		fail_msg("device %u, slot %u, %s: not its machine's", flow->device, flow->slot,
			 critical ? "critical" : "ordinary");
	}
	read_slot(s, f, flow->slot, named);
	if (memcmp(named, key, KEY_MAX)) {
		print_key(f, key);
		fail_msg("it says slot %u, which does not name it: nobody will ever push it out",
			 flow->slot);
	}
}

static void check_flows(const struct stress *s, const struct family *f)
{
	uint8_t key[KEY_MAX] = {}, *previous = NULL;
	unsigned int n[MACHINES][2] = {}, all = 0;
	int map = s->lab.object.maps[f->flows];

	for (; !bpf_map_get_next_key(map, previous, key); previous = key) {
		struct ig_flow flow;

		assert_int_equal(bpf_map_lookup_elem(map, key, &flow), 0);
		check_flow(s, f, key, &flow);
		n[machine_of(key)][!!(flow.flags & IG_FLOW_CRITICAL)]++;
		all++;
	}
	for (enum machine m = 0; m < MACHINES; m++) {
		if (n[m][0] > s->devices[m].flows || n[m][1] > s->devices[m].critical_flows)
			fail_msg("%s has %u flows and %u critical ones: beyond its quota",
				 machines[m].name, n[m][0], n[m][1]);
	}
	if (all > s->n_slots)
		fail_msg("%u flows in %u slots", all, s->n_slots);
}

static bool find_flow(const struct stress *s, const struct talk *t, struct ig_flow *flow)
{
	uint8_t key[KEY_MAX];

	make_key(t, key);
	return !bpf_map_lookup_elem(s->lab.object.maps[families[t->family].flows], key, flow);
}

static unsigned int count_slots(const struct stress *s, const struct talk *t)
{
	uint8_t key[KEY_MAX], named[KEY_MAX];
	unsigned int n = 0;

	make_key(t, key);
	for (uint32_t slot = 0; slot < s->n_slots; slot++) {
		read_slot(s, &families[t->family], slot, named);
		n += !memcmp(named, key, KEY_MAX);
	}
	return n;
}

/* --- counters: nothing that was sent is missing, nothing counts twice --- */

static struct tally add(const void *values, size_t size, size_t at)
{
	int cpus = libbpf_num_possible_cpus();
	struct tally sum = {};

	for (int i = 0; i < cpus; i++) {
		const struct ig_counter *counter =
			(const void *)((const char *)values + (size_t)i * size + at);

		sum.packets += counter->packets;
		sum.bytes += counter->bytes;
	}
	return sum;
}

static struct tally sent(const struct stress *s, enum machine m, unsigned int side, bool passed)
{
	struct tally sum = {};

	for (unsigned int i = 0; i < s->n_workers; i++) {
		sum.packets += s->workers[i].sent[m][side][passed].packets;
		sum.bytes += s->workers[i].sent[m][side][passed].bytes;
	}
	return sum;
}

static void expect_tally(const char *what, unsigned int side, struct tally counted,
			 struct tally was_sent)
{
	if (counted.packets != was_sent.packets || counted.bytes != was_sent.bytes)
		fail_msg("%s, %s: %llu packets of %llu bytes are counted, %llu of %llu were sent",
			 what, side ? "to-device" : "from-device",
			 (unsigned long long)counted.packets, (unsigned long long)counted.bytes,
			 (unsigned long long)was_sent.packets, (unsigned long long)was_sent.bytes);
}

static void sum_up(struct tally *sum, struct tally one)
{
	sum->packets += one.packets;
	sum->bytes += one.bytes;
}

/*
 * One machine's. A CPU that has found a flow and stands still while others give its element to another flow may count that
 * packet as the other machine's (bpf/flow.h says so), which a CPU of a busy guest does now and then: few, and told.
 */
static void expect_nearly(const char *what, unsigned int side, struct tally counted,
			  struct tally was_sent)
{
	unsigned long long more = counted.packets > was_sent.packets
					  ? counted.packets - was_sent.packets
					  : was_sent.packets - counted.packets;

	if (!more)
		expect_tally(what, side, counted, was_sent);
	else if (more > 1 + was_sent.packets / 1000)
		fail_msg("%s, %s: %llu packets are counted, %llu were sent", what,
			 side ? "to-device" : "from-device", (unsigned long long)counted.packets,
			 (unsigned long long)was_sent.packets);
	else
		print_message("# %s, %s: %llu packets are counted as others'\n", what,
			      side ? "to-device" : "from-device", more);
}

/* No packet is missing of all machines together, and none counts twice. */
static void check_device_counters(const struct stress *s, struct ig_device_counter *values)
{
	struct tally counted[2][2] = {}, was_sent[2][2] = {};

	for (enum machine m = 0; m < MACHINES; m++) {
		assert_int_equal(bpf_map_lookup_elem(s->lab.object.maps[IG_MAP_device_stats],
						     &s->devices[m].index, values),
				 0);
		for (unsigned int side = 0; side < 2; side++) {
			for (unsigned int passed = 0; passed < 2; passed++) {
				struct tally one =
					add(values, sizeof(*values),
					    (side * 2 + passed) * sizeof(struct ig_counter));

				expect_nearly(machines[m].name, side, one,
					      sent(s, m, side, passed));
				sum_up(&counted[side][passed], one);
				sum_up(&was_sent[side][passed], sent(s, m, side, passed));
			}
		}
	}
	for (unsigned int side = 0; side < 2; side++) {
		for (unsigned int passed = 0; passed < 2; passed++)
			expect_tally("all machines", side, counted[side][passed],
				     was_sent[side][passed]);
	}
}

static void check_reason_counters(const struct stress *s, struct ig_counter *values)
{
	for (unsigned int side = 0; side < 2; side++) {
		struct tally counted = {}, was_sent = {};

		for (uint32_t at = side; at < IG_REASON_STATS; at += 2) {
			struct tally one;

			assert_int_equal(
				bpf_map_lookup_elem(s->lab.object.maps[IG_MAP_reason_stats], &at,
						    values),
				0);
			one = add(values, sizeof(*values), 0);
			sum_up(&counted, one);
		}
		for (enum machine m = 0; m < MACHINES; m++) {
			for (unsigned int passed = 0; passed < 2; passed++)
				sum_up(&was_sent, sent(s, m, side, passed));
		}
		expect_tally("all reasons", side, counted, was_sent);
	}
}

static void check_counters(const struct stress *s)
{
	_free_ struct ig_device_counter *values =
		calloc((size_t)libbpf_num_possible_cpus(), sizeof(*values));

	assert_non_null(values);
	check_device_counters(s, values);
	check_reason_counters(s, (struct ig_counter *)values);
}

/* --- the neighbour: it has all the flows that it may have, and keeps them --- */

static struct talk quiet_talk(unsigned int family, unsigned int n)
{
	return (struct talk){
		.machine = PUMP,
		.family = family,
		.proto = IPPROTO_UDP,
		.server = 1,
		.local = (uint16_t)(1 + n),
		.remote = n < PUMP_FLOWS ? ORDINARY : ALWAYS,
	};
}

static unsigned int quiet_flows(const struct stress *s)
{
	return (unsigned int)s->devices[PUMP].flows + s->devices[PUMP].critical_flows;
}

static void open_quiet(struct stress *s)
{
	for (unsigned int f = 0; f < FAMILIES; f++) {
		assert_true(quiet_flows(s) <= ARRAY_SIZE(s->quiet_slots[f]));
		for (unsigned int n = 0; n < quiet_flows(s); n++) {
			struct talk t = quiet_talk(f, n);
			struct ig_flow flow;

			assert_true(speak(&s->workers[0], &t));
			assert_true(find_flow(s, &t, &flow));
			s->quiet_slots[f][n] = flow.slot;
		}
	}
}

static void check_quiet(const struct stress *s)
{
	for (unsigned int f = 0; f < FAMILIES; f++) {
		for (unsigned int n = 0; n < quiet_flows(s); n++) {
			struct talk t = quiet_talk(f, n);
			struct ig_flow flow;

			if (!find_flow(s, &t, &flow) || flow.slot != s->quiet_slots[f][n])
				fail_msg("%s: flow %u of the quiet neighbour is gone",
					 families[f].name, n);
		}
	}
	for (unsigned int i = 0; i < s->n_workers; i++) {
		if (s->workers[i].cut)
			fail_msg("%u packets of the quiet neighbour did not pass",
				 s->workers[i].cut);
	}
}

static void check(const struct stress *s)
{
	for (unsigned int f = 0; f < FAMILIES; f++) {
		check_ring(s, &families[f]);
		check_flows(s, &families[f]);
	}
	check_quiet(s);
	check_counters(s);
}

/* --- beginning and end --- */

static void find_devices(struct stress *s)
{
	int map = ig_generation_map(&s->lab.object, IG_MAP_devices);

	for (enum machine m = 0; m < MACHINES; m++) {
		struct ig_mac mac = lab_key_by_mac(machines[m].name);

		assert_int_equal(bpf_map_lookup_elem(map, &mac, &s->devices[m]), 0);
		s->n_slots += (uint32_t)s->devices[m].flows + s->devices[m].critical_flows;
	}
	assert_int_equal(s->lab.object.control->flow_slots, s->n_slots);
}

static struct stress *begin(void)
{
	struct stress *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	make_templates();
	lab_open(&s->lab, first_policy, false);
	lab_write(&s->lab, second_policy);
	find_devices(s);
	start_workers(s);
	open_quiet(s);
	return s;
}

static void end(struct stress *s)
{
	s->over = true;
	pthread_barrier_wait(&s->barrier);
	for (unsigned int i = 0; i < s->n_workers; i++)
		pthread_join(s->workers[i].thread, NULL);
	pthread_barrier_destroy(&s->barrier);
	lab_close(&s->lab);
	free(s);
}

static void summarize(const struct stress *s, const char *name)
{
	unsigned long long packets = 0, passed = 0, flips = 0;

	for (unsigned int i = 0; i < s->n_workers; i++) {
		for (enum machine m = 0; m < MACHINES; m++) {
			for (unsigned int side = 0; side < 2; side++) {
				passed += s->workers[i].sent[m][side][1].packets;
				packets += s->workers[i].sent[m][side][0].packets +
					   s->workers[i].sent[m][side][1].packets;
			}
		}
		flips += s->workers[i].flips;
	}
	print_message("# %s: %u CPUs, %u rounds, %llu packets of which %llu passed, %llu changes "
		      "of policy\n",
		      name, s->n_workers, s->round, packets, passed, flips);
}

static unsigned int rounds(unsigned int n)
{
	return getenv("IOTGUARD_LONG") ? n * 20 : test_scale(n);
}

static void forget_counts(const struct stress *s, uint32_t at)
{
	static const struct ig_flow_count none;

	assert_int_equal(
		bpf_map_update_elem(s->lab.object.maps[IG_MAP_flow_counts], &at, &none, BPF_ANY),
		0);
}

/* The rings of one machine are empty again. */
static void forget(const struct stress *s, enum machine m, unsigned int family)
{
	const struct family *f = &families[family];
	const struct ig_device *d = &s->devices[m];
	uint32_t n = (uint32_t)d->flows + d->critical_flows;

	for (uint32_t slot = d->ring; slot < d->ring + n; slot++) {
		static const uint8_t none[VALUE_MAX];
		uint8_t key[KEY_MAX];

		read_slot(s, f, slot, key);
		bpf_map_delete_elem(s->lab.object.maps[f->flows], key);
		assert_int_equal(
			bpf_map_update_elem(s->lab.object.maps[f->ring], &slot, none, BPF_ANY), 0);
		forget_counts(s, IG_FLOW_COUNT_FROM(slot, family ? 6 : 4));
		forget_counts(s,
			      IG_FLOW_COUNT_FROM(slot, family ? 6 : 4) + IG_FLOW_COUNT_TO_DEVICE);
	}
}

/* --- all open the same flows at once --- */

/* Also if each CPU takes a turn of the ring for each flow, no place is come to twice. */
static unsigned int flows_a_round(const struct stress *s)
{
	return NVR_FLOWS / s->n_workers;
}

/* Opened by the device, or by both sides at once. */
static struct talk same_talk(unsigned int round, unsigned int i, unsigned int worker)
{
	bool both = round / 2 % 2;

	return (struct talk){
		.machine = NVR,
		.family = round % 2,
		.to = both && worker % 2,
		.proto = IPPROTO_UDP,
		.server = (uint8_t)(i + 1),
		.local = both ? ORDINARY : (uint16_t)(10000 + round),
		.remote = ORDINARY,
	};
}

static void open_same(struct worker *w)
{
	for (unsigned int i = 0; i < flows_a_round(w->stress); i++) {
		struct talk t = same_talk(w->stress->round, i, w->number);

		meet(w);
		speak(w, &t);
	}
}

static void test_same_flow(void **state)
{
	struct stress *s = begin();

	(void)state;
	for (unsigned int i = 0; i < rounds(800); i++) {
		unsigned int round = s->round;

		forget(s, NVR, round % 2);
		play(s, open_same);
		check(s);
		for (unsigned int k = 0; k < flows_a_round(s); k++) {
			struct talk t = same_talk(round, k, 0);
			unsigned int n = count_slots(s, &t);
			struct ig_flow flow;

			if (!find_flow(s, &t, &flow))
				fail_msg(
					"round %u, flow %u, opened by all at once: it is not there",
					round, k);
			if (n != 1)
				fail_msg(
					"round %u, flow %u, opened by all at once: %u slots name it",
					round, k, n);
		}
	}
	summarize(s, "the same flows");
	end(s);
}

/* --- all open flows of their own at once, as many as there is room for --- */

static struct talk own_talk(unsigned int round, unsigned int i, unsigned int worker)
{
	return (struct talk){
		.machine = NVR,
		.family = round % 2,
		.proto = IPPROTO_UDP,
		.server = (uint8_t)(worker + 1),
		.local = (uint16_t)(1024 + i),
		.remote = ORDINARY,
	};
}

static void open_own(struct worker *w)
{
	for (unsigned int i = 0; i < flows_a_round(w->stress); i++) {
		struct talk t = own_talk(w->stress->round, i, w->number);

		meet(w);
		speak(w, &t);
	}
}

static void test_room_for_all(void **state)
{
	struct stress *s = begin();

	(void)state;
	for (unsigned int i = 0; i < rounds(400); i++) {
		unsigned int round = s->round;

		forget(s, NVR, round % 2);
		play(s, open_own);
		check(s);
		for (unsigned int k = 0; k < flows_a_round(s) * s->n_workers; k++) {
			struct talk t = own_talk(round, k / s->n_workers, k % s->n_workers);
			struct ig_flow flow;

			if (!find_flow(s, &t, &flow))
				fail_msg("round %u: flow %u was pushed out though there was room",
					 round, k);
		}
	}
	summarize(s, "flows within the quota");
	end(s);
}

/* --- one side is refused, until the other one opens the flow --- */

/* What the device says is an answer, or nothing that any rule allows. */
static struct talk answer_talk(unsigned int round, unsigned int i)
{
	return (struct talk){
		.machine = NVR,
		.family = round % 2,
		.proto = IPPROTO_UDP,
		.server = (uint8_t)(i + 1),
		.local = ORDINARY,
		.remote = NOWHERE,
	};
}

/* Says it until it passes, which it has to do as soon as its flow is there. */
static void try_until(struct worker *w, const struct talk *t, unsigned long nth)
{
	bool there, passed;

	do {
		there = __atomic_load_n(&w->stress->opened, __ATOMIC_ACQUIRE) >= nth;
		passed = speak(w, t);
		w->late += there && !passed;
	} while (!passed && !there && !w->error);
	w->late += !insist(w, t, 3); /* and ever after */
}

static void refuse_until(struct worker *w)
{
	struct stress *s = w->stress;
	unsigned int n = flows_a_round(s);

	for (unsigned int i = 0; i < n; i++) {
		struct talk t = answer_talk(s->round, i);
		unsigned long nth = (unsigned long)s->round * n + i + 1;

		if (w->number == 0)
			insist(w, &t,
			       1 + chance(w,
					  5)); /* until it is refused without any look for a flow, or not quite */
		meet(w);
		if (w->number == 1) {
			t.to = true;
			speak(w, &t);
			__atomic_store_n(&s->opened, nth, __ATOMIC_RELEASE);
		} else if (w->number == 0) {
			try_until(w, &t, nth);
		}
		meet(w);
	}
}

static void test_refused_until(void **state)
{
	struct stress *s = begin();

	(void)state;
	for (unsigned int i = 0; i < rounds(200); i++) {
		forget(s, NVR, i % 2);
		play(s, refuse_until);
		check(s);
		if (s->workers[0].late)
			fail_msg("round %u: a packet was refused although its flow was there", i);
	}
	summarize(s, "refused until the other side opens");
	end(s);
}

/* --- one is judged again and again, while it is pushed out and opened anew --- */

#define CALLS 500
#define TIMES 100 /* in a call: most of the time is spent in the programs */

/* A SYN is always judged. */
static void judge_again(struct worker *w, const struct talk *one)
{
	for (unsigned int i = 0; i < CALLS && !w->error; i++)
		insist(w, one, TIMES);
}

static void push_out(struct worker *w, const struct talk *one)
{
	struct talk other = *one;

	for (unsigned int i = 0; i < CALLS * TIMES / CAM_FLOWS && !w->error; i++) {
		other.local = (uint16_t)(1024 + chance(w, 60000));
		speak(w, &other);
		if (i % CAM_FLOWS == 0)
			speak(w, one);
	}
}

static void judge_or_push_out(struct worker *w)
{
	struct talk one = {
		.machine = CAM,
		.family = w->stress->round % 2,
		.proto = IPPROTO_TCP,
		.server = 1,
		.local = 1,
		.remote = WEB,
		.flags = 0x02,
	};

	if (w->number % 2)
		push_out(w, &one);
	else
		judge_again(w, &one);
}

static void test_judged_again(void **state)
{
	struct stress *s = begin();

	(void)state;
	for (unsigned int i = 0; i < rounds(40); i++) {
		play(s, judge_or_push_out);
		check(s);
	}
	summarize(s, "judged again while pushed out");
	end(s);
}

/* --- what keeps the tables busy --- */

#define STEPS 20000
#define HOT   6 /* conversations that all CPUs have in common, of each kind */

static struct talk some_talk(struct worker *w)
{
	return (struct talk){
		.machine = chance(w, 2) ? CAM : NVR,
		.family = chance(w, FAMILIES),
		.proto = IPPROTO_UDP,
		.server = 1,
		.local = (uint16_t)(1 + chance(w, HOT)),
	};
}

/* Beyond the quota: another one goes. */
static void open_another(struct worker *w, const uint16_t *services, uint32_t n)
{
	struct talk t = some_talk(w);

	t.server = (uint8_t)(1 + chance(w, 250));
	t.local = (uint16_t)(1024 + chance(w, 60000));
	t.remote = services[chance(w, n)];
	speak(w, &t);
}

static void talk_again(struct worker *w, const uint16_t *services, uint32_t n)
{
	struct talk t = some_talk(w);

	t.remote = services[chance(w, n)];
	t.to = !chance(w, 3);
	speak(w, &t);
}

/* It opens, closes, and opens again. */
static void talk_tcp(struct worker *w)
{
	static const uint8_t from[] = {0x02, 0x10, 0x18, 0x11, 0x04}; /* S, A, PA, FA, R */
	static const uint8_t to[] = {0x12, 0x10, 0x11};		      /* SA, A, FA */
	bool called = chance(w, 2);
	struct talk t = some_talk(w);

	t.proto = IPPROTO_TCP;
	t.to = chance(w, 2);
	t.remote = WEB;
	t.flags = t.to ? one_of(w, to) : one_of(w, from);
	if (called) { /* by the other side */
		t.remote = t.local;
		t.local = FROM_ANYBODY;
		t.flags = t.to ? one_of(w, from) : one_of(w, to);
	}
	speak(w, &t);
}

static void talk_in_vain(struct worker *w)
{
	struct talk t = some_talk(w);

	t.remote = NOWHERE;
	speak(w, &t);
}

/* @replies: these pass on a live flow only. */
static void talk_quietly(struct worker *w, bool replies)
{
	struct talk t = quiet_talk(chance(w, FAMILIES), chance(w, quiet_flows(w->stress)));

	t.to = replies && chance(w, 2);
	if (!speak(w, &t))
		w->cut++;
}

/* --- a policy that stays --- */

static void turn_over(struct worker *w)
{
	static const uint16_t services[] = {ORDINARY, ALWAYS};

	for (unsigned int i = 0; i < STEPS && !w->error; i++) {
		uint32_t what = chance(w, 10);

		if (what < 6)
			open_another(w, services, ARRAY_SIZE(services));
		else if (what < 8)
			talk_again(w, services, ARRAY_SIZE(services));
		else if (what < 9)
			talk_tcp(w);
		else
			talk_quietly(w, true);
	}
}

/* --- two policies, by turns: what is judged again is another kind of flow, or none --- */

static void flip(struct worker *w)
{
	__atomic_fetch_add(&w->stress->lab.object.control->generation, 1, __ATOMIC_ACQ_REL);
	w->flips++;
}

static void do_anything(struct worker *w)
{
	static const uint16_t services[] = {ORDINARY, ONCE, THEN, FIRST_ONLY, ALWAYS};

	for (unsigned int i = 0; i < STEPS && !w->error; i++) {
		uint32_t what = chance(w, 400);

		if (what < 2)
			flip(w);
		else if (what < 80)
			open_another(w, services, ARRAY_SIZE(services));
		else if (what < 280)
			talk_again(w, services, ARRAY_SIZE(services));
		else if (what < 360)
			talk_tcp(w);
		else if (what < 380)
			talk_in_vain(w);
		else
			talk_quietly(w, false);
	}
}

/* --- afterwards everybody still gets what it is due --- */

/* One after the other, three times around each ring: the newest flow is always there. */
static void check_room(struct stress *s)
{
	static const uint16_t services[] = {ORDINARY, ALWAYS};

	for (unsigned int i = 0; i < 3 * (NVR_FLOWS + CAM_FLOWS); i++) {
		for (unsigned int at = 0; at < 2 * FAMILIES * ARRAY_SIZE(services); at++) {
			struct talk t = {
				.machine = at % 2 ? CAM : NVR,
				.family = at / 2 % FAMILIES,
				.proto = IPPROTO_UDP,
				.server = 251,
				.local = (uint16_t)(1024 + i),
				.remote = services[at / 2 / FAMILIES],
			};
			struct ig_flow flow;

			assert_true(speak(&s->workers[0], &t));
			if (!find_flow(s, &t, &flow)) {
				uint8_t key[KEY_MAX];

				make_key(&t, key);
				print_key(&families[t.family], key);
				fail_msg("it was just opened, and found no room");
			}
		}
	}
}

static void stress(const char *name, unsigned int n, void (*what)(struct worker *))
{
	struct stress *s = begin();

	for (unsigned int i = 0; i < rounds(n); i++) {
		play(s, what);
		check(s);
	}
	check_room(s);
	check(s);
	summarize(s, name);
	end(s);
}

static void test_turnover(void **state)
{
	(void)state;
	stress("one policy", 20, turn_over);
}

static void test_changes(void **state)
{
	(void)state;
	stress("two policies by turns", 40, do_anything);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_flow),     cmocka_unit_test(test_room_for_all),
		cmocka_unit_test(test_refused_until), cmocka_unit_test(test_judged_again),
		cmocka_unit_test(test_turnover),      cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests_name("flows under stress", tests, NULL, NULL);
}
