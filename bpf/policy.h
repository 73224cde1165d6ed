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
	__u32 name;	   /* by which the remote matched, see ig_flow.mark; 0: by what it is */
	__u32 conditional; /* 1: some rules of the table have conditions beside remote and service */
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

#define IG_QUESTION_NAMES 4

/* What is asked of a table. */
struct ig_question {
	union ig_ip remote; /* whole (v4-mapped) */
	__u64 now;
	__u32 names[IG_QUESTION_NAMES];	       /* IG_ENTITY_NAME() of what the remote is called */
	__u32 name_refs[IG_QUESTION_NAMES];    /* which records say so */
	__u32 name_classes[IG_QUESTION_NAMES]; /* in the table that is asked; 0: none */
	__u32 local_class;		       /* likewise */
	__u32 flow_name;   /* the name by which a flow was admitted that is asked about */
	__u32 entity;	   /* index of the remote, or IG_ENTITY_NONE */
	__u32 service;	   /* IG_SERVICE() */
	__u16 source_port; /* 0 for protocols without ports */
	__u8 ip_version;   /* 0: not IP, and remote is not looked at */
	__u8 dscp;
	__u8 routed_here;  /* 1: only routing calls the remote the gateway */
	__u8 not_internet; /* 1: it is the gateway by an address that no compiled set knows */
	__u8 n_names;
	__u8 names_local; /* 1: by its name only rules match that allow a local address */
	__u8 named;	  /* 1: name_classes are those of the table that is asked */
	__u8 pad[3];
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

/* What the names of the remote are in the table in block @at. Beside ig_first_match(), which has no room for it. */
verified_alone int ig_question_classes(__u32 slot, __u32 at, struct ig_question *q)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	struct ig_conditions *conditions;
	struct ig_table *table;

	if (!pool || !q)
		return 0;
	q->named = 0;
	table = (struct ig_table *)ig_block_at(pool, at);
	conditions = (struct ig_conditions *)ig_block_at(pool, at + 1);
	if (!table || !conditions || !(table->conditions & IG_TABLE_NAMES))
		return 0;
	for (int i = 0; i < IG_QUESTION_NAMES; i++)
		q->name_classes[i] =
			i < q->n_names ? ig_search(slot, &table->dim[IG_DIM_ENTITY], q->names[i])
				       : 0;
	q->local_class = conditions->local_class;
	q->named = 1;
	return 0;
}

/* By which of its names? @rule: that matched. */
verified_alone __u32 ig_name_of_match(__u32 slot, __u32 vectors, __u32 words, __u32 rule,
				      const struct ig_question *q)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	__u64 bit = 1ull << (rule & 63);
	__u32 w = rule >> 6;

	if (!pool || !q)
		return 0;
	for (int i = 0; i < IG_QUESTION_NAMES; i++) {
		if (q->name_classes[i] &&
		    (ig_vector_word(pool, vectors, q->name_classes[i] * words + w) & bit))
			return q->name_refs[i];
	}
	return 0;
}

/* Rules that match by a name of the remote: one word of the vector. */
verified_alone __u64 ig_name_word(__u32 slot, __u32 vectors, __u32 words, __u32 w,
				  const struct ig_question *q)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	__u64 bits = 0;

	if (!pool || !q)
		return 0;
	for (int i = 0; i < IG_QUESTION_NAMES; i++) {
		if (q->name_classes[i])
			bits |= ig_vector_word(pool, vectors, q->name_classes[i] * words + w);
	}
	if (q->names_local)
		bits &= ig_vector_word(pool, vectors, q->local_class * words + w);
	return bits;
}

/* Do rules of the table in block @at allow something to a name of this number? */
verified_alone int ig_allows_name(__u32 slot, __u32 at, __u32 number)
{
	void *pool = ig_slot_map(&ig_policy, slot);
	struct ig_conditions *conditions;
	struct ig_table *table;
	__u32 class, words, vectors;

	if (!pool || !number)
		return 0;
	table = (struct ig_table *)ig_block_at(pool, at);
	conditions = (struct ig_conditions *)ig_block_at(pool, at + 1);
	if (!table || !conditions || !(table->conditions & IG_TABLE_NAMES))
		return 0;
	class = ig_search(slot, &table->dim[IG_DIM_ENTITY], IG_ENTITY_NAME(number));
	words = table->words;
	vectors = table->vectors;
	for (__u32 w = 0; w < IG_MAX_RULES / 64; w++) {
		if (w >= words)
			return 0;
		if (ig_vector_word(pool, vectors, class * words + w) &
		    ig_vector_word(pool, vectors, conditions->named_class * words + w))
			return 1;
	}
	return 0;
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
	match->name = 0;
	match->conditional = 0;
	table = (struct ig_table *)ig_block_at(pool, at);
	if (!table || !table->n_rules)
		return 0;
	service = q->service;
	if ((table->conditions & IG_TABLE_VERSIONS) && q->ip_version == 6)
		service |= IG_SERVICE_IPV6;
	service = ig_search(slot, &table->dim[IG_DIM_SERVICE], service);
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
	match->conditional = !!(table->conditions & IG_TABLE_CONDITIONS);
	if (has_conditions || spared_only) {
		conditions = (struct ig_conditions *)ig_block_at(pool, at + 1);
		if (!conditions)
			return 0;
		classes.spared = conditions->spared_class;
		if (has_conditions)
			ig_condition_classes_of(slot, conditions, q, &classes);
	}
	for (__u32 w = 0; w < IG_MAX_RULES / 64; w++) {
		__u64 bits, plain;

		if (w >= words)
			return 0;
		bits = ig_vector_word(pool, vectors, remote * words + w);
		if (has_conditions)
			bits &= ~ig_vector_word(pool, vectors, classes.not_internet * words + w);
		bits |= ig_vector_word(pool, vectors, entity * words + w);
		plain = bits;
		if (q->named)
			bits |= ig_name_word(slot, vectors, words, w, q);
		bits &= ig_vector_word(pool, vectors, service * words + w);
		if (has_conditions)
			bits &= ig_vector_word(pool, vectors, classes.source_port * words + w) &
				ig_vector_word(pool, vectors, classes.dscp * words + w) &
				ig_vector_word(pool, vectors, classes.time * words + w);
		if (spared_only)
			bits &= ig_vector_word(pool, vectors, classes.spared * words + w);
		if (bits) {
			__u32 rule = w * 64 + ig_lowest_bit(bits);

			ig_rule_at(pool, table, rule, match);
			if (q->named && !(plain & bits & -bits))
				match->name = ig_name_of_match(slot, vectors, words, rule, q);
			return 1;
		}
	}
	return 0;
}
