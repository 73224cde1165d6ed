/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who speaks as a DHCP server, or to one, and is none: ports of both in all combinations, from
 * devices and to them, from addresses of listed servers and of others, whole and in a first fragment.
 */
#include "generate.h"

static uint16_t some_port(struct world *w, bool v6)
{
	static const uint16_t v4s[] = {67, 67, 67, 68, 68, 68, 546, 547, 66, 53};
	static const uint16_t v6s[] = {546, 546, 546, 547, 547, 547, 67, 68, 548, 53};

	if (percent(w, 6))
		return PICK(w, w->services);
	return v6 ? PICK(w, v6s) : PICK(w, v4s);
}

/* A message, or nothing that is one. */
static void fill_in(struct world *w, int machine, struct packet *p, struct buffer *data,
		    size_t *missing)
{
	struct dhcp m;

	*missing = 0;
	if (p->source.v6 || percent(w, 40)) {
		p->payload = (uint16_t)below(w, 80);
		return;
	}
	m = dhcp_begin(w, machine, percent(w, 50), between(w, DISCOVER, INFORM));
	m.yours = some_address(w, false);
	m.has_lease_time = true;
	m.lease_time = 600;
	m.bent = 30;
	dhcp_make(w, &m, p, data, missing);
}

static struct address some_source(struct world *w, int machine, bool v6)
{
	unsigned int roll = below(w, 100);

	if (machine >= 0 && roll < 55)
		return some_own(w, machine, v6);
	if (roll < 85)
		return dhcp_server(w, v6);
	return machine < 0 ? some_gateway(w, v6) : some_address(w, v6);
}

/* A listed server that is a machine of the LAN speaks for itself. */
static int some_pretender(struct world *w, int machine)
{
	const struct gateway *g = &w->gateway;

	for (unsigned int i = 0; i < g->n_dhcp_servers; i++) {
		int server = lister(w, &g->dhcp_servers[i]);

		if (server >= 0 && percent(w, 35))
			return server;
	}
	return machine;
}

void pretend_step(struct world *w, int machine)
{
	bool v6 = percent(w, 40), gateway = percent(w, 25);
	int sender = gateway ? OUTSIDE : some_pretender(w, machine), peer = some_machine(w);
	struct packet p = {.protocol = 17,
			   .ttl = 64,
			   .source_port = some_port(w, v6),
			   .target_port = some_port(w, v6)};
	struct buffer data, bytes;
	struct envelope e;

	if (percent(w, 40))
		peer = OUTSIDE;
	if (sender == OUTSIDE && peer == OUTSIDE)
		peer = machine;
	p.source = some_source(w, sender, v6);
	p.target = peer >= 0 ? some_own(w, peer, v6) : dhcp_server(w, v6);
	if (percent(w, 20))
		p.target = some_group(w, v6);
	e = sender >= 0 ? envelope_from(w, sender) : envelope_to(w, peer);
	fill_in(w, sender >= 0 ? sender : peer, &p, &data, &e.missing);
	if (with(w, WITH_FRAGMENTS) && percent(w, 12))
		packet_first_make(w, &p, &bytes);
	else
		packet_make(w, &p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	if (e.missing && sender >= 0) {
		next_hop(w, sender, &p.target, e.target);
		send_frame(w, e, &bytes);
	} else {
		send_packet(w, sender, peer, &p.target, &bytes);
	}
}
