/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "plan.h"
#include "util.h"
#include "words.h"

#define NAMES_MAX 6 /* in one heading; the rest is counted */

struct printer {
	struct cli *cli;
	const struct plan_choice *choice;
	const struct iotguard_plan *plan;
	const struct iotguard_plan_machine *machines;
	size_t n_machines;
	bool failed; /* out of memory */
};

/* All of it, escaped: a rule may be long. */
static void put_text(struct printer *p, const char *text)
{
	char usual[TEXT_USUAL];
	size_t n = iotguard_escape_text(text, usual, sizeof(usual));
	_free_ char *longer = NULL;

	if (n >= sizeof(usual)) {
		longer = malloc(n + 1);
		p->failed = p->failed || !longer;
		if (longer)
			iotguard_escape_text(text, longer, n + 1);
	}
	fputs(longer ? longer : usual, stdout);
}

/* "ward.yaml:31, its own" */
static void put_origin(struct printer *p, const struct iotguard_plan_rule *rule)
{
	if (!rule->file) {
		put_text(p, rule->text);
		return;
	}
	put_text(p, rule->file);
	if (rule->line)
		printf(":%u", rule->line);
	fputs(", ", stdout);
	if (!strcmp(rule->level, "management")) {
		fputs("gateway.management", stdout);
	} else if (!strcmp(rule->level, "own")) {
		fputs("its own", stdout);
	} else if (!strcmp(rule->level, "mud")) {
		fputs("its MUD file", stdout);
	} else {
		fputs("profile ", stdout);
		put_text(p, rule->profile);
		if (rule->through) {
			fputs(", by ", stdout);
			put_text(p, rule->through);
		}
	}
}

/* --- names in headings --- */

struct names {
	size_t said, left;
};

static void put_name(struct printer *p, struct names *names, const char *name)
{
	if (names->said == NAMES_MAX) {
		names->left++;
		return;
	}
	if (names->said++)
		fputs(", ", stdout);
	else
		fputs(style_on(p->cli, STYLE_BOLD), stdout);
	put_text(p, name);
}

static size_t end_names(struct printer *p, struct names *names)
{
	if (names->left)
		printf(" and %zu more", names->left);
	fputs(style_off(p->cli, STYLE_BOLD), stdout);
	return names->said + names->left;
}

/* --- the difference --- */

static void put_effect(struct printer *p, enum iotguard_plan_effect effect)
{
	static const struct {
		const char *word;
		enum style style;
	} words[] = {
		[IOTGUARD_PLAN_NOTE] = {"note", STYLE_PLAIN},
		[IOTGUARD_PLAN_CHANGE] = {"other", STYLE_WARN},
		[IOTGUARD_PLAN_GAIN] = {"gains", STYLE_GOOD},
		[IOTGUARD_PLAN_LOSS] = {"loses", STYLE_BAD},
	};
	enum style style = words[effect].style;

	printf("  %s%-5s%s  ", style_on(p->cli, style), words[effect].word,
	       style_off(p->cli, style));
}

static const char *when_word(const char *when)
{
	if (!when)
		return "";
	return !strcmp(when, "quarantine") ? ", in quarantine" : ", as critical";
}

static void put_change(struct printer *p, const struct iotguard_plan_change *change)
{
	bool gains = change->effect == IOTGUARD_PLAN_GAIN;
	const struct iotguard_plan_rule *rule = gains ? change->after : change->before;
	const struct iotguard_plan_rule *other = gains ? change->before : change->after;

	put_effect(p, change->effect);
	put_text(p, change->what);
	fputs(when_word(change->when), stdout);
	if (rule || other)
		fputs("  # ", stdout);
	if (rule)
		put_origin(p, rule);
	if (other) {
		fputs(rule ? "; " : "", stdout);
		fputs(gains ? "before: " : "now: ", stdout);
		put_origin(p, other);
	}
	putchar('\n');
}

static void put_changes(struct printer *p, const struct iotguard_plan_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_change(p, &changes[i]);
	if (count && !changes[count - 1].exact)
		puts("  (too much to be asked one by one: rules were compared with rules)");
}

static bool is_different(const struct iotguard_plan_machine *m)
{
	return m->selected && strcmp(m->state, "same") != 0;
}

static const char *state_word(const struct iotguard_plan_machine *m, size_t n)
{
	if (!strcmp(m->state, "new"))
		return n == 1 ? " is new" : " are new";
	if (!strcmp(m->state, "gone"))
		return n == 1 ? " is gone" : " are gone";
	return "";
}

