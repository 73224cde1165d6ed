/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine may open, and what may be opened to it, held against what was. Machines that share
 * their rules share the answer. */

#include <errno.h>
#include <string.h>

#include "index.h"
#include "infrastructure.h"
#include "plan_internal.h"
#include "snapshot.h"
#include "util.h"

#define ABSENT UINT32_MAX

/* What a stance is made of: two machines with the same have the same. */
struct ig_plan_cached {
	struct stance_key {
		uint32_t list[2]; /* before and now; ABSENT: no such machine */
		uint32_t flags[2];
		uint32_t side;
	} key;
	const struct iotguard_plan_change *changes;
	size_t count;
	bool rewritten;
};

enum stance_flag {
	HAS_TRUST = 1 << 0,
	HAS_DNS = 1 << 1,
	HAS_NTP = 1 << 2,
};

static void note_key(const struct ig_world *world, const struct ig_machine *m, uint32_t *list,
		     uint32_t *flags)
{
	uint32_t on;

	*list = ABSENT;
	if (!m)
		return;
	*list = world->resolved.list_of[m - world->inv->machines];
	on = ig_machine_infrastructure(world->inv, m);
	*flags = (m->trusted ? HAS_TRUST : 0) | (on & IG_INFRA_DNS ? HAS_DNS : 0) |
		 (on & IG_INFRA_NTP ? HAS_NTP : 0);
}

int ig_plan_add(struct ig_plan_changes *changes, const struct iotguard_plan_change *change)
{
	if (!ig_grow(&changes->items, changes->count, &changes->capacity, sizeof(*changes->items)))
		return -ENOMEM;
	changes->items[changes->count++] = *change;
	return 0;
}

int ig_plan_say(struct iotguard_plan *plan, struct ig_plan_changes *changes,
		struct iotguard_plan_change *change, const char *format, va_list args)
{
	change->what = ig_result_vformat(plan->arena, format, args);
	return *change->what ? ig_plan_add(changes, change) : -ENOMEM;
}

/* --- from differences to changes --- */

struct comparison {
	struct iotguard_plan *plan;
	const struct ig_machine *machines[2]; /* before and now; NULL: there is none */
	enum ig_rule_side side;
	struct ig_stance stances[2];
	struct ig_contrast contrast;
	struct ig_plan_changes changes;
};

static void comparison_clear(struct comparison *c)
{
	ig_stance_clear(&c->stances[0]);
	ig_stance_clear(&c->stances[1]);
	ig_contrast_clear(&c->contrast);
	free(c->changes.items);
}

static const struct ig_world *world_of(const struct comparison *c, int i)
{
	return i ? &c->plan->now : &c->plan->before;
}

static const struct iotguard_plan_rule *rule_of(struct comparison *c, int i, size_t at)
{
	if (at == IG_NO_STANCE)
		return NULL;
	return ig_plan_rule_of(c->plan, world_of(c, i), c->machines[i], &c->stances[i].rules[at]);
}

static void classify(enum ig_effect effect, struct iotguard_plan_change *change)
{
	static const enum iotguard_plan_effect effects[] = {
		[IG_EFFECT_GAIN] = IOTGUARD_PLAN_GAIN,
		[IG_EFFECT_LOSS] = IOTGUARD_PLAN_LOSS,
		[IG_EFFECT_SPARED] = IOTGUARD_PLAN_GAIN,
		[IG_EFFECT_NOT_SPARED] = IOTGUARD_PLAN_LOSS,
		[IG_EFFECT_CRITICAL] = IOTGUARD_PLAN_GAIN,
		[IG_EFFECT_NOT_CRITICAL] = IOTGUARD_PLAN_LOSS,
		[IG_EFFECT_TOGETHER] = IOTGUARD_PLAN_CHANGE,
		[IG_EFFECT_ORDER] = IOTGUARD_PLAN_CHANGE,
	};

	change->effect = effects[effect];
	if (effect == IG_EFFECT_SPARED || effect == IG_EFFECT_NOT_SPARED)
		change->when = "quarantine";
	else if (effect == IG_EFFECT_CRITICAL || effect == IG_EFFECT_NOT_CRITICAL)
		change->when = "critical";
}

static int add_pieces(struct comparison *c, const struct ig_difference *d,
		      struct iotguard_plan_change *change)
{
	int of = !ig_effect_is_of_before(d->effect);
	size_t at = of ? d->after : d->before;
	int err = 0;

