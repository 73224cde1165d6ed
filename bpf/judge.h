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

always_inline __u32 ig_service_of(const struct ig_packet *pkt, __be16 port_be)
{
	if (!pkt->ip_version)
		return IG_SERVICE_ETHERTYPE(pkt->ethertype);
	if (ig_is_icmp(pkt))
		return IG_SERVICE(pkt->proto, pkt->icmp);
	return IG_SERVICE(pkt->proto, ig_ntohs(port_be)); /* 0 for protocols without ports */
}

/* Asks the policy about a conversation that @as opened. Sets what the admission rests on. */
verified_alone enum ig_reason ig_admit(struct ig_judgement *j, const struct ig_question *q,
				       enum ig_direction as)
{
	struct ig_match match;
	enum ig_reason reason;
	void *pool;

	if (!j || !q || !j->known)
		return IG_REASON_NO_POLICY;
	j->admitted_as = as;
	j->critical = 0;
	j->rule = IG_NO_RULE;
	if (j->device.trusted)
		return IG_REASON_TRUSTED;
	if (as == IG_FROM_DEVICE && q->ip_version) {
		reason = ig_admit_infrastructure(q, j->slot, j->device.infrastructure);
		if (reason)
			return reason;
	}
	pool = ig_slot_map(&ig_policy, j->slot);
	if (!pool)
		return IG_REASON_NO_POLICY;
	ig_first_match(pool, j->device.policy + (as == IG_TO_DEVICE), q, &match);
	j->rule = match.id;
	if (match.id == IG_NO_RULE)
		return q->ip_version ? IG_REASON_NO_RULE : IG_REASON_ETHERTYPE;
	j->critical = !!(match.flags & IG_RULE_CRITICAL);
	return match.flags & IG_RULE_ALLOW ? IG_REASON_RULE : IG_REASON_RULE_DENY;
}

/* The conversation that a live but outdated flow is part of, from its key. */
always_inline void ig_question_of_flow(struct ig_question *q, const struct ig_packet *pkt,
				       const struct ig_flow *flow)
{
	bool from_initiator = pkt->direction == flow->initiator;

	if (ig_is_icmp(pkt)) {
		__u8 request;

		ig_icmp_is_query(pkt, &request);
		q->service = IG_SERVICE_ICMP(pkt->proto, request, 0);
	} else {
		q->service =
			ig_service_of(pkt, from_initiator ? pkt->dst_port_be : pkt->src_port_be);
	}
}

/* Frames that are neither IP nor ARP. */
always_inline enum ig_reason ig_judge_ethertype(const struct ig_packet *pkt, struct ig_judgement *j,
						struct ig_question *q)
{
	bool from = pkt->direction == IG_FROM_DEVICE;
	struct ig_device *other = ig_device_find(j->slot, from ? &pkt->dst_mac : &pkt->src_mac);

	q->entity = other ? other->index : IG_ENTITY_NONE;
	q->service = IG_SERVICE_ETHERTYPE(pkt->ethertype);
	if (ig_is_link_control(pkt) && (j->device.infrastructure & IG_INFRA_LINK_CONTROL)) {
		bool gateway = other && other->kind == IG_KIND_GATEWAY;

		if (gateway || (from && ig_is_link_group(&pkt->dst_mac)))
			return IG_REASON_LINK_CONTROL;
	}
	return ig_admit(j, q, pkt->direction);
}

