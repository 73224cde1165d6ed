/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a frame apart: Ethernet, up to two tags, IPv4 or IPv6 with its extension headers, the
 * transport header.
 *
 * Every length a frame states is held against the frame itself: a header that lies is MALFORMED,
 * one that is not all there is TRUNCATED. Ports are never read from a fragment. Offsets stay below
 * IG_HEADERS_MAX, so that one bound serves the verifier, the linear part of a large packet and the
 * text of the policy.
 */
#pragma once

#define IG_HEADERS_MAX	1024
#define IG_HEADERS_READ (IG_HEADERS_MAX + 128) /* the last header, and what an ICMP error quotes */

struct ig_arp { /* for Ethernet and IPv4 (RFC 826) */
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__u8 sender_ip[4];
	__u8 target_mac[6];
	__u8 target_ip[4];
} __attribute__((packed));

struct ig_fragment_header { /* IPv6, RFC 8200 section 4.5 */
	__u8 next;
	__u8 reserved;
	__be16 offset_more; /* offset in units of 8 bytes << 3, and the more-fragments bit */
	__u32 id;
} __attribute__((packed));

/*
 * The next @size bytes at @offset, or NULL. In replay the buffer may be padded: the wire length
 * counts. The mask changes nothing (offsets are below IG_HEADERS_MAX + 2048), but an offset that
 * was kept on the stack has lost its bounds for the verifier of Linux 6.1; the barrier keeps the
 * compiler from finding that out.
 */
#define ig_header(pkt, data, data_end, offset, size)                                          \
	({                                                                                    \
		__u32 offset_ = (offset);                                                     \
		void *header_ = 0;                                                            \
		asm volatile("" : "+r"(offset_));                                             \
		offset_ &= 0xfff;                                                             \
		if (offset_ + (size) <= (pkt)->length) {                                      \
			void *at_ = (data) + offset_;                                         \
			asm volatile("" : "+r"(at_)); /* keeps the two checks two branches */ \
			if (at_ + (size) <= (data_end))                                       \
				header_ = at_;                                                \
		}                                                                             \
		header_;                                                                      \
	})

/* What is longer than its packet: a lie, or all headers were to be in this fragment and are not. */
always_inline enum ig_reason ig_too_short(const struct ig_packet *pkt)
{
	return pkt->fragment == IG_FRAGMENT_FIRST ? IG_REASON_TINY_FRAGMENT : IG_REASON_MALFORMED;
}

always_inline enum ig_reason ig_parse_transport(struct ig_packet *pkt, void *data, void *data_end,
						__u32 payload)
{
	__u32 l4 = pkt->l4;

	switch (pkt->proto) {
	case IPPROTO_TCP: {
		struct tcphdr *tcp = ig_header(pkt, data, data_end, l4, sizeof(*tcp));
		__u32 length;

		if (payload < sizeof(*tcp))
			return ig_too_short(pkt);
		if (!tcp)
			return IG_REASON_TRUNCATED;
		length = (tcp->doff_res >> 4) * 4;
		if (length < sizeof(*tcp))
			return IG_REASON_MALFORMED;
		if (length > payload)
			return ig_too_short(pkt);
		pkt->src_port_be = tcp->source;
		pkt->dst_port_be = tcp->dest;
		pkt->tcp_flags = tcp->flags;
		return IG_REASON_NONE;
	}
	case IPPROTO_UDP: {
		struct udphdr *udp = ig_header(pkt, data, data_end, l4, sizeof(*udp));
		__u32 length;

		if (payload < sizeof(*udp))
			return ig_too_short(pkt);
		if (!udp)
			return IG_REASON_TRUNCATED;
		length = ig_ntohs(udp->len);
		if (length < sizeof(*udp) || (length > payload && !pkt->fragment))
			return IG_REASON_MALFORMED;
		pkt->src_port_be = udp->source;
		pkt->dst_port_be = udp->dest;
		return IG_REASON_NONE;
	}
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: {
		struct icmphdr *icmp = ig_header(pkt, data, data_end, l4, sizeof(*icmp));

		if (payload < sizeof(*icmp))
			return ig_too_short(pkt);
		if (!icmp)
			return IG_REASON_TRUNCATED;
		pkt->icmp = icmp->type << 8 | icmp->code;
		pkt->icmp_id_be = icmp->id;
		return IG_REASON_NONE;
	}
	}
	return IG_REASON_NONE;
}

