/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "community_id.h"

#define SHA1_BLOCK  64
#define SHA1_DIGEST 20

/*
 * seed 2, addresses 2 * 16, protocol 1, zero 1, ports 2 * 2: one block of SHA-1 holds it, its end
 * mark and length
 */
#define MESSAGE_MAX 40
_Static_assert(MESSAGE_MAX + 1 + 8 <= SHA1_BLOCK, "one block is enough");

struct message {
	uint8_t bytes[SHA1_BLOCK];
	size_t n;
};

/* ----------------------------------------------------------------- SHA-1, FIPS 180-4, one block */

static uint32_t rotl(uint32_t value, unsigned int by)
{
	return value << by | value >> (32 - by);
}

static uint32_t load_be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Of the 80 words of the schedule only the last 16 are needed at a time. */
static inline __attribute__((always_inline)) uint32_t word(uint32_t w[16], size_t round)
{
	size_t i = round & 15;

	if (round >= 16)
		w[i] = rotl(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^ w[(i + 2) & 15] ^ w[i], 1);
	return w[i];
}

/* The registers are not moved from round to round: which of them is which goes round. */
#define ROUND(a, b, c, d, e, function, constant, i)                                        \
	do {                                                                               \
		(e) += rotl((a), 5) + function((b), (c), (d)) + (constant) + word(w, (i)); \
		(b) = rotl((b), 30);                                                       \
	} while (0)

#define FIVE_ROUNDS(function, constant, i)                         \
	do {                                                       \
		ROUND(a, b, c, d, e, function, constant, (i));     \
		ROUND(e, a, b, c, d, function, constant, (i) + 1); \
		ROUND(d, e, a, b, c, function, constant, (i) + 2); \
		ROUND(c, d, e, a, b, function, constant, (i) + 3); \
		ROUND(b, c, d, e, a, function, constant, (i) + 4); \
	} while (0)

#define TWENTY_ROUNDS(function, constant, i)               \
	do {                                               \
		FIVE_ROUNDS(function, constant, (i));      \
		FIVE_ROUNDS(function, constant, (i) + 5);  \
		FIVE_ROUNDS(function, constant, (i) + 10); \
		FIVE_ROUNDS(function, constant, (i) + 15); \
	} while (0)

#define CHOOSE(x, y, z)	  ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z)	  ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

static void sha1_block(const uint8_t block[SHA1_BLOCK], uint8_t digest[SHA1_DIGEST])
{
	static const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					  0xc3d2e1f0};
	uint32_t a = start[0], b = start[1], c = start[2], d = start[3], e = start[4];
	uint32_t w[16], h[5];

	for (size_t i = 0; i < 16; i++)
		w[i] = load_be32(block + 4 * i);
	TWENTY_ROUNDS(CHOOSE, 0x5a827999, 0);
	TWENTY_ROUNDS(PARITY, 0x6ed9eba1, 20);
	TWENTY_ROUNDS(MAJORITY, 0x8f1bbcdc, 40);
	TWENTY_ROUNDS(PARITY, 0xca62c1d6, 60);
	memcpy(h, (const uint32_t[]){a, b, c, d, e}, sizeof(h));
	for (size_t i = 0; i < 5; i++) {
		uint32_t word_be = htonl(h[i] + start[i]);

		memcpy(digest + 4 * i, &word_be, 4);
	}
}

/* The end mark and the length in bits that SHA-1 wants behind a message. */
static void pad(struct message *message)
{
	message->bytes[message->n] = 0x80;
	message->bytes[SHA1_BLOCK - 2] = (uint8_t)(message->n >> 5);
	message->bytes[SHA1_BLOCK - 1] = (uint8_t)(message->n << 3);
}

/* --------------------------------------------------------------------------------------- base64 */

static void base64_digest(const uint8_t digest[SHA1_DIGEST], char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t padded[SHA1_DIGEST + 1] = {0};

	memcpy(padded, digest, SHA1_DIGEST);
	for (size_t i = 0; i < sizeof(padded); i += 3) {
		uint32_t three = (uint32_t)padded[i] << 16 | (uint32_t)padded[i + 1] << 8 |
				 padded[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[three >> shift & 0x3f];
	}
	out[-1] = '='; /* 20 bytes: two of the last three */
	*out = '\0';
}

/* ---------------------------------------------------------------------------------------- ports */

/* ICMP queries and their answers: an exchange has the two types as its ports. */
static const uint8_t icmp_pairs[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}};
static const uint8_t icmpv6_pairs[][2] = {{128, 129}, {130, 131}, {133, 134},
					  {135, 136}, {139, 140}, {144, 145}};

static bool find_counterpart(const uint8_t (*pairs)[2], size_t n, uint16_t type,
			     uint16_t *counterpart)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t side = 0; side < 2; side++) {
			if (pairs[i][side] == type) {
				*counterpart = pairs[i][!side];
				return true;
			}
		}
	}
	return false;
}

/* ICMP types that have no answer keep their code as the other port, and their direction. */
static bool is_one_way(const struct ig_tuple *tuple, uint16_t *counterpart)
{
	if (tuple->proto == IPPROTO_ICMP)
		return !find_counterpart(icmp_pairs, sizeof(icmp_pairs) / sizeof(*icmp_pairs),
					 tuple->src_port, counterpart);
	if (tuple->proto == IPPROTO_ICMPV6)
		return !find_counterpart(icmpv6_pairs, sizeof(icmpv6_pairs) / sizeof(*icmpv6_pairs),
					 tuple->src_port, counterpart);
	return false;
}

bool ig_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static void append(struct message *message, const void *bytes, size_t n)
{
	memcpy(message->bytes + message->n, bytes, n);
	message->n += n;
}

static void append_be16(struct message *message, uint16_t value)
{
	uint16_t value_be = htons(value);

	append(message, &value_be, sizeof(value_be));
}

void ig_community_id(const struct ig_tuple *tuple, char out[IG_COMMUNITY_ID_SIZE])
{
	size_t n = tuple->ip_version == 4 ? 4 : 16;
	const uint8_t *src = tuple->src + 16 - n, *dst = tuple->dst + 16 - n;
	uint16_t src_port = tuple->src_port, dst_port = tuple->dst_port;
	bool one_way = is_one_way(tuple, &dst_port);
	bool icmp = tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6;
	bool ports = icmp || ig_has_ports(tuple->proto);
	int order = memcmp(src, dst, n);
	bool swap = !one_way && (order > 0 || (order == 0 && ports && src_port > dst_port));
	struct message message = {.n = 2}; /* a seed of 0 */
	uint8_t digest[SHA1_DIGEST];

	append(&message, swap ? dst : src, n);
	append(&message, swap ? src : dst, n);
	append(&message, &tuple->proto, 1);
	append(&message, "", 1);
	if (ports) {
		append_be16(&message, swap ? dst_port : src_port);
		append_be16(&message, swap ? src_port : dst_port);
	}
	pad(&message);
	sha1_block(message.bytes, digest);
	memcpy(out, "1:", 2);
	base64_digest(digest, out + 2);
}
