/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled tables, searched here as the programs search them, against a walk over the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "table.h"
#include "random.h"
#include "util.h"

#define NOBODY 0xffffffffu

struct question {
	ig_number number[IG_DIM_MAX]; /* in each dimension; of the addresses only one counts */
	int version;		      /* 4, 6, or 0: no address */
};

/* --- as the programs do --- */

static const struct ig_block *block_at(const struct ig_pool *pool, uint32_t at)
{
	assert_true(at < pool->count);
	return &pool->blocks[at];
}

static ig_number key_at(const struct ig_pool *pool, const struct ig_intervals *dim, bool wide,
			uint32_t i)
{
	const struct ig_block *block = block_at(pool, dim->keys + i / (wide ? 4 : 16));

	if (wide)
		return (ig_number)block->q[i % 4 * 2] << 64 | block->q[i % 4 * 2 + 1];
	return block->w[i % 16];
}

static uint32_t search(const struct ig_pool *pool, const struct ig_intervals *dim, bool wide,
		       ig_number key)
{
	uint32_t low = 0, n = dim->n;

	assert_true(n > 0);
	assert_true(key_at(pool, dim, wide, 0) == 0);
	while (n > 1) {
		uint32_t half = n / 2;

		if (key_at(pool, dim, wide, low + half) <= key)
			low += half;
		n -= half;
	}
	return block_at(pool, dim->classes + low / 16)->w[low % 16];
}

static uint64_t word_at(const struct ig_pool *pool, const struct ig_table *table, uint32_t class,
			uint32_t w)
{
	uint32_t at = class * table->words + w;

	return block_at(pool, table->vectors + at / 8)->q[at % 8];
}

static uint32_t find(const struct ig_pool *pool, uint32_t at, const struct question *q)
{
	struct ig_table table;
	uint32_t class[IG_DIM_MAX], remote;

	memcpy(&table, block_at(pool, at), sizeof(table));
	for (int dim = 0; dim < IG_DIM_CONDITIONS; dim++)
		class[dim] = search(pool, &table.dim[dim], dim == IG_DIM_ADDR6, q->number[dim]);
	remote = q->version == 4   ? class[IG_DIM_ADDR4]
		 : q->version == 6 ? class[IG_DIM_ADDR6]
				   : table.any_class;
	for (uint32_t w = 0; w < table.words && table.n_rules; w++) {
		uint64_t bits = (word_at(pool, &table, remote, w) |
				 word_at(pool, &table, class[IG_DIM_ENTITY], w)) &
				word_at(pool, &table, class[IG_DIM_SERVICE], w);
		struct ig_rule_entry entry;
		uint32_t i;

		if (!bits)
			continue;
		i = w * 64 + (uint32_t)__builtin_ctzll(bits);
		assert_true(i < table.n_rules);
		memcpy(&entry, &block_at(pool, table.rules + i / 2)->b[i % 2 * sizeof(entry)],
		       sizeof(entry));
		return entry.id;
	}
	return IG_NO_RULE;
}

/* --- as the sentence says --- */

static bool contains(const struct ig_ranges *set, ig_number n)
{
	for (size_t i = 0; i < set->count; i++) {
		if (n >= set->items[i].first && n <= set->items[i].last)
			return true;
	}
	return false;
}

static uint32_t walk(const struct ig_match_sets *rules, size_t n, const struct question *q)
{
	for (size_t i = 0; i < n; i++) {
		const struct ig_match_sets *r = &rules[i];
		bool remote =
			q->version == 4	  ? contains(&r->dim[IG_DIM_ADDR4], q->number[IG_DIM_ADDR4])
			: q->version == 6 ? contains(&r->dim[IG_DIM_ADDR6], q->number[IG_DIM_ADDR6])
					  : r->any_remote;

		remote = remote || contains(&r->dim[IG_DIM_ENTITY], q->number[IG_DIM_ENTITY]);
		if (remote && contains(&r->dim[IG_DIM_SERVICE], q->number[IG_DIM_SERVICE]))
			return r->id;
	}
	return IG_NO_RULE;
}

/* Few numbers, so that rules meet; the ends of the dimension among them. */
static ig_number random_number(int dim)
{
	ig_number last = dim == IG_DIM_ADDR6 ? ~(ig_number)0 : UINT32_MAX;

	switch (chance(8)) {
	case 0:
		return chance(3);
	case 1:
		return last - chance(3);
	default:
		return last / 16 * chance(16) + chance(5);
	}
}

static void random_span(struct ig_ranges *set, int dim)
{
	ig_number a = random_number(dim), b = random_number(dim);

	if (!chance(4))
		b = a;
	assert_int_equal(ig_ranges_add(set, a < b ? a : b, a < b ? b : a), 0);
}

static struct ig_match_sets *random_rules(size_t n)
{
	struct ig_match_sets *rules = calloc(n ? n : 1, sizeof(*rules));

