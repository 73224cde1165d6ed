/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is told to people, and what is only counted. */
#pragma once

#define IG_RING_BYTES (1 << 20)
#define IG_REPEATS    (1 << 14)

/* struct ig_event records; programs write, one reader consumes */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, IG_RING_BYTES);
} ig_events SEC(".maps");

/* what was reported lately, direct-mapped; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IG_REPEATS);
	__type(key, __u32);
	__type(value, struct ig_repeat);
} ig_suppress SEC(".maps");

/* one entry: records sent, suppressed and lost; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_event_counter);
} ig_event_stats SEC(".maps");

/* packets and bytes by reason and direction; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IG_REASON_STATS);
	__type(key, __u32);
	__type(value, struct ig_counter);
} ig_reason_stats SEC(".maps");
