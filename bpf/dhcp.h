/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DHCP (RFC 2131, RFC 8415): read as far as truth and leases need. Messages are read by helpers, piece
 * by piece, into memory of their own: they are rare, and options may stand anywhere.
 */
#pragma once

#define BOOTP_BYTES	      240 /* with the cookie that says that options follow */
#define BOOTP_COOKIE_AT	      236
#define DHCP_COOKIE	      0x63825363
#define DHCP_OPTIONS_READ     64
#define DHCP6_BYTES	      4

#define DHCP_OPTION_PAD	      0
#define DHCP_OPTION_REQUESTED 50
#define DHCP_OPTION_LEASE     51
#define DHCP_OPTION_TYPE      53
#define DHCP_OPTION_END	      255
#define DHCP_FOR_EVER	      0xffffffffu

enum ig_dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

/* Types of DHCPv6 messages, as bits. */
#define DHCP6_OF_CLIENTS \
	(1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11) /* SOLICIT .. \
										  */
#define DHCP6_OF_SERVERS (1 << 2 | 1 << 7 | 1 << 10) /* ADVERTISE, REPLY, RECONFIGURE */

always_inline long ig_load(void *ctx, bool from, __u32 offset, void *to, __u32 size)
{
	return from ? bpf_xdp_load_bytes(ctx, offset, to, size)
		    : bpf_skb_load_bytes(ctx, offset, to, size);
}

/* Where the message ends, by the length that UDP states; the parser held that against the packet. */
always_inline bool ig_dhcp_begin(void *ctx, bool from, const struct ig_packet *pkt,
				 struct ig_dhcp *d)
{
	if (ig_load(ctx, from, pkt->l4 + offsetof(struct udphdr, len), &d->length_be,
		    sizeof(d->length_be)))
		return false;
	d->at = pkt->l4 + sizeof(struct udphdr);
	d->end = pkt->l4 + ig_ntohs(d->length_be);
	return true;
}

/* Goes over one option. IG_REASON_NONE: there is another one; FLOW: that was the last. */
always_inline enum ig_reason ig_dhcp_step(void *ctx, bool from, struct ig_dhcp *d)
{
	__u32 at = READ_ONCE(d->at), end = READ_ONCE(d->end), length;
	__u8 code;

	if (at >= end)
		return IG_REASON_FLOW;
	if (ig_load(ctx, from, at, &d->option, 1))
		return IG_REASON_TRUNCATED;
	code = READ_ONCE(d->option[0]);
	if (code == DHCP_OPTION_END)
		return IG_REASON_FLOW;
	if (code == DHCP_OPTION_PAD) {
		d->at = at + 1;
		return IG_REASON_NONE;
	}
	if (at + 2 > end)
		return IG_REASON_MALFORMED;
	if (ig_load(ctx, from, at + 1, &d->option, 1))
		return IG_REASON_TRUNCATED;
	length = READ_ONCE(d->option[0]);
	if (at + 2 + length > end)
		return IG_REASON_MALFORMED;
	if (ig_load(ctx, from, at + 1 + length, &d->option, 1)) /* its last byte */
		return IG_REASON_TRUNCATED;
	d->at = at + 2 + length;
	if (code == DHCP_OPTION_TYPE) {
		if (length != 1)
			return IG_REASON_MALFORMED;
		if (!d->has_type)
			d->type = READ_ONCE(d->option[0]);
		d->has_type = 1;
	} else if (code == DHCP_OPTION_REQUESTED) {
		if (length != 4)
			return IG_REASON_MALFORMED;
		if (!d->has_requested && ig_load(ctx, from, at + 2, &d->requested_be, 4))
			return IG_REASON_TRUNCATED;
		d->has_requested = 1;
	} else if (code == DHCP_OPTION_LEASE) {
		if (length != 4)
			return IG_REASON_MALFORMED;
		if (!d->has_lease && ig_load(ctx, from, at + 2, &d->lease_be, 4))
			return IG_REASON_TRUNCATED;
		d->has_lease = 1;
	}
	return IG_REASON_NONE;
}

verified_alone int ig_dhcp_step_from(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);

	return s ? ig_dhcp_step(ctx, true, &s->dhcp) : IG_REASON_NO_POLICY;
}

verified_alone int ig_dhcp_step_to(struct __sk_buff *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);

	return s ? ig_dhcp_step(ctx, false, &s->dhcp) : IG_REASON_NO_POLICY;
}

