/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "remote.h"
#include "sets.h"
#include "util.h"

#define V4 0
#define V6 1

static const int family_dim[2] = {IG_DIM_ADDR4, IG_DIM_ADDR6};

/* IPv4 that is not routed to a global destination (IANA special-purpose registry, RFC 6890). The
 * three documentation networks are left in: nobody's LAN has them, and examples and laboratories
 * call them the internet. */
static const struct {
	uint32_t first, last;
} special4[] = {
	{0x00000000, 0x00ffffff}, /* 0.0.0.0/8 this network */
	{0x0a000000, 0x0affffff}, /* 10.0.0.0/8 private */
	{0x64400000, 0x647fffff}, /* 100.64.0.0/10 shared */
	{0x7f000000, 0x7fffffff}, /* 127.0.0.0/8 loopback */
	{0xa9fe0000, 0xa9feffff}, /* 169.254.0.0/16 link-local */
	{0xac100000, 0xac1fffff}, /* 172.16.0.0/12 private */
	{0xc0000000, 0xc00000ff}, /* 192.0.0.0/24 protocol assignments */
	{0xc0a80000, 0xc0a8ffff}, /* 192.168.0.0/16 private */
	{0xc6120000, 0xc613ffff}, /* 198.18.0.0/15 benchmarking */
	{0xe0000000, 0xffffffff}, /* 224.0.0.0/3 multicast, reserved, broadcast */
};

bool ig_is_special(const uint8_t addr[16])
{
	uint32_t n;

	if (!ig_addr_is_v4(addr))
		return (addr[0] & 0xe0) != 0x20;
	n = (uint32_t)ig_number_of_addr(addr);
	for (size_t i = 0; i < ARRAY_SIZE(special4); i++) {
		if (n >= special4[i].first && n <= special4[i].last)
			return true;
	}
	return false;
}

static int add_prefix(struct ig_ranges set[2], const struct ig_prefix *prefix)
{
	struct ig_span span = ig_span_of_prefix(prefix);

	return ig_ranges_add(&set[ig_prefix_is_v4(prefix) ? V4 : V6], span.first, span.last);
}

static int make_local(struct ig_places *places, const struct iotguard_inventory *inv)
{
	int err = 0;

	for (size_t i = 0; i < inv->n_segments && !err; i++) {
		for (size_t k = 0; k < inv->segments[i].n_networks && !err; k++)
			err = add_prefix(places->local, &inv->segments[i].networks[k]);
	}
	/* what is on the link is local, whoever numbered it */
	err = err ?: ig_ranges_add(&places->local[V4], 0xa9fe0000, 0xa9feffff);
	err = err
		      ?: ig_ranges_add(&places->local[V6], (ig_number)0xfe80 << 112,
				       ((ig_number)0xfec0 << 112) - 1);
	ig_ranges_normalise(&places->local[V4]);
	ig_ranges_normalise(&places->local[V6]);
	return err;
}

/* A gateway's listed address is no internet, wherever it is. Of those that it has beside these,
 * programs decide when they are asked: routing may know better by then. */
static int exclude_gateway(struct ig_ranges holes[2], const struct iotguard_inventory *inv)
{
	const struct ig_addresses *listed = &inv->gateway.addresses;
	int err = 0;

	for (size_t i = 0; i < listed->count && !err; i++) {
		const uint8_t *addr = listed->items[i].addr;
		ig_number n = ig_number_of_addr(addr);

		err = ig_ranges_add(&holes[ig_addr_is_v4(addr) ? V4 : V6], n, n);
	}
	return err;
}

static int make_internet(struct ig_places *places, const struct iotguard_inventory *inv)
{
	struct ig_ranges holes[2] = {};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(special4) && !err; i++)
		err = ig_ranges_add(&holes[V4], special4[i].first, special4[i].last);
	err = err ?: exclude_gateway(holes, inv);
	err = err ?: ig_ranges_add(&places->internet[V4], 0, UINT32_MAX);
	/* 2000::/3: all that was ever given out as global unicast (RFC 4291 section 2.4) */
	err = err
		      ?: ig_ranges_add(&places->internet[V6], (ig_number)0x2000 << 112,
				       ((ig_number)0x4000 << 112) - 1);
	for (int family = V4; family <= V6; family++) {
		err = err ?: ig_ranges_add_all(&holes[family], &places->local[family]);
		ig_ranges_normalise(&holes[family]);
		err = err ?: ig_ranges_subtract(&places->internet[family], &holes[family]);
		ig_ranges_clear(&holes[family]);
	}
	return err;
}

