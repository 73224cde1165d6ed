/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks a compiled policy which of its rules is the first to match. See struct ig_table for how it
 * is laid out.
 */
#pragma once

struct ig_match {
	__u32 id;    /* of the rule, IG_NO_RULE if none matches */
	__u32 flags; /* enum ig_rule_flag */
	__u32 until; /* and the rest of struct ig_rule_entry */
	__u32 holder;
	__u32 order;
};

struct ig_address { /* IPv6, in host order, to be compared */
	__u64 high;
	__u64 low;
};

always_inline struct ig_block *ig_block_at(void *pool, __u32 index)
{
	return bpf_map_lookup_elem(pool, &index);
}

/*
 * Class of the interval that @key lies in: struct ig_intervals, member by member, since a global function
 * takes no pointers into maps. Looking up the pool again costs less than verifying the search once for
 * each of the dimensions.
 */
verified_alone __u32 ig_search32(__u32 slot, __u32 keys, __u32 classes, __u32 n, __u32 key)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	struct ig_block *block;
	__u32 low = 0;

	if (!pool)
		return 0;
	for (int i = 0; i < IG_SEARCH_STEPS && n > 1; i++) {
		__u32 half = n / 2, middle = low + half;

		block = ig_block_at(pool, keys + (middle >> 4));
		if (!block)
			return 0;
		if (block->w[middle & 15] <= key)
			low = middle;
		n -= half;
	}
	block = ig_block_at(pool, classes + (low >> 4));
	return block ? block->w[low & 15] : 0;
}

verified_alone __u32 ig_search128(__u32 slot, __u32 keys, __u32 classes, __u32 n,
				  const struct ig_address *key)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	struct ig_block *block;
	__u32 low = 0;

	if (!pool || !key)
		return 0;
	for (int i = 0; i < IG_SEARCH_STEPS && n > 1; i++) {
		__u32 half = n / 2, middle = low + half, at = (middle & 3) * 2;

		block = ig_block_at(pool, keys + (middle >> 2));
		if (!block)
			return 0;
		if (block->q[at] < key->high ||
		    (block->q[at] == key->high && block->q[at + 1] <= key->low))
			low = middle;
		n -= half;
	}
	block = ig_block_at(pool, classes + (low >> 4));
	return block ? block->w[low & 15] : 0;
}

#define ig_search(slot, dim, key) ig_search32(slot, (dim)->keys, (dim)->classes, (dim)->n, key)

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
	match->until = rule->until;
	match->holder = rule->holder;
	match->order = rule->order;
}

/* What is asked of a table. */
struct ig_question {
	union ig_ip remote; /* whole (v4-mapped) */
	__u64 now;
	__u32 entity;	   /* index of the remote, or IG_ENTITY_NONE */
	__u32 service;	   /* IG_SERVICE() */
	__u16 source_port; /* 0 for protocols without ports */
	__u8 ip_version;   /* 0: not IP, and remote is not looked at */
	__u8 dscp;
	__u8 routed_here;  /* 1: only routing calls the remote the gateway */
	__u8 not_internet; /* 1: it is the gateway by an address that no compiled set knows */
	__u8 pad[2];
};

/* The rules whose conditions hold, and those that are about the internet where the remote is none. */
struct ig_condition_classes {
	__u32 source_port, dscp, time, not_internet, spared;
};

always_inline void ig_condition_classes_of(__u32 slot, const struct ig_conditions *c,
					   const struct ig_question *q,
					   struct ig_condition_classes *classes)
{
	const struct ig_intervals *dim = c->dim;

	classes->source_port =
		ig_search(slot, &dim[IG_DIM_SOURCE_PORT - IG_DIM_CONDITIONS], q->source_port);
	classes->dscp = ig_search(slot, &dim[IG_DIM_DSCP - IG_DIM_CONDITIONS], q->dscp);
	classes->time =
		ig_search(slot, &dim[IG_DIM_TIME - IG_DIM_CONDITIONS], ig_wall_seconds(q->now));
	classes->not_internet = q->not_internet ? c->internet_class : 0; /* class 0 is empty */
}

always_inline __u32 ig_remote6_class(__u32 slot, const struct ig_intervals *dim,
				     const union ig_ip *ip)
{
	struct ig_address key = {bpf_be64_to_cpu(ip->q[0]), bpf_be64_to_cpu(ip->q[1])};

	return ig_search128(slot, dim->keys, dim->classes, dim->n, &key);
}

/* The first rule that matches of the table in block @at, or, with @spared_only, of its rules that a
 * quarantine asks. 1: there is one. */
verified_alone int ig_first_match(__u32 slot, __u32 at, const struct ig_question *q,
				  struct ig_match *match, __u32 spared_only)
{
	struct ig_condition_classes classes = {};
	__u32 remote, entity, service, words, vectors;
	struct ig_conditions *conditions;
	struct ig_table *table;
	bool has_conditions;
	void *pool = ig_slot_map(&ig_policy, slot);

	if (!pool || !q || !match)
		return 0;
	match->id = IG_NO_RULE;
	match->flags = 0;
	match->until = 0;
	table = (struct ig_table *)ig_block_at(pool, at);
	if (!table || !table->n_rules)
		return 0;
	service = ig_search(slot, &table->dim[IG_DIM_SERVICE], q->service);
	if (!service)
		return 0;
	entity = ig_search(slot, &table->dim[IG_DIM_ENTITY], q->entity);
	if (q->ip_version == 4)
		remote = ig_search(slot, &table->dim[IG_DIM_ADDR4], bpf_ntohl(q->remote.w[3]));
	else if (q->ip_version == 6)
		remote = ig_remote6_class(slot, &table->dim[IG_DIM_ADDR6], &q->remote);
	else
		remote = table->any_class;
	words = table->words;
	vectors = table->vectors;
	has_conditions = (table->conditions & IG_TABLE_CONDITIONS) ||
			 (q->not_internet && (table->conditions & IG_TABLE_INTERNET));
	if (has_conditions || spared_only) {
		conditions = (struct ig_conditions *)ig_block_at(pool, at + 1);
		if (!conditions)
			return 0;
		classes.spared = conditions->spared_class;
		if (has_conditions)
			ig_condition_classes_of(slot, conditions, q, &classes);
	}
	for (__u32 w = 0; w < IG_MAX_RULES / 64; w++) {
		__u64 bits;

		if (w >= words)
			return 0;
		bits = ig_vector_word(pool, vectors, remote * words + w);
		if (has_conditions)
			bits &= ~ig_vector_word(pool, vectors, classes.not_internet * words + w);
		bits |= ig_vector_word(pool, vectors, entity * words + w);
		bits &= ig_vector_word(pool, vectors, service * words + w);
		if (has_conditions)
			bits &= ig_vector_word(pool, vectors, classes.source_port * words + w) &
				ig_vector_word(pool, vectors, classes.dscp * words + w) &
				ig_vector_word(pool, vectors, classes.time * words + w);
		if (spared_only)
			bits &= ig_vector_word(pool, vectors, classes.spared * words + w);
		if (bits) {
			ig_rule_at(pool, table, w * 64 + ig_lowest_bit(bits), match);
			return 1;
		}
	}
	return 0;
}