/* Machines that change alike stand together. */
static void print_machine_changes(struct printer *p, size_t first, const size_t *next)
{
	const struct iotguard_plan_machine *m = &p->machines[first];
	struct names names = {0};

	for (size_t i = first; i < p->n_machines; i = next[i])
		put_name(p, &names, p->machines[i].name);
	puts(state_word(m, end_names(p, &names)));
	put_changes(p, m->changes, m->n_changes);
}

static void print_general(struct printer *p)
{
	size_t count;
	const struct iotguard_plan_change *changes = iotguard_plan_general(p->plan, &count);
	const char *subject = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!subject || strcmp(subject, changes[i].subject) != 0) {
			subject = changes[i].subject;
			fputs(style_on(p->cli, STYLE_BOLD), stdout);
			put_text(p, subject);
			printf("%s\n", style_off(p->cli, STYLE_BOLD));
		}
		put_change(p, &changes[i]);
	}
}

/* Lists of those that are alike: from each to the next one; n_machines ends one. */
static size_t *chain(const struct printer *p, bool by_policy)
{
	size_t *next = calloc(p->n_machines + 1, sizeof(*next));
	_free_ size_t *last = calloc(p->n_machines + 1, sizeof(*last));

	for (size_t i = 0; next && last && i < p->n_machines; i++) {
		const struct iotguard_plan_machine *m = &p->machines[i];
		size_t first = by_policy ? m->policy_like : m->like;

		next[i] = p->n_machines;
		if (first != i)
			next[last[first]] = i;
		last[first] = i;
	}
	if (last)
		return next;
	free(next);
	return NULL;
}

static void print_summary(const struct iotguard_plan_info *info)
{
	if (info->different)
		printf("%zu %s would change: %zu %s, %zu %s, %zu other %s\n", info->machines,
		       plural(info->machines, "machine", "machines"), info->gains,
		       plural(info->gains, "gain", "gains"), info->losses,
		       plural(info->losses, "loss", "losses"), info->changes,
		       plural(info->changes, "change", "changes"));
	else
		puts("nothing would change");
	if (info->rewritten)
		printf("the rules of %zu %s are written or ordered otherwise, and allow the same\n",
		       info->rewritten, plural(info->rewritten, "machine", "machines"));
}

static void print_difference(struct printer *p, const struct iotguard_plan_info *info)
{
	_free_ size_t *next = NULL;

	if (!info->enforced) {
		puts("nothing is enforced here: all of this is new");
		return;
	}
	next = chain(p, false);
	if (!next) {
		p->failed = true;
		return;
	}
	print_general(p);
	for (size_t i = 0; i < p->n_machines; i++) {
		if (is_different(&p->machines[i]) && p->machines[i].like == i)
			print_machine_changes(p, i, next);
	}
	print_summary(info);
}

/* --- policies --- */

static void put_class(struct printer *p, const struct iotguard_plan_machine *m)
{
	const char *mode = iotguard_mode_name(m->mode);

	printf(" (%s, segment ", m->host ? "host" : "device");
	put_text(p, m->segment);
	if (m->profile) {
		fputs(", profile ", stdout);
		put_text(p, m->profile);
	}
	if (m->router) {
		fputs(", behind ", stdout);
		put_text(p, m->router);
	}
	printf(", mode %s, %s%u flows)\n", mode ? mode : "unknown",
	       m->dns_strict ? "dns strict, " : "", m->flows);
}

static void print_policy(struct printer *p, size_t first, const size_t *next)
{
	const struct iotguard_plan_machine *m = &p->machines[first];
	struct names names = {0};

	for (size_t i = first; i < p->n_machines; i = next[i])
		put_name(p, &names, p->machines[i].name);
	end_names(p, &names);
	put_class(p, m);
	printf("  without a rule: %s\n", *m->infrastructure ? m->infrastructure : "nothing");
	if (m->trusted)
		puts("  trusted: whatever it opens, and whatever is opened to it");
	for (size_t i = 0; i < m->n_rules; i++) {
		fputs("  - ", stdout);
		put_text(p, m->rules[i].text);
		fputs("  # ", stdout);
		put_origin(p, &m->rules[i]);
		putchar('\n');
	}
	if (!m->trusted)
		puts(m->n_rules ? "  and nothing else" : "  no rules, and nothing else");
}

static void print_policies(struct printer *p)
{
	_free_ size_t *next = chain(p, true);

	if (!next) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < p->n_machines; i++) {
		const struct iotguard_plan_machine *m = &p->machines[i];

		if (m->selected && m->policy_like == i && strcmp(m->state, "gone") != 0)
			print_policy(p, i, next);
	}
}

/* --- what one side alone allows --- */

