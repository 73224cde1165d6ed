/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * LAN truth: what a device says about addresses on the link has to be true. ARP (RFC 826, 5227),
 * IPv6 neighbour discovery (RFC 4861, 4862).
 */
#pragma once

#define ARPHRD_ETHER  1
#define ARPOP_REQUEST 1
#define ARPOP_REPLY   2

always_inline bool ig_mac_equals(const struct ig_mac *mac, const __u8 *other)
{
	struct ig_mac copy = {};

	__builtin_memcpy(copy.addr, other, 6);
	return *(const __u64 *)&copy == *(const __u64 *)mac;
}

#define ARP_PADDED_MAX \
	(sizeof(struct ig_arp) + 18) /* what a frame of 60 bytes has room for, and a tag less */
#define ND_SAID_MAX             \
	(sizeof(struct ig_nd) + \
	 64) /* a neighbour's options: link-layer addresses, a nonce, a timestamp */

/* Discovery is for this link: a router would forward it like any packet. */
always_inline bool ig_nd_stays_here(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	if (pkt->dst.b[0] == 0xff)
		return (pkt->dst.b[1] & 0xf) == 2;
	return ig_ip_is_link_local6(&pkt->dst) ||
	       ig_entity_of(&pkt->dst, j->segment, ig_slot_of(j), j->now) != IG_ENTITY_NONE;
}

/* ARP from a device: its own MAC, and an address that it holds or none at all (a probe). */
always_inline enum ig_reason ig_judge_arp(const struct ig_packet *pkt, void *data, void *data_end,
					  struct ig_judgement *j)
{
	struct ig_arp *arp = ig_header(pkt, data, data_end, pkt->l3, sizeof(*arp));
	union ig_ip sender;

	if (!arp)
		return IG_REASON_TRUNCATED;
	if (pkt->length > pkt->l3 + ARP_PADDED_MAX)
		return IG_REASON_MALFORMED; /* it says more than ARP has to say */
	if (arp->hardware != ig_htons(ARPHRD_ETHER) || arp->protocol != ig_htons(ETH_P_IP) ||
	    arp->hardware_length != 6 || arp->protocol_length != 4 ||
	    (arp->operation != ig_htons(ARPOP_REQUEST) && arp->operation != ig_htons(ARPOP_REPLY)))
		return IG_REASON_MALFORMED;
	if (pkt->direction == IG_TO_DEVICE)
		return IG_REASON_ARP; /* the sender is the gateway, or was judged at its own port */
	if (!ig_mac_equals(&pkt->src_mac, arp->sender_mac))
		return IG_REASON_ARP_SPOOF;
	ig_ip_map4(&sender);
	__builtin_memcpy(&sender.w[3], arp->sender_ip, 4);
	if (sender.w[3] == 0 ? arp->operation != ig_htons(ARPOP_REQUEST)
			     : !ig_is_bound(&sender, 4, &pkt->src_mac, j, true))
		return IG_REASON_ARP_SPOOF;
	return IG_REASON_ARP;
}

/* The link-layer address options of a solicitation or advertisement have to name the sender: ND if
 * they do. */
always_inline enum ig_reason ig_judge_nd_options(const struct ig_packet *pkt, void *data,
						 void *data_end, __u32 offset)
{
	for (int i = 0; i < ND_MAX_OPTIONS; i++) {
		__u8 *option;

		if (offset + 8 > pkt->length)
			return IG_REASON_ND; /* no more of them */
		if (offset > IG_HEADERS_READ)
			return IG_REASON_ND_SPOOF; /* what cannot be read may be a lie */
		option = ig_header(pkt, data, data_end, offset, 8);
		if (!option)
			return IG_REASON_TRUNCATED;
		if (!option[1])
			return IG_REASON_ND_SPOOF;
		if ((option[0] == ND_OPT_SOURCE_LL || option[0] == ND_OPT_TARGET_LL) &&
		    !ig_mac_equals(&pkt->src_mac, option + 2))
			return IG_REASON_ND_SPOOF;
		offset += (__u32)option[1] * 8;
	}
	/* more options than a neighbour has to say */
	return offset + 8 > pkt->length ? IG_REASON_ND : IG_REASON_ND_SPOOF;
}

/* Discovery from a device: it solicits routers and neighbours, and advertises what it holds. */
always_inline enum ig_reason ig_judge_nd_from(const struct ig_packet *pkt, void *data,
					      void *data_end, struct ig_judgement *j)
{
	__u8 type = pkt->icmp >> 8;
	union ig_ip target;
	struct ig_nd *nd;

	if (!ig_nd_is_plain(pkt) || !ig_nd_stays_here(pkt, j))
		return IG_REASON_ND_SPOOF;
	if (pkt->length > pkt->l4 + ND_SAID_MAX)
		return IG_REASON_MALFORMED;
	if (type == ND_ROUTER_SOLICIT)
		return ig_judge_nd_options(pkt, data, data_end, pkt->l4 + 8);
	if (type != ND_NEIGHBOR_SOLICIT && type != ND_NEIGHBOR_ADVERT)
		return IG_REASON_ND_SPOOF;
	nd = ig_header(pkt, data, data_end, pkt->l4, sizeof(*nd));
	if (!nd)
		return IG_REASON_TRUNCATED;
	__builtin_memcpy(&target, nd->target, 16);
	if (ig_ip_is_mapped(&target))
		return IG_REASON_ND_SPOOF;
	/* an advertisement claims its target; so does a solicitation without a source (address
	 * detection) */
	if ((type == ND_NEIGHBOR_ADVERT || ig_ip_is_unspecified(&pkt->src, 6)) &&
	    !ig_is_bound(&target, 6, &pkt->src_mac, j, true) && !ig_claim(&target, j))
		return IG_REASON_ND_SPOOF;
	return ig_judge_nd_options(pkt, data, data_end, pkt->l4 + sizeof(*nd));
}

/* Discovery toward devices: routers and redirects are the gateway's alone. */
always_inline enum ig_reason ig_judge_nd_to(const struct ig_packet *pkt, bool from_gateway)
{
	__u8 type = pkt->icmp >> 8;

	if (!ig_nd_is_plain(pkt))
		return IG_REASON_ND_SPOOF;
	if ((type == ND_ROUTER_ADVERT || type == ND_REDIRECT) && !from_gateway)
		return IG_REASON_ND_SPOOF;
	return IG_REASON_ND;
}
