/* SPDX-License-Identifier: BSD-2-Clause */

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "address.h"
#include "frame.h"

#define TTL	   64
#define TCP_SIZE   20
#define UDP_SIZE   8
#define ICMP_SIZE  8
#define OTHER_SIZE 8 /* of what has no header that is read */
#define NO_IP_SIZE 46
#define IPV4_SIZE  20
#define ECHO_ID	   0x6967 /* of an ICMP query: any one */

static void put(struct ig_frame *frame, const void *bytes, size_t n)
{
	memcpy(frame->bytes + frame->size, bytes, n);
	frame->size += n;
}

static void put_zeros(struct ig_frame *frame, size_t n)
{
	frame->size += n; /* it began with nothing else */
}

static void put_u16(struct ig_frame *frame, uint16_t value)
{
	put(frame, (uint8_t[]){value >> 8, value & 0xff}, 2);
}

static uint16_t ethertype_of(const struct ig_frame_plan *p)
{
	return p->ethertype ?: ig_addr_is_v4(p->src) ? ETHERTYPE_IP : ETHERTYPE_IPV6;
}

static void put_ethernet(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put(frame, p->dst_mac, 6);
	put(frame, p->src_mac, 6);
	for (int i = 0; i < 2; i++) {
		if (!p->vlan[i])
			continue;
		put_u16(frame, ETHERTYPE_VLAN);
		put_u16(frame, p->vlan[i]);
	}
	put_u16(frame, ethertype_of(p));
}

static size_t payload_size(const struct ig_frame_plan *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return TCP_SIZE;
	case IPPROTO_UDP:
		return UDP_SIZE;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ICMP_SIZE;
	default:
		return OTHER_SIZE;
	}
}

static void put_ipv4(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put(frame, (uint8_t[]){0x45, p->dscp << 2, 0, IPV4_SIZE + payload_size(p)}, 4);
	put(frame, (uint8_t[]){0, 0, 0, 0, TTL, p->proto, 0, 0}, 8);
	put(frame, p->src + 12, 4);
	put(frame, p->dst + 12, 4);
}

static void put_ipv6(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	uint8_t class = p->dscp << 2;

	put(frame, (uint8_t[]){0x60 | class >> 4, class << 4, 0, 0}, 4);
	put(frame, (uint8_t[]){0, payload_size(p), p->proto, TTL}, 4);
	put(frame, p->src, 16);
	put(frame, p->dst, 16);
}

static void put_ports(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put_u16(frame, p->src_port);
	put_u16(frame, p->dst_port);
}

static void put_tcp(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put_ports(frame, p);
	put_zeros(frame, 8); /* sequence numbers: not looked at */
	put(frame, (uint8_t[]){TCP_SIZE / 4 << 4, p->tcp_flags, 0xff, 0xff, 0, 0, 0, 0}, 8);
}

static void put_udp(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put_ports(frame, p);
	put_u16(frame, UDP_SIZE);
	put_zeros(frame, 2);
}

static void put_icmp(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	put_u16(frame, p->icmp);
	put_zeros(frame, 2);
	put_u16(frame, ECHO_ID);
	put_zeros(frame, 2);
}

static void put_payload(struct ig_frame *frame, const struct ig_frame_plan *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		put_tcp(frame, p);
		break;
	case IPPROTO_UDP:
		put_udp(frame, p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put_icmp(frame, p);
		break;
	default:
		put_zeros(frame, OTHER_SIZE);
	}
}

void ig_frame_make(struct ig_frame *frame, const struct ig_frame_plan *plan)
{
	*frame = (struct ig_frame){};
	put_ethernet(frame, plan);
	if (plan->ethertype) {
		put_zeros(frame, NO_IP_SIZE);
		return;
	}
	if (ig_addr_is_v4(plan->src))
		put_ipv4(frame, plan);
	else
		put_ipv6(frame, plan);
	put_payload(frame, plan);
}
