/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiles one side of a policy into a table that the kernel programs search: struct ig_table of
 * abi.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "ranges.h"

/* Blocks of an array map, growing. The first block of a pool is all zero and belongs to nobody. */
struct ig_pool {
	struct ig_block *blocks;
	size_t count;
	size_t capacity;
	bool borrowed; /* of another pool, which outlives this one; nothing is taken from it */
};

/* Offset of @n new blocks, all zero; UINT32_MAX without memory. Earlier pointers into the pool are
 * stale afterwards. */
uint32_t ig_pool_take(struct ig_pool *pool, size_t n);
/* The same, with what is in @from, which is not of this pool. */
uint32_t ig_pool_copy(struct ig_pool *pool, const struct ig_block *from, size_t n);
/* Room for @wanted blocks in all, so that none is moved until there are more. False without memory. */
bool ig_pool_reserve(struct ig_pool *pool, size_t wanted);
void ig_pool_clear(struct ig_pool *pool);

/* What one rule matches. Empty in a dimension: nothing there. Remote is the union of its three
 * dimensions and of its names. */
struct ig_match_sets {
	struct ig_ranges dim[IG_DIM_MAX]; /* enum ig_dimension; a condition that is empty: all */
	struct ig_ranges
		names; /* numbers of patterns, see struct ig_patterns; in a table they are entities */
	bool local;    /* by a name, a local address, too */
	uint8_t version; /* of IP: 4, 6; 0: any */
	bool any_remote;
	bool internet_remote;
	uint32_t id;	/* see struct ig_rule_entry; so the next ones */
	uint32_t flags; /* enum ig_rule_flag */
	uint32_t until;
	uint32_t holder;
	uint32_t order;
};

/* Writes the table of @n rules (in the order of judgement, at most IG_MAX_RULES) whose header is to
 * stand in the IG_TABLE_BLOCKS blocks from @at on, already taken. 0; -ENOMEM; -E2BIG: more intervals than the kernel searches. */
int ig_table_build(struct ig_pool *pool, uint32_t at, const struct ig_match_sets *rules, size_t n);

/* Of a table whose blocks, copied to block @at on, were @by blocks (modulo 2^32) before: corrects where it says that its
 * parts are. */
void ig_table_move(struct ig_pool *pool, uint32_t at, uint32_t by);

/* Why there were more: how many intervals the kernel would have to search in the largest dimension,
 * which is put into @dim (enum ig_dimension). */
size_t ig_table_intervals(const struct ig_match_sets *rules, size_t n, int *dim);
