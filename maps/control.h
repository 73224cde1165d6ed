/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which generation is in force, on trial or not, and what was done to get there. */
#pragma once

/* one entry; loader writes, programs read once a packet */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct ig_control);
} ig_control SEC(".maps");

/* one entry; loader and its program write, the timer in it ends a trial */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_trial);
} ig_trial SEC(".maps");

/* the last changes; the loader's program and the timer write, `show` reads */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IG_CHANGES);
	__type(key, __u32);
	__type(value, struct ig_change);
} ig_changes SEC(".maps");

/* one entry; only an instance that replays captures reads and writes it (the verifier prunes it elsewhere) */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct ig_replay);
} ig_replay SEC(".maps");

/* one entry each: the program whose place this one is to take; loader writes before it attaches, programs hand on to it */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ig_before_xdp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ig_before_tc SEC(".maps");
