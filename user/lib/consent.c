/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "consent.h"
#include "index.h"
#include "util.h"

/* A rule that is asked, and the first machine whose it is. */
struct asked {
	const struct ig_rule *rule;
	uint64_t hash;
	uint32_t id;
	uint32_t order;
};

struct asked_list {
	struct asked *items;
	size_t count, capacity;
};

static int list_add(struct asked_list *list, const struct ig_rule *rule, uint32_t id,
		    uint32_t order)
{
	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	list->items[list->count++] = (struct asked){
		.rule = rule, .hash = ig_rule_hash(0, rule), .id = id, .order = order};
	return 0;
}

/* What a group frame can match: TCP has no groups, and a name is one device's. */
static bool is_asked(const struct ig_rule *rule)
{
	return rule->side == IG_RULE_FROM && rule->service.family != IG_SERVICE_TCP &&
	       rule->remote.kind != IG_REMOTE_NAME;
}

static bool has(const struct ig_rule_list *list, enum ig_rule_action action)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_asked(list->rules[i]) && list->rules[i]->action == action)
			return true;
	}
	return false;
}

struct builder {
	const struct ig_consents *c;
	struct asked_list allows;   /* of all lists without a deny: their order does not matter */
	struct ig_index *known;	    /* of these, by hash */
	struct asked_list *ordered; /* the other lists, one by one */
	size_t n_ordered, ordered_capacity;
};

static void builder_free(struct builder *b)
{
	for (size_t i = 0; i < b->n_ordered; i++)
		free(b->ordered[i].items);
	free(b->ordered);
	free(b->allows.items);
	ig_index_free(b->known);
}

/* The hashes lie in an array that moves: they are indexed when all of them are there. Equal rules
 * behind the first one are left out. */
static int drop_twins(struct builder *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->allows.count; i++) {
		struct asked *asked = &b->allows.items[i];
		size_t twin;
		int err;

		b->allows.items[kept] = *asked;
		asked = &b->allows.items[kept];
		err = ig_index_add(b->known, 0, &asked->hash, sizeof(asked->hash), kept, &twin);
		if (err == -ENOMEM)
			return err;
		if (!err || !ig_rule_equal(b->allows.items[twin].rule, asked->rule))
			kept++;
	}
	b->allows.count = kept;
	return 0;
}

static int add_list(struct builder *b, const struct ig_rule_list *list, uint32_t order)
{
	struct asked_list *to = &b->allows;
	int err = 0;

	if (!has(list, IG_RULE_ALLOWS))
		return 0;
	if (has(list, IG_RULE_DENIES)) {
		if (!ig_grow(&b->ordered, b->n_ordered, &b->ordered_capacity, sizeof(*b->ordered)))
			return -ENOMEM;
		to = &b->ordered[b->n_ordered++];
		*to = (struct asked_list){};
	}
	for (size_t i = 0; i < list->count && !err; i++) {
		if (is_asked(list->rules[i]))
			err = list_add(to, list->rules[i], i, order);
	}
	return err;
}

/* Each list once, for the first machine that has it. */
static int collect(struct builder *b, const struct ig_segment *segment)
{
	const struct ig_consents *c = b->c;
	_free_ bool *seen = calloc(c->resolved->n_lists + 1, sizeof(*seen));
	int err = seen ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->inv->n_machines && !err; i++) {
		uint32_t list = c->resolved->list_of[i];

		if ((segment && c->inv->machines[i].segment != segment) ||
		    c->inv->machines[i].trusted || seen[list])
			continue;
		seen[list] = true;
		err = add_list(b, &c->resolved->lists[list], i);
	}
	return err;
}

static int build_table(const struct ig_consents *c, const struct asked *asked, size_t n,
		       uint32_t at)
{
	struct ig_match_sets *sets = calloc(n ? n : 1, sizeof(*sets));
	int err = sets ? 0 : -ENOMEM;
	size_t made = 0;

	for (; made < n && !err; made++) {
		const struct ig_rule *rule = asked[made].rule;
		struct ig_match_sets *set = &sets[made];

		err = ig_match_sets_make(set, rule, c->inv, c->places, c->indices);
		set->id = asked[made].id;
		set->flags = rule->action == IG_RULE_ALLOWS ? IG_RULE_ALLOW : 0;
		set->order = asked[made].order;
		set->holder = c->indices[asked[made].order];
	}
	err = err ?: ig_table_build(c->pool, at, sets, n);
	for (size_t i = 0; i < made; i++)
		ig_match_sets_clear(&sets[i]);
	free(sets);
	return err;
}

static size_t tables_for(size_t rules)
{
	return (rules + IG_MAX_RULES - 1) / IG_MAX_RULES;
}

static int build(const struct builder *b, uint32_t at)
{
	const struct asked_list *allows = &b->allows;
	int err = 0;

	for (size_t i = 0; i < allows->count && !err; i += IG_MAX_RULES, at += IG_TABLE_BLOCKS) {
		size_t left = allows->count - i;

		err = build_table(b->c, &allows->items[i],
				  left < IG_MAX_RULES ? left : IG_MAX_RULES, at);
	}
	for (size_t i = 0; i < b->n_ordered && !err; i++, at += IG_TABLE_BLOCKS)
		err = build_table(b->c, b->ordered[i].items, b->ordered[i].count, at);
	return err;
}

static int compile(struct builder *b, const struct ig_segment *segment, struct ig_consent *out)
{
	size_t n = tables_for(b->allows.count) + b->n_ordered;
	int err;

	if (n > IG_MAX_GROUP_TABLES) {
		ig_warning(
			b->c->diags, segment ? &segment->loc : NULL,
			"use groups and profiles, so that machines share rules",
			"group frames of the gateway pass only as infrastructure in %s: its machines "
			"have too many different 'from' rules (%zu tables, %zu more than the limit of %u)",
			segment ? segment->name : "a replay", n, n - IG_MAX_GROUP_TABLES,
			IG_MAX_GROUP_TABLES);
		return 0;
	}
	if (!n)
		return 0;
	out->at = ig_pool_take(b->c->pool, n * IG_TABLE_BLOCKS);
	out->n = n;
	if (out->at == UINT32_MAX)
		return -ENOMEM;
	err = build(b, out->at);
	if (err != -E2BIG)
		return err;
	*out = (struct ig_consent){};
	ig_warning(
		b->c->diags, segment ? &segment->loc : NULL,
		"join addresses to prefixes, and make groups smaller",
		"group frames of the gateway pass only as infrastructure in %s: the 'from' rules of "
		"its machines name too many different ranges",
		segment ? segment->name : "a replay");
	return 0;
}

int ig_consent_compile(const struct ig_consents *consents, const struct ig_segment *segment,
		       struct ig_consent *out)
{
	_cleanup_(builder_free) struct builder b = {.c = consents, .known = ig_index_new()};
	int err = b.known ? 0 : -ENOMEM;

	*out = (struct ig_consent){};
	err = err ?: collect(&b, segment);
	err = err ?: drop_twins(&b);
	return err ?: compile(&b, segment, out);
}
