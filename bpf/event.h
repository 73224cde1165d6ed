/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells people: one record for the 1st, 10th, 100th ... time that a device is refused the same
 * remote for a reason. */
#pragma once

always_inline struct ig_event_counter *ig_event_counter_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&ig_event_stats, &zero);
}

/* What makes two refusals the same: who (device, or MAC of a stranger), why, and the remote; under
 * one policy, since after a change people want to see what it does. */
always_inline __u64 ig_repeat_key(const struct ig_packet *pkt, const struct ig_judgement *j,
				  enum ig_reason reason, __u32 seed)
{
	bool from = pkt->direction == IG_FROM_DEVICE;
	const union ig_ip *remote = from ? &pkt->dst : &pkt->src;
	__u64 hash =
		ig_mix(ig_mix(seed, j->generation), ((__u64)j->index << 32) | (j->new_flow << 16) |
							    (reason << 8) | pkt->direction);

	if (j->index == IG_ENTITY_NONE)
		return ig_mix(hash, *(const __u64 *)&pkt->src_mac);
	hash = ig_mix(hash, ((__u64)pkt->ethertype << 32) | (pkt->proto << 16) |
				    (pkt->src_port_be || pkt->dst_port_be ? pkt->dst_port_be
									  : pkt->icmp));
	return ig_mix(ig_mix(hash, remote->q[0]), remote->q[1]) | 1;
}

always_inline bool ig_is_power_of_ten(__u32 n)
{
	switch (n) {
	case 1:
	case 10:
	case 100:
	case 1000:
	case 10000:
	case 100000:
	case 1000000:
	case 10000000:
	case 100000000:
	case 1000000000:
		return true;
	}
	return false;
}

always_inline struct ig_repeat *ig_repeat_at(__u64 key)
{
	/* neighbouring remotes differ in a few bits of the key: spread them before the top ones are
	 * taken */
	__u32 index = (key * 0xff51afd7ed558ccdull) >> 40 & (IG_REPEATS - 1);

	return bpf_map_lookup_elem(&ig_suppress, &index);
}

/* Two CPUs may count the same repeat at once: then a record too many or too few is sent, never is
 * one uncounted. */
always_inline bool ig_is_suppressed(__u64 key, bool once, struct ig_event_counter *counter,
				    __u32 *repeats, __u32 *suppressed)
{
	struct ig_repeat *repeat = ig_repeat_at(key);
	__u64 now = ig_now();

	*repeats = 1;
	*suppressed = 0;
	if (!repeat)
		return false;
	if (repeat->key != key ||
	    (now > repeat->last_ns && now - repeat->last_ns > IG_REPEAT_WINDOW_NS)) {
		repeat->key = key;
		repeat->repeats = 0;
		repeat->suppressed = 0;
	}
	repeat->last_ns = now;
	*repeats = __sync_fetch_and_add(&repeat->repeats, 1) + 1;
	if (once ? *repeats > 1 : !ig_is_power_of_ten(*repeats)) {
		repeat->suppressed++;
		counter->suppressed++;
		return true;
	}
	*suppressed = repeat->suppressed;
	repeat->suppressed = 0;
	return false;
}

/* What all records have. One with more behind it says so in its size and type afterwards. */
always_inline void ig_event_fill(struct ig_event *event, const struct ig_packet *pkt,
				 const struct ig_judgement *j, enum ig_reason reason,
				 enum ig_action action, __u32 repeats, __u32 suppressed)
{
	event->reason = reason;
	event->action = action;
	event->repeats = repeats;
	event->suppressed = suppressed;
	event->size = sizeof(*event);
	event->abi = IG_ABI;
	event->type = j->new_flow ? IG_EVENT_FLOW : IG_EVENT_VERDICT;
	event->direction = pkt->direction;
	event->mode = j->mode;
	event->time_ns = ig_now_precise();
	event->generation = j->generation;
	event->ifindex = pkt->ifindex;
	event->device = j->index;
	event->rule = j->rule;
	event->length = pkt->length;
	__builtin_memcpy(event->src_mac, pkt->src_mac.addr, 6);
	__builtin_memcpy(event->dst_mac, pkt->dst_mac.addr, 6);
	event->ethertype_be = ig_htons(pkt->ethertype);
	event->vlan[0] = pkt->vlan[0];
	event->vlan[1] = pkt->vlan[1];
	event->ip_version = pkt->ip_version;
	event->proto = pkt->proto;
	__builtin_memcpy(event->src, &pkt->src, 16);
	__builtin_memcpy(event->dst, &pkt->dst, 16);
	event->src_port_be = pkt->src_port_be;
	event->dst_port_be = pkt->dst_port_be;
	event->icmp = pkt->icmp;
	event->tcp_flags = pkt->tcp_flags;
	event->ttl = pkt->ttl;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
}

verified_alone int ig_event_send(const struct ig_packet *pkt, const struct ig_judgement *j,
				 enum ig_reason reason, enum ig_action action)
{
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_control *control = ig_control_get();
	__u32 repeats, suppressed;
	struct ig_event *event;

	if (!pkt || !j || !counter || !control)
		return 0;
	if (ig_is_suppressed(ig_repeat_key(pkt, j, reason, control->seed), j->new_flow, counter,
			     &repeats, &suppressed))
		return 0;
	event = bpf_ringbuf_reserve(&ig_events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return 0;
	}
	ig_event_fill(event, pkt, j, reason, action, repeats, suppressed);
	bpf_ringbuf_submit(event, 0);
	counter->sent++;
	return 0;
}
