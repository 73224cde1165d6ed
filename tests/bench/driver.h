/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the driver (driver.bpf.c) is told, and where it is. */
#pragma once

enum bench_drive_what {
	BENCH_DRIVE_FLOWS =
		0, /* mask + 1 flows of all machines, in a shuffled order, again and again */
	BENCH_DRIVE_PORTS =
		1, /* another source port each time that it is a machine's turn: a new flow */
	BENCH_DRIVE_REMOTES = 2, /* another remote each time */
	BENCH_DRIVE_DATAGRAMS =
		3, /* IPv4: the first fragment of another datagram, and its second one, in turn */
};

struct bench_drive {
	__u32 what; /* enum bench_drive_what */
	__u32 mask; /* a power of two, less one: whose turn it is goes in a circle of mask + 1 */
	__u32 machines; /* of these numbers; at most mask + 1 */
	__u32 i;	/* where it is in that circle */
	__u32 n;	/* frames so far */
};
