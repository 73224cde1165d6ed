/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules by name where nothing is resolved, and machines that may resolve nothing. */

#include <errno.h>
#include <string.h>

#include "findings_internal.h"
#include "resolve.h"
#include "util.h"

/* --- nobody to ask --- */

static const struct ig_rule *first_by_name(const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].remote.kind == IG_REMOTE_NAME)
			return &rules->items[i];
	}
	return NULL;
}

/* Once, however many there are: it is one thing to mend. */
static void check_resolvers(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	const struct ig_rule *rule = NULL;

	if (inv->gateway.resolvers.count)
		return;
	for (size_t i = 0; i < inv->n_machines && !rule; i++)
		rule = first_by_name(&inv->machines[i].rules);
	for (size_t i = 0; i < inv->n_profiles && !rule; i++)
		rule = first_by_name(&inv->profiles[i].rules);
	if (rule)
		ig_warning(diags, &rule->loc,
			   "list the resolver that devices ask in `resolvers` of the gateway",
			   "this rule and all others by name match nothing: the gateway lists no "
			   "resolvers, so that no name is ever resolved");
}

/* --- nothing to ask for --- */

static bool is_strict(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	return !m->trusted && ig_machine_dns(inv, m) == IG_DNS_STRICT;
}

bool ig_somebody_is_strict(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		if (is_strict(inv, &inv->machines[i]))
			return true;
	}
	return false;
}

static bool allows_a_name(const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].remote.kind == IG_REMOTE_NAME &&
		    rules->items[i].action == IG_RULE_ALLOWS)
			return true;
	}
	return false;
}

static bool may_ask(const struct ig_machine *m)
{
	bool may = allows_a_name(&m->rules);

	for (const struct ig_profile *p = NULL; !may && (p = ig_next_profile(m, p));)
		may = allows_a_name(&p->rules);
	return may;
}

/* Where a machine has the setting from, and who else has it from there. */
struct source {
	const struct ig_loc *loc; /* NULL: the defaults */
	const char *kind, *name;
	const struct ig_machine *first;
	size_t count;
};

static struct source source_of(const struct ig_machine *m)
{
	if (m->dns != IG_UNSET)
		return (struct source){.loc = &m->loc};
	for (const struct ig_profile *p = m->profile; p; p = p->extends) {
		if (p->dns != IG_UNSET)
			return (struct source){&p->loc, "profile", p->name, NULL, 0};
	}
	if (m->segment->dns != IG_UNSET)
		return (struct source){&m->segment->loc, "segment", m->segment->name, NULL, 0};
	return (struct source){};
}

static void tell_source(struct ig_diags *diags, const struct source *s)
{
	static const char hint[] = "allow the names that are needed, or leave it `dns: open`";
	const char *kind = s->first->host ? "host" : "device";

	if (s->loc == &s->first->loc)
		ig_warning(
			diags, s->loc, hint,
			"%s `%s` may ask for no name: it has `dns: strict`, and none of its rules "
			"allows one",
			kind, s->first->name);
	else if (s->loc)
		ig_warning(
			diags, s->loc, hint,
			"%s `%s` has `dns: strict`, and %zu of those that have it from there may ask "
			"for no name, as no rule of theirs allows one: %s `%s` is the first",
			s->kind, s->name, s->count, kind, s->first->name);
	else
		ig_warning(
			diags, &s->first->loc, hint,
			"the default is `dns: strict`, and %zu of those that have it from there may "
			"ask for no name, as no rule of theirs allows one: %s `%s` is the first",
			s->count, kind, s->first->name);
}

static int check_strict(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	_free_ struct source *sources = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_machine *m = &inv->machines[i];
		struct source s = source_of(m);
		size_t k = 0;

		if (!is_strict(inv, m) || may_ask(m))
			continue;
		while (k < count && sources[k].loc != s.loc)
			k++;
		if (k == IG_FINDINGS_MAX)
			break;
		if (k == count) {
			if (!ig_grow(&sources, count, &capacity, sizeof(*sources)))
				return -ENOMEM;
			s.first = m;
			sources[count++] = s;
		}
		sources[k].count++;
	}
	for (size_t k = 0; k < count; k++)
		tell_source(diags, &sources[k]);
	return 0;
}

int ig_find_names(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	check_resolvers(diags, inv);
	return check_strict(diags, inv);
}
