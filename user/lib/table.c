/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bit vectors after Lakshman and Stiliadis (SIGCOMM 1998): cut each dimension at every place where
 * the set of matching rules changes, and give each distinct set a class.
 */

#include <errno.h>
#include <string.h>

#include "classes.h"
#include "table.h"
#include "util.h"

#define WORDS_MAX (IG_MAX_RULES / 64)

bool ig_pool_reserve(struct ig_pool *pool, size_t wanted)
{
	size_t capacity = pool->capacity ? pool->capacity : 64;
	struct ig_block *blocks;

	if (wanted > UINT32_MAX / 2)
		return false;
	if (wanted <= pool->capacity)
		return true;
	while (capacity < wanted)
		capacity *= 2;
	blocks = reallocarray(pool->blocks, capacity, sizeof(*blocks));
	if (!blocks)
		return false;
	pool->blocks = blocks;
	pool->capacity = capacity;
	return true;
}

uint32_t ig_pool_take(struct ig_pool *pool, size_t n)
{
	size_t at = pool->count ? pool->count : 1, wanted = at + n;

	if (!ig_pool_reserve(pool, wanted))
		return UINT32_MAX;
	/* no sooner than they are taken: what nobody touches takes no memory */
	memset(pool->blocks + pool->count, 0, (wanted - pool->count) * sizeof(*pool->blocks));
	pool->count = wanted;
	return at;
}

uint32_t ig_pool_copy(struct ig_pool *pool, const struct ig_block *from, size_t n)
{
	uint32_t at = ig_pool_take(pool, 0);

	if (at == UINT32_MAX || !ig_pool_reserve(pool, at + n))
		return UINT32_MAX;
	memcpy(pool->blocks + at, from, n * sizeof(*from));
	pool->count = at + n;
	return at;
}

void ig_pool_clear(struct ig_pool *pool)
{
	if (!pool->borrowed)
		free(pool->blocks);
	*pool = (struct ig_pool){};
}

/* --- one dimension: its cuts, and the class of each interval --- */

struct edge {
	ig_number at;
	uint32_t rule;
	int32_t step; /* +1: the rule begins to match here; -1: it no longer does */
};

struct cuts {
	ig_number *keys;
	uint32_t *classes;
	size_t count;
};

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_unconditional(const struct ig_match_sets *rule, int dim)
{
	return dim >= IG_DIM_CONDITIONS && !rule->dim[dim].count;
}

/* What reaches up to it has no end. */
static ig_number last_number(int dim)
{
	return dim == IG_DIM_ADDR6 ? ~(ig_number)0 : UINT32_MAX;
}

/* Names are entities beyond all machines. */
static const struct ig_ranges *names_in(const struct ig_match_sets *rule, int dim)
{
	static const struct ig_ranges none;

	return dim == IG_DIM_ENTITY ? &rule->names : &none;
}

/* Rules are about one version of IP, and not by addresses alone, which say by themselves of which they are. */
static bool tells_versions(const struct ig_match_sets *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rules[i].version && (rules[i].names.count || rules[i].dim[IG_DIM_ENTITY].count))
			return true;
	}
	return false;
}

struct edges {
	struct edge *items; /* NULL: they are only counted */
	size_t count;
	int dim;
};

static void add_span(struct edges *edges, ig_number first, ig_number last, uint32_t rule)
{
	bool ends = last < last_number(edges->dim);

	if (edges->items) {
		edges->items[edges->count] = (struct edge){first, rule, 1};
		if (ends)
			edges->items[edges->count + 1] = (struct edge){last + 1, rule, -1};
	}
	edges->count += ends ? 2 : 1;
}

/* A span of services, of which those of IPv6 stand behind all others. */
static void add_services(struct edges *edges, const struct ig_span *span, uint8_t version,
			 uint32_t rule)
{
	bool is_ip = span->last <= IG_SERVICE_IP_LAST;

	if (version != 6)
		add_span(edges, span->first, span->last, rule);
	if (is_ip && version != 4)
		add_span(edges, span->first | IG_SERVICE_IPV6, span->last | IG_SERVICE_IPV6, rule);
}

