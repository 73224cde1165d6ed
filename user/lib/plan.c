/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan: the order in which it is made, and the end of its life. What is in force is known from
 * the dictionary in the kernel alone.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "index.h"
#include "infrastructure.h"
#include "opts.h"
#include "plan_internal.h"
#include "snapshot.h"
#include "util.h"

static int read_in_force(struct iotguard *ig, struct iotguard_plan *plan)
{
	_cleanup_(ig_view_close) struct ig_view view;
	int err = ig_view_open(ig, &view);

	if (err == -ENOENT) {
		plan->info.enforced = false;
		return 0;
	}
	if (err)
		return err;
	err = ig_dictionary_inventory(&view.dict, &plan->in_force);
	if (err == -EPROTO)
		ig_error(&ig->diags, NULL, "'iotguard-load apply' writes them anew",
			 "the facts about the policy in force contradict each other");
	plan->old = plan->in_force;
	plan->info.generation = view.dict.header.generation;
	return err;
}

static int choose_old(struct iotguard *ig, struct iotguard_plan *plan,
		      const struct iotguard_plan_opts *opts)
{
	const struct iotguard_policy *against = ig_opt(opts, against, NULL);

	plan->info.enforced = true;
	if (ig_opt(opts, alone, false))
		return 0;
	if (!against)
		return read_in_force(ig, plan);
	plan->old = against->inv;
	return 0;
}

/* --- one machine --- */

static void count_changes(struct iotguard_plan *plan, const struct iotguard_plan_change *changes,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		plan->info.gains += changes[i].effect == IOTGUARD_PLAN_GAIN;
		plan->info.losses += changes[i].effect == IOTGUARD_PLAN_LOSS;
		plan->info.changes += changes[i].effect == IOTGUARD_PLAN_CHANGE;
	}
}

static int take_changes(struct iotguard_plan *plan, const struct ig_plan_changes *changes,
			struct iotguard_plan_machine *out)
{
	struct iotguard_plan_change *copy =
		ig_result_add(plan->arena, changes->count * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (changes->count)
		memcpy(copy, changes->items, changes->count * sizeof(*copy));
	out->changes = copy;
	out->n_changes = changes->count;
	return 0;
}

static int compare_machine(struct iotguard_plan *plan, const struct ig_machine *before,
			   const struct ig_machine *after, struct iotguard_plan_machine *out)
{
	struct ig_plan_changes changes = {};
	bool rewritten = false;
	int err = 0;

	if (plan->old) {
		err = ig_plan_compare_facts(plan, before, after, &changes);
		err = err ?: ig_plan_compare_rules(plan, before, after, &changes, &rewritten);
		err = err ?: take_changes(plan, &changes, out);
	}
	free(changes.items);
	out->state = !after		    ? "gone"
		     : plan->old && !before ? "new"
		     : out->n_changes	    ? "changed"
					    : "same";
	if (!out->selected)
		return err;
	count_changes(plan, out->changes, out->n_changes);
	plan->info.machines += strcmp(out->state, "same") != 0;
	plan->info.rewritten += rewritten;
	return err;
}

/* Machines that share a list of rules, and all that is said beside it. */
struct policy_key {
	uint32_t list, segment, profile, mud, flows;
	uint32_t mode;
	uint32_t host, trusted, dns_strict;
	uint32_t router; /* an id */
};

static int describe_policy(struct iotguard_plan *plan, const struct ig_machine *m, size_t at,
			   struct iotguard_plan_machine *out)
{
	const struct ig_world *world = &plan->now;
	const struct iotguard_inventory *inv = world->inv;
	struct policy_key *key = ig_result_add(plan->arena, sizeof(*key));
	size_t twin = at;
	int err;