	if (c->contrast.coarse && at == IG_NO_STANCE) { /* a deny that goes, or comes */
		of = !of;
		at = of ? d->after : d->before;
	}
	for (size_t i = 0; i < d->n_pieces + !d->n_pieces && !err; i++) {
		change->what = ig_plan_what(c->plan, world_of(c, of), &c->stances[of].rules[at],
					    d->n_pieces ? &d->pieces[i] : NULL, c->side);
		err = ig_plan_add(&c->changes, change);
	}
	if (d->more && !err) {
		change->what = ig_plan_text(c->plan, "%s more of the same rule",
					    c->side == IG_RULE_TO ? "to" : "from");
		err = ig_plan_add(&c->changes, change);
	}
	return err;
}

static int add_difference(struct comparison *c, const struct ig_difference *d)
{
	struct iotguard_plan_change change = {
		.direction = c->side == IG_RULE_TO ? "to" : "from",
		.exact = !c->contrast.coarse,
	};

	classify(d->effect, &change);
	if (d->effect == IG_EFFECT_ORDER || d->effect == IG_EFFECT_TOGETHER) {
		change.what = d->effect == IG_EFFECT_ORDER
				      ? "the same rules, in another order"
				      : "an address that has several names: another rule decides";
		return ig_plan_add(&c->changes, &change);
	}
	change.before = rule_of(c, 0, d->before);
	change.after = rule_of(c, 1, d->after);
	return add_pieces(c, d, &change);
}

static bool same_words(const struct ig_stance *a, const struct ig_stance *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct ig_rule *x = a->rules[i].rule, *y = b->rules[i].rule;

		if (!x != !y || (x && !ig_rule_equal(x, y)))
			return false;
	}
	return true;
}

static int compare(struct comparison *c, struct ig_plan_cached *out)
{
	const struct ig_contrast_opts opts = {
		.now = c->plan->at,
		.worlds = {&c->plan->before, &c->plan->now},
	};
	struct iotguard_plan_change *changes;
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		if (c->machines[i])
			err = ig_stance_make(world_of(c, i), c->machines[i], c->side,
					     &c->stances[i]);
	}
	err = err ?: ig_contrast_make(&c->stances[0], &c->stances[1], &opts, &c->contrast);
	for (size_t i = 0; i < c->contrast.count && !err; i++)
		err = add_difference(c, &c->contrast.items[i]);
	if (err)
		return err;
	changes = ig_result_add(c->plan->arena, c->changes.count * sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	if (c->changes.count)
		memcpy(changes, c->changes.items, c->changes.count * sizeof(*changes));
	out->changes = changes;
	out->count = c->changes.count;
	out->rewritten = !out->count && c->machines[0] && c->machines[1] &&
			 !same_words(&c->stances[0], &c->stances[1]);
	return 0;
}

static struct ig_plan_cached *find_or_compare(struct comparison *c, const struct stance_key *key,
					      int *err)
{
	struct iotguard_plan *plan = c->plan;
	size_t at = ig_index_find(plan->known, IG_PLAN_CONTRAST, key, sizeof(*key));
	struct ig_plan_cached *cached;

	if (at != IG_INDEX_NONE)
		return (struct ig_plan_cached *)at;
	cached = ig_result_add(plan->arena, sizeof(*cached));
	*err = cached ? 0 : -ENOMEM;
	if (*err)
		return NULL;
	cached->key = *key;
	*err = compare(c, cached);
	*err = *err
		       ?: ig_index_add(plan->known, IG_PLAN_CONTRAST, &cached->key,
				       sizeof(cached->key), (size_t)cached, NULL);
	return *err ? NULL : cached;
}

static int compare_side(struct iotguard_plan *plan, const struct ig_machine *before,
			const struct ig_machine *after, enum ig_rule_side side,
			struct ig_plan_changes *out, bool *rewritten)
{
	_cleanup_(comparison_clear) struct comparison c = {
		.plan = plan,
		.machines = {before, after},
		.side = side,
	};
	struct stance_key key = {.side = side};
	struct ig_plan_cached *cached;
	int err = 0;

	note_key(&plan->before, before, &key.list[0], &key.flags[0]);
	note_key(&plan->now, after, &key.list[1], &key.flags[1]);
	cached = find_or_compare(&c, &key, &err);
	for (size_t i = 0; !err && i < cached->count; i++)
		err = ig_plan_add(out, &cached->changes[i]);
	*rewritten = *rewritten || (!err && cached->rewritten);
	return err;
}

int ig_plan_compare_rules(struct iotguard_plan *plan, const struct ig_machine *before,
			  const struct ig_machine *after, struct ig_plan_changes *out,
			  bool *rewritten)
{
	return compare_side(plan, before, after, IG_RULE_TO, out, rewritten)
		       ?: compare_side(plan, before, after, IG_RULE_FROM, out, rewritten);
}
