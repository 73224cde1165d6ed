/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conversations: what a live flow proved need not be proved again. One entry serves both directions.
 *
 * A preallocated element may be reused for another flow while another CPU still looks at it (the kernel's documented
 * behaviour). What such a CPU can then spoil is a time stamp, a count or a TCP state, never who is admitted: keys are
 * not stored through these pointers, and an entry's generation and epoch only ever become current in the function that
 * judged it.
 */
#pragma once

/* RFC 5382 (REQ-5), RFC 4787 (REQ-5), RFC 5508 (REQ-2), with what conntrack grants to datagrams */
#define IG_TIMEOUT_ESTABLISHED (7440 * NSEC_PER_SEC)
#define IG_TIMEOUT_TRANSITORY (240 * NSEC_PER_SEC)
#define IG_TIMEOUT_UDP (180 * NSEC_PER_SEC)
#define IG_TIMEOUT_ICMP (30 * NSEC_PER_SEC)

union ig_flow_key {
	struct ig_flow4_key v4;
	struct ig_flow6_key v6;
};

always_inline struct ig_flow *ig_flow_find(__u8 version, const union ig_flow_key *key)
{
	return version == 4 ? bpf_map_lookup_elem(&ig_flows4, &key->v4) : bpf_map_lookup_elem(&ig_flows6, &key->v6);
}

/* Requests that have a reply of their own, by type: echo, timestamp, information, mask (RFC 792, 950), ICMPv6 echo. */
always_inline bool ig_icmp_is_query(const struct ig_packet *pkt, __u8 *request)
{
	__u8 type = pkt->icmp >> 8;

	if (pkt->proto == IPPROTO_ICMPV6) {
		*request = 128;
		return type == 128 || type == 129;
	}
	*request = type == 0 ? 8 : type & ~1; /* 13/14, 15/16 and 17/18 need another rounding, below */
	if (type == 0 || type == 8)
		return true;
	if (type >= 13 && type <= 18) {
		*request = ((type - 1) & ~1) + 1;
		return true;
	}
	return false;
}

always_inline bool ig_is_icmp(const struct ig_packet *pkt)
{
	return pkt->ip_version == 4 ? pkt->proto == IPPROTO_ICMP : pkt->proto == IPPROTO_ICMPV6;
}

/* Writes the key; false if such a packet belongs to no flow. */
always_inline bool ig_flow_key_of(const struct ig_packet *pkt, union ig_flow_key *key)
{
	bool from = pkt->direction == IG_FROM_DEVICE;
	__be16 local = from ? pkt->src_port_be : pkt->dst_port_be;
	__be16 remote = from ? pkt->dst_port_be : pkt->src_port_be;
	const struct ig_mac *mac = from ? &pkt->src_mac : &pkt->dst_mac;

	if (!pkt->ip_version || pkt->fragment)
		return false;
	if (ig_is_icmp(pkt)) {
		__u8 request;

		if (!ig_icmp_is_query(pkt, &request))
			return false;
		local = pkt->icmp_id_be;
		remote = ig_htons(request);
	}
	if (pkt->ip_version == 4) {
		__builtin_memcpy(key->v4.mac, mac->addr, 6);
		key->v4.proto = pkt->proto;
		key->v4.pad = 0;
		key->v4.local_be = from ? pkt->src.w[3] : pkt->dst.w[3];
		key->v4.remote_be = from ? pkt->dst.w[3] : pkt->src.w[3];
		key->v4.local_port_be = local;
		key->v4.remote_port_be = remote;
		return true;
	}
	__builtin_memcpy(key->v6.mac, mac->addr, 6);
	key->v6.proto = pkt->proto;
	key->v6.pad = 0;
	__builtin_memcpy(key->v6.local, from ? &pkt->src : &pkt->dst, 16);
	__builtin_memcpy(key->v6.remote, from ? &pkt->dst : &pkt->src, 16);
	key->v6.local_port_be = local;
	key->v6.remote_port_be = remote;
	return true;
}

