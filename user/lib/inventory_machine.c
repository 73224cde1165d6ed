/* SPDX-License-Identifier: BSD-2-Clause */
/* `devices:` and `hosts:`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "inventory_internal.h"
#include "ranges.h"
#include "util.h"

#define READER(name)                                                     \
	static int read_##name(void *context, const struct ig_node *key, \
			       const struct ig_node *value, void *object)

/* Text that is kept as it is. */
#define TEXT_READER(name, what)                                            \
	READER(name)                                                       \
	{                                                                  \
		(void)key;                                                 \
		return ig_load_text(context, value, what, IG_TEXT_MAX,     \
				    &((struct ig_machine *)object)->name); \
	}

TEXT_READER(manufacturer, "a manufacturer")
TEXT_READER(model, "a model")
TEXT_READER(authentication, "a kind of authentication")
TEXT_READER(firmware_version, "a version")
TEXT_READER(firmware_updates, "the source of updates")

READER(firmware_released)
{
	struct ig_load *l = context;
	struct ig_machine *machine = object;
	struct ig_loc loc = ig_node_loc(&l->set, value);
	uint16_t year;
	uint8_t month, day;
	int r = ig_load_text(l, value, "a date", IG_TEXT_MAX, &machine->firmware_released);
	const char *text = machine->firmware_released;

	(void)key;
	if (r || !text || ig_date_parse(text, strlen(text), &year, &month, &day))
		return r;
	ig_error(l->diags, &loc, "a date is YYYY-MM-DD: 2025-11-03", "`%.32s` is no date", text);
	return 0;
}

READER(firmware)
{
	static const struct ig_key keys[] = {
		{"version", read_firmware_version},
		{"released", read_firmware_released},
		{"updates", read_firmware_updates},
		{NULL, NULL},
	};
	struct ig_load *l = context;

	(void)key;
	return ig_node_read_map(&l->set, value, "`firmware:`", keys, l, object);
}

READER(mac)
{
	(void)key;
	ig_load_mac(context, value, ((struct ig_machine *)object)->mac);
	return 0;
}

READER(addresses)
{
	struct ig_load *l = context;
	struct ig_machine *machine = object;
	int r = ig_load_addresses(l, value, &machine->addresses);

	(void)key;
	for (size_t i = 0; !r && i < machine->addresses.count; i++) {
		struct ig_address *address = &machine->addresses.items[i];
		struct ig_claim claim = {machine->host ? "host" : "device", machine->name,
					 address->loc};
		char text[IG_PREFIX_TEXT];

		r = ig_load_claim(l, IG_SPACE_ADDRESS, address->addr, 16,
				  ig_address_text(address, text), &claim);
	}
	return r;
}

READER(segment)
{
	struct ig_load *l = context;
	struct ig_machine *machine = object;
	size_t position = ig_load_reference(l, IG_SPACE_SEGMENT, value, "the name of a segment");

	(void)key;
	if (position != IG_INDEX_NONE)
		machine->segment = &l->inv->segments[position];
	return 0;
}

READER(profile)
{
	struct ig_load *l = context;
	struct ig_machine *machine = object;
	size_t position = ig_load_reference(l, IG_SPACE_PROFILE, value, "the name of a profile");

	(void)key;
	if (position != IG_INDEX_NONE)
		machine->profile = &l->inv->profiles[position];
	return 0;
}

READER(environment)
{
	(void)key;
	return ig_load_environment(context, value, &((struct ig_machine *)object)->environment);
}

READER(criticality)
{
	(void)key;
	return ig_load_criticality(context, value, &((struct ig_machine *)object)->criticality);
}

READER(mode)
{
	(void)key;
	return ig_load_mode(context, value, &((struct ig_machine *)object)->mode);
}

READER(dns)
{
	(void)key;
	return ig_load_dns(context, value, &((struct ig_machine *)object)->dns);
}

READER(flows)
{
	(void)key;
	return ig_load_flows(context, value, &((struct ig_machine *)object)->flows);
}

READER(rules)
{
	(void)key;
	return ig_load_rules(context, value, &((struct ig_machine *)object)->rules);
}

READER(mud)
{
	(void)key;
	return ig_load_mud_source(context, value, &((struct ig_machine *)object)->mud);
}

READER(my_controllers)
{
	struct ig_machine *machine = object;

	(void)key;
	return ig_load_my_controllers(context, value, "device", machine->name,
				      &machine->controllers);
}

READER(trust)
{
	struct ig_load *l = context;

	(void)key;
	ig_node_bool(&l->set, value, "`trust:`", &((struct ig_machine *)object)->trusted);
	return 0;
}

READER(identify)
{
	(void)key;
	(void)object;
	return ig_load_identify(context, value);
}

READER(router)
{
	(void)key;
	return ig_load_router(context, value, &((struct ig_machine *)object)->router);
}

static const struct ig_key keys_of_device[] = {
	{"mac", read_mac},
	{"identify", read_identify},
	{"router", read_router},
	{"addresses", read_addresses},
	{"segment", read_segment},
	{"profile", read_profile},
	{"environment", read_environment},
	{"criticality", read_criticality},
	{"mode", read_mode},
	{"dns", read_dns},
	{"flows", read_flows},
	{"rules", read_rules},
	{"mud", read_mud},
	{"my-controllers", read_my_controllers},
	{"manufacturer", read_manufacturer},
	{"model", read_model},
	{"firmware", read_firmware},
	{"authentication", read_authentication},
	{NULL, NULL},
};