int ig_places_make(struct ig_places *places, const struct iotguard_inventory *inv,
		   const struct iotguard_inventory *other)
{
	int err;

	*places = (struct ig_places){};
	err = make_local(places, inv);
	err = err ?: make_internet(places, inv);
	err = err ?: ig_patterns_make(&places->patterns, inv, other);
	if (err)
		ig_places_clear(places);
	return err;
}

void ig_places_clear(struct ig_places *places)
{
	for (int family = V4; family <= V6; family++) {
		ig_ranges_clear(&places->local[family]);
		ig_ranges_clear(&places->internet[family]);
	}
	ig_patterns_clear(&places->patterns);
}

/* --- the remote --- */

static int add_places(struct ig_match_sets *sets, const struct ig_ranges place[2])
{
	int err = 0;

	for (int family = V4; family <= V6 && !err; family++)
		err = ig_ranges_add_all(&sets->dim[family_dim[family]], &place[family]);
	return err;
}

static int add_networks(struct ig_match_sets *sets, const struct ig_prefix *networks, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		struct ig_span span = ig_span_of_prefix(&networks[i]);

		err = ig_ranges_add(
			&sets->dim[ig_prefix_is_v4(&networks[i]) ? IG_DIM_ADDR4 : IG_DIM_ADDR6],
			span.first, span.last);
	}
	return err;
}

static int add_machine(struct ig_match_sets *sets, const struct ig_machine *machine,
		       const struct iotguard_inventory *inv, const uint32_t *indices)
{
	uint32_t index = indices[machine - inv->machines];

	return ig_ranges_add(&sets->dim[IG_DIM_ENTITY], index, index);
}

static int add_gateway(struct ig_match_sets *sets)
{
	return ig_ranges_add(&sets->dim[IG_DIM_ENTITY], IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY);
}

static int add_group(struct ig_match_sets *sets, const struct ig_group *group,
		     const struct iotguard_inventory *inv, const uint32_t *indices)
{
	int err = 0;

	for (size_t i = 0; i < group->count && !err; i++) {
		const struct ig_member *member = &group->members[i];

		err = member->machine	? add_machine(sets, member->machine, inv, indices)
		      : member->gateway ? add_gateway(sets)
					: add_networks(sets, &member->prefix, 1);
	}
	return err;
}

static int add_any(struct ig_match_sets *sets)
{
	sets->any_remote = true;
	return ig_ranges_add(&sets->dim[IG_DIM_ADDR4], 0, UINT32_MAX)
		       ?: ig_ranges_add(&sets->dim[IG_DIM_ADDR6], 0, ~(ig_number)0);
}

static int add_remote(struct ig_match_sets *sets, const struct ig_remote *remote,
		      const struct iotguard_inventory *inv, const struct ig_places *places,
		      const uint32_t *indices)
{
	const struct ig_segment *segment;
	const struct ig_group *set;

	switch (remote->kind) {
	case IG_REMOTE_ANY:
		return add_any(sets);
	case IG_REMOTE_LOCAL:
		return add_places(sets, places->local);
	case IG_REMOTE_INTERNET:
		sets->internet_remote = true;
		return add_places(sets, places->internet);
	case IG_REMOTE_GATEWAY:
		return add_gateway(sets);
	case IG_REMOTE_PREFIX:
		return add_networks(sets, &remote->prefix, 1);
	case IG_REMOTE_NAME:
		return ig_patterns_add(&places->patterns, remote->name, &sets->names);
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return add_machine(
			sets,
			ig_inventory_machine(inv, remote->kind == IG_REMOTE_HOST, remote->name),
			inv, indices);
	case IG_REMOTE_GROUP:
		return add_group(sets, ig_inventory_group(inv, remote->name), inv, indices);
	case IG_REMOTE_SEGMENT:
		segment = ig_inventory_segment(inv, remote->name);
		return add_networks(sets, segment->networks, segment->n_networks);
	default:
		set = ig_inventory_set(inv, remote);
		return set ? add_group(sets, set, inv, indices) : 0;
	}
}

/* --- the service --- */

static int service_protocol(const struct ig_service *service)
{
	switch (service->family) {
	case IG_SERVICE_TCP:
		return 6;
	case IG_SERVICE_UDP:
		return 17;
	case IG_SERVICE_ICMP:
		return 1;
	case IG_SERVICE_ICMPV6:
		return 58;
	default:
		return service->number;
	}
}

