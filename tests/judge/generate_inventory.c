/* SPDX-License-Identifier: BSD-2-Clause */
/* Who lives in a world: gateway, segments, machines, profiles, groups. Rules have a room of their
 * own. */
#include <stdio.h>

#include "generate.h"

static bool taken(const struct world *w, const struct address *address)
{
	return lister(w, address) != NOBODY;
}

/* What the loader lets a machine or a gateway have. */
static bool ownable(const struct address *address)
{
	const uint8_t *a = address->bytes;

	if (!address->v6)
		return a[0] && a[0] != 127 && a[0] < 224;
	return a[0] && a[0] != 0xff;
}

/* --- what is far --------------------------------------------------------------------------- */

static void make_far(struct world *w)
{
	static const uint32_t v4[] = {0xcb007107, 0xcb007143, 0xc6336401, 0x08080808, 0x01010101,
				      0x2d2d0001, 0xac100505, 0x64400001, 0xc0a84d09, 0x0a630001};
	static const uint64_t v6[] = {0x20010db8ffff0000, 0x20010db8ffff0001, 0x2a00145040010000,
				      0x2600190000000000, 0xfd99000000000000, 0x20014860486000ff,
				      0x20010db8ffff0000, 0xfec0000000000000, 0x2a00145040010000,
				      0x3fff000000000000};

	for (unsigned int i = 0; i < ARRAY_SIZE(v4); i++) {
		w->far[0][i] = address_v4(v4[i] + below(w, 3));
		w->far[1][i] = address_v6(v6[i], 1 + below(w, 3) + (i > 5 ? 0x100 : 0));
	}
}

static void make_services(struct world *w)
{
	static const uint16_t ports[] = {1,    22,   53,   67,	  80,	123,  443,
					 502,  546,  1024, 1883,  5353, 5683, 8000,
					 8001, 8080, 8883, 47808, 65535};
	static const uint16_t ethertypes[] = {0x88b5, 0x8892, 0x22f0, 0x88cc,
					      0x888e, 0x0600, 0xffff, 0x8863};

	for (unsigned int i = 0; i < ARRAY_SIZE(w->services); i++)
		w->services[i] = PICK(w, ports);
	for (unsigned int i = 0; i < ARRAY_SIZE(w->ethertypes); i++)
		w->ethertypes[i] = PICK(w, ethertypes);
}

/* --- segments ------------------------------------------------------------------------------ */

static struct prefix some_network(struct world *w, unsigned int i, bool v6)
{
	static const struct {
		uint32_t base, step;
		uint8_t length;
	} v4[] = {
		{0xc0a80100, 0, 24},   {0xc0a80000, 256, 24}, {0x0a000000, 65536, 24},
		{0xac140040, 256, 26}, {0x0a000000, 0, 8},    {0xc6120000, 256, 29},
		{0xc0a8c880, 256, 31}, {0xcb007100, 0, 28},   {0x0a000000, 65536, 16},
		{0xc6120800, 256, 30},
	};
	static const struct {
		uint64_t base, step;
		uint8_t length;
	} v6s[] = {
		{0xfd00000000000000, 0x10000, 64},  {0x20010db800000000, 0x10000, 64},
		{0xfd00000000000000, 0, 16},	    {0x2a00000000000000, 0x10000, 120},
		{0xfd00000100000000, 0, 64},	    {0xfe80000000000000, 0, 64},
		{0xfd00000200000000, 0x10000, 127},
	};
	unsigned int kind = percent(w, 60) ? below(w, 3) : below(w, v6 ? 7 : 10);
	struct address base;

	if (v6)
		base = address_v6(v6s[kind].base + v6s[kind].step * i, 0);
	else
		base = address_v4(v4[kind].base + v4[kind].step * i);
	return prefix_of(&base, v6 ? v6s[kind].length : v4[kind].length);
}

static void make_networks(struct world *w, struct segment *segment)
{
	unsigned int i = 1 + (unsigned int)(segment - w->segments);

	segment->n_networks = 0;
	if (percent(w, 88))
		segment->networks[segment->n_networks++] = some_network(w, i, false);
	if (percent(w, 75))
		segment->networks[segment->n_networks++] = some_network(w, i, true);
	while (segment->n_networks < 4 && percent(w, 15))
		segment->networks[segment->n_networks++] =
			some_network(w, below(w, 5), percent(w, 30));
}

