/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a packet of a live flow costs where two cores handle such packets at once: of different devices, of one device,
 * and the two directions of one flow. The programs as they run on an interface, asked by BPF_PROG_TEST_RUN on two
 * threads that are pinned. The second one goes on until the first one is measured, so that both are measured beside
 * a busy neighbour from the first packet to the last.
 *
 * What a program costs more beside another one that shares no memory with it is the machine's own: an empty program
 * and one that looks up a map say how much that is.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "generation.h"
#include "handle.h"
#include "policy.h"
#include "util.h"

#define CORES	   2
#define REPEAT	   500000 /* packets of one measurement */
#define FILLER	   20000  /* packets at a time, until the other one is measured */
#define MOST	   100	  /* rounds */
#define TARGET	   1.15
#define ETHERNET   14
#define LAST_BYTES 26 /* UDP header and what is behind it: 60 bytes over IPv4 */

static struct ig_object object = IG_OBJECT_NONE;

/* --- frames --- */

struct frame {
	uint8_t bytes[128];
	size_t size;
};

static const uint8_t gateway_mac[6] = {0x02, 0, 0x5e, 0xff, 0, 1};

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Writes the header and returns where the addresses are. */
static uint8_t *put_ip(struct frame *f, bool six)
{
	uint8_t *ip = f->bytes + ETHERNET;

	put16(f->bytes + 12, six ? 0x86dd : 0x0800);
	ip[0] = six ? 0x60 : 0x45;
	if (six) {
		put16(ip + 4, LAST_BYTES);
		ip[6] = IPPROTO_UDP;
		ip[7] = 64;
		return ip + 8;
	}
	put16(ip + 2, 20 + LAST_BYTES);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	return ip + 12;
}

static void put_addresses(uint8_t *at, bool six, bool from, unsigned int device)
{
	size_t size = six ? 16 : 4;
	int family = six ? AF_INET6 : AF_INET;
	uint8_t *own = at + (from ? 0 : size), *remote = at + (from ? size : 0);

	inet_pton(family, six ? "fd00::2" : "10.0.0.2", own);
	own[size - 1] += device;
	inet_pton(family, six ? "2001:db8::1" : "198.51.100.1", remote);
}

/* A packet of the @port-th flow of @device: its own, or the answer to it. */
static struct frame packet(bool six, bool from, unsigned int device, unsigned int port)
{
	uint8_t mac[6] = {0x02, 0, 0x5e, 0, 0, (uint8_t)device}, *udp;
	struct frame f = {.size = ETHERNET + (six ? 40 : 20) + LAST_BYTES};

	memcpy(f.bytes, from ? gateway_mac : mac, 6);
	memcpy(f.bytes + 6, from ? mac : gateway_mac, 6);
	put_addresses(put_ip(&f, six), six, from, device);
	udp = f.bytes + f.size - LAST_BYTES;
	put16(udp, from ? port : 7);
	put16(udp + 2, from ? 7 : port);
	put16(udp + 4, LAST_BYTES);
	return f;
}

/* --- the policy --- */

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:5e:ff:00:01'], addresses: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lo], networks: [10.0.0.0/8, 'fd00::/16']}\n"
	"profiles:\n"
	"  p: {rules: [allow to 198.51.100.0/24 udp/7, 'allow to 2001:db8::/32 udp/7']}\n"
	"devices:\n"
	"  d0: {mac: '02:00:5e:00:00:00', addresses: [10.0.0.2, 'fd00::2'], segment: lan, profile: p}\n"
	"  d1: {mac: '02:00:5e:00:00:01', addresses: [10.0.0.3, 'fd00::3'], segment: lan, profile: p}\n";

static unsigned int loopback(const char *name, void *context)
{
	(void)name;
	(void)context;
	return 1;
}

static int write_inventory(char *path)
{
	int fd = mkstemp(path), err;

	if (fd < 0)
		return -errno;
	err = write(fd, inventory, sizeof(inventory) - 1) == sizeof(inventory) - 1 ? 0 : -EIO;
	close(fd);
	return err;
}

