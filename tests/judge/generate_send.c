/* SPDX-License-Identifier: BSD-2-Clause */
/* How packets become frames: the ports that they cross, MAC addresses and tags, and lies in these. */
#include "generate.h"

#define TAG	 0x8100
#define PROVIDER 0x88a8
#define HEAD_MAX (14 + 4 * 4)
#define SMALLEST 60

/* --- tags ---------------------------------------------------------------------------------- */

static void add_tag(struct envelope *e, unsigned int at, unsigned int type, unsigned int tag)
{
	if (e->n_tags == ARRAY_SIZE(e->tags))
		return;
	for (unsigned int i = e->n_tags++; i > at; i--) {
		e->tags[i] = e->tags[i - 1];
		e->tag_types[i] = e->tag_types[i - 1];
	}
	e->tags[at] = (uint16_t)tag;
	e->tag_types[at] = (uint16_t)type;
}

static void set_tags(struct world *w, struct envelope *e, const struct segment *segment)
{
	e->n_tags = 0;
	for (unsigned int i = 0; i < segment->n_tags; i++)
		add_tag(e, i, !i && segment->n_tags == 2 && percent(w, 50) ? PROVIDER : TAG,
			segment->vlan[i] | (percent(w, 5) ? below(w, 16) << 12 : 0));
	if (!segment->n_tags && with(w, WITH_TAGS) && permille(w, 15))
		add_tag(e, 0, percent(w, 80) ? TAG : PROVIDER, below(w, 16) << 12);
}

static void bend_tags(struct world *w, struct envelope *e)
{
	const struct segment *segment = &w->segments[below(w, w->n_segments)];
	uint16_t tag = e->tags[0];

	switch (below(w, 7)) {
	case 0:
		e->n_tags = 0;
		break;
	case 1:
		set_tags(w, e, segment);
		break;
	case 2:
		add_tag(e, below(w, e->n_tags + 1), TAG, below(w, 16) << 12);
		break;
	case 3:
		add_tag(e, below(w, e->n_tags + 1), PROVIDER, segment->vlan[0]);
		break;
	case 4:
		while (e->n_tags < 3)
			add_tag(e, e->n_tags, percent(w, 50) ? TAG : PROVIDER, between(w, 0, 40));
		break;
	case 5:
		if (e->n_tags)
			e->tags[below(w, e->n_tags)] = (uint16_t)below(w, 4096);
		break;
	default:
		if (e->n_tags == 2) {
			e->tags[0] = e->tags[1];
			e->tags[1] = tag;
		} else {
			add_tag(e, 0, 0x9100, 10);
		}
	}
}

/* --- envelopes ----------------------------------------------------------------------------- */

static struct envelope envelope_of(struct world *w, const struct machine *m, bool to)
{
	struct envelope e = {.to = to, .port = m->port};

	memcpy(to ? e.target : e.source, m->mac, 6);
	memcpy(to ? e.source : e.target, gateway_mac(w), 6);
	set_tags(w, &e, &w->segments[m->segment]);
	return e;
}

struct envelope envelope_from(struct world *w, int machine)
{
	return envelope_of(w, &w->machines[machine], false);
}

struct envelope envelope_to(struct world *w, int machine)
{
	return envelope_of(w, &w->machines[machine], true);
}

static void bend(struct world *w, struct envelope *e)
{
	if (with(w, WITH_LIES) && permille(w, 14))
		e->port = (uint8_t)(percent(w, 85) ? below(w, MAX_PORTS) : STRAY_PORT);
	if (with(w, WITH_LIES | WITH_TAGS) && permille(w, 12))
		bend_tags(w, e);
	if (with(w, WITH_LIES) && permille(w, 16))
		some_mac(w, e->source);
	if (with(w, WITH_LAYERS) && permille(w, 16))
		some_mac(w, e->target);
	if (with(w, WITH_LIES) && permille(w, 2))
		e->ethertype = PICK(w, w->ethertypes);
	if (with(w, WITH_LIES) && permille(w, 2))
		e->to = !e->to;
}