always_inline __u64 ig_flow_timeout(__u8 state, __u8 proto)
{
	if (state == IG_FLOW_ESTABLISHED)
		return IG_TIMEOUT_ESTABLISHED;
	if (state != IG_FLOW_DATAGRAM)
		return IG_TIMEOUT_TRANSITORY;
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ? IG_TIMEOUT_ICMP : IG_TIMEOUT_UDP;
}

always_inline bool ig_flow_expired(const struct ig_flow *flow, __u8 proto, __u64 now)
{
	__u64 last = flow->last_ns;

	return now > last && now - last > ig_flow_timeout(flow->state, proto);
}

/* Does this packet open a conversation of its own, whatever flow there is? */
always_inline bool ig_opens_anew(const struct ig_packet *pkt, const struct ig_flow *flow)
{
	if (pkt->proto == IPPROTO_TCP)
		return ig_tcp_opens(pkt);
	if (ig_is_icmp(pkt)) {
		__u8 request;

		/* requests run from the initiator, replies toward it */
		ig_icmp_is_query(pkt, &request);
		return (pkt->icmp >> 8 == request) != (pkt->direction == flow->initiator);
	}
	return false;
}

always_inline bool ig_flow_same_place(const struct ig_packet *pkt, const struct ig_flow *flow)
{
	if (ig_replaying && pkt->direction == IG_TO_DEVICE)
		return true;
	return flow->ifindex == pkt->ifindex && flow->vlan[0] == pkt->vlan[0] && flow->vlan[1] == pkt->vlan[1];
}

/* A packet passes on a flow: account for it and follow TCP. */
always_inline void ig_flow_account(struct ig_flow *flow, const struct ig_packet *pkt, __u64 now)
{
	flow->last_ns = now;
	flow->packets += pkt->segments;
	flow->bytes += pkt->length;
	if (pkt->proto != IPPROTO_TCP)
		return;
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow->state = IG_FLOW_CLOSING;
	else if (flow->state == IG_FLOW_OPENING && pkt->direction != flow->initiator)
		flow->state = IG_FLOW_ESTABLISHED;
}

/* The fast path. True: the packet is part of a live flow that this generation admitted, at the same place. */
always_inline bool ig_flow_admits(struct ig_flow *flow, const struct ig_packet *pkt, struct ig_judgement *j)
{
	struct ig_state *state;

	if (flow->generation != (__u32)j->generation || !ig_flow_same_place(pkt, flow) || ig_opens_anew(pkt, flow) ||
	    ig_flow_expired(flow, pkt->proto, j->now))
		return false;
	state = ig_state_find(flow->device);
	if (!state || state->epoch != flow->epoch)
		return false;
	j->index = flow->device;
	j->rule = flow->rule;
	ig_flow_account(flow, pkt, j->now);
	return true;
}

/* Takes the next slot of a ring: the flow that owned it goes, the new one is entered. */
always_inline void ig_flow_enter4(struct ig_flow *flow, const union ig_flow_key *key)
{
	struct ig_flow4_key *slot = bpf_map_lookup_elem(&ig_ring4, &flow->slot);
	struct ig_flow *old;

	if (!slot)
		return;
	old = bpf_map_lookup_elem(&ig_flows4, slot);
	if (old && old->slot == flow->slot)
		bpf_map_delete_elem(&ig_flows4, slot);
	*slot = key->v4;
	bpf_map_update_elem(&ig_flows4, &key->v4, flow, BPF_NOEXIST);
}

always_inline void ig_flow_enter6(struct ig_flow *flow, const union ig_flow_key *key)
{
	struct ig_flow6_key *slot = bpf_map_lookup_elem(&ig_ring6, &flow->slot);
	struct ig_flow *old;

	if (!slot)
		return;
	old = bpf_map_lookup_elem(&ig_flows6, slot);
	if (old && old->slot == flow->slot)
		bpf_map_delete_elem(&ig_flows6, slot);
	__builtin_memcpy(slot, &key->v6, sizeof(*slot));
	bpf_map_update_elem(&ig_flows6, &key->v6, flow, BPF_NOEXIST);
}

