/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One of two inventories that are held against each other: its rules as sets of numbers, in which a
 * machine has the same number on both sides.
 */
#pragma once

#include "remote.h"
#include "resolve.h"

/* The dimension of addresses: 0: IPv4, 1: IPv6, which is how families are numbered here. */
static inline int ig_addr_dim(int family)
{
	return family ? IG_DIM_ADDR6 : IG_DIM_ADDR4;
}

enum ig_origin {
	IG_ORIGIN_RULE,
	IG_ORIGIN_DNS,	 /* infrastructure */
	IG_ORIGIN_NTP,	 /* likewise */
	IG_ORIGIN_TRUST, /* of a trusted host */
};

/* What may be asked, in the order of judgement. */
struct ig_stance_rule {
	const struct ig_match_sets *sets; /* with the listed addresses of machines that it names */
	const struct ig_rule *rule;	  /* as it is asked; NULL: it is no rule */
	enum ig_origin origin;
	bool allows;
	bool critical;
	bool spared; /* asked in quarantine */
};

/* One side of a machine's policy. */
struct ig_stance {
	struct ig_stance_rule *rules;
	size_t count;
	struct ig_match_sets *own; /* sets that are only this one's */
	size_t n_own;
};

struct ig_world {
	const struct iotguard_inventory *inv;
	uint32_t *ids;	     /* of each machine: the same in both worlds */
	uint32_t *positions; /* of each: sets are made by these, and named afterwards */
	const struct ig_machine **holder; /* by id; NULL: not in this one */
	size_t n_ids;
	struct ig_places places;
	struct ig_resolved resolved;
	struct ig_match_sets *management; /* of each rule; so the next one */
	struct ig_match_sets **profiles;
	struct ig_match_sets dns, ntp, trust;
	struct ig_ranges listed[2]; /* addresses that somebody holds: IPv4, IPv6 */
};

/* @other: what it is held against; NULL: nothing. @ids: of each machine of @inv, below @n_ids; taken over, also by a
 * failure. 0, -E2BIG, -ENOMEM. */
int ig_world_make(struct ig_world *world, const struct iotguard_inventory *inv,
		  const struct iotguard_inventory *other, uint32_t *ids, size_t n_ids);
void ig_world_clear(struct ig_world *world);

/* What @m may open, or what may be opened to it. 0, -ENOMEM. */
int ig_stance_make(const struct ig_world *world, const struct ig_machine *m, enum ig_rule_side side,
		   struct ig_stance *out);
void ig_stance_clear(struct ig_stance *stance);

/* By a name, does it match local addresses, too? A deny always does. */
static inline bool ig_stance_rule_is_local(const struct ig_stance_rule *rule)
{
	return rule->sets->names.count && (rule->sets->local || !rule->allows);
}

/* Do they match the same, with the same answer? */
bool ig_stance_rule_equal(const struct ig_stance_rule *a, const struct ig_stance_rule *b);
