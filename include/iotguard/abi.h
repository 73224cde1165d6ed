/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel programs and userspace say to each other: map keys, map values, ring records.
 *
 * Rules of this file:
 * - fixed-width types, no bitfields, no pointers, no implicit padding; padding is named and zero
 * - multi-byte integers are in host order, unless the name ends in _be (network order)
 * - an IP address is 16 bytes in network order; IPv4 is v4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2)
 * - enumerations have explicit numbers and only grow
 * - any change of a struct raises IG_ABI; a loader refuses pins of an ABI that it does not know
 * - maps/README.md says for every map who writes, who reads, how long it lives and what sizes it
 *
 * It is included by BPF programs (after vmlinux.h) and by userspace (after <linux/bpf.h>), and includes nothing.
 */
#pragma once

#define IG_ABI 7u

#define IG_SLOTS 2u /* compiled policies: the running one and the idle one */
#define IG_MAX_DEVICES (1u << 20)
#define IG_MAX_RULES 1024u /* in one direction of one policy */
#define IG_SEARCH_STEPS 20 /* of a binary search: 2^20 intervals in one dimension of one table */
#define IG_MAX_TAGS 2
#define IG_MAX_EXTENSIONS 8 /* IPv6 extension headers walked */
#define IG_MAX_GROUP_TABLES 64u /* asked about one group frame */
#define IG_NAME_BYTES 256u /* of a domain name, see struct ig_name_key */

enum ig_reason {
	IG_REASON_NONE = 0,
#define IG_REASON(number, name, token, class, sentence) IG_REASON_##name = number,
#include "reason.def"
#undef IG_REASON
	IG_REASON_MAX = 128, /* sizes the per-reason counters */
};

#define IG_REASON_FIRST_DROP 64

enum ig_direction {
	IG_FROM_DEVICE = 0, /* from-device: XDP, the frame enters at a guarded port */
	IG_TO_DEVICE = 1, /* to-device: tc, the frame leaves through a guarded port */
};

enum ig_action {
	IG_DROP = 0,
	IG_PASS = 1,
};

enum ig_mode {
	IG_MODE_ENFORCE = 0,
	IG_MODE_MONITOR = 1, /* pass, and report what would be dropped */
	IG_MODE_LEARN = 2, /* pass, and report each new flow */
};

/* What to do with a frame whose source MAC no inventory knows. */
enum ig_unknown {
	IG_UNKNOWN_DROP = 0,
	IG_UNKNOWN_MONITOR = 1,
	IG_UNKNOWN_ONBOARD = 2, /* infrastructure, and nothing else */
};

enum ig_kind {
	IG_KIND_DEVICE = 1,
	IG_KIND_HOST = 2,
	IG_KIND_GATEWAY = 3,
};

/* Index of a device or host: position in the per-device arrays, and its name in rules ("entity"). */
#define IG_ENTITY_NONE 0xffffffffu
#define IG_ENTITY_GATEWAY 0xfffffffeu
#define IG_ENTITY_GATEWAY_LIVE 0xfffffffdu /* in ig_addresses: taken from the machine, and routing knows better by now */

/* A pattern of domain names, as a remote: IG_ENTITY_NAME(its number), which is no machine's index. */
#define IG_MAX_NAMES (1u << 20) /* in one inventory */
#define IG_ENTITY_NAME(number) (0x40000000u + (number))

#define IG_NO_RULE 0xffffffffu

/* Infrastructure that a device may use without a rule; the bits of ig_device.infrastructure. */
enum ig_infrastructure {
	IG_INFRA_ARP = 1 << 0,
	IG_INFRA_ND = 1 << 1,
	IG_INFRA_DHCP = 1 << 2,
	IG_INFRA_DNS = 1 << 3,
	IG_INFRA_NTP = 1 << 4,
	IG_INFRA_MEMBERSHIP = 1 << 5,
	IG_INFRA_LINK_CONTROL = 1 << 6,
	IG_INFRA_ALL = (1 << 7) - 1,
};

/* ------------------------------------------------------------------------------------------------ policy, by slot */

/*
 * ig_devices: key. Source or destination MAC. A device that is told by its address behind a router has two keys that no
 * frame has: by its index, which is in the first four bytes, host order, with zero in the next two; and one that stays
 * the same over all policies, for the loader: the beginning of a digest of its name.
 */
struct ig_mac {
	__u8 addr[6];
	__u8 pad[2]; /* [0] enum ig_mac_kind */
};

enum ig_mac_kind {
	IG_MAC_IS_MAC = 0,
	IG_MAC_IS_INDEX = 1,
	IG_MAC_IS_NAME = 2,
};

enum ig_device_flag {
	IG_DEVICE_ROUTES = 1 << 0, /* devices that are told by their addresses are behind it */
	IG_DEVICE_NETWORKS4 = 1 << 1, /* its segment lists an IPv4 network */
	IG_DEVICE_NETWORKS6 = 1 << 2, /* its segment lists an IPv6 network */
	IG_DEVICE_ASKS_ROUTING = 1 << 3, /* its `to` rules speak of the gateway or the internet: who is which, routing says */
	IG_DEVICE_NAMES = 1 << 4, /* its rules speak of domain names */
	IG_DEVICE_DNS_STRICT = 1 << 5, /* it may only ask for names that one of its rules allows */
};

