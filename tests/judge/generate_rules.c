/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of rules.
 *
 * The loader refuses two rules of a list that match exactly the same and contradict each other.
 *
 * The loader refuses an ordinary `allow` that overlaps a later critical rule of its side. So on each
 * side of a list critical ones come first; and where a list further down the chain has critical
 * ones on a side, all that a list above it allows on that side is critical, too. But for what no
 * packet is known to match yet: a machine that lists no address.
 */
#include "generate.h"

static int compare_ranges(const struct range *a, const struct range *b)
{
	return a->first < b->first ? -1 : a->first > b->first;
}

static void sort_ranges(struct rule *rule)
{
	for (unsigned int i = 1; i < rule->n_ranges; i++) {
		for (unsigned int j = i;
		     j && compare_ranges(&rule->ranges[j], &rule->ranges[j - 1]) < 0; j--) {
			struct range range = rule->ranges[j];

			rule->ranges[j] = rule->ranges[j - 1];
			rule->ranges[j - 1] = range;
		}
	}
}

/* Drops what would be joined with the range before it: @reach 1 where neighbours join. */
static void part_ranges(struct rule *rule, unsigned int reach)
{
	unsigned int kept = 0;

	sort_ranges(rule);
	for (unsigned int i = 0; i < rule->n_ranges; i++)
		if (!kept || rule->ranges[i].first > rule->ranges[kept - 1].last + reach)
			rule->ranges[kept++] = rule->ranges[i];
	rule->n_ranges = (uint8_t)kept;
}

static struct range some_ports(struct world *w)
{
	uint32_t first = PICK(w, w->services), last = first;

	if (percent(w, 10))
		first = between(w, 1, first);
	if (percent(w, 25))
		last += below(w, percent(w, 30) ? 20000 : 20);
	return (struct range){(uint16_t)first, (uint16_t)(last > 65535 ? 65535 : last)};
}

static void make_port_ranges(struct world *w, struct rule *rule)
{
	rule->n_ranges = percent(w, 20) ? 0 : (uint8_t)(percent(w, 70) ? 1 : between(w, 2, 4));
	for (unsigned int i = 0; i < rule->n_ranges; i++)
		rule->ranges[i] = some_ports(w);
	part_ranges(rule, 1);
}

static void make_icmp_ranges(struct world *w, struct rule *rule)
{
	static const uint8_t v4[] = {0, 3, 4, 5, 8, 8, 9, 10, 11, 12, 13, 14, 15, 17, 40, 255};
	static const uint8_t v6[] = {1,	  2,   3,   4,	 128, 128, 129, 130, 131,
				     133, 134, 135, 136, 137, 143, 144, 200};

	rule->n_ranges = percent(w, 20) ? 0 : (uint8_t)(percent(w, 65) ? 1 : between(w, 2, 3));
	for (unsigned int i = 0; i < rule->n_ranges; i++) {
		unsigned int type = rule->service == SERVICE_ICMP ? PICK(w, v4) : PICK(w, v6);
		unsigned int code = below(w, 4);
		bool whole = percent(w, 70);

		rule->ranges[i] = (struct range){(uint16_t)(type << 8 | (whole ? 0 : code)),
						 (uint16_t)(type << 8 | (whole ? 255 : code))};
	}
	part_ranges(rule, 0);
}

static void make_remote(struct world *w, struct rule *rule)
{
	unsigned int roll = below(w, 100);

	rule->remote = REMOTE_PREFIX;
	rule->prefix = w->prefixes[below(w, w->n_prefixes)];
	if (w->named && percent(w, w->keen ? 40 : 18)) {
		rule->remote = REMOTE_NAME;
		rule->index = (uint8_t)some_pattern(w);
	} else if (with(w, WITH_SETS) && percent(w, 16)) {
		set_choose(w, rule);
	} else if (roll < 14) {
		rule->remote = REMOTE_ANY;
	} else if (roll < 22) {
		rule->remote = REMOTE_LOCAL;
	} else if (roll < 31) {
		rule->remote = REMOTE_GATEWAY;
	} else if (roll < 40) {
		rule->remote = REMOTE_INTERNET;
	} else if (roll < 56) {
		rule->remote = REMOTE_MACHINE;
		rule->index = (uint8_t)some_machine(w);
	} else if (roll < 64 && w->n_groups) {
		rule->remote = REMOTE_GROUP;
		rule->index = (uint8_t)below(w, w->n_groups);
	} else if (roll < 71) {
		rule->remote = REMOTE_SEGMENT;
		rule->index = (uint8_t)below(w, w->n_segments);
	}
}

