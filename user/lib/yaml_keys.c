/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of a map that are there twice. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "index.h"
#include "yaml_internal.h"

static void report_duplicate(struct ig_yaml_set *set, const struct ig_yaml *doc,
			     const struct ig_node *key, const struct ig_node *first)
{
	struct ig_loc loc = ig_yaml_loc(doc, key->offset), before = ig_yaml_loc(doc, first->offset);
	char hint[96];

	snprintf(hint, sizeof(hint), "the first is at line %u, column %u; keep one of them",
		 before.line, before.column);
	ig_error(set->diags, &loc, hint, "`%.64s` is there twice", ig_node_value(key)->text);
}

/* Small maps are compared pairwise: no memory, and quicker. */
static struct ig_node *find_before(struct ig_node *map, const struct ig_node *key)
{
	for (struct ig_node *other = map->first; other != key; other = other->next->next)
		if (!strcmp(ig_node_value(other)->text, ig_node_value(key)->text))
			return other;
	return NULL;
}

#define SMALL_MAP 16

int ig_yaml_drop_duplicates(struct ig_yaml_set *set, const struct ig_yaml *doc, struct ig_node *map)
{
	struct ig_index *index = map->count > SMALL_MAP ? ig_index_new() : NULL;
	struct ig_node **link = &map->first;
	int r = map->count > SMALL_MAP && !index ? -ENOMEM : 0;

	while (!r && *link) {
		struct ig_node *key = *link, *first;
		const struct ig_node *word = ig_node_value(key);
		size_t existing;

		if (!index) {
			first = find_before(map, key);
		} else {
			r = ig_index_add(index, 0, word->text, word->count, (size_t)(uintptr_t)key,
					 &existing);
			first = r == -EEXIST ? (struct ig_node *)(uintptr_t)existing : NULL;
			r = r == -EEXIST ? 0 : r;
		}
		if (!first) {
			link = &key->next->next;
			continue;
		}
		report_duplicate(set, doc, key, first);
		*link = key->next->next;
		map->count--;
	}
	ig_index_free(index);
	return r;
}