/* ig_devices: value. */
struct ig_device {
	__u32 index; /* stable for a MAC over all generations; IG_ENTITY_GATEWAY for the gateway's own MACs */
	__u32 policy; /* block of its policy in ig_policy: table of `to` rules, then of `from` rules */
	__u32 ring; /* first slot in ig_ring4 and ig_ring6 */
	__u16 flows; /* slots there for ordinary flows */
	__u16 critical_flows; /* slots there, behind the ordinary ones, for flows of critical rules */
	__u32 segment; /* see ig_port.segment; not read for the gateway */
	__u32 router; /* index of the machine that it is behind; IG_ENTITY_NONE: it has a MAC of its own */
	__u16 infrastructure; /* enum ig_infrastructure */
	__u8 kind; /* enum ig_kind */
	__u8 mode; /* enum ig_mode */
	__u8 trusted; /* 1: judged for truth and binding only */
	__u8 environment; /* enum iotguard_environment, for events */
	__u8 criticality; /* enum iotguard_criticality, for events */
	__u8 flags; /* enum ig_device_flag */
	__u16 vlan[IG_MAX_TAGS]; /* of its segment: what replay, which knows no ports, holds frames against */
};

/* ig_addresses: key. Value: __u32 index of the device or host that it is statically bound to, or
 * IG_ENTITY_GATEWAY. */
struct ig_addr {
	__u8 addr[16];
};

/* ig_networks: key of a longest-prefix match. What is on the link of a segment; under IG_NO_SEGMENT, of any. */
struct ig_network_key {
	__u32 prefixlen; /* 32, for the segment, and the network's own */
	__u32 segment;
	__u8 addr[16];
};

/* ig_networks: value. */
struct ig_network {
	__u8 length; /* of the prefix; IPv4 counts from 96 */
	__u8 pad[3];
};

/* ig_ports: key. Which segment a port and tag belong to. VLAN IDs 1 to 4094, 0 for no tag (and for priority tags).
 * Two kinds of key are no port. The one of ifindex 0 without tags says what is done with frames of no segment. One with
 * tags of IG_GUARDED says that the policy guards that interface at all: on any other one, which only has the programs
 * already (or still), all passes. */
#define IG_GUARDED 0xffffu
#define IG_NO_SEGMENT 0xffffffffu /* segments have numbers that follow from their names, and stay */

struct ig_port_key {
	__u32 ifindex;
	__u16 vlan[IG_MAX_TAGS]; /* outer, inner */
};

struct ig_port {
	__u32 segment;
	__u8 unknown; /* enum ig_unknown */
	__u8 mode; /* enum ig_mode for frames that belong to no device */
	__u16 infrastructure; /* enum ig_infrastructure of the segment, for machines that no inventory knows */
	__u32 groups; /* block of the first of the tables that are asked about group frames of the gateway */
	__u32 n_groups; /* of these tables, at most IG_MAX_GROUP_TABLES */
};

/* ig_services: key. Servers that infrastructure may talk to; the value is a __u32, always 1. */
enum ig_service_kind {
	IG_SERVICE_RESOLVER = 1,
	IG_SERVICE_TIME = 2,
	IG_SERVICE_DHCP = 3,
};

struct ig_service_key {
	__u8 addr[16];
	__u32 kind; /* enum ig_service_kind */
};

/*
 * ig_patterns: key of a longest-prefix match. A domain name in lower case and from its end: its labels, the last one
 * first, each spelt backward, with a dot between two and a zero byte behind all ("www.vendor.example" is
 * "elpmaxe.rodnev.www\0"). The pattern "*.vendor.example" is the prefix "elpmaxe.rodnev.", so that the longest match is
 * the most particular pattern that a name fits. Value: __u32 number of the pattern, from 1, in the order of these keys:
 * whatever fits a pattern, and more particular ones, has the numbers of a range.
 */
struct ig_name_key {
	__u32 prefixlen; /* in bits */
	__u8 text[IG_NAME_BYTES]; /* zero behind the name */
};

/*
 * ig_policy: compiled rules, in blocks of 64 bytes. Offsets are in blocks from the start of the array.
 *
 * A policy is two tables, for `to` rules and for `from` rules. A table answers "which is the first rule that matches
 * this remote and this service" by bit vectors (Lakshman and Stiliadis, SIGCOMM 1998): each dimension is cut into
 * intervals where the set of matching rules is constant; a binary search finds the interval, its class names a vector
 * of one bit a rule, and the lowest bit set in (remote address | remote entity) & service is the first match. Conditions
 * (source port, DSCP, time) are dimensions of their own, which are asked only where a rule of the table has one.
 * The cost is a few searches, not the number of rules.
 *
 * Tables of another kind say who receives a group frame of the gateway (ig_port.groups): they have `from` rules of
 * several machines, in the order of the inventory (ig_rule_entry.holder).
 */
struct ig_block {
	union {
		__u8 b[64];
		__u16 h[32];
		__u32 w[16];
		__u64 q[8];
	};
};

/* Sorted interval starts (the first is 0), and the class of each, in arrays of blocks. n is at least 1. */
struct ig_intervals {
	__u32 keys; /* offset; 16 __u32 a block; IPv6: 4 pairs of __u64 a block, high half first, host order */
	__u32 classes; /* offset; 16 __u32 a block */
	__u32 n;
};

enum ig_dimension {
	IG_DIM_ADDR4 = 0, /* remote IPv4 address, host order */
	IG_DIM_ENTITY = 1, /* index of the remote device or host, IG_ENTITY_GATEWAY, or IG_ENTITY_NAME() of what it is called */
	IG_DIM_SERVICE = 2, /* ig_service_of() below */
	IG_DIM_ADDR6 = 3, /* remote IPv6 address */
	IG_DIM_SOURCE_PORT = 4, /* port that the conversation was opened from */
	IG_DIM_DSCP = 5, /* of the packet that opened it */
	IG_DIM_TIME = 6, /* seconds since the epoch, or IG_TIME_UNKNOWN */
	IG_DIM_MAX = 7,
};

