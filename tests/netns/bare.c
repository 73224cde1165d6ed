/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that do nothing, where iotguard's would be: what is left when these are compared is what iotguard does.
 *
 *	bare pass|drop INTERFACE...
 *
 * On each interface XDP that passes or drops everything, and tc at egress (tcx, Linux 6.6) that passes. Says `here` when
 * they are there, and stays until it is killed; they go with it. 2: usage or a failed system call.
 */
#include <err.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* of linux/bpf.h since 6.6 */
#define TCX_EGRESS 47
#define TCX_PASSES (-1) /* TCX_NEXT */

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static uint32_t load(uint32_t type, uint32_t attach_type, int32_t verdict)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach_type,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (uintptr_t) "GPL",
		.prog_name = "bare",
		/* as iotguard's: veth copies frames otherwise that come in several pieces */
		.prog_flags = type == BPF_PROG_TYPE_XDP ? BPF_F_XDP_HAS_FRAGS : 0,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		err(2, "load");
	return (uint32_t)fd;
}

static void attach(uint32_t program, uint32_t attach_type, const char *interface)
{
	union bpf_attr attr = {
		.link_create = {.prog_fd = program,
				.target_ifindex = if_nametoindex(interface),
				.attach_type = attach_type},
	};

	if (bpf(BPF_LINK_CREATE, &attr) < 0)
		err(2, "attach to %s", interface);
}

int main(int argc, char **argv)
{
	uint32_t xdp, tc;

	if (argc < 3 || (strcmp(argv[1], "pass") && strcmp(argv[1], "drop")))
		errx(2, "usage: bare pass|drop INTERFACE...");
	xdp = load(BPF_PROG_TYPE_XDP, BPF_XDP, argv[1][0] == 'p' ? XDP_PASS : XDP_DROP);
	tc = load(BPF_PROG_TYPE_SCHED_CLS, TCX_EGRESS, TCX_PASSES);
	for (int i = 2; i < argc; i++) {
		attach(xdp, BPF_XDP, argv[i]);
		attach(tc, TCX_EGRESS, argv[i]);
	}
	puts("here");
	fflush(stdout);
	for (;;)
		pause();
}
