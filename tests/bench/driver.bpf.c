/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames that differ, at full speed: what test_run repeats is one frame, but in the same buffer. This changes it in
 * place and calls the program under test, which returns for both. What the driver itself costs is measured with an
 * empty program in that one's place.
 *
 * Frames are untagged Ethernet with IPv4 (no options) or IPv6, and UDP.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "iotguard/abi.h"
#include "driver.h"

struct bench_drive drive;

/* the program under test */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} subject SEC(".maps");

/* A permutation of all numbers up to the mask (Hull and Dobell, 1962): no order that a cache could guess. */
static __always_inline __u32 next_of(__u32 i)
{
	return (i * 0x2c9277b5u + 0xac564b05u) & drive.mask;
}

static __always_inline void put_machine(__u8 *data, __u32 machine)
{
	data[9] = machine >> 16;
	data[10] = machine >> 8;
	data[11] = machine;
}

static __always_inline void change4(__u8 *data, __u32 machine, __u32 flow, __u32 n)
{
	*(__be32 *)(data + 26) = bpf_htonl(0x0a000002 + machine);
	switch (drive.what) {
	case BENCH_DRIVE_FLOWS:
		*(__be16 *)(data + 34) = bpf_htons(1024 + flow);
		break;
	case BENCH_DRIVE_PORTS:
		*(__be16 *)(data + 34) = bpf_htons(1024 + n / drive.machines % 60000);
		break;
	case BENCH_DRIVE_DATAGRAMS:
		*(__be16 *)(data + 18) = bpf_htons(n / 2);
		*(__be16 *)(data + 20) = n & 1 ? bpf_htons(3) : bpf_htons(0x2000);
		break;
	default:
		*(__be32 *)(data + 30) = bpf_htonl(0x05000000 + (n & 0xffffff));
	}
}

static __always_inline void change6(__u8 *data, __u32 machine, __u32 flow, __u32 n)
{
	*(__be32 *)(data + 34) = bpf_htonl(machine + 2);
	if (drive.what == BENCH_DRIVE_FLOWS)
		*(__be16 *)(data + 54) = bpf_htons(1024 + flow);
	else if (drive.what == BENCH_DRIVE_PORTS)
		*(__be16 *)(data + 54) = bpf_htons(1024 + n / drive.machines % 60000);
	else
		*(__be32 *)(data + 50) = bpf_htonl(n);
}

SEC("xdp.frags")
int driver(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 i = drive.i, machine, rest;

	if (data + 60 > end)
		return XDP_ABORTED;
	i = next_of(i);
	drive.i = i;
	machine = i % drive.machines;
	rest = drive.n++;
	put_machine(data, machine);
	if (data[12] == 0x86)
		change6(data, machine, i / drive.machines, rest);
	else
		change4(data, machine, i / drive.machines, rest);
	bpf_tail_call(ctx, &subject, 0);
	return XDP_ABORTED;
}

/* The flow tables of the program under test, for what looks its flow up and does nothing else. */
struct flows4 {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_flow4_key));
	__uint(value_size, sizeof(struct ig_flow));
};

struct flows6 {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_flow6_key));
	__uint(value_size, sizeof(struct ig_flow));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct flows4);
} flows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct flows6);
} flows6 SEC(".maps");

static __always_inline struct ig_flow *find4(const __u8 *data)
{
	struct ig_flow4_key key = {.proto = data[23]};
	__u32 zero = 0;
	void *flows = bpf_map_lookup_elem(&flows4, &zero);

	__builtin_memcpy(key.mac, data + 6, 6);
	__builtin_memcpy(&key.local_be, data + 26, 12); /* and what is behind it */
	return flows ? bpf_map_lookup_elem(flows, &key) : NULL;
}

static __always_inline struct ig_flow *find6(const __u8 *data)
{
	struct ig_flow6_key key = {.proto = data[20]};
	__u32 zero = 0;
	void *flows = bpf_map_lookup_elem(&flows6, &zero);

	__builtin_memcpy(key.mac, data + 6, 6);
	__builtin_memcpy(key.local, data + 22, 36);
	return flows ? bpf_map_lookup_elem(flows, &key) : NULL;
}

/* The least that a program can do that knows flows: it passes what has one. */
SEC("xdp.frags")
int look_up(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct ig_flow *flow;

	if (data + 60 > end)
		return XDP_ABORTED;
	flow = data[12] == 0x86 ? find6(data) : find4(data);
	return flow && flow->generation ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int nothing(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp.frags")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("tc")
int drop_tc(struct __sk_buff *ctx)
{
	return 2; /* TC_ACT_SHOT */
}

SEC("tc")
int nothing_tc(struct __sk_buff *ctx)
{
	return -1; /* TCX_NEXT */
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