#define IG_DIM_CONDITIONS IG_DIM_SOURCE_PORT /* the first one of those in struct ig_conditions */
#define IG_TIME_UNKNOWN 0xffffffffu /* in no rule that has an end */

#define IG_TABLE_BLOCKS 2u /* struct ig_table, struct ig_conditions */

/* When struct ig_conditions has to be asked. */
enum ig_table_conditions {
	IG_TABLE_CONDITIONS = 1 << 0, /* a rule has a condition */
	IG_TABLE_INTERNET = 1 << 1, /* a rule's remote is `internet`: where routing calls the remote the gateway's */
	IG_TABLE_NAMES = 1 << 2, /* a rule's remote is a domain name: where the remote has one */
	IG_TABLE_VERSIONS = 1 << 3, /* a rule is about one version of IP, and not by addresses alone: services of IPv6 are IG_SERVICE_IPV6 */
};

/* One block: the header of a table. */
struct ig_table {
	struct ig_intervals dim[IG_DIM_CONDITIONS];
	__u32 vectors; /* offset; class c is words [c * words, (c + 1) * words), 8 to a block; class 0 is empty */
	__u32 rules; /* offset; struct ig_rule_entry, two to a block, in the order of the rules */
	__u16 n_rules;
	__u8 words; /* 64-bit words in a vector */
	__u8 conditions; /* enum ig_table_conditions */
	__u32 any_class; /* rules whose remote is `any`: what a frame without IP matches beside its entity */
};

/* One block, behind the header. */
struct ig_conditions {
	struct ig_intervals dim[IG_DIM_MAX - IG_DIM_CONDITIONS];
	__u32 internet_class; /* rules whose remote is `internet`: not of an address that routing calls the gateway's */
	__u32 spared_class; /* what a quarantine asks: rules that deny, and those of IG_RULE_SPARED; always there */
	__u32 named_class; /* rules that allow, and whose remote is a domain name; always there */
	__u32 local_class; /* rules whose domain name may have a local address; always there */
	__u8 pad[12];
};

/* A service as one number: protocol in bits 16..23, destination port or ICMP type and code below it.
 * Protocols without ports have 0 there. Other ethertypes have bit 24 set and the ethertype below it. */
#define IG_SERVICE(proto, port) (((__u32)(proto) << 16) | (__u32)(port))
#define IG_SERVICE_ICMP(proto, type, code) IG_SERVICE(proto, ((__u32)(type) << 8) | (__u32)(code))
#define IG_SERVICE_NO_ICMP IG_SERVICE(0, 1) /* ICMP over IPv6, ICMPv6 over IPv4: only rules without a service */
#define IG_SERVICE_ETHERTYPE(ethertype) ((1u << 24) | (__u32)(ethertype))
#define IG_SERVICE_IP_LAST 0x00ffffffu /* `any` service: every IP protocol, no other ethertype */
#define IG_SERVICE_IPV6 (1u << 25) /* beside a service of IPv6, in tables of IG_TABLE_VERSIONS */

enum ig_rule_flag {
	IG_RULE_ALLOW = 1 << 0,
	IG_RULE_CRITICAL = 1 << 1,
	IG_RULE_SPARED = 1 << 2, /* an allow that quarantines leave: critical, or of the gateway's management */
};

/* 32 bytes. */
struct ig_rule_entry {
	__u32 id; /* position in the order of judgement of its policy, both sides counted as one list */
	__u32 flags; /* enum ig_rule_flag */
	__u32 until; /* seconds since the epoch: it matches before then; 0: for ever */
	__u32 holder; /* index of the machine whose rule it is; in tables for group frames */
	__u32 order; /* of that machine in the inventory; likewise */
	__u8 pad[12];
};

/* ------------------------------------------------------------------------------------------------------- run time */

/* What a slot was filled with. */
struct ig_written { /* 48 bytes */
	__u64 generation; /* that it was filled for; 0: it was never filled, or not to the end */
	__u32 open; /* 1: with nothing: it guards no interface, and all passes */
	__u8 pad[4];
	__u8 inventory[32]; /* SHA-256 */
};

/* ig_control: one entry, mmapable, written by the loader (and by ig_operate), read once a packet. */
struct ig_control {
	__u64 generation; /* the slot in force is generation % IG_SLOTS; one store flips it. 0: none is, and all passes */
	__u32 abi; /* IG_ABI of whoever made these maps */
	__u32 seed; /* random, for hashes that an attacker must not predict */
	__u32 flow_slots; /* what the flow tables were sized for */
	__u32 device_slots; /* what the per-device arrays were sized for */
	__u64 programs; /* hash of the object that the programs in force were loaded from */
	__u32 handing_on; /* 1: the programs leave everything to those whose place they are to take (ig_before_*) */
	__u32 clock_right; /* 1: the machine's clock was found right, so that rules with an end may match */
	__u64 settling_until_ns; /* on the clock of ig_now(): until then the source of any IPv6 packet is a claim */
	__u64 settled; /* generation since which no program uses the idle slot; another one: some may still */
	__u64 changes; /* how many there were: number of the last one in ig_changes */
	struct ig_written written[IG_SLOTS];
	__u32 pin_places; /* of each device in ig_pins, a power of two; half as many of its names in ig_names */
	__u32 bound; /* raised when an address becomes somebody's (ig_bindings): what was nobody's may be a rule's remote now */
	__u8 pad[24];
};