/* A fragment's place in its datagram. */
always_inline enum ig_reason ig_parse_fragment(struct ig_packet *pkt, __u16 at, bool more,
					       __u32 length)
{
	pkt->fragment = at ? IG_FRAGMENT_LATER : IG_FRAGMENT_FIRST;
	pkt->more_fragments = more;
	pkt->fragment_at = at;
	pkt->fragment_length = length;
	if (!length || (more && (length & 7)) || (__u32)at * 8 + length > 0xffff)
		return IG_REASON_MALFORMED;
	return IG_REASON_NONE;
}

always_inline enum ig_reason ig_parse_ipv4(struct ig_packet *pkt, void *data, void *data_end)
{
	struct iphdr *ip = ig_header(pkt, data, data_end, pkt->l3, sizeof(*ip));
	enum ig_reason reason;
	__u32 header, total;
	__u16 place;

	if (!ip)
		return IG_REASON_TRUNCATED;
	header = (ip->version_ihl & 0xf) * 4;
	total = ig_ntohs(ip->tot_len);
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || total < header ||
	    pkt->l3 + total > pkt->length)
		return IG_REASON_MALFORMED;
	pkt->ip_version = 4;
	pkt->proto = ip->protocol;
	pkt->ttl = ip->ttl;
	pkt->dscp = ip->tos >> 2;
	pkt->src.w[3] = ip->saddr;
	pkt->dst.w[3] = ip->daddr;
	place = ig_ntohs(ip->frag_off);
	pkt->datagram = ip->id;
	pkt->l4 = pkt->l3 + header;
	if (place & 0x3fff) {
		reason = ig_parse_fragment(pkt, place & 0x1fff, place & 0x2000, total - header);
		if (reason || pkt->fragment == IG_FRAGMENT_LATER)
			return reason;
	}
	return ig_parse_transport(pkt, data, data_end, total - header);
}

always_inline bool ig_has_options(const struct ig_packet *pkt)
{
	return pkt->ip_version == 4 && pkt->l4 != pkt->l3 + sizeof(struct iphdr);
}

always_inline __u32 ig_extension_length(__u8 next, const __u8 *header)
{
	return next == IPPROTO_AH ? ((__u32)header[1] + 2) * 4 : ((__u32)header[1] + 1) * 8;
}

always_inline bool ig_is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS || next == IPPROTO_AH;
}

/* Routing header of type 0 (RFC 5095), or of any type that has still somewhere to go. */
always_inline bool ig_is_source_route(const __u8 *header)
{
	return header[2] == 0 || header[3] != 0;
}

/* @left: bytes of the packet behind the fragment header. */
always_inline enum ig_reason
ig_parse_fragment_header(struct ig_packet *pkt, const struct ig_fragment_header *header, __u32 left)
{
	__u16 place = ig_ntohs(header->offset_more);

	if (pkt->fragment_header)
		return IG_REASON_EXTENSION_CHAIN;
	pkt->fragment_header = 1;
	pkt->datagram = header->id;
	if (!(place & 0xfff9))
		return IG_REASON_NONE; /* a whole packet all the same (RFC 6946) */
	return ig_parse_fragment(pkt, place >> 3, place & 1, left);
}

/* Extension headers (IANA registry) that are not walked: what lies behind them cannot be judged. */
always_inline bool ig_is_opaque_extension(__u8 next)
{
	return next == IPPROTO_MH || next == IPPROTO_HIP || next == IPPROTO_SHIM6 ||
	       next >= IPPROTO_EXPERIMENT;
}

