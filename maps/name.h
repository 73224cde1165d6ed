/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What devices ask their resolvers, and which addresses they were told; see struct ig_awaited in abi.h. */
#pragma once

#define IG_UNREAD_RING_BYTES (1 << 18)

/* queries that wait for an answer: IG_AWAITED_PLACES for each device; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IG_AWAITED_PLACES);
	__type(key, __u32);
	__type(value, struct ig_awaited);
} ig_awaited SEC(".maps");

/* names that devices resolved; takes memory as it fills; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct ig_name_place);
	__type(value, struct ig_name);
} ig_names SEC(".maps");

/* their addresses: ig_control.pin_places for each device; programs write, and read on the slow path */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_pin);
} ig_pins SEC(".maps");

/* struct ig_unread records, for iotguardd; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, IG_UNREAD_RING_BYTES);
} ig_unread SEC(".maps");