	if (!key)
		return -ENOMEM;
	*key = (struct policy_key){
		.list = world->resolved.list_of[m - inv->machines],
		.segment = m->segment - inv->segments,
		.profile = m->profile ? 1 + (m->profile - inv->profiles) : 0,
		.mud = m->mud_rules ? 1 + (m->mud_rules - inv->profiles) : 0,
		.flows = out->flows,
		.mode = out->mode,
		.host = m->host,
		.trusted = m->trusted,
		.dns_strict = out->dns_strict,
		.router = m->router ? world->ids[m->router - inv->machines] : UINT32_MAX,
	};
	err = ig_index_add(plan->known, IG_PLAN_POLICY, key, sizeof(*key), at, &twin);
	if (err != -EEXIST)
		return err ?: ig_plan_describe_policy(plan, world, m, out);
	out->policy_like = twin;
	out->rules = plan->machines[twin].rules;
	out->n_rules = plan->machines[twin].n_rules;
	return 0;
}

static int describe_machine(struct iotguard_plan *plan, uint32_t id,
			    struct iotguard_plan_machine *out)
{
	const struct ig_machine *after = plan->now.holder[id];
	const struct ig_machine *before = plan->old ? plan->before.holder[id] : NULL;
	const struct ig_world *world = after ? &plan->now : &plan->before;
	const struct ig_machine *m = after ? after : before;
	int err = 0;