static bool port_taken(const struct world *w, const struct segment *segment, uint8_t port)
{
	for (unsigned int i = 0; i <= w->n_segments; i++) {
		const struct segment *other = &w->segments[i];

		if (other->vlan[0] != segment->vlan[0] || other->vlan[1] != segment->vlan[1])
			continue;
		if (memchr(other->ports, port, other->n_ports))
			return true;
	}
	return false;
}

static void make_tags(struct world *w, struct segment *segment)
{
	static const uint16_t vlans[] = {1, 10, 20, 30, 30, 40, 4094};

	segment->n_tags = with(w, WITH_TAGS) && percent(w, 45) ? 1 + percent(w, 35) : 0;
	for (unsigned int i = 0; i < 2; i++)
		segment->vlan[i] = i < segment->n_tags ? PICK(w, vlans) : 0;
}

static void make_ports(struct world *w, struct segment *segment)
{
	unsigned int n = percent(w, 45) ? 1 : between(w, 2, 3), most = between(w, 2, MAX_PORTS);

	for (unsigned int tries = 0; segment->n_ports < n; tries++) {
		uint8_t port = (uint8_t)below(w, most);

		if (!port_taken(w, segment, port))
			segment->ports[segment->n_ports++] = port;
		else if (tries > 20 && segment->n_ports)
			return;
		else if (tries > 20)
			make_tags(w, segment), most = MAX_PORTS;
	}
}

static enum mode some_mode(struct world *w, unsigned int set)
{
	if (!percent(w, set))
		return MODE_UNSET;
	if (with(w, WITH_LEARN) && percent(w, 20))
		return MODE_LEARN;
	return with(w, WITH_MONITOR) && percent(w, 25) ? MODE_MONITOR : MODE_ENFORCE;
}

static enum unknown some_unknown(struct world *w)
{
	if (!percent(w, w->ports ? 45 : 20))
		return UNKNOWN_UNSET;
	if (with(w, WITH_STRANGERS) && percent(w, 65))
		return UNKNOWN_ONBOARD;
	return with(w, WITH_MONITOR) && percent(w, 40) ? UNKNOWN_MONITOR : UNKNOWN_DROP;
}

static void segment_settings(struct world *w, struct segment *segment)
{
	segment->off = 0;
	for (int i = 0; i < 7; i++)
		if (percent(w, 6))
			segment->off |= 1u << i;
	segment->mode = some_mode(w, 12);
	segment->dns = some_dns(w, 20);
	segment->unknown = some_unknown(w);
}

static void make_segments(struct world *w)
{
	unsigned int n = between(w, 1, MAX_SEGMENTS);

	for (unsigned int i = 0; i < n; i++) {
		struct segment *segment = &w->segments[i];

		sprintf(segment->name, "seg-%u", i);
		make_tags(w, segment);
		make_ports(w, segment);
		make_networks(w, segment);
		segment_settings(w, segment);
		w->n_segments++;
	}
}

/* --- gateway ------------------------------------------------------------------------------- */

static void gateway_add(struct world *w, struct address address)
{
	struct gateway *gateway = &w->gateway;

	if (gateway->n_own < GATEWAY_OWN && ownable(&address) && !taken(w, &address))
		gateway->own[gateway->n_own++] = address;
}

static void gateway_addresses(struct world *w)
{
	w->gateway.n_own = 0;
	for (unsigned int i = 0; i < w->n_segments; i++) {
		for (unsigned int j = 0; j < w->segments[i].n_networks; j++) {
			struct address address = w->segments[i].networks[j].base;

			address.bytes[address_size(&address) - 1] |= 1;
			if (percent(w, 90))
				gateway_add(w, address);
		}
	}
	for (unsigned int i = 0; i < w->gateway.n_macs; i++)
		if (percent(w, 60))
			gateway_add(w, address_eui64(w->gateway.macs[i]));
	/* what somebody may well have a lease or a claim of */
	for (int v6 = 0; v6 < 2; v6++) {
		const struct got *got = w->n_machines && percent(w, 25) ? got_any(w, v6) : NULL;

		if (got)
			gateway_add(w, got->address);
	}
	if (percent(w, 40))
		gateway_add(w, address_v4(0xcb0071c8));
	if (percent(w, 40))
		gateway_add(w, address_v6(0x20010db8ffff0000, 0xfe));
}

