/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of a plan share. Nobody else includes it. */
#pragma once

#include <stdarg.h>

#include "contrast.h"
#include "handle.h"
#include "policy.h"
#include "world.h"

struct ig_plan_changes {
	struct iotguard_plan_change *items;
	size_t count, capacity;
};

struct iotguard_plan {
	void *arena; /* all that results are made of: snapshot.h */
	struct iotguard_plan_info info;
	struct iotguard_inventory
		*in_force; /* what it owns of @old: made from the dictionary; NULL: nothing */
	struct iotguard_inventory *made;      /* what it owns of what it is about; NULL: nothing */
	const struct iotguard_inventory *old; /* NULL: compared with nothing */
	struct ig_world now, before;	      /* @before is empty where there is no @old */
	uint32_t at;			      /* seconds since the epoch */
	uint32_t n_ids;
	bool *selected;				/* by id */
	struct iotguard_plan_machine *machines; /* in the arena */
	size_t n_machines;
	struct ig_plan_changes general;
	struct iotguard_plan_half *halves;
	size_t n_halves, halves_capacity;
	struct ig_index *known; /* what was made already: see enum ig_plan_known */
};

enum ig_plan_known {
	IG_PLAN_TEXT,	  /* of rules; by address */
	IG_PLAN_CONTRAST, /* of two stances */
	IG_PLAN_LIKE,	  /* machines by their changes */
	IG_PLAN_POLICY,	  /* machines by what their policy is */
};

/* A printed copy that lives as long as the plan. "" without memory. */
const char *ig_plan_text(struct iotguard_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int ig_plan_add(struct ig_plan_changes *changes, const struct iotguard_plan_change *change);
/* Adds @change with a printed `what`. 0, -ENOMEM. */
int ig_plan_say(struct iotguard_plan *plan, struct ig_plan_changes *changes,
		struct iotguard_plan_change *change, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* plan_match.c: who is who. Fills the ids of both worlds, and n_ids. */
int ig_plan_match(struct iotguard_plan *plan, const struct iotguard_inventory *inv);
/* plan_select.c: which machines the names mean. -ENODEV with a diagnostic. */
int ig_plan_select(struct iotguard *ig, struct iotguard_plan *plan, const char *const *names,
		   size_t n_names);

int ig_plan_select_all(struct iotguard_plan *plan);

/* plan.c: of two inventories that were made for this; taken over, also by a failure. What is allowed by one side only, and
 * the gateway, are not looked at. 0, -ENOMEM, -E2BIG. */
int ig_plan_between(struct iotguard_inventory *old, struct iotguard_inventory *now,
		    struct iotguard_plan **out);

/* plan_rules.c: what it is in words. Each lives as long as the plan; NULL without memory. */
const struct iotguard_plan_rule *ig_plan_rule_of(struct iotguard_plan *plan,
						 const struct ig_world *world,
						 const struct ig_machine *m,
						 const struct ig_stance_rule *rule);
int ig_plan_describe_policy(struct iotguard_plan *plan, const struct ig_world *world,
			    const struct ig_machine *m, struct iotguard_plan_machine *out);
/* "arp, nd, dhcp" */
const char *ig_plan_infrastructure(struct iotguard_plan *plan, uint32_t on);
const char *ig_plan_mode(int mode);
/* "device:cam" */
const char *ig_plan_name(struct iotguard_plan *plan, const struct ig_machine *m);

/* plan_words.c: remotes and services in words. @piece NULL: all that the rule decides. */
const char *ig_plan_what(struct iotguard_plan *plan, const struct ig_world *world,
			 const struct ig_stance_rule *rule, const struct ig_piece *piece,
			 enum ig_rule_side side);
/* Service and conditions alone, as they would stand in a rule. NULL where no single rule says it. */
const char *ig_plan_service(struct iotguard_plan *plan, const struct ig_stance_rule *rule,
			    const struct ig_piece *piece, bool *one_rule);

/* plan_changes.c, plan_facts.c: what is different for one machine; either may be NULL. */
int ig_plan_compare_rules(struct iotguard_plan *plan, const struct ig_machine *before,
			  const struct ig_machine *after, struct ig_plan_changes *out,
			  bool *rewritten);
int ig_plan_compare_facts(struct iotguard_plan *plan, const struct ig_machine *before,
			  const struct ig_machine *after, struct ig_plan_changes *out);
/* plan_general.c: of the gateway, segments and groups. */
int ig_plan_compare_general(struct iotguard_plan *plan);
/* plan_halves.c */
int ig_plan_find_halves(struct iotguard_plan *plan);
