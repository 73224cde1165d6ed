/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The slow path: the whole judgement of a packet that no live flow admits, in the order that the
 * policy text fixes. The first check that fails is the reason.
 *
 * It has two halves, which the entry points call one after the other (nested, they would not fit
 * the stack): first who sent it and whether that may be, which ends with a reason or with
 * IG_REASON_NONE; then, on NONE, whether there may be such a conversation. What follows for the
 * flow table is done by them afterwards.
 */
#pragma once

/* Of what is not ICMP of its own IP version. Ports are 0 for protocols without. */
always_inline __u32 ig_service_at(__u8 proto, __be16 port_be)
{
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		return IG_SERVICE_NO_ICMP; /* the other version's */
	return IG_SERVICE(proto, ig_ntohs(port_be));
}

always_inline __u32 ig_service_of(const struct ig_packet *pkt, __be16 port_be)
{
	if (!pkt->ip_version)
		return IG_SERVICE_ETHERTYPE(pkt->ethertype);
	if (ig_is_icmp(pkt))
		return IG_SERVICE(pkt->proto, pkt->icmp);
	return ig_service_at(pkt->proto, port_be);
}

/* Asks the policy about a conversation that @as opened. Sets what the admission rests on. */
verified_alone enum ig_reason ig_admit(struct ig_judgement *j, struct ig_question *q,
				       enum ig_direction as)
{
	struct ig_match match = {};
	enum ig_reason reason;
	bool matches;
	__u32 at;

	if (!j || !q || !ig_is_known(j))
		return IG_REASON_NO_POLICY;
	j->admitted_as = as;
	j->critical = 0;
	j->spared = 0;
	j->rule = IG_NO_RULE;
	j->until = 0;
	j->name = 0;
	j->resolves = 0;
	j->plain = 0;
	if (j->device.trusted && !j->quarantined)
		return IG_REASON_TRUSTED;
	if (as == IG_FROM_DEVICE && q->ip_version) {
		bool resolving = ig_is_resolving(q, ig_slot_of(j));

		j->resolves = resolving && !j->device.trusted;
		reason = ig_admit_infrastructure(q, ig_slot_of(j), j->device.infrastructure,
						 resolving);
		if (reason) {
			j->spared = 1;
			return reason;
		}
	}
	if (j->device.trusted) /* it has no rules, whatever stands there */
		return IG_REASON_QUARANTINE;
	at = j->device.policy + (as == IG_TO_DEVICE ? IG_TABLE_BLOCKS : 0);
	if (q->ip_version && (j->device.flags & IG_DEVICE_NAMES) &&
	    ig_question_names(q, j->index, j->generation, j->now))
		ig_question_classes(ig_slot_of(j), at, q);
	matches = ig_first_match(ig_slot_of(j), at, q, &match, 0);
	j->plain = !match.conditional && !q->n_names;
	if (!matches)
		return q->ip_version ? IG_REASON_NO_RULE : IG_REASON_ETHERTYPE;
	j->rule = match.id;
	if (j->quarantined && (match.flags & IG_RULE_ALLOW) && !(match.flags & IG_RULE_SPARED)) {
		ig_first_match(ig_slot_of(j), at, q, &match, 1);
		if (match.id == IG_NO_RULE || !(match.flags & IG_RULE_ALLOW))
			return IG_REASON_QUARANTINE;
		j->rule = match.id;
	}
	j->until = match.until;
	j->name = match.name;
	j->critical = !!(match.flags & IG_RULE_CRITICAL);
	j->spared = !!(match.flags & IG_RULE_SPARED);
	return match.flags & IG_RULE_ALLOW ? IG_REASON_RULE : IG_REASON_RULE_DENY;
}

/* Who the remote is, for rules. Flows know what routing said when they were made. */
always_inline void ig_question_remote(struct ig_question *q, const struct ig_judgement *j,
				      __u32 entity, bool routed_here)
{
	if (entity == IG_ENTITY_GATEWAY_LIVE && j->routing == IG_ROUTING_ON)
		entity = IG_ENTITY_NONE;
	q->routed_here = entity == IG_ENTITY_NONE && (routed_here || j->routing == IG_ROUTING_HERE);
	q->not_internet = q->routed_here || entity == IG_ENTITY_GATEWAY_LIVE;
	q->entity = q->not_internet ? IG_ENTITY_GATEWAY : entity;
	q->now = j->now;
}