static void add_rule(struct edges *edges, const struct ig_match_sets *rule, uint32_t number,
		     bool versions)
{
	const struct ig_ranges *set = &rule->dim[edges->dim], *names = names_in(rule, edges->dim);

	if (is_unconditional(rule, edges->dim))
		add_span(edges, 0, last_number(edges->dim), number);
	for (size_t r = 0; r < set->count; r++) {
		if (versions)
			add_services(edges, &set->items[r], rule->version, number);
		else
			add_span(edges, set->items[r].first, set->items[r].last, number);
	}
	for (size_t r = 0; r < names->count; r++)
		add_span(edges, IG_ENTITY_NAME(names->items[r].first),
			 IG_ENTITY_NAME(names->items[r].last), number);
}

static void add_rules(struct edges *edges, const struct ig_match_sets *rules, size_t n)
{
	bool versions = edges->dim == IG_DIM_SERVICE && tells_versions(rules, n);

	for (size_t i = 0; i < n; i++)
		add_rule(edges, &rules[i], i, versions);
}

static size_t count_edges(const struct ig_match_sets *rules, size_t n, int dim)
{
	struct edges edges = {.dim = dim};

	add_rules(&edges, rules, n);
	return edges.count;
}

static struct edge *edges_of(const struct ig_match_sets *rules, size_t n, int dim, size_t count)
{
	struct edges edges = {.items = malloc((count ? count : 1) * sizeof(*edges.items)),
			      .dim = dim};

	if (!edges.items)
		return NULL;
	add_rules(&edges, rules, n);
	qsort(edges.items, edges.count, sizeof(*edges.items), compare_edges);
	return edges.items;
}

/* Walks the edges from 0 upward, keeping the set of rules that match; every change of the set is a
 * cut. */
static int sweep(struct cuts *cuts, struct ig_classes *classes, const struct edge *edges,
		 size_t n_edges, uint16_t *depth)
{
	uint64_t set[WORDS_MAX] = {};
	uint32_t class = 0;
	size_t i = 0;

	cuts->keys[0] = 0;
	cuts->classes[0] = 0;
	cuts->count = 1;
	while (i < n_edges) {
		ig_number at = edges[i].at;

		for (; i < n_edges && edges[i].at == at; i++) {
			uint32_t rule = edges[i].rule;

			depth[rule] += edges[i].step;
			if (depth[rule])
				set[rule / 64] |= 1ull << (rule % 64);
			else
				set[rule / 64] &= ~(1ull << (rule % 64));
		}
		if (ig_classes_number(classes, set, &class))
			return -ENOMEM;
		if (at == 0) {
			cuts->classes[0] = class;
		} else if (class != cuts->classes[cuts->count - 1]) {
			cuts->keys[cuts->count] = at;
			cuts->classes[cuts->count++] = class;
		}
	}
	return 0;
}

static int write_cuts(struct ig_pool *pool, const struct cuts *cuts, bool wide,
		      struct ig_intervals *out)
{
	size_t per_block = wide ? 4 : 16;
	uint32_t keys = ig_pool_take(pool, (cuts->count + per_block - 1) / per_block);
	uint32_t classes = ig_pool_take(pool, (cuts->count + 15) / 16);

	if (keys == UINT32_MAX || classes == UINT32_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < cuts->count; i++) {
		struct ig_block *block = &pool->blocks[keys + i / per_block];

		if (wide) {
			block->q[i % 4 * 2] = (uint64_t)(cuts->keys[i] >> 64);
			block->q[i % 4 * 2 + 1] = (uint64_t)cuts->keys[i];
		} else {
			block->w[i % 16] = (uint32_t)cuts->keys[i];
		}
		pool->blocks[classes + i / 16].w[i % 16] = cuts->classes[i];
	}
	*out = (struct ig_intervals){.keys = keys, .classes = classes, .n = cuts->count};
	return 0;
}

