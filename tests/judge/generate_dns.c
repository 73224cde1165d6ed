/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of DNS messages: right ones, and such that are wrong in one place. */
#include <string.h>

#include "generate.h"

enum { A = 1, ALIAS = 5, TEXT = 16, AAAA = 28, OPT = 41, SIGNATURE = 46, HTTPS = 65, ANY = 255 };
enum { INTERNET = 1, CHAOS = 3 };

#define HEADER	  12
#define MAX_SPOTS 40
#define MAX_CHAIN 12

/* As it is on the wire, without pointers, letters small. */
struct wire {
	uint16_t size;
	uint8_t bytes[300];
};

/* Where a name was written: so many bytes of it before its pointer, or all of them. */
struct spot {
	uint16_t at, plain;
	struct wire name;
};

enum bent {
	STRAIGHT,
	BENT_POINTER,
	BENT_LENGTH,
	BENT_COUNT,
	BENT_FLAGS,
	BENT_BYTES,
	BENT_END,
	N_BENT
};

struct message {
	struct buffer *b;
	enum bent bent;
	struct spot spots[MAX_SPOTS];
	unsigned int n_spots, n_answers;
	uint64_t least; /* time to live, in seconds */
};

/* --- names --------------------------------------------------------------------------------- */

static void add_label(struct wire *name, const void *label, size_t size)
{
	uint8_t *at = name->bytes + name->size;

	if (name->size + size + 2 > sizeof(name->bytes))
		return;
	*at = (uint8_t)size;
	memcpy(at + 1, label, size);
	at[size + 1] = 0;
	name->size = (uint16_t)(name->size + size + 1);
}

/* Its size has the last zero, too, once all labels are there. */
static struct wire wire_of(const char *text)
{
	struct wire name = {0};

	while (*text) {
		size_t size = strcspn(text, ".");

		add_label(&name, text, size);
		text += size + (text[size] == '.');
	}
	for (unsigned int i = 0; i < name.size; i++)
		if (name.bytes[i] == '_')
			name.bytes[i] = '.';
	name.size++;
	return name;
}

static struct wire wire_under(const struct wire *head, const struct wire *tail)
{
	struct wire name = *head;

	name.size--;
	if (name.size + tail->size > (int)sizeof(name.bytes))
		return *tail;
	memcpy(name.bytes + name.size, tail->bytes, tail->size);
	name.size = (uint16_t)(name.size + tail->size);
	return name;
}

/* As long as a name may be, or just longer. */
static struct wire long_name(struct world *w, const struct wire *tail)
{
	unsigned int whole = between(w, 253, 258);
	struct wire head = {0};
	uint8_t label[64];

	memset(label, 'l', sizeof(label));
	while (head.size + tail->size < (int)whole) {
		unsigned int left = whole - head.size - tail->size;

		add_label(&head, label, left > 64 ? (left == 65 ? 62 : 63) : left - 1);
	}
	head.size++;
	return wire_under(&head, tail);
}

static struct wire some_alias(struct world *w, const struct wire *of)
{
	static const char *const texts[] = {
		"edge-1.cdn.test", "edge-2.cdn.test", "a.ring.example", "b.ring.example", "x",
		"ring_example"};
	struct wire head = wire_of(percent(w, 50) ? "www" : "edge"), name = wire_of(PICK(w, texts));
	unsigned int roll = below(w, 100);

	if (roll < 40)
		return wire_under(&head, of);
	if (roll < 44)
		return long_name(w, of);
	if (roll < 46)
		return *of;
	return name;
}

/* --- names in a message -------------------------------------------------------------------- */

static uint8_t other_case(struct world *w, uint8_t byte)
{
	bool letter = (byte | 32) >= 'a' && (byte | 32) <= 'z';

	return letter && percent(w, 50) ? byte ^ 32 : byte;
}

static void put_labels(struct world *w, struct message *m, const struct wire *name, size_t size)
{
	bool mixed = percent(w, 30);

	for (size_t at = 0; at < size;) {
		size_t label = name->bytes[at];

		put8(m->b, name->bytes[at++]);
		for (; label && at < size; label--, at++)
			put8(m->b, mixed ? other_case(w, name->bytes[at]) : name->bytes[at]);
	}
}

