/* SPDX-License-Identifier: BSD-2-Clause */
/* What rules match, as far as the inventory says it: for lists that do not contradict themselves. */
#include <stdlib.h>

#include "generate.h"

typedef unsigned __int128 number;

#define MOST_SPANS 64

/* Of the addresses of one IP version. */
struct span {
	number first, last;
};

struct spans {
	unsigned int n;
	struct span items[MOST_SPANS];
};

static void add(struct spans spans[2], const struct prefix *prefix)
{
	struct spans *to = &spans[prefix->base.v6];
	unsigned int left = 8 * (unsigned int)address_size(&prefix->base) - prefix->length;
	number first = 0;

	for (size_t i = 0; i < address_size(&prefix->base); i++)
		first = first << 8 | prefix->base.bytes[i];
	if (to->n < MOST_SPANS)
		to->items[to->n++] = (struct span){
			first, left == 128 ? ~(number)0 : first | (((number)1 << left) - 1)};
}

static void add_machine(const struct world *w, struct spans spans[2], unsigned int machine)
{
	const struct machine *m = &w->machines[machine];

	for (unsigned int i = 0; i < m->n_listed; i++) {
		struct prefix whole = {m->own[i], (uint8_t)(8 * address_size(&m->own[i]))};

		add(spans, &whole);
	}
}

static void add_segment(struct spans spans[2], const struct segment *segment)
{
	for (unsigned int i = 0; i < segment->n_networks; i++)
		add(spans, &segment->networks[i]);
}

static void add_local(const struct world *w, struct spans spans[2])
{
	struct prefix v4 = {address_v4(0xa9fe0000), 16}, v6 = {address_v6(0xfe80ull << 48, 0), 10};

	add(spans, &v4);
	add(spans, &v6);
	for (unsigned int i = 0; i < w->n_segments; i++)
		add_segment(spans, &w->segments[i]);
}

static void add_gateway(const struct world *w, struct spans spans[2])
{
	for (unsigned int i = 0; i < w->gateway.n_own; i++) {
		const struct address *own = &w->gateway.own[i];
		struct prefix whole = {*own, (uint8_t)(8 * address_size(own))};

		add(spans, &whole);
	}
}

static void add_members(const struct world *w, struct spans spans[2], const struct member *members,
			unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (members[i].is_gateway)
			add_gateway(w, spans);
		else if (members[i].is_machine)
			add_machine(w, spans, members[i].machine);
		else
			add(spans, &members[i].prefix);
	}
}

/* Those of the machine whose rule it is are not asked for. */
static void add_set(const struct world *w, struct spans spans[2], const struct rule *rule)
{
	struct member members[MAX_SET];

	add_members(w, spans, members, set_members(w, NOBODY, rule, members));
}

static void add_everything(struct spans spans[2])
{
	struct prefix v4 = {address_v4(0), 0}, v6 = {address_v6(0, 0), 0};

	add(spans, &v4);
	add(spans, &v6);
}

static void add_remote(const struct world *w, struct spans spans[2], const struct rule *rule)
{
	switch (rule->remote) {
	case REMOTE_ANY:
		add_everything(spans);
		break;
	case REMOTE_PREFIX:
		add(spans, &rule->prefix);
		break;
	case REMOTE_MACHINE:
		add_machine(w, spans, rule->index);
		break;
	case REMOTE_GROUP:
		add_members(w, spans, w->groups[rule->index].members, w->groups[rule->index].n);
		break;
	case REMOTE_SEGMENT:
		add_segment(spans, &w->segments[rule->index]);
		break;
	case REMOTE_CONTROLLER:
	case REMOTE_MANUFACTURER:
	case REMOTE_MODEL:
		add_set(w, spans, rule);
		break;
	default:
		add_local(w, spans);
	}
}

static int compare(const void *a, const void *b)
{
	const struct span *one = a, *other = b;

	return one->first < other->first ? -1 : one->first > other->first;
}

/* Sorted, and joined where they touch. */
static void normalise(struct spans *spans)
{
	unsigned int kept = 0;

	qsort(spans->items, spans->n, sizeof(spans->items[0]), compare);
	for (unsigned int i = 0; i < spans->n; i++) {
		const struct span *span = &spans->items[i];
		struct span *before = kept ? &spans->items[kept - 1] : NULL;

		if (!before || (before->last != ~(number)0 && span->first > before->last + 1))
			spans->items[kept++] = *span;
		else if (span->last > before->last)
			before->last = span->last;
	}
	spans->n = kept;
}

static bool spans_equal(struct spans *a, struct spans *b)
{
	normalise(a);
	normalise(b);
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (a->items[i].first != b->items[i].first || a->items[i].last != b->items[i].last)
			return false;
	return true;
}

/* These are like no set of addresses. */
static bool is_of_its_own(const struct rule *rule)
{
	return rule->remote == REMOTE_GATEWAY || rule->remote == REMOTE_INTERNET ||
	       rule->remote == REMOTE_NAME || rule->remote == REMOTE_MY_CONTROLLERS ||
	       rule->remote == REMOTE_SAME_MANUFACTURER;
}

/* The version of IP that all of it is about; 0: none. */
static unsigned int version_of(const struct rule *rule)
{
	if (rule->remote == REMOTE_PREFIX)
		return rule->prefix.base.v6 ? 6 : 4;
	if (rule->service == SERVICE_ICMP || rule->service == SERVICE_ICMPV6)
		return rule->service == SERVICE_ICMP ? 4 : 6;
	return rule->version;
}

static bool remotes_equal(const struct world *w, const struct rule *a, const struct rule *b)
{
	struct spans one[2] = {{.n = 0}, {.n = 0}}, other[2] = {{.n = 0}, {.n = 0}};

	if (is_of_its_own(a) || is_of_its_own(b))
		return a->remote == b->remote && version_of(a) == version_of(b) &&
		       (a->remote != REMOTE_NAME || a->index == b->index);
	/* Frames without IP are told by machines; to be near is enough here. */
	if (a->service == SERVICE_ETHERTYPE)
		return true;
	if (a->remote == REMOTE_PREFIX && b->remote == REMOTE_PREFIX)
		return a->prefix.length == b->prefix.length &&
		       address_equal(&a->prefix.base, &b->prefix.base);
	add_remote(w, one, a);
	add_remote(w, other, b);
	if (version_of(a))
		one[version_of(a) == 4].n = 0;
	if (version_of(b))
		other[version_of(b) == 4].n = 0;
	return spans_equal(&one[0], &other[0]) && spans_equal(&one[1], &other[1]);
}

static bool services_equal(const struct rule *a, const struct rule *b)
{
	if (a->service != b->service || a->number != b->number || a->n_ranges != b->n_ranges)
		return false;
	for (unsigned int i = 0; i < a->n_ranges; i++)
		if (a->ranges[i].first != b->ranges[i].first ||
		    a->ranges[i].last != b->ranges[i].last)
			return false;
	return true;
}

static bool options_equal(const struct rule *a, const struct rule *b)
{
	return a->has_source_port == b->has_source_port &&
	       a->source_port.first == b->source_port.first &&
	       a->source_port.last == b->source_port.last && a->dscp == b->dscp &&
	       a->until == b->until;
}

bool rules_equal(const struct world *w, const struct rule *a, const struct rule *b)
{
	return services_equal(a, b) && options_equal(a, b) && remotes_equal(w, a, b);
}
