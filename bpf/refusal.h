/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conversations that were refused a moment ago: whoever is refused tries again, and who floods sends the same packet as
 * fast as it can. What was judged need not be judged again, as with flows; but a refusal, other than a flow, has to end
 * with anything that could make it an admission. See struct ig_refusal.
 *
 * A live flow comes before a refusal. To look for one that is not there is an eighth of what a refusal costs with IPv4, and a
 * quarter with IPv6: while packets are being refused (ig_scratch.refusing) the refusal is looked at first, and a flow is looked for only if one of the device
 * was entered since somebody looked (ig_refusal.flowless). Packets of flows pay for no more than the look at that flag.
 *
 * The table is per CPU: no two write an entry, and none is contended.
 */
#pragma once

/* Four words of a key, as the product of what nobody knows who does not know the seed: ig_mix() would have to wait for one pair
 * of words after the other. */
always_inline __u64 ig_fold(__u64 seed, const __u32 *w)
{
	return (seed + (((__u64)w[0] << 32) | w[1])) * (seed ^ (((__u64)w[2] << 32) | w[3]));
}

/* Another conversation of the same hash takes the place: whose, must not be for an attacker to choose. */
always_inline struct ig_refusal *ig_refusal_at(__u8 version, const union ig_flow_key *key)
{
	struct ig_control *control = ig_control_get();
	__u64 seed = ig_mix(control ? control->seed : 0, 1), hash;
	const __u32 *w = key->w;
	__u32 at;

	hash = ig_fold(seed, w) + w[4] * 0xff51afd7ed558ccdull;
	if (version == 6)
		hash += ig_fold(~seed, w + 5) +
			((((__u64)w[9] << 32) | w[10]) * 0x94d049bb133111ebull);
	at = ig_mix(hash ^ (hash >> 32), 0) >> 54 & (IG_REFUSALS - 1);
	return bpf_map_lookup_elem(&ig_refusals, &at);
}

always_inline const __u8 *ig_peer_mac(const struct ig_packet *pkt)
{
	return pkt->direction == IG_FROM_DEVICE ? pkt->dst_mac.addr : pkt->src_mac.addr;
}

always_inline bool ig_refusal_same_peer(const struct ig_refusal *r, const struct ig_packet *pkt)
{
	const __u8 *peer = ig_peer_mac(pkt);
	__u32 a, b;
	__u16 c, d;

	__builtin_memcpy(&a, r->peer_mac, 4);
	__builtin_memcpy(&b, peer, 4);
	__builtin_memcpy(&c, r->peer_mac + 4, 2);
	__builtin_memcpy(&d, peer + 4, 2);
	return a == b && c == d;
}

/* The same packet, as far as a judgement looks at it. */
always_inline bool ig_refusal_is_of(const struct ig_refusal *r, const struct ig_packet *pkt,
				    const union ig_flow_key *key)
{
	if (r->ip_version != pkt->ip_version || r->direction != pkt->direction ||
	    r->ifindex != pkt->ifindex || r->vlan[0] != pkt->vlan[0] ||
	    r->vlan[1] != pkt->vlan[1] || r->tcp_flags != pkt->tcp_flags || r->dscp != pkt->dscp ||
	    !ig_refusal_same_peer(r, pkt))
		return false;
	return pkt->ip_version == 4
		       ? ig_flow4_key_equal((const struct ig_flow4_key *)&r->key, &key->v4)
		       : ig_flow6_key_equal(&r->key, &key->v6);
}

/* Is all that it rested on as it was? But for its flow: see ig_refusal_settles(). */
always_inline bool ig_refusal_stands(const struct ig_refusal *r, const struct ig_packet *pkt,
				     const struct ig_judgement *j)
{
	struct ig_control *control = ig_control_get();
	struct ig_state *state = ig_state_find(r->device);

	return control && state && r->until_ns > j->now && r->generation == (__u32)j->generation &&
	       r->epoch == state->epoch && r->pinned == state->pinned &&
	       r->bound == control->bound && state->quarantine_until_ns <= j->now &&
	       state->ifindex == pkt->ifindex && state->vlan[0] == pkt->vlan[0] &&
	       state->vlan[1] == pkt->vlan[1];
}

/* One repeat more, if it is none that people are told of. */
always_inline bool ig_repeat_in_silence(__u64 key, __u64 now)
{
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_repeat *repeat = ig_repeat_at(key);

	if (!counter || !repeat || repeat->key != key ||
	    (now > repeat->last_ns && now - repeat->last_ns > IG_REPEAT_WINDOW_NS) ||
	    ig_is_power_of_ten(repeat->repeats + 1))
		return false;
	repeat->last_ns = now;
	repeat->repeats++; /* not atomic: as with ig_is_suppressed(), a record may be told a repeat late */
	repeat->suppressed++;
	counter->suppressed++;
	return true;
}