/* What stands before the options. @op: 1 of clients, 2 of servers. */
always_inline enum ig_reason ig_dhcp_head(void *ctx, bool from, const struct ig_packet *pkt,
					  struct ig_dhcp *d)
{
	__builtin_memset(d, 0, sizeof(*d));
	if (!ig_dhcp_begin(ctx, from, pkt, d))
		return IG_REASON_TRUNCATED;
	if (d->at + BOOTP_BYTES > d->end)
		return IG_REASON_MALFORMED;
	if (ig_load(ctx, from, d->at, &d->head, sizeof(d->head)) ||
	    ig_load(ctx, from, d->at + BOOTP_COOKIE_AT, &d->cookie_be, sizeof(d->cookie_be)))
		return IG_REASON_TRUNCATED;
	if (d->head.op != (from ? 1 : 2) || d->head.hardware != 1 || d->head.hardware_length != 6 ||
	    d->cookie_be != bpf_htonl(DHCP_COOKIE))
		return IG_REASON_MALFORMED;
	d->at += BOOTP_BYTES;
	return IG_REASON_NONE;
}

verified_alone enum ig_reason ig_dhcp_head_from(struct xdp_md *ctx, const struct ig_packet *pkt)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);

	return s && pkt ? ig_dhcp_head(ctx, true, pkt, &s->dhcp) : IG_REASON_NO_POLICY;
}

verified_alone enum ig_reason ig_dhcp_head_to(struct __sk_buff *ctx, const struct ig_packet *pkt)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);

	return s && pkt ? ig_dhcp_head(ctx, false, pkt, &s->dhcp) : IG_REASON_NO_POLICY;
}

/* @from: as in ig_load(), for the verifier takes no pointer that may be either. */
always_inline enum ig_reason ig_dhcp_options(void *ctx, bool from)
{
	enum ig_reason reason = IG_REASON_NONE;

	_Pragma("clang loop unroll(disable)") for (int i = 0; i < DHCP_OPTIONS_READ && !reason; i++)
		reason = from ? ig_dhcp_step_from(ctx) : ig_dhcp_step_to(ctx);
	return reason == IG_REASON_FLOW ? IG_REASON_NONE : reason;
}

/* Is its type one of @types? If not, @reason says what is wrong with the message, or is NONE. */
always_inline bool ig_dhcp6_is_of(void *ctx, bool from, const struct ig_packet *pkt,
				  struct ig_dhcp *d, __u32 types, enum ig_reason *reason)
{
	__u8 type;

	*reason = IG_REASON_TRUNCATED;
	if (!ig_dhcp_begin(ctx, from, pkt, d))
		return false;
	*reason = IG_REASON_MALFORMED;
	if (d->at + DHCP6_BYTES > d->end)
		return false;
	*reason = IG_REASON_TRUNCATED;
	if (ig_load(ctx, from, d->at, &d->cookie_be, DHCP6_BYTES))
		return false;
	*reason = IG_REASON_NONE;
	type = *(__u8 *)&d->cookie_be;
	return type < 32 && (types >> type & 1);
}

/* --- from devices --- */

always_inline bool ig_speaks_as_server(const struct ig_packet *pkt)
{
	if (pkt->ip_version == 4)
		return pkt->src_port_be == ig_htons(PORT_DHCP_SERVER) ||
		       pkt->dst_port_be == ig_htons(PORT_DHCP_CLIENT);
	return pkt->src_port_be == ig_htons(PORT_DHCP6_SERVER) ||
	       pkt->dst_port_be == ig_htons(PORT_DHCP6_CLIENT);
}

always_inline bool ig_speaks_as_client(const struct ig_packet *pkt)
{
	if (pkt->ip_version == 4)
		return pkt->src_port_be == ig_htons(PORT_DHCP_CLIENT) &&
		       pkt->dst_port_be == ig_htons(PORT_DHCP_SERVER);
	return pkt->src_port_be == ig_htons(PORT_DHCP6_CLIENT) &&
	       pkt->dst_port_be == ig_htons(PORT_DHCP6_SERVER);
}

/* Does it have something to do with DHCP, as what is to be held to the truth? */
always_inline bool ig_is_about_dhcp(const struct ig_packet *pkt)
{
	return pkt->proto == IPPROTO_UDP && pkt->fragment != IG_FRAGMENT_LATER &&
	       (ig_speaks_as_server(pkt) || ig_speaks_as_client(pkt));
}