static int build_dimension(struct ig_pool *pool, struct ig_classes *classes,
			   const struct ig_match_sets *rules, size_t n, int dim,
			   struct ig_intervals *out)
{
	size_t n_edges = count_edges(rules, n, dim);
	_free_ uint16_t *depth = calloc(n ? n : 1, sizeof(*depth));
	_free_ ig_number *keys = NULL;
	_free_ uint32_t *numbers = NULL;
	_free_ struct edge *edges = NULL;
	struct cuts cuts;

	if (n_edges + 1 > 1u << IG_SEARCH_STEPS)
		return -E2BIG;
	edges = edges_of(rules, n, dim, n_edges);
	if (!edges || !depth)
		return -ENOMEM;
	keys = malloc((n_edges + 1) * sizeof(*keys));
	numbers = malloc((n_edges + 1) * sizeof(*numbers));
	if (!keys || !numbers)
		return -ENOMEM;
	cuts = (struct cuts){.keys = keys, .classes = numbers};
	if (sweep(&cuts, classes, edges, n_edges, depth))
		return -ENOMEM;
	return write_cuts(pool, &cuts, dim == IG_DIM_ADDR6, out);
}

/* --- the rest of a table --- */

static int write_rules(struct ig_pool *pool, const struct ig_match_sets *rules, size_t n,
		       uint32_t *at)
{
	*at = ig_pool_take(pool, (n + 1) / 2);
	if (*at == UINT32_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ig_rule_entry entry = {
			.id = rules[i].id,
			.flags = rules[i].flags,
			.until = rules[i].until,
			.holder = rules[i].holder,
			.order = rules[i].order,
		};

		memcpy(&pool->blocks[*at + i / 2].b[i % 2 * sizeof(entry)], &entry, sizeof(entry));
	}
	return 0;
}

