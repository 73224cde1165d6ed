/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conversations. Preallocated hashes, not LRUs: which entry goes is decided by the rings, where each device owns a
 * range (ig_device.ring) and can only ever push out flows of its own. The loader sizes those four alike.
 */
#pragma once

/* live IPv4 flows; programs write, loader and `show` read */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct ig_flow4_key);
	__type(value, struct ig_flow);
} ig_flows4 SEC(".maps");

/* live IPv6 flows; likewise */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct ig_flow6_key);
	__type(value, struct ig_flow);
} ig_flows6 SEC(".maps");

/* key of the flow that owns each slot; programs write, the loader clears what a device leaves behind */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_slot4);
} ig_ring4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_slot6);
} ig_ring6 SEC(".maps");

/* what passed on the flow of each slot; programs write, `show` reads. What can be mapped begins on a page, and so on a line
 * of the cache. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_flow_count);
} ig_flow_counts SEC(".maps");

/* datagrams whose fragments are under way; programs write; IG_DATAGRAM_PLACES for each device, see struct ig_datagram */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IG_DATAGRAM_PLACES);
	__type(key, __u32);
	__type(value, struct ig_datagram);
} ig_fragments SEC(".maps");

/* conversations that were refused a moment ago; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IG_REFUSALS);
	__type(key, __u32);
	__type(value, struct ig_refusal);
} ig_refusals SEC(".maps");
