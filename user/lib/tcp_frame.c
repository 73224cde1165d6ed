/* SPDX-License-Identifier: BSD-2-Clause */

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "tcp_frame.h"

#define TTL	  64
#define TCP_SIZE  20
#define IPV4_SIZE 20
#define TCP_ACK	  0x10

static void put(struct ig_tcp_frame *frame, const void *bytes, size_t n)
{
	memcpy(frame->bytes + frame->size, bytes, n);
	frame->size += n;
}

static void put_u16(struct ig_tcp_frame *frame, uint16_t value)
{
	put(frame, (uint8_t[]){value >> 8, value & 0xff}, 2);
}

static void put_ethernet(struct ig_tcp_frame *frame, const struct ig_tcp_segment *s)
{
	put(frame, s->dst_mac, 6);
	put(frame, s->src_mac, 6);
	for (int i = 0; i < 2; i++) {
		if (!s->vlan[i])
			continue;
		put_u16(frame, ETHERTYPE_VLAN);
		put_u16(frame, s->vlan[i]);
	}
	put_u16(frame, ig_addr_is_v4(s->src) ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

static void put_ipv4(struct ig_tcp_frame *frame, const struct ig_tcp_segment *s)
{
	put(frame, (uint8_t[]){0x45, 0, 0, IPV4_SIZE + TCP_SIZE}, 4);
	put(frame, (uint8_t[]){0, 0, 0, 0, TTL, IPPROTO_TCP, 0, 0}, 8);
	put(frame, s->src + 12, 4);
	put(frame, s->dst + 12, 4);
}

static void put_ipv6(struct ig_tcp_frame *frame, const struct ig_tcp_segment *s)
{
	put(frame, (uint8_t[]){0x60, 0, 0, 0, 0, TCP_SIZE, IPPROTO_TCP, TTL}, 8);
	put(frame, s->src, 16);
	put(frame, s->dst, 16);
}

static void put_tcp(struct ig_tcp_frame *frame, const struct ig_tcp_segment *s)
{
	put_u16(frame, s->src_port);
	put_u16(frame, s->dst_port);
	put(frame, (uint8_t[8]){}, 8); /* sequence numbers: not looked at */
	put(frame, (uint8_t[]){TCP_SIZE / 4 << 4, TCP_ACK, 0xff, 0xff, 0, 0, 0, 0}, 8);
}

void ig_tcp_frame_make(struct ig_tcp_frame *frame, const struct ig_tcp_segment *segment)
{
	*frame = (struct ig_tcp_frame){};
	put_ethernet(frame, segment);
	if (ig_addr_is_v4(segment->src))
		put_ipv4(frame, segment);
	else
		put_ipv6(frame, segment);
	put_tcp(frame, segment);
}
