/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "infrastructure.h"
#include "remote.h"
#include "util.h"
#include "world.h"

#define DNS_PORT 53
#define NTP_PORT 123
#define UDP	 17
#define TCP	 6

/* Machines as numbers of both worlds, with the addresses that are listed for them. */
static int name_holders(const struct ig_world *world, struct ig_match_sets *sets)
{
	struct ig_ranges holders = sets->dim[IG_DIM_ENTITY];
	struct ig_ranges *named = &sets->dim[IG_DIM_ENTITY];
	int err = 0;

	*named = (struct ig_ranges){};
	for (size_t i = 0; i < holders.count; i++) {
		for (ig_number n = holders.items[i].first; n <= holders.items[i].last && !err;
		     n++) {
			bool gateway = n == IG_ENTITY_GATEWAY;
			ig_number id = gateway ? n : world->ids[n];

			err = ig_ranges_add(named, id, id);
			err = err
				      ?: ig_match_sets_add_addresses(
						 sets,
						 gateway ? &world->inv->gateway.addresses
							 : &world->inv->machines[n].addresses);
		}
	}
	ig_ranges_clear(&holders);
	for (int dim = 0; dim < IG_DIM_CONDITIONS; dim++)
		ig_ranges_normalise(&sets->dim[dim]);
	return err;
}

static int make_sets(const struct ig_world *world, const struct ig_rule *rule,
		     struct ig_match_sets *sets)
{
	int err = ig_match_sets_make(sets, rule, world->inv, &world->places, world->positions);

	if (err || !sets->dim[IG_DIM_ENTITY].count)
		return err;
	err = name_holders(world, sets);
	if (err)
		ig_match_sets_clear(sets);
	return err;
}

static uint32_t *positions_of(const struct iotguard_inventory *inv)
{
	uint32_t *positions = calloc(inv->n_machines + 1, sizeof(*positions));

	for (size_t i = 0; positions && i < inv->n_machines; i++)
		positions[i] = i;
	return positions;
}

static int make_level(const struct ig_world *world, const struct ig_rule *rules, size_t n,
		      struct ig_match_sets **out)
{
	int err = 0;

	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = make_sets(world, &rules[i], &(*out)[i]);
	return err;
}

static int make_shared(struct ig_world *world)
{
	const struct iotguard_inventory *inv = world->inv;
	const struct ig_management *management = &world->resolved.management;
	int err;

	world->profiles = calloc(inv->n_profiles + 1, sizeof(*world->profiles));
	if (!world->profiles)
		return -ENOMEM;
	err = make_level(world, management->rules, management->count, &world->management);
	for (size_t i = 0; i < inv->n_profiles && !err; i++)
		err = make_level(world, inv->profiles[i].rules.items, inv->profiles[i].rules.count,
				 &world->profiles[i]);
	return err;
}

static int make_server(struct ig_match_sets *sets, const struct ig_addresses *servers,
		       uint16_t port, bool tcp)
{
	struct ig_ranges *services = &sets->dim[IG_DIM_SERVICE];
	int err = ig_match_sets_add_addresses(sets, servers);

	err = err ?: ig_ranges_add(services, IG_SERVICE(UDP, port), IG_SERVICE(UDP, port));
	if (tcp)
		err = err ?: ig_ranges_add(services, IG_SERVICE(TCP, port), IG_SERVICE(TCP, port));
	for (int dim = 0; dim < IG_DIM_MAX; dim++)
		ig_ranges_normalise(&sets->dim[dim]);
	return err;
}

static int make_trust(struct ig_match_sets *sets)
{
	sets->any_remote = true;
	return ig_ranges_add(&sets->dim[IG_DIM_ADDR4], 0, UINT32_MAX)
		       ?: ig_ranges_add(&sets->dim[IG_DIM_ADDR6], 0, ~(ig_number)0)
		       ?: ig_ranges_add(&sets->dim[IG_DIM_SERVICE], 0,
					IG_SERVICE_ETHERTYPE(0xffff));
}

static int list_addresses(struct ig_world *world, const struct ig_addresses *addresses)
{
	int err = 0;

	for (size_t i = 0; i < addresses->count && !err; i++) {
		const uint8_t *addr = addresses->items[i].addr;
		ig_number n = ig_number_of_addr(addr);

		err = ig_ranges_add(&world->listed[ig_addr_is_v4(addr) ? 0 : 1], n, n);
	}
	return err;
}

static int list_all_addresses(struct ig_world *world)
{
	int err = list_addresses(world, &world->inv->gateway.addresses);

	for (size_t i = 0; i < world->inv->n_machines && !err; i++)
		err = list_addresses(world, &world->inv->machines[i].addresses);
	ig_ranges_normalise(&world->listed[0]);
	ig_ranges_normalise(&world->listed[1]);
	return err;
}

int ig_world_make(struct ig_world *world, const struct iotguard_inventory *inv,
		  const struct iotguard_inventory *other, uint32_t *ids, size_t n_ids)
{
	int err;

	*world = (struct ig_world){
		.inv = inv,
		.ids = ids,
		.positions = positions_of(inv),
		.n_ids = n_ids,
	};
	world->holder = calloc(n_ids + 1, sizeof(*world->holder));
	if (!ids || !world->positions || !world->holder) {
		ig_world_clear(world);
		return -ENOMEM;
	}
	for (size_t i = 0; i < inv->n_machines; i++)
		world->holder[ids[i]] = &inv->machines[i];
	err = ig_resolve(inv, &world->resolved);
	err = err ?: ig_places_make(&world->places, inv, other);
	err = err ?: make_shared(world);
	err = err ?: make_server(&world->dns, &inv->gateway.resolvers, DNS_PORT, true);
	err = err ?: make_server(&world->ntp, &inv->gateway.time_servers, NTP_PORT, false);
	err = err ?: make_trust(&world->trust);
	err = err ?: list_all_addresses(world);
	if (err)
		ig_world_clear(world);
	return err;
}