/*
 * ig_trial: one entry. A policy that goes by itself unless it is confirmed: the timer is armed before the generation
 * flips, and gives what was in force before its place back, in the programs' own code. Whoever exchanges `generation`
 * for 0 ends the trial: the timer, or `confirm`, or `rollback`.
 */
#define IG_TRIAL_ENDING 0xffffffffffffffffull

struct ig_trial {
	struct bpf_timer timer;
	__u64 generation; /* on trial; 0: none is; IG_TRIAL_ENDING: the timer takes it back at this moment */
	__u64 until_ns; /* CLOCK_MONOTONIC: when the timer fires */
	__u32 uid; /* of who began it */
	__u8 pad[4];
};

/* What was done to the policy, by whom. */
enum ig_change_kind {
	IG_CHANGE_APPLY = 1,
	IG_CHANGE_CONFIRM = 2,
	IG_CHANGE_ROLLBACK = 3, /* by hand */
	IG_CHANGE_EXPIRED = 4, /* nobody confirmed: rolled back by the timer */
	IG_CHANGE_DETACH = 5,
	IG_CHANGE_UPGRADE = 6, /* other programs, the same policy */
	IG_CHANGE_COVER = 7, /* interfaces that appeared are guarded */
	IG_CHANGE_QUARANTINE = 8,
	IG_CHANGE_RELEASE = 9,
};

enum ig_change_flag {
	IG_CHANGE_TRIAL = 1 << 0, /* it goes at `until_ns` unless it is confirmed */
	IG_CHANGE_FORCED = 1 << 1, /* although it may cut off whoever did it */
	IG_CHANGE_GENERIC = 1 << 2, /* an interface runs XDP in generic mode */
	IG_CHANGE_FIRST = 1 << 3, /* nothing was in force before */
	IG_CHANGE_OPEN = 1 << 4, /* nothing is in force afterwards: traffic passes unfiltered */
	IG_CHANGE_MONITORS = 1 << 5, /* some machines are in monitor or learn mode */
};

/* ig_changes: array; number n is at (n - 1) % IG_CHANGES. */
#define IG_CHANGES 64u

struct ig_change { /* 112 bytes */
	__u64 number; /* from 1; 0: there is none here */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 generation; /* in force afterwards */
	__u64 before; /* in force before */
	__u64 until_ns; /* end of a trial or quarantine, CLOCK_MONOTONIC; 0: none; all ones: until it is ended */
	__u32 uid; /* of the person who logged in, where that is known, else of the process */
	__u32 device; /* index, else IG_ENTITY_NONE */
	__u8 kind; /* enum ig_change_kind */
	__u8 flags; /* enum ig_change_flag */
	__u8 pad[6];
	__u8 inventory[32]; /* SHA-256, of what is in force afterwards */
	char interface[16]; /* that was detached; empty: all */
	__u8 pad2[8];
};

/* What the loader asks ig_operate to do, by test_run: things that only a program can do, or that have to be one step. */
enum ig_command_kind {
	IG_COMMAND_TELL = 1, /* only remember and tell `change` */
	IG_COMMAND_TRIAL = 2, /* arm the timer for change.generation, which is not in force yet */
	IG_COMMAND_END_TRIAL = 3, /* of change.generation, for good: it stays, or never came */
	IG_COMMAND_ROLLBACK = 4, /* from change.before to change.generation, and ends a trial */
	IG_COMMAND_QUARANTINE = 5, /* change.device, until change.until_ns; 0 releases it */
	IG_COMMAND_TRY = 6, /* put change.generation in force, which is on trial; ESRCH: its time was over before it came */
};

/* Returned: 0 or a positive errno. ESRCH: there is no such trial (any more), or another generation is in force. */
struct ig_command {
	__u32 kind; /* enum ig_command_kind */
	__u32 silent; /* 1: `change` is neither remembered nor told */
	struct ig_change change; /* number and time are filled in */
};

/* Flow keys are written from the device's point of view, so that both directions find one entry. Ports are 0 for
 * protocols without them. ICMP queries have their identifier as local port and the type of the request as remote
 * port; other ICMP messages belong to no flow of their own. */
struct ig_flow4_key { /* 20 bytes */
	__u8 mac[6];
	__u8 proto;
	__u8 pad;
	__be32 local_be;
	__be32 remote_be;
	__be16 local_port_be;
	__be16 remote_port_be;
};

struct ig_flow6_key { /* 44 bytes */
	__u8 mac[6];
	__u8 proto;
	__u8 pad;
	__u8 local[16];
	__u8 remote[16];
	__be16 local_port_be;
	__be16 remote_port_be;
};

/* ig_ring4, ig_ring6: which flow owns a slot. The lock makes the exchange of a key one step. */
struct ig_slot4 {
	struct bpf_spin_lock lock;
	struct ig_flow4_key key; /* all zero: nobody's */
};

struct ig_slot6 {
	struct bpf_spin_lock lock;
	struct ig_flow6_key key;
};

enum ig_flow_state {
	IG_FLOW_OPENING = 0, /* TCP until the other side answered */
	IG_FLOW_ESTABLISHED = 1,
	IG_FLOW_CLOSING = 2, /* TCP after FIN or RST */
	IG_FLOW_DATAGRAM = 3, /* everything but TCP */
};

enum ig_flow_flag {
	IG_FLOW_CRITICAL = 1 << 0,
	IG_FLOW_ROUTED_HERE = 1 << 1, /* only routing says that the remote is the gateway: it is asked at each packet */
	IG_FLOW_SPARED = 1 << 2, /* admitted by what a quarantine leaves */
	IG_FLOW_RESOLVES = 1 << 3, /* DNS with a listed resolver: what is asked and answered is looked at */
	IG_FLOW_READ = 1 << 4, /* of DNS over TCP: `mark` is the sequence number up to which answers were read */
};

