/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of rules has levels: the machine's own, its profile's, those that this one extends. To
 * decide otherwise than the level below is what levels are for, so rules of one level only are held
 * against each other. A critical rule has to come first on all levels.
 *
 * Each level is looked at once, whoever uses it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "extent.h"
#include "findings.h"
#include "util.h"

#define RULE_TEXT  768
#define NO_MACHINE UINT32_MAX

/* What was said of which two places: lists that are written once may be used often. */
struct pair {
	const struct ig_loc *at, *other;
};

struct said {
	struct pair pairs[IG_FINDINGS_MAX];
	size_t count;
	bool more;
};

struct finder {
	struct ig_diags *diags;
	const struct iotguard_inventory *inv;
	struct ig_places places;
	uint32_t *indices;   /* of the machines: positions */
	uint32_t *next;	     /* machine with the same profile */
	struct said said[2]; /* by severity: errors, warnings */
};

static void finder_free(struct finder *f)
{
	ig_places_clear(&f->places);
	free(f->indices);
	free(f->next);
}

/* --- saying it --- */

static bool same_place(const struct ig_loc *a, const struct ig_loc *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column;
}

/* Is this new, and is there room for it? */
static bool take_note(struct finder *f, enum iotguard_severity severity, const struct ig_loc *at,
		      const struct ig_loc *other)
{
	struct said *said = &f->said[severity];

	for (size_t i = 0; i < said->count; i++) {
		if (same_place(said->pairs[i].at, at) && same_place(said->pairs[i].other, other))
			return false;
	}
	if (said->count == IG_FINDINGS_MAX) {
		said->more = true;
		return false;
	}
	said->pairs[said->count++] = (struct pair){at, other};
	return true;
}

/* So many errors that nothing more has to be known. */
static bool enough(const struct finder *f)
{
	return f->said[IOTGUARD_ERROR].more;
}

/* "FILE:LINE:COLUMN, `SENTENCE`": without the reason, which is for people who read the list. */
static void print_rule(const struct ig_rule *rule, char *buf, size_t size)
{
	struct ig_rule bare = *rule;
	int n = snprintf(buf, size, "%.256s:%u:%u, `", rule->loc.file, rule->loc.line,
			 rule->loc.column);

	bare.because = NULL;
	ig_rule_print(&bare, buf + n, size - n - 1);
	strcat(buf, "`");
}

/* @format has a %s for the place and the text of @other. */
static void say(struct finder *f, enum iotguard_severity severity, const struct ig_rule *at,
		const struct ig_rule *other, const char *hint, const char *format)
{
	char text[RULE_TEXT];

	if (!take_note(f, severity, &at->loc, &other->loc))
		return;
	print_rule(other, text, sizeof(text));
	ig_diag_add(f->diags, severity, &at->loc, hint, format, text);
}

static void say_hidden(struct finder *f, const struct ig_rule *ordinary,
		       const struct ig_rule *critical)
{
	say(f, IOTGUARD_ERROR, ordinary, critical,
	    "put the critical rule first, or make this one critical too",
	    "this rule takes packets from a critical one that comes after it: %s");
}

static bool ordinary_allow(const struct ig_rule *rule)
{
	return rule->action == IG_RULE_ALLOWS && !rule->critical;
}

static void say_covered(struct finder *f, const struct ig_extent *earlier,
			const struct ig_extent *later)
{
	const struct ig_rule *a = earlier->rule, *b = later->rule;

	if (b->critical && ordinary_allow(a))
		say_hidden(f, a, b);
	else if (a->action == b->action)
		say(f, IOTGUARD_WARNING, b, a, "take it out, or put it first",
		    "this rule never decides anything: %s, comes before it and covers it");
	else if (ig_extent_covers(later, earlier))
		say(f, IOTGUARD_ERROR, b, a, "take one of them out",
		    "this rule contradicts %s, which matches exactly the same");
	else
		say(f, IOTGUARD_WARNING, b, a, "put it first, or take it out",
		    "this rule never takes effect: %s, comes before it and says the opposite for all "
		    "that it matches");
}

/* --- rules that match nothing --- */

static void say_empty(struct finder *f, const struct ig_rule *rule, const char *kind,
		      const char *name, const struct ig_loc *loc, const char *hint,
		      const char *what)
{
	if (take_note(f, IOTGUARD_WARNING, &rule->loc, loc))
		ig_warning(f->diags, &rule->loc, hint,
			   "this rule matches nothing: %s `%s` (%.256s:%u:%u) %s", kind, name,
			   loc->file, loc->line, loc->column, what);
}

/* Machines that list no addresses may get some, and then rules of IP that name them match. */
static void report_empty(struct finder *f, const struct ig_rule *rule)
{
	const struct ig_remote *remote = &rule->remote;
	const struct ig_segment *segment;
	const struct ig_group *group;

	switch (remote->kind) {
	case IG_REMOTE_SEGMENT:
		segment = ig_inventory_segment(f->inv, remote->name);
		say_empty(f, rule, "segment", remote->name, &segment->loc,
			  "list its `networks`, or name addresses here", "lists no networks");
		break;
	case IG_REMOTE_GROUP:
		group = ig_inventory_group(f->inv, remote->name);
		/* that it is empty was said of the group */
		if (group->count && rule->service.family == IG_SERVICE_ETHER)
			say_empty(f, rule, "group", remote->name, &group->loc, "name the machines",
				  "has no machines, and frames of another ethertype have no IP "
				  "address");
		break;
	default:
		break;
	}
}

