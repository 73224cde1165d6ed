/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks a compiled policy which of its rules is the first to match. See struct ig_table for how it
 * is laid out.
 */
#pragma once

struct ig_match {
	__u32 id;    /* of the rule, IG_NO_RULE if none matches */
	__u32 flags; /* enum ig_rule_flag */
};

always_inline struct ig_block *ig_block_at(void *pool, __u32 index)
{
	return bpf_map_lookup_elem(pool, &index);
}

always_inline __u32 ig_class_at(void *pool, const struct ig_intervals *dim, __u32 i)
{
	struct ig_block *block = ig_block_at(pool, dim->classes + (i >> 4));

	return block ? block->w[i & 15] : 0;
}

/* Class of the interval that @key lies in. */
separate __u32 ig_search32(void *pool, const struct ig_intervals *dim, __u32 key)
{
	__u32 low = 0, n = dim->n;

	for (int i = 0; i < IG_SEARCH_STEPS && n > 1; i++) {
		__u32 half = n / 2, middle = low + half;
		struct ig_block *block = ig_block_at(pool, dim->keys + (middle >> 4));

		if (!block)
			return 0;
		if (block->w[middle & 15] <= key)
			low = middle;
		n -= half;
	}
	return ig_class_at(pool, dim, low);
}

separate __u32 ig_search128(void *pool, const struct ig_intervals *dim, __u64 high, __u64 low_half)
{
	__u32 low = 0, n = dim->n;

	for (int i = 0; i < IG_SEARCH_STEPS && n > 1; i++) {
		__u32 half = n / 2, middle = low + half, at = (middle & 3) * 2;
		struct ig_block *block = ig_block_at(pool, dim->keys + (middle >> 2));

		if (!block)
			return 0;
		if (block->q[at] < high || (block->q[at] == high && block->q[at + 1] <= low_half))
			low = middle;
		n -= half;
	}
	return ig_class_at(pool, dim, low);
}

/* Position of the lowest bit set: the ones below it, counted in parallel. clang 14 has no
 * __builtin_ctzll for BPF. */
always_inline __u32 ig_lowest_bit(__u64 x)
{
	x = (x & -x) - 1;
	x = x - ((x >> 1) & 0x5555555555555555ull);
	x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (x * 0x0101010101010101ull) >> 56;
}

always_inline __u64 ig_vector_word(void *pool, __u32 vectors, __u32 at)
{
	struct ig_block *block = ig_block_at(pool, vectors + (at >> 3));

	return block ? block->q[at & 7] : 0;
}

always_inline void ig_rule_at(void *pool, const struct ig_table *table, __u32 i,
			      struct ig_match *match)
{
	struct ig_block *block = ig_block_at(pool, table->rules + (i >> 1));
	struct ig_rule_entry *rule;

	if (!block)
		return;
	rule = (struct ig_rule_entry *)&block->b[(i & 1) * sizeof(*rule)];
	match->id = rule->id;
	match->flags = rule->flags;
}

/* What is asked of a table. */
struct ig_question {
	union ig_ip remote; /* whole (v4-mapped) */
	__u32 entity;	    /* index of the remote, or IG_ENTITY_NONE */
	__u32 service;	    /* IG_SERVICE() */
	__u8 ip_version;    /* 0: not IP, and remote is not looked at */
};

/* The first rule of the table in block @at that matches. */
always_inline void ig_first_match(void *pool, __u32 at, const struct ig_question *q,
				  struct ig_match *match)
{
	struct ig_table *table = (struct ig_table *)ig_block_at(pool, at);
	__u32 remote, entity, service, words, vectors;

	match->id = IG_NO_RULE;
	match->flags = 0;
	if (!table || !table->n_rules)
		return;
	service = ig_search32(pool, &table->dim[IG_DIM_SERVICE], q->service);
	if (!service)
		return;
	entity = ig_search32(pool, &table->dim[IG_DIM_ENTITY], q->entity);
	if (q->ip_version == 4)
		remote = ig_search32(pool, &table->dim[IG_DIM_ADDR4], bpf_ntohl(q->remote.w[3]));
	else if (q->ip_version == 6)
		remote = ig_search128(pool, &table->dim[IG_DIM_ADDR6],
				      bpf_be64_to_cpu(q->remote.q[0]),
				      bpf_be64_to_cpu(q->remote.q[1]));
	else
		remote = table->any_class;
	words = table->words;
	vectors = table->vectors;
	for (__u32 w = 0; w < IG_MAX_RULES / 64; w++) {
		__u64 bits;

		if (w >= words)
			return;
		bits = (ig_vector_word(pool, vectors, remote * words + w) |
			ig_vector_word(pool, vectors, entity * words + w)) &
		       ig_vector_word(pool, vectors, service * words + w);
		if (bits) {
			ig_rule_at(pool, table, w * 64 + ig_lowest_bit(bits), match);
			return;
		}
	}
}