/* Second half: judges by flow, infrastructure conversations and rules. Identity is proved. */
verified_alone enum ig_reason ig_judge_conversation(const struct ig_packet *pkt,
						    struct ig_judgement *j,
						    const union ig_flow_key *flow_key)
{
	struct ig_question q = {};
	union ig_flow_key key;
	enum ig_direction as;
	struct ig_flow *flow = 0;
	enum ig_reason reason;

	if (!pkt || !j || !flow_key)
		return IG_REASON_NO_POLICY;
	if (!pkt->ip_version)
		return ig_judge_ethertype(pkt, j, &q);
	as = pkt->direction;
	q.ip_version = pkt->ip_version;
	__builtin_memcpy(&q.remote, pkt->direction == IG_FROM_DEVICE ? &pkt->dst : &pkt->src, 16);
	q.entity = ig_entity_of(&q.remote, j->slot, j->now);
	q.service = ig_service_of(pkt, pkt->dst_port_be);

	key = *flow_key;
	if (j->keyed)
		flow = ig_flow_find(pkt->ip_version, &key);
	if (flow && !ig_opens_anew(pkt, flow) && !ig_flow_expired(flow, pkt->proto, j->now)) {
		/* outdated, or seen elsewhere: what its initiator may do decides */
		as = flow->initiator;
		ig_question_of_flow(&q, pkt, flow);
		reason = ig_admit(j, &q, as);
		j->fate = ig_reason_drops(reason) ? IG_FLOW_TO_DELETE : IG_FLOW_TO_MAKE;
		return reason;
	}
	reason = ig_admit(j, &q, as);
	/* Tables may have been lost in the middle of a connection that the other side opened: a
	 * critical service of the device has to live on. */
	if ((reason == IG_REASON_NO_RULE || reason == IG_REASON_RULE_DENY) &&
	    pkt->direction == IG_FROM_DEVICE && pkt->proto == IPPROTO_TCP &&
	    (pkt->tcp_flags & TCP_ACK)) {
		__u32 refused_by = j->rule;

		q.service = ig_service_of(pkt, pkt->src_port_be);
		if (ig_admit(j, &q, IG_TO_DEVICE) == IG_REASON_RULE) {
			reason = IG_REASON_RULE;
		} else {
			j->rule = refused_by;
			j->critical = 0;
		}
	}
	if (!ig_reason_drops(reason) && j->keyed)
		j->fate = IG_FLOW_TO_MAKE;
	return reason;
}

/* The mode of frames that belong to no device: that of the segment, or of the whole where there is
 * none. */
always_inline void ig_know_port(struct ig_judgement *j, const struct ig_port *port)
{
	if (!port)
		port = ig_port_at(j->slot, 0, 0, 0);
	if (port)
		j->mode = port->mode;
}

always_inline void ig_know_device(struct ig_judgement *j, struct ig_device *device)
{
	j->device = *device;
	j->known = 1;
	j->index = device->index;
}

/* Only now does its mode hold: a MAC address alone is a claim, and a device in monitor mode must
 * not open the ports of others to whoever takes its name. */
always_inline void ig_place_device(struct ig_judgement *j)
{
	j->placed = 1;
	j->mode = j->device.mode;
}

/* A device without an address may look for one. */
always_inline bool ig_source_may_be_unspecified(const struct ig_packet *pkt, void *data,
						void *data_end)
{
	return ig_is_nd(pkt) || ig_is_membership(pkt, data, data_end) ||
	       ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER);
}

/* A frame to everybody whose packet is for one machine that is here: bridged past that machine's
 * own port, where its consent would be asked for. */
always_inline bool ig_is_misaddressed(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	return ig_is_group(&pkt->dst_mac) && !ig_ip_is_group(&pkt->dst, pkt->ip_version) &&
	       ig_entity_of(&pkt->dst, j->slot, j->now) != IG_ENTITY_NONE;
}

/* Programs are on an interface before the policy that guards it is in force, and after the last one
 * that did. */
always_inline bool ig_is_enforced(const struct ig_packet *pkt, const struct ig_judgement *j,
				  const struct ig_port *port)
{
	if (!j->generation)
		return false;
	if (ig_replaying || port ||
	    !ig_slot_map(&ig_ports, j->slot)) /* a slot without ports is no policy at all */
		return true;
	return ig_port_at(j->slot, pkt->ifindex, IG_GUARDED, IG_GUARDED) != 0;
}

/* First half, from-device, as far as the frame is from a device that is where it belongs. */
always_inline enum ig_reason ig_judge_known_sender(const struct ig_packet *pkt, void *data,
						   void *data_end, struct ig_judgement *j)
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
	if (ig_is_misaddressed(pkt, j))
		return IG_REASON_LAYER_MISMATCH;
	if (ig_is_nd(pkt)) {
		reason = ig_judge_nd_from(pkt, data, data_end, j);
		if (reason != IG_REASON_ND)
			return reason;
	}
	if (ig_ip_is_unspecified(&pkt->src, pkt->ip_version)) {
		if (!ig_source_may_be_unspecified(pkt, data, data_end))
			return IG_REASON_SOURCE_SPOOF;
	} else if (!ig_is_bound(&pkt->src, pkt->ip_version, &pkt->src_mac, j)) {
		return IG_REASON_SOURCE_SPOOF;
	}
	if (pkt->fragment)
		return IG_REASON_FRAGMENT;
	if (ig_is_nd(pkt) && (allowed & IG_INFRA_ND))
		return IG_REASON_ND;
	reason = ig_judge_infrastructure(pkt, data, data_end, j->slot, allowed);
	return reason;
}

