/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: each is there once, and what is named exists. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "text.h"
#include "util.h"

const char *const ig_space_names[IG_SECTIONS] = {
	[IG_SPACE_SEGMENT] = "segment", [IG_SPACE_PROFILE] = "profile",
	[IG_SPACE_HOST] = "host",	[IG_SPACE_DEVICE] = "device",
	[IG_SPACE_GROUP] = "group",	[IG_SPACE_CONTROLLER] = "controller",
};

int ig_load_name(struct ig_load *l, enum ig_space space, const struct ig_entry *entry,
		 size_t position, char **name, struct ig_loc *loc)
{
	const char *text;
	char what[32];
	int r;

	*loc = ig_node_loc(&l->set, entry->key);
	snprintf(what, sizeof(what), "the name of a %s", ig_space_names[space]);
	/* A name that may not be is kept all the same: the rest of its entry is still worth
	 * checking. */
	if (!ig_node_text(&l->set, entry->key, what, IG_NAME_MAX, &text))
		text = ig_node_value(entry->key)->text;
	*name = strdup(text);
	if (!*name)
		return -ENOMEM;
	r = ig_index_add(l->inv->index, space, *name, strlen(*name), position, NULL);
	return r == -EEXIST ? 0 : r;
}

int ig_load_claim(struct ig_load *l, enum ig_space space, const void *key, size_t size,
		  const char *text, const struct ig_claim *claim)
{
	const struct ig_claim *other;
	size_t existing;
	char hint[320];
	int r;

	if (!ig_grow(&l->claims, l->n_claims, &l->c_claims, sizeof(*l->claims)))
		return -ENOMEM;
	r = ig_index_add(l->seen, space, key, size, l->n_claims, &existing);
	if (!r)
		l->claims[l->n_claims++] = *claim;
	if (r != -EEXIST)
		return r;
	other = &l->claims[existing];
	snprintf(hint, sizeof(hint), "%s%s%.64s%s has it already, at %.160s:%u:%u", other->kind,
		 other->name ? " `" : "", other->name ? other->name : "", other->name ? "`" : "",
		 other->loc.file, other->loc.line, other->loc.column);
	ig_error(l->diags, &claim->loc, hint, "%s is there twice", text);
	return 0;
}

/* The name that was most likely meant. Given up when it has taken long: a large file may have many
 * such mistakes. */
static const char *nearest(struct ig_load *l, enum ig_space space, const char *name)
{
	const struct ig_section *section = &l->sections[space];
	unsigned int best = ig_text_slips(name) + 1;
	const char *found = NULL;

	for (size_t i = 0; i < section->count && l->patience; i++, l->patience--) {
		const char *other = ig_node_value(section->items[i].key)->text;
		unsigned int distance = ig_text_distance(name, other, best - 1);

		if (distance < best) {
			best = distance;
			found = other;
		}
		if (!best)
			break;
	}
	return found;
}

/* Devices and hosts are taken for each other. */
static const char *elsewhere(const struct ig_load *l, enum ig_space space, const char *name)
{
	static const enum ig_space others[] = {IG_SPACE_DEVICE, IG_SPACE_HOST, IG_SPACE_GROUP,
					       IG_SPACE_SEGMENT};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i] != space &&
		    ig_index_find(l->inv->index, others[i], name, strlen(name)) != IG_INDEX_NONE)
			return ig_space_names[others[i]];
	return NULL;
}

size_t ig_load_find(struct ig_load *l, enum ig_space space, const char *name,
		    const struct ig_loc *loc)
{
	size_t position = ig_index_find(l->inv->index, space, name, strlen(name));
	const char *kind = ig_space_names[space], *other;
	char hint[192];

	if (position != IG_INDEX_NONE || l->incomplete)
		return position;
	other = nearest(l, space, name);
	if (other)
		snprintf(hint, sizeof(hint), "did you mean `%.64s`?", other);
	else if ((other = elsewhere(l, space, name)))
		snprintf(hint, sizeof(hint), "there is a %s of that name", other);
	else if (!l->sections[space].count)
		snprintf(hint, sizeof(hint), "there are no %ss yet: name them under `%ss:`", kind,
			 kind);
	else
		snprintf(hint, sizeof(hint), "name it under `%ss:`, or correct it here", kind);
	ig_error(l->diags, loc, hint, "there is no %s `%.64s`", kind, name);
	return IG_INDEX_NONE;
}

static void *at_position(const void *items, size_t size, size_t position)
{
	return position == IG_INDEX_NONE ? NULL : (char *)items + position * size;
}

struct ig_machine *ig_inventory_machine(const struct iotguard_inventory *inv, bool host,
					const char *name)
{
	enum ig_space space = host ? IG_SPACE_HOST : IG_SPACE_DEVICE;

	return at_position(inv->machines, sizeof(*inv->machines),
			   ig_index_find(inv->index, space, name, strlen(name)));
}

struct ig_group *ig_inventory_group(const struct iotguard_inventory *inv, const char *name)
{
	return at_position(inv->groups, sizeof(*inv->groups),
			   ig_index_find(inv->index, IG_SPACE_GROUP, name, strlen(name)));
}

struct ig_segment *ig_inventory_segment(const struct iotguard_inventory *inv, const char *name)
{
	return at_position(inv->segments, sizeof(*inv->segments),
			   ig_index_find(inv->index, IG_SPACE_SEGMENT, name, strlen(name)));
}

size_t ig_load_reference(struct ig_load *l, enum ig_space space, const struct ig_node *value,
			 const char *what)
{
	struct ig_loc loc = ig_node_loc(&l->set, value);
	const char *name;

	if (!ig_node_text(&l->set, value, what, IG_TEXT_MAX, &name))
		return IG_INDEX_NONE;
	return ig_load_find(l, space, name, &loc);
}