static int add_service(struct ig_ranges *set, const struct ig_service *service)
{
	uint32_t proto = service_protocol(service);
	int err = 0;

	if (service->family == IG_SERVICE_ANY)
		return ig_ranges_add(set, 0, IG_SERVICE_IP_LAST);
	if (service->family == IG_SERVICE_ETHER)
		return ig_ranges_add(set, IG_SERVICE_ETHERTYPE(service->number),
				     IG_SERVICE_ETHERTYPE(service->number));
	if (service->family == IG_SERVICE_IP)
		return ig_ranges_add(set, IG_SERVICE(proto, 0), IG_SERVICE(proto, 0));
	if (!service->n_ranges)
		return ig_ranges_add(set, IG_SERVICE(proto, 0), IG_SERVICE(proto, 0xffff));
	for (size_t i = 0; i < service->n_ranges && !err; i++)
		err = ig_ranges_add(set, IG_SERVICE(proto, service->ranges[i].first),
				    IG_SERVICE(proto, service->ranges[i].last));
	return err;
}

/* --- conditions --- */

#define SECONDS_A_DAY 86400
#define UNTIL_LAST    (IG_TIME_UNKNOWN - 1) /* in 2106; a rule that ends later does not */

/* Seconds from the epoch to the end of the day (civil calendar, proleptic). */
static uint32_t end_of_day(const struct ig_rule *rule)
{
	struct tm date = {.tm_year = rule->until_year - 1900,
			  .tm_mon = rule->until_month - 1,
			  .tm_mday = rule->until_day};
	int64_t end = (int64_t)timegm(&date) + SECONDS_A_DAY;

	return end > UNTIL_LAST ? UNTIL_LAST : (uint32_t)end;
}

static int add_conditions(struct ig_match_sets *sets, const struct ig_rule *rule)
{
	int err = 0;

	if (rule->has_source_port)
		err = ig_ranges_add(&sets->dim[IG_DIM_SOURCE_PORT], rule->source_port.first,
				    rule->source_port.last);
	if (!err && rule->dscp >= 0)
		err = ig_ranges_add(&sets->dim[IG_DIM_DSCP], rule->dscp, rule->dscp);
	if (!err && rule->has_until) {
		sets->until = end_of_day(rule);
		err = ig_ranges_add(&sets->dim[IG_DIM_TIME], 0, sets->until - 1);
	}
	return err;
}

int ig_match_sets_make(struct ig_match_sets *sets, const struct ig_rule *rule,
		       const struct iotguard_inventory *inv, const struct ig_places *places,
		       const uint32_t *indices)
{
	int err;

	*sets = (struct ig_match_sets){};
	sets->local = rule->local;
	sets->version = rule->version;
	err = add_remote(sets, &rule->remote, inv, places, indices);
	ig_match_sets_keep_version(sets);
	err = err ?: add_service(&sets->dim[IG_DIM_SERVICE], &rule->service);
	err = err ?: add_conditions(sets, rule);
	if (err) {
		ig_match_sets_clear(sets);
		return err;
	}
	for (int dim = 0; dim < IG_DIM_MAX; dim++)
		ig_ranges_normalise(&sets->dim[dim]);
	ig_ranges_normalise(&sets->names);
	return 0;
}

void ig_match_sets_keep_version(struct ig_match_sets *sets)
{
	if (sets->version == 4)
		ig_ranges_clear(&sets->dim[IG_DIM_ADDR6]);
	else if (sets->version == 6)
		ig_ranges_clear(&sets->dim[IG_DIM_ADDR4]);
}

void ig_match_sets_clear(struct ig_match_sets *sets)
{
	ig_ranges_clear(&sets->names);
	for (int dim = 0; dim < IG_DIM_MAX; dim++)
		ig_ranges_clear(&sets->dim[dim]);
}

int ig_match_sets_add_addresses(struct ig_match_sets *sets, const struct ig_addresses *addresses)
{
	int err = 0;

	for (size_t i = 0; i < addresses->count && !err; i++) {
		const uint8_t *addr = addresses->items[i].addr;
		ig_number n = ig_number_of_addr(addr);

		err = ig_ranges_add(&sets->dim[ig_addr_is_v4(addr) ? IG_DIM_ADDR4 : IG_DIM_ADDR6],
				    n, n);
	}
	return err;
}