static const char *willing(const struct iotguard_plan_half *half)
{
	return half->lacks_from ? half->opener : half->other;
}

static const char *unwilling(const struct iotguard_plan_half *half)
{
	return half->lacks_from ? half->other : half->opener;
}

static int compare_halves(const void *a, const void *b)
{
	const struct iotguard_plan_half *x = *(const struct iotguard_plan_half *const *)a,
					*y = *(const struct iotguard_plan_half *const *)b;
	int order = strcmp(willing(x), willing(y));

	order = order ? order : (int)x->lacks_from - y->lacks_from;
	order = order ? order : strcmp(x->rule->file, y->rule->file);
	if (!order && x->rule->line != y->rule->line)
		order = x->rule->line < y->rule->line ? -1 : 1;
	order = order ? order : strcmp(x->rule->text, y->rule->text);
	order = order ? order : strcmp(x->what, y->what);
	order = order ? order : !x->denied - !y->denied;
	return order ? order : x < y ? -1 : x > y;
}

static bool same_half(const struct iotguard_plan_half *x, const struct iotguard_plan_half *y)
{
	return !strcmp(willing(x), willing(y)) && x->lacks_from == y->lacks_from &&
	       x->rule->line == y->rule->line && !strcmp(x->rule->text, y->rule->text) &&
	       !strcmp(x->rule->file, y->rule->file) && !strcmp(x->what, y->what) && !x->denied &&
	       !y->denied;
}

static void print_half(struct printer *p, const struct iotguard_plan_half *const *halves, size_t n)
{
	const struct iotguard_plan_half *half = halves[0];
	const char *service = *half->what ? half->what : "anything";
	struct names names = {0};

	fputs("  ", stdout);
	if (half->lacks_from) {
		put_text(p, half->opener);
		fputs(" may open ", stdout);
		put_text(p, service);
		fputs(" to ", stdout);
	} else {
		put_text(p, half->other);
		fputs(" lets ", stdout);
		put_text(p, service);
		fputs(" be opened by ", stdout);
	}
	for (size_t i = 0; i < n; i++)
		put_name(p, &names, unwilling(halves[i]));
	end_names(p, &names);
	fputs("  # ", stdout);
	put_origin(p, half->rule);
	putchar('\n');
	if (half->denied) {
		fputs("      denied there by ", stdout);
		put_origin(p, half->denied);
		putchar('\n');
	}
	if (half->line) {
		printf("      %s there: ", half->denied ? "before that" : "missing");
		put_text(p, half->line);
		putchar('\n');
	}
}

static void print_sorted_halves(struct printer *p, const struct iotguard_plan_half *const *sorted,
				size_t count)
{
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && same_half(sorted[i], sorted[end]);)
			end++;
		print_half(p, sorted + i, end - i);
	}
}

static void print_halves(struct printer *p, const struct iotguard_plan_info *info)
{
	size_t count;
	const struct iotguard_plan_half *halves = iotguard_plan_halves(p->plan, &count);
	const struct iotguard_plan_half **sorted;

	if (!count)
		return;
	if (!p->choice->policies) {
		printf("%zu %s allowed by one side only: --all, or the name of a machine, lists %s\n",
		       count, plural(count, "conversation is", "conversations are"),
		       plural(count, "it", "them"));
		return;
	}
	sorted = calloc(count, sizeof(*sorted));
	if (!sorted) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		sorted[i] = &halves[i];
	qsort(sorted, count, sizeof(*sorted), compare_halves);
	puts("allowed by one side only:");
	print_sorted_halves(p, sorted, count);
	if (info->halves_left)
		printf("  and others: %zu were not looked at\n", info->halves_left);
	free(sorted);
}

static int finish(const struct printer *p)
{
	if (!p->failed)
		return CLI_OK;
	cli_error(p->cli, NULL, "out of memory");
	return CLI_FAILED;
}

int plan_print_changes(struct cli *cli, const struct iotguard_plan_change *changes, size_t count)
{
	struct printer p = {.cli = cli};

	put_changes(&p, changes, count);
	return finish(&p);
}

int plan_print_text(struct cli *cli, const struct iotguard_plan *plan,
		    const struct plan_choice *choice)
{
	struct printer p = {.cli = cli, .choice = choice, .plan = plan};
	struct iotguard_plan_info info;

	p.machines = iotguard_plan_machines(plan, &p.n_machines);
	iotguard_plan_describe(plan, &info);
	if (choice->difference)
		print_difference(&p, &info);
	if (choice->policies)
		print_policies(&p);
	print_halves(&p, &info);
	return finish(&p);
}
