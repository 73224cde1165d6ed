/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench.h"
#include "events_lab.h"
#include "state_dir.h"
#include "stats.h"
#include "util.h"

#define REMOTE	 0x05000000u /* that no device may talk to: 5.0.0.0 and on */
#define REMOTES	 (1u << 25)  /* so many of them, then from the first one again */
#define RESOLVER 0x0a000001u

/* --- frames --- */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

/* From device @i (from 0), or to it. @size: of what is behind the IP header. */
static struct lab_frame ip4(bool from, uint32_t i, uint32_t remote, uint8_t proto, uint16_t size)
{
	struct lab_frame f = {.size = 34u + size};
	uint8_t *ip = f.bytes + 14;

	memcpy(f.bytes + (from ? 0 : 6), "\x02\0\x5e\xff\0\x01", 6);
	memcpy(f.bytes + (from ? 6 : 0), "\x02\0\x5e\0\0\x02", 6);
	f.bytes[from ? 11 : 5] += (uint8_t)i;
	put16(f.bytes + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + size);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + (from ? 12 : 16), 0x0a000002u + i);
	put32(ip + (from ? 16 : 12), remote);
	return f;
}

static struct lab_frame udp4(bool from, uint32_t i, uint32_t remote, uint16_t src, uint16_t dst,
			     uint16_t size)
{
	struct lab_frame f = ip4(from, i, remote, IPPROTO_UDP, 8 + size);

	put16(f.bytes + 34, src);
	put16(f.bytes + 36, dst);
	put16(f.bytes + 38, 8 + size);
	return f;
}

static struct lab_frame tcp4(bool from, uint16_t src, uint16_t dst, uint32_t sequence,
			     uint8_t flags, uint16_t size)
{
	struct lab_frame f = ip4(from, 0, RESOLVER, IPPROTO_TCP, 20 + size);

	put16(f.bytes + 34, src);
	put16(f.bytes + 36, dst);
	put32(f.bytes + 38, sequence);
	f.bytes[46] = 5 << 4;
	f.bytes[47] = flags;
	put16(f.bytes + 48, 0xffff);
	return f;
}

/* --- DNS messages --- */

#define QUESTION  \
	"\x03"    \
	"api"     \
	"\x06"    \
	"vendor"  \
	"\x07"    \
	"example" \
	"\0\0\x01\0\x01"
#define QUESTION_SIZE (sizeof(QUESTION) - 1)
#define QUERY_SIZE    (12 + QUESTION_SIZE)
#define RECORD_SIZE   16
#define ANSWER_SIZE   (QUERY_SIZE + LAB_ADDRESSES * RECORD_SIZE)

static void put_query(uint8_t *at)
{
	memcpy(at, "\0\1\1\0\0\1\0\0\0\0\0\0", 12);
	memcpy(at + 12, QUESTION, QUESTION_SIZE);
}

/* Addresses from @first on. */
static void put_answer(uint8_t *at, uint32_t first)
{
	memcpy(at, "\0\1\x81\x80\0\1\0\4\0\0\0\0", 12);
	memcpy(at + 12, QUESTION, QUESTION_SIZE);
	for (uint32_t i = 0; i < LAB_ADDRESSES; i++) {
		uint8_t *record = at + QUERY_SIZE + i * RECORD_SIZE;

		memcpy(record, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4", 12);
		put32(record + 12, first + i);
	}
}

/* --- programs in front of the real ones --- */

#define INSN(c, d, s, o, i)                                                         \
	{                                                                           \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) \
	}
#define LOAD(size, d, s, o)  INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, o, s) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define MOVE(d, s)	     INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define OP(op, d, i)	     INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define TURN(d)		     INSN(BPF_ALU | BPF_END | BPF_TO_BE, d, 0, 0, 32)
#define CALL(n)		     INSN(BPF_JMP | BPF_CALL, 0, 0, 0, n)
#define EXIT		     INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define MAP(d, fd)                                                    \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), \
	{                                                             \
	}