always_inline bool ig_is_clients_type(__u8 type)
{
	return type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_DECLINE ||
	       type == DHCP_RELEASE || type == DHCP_INFORM;
}

/* A client speaks for itself: otherwise it could take all addresses that the server has. */
always_inline enum ig_reason ig_judge_client(const struct ig_packet *pkt,
					     const struct ig_judgement *j, const struct ig_dhcp *d)
{
	bool own_mac = j->device.router == IG_ENTITY_NONE;

	if (own_mac && !ig_mac_equals(&pkt->src_mac, d->head.client))
		return IG_REASON_DHCP_STARVATION;
	return d->head.relay_be ? IG_REASON_DHCP_SPOOF : IG_REASON_NONE;
}

/* Another lease than those that the machine has. */
verified_alone int ig_asks_for_more(const struct ig_dhcp *d, const struct ig_judgement *j)
{
	struct ig_binding *binding;
	union ig_ip ip;

	if (!d || !j || j->index == IG_ENTITY_NONE || j->device.router != IG_ENTITY_NONE)
		return 0;
	if (d->type == DHCP_DISCOVER)
		return 1;
	if (d->type != DHCP_REQUEST)
		return 0;
	ig_ip_map4(&ip);
	ip.w[3] = d->head.client_be ? d->head.client_be : d->requested_be;
	binding = ig_binding_find(&ip, IG_NO_SEGMENT);
	return !binding || binding->device != j->index || binding->source != IG_BINDING_LEASE ||
	       !ig_binding_lives(binding, j->now);
}

/* A packet that is about DHCP. */
verified_alone enum ig_reason ig_judge_dhcp_from(struct xdp_md *ctx, const struct ig_packet *pkt,
						 struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	enum ig_reason reason;
	struct ig_dhcp *d;

	if (!s || !pkt || !j)
		return IG_REASON_NO_POLICY;
	d = &s->dhcp;
	if (ig_speaks_as_server(pkt))
		return ig_is_listed(&pkt->src, IG_SERVICE_DHCP, ig_slot_of(j))
			       ? IG_REASON_NONE
			       : IG_REASON_DHCP_SPOOF;
	if (pkt->fragment)
		return IG_REASON_MALFORMED;
	if (pkt->ip_version == 6) {
		if (ig_dhcp6_is_of(ctx, true, pkt, d, DHCP6_OF_CLIENTS, &reason))
			return IG_REASON_NONE;
		return reason ? reason : IG_REASON_DHCP_SPOOF;
	}
	reason = ig_dhcp_head_from(ctx, pkt);
	if (!reason)
		reason = ig_judge_client(pkt, j, d);
	if (reason)
		return reason;
	reason = ig_dhcp_options(ctx, true);
	if (reason)
		return reason;
	if (!d->has_type)
		return IG_REASON_MALFORMED;
	if (!ig_is_clients_type(d->type))
		return IG_REASON_DHCP_SPOOF;
	if (ig_asks_for_more(d, j) && ig_leases_of(j->index, j->now) >= IG_LEASES_MAX)
		return IG_REASON_DHCP_STARVATION;
	j->client = 1;
	return IG_REASON_NONE;
}

/* A client may renew a lease that nobody here knows of: from its address, which the message names, too. */
always_inline bool ig_is_clients_address(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);

	return s && j->client && s->dhcp.head.client_be == pkt->src.w[3] &&
	       ig_entity_of(&pkt->src, j->segment, ig_slot_of(j), j->now) == IG_ENTITY_NONE;
}

/* It goes to the server: what is asked for makes the answer expected; what is given back ends. */
verified_alone int ig_dhcp_note(const struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_state *state;
	struct ig_dhcp *d;
	union ig_ip ip;

	if (!s || !j || j->device.router != IG_ENTITY_NONE)
		return 0;
	d = &s->dhcp;
	ig_ip_map4(&ip);
	if (d->type == DHCP_RELEASE || d->type == DHCP_DECLINE) {
		ip.w[3] = d->type == DHCP_RELEASE ? d->head.client_be : d->requested_be;
		return ig_lease_end(&ip, j->index, j->now);
	}
	state = ig_state_find(j->index);
	if (!state)
		return 0;
	state->dhcp_xid = d->head.xid;
	state->dhcp_asked_be = d->head.client_be ? d->head.client_be : d->requested_be;
	state->dhcp_since_ns = j->now;
	return 0;
}

