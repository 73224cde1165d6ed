/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of rules has levels: those of `gateway.management`, the machine's own, its profile's,
 * those that this one extends. To decide otherwise than the level below is what levels are for, so
 * rules of one level only are held against each other. A critical rule has to come first on all
 * levels.
 *
 * Each level is looked at once, whoever uses it.
 */

#include <errno.h>
#include <string.h>

#include "extent.h"
#include "findings_internal.h"
#include "management.h"
#include "util.h"

#define NO_MACHINE UINT32_MAX

struct finder {
	struct ig_teller teller;
	const struct iotguard_inventory *inv;
	struct ig_places places;
	struct ig_management management;
	struct level *above; /* the level of `gateway.management`, above those of all machines */
	uint32_t *indices;   /* of the machines: positions */
	uint32_t *next;	     /* machine with the same profile */
	bool strict;	     /* `dns: strict` holds for somebody */
};

static void finder_free(struct finder *f)
{
	ig_places_clear(&f->places);
	ig_management_clear(&f->management);
	free(f->indices);
	free(f->next);
}

/* --- levels --- */

struct entry {
	struct ig_extent extent;
	const struct ig_rule *written; /* what people know it by */
	const struct ig_ranges *who;   /* positions of the machines it is asked for; NULL: of all
					  that have the level */
	bool idle; /* matches nothing, or an earlier rule decides all that it matches */
};

/* The rules of one side of a level. */
struct level {
	struct entry *entries;
	size_t count;
	struct ig_match_sets critical; /* all that its critical rules name, once it is summed up */
};

static void level_free(struct level *level)
{
	for (size_t i = 0; i < level->count; i++)
		ig_extent_clear(&level->entries[i].extent);
	free(level->entries);
	ig_match_sets_clear(&level->critical);
	*level = (struct level){};
}

static int level_add(struct finder *f, struct level *level, size_t *capacity,
		     const struct ig_rule *rule)
{
	int err;

	if (!ig_grow(&level->entries, level->count, capacity, sizeof(*level->entries)))
		return -ENOMEM;
	level->entries[level->count] = (struct entry){.written = rule};
	err = ig_extent_make(&level->entries[level->count].extent, rule, f->inv, &f->places,
			     f->indices);
	level->count += !err;
	return err;
}

static int level_make(struct finder *f, struct level *level, const struct ig_rules *rules,
		      enum ig_rule_side side)
{
	size_t capacity = 0;
	int err = 0;

	*level = (struct level){};
	for (size_t i = 0; i < rules->count && !err; i++) {
		if (rules->items[i].side == side)
			err = level_add(f, level, &capacity, &rules->items[i]);
	}
	return err;
}

/* Rules of `gateway.management` are held against each other where they are asked for the same
 * machine. */
static int level_make_above(struct finder *f, struct level *level)
{
	const struct ig_management *management = &f->management;
	size_t capacity = 0;
	int err = 0;

	*level = (struct level){};
	for (size_t i = 0; i < management->count && !err; i++) {
		err = level_add(f, level, &capacity, &management->rules[i]);
		if (err)
			return err;
		level->entries[i].written = &f->inv->gateway.management.items[i];
		level->entries[i].who = &management->who[i];
		level->entries[i].idle = !management->who[i].count;
		if (level->entries[i].idle)
			ig_tell_unasked(&f->teller, level->entries[i].written);
	}
	return err;
}

/* What all levels below a profile's own have that decides for a critical rule: denies, and critical
 * ones. */
static int level_make_below(struct finder *f, struct level *level, const struct ig_profile *profile,
			    enum ig_rule_side side)
{
	size_t capacity = 0;
	int err = 0;

	*level = (struct level){};
	for (; profile; profile = profile->extends) {
		const struct ig_rules *rules = &profile->rules;

		for (size_t i = 0; i < rules->count && !err; i++) {
			if (rules->items[i].side == side && !ig_is_ordinary(&rules->items[i]))
				err = level_add(f, level, &capacity, &rules->items[i]);
		}
	}
	for (size_t j = 0; j < level->count; j++) {
		struct entry *later = &level->entries[j];

		for (size_t i = 0; i < j && later->extent.rule->critical && !later->idle; i++)
			later->idle = ig_extent_covers(&level->entries[i].extent, &later->extent);
	}
	return err;
}

