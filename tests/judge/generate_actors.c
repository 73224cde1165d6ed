/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has which address, and somebody to talk to. */
#include "generate.h"

bool gateway_holds(const struct world *w, const struct address *address)
{
	for (unsigned int i = 0; i < w->gateway.n_own; i++)
		if (address_equal(&w->gateway.own[i], address))
			return true;
	return false;
}

int lister(const struct world *w, const struct address *address)
{
	for (unsigned int i = 0; i < w->n_machines; i++)
		for (unsigned int j = 0; j < w->machines[i].n_own; j++)
			if (address_equal(&w->machines[i].own[j], address))
				return (int)i;
	return gateway_holds(w, address) ? OUTSIDE : NOBODY;
}

static bool has_got(const struct world *w, const struct machine *m, const struct address *address)
{
	for (unsigned int i = 0; i < m->n_got && i < MAX_GOT; i++) {
		const struct got *got = &m->got[i];

		if ((!got->ends || got->ends > w->now) && address_equal(&got->address, address))
			return true;
	}
	return false;
}

int holder(const struct world *w, const struct address *address)
{
	int machine = lister(w, address);

	if (machine != NOBODY)
		return machine;
	for (unsigned int i = 0; i < w->n_machines; i++)
		if (has_got(w, &w->machines[i], address))
			return (int)i;
	return NOBODY;
}

bool on_link(const struct segment *segment, const struct address *address)
{
	if (address_is_link_local(address))
		return true;
	for (unsigned int i = 0; i < segment->n_networks; i++)
		if (prefix_has(&segment->networks[i], address))
			return true;
	return false;
}

int some_machine(struct world *w)
{
	return (int)below(w, w->n_machines);
}

int some_real_machine(struct world *w)
{
	int machine = some_machine(w);

	return w->machines[machine].router < 0 ? machine : w->machines[machine].router;
}

bool is_stranger(const struct world *w, int machine)
{
	return machine >= (int)w->n_machines;
}

bool onboards(const struct world *w, unsigned int segment)
{
	enum unknown unknown = w->segments[segment].unknown;

	return (unknown == UNKNOWN_UNSET ? w->unknown : unknown) == UNKNOWN_ONBOARD;
}

static bool has_onboarding(const struct world *w)
{
	for (unsigned int i = 0; i < w->n_segments && w->ports; i++)
		if (onboards(w, i))
			return true;
	return false;
}

int some_speaker(struct world *w)
{
	if (with(w, WITH_STRANGERS) && percent(w, has_onboarding(w) ? 16 : 2))
		return (int)(w->n_machines + below(w, N_STRANGERS));
	return some_machine(w);
}

static bool lists(const struct machine *m, bool v6)
{
	for (unsigned int i = 0; i < m->n_listed; i++)
		if (m->own[i].v6 == v6)
			return true;
	return false;
}

struct address some_own(struct world *w, int machine, bool v6)
{
	const struct machine *m = &w->machines[machine];
	const struct got *got =
		m->n_got && percent(w, lists(m, v6) ? 35 : 94) ? got_some(w, machine, v6) : NULL;
	unsigned int usable = percent(w, w->learn ? 50 : 94) && m->n_listed ? m->n_listed
									    : m->n_own;
	unsigned int start = below(w, usable);

	if (got)
		return got->address;
	for (unsigned int i = 0; i < usable; i++) {
		const struct address *address = &m->own[(start + i) % usable];

		if (address->v6 == v6)
			return *address;
	}
	for (unsigned int i = 0; i < m->n_own; i++)
		if (m->own[i].v6 == v6)
			return m->own[i];
	return some_far(w, v6);
}

struct address some_far(struct world *w, bool v6)
{
	if (percent(w, 96))
		return PICK(w, w->far[v6]);
	if (v6)
		return address_v6(random_next(&w->random), random_next(&w->random));
	return address_v4((uint32_t)random_next(&w->random));
}

struct address some_gateway(struct world *w, bool v6)
{
	unsigned int n = w->gateway.n_own, start = below(w, n);

	for (unsigned int i = 0; i < n; i++) {
		const struct address *address = &w->gateway.own[(start + i) % n];

		if (address->v6 == v6)
			return *address;
	}
	return some_far(w, v6);
}

struct address some_group(struct world *w, bool v6)
{
	static const uint32_t v4[] = {0xe00000fb, 0xeffffffa, 0xe0000001,
				      0xffffffff, 0xefffffff, 0xe0000016};
	static const uint64_t v6s[][2] = {{0xff02000000000000, 0xfb}, {0xff02000000000000, 1},
					  {0xff02000000000000, 2},    {0xff05000000000000, 0xc},
					  {0xff02000000000000, 0xc},  {0xff0e000000000000, 0x101}};
	unsigned int i = below(w, ARRAY_SIZE(v6s));

	return v6 ? address_v6(v6s[i][0], v6s[i][1]) : address_v4(PICK(w, v4));
}

/* An address of some network that maybe nobody has; now and then the broadcast one. */
static struct address some_local(struct world *w, bool v6)
{
	const struct segment *segment = &w->segments[below(w, w->n_segments)];
	unsigned int start = below(w, segment->n_networks);

