/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 extension headers: mostly such that pass, and some of every kind that does not. */
#include "generate.h"

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };

/* Up to this many are made; the walk ends at eight. */
#define LONGEST 10

static void options_make(struct world *w, unsigned int next, unsigned int units, struct buffer *b)
{
	unsigned int size = 8 * units + 6;

	put8(b, next);
	put8(b, units);
	if (percent(w, 40)) {
		put_random(w, b, size);
		return;
	}
	put8(b, 1); /* PadN */
	put8(b, size - 2);
	for (unsigned int i = 2; i < size; i++)
		put8(b, 0);
}

static void routing_make(struct world *w, unsigned int next, unsigned int type, unsigned int left,
			 struct buffer *b)
{
	unsigned int units = percent(w, 60) ? 2 : 0;

	put8(b, next);
	put8(b, units);
	put8(b, type);
	put8(b, left);
	put_random(w, b, 8 * units + 4);
}

static void authentication_make(struct world *w, unsigned int next, struct buffer *b)
{
	unsigned int words = between(w, 1, 5);

	put8(b, next);
	put8(b, words);
	put_random(w, b, 4 * (words + 2) - 2);
}

unsigned int chain_make_plain(struct world *w, unsigned int kind, unsigned int next,
			      struct buffer *b)
{
	static const uint8_t routes[] = {2, 3, 4, 253};

	switch (kind) {
	case ROUTING:
		routing_make(w, next, PICK(w, routes), 0, b);
		break;
	case AUTHENTICATION:
		authentication_make(w, next, b);
		break;
	case FRAGMENT: /* an atomic one */
		put16(b, next << 8);
		put16(b, 0);
		put32(b, below(w, 4));
		break;
	default:
		options_make(w, next, percent(w, 80) ? 0 : below(w, 4), b);
	}
	return kind;
}

/* One that the walk does not like; some of them it does not mind after all. */
static unsigned int odd_make(struct world *w, unsigned int kind, unsigned int next,
			     struct buffer *b)
{
	static const uint8_t routes[] = {0, 0, 2, 3, 4}, unknown[] = {135, 139, 140, 253, 254, 255};
	size_t at = b->size;

	switch (below(w, 6)) {
	case 0:
		routing_make(w, next, PICK(w, routes), below(w, 3), b);
		return ROUTING;
	case 1:
		kind = PICK(w, unknown);
		put16(b, next << 8);
		put_random(w, b, 6);
		return kind;
	case 2: /* the length lies */
		chain_make_plain(w, kind, next, b);
		b->data[at + 1] = (uint8_t)(percent(w, 50) ? below(w, 8) : below(w, 256));
		return kind;
	case 3: /* a long one: two of these reach beyond byte 1024 */
		options_make(w, next, between(w, 50, 70), b);
		return DESTINATION;
	case 4: /* it has no end */
		put_random(w, b, below(w, 8));
		return kind;
	default:
		chain_make_plain(w, FRAGMENT, next, b);
		return FRAGMENT;
	}
}

unsigned int chain_make(struct world *w, unsigned int protocol, struct buffer *b)
{
	static const uint8_t kinds[] = {HOP_BY_HOP,  ROUTING,	  FRAGMENT,   AUTHENTICATION,
					DESTINATION, DESTINATION, DESTINATION};
	unsigned int n = percent(w, 80) ? between(w, 1, 2) : between(w, 3, LONGEST);
	bool odd = percent(w, 30), many = n > 2;
	struct buffer parts[LONGEST];
	unsigned int next = protocol;

	if (percent(w, 2))
		next = 59;
	/* From the last to the first, since each one names the one behind it. */
	for (unsigned int i = n; i--;) {
		unsigned int kind = PICK(w, kinds);

		if (many && kind == FRAGMENT && percent(w, 80))
			kind = HOP_BY_HOP;
		parts[i].size = 0;
		if (odd && below(w, n) == 0)
			next = odd_make(w, kind, next, &parts[i]);
		else
			next = chain_make_plain(w, kind, next, &parts[i]);
	}
	for (unsigned int i = 0; i < n; i++)
		put(b, parts[i].data, parts[i].size);
	return next;
}
