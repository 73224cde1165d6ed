/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP: requests, replies and probes, of machines, the gateway and nobody; and lies. */
#include "generate.h"

struct arp {
	uint16_t hardware, protocol, operation;
	uint8_t sizes[2];
	uint8_t sender_mac[6], target_mac[6];
	struct address sender, target;
};

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

static void bend(struct world *w, struct arp *arp)
{
	switch (below(w, 9)) {
	case 0:
		arp->hardware = (uint16_t)below(w, 8);
		break;
	case 1:
		arp->protocol = percent(w, 50) ? 0x86dd : (uint16_t)below(w, 65536);
		break;
	case 2:
		arp->operation = (uint16_t)below(w, 10);
		break;
	case 3:
		arp->sizes[below(w, 2)] = (uint8_t)below(w, 18);
		break;
	case 4:
		some_mac(w, arp->sender_mac);
		break;
	case 5:
	case 6:
		arp->sender = some_address(w, false);
		break;
	case 7:
		some_mac(w, arp->target_mac);
		break;
	default:
		arp->target = some_address(w, false);
	}
}

static void make(struct world *w, const struct arp *arp, struct buffer *b)
{
	b->size = 0;
	put16(b, arp->hardware);
	put16(b, arp->protocol);
	put(b, arp->sizes, 2);
	put16(b, arp->operation);
	put(b, arp->sender_mac, 6);
	put(b, arp->sender.bytes, 4);
	put(b, arp->target_mac, 6);
	put(b, arp->target.bytes, 4);
	if (with(w, WITH_LENGTHS) && percent(w, 4))
		b->size = below(w, 28);
	else if (percent(w, 6))
		put_random(w, b, between(w, 16, 20));
}

/* @machine asks or answers @peer, which is another machine or OUTSIDE. */
static void fill_in(struct world *w, struct arp *arp, int machine, int peer)
{
	unsigned int roll = below(w, 100);

	*arp = (struct arp){.hardware = 1, .protocol = 0x0800, .operation = 1, .sizes = {6, 4}};
	arp->sender = machine >= 0 ? some_own(w, machine, false) : some_gateway(w, false);
	arp->target = peer >= 0 ? some_own(w, peer, false) : some_gateway(w, false);
	memcpy(arp->sender_mac, machine >= 0 ? w->machines[machine].mac : gateway_mac(w), 6);
	if (roll < 40) {
		arp->operation = 2;
		memcpy(arp->target_mac, peer >= 0 ? w->machines[peer].mac : gateway_mac(w), 6);
	} else if (roll < 50) { /* a probe */
		arp->target = arp->sender;
		arp->sender = address_v4(0);
	} else if (roll < 57) { /* an announcement */
		arp->target = arp->sender;
	} else if (roll < 60) { /* an answer without an address */
		arp->operation = 2;
		arp->sender = address_v4(0);
	}
	if (with(w, WITH_LIES) && percent(w, 14))
		bend(w, arp);
}

static void from_machine(struct world *w, int machine, int peer)
{
	struct envelope e = envelope_from(w, machine), there;
	struct buffer bytes;
	struct arp arp;

	fill_in(w, &arp, machine, peer);
	make(w, &arp, &bytes);
	e.ethertype = 0x0806;
	memcpy(e.source, arp.sender_mac, 6);
	if (percent(w, 97))
		memcpy(e.source, w->machines[machine].mac, 6);
	memcpy(e.target, arp.operation == 1 ? broadcast : arp.target_mac, 6);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1) {
		send_around(w, e, w->machines[machine].segment, &bytes);
	} else if (peer >= 0) {
		there = envelope_to(w, peer);
		there.ethertype = 0x0806;
		memcpy(there.source, e.source, 6);
		send_frame(w, there, &bytes);
	}
}

static void to_machine(struct world *w, int machine)
{
	struct envelope e = envelope_to(w, machine);
	struct buffer bytes;
	struct arp arp;

	fill_in(w, &arp, OUTSIDE, machine);
	make(w, &arp, &bytes);
	e.ethertype = 0x0806;
	if (arp.operation == 1 && percent(w, 80))
		memcpy(e.target, broadcast, 6);
	if (with(w, WITH_LIES) && percent(w, 8))
		some_mac(w, e.source);
	send_frame(w, e, &bytes);
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}

void arp_step(struct world *w, int machine)
{
	if (w->machines[machine].router >= 0)
		machine = w->machines[machine].router;
	if (percent(w, 30))
		to_machine(w, machine);
	else
		from_machine(w, machine, percent(w, 60) ? OUTSIDE : some_real_machine(w));
}
