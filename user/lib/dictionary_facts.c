/* SPDX-License-Identifier: BSD-2-Clause */
/* What a policy was compiled from, beside names and rules: for those who compare. */

#include <string.h>

#include "dictionary_builder.h"

static size_t count_addresses(const struct iotguard_inventory *inv)
{
	const struct ig_gateway *gateway = &inv->gateway;
	size_t n = gateway->addresses.count + gateway->resolvers.count +
		   gateway->time_servers.count + gateway->dhcp_servers.count;

	for (size_t i = 0; i < inv->n_machines; i++)
		n += inv->machines[i].addresses.count;
	return n;
}

static size_t count_networks(const struct iotguard_inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n_segments; i++)
		n += inv->segments[i].n_networks;
	return n;
}

static size_t count_members(const struct iotguard_inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n_groups; i++)
		n += inv->groups[i].count;
	for (size_t i = 0; i < inv->n_sets; i++)
		n += inv->sets[i].count;
	return n;
}

void ig_dict_facts_sections(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;
	struct ig_dict_header *header = &b->header;

	header->profiles = ig_dict_section(b, inv->n_profiles, sizeof(struct ig_dict_profile));
	header->groups =
		ig_dict_section(b, inv->n_groups + inv->n_sets, sizeof(struct ig_dict_group));
	header->n_sets = inv->n_sets;
	header->members = ig_dict_section(b, count_members(inv), sizeof(struct ig_dict_member));
	header->addresses =
		ig_dict_section(b, count_addresses(inv), sizeof(struct ig_dict_address));
	header->networks = ig_dict_section(b, count_networks(inv), sizeof(struct ig_dict_network));
	header->macs = ig_dict_section(b, inv->gateway.macs.count, sizeof(struct ig_dict_mac));
}

struct ig_dict_run ig_dict_put_addresses(struct ig_dict_builder *b,
					 const struct ig_addresses *addresses)
{
	struct ig_dict_run run = {.first = b->n_addresses, .count = addresses->count};

	for (size_t i = 0; i < addresses->count; i++)
		ig_dict_put(b, &b->header.addresses, b->n_addresses++, addresses->items[i].addr,
			    sizeof(struct ig_dict_address));
	return run;
}

static struct ig_dict_network network_of(const struct ig_prefix *prefix)
{
	struct ig_dict_network network = {.length = prefix->length};

	memcpy(network.addr, prefix->addr, sizeof(network.addr));
	return network;
}

struct ig_dict_run ig_dict_put_networks(struct ig_dict_builder *b, const struct ig_prefix *networks,
					size_t n)
{
	struct ig_dict_run run = {.first = b->n_networks, .count = n};

	for (size_t i = 0; i < n; i++) {
		struct ig_dict_network network = network_of(&networks[i]);

		ig_dict_put(b, &b->header.networks, b->n_networks++, &network, sizeof(network));
	}
	return run;
}

static void put_gateway(struct ig_dict_builder *b)
{
	const struct ig_gateway *gateway = &b->inv->gateway;
	struct ig_dict_header *header = &b->header;

	header->gateway_addresses = ig_dict_put_addresses(b, &gateway->addresses);
	header->resolvers = ig_dict_put_addresses(b, &gateway->resolvers);
	header->time_servers = ig_dict_put_addresses(b, &gateway->time_servers);
	header->dhcp_servers = ig_dict_put_addresses(b, &gateway->dhcp_servers);
	header->gateway_macs = (struct ig_dict_run){0, gateway->macs.count};
	for (size_t i = 0; i < gateway->macs.count; i++) {
		struct ig_dict_mac mac = {};

		memcpy(mac.addr, gateway->macs.items[i], sizeof(mac.addr));
		ig_dict_put(b, &header->macs, i, &mac, sizeof(mac));
	}
	header->management = (struct ig_dict_run){0, gateway->management.count};
	header->mode = b->inv->default_mode;
	header->unknown = b->inv->default_unknown;
	header->dns = b->inv->default_dns;
}

static void put_profiles(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;

	for (size_t i = 0; i < inv->n_profiles; i++) {
		const struct ig_profile *profile = &inv->profiles[i];
		struct ig_dict_profile entry = {
			.name = ig_dict_put_string(b, profile->name),
			.extends = profile->extends ? 1 + (profile->extends - inv->profiles) : 0,
			.rules = {b->profile_rules[i], profile->rules.count},
			.mud_url = ig_dict_put_string(b, profile->mud_url),
			.mud_authority = ig_dict_put_string(b, profile->mud_authority),
		};

		ig_dict_put(b, &b->header.profiles, i, &entry, sizeof(entry));
	}
}

static void put_group(struct ig_dict_builder *b, const struct ig_group *group, size_t i)
{
	struct ig_dict_group entry = {
		.name = ig_dict_put_string(b, group->name),
		.members = {b->n_members, group->count},
	};

	for (size_t k = 0; k < group->count; k++) {
		const struct ig_member *m = &group->members[k];
		struct ig_dict_member member = {.machine = IG_ENTITY_NONE};

		if (m->machine)
			member.machine = b->indices[m->machine - b->inv->machines];
		else if (m->gateway)
			member.machine = IG_ENTITY_GATEWAY;
		else
			member.network = network_of(&m->prefix);
		ig_dict_put(b, &b->header.members, b->n_members++, &member, sizeof(member));
	}
	ig_dict_put(b, &b->header.groups, i, &entry, sizeof(entry));
}

void ig_dict_facts_put(struct ig_dict_builder *b)
{
	put_gateway(b);
	put_profiles(b);
	for (size_t i = 0; i < b->inv->n_groups; i++)
		put_group(b, &b->inv->groups[i], i);
	for (size_t i = 0; i < b->inv->n_sets; i++)
		put_group(b, &b->inv->sets[i], b->inv->n_groups + i);
}