static void add_server(struct world *w, struct address *servers, unsigned int *n)
{
	bool v6 = percent(w, 45);
	struct address address = some_far(w, v6);

	if (percent(w, 45))
		address = some_gateway(w, v6);
	else if (percent(w, 30) && w->n_machines)
		address = some_own(w, some_machine(w), v6);
	if (!ownable(&address))
		return;
	for (unsigned int i = 0; i < *n; i++)
		if (address_equal(&servers[i], &address))
			return;
	servers[(*n)++] = address;
}

static void gateway_servers(struct world *w)
{
	struct gateway *g = &w->gateway;

	g->n_resolvers = g->n_time_servers = g->n_dhcp_servers = 0;
	for (unsigned int n = w->named ? between(w, 1, MAX_SERVERS) : below(w, MAX_SERVERS + 1); n;
	     n--)
		add_server(w, g->resolvers, &g->n_resolvers);
	for (unsigned int n = below(w, MAX_SERVERS + 1); n; n--)
		add_server(w, g->time_servers, &g->n_time_servers);
	/* Without one of the gateway's own hardly any lease is given. */
	if (percent(w, 85)) {
		g->dhcp_servers[0] = some_gateway(w, false);
		g->n_dhcp_servers = ownable(&g->dhcp_servers[0]);
	}
	for (unsigned int n = below(w, MAX_SERVERS + 1); n > g->n_dhcp_servers; n--)
		add_server(w, g->dhcp_servers, &g->n_dhcp_servers);
}

/* --- machines ------------------------------------------------------------------------------ */

static bool mac_taken(const struct world *w, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < w->n_machines; i++)
		if (!memcmp(w->machines[i].mac, mac, 6))
			return true;
	for (unsigned int i = 0; i < w->gateway.n_macs; i++)
		if (!memcmp(w->gateway.macs[i], mac, 6))
			return true;
	return false;
}

static void make_mac(struct world *w, uint8_t mac[6])
{
	static const uint8_t bases[][6] = {{0x02, 0x00, 0x5e, 0x10, 0x00, 0x00},
					   {0x00, 0x1b, 0xa9, 0x00, 0x00, 0x00},
					   {0x02, 0x00, 0x00, 0x00, 0x00, 0x00},
					   {0xfc, 0xff, 0xff, 0xff, 0xff, 0x00}};

	uint8_t made[6];

	do {
		memcpy(made, PICK(w, bases), 6);
		made[5] = (uint8_t)between(w, 1, 255);
		if (percent(w, 10))
			made[3] = (uint8_t)below(w, 256);
	} while (mac_taken(w, made));
	memcpy(mac, made, 6);
}

static struct address own_candidate(struct world *w, const struct segment *segment, bool v6)
{
	unsigned int roll = below(w, 100);

	if (roll >= 85 && roll < 92)
		segment = &w->segments[below(w, w->n_segments)];
	if (roll < 92 && segment->n_networks) {
		const struct prefix *network = &segment->networks[below(w, segment->n_networks)];

		if (network->base.v6 == v6)
			return prefix_address(w, network);
	}
	if (roll < 95)
		return v6 ? address_v6(0xfe80ull << 48, between(w, 1, 40))
			  : address_v4(0xa9fe0000 + between(w, 1, 40));
	if (roll < 97)
		return v6 ? address_v6(0x20010db8ffff0000, between(w, 1, 40))
			  : address_v4(0xcb007100 + between(w, 1, 200));
	return v6 ? address_v6(0xfd77000000000000, between(w, 1, 40))
		  : address_v4(0x0a4d0000 + between(w, 1, 40));
}

/* The link-local address that follows from somebody else's MAC address may be listed, too. */
static struct address own_stolen(struct world *w)
{
	struct address address = address_eui64(w->machines[some_machine(w)].mac);