always_inline void ig_flow_delete(__u8 version, const union ig_flow_key *key)
{
	if (version == 4)
		bpf_map_delete_elem(&ig_flows4, &key->v4);
	else
		bpf_map_delete_elem(&ig_flows6, &key->v6);
}

/* Where in its device's rings a new flow goes. False: the device may have none of that kind. */
always_inline bool ig_flow_take_slot(const struct ig_device *device, struct ig_state *state, __u8 version,
				     bool critical, __u32 *slot)
{
	__u32 size = critical ? device->critical_flows : device->flows;
	__u32 *head = critical ? (version == 4 ? &state->critical_head4 : &state->critical_head6) :
				 (version == 4 ? &state->head4 : &state->head6);

	if (!size)
		return false;
	*slot = device->ring + (critical ? device->flows : 0) + __sync_fetch_and_add(head, 1) % size;
	return true;
}

always_inline __u8 ig_flow_first_state(const struct ig_packet *pkt)
{
	if (pkt->proto != IPPROTO_TCP)
		return IG_FLOW_DATAGRAM;
	if (ig_tcp_opens(pkt))
		return IG_FLOW_OPENING;
	return pkt->tcp_flags & (TCP_FIN | TCP_RST) ? IG_FLOW_CLOSING : IG_FLOW_ESTABLISHED;
}

always_inline void ig_flow_fill(struct ig_flow *flow, const struct ig_packet *pkt, const struct ig_judgement *j,
				enum ig_reason reason)
{
	flow->last_ns = j->now;
	flow->packets = pkt->segments;
	flow->bytes = pkt->length;
	flow->generation = (__u32)j->generation;
	flow->ifindex = pkt->ifindex;
	flow->vlan[0] = pkt->vlan[0];
	flow->vlan[1] = pkt->vlan[1];
	flow->device = j->index;
	flow->rule = j->rule;
	flow->state = ig_flow_first_state(pkt);
	flow->initiator = j->admitted_as;
	flow->flags = j->critical ? IG_FLOW_CRITICAL : 0;
	flow->reason = reason;
}

/* A segment in the middle does not make a connection more alive than it was: closing, or opening without an answer. */
always_inline bool ig_flow_stays_behind(const struct ig_flow *flow, const struct ig_packet *pkt)
{
	return flow->state == IG_FLOW_CLOSING ||
	       (flow->state == IG_FLOW_OPENING && pkt->direction == flow->initiator);
}

/* The slow path admitted a packet: remember the conversation. */
separate int ig_flow_make(const struct ig_packet *pkt, const struct ig_judgement *j, const union ig_flow_key *key,
			  enum ig_reason reason)
{
	struct ig_flow flow = {};
	struct ig_state *state;
	struct ig_flow *old;

	if (!j->known)
		return 0;
	state = ig_state_find(j->index);
	if (!state)
		return 0;
	ig_flow_fill(&flow, pkt, j, reason);
	flow.epoch = state->epoch;
	old = ig_flow_find(pkt->ip_version, key);
	if (old && old->device == flow.device && old->flags == flow.flags) {
		bool goes_on = !ig_tcp_opens(pkt) && old->initiator == flow.initiator;

		flow.slot = old->slot;
		if (goes_on) { /* judged again, not opened again */
			flow.packets += old->packets;
			flow.bytes += old->bytes;
			if (flow.state == IG_FLOW_ESTABLISHED && ig_flow_stays_behind(old, pkt))
				flow.state = old->state;
		}
		*old = flow;
		return 0;
	}
	if (old)
		ig_flow_delete(pkt->ip_version, key);
	if (!ig_flow_take_slot(&j->device, state, pkt->ip_version, j->critical, &flow.slot))
		return 0;
	if (pkt->ip_version == 4)
		ig_flow_enter4(&flow, key);
	else
		ig_flow_enter6(&flow, key);
	return 0;
}