static int level_sum_up(struct level *level)
{
	struct ig_match_sets *sum = &level->critical;
	int err = 0;

	for (size_t i = 0; i < level->count; i++) {
		const struct ig_extent *extent = &level->entries[i].extent;

		if (!extent->rule->critical)
			continue;
		sum->any_remote |= extent->sets.any_remote;
		for (int dim = 0; dim < IG_DIM_MAX && !err; dim++)
			err = ig_ranges_add_all(&sum->dim[dim], &extent->sets.dim[dim]);
	}
	for (int dim = 0; dim < IG_DIM_MAX; dim++)
		ig_ranges_normalise(&sum->dim[dim]);
	return err;
}

/* What an earlier rule leaves of a later one. */
enum left {
	LEFT_SOME,
	LEFT_LATE, /* a critical rule has its packets admitted, but not as critical ones */
	LEFT_NOTHING,
};

static bool is_unasked(const struct entry *entry)
{
	return entry->who && !entry->who->count;
}

static bool entry_covers(const struct entry *a, const struct entry *b)
{
	return (!a->who || !b->who || ig_ranges_cover(a->who, b->who)) &&
	       ig_extent_covers(&a->extent, &b->extent);
}

static bool entry_overlaps(const struct entry *a, const struct entry *b)
{
	return (!a->who || !b->who || ig_ranges_overlap(a->who, b->who)) &&
	       ig_extent_overlaps(&a->extent, &b->extent);
}

/* That a rule by name decides nothing is no reason to take it out where it says what may be asked for. */
static bool says_what_to_ask(const struct finder *f, const struct ig_rule *earlier,
			     const struct ig_rule *later)
{
	return f->strict && later->action == IG_RULE_ALLOWS &&
	       later->remote.kind == IG_REMOTE_NAME && earlier->remote.kind != IG_REMOTE_NAME;
}

static enum left hold_against(struct finder *f, const struct entry *earlier,
			      const struct entry *later, bool same_level)
{
	const struct ig_rule *a = earlier->written, *b = later->written;
	bool hides = b->critical && ig_is_ordinary(a);
	bool tell_hidden = hides && !earlier->idle && !later->idle;

	if (entry_covers(earlier, later)) {
		if (hides ? tell_hidden : same_level && !says_what_to_ask(f, a, b))
			ig_tell_covered(&f->teller, a, b, entry_covers(later, earlier));
		return hides ? LEFT_LATE : LEFT_NOTHING;
	}
	if (tell_hidden && entry_overlaps(earlier, later))
		ig_tell_hidden(&f->teller, a, b);
	return LEFT_SOME;
}

static void check_level(struct finder *f, struct level *level)
{
	for (size_t j = 0; j < level->count && !ig_told_enough(&f->teller); j++) {
		struct entry *later = &level->entries[j];
		enum left left = LEFT_SOME;

		if (ig_extent_empty(&later->extent)) {
			ig_tell_empty(&f->teller, later->written);
			left = LEFT_NOTHING;
		}
		for (size_t i = 0; i < j && left == LEFT_SOME && !is_unasked(later); i++)
			left = hold_against(f, &level->entries[i], later, true);
		later->idle = later->idle || left == LEFT_NOTHING;
	}
}

static bool is_asked_for(const struct entry *entry, uint32_t machine)
{
	return !entry->who || ig_ranges_contain(entry->who, machine);
}

/* What @above decides of a machine's own level. */
static void check_above(struct finder *f, const struct level *above, struct level *own,
			uint32_t machine)
{
	for (size_t j = 0; j < own->count; j++) {
		enum left left = LEFT_SOME;

		for (size_t i = 0; i < above->count && left == LEFT_SOME; i++) {
			if (is_asked_for(&above->entries[i], machine))
				left = hold_against(f, &above->entries[i], &own->entries[j], false);
		}
		own->entries[j].idle = left == LEFT_NOTHING;
	}
}

