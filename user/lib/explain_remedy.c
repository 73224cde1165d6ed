/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule that would allow what was refused: as narrow as it was asked about, where it is asked before what refuses it
 * now. It is tried: the inventory is compiled with it, as `check` would, and the programs are asked again. Where the
 * inventory is not known, what is most likely is said untried.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "explain.h"
#include "snapshot.h"
#include "util.h"

enum how { HOW_IN, HOW_BEFORE, HOW_AFTER, HOW_INSTEAD };

static const char *const how_words[] = {
	[HOW_IN] = "in",
	[HOW_BEFORE] = "before",
	[HOW_AFTER] = "after",
	[HOW_INSTEAD] = "in place of",
};

struct remedy {
	struct ig_explain *explain;
	const struct ig_talk *talk;
	const struct ig_talk_end *end;
	void *array;
	struct iotguard_explain_end *out;
	bool management; /* the rule stands there, and not with the machine */
	enum how how;
	struct ig_rules *rules; /* the list that it stands in; NULL: not known */
	size_t position;
	struct ig_rule rule; /* owns nothing */
};

/* --- the sentence --- */

static struct ig_remote remote_of_machine(const struct ig_house_machine *m)
{
	return (struct ig_remote){
		.kind = m->entry->host ? IG_REMOTE_HOST : IG_REMOTE_DEVICE,
		.name = (char *)m->name,
	};
}

static struct ig_remote remote_of_address(const uint8_t addr[16])
{
	struct ig_remote remote = {.kind = IG_REMOTE_PREFIX, .prefix = {.length = 128}};

	memcpy(remote.prefix.addr, addr, 16);
	return remote;
}

/* The other side as this end would call it. */
static struct ig_remote other_side(const struct remedy *r, bool by_address)
{
	const struct ig_talk *talk = r->talk;
	bool own = r->end->machine == &talk->machine;

	if (by_address)
		return remote_of_address(own ? talk->there : talk->local);
	return own ? talk->remote : remote_of_machine(&talk->machine);
}

static bool is_name(const struct remedy *r)
{
	return r->end->machine == &r->talk->machine && r->talk->remote.kind == IG_REMOTE_NAME &&
	       !r->management;
}

enum form {
	FORM_INSTEAD = 1 << 0,
	FORM_CRITICAL = 1 << 1,
	FORM_LOCAL = 1 << 2,
	FORM_BY_ADDRESS = 1 << 3,
	FORMS = 1 << 4,
};

static void make_rule(struct remedy *r, unsigned int form)
{
	uint16_t port = r->talk->plan.src_port;

	r->rule = (struct ig_rule){
		.action = IG_RULE_ALLOWS,
		.side = r->end->from ? IG_RULE_FROM : IG_RULE_TO,
		.remote = other_side(r, form & FORM_BY_ADDRESS),
		.service = r->talk->service,
		.critical = form & FORM_CRITICAL,
		.local = form & FORM_LOCAL,
		.has_source_port = r->talk->has_source_port && port,
		.source_port = {port, port},
		.dscp = r->talk->plan.dscp && !r->talk->plan.ethertype ? r->talk->plan.dscp : -1,
	};
	if (r->management) {
		r->rule.side = IG_RULE_FROM;
		r->rule.remote = remote_of_machine(r->end->machine);
	}
}

/* --- its place --- */

static bool is_sentence(const struct ig_rule *rule, const char *text, unsigned int line)
{
	char buf[IG_RULE_TEXT_MAX];

	if (rule->loc.line != line)
		return false;
	ig_rule_print(rule, buf, sizeof(buf));
	return !strcmp(buf, text);
}

static bool find_rule(const struct ig_rules *rules, const struct iotguard_explain_end *end,
		      size_t *position)
{
	for (size_t i = 0; i < rules->count && end->rule; i++) {
		*position = i;
		if (is_sentence(&rules->items[i], end->rule, end->rule_line))
			return true;
	}
	return false;
}

static struct ig_machine *machine_of(const struct remedy *r)
{
	const struct ig_house_machine *m = r->end->machine;

	return ig_inventory_machine(r->explain->asker.inv, m->entry->host, m->name);
}

/* In front of what denies it, or else at the end of the machine's own rules, which come before those of profiles. */
static void find_place(struct remedy *r)
{
	struct iotguard_inventory *inv = r->explain->asker.inv;
	struct ig_machine *m = machine_of(r);
	bool denied = r->out->reason == IG_REASON_RULE_DENY;

	r->how = HOW_BEFORE;
	r->rules = &inv->gateway.management;
	r->management = denied && find_rule(r->rules, r->out, &r->position);
	if (r->management)
		return;
	r->rules = &m->rules;
	if (denied && find_rule(r->rules, r->out, &r->position))
		return;
	r->how = m->rules.count ? HOW_AFTER : HOW_IN;
	r->position = m->rules.count;
}

static const struct ig_loc *place_loc(const struct remedy *r)
{
	switch (r->how) {
	case HOW_IN:
		return &machine_of(r)->loc;
	case HOW_AFTER:
		return &r->rules->items[r->position - 1].loc;
	default:
		return &r->rules->items[r->position].loc;
	}
}

/* --- trying --- */