/* The conversation that a live but outdated flow is part of: as the packet that opened it asked.
 * @key: of that flow. */
always_inline void ig_question_of_flow(struct ig_question *q, const struct ig_packet *pkt,
				       const union ig_flow_key *key, const struct ig_flow *flow)
{
	bool by_device = flow->initiator == IG_FROM_DEVICE;
	__be16 local = pkt->ip_version == 4 ? key->v4.local_port_be : key->v6.local_port_be;
	__be16 remote = pkt->ip_version == 4 ? key->v4.remote_port_be : key->v6.remote_port_be;
	__u8 proto = pkt->ip_version == 4 ? key->v4.proto : key->v6.proto;

	q->dscp = flow->dscp;
	q->flow_name = flow->flags & IG_FLOW_RESOLVES ? 0 : flow->mark;
	if (proto == (pkt->ip_version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		q->service = IG_SERVICE_ICMP(proto, ig_ntohs(remote), flow->icmp_code);
		q->source_port = 0;
	} else {
		q->service = ig_service_at(proto, by_device ? remote : local);
		q->source_port = ig_ntohs(by_device ? local : remote);
	}
}

/* EAPOL and LLDP between a machine and the gateway, or to a group that no bridge forwards. */
always_inline bool ig_is_link_control_allowed(const struct ig_packet *pkt,
					      const struct ig_judgement *j)
{
	bool from = pkt->direction == IG_FROM_DEVICE;

	if (!ig_is_link_control(pkt) || !(j->device.infrastructure & IG_INFRA_LINK_CONTROL))
		return false;
	return (from && ig_is_link_group(&pkt->dst_mac)) ||
	       ig_is_gateway_mac(
		       ig_device_find(ig_slot_of(j), from ? &pkt->dst_mac : &pkt->src_mac));
}

/* Frames that are neither IP nor ARP. */
always_inline enum ig_reason ig_judge_ethertype(const struct ig_packet *pkt, struct ig_judgement *j,
						struct ig_question *q)
{
	bool from = pkt->direction == IG_FROM_DEVICE;
	struct ig_device *other =
		ig_device_find(ig_slot_of(j), from ? &pkt->dst_mac : &pkt->src_mac);

	q->entity = other ? other->index : IG_ENTITY_NONE;
	q->now = j->now;
	q->service = IG_SERVICE_ETHERTYPE(pkt->ethertype);
	return ig_is_link_control_allowed(pkt, j) ? IG_REASON_LINK_CONTROL
						  : ig_admit(j, q, pkt->direction);
}

always_inline void ig_question_begin(struct ig_question *q, const struct ig_packet *pkt,
				     struct ig_judgement *j)
{
	q->ip_version = pkt->ip_version;
	__builtin_memcpy(&q->remote, pkt->direction == IG_FROM_DEVICE ? &pkt->dst : &pkt->src, 16);
	q->service = ig_service_of(pkt, pkt->dst_port_be);
	q->source_port = ig_ntohs(pkt->src_port_be);
	q->dscp = pkt->dscp;
	ig_question_remote(q, j, ig_remote_of(j, &q->remote), false);
}

/* By the policy in force, and by a rule that has not ended. */
always_inline bool ig_flow_was_spared(const struct ig_flow *flow, const struct ig_judgement *j)
{
	return (flow->flags & IG_FLOW_SPARED) && flow->generation == (__u32)j->generation &&
	       !ig_flow_ended(flow, j->now);
}

/* Outdated, seen elsewhere or toward another MAC address: what its initiator may do decides. */
always_inline enum ig_reason ig_judge_again(const struct ig_packet *pkt, struct ig_judgement *j,
					    struct ig_question *q, const union ig_flow_key *key,
					    const struct ig_flow *flow)
{
	enum ig_reason reason;

	j->again = 1;
	ig_question_of_flow(q, pkt, key, flow);
	if (pkt->direction == IG_TO_DEVICE)
		ig_question_remote(q, j, ig_remote_of(j, &q->remote),
				   flow->flags & IG_FLOW_ROUTED_HERE);
	if (q->routed_here)
		j->routing = IG_ROUTING_HERE;
	reason = ig_admit(j, q, flow->initiator);
	if (reason == IG_REASON_QUARANTINE) /* the flow outlives it */
		j->unsafe = ig_flow_was_spared(flow, j);
	else if (ig_reason_drops(reason) && j->mode != IG_MODE_LEARN)
		j->fate = IG_FLOW_TO_DELETE;
	else
		j->fate = IG_FLOW_TO_MAKE;
	return reason;
}

/* An ICMP error about a packet of a flow: does that flow live, and would it still be admitted? It is
 * not touched: an error makes it neither younger nor older. */
always_inline bool ig_error_is_admitted(const struct ig_packet *pkt, struct ig_judgement *j,
					const union ig_flow_key *key, struct ig_question *q)
{
	struct ig_flow *flow = ig_flow_find(pkt->ip_version, key);
	__u8 proto;

	if (!flow)
		return false;
	proto = pkt->ip_version == 4 ? key->v4.proto : key->v6.proto;
	if (ig_flow_expired(flow, pkt, proto, j->now) || !ig_flow_same_place(pkt, flow))
		return false;
	if (ig_flow_is_current(flow, j)) {
		j->rule = flow->rule;
		return true;
	}
	q->ip_version = pkt->ip_version;
	if (pkt->ip_version == 4) {
		ig_ip_map4(&q->remote);
		q->remote.w[3] = key->v4.remote_be;
	} else {
		__builtin_memcpy(&q->remote, key->v6.remote, 16);
	}
	ig_question_of_flow(q, pkt, key, flow);
	ig_question_remote(q, j, ig_entity_of(&q->remote, j->segment, ig_slot_of(j), j->now),
			   flow->flags & IG_FLOW_ROUTED_HERE);
	return !ig_reason_drops(ig_admit(j, q, flow->initiator));
}

/* Tables may have been lost in the middle of a connection that the other side opened: a critical
 * service of the device has to live on. */
always_inline enum ig_reason ig_admit_as_answer(const struct ig_packet *pkt, struct ig_judgement *j,
						struct ig_question *q, enum ig_reason refused)
{
	__u32 refused_by = j->rule;
	__u8 resolves = j->resolves, plain = j->plain;

	if (pkt->direction != IG_FROM_DEVICE || pkt->proto != IPPROTO_TCP ||
	    (pkt->tcp_flags & (TCP_ACK | TCP_SYN)) != TCP_ACK)
		return refused;
	q->service = ig_service_of(pkt, pkt->src_port_be);
	q->source_port = ig_ntohs(pkt->dst_port_be);
	if (ig_admit(j, q, IG_TO_DEVICE) == IG_REASON_RULE)
		return IG_REASON_RULE;
	j->rule = refused_by;
	j->resolves = resolves;
	j->plain &= plain;
	j->name = 0;
	j->critical = 0;
	j->spared = 0;
	j->until = 0;
	j->admitted_as = IG_FROM_DEVICE;
	return refused;
}

/* Second half: judges by flow, infrastructure conversations and rules. Identity is proved. @flow_key
 * is what j->key says. */
verified_alone enum ig_reason ig_judge_conversation(const struct ig_packet *pkt,
						    struct ig_judgement *j,
						    const union ig_flow_key *flow_key,
						    struct ig_question *q)
{
	union ig_flow_key key;
	struct ig_flow *flow = 0;
	enum ig_reason reason;

	if (!pkt || !j || !flow_key || !q)
		return IG_REASON_NO_POLICY;
	if (!pkt->ip_version)
		return ig_judge_ethertype(pkt, j, q);
	key = *flow_key;
	if (j->key == IG_KEY_QUOTED && ig_error_is_admitted(pkt, j, &key, q))
		return IG_REASON_ICMP_ERROR;
	ig_question_begin(q, pkt, j);
	if (j->key == IG_KEY_OWN)
		flow = ig_flow_find(pkt->ip_version, &key);
	if (flow && pkt->fragment && ig_flow_admits(flow, pkt, j))
		return IG_REASON_FLOW; /* only fragments come here with a live one */
	if (flow && !ig_opens_anew(pkt, flow) && !ig_flow_expired(flow, pkt, pkt->proto, j->now))
		return ig_judge_again(pkt, j, q, &key, flow);
	reason = ig_admit(j, q, pkt->direction);
	if (reason == IG_REASON_NO_RULE || reason == IG_REASON_RULE_DENY ||
	    reason == IG_REASON_QUARANTINE)
		reason = ig_admit_as_answer(pkt, j, q, reason);
	if (flow) /* it may live again, judged by whom it was opened */
		j->plain = 0;
	if (j->key == IG_KEY_OWN && ig_may_open(pkt) &&
	    (!ig_reason_drops(reason) || j->mode == IG_MODE_LEARN))
		j->fate = IG_FLOW_TO_MAKE;
	return reason;
}

/* The mode of frames that belong to no device: that of the segment, or of the whole where there is
 * none. */
always_inline void ig_know_port(struct ig_judgement *j, const struct ig_port *port)
{
	if (!port)
		port = ig_port_at(ig_slot_of(j), 0, 0, 0);
	if (!port)
		return;
	j->mode = port->mode;
	j->segment = port->segment;
}

always_inline void ig_know_device(struct ig_judgement *j, struct ig_device *device)
{
	j->device = *device;
	j->index = device->index;
	j->segment = device->segment;
}

/* Only now does its mode hold: a MAC address alone is a claim, and a device in monitor mode must
 * not open the ports of others to whoever takes its name. */
always_inline void ig_place_device(struct ig_judgement *j)
{
	struct ig_control *control = ig_control_get();
	struct ig_state *state = ig_state_find(j->index);

	j->placed = 1;
	j->bound = control ? READ_ONCE(control->bound) : 0;
	if (state) {
		j->epoch = READ_ONCE(state->epoch);
		j->pinned = READ_ONCE(state->pinned);
		j->quarantined = state->quarantine_until_ns > j->now;
	}
	j->mode = j->quarantined ? IG_MODE_ENFORCE : j->device.mode;
}

/* A device without an address may look for one. */
always_inline bool ig_source_may_be_unspecified(const struct ig_packet *pkt, void *data,
						void *data_end)
{
	return ig_is_nd(pkt) || ig_is_membership(pkt, data, data_end) ||
	       ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER);
}