	for (unsigned int i = 0; i < w->n_machines; i++)
		for (unsigned int j = 0; j < w->machines[i].n_listed; j++)
			if (address_equal(&w->machines[i].own[j], &address))
				return address_v6(0, 0);
	return gateway_holds(w, &address) ? address_v6(0, 0) : address;
}

void own_add(struct world *w, struct machine *machine, bool v6)
{
	for (int tries = 0; tries < 12 && machine->n_own < MAX_OWN; tries++) {
		struct address address = own_candidate(w, &w->segments[machine->segment], v6);
		const struct got *got = percent(w, 12) ? got_any(w, v6) : NULL;

		if (got)
			address = got->address;
		if (!ownable(&address) || taken(w, &address))
			continue;
		/* A link-local address never crosses a router. */
		if (machine->router >= 0 && address_is_link_local(&address))
			continue;
		machine->own[machine->n_own++] = address;
		return;
	}
}

/* Listed ones first; then what it uses without being allowed to, and its link-local one. */
static void make_own(struct world *w, struct machine *machine)
{
	machine->n_own = 0;
	if (percent(w, w->learn ? 40 : w->bare ? 25 : 88)) {
		for (unsigned int n = percent(w, 85) ? 1 : below(w, 4); n; n--)
			own_add(w, machine, false);
		for (unsigned int n = percent(w, 70) ? 1 : below(w, 4); n; n--)
			own_add(w, machine, true);
	}
	if (machine->router < 0 && machine->n_own < MAX_OWN && percent(w, 2)) {
		struct address address = own_stolen(w);

		if (ownable(&address))
			machine->own[machine->n_own++] = address;
	}
	machine->n_listed = machine->n_own;
	if (machine->router < 0 && machine->n_own < MAX_OWN) {
		struct address address = address_eui64(machine->mac);

		if (!taken(w, &address))
			machine->own[machine->n_own++] = address;
	}
	own_add(w, machine, false);
	own_add(w, machine, true);
}

static unsigned int some_flows(struct world *w)
{
	static const uint16_t flows[] = {1, 1, 2, 2, 3, 4, 5, 6, 8, 12, 64, 300};

	return percent(w, 60) ? PICK(w, flows) : 0;
}

static void make_machine(struct world *w, bool host)
{
	struct machine *machine = &w->machines[w->n_machines];
	int router = w->n_machines ? some_real_machine(w) : -1;
	const struct segment *segment;

	machine->host = host;
	machine->router = -1;
	sprintf(machine->name, "%s-%u", host ? "host" : "dev", w->n_machines);
	if (!host && router >= 0 && with(w, WITH_IDENTIFY) && percent(w, 18)) {
		machine->router = router;
		memcpy(machine->mac, w->machines[router].mac, 6);
		machine->segment = w->machines[router].segment;
	} else {
		make_mac(w, machine->mac);
		machine->segment = below(w, w->n_segments);
	}
	segment = &w->segments[machine->segment];
	machine->port = segment->ports[below(w, segment->n_ports)];
	machine->trusted = host && percent(w, 45);
	machine->profile = !host && w->n_profiles && percent(w, 75) ? (int)below(w, w->n_profiles)
								    : -1;
	machine->mode = host ? MODE_UNSET : some_mode(w, 15);
	machine->dns = host ? DNS_UNSET : some_dns(w, 20);
	machine->flows = host ? 0 : some_flows(w);
	w->n_machines++;
	make_own(w, machine);
	while (machine->router >= 0 && !machine->n_listed) {
		/* It is told by nothing else. */
		machine->n_own = 0;
		own_add(w, machine, percent(w, 40));
		machine->n_listed = machine->n_own;
	}
}

static void make_machines(struct world *w)
{
	unsigned int hosts = below(w, 4), devices = between(w, hosts ? 1 : 2, 8);

	for (unsigned int i = 0; i < hosts; i++)
		make_machine(w, true);
	w->n_hosts = hosts;
	for (unsigned int i = 0; i < devices; i++)
		make_machine(w, false);
}

static void make_profiles(struct world *w)
{
	w->n_profiles = below(w, MAX_PROFILES);
	for (unsigned int i = 0; i < w->n_profiles; i++) {
		struct profile *profile = &w->profiles[i];

		profile->extends = i && percent(w, 55) ? (int)below(w, i) : -1;
		profile->flows = percent(w, 40) ? some_flows(w) : 0;
		profile->mode = some_mode(w, 12);
		profile->dns = some_dns(w, 15);
	}
}