/* Looks for critical rules of @below that are asked too late. @shared: whoever has @below has
 * @level above it, so that what is decided here is decided for all. @machine: whose levels they
 * are, NO_MACHINE where rules of @level are asked for all. */
static void check_below(struct finder *f, const struct level *level, struct level *below,
			bool shared, uint32_t machine)
{
	for (size_t j = 0; j < below->count && !ig_told_enough(&f->teller); j++) {
		struct entry *later = &below->entries[j];
		enum left left = LEFT_SOME;

		if (later->idle || !later->extent.rule->critical)
			continue;
		for (size_t i = 0; i < level->count && left == LEFT_SOME; i++) {
			const struct entry *earlier = &level->entries[i];

			if (is_asked_for(earlier, machine))
				left = hold_against(f, earlier, later, false);
		}
		later->idle = shared && left == LEFT_NOTHING;
	}
}

/* Could an ordinary rule of @level hide a critical one of @below? No is certain, and the usual
 * answer: it spares to hold each against each. */
static bool may_hide(const struct level *level, const struct level *below)
{
	static const int remote[] = {IG_DIM_ADDR4, IG_DIM_ADDR6, IG_DIM_ENTITY};
	const struct ig_match_sets *critical = &below->critical;

	for (size_t i = 0; i < level->count; i++) {
		const struct ig_match_sets *sets = &level->entries[i].extent.sets;
		bool near = sets->any_remote || critical->any_remote;

		for (size_t k = 0; k < ARRAY_SIZE(remote) && !near; k++)
			near = ig_ranges_overlap(&sets->dim[remote[k]], &critical->dim[remote[k]]);
		if (near && ig_is_ordinary(level->entries[i].extent.rule) &&
		    ig_ranges_overlap(&sets->dim[IG_DIM_SERVICE], &critical->dim[IG_DIM_SERVICE]))
			return true;
	}
	return false;
}

/* --- all of them --- */

static size_t count_side(const struct ig_rules *rules, enum ig_rule_side side)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->count; i++)
		n += rules->items[i].side == side;
	return n;
}

/* One side of a profile, and of the machines that have it. */
struct family {
	enum ig_rule_side side;
	const struct level *above; /* NULL: there is none on this side */
	size_t count;		   /* rules of the profile and of all that it extends */
	struct level own;	   /* the profile's */
	struct level below;	   /* denies and critical ones of what it extends */
	bool hidden_from_above;	   /* a rule of @above may come before critical ones of these */
};

static void family_free(struct family *family)
{
	level_free(&family->own);
	level_free(&family->below);
}

static size_t count_above(const struct level *above, uint32_t machine)
{
	size_t n = 0;

	for (size_t i = 0; i < above->count; i++)
		n += is_asked_for(&above->entries[i], machine);
	return n;
}

/* The machine's own level, between the one above and those of its family. */
static int check_own(struct finder *f, struct family *family, uint32_t machine)
{
	const struct level *above = family->above;
	_cleanup_(level_free) struct level own = {};
	int err = level_make(f, &own, &f->inv->machines[machine].rules, family->side);

	if (err)
		return err;
	if (above)
		check_above(f, above, &own, machine);
	check_level(f, &own);
	if (may_hide(&own, &family->own))
		check_below(f, &own, &family->own, false, NO_MACHINE);
	if (may_hide(&own, &family->below))
		check_below(f, &own, &family->below, false, NO_MACHINE);
	return 0;
}

static int check_machine(struct finder *f, struct family *family, uint32_t machine)
{
	const struct ig_machine *m = &f->inv->machines[machine];
	const struct level *above = family->above;
	size_t count = family->count + count_side(&m->rules, family->side);
	int err;

	if (above)
		count += count_above(above, machine);
	/* more than a table takes is said by whoever compiles it; the rules of trusted hosts are
	 * never asked, which is said as well */
	if (m->trusted || count > IG_MAX_RULES)
		return 0;
	err = check_own(f, family, machine);
	if (!err && family->hidden_from_above) {
		check_below(f, above, &family->own, false, machine);
		check_below(f, above, &family->below, false, machine);
	}
	return err;
}

