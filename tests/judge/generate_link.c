/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that are neither IP nor ARP: EAPOL, LLDP, ethertypes of rules, lengths of 802.3. */
#include "generate.h"

static const uint8_t link_groups[][6] = {
	{0x01, 0x80, 0xc2, 0, 0, 0x00}, {0x01, 0x80, 0xc2, 0, 0, 0x03},
	{0x01, 0x80, 0xc2, 0, 0, 0x0e}, {0x01, 0x80, 0xc2, 0, 0, 0x0f},
	{0x01, 0x80, 0xc2, 0, 0, 0x10}, {0x01, 0x80, 0xc2, 0, 0, 0x20}};

/* Mostly one that a rule of this machine names. */
static unsigned int some_ethertype(struct world *w, int machine)
{
	static const uint16_t others[] = {0x888e, 0x888e, 0x88cc, 0x88cc, 0x8863, 0x22f0, 0x0600,
					  0x05ff, 0x0027, 0x0000, 0x05dc, 0x9100, 0xffff, 0x8847};

	for (int tries = 0; tries < 6 && percent(w, 70); tries++) {
		const struct rule *rule = some_rule(w, machine);

		if (rule && rule->service == SERVICE_ETHERTYPE)
			return rule->number;
	}
	return percent(w, 40) ? PICK(w, w->ethertypes) : PICK(w, others);
}

static void set_far_end(struct world *w, uint8_t mac[6], int *peer)
{
	unsigned int roll = below(w, 100);

	*peer = OUTSIDE;
	if (roll < 35) {
		memcpy(mac, gateway_mac(w), 6);
	} else if (roll < 65) {
		*peer = some_real_machine(w);
		memcpy(mac, w->machines[*peer].mac, 6);
	} else if (roll < 85) {
		memcpy(mac, PICK(w, link_groups), 6);
	} else {
		some_mac(w, mac);
	}
}

void link_step(struct world *w, int machine)
{
	int peer;
	bool to = percent(w, 35);
	struct envelope e = to ? envelope_to(w, machine) : envelope_from(w, machine), there;
	struct buffer bytes = {.size = 0};

	e.ethertype = (uint16_t)some_ethertype(w, machine);
	set_far_end(w, to ? e.source : e.target, &peer);
	if (to && percent(w, 20))
		memcpy(e.target, PICK(w, link_groups), 6);
	put_random(w, &bytes, percent(w, 95) ? between(w, 0, 60) : between(w, 60, 1500));
	send_frame(w, e, &bytes);
	if (to)
		return;
	if (peer >= 0) {
		there = envelope_to(w, peer);
		there.ethertype = e.ethertype;
		memcpy(there.source, e.source, 6);
		send_frame(w, there, &bytes);
	} else if (e.target[0] & 1) {
		send_around(w, e, w->machines[machine].segment, &bytes);
	}
}
