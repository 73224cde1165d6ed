/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/schema/plan.schema.json */
#include <string.h>

#include "output.h"
#include "plan.h"
#include "util.h"

static json_t *rule_json(const struct iotguard_plan_rule *rule)
{
	if (!rule)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "level", rule->level,
			 "profile", json_text(rule->profile), "through", json_text(rule->through),
			 "rule", json_text(rule->text), "direction", rule->from ? "from" : "to",
			 "file", json_text(rule->file), "line",
			 rule->file ? json_count(rule->line) : json_null(), "column",
			 rule->file ? json_count(rule->column) : json_null());
}

static json_t *change_json(const struct iotguard_plan_change *change)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "effect",
			 iotguard_plan_effect_name(change->effect), "direction",
			 json_text(change->direction), "what", json_text(change->what), "when",
			 json_text(change->when), "exact", change->exact, "before",
			 rule_json(change->before), "after", rule_json(change->after));
}

/* A list of what @make makes of each item; NULL without memory. */
static json_t *changes_json(const struct iotguard_plan_change *changes, size_t count, bool subjects)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		json_t *item = change_json(&changes[i]);

		if (item && subjects &&
		    json_object_set_new(item, "subject", json_text(changes[i].subject))) {
			json_decref(item);
			return NULL;
		}
		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_incref(list);
}

json_t *plan_changes_json(const struct iotguard_plan_change *changes, size_t count)
{
	return changes_json(changes, count, false);
}

static json_t *policy_json(const struct iotguard_plan_machine *m)
{
	_json_ json_t *rules = json_array();

	for (size_t i = 0; rules && i < m->n_rules; i++) {
		if (json_array_append_new(rules, rule_json(&m->rules[i])))
			return NULL;
	}
	return json_pack("{s:b, s:s, s:O}", "trusted", m->trusted, "infrastructure",
			 m->infrastructure, "rules", rules);
}

static json_t *machine_json(const struct iotguard_plan_machine *m, const struct plan_choice *choice)
{
	bool there = strcmp(m->state, "gone") != 0;

	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "name",
			 json_text(m->name), "kind", m->host ? "host" : "device", "state", m->state,
			 "segment", json_text(m->segment), "profile", json_text(m->profile),
			 "router", json_text(m->router), "mode",
			 json_text(iotguard_mode_name(m->mode)), "dns",
			 m->dns_strict ? "strict" : "open", "flows", json_count(m->flows), "policy",
			 choice->policies && there ? policy_json(m) : json_null(), "changes",
			 changes_json(m->changes, m->n_changes, false));
}

static json_t *machines_json(const struct iotguard_plan *plan, const struct plan_choice *choice)
{
	size_t count;
	const struct iotguard_plan_machine *machines = iotguard_plan_machines(plan, &count);
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (machines[i].selected &&
		    json_array_append_new(list, machine_json(&machines[i], choice)))
			return NULL;
	}
	return json_incref(list);
}

static json_t *half_json(const struct iotguard_plan_half *half)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "opener", json_text(half->opener),
			 "other", json_text(half->other), "lacks", half->lacks_from ? "from" : "to",
			 "what", json_text(half->what), "rule", rule_json(half->rule), "denied",
			 rule_json(half->denied), "line", json_text(half->line));
}

static json_t *halves_json(const struct iotguard_plan *plan)
{
	size_t count;
	const struct iotguard_plan_half *halves = iotguard_plan_halves(plan, &count);
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, half_json(&halves[i])))
			return NULL;
	}
	return json_incref(list);
}

static json_t *general_json(const struct iotguard_plan *plan)
{
	size_t count;
	const struct iotguard_plan_change *changes = iotguard_plan_general(plan, &count);

	return changes_json(changes, count, true);
}

static json_t *summary_json(const struct iotguard_plan_info *info)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "machines",
			 json_count(info->machines), "gains", json_count(info->gains), "losses",
			 json_count(info->losses), "changes", json_count(info->changes),
			 "rewritten", json_count(info->rewritten), "halves",
			 json_count(info->halves), "halves_left", json_count(info->halves_left));
}

int plan_print_json(const struct iotguard_plan *plan, const struct plan_choice *choice)
{
	struct iotguard_plan_info info;

	iotguard_plan_describe(plan, &info);
	return output_json(
		json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "inventory",
			  json_text(choice->inventory), "compared", info.compared, "generation",
			  info.generation ? json_count(info.generation) : json_null(), "different",
			  choice->difference ? json_boolean(info.different) : json_null(),
			  "summary", summary_json(&info), "general", general_json(plan), "machines",
			  machines_json(plan, choice), "halves", halves_json(plan)));
}
