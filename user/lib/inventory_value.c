/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that several sections have. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "util.h"

int ig_load_text(struct ig_load *l, const struct ig_node *value, const char *what, size_t most,
		 char **out)
{
	const char *text;
	char *copy;

	if (!ig_node_text(&l->set, value, what, most, &text))
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

int ig_load_mode(struct ig_load *l, const struct ig_node *value, int *mode)
{
	static const char *const words[] = {"enforce", "monitor", "learn", NULL};

	ig_node_word(&l->set, value, "a mode", words, mode);
	return 0;
}

int ig_load_dns(struct ig_load *l, const struct ig_node *value, int *dns)
{
	static const char *const words[] = {"open", "strict", NULL};

	ig_node_word(&l->set, value, "which names may be asked for", words, dns);
	return 0;
}

int ig_load_discovery(struct ig_load *l, const struct ig_node *value, int *discovery)
{
	static const char *const words[] = {
		[IG_DISCOVERY_PROPOSE] = "propose",
		[IG_DISCOVERY_ADOPT] = "adopt",
		[IG_DISCOVERY_OFF] = "off",
		NULL,
	};

	ig_node_word(&l->set, value, "what becomes of MUD URLs that devices tell", words,
		     discovery);
	return 0;
}

int ig_load_unknown(struct ig_load *l, const struct ig_node *value, int *unknown)
{
	static const char *const words[] = {"drop", "monitor", "onboard", NULL};

	ig_node_word(&l->set, value, "what becomes of unknown devices", words, unknown);
	return 0;
}

int ig_load_environment(struct ig_load *l, const struct ig_node *value, int *environment)
{
	const char *words[IOTGUARD_ENV_BUILDING + 2] = {NULL};

	for (int i = 0; i <= IOTGUARD_ENV_BUILDING; i++)
		words[i] = iotguard_environment_name(i);
	ig_node_word(&l->set, value, "an environment", words, environment);
	return 0;
}

int ig_load_criticality(struct ig_load *l, const struct ig_node *value, int *criticality)
{
	const char *words[IOTGUARD_CRIT_OPERATIONAL + 2] = {NULL};

	for (int i = 0; i <= IOTGUARD_CRIT_OPERATIONAL; i++)
		words[i] = iotguard_criticality_name(i);
	ig_node_word(&l->set, value, "a criticality", words, criticality);
	return 0;
}

int ig_load_flows(struct ig_load *l, const struct ig_node *value, int *flows)
{
	uint64_t number;

	if (ig_node_number(&l->set, value, "`flows:`", 1, 65535, &number))
		*flows = (int)number;
	return 0;
}

size_t ig_load_list(struct ig_load *l, const struct ig_node *value, const char *what,
		    const char *example)
{
	if (ig_node_empty(value) || !ig_node_is_list(&l->set, value, what, example))
		return 0;
	return ig_node_value(value)->count;
}

/* What no machine can have for its own. */
static const char *never_own(const struct ig_prefix *address)
{
	const uint8_t *a = address->addr;

	if (ig_prefix_is_v4(address)) {
		if (a[12] == 0)
			return "is nobody's";
		if (a[12] == 127)
			return "is the loopback's";
		return a[12] >= 240   ? "is reserved"
		       : a[12] >= 224 ? "is a multicast group's"
				      : NULL;
	}
	if (a[0] == 0xff)
		return "is a multicast group's";
	for (int i = 0; i < 15; i++)
		if (a[i])
			return NULL;
	return a[15] == 1 ? "is the loopback's" : NULL;
}

static bool load_address(struct ig_load *l, const struct ig_node *value, struct ig_address *out)
{
	struct ig_loc loc = ig_node_loc(&l->set, value);
	struct ig_prefix prefix;
	const char *text, *wrong;
	char why[128];

	if (!ig_node_text(&l->set, value, "an address", IG_TEXT_MAX, &text))
		return false;
	if (ig_prefix_parse(text, true, &prefix, why)) {
		ig_error(l->diags, &loc, "an address is 192.0.2.1 or 2001:db8::1", "%s", why);
		return false;
	}
	wrong = never_own(&prefix);
	if (wrong) {
		ig_error(l->diags, &loc, NULL, "`%s` %s, and no machine's own address", text,
			 wrong);
		return false;
	}
	memcpy(out->addr, prefix.addr, sizeof(out->addr));
	out->loc = loc;
	return true;
}

int ig_load_addresses(struct ig_load *l, const struct ig_node *value, struct ig_addresses *out)
{
	size_t count = ig_load_list(l, value, "a list of addresses", "[192.0.2.1]");
	struct ig_address *items;

	if (!count || out->items)
		return 0; /* a second time: reported as such, and claims point into the first */
	items = calloc(count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	*out = (struct ig_addresses){.items = items};
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next)
		out->count += load_address(l, item, &items[out->count]);
	return 0;
}

const char *ig_address_text(const struct ig_address *address, char buf[IG_PREFIX_TEXT])
{
	struct ig_prefix prefix = {.length = 128};

	memcpy(prefix.addr, address->addr, sizeof(prefix.addr));
	ig_prefix_print(&prefix, buf);
	return buf;
}

bool ig_address_link_local(const struct ig_address *address)
{
	return address->addr[0] == 0xfe && (address->addr[1] & 0xc0) == 0x80;
}

int ig_load_networks(struct ig_load *l, const struct ig_node *value, struct ig_prefix **out,
		     size_t *count)
{
	size_t most = ig_load_list(l, value, "a list of networks", "[192.0.2.0/24]");
	struct ig_prefix *items;

	if (!most)
		return 0;
	items = calloc(most, sizeof(*items));
	if (!items)
		return -ENOMEM;
	free(*out);
	*out = items;
	*count = 0;
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next) {
		struct ig_loc loc = ig_node_loc(&l->set, item);
		const char *text;
		char why[128];

		if (!ig_node_text(&l->set, item, "a network", IG_TEXT_MAX, &text))
			continue;
		if (ig_prefix_parse(text, false, &items[*count], why))
			ig_error(l->diags, &loc, "a network is 192.0.2.0/24 or 2001:db8::/64", "%s",
				 why);
		else
			++*count;
	}
	return 0;
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
	char separator = strlen(text) == 17 ? text[2] : 0;

	if (separator != ':' && separator != '-')
		return false;
	for (int i = 0; i < 6; i++) {
		const char *pair = text + 3 * i;
		unsigned int byte;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]) ||
		    pair[2] != (i < 5 ? separator : '\0'))
			return false;
		sscanf(pair, "%2x", &byte);
		mac[i] = (uint8_t)byte;
	}
	return true;
}

bool ig_load_mac(struct ig_load *l, const struct ig_node *value, uint8_t mac[6])
{
	static const uint8_t zero[6];
	struct ig_loc loc = ig_node_loc(&l->set, value);
	uint8_t read[6];
	const char *text;

	if (!ig_node_text(&l->set, value, "a MAC address", IG_TEXT_MAX, &text))
		return false;
	if (!parse_mac(text, read)) {
		ig_error(l->diags, &loc, "a MAC address is \"02:00:5e:10:00:01\"",
			 "`%.64s` is no MAC address", text);
		return false;
	}
	if (read[0] & 1 || !memcmp(read, zero, 6)) {
		ig_error(l->diags, &loc, "look at the label of the device, or at `ip neigh`",
			 "`%s` is %s, and no machine's own", text,
			 read[0] & 1 ? "a group's address" : "nobody's");
		return false;
	}
	memcpy(mac, read, 6);
	return true;
}