static void level_clear(struct ig_match_sets *sets, size_t n)
{
	for (size_t i = 0; sets && i < n; i++)
		ig_match_sets_clear(&sets[i]);
	free(sets);
}

void ig_world_clear(struct ig_world *world)
{
	level_clear(world->management, world->resolved.management.count);
	for (size_t i = 0; world->profiles && i < world->inv->n_profiles; i++)
		level_clear(world->profiles[i], world->inv->profiles[i].rules.count);
	free(world->profiles);
	ig_match_sets_clear(&world->dns);
	ig_match_sets_clear(&world->ntp);
	ig_match_sets_clear(&world->trust);
	ig_ranges_clear(&world->listed[0]);
	ig_ranges_clear(&world->listed[1]);
	ig_places_clear(&world->places);
	ig_resolved_clear(&world->resolved);
	free(world->holder);
	free(world->positions);
	free(world->ids);
	*world = (struct ig_world){};
}

/* --- stances --- */

static void add(struct ig_stance *stance, const struct ig_match_sets *sets,
		const struct ig_rule *rule, enum ig_origin origin, bool spared)
{
	stance->rules[stance->count++] = (struct ig_stance_rule){
		.sets = sets,
		.rule = rule,
		.origin = origin,
		.allows = !rule || rule->action == IG_RULE_ALLOWS,
		.critical = rule && rule->critical,
		.spared = spared || (rule && rule->critical),
	};
}

static void add_infrastructure(const struct ig_world *world, const struct ig_machine *m,
			       struct ig_stance *stance)
{
	uint32_t on = ig_machine_infrastructure(world->inv, m);

	if (m->trusted)
		add(stance, &world->trust, NULL, IG_ORIGIN_TRUST, false);
	if (on & IG_INFRA_DNS)
		add(stance, &world->dns, NULL, IG_ORIGIN_DNS, true);
	if (on & IG_INFRA_NTP)
		add(stance, &world->ntp, NULL, IG_ORIGIN_NTP, true);
}

static bool is_among(const struct ig_rule *rule, const struct ig_rule *rules, size_t n)
{
	return rule >= rules && rule < rules + n;
}

/* The sets of a rule that machines share; NULL: it is the machine's own. */
static const struct ig_match_sets *
shared_sets(const struct ig_world *world, const struct ig_machine *m, const struct ig_rule *rule)
{
	const struct ig_management *management = &world->resolved.management;

	if (is_among(rule, management->rules, management->count))
		return &world->management[rule - management->rules];
	for (const struct ig_profile *p = NULL; (p = ig_next_profile(m, p));) {
		if (is_among(rule, p->rules.items, p->rules.count))
			return &world->profiles[p - world->inv->profiles][rule - p->rules.items];
	}
	return NULL;
}

static int add_rule(const struct ig_world *world, const struct ig_machine *m,
		    const struct ig_rule *rule, struct ig_stance *stance)
{
	const struct ig_management *management = &world->resolved.management;
	const struct ig_match_sets *sets = shared_sets(world, m, rule);
	int err;

	if (!sets) {
		err = make_sets(world, rule, &stance->own[stance->n_own]);
		if (err)
			return err;
		sets = &stance->own[stance->n_own++];
	}
	add(stance, sets, rule, IG_ORIGIN_RULE,
	    is_among(rule, management->rules, management->count));
	return 0;
}

int ig_stance_make(const struct ig_world *world, const struct ig_machine *m, enum ig_rule_side side,
		   struct ig_stance *out)
{
	const struct ig_rule_list *list =
		&world->resolved.lists[world->resolved.list_of[m - world->inv->machines]];
	int err = 0;

	*out = (struct ig_stance){
		.rules = calloc(list->count + 3, sizeof(*out->rules)),
		.own = calloc(list->count + 1, sizeof(*out->own)),
	};
	if (!out->rules || !out->own)
		err = -ENOMEM;
	else if (side == IG_RULE_TO)
		add_infrastructure(world, m, out);
	else if (m->trusted)
		add(out, &world->trust, NULL, IG_ORIGIN_TRUST, false);
	/* a trusted host is asked for no rules */
	for (size_t i = 0; i < list->count && !m->trusted && !err; i++) {
		if (list->rules[i]->side == side)
			err = add_rule(world, m, list->rules[i], out);
	}
	if (err)
		ig_stance_clear(out);
	return err;
}

void ig_stance_clear(struct ig_stance *stance)
{
	for (size_t i = 0; i < stance->n_own; i++)
		ig_match_sets_clear(&stance->own[i]);
	free(stance->own);
	free(stance->rules);
	*stance = (struct ig_stance){};
}

static bool ranges_equal(const struct ig_ranges *a, const struct ig_ranges *b)
{
	return a->count == b->count &&
	       (!a->count || !memcmp(a->items, b->items, a->count * sizeof(*a->items)));
}

bool ig_stance_rule_equal(const struct ig_stance_rule *a, const struct ig_stance_rule *b)
{
	if (a->allows != b->allows || a->critical != b->critical || a->spared != b->spared ||
	    a->sets->any_remote != b->sets->any_remote || a->sets->version != b->sets->version ||
	    a->sets->internet_remote != b->sets->internet_remote)
		return false;
	for (int dim = 0; dim < IG_DIM_MAX; dim++) {
		if (!ranges_equal(&a->sets->dim[dim], &b->sets->dim[dim]))
			return false;
	}
	return ranges_equal(&a->sets->names, &b->sets->names) &&
	       ig_stance_rule_is_local(a) == ig_stance_rule_is_local(b);
}
