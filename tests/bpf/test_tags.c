/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tags that the kernel has taken out of a frame: at tc the outer one may stand beside it, in
 * vlan_tci. A test run has none, so a small program pushes them and calls ours.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01']}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0]}\n"
	"  shop: {interfaces: [lan0], vlan: 30}\n"
	"  cell: {interfaces: [lan0], vlan: [100, 7]}\n"
	"profiles:\n"
	"  open: {rules: [allow to any udp/5000, allow from any udp/5001]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10], segment: lan, profile: open}\n"
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.30.0.30], segment: shop, profile: open}\n"
	"  meter: {mac: '02:00:00:00:00:31', addresses: [10.100.0.31], segment: cell, profile: open}\n";

#define TO_CAM	 "gw>cam ip4 8.8.8.8>10.0.0.10 udp 1>5001"
#define TO_PLUG	 "gw>plug ip4 8.8.8.8>10.30.0.30 udp 1>5001"
#define TO_METER "gw>meter ip4 8.8.8.8>10.100.0.31 udp 1>5001"

/* --- raw instructions --- */

#define INSN(code_, dst, src, off_, imm_)    \
	((struct bpf_insn){.code = (code_),  \
			   .dst_reg = (dst), \
			   .src_reg = (src), \
			   .off = (off_),    \
			   .imm = (imm_)})
#define MOV_REG(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define CALL(function)	  INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT()		  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LD_MAP(dst, fd) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

#define PUSH_MAX    3
#define NOT_CALLED  99	   /* neither of what ours return */
#define TAG_IS_HERE 0x0081 /* 0x8100 in network order, as a number of this machine */

/* Pushes the tags, the last of them outermost, and goes on in @target. */
static int load_pusher(const uint16_t *tags, size_t n, int target, int *map)
{
	struct bpf_insn program[5 * PUSH_MAX + 8];
	size_t size = 0;
	uint32_t zero = 0;
	int fd;

	*map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "target", 4, 4, 1, NULL);
	assert_true(*map >= 0);
	program[size++] = MOV_REG(BPF_REG_6, BPF_REG_1);
	for (size_t i = 0; i < n; i++) {
		const struct bpf_insn push[] = {
			MOV_REG(BPF_REG_1, BPF_REG_6),
			MOV_IMM(BPF_REG_2, TAG_IS_HERE),
			MOV_IMM(BPF_REG_3, tags[i]),
			CALL(BPF_FUNC_skb_vlan_push),
		};

		memcpy(&program[size], push, sizeof(push));
		size += ARRAY_SIZE(push);
	}
	{
		const struct bpf_insn call[] = {
			MOV_REG(BPF_REG_1, BPF_REG_6),	LD_MAP(BPF_REG_2, *map),
			MOV_IMM(BPF_REG_3, 0),		CALL(BPF_FUNC_tail_call),
			MOV_IMM(BPF_REG_0, NOT_CALLED), EXIT(),
		};

		memcpy(&program[size], call, sizeof(call));
		size += ARRAY_SIZE(call);
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "pusher", "GPL", program, size, NULL);
	if (fd < 0)
		fail_msg("the program that pushes tags does not load: %s", strerror(errno));
	if (bpf_map_update_elem(*map, &zero, &target, BPF_ANY))
		fail_msg("ours cannot be called: %s", strerror(errno));
	return fd;
}

/* As lab_expect(), of a frame with tags beside it, inner ones first; 0, 0: no tags. */
static void pushed(struct lab *lab, size_t n, uint16_t first, uint16_t second, bool passes,
		   const char *reason, const char *sentence)
{
	const uint16_t tags[PUSH_MAX] = {first, second};
	struct lab with = *lab;
	int map;

	with.object.to_device = load_pusher(tags, n, lab->object.to_device, &map);
	lab_expect(&with, TO, passes, reason, "%s", sentence);
	close(with.object.to_device);
	close(map);
}

/* --- what they say --- */

static struct lab lab;

static void test_one_tag(void **state)
{
	(void)state;
	pushed(&lab, 0, 0, 0, true, "rule", TO_CAM);
	pushed(&lab, 1, 30, 0, true, "rule", TO_PLUG);
	pushed(&lab, 1, 31, 0, false, "no-segment", TO_PLUG);
	pushed(&lab, 0, 0, 0, false, "flooded", TO_PLUG);
	pushed(&lab, 1, 30, 0, false, "flooded", TO_CAM);
	/* with a priority; and one that is nothing else */
	pushed(&lab, 1, 0xa000 | 30, 0, true, "flow", TO_PLUG);
	pushed(&lab, 1, 0xe000, 0, true, "flow", TO_CAM);
}

static void test_two_tags(void **state)
{
	(void)state;
	/* one beside the frame, and one in it */
	pushed(&lab, 1, 100, 0, true, "rule", "gw>meter tag 7 ip4 8.8.8.8>10.100.0.31 udp 1>5001");
	pushed(&lab, 2, 7, 100, true, "flow", TO_METER);
	pushed(&lab, 2, 100, 7, false, "no-segment", TO_METER);
	pushed(&lab, 1, 100, 0, false, "no-segment", TO_METER);
	pushed(&lab, 1, 7, 0, false, "no-segment",
	       "gw>meter tag 100 ip4 8.8.8.8>10.100.0.31 udp 1>5001");
	pushed(&lab, 1, 30, 0, false, "no-segment",
	       "gw>plug tag 30 ip4 8.8.8.8>10.30.0.30 udp 1>5001");
	/* a priority tag has its place */
	pushed(&lab, 1, 0xe000, 0, false, "no-segment",
	       "gw>plug tag 30 ip4 8.8.8.8>10.30.0.30 udp 1>5001");
}

static void test_three_tags(void **state)
{
	(void)state;
	pushed(&lab, 2, 7, 100, false, "too-many-tags",
	       "gw>meter tag 1 ip4 8.8.8.8>10.100.0.31 udp 1>5001");
	pushed(&lab, 1, 100, 0, false, "too-many-tags",
	       "gw>meter stag 7 tag 1 ip4 8.8.8.8>10.100.0.31 udp 1>5001");
}

/* From-device the tags are in the frame, to-device beside it: the flow is one. */
static void test_an_answer(void **state)
{
	(void)state;
	lab_expect(&lab, FROM, true, "rule", "plug>gw tag 30 ip4 10.30.0.30>9.9.9.9 udp 1>5000");
	pushed(&lab, 1, 30, 0, true, "flow", "gw>plug ip4 9.9.9.9>10.30.0.30 udp 5000>1");
	pushed(&lab, 1, 31, 0, false, "no-segment", "gw>plug ip4 9.9.9.9>10.30.0.30 udp 5000>1");
	lab_expect(&lab, FROM, true, "rule",
		   "meter>gw stag 100 tag 7 ip4 10.100.0.31>9.9.9.9 udp 1>5000");
	pushed(&lab, 2, 7, 100, true, "flow", "gw>meter ip4 9.9.9.9>10.100.0.31 udp 5000>1");
	pushed(&lab, 1, 100, 0, true, "flow", "gw>meter tag 7 ip4 9.9.9.9>10.100.0.31 udp 5000>1");
}

static int open_lab(void **state)
{
	(void)state;
	lab_open(&lab, inventory, false);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_tag),
		cmocka_unit_test(test_two_tags),
		cmocka_unit_test(test_three_tags),
		cmocka_unit_test(test_an_answer),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
