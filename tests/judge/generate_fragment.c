/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams in pieces: many under way at a time, a piece a step. */
#include "generate.h"

enum { FRAGMENT = 44, DESTINATION = 60 };

/* --- how a datagram is cut ----------------------------------------------------------------- */

static void cut(struct world *w, struct datagram *d, unsigned int n)
{
	uint32_t size = (uint32_t)d->data.size, at = 0;

	if (n > (size + 7) / 8)
		n = (size + 7) / 8;
	d->n = 0;
	for (unsigned int left = n; left; left--) {
		uint32_t units = (size - at) / 8, part = size - at;

		if (left > 1 && units)
			part = 8 * between(w, 1, units >= left ? units - left + 1 : 1);
		/* With the whole TCP header, mostly. */
		if (!at && part < 24 && size > 32 && percent(w, 90))
			part = 24;
		d->pieces[d->n++] = (struct piece){at, (uint16_t)part, left > 1};
		at += part;
		if (at >= size)
			break;
	}
	if (d->n)
		d->pieces[d->n - 1].more = false;
}

static void swap(struct datagram *d, unsigned int a, unsigned int b)
{
	struct piece piece = d->pieces[a];

	d->pieces[a] = d->pieces[b];
	d->pieces[b] = piece;
}

static void shuffle(struct world *w, struct datagram *d, unsigned int from)
{
	for (unsigned int i = d->n; i > from + 1; i--)
		swap(d, i - 1, from + below(w, i - from));
}

static void insert(struct world *w, struct datagram *d, struct piece piece)
{
	unsigned int at = percent(w, 85) && d->n ? between(w, 1, d->n) : below(w, d->n + 1);

	if (d->n == MAX_PIECES)
		return;
	memmove(&d->pieces[at + 1], &d->pieces[at], (d->n - at) * sizeof(piece));
	d->pieces[at] = piece;
	d->n++;
}

static void remove_piece(struct datagram *d, unsigned int at)
{
	if (at >= d->n)
		return;
	memmove(&d->pieces[at], &d->pieces[at + 1], (--d->n - at) * sizeof(d->pieces[0]));
}

/* Every other piece first: as many separate runs as there are. */
static void spread(struct datagram *d)
{
	struct piece sorted[MAX_PIECES];
	unsigned int at = 0;

	memcpy(sorted, d->pieces, sizeof(sorted));
	for (unsigned int odd = 0; odd < 2; odd++)
		for (unsigned int i = odd; i < d->n; i += 2)
			d->pieces[at++] = sorted[i];
}

/* One piece that contradicts the others. */
static void bend(struct world *w, struct datagram *d)
{
	static const uint32_t ends[] = {65528, 65520, 65504, 32768};
	struct piece piece = d->pieces[below(w, d->n)];

	switch (below(w, 9)) {
	case 0: /* twice */
		break;
	case 1: /* overlaps */
		piece.offset += 8;
		break;
	case 2:
		piece.offset -= piece.offset ? 8 : 0;
		piece.size += 8;
		break;
	case 3: /* at the far end of what can be */
		piece.offset = PICK(w, ends);
		piece.size = (uint16_t)(8 * between(w, 1, 5) - below(w, 2));
		piece.more = percent(w, 30);
		break;
	case 4: /* not in units of eight */
		piece.size = (uint16_t)(piece.size - 1 - below(w, 6));
		break;
	case 5: /* another end */
		piece.more = !piece.more;
		break;
	case 6:
		piece.offset = (uint32_t)d->data.size + 8 * below(w, 3);
		piece.offset -= piece.offset % 8;
		piece.size = 8;
		piece.more = percent(w, 50);
		break;
	case 7:
		piece.size = 0;
		break;
	default: /* a first one again */
		piece.offset = 0;
		piece.more = true;
		piece.size = 8 * (uint16_t)between(w, 1, 4);
	}
	insert(w, d, piece);
}

static void arrange(struct world *w, struct datagram *d)
{
	unsigned int roll = below(w, 100);

	cut(w, d, roll < 12 ? between(w, 10, MAX_PIECES - 2) : between(w, 2, 5));
	if (roll < 12)
		spread(d);
	else if (roll < 20)
		shuffle(w, d, 0);
	else if (roll < 36)
		shuffle(w, d, 1);
	else if (roll < 44)
		remove_piece(d, percent(w, 50) ? 0 : below(w, d->n));
	else if (roll < 72)
		for (unsigned int n = between(w, 1, 2); n && d->n; n--)
			bend(w, d);
	else if (roll < 76)
		d->late = true;
}