/* Where this tail of a name stands already. 0: nowhere. */
static unsigned int find_tail(const struct message *m, const uint8_t *tail, size_t size)
{
	for (unsigned int i = 0; i < m->n_spots; i++) {
		const struct spot *spot = &m->spots[i];
		size_t at = 0;

		while (at < spot->plain && (size_t)(spot->name.size - at) > size)
			at += 1u + spot->name.bytes[at];
		if (at < spot->plain && spot->name.size - at == size &&
		    !memcmp(spot->name.bytes + at, tail, size))
			return spot->at + (unsigned int)at;
	}
	return 0;
}

/* Nowhere good, or just good enough. */
static unsigned int some_place(struct world *w, const struct message *m, size_t begin)
{
	switch (below(w, 7)) {
	case 0:
		return (unsigned int)begin; /* to itself */
	case 1:
		return (unsigned int)m->b->size + below(w, 20);
	case 2:
		return below(w, HEADER + 1);
	case 3:
		return below(w, 0x4000);
	case 4: /* into a name, or what follows it */
		return between(w, HEADER, (uint32_t)(begin > HEADER ? begin : HEADER));
	case 5:
		return (unsigned int)begin - 1 - below(w, 3);
	default:
		return m->n_spots ? m->spots[below(w, m->n_spots)].at : HEADER;
	}
}

static void put_name(struct world *w, struct message *m, const struct wire *name)
{
	size_t begin = m->b->size, plain = 0;
	bool short_ones = percent(w, 80);
	unsigned int place = 0;

	while (short_ones && name->bytes[plain] &&
	       !(place = find_tail(m, name->bytes + plain, name->size - plain)))
		plain += 1u + name->bytes[plain];
	if (!place)
		plain = name->size;
	if (m->bent == BENT_POINTER && m->n_answers && percent(w, 40)) {
		place = some_place(w, m, begin);
		plain = percent(w, 60) ? 0 : plain == name->size ? plain - 1u : plain;
	}
	put_labels(w, m, name, plain);
	if (place)
		put16(m->b, 0xc000 | place);
	if (m->n_spots < MAX_SPOTS)
		m->spots[m->n_spots++] = (struct spot){
			(uint16_t)begin, (uint16_t)(place ? plain : plain - 1), *name};
}

/* --- header and question ------------------------------------------------------------------- */

static unsigned int some_flags(struct world *w, const struct message *m, bool answer)
{
	unsigned int flags = answer ? 0x8180 : 0x0100;

	if (percent(w, 15))
		flags ^= 1u << below(w, 11);
	if (m->bent == BENT_FLAGS && percent(w, 70))
		flags ^= 1u << between(w, 11, 15);
	return flags;
}

static void begin(struct world *w, struct message *m, const struct asked *asked, bool answer)
{
	m->b->size = 0;
	put16(m->b, asked->id);
	put16(m->b, some_flags(w, m, answer));
	put16(m->b, m->bent == BENT_FLAGS && percent(w, 30) ? below(w, 3) : 1);
	put16(m->b, 0);
	put16(m->b, 0);
	put16(m->b, 0);
}

static struct wire ask(struct world *w, struct message *m, const struct asked *asked)
{
	struct wire name = wire_of(name_texts[asked->name]);

	if (m->bent == BENT_BYTES && percent(w, 15))
		name = long_name(w, &name);
	put_name(w, m, &name);
	put16(m->b, asked->type);
	put16(m->b, asked->class);
	return name;
}

/* Of EDNS: no name, and a size in place of a class. */
static void put_options(struct world *w, struct message *m)
{
	if (!percent(w, 50))
		return;
	put8(m->b, 0);
	put16(m->b, OPT);
	put16(m->b, 1232);
	put32(m->b, percent(w, 50) ? 0x8000 : 0);
	put16(m->b, 12);
	put16(m->b, 10);
	put16(m->b, 8);
	put_random(w, m->b, 8);
	set16(m->b, 10, 1);
}

/* --- answers ------------------------------------------------------------------------------- */

static uint32_t some_time(struct world *w)
{
	static const uint32_t seconds[] = {
		0,     1,	   300,	       3599,	   3600,
		3601,  7200,	   40000,      86399,	   86400,
		86401, 0x7fffffff, 0x80000000, 0xffffffff, 0x80000000 + 7200,
		100000};

	return PICK(w, seconds);
}

