/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors quote the packet that they are about (RFC 792, 4443): one about a conversation that was
 * admitted passes without a rule.
 */
#pragma once

#define ICMP_UNREACHABLE       3
#define ICMP_TIME_EXCEEDED     11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMPV6_ERROR_LAST      4 /* unreachable, packet too big, time exceeded, parameter problem */

#define ICMP_HEADER	       8
#define QUOTED_TRANSPORT       8 /* what RFC 792 promises of it */

always_inline bool ig_is_icmp_error(const struct ig_packet *pkt)
{
	__u8 type = pkt->icmp >> 8;

	if (pkt->fragment || !ig_is_icmp(pkt))
		return false;
	if (pkt->ip_version == 4)
		return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
		       type == ICMP_PARAMETER_PROBLEM;
	return type >= 1 && type <= ICMPV6_ERROR_LAST;
}

/* Where the packet ends, as its header says; that was held against the frame before. */
always_inline __u32 ig_packet_end(const struct ig_packet *pkt, void *data, void *data_end)
{
	if (pkt->ip_version == 4) {
		struct iphdr *ip = ig_header(pkt, data, data_end, pkt->l3, sizeof(*ip));

		return ip ? pkt->l3 + ig_ntohs(ip->tot_len) : 0;
	} else {
		struct ipv6hdr *ip = ig_header(pkt, data, data_end, pkt->l3, sizeof(*ip));

		return ip ? pkt->l3 + sizeof(*ip) + ig_ntohs(ip->payload_len) : 0;
	}
}

/* Reads the quoted header into @quoted; offset of what is behind it, 0: no packet of a flow. */
always_inline __u32 ig_quoted_ip(const struct ig_packet *pkt, void *data, void *data_end,
				 struct ig_packet *quoted)
{
	__u32 at = pkt->l4 + ICMP_HEADER, header;

	quoted->ip_version = pkt->ip_version;
	if (pkt->ip_version == 4) {
		struct iphdr *ip = ig_header(pkt, data, data_end, at, sizeof(*ip));

		if (!ip)
			return 0;
		header = (ip->version_ihl & 0xf) * 4;
		if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) ||
		    (ip->frag_off & ig_htons(0x1fff)))
			return 0;
		quoted->proto = ip->protocol;
		quoted->src.w[3] = ip->saddr;
		quoted->dst.w[3] = ip->daddr;
		ig_ip_map4(&quoted->src);
		ig_ip_map4(&quoted->dst);
		return at + header;
	} else {
		struct ipv6hdr *ip = ig_header(pkt, data, data_end, at, sizeof(*ip));

		if (!ip || ip->version_class >> 4 != 6 || ig_is_extension(ip->nexthdr))
			return 0;
		quoted->proto = ip->nexthdr;
		__builtin_memcpy(&quoted->src, ip->saddr, 16);
		__builtin_memcpy(&quoted->dst, ip->daddr, 16);
		return at + sizeof(*ip);
	}
}

always_inline bool ig_ip_equal(const union ig_ip *a, const union ig_ip *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

/* Ports, or type and identifier, of the quoted packet. */
always_inline bool ig_quoted_transport(const struct ig_packet *pkt, void *data, void *data_end,
				       __u32 at, struct ig_packet *quoted)
{
	__u8 *bytes = ig_header(pkt, data, data_end, at, QUOTED_TRANSPORT);

	if (!bytes || at + QUOTED_TRANSPORT > ig_packet_end(pkt, data, data_end))
		return false;
	if (quoted->proto == IPPROTO_TCP || quoted->proto == IPPROTO_UDP) {
		__builtin_memcpy(&quoted->src_port_be, bytes, 2);
		__builtin_memcpy(&quoted->dst_port_be, bytes + 2, 2);
	} else if (quoted->proto == IPPROTO_ICMP || quoted->proto == IPPROTO_ICMPV6) {
		quoted->icmp = bytes[0] << 8 | bytes[1];
		__builtin_memcpy(&quoted->icmp_id_be, bytes + 4, 2);
	}
	return true;
}

/* The key of the flow that the error is about. The quoted packet ran the other way, and its sender
 * is told; from-device it is the device itself that was its receiver. False: of none. */
always_inline bool ig_quoted_key(const struct ig_packet *pkt, bool from, void *data, void *data_end,
				 union ig_flow_key *key)
{
	struct ig_packet quoted = {};
	__u32 at = ig_quoted_ip(pkt, data, data_end, &quoted);

	if (!at || !ig_quoted_transport(pkt, data, data_end, at, &quoted))
		return false;
	if (!ig_ip_equal(&quoted.src, &pkt->dst) || (from && !ig_ip_equal(&quoted.dst, &pkt->src)))
		return false;
	/* as the device would see it: its MAC address is where it is in the error */
	if (from)
		quoted.dst_mac = pkt->src_mac;
	else
		quoted.src_mac = pkt->dst_mac;
	return ig_flow_key_of(&quoted, !from, key);
}

verified_alone int ig_quoted_from(struct xdp_md *ctx, const struct ig_packet *pkt,
				  union ig_flow_key *key)
{
	if (!pkt || !key)
		return 0;
	return ig_quoted_key(pkt, true, (void *)(long)ctx->data, (void *)(long)ctx->data_end, key);
}

verified_alone int ig_quoted_to(struct __sk_buff *ctx, const struct ig_packet *pkt,
				union ig_flow_key *key)
{
	if (!pkt || !key)
		return 0;
	return ig_quoted_key(pkt, false, (void *)(long)ctx->data, (void *)(long)ctx->data_end, key);
}
