/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of a conversation, to ask the programs about it: the one that opens it, or of TCP one in the middle. Without
 * data; nobody who judges them verifies checksums, so these are left out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IG_TCP_SYN 0x02
#define IG_TCP_ACK 0x10

struct ig_frame_plan {
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan[2];	  /* outer, inner; 0: none */
	uint16_t ethertype;	  /* of what is no IP; 0: it is IP */
	uint8_t src[16], dst[16]; /* network order, IPv4 v4-mapped; of one version */
	uint8_t proto;		  /* of IP */
	uint8_t dscp;
	uint8_t tcp_flags;
	uint16_t src_port, dst_port; /* host order; of TCP and UDP */
	uint16_t icmp;		     /* type << 8 | code */
};

#define IG_FRAME_MAX (14 + 2 * 4 + 40 + 64)

struct ig_frame {
	uint8_t bytes[IG_FRAME_MAX];
	size_t size;
};

void ig_frame_make(struct ig_frame *frame, const struct ig_frame_plan *plan);
