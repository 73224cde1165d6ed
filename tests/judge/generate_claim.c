/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Claims of IPv6 addresses: address detection, advertisements, and solicitations from an address, of
 * what is free, held, or can be nobody's; many of one machine; and what comes after a day of silence.
 */
#include "generate.h"

enum { ROUTER_SOLICITATION = 133, NEIGHBOUR_SOLICITATION = 135, NEIGHBOUR_ADVERTISEMENT = 136 };

/* --- what is claimed ----------------------------------------------------------------------- */

static struct address of_network(struct world *w, const struct segment *segment)
{
	unsigned int start = below(w, segment->n_networks);

	for (unsigned int i = 0; i < segment->n_networks; i++) {
		const struct prefix *network =
			&segment->networks[(start + i) % segment->n_networks];

		if (network->base.v6)
			return prefix_address(w, network);
	}
	return address_v6(0x20010db800770000, between(w, 1, 60));
}

/* The interface identifier of a link-local address in a network. */
static struct address with_identifier(struct address network, const struct address *local)
{
	memcpy(network.bytes + 8, local->bytes + 8, 8);
	return network;
}

static struct address some_local(struct world *w, int machine)
{
	unsigned int roll = below(w, 100);

	if (roll < 55) /* few, so that segments have the same ones */
		return address_v6(0xfe80ull << 48, between(w, 0x100, 0x118));
	if (roll < 62)
		return address_v6(0xfebfull << 48, between(w, 1, 8));
	if (roll < 74)
		return address_eui64(w->machines[machine].mac);
	if (roll < 88)
		return address_eui64(w->machines[some_machine(w)].mac);
	if (roll < 96)
		return address_eui64(PICK(w, w->strangers));
	return address_eui64(gateway_mac(w));
}

static struct address some_odd(struct world *w)
{
	static const uint64_t odd[][2] = {
		{0, 0},
		{0, 1},
		{0, 0xffffc0a80105},
		{0x0064ff9b00000000, 0xc0a80105},
		{0x1fff000000000000, 1},
		{0x2000000000000000, 0},
		{0x3fffffffffffffff, 1},
		{0x4000000000000000, 1},
		{0xfbff000000000000, 1},
		{0xfc00000000000000, 1},
		{0xfdff000000000000, 1},
		{0xfe00000000000000, 1},
		{0xfec0000000000000, 1},
		{0xff02000000000000, 1},
	};
	unsigned int i = below(w, ARRAY_SIZE(odd));

	return address_v6(odd[i][0], odd[i][1]);
}

static struct address some_claim(struct world *w, int machine)
{
	const struct segment *segment = &w->segments[w->machines[machine].segment];
	const struct got *got = percent(w, 50) ? got_some(w, machine, true) : got_any(w, true);
	struct address local = address_eui64(w->machines[some_machine(w)].mac);
	unsigned int roll = below(w, 100);

	if (roll < 30)
		return some_local(w, machine);
	if (roll < 55)
		return of_network(w, segment);
	if (roll < 60)
		return with_identifier(of_network(w, segment), &local);
	if (roll < 78 && got)
		return got->address;
	if (roll < 82)
		return of_network(w, &w->segments[below(w, w->n_segments)]);
	if (roll < 87)
		return address_v6(0xfd77000000000000, between(w, 1, 40));
	if (roll < 91)
		return some_odd(w);
	return some_address(w, true);
}

/* --- how it is claimed --------------------------------------------------------------------- */

static void detect(struct discovery *d, const struct address *claimed)
{
	d->packet.type = NEIGHBOUR_SOLICITATION;
	d->packet.source = address_v6(0, 0);
	d->packet.target = solicited_node(claimed);
	d->asked = *claimed;
}

static void advertise(struct world *w, struct discovery *d, int machine,
		      const struct address *claimed)
{
	unsigned int roll = below(w, 100);

	d->packet.type = NEIGHBOUR_ADVERTISEMENT;
	d->asked = *claimed;
	d->packet.source = *claimed;
	if (roll < 25)
		d->packet.source = some_own(w, machine, true);
	else if (roll < 38)
		d->packet.source = some_claim(w, machine);
	d->packet.target = percent(w, 60)   ? address_v6(0xff02ull << 48, 1)
			   : percent(w, 50) ? some_gateway(w, true)
					    : some_own(w, some_machine(w), true);
	d->n_options = percent(w, 85);
}

static void solicit(struct world *w, struct discovery *d, const struct address *claimed)
{
	d->packet.source = *claimed;
	d->n_options = percent(w, 85);
	if (percent(w, 35)) {
		d->packet.type = ROUTER_SOLICITATION;
		d->packet.target = address_v6(0xff02ull << 48, 2);
		return;
	}
	d->packet.type = NEIGHBOUR_SOLICITATION;
	d->asked = percent(w, 60) ? some_gateway(w, true) : some_own(w, some_machine(w), true);
	d->packet.target = percent(w, 80) ? solicited_node(&d->asked) : d->asked;
}

