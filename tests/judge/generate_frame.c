/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of IP packets. What does not fit into a buffer is left out. */
#include "generate.h"

void put(struct buffer *b, const void *data, size_t size)
{
	size_t left = sizeof(b->data) - b->size;

	if (size > left)
		size = left;
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

void put8(struct buffer *b, unsigned int value)
{
	uint8_t byte = (uint8_t)value;

	put(b, &byte, 1);
}

void put16(struct buffer *b, unsigned int value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(b, bytes, sizeof(bytes));
}

void put32(struct buffer *b, uint32_t value)
{
	put16(b, value >> 16);
	put16(b, value & 0xffff);
}

void put_random(struct world *w, struct buffer *b, size_t size)
{
	size_t left = sizeof(b->data) - b->size;

	if (size > left)
		size = left;
	fill(w, b->data + b->size, size);
	b->size += size;
}

void set16(struct buffer *b, size_t at, unsigned int value)
{
	if (at + 2 > b->size)
		return;
	b->data[at] = (uint8_t)(value >> 8);
	b->data[at + 1] = (uint8_t)value;
}

/* --- transport ----------------------------------------------------------------------------- */

static void tcp_make(struct world *w, const struct packet *p, struct buffer *b)
{
	unsigned int words = percent(w, 80) ? 5 : between(w, 5, 10);

	put16(b, p->source_port);
	put16(b, p->target_port);
	put_random(w, b, 8);
	if (with(w, WITH_LENGTHS) && permille(w, 6))
		words = below(w, 16);
	put8(b, words << 4);
	put8(b, p->tcp_flags);
	put_random(w, b, 6);
	put_random(w, b, words > 5 ? (words - 5) * 4 : 0);
	if (p->data)
		put(b, p->data->data, p->data->size);
	else
		put_random(w, b, p->payload);
}

static void udp_make(struct world *w, const struct packet *p, struct buffer *b)
{
	unsigned int size = 8u + p->payload;

	if (with(w, WITH_LENGTHS) && permille(w, 6))
		size = percent(w, 50) ? below(w, 12) : size - 2 + below(w, 4);
	put16(b, p->source_port);
	put16(b, p->target_port);
	put16(b, size);
	put16(b, 0);
	if (p->data)
		put(b, p->data->data, p->data->size);
	else
		put_random(w, b, p->payload);
}

static void icmp_make(struct world *w, const struct packet *p, struct buffer *b)
{
	put8(b, p->type);
	put8(b, p->code);
	put16(b, 0);
	put16(b, p->identifier);
	put16(b, below(w, 4));
	put_random(w, b, p->payload);
}

void packet_transport(struct world *w, const struct packet *p, struct buffer *b)
{
	switch (p->protocol) {
	case 6:
		tcp_make(w, p, b);
		break;
	case 17:
		udp_make(w, p, b);
		break;
	case 1:
	case 58:
		icmp_make(w, p, b);
		break;
	default:
		put_random(w, b, p->payload);
	}
}

/* --- network ------------------------------------------------------------------------------- */

static void option_put(struct world *w, struct buffer *b, unsigned int kind, unsigned int size)
{
	put8(b, kind);
	put8(b, size);
	put_random(w, b, size > 2 ? size - 2 : 0);
}

/* A multiple of four bytes, at most 40. */
static void options_make(struct world *w, struct buffer *b)
{
	static const uint8_t routes[] = {131, 137}, others[] = {7, 68, 148, 130, 94, 255};
	size_t begin = b->size, most = 4 * between(w, 1, 10);

	while (b->size - begin < most) {
		unsigned int left = (unsigned int)(begin + most - b->size);
		unsigned int size = left < 3 ? left : between(w, 3, left < 11 ? left : 11);
		unsigned int roll = below(w, 100);

		if (roll < 45 || left < 2)
			put8(b, percent(w, 90));
		else if (roll < 75)
			option_put(w, b, PICK(w, others), size);
		else if (roll < 85)
			option_put(w, b, PICK(w, routes), size);
		else if (roll < 88) /* it lies */
			put16(b, PICK(w, others) << 8 | (percent(w, 50) ? below(w, 2) : left + 1));
		else
			put8(b, 1);
	}
}

static void header_v4(struct world *w, const struct packet *p, unsigned int protocol,
		      unsigned int fragment, size_t size, struct buffer *b)
{
	struct buffer options = {.size = 0};

	if (with(w, WITH_OPTIONS) && permille(w, 35))
		options_make(w, &options);
	put8(b, 0x40 | (5 + (unsigned int)options.size / 4));
	put8(b, p->tos);
	put16(b, (unsigned int)(20 + options.size + size));
	put16(b, p->identification);
	put16(b, fragment);
	put8(b, p->ttl);
	put8(b, protocol);
	put16(b, 0);
	put(b, p->source.bytes, 4);
	put(b, p->target.bytes, 4);
	put(b, options.data, options.size);
}

static void header_v6(struct world *w, const struct packet *p, unsigned int protocol, size_t size,
		      struct buffer *b)
{
	uint32_t label = percent(w, 20) ? below(w, 1u << 20) : 0;

	put32(b, 0x60000000u | (uint32_t)p->tos << 20 | label);
	put16(b, (unsigned int)size);
	put8(b, protocol);
	put8(b, p->ttl);
	put(b, p->source.bytes, 16);
	put(b, p->target.bytes, 16);
}

void packet_header(struct world *w, const struct packet *p, unsigned int protocol,
		   unsigned int fragment, size_t size, struct buffer *b)
{
	if (p->source.v6)
		header_v6(w, p, protocol, size, b);
	else
		header_v4(w, p, protocol, fragment, size, b);
}

void packet_first_make(struct world *w, const struct packet *p, struct buffer *b)
{
	struct buffer rest = {.size = 0};

	b->size = 0;
	if (p->source.v6) {
		put16(&rest, (unsigned int)p->protocol << 8);
		put16(&rest, 1);
		put32(&rest, p->identification);
	}
	packet_transport(w, p, &rest);
	rest.size -= rest.size % 8;
	packet_header(w, p, p->source.v6 ? 44 : p->protocol, 0x2000, rest.size, b);
	put(b, rest.data, rest.size);
}

static void bend_lengths(struct world *w, const struct packet *p, struct buffer *b)
{
	size_t at = p->source.v6 ? 4 : 2;
	unsigned int value = (unsigned int)(b->data[at] << 8 | b->data[at + 1]);

	switch (below(w, 6)) {
	case 0:
		set16(b, at, value - 1 - below(w, 30));
		break;
	case 1:
		set16(b, at, value + 1 + below(w, 30));
		break;
	case 2:
		set16(b, at, below(w, 65536));
		break;
	case 3:
		b->data[0] = (uint8_t)below(w, 256);
		break;
	case 4:
		b->data[0] = (uint8_t)(0x40 | below(w, 16));
		break;
	default:
		b->size -= below(w, (uint32_t)b->size);
	}
}

void packet_make(struct world *w, const struct packet *p, struct buffer *b)
{
	struct buffer rest = {.size = 0};
	unsigned int protocol = p->protocol;

	b->size = 0;
	if (p->source.v6 && with(w, WITH_EXTENSIONS) && permille(w, 70))
		protocol = chain_make(w, p->protocol, &rest);
	packet_transport(w, p, &rest);
	packet_header(w, p, protocol, percent(w, 30) ? 0x4000 : 0, rest.size, b);
	put(b, rest.data, rest.size);
	if (with(w, WITH_LENGTHS) && permille(w, 12))
		bend_lengths(w, p, b);
}