/* The real program is the only one in @target. */
static int put_in_front(enum bpf_prog_type type, const struct bpf_insn *insns, size_t n, int target,
			int program)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts);
	uint32_t zero = 0;
	int fd;

	if (type == BPF_PROG_TYPE_XDP) {
		opts.expected_attach_type = BPF_XDP;
		opts.prog_flags = BPF_F_XDP_HAS_FRAGS; /* as the one that it calls */
	}
	fd = bpf_prog_load(type, "lab", "GPL", insns, n, &opts);
	if (fd < 0)
		bench_die("the program in front", errno);
	if (bpf_map_update_elem(target, &zero, &program, BPF_ANY))
		bench_die("its tail call", errno);
	return fd;
}

static int new_target(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "lab", 4, 4, 1, NULL);

	if (fd < 0)
		bench_die("a map of programs", errno);
	return fd;
}

/* Counts up the word at @at, and goes from device to device. */
static int load_counting(const struct lab *lab, int16_t at)
{
	int target = new_target();
	const struct bpf_insn insns[] = {
		MOVE(6, 1),
		LOAD(BPF_W, 2, 6, offsetof(struct xdp_md, data)),
		LOAD(BPF_W, 3, 6, offsetof(struct xdp_md, data_end)),
		MOVE(4, 2),
		OP(BPF_ADD, 4, 42),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 12, 0),
		LOAD(BPF_W, 5, 2, at),
		TURN(5),
		OP(BPF_ADD, 5, 1),
		MOVE(7, 5),
		OP(BPF_AND, 7, LAB_DEVICES - 1),
		OP(BPF_ADD, 7, 2),
		TURN(5),
		STORE(BPF_W, 2, at, 5),
		STORE(BPF_B, 2, 11, 7), /* the last byte of its MAC address, and of its address */
		STORE(BPF_B, 2, 29, 7),
		MOVE(1, 6),
		INSN(BPF_JMP | BPF_JA, 0, 0, 2, 0),
		OP(BPF_MOV, 0, 0),
		EXIT,
		MAP(2, target),
		OP(BPF_MOV, 3, 0),
		CALL(BPF_FUNC_tail_call),
		OP(BPF_MOV, 0, 0),
		EXIT,
	};

	return put_in_front(BPF_PROG_TYPE_XDP, insns, ARRAY_SIZE(insns), target,
			    lab->live.from_device);
}

#define ADDRESS_AT(i) (int16_t)(42 + QUERY_SIZE + (i)*RECORD_SIZE + 12)
#define COUNT_UP(i)                                                                        \
	LOAD(BPF_W, 5, 2, ADDRESS_AT(i)), TURN(5), OP(BPF_ADD, 5, LAB_ADDRESSES), TURN(5), \
		STORE(BPF_W, 2, ADDRESS_AT(i), 5)

/* Other addresses in each answer. */
static int load_answering(const struct lab *lab)
{
	int target = new_target();
	const struct bpf_insn insns[] = {
		MOVE(6, 1),
		LOAD(BPF_W, 2, 6, offsetof(struct __sk_buff, data)),
		LOAD(BPF_W, 3, 6, offsetof(struct __sk_buff, data_end)),
		MOVE(4, 2),
		OP(BPF_ADD, 4, 42 + ANSWER_SIZE),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, LAB_ADDRESSES * 5, 0),
		COUNT_UP(0),
		COUNT_UP(1),
		COUNT_UP(2),
		COUNT_UP(3),
		MOVE(1, 6),
		MAP(2, target),
		OP(BPF_MOV, 3, 0),
		CALL(BPF_FUNC_tail_call),
		OP(BPF_MOV, 0, 0),
		EXIT,
	};

	return put_in_front(BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns), target,
			    lab->live.to_device);
}

/* --- the gateway --- */

static void run(const char *command)
{
	if (system(command))
		bench_die(command, ECANCELED);
}

static void leave_out(const char *why)
{
	fprintf(stderr, "bench_events: %s: %s\n", why, strerror(errno));
	exit(77);
}

static void enter(struct lab *lab)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		leave_out("no namespaces of its own");
	strcpy(lab->dir, "/tmp/iotguard-bench-XXXXXX");
	if (!mkdtemp(lab->dir))
		leave_out("no directory of its own");
	snprintf(lab->state_dir, sizeof(lab->state_dir), "%s/state", lab->dir);
	snprintf(lab->inventory, sizeof(lab->inventory), "%s/house.yaml", lab->dir);
	snprintf(lab->socket, sizeof(lab->socket), "%s/events.sock", lab->dir);
	run("ip link set lo up && ip link add lan0 type veth && ip link set lan0 up");
	lab->ifindex = if_nametoindex("lan0");
}