/* Programs are on an interface before the policy that guards it is in force, and after the last one
 * that did. */
always_inline bool ig_is_enforced(const struct ig_packet *pkt, const struct ig_judgement *j,
				  const struct ig_port *port)
{
	if (!j->generation)
		return false;
	if (!ig_ports_count() || port ||
	    !ig_slot_map(&ig_ports, ig_slot_of(j))) /* a slot without ports is no policy at all */
		return true;
	return ig_port_at(ig_slot_of(j), pkt->ifindex, IG_GUARDED, IG_GUARDED) != 0;
}

/* NONE: it is none, or a first one that has to be judged as a whole packet is. */
always_inline enum ig_reason ig_judge_fragment(const struct ig_packet *pkt, struct ig_judgement *j)
{
	if (pkt->fragment == IG_FRAGMENT_LATER)
		return ig_datagram_follow(pkt, j);
	if (pkt->fragment == IG_FRAGMENT_FIRST && ig_datagram_again(pkt, j))
		return IG_REASON_FRAGMENT_OVERLAP;
	return IG_REASON_NONE;
}

/* First half, from-device, as far as the frame is from a device that is where it belongs, or from a
 * stranger that is onboarded. */
always_inline enum ig_reason ig_judge_sender(struct xdp_md *ctx, const struct ig_packet *pkt,
					     void *data, void *data_end, struct ig_judgement *j)
{
	__u32 allowed = j->device.infrastructure;
	enum ig_reason reason;

	if (pkt->ethertype == ETH_P_ARP) {
		reason = ig_judge_arp(pkt, data, data_end, j);
		return reason == IG_REASON_ARP && !(allowed & IG_INFRA_ARP) ? IG_REASON_ETHERTYPE
									    : reason;
	}
	if (!pkt->ip_version)
		return IG_REASON_NONE;
	if (ig_is_nd(pkt)) {
		reason = ig_judge_nd_from(pkt, data, data_end, j);
		if (reason != IG_REASON_ND)
			return reason;
	}
	if (ig_is_about_dhcp(pkt)) {
		reason = ig_judge_dhcp_from(ctx, pkt, j);
		if (reason)
			return reason;
	}
	if (ig_ip_is_unspecified(&pkt->src, pkt->ip_version)) {
		if (!ig_source_may_be_unspecified(pkt, data, data_end))
			return IG_REASON_SOURCE_SPOOF;
	} else if (!ig_is_bound(&pkt->src, pkt->ip_version, &pkt->src_mac, j, true) &&
		   !ig_source_is_claimed(pkt, j) && !ig_is_clients_address(pkt, j)) {
		return IG_REASON_SOURCE_SPOOF;
	}
	if (!ig_layers_agree_from(pkt, j))
		return IG_REASON_LAYER_MISMATCH;
	if (j->claims)
		ig_claim_grant(j);
	j->grouped = ig_ip_is_group(&pkt->dst, pkt->ip_version) ||
		     ig_ip_is_group(&pkt->src, pkt->ip_version); /* a client may say that */
	reason = ig_judge_fragment(pkt, j);
	if (reason)
		return reason;
	if (ig_is_nd(pkt) && (allowed & IG_INFRA_ND))
		return IG_REASON_ND;
	reason = ig_judge_infrastructure(pkt, data, data_end, ig_slot_of(j), allowed);
	if (reason == IG_REASON_DHCP && j->client)
		ig_dhcp_note(j);
	return reason;
}

