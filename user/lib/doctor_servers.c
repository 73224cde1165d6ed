/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the servers are that the inventory lists. What they answer is learnt from and judged on its way through the
 * gateway, so it matters whether it takes that way.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "doctor.h"
#include "generation.h"
#include "route.h"

/* Guarded itself, or a bridge with guarded ports. */
static bool leads_to_guarded(struct ig_checkup *c, int ifindex)
{
	for (size_t i = 0; i < c->site.all.count; i++) {
		const struct ig_interface *interface = &c->site.all.items[i];

		if ((interface->ifindex == ifindex || interface->master == ifindex) &&
		    ig_site_view_names(&c->site, interface->name))
			return true;
	}
	return false;
}

static const char *interface_name(const struct ig_checkup *c, int ifindex)
{
	const struct ig_interface *interface = ig_interface_by_index(&c->site.all, ifindex);

	return interface ? interface->name : "an interface";
}

static void check_resolver(struct ig_checkup *c, const char *text, const struct ig_route *route)
{
	if (route->here)
		ig_healthy(c, "resolver", text, "the resolver %s is this gateway", text);
	else if (leads_to_guarded(c, route->ifindex) && route->direct)
		ig_warn(c, "resolver", text,
			"run a resolver on this gateway, write its address under 'resolvers' in the inventory, and "
			"apply it",
			"the resolver %s is on the guarded LAN (%s): what it answers to machines beside it does not pass "
			"this gateway",
			text, interface_name(c, route->ifindex));
	else
		ig_healthy(c, "resolver", text,
			   "the resolver %s is beyond this gateway (%s): its answers pass it", text,
			   interface_name(c, route->ifindex));
}

static void check_dhcp(struct ig_checkup *c, const char *text, const struct ig_route *route)
{
	if (route->here)
		ig_healthy(c, "dhcp-server", text, "the DHCP server %s is this gateway", text);
	else if (leads_to_guarded(c, route->ifindex) && route->direct)
		ig_note(c, "dhcp-server", text,
			"run it on this gateway, write its address under 'dhcp-servers' in the inventory, and apply it",
			"the DHCP server %s is on the guarded LAN (%s): machines behind its own port get leases unseen",
			text, interface_name(c, route->ifindex));
	else
		ig_healthy(c, "dhcp-server", text,
			   "the DHCP server %s is beyond this gateway (%s): its answers pass it",
			   text, interface_name(c, route->ifindex));
}

static void check_server(struct ig_checkup *c, const struct ig_service_key *key)
{
	const char *check = key->kind == IG_SERVICE_RESOLVER ? "resolver" : "dhcp-server";
	char text[INET6_ADDRSTRLEN] = "", advice[96];
	struct ig_addr addr;
	struct ig_route route;
	int err;

	memcpy(addr.addr, key->addr, sizeof(addr.addr));
	ig_addr_print(key->addr, text);
	err = ig_route_lookup(addr.addr, 0, &route);
	if (err) {
		snprintf(advice, sizeof(advice), "ip route get %s", text);
		ig_warn(c, check, text, advice,
			"no route leads to %s, which the inventory lists: %s", text,
			strerror(-err));
	} else if (key->kind == IG_SERVICE_RESOLVER) {
		check_resolver(c, text, &route);
	} else {
		check_dhcp(c, text, &route);
	}
}

void ig_doctor_servers(struct ig_checkup *c)
{
	int fd = ig_generation_map(&c->view.object, IG_MAP_services);
	struct ig_service_key key, *previous = NULL;
	size_t resolvers = 0;

	while (fd >= 0 && !bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		resolvers += key.kind == IG_SERVICE_RESOLVER;
		if (key.kind == IG_SERVICE_RESOLVER || key.kind == IG_SERVICE_DHCP)
			check_server(c, &key);
	}
	if (!resolvers)
		ig_note(c, "resolver", NULL,
			"write 'resolvers: [ADDRESS]' under 'gateway' in the inventory, and apply it",
			"the inventory lists no resolver: DNS needs a rule, and no name is learnt from answers");
}