static void write_inventory(const struct lab *lab)
{
	FILE *f = fopen(lab->inventory, "we");

	if (!f)
		bench_die(lab->inventory, errno);
	fprintf(f,
		"version: 1\ngateway: {macs: [\"02:00:5e:ff:00:01\"], addresses: [10.0.0.1],\n"
		"  resolvers: [10.0.0.1]}\n"
		"segments:\n  lan: {interfaces: [lan0], networks: [10.0.0.0/8]}\n"
		"profiles:\n  camera:\n    rules:\n"
		"      - allow to 198.51.100.0/24 tcp/443\n      - allow to api.vendor.example tcp/443\n"
		"      - deny to 4.0.0.0/6 udp because \"not of the vendor\"\ndevices:\n");
	for (unsigned int i = 0; i < LAB_DEVICES; i++)
		fprintf(f,
			"  camera-%u: {mac: \"02:00:5e:00:00:%02x\", addresses: [10.0.0.%u], segment: lan,\n"
			"    profile: camera, environment: building, criticality: operational}\n",
			i, i + 2, i + 2);
	fclose(f);
}

static void apply(struct lab *lab)
{
	struct iotguard_apply_opts opts = IOTGUARD_OPTS(iotguard_apply_opts);
	struct iotguard_apply_result result;
	struct iotguard_inventory *inv = NULL;
	struct iotguard_policy *policy = NULL;
	int err = iotguard_inventory_load(lab->ig, lab->inventory, &inv);

	err = err ?: iotguard_policy_compile(lab->ig, inv, &policy);
	err = err ?: iotguard_apply(lab->ig, policy, &opts, &result);
	err = err ?: ig_state_open(lab->ig, true, &lab->live);
	if (err)
		bench_die(iotguard_diag_count(lab->ig) ? iotguard_diag_get(lab->ig, 0)->message
						       : "apply",
			  err);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_diag_clear(lab->ig);
}

void lab_open(struct lab *lab)
{
	struct iotguard_open_opts opts;

	*lab = (struct lab){.live = IG_OBJECT_NONE};
	enter(lab);
	opts = IOTGUARD_OPTS(iotguard_open_opts, .state_dir = lab->state_dir,
			     .socket = lab->socket);
	if (iotguard_open(&lab->ig, &opts))
		bench_die("the library", ENOMEM);
	write_inventory(lab);
	apply(lab);
	lab->spread = load_counting(lab, 30);
	lab->ports = load_counting(lab, 34);
	lab->answers = load_answering(lab);
}

void lab_close(struct lab *lab)
{
	char command[96];

	close(lab->spread);
	close(lab->ports);
	close(lab->answers);
	ig_object_close(&lab->live);
	iotguard_detach(lab->ig, NULL);
	iotguard_close(lab->ig);
	umount(lab->state_dir);
	snprintf(command, sizeof(command), "rm -r '%s'", lab->dir);
	run(command);
}

uint64_t lab_counted(const struct lab *lab)
{
	struct ig_event_counter counter;
	int err = ig_stats_events(&lab->live, &counter);

	if (err)
		bench_die("counters", err);
	return counter.sent + counter.suppressed + counter.lost;
}

/* --- frames at the programs --- */

/* What the last one was answered. */
static uint32_t run_xdp(const struct lab *lab, int program, struct lab_frame *frame, uint32_t n)
{
	struct xdp_md at = {.data_end = frame->size, .ingress_ifindex = lab->ifindex};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = frame->size, .ctx_in = &at, .ctx_size_in = sizeof(at),
			    .repeat = (int)n);

	if (bpf_prog_test_run_opts(program, &opts))
		bench_die("test_run from a device", errno);
	return opts.retval;
}

static uint32_t run_tc(const struct lab *lab, int program, struct lab_frame *frame, uint32_t n)
{
	struct __sk_buff at = {.ifindex = lab->ifindex};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = frame->size, .ctx_in = &at, .ctx_size_in = sizeof(at),
			    .repeat = (int)n);

	if (bpf_prog_test_run_opts(program, &opts))
		bench_die("test_run to a device", errno);
	return opts.retval;
}