/* It spoke, and nothing it said of itself was a lie: here is where it is. */
always_inline void ig_hear(const struct ig_packet *pkt, const struct ig_judgement *j,
			   enum ig_reason reason)
{
	struct ig_state *state = ig_heard_state(j);

	/* a later fragment got that far, whatever became of it */
	if (!state || (ig_reason_drops(reason) && reason != IG_REASON_FRAGMENT &&
		       reason != IG_REASON_FRAGMENT_OVERLAP && reason != IG_REASON_QUARANTINE))
		return;
	state->ifindex = pkt->ifindex;
	state->vlan[0] = pkt->vlan[0];
	state->vlan[1] = pkt->vlan[1];
}

always_inline enum ig_reason ig_judge_stranger_from(struct xdp_md *ctx, const struct ig_packet *pkt,
						    struct ig_judgement *j,
						    const struct ig_port *port)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	enum ig_reason reason;

	j->stranger = 1;
	if (port && port->unknown == IG_UNKNOWN_MONITOR)
		j->mode = IG_MODE_MONITOR;
	if (!port || port->unknown != IG_UNKNOWN_ONBOARD || !s || !ig_keeps_apart(pkt, j))
		return IG_REASON_UNKNOWN_DEVICE;
	ig_know_stranger(j, port);
	reason = ig_judge_sender(ctx, pkt, data, data_end, j);
	if (reason)
		return reason;
	if (ig_is_link_control_allowed(pkt, j))
		return IG_REASON_LINK_CONTROL;
	return ig_judge_stranger_talk(pkt, j, &s->question);
}

