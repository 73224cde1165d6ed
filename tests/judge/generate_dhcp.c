/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP and DHCPv6, both ways. Only addresses and ports matter. */
#include "generate.h"

static struct address some_server(struct world *w, bool v6)
{
	const struct gateway *g = &w->gateway;
	unsigned int start = below(w, g->n_dhcp_servers);

	for (unsigned int i = 0; i < g->n_dhcp_servers && percent(w, 90); i++) {
		const struct address *server = &g->dhcp_servers[(start + i) % g->n_dhcp_servers];

		if (server->v6 == v6)
			return *server;
	}
	return percent(w, 60) ? some_gateway(w, v6) : some_address(w, v6);
}

static struct address everybody(struct world *w, bool v6)
{
	if (!v6)
		return address_v4(0xffffffff);
	return percent(w, 75) ? address_v6(0xff02ull << 48, 0x10002)
			      : address_v6(0xff05ull << 48, 0x10003);
}

static void set_ports(struct world *w, struct packet *p, bool answer)
{
	uint16_t client = p->source.v6 ? 546 : 68, server = p->source.v6 ? 547 : 67;

	p->source_port = answer ? server : client;
	p->target_port = answer ? client : server;
	if (with(w, WITH_LIES) && percent(w, 4))
		p->source_port = (uint16_t)between(w, 66, 69);
	if (with(w, WITH_LIES) && percent(w, 4))
		p->target_port = (uint16_t)between(w, 545, 548);
}

static void ask(struct world *w, int machine, struct packet *p)
{
	bool v6 = percent(w, 40);
	struct envelope e = envelope_from(w, machine);
	struct buffer bytes;

	p->source = v6 ? address_eui64(w->machines[machine].mac) : address_v4(0);
	if (percent(w, 35))
		p->source = some_own(w, machine, v6);
	p->target = percent(w, 70) ? everybody(w, v6) : some_server(w, v6);
	set_ports(w, p, false);
	packet_make(w, p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	next_hop(w, machine, &p->target, e.target);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}

static void answer(struct world *w, int machine, struct packet *p)
{
	bool v6 = percent(w, 40);
	struct envelope e = envelope_to(w, machine);
	struct buffer bytes;

	p->source = some_server(w, v6);
	if (v6 && percent(w, 50))
		p->source = address_eui64(e.source);
	p->target = v6 || percent(w, 60) ? some_own(w, machine, v6) : everybody(w, false);
	if (percent(w, 8))
		p->target = some_address(w, v6);
	set_ports(w, p, true);
	packet_make(w, p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	if (address_is_group(&p->target))
		group_mac(&p->target, e.target);
	if (with(w, WITH_LIES) && percent(w, 10))
		some_mac(w, e.source);
	send_frame(w, e, &bytes);
}

/* A machine that plays the server. */
static void pretend(struct world *w, int machine, struct packet *p)
{
	int peer = some_machine(w);
	bool v6 = percent(w, 40);
	struct buffer bytes;

	p->source = percent(w, 50) ? some_own(w, machine, v6) : some_server(w, v6);
	p->target = some_own(w, peer, v6);
	set_ports(w, p, true);
	packet_make(w, p, &bytes);
	send_packet(w, machine, peer, &p->target, &bytes);
}

void dhcp_step(struct world *w)
{
	struct packet p = {.protocol = 17, .ttl = 64, .payload = (uint16_t)below(w, 80)};
	int machine = some_machine(w);
	unsigned int roll = below(w, 100);

	if (roll < 55)
		ask(w, machine, &p);
	else if (roll < 93)
		answer(w, machine, &p);
	else
		pretend(w, machine, &p);
}
