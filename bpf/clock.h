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

/* The clock of flows: cheap, a tick coarse, and the capture's own in replay. */
always_inline __u64 ig_now(void)
{
	if (ig_replaying) {
		struct ig_replay *replay = ig_replay_get();

		return replay ? replay->now_ns : 0;
	}
	return bpf_ktime_get_coarse_ns();
}

/* Do frames have an interface that counts? Captures have none. */
always_inline bool ig_ports_count(void)
{
	struct ig_replay *replay;

	if (!ig_replaying)
		return true;
	replay = ig_replay_get();
	return replay && replay->ports;
}

/* Does what the machine is like now count: its routing table, how long it has been enforcing? Captures
 * know nothing of it. */
always_inline bool ig_machine_counts(void)
{
	struct ig_replay *replay;

	if (!ig_replaying)
		return true;
	replay = ig_replay_get();
	return replay && replay->machine;
}

/* Seconds since the epoch, for rules that end; IG_TIME_UNKNOWN where the clock may be wrong. TAI,
 * which helpers have had since Linux 6.1, is at most some seconds ahead of UTC. */
always_inline __u32 ig_wall_seconds(__u64 now)
{
	struct ig_control *control;

	if (ig_replaying) {
		struct ig_replay *replay = ig_replay_get();

		return replay && replay->wall_s ? replay->wall_s : now / NSEC_PER_SEC;
	}
	control = ig_control_get();
	if (!control || !control->clock_right)
		return IG_TIME_UNKNOWN;
	return bpf_ktime_get_tai_ns() / NSEC_PER_SEC;
}

/* When a rule that ends then does on the clock of flows, in seconds of it. */
always_inline __u32 ig_flow_until(__u32 until, __u64 now)
{
	__u32 here = now / NSEC_PER_SEC, wall = ig_wall_seconds(now);

	return until && until > wall ? here + (until - wall) : until ? 1 : 0;
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
