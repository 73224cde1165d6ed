/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 discovery: solicitations, advertisements, redirects; true ones, and lies of every kind. */
#include "generate.h"

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT,
	NEIGHBOUR_SOLICITATION,
	NEIGHBOUR_ADVERTISEMENT,
	REDIRECT,
};

static struct address all_nodes(void)
{
	return address_v6(0xff02ull << 48, 1);
}

static struct address all_routers(void)
{
	return address_v6(0xff02ull << 48, 2);
}

struct address solicited_node(const struct address *address)
{
	struct address group = address_v6(0xff02ull << 48, 0x1ff000000);

	memcpy(group.bytes + 13, address->bytes + 13, 3);
	return group;
}

static void option_put(struct world *w, const struct discovery *d, struct buffer *b)
{
	unsigned int kind =
		d->packet.type == NEIGHBOUR_ADVERTISEMENT || d->packet.type == REDIRECT ? 2 : 1;

	if (with(w, WITH_LIES) && percent(w, 3))
		kind = 3 - kind;
	if (percent(w, 12)) {
		static const uint8_t others[] = {3, 5, 14, 24, 25, 253};

		put8(b, PICK(w, others));
		put8(b, with(w, WITH_LIES) && percent(w, 15) ? below(w, 5) : 1);
		put_random(w, b, 6);
		return;
	}
	put8(b, kind);
	put8(b, with(w, WITH_LIES) && percent(w, 3) ? below(w, 3) : 1);
	put(b, d->link_layer, 6);
}

static void body_put(struct world *w, const struct discovery *d, struct buffer *b)
{
	put8(b, d->packet.type);
	put8(b, d->packet.code);
	put16(b, 0);
	switch (d->packet.type) {
	case ROUTER_ADVERTISEMENT:
		put_random(w, b, 12);
		break;
	case ROUTER_SOLICITATION:
		put32(b, 0);
		break;
	case REDIRECT:
		put32(b, 0);
		put(b, d->asked.bytes, 16);
		put(b, d->packet.target.bytes, 16);
		break;
	default:
		put32(b, percent(w, 50) ? 0x60000000 : 0);
		put(b, d->asked.bytes, 16);
	}
	for (unsigned int i = 0; i < d->n_options; i++)
		option_put(w, d, b);
	if (with(w, WITH_LENGTHS) && percent(w, 3))
		b->size -= below(w, 30);
	else if (with(w, WITH_LENGTHS) && percent(w, 3))
		put_random(w, b, percent(w, 50) ? between(w, 1, 9) : between(w, 30, 70));
}

static void make(struct world *w, const struct discovery *d, struct buffer *b)
{
	struct buffer rest = {.size = 0};
	unsigned int protocol = 58;

	if (d->fragment_header)
		protocol = chain_make_plain(w, 44, protocol, &rest);
	else if (with(w, WITH_EXTENSIONS) && percent(w, 2))
		protocol = chain_make(w, protocol, &rest);
	body_put(w, d, &rest);
	b->size = 0;
	packet_header(w, &d->packet, protocol, 0, rest.size, b);
	put(b, rest.data, rest.size);
}

/* --- what is said -------------------------------------------------------------------------- */

static struct address own_address(struct world *w, int machine)
{
	return machine >= 0 ? some_own(w, machine, true) : some_gateway(w, true);
}

/* The type is set; the rest follows. @peer: a machine or OUTSIDE. */
static void fill_in(struct world *w, struct discovery *d, int machine, int peer)
{
	struct packet *p = &d->packet;

	p->source = own_address(w, machine);
	d->asked = own_address(w, peer);
	p->target = percent(w, 60) ? d->asked : all_nodes();
	d->n_options = percent(w, 80) ? percent(w, 75) : between(w, 2, 5);
	switch (p->type) {
	case ROUTER_SOLICITATION:
		p->target = all_routers();
		break;
	case NEIGHBOUR_SOLICITATION:
		if (percent(w, 65))
			p->target = solicited_node(&d->asked);
		if (percent(w, 80))
			break;
		/* Is it taken? */
		d->asked = p->source;
		p->source = address_v6(0, 0);
		p->target = solicited_node(&d->asked);
		d->n_options = percent(w, 20);
		break;
	case NEIGHBOUR_ADVERTISEMENT:
		d->asked = percent(w, 85) ? p->source : own_address(w, machine);
		break;
	default:
		break;
	}
}

void discovery_bend(struct world *w, struct discovery *d)
{
	struct packet *p = &d->packet;

	switch (below(w, 8)) {
	case 0:
		p->ttl = (uint8_t)(percent(w, 50) ? 254 : below(w, 256));
		break;
	case 1:
		p->code = (uint8_t)below(w, 4);
		break;
	case 2:
		d->asked = some_address(w, true);
		break;
	case 3:
		p->source = some_address(w, true);
		break;
	case 4:
		p->target = some_address(w, true);
		break;
	case 5:
		some_mac(w, d->link_layer);
		break;
	case 6:
		d->fragment_header = true;
		break;
	default:
		d->n_options = below(w, 10);
	}
}

static unsigned int some_type(struct world *w, bool gateway)
{
	static const uint8_t of_machines[] = {133, 135, 135, 135, 135, 136,
					      136, 136, 136, 134, 137};
	static const uint8_t of_gateway[] = {134, 134, 134, 135, 135, 136, 136, 137, 133};
	bool honest = percent(w, 85);
	unsigned int type = gateway ? PICK(w, of_gateway) : PICK(w, of_machines);

	if (honest && !gateway && (type == ROUTER_ADVERTISEMENT || type == REDIRECT))
		return NEIGHBOUR_SOLICITATION;
	return type;
}

static void prepare(struct world *w, struct discovery *d, int machine, int peer)
{
	*d = (struct discovery){.packet = {.ttl = 255, .protocol = 58}};
	d->packet.type = (uint8_t)some_type(w, machine == OUTSIDE);
	memcpy(d->link_layer, machine >= 0 ? w->machines[machine].mac : gateway_mac(w), 6);
	fill_in(w, d, machine, peer);
	if (with(w, WITH_LIES) && percent(w, 16))
		discovery_bend(w, d);
}

void discovery_send(struct world *w, const struct discovery *d, int machine, int peer)
{
	struct envelope e = envelope_from(w, machine), there;
	struct buffer bytes;

	make(w, d, &bytes);
	e.ethertype = 0x86dd;
	next_hop(w, machine, &d->packet.target, e.target);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1) {
		send_around(w, e, w->machines[machine].segment, &bytes);
	} else if (peer >= 0) {
		there = envelope_to(w, peer);
		there.ethertype = 0x86dd;
		memcpy(there.source, e.source, 6);
		send_frame(w, there, &bytes);
	}
}

static void from_machine(struct world *w, int machine, int peer)
{
	struct discovery d;

	prepare(w, &d, machine, peer);
	discovery_send(w, &d, machine, peer);
}

static void to_machine(struct world *w, int machine)
{
	struct envelope e = envelope_to(w, machine);
	struct discovery d;
	struct buffer bytes;

	prepare(w, &d, OUTSIDE, machine);
	e.ethertype = 0x86dd;
	memcpy(e.source, d.link_layer, 6);
	make(w, &d, &bytes);
	if (address_is_group(&d.packet.target))
		group_mac(&d.packet.target, e.target);
	if (with(w, WITH_LIES) && percent(w, 8))
		some_mac(w, e.source);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}

void nd_step(struct world *w, int machine)
{
	if (percent(w, 30))
		to_machine(w, machine);
	else
		from_machine(w, machine, percent(w, 50) ? OUTSIDE : some_machine(w));
}