static void set_up(void)
{
	char path[] = "/tmp/bench-inventory-XXXXXX";
	struct iotguard_inventory *inv = NULL;
	struct iotguard_policy *policy = NULL;
	struct ig_sizes sizes;
	struct iotguard *ig;
	int err = write_inventory(path);

	if (err || iotguard_open(&ig, NULL))
		bench_die("set-up", err ?: ENOMEM);
	err = iotguard_inventory_load(ig, path, &inv);
	unlink(path);
	err = err ?: iotguard_policy_compile(ig, inv, &policy);
	if (!err) {
		ig_policy_sizes(policy, &sizes);
		err = ig_object_load(&ig->diags, &sizes, false, &object);
	}
	err = err ?: ig_generation_write(&object, &policy->image, 1, loopback, NULL);
	if (err)
		bench_die(iotguard_diag_count(ig) ? iotguard_diag_get(ig, 0)->message : "set-up",
			  err);
	ig_generation_flip(&object);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
}

/* --- what the machine's own ratio is measured with --- */

static int load(const char *name, const struct bpf_insn *insns, size_t n)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", insns, n, NULL);

	if (fd < 0)
		bench_die(name, errno);
	return fd;
}

static int load_empty(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load("empty", insns, ARRAY_SIZE(insns));
}

/* Looks up the only key of a hash of one element. */
static int load_lookup(void)
{
	const uint32_t key = 0;
	const uint64_t value = 1;
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", sizeof(key), sizeof(value), 1, NULL);
	const struct bpf_insn insns[] = {
		{.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = 1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = map},
		{},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	if (map < 0 || bpf_map_update_elem(map, &key, &value, BPF_ANY))
		bench_die("a map", errno);
	return load("lookup", insns, ARRAY_SIZE(insns));
}

/* --- two cores --- */

struct side {
	int program;
	struct frame frame;
	unsigned int made_by; /* core that makes its flow; CORES: there is none to make */
};

struct pair {
	const char *name;
	bool six;
	struct side sides[CORES];
	double at_most;
};

struct core {
	pthread_t thread;
	unsigned int number;
	int cpu;
	double cost; /* ns a packet, of what was measured last */
};

static struct {
	pthread_barrier_t barrier;
	const struct pair *pair;
	unsigned int alone; /* core; CORES: both */
	bool over;
	unsigned int to_measure;
} bench;

static int run(const struct side *side, uint32_t repeat)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = side->frame.bytes,
			    .data_size_in = (uint32_t)side->frame.size, .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(side->program, &opts))
		bench_die("test_run", errno);
	return (int)opts.retval;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_die("pinning a thread", errno);
}

static void measure(struct core *core, const struct side *side)
{
	uint64_t start;

	run(side, FILLER); /* until the neighbour runs, too */
	start = bench_cpu_ns();
	run(side, REPEAT);
	core->cost = (double)(bench_cpu_ns() - start) / REPEAT;
	__atomic_sub_fetch(&bench.to_measure, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&bench.to_measure, __ATOMIC_ACQUIRE))
		run(side, FILLER);
}

/* A core that sleeps changes what the other one has of the machine: its own has to be the same, alone and in company. */
static void keep_awake(void)
{
	while (__atomic_load_n(&bench.to_measure, __ATOMIC_ACQUIRE))
		;
}

static void *work(void *argument)
{
	struct core *core = argument;

	pin(core->cpu);
	for (;;) {
		pthread_barrier_wait(&bench.barrier);
		if (bench.over)
			return NULL;
		if (bench.alone == core->number || bench.alone == CORES)
			measure(core, &bench.pair->sides[core->number]);
		else
			keep_awake();
		pthread_barrier_wait(&bench.barrier);
	}
}

/* @alone: the core that works; CORES: both do. */
static void go(const struct pair *pair, unsigned int alone)
{
	bench.pair = pair;
	bench.alone = alone;
	bench.to_measure = alone == CORES ? CORES : 1;
	pthread_barrier_wait(&bench.barrier);
	pthread_barrier_wait(&bench.barrier);
}

static int passes(const struct side *side)
{
	return side->program == object.to_device ? -1 : XDP_PASS;
}

/* Elements of a table lie beside each other if one CPU took them one after the other. */
static void make_flows(const struct pair *pair, const struct core *cores)
{
	for (unsigned int i = 0; i < CORES; i++) {
		const struct side *side = &pair->sides[i];

		if (side->made_by == CORES)
			continue;
		pin(cores[side->made_by].cpu);
		if (run(side, 1) != passes(side)) {
			fprintf(stderr, "bench_cores: %s: it does not pass\n", pair->name);
			exit(1);
		}
	}
}