static bool has_no_frames(const struct rule *rule)
{
	return rule->remote == REMOTE_PREFIX || rule->remote == REMOTE_LOCAL ||
	       rule->remote == REMOTE_INTERNET || rule->remote == REMOTE_SEGMENT ||
	       rule->remote == REMOTE_NAME;
}

static void make_service(struct world *w, struct rule *rule)
{
	static const uint8_t protocols[] = {0, 2, 4, 41, 47, 50, 51, 89, 132, 255};
	static const uint8_t services[] = {
		SERVICE_ANY, SERVICE_ANY,  SERVICE_TCP,	   SERVICE_TCP, SERVICE_TCP,
		SERVICE_TCP, SERVICE_TCP,  SERVICE_UDP,	   SERVICE_UDP, SERVICE_UDP,
		SERVICE_UDP, SERVICE_ICMP, SERVICE_ICMPV6, SERVICE_IP,	SERVICE_ETHERTYPE};
	bool prefix = rule->remote == REMOTE_PREFIX, v6 = rule->prefix.base.v6;

	rule->service = PICK(w, services);
	if (prefix && rule->service == SERVICE_ICMP && v6)
		rule->service = SERVICE_ICMPV6;
	else if (prefix && rule->service == SERVICE_ICMPV6 && !v6)
		rule->service = SERVICE_ICMP;
	if (rule->service == SERVICE_ETHERTYPE && has_no_frames(rule))
		rule->remote = REMOTE_ANY;
	/* Frames have the MAC address of the router. */
	if (rule->service == SERVICE_ETHERTYPE && rule->remote == REMOTE_MACHINE &&
	    w->machines[rule->index].router >= 0)
		rule->index = (uint8_t)w->machines[rule->index].router;
	switch (rule->service) {
	case SERVICE_TCP:
	case SERVICE_UDP:
		make_port_ranges(w, rule);
		break;
	case SERVICE_ICMP:
	case SERVICE_ICMPV6:
		make_icmp_ranges(w, rule);
		break;
	case SERVICE_IP:
		rule->number = PICK(w, protocols);
		break;
	case SERVICE_ETHERTYPE:
		rule->number = PICK(w, w->ethertypes);
		break;
	default:
		break;
	}
}

/* One that does not contradict the rest. */
static uint8_t some_version(struct world *w, const struct rule *rule)
{
	if (rule->remote == REMOTE_PREFIX)
		return rule->prefix.base.v6 ? 6 : 4;
	if (rule->service == SERVICE_ICMP)
		return 4;
	return rule->service == SERVICE_ICMPV6 || percent(w, 45) ? 6 : 4;
}

static void make_options(struct world *w, struct rule *rule)
{
	static const uint8_t dscps[] = {0, 0, 8, 46, 46, 63};
	bool has_ports = rule->service == SERVICE_TCP || rule->service == SERVICE_UDP;

	rule->dscp = rule->because = -1;
	if (has_ports && with(w, WITH_SOURCE_PORT) && percent(w, 12)) {
		rule->has_source_port = true;
		rule->source_port = percent(w, 50) ? (struct range){1024, 65535} : some_ports(w);
	}
	if (rule->service != SERVICE_ETHERTYPE && with(w, WITH_DSCP) && percent(w, 8))
		rule->dscp = (int8_t)PICK(w, dscps);
	if (rule->service != SERVICE_ETHERTYPE && with(w, WITH_VERSIONS) && percent(w, 15))
		rule->version = some_version(w, rule);
	if (with(w, WITH_UNTIL) && percent(w, 10))
		rule->until = w->day - 1 + below(w, 4);
	if (percent(w, 10))
		rule->because = (int8_t)below(w, 6);
}