/* ig_flows4, ig_flows6. What its packets read, and next to never write: two CPUs can have one each way at once. */
struct ig_flow { /* 52 bytes */
	__u32 generation; /* low half of the generation that judged it; another one judges it again */
	__u32 epoch; /* of its device, likewise */
	__u32 ifindex; /* where the device was when it was admitted */
	__u16 vlan[IG_MAX_TAGS];
	__u32 device; /* index */
	__u32 slot; /* in the ring that owns it */
	__u32 count; /* IG_FLOW_COUNT_FROM of that: what the device sent */
	__u32 rule; /* id (struct ig_rule_entry), or IG_NO_RULE for infrastructure and trusted hosts */
	__u8 state; /* enum ig_flow_state */
	__u8 initiator; /* enum ig_direction of its first packet */
	__u8 flags; /* enum ig_flow_flag */
	__u8 reason; /* enum ig_reason that admitted it */
	__u32 until_s; /* its rule ends then, in seconds of the clock of ig_now(); 0: never */
	__u8 dscp; /* of the packet that opened it */
	__u8 icmp_code; /* likewise */
	__u8 peer_mac[6]; /* other end of the frame that was judged last: where the device's packets go */
	__u32 mark; /* IG_FLOW_RESOLVES: see IG_FLOW_READ; else ig_name.ref of the name by which it was admitted, 0: by none */
};

/*
 * ig_flow_counts: array; what passed on the flow that owns a slot, each way on lines of its own, since two CPUs can have one
 * direction each. For 16 slots there are 16 places for each way of IPv4, and then of IPv6; slots beside each other lie on
 * different lines.
 */
struct ig_flow_count { /* 24 bytes */
	__u64 last_ns; /* when a packet last passed, on the clock of ig_now(); 0: none did, or the flow is gone */
	__u64 packets; /* may miss some when two CPUs count one direction at once */
	__u64 bytes; /* on the wire */
};

#define IG_FLOW_COUNT_PLACES(slots) (((slots) + 15u) / 16u * 64u)
#define IG_FLOW_COUNT_FROM(slot, ip_version) /* from-device */                                                        \
	(((slot) & ~15u) * 4u + ((ip_version) == 4 ? 0u : 32u) + ((slot) & 3u) * 4u + ((slot) >> 2 & 3u))
#define IG_FLOW_COUNT_TO_DEVICE 16u /* so many places behind what the device sent is what it was sent */

/* ig_state: what a device is in right now; array by index, read on every packet. 64 bytes. */
struct ig_state {
	__u32 epoch; /* raised when its flows have to be judged again */
	__u32 ifindex; /* port that it last spoke from; 0: not heard yet */
	__u16 vlan[IG_MAX_TAGS];
	__u32 head4; /* how many flows each of its rings has ever taken */
	__u32 head6;
	__u32 critical_head4;
	__u32 critical_head6;
	__u32 dhcp_xid; /* transaction of its last DHCP message that asks for something: as in the message, no order */
	__u64 dhcp_since_ns; /* when that was; 0: there was none */
	__be32 dhcp_asked_be; /* the address that it asked for; 0: none in particular */
	__u32 entered; /* raised after a flow of it was entered or renewed: see ig_refusal.flowless */
	__u64 quarantine_until_ns; /* on the clock of ig_now(); 0: not in quarantine; all ones: without an end */
	__u32 names; /* how many names it was ever given records for: numbers in ig_name.ref */
	__u32 pinned; /* raised when an address is pinned to one of its names */
};

/*
 * ig_fragments: array, IG_DATAGRAM_PLACES for each device (some share, where there are more than IG_DATAGRAM_RINGS). An
 * IP datagram whose first fragment was admitted, and which of its bytes there were: runs, in units of 8 bytes.
 */
#define IG_DATAGRAM_PLACES 8u
#define IG_DATAGRAM_RINGS 1024u
#define IG_DATAGRAM_RUNS 8
#define IG_DATAGRAM_NS (30ull * 1000000000ull) /* how long it is remembered (RFC 791: 15 s, Linux: 30 s) */

struct ig_datagram_key { /* 48 bytes */
	__u8 src[16];
	__u8 dst[16];
	__u32 id; /* as in the header: no order */
	__u32 device; /* index */
	__u32 generation; /* low half of the one that judged it */
	__u8 proto; /* IPv6: 0 */
	__u8 ip_version;
	__u8 direction; /* enum ig_direction */
	__u8 pad;
};

struct ig_run {
	__u16 first; /* of its units of 8 bytes */
	__u16 end; /* behind the last one; both 0: no run */
};

struct ig_datagram { /* 112 bytes */
	struct bpf_spin_lock lock;
	__u32 rule; /* that admitted the first fragment, or IG_NO_RULE */
	__u64 since_ns; /* when that was; 0: a free place */
	struct ig_datagram_key key;
	struct ig_run runs[IG_DATAGRAM_RUNS];
	__u32 end; /* bytes of the whole datagram; 0: the last fragment was not there yet */
	__u8 dead; /* 1: fragments overlapped, and all of it is refused */
	__u8 spared; /* 1: the first one was admitted by what a quarantine leaves */
	__u8 pad[10];
};

/*
 * ig_bindings: addresses that machines were seen to get, beside those that the inventory lists; and ig_held: array,
 * IG_BINDING_PLACES for each index of a device, which of them are its own. A binding that its place does not name is
 * about to go; a place that names a binding of another machine, or one with another place, is free.
 */
