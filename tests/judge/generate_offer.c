/* SPDX-License-Identifier: BSD-2-Clause */
/* What DHCP servers offer: addresses that are free, and others; and for how long. */
#include "generate.h"

struct address dhcp_server(struct world *w, bool v6)
{
	const struct gateway *g = &w->gateway;
	unsigned int start = percent(w, 70) ? 0 : below(w, g->n_dhcp_servers);

	for (unsigned int i = 0; i < g->n_dhcp_servers && percent(w, 95); i++) {
		const struct address *server = &g->dhcp_servers[(start + i) % g->n_dhcp_servers];

		if (server->v6 == v6)
			return *server;
	}
	return percent(w, 60) ? some_gateway(w, v6) : some_address(w, v6);
}

static const struct prefix *some_network(struct world *w, const struct segment *segment)
{
	unsigned int start = below(w, segment->n_networks);

	for (unsigned int i = 0; i < segment->n_networks; i++) {
		const struct prefix *network =
			&segment->networks[(start + i) % segment->n_networks];

		if (!network->base.v6)
			return network;
	}
	return NULL;
}

/* One that nobody has, as a rule. */
struct address offer_free(struct world *w, int machine)
{
	const struct prefix *network = some_network(w, &w->segments[w->machines[machine].segment]);
	struct address address = address_v4(0x0a4d0000 + between(w, 1, 60));

	for (int tries = 0; tries < 8 && network; tries++) {
		address = prefix_address(w, network);
		if (holder(w, &address) == NOBODY)
			break;
	}
	return address;
}

static struct address broadcast_of(struct world *w, int machine)
{
	const struct prefix *network = some_network(w, &w->segments[w->machines[machine].segment]);
	struct address address = address_v4(0xffffffff);

	if (!network)
		return address;
	address = network->base;
	for (unsigned int bit = network->length; bit < 32; bit++)
		address.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return address;
}

/* Such as no server should give. */
static struct address odd_address(struct world *w, int machine)
{
	static const uint32_t never[] = {0,	     1,		 0x7f000001, 0x7fffffff, 0xe0000001,
					 0xffffffff, 0xdfffffff, 0x00ffffff, 0x80000000};
	const struct got *got = got_any(w, false);
	unsigned int roll = below(w, 100);

	if (roll < 20 && got)
		return got->address;
	if (roll < 40)
		return some_own(w, some_machine(w), false);
	if (roll < 52)
		return some_gateway(w, false);
	if (roll < 64)
		return broadcast_of(w, machine);
	if (roll < 76)
		return address_v4(PICK(w, never));
	return some_address(w, false);
}

struct address offer_some(struct world *w, int machine)
{
	unsigned int roll = below(w, 100);

	if (roll < 62)
		return offer_free(w, machine);
	return roll < 82 ? some_own(w, machine, false) : odd_address(w, machine);
}

uint32_t offer_time(struct world *w)
{
	static const uint32_t times[] = {0,    1,    5,	    30,		31,	    59,
					 60,   61,   100,   180,	300,	    1200,
					 3600, 7200, 86400, 0x7fffffff, 0xfffffffe, 0xffffffff};
	static const uint32_t usual[] = {60, 300, 3600, 43200, 86400, 0xffffffff};

	return percent(w, 60) ? PICK(w, usual) : PICK(w, times);
}