/* The refusal that stands for this packet; NULL: none does. */
always_inline struct ig_refusal *ig_refusal_find(const struct ig_packet *pkt,
						 const struct ig_judgement *j,
						 const union ig_flow_key *key)
{
	struct ig_refusal *r = ig_refusal_at(pkt->ip_version, key);

	return r && ig_refusal_is_of(r, pkt, key) && ig_refusal_stands(r, pkt, j) ? r : NULL;
}

/*
 * Is it known that there is no flow of its key? Otherwise it will be, if the caller now looks for one and finds none; if one
 * is found, @r->flowless is to be cleared.
 */
always_inline bool ig_refusal_settles(struct ig_refusal *r)
{
	struct ig_state *state = ig_state_find(r->device);

	if (!state)
		return false;
	if (r->flowless == 1ull + state->entered)
		return true;
	r->flowless = 1ull + ig_entered(state);
	return false;
}

always_inline bool ig_is_refusing(enum ig_direction direction)
{
	struct ig_scratch *s = ig_scratch_get(direction);

	return s && s->refusing;
}

always_inline void ig_refusing_set(enum ig_direction direction, bool refusing)
{
	struct ig_scratch *s = ig_scratch_get(direction);

	if (s)
		s->refusing = refusing;
}

/* Refused as before, and counted: nothing is left to do. False: people are to be told. */
always_inline bool ig_refuse_again(const struct ig_refusal *r, const struct ig_packet *pkt,
				   const struct ig_judgement *j)
{
	if (!ig_repeat_in_silence(r->repeat, j->now))
		return false;
	ig_verdict_known(pkt, r->device, r->rule, r->reason, IG_DROP);
	return true;
}

/* Whom a packet is refused to, or from: somebody outside, or the gateway. Other machines get addresses and lose them. */
always_inline bool ig_remote_is_fixed(const struct ig_judgement *j)
{
	return j->remote_seen && (j->remote == IG_ENTITY_NONE || ig_is_gateways(j->remote));
}

/* The slow path refused it, and would refuse any packet like it: of DHCP what the message says is looked at, too. */
always_inline bool ig_refusal_is_worth(const struct ig_packet *pkt, const struct ig_judgement *j,
				       enum ig_reason reason)
{
	return j->plain && j->key == IG_KEY_OWN && !pkt->fragment && !ig_is_icmp(pkt) &&
	       !ig_is_about_dhcp(pkt) &&
	       (reason == IG_REASON_NO_RULE || reason == IG_REASON_RULE_DENY) &&
	       j->mode == IG_MODE_ENFORCE && !j->quarantined && j->placed &&
	       j->device.router == IG_ENTITY_NONE && !(j->device.flags & IG_DEVICE_ROUTES) &&
	       ig_remote_is_fixed(j);
}

always_inline __u64 ig_refusal_until(const struct ig_judgement *j)
{
	__u64 until = j->now + IG_REFUSAL_NS, proved = j->proved_until_s * NSEC_PER_SEC;

	return proved && proved < until ? proved : until;
}

verified_alone int ig_refusal_note(const struct ig_packet *pkt, const struct ig_judgement *j,
				   const union ig_flow_key *key, enum ig_reason reason)
{
	struct ig_control *control = ig_control_get();
	struct ig_refusal *r;
	const __u8 *peer;

	if (!pkt || !j || !key || !control || !ig_refusal_is_worth(pkt, j, reason))
		return 0;
	r = ig_refusal_at(pkt->ip_version, key);
	if (!r)
		return 0;
	__builtin_memcpy(&r->key, key, sizeof(r->key));
	r->generation = (__u32)j->generation;
	r->until_ns = ig_refusal_until(j);
	r->repeat = ig_repeat_key(pkt, j, reason, control->seed);
	r->epoch = j->epoch;
	r->pinned = j->pinned;
	r->bound = j->bound;
	r->device = j->index;
	r->rule = j->rule;
	r->ifindex = pkt->ifindex;
	r->vlan[0] = pkt->vlan[0];
	r->vlan[1] = pkt->vlan[1];
	peer = ig_peer_mac(pkt);
	__builtin_memcpy(r->peer_mac, peer, sizeof(r->peer_mac));
	r->ip_version = pkt->ip_version;
	r->direction = pkt->direction;
	r->tcp_flags = pkt->tcp_flags;
	r->dscp = pkt->dscp;
	r->reason = reason;
	r->flowless = 0;
	return 1;
}