/* Up to what follows; returns where its length stands. */
static size_t put_head(struct world *w, struct message *m, const struct wire *name,
		       unsigned int type, unsigned int class, uint32_t time, unsigned int size)
{
	put_name(w, m, name);
	put16(m->b, type);
	put16(m->b, class);
	put32(m->b, time);
	put16(m->b, size);
	m->n_answers++;
	if (time >> 31)
		time = 0;
	if (time < m->least)
		m->least = time;
	return m->b->size - 2;
}

static void bend_length(struct world *w, struct message *m, size_t at, unsigned int size)
{
	unsigned int bent = percent(w, 60) ? size - 1 + 2 * below(w, 2) : below(w, 40);

	set16(m->b, at, bent);
	if (percent(w, 60) && bent > size)
		put_random(w, m->b, bent - size);
	else if (percent(w, 60) && bent < size)
		m->b->size -= size - bent;
}

static void put_alias(struct world *w, struct message *m, const struct wire *of,
		      const struct wire *alias)
{
	unsigned int class = percent(w, 98) ? INTERNET : CHAOS, size;
	size_t at = put_head(w, m, of, ALIAS, class, some_time(w), 0);

	put_name(w, m, alias);
	size = (unsigned int)(m->b->size - at - 2);
	set16(m->b, at, size);
	if (m->bent == BENT_LENGTH && percent(w, 30))
		bend_length(w, m, at, size);
}

static void put_address(struct world *w, struct message *m, const struct wire *of,
			const struct address *address)
{
	unsigned int size = address->v6 ? 16 : 4, class = percent(w, 98) ? INTERNET : CHAOS;
	size_t at = put_head(w, m, of, address->v6 ? AAAA : A, class, some_time(w), size);

	put(m->b, address->bytes, size);
	if (m->bent == BENT_LENGTH && percent(w, 30))
		bend_length(w, m, at, size);
}

/* Of no meaning here, but for its time. */
static void put_other(struct world *w, struct message *m, const struct wire *of)
{
	static const uint8_t types[] = {TEXT, SIGNATURE, HTTPS, 2, 6, 12};
	unsigned int size = below(w, 20);

	put_head(w, m, of, PICK(w, types), percent(w, 80) ? INTERNET : CHAOS, some_time(w), size);
	put_random(w, m->b, size);
}

/* The same number as there are places for, or more. */
static unsigned int some_count(struct world *w)
{
	unsigned int roll = below(w, 100);

	if (roll < 8)
		return 0;
	if (roll < 85)
		return between(w, 1, 3);
	return roll < 92 ? between(w, 4, 10) : between(w, 15, 18);
}

static unsigned int some_chain(struct world *w)
{
	unsigned int roll = below(w, 100);

	if (roll < 60)
		return 0;
	if (roll < 88)
		return between(w, 1, 3);
	return roll < 94 ? between(w, 4, 7) : between(w, 7, 10);
}

struct addressing {
	int machine;
	unsigned int name;
	bool v6;
	struct address told[20];
	unsigned int n;
};

static void put_addresses(struct world *w, struct message *m, const struct wire *of,
			  struct addressing *a, unsigned int n)
{
	while (n--) {
		bool v6 = percent(w, 92) ? a->v6 : !a->v6;
		struct address address = told_address(w, a->machine, a->name, v6);

		put_address(w, m, of, &address);
		if (a->n < ARRAY_SIZE(a->told))
			a->told[a->n++] = address;
	}
}

/* Aliases from the name that was asked for on, in turn or not; then addresses of the last one, or
 * before it. */
static void put_answers(struct world *w, struct message *m, struct wire name, struct addressing *a)
{
	struct wire chain[MAX_CHAIN] = {name}, stray = wire_of("stray.test");
	unsigned int links = some_chain(w), order[MAX_CHAIN], n = some_count(w);
	bool shuffled = percent(w, 10);

	for (unsigned int i = 0; i < links; i++) {
		chain[i + 1] = some_alias(w, &chain[i]);
		order[i] = i;
	}
	for (unsigned int i = links; shuffled && i > 1; i--) {
		unsigned int at = below(w, i), kept = order[i - 1];

		order[i - 1] = order[at];
		order[at] = kept;
	}
	if (percent(w, 8))
		put_addresses(w, m, &name, a, 1);
	for (unsigned int i = 0; i < links; i++) {
		if (percent(w, 6))
			put_other(w, m, &chain[order[i]]);
		put_alias(w, m, &chain[order[i]], &chain[order[i] + 1]);
	}
	if (percent(w, 10))
		put_other(w, m, percent(w, 60) ? &chain[links] : &stray);
	if (percent(w, 6))
		put_addresses(w, m, percent(w, 50) ? &stray : &chain[below(w, links + 1)], a, 1);
	if (percent(w, 94))
		put_addresses(w, m, &chain[links], a, n);
	if (percent(w, 10))
		put_other(w, m, percent(w, 60) ? &chain[links] : &stray);
	if (percent(w, 3)) /* more than are read, or as many */
		for (unsigned int most = between(w, 47, 49); m->n_answers < most;)
			put_other(w, m, percent(w, 60) ? &chain[links] : &stray);
}