static int write_vectors(struct ig_pool *pool, const struct ig_classes *classes, uint32_t *at)
{
	size_t n = classes->count * classes->width;

	*at = ig_pool_take(pool, (n + 7) / 8);
	if (*at == UINT32_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		pool->blocks[*at + i / 8].q[i % 8] = classes->words[i];
	return 0;
}

static bool has_any_remote(const struct ig_match_sets *rule)
{
	return rule->any_remote;
}

static bool has_internet_remote(const struct ig_match_sets *rule)
{
	return rule->internet_remote;
}

static bool is_asked_in_quarantine(const struct ig_match_sets *rule)
{
	return !(rule->flags & IG_RULE_ALLOW) || (rule->flags & IG_RULE_SPARED);
}

static bool allows_a_name(const struct ig_match_sets *rule)
{
	return rule->names.count && (rule->flags & IG_RULE_ALLOW);
}

/* A deny is about all addresses of its name. */
static bool may_be_local(const struct ig_match_sets *rule)
{
	return rule->local || !(rule->flags & IG_RULE_ALLOW);
}

/* The class of all rules that are of some kind. */
static int number_kind(struct ig_classes *classes, const struct ig_match_sets *rules, size_t n,
		       bool (*is_of_kind)(const struct ig_match_sets *rule), uint32_t *class)
{
	uint64_t set[WORDS_MAX] = {};

	for (size_t i = 0; i < n; i++) {
		if (is_of_kind(&rules[i]))
			set[i / 64] |= 1ull << (i % 64);
	}
	return ig_classes_number(classes, set, class);
}

static uint8_t conditions_of(const struct ig_match_sets *rules, size_t n)
{
	uint8_t found = 0;

	for (size_t i = 0; i < n; i++) {
		for (int dim = IG_DIM_CONDITIONS; dim < IG_DIM_MAX; dim++)
			found |= rules[i].dim[dim].count ? IG_TABLE_CONDITIONS : 0;
		found |= rules[i].internet_remote ? IG_TABLE_INTERNET : 0;
		found |= rules[i].names.count ? IG_TABLE_NAMES : 0;
	}
	return found | (tells_versions(rules, n) ? IG_TABLE_VERSIONS : 0);
}

/* If any: all three dimensions, also those that none of the rules has: so the search needs no case of
 * its own. @found: enum ig_table_conditions. */
static int build_conditions(struct ig_pool *pool, uint32_t at, struct ig_classes *classes,
			    const struct ig_match_sets *rules, size_t n, uint8_t found)
{
	bool any = found & (IG_TABLE_CONDITIONS | IG_TABLE_INTERNET);
	struct ig_conditions conditions = {};
	int err = number_kind(classes, rules, n, is_asked_in_quarantine, &conditions.spared_class);

	err = err ?: number_kind(classes, rules, n, allows_a_name, &conditions.named_class);
	err = err ?: number_kind(classes, rules, n, may_be_local, &conditions.local_class);
	for (int dim = IG_DIM_CONDITIONS; dim < IG_DIM_MAX && any && !err; dim++)
		err = build_dimension(pool, classes, rules, n, dim,
				      &conditions.dim[dim - IG_DIM_CONDITIONS]);
	if (any && !err)
		err = number_kind(classes, rules, n, has_internet_remote,
				  &conditions.internet_class);
	if (!err)
		memcpy(&pool->blocks[at], &conditions, sizeof(conditions));
	return err;
}

int ig_table_build(struct ig_pool *pool, uint32_t at, const struct ig_match_sets *rules, size_t n)
{
	_cleanup_(ig_classes_clear) struct ig_classes classes = {.width = n ? (n + 63) / 64 : 1};
	static const uint64_t empty[WORDS_MAX];
	struct ig_table table = {
		.n_rules = n, .words = classes.width, .conditions = conditions_of(rules, n)};
	uint32_t number;
	int err = 0;

	if (ig_classes_number(&classes, empty, &number)) /* class 0 */
		return -ENOMEM;
	for (int dim = 0; dim < IG_DIM_CONDITIONS && !err; dim++)
		err = build_dimension(pool, &classes, rules, n, dim, &table.dim[dim]);
	err = err ?: build_conditions(pool, at + 1, &classes, rules, n, table.conditions);
	if (err)
		return err;
	if (number_kind(&classes, rules, n, has_any_remote, &table.any_class) ||
	    write_rules(pool, rules, n, &table.rules) ||
	    write_vectors(pool, &classes, &table.vectors))
		return -ENOMEM;
	memcpy(&pool->blocks[at], &table, sizeof(table));
	return 0;
}

static void move_intervals(struct ig_intervals *intervals, uint32_t by)
{
	if (!intervals->n)
		return;
	intervals->keys += by;
	intervals->classes += by;
}

void ig_table_move(struct ig_pool *pool, uint32_t at, uint32_t by)
{
	struct ig_conditions conditions;
	struct ig_table table;

	memcpy(&table, &pool->blocks[at], sizeof(table));
	memcpy(&conditions, &pool->blocks[at + 1], sizeof(conditions));
	for (size_t i = 0; i < ARRAY_SIZE(table.dim); i++)
		move_intervals(&table.dim[i], by);
	for (size_t i = 0; i < ARRAY_SIZE(conditions.dim); i++)
		move_intervals(&conditions.dim[i], by);
	table.vectors += by;
	table.rules += by;
	memcpy(&pool->blocks[at], &table, sizeof(table));
	memcpy(&pool->blocks[at + 1], &conditions, sizeof(conditions));
}

size_t ig_table_intervals(const struct ig_match_sets *rules, size_t n, int *dim)
{
	size_t most = 0;

	for (int d = 0; d < IG_DIM_MAX; d++) {
		size_t intervals = count_edges(rules, n, d) + 1;

		if (intervals <= most)
			continue;
		most = intervals;
		*dim = d;
	}
	return most;
}
