/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done to a frame, one thing at a time. Each kind numbers what it can do to it. */
#include "mutants.h"

#define HEADERS 120 /* bytes that hold all that is read, as a rule */
#define BITS	60  /* bytes of which each bit is flipped */

struct kind {
	size_t (*count)(const struct buffer *frame, bool to, bool every);
	void (*make)(struct buffer *frame, bool to, size_t i, size_t *length);
};

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- cut off ------------------------------------------------------------------------------- */

static size_t count_shorter(const struct buffer *frame, bool to, bool every)
{
	(void)to;
	return at_most(frame->size - 1, every ? SIZE_MAX : HEADERS);
}

static void make_shorter(struct buffer *frame, bool to, size_t i, size_t *length)
{
	(void)to;
	*length = frame->size = i + 1;
}

/* Less is no capture in part. */
size_t least_captured(bool to)
{
	return to ? 54 : 14;
}

static size_t count_captured(const struct buffer *frame, bool to, bool every)
{
	size_t end = at_most(frame->size, every ? SIZE_MAX : HEADERS);

	return end > least_captured(to) ? end - least_captured(to) : 0;
}

static void make_captured(struct buffer *frame, bool to, size_t i, size_t *length)
{
	(void)length;
	frame->size = least_captured(to) + i;
}

/* --- bits ---------------------------------------------------------------------------------- */

static size_t count_bits(const struct buffer *frame, bool to, bool every)
{
	(void)to, (void)every;
	return 8 * at_most(frame->size, BITS);
}

static void make_bit(struct buffer *frame, bool to, size_t i, size_t *length)
{
	(void)to, (void)length;
	frame->data[i / 8] ^= (uint8_t)(1 << i % 8);
}

/* --- tags ---------------------------------------------------------------------------------- */

/* Those of the goldens' segments are 30, 40, and 7 in 100. */
static const struct {
	size_t n;
	uint8_t bytes[12];
} tags[] = {
	{1, {0x81, 0, 0, 0}},
	{1, {0x81, 0, 0xe0, 0}},
	{1, {0x81, 0, 0, 30}},
	{1, {0x81, 0, 0xb0, 30}},
	{1, {0x81, 0, 0x0f, 0xff}},
	{1, {0x88, 0xa8, 0, 0}},
	{1, {0x88, 0xa8, 0, 100}},
	{1, {0x91, 0, 0, 1}},
	{2, {0x88, 0xa8, 0, 100, 0x81, 0, 0, 7}},
	{2, {0x81, 0, 0, 100, 0x81, 0, 0, 7}},
	{2, {0x81, 0, 0, 7, 0x88, 0xa8, 0, 100}},
	{2, {0x81, 0, 0xe0, 0, 0x81, 0, 0, 30}},
	{2, {0x81, 0, 0, 30, 0x81, 0, 0xe0, 0}},
	{2, {0x88, 0xa8, 0xe0, 0, 0x81, 0, 0xe0, 0}},
	{3, {0x88, 0xa8, 0, 100, 0x81, 0, 0, 7, 0x81, 0, 0, 1}},
	{3, {0x81, 0, 0xe0, 0, 0x81, 0, 0xe0, 0, 0x81, 0, 0xe0, 0}},
	{3, {0x81, 0, 0xe0, 0, 0x88, 0xa8, 0, 100, 0x81, 0, 0, 7}},
};

static bool tagged(const struct buffer *frame)
{
	return take_apart(frame).network > 14;
}

/* Outside of those that there are, or within the first one; at last without that one. */
static size_t count_tags(const struct buffer *frame, bool to, bool every)
{
	(void)to, (void)every;
	if (frame->size < 14)
		return 0;
	return tagged(frame) ? 2 * ARRAY_SIZE(tags) + 1 : ARRAY_SIZE(tags);
}

static void make_tags(struct buffer *frame, bool to, size_t i, size_t *length)
{
	size_t which = i % ARRAY_SIZE(tags), place = i / ARRAY_SIZE(tags);

	(void)to;
	if (place < 2)
		insert_bytes(frame, 12 + 4 * place, tags[which].bytes, 4 * tags[which].n);
	else
		remove_bytes(frame, 12, 4);
	*length = frame->size;
}

/* --- words --------------------------------------------------------------------------------- */

enum word {
	SWAPPED,
	NONE,
	ONE,
	MOST,
	MORE,
	LESS,
	UNIT_MORE,
	REST,
	REST_MORE,
	REST6,
	REST6_MORE,
	WORDS
};

static size_t count_words(const struct buffer *frame, bool to, bool every)
{
	size_t end = at_most(frame->size, HEADERS);

	(void)to, (void)every;
	return end < 14 ? 0 : (end - 12) / 2 * WORDS;
}

static void set_word(struct buffer *frame, size_t at, unsigned int value)
{
	frame->data[at] = (uint8_t)(value >> 8);
	frame->data[at + 1] = (uint8_t)value;
}

