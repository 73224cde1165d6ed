/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compiled policy: outer maps of IG_SLOTS inner maps. The loader fills new inner maps and stores them in the idle slot;
 * the programs only read. The inner max_entries here are templates: the real ones have what the policy needs. They are
 * made without BTF, and so are the templates (sizes instead of types): Linux 6.1 takes a map that has none for another
 * kind than a map whose BTF says that there is no timer in it, and refuses to store one in the place of the other.
 */
#pragma once

/* clang leaves types that only inner maps name out of the BTF, unless something else holds them */
const struct {
	struct ig_mac mac;
	struct ig_device device;
	struct ig_addr addr;
	struct ig_port_key port_key;
	struct ig_port port;
	struct ig_network_key network_key;
	struct ig_network network;
	struct ig_service_key service_key;
	struct ig_block block;
	struct ig_table table;
	struct ig_conditions conditions;
	struct ig_rule_entry rule;
	struct ig_event event;
	struct ig_stranger_event stranger_event;
	struct ig_policy_event policy_event;
	struct ig_command command;
	struct ig_refusal refusal;
	struct ig_name_key name_key;
	struct ig_answer answer;
	struct ig_unread unread;
	struct ig_name_event name_event;
	struct ig_mud_event mud_event;
} *const ig_types_in_btf __attribute__((unused)) = 0;

struct ig_devices_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_mac));
	__uint(value_size, sizeof(struct ig_device));
};

/* who a MAC address is: devices, hosts and the gateway itself */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_devices_slot);
} ig_devices SEC(".maps");

struct ig_addrs_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_addr));
	__uint(value_size, sizeof(__u32));
};

/* who holds a static address: index of a device or host, or IG_ENTITY_GATEWAY */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_addrs_slot);
} ig_addresses SEC(".maps");

struct ig_ports_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_port_key));
	__uint(value_size, sizeof(struct ig_port));
};

/* which segment an interface and its VLAN tags are */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_ports_slot);
} ig_ports SEC(".maps");

struct ig_nets_slot {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct ig_network_key));
	__uint(value_size, sizeof(struct ig_network));
};

/* what is on the link of which segment */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_nets_slot);
} ig_networks SEC(".maps");

struct ig_svcs_slot {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct ig_service_key));
	__uint(value_size, sizeof(__u32));
};

/* servers that infrastructure may talk to: resolvers, time servers, DHCP servers */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_svcs_slot);
} ig_services SEC(".maps");

struct ig_patterns_slot {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct ig_name_key));
	__uint(value_size, sizeof(__u32));
};

/* domain names that rules speak of, by number */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_patterns_slot);
} ig_patterns SEC(".maps");

struct ig_blocks_slot {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ig_block));
};

/* the rules, as tables of bit vectors; see struct ig_table */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_blocks_slot);
} ig_policy SEC(".maps");

/* names, sentences and positions for people; no program reads it, but it flips with the rest */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, IG_SLOTS);
	__type(key, __u32);
	__array(values, struct ig_blocks_slot);
} ig_dictionary SEC(".maps");
