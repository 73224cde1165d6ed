/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a packet costs: the programs as they run on an interface (not the replaying ones), asked by
 *BPF_PROG_TEST_RUN.
 *
 *	bench_packet [DEVICES [RULES]]
 *
 * Thread CPU time, median of 7 rounds, an empty program measured in the same rounds. Hot cases
 *repeat one frame a million times. Cases that need a new frame each time make one call a frame, and
 *the empty program's calls are taken off. Figures are nanoseconds a packet.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "generation.h"
#include "handle.h"
#include "policy.h"
#include "util.h"

#define ROUNDS 7
#define HOT    1000000
#define COLD   20000

static struct ig_object object = IG_OBJECT_NONE;
static int empty_program, empty_tc;

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "bench_packet: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

/* --- frames --- */

struct frame {
	uint8_t bytes[256];
	size_t size;
};

static const uint8_t device_mac[6] = {0x02, 0, 0x5e, 0, 0, 0};
static const uint8_t gateway_mac[6] = {0x02, 0, 0x5e, 0xff, 0, 1};

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void udp_header(uint8_t *at, uint16_t src, uint16_t dst, uint16_t length)
{
	put16(at, src);
	put16(at + 2, dst);
	put16(at + 4, length);
}

/* 60 bytes, as the smallest frames on the wire. */
static struct frame udp4(uint32_t remote, uint16_t src, uint16_t dst)
{
	struct frame f = {.size = 60};
	uint8_t *ip = f.bytes + 14;
	uint32_t local = htonl(0x0a000002);

	memcpy(f.bytes, gateway_mac, 6);
	memcpy(f.bytes + 6, device_mac, 6);
	put16(f.bytes + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 46);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, &local, 4);
	remote = htonl(remote);
	memcpy(ip + 16, &remote, 4);
	udp_header(ip + 20, src, dst, 26);
	return f;
}

static struct frame udp6(uint16_t src, uint16_t dst)
{
	struct frame f = {.size = 80};
	uint8_t *ip = f.bytes + 14;

	memcpy(f.bytes, gateway_mac, 6);
	memcpy(f.bytes + 6, device_mac, 6);
	put16(f.bytes + 12, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, 26);
	ip[6] = 17;
	ip[7] = 64;
	inet_pton(AF_INET6, "fd00::2", ip + 8);
	inet_pton(AF_INET6, "2001:db8::1", ip + 24);
	udp_header(ip + 40, src, dst, 26);
	return f;
}

/* --- DNS: a query of the first device for a name that one of its rules has, and its answer --- */

#define RESOLVER 0x0a000001

static const uint8_t question[] = "\x03"
				  "api"
				  "\x06"
				  "vendor"
				  "\x07"
				  "example"
				  "\0\0\x01\0\x01";

static void dns_message(struct frame *f, bool answer)
{
	uint8_t *at = f->bytes + 42, *start = at;

	memcpy(at, answer ? "\0\1\x81\x80\0\1\0\4\0\0\0\0" : "\0\1\1\0\0\1\0\0\0\0\0\0", 12);
	memcpy(at + 12, question, sizeof(question) - 1);
	at += 12 + sizeof(question) - 1;
	for (uint8_t i = 0; i < 4 && answer; i++) {
		memcpy(at, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xcb\0\x71", 15);
		at[15] = i;
		at += 16;
	}
	put16(f->bytes + 38, at - start + 8);
	put16(f->bytes + 16, at - start + 28);
	f->size = at - f->bytes;
}

static struct frame dns_query(void)
{
	struct frame f = udp4(RESOLVER, 40000, 53);

	dns_message(&f, false);
	return f;
}

static struct frame dns_answer(void)
{
	struct frame f = udp4(RESOLVER, 53, 40000);

	memcpy(f.bytes, device_mac, 6);
	memcpy(f.bytes + 6, gateway_mac, 6);
	memcpy(f.bytes + 26, "\x0a\0\0\1\x0a\0\0\2", 8);
	dns_message(&f, true);
	return f;
}

/* --- the policy --- */

static void write_inventory(FILE *f, unsigned int devices, unsigned int rules)
{
	fprintf(f, "version: 1\ngateway: {macs: [\"02:00:5e:ff:00:01\"], addresses: [10.0.0.1],\n"
		   "  resolvers: [10.0.0.1]}\n"
		   "segments:\n  lan: {interfaces: [lo], networks: [10.0.0.0/8, \"fd00::/16\"]}\n"
		   "profiles:\n  p:\n    rules:\n");
	/* the one that matches is the last */
	for (unsigned int i = 1; i < rules; i++)
		fprintf(f, "      - allow to 203.0.%u.%u udp/%u\n", 100 + i / 250, i % 250,
			1000 + i);
	fprintf(f, "      - allow to 198.51.100.0/24 udp/7\n      - allow to 2001:db8::/32 udp/7\n"
		   "      - allow to api.vendor.example tcp/443\ndevices:\n");
	for (unsigned int i = 0; i < devices; i++)
		fprintf(f,
			"  d%u: {mac: \"02:00:5e:%02x:%02x:%02x\", addresses: [10.%u.%u.%u%s], segment: lan, profile: p}\n",
			i, i >> 16, i >> 8 & 255, i & 255, (i + 2) >> 16, (i + 2) >> 8 & 255,
			(i + 2) & 255, i ? "" : ", \"fd00::2\"");
}

static unsigned int loopback(const char *name, void *context)
{
	(void)name;
	(void)context;
	return 1;
}

static void set_up(unsigned int devices, unsigned int rules)
{
	char path[] = "/tmp/bench-inventory-XXXXXX";
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	struct ig_sizes sizes;
	struct iotguard *ig;
	FILE *f = fdopen(mkstemp(path), "w");
	int err;

	if (!f || iotguard_open(&ig, NULL))
		die("set-up", ENOMEM);
	write_inventory(f, devices, rules);
	fclose(f);
	err = iotguard_inventory_load(ig, path, &inv);
	unlink(path);
	err = err ?: iotguard_policy_compile(ig, inv, &policy);
	if (err)
		die(iotguard_diag_count(ig) ? iotguard_diag_get(ig, 0)->message : "inventory", err);
	ig_policy_sizes(policy, &sizes);
	err = ig_object_load(&ig->diags, &sizes, false, &object);
	err = err ?: ig_generation_write(&object, &policy->image, 1, loopback, NULL);
	if (err)
		die(iotguard_diag_count(ig) ? iotguard_diag_get(ig, 0)->message : "load", err);
	ig_generation_flip(&object);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
}

static int load_of_type(enum bpf_prog_type type)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2},
		{.code = BPF_JMP | BPF_EXIT},
	};

	int fd = bpf_prog_load(type, "empty", "GPL", insns, ARRAY_SIZE(insns), NULL);

	if (fd < 0)
		die("empty program", errno);
	return fd;
}

