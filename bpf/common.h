/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every part of the programs needs: constants of the wire, small helpers, the packet as it is
 * taken apart. */
#pragma once

#define ETH_P_IP	   0x0800
#define ETH_P_ARP	   0x0806
#define ETH_P_8021Q	   0x8100
#define ETH_P_IPV6	   0x86dd
#define ETH_P_PAE	   0x888e
#define ETH_P_8021AD	   0x88a8
#define ETH_P_LLDP	   0x88cc

#define IPPROTO_HOPOPTS	   0
#define IPPROTO_ICMP	   1
#define IPPROTO_IGMP	   2
#define IPPROTO_TCP	   6
#define IPPROTO_UDP	   17
#define IPPROTO_ROUTING	   43
#define IPPROTO_FRAGMENT   44
#define IPPROTO_AH	   51
#define IPPROTO_ICMPV6	   58
#define IPPROTO_DSTOPTS	   60
#define IPPROTO_MH	   135
#define IPPROTO_HIP	   139
#define IPPROTO_SHIM6	   140
#define IPPROTO_EXPERIMENT 253

#define PORT_DNS	   53

#define TCP_FIN		   0x01
#define TCP_SYN		   0x02
#define TCP_RST		   0x04
#define TCP_ACK		   0x10

/* what programs that are run by test_run return */
#define EPERM	     1
#define ESRCH	     3
#define EINVAL	     22
#define ENOSPC	     28

#define NSEC_PER_SEC 1000000000ull

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

#define always_inline static inline __attribute__((__always_inline__))
#define separate      static __attribute__((__noinline__))

/*
 * A function that the verifier checks once and by itself, whatever the state of its callers:
 * without these the paths through the parser would multiply those through the judgement. Its
 * pointers are to plain memory of known size, and may be NULL as far as the verifier of Linux 6.1
 * knows, which does not take them for map keys either: keys are copied.
 */
#define verified_alone __attribute__((__noinline__))

#define READ_ONCE(x)   (*(volatile typeof(x) *)&(x))

/* Set by a loader that replays captures; constant once loaded, so that the verifier removes what
 * hangs on it. */
const volatile bool ig_replaying = false;

/* An IPv4 address is v4-mapped: in w[3], with the prefix in the words before it. */
union ig_ip {
	__u8 b[16];
	__be32 w[4];
	__u64 q[2];
};

enum ig_fragment {
	IG_WHOLE = 0,
	IG_FRAGMENT_FIRST = 1,
	IG_FRAGMENT_LATER = 2, /* no transport header is read */
};

/* One frame, taken apart. Host order, unless the name ends in _be. */
struct ig_packet {
	__u32 length; /* on the wire, Ethernet header included */
	__u32 ifindex;
	__u32 datagram; /* of a fragment: the identification, as it stands there */
	__u16 l3;	/* offset of the IP or ARP header */
	__u16 l4;	/* offset of the transport header; 0: none was read */
	__u16 vlan[IG_MAX_TAGS];
	__u16 ethertype;       /* behind the tags */
	__u16 fragment_at;     /* of a fragment: offset of its data, in units of 8 bytes */
	__u16 fragment_length; /* of its data, in bytes */
	__u8 fragment;	       /* enum ig_fragment */
	__u8 more_fragments;   /* 1: it is not the last one */
	__u8 fragment_header;  /* 1: IPv6 with a fragment header, of a whole packet, too */
	__u8 direction;	       /* enum ig_direction */
	__u8 ip_version;       /* 4, 6, or 0 */
	__u8 proto;	       /* the last one of an IPv6 chain */
	__u8 ttl;
	__u8 dscp;
	__u8 tcp_flags;
	__u16 icmp;	/* type << 8 | code */
	__u16 segments; /* packets that this frame stands for (GSO), at least 1 */
	__be16 icmp_id_be;
	__be16 src_port_be;
	__be16 dst_port_be;
	union ig_ip src;
	union ig_ip dst;
	struct ig_mac src_mac;
	struct ig_mac dst_mac;
};

always_inline __u16 ig_ntohs(__be16 x)
{
	return __builtin_bswap16(x);
}

#define ig_htons(x) ((__be16)__builtin_bswap16((__u16)(x)))

always_inline bool ig_is_group(const struct ig_mac *mac)
{
	return mac->addr[0] & 1;
}

/* Makes w[3] a whole address. The packet path leaves it undone until somebody needs it. */
always_inline void ig_ip_map4(union ig_ip *ip)
{
	ip->q[0] = 0;
	ip->w[2] = bpf_htonl(0xffff);
}

/* An IPv4 address as IPv6 writes it. None of these is ever on a wire; here they are IPv4 addresses. */
always_inline bool ig_ip_is_mapped(const union ig_ip *ip)
{
	return ip->q[0] == 0 && ip->w[2] == bpf_htonl(0xffff);
}

always_inline bool ig_ip_is_unspecified(const union ig_ip *ip, __u8 version)
{
	return version == 4 ? ip->w[3] == 0 : !(ip->q[0] | ip->q[1]);
}

always_inline bool ig_ip_is_link_local6(const union ig_ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

always_inline bool ig_ip_is_group(const union ig_ip *ip, __u8 version)
{
	return version == 4 ? (ip->b[12] & 0xf0) == 0xe0 || ip->w[3] == 0xffffffff
			    : ip->b[0] == 0xff;
}

always_inline bool ig_tcp_opens(const struct ig_packet *pkt)
{
	return (pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

always_inline __u64 ig_mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 29);
}
