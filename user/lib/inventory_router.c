/* SPDX-License-Identifier: BSD-2-Clause */
/* `identify:` and `router:`: devices whose MAC address the gateway never sees. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inventory_internal.h"
#include "text.h"
#include "util.h"

int ig_load_identify(struct ig_load *l, const struct ig_node *value)
{
	static const char *const words[] = {"mac", "address", NULL};
	int word;

	ig_node_word(&l->set, value, "what a device is known by", words, &word);
	return 0;
}

enum ig_identity ig_load_identity(const struct ig_node *device)
{
	const struct ig_node *identify = ig_node_get(device, "identify"), *word;

	if (!identify)
		return ig_node_get(device, "router") && !ig_node_get(device, "mac")
			       ? IG_IDENTITY_UNSAID
			       : IG_IDENTITY_MAC;
	word = ig_node_value(identify);
	if (word->type == IG_NODE_SCALAR && !strcmp(word->text, "address"))
		return IG_IDENTITY_ADDRESS;
	if (word->type == IG_NODE_SCALAR && !strcmp(word->text, "mac"))
		return IG_IDENTITY_MAC;
	return IG_IDENTITY_WRONG;
}

/* As it has to be written, with quotes where the name needs them. */
static void print_machine(char *buf, size_t size, bool host, const char *name)
{
	const struct ig_remote remote = {.kind = host ? IG_REMOTE_HOST : IG_REMOTE_DEVICE,
					 .name = (char *)name};

	ig_remote_print(&remote, buf, size);
}

/* What was most likely meant by text that is neither host:NAME nor device:NAME. */
static const char *router_meant(const struct ig_load *l, const char *text, char *hint, size_t size)
{
	static const char *const kinds[] = {"host", "device", NULL};
	const char *colon = strchr(text, ':'), *kind = NULL;
	const char *name = colon ? colon + 1 : text;
	char piece[16], router[IG_TEXT_MAX + 16];

	if (colon) {
		snprintf(piece, sizeof(piece), "%.*s", (int)(colon - text), text);
		kind = ig_text_suggest(piece, kinds);
	} else if (ig_inventory_machine(l->inv, true, text)) {
		kind = kinds[0];
	} else if (ig_inventory_machine(l->inv, false, text)) {
		kind = kinds[1];
	}
	if (!kind)
		return "name the machine whose MAC address its frames carry";
	print_machine(router, sizeof(router), kind == kinds[0], name);
	snprintf(hint, size, "did you mean `%s`?", router);
	return hint;
}

static bool names_machine(const char *text)
{
	return !strncmp(text, "host:", 5) || !strncmp(text, "device:", 7);
}

/* 0: read; -EINVAL: reported. The caller clears the remote. */
static int parse_router(struct ig_load *l, const struct ig_node *value, struct ig_remote *remote)
{
	struct ig_loc loc = ig_node_loc(&l->set, value);
	struct ig_rule_error error;
	const char *text;
	char hint[IG_TEXT_MAX + 64];
	int r;

	if (!ig_node_text(&l->set, value, "a router", IG_TEXT_MAX, &text))
		return -EINVAL;
	if (!names_machine(text)) {
		ig_error(l->diags, &loc, router_meant(l, text, hint, sizeof(hint)),
			 "`%.64s`: a router is host:NAME or device:NAME", text);
		return -EINVAL;
	}
	r = ig_remote_parse(text, remote, &error);
	if (r == -EINVAL) {
		loc = ig_node_loc_at(&l->set, value, error.offset);
		ig_error(l->diags, &loc,
			 *error.hint
				 ? error.hint
				 : "it is host:NAME or device:NAME, a name with spaces in quotes",
			 "%s", error.message);
	}
	return r;
}