#define IG_BINDING_PLACES 16u
#define IG_CLAIM_NS (24ull * 3600ull * 1000000000ull) /* how long a claim lasts; flows are judged again after half of it */
#define IG_LEASES_MAX 8u /* who has so many asks for no more */
#define IG_DHCP_ANSWER_NS (60ull * 1000000000ull) /* how long an answer is waited for */

struct ig_binding_key {
	__u8 addr[16];
	__u32 scope; /* of a link-local IPv6 address: its segment; else IG_NO_SEGMENT */
};

enum ig_binding_source {
	IG_BINDING_LEARNT = 1, /* first come, first bound: replay --learn-bindings */
	IG_BINDING_LEASE = 2, /* the DHCP server gave it */
	IG_BINDING_CLAIM = 3, /* IPv6 discovery: first come, first bound (RFC 6620) */
};

struct ig_binding {
	__u64 expires_ns; /* on the clock of ig_now(); 0: never */
	__u32 device;
	__u8 source; /* enum ig_binding_source */
	__u8 place; /* in ig_held */
	__u8 pad[2];
};

struct ig_holding { /* 24 bytes */
	struct bpf_spin_lock lock;
	struct ig_binding_key key; /* all zero: there was none yet */
};

/*
 * Names: what each device was told of which name by its resolver.
 *
 * ig_awaited: array, IG_AWAITED_PLACES for each device: its queries that wait for an answer.
 * ig_names: hash that takes memory as it fills: the names, in ig_control.pin_places / 2 places of each device.
 * ig_pins: array, pin_places for each device: the addresses of these names. An address is looked for in
 * IG_PIN_WINDOW places, from the one that its hash says. A pin whose name's record is another one's by now is void.
 */
#define IG_PIN_PLACES 64u /* of a device, mostly */
#define IG_PIN_PLACES_FEW 16u /* where there are more than IG_PIN_DEVICES */
#define IG_PIN_DEVICES 10000u
#define IG_PIN_WINDOW 8u
#define IG_PIN_LEAST_S 3600u /* a pin lasts for the answer's TTL, but no less than this, nor more than that */
#define IG_PIN_MOST_S 86400u
#define IG_AWAITED_PLACES 16u
#define IG_AWAITED_WINDOW 4u
#define IG_AWAITED_NS (30ull * 1000000000ull) /* how long an answer is waited for */
#define IG_READ_NS (30ull * 1000000000ull) /* for how long iotguardd's reading of a UDP answer counts */

struct ig_awaited { /* 16 bytes */
	__u64 token; /* hash of identifier, ports, resolver, protocol and name */
	__u64 since_ns; /* on the clock of ig_now(); 0: a free place */
};

struct ig_name_place {
	__u32 device;
	__u32 place;
};

struct ig_name { /* 304 bytes */
	__u64 hash; /* of its text */
	__u64 number; /* of its pattern in the low half, under the generation whose low half is in the high one */
	__u64 read_ns; /* when iotguardd last read an answer for it that the program could not; 0: never */
	__u32 ref; /* number of the record << 6 | place; never 0 */
	__u32 resolved_s; /* when it was last resolved, in seconds of the clock of ig_now() */
	__u32 used_s; /* when it was last resolved, or a conversation was admitted by it */
	__u16 length; /* of the text, its last zero byte included */
	__u8 pad[10];
	__u8 text[IG_NAME_BYTES]; /* as in struct ig_name_key */
};

#define IG_NAME_PLACE(ref) ((ref) & 63u)

struct ig_pin { /* 32 bytes */
	struct bpf_spin_lock lock;
	__u32 name; /* ig_name.ref; 0: a free place */
	__u32 expires_s; /* in seconds of the clock of ig_now() */
	__u32 flags; /* enum ig_pin_flag */
	__u8 addr[16];
};

enum ig_pin_flag {
	IG_PIN_IDLE = 1 << 0, /* no rule of the device spoke of the name when it was made: it goes first */
};

/* What iotguardd made of an answer that the programs could not read: given to ig_resolve by test_run. It has to belong
 * to a flow and to a query that waits. Returned: 0 or a positive errno. ESRCH: there is no such flow, or nobody asked. */
#define IG_ANSWER_ADDRESSES 32u

struct ig_answer { /* 864 bytes */
	__u8 mac[6]; /* of the flow, see struct ig_flow4_key; proto is UDP or TCP */
	__u8 proto;
	__u8 ip_version;
	__u8 local[16]; /* whole (v4-mapped), likewise the next one */
	__u8 remote[16]; /* the resolver */
	__be16 local_port_be;
	__be16 id_be; /* of the message */
	__u32 ttl; /* seconds: the least one on the way from the name to its addresses */
	__u32 read_to; /* TCP: sequence number behind the message */
	__u16 length; /* of the name, its last zero byte included */
	__u16 n_addresses;
	__u32 device; /* where nothing is in force yet, its index: what was saved is put back, and belongs to no flow */
	__u32 flags; /* enum ig_answer_flag */
	__u8 name[IG_NAME_BYTES]; /* as in a message, without pointers (RFC 1035 section 3.1) */
	__u8 addresses[IG_ANSWER_ADDRESSES][16];
	__u8 pad[32];
};

enum ig_answer_flag {
	IG_ANSWER_MORE = 1 << 0, /* the message has more: it may not pass yet */
};

/* Counters, per CPU. */
struct ig_counter {
	__u64 packets;
	__u64 bytes; /* as on the wire, Ethernet header included, FCS not */
};

