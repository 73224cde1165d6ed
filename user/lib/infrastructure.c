/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "abi.h"
#include "address.h"
#include "infrastructure.h"
#include "resolve.h"
#include "sets.h"
#include "util.h"

#define DNS_PORT 53
#define NTP_PORT 123

/* One server of a service, and how it is asked. */
struct server {
	const struct iotguard_inventory *inv;
	const struct ig_machine *asker;
	const uint8_t *addr;
	enum ig_service_family family;
	uint16_t port;
};

static bool lies_in(const uint8_t addr[16], const struct ig_prefix *prefix)
{
	struct ig_span span = ig_span_of_prefix(prefix);
	ig_number n = ig_number_of_addr(addr);

	return ig_addr_is_v4(addr) == ig_prefix_is_v4(prefix) && n >= span.first && n <= span.last;
}

/* As the remote `local` has it. */
static bool is_local(const struct iotguard_inventory *inv, const uint8_t addr[16])
{
	static const char *const links[] = {"169.254.0.0/16", "fe80::/10"};
	struct ig_prefix link;
	char why[128];

	for (size_t i = 0; i < inv->n_segments; i++) {
		for (size_t k = 0; k < inv->segments[i].n_networks; k++) {
			if (lies_in(addr, &inv->segments[i].networks[k]))
				return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (!ig_prefix_parse(links[i], false, &link, why) && lies_in(addr, &link))
			return true;
	}
	return false;
}

static bool is_member(const struct server *server, const struct ig_group *set)
{
	for (size_t i = 0; set && i < set->count; i++) {
		const struct ig_member *member = &set->members[i];

		if (member->gateway
			    ? ig_addresses_have(&server->inv->gateway.addresses, server->addr)
		    : member->machine ? ig_addresses_have(&member->machine->addresses, server->addr)
				      : lies_in(server->addr, &member->prefix))
			return true;
	}
	return false;
}

/* The remotes that rules of MUD files have, and the gateway. Which address a domain name has, nobody knows yet. */
static bool is_remote(const struct server *server, const struct ig_remote *remote)
{
	uint32_t own = ig_machine_controllers(server->asker);

	switch (remote->kind) {
	case IG_REMOTE_ANY:
		return true;
	case IG_REMOTE_LOCAL:
		return is_local(server->inv, server->addr);
	case IG_REMOTE_PREFIX:
		return lies_in(server->addr, &remote->prefix);
	case IG_REMOTE_GATEWAY:
		return ig_addresses_have(&server->inv->gateway.addresses, server->addr);
	case IG_REMOTE_MY_CONTROLLERS:
		return own && is_member(server, &server->inv->sets[own - 1]);
	case IG_REMOTE_CONTROLLER:
	case IG_REMOTE_MANUFACTURER:
	case IG_REMOTE_MODEL:
		return is_member(server, ig_inventory_set(server->inv, remote));
	default:
		return false;
	}
}

static bool is_service(const struct server *server, const struct ig_service *service)
{
	if (service->family == IG_SERVICE_ANY)
		return true;
	if (service->family != server->family)
		return false;
	for (size_t i = 0; i < service->n_ranges; i++) {
		if (server->port >= service->ranges[i].first &&
		    server->port <= service->ranges[i].last)
			return true;
	}
	return !service->n_ranges;
}

/* Could a packet to the server match it? */
static bool may_match(const struct server *server, const struct ig_rule *rule)
{
	if (rule->version && (rule->version == 4) != ig_addr_is_v4(server->addr))
		return false;
	return rule->side == IG_RULE_TO && is_service(server, &rule->service) &&
	       is_remote(server, &rule->remote);
}

/* What else of the packet decides about it, so that others to the server do not match? */
static bool has_conditions(const struct ig_rule *rule)
{
	return rule->has_source_port || rule->dscp >= 0;
}

/* Where some packets match a drop, that is enough of one; an accept is one where all do. NULL: none decides. */
static const struct ig_rule *first_match(const struct server *server, const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct ig_rule *rule = &rules->items[i];

		if (may_match(server, rule) &&
		    (rule->action != IG_RULE_ALLOWS || !has_conditions(rule)))
			return rule;
	}
	return NULL;
}

/* Over all levels. */
static bool is_allowed(const struct server *server)
{
	const struct ig_rule *rule = first_match(server, &server->asker->rules);
	const struct ig_profile *level = NULL;

	while (!rule && (level = ig_next_profile(server->asker, level)))
		rule = first_match(server, &level->rules);
	return rule && rule->action == IG_RULE_ALLOWS;
}

static const struct ig_rule *find_drop(const struct server *server)
{
	const struct ig_rule *rule = first_match(server, &server->asker->mud_rules->rules);

	return rule && rule->action != IG_RULE_ALLOWS ? rule : NULL;
}

static const struct ig_addresses *servers_of(const struct iotguard_inventory *inv, uint32_t service)
{
	return service == IG_INFRA_DNS ? &inv->gateway.resolvers : &inv->gateway.time_servers;
}

static struct server udp_server(const struct iotguard_inventory *inv, const struct ig_machine *m,
				uint32_t service, size_t i)
{
	return (struct server){
		.inv = inv,
		.asker = m,
		.addr = servers_of(inv, service)->items[i].addr,
		.family = IG_SERVICE_UDP,
		.port = service == IG_INFRA_DNS ? DNS_PORT : NTP_PORT,
	};
}

const struct ig_rule *ig_mud_drop(const struct iotguard_inventory *inv, const struct ig_machine *m,
				  uint32_t service)
{
	const struct ig_rule *drop = NULL;

	for (size_t i = 0; m->mud_rules && i < servers_of(inv, service)->count && !drop; i++) {
		struct server server = udp_server(inv, m, service, i);

		drop = find_drop(&server);
		server.family = IG_SERVICE_TCP;
		if (service == IG_INFRA_DNS && !drop)
			drop = find_drop(&server);
	}
	return drop;
}

bool ig_machine_asks_by_rule(const struct iotguard_inventory *inv, const struct ig_machine *m,
			     uint32_t service)
{
	for (size_t i = 0; i < servers_of(inv, service)->count; i++) {
		struct server server = udp_server(inv, m, service, i);

		if (!is_allowed(&server))
			return false;
	}
	return true;
}

uint32_t ig_machine_infrastructure(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	static const uint32_t services[] = {IG_INFRA_DNS, IG_INFRA_NTP};
	uint32_t on = m->segment->infrastructure;

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if ((on & services[i]) && ig_mud_drop(inv, m, services[i]))
			on &= ~services[i];
	}
	return on;
}
