/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Time, and which generation it is. */
#pragma once

always_inline struct ig_control *ig_control_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&ig_control, &zero);
}

always_inline struct ig_replay *ig_replay_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&ig_replay, &zero);
}

/* The clock of flows and leases: cheap, a tick coarse, and the capture's own in replay. */
always_inline __u64 ig_now(void)
{
	if (ig_replaying) {
		struct ig_replay *replay = ig_replay_get();

		return replay ? replay->now_ns : 0;
	}
	return bpf_ktime_get_coarse_ns();
}

/* Exact enough for people. */
always_inline __u64 ig_now_precise(void)
{
	return ig_replaying ? ig_now() : bpf_ktime_get_ns();
}

/* The inner map of a policy map in one slot. NULL before the slot was ever filled. */
always_inline void *ig_slot_map(void *outer, __u32 slot)
{
	return bpf_map_lookup_elem(outer, &slot);
}