verified_alone enum ig_reason ig_judge_from(struct xdp_md *ctx, const struct ig_packet *pkt,
					    struct ig_judgement *j, enum ig_reason parsed)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_device *device;
	struct ig_port *port;
	enum ig_reason reason;
	struct ig_state *state;

	if (!pkt || !j)
		return IG_REASON_NO_POLICY;
	device = ig_device_find(j->slot, &pkt->src_mac);
	port = ig_port_find(j->slot, pkt);
	ig_know_port(j, port);
	if (device && device->kind != IG_KIND_GATEWAY) {
		ig_know_device(j, device);
		if (ig_on_its_segment(pkt, device, port))
			ig_place_device(j);
	}
	if (!ig_is_enforced(pkt, j, port))
		return IG_REASON_NOT_ENFORCED;
	if (parsed)
		return parsed;
	if (!ig_slot_map(&ig_policy, j->slot))
		return IG_REASON_NO_POLICY;
	if (ig_is_group(&pkt->src_mac))
		return IG_REASON_MALFORMED;
	if (!ig_replaying && !port)
		return IG_REASON_NO_SEGMENT;
	if (!device) {
		if (port && port->unknown == IG_UNKNOWN_MONITOR)
			j->mode = IG_MODE_MONITOR;
		return IG_REASON_UNKNOWN_DEVICE;
	}
	if (device->kind == IG_KIND_GATEWAY)
		return IG_REASON_GATEWAY_SPOOF;
	if (!j->placed)
		return IG_REASON_WRONG_PORT;
	reason = ig_judge_known_sender(pkt, data, data_end, j);
	/* it spoke, and nothing it said of itself was a lie: here is where it is */
	state = ig_state_find(device->index);
	if (state && !ig_reason_drops(reason)) {
		state->ifindex = pkt->ifindex;
		state->vlan[0] = pkt->vlan[0];
		state->vlan[1] = pkt->vlan[1];
	}
	return reason;
}

/* Broadcast and multicast on their way out of a port. */
always_inline enum ig_reason ig_judge_group(const struct ig_packet *pkt, void *data, void *data_end,
					    struct ig_judgement *j)
{
	struct ig_device *sender = ig_device_find(j->slot, &pkt->src_mac);
	enum ig_reason reason;

	if (!sender)
		return IG_REASON_GROUP_REFUSED;
	if (sender->kind != IG_KIND_GATEWAY)
		return ig_is_for_gateway(pkt) ? IG_REASON_GROUP_REFUSED : IG_REASON_JUDGED_AT_ENTRY;
	if (pkt->ethertype == ETH_P_ARP)
		return IG_REASON_ARP;
	if (ig_is_link_control(pkt))
		return IG_REASON_LINK_CONTROL;
	if (ig_is_nd(pkt))
		return ig_judge_nd_to(pkt, true);
	reason = ig_judge_infrastructure(pkt, data, data_end, j->slot, IG_INFRA_ALL);
	return reason ? reason : IG_REASON_GROUP_REFUSED;
}

/* First half, to-device, as far as the frame is for a device behind this very port. */
always_inline enum ig_reason ig_judge_known_receiver(const struct ig_packet *pkt, void *data,
						     void *data_end, struct ig_judgement *j)
{
	struct ig_device *sender = ig_device_find(j->slot, &pkt->src_mac);
	bool from_gateway = sender && sender->kind == IG_KIND_GATEWAY;
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
	if (ig_is_nd(pkt) && (!sender || ig_judge_nd_to(pkt, from_gateway) != IG_REASON_ND))
		return IG_REASON_ND_SPOOF;
	if (pkt->fragment)
		return IG_REASON_FRAGMENT;
	/* an offer goes to an address that is not the device's yet */
	if (from_gateway) {
		reason = ig_judge_infrastructure(pkt, data, data_end, j->slot, allowed);
		if (reason)
			return reason;
	}
	if (!j->device.trusted && !ig_is_bound(&pkt->dst, pkt->ip_version, &pkt->dst_mac, j))
		return IG_REASON_NOT_ITS_ADDRESS;
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
	device = ig_device_find(j->slot, &pkt->dst_mac);
	port = ig_port_find(j->slot, pkt);
	ig_know_port(j, port);
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
	if (!ig_slot_map(&ig_policy, j->slot))
		return IG_REASON_NO_POLICY;
	if (!ig_replaying && !port)
		return IG_REASON_NO_SEGMENT;
	if (ig_is_group(&pkt->dst_mac))
		return ig_judge_group(pkt, data, data_end, j);
	if (!device || device->kind == IG_KIND_GATEWAY)
		return IG_REASON_UNKNOWN_UNICAST;
	if (!j->placed)
		return IG_REASON_FLOODED;
	return ig_judge_known_receiver(pkt, data, data_end, j);
}
