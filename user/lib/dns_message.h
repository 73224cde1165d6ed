/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DNS answer (RFC 1035 section 4) as docs/policy.md reads it (Names), but for the limits of the programs in the
 * kernel. All of a message is hostile.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IG_DNS_MESSAGE_MAX   65535u
#define IG_DNS_RECORDS_MAX   4096u /* in the answer section */
#define IG_DNS_ALIASES_MAX   64u   /* on the way from the name to its addresses */
#define IG_DNS_ADDRESSES_MAX 256u
#define IG_DNS_NAME_MAX	     255u /* on the wire, last zero byte included */
#define IG_DNS_TTL_MAX	     86400u

struct ig_dns_message {
	uint16_t id;
	uint16_t type, class; /* of the question */
	uint16_t name_length; /* last zero byte included */
	uint8_t name[IG_DNS_NAME_MAX +
		     1]; /* of the question: labels as they stand, no pointers; zero behind it */
	uint32_t
		ttl; /* seconds: the least one of what is asked for; IG_DNS_TTL_MAX where nothing is */
	size_t n_addresses;
	uint8_t addresses[IG_DNS_ADDRESSES_MAX]
			 [16]; /* IPv4 v4-mapped; in the order of the message */
};

/*
 * Reads @size bytes at @bytes. Aliases are followed in whatever order they stand, and addresses are of the name in the
 * question or of one that it leads to. No address where other types were asked for. 0; -EBADMSG: it is no answer, or
 * contradicts itself; -E2BIG: it has more than the limits above; -ENOMEM.
 */
int ig_dns_message_read(const uint8_t *bytes, size_t size, struct ig_dns_message *out);
