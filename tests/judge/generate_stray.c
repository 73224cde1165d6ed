/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to nobody: unknown machines, machines that spoof, and heaps of bytes. */
#include "generate.h"

static void unknown(struct world *w)
{
	struct envelope e = envelope_from(w, some_machine(w));
	bool v6 = percent(w, 40);
	struct packet p = {.ttl = 64, .protocol = percent(w, 50) ? 6 : 17, .tcp_flags = 2};
	struct buffer bytes;

	memcpy(e.source, PICK(w, w->strangers), 6);
	p.source = some_address(w, v6);
	p.target = some_address(w, v6);
	p.source_port = (uint16_t)below(w, 65536);
	p.target_port = PICK(w, w->services);
	if (percent(w, 50))
		some_mac(w, e.target);
	if (percent(w, 25))
		e.to = true;
	packet_make(w, &p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	send_frame(w, e, &bytes);
}

/* Any address to any other, between any MAC addresses. */
static void mixture(struct world *w, int machine)
{
	bool to = percent(w, 50), v6 = percent(w, 42);
	struct envelope e = to ? envelope_to(w, machine) : envelope_from(w, machine);
	struct packet p = {.ttl = 64, .protocol = percent(w, 50) ? 6 : 17, .tcp_flags = 2};
	struct buffer bytes;

	p.source = !to && percent(w, 80) ? some_own(w, machine, v6) : some_address(w, v6);
	p.target = to && percent(w, 80) ? some_own(w, machine, v6) : some_address(w, v6);
	some_mac(w, to ? e.source : e.target);
	p.source_port = (uint16_t)(40000 + below(w, 8));
	p.target_port = PICK(w, w->services);
	packet_make(w, &p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	send_frame(w, e, &bytes);
}

static void garbage(struct world *w, int machine)
{
	static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8};
	struct envelope e = percent(w, 50) ? envelope_to(w, machine) : envelope_from(w, machine);
	struct buffer bytes = {.size = 0};

	e.ethertype = percent(w, 80) ? PICK(w, types) : (uint16_t)below(w, 65536);
	put_random(w, &bytes, below(w, percent(w, 80) ? 80 : 1500));
	if (bytes.size && percent(w, 70))
		bytes.data[0] = e.ethertype == 0x86dd ? 0x60 : 0x45;
	send_frame(w, e, &bytes);
}

void stray_step(struct world *w, int machine)
{
	unsigned int roll = below(w, 100);

	if (roll < 25)
		unknown(w);
	else if (roll < 80 && with(w, WITH_LAYERS))
		mixture(w, machine);
	else if (roll < 88)
		garbage(w, machine);
	else if (with(w, WITH_CORPUS) && !corpus_is_empty())
		corpus_send(w);
	else
		unknown(w);
}