int ig_load_router(struct ig_load *l, const struct ig_node *value, struct ig_machine **router)
{
	struct ig_loc loc = ig_node_loc(&l->set, value);
	struct ig_remote remote;
	enum ig_space space;
	size_t position;
	int r = parse_router(l, value, &remote);

	if (r)
		return r == -EINVAL ? 0 : r;
	space = remote.kind == IG_REMOTE_HOST ? IG_SPACE_HOST : IG_SPACE_DEVICE;
	position = ig_load_find(l, space, remote.name, &loc);
	ig_remote_clear(&remote);
	if (position != IG_INDEX_NONE)
		*router = &l->inv->machines[position];
	return 0;
}

static void refuse_key(struct ig_load *l, const struct ig_machine *machine,
		       const struct ig_node *value, const char *name, const char *hint)
{
	const struct ig_node *key = ig_node_key(value, name);
	struct ig_loc loc;

	if (!key)
		return;
	loc = ig_node_loc(&l->set, key);
	ig_error(l->diags, &loc, hint, "device `%s` is known by its addresses, and has `%s:`",
		 machine->name, name);
}

static void check_addresses(struct ig_load *l, const struct ig_machine *machine,
			    const struct ig_node *value)
{
	const struct ig_node *list = ig_node_get(value, "addresses");

	if (!list || ig_node_empty(list) ||
	    (ig_node_value(list)->type == IG_NODE_LIST && !ig_node_value(list)->count))
		ig_error(l->diags, &machine->loc, "list them: `addresses: [192.0.2.1]`",
			 "device `%s` is known by its addresses, and has none", machine->name);
	for (size_t i = 0; i < machine->addresses.count; i++) {
		const struct ig_address *address = &machine->addresses.items[i];
		char text[IG_PREFIX_TEXT];

		if (ig_address_link_local(address))
			ig_error(l->diags, &address->loc,
				 "list the addresses that it has beyond its own link",
				 "%s is a link-local address, which never crosses a router",
				 ig_address_text(address, text));
	}
}

void ig_load_check_behind(struct ig_load *l, const struct ig_machine *machine,
			  const struct ig_node *value)
{
	refuse_key(l, machine, value, "mac", "leave it out; its frames carry that of its router");
	refuse_key(l, machine, value, "segment", "leave it out; it is where its router is");
	if (!ig_node_get(value, "router"))
		ig_error(l->diags, &machine->loc,
			 "say whose MAC address its frames carry: `router: host:NAME`",
			 "device `%s` is known by its addresses, and has no router", machine->name);
	check_addresses(l, machine, value);
}

void ig_load_check_no_router(struct ig_load *l, const struct ig_machine *machine,
			     const struct ig_node *value)
{
	const struct ig_node *key = ig_node_key(value, "router");
	struct ig_loc loc;

	if (!key)
		return;
	loc = ig_node_loc(&l->set, key);
	ig_error(l->diags, &loc, "write `identify: address` as well, or leave the router out",
		 "device `%s` has `router:`, and is not known by its addresses", machine->name);
}

/* What is written about a machine. */
static const struct ig_node *written(const struct ig_load *l, size_t position)
{
	const struct ig_section *hosts = &l->sections[IG_SPACE_HOST];

	return position < hosts->count
		       ? hosts->items[position].value
		       : l->sections[IG_SPACE_DEVICE].items[position - hosts->count].value;
}

void ig_load_routers(struct ig_load *l)
{
	for (size_t i = 0; i < l->inv->n_machines; i++) {
		struct ig_machine *machine = &l->inv->machines[i], *router = machine->router;
		struct ig_loc loc;

		if (!router)
			continue;
		machine->segment = router->segment;
		if (!l->behind[router - l->inv->machines])
			continue;
		loc = ig_node_loc(&l->set, ig_node_get(written(l, i), "router"));
		ig_error(l->diags, &loc,
			 "name the machine whose MAC address the frames carry at the gateway",
			 "device `%s` is behind a router itself, so it can be nobody's router",
			 router->name);
	}
}