/* --- groups and prefixes ------------------------------------------------------------------- */

static void make_prefixes(struct world *w)
{
	static const uint8_t lengths[2][10] = {{32, 32, 32, 31, 30, 28, 24, 16, 8, 0},
					       {128, 128, 128, 127, 120, 64, 48, 32, 3, 0}};

	w->n_prefixes = ARRAY_SIZE(w->prefixes);
	for (unsigned int i = 0; i < w->n_prefixes; i++) {
		bool v6 = percent(w, 40);
		struct address address = some_far(w, v6);
		unsigned int roll = below(w, 100);

		if (roll < 35)
			address = some_own(w, some_machine(w), v6);
		else if (roll < 45)
			address = some_group(w, v6);
		else if (roll < 52)
			address = some_gateway(w, v6);
		w->prefixes[i] = prefix_of(&address, PICK(w, lengths[v6]));
	}
}

static void make_group(struct world *w, struct group *group)
{
	group->n = percent(w, 95) ? between(w, 1, MAX_MEMBERS) : 0;
	for (unsigned int i = 0; i < group->n; i++) {
		struct member *member = &group->members[i];

		member->is_machine = percent(w, 65);
		member->machine = (uint8_t)some_machine(w);
		member->prefix = w->prefixes[below(w, w->n_prefixes)];
	}
}

static void make_groups(struct world *w)
{
	w->n_groups = below(w, MAX_GROUPS + 1);
	for (unsigned int i = 0; i < w->n_groups; i++)
		make_group(w, &w->groups[i]);
}

/* --- all of it ----------------------------------------------------------------------------- */

static void defaults(struct world *w)
{
	w->mode = some_mode(w, 14);
	w->dns = some_dns(w, 25);
	w->unknown = some_unknown(w);
}

void inventory_make(struct world *w)
{
	w->bare = with(w, WITH_LEASES) && percent(w, 45);
	w->named = with(w, WITH_NAMES) && percent(w, 70);
	w->keen = w->named && percent(w, 40);
	make_far(w);
	make_services(w);
	defaults(w);
	w->gateway.n_macs = between(w, 1, 3);
	for (unsigned int i = 0; i < w->gateway.n_macs; i++)
		make_mac(w, w->gateway.macs[i]);
	make_segments(w);
	gateway_addresses(w);
	make_profiles(w);
	make_machines(w);
	for (unsigned int i = 0; i < ARRAY_SIZE(w->strangers); i++)
		make_mac(w, w->strangers[i]);
	strangers_make(w);
	gateway_servers(w);
	make_prefixes(w);
	make_groups(w);
	sets_make(w);
	muds_make(w);
	management_make(w);
	rules_make_all(w);
	names_choose(w);
}

/* Segments, machines, MAC addresses and numbers of flows stay. */
void inventory_change(struct world *w)
{
	if (percent(w, 10))
		return; /* the same again is another generation, too */
	if (percent(w, 30))
		defaults(w);
	for (unsigned int i = 0; i < w->n_segments; i++) {
		if (percent(w, 20))
			segment_settings(w, &w->segments[i]);
		if (percent(w, 10))
			make_networks(w, &w->segments[i]);
	}
	for (unsigned int i = 0; i < w->n_machines; i++) {
		struct machine *machine = &w->machines[i];

		if (percent(w, 15) && machine->router < 0)
			make_own(w, machine);
		if (percent(w, 15) && !machine->host)
			machine->mode = some_mode(w, 25);
		if (percent(w, 10) && !machine->host)
			machine->dns = some_dns(w, 35);
		if (percent(w, 15))
			machine->trusted = machine->host && !machine->trusted;
	}
	if (percent(w, 15))
		gateway_addresses(w);
	if (percent(w, 25))
		gateway_servers(w);
	for (unsigned int i = 0; i < w->n_groups; i++)
		if (percent(w, 25))
			make_group(w, &w->groups[i]);
	sets_change(w);
	muds_change(w);
	if (percent(w, 25))
		management_make(w);
	rules_change(w);
}
