/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may reach the gateway itself: rules that stand before those of machines. */
#include "generate.h"

/* An address that some machine lists, or a network of such. */
static void set_prefix(struct world *w, struct rule *rule)
{
	static const uint8_t shorter[] = {0, 0, 0, 1, 8};
	const struct machine *m = &w->machines[some_machine(w)];
	const struct address *address = m->n_listed ? &m->own[below(w, m->n_listed)] : NULL;

	/* ICMP is of the one version only, and so may the rule be */
	if (!address || (rule->version && rule->version != (address->v6 ? 6 : 4)) ||
	    (rule->service == SERVICE_ICMP && address->v6) ||
	    (rule->service == SERVICE_ICMPV6 && !address->v6))
		return;
	rule->prefix =
		prefix_of(address, 8 * (unsigned int)address_size(address) - PICK(w, shorter));
}

void management_make(struct world *w)
{
	struct rules *rules = &w->gateway.management;

	rules->n = 0;
	if (!with(w, WITH_MANAGEMENT) || percent(w, 45))
		return;
	for (unsigned int n = between(w, 1, 7); n; n--) {
		struct rule *rule = &rules->items[rules->n++];

		*rule = rule_make(w, 65, true);
		if (rule->remote == REMOTE_PREFIX && percent(w, 70))
			set_prefix(w, rule);
	}
	management_mend(w);
}

static bool has_critical(const struct rules *rules)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->items[i].critical && rules->items[i].side == SIDE_TO)
			return true;
	return false;
}

static bool any_critical(const struct world *w)
{
	for (unsigned int i = 0; i < w->n_profiles; i++)
		if (has_critical(&w->profiles[i].rules))
			return true;
	for (unsigned int i = 0; i < w->n_machines; i++)
		if (has_critical(&w->machines[i].rules))
			return true;
	return false;
}

void management_mend(struct world *w)
{
	struct rules *rules = &w->gateway.management;
	bool critical = any_critical(w) || (with(w, WITH_CRITICAL) && percent(w, 10));

	rules_agree(w, rules);
	for (unsigned int i = 0; i < rules->n; i++)
		rules->items[i].critical = critical && rules->items[i].allow;
}

bool management_rule(struct world *w, struct rule *rule)
{
	const struct rules *rules = &w->gateway.management;

	if (!rules->n)
		return false;
	*rule = rules->items[below(w, rules->n)];
	rule->side = SIDE_TO;
	rule->remote = REMOTE_GATEWAY;
	return true;
}