struct rule rule_make(struct world *w, unsigned int allowed, bool management)
{
	struct rule rule = {.allow = percent(w, allowed)};

	rule.side = percent(w, 55) && !management ? SIDE_TO : SIDE_FROM;
	make_remote(w, &rule);
	while (management && (rule.remote == REMOTE_GATEWAY || rule.remote == REMOTE_INTERNET ||
			      rule.remote == REMOTE_NAME || is_set(&rule)))
		make_remote(w, &rule);
	make_service(w, &rule);
	make_options(w, &rule);
	rule.local = rule.remote == REMOTE_NAME && rule.allow && percent(w, 40);
	return rule;
}

static unsigned int some_count(struct world *w)
{
	unsigned int roll = below(w, 100);

	if (roll < 12)
		return 0;
	if (roll < 60)
		return between(w, 1, 8);
	if (roll < 85)
		return between(w, 4, 20);
	return roll < 99 ? between(w, 10, 40) : between(w, 180, 400);
}

static void make_list(struct world *w, struct rules *rules)
{
	unsigned int allowed = between(w, 55, 90), critical[2] = {0, 0};

	rules->n = some_count(w);
	for (int side = 0; side < 2; side++)
		if (with(w, WITH_CRITICAL) && percent(w, 30))
			critical[side] = below(w, rules->n / 2 + 2);
	for (unsigned int i = 0; i < rules->n; i++) {
		struct rule *rule = &rules->items[i];

		*rule = rule_make(w, allowed, false);
		rule->critical = rule->allow && i < critical[rule->side] &&
				 rule->remote != REMOTE_NAME;
	}
}

/* --- contradictions ------------------------------------------------------------------------ */

/* What is decided stays decided. */
void rules_agree(const struct world *w, struct rules *rules)
{
	for (unsigned int i = 0; i < rules->n; i++) {
		struct rule *rule = &rules->items[i];

		for (unsigned int j = 0; j < i; j++) {
			const struct rule *before = &rules->items[j];

			if (before->side != rule->side || before->allow == rule->allow ||
			    !rules_equal(w, before, rule))
				continue;
			rule->allow = before->allow;
			rule->critical = before->critical;
			rule->local &= rule->allow;
			break;
		}
	}
}

/* --- critical rules ------------------------------------------------------------------------ */

static void find_critical(const struct rules *rules, bool found[2])
{
	for (unsigned int i = 0; i < rules->n; i++)
		found[rules->items[i].side] |= rules->items[i].critical;
}

/* They cannot be critical, so where there are critical ones they allow nothing. */
static void mend_names(struct rules *rules, const bool below[2])
{
	bool found[2] = {below[0], below[1]};

	find_critical(rules, found);
	for (unsigned int i = 0; i < rules->n; i++) {
		struct rule *rule = &rules->items[i];

		if (rule->remote == REMOTE_NAME && found[rule->side])
			rule->allow = rule->local = false;
	}
}

static void mend_list(const struct world *w, struct rules *rules, int profile)
{
	bool found[2] = {false, false};

	for (int i = profile; i >= 0; i = w->profiles[i].extends)
		find_critical(&w->profiles[i].rules, found);
	mend_names(rules, found);
	for (unsigned int i = rules->n; i--;) {
		struct rule *rule = &rules->items[i];

		if (found[rule->side])
			rule->critical = rule->allow;
		found[rule->side] |= rule->critical;
	}
}

/* What it matches there is known once it got an address. */
static bool names_bare(const struct world *w, const struct rule *rule)
{
	return rule->allow && rule->remote == REMOTE_MACHINE &&
	       rule->service != SERVICE_ETHERTYPE && !w->machines[rule->index].n_listed;
}

static int some_bare(struct world *w)
{
	for (int tries = 0; tries < 6; tries++) {
		int machine = some_machine(w);

		if (!w->machines[machine].n_listed)
			return machine;
	}
	return NOBODY;
}

