/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversations between two machines that one side allows and the other one does not: both have to
 * consent. Only rules that name the other side are looked at, by name, group, segment or address:
 * who may open something to `any` or to the `internet` has not thought of this machine.
 */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "plan_internal.h"
#include "sets.h"
#include "util.h"

#define HALVES_MAX 10000  /* that are listed */
#define PAIRS_MAX  100000 /* that are looked at */

/* What they may speak by; the first two as of addresses everywhere here. */
enum family { BY_IPV4, BY_IPV6, BY_ETHER, FAMILIES };

struct lister {
	int family;
	ig_number n;
	uint32_t machine; /* position, as everywhere here */
};

struct pair {
	uint32_t opener, other;
};

struct finder {
	struct iotguard_plan *plan;
	const struct ig_world *world;
	const struct iotguard_inventory *inv;
	struct lister *listers; /* sorted */
	size_t n_listers, listers_capacity;
	struct pair *pairs;
	size_t n_pairs, pairs_capacity;
	size_t too_many;	      /* pairs */
	struct ig_stance *stances[2]; /* by side and machine, made when they are asked for */
	bool *made[2];
};

static void finder_clear(struct finder *f)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; f->stances[side] && i < f->inv->n_machines; i++)
			ig_stance_clear(&f->stances[side][i]);
		free(f->stances[side]);
		free(f->made[side]);
	}
	free(f->listers);
	free(f->pairs);
}

/* --- who is named --- */

static int compare_listers(const void *a, const void *b)
{
	const struct lister *x = a, *y = b;

	if (x->family != y->family)
		return x->family - y->family;
	return x->n < y->n ? -1 : x->n > y->n;
}

static int note_listers(struct finder *f)
{
	for (size_t i = 0; i < f->inv->n_machines; i++) {
		const struct ig_addresses *addresses = &f->inv->machines[i].addresses;

		for (size_t k = 0; k < addresses->count; k++) {
			const uint8_t *addr = addresses->items[k].addr;

			if (!ig_grow(&f->listers, f->n_listers, &f->listers_capacity,
				     sizeof(*f->listers)))
				return -ENOMEM;
			f->listers[f->n_listers++] =
				(struct lister){!ig_addr_is_v4(addr), ig_number_of_addr(addr), i};
		}
	}
	if (f->n_listers)
		qsort(f->listers, f->n_listers, sizeof(*f->listers), compare_listers);
	return 0;
}

/* What one says to the other does not come by the gateway. */
static bool are_behind_one(const struct ig_machine *a, const struct ig_machine *b)
{
	return a->router == b || b->router == a || (a->router && a->router == b->router);
}

static int add_pair(struct finder *f, uint32_t machine, uint32_t named, enum ig_rule_side side)
{
	const struct ig_machine *machines = f->inv->machines;
	bool opens = side == IG_RULE_TO;

	if (machine == named || are_behind_one(&machines[machine], &machines[named]) ||
	    (!f->plan->selected[machine] && !f->plan->selected[named]))
		return 0;
	if (f->n_pairs == PAIRS_MAX) {
		f->too_many++;
		return 0;
	}
	if (!ig_grow(&f->pairs, f->n_pairs, &f->pairs_capacity, sizeof(*f->pairs)))
		return -ENOMEM;
	f->pairs[f->n_pairs++] = (struct pair){opens ? machine : named, opens ? named : machine};
	return 0;
}

static int add_listers(struct finder *f, uint32_t machine, const struct ig_prefix *prefix,
		       enum ig_rule_side side)
{
	struct ig_span span = ig_span_of_prefix(prefix);
	int family = !ig_prefix_is_v4(prefix);
	size_t low = 0, high = f->n_listers;
	int err = 0;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct lister *at = &f->listers[middle];

		if (at->family < family || (at->family == family && at->n < span.first))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < f->n_listers && f->listers[low].family == family &&
	       f->listers[low].n <= span.last && !err;
	     low++)
		err = add_pair(f, machine, f->listers[low].machine, side);
	return err;
}

