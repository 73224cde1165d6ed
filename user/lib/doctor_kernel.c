/* SPDX-License-Identifier: BSD-2-Clause */
/* Does this kernel have what the programs need? */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"
#include "util.h"

#define VERSION(major, minor) ((major)*1000u + (minor))
#define OLDEST_KERNEL	      VERSION(6, 1)
#define TCX_KERNEL	      VERSION(6, 6)
#define OLDEST_LIBBPF	      VERSION(1, 1)

static void check_version(struct ig_checkup *c)
{
	unsigned int major = 0, minor = 0, version;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		ig_note(c, "kernel", NULL, "uname -r", "which kernel this is cannot be told");
		return;
	}
	version = VERSION(major, minor);
	if (version < OLDEST_KERNEL)
		ig_alarm(c, "kernel", NULL,
			 "apt install linux-image-amd64 (6.1 or newer), then reboot",
			 "Linux %s is older than 6.1", name.release);
	else if (version < TCX_KERNEL)
		ig_healthy(c, "kernel", NULL,
			   "Linux %s: no tcx yet, so the program to devices is a filter of clsact",
			   name.release);
	else
		ig_healthy(c, "kernel", NULL, "Linux %s, with tcx", name.release);
}

static void check_real_time(struct ig_checkup *c)
{
	if (ig_read_number("/sys/kernel/realtime") == 1)
		ig_alarm(
			c, "preempt-rt", NULL, "boot a kernel without PREEMPT_RT, then 'uname -v'",
			"this kernel has PREEMPT_RT, under which packets could be mistaken for others");
}

static void check_btf(struct ig_checkup *c)
{
	if (access("/sys/kernel/btf/vmlinux", F_OK))
		ig_warn(c, "btf", NULL, "grep DEBUG_INFO_BTF /boot/config-$(uname -r)",
			"there is no BTF of this kernel in /sys/kernel/btf");
	else
		ig_healthy(c, "btf", NULL, "the kernel has BTF");
}

/* The setting is the machine's: a network namespace of its own does not show it. */
static void check_jit(struct ig_checkup *c)
{
	long jit = ig_read_number("/proc/sys/net/core/bpf_jit_enable");

	if (jit > 0)
		ig_healthy(c, "jit", NULL, "programs are compiled to machine code");
	else if (jit == 0)
		ig_warn(c, "jit", NULL, "sysctl -w net.core.bpf_jit_enable=1",
			"BPF programs are interpreted, which costs many times more a packet");
	else
		ig_note(c, "jit", NULL, "sudo nsenter -t 1 -n sysctl net.core.bpf_jit_enable",
			"whether BPF programs are compiled cannot be seen from here: %s",
			strerror((int)-jit));
}

static void check_syscall(struct ig_checkup *c)
{
	_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ig_doctor", 4, 4, 1, NULL);
	int err = errno;

	if (fd >= 0)
		ig_healthy(c, "bpf", NULL, "this process may make BPF maps");
	else if (err == EPERM)
		ig_note(c, "bpf", NULL, "sudo iotguard-load doctor",
			"this process may not use bpf(2)");
	else
		ig_alarm(c, "bpf", NULL, "grep CONFIG_BPF_SYSCALL /boot/config-$(uname -r)",
			 "bpf(2) does not work: %s", strerror(err));
}

static void check_unprivileged(struct ig_checkup *c)
{
	long off = ig_read_number("/proc/sys/kernel/unprivileged_bpf_disabled");

	if (off > 0)
		ig_healthy(c, "unprivileged-bpf", NULL,
			   "nobody without privilege may load BPF programs");
	else if (off == 0)
		ig_warn(c, "unprivileged-bpf", NULL, "sysctl -w kernel.unprivileged_bpf_disabled=2",
			"every user of this machine may load BPF programs");
	else
		ig_note(c, "unprivileged-bpf", NULL, "sysctl kernel.unprivileged_bpf_disabled",
			"whether every user may load BPF programs cannot be seen: %s",
			strerror((int)-off));
}

static void check_libbpf(struct ig_checkup *c)
{
	if (VERSION(libbpf_major_version(), libbpf_minor_version()) < OLDEST_LIBBPF)
		ig_warn(c, "libbpf", NULL, "apt install libbpf1", "libbpf %s is older than 1.1",
			libbpf_version_string());
	else
		ig_healthy(c, "libbpf", NULL, "libbpf %s", libbpf_version_string());
}

void ig_doctor_kernel(struct ig_checkup *c)
{
	check_version(c);
	check_real_time(c);
	check_btf(c);
	check_jit(c);
	check_syscall(c);
	check_unprivileged(c);
	check_libbpf(c);
}