/* --- measuring --- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static int run(int program, const struct frame *frame, uint32_t repeat)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = frame->size, .repeat = repeat);

	if (bpf_prog_test_run_opts(program, &opts))
		die("test_run", errno);
	return opts.retval;
}

static void say(const char *name, double *values, double *empty, bool subtract)
{
	double value = median(values), base = median(empty);

	printf("%-44s %7.1f   (%.1f to %.1f; empty program %.1f)\n", name,
	       subtract ? value - base : value, values[0], values[ROUNDS - 1], base);
}

/* One frame again and again. */
static void hot(const char *name, int program, const struct frame *frame, int expected)
{
	int empty_one = program == object.to_device ? empty_tc : empty_program;
	double values[ROUNDS], empty[ROUNDS];

	if (run(program, frame, 1) != expected)
		fprintf(stderr, "bench_packet: %s: verdict is not %d\n", name, expected);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = cpu_ns();

		run(empty_one, frame, HOT);
		empty[i] = (double)(cpu_ns() - start) / HOT;
		start = cpu_ns();
		run(program, frame, HOT);
		values[i] = (double)(cpu_ns() - start) / HOT;
	}
	say(name, values, empty, false);
}

static int ignore_record(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

/* Another frame each time; @make(n) gives the n-th. */
static void cold(const char *name, struct frame (*make)(unsigned int n))
{
	struct ring_buffer *ring =
		ring_buffer__new(object.maps[IG_MAP_events], ignore_record, NULL, NULL);
	double values[ROUNDS], empty[ROUNDS];
	unsigned int n = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t spent[2] = {};

		for (int k = 0; k < COLD; k++) {
			struct frame frame = make(n++);
			uint64_t start = cpu_ns(), middle;

			run(empty_program, &frame, 1);
			middle = cpu_ns();
			run(object.from_device, &frame, 1);
			spent[1] += cpu_ns() - middle;
			spent[0] += middle - start;
			if (k % 1000 == 0)
				ring_buffer__consume(ring);
		}
		empty[i] = (double)spent[0] / COLD;
		values[i] = (double)spent[1] / COLD;
	}
	ring_buffer__free(ring);
	say(name, values, empty, true);
}

static struct frame new_flow(unsigned int n)
{
	return udp4(0xc6336401, 1024 + n % 60000, 7);
}

static struct frame new_refusal(unsigned int n)
{
	return udp4(0x05000000 + n, 1024, 9);
}

int main(int argc, char **argv)
{
	unsigned int devices = argc > 1 ? atoi(argv[1]) : 10,
		     rules = argc > 2 ? atoi(argv[2]) : 256;
	struct frame frame;

	set_up(devices, rules);
	empty_program = load_of_type(BPF_PROG_TYPE_XDP);
	empty_tc = load_of_type(BPF_PROG_TYPE_SCHED_CLS);
	printf("%u devices, %u rules a device; ns a packet, median of %d\n", devices, rules,
	       ROUNDS);
	frame = udp4(0xc6336401, 1000, 7);
	hot("IPv4, admitted by a live flow", object.from_device, &frame, 2);
	frame = udp6(1000, 7);
	hot("IPv6, admitted by a live flow", object.from_device, &frame, 2);
	frame = udp4(0x05000001, 1000, 9);
	hot("IPv4, refused by the policy, event suppressed", object.from_device, &frame, 1);
	frame = udp6(1000, 9);
	hot("IPv6, refused by the policy, event suppressed", object.from_device, &frame, 1);
	frame = udp4(0xc6336401, 1000, 7);
	memcpy(frame.bytes + 6, "\x02\x99\x99\x99\x99\x99", 6);
	hot("unknown device, event suppressed", object.from_device, &frame, 1);
	frame = dns_query();
	hot("a DNS query, remembered", object.from_device, &frame, 2);
	frame = dns_answer();
	hot("a DNS answer of four addresses, pinned", object.to_device, &frame, -1);
	cold("IPv4, new flow (less the empty call)", new_flow);
	cold("IPv4, refused with an event (less the empty call)", new_refusal);
	ig_object_close(&object);
	return 0;
}
