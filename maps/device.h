/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What goes on with each device, by its index. The loader sizes them alike and clears an index before it is reused. */
#pragma once

/* what a device is in; programs write, read on every packet */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_state);
} ig_state SEC(".maps");

/* packets and bytes of a device, by direction and by what became of them; programs write */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ig_device_counter);
} ig_device_stats SEC(".maps");

/* addresses that devices hold beside those that the inventory lists; takes memory as it fills; programs and loader write */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct ig_binding_key);
	__type(value, struct ig_binding);
} ig_bindings SEC(".maps");

/* which bindings a device has: IG_BINDING_PLACES for each; programs and loader write */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IG_BINDING_PLACES);
	__type(key, __u32);
	__type(value, struct ig_holding);
} ig_held SEC(".maps");
