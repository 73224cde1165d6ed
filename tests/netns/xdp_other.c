/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody else's XDP program: attaches one that passes everything.
 *
 *	xdp_other INTERFACE
 *
 * Prints the program's id and stays until it is killed; the program goes with it.
 */
#include <err.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load_pass(void)
{
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)pass,
		.insn_cnt = sizeof(pass) / sizeof(pass[0]),
		.license = (uintptr_t) "GPL",
		.prog_name = "somebody_elses",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {
		.info = {.bpf_fd = (uint32_t)fd,
			 .info_len = sizeof(info),
			 .info = (uintptr_t)&info},
	};

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		err(2, "program info");
	return info.id;
}

int main(int argc, char **argv)
{
	union bpf_attr attr = {0};
	int fd;

	if (argc != 2)
		errx(2, "usage: xdp_other INTERFACE");
	fd = load_pass();
	if (fd < 0)
		err(2, "load");
	attr.link_create.prog_fd = (uint32_t)fd;
	attr.link_create.target_ifindex = if_nametoindex(argv[1]);
	attr.link_create.attach_type = BPF_XDP;
	if (bpf(BPF_LINK_CREATE, &attr) < 0)
		err(2, "attach to %s", argv[1]);
	printf("%u\n", program_id(fd));
	fflush(stdout);
	for (;;)
		pause();
}
