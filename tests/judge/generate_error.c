/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors that quote what was sent lately: right ones, and such that are wrong in one place. */
#include "generate.h"

struct error {
	const struct recent *recent;
	struct buffer quote;
	struct packet packet;
	int sender, receiver;
};

static struct address address_at(const struct recent *recent, bool source)
{
	struct address address = {.v6 = recent->v6};

	if (recent->v6)
		memcpy(address.bytes, recent->data + (source ? 8 : 24), 16);
	else
		memcpy(address.bytes, recent->data + (source ? 12 : 16), 4);
	return address;
}

static void set_type(struct world *w, struct packet *p)
{
	static const uint8_t v4[] = {3, 3, 3, 11, 12}, v6[] = {1, 1, 2, 3, 4};

	p->type = p->source.v6 ? PICK(w, v6) : PICK(w, v4);
	if (permille(w, 60))
		p->type = (uint8_t)(p->source.v6 ? below(w, 8) : below(w, 14));
	p->code = percent(w, 60) ? (uint8_t)below(w, 5) : 0;
	p->protocol = p->source.v6 ? 58 : 1;
	if (permille(w, 15))
		p->protocol = p->protocol == 1 ? 58 : 1;
	p->identifier = percent(w, 70) ? 0 : (uint16_t)below(w, 65536);
}

/* Back to whoever sent the packet: from its receiver, or from a router on the way. */
static void set_ends(struct world *w, struct error *e)
{
	const struct recent *recent = e->recent;
	struct packet *p = &e->packet;

	e->sender = recent->receiver;
	e->receiver = recent->sender;
	p->target = address_at(recent, true);
	p->source = address_at(recent, false);
	if (e->sender >= 0)
		return;
	if (percent(w, 25))
		p->source = some_gateway(w, recent->v6);
	else if (percent(w, 40))
		p->source = some_far(w, recent->v6);
}

static void set_quote(struct world *w, struct error *e)
{
	const struct recent *recent = e->recent;
	size_t size = recent->v6 ? 48 : 4u * (recent->data[0] & 15) + 8, most = recent->size;

	if (percent(w, 50))
		size += below(w, 60);
	else if (percent(w, 8))
		size = below(w, 50);
	e->quote.size = 0;
	put(&e->quote, recent->data, size < most ? size : most);
}

static void bend_byte(struct world *w, struct buffer *quote, size_t at, unsigned int flip)
{
	if (at < quote->size)
		quote->data[at] ^= (uint8_t)(flip ? flip : 1 + below(w, 255));
}

/* One field of the quoted packet. */
static void bend_quote(struct world *w, struct error *e)
{
	static const uint8_t v4[] = {0, 6, 7, 9, 12, 15, 16, 19}, v6[] = {0, 6, 8, 23, 24, 39};
	size_t head = e->recent->v6 ? 40 : 4u * (e->recent->data[0] & 15);

	if (percent(w, 45))
		bend_byte(w, &e->quote, head + below(w, 8), percent(w, 60) ? 1 : 0);
	else
		bend_byte(w, &e->quote, e->recent->v6 ? PICK(w, v6) : PICK(w, v4),
			  percent(w, 40) ? 1u << below(w, 8) : 0);
}

/* As if it had run the other way. */
static void turn_quote(struct error *e)
{
	size_t size = e->recent->v6 ? 16 : 4, at = e->recent->v6 ? 8 : 12;
	uint8_t source[16];

	if (e->quote.size < at + 2 * size)
		return;
	memcpy(source, e->quote.data + at, size);
	memcpy(e->quote.data + at, e->quote.data + at + size, size);
	memcpy(e->quote.data + at + size, source, size);
}

static void bend_ends(struct world *w, struct error *e)
{
	int sender = e->sender;

	if (percent(w, 40)) {
		e->packet.source = some_address(w, e->recent->v6);
	} else if (percent(w, 50)) {
		e->packet.target = some_address(w, e->recent->v6);
	} else {
		e->sender = e->receiver;
		e->receiver = sender;
	}
}

static void bend(struct world *w, struct error *e)
{
	unsigned int roll = below(w, 100);

	if (roll < 60)
		bend_quote(w, e);
	else if (roll < 70)
		turn_quote(e);
	else
		bend_ends(w, e);
}

static void send(struct world *w, struct error *e)
{
	struct buffer bytes, head = {.size = 0};

	e->packet.payload = 0;
	packet_make(w, &e->packet, &head);
	/* Only the length of the whole is still missing. */
	bytes = head;
	put(&bytes, e->quote.data, e->quote.size);
	if (e->recent->v6)
		set16(&bytes, 4,
		      (unsigned int)(head.data[4] << 8 | head.data[5]) +
			      (unsigned int)e->quote.size);
	else
		set16(&bytes, 2,
		      (unsigned int)(head.data[2] << 8 | head.data[3]) +
			      (unsigned int)e->quote.size);
	send_packet(w, e->sender, e->receiver, &e->packet.target, &bytes);
}

void error_step(struct world *w, int machine)
{
	unsigned int n = w->n_recent < MAX_RECENT ? w->n_recent : MAX_RECENT;
	struct error e = {.packet = {.ttl = 64}};

	if (!n) {
		talk_step(w, machine);
		return;
	}
	e.recent =
		&w->recent[percent(w, 60) ? (w->n_recent - 1 - below(w, n > 4 ? 4 : n)) % MAX_RECENT
					  : below(w, n)];
	if (e.recent->size < 20)
		return;
	quarantine_touch(w, percent(w, 50) ? e.recent->sender : e.recent->receiver, 40);
	set_ends(w, &e);
	set_type(w, &e.packet);
	set_quote(w, &e);
	if (percent(w, 40))
		bend(w, &e);
	send(w, &e);
}