	for (unsigned int i = 0; i < segment->n_networks; i++) {
		const struct prefix *network =
			&segment->networks[(start + i) % segment->n_networks];
		struct address address;

		if (network->base.v6 != v6)
			continue;
		address = prefix_address(w, network);
		for (unsigned int j = network->length; !v6 && j < 32 && percent(w, 25); j = 32) {
			uint32_t host = network->length ? (1u << (32 - network->length)) - 1 : ~0u;

			for (unsigned int k = 0; k < 4; k++)
				address.bytes[k] |= (uint8_t)(host >> (24 - 8 * k));
		}
		return address;
	}
	return v6 ? address_v6(0xfe80ull << 48, between(w, 1, 60))
		  : address_v4(0xa9fe0000 + between(w, 1, 60));
}

/* ::ffff:a.b.c.d, of somebody who is there. */
static struct address mapped(struct world *w)
{
	struct address v4 = some_own(w, some_machine(w), false);
	uint64_t low = 0xffff;

	for (int i = 0; i < 4; i++)
		low = low << 8 | v4.bytes[i];
	return address_v6(0, low);
}

struct address some_address(struct world *w, bool v6)
{
	unsigned int roll = below(w, 100);

	if (roll < 35)
		return some_own(w, some_machine(w), v6);
	if (roll < 50)
		return some_gateway(w, v6);
	if (roll < 68)
		return some_local(w, v6);
	if (roll < 76)
		return some_group(w, v6);
	if (roll < 79)
		return v6 ? address_v6(0, percent(w, 20)) : address_v4(percent(w, 20));
	if (roll < 81)
		return v6 ? address_v6(0xfe80ull << 48, 99) : address_v4(0x7f000001);
	if (roll < 82 && v6)
		return mapped(w);
	if (roll < 85)
		return prefix_address(w, &w->prefixes[below(w, w->n_prefixes)]);
	return some_far(w, v6);
}

void group_mac(const struct address *address, uint8_t mac[6])
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

	memcpy(mac, broadcast, 6);
	if (address->v6) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, address->bytes + 12, 4);
	} else if (address->bytes[0] >> 4 == 14) {
		memcpy(mac, (uint8_t[]){0x01, 0x00, 0x5e}, 3);
		mac[3] = address->bytes[1] & 0x7f;
		mac[4] = address->bytes[2];
		mac[5] = address->bytes[3];
	}
}

const uint8_t *gateway_mac(struct world *w)
{
	return w->gateway.macs[below(w, w->gateway.n_macs)];
}

void some_mac(struct world *w, uint8_t mac[6])
{
	static const uint8_t odd[][6] = {{0x01, 0x80, 0xc2, 0, 0, 0x0e},
					 {0x01, 0x80, 0xc2, 0, 0, 3},
					 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
					 {0, 0, 0, 0, 0, 0}};
	unsigned int roll = below(w, 100);
	struct address group;

	if (roll < 45) {
		memcpy(mac, w->machines[some_machine(w)].mac, 6);
	} else if (roll < 65) {
		memcpy(mac, gateway_mac(w), 6);
	} else if (roll < 80) {
		memcpy(mac, PICK(w, w->strangers), 6);
	} else if (roll < 90) {
		memcpy(mac, PICK(w, odd), 6);
	} else {
		group = some_group(w, percent(w, 50));
		group_mac(&group, mac);
	}
}

static bool is_broadcast(const struct segment *segment, const struct address *address)
{
	const struct prefix *longest = NULL;

	for (unsigned int i = 0; i < segment->n_networks && !address->v6; i++) {
		const struct prefix *network = &segment->networks[i];

		if (prefix_has(network, address) && (!longest || longest->length < network->length))
			longest = network;
	}
	if (!longest || longest->length > 30)
		return false;
	for (unsigned int bit = longest->length; bit < 32; bit++)
		if (!(address->bytes[bit / 8] & 0x80 >> bit % 8))
			return false;
	return true;
}

void next_hop(struct world *w, int machine, const struct address *target, uint8_t mac[6])
{
	const struct segment *segment = &w->segments[w->machines[machine].segment];
	int to = holder(w, target);

	memcpy(mac, gateway_mac(w), 6);
	if (address_is_group(target) || is_broadcast(segment, target))
		group_mac(target, mac);
	else if (to >= 0 && (w->machines[to].segment == w->machines[machine].segment ||
			     on_link(segment, target)))
		memcpy(mac, w->machines[to].mac, 6);
	else if (to == NOBODY && on_link(segment, target))
		memcpy(mac, PICK(w, w->strangers), 6);
}

const struct rule *some_rule(struct world *w, int machine)
{
	const struct machine *m = &w->machines[machine];
	const struct rules *lists[MAX_PROFILES + 2] = {&m->rules};
	const struct mud_file *mud = mud_of(w, machine);
	unsigned int n = 1, total = m->rules.n, at;

	for (int i = m->profile; i >= 0; i = w->profiles[i].extends) {
		lists[n++] = &w->profiles[i].rules;
		total += w->profiles[i].rules.n;
	}
	if (mud) {
		/* Only these, often: other lists are longer. */
		if (mud->rules.n && percent(w, 30))
			return &mud->rules.items[below(w, mud->rules.n)];
		lists[n++] = &mud->rules;
		total += mud->rules.n;
	}
	at = below(w, total);
	/* Those at the top are more often the ones that decide. */
	if (percent(w, 50))
		at = below(w, at + 1);
	for (unsigned int i = 0; i < n; i++) {
		if (at < lists[i]->n)
			return &lists[i]->items[at];
		at -= lists[i]->n;
	}
	return NULL;
}