static bool claim(struct world *w, int machine, const struct address *claimed)
{
	struct discovery d = {.packet = {.ttl = 255, .protocol = 58}};
	bool bent = with(w, WITH_LIES) && percent(w, 10);
	unsigned int roll = below(w, 100);

	memcpy(d.link_layer, w->machines[machine].mac, 6);
	if (roll < 45)
		detect(&d, claimed);
	else if (roll < 70)
		advertise(w, &d, machine, claimed);
	else
		solicit(w, &d, claimed);
	if (bent)
		discovery_bend(w, &d);
	discovery_send(w, &d, machine, percent(w, 60) ? OUTSIDE : some_machine(w));
	return !bent;
}

/* Who holds it already goes on with it. */
static void claim_and_keep(struct world *w, int machine, const struct address *claimed)
{
	int by = holder(w, claimed);

	if (claim(w, machine, claimed) && (by == NOBODY || by == machine || percent(w, 10)))
		got_add(w, machine, claimed, w->now + DAY);
}

/* --- more of it ---------------------------------------------------------------------------- */

static void speak(struct world *w, int machine)
{
	struct talk *talk = talk_anew(w, machine);
	const struct got *got = got_some(w, machine, true);
	struct packet p;

	if (got && percent(w, 80)) {
		talk->local = got->address;
		if (!talk->remote.v6)
			talk->remote = some_address(w, true);
		talk->peer = holder(w, &talk->remote);
		if (talk->peer == NOBODY)
			talk->peer = OUTSIDE;
	}
	for (unsigned int n = between(w, 1, 3); n; n--) {
		bool by_device = talk_packet(w, talk, &p);

		talk_send(w, talk, &p, by_device);
	}
}

/* Of the same segment, if there is another one. */
static int some_neighbour(struct world *w, int machine)
{
	int other = machine;

	for (int tries = 0; tries < 8 && other == machine; tries++) {
		int found = some_real_machine(w);

		if (w->machines[found].segment == w->machines[machine].segment)
			other = found;
	}
	return other;
}

/* More than there are places for; who is pushed out is seen by what it says then. */
static void crowd(struct world *w, int machine)
{
	const struct segment *segment = &w->segments[w->machines[machine].segment];
	uint32_t first = below(w, 0x8000);

	for (unsigned int n = between(w, 14, MAX_GOT), i = 0; i < n; i++) {
		struct address address = address_v6(0xfe80ull << 48, 0x1000 + first + i);

		if (percent(w, 30))
			address = of_network(w, segment);
		claim_and_keep(w, machine, &address);
		if (percent(w, 50))
			clock_tick(w);
		if (percent(w, 10))
			speak(w, machine);
	}
	for (unsigned int n = between(w, 3, 8); n; n--)
		speak(w, machine);
	for (unsigned int n = between(w, 0, 4); n; n--) {
		/* what was pushed out is anybody's */
		struct address address = address_v6(0xfe80ull << 48, 0x1000 + first + below(w, 8));

		claim_and_keep(w, some_neighbour(w, machine), &address);
	}
}

static void silence(struct world *w, int machine)
{
	struct address address = some_claim(w, machine);
	int other = some_real_machine(w);
	uint64_t end = w->now + DAY;

	claim_and_keep(w, machine, &address);
	if (with(w, WITH_JUMPS) && percent(w, 40)) {
		clock_reach(w, w->now + below(w, 24) * 3600 * SECOND);
		end = percent(w, 50) ? end : w->now + DAY;
		speak(w, machine);
	}
	if (with(w, WITH_JUMPS))
		clock_reach(w, end);
	if (percent(w, 50))
		speak(w, machine);
	claim_and_keep(w, percent(w, 60) ? other : machine, &address);
	speak(w, machine);
	speak(w, other);
}

void claim_first(struct world *w, int machine)
{
	const struct segment *segment = &w->segments[w->machines[machine].segment];
	struct address address = percent(w, 75) ? of_network(w, segment) : some_local(w, machine);

	claim_and_keep(w, machine, &address);
}

void claim_step(struct world *w, int machine)
{
	struct address address;
	unsigned int roll = below(w, 1000);
	struct got *got = got_any(w, true);

	if (got)
		clock_lapse(w, got);
	if (roll < 12) {
		silence(w, machine);
		return;
	}
	if (roll < 24) {
		crowd(w, machine);
		return;
	}
	address = some_claim(w, machine);
	claim_and_keep(w, machine, &address);
	if (percent(w, 30))
		speak(w, machine);
}
