/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

#include "address.h"
#include "extent.h"
#include "remote.h"

static int add_holder(struct ig_extent *extent, const struct iotguard_inventory *inv, ig_number n)
{
	bool gateway = n == IG_ENTITY_GATEWAY;
	const struct ig_addresses *addresses = gateway ? &inv->gateway.addresses
						       : &inv->machines[n].addresses;
	int err = ig_match_sets_add_addresses(&extent->sets, addresses);

	if (gateway || !addresses->count)
		err = err ?: ig_ranges_add(&extent->open, n, n);
	return err;
}

static int add_holders(struct ig_extent *extent, const struct iotguard_inventory *inv)
{
	struct ig_match_sets *sets = &extent->sets;
	const struct ig_ranges *holders = &sets->dim[IG_DIM_ENTITY];
	int err = 0;

	if (!holders->count)
		return 0;
	for (size_t i = 0; i < holders->count; i++) {
		for (ig_number n = holders->items[i].first; n <= holders->items[i].last; n++)
			err = err ?: add_holder(extent, inv, n);
	}
	ig_match_sets_keep_version(sets);
	ig_ranges_normalise(&sets->dim[IG_DIM_ADDR4]);
	ig_ranges_normalise(&sets->dim[IG_DIM_ADDR6]);
	ig_ranges_normalise(&extent->open);
	return err;
}

/* A frame without IP has no addresses: who is named counts, and nothing else. */
static bool without_ip(const struct ig_extent *extent)
{
	return extent->rule->service.family == IG_SERVICE_ETHER;
}

static void set_bounds(struct ig_extent *extent)
{
	const struct ig_ranges *dim = extent->sets.dim;
	const struct ig_ranges *services = &dim[IG_DIM_SERVICE], *addr4 = &dim[IG_DIM_ADDR4];

	extent->first_service = services->items[0].first;
	extent->last_service = services->items[services->count - 1].last;
	extent->first_addr4 = 0;
	extent->last_addr4 = UINT32_MAX;
	if (without_ip(extent) || !addr4->count || dim[IG_DIM_ADDR6].count || extent->open.count ||
	    extent->sets.names.count)
		return;
	extent->first_addr4 = addr4->items[0].first;
	extent->last_addr4 = addr4->items[addr4->count - 1].last;
}

int ig_extent_make(struct ig_extent *extent, const struct ig_rule *rule,
		   const struct iotguard_inventory *inv, const struct ig_places *places,
		   const uint32_t *indices)
{
	int err;

	*extent = (struct ig_extent){.rule = rule};
	err = ig_match_sets_make(&extent->sets, rule, inv, places, indices);
	err = err ?: add_holders(extent, inv);
	if (err)
		ig_extent_clear(extent);
	else
		set_bounds(extent);
	return err;
}

void ig_extent_clear(struct ig_extent *extent)
{
	ig_match_sets_clear(&extent->sets);
	ig_ranges_clear(&extent->open);
	*extent = (struct ig_extent){};
}

/* --- the remote --- */

bool ig_extent_empty(const struct ig_extent *extent)
{
	const struct ig_ranges *dim = extent->sets.dim;

	if (extent->sets.any_remote)
		return false;
	if (without_ip(extent))
		return !dim[IG_DIM_ENTITY].count;
	return !dim[IG_DIM_ADDR4].count && !dim[IG_DIM_ADDR6].count && !extent->sets.names.count &&
	       !ig_ranges_contain(&extent->open, IG_ENTITY_GATEWAY);
}

/* Which addresses a name has nobody knows, but for one thing: an `allow` without `local` is about none that is local. A
 * deny is about all, but behind such an `allow` it is none that anybody wrote for the local ones alone. */
static bool names_cover(const struct ig_extent *a, const struct ig_extent *b)
{
	bool local = b->rule->action == IG_RULE_ALLOWS && b->rule->local;

	return ig_ranges_cover(&a->sets.names, &b->sets.names) &&
	       (!local || a->rule->local || a->rule->action == IG_RULE_DENIES);
}