static int add_group(struct finder *f, uint32_t machine, const struct ig_group *group,
		     enum ig_rule_side side)
{
	int err = 0;

	for (size_t i = 0; i < group->count && !err; i++) {
		const struct ig_member *member = &group->members[i];

		if (member->machine)
			err = add_pair(f, machine, member->machine - f->inv->machines, side);
		else if (!member->gateway)
			err = add_listers(f, machine, &member->prefix, side);
	}
	return err;
}

/* A prefix of everything names nobody. */
static bool is_everything(const struct ig_prefix *prefix)
{
	return prefix->length == (ig_prefix_is_v4(prefix) ? 96 : 0);
}

static bool names_somebody(const struct ig_rule *rule)
{
	switch (rule->remote.kind) {
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
	case IG_REMOTE_GROUP:
	case IG_REMOTE_SEGMENT:
		return true;
	case IG_REMOTE_PREFIX:
		return !is_everything(&rule->remote.prefix);
	default:
		return ig_remote_is_set(rule->remote.kind);
	}
}

static int add_named(struct finder *f, uint32_t machine, const struct ig_rule *rule)
{
	const struct ig_remote *remote = &rule->remote;
	const struct ig_segment *segment;
	const struct ig_group *set;
	int err = 0;

	switch (remote->kind) {
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return add_pair(
			f, machine,
			ig_inventory_machine(f->inv, remote->kind == IG_REMOTE_HOST, remote->name) -
				f->inv->machines,
			rule->side);
	case IG_REMOTE_GROUP:
		return add_group(f, machine, ig_inventory_group(f->inv, remote->name), rule->side);
	case IG_REMOTE_SEGMENT:
		segment = ig_inventory_segment(f->inv, remote->name);
		for (size_t i = 0; i < segment->n_networks && !err; i++)
			err = add_listers(f, machine, &segment->networks[i], rule->side);
		return err;
	case IG_REMOTE_PREFIX:
		return add_listers(f, machine, &remote->prefix, rule->side);
	default:
		set = ig_inventory_set(f->inv, remote);
		return set ? add_group(f, machine, set, rule->side) : 0;
	}
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->opener != y->opener)
		return x->opener < y->opener ? -1 : 1;
	return x->other < y->other ? -1 : x->other > y->other;
}

static int collect_pairs(struct finder *f)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < f->inv->n_machines; i++) {
		const struct ig_rule_list *list =
			&f->world->resolved.lists[f->world->resolved.list_of[i]];

		for (size_t k = 0; k < list->count && !f->inv->machines[i].trusted && !err; k++) {
			const struct ig_rule *rule = list->rules[k];

			if (rule->action == IG_RULE_ALLOWS && names_somebody(rule))
				err = add_named(f, i, rule);
		}
	}
	if (f->n_pairs)
		qsort(f->pairs, f->n_pairs, sizeof(*f->pairs), compare_pairs);
	for (size_t i = 0; i < f->n_pairs; i++) {
		if (!kept || compare_pairs(&f->pairs[i], &f->pairs[kept - 1]) != 0)
			f->pairs[kept++] = f->pairs[i];
	}
	f->n_pairs = kept;
	return err;
}

/* --- what each says of the other --- */

static struct ig_stance *stance_of(struct finder *f, uint32_t machine, enum ig_rule_side side,
				   int *err)
{
	struct ig_stance *stance = &f->stances[side][machine];

	if (f->made[side][machine])
		return stance;
	*err = ig_stance_make(f->world, &f->inv->machines[machine], side, stance);
	f->made[side][machine] = !*err;
	return *err ? NULL : stance;
}

/* A machine that lists no address may have any of its segment's. */
static bool covers_segment(const struct ig_match_sets *sets, const struct ig_segment *segment,
			   int family)
{
	bool any = false;

	for (size_t i = 0; i < segment->n_networks; i++) {
		const struct ig_prefix *network = &segment->networks[i];
		struct ig_span span = ig_span_of_prefix(network);
		struct ig_ranges all = {.items = &span, .count = 1};

		if (ig_prefix_is_v4(network) == family)
			continue;
		if (!ig_ranges_cover(&sets->dim[ig_addr_dim(family)], &all))
			return false;
		any = true;
	}
	return any;
}