/* --- to devices --- */

always_inline bool ig_is_asked_for(const struct ig_state *state, const struct ig_dhcp *d, __u64 now)
{
	__u64 since = state->dhcp_since_ns;

	if (!ig_ports_count()) /* a capture may begin in the middle */
		return true;
	return since && state->dhcp_xid == d->head.xid &&
	       (now < since || now - since <= IG_DHCP_ANSWER_NS);
}

always_inline bool ig_can_be_leased(const union ig_ip *ip)
{
	return ip->b[12] != 0 && ip->b[12] != 127 && ip->b[12] < 224;
}

always_inline enum ig_reason ig_lease(const struct ig_dhcp *d, const struct ig_device *device,
				      const struct ig_judgement *j)
{
	__u32 slot = ig_slot_of(j), seconds = bpf_ntohl(d->lease_be), holder;
	struct ig_grant grant = {
		.device = device->index,
		.segment = device->segment,
		.source = IG_BINDING_LEASE,
	};

	if (!d->head.yours_be || !d->has_lease)
		return IG_REASON_DHCP;
	ig_ip_map4(&grant.ip);
	grant.ip.w[3] = d->head.yours_be;
	holder = ig_listed_holder(&grant.ip, slot);
	if (holder == device->index)
		return IG_REASON_DHCP;
	if (holder != IG_ENTITY_NONE || !ig_can_be_leased(&grant.ip) ||
	    (ig_link_is_known(device, 4) &&
	     ig_on_link(&grant.ip, 4, device->segment, slot) != IG_LINK_ON))
		return IG_REASON_LEASE_REFUSED;
	if (seconds != DHCP_FOR_EVER)
		grant.expires_ns = j->now + (__u64)seconds * NSEC_PER_SEC;
	ig_bind(&grant, j->now);
	return IG_REASON_DHCP;
}

always_inline enum ig_reason ig_judge_answer(const struct ig_packet *pkt, struct ig_dhcp *d,
					     const struct ig_judgement *j)
{
	bool to_group = ig_is_group(&pkt->dst_mac);
	struct ig_device *device;
	struct ig_state *state;
	struct ig_mac mac = {};
	union ig_ip ip;

	if (d->type != DHCP_OFFER && d->type != DHCP_ACK && d->type != DHCP_NAK)
		return IG_REASON_DHCP_UNASKED;
	if (!to_group && !ig_mac_equals(&pkt->dst_mac, d->head.client))
		return IG_REASON_DHCP_UNASKED;
	__builtin_memcpy(mac.addr, d->head.client, 6);
	device = ig_device_find(ig_slot_of(j), &mac);
	if (!device || device->kind == IG_KIND_GATEWAY)
		return IG_REASON_DHCP;
	state = ig_state_find(device->index);
	if (!state || !ig_is_asked_for(state, d, j->now))
		return IG_REASON_DHCP_UNASKED;
	if (d->type == DHCP_ACK)
		return ig_lease(d, device, j);
	if (d->type == DHCP_NAK) {
		ig_ip_map4(&ip);
		ip.w[3] = state->dhcp_asked_be;
		ig_lease_end(&ip, device->index, j->now);
	}
	return IG_REASON_DHCP;
}

/* A message that has the ports and the source of a server's, and the gateway's MAC address. */
verified_alone enum ig_reason ig_judge_dhcp_to(struct __sk_buff *ctx, const struct ig_packet *pkt,
					       const struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	enum ig_reason reason;
	struct ig_dhcp *d;

	if (!s || !pkt || !j)
		return IG_REASON_NO_POLICY;
	d = &s->dhcp;
	if (pkt->ip_version == 6) {
		if (ig_dhcp6_is_of(ctx, false, pkt, d, DHCP6_OF_SERVERS, &reason))
			return IG_REASON_DHCP;
		return reason ? reason : IG_REASON_DHCP_UNASKED;
	}
	reason = ig_dhcp_head_to(ctx, pkt);
	if (reason)
		return reason;
	reason = ig_dhcp_options(ctx, false);
	if (reason)
		return reason;
	return d->has_type ? ig_judge_answer(pkt, d, j) : IG_REASON_MALFORMED;
}