verified_alone enum ig_reason ig_judge_from(struct xdp_md *ctx, const struct ig_packet *pkt,
					    struct ig_judgement *j, enum ig_reason parsed)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_device *device;
	struct ig_port *port;
	enum ig_reason reason;

	if (!pkt || !j)
		return IG_REASON_NO_POLICY;
	device = ig_device_find(ig_slot_of(j), &pkt->src_mac);
	port = ig_port_find(ig_slot_of(j), pkt);
	ig_know_port(j, port);
	if (device && !parsed && pkt->ip_version)
		device = ig_device_told_apart(ig_slot_of(j), device, &pkt->src);
	if (device && device->kind != IG_KIND_GATEWAY) {
		ig_know_device(j, device);
		if (ig_on_its_segment(pkt, device, port))
			ig_place_device(j);
	}
	if (!ig_is_enforced(pkt, j, port))
		return IG_REASON_NOT_ENFORCED;
	if (parsed)
		return parsed;
	if (!ig_slot_map(&ig_policy, ig_slot_of(j)))
		return IG_REASON_NO_POLICY;
	if (ig_is_group(&pkt->src_mac))
		return IG_REASON_MALFORMED;
	if (ig_ports_count() && !port)
		return IG_REASON_NO_SEGMENT;
	if (!device)
		return ig_judge_stranger_from(ctx, pkt, j, port);
	if (device->kind == IG_KIND_GATEWAY)
		return IG_REASON_GATEWAY_SPOOF;
	if (!j->placed)
		return IG_REASON_WRONG_PORT;
	reason = ig_judge_sender(ctx, pkt, data, data_end, j);
	if (!reason)
		j->routing = ig_routing_of(ctx, pkt, j);
	ig_hear(pkt, j, reason);
	return reason;
}