/* ig_device_stats: by device index. [enum ig_direction][enum ig_action]; what monitor mode let through is in [1]. */
struct ig_device_counter {
	struct ig_counter count[2][2];
};

/* ig_reason_stats: value struct ig_counter. Those that monitor mode let pass although the reason is one of dropping are
 * counted at IG_REASON_LET_PASS and not at IG_REASON_COUNT. */
#define IG_REASON_COUNT(reason, direction) ((reason) * 2 + (direction))
#define IG_REASON_LET_PASS(reason, direction) (IG_REASON_MAX * 2 + IG_REASON_COUNT(reason, direction))
#define IG_REASON_STATS (IG_REASON_MAX * 4)

/* ig_event_stats: one entry, per CPU. */
struct ig_event_counter {
	__u64 sent; /* records put into the ring */
	__u64 suppressed; /* repeats that made no record of their own */
	__u64 lost; /* records that found the ring full */
	__u64 safety_dropped; /* packets of critical rules that an automatic response refused: 0 */
};

/* ----------------------------------------------------------------------------------------------------------- events */

enum ig_event_type {
	IG_EVENT_VERDICT = 1, /* a packet was dropped, or would have been in monitor mode */
	IG_EVENT_FLOW = 2, /* a device in learn mode has a new flow */
	IG_EVENT_STRANGER = 3, /* a machine that no inventory knows asks for an address; struct ig_stranger_event */
	IG_EVENT_POLICY = 4, /* the policy, or what is in force of it, was changed; struct ig_policy_event */
	IG_EVENT_NAME = 5, /* a device asks for a name that no rule of it allows; struct ig_name_event */
	IG_EVENT_MUD = 6, /* a machine says where its MUD file is; struct ig_mud_event */
};

/* ig_events: a ring record. */
struct ig_event {
	__u16 size; /* of the whole record: a reader skips what it does not know */
	__u8 abi; /* IG_ABI */
	__u8 type; /* enum ig_event_type */
	__u8 reason; /* enum ig_reason */
	__u8 action; /* enum ig_action: what happened to the packet */
	__u8 direction; /* enum ig_direction */
	__u8 mode; /* enum ig_mode in force for it */
	__u64 time_ns; /* CLOCK_MONOTONIC; in replay the capture's clock since the epoch */
	__u64 generation;
	__u32 ifindex;
	__u32 device; /* index, IG_ENTITY_NONE if unknown */
	__u32 rule; /* id in the device's policy of that generation, or IG_NO_RULE */
	__u32 repeats; /* how often this (device, reason, remote) was seen in a row, this one included */
	__u32 suppressed; /* repeats since the record before, which made no record */
	__u32 length; /* of the frame on the wire */
	__u8 src_mac[6];
	__u8 dst_mac[6];
	__be16 ethertype_be; /* behind the tags */
	__u16 vlan[IG_MAX_TAGS];
	__u8 ip_version; /* 4, 6, or 0: no ports and no protocol; ARP alone has its sender and target as addresses */
	__u8 proto;
	__u8 src[16];
	__u8 dst[16];
	__be16 src_port_be; /* 0 where the protocol has no ports */
	__be16 dst_port_be;
	__u16 icmp; /* type << 8 | code */
	__u8 tcp_flags;
	__u8 ttl; /* or hop limit */
	__u8 pad[4];
};

#define IG_STRANGER_BYTES 384u

struct ig_stranger_event {
	struct ig_event event;
	__u16 length; /* of what is there of the options */
	__u8 pad[6];
	__u8 options[IG_STRANGER_BYTES]; /* of its DHCP message, as they came: hostile */
};

struct ig_policy_event {
	struct ig_event event; /* of its fields size, abi, type, time_ns, generation, device */
	struct ig_change change;
};

struct ig_name_event { /* 376 bytes */
	struct ig_event event;
	__u16 length; /* of the name, its last zero byte included */
	__u16 type; /* that was asked for: 1 A, 28 AAAA ... */
	__u8 pad[4];
	__u8 name[IG_NAME_BYTES]; /* as in struct ig_name_key: hostile */
};

#define IG_MUD_BYTES 256u /* RFC 8520 allows 255 */

enum ig_mud_way {
	IG_MUD_DHCP4 = 1, /* option 161, and its continuations (RFC 3396) */
	IG_MUD_DHCP6 = 2, /* option 112 */
	IG_MUD_LLDP = 3, /* TLV 127 of 00-00-5E, subtype 1 */
};

struct ig_mud_event { /* 376 bytes */
	struct ig_event event;
	__u16 length; /* of what was said; more than IG_MUD_BYTES: the rest is not here */
	__u8 source; /* enum ig_mud_way */
	__u8 pad[5];
	__u8 url[IG_MUD_BYTES]; /* as it came: hostile. Zero behind its end */
};

/*
 * ig_unread: a ring of its own, with one reader, iotguardd: answers that the program cannot read, on their way to a
 * device and held back. A long one is told in pieces, which follow each other.
 */
#define IG_UNREAD_BYTES 2048u

struct ig_unread {
	__u16 size; /* of the whole record */
	__u8 abi;
	__u8 proto; /* UDP: the message; TCP: a piece of the stream */
	__u8 mac[6]; /* the flow, as in struct ig_answer */
	__u8 ip_version;
	__u8 last; /* 1: there is no more of this packet */
	__u8 local[16];
	__u8 remote[16];
	__be16 local_port_be;
	__u16 length; /* of the piece */
	__u32 sequence; /* TCP: of its first byte */
	__u32 at; /* UDP: where in the message it stands */
	__u32 device; /* index */
	__u8 bytes[IG_UNREAD_BYTES]; /* hostile */
};

