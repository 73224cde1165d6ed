/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 neighbour discovery as it is on the wire (RFC 4861). */
#pragma once

#define ND_ROUTER_SOLICIT   133
#define ND_ROUTER_ADVERT    134
#define ND_NEIGHBOR_SOLICIT 135
#define ND_NEIGHBOR_ADVERT  136
#define ND_REDIRECT	    137

#define ND_OPT_SOURCE_LL    1
#define ND_OPT_TARGET_LL    2
#define ND_MAX_OPTIONS	    4

struct ig_nd { /* solicitation and advertisement, as far as they are alike */
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 flags;
	__u8 target[16];
};

always_inline bool ig_is_nd(const struct ig_packet *pkt)
{
	__u8 type = pkt->icmp >> 8;

	return pkt->ip_version == 6 && pkt->proto == IPPROTO_ICMPV6 &&
	       pkt->fragment != IG_FRAGMENT_LATER && type >= ND_ROUTER_SOLICIT &&
	       type <= ND_REDIRECT;
}

/* From this link (RFC 4861), and whole (RFC 6980). */
always_inline bool ig_nd_is_plain(const struct ig_packet *pkt)
{
	return pkt->ttl == 255 && !(pkt->icmp & 0xff) && !pkt->fragment_header;
}