/* Asks one table, and keeps who is first in the order of the inventory. */
verified_alone int ig_ask_consent(__u32 slot, __u32 at, const struct ig_question *q,
				  struct ig_match *first)
{
	struct ig_match match = {};

	if (!q || !first)
		return 0;
	if (ig_first_match(slot, at, q, &match, 0) && (match.flags & IG_RULE_ALLOW) &&
	    (first->id == IG_NO_RULE || match.order < first->order))
		*first = match;
	return 0;
}

/*
 * A group frame of the gateway that is no infrastructure passes if a machine at this port has a
 * `from` rule for it. The tables that are asked have the rules of all of them; named is the first
 * machine, in the order of the inventory, that consents.
 */
verified_alone enum ig_reason ig_judge_consent(const struct ig_packet *pkt, struct ig_judgement *j,
					       struct ig_question *q)
{
	struct ig_match first = {.id = IG_NO_RULE};
	struct ig_port *port;
	__u32 slot, at, n;

	if (!pkt || !j || !q)
		return IG_REASON_NO_POLICY;
	slot = ig_slot_of(j);
	/* a capture does not say which port: whoever there is may consent */
	port = ig_ports_count() ? ig_port_find(slot, pkt) : ig_port_at(slot, 0, 0, 0);
	if (!port || pkt->fragment || (pkt->ip_version && pkt->proto == IPPROTO_TCP))
		return IG_REASON_GROUP_REFUSED; /* TCP has no groups */
	at = port->groups;
	n = port->n_groups;
	ig_question_begin(q, pkt, j);
	if (!pkt->ip_version) {
		q->entity = IG_ENTITY_GATEWAY;
		q->routed_here = q->not_internet = 0;
	}
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_MAX_GROUP_TABLES; i++)
	{
		if (i >= n)
			break;
		ig_ask_consent(slot, at + i * IG_TABLE_BLOCKS, q, &first);
	}
	if (first.id == IG_NO_RULE)
		return IG_REASON_GROUP_REFUSED;
	j->index = first.holder;
	j->rule = first.id;
	return IG_REASON_RULE;
}

/* Broadcast and multicast on their way out of a port. */
always_inline enum ig_reason ig_judge_group(struct __sk_buff *ctx, const struct ig_packet *pkt,
					    void *data, void *data_end, struct ig_judgement *j)
{
	struct ig_device *sender = ig_device_find(ig_slot_of(j), &pkt->src_mac);
	enum ig_reason reason;

	if (!sender)
		return IG_REASON_GROUP_REFUSED;
	if (sender->kind != IG_KIND_GATEWAY) {
		if (!ig_is_for_all(pkt, sender, ig_slot_of(j)))
			return IG_REASON_LAYER_MISMATCH;
		return ig_is_for_gateway(pkt) ? IG_REASON_GROUP_REFUSED : IG_REASON_JUDGED_AT_ENTRY;
	}
	if (pkt->ethertype == ETH_P_ARP)
		return ig_judge_arp(pkt, data, data_end, j);
	if (ig_is_link_control(pkt))
		return IG_REASON_LINK_CONTROL;
	if (ig_is_nd(pkt))
		return ig_judge_nd_to(pkt, true);
	reason = ig_judge_infrastructure(pkt, data, data_end, ig_slot_of(j), IG_INFRA_ALL);
	if (reason == IG_REASON_DHCP)
		return ig_judge_dhcp_to(ctx, pkt, j);
	j->for_all = !reason;
	return reason;
}

