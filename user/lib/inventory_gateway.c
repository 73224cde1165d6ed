/* SPDX-License-Identifier: BSD-2-Clause */
/* `gateway:` and `defaults:`: each there once, maybe spread over files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "util.h"

#define PATH_BYTES 4095

/* Keys that two files give. Within one file the YAML layer has seen to it. */
static int check_spread(struct ig_load *l, const struct ig_section *section, enum ig_space space,
			const char *what)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct ig_node *map = ig_node_value(section->items[i].value);

		if (map->type != IG_NODE_MAP)
			continue;
		for (const struct ig_node *key = map->first; key; key = key->next->next) {
			const struct ig_node *word = ig_node_value(key);
			struct ig_claim claim = {what, NULL, ig_node_loc(&l->set, key)};
			char text[IG_NAME_MAX + 3];
			int r;

			snprintf(text, sizeof(text), "`%.*s`", IG_NAME_MAX, word->text);
			r = ig_load_claim(l, space, word->text, word->count, text, &claim);
			if (r)
				return r;
		}
	}
	return 0;
}

static int read_section(struct ig_load *l, const struct ig_section *section, const char *what,
			const struct ig_key *keys, void *object)
{
	for (size_t i = 0; i < section->count; i++) {
		int r;

		if (ig_node_empty(section->items[i].value))
			continue;
		r = ig_node_read_map(&l->set, section->items[i].value, what, keys, l, object);
		if (r)
			return r;
	}
	return 0;
}

static int read_default_mode(void *l, const struct ig_node *key, const struct ig_node *value,
			     void *inv)
{
	(void)key;
	return ig_load_mode(l, value, &((struct iotguard_inventory *)inv)->default_mode);
}

static int read_default_dns(void *l, const struct ig_node *key, const struct ig_node *value,
			    void *inv)
{
	(void)key;
	return ig_load_dns(l, value, &((struct iotguard_inventory *)inv)->default_dns);
}

static int read_default_discovery(void *l, const struct ig_node *key, const struct ig_node *value,
				  void *inv)
{
	(void)key;
	return ig_load_discovery(l, value, &((struct iotguard_inventory *)inv)->default_discovery);
}

static int read_default_unknown(void *l, const struct ig_node *key, const struct ig_node *value,
				void *inv)
{
	(void)key;
	return ig_load_unknown(l, value, &((struct iotguard_inventory *)inv)->default_unknown);
}

int ig_load_defaults(struct ig_load *l)
{
	static const struct ig_key keys[] = {
		{"mode", read_default_mode},
		{"dns", read_default_dns},
		{"mud-discovery", read_default_discovery},
		{"unknown-devices", read_default_unknown},
		{NULL, NULL},
	};
	int r = check_spread(l, &l->defaults, IG_SPACE_DEFAULTS, "the defaults");

	return r ? r : read_section(l, &l->defaults, "`defaults:`", keys, l->inv);
}

static int read_name(void *l, const struct ig_node *key, const struct ig_node *value, void *gateway)
{
	(void)key;
	return ig_load_text(l, value, "the name of the gateway", IG_NAME_MAX,
			    &((struct ig_gateway *)gateway)->name);
}

static int read_addresses(void *context, const struct ig_node *key, const struct ig_node *value,
			  void *object)
{
	struct ig_gateway *gateway = object;
	struct ig_load *l = context;
	int r;

	(void)key;
	if (gateway->addresses.items)
		return 0; /* a second time: reported as such */
	r = ig_load_addresses(l, value, &gateway->addresses);
	for (size_t i = 0; !r && i < gateway->addresses.count; i++) {
		struct ig_address *address = &gateway->addresses.items[i];
		struct ig_claim claim = {"the gateway", NULL, address->loc};
		struct ig_prefix prefix = {.length = 128};
		char text[IG_PREFIX_TEXT];

		memcpy(prefix.addr, address->addr, 16);
		ig_prefix_print(&prefix, text);
		r = ig_load_claim(l, IG_SPACE_ADDRESS, address->addr, 16, text, &claim);
	}
	return r;
}

static int claim_macs(struct ig_load *l, const struct ig_macs *macs, const struct ig_loc *locs)
{
	for (size_t i = 0; i < macs->count; i++) {
		struct ig_claim claim = {"the gateway", NULL, locs[i]};
		const uint8_t *m = macs->items[i];
		char text[18];
		int r;

		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
			 m[3], m[4], m[5]);
		r = ig_load_claim(l, IG_SPACE_MAC, m, 6, text, &claim);
		if (r)
			return r;
	}
	return 0;
}