static int family_make(struct finder *f, struct family *family, const struct ig_profile *profile)
{
	int err = level_make(f, &family->own, &profile->rules, family->side);

	err = err ?: level_make_below(f, &family->below, profile->extends, family->side);
	err = err ?: level_sum_up(&family->own);
	err = err ?: level_sum_up(&family->below);
	family->hidden_from_above =
		!err && family->above &&
		(may_hide(family->above, &family->own) || may_hide(family->above, &family->below));
	return err;
}

/* @profile NULL: the machines that have none. */
static int check_family(struct finder *f, const struct ig_profile *profile, uint32_t machine,
			enum ig_rule_side side)
{
	_cleanup_(family_free) struct family family = {
		.side = side, .above = side == IG_RULE_TO ? f->above : NULL};
	int err = 0;

	for (const struct ig_profile *p = profile; p; p = p->extends)
		family.count += count_side(&p->rules, side);
	if (family.count > IG_MAX_RULES)
		return 0;
	if (profile)
		err = family_make(f, &family, profile);
	if (err)
		return err;
	check_level(f, &family.own);
	check_below(f, &family.own, &family.below, true, NO_MACHINE);
	for (; machine != NO_MACHINE && !err && !ig_told_enough(&f->teller);
	     machine = f->next[machine])
		err = check_machine(f, &family, machine);
	return err;
}

static int check_families(struct finder *f)
{
	const struct iotguard_inventory *inv = f->inv;
	_free_ uint32_t *first = malloc((inv->n_profiles + 1) * sizeof(*first));
	int err = 0;

	if (!first)
		return -ENOMEM;
	for (size_t i = 0; i <= inv->n_profiles; i++)
		first[i] = NO_MACHINE;
	for (size_t i = inv->n_machines; i-- > 0;) {
		const struct ig_profile *profile = inv->machines[i].profile;
		size_t at = profile ? (size_t)(profile - inv->profiles) : inv->n_profiles;

		f->indices[i] = i;
		f->next[i] = first[at];
		first[at] = i;
	}
	for (size_t i = 0; i <= inv->n_profiles && !err; i++) {
		const struct ig_profile *profile = i < inv->n_profiles ? &inv->profiles[i] : NULL;

		/* whoever wrote it does not read this, and it has nothing below it */
		if (profile && profile->mud_url)
			continue;
		err = check_family(f, profile, first[i], IG_RULE_TO);
		err = err ?: check_family(f, profile, first[i], IG_RULE_FROM);
	}
	return err;
}

static int check_all(struct finder *f)
{
	_cleanup_(level_free) struct level above = {};
	int err = level_make_above(f, &above);

	if (err)
		return err;
	check_level(f, &above);
	f->above = &above;
	return check_families(f);
}

int ig_findings(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	_cleanup_(finder_free) struct finder f = {
		.teller = {.diags = diags, .inv = inv},
		.inv = inv,
		.indices = calloc(inv->n_machines + 1, sizeof(*f.indices)),
		.next = calloc(inv->n_machines + 1, sizeof(*f.next)),
	};
	size_t first = diags->count;
	int err = f.indices && f.next ? ig_places_make(&f.places, inv, NULL) : -ENOMEM;

	err = err ?: ig_management_make(inv, &f.management);
	f.strict = ig_somebody_is_strict(inv);
	err = err ?: check_all(&f);
	err = err ?: ig_find_names(diags, inv);
	if (f.teller.said[IOTGUARD_ERROR].more || f.teller.said[IOTGUARD_WARNING].more)
		ig_diag_add(diags, IOTGUARD_NOTE, NULL, "mend these first",
			    "there are more findings like these than the %d that are shown",
			    IG_FINDINGS_MAX);
	ig_diags_sort(diags, first, inv->files, inv->n_files);
	return err ?: f.teller.said[IOTGUARD_ERROR].count ? -EINVAL : 0;
}
