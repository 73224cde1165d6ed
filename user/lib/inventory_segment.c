/* SPDX-License-Identifier: BSD-2-Clause */
/* `segments:`: which ports are guarded, and what belongs behind them. */
#include <errno.h>
#include <linux/types.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "inventory_internal.h"
#include "util.h"
#include "yaml_internal.h"

/* A port and its tags: no two segments may have the same. */
struct port_key {
	char interface[IFNAMSIZ];
	uint16_t vlan[2];
};

/* As the kernel's dev_valid_name(). */
static bool valid_interface(const char *name)
{
	return strlen(name) < IFNAMSIZ && !strpbrk(name, "/: \t\n") && strcmp(name, ".") &&
	       strcmp(name, "..");
}

static int load_interface(struct ig_load *l, const struct ig_node *node, struct ig_segment *segment)
{
	struct ig_loc loc = ig_node_loc(&l->set, node);
	const char *text;

	if (!ig_node_text(&l->set, node, "an interface", IG_TEXT_MAX, &text))
		return 0;
	if (!valid_interface(text)) {
		ig_error(
			l->diags, &loc, "`ip link` lists the names of this machine",
			"`%.64s` cannot be an interface: a name has at most 15 bytes, without spaces, `/` and `:`",
			text);
		return 0;
	}
	segment->interfaces[segment->n_interfaces] = strdup(text);
	return segment->interfaces[segment->n_interfaces++] ? 0 : -ENOMEM;
}

static int read_interfaces(void *context, const struct ig_node *key, const struct ig_node *value,
			   void *object)
{
	struct ig_segment *segment = object;
	struct ig_load *l = context;
	size_t count = ig_load_list(l, value, "a list of interfaces", "[lan0]");

	(void)key;
	if (!count)
		return 0;
	segment->interfaces = calloc(count, sizeof(*segment->interfaces));
	if (!segment->interfaces)
		return -ENOMEM;
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next)
		if (load_interface(l, item, segment))
			return -ENOMEM;
	return 0;
}

static void load_tag(struct ig_load *l, const struct ig_node *node, uint16_t *tag)
{
	uint64_t number;

	if (ig_node_number(&l->set, node, "a VLAN", 1, 4094, &number))
		*tag = (uint16_t)number;
}

static int read_vlan(void *context, const struct ig_node *key, const struct ig_node *value,
		     void *object)
{
	struct ig_segment *segment = object;
	const struct ig_node *node = ig_node_value(value);
	struct ig_load *l = context;
	struct ig_loc loc = ig_node_loc(&l->set, value);

	(void)key;
	if (node->type != IG_NODE_LIST) {
		load_tag(l, value, &segment->vlan[0]);
		return 0;
	}
	if (node->count != 2) {
		ig_error(l->diags, &loc,
			 "write `vlan: 30`, or `vlan: [10, 30]` for an outer and an inner tag",
			 "a list of tags has two of them");
		return 0;
	}
	load_tag(l, node->first, &segment->vlan[0]);
	load_tag(l, node->first->next, &segment->vlan[1]);
	return 0;
}

static int read_networks(void *l, const struct ig_node *key, const struct ig_node *value,
			 void *object)
{
	struct ig_segment *segment = object;

	(void)key;
	return ig_load_networks(l, value, &segment->networks, &segment->n_networks);
}

static int read_switch(void *context, const struct ig_node *key, const struct ig_node *value,
		       void *object)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} switches[] = {
		{"arp", IG_INFRA_ARP},
		{"nd", IG_INFRA_ND},
		{"dhcp", IG_INFRA_DHCP},
		{"dns", IG_INFRA_DNS},
		{"ntp", IG_INFRA_NTP},
		{"membership", IG_INFRA_MEMBERSHIP},
		{"link-control", IG_INFRA_LINK_CONTROL},
	};
	struct ig_load *l = context;
	struct ig_segment *segment = object;
	bool on;

	if (!ig_node_bool(&l->set, value, "a switch", &on))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		if (!on && !strcmp(ig_node_value(key)->text, switches[i].name))
			segment->infrastructure &= ~switches[i].bit;
	return 0;
}

static int read_infrastructure(void *context, const struct ig_node *key,
			       const struct ig_node *value, void *object)
{
	static const struct ig_key keys[] = {
		{"arp", read_switch},	       {"nd", read_switch},  {"dhcp", read_switch},
		{"dns", read_switch},	       {"ntp", read_switch}, {"membership", read_switch},
		{"link-control", read_switch}, {NULL, NULL},
	};
	struct ig_load *l = context;

	(void)key;
	return ig_node_read_map(&l->set, value, "`infrastructure:`", keys, l, object);
}