static bool remote_covers(const struct ig_extent *a, const struct ig_extent *b)
{
	const struct ig_ranges *all = a->sets.dim, *some = b->sets.dim;

	if (a->sets.any_remote)
		return true;
	if (without_ip(b))
		return !b->sets.any_remote &&
		       ig_ranges_cover(&all[IG_DIM_ENTITY], &some[IG_DIM_ENTITY]);
	return ig_ranges_cover(&all[IG_DIM_ADDR4], &some[IG_DIM_ADDR4]) &&
	       ig_ranges_cover(&all[IG_DIM_ADDR6], &some[IG_DIM_ADDR6]) &&
	       ig_ranges_cover(&all[IG_DIM_ENTITY], &b->open) && names_cover(a, b);
}

static bool remotes_overlap(const struct ig_extent *a, const struct ig_extent *b)
{
	const struct ig_ranges *one = a->sets.dim, *other = b->sets.dim;

	if (a->sets.any_remote || b->sets.any_remote ||
	    ig_ranges_overlap(&one[IG_DIM_ENTITY], &other[IG_DIM_ENTITY]))
		return true;
	return !without_ip(a) && (ig_ranges_overlap(&one[IG_DIM_ADDR4], &other[IG_DIM_ADDR4]) ||
				  ig_ranges_overlap(&one[IG_DIM_ADDR6], &other[IG_DIM_ADDR6]) ||
				  ig_ranges_overlap(&a->sets.names, &b->sets.names));
}

/* --- options --- */

static struct ig_range source_ports(const struct ig_rule *rule)
{
	return rule->has_source_port ? rule->source_port : (struct ig_range){0, UINT16_MAX};
}

/* Days in their order; a rule without `until` ends after all of them. */
static uint32_t last_day(const struct ig_rule *rule)
{
	if (!rule->has_until)
		return UINT32_MAX;
	return (uint32_t)rule->until_year << 16 | (uint32_t)rule->until_month << 8 |
	       rule->until_day;
}

/* The one version of IP that it is about; 0: both. */
static int version_of(const struct ig_extent *extent)
{
	const struct ig_ranges *dim = extent->sets.dim;

	if (extent->rule->version)
		return extent->rule->version;
	if (extent->rule->service.family == IG_SERVICE_ICMP)
		return 4;
	if (extent->rule->service.family == IG_SERVICE_ICMPV6)
		return 6;
	if (extent->sets.any_remote || extent->sets.names.count || extent->open.count)
		return 0;
	if (!dim[IG_DIM_ADDR6].count)
		return dim[IG_DIM_ADDR4].count ? 4 : 0;
	return dim[IG_DIM_ADDR4].count ? 0 : 6;
}

static bool options_cover(const struct ig_rule *a, const struct ig_rule *b)
{
	struct ig_range all = source_ports(a), some = source_ports(b);

	return all.first <= some.first && all.last >= some.last &&
	       (a->dscp < 0 || a->dscp == b->dscp) && last_day(a) >= last_day(b);
}

static bool options_overlap(const struct ig_rule *a, const struct ig_rule *b)
{
	struct ig_range one = source_ports(a), other = source_ports(b);

	return one.first <= other.last && other.first <= one.last &&
	       (a->dscp < 0 || b->dscp < 0 || a->dscp == b->dscp);
}

static bool versions_overlap(const struct ig_extent *a, const struct ig_extent *b)
{
	const int one = a->rule->version, other = b->rule->version;

	return !one || !other || one == other;
}

/* --- all of it --- */

static bool far_apart(const struct ig_extent *a, const struct ig_extent *b)
{
	return a->first_service > b->last_service || b->first_service > a->last_service ||
	       a->first_addr4 > b->last_addr4 || b->first_addr4 > a->last_addr4;
}

bool ig_extent_covers(const struct ig_extent *a, const struct ig_extent *b)
{
	return !far_apart(a, b) &&
	       ig_ranges_cover(&a->sets.dim[IG_DIM_SERVICE], &b->sets.dim[IG_DIM_SERVICE]) &&
	       (!a->rule->version || a->rule->version == version_of(b)) &&
	       options_cover(a->rule, b->rule) && remote_covers(a, b) && !ig_extent_empty(b);
}

bool ig_extent_overlaps(const struct ig_extent *a, const struct ig_extent *b)
{
	return !far_apart(a, b) &&
	       ig_ranges_overlap(&a->sets.dim[IG_DIM_SERVICE], &b->sets.dim[IG_DIM_SERVICE]) &&
	       versions_overlap(a, b) && options_overlap(a->rule, b->rule) &&
	       remotes_overlap(a, b) && !ig_extent_empty(a) && !ig_extent_empty(b);
}