/* ig_suppress: array, direct-mapped by hash. What a repeat is measured against. */
struct ig_repeat {
	__u64 key; /* hash of (device or MAC, reason, direction, remote) */
	__u64 last_ns;
	__u32 repeats;
	__u32 suppressed;
};

/*
 * ig_refusals: array, per CPU, direct-mapped by hash of the flow key. A conversation that was refused a moment ago, and
 * all that the refusal rested on: while that stands, its packets are refused without being judged again. Only what no
 * rule allows, or a rule denies; never for what depends on a name, a time, or who holds the remote address by DHCP.
 */
#define IG_REFUSALS 1024u
#define IG_REFUSAL_NS 1000000000ull /* for so long: what is not told of any other way, as a route that changes, counts then */

struct ig_refusal { /* 112 bytes */
	struct ig_flow6_key key; /* of IPv4: the smaller one at its beginning, and zeros */
	__u32 generation; /* low half */
	__u64 until_ns; /* on the clock of ig_now(); 0: none */
	__u64 repeat; /* ig_repeat.key of its events */
	__u32 epoch; /* of its device; likewise the next one */
	__u32 pinned;
	__u32 bound; /* of ig_control */
	__u32 device; /* index */
	__u32 rule;
	__u32 ifindex;
	__u16 vlan[IG_MAX_TAGS];
	__u8 peer_mac[6]; /* other end of the frame */
	__u8 ip_version;
	__u8 direction; /* enum ig_direction */
	__u8 tcp_flags;
	__u8 dscp;
	__u8 reason; /* enum ig_reason */
	__u8 pad;
	__u64 flowless; /* ig_state.entered and one, when there was no flow of this key; 0: nobody has looked since */
};

#define IG_REPEAT_WINDOW_NS (600ull * 1000000000ull) /* silent for so long: reported anew */

/* ----------------------------------------------------------------------------------------------------------- replay */

/* ig_replay: one entry, mmapable. Only programs loaded with the constant ig_replaying set look at it. */
struct ig_replay {
	/* in */
	__u64 now_ns;
	__u32 wire_length; /* of the frame, of which test_run may be given only the head */
	__u32 learn_bindings;
	__u32 ports; /* 1: frames have an interface, and ports are checked as on a live gateway */
	__u32 machine; /* 1: its routing table counts, and how long it has been enforcing */
	__u32 wall_s; /* seconds since the epoch, or IG_TIME_UNKNOWN; 0: now_ns counts from there */
	/* out: the last verdict */
	__u32 device;
	__u32 rule;
	__u8 action; /* enum ig_action */
	__u8 reason; /* enum ig_reason */
	__u8 mode; /* enum ig_mode */
	__u8 valid; /* 1: a verdict was given; the caller zeroes it before each run */
};

/* ---------------------------------------------------------------------------------------------------------- layout */

#define IG_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has " #size " bytes")
IG_ASSERT_SIZE(ig_mac, 8);
IG_ASSERT_SIZE(ig_device, 36);
IG_ASSERT_SIZE(ig_addr, 16);
IG_ASSERT_SIZE(ig_port_key, 8);
IG_ASSERT_SIZE(ig_network_key, 24);
IG_ASSERT_SIZE(ig_network, 4);
IG_ASSERT_SIZE(ig_port, 16);
IG_ASSERT_SIZE(ig_service_key, 20);
IG_ASSERT_SIZE(ig_block, 64);
IG_ASSERT_SIZE(ig_table, 64);
IG_ASSERT_SIZE(ig_conditions, 64);
IG_ASSERT_SIZE(ig_rule_entry, 32);
IG_ASSERT_SIZE(ig_written, 48);
IG_ASSERT_SIZE(ig_control, 192);
IG_ASSERT_SIZE(ig_trial, 40);
IG_ASSERT_SIZE(ig_change, 112);
IG_ASSERT_SIZE(ig_command, 120);
IG_ASSERT_SIZE(ig_flow4_key, 20);
IG_ASSERT_SIZE(ig_flow6_key, 44);
IG_ASSERT_SIZE(ig_slot4, 24);
IG_ASSERT_SIZE(ig_slot6, 48);
IG_ASSERT_SIZE(ig_flow, 52);
IG_ASSERT_SIZE(ig_flow_count, 24);
IG_ASSERT_SIZE(ig_state, 64);
IG_ASSERT_SIZE(ig_datagram_key, 48);
IG_ASSERT_SIZE(ig_datagram, 112);
IG_ASSERT_SIZE(ig_binding_key, 20);
IG_ASSERT_SIZE(ig_binding, 16);
IG_ASSERT_SIZE(ig_holding, 24);
IG_ASSERT_SIZE(ig_counter, 16);
IG_ASSERT_SIZE(ig_device_counter, 64);
IG_ASSERT_SIZE(ig_event, 112);
IG_ASSERT_SIZE(ig_stranger_event, 504);
IG_ASSERT_SIZE(ig_policy_event, 224);
IG_ASSERT_SIZE(ig_repeat, 24);
IG_ASSERT_SIZE(ig_replay, 40);
IG_ASSERT_SIZE(ig_name_key, 260);
IG_ASSERT_SIZE(ig_awaited, 16);
IG_ASSERT_SIZE(ig_name_place, 8);
IG_ASSERT_SIZE(ig_name, 304);
IG_ASSERT_SIZE(ig_pin, 32);
IG_ASSERT_SIZE(ig_answer, 864);
IG_ASSERT_SIZE(ig_name_event, 376);
IG_ASSERT_SIZE(ig_mud_event, 376);
IG_ASSERT_SIZE(ig_unread, 2108);