/* --- levels --- */

struct entry {
	struct ig_extent extent;
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
	level->entries[level->count] = (struct entry){};
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
			if (rules->items[i].side == side && !ordinary_allow(&rules->items[i]))
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

static enum left hold_against(struct finder *f, const struct entry *earlier,
			      const struct entry *later, bool same_level)
{
	const struct ig_rule *a = earlier->extent.rule, *b = later->extent.rule;
	bool hides = b->critical && ordinary_allow(a);

	if (ig_extent_covers(&earlier->extent, &later->extent)) {
		if (same_level || hides)
			say_covered(f, &earlier->extent, &later->extent);
		return hides ? LEFT_LATE : LEFT_NOTHING;
	}
	if (hides && !earlier->idle && ig_extent_overlaps(&earlier->extent, &later->extent))
		say_hidden(f, a, b);
	return LEFT_SOME;
}

static void check_level(struct finder *f, struct level *level)
{
	for (size_t j = 0; j < level->count && !enough(f); j++) {
		struct entry *later = &level->entries[j];
		enum left left = LEFT_SOME;

		if (ig_extent_empty(&later->extent)) {
			report_empty(f, later->extent.rule);
			left = LEFT_NOTHING;
		}
		for (size_t i = 0; i < j && left == LEFT_SOME; i++)
			left = hold_against(f, &level->entries[i], later, true);
		later->idle = left == LEFT_NOTHING;
	}
}

/* Looks for critical rules of @below that are asked too late. @shared: whoever has @below has
 * @level above it, so that what is decided here is decided for all. */
static void check_below(struct finder *f, const struct level *level, struct level *below,
			bool shared)
{
	for (size_t j = 0; j < below->count && !enough(f); j++) {
		struct entry *later = &below->entries[j];
		enum left left = LEFT_SOME;

		if (later->idle || !later->extent.rule->critical)
			continue;
		for (size_t i = 0; i < level->count && left == LEFT_SOME; i++)
			left = hold_against(f, &level->entries[i], later, false);
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
		if (near && ordinary_allow(level->entries[i].extent.rule) &&
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
	size_t count;	    /* rules of the profile and of all that it extends */
	struct level own;   /* the profile's */
	struct level below; /* denies and critical ones of what it extends */
};

static void family_free(struct family *family)
{
	level_free(&family->own);
	level_free(&family->below);
}

static int check_machine(struct finder *f, struct family *family, const struct ig_machine *m)
{
	_cleanup_(level_free) struct level own = {};
	int err;

	/* more than a table takes is said by whoever compiles it; the rules of trusted hosts are
	 * never asked, which is said as well */
	if (m->trusted || family->count + count_side(&m->rules, family->side) > IG_MAX_RULES)
		return 0;
	err = level_make(f, &own, &m->rules, family->side);
	if (err)
		return err;
	check_level(f, &own);
	if (may_hide(&own, &family->own))
		check_below(f, &own, &family->own, false);
	if (may_hide(&own, &family->below))
		check_below(f, &own, &family->below, false);
	return 0;
}

/* @profile NULL: the machines that have none. */
static int check_family(struct finder *f, const struct ig_profile *profile, uint32_t machine,
			enum ig_rule_side side)
{
	_cleanup_(family_free) struct family family = {.side = side};
	int err = 0;

	for (const struct ig_profile *p = profile; p; p = p->extends)
		family.count += count_side(&p->rules, side);
	if (family.count > IG_MAX_RULES)
		return 0;
	if (profile) {
		err = level_make(f, &family.own, &profile->rules, side);
		err = err ?: level_make_below(f, &family.below, profile->extends, side);
		err = err ?: level_sum_up(&family.own);
		err = err ?: level_sum_up(&family.below);
	}
	if (err)
		return err;
	check_level(f, &family.own);
	check_below(f, &family.own, &family.below, true);
	for (; machine != NO_MACHINE && !err && !enough(f); machine = f->next[machine])
		err = check_machine(f, &family, &f->inv->machines[machine]);
	return err;
}

static int check_all(struct finder *f)
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

		err = check_family(f, profile, first[i], IG_RULE_TO);
		err = err ?: check_family(f, profile, first[i], IG_RULE_FROM);
	}
	return err;
}

int ig_findings(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	_cleanup_(finder_free) struct finder f = {
		.diags = diags,
		.inv = inv,
		.indices = calloc(inv->n_machines + 1, sizeof(*f.indices)),
		.next = calloc(inv->n_machines + 1, sizeof(*f.next)),
	};
	size_t first = diags->count;
	int err = f.indices && f.next ? ig_places_make(&f.places, inv) : -ENOMEM;

	err = err ?: check_all(&f);
	if (f.said[IOTGUARD_ERROR].more || f.said[IOTGUARD_WARNING].more)
		ig_diag_add(diags, IOTGUARD_NOTE, NULL, "mend these first",
			    "there are more findings like these than the %d that are shown",
			    IG_FINDINGS_MAX);
	ig_diags_sort(diags, first, inv->files, inv->n_files);
	return err ?: f.said[IOTGUARD_ERROR].count ? -EINVAL : 0;
}