static bool matches(const struct finder *f, const struct ig_match_sets *sets,
		    const struct ig_machine *m, enum family family)
{
	if (sets->version && sets->version != (family == BY_IPV4 ? 4 : family == BY_IPV6 ? 6 : 0))
		return false;
	if (sets->any_remote ||
	    ig_ranges_contain(&sets->dim[IG_DIM_ENTITY], f->world->ids[m - f->inv->machines]))
		return true;
	if (family == BY_ETHER)
		return false;
	for (size_t i = 0; i < m->addresses.count; i++) {
		const uint8_t *addr = m->addresses.items[i].addr;

		if (!ig_addr_is_v4(addr) == family &&
		    ig_ranges_contain(&sets->dim[ig_addr_dim(family)], ig_number_of_addr(addr)))
			return true;
	}
	return !m->addresses.count && covers_segment(sets, m->segment, family);
}

static int filter(const struct finder *f, const struct ig_stance *all, const struct ig_machine *m,
		  enum family family, struct ig_stance *out)
{
	*out = (struct ig_stance){.rules = calloc(all->count + 1, sizeof(*out->rules))};
	if (!out->rules)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		if (matches(f, all->rules[i].sets, m, family))
			out->rules[out->count++] = all->rules[i];
	}
	return 0;
}

/* --- one pair --- */

struct meeting {
	const struct ig_machine *opener, *other;
	struct ig_stance to, from; /* what they say of each other */
	struct ig_contrast contrast;
	size_t first; /* of the plan's halves: those of this pair begin there */
};

static void meeting_clear(struct meeting *m)
{
	ig_stance_clear(&m->to);
	ig_stance_clear(&m->from);
	ig_contrast_clear(&m->contrast);
}

/* "allow from device:cam tcp/80" */
static const char *line_of(struct finder *f, const struct ig_machine *named, bool from,
			   const char *what)
{
	struct ig_remote remote = {
		.kind = named->host ? IG_REMOTE_HOST : IG_REMOTE_DEVICE,
		.name = named->name,
	};
	char text[512];

	ig_remote_print(&remote, text, sizeof(text));
	return ig_plan_text(f->plan, "allow %s %s%s%s", from ? "from" : "to", text,
			    *what ? " " : "", what);
}

static bool is_said(const struct iotguard_plan *plan, size_t first,
		    const struct iotguard_plan_half *half)
{
	for (size_t i = first; i < plan->n_halves; i++) {
		const struct iotguard_plan_half *other = &plan->halves[i];

		if (other->lacks_from == half->lacks_from && !strcmp(other->what, half->what) &&
		    other->rule->line == half->rule->line &&
		    !strcmp(other->rule->text, half->rule->text))
			return true;
	}
	return false;
}

static int add_half(struct finder *f, const struct meeting *m, struct iotguard_plan_half *half)
{
	struct iotguard_plan *plan = f->plan;

	if (is_said(plan, m->first, half))
		return 0;
	if (plan->n_halves == HALVES_MAX) {
		plan->info.halves_left++;
		return 0;
	}
	half->opener = ig_plan_name(plan, m->opener);
	half->other = ig_plan_name(plan, m->other);
	if (!ig_grow(&plan->halves, plan->n_halves, &plan->halves_capacity, sizeof(*plan->halves)))
		return -ENOMEM;
	plan->halves[plan->n_halves++] = *half;
	return 0;
}