	assert_non_null(rules);
	for (size_t i = 0; i < n; i++) {
		rules[i].id = (uint32_t)(i * 3 + 1); /* of one list of both sides */
		rules[i].flags = (uint32_t)chance(4);
		for (uint64_t k = chance(4); k; k--)
			random_span(&rules[i].dim[IG_DIM_SERVICE], IG_DIM_SERVICE);
		if (!chance(10)) {
			rules[i].any_remote = true;
			assert_int_equal(ig_ranges_add(&rules[i].dim[IG_DIM_ADDR4], 0, UINT32_MAX),
					 0);
			assert_int_equal(
				ig_ranges_add(&rules[i].dim[IG_DIM_ADDR6], 0, ~(ig_number)0), 0);
			continue;
		}
		/* not normalised: spans may lie in each other, or touch */
		for (uint64_t k = chance(4); k; k--) {
			int dim = chance(2)   ? IG_DIM_ADDR4
				  : chance(2) ? IG_DIM_ADDR6
					      : IG_DIM_ENTITY;

			random_span(&rules[i].dim[dim], dim);
		}
	}
	return rules;
}

static void free_rules(struct ig_match_sets *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (int dim = 0; dim < IG_DIM_MAX; dim++)
			ig_ranges_clear(&rules[i].dim[dim]);
	}
	free(rules);
}

static void random_question(struct question *q)
{
	static const int versions[] = {4, 4, 6, 6, 0};

	q->version = versions[chance(ARRAY_SIZE(versions))];
	for (int dim = 0; dim < IG_DIM_MAX; dim++)
		q->number[dim] = random_number(dim);
	if (chance(2))
		q->number[IG_DIM_ENTITY] = NOBODY;
}

/* No rule names it: the number of nobody. */
static void take_nobody_out(struct ig_match_sets *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ig_ranges *set = &rules[i].dim[IG_DIM_ENTITY];

		for (size_t k = 0; k < set->count; k++) {
			if (set->items[k].last == NOBODY)
				set->items[k].last--;
			if (set->items[k].first == NOBODY)
				set->items[k].first--;
		}
	}
}

static void compare(size_t n, int questions)
{
	struct ig_match_sets *rules = random_rules(n);
	struct ig_pool pool = {};
	uint32_t at;

	take_nobody_out(rules, n);
	/* not the first table of its pool */
	at = ig_pool_take(&pool, IG_TABLE_BLOCKS + chance(3));
	assert_int_equal(ig_table_build(&pool, at, rules, n), 0);
	for (int i = 0; i < questions; i++) {
		struct question q;

		random_question(&q);
		assert_int_equal(find(&pool, at, &q), walk(rules, n, &q));
	}
	ig_pool_clear(&pool);
	free_rules(rules, n);
}

static void test_first_match(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++)
		compare(chance(10), 200);
	for (int round = 0; round < 20; round++)
		compare(60 + chance(10), 200); /* about one word */
	compare(IG_MAX_RULES - 1, 2000);
	compare(IG_MAX_RULES, 2000);
}

static void test_no_rules(void **state)
{
	struct ig_pool pool = {};
	struct question q = {.version = 4};
	uint32_t at = ig_pool_take(&pool, IG_TABLE_BLOCKS);

	(void)state;
	assert_int_equal(at, 1); /* block 0 is nobody's */
	assert_int_equal(ig_table_build(&pool, at, NULL, 0), 0);
	for (q.version = 0; q.version <= 6; q.version += 2)
		assert_int_equal(find(&pool, at, &q), IG_NO_RULE);
	ig_pool_clear(&pool);
}

/* Equal tables are equal bytes: what is compiled twice is the same policy. */
static void test_same_bytes(void **state)
{
	struct ig_match_sets *rules = random_rules(100);
	struct ig_pool a = {}, b = {};

	(void)state;
	assert_int_equal(ig_table_build(&a, ig_pool_take(&a, IG_TABLE_BLOCKS), rules, 100), 0);
	assert_int_equal(ig_table_build(&b, ig_pool_take(&b, IG_TABLE_BLOCKS), rules, 100), 0);
	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.blocks, b.blocks, a.count * sizeof(*a.blocks));
	ig_pool_clear(&a);
	ig_pool_clear(&b);
	free_rules(rules, 100);
}

/* Rules that nobody tells apart cost one class: a table grows with what differs. */
static void test_size(void **state)
{
	struct ig_match_sets *rules = calloc(IG_MAX_RULES, sizeof(*rules));
	struct ig_pool pool = {};

	(void)state;
	assert_non_null(rules);
	for (size_t i = 0; i < IG_MAX_RULES; i++) {
		assert_int_equal(ig_ranges_add(&rules[i].dim[IG_DIM_ADDR4], 7, 9), 0);
		assert_int_equal(ig_ranges_add(&rules[i].dim[IG_DIM_SERVICE], 0, UINT32_MAX), 0);
	}
	assert_int_equal(
		ig_table_build(&pool, ig_pool_take(&pool, IG_TABLE_BLOCKS), rules, IG_MAX_RULES),
		0);
	/* rules, two vectors, and a block or two a dimension */
	assert_true(pool.count < IG_MAX_RULES / 2 + 2 * IG_MAX_RULES / 512 + 12);
	ig_pool_clear(&pool);
	free_rules(rules, IG_MAX_RULES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_match),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