/* The list with the rule in it, for as long as it is tried. */
static struct ig_rule *insert(const struct remedy *r, size_t *count)
{
	const struct ig_rules *rules = r->rules;
	size_t skipped = r->how == HOW_INSTEAD, tail = rules->count - r->position - skipped;
	struct ig_rule *items = calloc(rules->count + 1, sizeof(*items));

	if (!items)
		return NULL;
	if (r->position)
		memcpy(items, rules->items, r->position * sizeof(*items));
	items[r->position] = r->rule;
	items[r->position].loc = *place_loc(r);
	if (tail)
		memcpy(items + r->position + 1, rules->items + r->position + skipped,
		       tail * sizeof(*items));
	*count = r->position + 1 + tail;
	return items;
}

/* A quarantine names the rule that would have allowed it: one is no reason to write a critical rule. */
static bool is_allowed(const struct iotguard_verdict *verdict)
{
	return (verdict->passed && verdict->reason == IG_REASON_RULE) ||
	       (verdict->reason == IG_REASON_QUARANTINE && verdict->rule);
}

/* 1: the programs let it pass with this rule; 0: they do not, or nobody could apply it. */
static int try(struct remedy *r)
{
	struct ig_rules before = *r->rules;
	struct iotguard_verdict verdict;
	_free_ struct ig_rule *items = NULL;
	size_t count;
	int err;

	items = insert(r, &count);
	if (!items)
		return -ENOMEM;
	*r->rules = (struct ig_rules){.items = items, .count = count};
	err = ig_asker_try(&r->explain->asker);
	*r->rules = before;
	err = err ?: ig_talk_ask(r->explain, r->end, &verdict);
	if (err == -EINVAL || err == -E2BIG)
		return 0;
	return err ?: is_allowed(&verdict);
}

/* An address that was made up is in no rule; a name is in none that is critical, and nothing else is local. */
static bool may_be_tried(const struct remedy *r, unsigned int form, bool instead)
{
	bool address = !r->talk->plan.ethertype && !r->management && !r->talk->made_up;
	bool name = is_name(r) && !(form & FORM_BY_ADDRESS);

	return !((form & FORM_INSTEAD) && !instead) && !((form & FORM_BY_ADDRESS) && !address) &&
	       !((form & FORM_CRITICAL) && name) && !((form & FORM_LOCAL) && !name);
}

/* What `check` may have against a rule: the opposite stands there already, or a critical one comes behind it. What the
 * programs may: that the machine at the other side is not known by that address, or that the name has a local one. */
static int try_forms(struct remedy *r)
{
	bool instead = r->how == HOW_BEFORE;
	enum how how = r->how;

	for (unsigned int form = 0; form < FORMS; form++) {
		int done;

		if (!may_be_tried(r, form, instead))
			continue;
		r->how = form & FORM_INSTEAD ? HOW_INSTEAD : how;
		make_rule(r, form);
		done = try(r);
		if (done)
			return done;
	}
	return 0;
}

/* --- saying it --- */

static void tell(struct remedy *r, const char *file, unsigned int line, bool tried)
{
	const struct ig_house_machine *m = r->end->machine;
	char text[IG_RULE_TEXT_MAX];

	ig_rule_print(&r->rule, text, sizeof(text));
	r->out->remedy = ig_result_format(r->array, "%s", text);
	r->out->remedy_where =
		r->management ? "gateway.management"
			      : ig_result_format(r->array, "%s.%s.rules",
						 m->entry->host ? "hosts" : "devices", m->name);
	r->out->remedy_how = how_words[r->how];
	r->out->remedy_file = file ? ig_result_format(r->array, "%s", file) : NULL;
	r->out->remedy_line = line;
	r->out->remedy_tried = tried;
}

/* Without the inventory: a sentence of management reads `from`, and is asked with the `to` rules. */
static void guess(struct remedy *r)
{
	const struct iotguard_explain_end *out = r->out;

	r->management = out->rule && !r->end->from && !strncmp(out->rule, "deny from ", 10);
	r->how = out->rule ? HOW_BEFORE : HOW_IN;
	make_rule(r, is_name(r) && ig_house_is_local(&r->explain->house, r->talk->there)
			     ? FORM_LOCAL
			     : 0);
	tell(r, out->rule ? out->rule_file : NULL, out->rule ? out->rule_line : 0, false);
}

static bool is_of_policy(unsigned int reason)
{
	return reason == IG_REASON_NO_RULE || reason == IG_REASON_RULE_DENY ||
	       reason == IG_REASON_ETHERTYPE;
}

int ig_explain_remedy(struct ig_explain *explain, const struct ig_talk *talk,
		      const struct ig_talk_end *end, void *array, struct iotguard_explain_end *out)
{
	struct remedy r = {
		.explain = explain, .talk = talk, .end = end, .array = array, .out = out};
	const struct ig_loc *loc;
	int done;

	if (!is_of_policy(out->reason))
		return 0;
	if (!explain->asker.inv) {
		guess(&r);
		return 0;
	}
	find_place(&r);
	done = try_forms(&r);
	if (done <= 0)
		return done;
	loc = place_loc(&r);
	tell(&r, loc->file, loc->line, true);
	return 0;
}
