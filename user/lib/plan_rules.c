/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's policy as sentences, each with the place and the level that it comes from. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "index.h"
#include "plan_internal.h"
#include "snapshot.h"
#include "util.h"

const char *ig_plan_text(struct iotguard_plan *plan, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = ig_result_vformat(plan->arena, format, args);
	va_end(args);
	return text;
}

const char *ig_plan_mode(int mode)
{
	const char *name = iotguard_mode_name(mode);

	return name ? name : "unknown";
}

const char *ig_plan_name(struct iotguard_plan *plan, const struct ig_machine *m)
{
	return ig_plan_text(plan, "%s:%s", m->host ? "host" : "device", m->name);
}

const char *ig_plan_infrastructure(struct iotguard_plan *plan, uint32_t on)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} switches[] = {
		{IG_INFRA_ARP, "arp"},
		{IG_INFRA_ND, "nd"},
		{IG_INFRA_DHCP, "dhcp"},
		{IG_INFRA_DNS, "dns"},
		{IG_INFRA_NTP, "ntp"},
		{IG_INFRA_MEMBERSHIP, "membership"},
		{IG_INFRA_LINK_CONTROL, "link-control"},
	};
	char text[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (!(on & switches[i].bit))
			continue;
		if (*text)
			strcat(text, ", ");
		strcat(text, switches[i].word);
	}
	return ig_plan_text(plan, "%s", text);
}

/* --- rules --- */

/* The text of a rule is made once, however many machines have it. */
struct known_text {
	const struct ig_rule *rule; /* the index's key */
	const char *text;
};

/* A list of known texts: the index knows positions, and these are addresses. */
_Static_assert(sizeof(size_t) >= sizeof(void *), "an address is a position");

static const char *text_of(struct iotguard_plan *plan, const struct ig_rule *rule)
{
	size_t at = ig_index_find(plan->known, IG_PLAN_TEXT, &rule, sizeof(rule));
	char text[2 * IG_RULE_TEXT_MAX];
	struct known_text *known;

	if (at != IG_INDEX_NONE)
		return ((struct known_text *)at)->text;
	known = ig_result_add(plan->arena, sizeof(*known));
	if (!known)
		return "";
	ig_rule_print(rule, text, sizeof(text));
	*known = (struct known_text){rule, ig_result_string(plan->arena, text)};
	ig_index_add(plan->known, IG_PLAN_TEXT, &known->rule, sizeof(known->rule), (size_t)known,
		     NULL);
	return known->text;
}

static const struct ig_profile *profile_of(const struct ig_machine *m, const struct ig_rule *rule)
{
	for (const struct ig_profile *p = NULL; (p = ig_next_profile(m, p));) {
		if (rule >= p->rules.items && rule < p->rules.items + p->rules.count)
			return p;
	}
	return NULL;
}

static void say_rule(struct iotguard_plan *plan, const struct ig_world *world,
		     const struct ig_machine *m, const struct ig_rule *rule,
		     struct iotguard_plan_rule *out)
{
	const struct ig_rule *written =
		ig_management_written(&world->resolved.management, world->inv, rule);
	bool managed = written != rule;
	const struct ig_profile *profile;

	written = managed ? written : ig_rule_written(rule);
	profile = profile_of(m, written);
	*out = (struct iotguard_plan_rule){
		.level = managed		   ? "management"
			 : !profile		   ? "own"
			 : profile == m->mud_rules ? "mud"
						   : "profile",
		.profile = profile && profile != m->mud_rules ? profile->name : NULL,
		.through = profile && profile != m->profile && profile != m->mud_rules
				   ? m->profile->name
				   : NULL,
		.from = rule->side == IG_RULE_FROM,
		.text = text_of(plan, written),
		.file = written->loc.file,
		.line = written->loc.line,
		.column = written->loc.column,
	};
}

const struct iotguard_plan_rule *ig_plan_rule_of(struct iotguard_plan *plan,
						 const struct ig_world *world,
						 const struct ig_machine *m,
						 const struct ig_stance_rule *rule)
{
	struct iotguard_plan_rule *out = ig_result_add(plan->arena, sizeof(*out));

	if (!out)
		return NULL;
	if (rule->rule) {
		say_rule(plan, world, m, rule->rule, out);
		return out;
	}
	*out = (struct iotguard_plan_rule){
		.level = rule->origin == IG_ORIGIN_TRUST ? "trust" : "infrastructure",
		.text = rule->origin == IG_ORIGIN_TRUST ? "trust: true"
			: rule->origin == IG_ORIGIN_DNS ? "DNS with the listed resolvers"
							: "NTP with the listed time servers",
	};
	return out;
}

int ig_plan_describe_policy(struct iotguard_plan *plan, const struct ig_world *world,
			    const struct ig_machine *m, struct iotguard_plan_machine *out)
{
	const struct ig_rule_list *list =
		&world->resolved.lists[world->resolved.list_of[m - world->inv->machines]];
	struct iotguard_plan_rule *rules;

	if (m->trusted) /* it is asked for none */
		return 0;
	rules = ig_result_add(plan->arena, list->count * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		say_rule(plan, world, m, list->rules[i], &rules[i]);
	out->rules = rules;
	out->n_rules = list->count;
	return 0;
}