void lab_refuse(struct lab *lab, uint32_t n)
{
	struct lab_frame frame = udp4(true, 0, REMOTE + lab->next % REMOTES, 1024, 9, 18);

	if (run_xdp(lab, lab->spread, &frame, n) != XDP_DROP)
		bench_die("a frame that no rule allows passes", EPROTO);
	lab->next += n;
}

/* Ports count up within one word: the source port comes after 65536 others. */
void lab_refuse_named(struct lab *lab, uint32_t n)
{
	struct lab_frame frame = udp4(true, 0, REMOTE + lab->next / 100000 % LAB_ADDRESSES,
				      (uint16_t)(lab->next >> 16), (uint16_t)lab->next, 18);

	if (run_xdp(lab, lab->ports, &frame, n) != XDP_DROP)
		bench_die("a frame that no rule allows passes", EPROTO);
	lab->next += n;
}

static void ask(const struct lab *lab, uint32_t device)
{
	struct lab_frame frame = udp4(true, device, RESOLVER, 40000, 53, QUERY_SIZE);

	put_query(frame.bytes + 42);
	if (run_xdp(lab, lab->live.from_device, &frame, 1) != XDP_PASS)
		bench_die("a query is refused", EPROTO);
}

static struct lab_frame answer_to(uint32_t device, uint32_t first)
{
	struct lab_frame frame = udp4(false, device, RESOLVER, 53, 40000, ANSWER_SIZE);

	put_answer(frame.bytes + 42, first);
	return frame;
}

void lab_name(struct lab *lab)
{
	for (uint32_t i = 0; i < LAB_DEVICES; i++) {
		struct lab_frame answer = answer_to(i, REMOTE);

		ask(lab, i);
		if (run_tc(lab, lab->live.to_device, &answer, 1) == 2)
			bench_die("an answer is refused", EPROTO);
	}
}

uint64_t lab_pin(struct lab *lab, uint32_t n)
{
	struct lab_frame answer = answer_to(0, REMOTE + lab->next % REMOTES);
	uint64_t start;
	uint32_t verdict;

	ask(lab, 0);
	start = bench_cpu_ns();
	verdict = run_tc(lab, lab->answers, &answer, n);
	start = bench_cpu_ns() - start;
	if (verdict == 2)
		bench_die("an answer is refused", EPROTO);
	lab->next += n * LAB_ADDRESSES;
	return start;
}

#define STREAM_PORT 40001
#define DEVICE_ISN  1000u
#define ISN	    5000u

static uint32_t stream_at; /* of the next answer, from ISN + 1 on */

void lab_connect_resolver(struct lab *lab)
{
	struct lab_frame syn = tcp4(true, STREAM_PORT, 53, DEVICE_ISN, 0x02, 0);
	struct lab_frame accepted = tcp4(false, 53, STREAM_PORT, ISN, 0x12, 0);
	struct lab_frame query = tcp4(true, STREAM_PORT, 53, DEVICE_ISN + 1, 0x18, 2 + QUERY_SIZE);

	put32(accepted.bytes + 42, DEVICE_ISN + 1);
	put32(query.bytes + 42, ISN + 1);
	put16(query.bytes + 54, QUERY_SIZE);
	put_query(query.bytes + 56);
	if (run_xdp(lab, lab->live.from_device, &syn, 1) != XDP_PASS ||
	    run_tc(lab, lab->live.to_device, &accepted, 1) == 2 ||
	    run_xdp(lab, lab->live.from_device, &query, 1) != XDP_PASS)
		bench_die("DNS over TCP is refused", EPROTO);
	stream_at = stream_at ? stream_at : ISN + 1;
}

void lab_answer_stream(struct lab *lab)
{
	struct lab_frame answer = tcp4(false, 53, STREAM_PORT, stream_at, 0x18, 2 + ANSWER_SIZE);

	put32(answer.bytes + 42, DEVICE_ISN + 3 + QUERY_SIZE);
	put16(answer.bytes + 54, ANSWER_SIZE);
	put_answer(answer.bytes + 56, REMOTE + lab->next % REMOTES);
	if (run_tc(lab, lab->live.to_device, &answer, 1) != 2)
		bench_die("an answer that nobody has read passes", EPROTO);
	stream_at += 2 + ANSWER_SIZE;
	lab->next += LAB_ADDRESSES;
}