/* --- datagrams ----------------------------------------------------------------------------- */

static void begin(struct world *w, struct datagram *d, struct talk *talk)
{
	bool by_device = talk_packet(w, talk, &d->packet);
	struct buffer *data = &d->data;

	d->live = true;
	d->late = false;
	d->next = 0;
	d->begun = w->now;
	d->sender = by_device ? talk->machine : talk->peer;
	d->receiver = by_device ? talk->peer : talk->machine;
	/* Few numbers, so that datagrams meet their like. */
	d->packet.identification = (uint16_t)(percent(w, 50) ? below(w, 6) : below(w, 65536));
	d->packet.payload = (uint16_t)(percent(w, 80) ? between(w, 8, 200) : between(w, 200, 1400));
	d->first_header = d->packet.protocol;
	d->chain = d->packet.source.v6 && percent(w, 15);
	data->size = 0;
	if (d->packet.source.v6 && percent(w, 12))
		d->first_header = (uint8_t)chain_make_plain(w, DESTINATION, d->first_header, data);
	else if (d->packet.source.v6 && percent(w, 6))
		d->first_header = (uint8_t)chain_make(w, d->first_header, data);
	packet_transport(w, &d->packet, data);
	arrange(w, d);
	talk->last = w->now;
}

/* Its bytes; what lies beyond the datagram is made up. */
static void piece_bytes(struct world *w, const struct datagram *d, const struct piece *piece,
			struct buffer *b)
{
	size_t size = d->data.size, there = 0;

	if (piece->offset < size)
		there = size - piece->offset < piece->size ? size - piece->offset : piece->size;
	put(b, d->data.data + piece->offset % sizeof(d->data.data), there);
	put_random(w, b, piece->size - there);
}

static void piece_make_v6(struct world *w, const struct datagram *d, const struct piece *piece,
			  struct buffer *b)
{
	struct buffer rest = {.size = 0};
	unsigned int protocol = FRAGMENT;

	if (d->chain)
		protocol = chain_make_plain(w, DESTINATION, protocol, &rest);
	put8(&rest, d->first_header);
	put8(&rest, 0);
	put16(&rest, (unsigned int)(piece->offset & 0xfff8) | piece->more);
	put32(&rest, d->packet.identification);
	piece_bytes(w, d, piece, &rest);
	packet_header(w, &d->packet, protocol, 0, rest.size, b);
	put(b, rest.data, rest.size);
}

static void piece_make(struct world *w, const struct datagram *d, const struct piece *piece,
		       struct buffer *b)
{
	unsigned int fragment = (piece->offset >> 3 & 0x1fff) | (piece->more ? 0x2000 : 0);

	b->size = 0;
	if (d->packet.source.v6) {
		piece_make_v6(w, d, piece, b);
		return;
	}
	packet_header(w, &d->packet, d->packet.protocol, fragment, piece->size, b);
	piece_bytes(w, d, piece, b);
}

static void send_piece(struct world *w, struct datagram *d)
{
	const struct piece *piece = &d->pieces[d->next];
	struct buffer bytes;

	if (d->late && d->next + 1 == d->n)
		clock_forget(w, d->begun);
	piece_make(w, d, piece, &bytes);
	send_packet(w, d->sender, d->receiver, &d->packet.target, &bytes);
	d->live = ++d->next < d->n;
	quarantine_touch(w, percent(w, 50) ? d->sender : d->receiver, 50);
}

/* More datagrams of one conversation than there are places for. */
static void begin_many(struct world *w)
{
	struct talk *talk = talk_hopeful(w);

	for (unsigned int i = 0; i < MAX_DATAGRAMS; i++) {
		begin(w, &w->datagrams[i], talk);
		w->datagrams[i].packet.identification = (uint16_t)(1000 + i);
	}
}

void fragment_step(struct world *w, int machine)
{
	struct datagram *d = &w->datagrams[below(w, MAX_DATAGRAMS)];

	if (percent(w, 15))
		talk_anew(w, machine);
	if (permille(w, 4))
		begin_many(w);
	/* A few at a time, as a rule. */
	if (percent(w, 70))
		d = &w->datagrams[below(w, 3)];
	if (!d->live)
		begin(w, d, talk_hopeful(w));
	if (!d->n) {
		d->live = false;
		return;
	}
	for (unsigned int n = percent(w, 60) ? 1 : between(w, 2, 4); n && d->live; n--)
		send_piece(w, d);
}
