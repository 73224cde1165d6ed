/* SPDX-License-Identifier: BSD-2-Clause */
/* IGMP and MLD: reports, leaves and queries. */
#include "generate.h"

enum { HOP_BY_HOP = 0 };

static struct address some_target(struct world *w, bool v6)
{
	if (with(w, WITH_LIES) && percent(w, 6))
		return some_address(w, v6);
	return some_group(w, v6);
}

static unsigned int some_type(struct world *w, bool v6, bool query)
{
	static const uint8_t v4s[] = {0x12, 0x16, 0x16, 0x17, 0x22, 0x22, 0x13, 0x11};
	static const uint8_t v6s[] = {131, 132, 143, 143, 130};

	if (query && percent(w, 80))
		return v6 ? 130 : 0x11;
	return v6 ? PICK(w, v6s) : PICK(w, v4s);
}

static void make(struct world *w, struct packet *p, unsigned int type, struct buffer *b)
{
	struct buffer rest = {.size = 0};
	unsigned int protocol = p->source.v6 ? 58 : 2;

	p->type = (uint8_t)type;
	if (p->source.v6 && percent(w, 75)) {
		put8(&rest, protocol);
		put8(&rest, 0);
		put32(&rest, 0x05020000); /* router alert */
		put16(&rest, 0x0100);
		protocol = HOP_BY_HOP;
	}
	put8(&rest, type);
	put8(&rest, 0);
	put16(&rest, 0);
	put_random(w, &rest, percent(w, 95) ? (p->source.v6 ? 20 : 4) : below(w, 5));
	b->size = 0;
	packet_header(w, p, protocol, 0, rest.size, b);
	put(b, rest.data, rest.size);
}

void membership_step(struct world *w, int machine)
{
	bool v6 = percent(w, 50), gateway = percent(w, 35);
	struct packet p = {.ttl = percent(w, 92) ? 1 : (uint8_t)below(w, 256)};
	struct envelope e = gateway ? envelope_to(w, machine) : envelope_from(w, machine);
	struct buffer bytes;

	p.source = gateway ? some_gateway(w, v6) : some_own(w, machine, v6);
	if (!gateway && percent(w, 8))
		p.source = v6 ? address_v6(0, 0) : address_v4(0);
	p.target = some_target(w, v6);
	make(w, &p, some_type(w, v6, gateway), &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	if (address_is_group(&p.target) && percent(w, gateway ? 75 : 97))
		group_mac(&p.target, e.target);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}