static void say(const struct pair *pair, const char *unit, const char *parameters, double *values,
		unsigned int rounds, double at_most)
{
	char name[96];
	struct bench_row row = {
		.group = "cores", .name = name, .unit = unit, .parameters = parameters};

	snprintf(name, sizeof(name), "%s%s", pair->name,
		 pair->sides[0].made_by == CORES ? ""
		 : pair->six			 ? ", IPv6"
						 : ", IPv4");
	row.at_most = at_most;
	bench_summarize(&row, values, rounds);
	bench_say(&row);
}

static void bench_pair(const struct pair *pair, struct core *cores, unsigned int rounds)
{
	double one[MOST], two[MOST], ratio[MOST];

	make_flows(pair, cores);
	for (unsigned int i = 0; i < rounds; i++) {
		go(pair, 0);
		go(pair, 1);
		one[i] = (cores[0].cost + cores[1].cost) / CORES;
		go(pair, CORES);
		two[i] = (cores[0].cost + cores[1].cost) / CORES;
		ratio[i] = two[i] / one[i];
	}
	say(pair, "ns/packet", "\"cores\":1", one, rounds, 0);
	say(pair, "ns/packet", "\"cores\":2", two, rounds, 0);
	say(pair, "ratio", "\"cores\":2", ratio, rounds, pair->at_most);
}

/* --- what is compared --- */

static void bench_machine(struct core *cores, unsigned int rounds)
{
	struct frame frame = packet(false, true, 0, 1);
	int empty = load_empty(), lookup = load_lookup();
	struct pair pairs[] = {
		{"an empty program", false, {{empty, frame, CORES}, {empty, frame, CORES}}, 0},
		{"a program that looks up a map",
		 false,
		 {{lookup, frame, CORES}, {lookup, frame, CORES}},
		 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		bench_pair(&pairs[i], cores, rounds);
}

static void bench_flows(bool six, struct core *cores, unsigned int rounds)
{
	int from = object.from_device, to = object.to_device;
	/* ports: each pair has flows of its own */
	struct pair pairs[] = {
		{"flows of two devices, each made by its own core",
		 six,
		 {{from, packet(six, true, 0, 1001), 0}, {from, packet(six, true, 1, 1001), 1}},
		 TARGET},
		{"flows of two devices, made by one core",
		 six,
		 {{from, packet(six, true, 0, 1002), 0}, {from, packet(six, true, 1, 1002), 0}},
		 TARGET},
		{"two flows of a device, each made by its own core",
		 six,
		 {{from, packet(six, true, 0, 1003), 0}, {from, packet(six, true, 0, 1004), 1}},
		 TARGET},
		{"two flows of a device, made by one core",
		 six,
		 {{from, packet(six, true, 0, 1005), 0}, {from, packet(six, true, 0, 1006), 0}},
		 TARGET},
		{"the two directions of a flow",
		 six,
		 {{from, packet(six, true, 0, 1007), 0}, {to, packet(six, false, 0, 1007), 1}},
		 TARGET},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		bench_pair(&pairs[i], cores, rounds);
}

/* The first CPUs that this process may use; false: there are too few. */
static bool choose_cpus(struct core *cores)
{
	unsigned int n = 0;
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		bench_die("CPUs", errno);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < CORES; cpu++) {
		if (CPU_ISSET(cpu, &allowed))
			cores[n++].cpu = cpu;
	}
	return n == CORES;
}

int main(void)
{
	const char *wanted = getenv("BENCH_ROUNDS");
	unsigned int rounds = wanted ? (unsigned int)atoi(wanted) : 7;
	struct core cores[CORES] = {};

	rounds = rounds < 1 ? 1 : rounds > MOST ? MOST : rounds;
	if (!choose_cpus(cores)) {
		fprintf(stderr, "bench_cores: it takes two CPUs\n");
		return 77;
	}
	set_up();
	pthread_barrier_init(&bench.barrier, NULL, CORES + 1);
	for (unsigned int i = 0; i < CORES; i++) {
		cores[i].number = i;
		if (pthread_create(&cores[i].thread, NULL, work, &cores[i]))
			bench_die("a thread", errno);
	}
	bench_machine(cores, rounds);
	bench_flows(false, cores, rounds);
	bench_flows(true, cores, rounds);
	bench.over = true;
	pthread_barrier_wait(&bench.barrier);
	for (unsigned int i = 0; i < CORES; i++)
		pthread_join(cores[i].thread, NULL);
	ig_object_close(&object);
	return 0;
}