static void frame_make(const struct envelope *e, const struct buffer *payload, struct buffer *frame)
{
	frame->size = 0;
	put(frame, e->target, 6);
	put(frame, e->source, 6);
	for (unsigned int i = 0; i < e->n_tags; i++) {
		put16(frame, e->tag_types[i]);
		put16(frame, e->tags[i]);
	}
	put16(frame, e->ethertype);
	put(frame, payload->data, payload->size);
}

void send_frame(struct world *w, struct envelope e, const struct buffer *payload)
{
	struct buffer frame;
	size_t length;

	bend(w, &e);
	frame_make(&e, payload, &frame);
	while (frame.size < SMALLEST && percent(w, 30))
		put(&frame, (uint8_t[SMALLEST]){0}, SMALLEST - frame.size);
	length = frame.size;
	frame.size -= e.missing < frame.size ? e.missing : 0;
	if (!e.missing && with(w, WITH_MUTATIONS) && permille(w, 45))
		mutate(w, &frame, &length);
	stream_frame(w, e.to, e.port, length, &frame);
}

void send_around(struct world *w, struct envelope e, unsigned int segment,
		 const struct buffer *payload)
{
	const struct segment *s = &w->segments[segment];

	e.to = true;
	set_tags(w, &e, s);
	for (unsigned int i = 0; i < s->n_ports; i++) {
		struct envelope copy = e;

		if (s->ports[i] == e.port || percent(w, 40))
			continue;
		copy.port = s->ports[i];
		send_frame(w, copy, payload);
	}
}

/* --- packets ------------------------------------------------------------------------------- */

static void remember(struct world *w, int sender, int receiver, const struct buffer *packet)
{
	struct recent *recent = &w->recent[w->n_recent++ % MAX_RECENT];

	recent->sender = sender;
	recent->receiver = receiver;
	recent->v6 = packet->data[0] >> 4 == 6;
	recent->size = (uint16_t)(packet->size < sizeof(recent->data) ? packet->size
								      : sizeof(recent->data));
	memcpy(recent->data, packet->data, recent->size);
}

/* As the gateway forwards it. */
static void route(struct world *w, struct envelope *e, struct buffer *packet)
{
	size_t at = packet->data[0] >> 4 == 6 ? 7 : 8;

	memcpy(e->source, gateway_mac(w), 6);
	if (at < packet->size && packet->data[at] > 1)
		packet->data[at]--;
}

static void deliver(struct world *w, int sender, int receiver, struct envelope e,
		    struct buffer packet)
{
	const struct machine *m = &w->machines[receiver];
	bool bridged = sender >= 0 && !memcmp(e.target, m->mac, 6);
	struct envelope there = envelope_to(w, receiver);

	there.ethertype = e.ethertype;
	if (bridged)
		memcpy(there.source, e.source, 6);
	else if (percent(w, 97))
		route(w, &there, &packet);
	send_frame(w, there, &packet);
	if (permille(w, 25))
		send_around(w, there, m->segment, &packet);
}

void send_packet(struct world *w, int sender, int receiver, const struct address *target,
		 const struct buffer *packet)
{
	struct envelope e = {.port = STRAY_PORT};

	remember(w, sender, receiver, packet);
	if (sender >= 0) {
		e = envelope_from(w, sender);
		next_hop(w, sender, target, e.target);
	} else if (receiver >= 0) {
		memcpy(e.target, w->machines[receiver].mac, 6);
		memcpy(e.source, gateway_mac(w), 6);
	}
	e.ethertype = target->v6 ? 0x86dd : 0x0800;
	if (sender >= 0)
		send_frame(w, e, packet);
	if (receiver >= 0 && receiver != sender && percent(w, 92))
		deliver(w, sender, receiver, e, *packet);
	else if (receiver < 0 && sender >= 0 && e.target[0] & 1)
		send_around(w, e, w->machines[sender].segment, packet);
}
