/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conversations: what a live flow proved need not be proved again. One entry serves both
 * directions.
 *
 * A preallocated element may be reused for another flow while another CPU still looks at it (the
 * kernel's documented behaviour). What such a CPU can then spoil is a count or a TCP
 * state: keys are not stored through these pointers, and an entry's generation and epoch only ever
 * become current in the function that judged it. A packet of a flow that is deleted at this very
 * moment may still pass.
 */
#pragma once

/* RFC 5382 (REQ-5), RFC 4787 (REQ-5), RFC 5508 (REQ-2), with what conntrack grants to datagrams */
#define IG_TIMEOUT_ESTABLISHED (7440 * NSEC_PER_SEC)
#define IG_TIMEOUT_TRANSITORY  (240 * NSEC_PER_SEC)
#define IG_TIMEOUT_UDP	       (180 * NSEC_PER_SEC)
#define IG_TIMEOUT_ICMP	       (30 * NSEC_PER_SEC)

union ig_flow_key {
	struct ig_flow4_key v4;
	struct ig_flow6_key v6;
	__u32 w[11];
};

/* Two numbers beside each other in memory. */
always_inline __u32 ig_word_of(__u16 first, __u16 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return first | (__u32)second << 16;
#else
	return (__u32)first << 16 | second;
#endif
}

/*
 * barrier() below keeps a call for the one table and that for the other two calls. Of these clang would make one, with the
 * table in a register: then the kernel cannot tell which map it is when it translates the program, and its functions are
 * reached by an indirect jump, behind a retpoline.
 */
always_inline struct ig_flow *ig_flow_find(__u8 version, const union ig_flow_key *key)
{
	struct ig_flow *flow;

	if (version == 4)
		return bpf_map_lookup_elem(&ig_flows4, &key->v4);
	flow = bpf_map_lookup_elem(&ig_flows6, &key->v6);
	barrier();
	return flow;
}

/* Requests that have a reply of their own, by type: echo, timestamp, information, mask (RFC 792,
 * 950), ICMPv6 echo. */
always_inline bool ig_icmp_is_query(const struct ig_packet *pkt, __u8 *request)
{
	__u8 type = pkt->icmp >> 8;

	if (pkt->proto == IPPROTO_ICMPV6) {
		*request = 128;
		return type == 128 || type == 129;
	}
	*request = type == 0 ? 8
			     : type & ~1; /* 13/14, 15/16 and 17/18 need another rounding, below */
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

/* May it open a flow? Of ICMP queries only the request: who may only answer could otherwise ask. */
always_inline bool ig_may_open(const struct ig_packet *pkt)
{
	__u8 request;

	return !ig_is_icmp(pkt) || (ig_icmp_is_query(pkt, &request) && pkt->icmp >> 8 == request);
}

/* Writes the key, in words, as the table reads it at once: what was stored in smaller pieces would have to get to the cache
 * before it can be read as one. False if such a packet belongs to no flow. @from: pkt->direction is from-device;
 * a constant, without which clang computes with addresses on the stack as the verifier does not
 * allow. */
always_inline bool ig_flow_key_of(const struct ig_packet *pkt, bool from, union ig_flow_key *key)
{
	__be16 local = from ? pkt->src_port_be : pkt->dst_port_be;
	__be16 remote = from ? pkt->dst_port_be : pkt->src_port_be;
	const struct ig_mac *mac = from ? &pkt->src_mac : &pkt->dst_mac;
	__u16 mac_end;

	if (!pkt->ip_version || pkt->fragment == IG_FRAGMENT_LATER || ig_is_group(&pkt->dst_mac))
		return false;
	if (ig_is_icmp(pkt)) {
		__u8 request;

		if (!ig_icmp_is_query(pkt, &request))
			return false;
		local = pkt->icmp_id_be;
		remote = ig_htons(request);
	}
	__builtin_memcpy(&key->w[0], mac->addr, 4);
	__builtin_memcpy(&mac_end, mac->addr + 4, 2);
	key->w[1] = ig_word_of(mac_end, ig_htons(pkt->proto << 8));
	if (pkt->ip_version == 4) {
		key->v4.local_be = from ? pkt->src.w[3] : pkt->dst.w[3];
		key->v4.remote_be = from ? pkt->dst.w[3] : pkt->src.w[3];
		key->w[4] = ig_word_of(local, remote);
		return true;
	}
	__builtin_memcpy(key->v6.local, from ? &pkt->src : &pkt->dst, 16);
	__builtin_memcpy(key->v6.remote, from ? &pkt->dst : &pkt->src, 16);
	key->w[10] = ig_word_of(local, remote);
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
	if (!ig_ports_count() && pkt->direction == IG_TO_DEVICE)
		return true;
	return flow->ifindex == pkt->ifindex && flow->vlan[0] == pkt->vlan[0] &&
	       flow->vlan[1] == pkt->vlan[1];
}

/* --- what passed on it --- */

/* @at: ig_flow.count, or IG_FLOW_COUNT_FROM of a slot. */
always_inline struct ig_flow_count *ig_flow_count_of(__u32 at, bool to_device)
{
	at += to_device ? IG_FLOW_COUNT_TO_DEVICE : 0;
	return bpf_map_lookup_elem(&ig_flow_counts, &at);
}

always_inline __u64 ig_last_passed(__u32 at, bool to_device)
{
	struct ig_flow_count *count = ig_flow_count_of(at, to_device);

	return count ? count->last_ns : 0;
}

always_inline bool ig_is_silent(__u64 last, __u64 timeout, __u64 now)
{
	return now > last && now - last > timeout;
}

/*
 * What came the other way is another CPU's, and looked at only if nothing came this way. Where nothing is said of either
 * way, the slot was cleared for the flow that had it before, a moment after this one took it.
 */
always_inline bool ig_flow_silent(const struct ig_flow *flow, const struct ig_flow_count *own,
				  const struct ig_packet *pkt, __u8 proto, __u64 now)
{
	__u64 timeout = ig_flow_timeout(flow->state, proto), other;

	if (!ig_is_silent(own->last_ns, timeout, now))
		return false;
	other = ig_last_passed(flow->count, pkt->direction != IG_TO_DEVICE);
	return (own->last_ns || other) && ig_is_silent(other, timeout, now);
}

always_inline bool ig_flow_expired(const struct ig_flow *flow, const struct ig_packet *pkt,
				   __u8 proto, __u64 now)
{
	struct ig_flow_count *own = ig_flow_count_of(flow->count, pkt->direction == IG_TO_DEVICE);

	return !own || ig_flow_silent(flow, own, pkt, proto, now);
}

always_inline void ig_flow_count_add(struct ig_flow_count *count, const struct ig_packet *pkt,
				     __u64 now)
{
	count->last_ns = now;
	count->packets += pkt->segments;
	count->bytes += pkt->length;
}

always_inline void ig_flow_count(__u32 at, const struct ig_packet *pkt, __u64 now)
{
	struct ig_flow_count *count = ig_flow_count_of(at, pkt->direction == IG_TO_DEVICE);

	if (count)
		ig_flow_count_add(count, pkt, now);
}

/* The slot has no flow now, or one that begins. */
always_inline void ig_flow_count_clear(__u32 at)
{
	for (int to_device = 0; to_device < 2; to_device++) {
		struct ig_flow_count *count = ig_flow_count_of(at, to_device);

		if (count)
			count->last_ns = count->packets = count->bytes = 0;
	}
}

/* The flow goes on in another slot. */
always_inline void ig_flow_count_move(__u32 from, __u32 to)
{
	for (int to_device = 0; to_device < 2; to_device++) {
		struct ig_flow_count *before = ig_flow_count_of(from, to_device);
		struct ig_flow_count *now = ig_flow_count_of(to, to_device);

		if (before && now)
			*now = *before;
	}
}

/*
 * When the flow in a slot was last used; 0 for a slot that is nobody's any more. The slot and its flow are not looked at: at
 * worst, where CPUs do this at once, another of its device's flows goes.
 */
always_inline __u64 ig_flow_last_used(__u32 at)
{
	__u64 from = ig_last_passed(at, false), to = ig_last_passed(at, true);

	return from > to ? from : to;
}

/* A packet passes on a flow: follow TCP. */
always_inline void ig_flow_follow(struct ig_flow *flow, const struct ig_packet *pkt)
{
	if (pkt->proto != IPPROTO_TCP)
		return;
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow->state = IG_FLOW_CLOSING;
	else if (flow->state == IG_FLOW_OPENING && pkt->direction != flow->initiator)
		flow->state = IG_FLOW_ESTABLISHED;
}

/* Toward the MAC address that was judged: another one would carry the packets elsewhere. */
always_inline bool ig_flow_same_peer(const struct ig_packet *pkt, const struct ig_flow *flow)
{
	__u32 a, b;

	if (pkt->direction == IG_TO_DEVICE)
		return true;
	__builtin_memcpy(&a, pkt->dst_mac.addr, 4);
	__builtin_memcpy(&b, flow->peer_mac, 4);
	return a == b && pkt->dst_mac.addr[4] == flow->peer_mac[4] &&
	       pkt->dst_mac.addr[5] == flow->peer_mac[5];
}

always_inline bool ig_flow_ended(const struct ig_flow *flow, __u64 now)
{
	return flow->until_s && now >= flow->until_s * NSEC_PER_SEC;
}

/* Is what the flow rests on the same as when it was judged? */
always_inline bool ig_flow_is_current(const struct ig_flow *flow, const struct ig_judgement *j)
{
	struct ig_state *state;

	if (flow->generation != (__u32)j->generation || ig_flow_ended(flow, j->now))
		return false;
	state = ig_state_find(flow->device);
	return state && state->epoch == flow->epoch &&
	       (state->quarantine_until_ns <= j->now || (flow->flags & IG_FLOW_SPARED));
}

/* The fast path. True: the packet is part of a live flow that this generation admitted, at the same
 * place. */
always_inline bool ig_flow_admits(struct ig_flow *flow, const struct ig_packet *pkt,
				  struct ig_judgement *j)
{
	struct ig_flow_count *count = ig_flow_count_of(flow->count, pkt->direction == IG_TO_DEVICE);

	if (!count || !ig_flow_is_current(flow, j) || !ig_flow_same_place(pkt, flow) ||
	    !ig_flow_same_peer(pkt, flow) || ig_opens_anew(pkt, flow) ||
	    ig_flow_silent(flow, count, pkt, pkt->proto, j->now))
		return false;
	if ((flow->flags & IG_FLOW_ROUTED_HERE) && pkt->direction == IG_FROM_DEVICE)
		return false;
	j->index = flow->device;
	j->placed = 1;
	j->rule = flow->rule;
	j->resolves = !!(flow->flags & IG_FLOW_RESOLVES);
	j->spared = !!(flow->flags & IG_FLOW_SPARED);
	ig_flow_count_add(count, pkt, j->now);
	ig_flow_follow(flow, pkt);
	return true;
}

always_inline bool ig_flow4_key_equal(const struct ig_flow4_key *a, const struct ig_flow4_key *b)
{
	const __u32 *x = (const __u32 *)a, *y = (const __u32 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}

always_inline bool ig_flow6_key_equal(const struct ig_flow6_key *a, const struct ig_flow6_key *b)
{
	const __u32 *x = (const __u32 *)a, *y = (const __u32 *)b;
	__u32 differ = 0;

#pragma unroll
	for (int i = 0; i < 11; i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

/*
 * A new flow takes its slot: it is entered first, then its key is exchanged for the one that was
 * there, whose flow goes. Each key is exchanged out exactly once and after its flow was entered, so
 * that no flow is ever in the table and in no ring, whatever CPUs do at once. (The table has spare
 * entries for those in between.)
 */
always_inline void ig_slot_exchange4(const struct ig_flow *flow, const union ig_flow_key *key)
{
	struct ig_slot4 *slot = bpf_map_lookup_elem(&ig_ring4, &flow->slot);
	struct ig_flow4_key before;
	struct ig_flow *old;

	if (!slot)
		return;
	bpf_spin_lock(&slot->lock);
	__builtin_memcpy(&before, &slot->key, sizeof(before));
	__builtin_memcpy(&slot->key, &key->v4, sizeof(before));
	bpf_spin_unlock(&slot->lock);
	old = bpf_map_lookup_elem(&ig_flows4, &before);
	if (old && old->slot == flow->slot && !ig_flow4_key_equal(&before, &key->v4))
		bpf_map_delete_elem(&ig_flows4, &before);
}

always_inline void ig_slot_exchange6(const struct ig_flow *flow, const union ig_flow_key *key)
{
	struct ig_slot6 *slot = bpf_map_lookup_elem(&ig_ring6, &flow->slot);
	struct ig_flow6_key before;
	struct ig_flow *old;

	if (!slot)
		return;
	bpf_spin_lock(&slot->lock);
	__builtin_memcpy(&before, &slot->key, sizeof(before));
	__builtin_memcpy(&slot->key, &key->v6, sizeof(before));
	bpf_spin_unlock(&slot->lock);
	old = bpf_map_lookup_elem(&ig_flows6, &before);
	if (old && old->slot == flow->slot && !ig_flow6_key_equal(&before, &key->v6))
		bpf_map_delete_elem(&ig_flows6, &before);
}

/* Does a slot still own the flow? One that no slot names would never be collected. */
always_inline bool ig_slot_names(__u8 version, __u32 at, const union ig_flow_key *key)
{
	if (version == 4) {
		struct ig_slot4 *slot = bpf_map_lookup_elem(&ig_ring4, &at);

		return slot && ig_flow4_key_equal(&slot->key, &key->v4);
	} else {
		struct ig_slot6 *slot = bpf_map_lookup_elem(&ig_ring6, &at);

		return slot && ig_flow6_key_equal(&slot->key, &key->v6);
	}
}

always_inline long ig_flow_store(__u8 version, const union ig_flow_key *key,
				 const struct ig_flow *flow, __u64 how)
{
	long err;

	if (version == 4)
		return bpf_map_update_elem(&ig_flows4, &key->v4, flow, how);
	err = bpf_map_update_elem(&ig_flows6, &key->v6, flow, how);
	barrier();
	return err;
}

always_inline void ig_slot_exchange(__u8 version, const struct ig_flow *flow,
				    const union ig_flow_key *key)
{
	if (version == 4)
		ig_slot_exchange4(flow, key);
	else
		ig_slot_exchange6(flow, key);
}

always_inline void ig_flow_delete(__u8 version, const union ig_flow_key *key, __u32 count)
{
	if (version == 4) {
		bpf_map_delete_elem(&ig_flows4, &key->v4);
	} else {
		bpf_map_delete_elem(&ig_flows6, &key->v6);
		barrier();
	}
	ig_flow_count_clear(count);
}

/*
 * Where in its device's rings a new flow goes: of the next few slots, the one that was idle
 * longest. Taking simply the next would let a day of DNS queries push out the one connection that
 * is always in use. False: the device may have none of that kind.
 */
#define IG_SLOTS_LOOKED_AT 4

always_inline bool ig_flow_take_slot(const struct ig_device *device, struct ig_state *state,
				     __u8 version, bool critical, __u32 *slot)
{
	__u32 size = critical ? device->critical_flows : device->flows;
	__u32 base = device->ring + (critical ? device->flows : 0);
	__u32 *head = critical ? (version == 4 ? &state->critical_head4 : &state->critical_head6)
			       : (version == 4 ? &state->head4 : &state->head6);
	__u64 oldest = ~0ull;
	__u32 next;

	if (!size)
		return false;
	next = __sync_fetch_and_add(head, 1);
	for (int i = 0; i < IG_SLOTS_LOOKED_AT; i++) {
		__u32 at = base + (next + i) % size;
		__u64 used = ig_flow_last_used(IG_FLOW_COUNT_FROM(at, version));

		if (used < oldest) {
			oldest = used;
			*slot = at;
		}
		if (!used)
			break;
	}
	return true;
}

always_inline __u8 ig_flow_first_state(const struct ig_packet *pkt)
{
	if (pkt->proto != IPPROTO_TCP)
		return IG_FLOW_DATAGRAM;
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		return IG_FLOW_CLOSING;
	return ig_tcp_opens(pkt) ? IG_FLOW_OPENING : IG_FLOW_ESTABLISHED;
}

/* Of two times, where 0 is never. */
always_inline __u32 ig_sooner(__u32 a, __u32 b)
{
	return !a || (b && b < a) ? b : a;
}

always_inline void ig_flow_fill(struct ig_flow *flow, const struct ig_packet *pkt,
				const struct ig_judgement *j, enum ig_reason reason)
{
	flow->generation = (__u32)j->generation;
	flow->ifindex = pkt->ifindex;
	if (!ig_ports_count() && pkt->direction == IG_TO_DEVICE) { /* see ig_flow_same_place() */
		flow->vlan[0] = j->device.vlan[0];
		flow->vlan[1] = j->device.vlan[1];
	} else {
		flow->vlan[0] = pkt->vlan[0];
		flow->vlan[1] = pkt->vlan[1];
	}
	flow->device = j->index;
	flow->rule = j->rule;
	flow->state = ig_flow_first_state(pkt);
	flow->initiator = j->admitted_as;
	flow->flags = (j->critical ? IG_FLOW_CRITICAL : 0) | (j->spared ? IG_FLOW_SPARED : 0) |
		      (j->routing == IG_ROUTING_HERE ? IG_FLOW_ROUTED_HERE : 0) |
		      (j->resolves ? IG_FLOW_RESOLVES : 0);
	flow->mark = j->name;
	flow->reason = reason;
	flow->until_s = ig_sooner(ig_flow_until(j->until, j->now), j->proved_until_s);
	flow->dscp = pkt->dscp;
	flow->icmp_code = pkt->icmp;
	__builtin_memcpy(flow->peer_mac,
			 pkt->direction == IG_FROM_DEVICE ? pkt->dst_mac.addr : pkt->src_mac.addr,
			 sizeof(flow->peer_mac));
}

/* A segment in the middle does not make a connection more alive than it was: closing, or opening
 * without an answer. */
always_inline bool ig_flow_stays_behind(const struct ig_flow *flow, const struct ig_packet *pkt)
{
	return flow->state == IG_FLOW_CLOSING ||
	       (flow->state == IG_FLOW_OPENING && pkt->direction == flow->initiator);
}

/* A change of its quota gives a device other slots; flows that have old ones move as they are
 * judged again. */
always_inline bool ig_slot_is_of(const struct ig_device *device, __u32 slot)
{
	return slot - device->ring < (__u32)device->flows + device->critical_flows;
}

/* The slow path admitted a packet: remember the conversation. True: it is a new one. */
always_inline bool ig_flow_make(const struct ig_packet *pkt, const struct ig_judgement *j,
				const union ig_flow_key *key, enum ig_reason reason)
{
	struct ig_state *state = ig_state_find(j->index);
	struct ig_flow flow = {};
	struct ig_flow *old;
	bool goes_on;

	if (!state)
		return false;
	ig_flow_fill(&flow, pkt, j, reason);
	flow.epoch = state->epoch;
	old = ig_flow_find(pkt->ip_version, key);
	goes_on = old && old->device == flow.device && !ig_tcp_opens(pkt) &&
		  old->initiator == flow.initiator;
	if (goes_on) { /* judged again, not opened again */
		if (j->again) {
			flow.dscp = old->dscp;
			flow.icmp_code = old->icmp_code;
		}
		if (flow.state == IG_FLOW_ESTABLISHED && ig_flow_stays_behind(old, pkt))
			flow.state = old->state;
		if ((flow.flags & old->flags) & IG_FLOW_RESOLVES) {
			flow.flags |= old->flags & IG_FLOW_READ;
			flow.mark = old->mark;
		}
	}
	if (old && old->device == flow.device && !((old->flags ^ flow.flags) & IG_FLOW_CRITICAL) &&
	    ig_slot_is_of(&j->device, old->slot)) {
		flow.slot = old->slot;
		flow.count = old->count;
		/*
		 * By key, not through the pointer: the entry may be another flow's by now. Where its slot does not
		 * name it, another CPU that opens it too is about to take the slot, or a newer flow just did.
		 */
		if (!goes_on)
			ig_flow_count_clear(flow.count);
		ig_flow_count(flow.count, pkt, j->now);
		if (!ig_flow_store(pkt->ip_version, key, &flow, BPF_EXIST) &&
		    !ig_slot_names(pkt->ip_version, flow.slot, key))
			ig_slot_exchange(pkt->ip_version, &flow, key);
		return !goes_on;
	}
	if (!ig_flow_take_slot(&j->device, state, pkt->ip_version, j->critical, &flow.slot)) {
		if (old)
			ig_flow_delete(pkt->ip_version, key, old->count);
		return !goes_on;
	}
	flow.count = IG_FLOW_COUNT_FROM(flow.slot, pkt->ip_version);
	if (goes_on)
		ig_flow_count_move(old->count, flow.count);
	else
		ig_flow_count_clear(flow.count);
	ig_flow_count(flow.count, pkt, j->now);
	if (old)
		ig_flow_delete(pkt->ip_version, key, old->count);
	if (!ig_flow_store(pkt->ip_version, key, &flow, BPF_NOEXIST))
		ig_slot_exchange(pkt->ip_version, &flow, key);
	return !goes_on;
}

/*
 * ig_state.entered: who reads it, looks for a flow of the device and finds none, knows that none was entered while the number
 * is the same. For that it is read before the look and raised after the entry in this very order on any machine, which
 * atomic operations keep whose result is used.
 */
always_inline __u32 ig_entered(struct ig_state *state)
{
	return __sync_fetch_and_add(&state->entered, 0);
}

always_inline void ig_flow_was_entered(const struct ig_judgement *j)
{
	struct ig_state *state = ig_state_find(j->index);
	__u32 before;

	if (!state)
		return;
	before = __sync_fetch_and_add(&state->entered, 1);
	asm volatile("" : : "r"(before)); /* used, as far as clang knows */
}

/* Does with the flow what the judgement asks for. 1: a new one was made. */
separate int ig_flow_settle(const struct ig_packet *pkt, const struct ig_judgement *j,
			    const union ig_flow_key *key, enum ig_reason reason)
{
	if (j->fate == IG_FLOW_TO_MAKE && ig_is_known(j)) {
		bool is_new = ig_flow_make(pkt, j, key, reason);

		ig_flow_was_entered(j);
		return is_new;
	}
	if (j->fate == IG_FLOW_TO_DELETE) {
		struct ig_flow *flow = ig_flow_find(pkt->ip_version, key);

		if (flow)
			ig_flow_delete(pkt->ip_version, key, flow->count);
	}
	return 0;
}
