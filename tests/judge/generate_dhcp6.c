/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCPv6 messages of all types, both ways. Their addresses are bound when machines claim them. */
#include "generate.h"

static struct address everybody(struct world *w)
{
	return percent(w, 75) ? address_v6(0xff02ull << 48, 0x10002)
			      : address_v6(0xff05ull << 48, 0x10003);
}

static unsigned int some_type(struct world *w, bool answer)
{
	static const uint8_t of_clients[] = {1, 3, 4, 5, 6, 8, 9, 11}, of_servers[] = {2, 7, 10};

	if (percent(w, 12))
		return below(w, 37);
	return answer ? PICK(w, of_servers) : PICK(w, of_clients);
}

static void send(struct world *w, int machine, struct envelope e, struct packet *p)
{
	struct buffer data = {.size = 0}, bytes;

	p->protocol = 17;
	p->ttl = 64;
	p->source_port = e.to ? 547 : 546;
	p->target_port = e.to ? 546 : 547;
	put8(&data, some_type(w, e.to));
	put_random(w, &data, percent(w, 90) ? between(w, 3, 60) : below(w, 5));
	p->data = &data;
	p->payload = (uint16_t)data.size;
	if (with(w, WITH_LENGTHS) && percent(w, 4))
		p->payload = (uint16_t)below(w, 6);
	if (with(w, WITH_LENGTHS) && percent(w, 4))
		e.missing = percent(w, 60) && data.size >= 4 ? data.size - below(w, 5)
							     : below(w, (uint32_t)data.size + 9);
	if (with(w, WITH_FRAGMENTS) && percent(w, 3))
		packet_first_make(w, p, &bytes);
	else
		packet_make(w, p, &bytes);
	e.ethertype = 0x86dd;
	send_frame(w, e, &bytes);
	e.missing = 0;
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}

static void ask(struct world *w, int machine)
{
	struct envelope e = envelope_from(w, machine);
	struct packet p = {.source = address_eui64(w->machines[machine].mac)};

	if (percent(w, 35))
		p.source = some_own(w, machine, true);
	p.target = percent(w, 75) ? everybody(w) : dhcp_server(w, true);
	next_hop(w, machine, &p.target, e.target);
	send(w, machine, e, &p);
}

static void answer(struct world *w, int machine)
{
	struct envelope e = envelope_to(w, machine);
	struct packet p = {.source = dhcp_server(w, true)};

	if (percent(w, 50))
		p.source = address_eui64(e.source);
	p.target = percent(w, 92) ? some_own(w, machine, true) : some_address(w, true);
	if (address_is_group(&p.target))
		group_mac(&p.target, e.target);
	if (with(w, WITH_LIES) && percent(w, 10))
		some_mac(w, e.source);
	send(w, machine, e, &p);
}

void dhcp6_step(struct world *w, int machine)
{
	if (percent(w, 55))
		ask(w, machine);
	else
		answer(w, machine);
}