always_inline enum ig_reason ig_parse_ipv6(struct ig_packet *pkt, void *data, void *data_end)
{
	struct ipv6hdr *ip = ig_header(pkt, data, data_end, pkt->l3, sizeof(*ip));
	__u32 offset = pkt->l3 + sizeof(*ip), end;
	enum ig_reason reason;
	__u8 next;

	if (!ip)
		return IG_REASON_TRUNCATED;
	end = offset + ig_ntohs(ip->payload_len);
	if (ip->version_class >> 4 != 6 || end > pkt->length)
		return IG_REASON_MALFORMED;
	pkt->ip_version = 6;
	pkt->ttl = ip->hop_limit;
	pkt->dscp = (ip->version_class & 0xf) << 2 | ip->class_flow[0] >> 6;
	__builtin_memcpy(&pkt->src, ip->saddr, 16);
	__builtin_memcpy(&pkt->dst, ip->daddr, 16);
	if (ig_ip_is_mapped(&pkt->src) || ig_ip_is_mapped(&pkt->dst))
		return IG_REASON_MALFORMED;
	next = ip->nexthdr;

	if (ig_is_extension(next)) {
		for (int i = 0; i < IG_MAX_EXTENSIONS; i++) {
			__u8 *header;

			if (offset > IG_HEADERS_MAX)
				return IG_REASON_EXTENSION_CHAIN;
			if (offset + 8 > end)
				return ig_too_short(pkt);
			header = ig_header(pkt, data, data_end, offset, 8);
			if (!header)
				return IG_REASON_TRUNCATED;
			if (next == IPPROTO_ROUTING && ig_is_source_route(header))
				return IG_REASON_SOURCE_ROUTE;
			if (next == IPPROTO_FRAGMENT) {
				reason = ig_parse_fragment_header(pkt, (void *)header,
								  end - offset - 8);
				pkt->proto = header[0];
				if (reason || pkt->fragment == IG_FRAGMENT_LATER)
					return reason;
				offset += 8;
			} else {
				offset += ig_extension_length(next, header);
			}
			next = header[0];
			if (!ig_is_extension(next))
				break;
		}
		if (ig_is_extension(next) || offset > IG_HEADERS_MAX)
			return IG_REASON_EXTENSION_CHAIN;
		if (offset > end)
			return ig_too_short(pkt);
	}
	if (ig_is_opaque_extension(next))
		return IG_REASON_EXTENSION_CHAIN;
	pkt->proto = next;
	pkt->l4 = offset;
	return ig_parse_transport(pkt, data, data_end, end - offset);
}

/* Whom an ARP message is from and about, for events; truth.h judges it. Not IP: ip_version stays 0. */
always_inline void ig_parse_arp(struct ig_packet *pkt, void *data, void *data_end)
{
	struct ig_arp *arp = ig_header(pkt, data, data_end, pkt->l3, sizeof(*arp));

	if (!arp)
		return;
	__builtin_memcpy(&pkt->src.w[3], arp->sender_ip, 4);
	__builtin_memcpy(&pkt->dst.w[3], arp->target_ip, 4);
}

/* Ethernet and tags. At tc the outer tag may have been taken out of the frame: then pkt->vlan[0] is
 * set already. */
always_inline enum ig_reason ig_parse_ethernet(struct ig_packet *pkt, void *data, void *data_end,
					       __u32 n_tags)
{
	struct ethhdr *eth = ig_header(pkt, data, data_end, 0, sizeof(*eth));
	__u32 offset = sizeof(*eth);
	__be16 type;

	if (!eth)
		return IG_REASON_TRUNCATED;
	__builtin_memcpy(pkt->dst_mac.addr, eth->h_dest, 6);
	__builtin_memcpy(pkt->src_mac.addr, eth->h_source, 6);
	type = eth->h_proto;
#pragma unroll
	for (int i = 0; i < IG_MAX_TAGS + 1; i++) {
		struct vlan_hdr *tag;

		if (type != ig_htons(ETH_P_8021Q) && type != ig_htons(ETH_P_8021AD))
			break;
		if (n_tags >= IG_MAX_TAGS)
			return IG_REASON_TOO_MANY_TAGS;
		tag = ig_header(pkt, data, data_end, offset, sizeof(*tag));
		if (!tag)
			return IG_REASON_TRUNCATED;
		if (n_tags) /* not vlan[n_tags]: the verifier wants constant places on the stack */
			pkt->vlan[1] = ig_ntohs(tag->h_vlan_TCI) & 0xfff;
		else
			pkt->vlan[0] = ig_ntohs(tag->h_vlan_TCI) & 0xfff;
		type = tag->h_vlan_encapsulated_proto;
		offset += sizeof(*tag);
		n_tags++;
	}
	pkt->ethertype = ig_ntohs(type);
	pkt->l3 = offset;
	return IG_REASON_NONE;
}

/* Fills @pkt, whose length, direction, ifindex and (at tc) outer tag are set, the rest being zero.
 * IG_REASON_NONE, or why the frame cannot be judged further. */
always_inline enum ig_reason ig_parse(struct ig_packet *pkt, void *data, void *data_end,
				      __u32 n_tags)
{
	enum ig_reason reason = ig_parse_ethernet(pkt, data, data_end, n_tags);

	if (reason)
		return reason;
	if (pkt->ethertype == ETH_P_IP)
		return ig_parse_ipv4(pkt, data, data_end);
	if (pkt->ethertype == ETH_P_IPV6)
		return ig_parse_ipv6(pkt, data, data_end);
	if (pkt->ethertype == ETH_P_ARP)
		ig_parse_arp(pkt, data, data_end);
	return IG_REASON_NONE;
}