static int read_unknown(void *l, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	(void)key;
	return ig_load_unknown(l, value, &((struct ig_segment *)object)->unknown_devices);
}

static int read_dns(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_dns(l, value, &((struct ig_segment *)object)->dns);
}

static int read_discovery(void *l, const struct ig_node *key, const struct ig_node *value,
			  void *object)
{
	(void)key;
	return ig_load_discovery(l, value, &((struct ig_segment *)object)->discovery);
}

static int read_mode(void *l, const struct ig_node *key, const struct ig_node *value, void *object)
{
	(void)key;
	return ig_load_mode(l, value, &((struct ig_segment *)object)->mode);
}

static const struct ig_key keys_of_segment[] = {
	{"interfaces", read_interfaces},
	{"vlan", read_vlan},
	{"networks", read_networks},
	{"infrastructure", read_infrastructure},
	{"unknown-devices", read_unknown},
	{"mode", read_mode},
	{"dns", read_dns},
	{"mud-discovery", read_discovery},
	{NULL, NULL},
};

static int claim_port(struct ig_load *l, const struct ig_segment *segment, const char *interface,
		      struct ig_loc loc)
{
	struct port_key *port = ig_yaml_alloc(l->set.docs[0], sizeof(*port));
	struct ig_claim claim = {"segment", segment->name, loc};
	char text[64];

	if (!port)
		return -ENOMEM;
	*port = (struct port_key){.vlan = {segment->vlan[0], segment->vlan[1]}};
	memcpy(port->interface, interface, strlen(interface));
	if (port->vlan[1])
		snprintf(text, sizeof(text), "%s with VLANs %u, %u", interface, port->vlan[0],
			 port->vlan[1]);
	else if (port->vlan[0])
		snprintf(text, sizeof(text), "%s with VLAN %u", interface, port->vlan[0]);
	else
		snprintf(text, sizeof(text), "%s without a tag", interface);
	return ig_load_claim(l, IG_SPACE_PORT, port, sizeof(*port), text, &claim);
}

/* Needs interfaces and tags, so it waits until the map is read. */
static int claim_ports(struct ig_load *l, struct ig_segment *segment, const struct ig_node *value)
{
	const struct ig_node *list = ig_node_get(value, "interfaces");
	const struct ig_node *item = segment->n_interfaces ? ig_node_value(list)->first : NULL;

	/* Names that were refused are in the list, and not in the segment. */
	for (size_t i = 0; item && i < segment->n_interfaces; item = item->next) {
		const struct ig_node *name = ig_node_value(item);
		int r;

		if (name->type != IG_NODE_SCALAR || strcmp(name->text, segment->interfaces[i]))
			continue;
		r = claim_port(l, segment, segment->interfaces[i++], ig_node_loc(&l->set, item));
		if (r)
			return r;
	}
	return 0;
}

static int load_segment(struct ig_load *l, const struct ig_entry *entry, struct ig_segment *segment)
{
	const struct ig_node *value = entry->value;
	char what[IG_NAME_MAX + 16];
	int r;

	segment->infrastructure = IG_INFRA_ALL;
	segment->unknown_devices = l->inv->default_unknown;
	segment->mode = segment->dns = segment->discovery = IG_UNSET;
	snprintf(what, sizeof(what), "segment `%.*s`", IG_NAME_MAX, segment->name);
	r = ig_node_read_map(&l->set, value, what, keys_of_segment, l, segment);
	if (r || ig_node_value(value)->type != IG_NODE_MAP)
		return r;
	if (!segment->n_interfaces) {
		const struct ig_node *list = ig_node_get(value, "interfaces");

		/* A list whose names were all refused has been spoken of. */
		if (!list || ig_node_empty(list) || !ig_node_value(list)->count)
			ig_error(l->diags, &segment->loc,
				 "name the ports behind which it is: `interfaces: [lan0]`",
				 "segment `%s` has no interfaces", segment->name);
	}
	return claim_ports(l, segment, value);
}

int ig_load_segments(struct ig_load *l)
{
	for (size_t i = 0; i < l->inv->n_segments; i++) {
		int r = load_segment(l, &l->sections[IG_SPACE_SEGMENT].items[i],
				     &l->inv->segments[i]);

		if (r)
			return r;
	}
	return 0;
}