static void swap_words(struct buffer *frame, size_t at)
{
	unsigned int first = get16(frame, at);

	if (at + 4 > frame->size)
		return;
	set_word(frame, at, get16(frame, at + 2));
	set_word(frame, at + 2, first);
}

/* REST: what an IP packet may say that it is long, REST6: what its payload is in IPv6. */
static void make_word(struct buffer *frame, bool to, size_t i, size_t *length)
{
	size_t at = 12 + i / WORDS * 2, network = take_apart(frame).network;
	unsigned int value = get16(frame, at), rest = (unsigned int)(frame->size - network);
	const unsigned int values[WORDS] = {
		[ONE] = 1,
		[MOST] = 0xffff,
		[MORE] = value + 1,
		[LESS] = value - 1,
		[UNIT_MORE] = value + 8,
		[REST] = rest,
		[REST_MORE] = rest + 1,
		[REST6] = rest - 40,
		[REST6_MORE] = rest - 39,
	};

	(void)to, (void)length;
	if (i % WORDS == SWAPPED)
		swap_words(frame, at);
	else
		set_word(frame, at, values[i % WORDS]);
}

/* --- header fields ------------------------------------------------------------------------- */

struct fields {
	size_t n;
	struct {
		size_t at;
		uint8_t value;
	} items[512];
};

static void add(struct fields *fields, size_t at, unsigned int value)
{
	if (fields->n == ARRAY_SIZE(fields->items))
		return;
	fields->items[fields->n].at = at;
	fields->items[fields->n++].value = (uint8_t)value;
}

/* One of the halves of a byte, in all ways. */
static void add_nibbles(struct fields *fields, const struct buffer *frame, size_t at, bool upper)
{
	if (at >= frame->size)
		return;
	for (unsigned int i = 0; i < 16; i++)
		add(fields, at,
		    upper ? i << 4 | (frame->data[at] & 0x0f) : i | (frame->data[at] & 0xf0));
}

static void add_protocols(struct fields *fields, size_t at)
{
	static const uint8_t protocols[] = {0,	1,  2,	4,  6,	17,  41,  43,  44,  47,	 50,
					    51, 58, 59, 60, 89, 135, 136, 139, 140, 253, 255};

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		add(fields, at, protocols[i]);
}

static void add_lengths(struct fields *fields, size_t at)
{
	static const uint8_t lengths[] = {0, 1,	 2,  3,	 4,   5,   6,	7,
					  8, 16, 32, 64, 127, 128, 254, 255};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		add(fields, at, lengths[i]);
}

static void add_fields4(struct fields *fields, const struct buffer *frame, const struct layers *l)
{
	size_t end = l->transport ? l->transport : at_most(l->network + 60, frame->size);

	add_nibbles(fields, frame, l->network, false);
	add_protocols(fields, l->network + 9);
	for (size_t at = l->network + 20; at < end; at++) { /* options */
		add_lengths(fields, at);
		add(fields, at, 131);
		add(fields, at, 137);
	}
}

static void add_fields6(struct fields *fields, const struct layers *l)
{
	for (unsigned int i = 0; i < l->n_next_headers; i++)
		add_protocols(fields, l->next_headers[i]);
	for (unsigned int i = 0; i < l->n_extensions; i++)
		for (size_t at = l->extensions[i] + 1; at < l->extensions[i] + 4; at++)
			add_lengths(fields, at);
}

static struct fields find_fields(const struct buffer *frame)
{
	struct layers l = take_apart(frame);
	struct fields fields;

	fields.n = 0;
	if (!l.version)
		return fields;
	add_nibbles(&fields, frame, l.network, true);
	if (l.version == 4)
		add_fields4(&fields, frame, &l);
	else
		add_fields6(&fields, &l);
	if (!l.transport)
		return fields;
	if (l.protocol == 6)
		add_nibbles(&fields, frame, l.transport + 12, true);
	if (l.protocol == 1 || l.protocol == 58) { /* a quoted packet */
		add_nibbles(&fields, frame, l.transport + 8, true);
		add_nibbles(&fields, frame, l.transport + 8, false);
	}
	return fields;
}

static size_t count_fields(const struct buffer *frame, bool to, bool every)
{
	(void)to, (void)every;
	return find_fields(frame).n;
}

static void make_field(struct buffer *frame, bool to, size_t i, size_t *length)
{
	struct fields fields = find_fields(frame);

	(void)to, (void)length;
	frame->data[fields.items[i].at] = fields.items[i].value;
}

/* --- all ----------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
	{count_shorter, make_shorter}, {count_captured, make_captured}, {count_bits, make_bit},
	{count_tags, make_tags},       {count_words, make_word},	{count_fields, make_field},
	{count_said, make_said},       {count_ends, make_end},
};

size_t mutants_count(const struct buffer *frame, bool to, bool every)
{
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		n += kinds[k].count(frame, to, every);
	return n;
}

void mutant_make(struct buffer *frame, bool to, bool every, size_t i, size_t *length)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		size_t n = kinds[k].count(frame, to, every);

		if (i < n) {
			kinds[k].make(frame, to, i, length);
			return;
		}
		i -= n;
	}
}
