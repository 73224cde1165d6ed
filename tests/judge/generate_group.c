/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets for everybody: multicast and broadcast, limited or of a network. */
#include "generate.h"

static struct address broadcast_of(struct world *w, const struct segment *segment)
{
	for (unsigned int i = 0; i < segment->n_networks; i++) {
		struct prefix network = segment->networks[i];

		if (network.base.v6 || percent(w, 20))
			continue;
		for (unsigned int bit = network.length; bit < 32; bit++)
			network.base.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		return network.base;
	}
	return address_v4(0xffffffff);
}

static struct address some_target(struct world *w, int machine, bool v6)
{
	const struct segment *segment = &w->segments[w->machines[machine].segment];

	if (!v6 && percent(w, 35))
		return broadcast_of(w, percent(w, 90) ? segment
						      : &w->segments[below(w, w->n_segments)]);
	return some_group(w, v6);
}

/* The port that some `from` or `to` rule of the machine names, often. */
static uint16_t some_port(struct world *w, int machine)
{
	static const uint16_t ports[] = {5353, 1900, 137, 67, 68, 546, 547, 3702};

	for (int tries = 0; tries < 4 && percent(w, 70); tries++) {
		const struct rule *rule = some_rule(w, machine);

		if (rule && rule->n_ranges && rule->service == SERVICE_UDP)
			return rule->ranges[0].first;
	}
	return percent(w, 60) ? PICK(w, ports) : PICK(w, w->services);
}

void group_step(struct world *w, int machine)
{
	bool v6 = percent(w, 40), to = percent(w, 45);
	struct packet p = {.ttl = percent(w, 60) ? 255 : 1, .protocol = 17};
	struct envelope e = to ? envelope_to(w, machine) : envelope_from(w, machine);
	struct buffer bytes;

	p.source = to ? some_gateway(w, v6) : some_own(w, machine, v6);
	if (to && percent(w, 30))
		p.source = some_far(w, v6);
	p.target = some_target(w, machine, v6);
	p.source_port = percent(w, 60) ? 5353 : PICK(w, w->services);
	p.target_port = some_port(w, machine);
	p.payload = (uint16_t)below(w, 60);
	if (percent(w, 10)) {
		p.protocol = v6 ? 58 : 1;
		p.type = v6 ? 128 : 8;
	}
	packet_make(w, &p, &bytes);
	e.ethertype = v6 ? 0x86dd : 0x0800;
	group_mac(&p.target, e.target);
	if (to && percent(w, 15))
		some_mac(w, e.source);
	if (to && percent(w, 15)) /* a bridge made it a unicast frame */
		memcpy(e.target, w->machines[machine].mac, 6);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}