	*out = (struct iotguard_plan_machine){
		.name = m->name,
		.host = m->host,
		.selected = plan->selected[id],
		.segment = m->segment->name,
		.profile = m->profile ? m->profile->name : NULL,
		.router = m->router ? m->router->name : NULL,
		.mode = ig_machine_mode(world->inv, m),
		.trusted = m->trusted,
		.dns_strict = !m->trusted && ig_machine_dns(world->inv, m) == IG_DNS_STRICT,
		.flows = ig_machine_flows(world->inv, m),
		.infrastructure = "",
		.state = "same",
		.like = id,
		.policy_like = id,
	};
	if (!out->selected)
		return 0;
	out->infrastructure =
		ig_plan_infrastructure(plan, ig_machine_infrastructure(world->inv, m));
	if (after)
		err = describe_policy(plan, m, id, out);
	return err ?: compare_machine(plan, before, after, out);
}

static int describe_machines(struct iotguard_plan *plan)
{
	int err = 0;

	plan->machines = ig_result_add(plan->arena, plan->n_ids * sizeof(*plan->machines));
	if (!plan->machines)
		return -ENOMEM;
	for (uint32_t id = 0; id < plan->n_ids && !err; id++)
		err = describe_machine(plan, id, &plan->machines[plan->n_machines++]);
	return err;
}

/* --- who changes alike --- */

static void sign_rule(FILE *f, const struct iotguard_plan_rule *rule)
{
	if (rule)
		fprintf(f, "%s\n%s\n%s %u %u\n", rule->level, rule->text,
			rule->file ? rule->file : "", rule->line, rule->column);
	else
		fputs("-\n", f);
}

/* All that is said of it. */
static char *signature(const struct iotguard_plan_machine *m, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	if (!f)
		return NULL;
	fprintf(f, "%s\n", m->state);
	for (size_t i = 0; i < m->n_changes; i++) {
		const struct iotguard_plan_change *change = &m->changes[i];

		fprintf(f, "%d%s%s%d\n%s\n", change->effect,
			change->direction ? change->direction : "",
			change->when ? change->when : "", change->exact, change->what);
		sign_rule(f, change->before);
		sign_rule(f, change->after);
	}
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

static int note_alike(struct iotguard_plan *plan)
{
	int err = 0;

	for (size_t i = 0; i < plan->n_machines && !err; i++) {
		struct iotguard_plan_machine *m = &plan->machines[i];
		size_t size, twin;
		char *key, *kept;

		if (!m->selected || !strcmp(m->state, "same"))
			continue;
		key = signature(m, &size);
		kept = key ? ig_result_add(plan->arena, size + 1) : NULL;
		err = kept ? 0 : -ENOMEM;
		if (kept)
			memcpy(kept, key, size);
		free(key);
		err = err ?: ig_index_add(plan->known, IG_PLAN_LIKE, kept, size, i, &twin);
		if (err == -EEXIST) {
			m->like = twin;
			err = 0;
		}
	}
	return err;
}

/* --- all of it --- */

static void conclude(struct iotguard_plan *plan)
{
	struct iotguard_plan_info *info = &plan->info;

	count_changes(plan, plan->general.items, plan->general.count);
	info->compared = plan->old;
	info->different = !info->enforced || info->machines || info->gains || info->losses ||
			  info->changes;
}

static int make(struct iotguard *ig, struct iotguard_plan *plan,
		const struct iotguard_policy *policy, const struct iotguard_plan_opts *opts)
{
	uint64_t at = ig_opt(opts, now, 0);
	int err = choose_old(ig, plan, opts);

	if (!at)
		at = time(NULL);
	plan->at = at < UINT32_MAX ? at : UINT32_MAX;
	err = err ?: ig_plan_match(plan, policy->inv);
	err = err ?: ig_plan_select(ig, plan, ig_opt(opts, names, NULL), ig_opt(opts, n_names, 0));
	err = err ?: describe_machines(plan);
	if (plan->old && !ig_opt(opts, n_names, 0))
		err = err ?: ig_plan_compare_general(plan);
	err = err ?: ig_plan_find_halves(plan);
	err = err ?: note_alike(plan);
	if (!err)
		conclude(plan);
	return err;
}

static struct iotguard_plan *new_plan(void)
{
	struct iotguard_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->arena = ig_result_new(0);
	plan->known = ig_index_new();
	if (plan->arena && plan->known)
		return plan;
	iotguard_plan_free(plan);
	return NULL;
}

static int make_between(struct iotguard_plan *plan)
{
	int err;

	plan->info.enforced = true;
	plan->old = plan->in_force;
	plan->at = (uint32_t)time(NULL);
	err = ig_plan_match(plan, plan->made);
	err = err ?: ig_plan_select_all(plan);
	err = err ?: describe_machines(plan);
	if (!err)
		conclude(plan);
	return err;
}

int ig_plan_between(struct iotguard_inventory *old, struct iotguard_inventory *now,
		    struct iotguard_plan **out)
{
	struct iotguard_plan *plan = new_plan();
	int err;

	*out = NULL;
	if (!plan) {
		iotguard_inventory_free(old);
		iotguard_inventory_free(now);
		return -ENOMEM;
	}
	plan->in_force = old;
	plan->made = now;
	err = make_between(plan);
	if (err)
		iotguard_plan_free(plan);
	else
		*out = plan;
	return err;
}

int iotguard_plan_make(struct iotguard *ig, const struct iotguard_policy *policy,
		       const struct iotguard_plan_opts *opts, struct iotguard_plan **out)
{
	struct iotguard_plan *plan = new_plan();
	int err;

	*out = NULL;
	if (!plan)
		return -ENOMEM;
	err = make(ig, plan, policy, opts);
	if (err)
		iotguard_plan_free(plan);
	else
		*out = plan;
	return err;
}

void iotguard_plan_free(struct iotguard_plan *plan)
{
	if (!plan)
		return;
	ig_world_clear(&plan->now);
	ig_world_clear(&plan->before);
	iotguard_inventory_free(plan->in_force);
	iotguard_inventory_free(plan->made);
	ig_index_free(plan->known);
	iotguard_free(plan->arena);
	free(plan->selected);
	free(plan->general.items);
	free(plan->halves);
	free(plan);
}

void iotguard_plan_describe(const struct iotguard_plan *plan, struct iotguard_plan_info *info)
{
	*info = plan->info;
}

const struct iotguard_plan_machine *iotguard_plan_machines(const struct iotguard_plan *plan,
							   size_t *count)
{
	*count = plan->n_machines;
	return plan->machines;
}

const struct iotguard_plan_change *iotguard_plan_general(const struct iotguard_plan *plan,
							 size_t *count)
{
	*count = plan->general.count;
	return plan->general.items;
}

const struct iotguard_plan_half *iotguard_plan_halves(const struct iotguard_plan *plan,
						      size_t *count)
{
	*count = plan->n_halves;
	return plan->halves;
}

const char *iotguard_plan_effect_name(enum iotguard_plan_effect effect)
{
	switch (effect) {
	case IOTGUARD_PLAN_NOTE:
		return "note";
	case IOTGUARD_PLAN_CHANGE:
		return "change";
	case IOTGUARD_PLAN_GAIN:
		return "gain";
	case IOTGUARD_PLAN_LOSS:
		return "loss";
	}
	return NULL;
}
