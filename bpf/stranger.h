/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Machines that no inventory knows. In a segment where they are onboarded they may use infrastructure
 * and nothing else: they are judged as a machine of the segment without a name, addresses and rules.
 * They have no index, so no flows, and nothing is bound to them.
 */
#pragma once

always_inline void ig_know_stranger(struct ig_judgement *j, const struct ig_port *port)
{
	j->device.kind = IG_KIND_DEVICE;
	j->device.index = IG_ENTITY_NONE;
	j->device.router = IG_ENTITY_NONE;
	j->device.segment = port->segment;
	j->device.infrastructure = port->infrastructure;
}

/* What it sends stays away from other machines: it is for the gateway, or for all, and whole. */
always_inline bool ig_keeps_apart(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	return !pkt->fragment && (ig_is_group(&pkt->dst_mac) ||
				  ig_is_gateway_mac(ig_device_find(ig_slot_of(j), &pkt->dst_mac)));
}

/* What it asks of the gateway's servers. */
always_inline enum ig_reason ig_judge_stranger_talk(const struct ig_packet *pkt,
						    const struct ig_judgement *j,
						    struct ig_question *q)
{
	enum ig_reason reason;

	__builtin_memcpy(&q->remote, &pkt->dst, 16);
	q->service = IG_SERVICE(pkt->proto, ig_ntohs(pkt->dst_port_be));
	reason = pkt->ip_version
			 ? ig_admit_infrastructure(q, ig_slot_of(j), j->device.infrastructure,
						   ig_is_resolving(q, ig_slot_of(j)))
			 : IG_REASON_NONE;
	return reason ? reason : IG_REASON_UNKNOWN_DEVICE;
}

/* An answer of one of the gateway's servers, by where it comes from. */
always_inline enum ig_reason ig_judge_stranger_answer(const struct ig_packet *pkt, __u32 slot,
						      __u32 allowed)
{
	bool udp = pkt->proto == IPPROTO_UDP;

	if ((allowed & IG_INFRA_DNS) && (udp || pkt->proto == IPPROTO_TCP) &&
	    pkt->src_port_be == ig_htons(PORT_DNS) &&
	    ig_is_listed(&pkt->src, IG_SERVICE_RESOLVER, slot))
		return IG_REASON_DNS;
	if ((allowed & IG_INFRA_NTP) && udp && pkt->src_port_be == ig_htons(PORT_NTP) &&
	    ig_is_listed(&pkt->src, IG_SERVICE_TIME, slot))
		return IG_REASON_NTP;
	return IG_REASON_UNKNOWN_UNICAST;
}

/* What leaves for a MAC address that no inventory knows, through a port where such may be. */
always_inline enum ig_reason ig_judge_stranger_to(struct __sk_buff *ctx,
						  const struct ig_packet *pkt, void *data,
						  void *data_end, struct ig_judgement *j,
						  __u32 allowed)
{
	__u32 slot = ig_slot_of(j);
	enum ig_reason reason;

	if (!ig_is_gateway_mac(ig_device_find(slot, &pkt->src_mac)))
		return IG_REASON_UNKNOWN_UNICAST;
	if (pkt->ethertype == ETH_P_ARP)
		return allowed & IG_INFRA_ARP ? ig_judge_arp(pkt, data, data_end, j)
					      : IG_REASON_UNKNOWN_UNICAST;
	if (ig_is_link_control(pkt) && (allowed & IG_INFRA_LINK_CONTROL))
		return IG_REASON_LINK_CONTROL;
	if (!pkt->ip_version)
		return IG_REASON_UNKNOWN_UNICAST;
	if (ig_is_nd(pkt))
		return allowed & IG_INFRA_ND ? ig_judge_nd_to(pkt, true)
					     : IG_REASON_UNKNOWN_UNICAST;
	if (pkt->fragment)
		return IG_REASON_UNKNOWN_UNICAST;
	reason = ig_judge_infrastructure(pkt, data, data_end, slot, allowed);
	if (reason == IG_REASON_DHCP)
		return ig_judge_dhcp_to(ctx, pkt, j);
	return reason ? reason : ig_judge_stranger_answer(pkt, slot, allowed);
}

/* Tells people what the DHCP message of a stranger says of it, once. */
verified_alone int ig_introduce(struct xdp_md *ctx, enum ig_reason reason, enum ig_action action)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_control *control = ig_control_get();
	struct ig_stranger_event *event;
	__u32 repeats, suppressed, from, size;
	__u64 key;

	if (!s || !counter || !control || !ig_dhcp_begin(ctx, true, &s->pkt, &s->dhcp))
		return 0;
	key = ig_mix(ig_mix(ig_mix(control->seed, s->j.generation), IG_EVENT_STRANGER),
		     *(const __u64 *)&s->pkt.src_mac) |
	      1;
	if (ig_is_suppressed(key, true, counter, &repeats, &suppressed))
		return 0;
	event = bpf_ringbuf_reserve(&ig_events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return 0;
	}
	ig_event_fill(&event->event, &s->pkt, &s->j, reason, action, repeats, suppressed);
	event->event.size = sizeof(*event);
	event->event.type = IG_EVENT_STRANGER;
	__builtin_memset(event->options, 0, sizeof(event->options));
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	event->length = 0;
	from = s->dhcp.at + BOOTP_BYTES;
	size = s->dhcp.end - from - 1; /* less one: see ig_options_size_less_one() */
	barrier_var(size);
	if (s->dhcp.end > from) {
		if (size >= IG_STRANGER_BYTES)
			size = IG_STRANGER_BYTES - 1;
		if (!bpf_xdp_load_bytes(ctx, from, event->options, size + 1))
			event->length = size + 1;
	}
	bpf_ringbuf_submit(event, 0);
	counter->sent++;
	return 0;
}

always_inline bool ig_introduces_itself(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	return j->stranger && pkt->ip_version == 4 &&
	       ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER);
}