/* First half, to-device, as far as the frame is for a device behind this very port. */
always_inline enum ig_reason ig_judge_known_receiver(struct __sk_buff *ctx,
						     const struct ig_packet *pkt, void *data,
						     void *data_end, struct ig_judgement *j)
{
	struct ig_device *sender = ig_device_find(ig_slot_of(j), &pkt->src_mac);
	bool from_gateway = sender && sender->kind == IG_KIND_GATEWAY;
	bool to_group = pkt->ip_version && ig_ip_is_group(&pkt->dst, pkt->ip_version);
	__u32 allowed = j->device.infrastructure;
	enum ig_reason reason;

	if (pkt->ethertype == ETH_P_ARP) {
		if (!sender)
			return IG_REASON_ARP_SPOOF;
		reason = ig_judge_arp(pkt, data, data_end, j);
		return reason == IG_REASON_ARP && !(allowed & IG_INFRA_ARP) ? IG_REASON_ETHERTYPE
									    : reason;
	}
	if (!pkt->ip_version)
		return IG_REASON_NONE;
	if (to_group && !from_gateway) /* a bridge made a unicast frame of it */
		return !sender || ig_is_for_gateway(pkt) ? IG_REASON_GROUP_REFUSED
							 : IG_REASON_JUDGED_AT_ENTRY;
	if (ig_is_nd(pkt) && (!sender || ig_judge_nd_to(pkt, from_gateway) != IG_REASON_ND))
		return IG_REASON_ND_SPOOF;
	/* an offer goes to an address that is not the device's yet */
	if (from_gateway) {
		reason = ig_judge_infrastructure(pkt, data, data_end, ig_slot_of(j), allowed);
		if (reason == IG_REASON_DHCP)
			return ig_judge_dhcp_to(ctx, pkt, j);
		if (reason)
			return reason;
	}
	j->grouped = to_group || ig_ip_is_group(&pkt->src, pkt->ip_version);
	if (!to_group && !j->device.trusted &&
	    !ig_is_bound(&pkt->dst, pkt->ip_version, &pkt->dst_mac, j, false))
		return IG_REASON_NOT_ITS_ADDRESS;
	if (!ig_layers_agree_to(pkt, j))
		return IG_REASON_LAYER_MISMATCH;
	reason = ig_judge_fragment(pkt, j);
	if (reason)
		return reason;
	if (ig_is_nd(pkt) && (allowed & IG_INFRA_ND))
		return IG_REASON_ND;
	return IG_REASON_NONE;
}

verified_alone enum ig_reason ig_judge_to(struct __sk_buff *ctx, const struct ig_packet *pkt,
					  struct ig_judgement *j, enum ig_reason parsed)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_device *device;
	struct ig_port *port;

	if (!pkt || !j)
		return IG_REASON_NO_POLICY;
	device = ig_device_find(ig_slot_of(j), &pkt->dst_mac);
	port = ig_port_find(ig_slot_of(j), pkt);
	ig_know_port(j, port);
	if (device && !parsed && pkt->ip_version)
		device = ig_device_told_apart(ig_slot_of(j), device, &pkt->dst);
	if (port && port->unknown == IG_UNKNOWN_MONITOR)
		j->mode = IG_MODE_MONITOR;
	if (device && device->kind != IG_KIND_GATEWAY) {
		ig_know_device(j, device);
		if (ig_on_its_segment(pkt, device, port) && !ig_is_elsewhere(pkt, j))
			ig_place_device(j);
	}
	if (!ig_is_enforced(pkt, j, port))
		return IG_REASON_NOT_ENFORCED;
	if (parsed)
		return parsed;
	if (!ig_slot_map(&ig_policy, ig_slot_of(j)))
		return IG_REASON_NO_POLICY;
	if (ig_ports_count() && !port)
		return IG_REASON_NO_SEGMENT;
	if (ig_is_group(&pkt->dst_mac))
		return ig_judge_group(ctx, pkt, data, data_end, j);
	if (!device && port && port->unknown == IG_UNKNOWN_ONBOARD)
		return ig_judge_stranger_to(ctx, pkt, data, data_end, j, port->infrastructure);
	if (!device || device->kind == IG_KIND_GATEWAY)
		return IG_REASON_UNKNOWN_UNICAST;
	if (!j->placed)
		return IG_REASON_FLOODED;
	return ig_judge_known_receiver(ctx, pkt, data, data_end, j);
}
