/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community ID, version 1, seed 0: one string a conversation that Zeek, Suricata and others compute
 * too, so that their records can be joined with ours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define IG_COMMUNITY_ID_SIZE 32 /* "1:", 28 of base64, NUL */

struct ig_tuple {
	uint8_t ip_version; /* 4 or 6 */
	uint8_t proto;
	const uint8_t *src, *dst; /* 16 bytes in network order, IPv4 v4-mapped */
	/* Host order; ICMP: type and code. Not read for protocols without ports. */
	uint16_t src_port, dst_port;
};

/* TCP, UDP and SCTP. */
bool ig_has_ports(uint8_t proto);

void ig_community_id(const struct ig_tuple *tuple, char out[IG_COMMUNITY_ID_SIZE]);