static int read_macs(void *context, const struct ig_node *key, const struct ig_node *value,
		     void *object)
{
	struct ig_load *l = context;
	struct ig_macs *macs = &((struct ig_gateway *)object)->macs;
	size_t count = ig_load_list(l, value, "a list of MAC addresses", "[\"02:00:5e:00:00:fe\"]");
	_free_ struct ig_loc *locs = NULL;
	uint8_t(*items)[6];

	(void)key;
	if (!count || macs->items)
		return 0; /* a second time: reported as such, and claims point into the first */
	locs = calloc(count, sizeof(*locs));
	items = calloc(count, sizeof(*items));
	if (!locs || !items) {
		free(items);
		return -ENOMEM;
	}
	*macs = (struct ig_macs){.items = items};
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next) {
		locs[macs->count] = ig_node_loc(&l->set, item);
		macs->count += ig_load_mac(l, item, items[macs->count]);
	}
	return claim_macs(l, macs, locs);
}

static int read_resolvers(void *l, const struct ig_node *key, const struct ig_node *value,
			  void *gateway)
{
	(void)key;
	return ig_load_addresses(l, value, &((struct ig_gateway *)gateway)->resolvers);
}

static int read_time_servers(void *l, const struct ig_node *key, const struct ig_node *value,
			     void *gateway)
{
	(void)key;
	return ig_load_addresses(l, value, &((struct ig_gateway *)gateway)->time_servers);
}

static int read_dhcp_servers(void *l, const struct ig_node *key, const struct ig_node *value,
			     void *gateway)
{
	(void)key;
	return ig_load_addresses(l, value, &((struct ig_gateway *)gateway)->dhcp_servers);
}

static int read_lease_files(void *context, const struct ig_node *key, const struct ig_node *value,
			    void *object)
{
	struct ig_gateway *gateway = object;
	struct ig_load *l = context;
	size_t count =
		ig_load_list(l, value, "a list of lease files", "[/var/lib/misc/dnsmasq.leases]");

	(void)key;
	if (gateway->lease_files_given || ig_node_empty(value))
		return 0; /* a second time: reported as such */
	gateway->lease_files_given = true;
	gateway->lease_files = calloc(count ? count : 1, sizeof(*gateway->lease_files));
	if (!gateway->lease_files)
		return -ENOMEM;
	if (!count)
		return 0;
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next) {
		struct ig_lease_path *file = &gateway->lease_files[gateway->n_lease_files];
		const char *text;

		file->loc = ig_node_loc(&l->set, item);
		if (!ig_node_text(&l->set, item, "the path of a lease file", PATH_BYTES, &text))
			continue;
		file->path = ig_load_path(file->loc.file, text);
		if (!file->path)
			return -ENOMEM;
		gateway->n_lease_files++;
	}
	return 0;
}

/* Rules here say who may reach the gateway. */
static void check_management(struct ig_load *l, const struct ig_rule *rule)
{
	char remote[512];

	if (rule->side != IG_RULE_FROM) {
		ig_error(
			l->diags, &rule->loc,
			"write 'from' and who may reach the gateway; what the gateway itself opens "
			"needs a 'from' rule of the device",
			"a 'to' rule in `management`");
		return;
	}
	switch (rule->remote.kind) {
	case IG_REMOTE_ANY:
	case IG_REMOTE_LOCAL:
	case IG_REMOTE_PREFIX:
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
	case IG_REMOTE_GROUP:
	case IG_REMOTE_SEGMENT:
		return;
	default:
		ig_remote_print(&rule->remote, remote, sizeof(remote));
		ig_error(
			l->diags, &rule->loc,
			"name host:, device:, group:, segment:, an address, a prefix, 'local' or 'any'",
			"`management` is about machines of this inventory, and '%s' names none",
			remote);
	}
}

static int read_management(void *context, const struct ig_node *key, const struct ig_node *value,
			   void *object)
{
	struct ig_gateway *gateway = object;
	struct ig_load *l = context;
	int err = ig_load_rules(l, value, &gateway->management);

	(void)key;
	for (size_t i = 0; i < gateway->management.count; i++)
		check_management(l, &gateway->management.items[i]);
	return err;
}

int ig_load_gateway(struct ig_load *l)
{
	static const struct ig_key keys[] = {
		{"name", read_name},
		{"addresses", read_addresses},
		{"macs", read_macs},
		{"resolvers", read_resolvers},
		{"time-servers", read_time_servers},
		{"dhcp-servers", read_dhcp_servers},
		{"lease-files", read_lease_files},
		{"management", read_management},
		{NULL, NULL},
	};
	int r = check_spread(l, &l->gateway, IG_SPACE_GATEWAY, "`gateway:`");

	return r ? r : read_section(l, &l->gateway, "`gateway:`", keys, &l->inv->gateway);
}