/* Two in front of all others, which overlap as soon as this machine has an address. */
static void put_in_front(struct world *w, struct rules *rules, int bare)
{
	static const uint8_t remotes[] = {REMOTE_LOCAL, REMOTE_LOCAL, REMOTE_ANY, REMOTE_SEGMENT};
	struct rule *rule = rules->items;

	if (rules->n + 2 > MAX_RULES || bare == NOBODY)
		return;
	memmove(rule + 2, rule, rules->n * sizeof(*rule));
	rules->n += 2;
	rule[1] = (struct rule){.allow = true,
				.critical = true,
				.side = percent(w, 60) ? SIDE_TO : SIDE_FROM,
				.remote = PICK(w, remotes),
				.index = (uint8_t)w->machines[bare].segment,
				.dscp = -1,
				.because = -1};
	make_service(w, &rule[1]);
	if (rule[1].service == SERVICE_ETHERTYPE)
		rule[1].service = SERVICE_ANY;
	rule[0] = rule[1];
	rule[0].critical = false;
	rule[0].remote = REMOTE_MACHINE;
	rule[0].index = (uint8_t)bare;
	if (percent(w, 30)) {
		rule[0].service = SERVICE_ANY;
		rule[0].n_ranges = 0;
	}
}

static void loosen_list(struct world *w, struct rules *rules)
{
	rules_agree(w, rules);
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->items[i].critical && names_bare(w, &rules->items[i]))
			rules->items[i].critical = percent(w, 25);
}

static void loosen(struct world *w)
{
	if (!with(w, WITH_QUARANTINE) || !with(w, WITH_CRITICAL))
		return;
	for (unsigned int i = 0; i < w->n_profiles; i++)
		loosen_list(w, &w->profiles[i].rules);
	for (unsigned int i = 0; i < w->n_machines; i++) {
		if (percent(w, 20))
			put_in_front(w, &w->machines[i].rules, some_bare(w));
		loosen_list(w, &w->machines[i].rules);
	}
}

/* A profile extends smaller ones only, so what is below is mended before. */
static void mend(struct world *w)
{
	for (unsigned int i = 0; i < w->n_profiles; i++)
		rules_agree(w, &w->profiles[i].rules);
	for (unsigned int i = 0; i < w->n_machines; i++)
		rules_agree(w, &w->machines[i].rules);
	for (unsigned int i = 0; i < w->n_profiles; i++)
		mend_list(w, &w->profiles[i].rules, w->profiles[i].extends);
	for (unsigned int i = 0; i < w->n_machines; i++)
		mend_list(w, &w->machines[i].rules, w->machines[i].profile);
	loosen(w);
	management_mend(w);
}

/* --- all lists ----------------------------------------------------------------------------- */

static void make_some(struct world *w, unsigned int part)
{
	for (unsigned int i = 0; i < w->n_profiles; i++) {
		struct rules *rules = &w->profiles[i].rules;

		if (!percent(w, part))
			continue;
		make_list(w, rules);
		if (w->n_muds && rules->n > 1 && percent(w, 50))
			rules->n = below(w, 2);
	}
	for (unsigned int i = 0; i < w->n_machines; i++) {
		struct rules *rules = &w->machines[i].rules;

		if (!percent(w, part))
			continue;
		make_list(w, rules);
		if (w->machines[i].trusted && percent(w, 80))
			rules->n = 0;
		/* What stands behind them decides. */
		if (mud_of(w, (int)i) && rules->n > 2 && percent(w, 50))
			rules->n = below(w, 3);
	}
	mend(w);
}

void rules_make_all(struct world *w)
{
	make_some(w, 100);
}

/* One rule more or less, or another one in its place. */
static void touch_list(struct world *w, struct rules *rules)
{
	unsigned int at = below(w, rules->n);

	if (!rules->n)
		return;
	if (percent(w, 50)) {
		memmove(&rules->items[at], &rules->items[at + 1],
			(--rules->n - at) * sizeof(rules->items[0]));
		return;
	}
	rules->items[at] = rule_make(w, 50, false);
}

void rules_change(struct world *w)
{
	for (unsigned int i = 0; i < w->n_profiles; i++)
		if (percent(w, 40))
			touch_list(w, &w->profiles[i].rules);
	for (unsigned int i = 0; i < w->n_machines; i++)
		if (percent(w, 40))
			touch_list(w, &w->machines[i].rules);
	make_some(w, below(w, 40));
}