static const struct ig_key keys_of_host[] = {
	{"mac", read_mac},     {"addresses", read_addresses}, {"segment", read_segment},
	{"trust", read_trust}, {"rules", read_rules},	      {NULL, NULL},
};

static bool inside(const struct ig_prefix *prefix, const uint8_t addr[16])
{
	unsigned int bytes = prefix->length / 8, bits = prefix->length % 8;

	if (memcmp(prefix->addr, addr, bytes))
		return false;
	return !bits || !((prefix->addr[bytes] ^ addr[bytes]) >> (8 - bits));
}

static bool link_local(const uint8_t addr[16])
{
	if (ig_addr_is_v4(addr))
		return addr[12] == 169 && addr[13] == 254;
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* Every segment has link-local addresses. Others are foreseen by its networks, if it tells those of
 * their IP version. */
static bool foreseen(const struct ig_segment *segment, const uint8_t addr[16])
{
	bool told = false;

	for (size_t i = 0; i < segment->n_networks; i++) {
		if (inside(&segment->networks[i], addr))
			return true;
		told |= ig_prefix_is_v4(&segment->networks[i]) == ig_addr_is_v4(addr);
	}
	return !told || link_local(addr);
}

static void check_networks(struct ig_load *l, const struct ig_machine *machine)
{
	const struct ig_segment *segment = machine->segment;

	for (size_t i = 0; segment && i < machine->addresses.count; i++) {
		const struct ig_address *address = &machine->addresses.items[i];
		char text[IG_PREFIX_TEXT];

		if (foreseen(segment, address->addr))
			continue;
		ig_warning(l->diags, &address->loc, "correct it, or add the network to the segment",
			   "%s is in none of the networks of segment `%s` (%.256s:%u:%u)",
			   ig_address_text(address, text), segment->name, segment->loc.file,
			   segment->loc.line, segment->loc.column);
	}
}

/* Its MAC address is its own: nobody else's. */
static int claim_mac(struct ig_load *l, const struct ig_machine *machine,
		     const struct ig_node *value)
{
	static const uint8_t none[6]; /* it was refused */
	struct ig_claim claim = {machine->host ? "host" : "device", machine->name,
				 ig_node_loc(&l->set, value)};

	if (!memcmp(machine->mac, none, 6))
		return 0;
	return ig_load_claim(l, IG_SPACE_MAC, machine->mac, 6, ig_node_value(value)->text, &claim);
}

static int check_by_mac(struct ig_load *l, const struct ig_machine *machine,
			const struct ig_node *value)
{
	const struct ig_node *mac = ig_node_get(value, "mac");
	const char *kind = machine->host ? "host" : "device";

	if (!mac)
		ig_error(l->diags, &machine->loc, "mac: \"02:00:5e:10:00:01\"",
			 "%s `%s` has no MAC address", kind, machine->name);
	if (!ig_node_get(value, "segment"))
		ig_error(l->diags, &machine->loc, "say where it is: `segment: NAME`",
			 "%s `%s` is in no segment", kind, machine->name);
	check_networks(l, machine);
	return mac ? claim_mac(l, machine, mac) : 0;
}

static int check_complete(struct ig_load *l, const struct ig_machine *machine,
			  const struct ig_node *value)
{
	enum ig_identity identity = machine->host ? IG_IDENTITY_MAC : ig_load_identity(value);

	if (machine->trusted && machine->rules.count)
		ig_warning(l->diags, &machine->rules.items[0].loc,
			   "leave out the rules, or `trust`",
			   "the rules of a trusted host are never asked");
	l->behind[machine - l->inv->machines] = identity == IG_IDENTITY_ADDRESS;
	if (identity == IG_IDENTITY_ADDRESS)
		ig_load_check_behind(l, machine, value);
	else if (identity != IG_IDENTITY_WRONG && !machine->host)
		ig_load_check_no_router(l, machine, value);
	return identity == IG_IDENTITY_MAC ? check_by_mac(l, machine, value) : 0;
}

static int load_machine(struct ig_load *l, const struct ig_node *value, struct ig_machine *machine)
{
	char what[IG_NAME_MAX + 16];
	int r;

	snprintf(what, sizeof(what), "%s `%.*s`", machine->host ? "host" : "device", IG_NAME_MAX,
		 machine->name);
	r = ig_node_read_map(&l->set, value, what, machine->host ? keys_of_host : keys_of_device, l,
			     machine);
	if (r || ig_node_value(value)->type != IG_NODE_MAP)
		return r;
	return check_complete(l, machine, value);
}

int ig_load_machines(struct ig_load *l)
{
	struct ig_machine *machine = l->inv->machines;

	l->behind = calloc(l->inv->n_machines + 1, sizeof(*l->behind));
	if (!l->behind)
		return -ENOMEM;
	for (int space = IG_SPACE_HOST; space <= IG_SPACE_DEVICE; space++) {
		for (size_t i = 0; i < l->sections[space].count; i++, machine++) {
			int r = load_machine(l, l->sections[space].items[i].value, machine);

			if (r)
				return r;
		}
	}
	ig_load_routers(l);
	return 0;
}
