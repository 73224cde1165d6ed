/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdio.h>
#include <string.h>

#include "findings_internal.h"
#include "management.h"

#define RULE_TEXT 768

/* --- saying it --- */

static bool same_place(const struct ig_loc *a, const struct ig_loc *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column;
}

/* Is this new, and is there room for it? */
static bool take_note(struct ig_teller *t, enum iotguard_severity severity, const struct ig_loc *at,
		      const struct ig_loc *other)
{
	struct ig_said *said = &t->said[severity];

	for (size_t i = 0; i < said->count; i++) {
		if (same_place(said->pairs[i].at, at) && same_place(said->pairs[i].other, other))
			return false;
	}
	if (said->count == IG_FINDINGS_MAX) {
		said->more = true;
		return false;
	}
	said->pairs[said->count++] = (struct ig_pair){at, other};
	return true;
}

/* So many errors that nothing more has to be known. */
bool ig_told_enough(const struct ig_teller *t)
{
	return t->said[IOTGUARD_ERROR].more;
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
static void say(struct ig_teller *t, enum iotguard_severity severity, const struct ig_rule *at,
		const struct ig_rule *other, const char *hint, const char *format)
{
	char text[RULE_TEXT];

	if (!take_note(t, severity, &at->loc, &other->loc))
		return;
	print_rule(other, text, sizeof(text));
	ig_diag_add(t->diags, severity, &at->loc, hint, format, text);
}

void ig_tell_hidden(struct ig_teller *t, const struct ig_rule *ordinary,
		    const struct ig_rule *critical)
{
	say(t, IOTGUARD_ERROR, ordinary, critical,
	    "put the critical rule first, or make this one critical too",
	    "this rule takes packets from a critical one that comes after it: %s");
}

void ig_tell_covered(struct ig_teller *t, const struct ig_rule *a, const struct ig_rule *b,
		     bool alike)
{
	if (b->critical && ig_is_ordinary(a))
		ig_tell_hidden(t, a, b);
	else if (a->action == b->action)
		say(t, IOTGUARD_WARNING, b, a, "take it out, or put it first",
		    "this rule never decides anything: %s, comes before it and covers it");
	else if (alike)
		say(t, IOTGUARD_ERROR, b, a, "take one of them out",
		    "this rule contradicts %s, which matches exactly the same");
	else
		say(t, IOTGUARD_WARNING, b, a, "put it first, or take it out",
		    "this rule never takes effect: %s, comes before it and says the opposite for all "
		    "that it matches");
}

/* --- rules that match nothing --- */

static void say_empty(struct ig_teller *t, const struct ig_rule *rule, const char *kind,
		      const char *name, const struct ig_loc *loc, const char *hint,
		      const char *what)
{
	if (take_note(t, IOTGUARD_WARNING, &rule->loc, loc))
		ig_warning(t->diags, &rule->loc, hint,
			   "this rule matches nothing: %s `%s` (%.256s:%u:%u) %s", kind, name,
			   loc->file, loc->line, loc->column, what);
}

/* Machines that list no addresses may get some, and then rules of IP that name them match. */
void ig_tell_empty(struct ig_teller *t, const struct ig_rule *rule)
{
	const struct ig_remote *remote = &rule->remote;
	const struct ig_segment *segment;
	const struct ig_group *group;

	switch (remote->kind) {
	case IG_REMOTE_SEGMENT:
		segment = ig_inventory_segment(t->inv, remote->name);
		say_empty(t, rule, "segment", remote->name, &segment->loc,
			  "list its `networks`, or name addresses here", "lists no networks");
		break;
	case IG_REMOTE_GROUP:
		group = ig_inventory_group(t->inv, remote->name);
		/* that it is empty was said of the group */
		if (group->count && rule->service.family == IG_SERVICE_ETHER)
			say_empty(t, rule, "group", remote->name, &group->loc, "name the machines",
				  "has no machines, and frames of another ethertype have no IP "
				  "address");
		break;
	default:
		break;
	}
}

/* --- rules of `gateway.management` --- */

static bool names_anybody(const struct iotguard_inventory *inv, const struct ig_rule *rule)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		if (ig_management_names(inv, rule, &inv->machines[i]))
			return true;
	}
	return false;
}

void ig_tell_unasked(struct ig_teller *t, const struct ig_rule *rule)
{
	bool anybody = names_anybody(t->inv, rule);

	/* trusted hosts may do all that it allows */
	if ((anybody && rule->action == IG_RULE_ALLOWS) ||
	    !take_note(t, IOTGUARD_WARNING, &rule->loc, &rule->loc))
		return;
	ig_warning(
		t->diags, &rule->loc,
		anybody ? "take `trust` from the host, or take the rule out"
			: "name a machine of this inventory, or an address that one of them lists",
		anybody ? "this rule never takes effect: all that it names are trusted hosts"
			: "this rule names no machine of the inventory");
}