static int add_difference(struct finder *f, const struct meeting *m, const struct ig_difference *d)
{
	bool lacks_from = d->effect == IG_EFFECT_LOSS;
	const struct ig_machine *willing = lacks_from ? m->opener : m->other;
	const struct ig_machine *unwilling = lacks_from ? m->other : m->opener;
	const struct ig_stance_rule *rule = lacks_from ? &m->to.rules[d->before]
						       : &m->from.rules[d->after];
	const struct ig_stance *refusing = lacks_from ? &m->from : &m->to;
	size_t denied = lacks_from ? d->after : d->before;
	int err = 0;

	if (!rule->rule || !names_somebody(rule->rule))
		return 0;
	for (size_t i = 0; i < d->n_pieces + !d->n_pieces && !err; i++) {
		struct iotguard_plan_half half = {.lacks_from = lacks_from};
		bool one_rule;

		half.what = ig_plan_service(f->plan, rule, d->n_pieces ? &d->pieces[i] : NULL,
					    &one_rule);
		half.rule = ig_plan_rule_of(f->plan, f->world, willing, rule);
		half.denied = denied == IG_NO_STANCE ? NULL
						     : ig_plan_rule_of(f->plan, f->world, unwilling,
								       &refusing->rules[denied]);
		half.line = one_rule ? line_of(f, willing, lacks_from, half.what) : NULL;
		if (!half.rule)
			return -ENOMEM;
		err = add_half(f, m, &half);
	}
	return err;
}

static int meet(struct finder *f, struct meeting *m, enum family family, const struct ig_stance *to,
		const struct ig_stance *from)
{
	static const int versions[] = {[BY_IPV4] = 4, [BY_IPV6] = 6, [BY_ETHER] = 2};
	const struct ig_contrast_opts opts = {
		.now = f->plan->at,
		.same_remote = versions[family],
	};
	int err = filter(f, to, m->other, family, &m->to);

	err = err ?: filter(f, from, m->opener, family, &m->from);
	err = err ?: ig_contrast_make(&m->to, &m->from, &opts, &m->contrast);
	for (size_t i = 0; i < m->contrast.count && !m->contrast.coarse && !err; i++) {
		const struct ig_difference *d = &m->contrast.items[i];

		if (d->effect == IG_EFFECT_LOSS || d->effect == IG_EFFECT_GAIN)
			err = add_difference(f, m, d);
	}
	meeting_clear(m);
	return err;
}

static bool has_family(const struct ig_machine *m, enum family family)
{
	if (family == BY_ETHER || !m->addresses.count)
		return true;
	for (size_t i = 0; i < m->addresses.count; i++) {
		if (!ig_addr_is_v4(m->addresses.items[i].addr) == family)
			return true;
	}
	return false;
}

static int look_at(struct finder *f, const struct pair *pair)
{
	struct meeting m = {
		.opener = &f->inv->machines[pair->opener],
		.other = &f->inv->machines[pair->other],
		.first = f->plan->n_halves,
	};
	int err = 0;
	const struct ig_stance *to = stance_of(f, pair->opener, IG_RULE_TO, &err);
	const struct ig_stance *from = err ? NULL : stance_of(f, pair->other, IG_RULE_FROM, &err);

	for (int family = 0; family < FAMILIES && !err; family++) {
		if (has_family(m.opener, family) && has_family(m.other, family))
			err = meet(f, &m, family, to, from);
	}
	return err;
}

int ig_plan_find_halves(struct iotguard_plan *plan)
{
	const struct iotguard_inventory *inv = plan->now.inv;
	_cleanup_(finder_clear) struct finder f = {
		.plan = plan,
		.world = &plan->now,
		.inv = inv,
		.stances = {calloc(inv->n_machines + 1, sizeof(struct ig_stance)),
			    calloc(inv->n_machines + 1, sizeof(struct ig_stance))},
		.made = {calloc(inv->n_machines + 1, sizeof(bool)),
			 calloc(inv->n_machines + 1, sizeof(bool))},
	};
	int err;

	if (!f.stances[0] || !f.stances[1] || !f.made[0] || !f.made[1])
		return -ENOMEM;
	err = note_listers(&f);
	err = err ?: collect_pairs(&f);
	for (size_t i = 0; i < f.n_pairs && !err; i++)
		err = look_at(&f, &f.pairs[i]);
	plan->info.halves = plan->n_halves;
	plan->info.halves_left += f.too_many;
	return err;
}