static void bend_count(struct world *w, struct message *m)
{
	static const uint16_t counts[] = {0, 1, 47, 48, 49, 65535};
	unsigned int count = percent(w, 60) ? m->n_answers - 1 + 2 * below(w, 2) : PICK(w, counts);

	set16(m->b, 6, count);
	if (percent(w, 10))
		set16(m->b, 4, below(w, 3));
}

/* The zeros at the end are not there, or some more of it is not, or more is. */
static void bend_end(struct world *w, struct buffer *b)
{
	if (percent(w, 20))
		put_random(w, b, below(w, 30));
	else
		b->size = percent(w, 60) && b->size > 20 ? b->size - below(w, 20)
							 : below(w, (uint32_t)b->size + 1);
}

static void bend_bytes(struct world *w, struct buffer *b)
{
	for (unsigned int n = between(w, 1, 2); n && b->size; n--)
		b->data[below(w, (uint32_t)b->size)] ^= (uint8_t)(1u << below(w, 8));
}

static enum bent some_bent(struct world *w, unsigned int chance)
{
	if (!with(w, WITH_LIES) || !percent(w, chance))
		return STRAIGHT;
	return (enum bent)between(w, BENT_POINTER, N_BENT - 1);
}

/* --- all of it ----------------------------------------------------------------------------- */

void dns_query(struct world *w, const struct asked *asked, struct buffer *b)
{
	struct message m = {.b = b, .bent = some_bent(w, 12)};

	begin(w, &m, asked, false);
	ask(w, &m, asked);
	if (m.bent == BENT_POINTER) /* in a question */
		b->data[HEADER] = (uint8_t)below(w, 256);
	put_options(w, &m);
	if (m.bent == BENT_COUNT)
		set16(b, 4 + 2 * below(w, 4), below(w, 3));
	if (m.bent == BENT_BYTES)
		bend_bytes(w, b);
	if (m.bent == BENT_END)
		bend_end(w, b);
}

static void remember(struct world *w, const struct message *m, const struct addressing *a)
{
	uint64_t seconds = m->least < 3600 ? 3600 : m->least > 86400 ? 86400 : m->least;

	for (unsigned int i = 0; i < a->n; i++)
		told_renew(w, a->machine, a->name, &a->told[i], w->now + seconds * SECOND);
}

void dns_answer(struct world *w, int machine, const struct asked *asked, struct buffer *b)
{
	struct message m = {.b = b, .bent = some_bent(w, 14), .least = UINT64_MAX};
	struct addressing a = {.machine = machine,
			       .name = asked->name,
			       .v6 = asked->type == AAAA || (asked->type != A && percent(w, 50))};
	struct wire name;

	begin(w, &m, asked, true);
	name = ask(w, &m, asked);
	if (percent(w, 96))
		put_answers(w, &m, name, &a);
	set16(b, 6, m.n_answers);
	if (m.bent == BENT_COUNT)
		bend_count(w, &m);
	put_options(w, &m);
	if (m.bent == BENT_BYTES)
		bend_bytes(w, b);
	if (m.bent == BENT_END)
		bend_end(w, b);
	remember(w, &m, &a);
}

void dns_piece(struct world *w, struct buffer *b)
{
	struct buffer piece = {.size = 0};
	unsigned int roll = with(w, WITH_LIES) ? below(w, 100) : 99;

	put16(&piece, (unsigned int)b->size + (roll < 4) - (roll >= 4 && roll < 8));
	put(&piece, b->data, b->size);
	if (roll >= 8 && roll < 12) /* the next one begins */
		put_random(w, &piece, between(w, 1, 30));
	if (roll >= 12 && roll < 16)
		piece.size = below(w, (uint32_t)piece.size);
	*b = piece;
}
