/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "inventory_internal.h"
#include "mud_model.h"
#include "sets.h"
#include "util.h"

#define OWN	      "my-controllers of the device"
#define URN	      "controller:urn:ietf:params:mud:"
#define LOCAL_SPACES  4		   /* what networks are made of that a MUD file cannot know */
#define SERVER_DNS    "240.0.0.53" /* addresses that no other machine has (RFC 1112, section 4) */
#define SERVER_NTP    "240.0.0.123"
#define IS_OF_ONE_SET SIZE_MAX

/* --- which sets there are --- */

static int add_key(struct ig_model_sets *sets, const char *key)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (!strcmp(sets->keys[i], key))
			return 0;
	}
	if (!ig_grow(&sets->keys, sets->count, &sets->capacity, sizeof(*sets->keys)))
		return -ENOMEM;
	sets->keys[sets->count] = strdup(key);
	return sets->keys[sets->count] ? (sets->count++, 0) : -ENOMEM;
}

int ig_model_sets_add(struct ig_model_sets *sets, const struct ig_rules *rules)
{
	int err = 0;

	for (size_t i = 0; i < rules->count && !err; i++) {
		const struct ig_remote *remote = &rules->items[i].remote;
		char key[IG_SET_KEY_MAX];

		if (remote->kind == IG_REMOTE_MY_CONTROLLERS)
			err = add_key(sets, OWN);
		else if (ig_remote_is_set(remote->kind) && ig_set_key(remote, key))
			err = add_key(sets, key);
	}
	return err;
}

void ig_model_sets_clear(struct ig_model_sets *sets)
{
	for (size_t i = 0; i < sets->count; i++)
		free(sets->keys[i]);
	free(sets->keys);
	*sets = (struct ig_model_sets){};
}

/* --- machines --- */

static bool is_listed(const char *key) /* its members are no machines */
{
	return !strcmp(key, URN "dns") || !strcmp(key, URN "ntp") || !strcmp(key, URN "gateway");
}

static int name_machine(struct iotguard_inventory *inv, const char *name, size_t at)
{
	struct ig_machine *m = &inv->machines[at];

	m->name = strdup(name);
	if (!m->name)
		return -ENOMEM;
	m->environment = m->criticality = m->mode = m->dns = m->flows = IG_UNSET;
	m->segment = &inv->segments[0];
	m->mac[0] = 2;
	for (int i = 0; i < 4; i++)
		m->mac[5 - i] = (uint8_t)(at >> 8 * i);
	return ig_index_add(inv->index, IG_SPACE_DEVICE, m->name, strlen(m->name), at, NULL);
}

static int join(struct ig_group *set, struct ig_machine *machine, size_t most)
{
	if (!set->members)
		set->members = calloc(most + 1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	set->members[set->count++] = (struct ig_member){.machine = machine};
	return 0;
}

/* A machine that is of the set @a, and of @b as well unless that is IS_OF_ONE_SET. */
static int add_member(struct iotguard_inventory *inv, size_t a, size_t b)
{
	bool both = b != IS_OF_ONE_SET;
	_free_ char *name = NULL;
	int err;

	if (is_listed(inv->sets[a].name) || (both && is_listed(inv->sets[b].name)))
		return 0;
	if (asprintf(&name, "some of %s%s%s", inv->sets[a].name, both ? " and " : "",
		     both ? inv->sets[b].name : "") < 0) {
		name = NULL;
		return -ENOMEM;
	}
	err = name_machine(inv, name, inv->n_machines);
	err = err ?: join(&inv->sets[a], &inv->machines[inv->n_machines], inv->n_sets);
	if (both)
		err = err ?: join(&inv->sets[b], &inv->machines[inv->n_machines], inv->n_sets);
	inv->n_machines++;
	return err;
}

static int add_members(struct iotguard_inventory *inv)
{
	size_t n = inv->n_sets;
	int err = 0;

	for (size_t a = 0; a < n && !err; a++) {
		err = add_member(inv, a, IS_OF_ONE_SET);
		for (size_t b = a + 1; b < n && n <= IG_MODEL_PAIRS_MAX && !err; b++)
			err = add_member(inv, a, b);
	}
	return err;
}

/* --- what is there beside them --- */

static int add_server(struct ig_addresses *servers, struct ig_group *set, const char *text)
{
	struct ig_prefix prefix;
	char why[128];

	servers->items = calloc(1, sizeof(*servers->items));
	if (!servers->items || ig_prefix_parse(text, true, &prefix, why))
		return -ENOMEM;
	memcpy(servers->items[0].addr, prefix.addr, sizeof(prefix.addr));
	servers->count = 1;
	if (!set)
		return 0;
	set->members = calloc(1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	set->members[0].prefix = prefix;
	set->count = 1;
	return 0;
}

static struct ig_group *set_of(struct iotguard_inventory *inv, const char *key)
{
	return (struct ig_group *)ig_inventory_set_named(inv, key);
}

static int add_gateway(struct iotguard_inventory *inv)
{
	struct ig_group *gateway = set_of(inv, URN "gateway");
	int err = add_server(&inv->gateway.resolvers, set_of(inv, URN "dns"), SERVER_DNS);

	err = err ?: add_server(&inv->gateway.time_servers, set_of(inv, URN "ntp"), SERVER_NTP);
	if (err || !gateway)
		return err;
	gateway->members = calloc(1, sizeof(*gateway->members));
	if (!gateway->members)
		return -ENOMEM;
	gateway->members[0].gateway = true;
	gateway->count = 1;
	return 0;
}

/* What `local` means there: all private addresses. */
static int add_segment(struct iotguard_inventory *inv)
{
	static const char *const spaces[LOCAL_SPACES] = {"10.0.0.0/8", "172.16.0.0/12",
							 "192.168.0.0/16", "fc00::/7"};
	struct ig_segment *segment;
	char why[128];

	inv->segments = calloc(2, sizeof(*inv->segments));
	if (!inv->segments)
		return -ENOMEM;
	inv->n_segments = 1;
	segment = &inv->segments[0];
	*segment = (struct ig_segment){
		.name = strdup("lan"),
		.infrastructure = IG_INFRA_DNS | IG_INFRA_NTP,
		.networks = calloc(LOCAL_SPACES, sizeof(*segment->networks)),
		.mode = IG_UNSET,
		.dns = IG_UNSET,
	};
	if (!segment->name || !segment->networks)
		return -ENOMEM;
	for (size_t i = 0; i < LOCAL_SPACES; i++)
		ig_prefix_parse(spaces[i], false, &segment->networks[segment->n_networks++], why);
	return 0;
}

static int add_sets(struct iotguard_inventory *inv, const struct ig_model_sets *sets)
{
	int err = 0;

	inv->sets = calloc(sets->count + 1, sizeof(*inv->sets));
	if (!inv->sets)
		return -ENOMEM;
	for (size_t i = 0; i < sets->count && !err; i++) {
		inv->sets[i].name = strdup(sets->keys[i]);
		if (!inv->sets[i].name)
			return -ENOMEM;
		inv->n_sets++;
		if (!strcmp(sets->keys[i], OWN))
			inv->machines[0].controllers = (uint32_t)i + 1;
		err = ig_index_add(inv->index, IG_SPACE_SET, inv->sets[i].name,
				   strlen(inv->sets[i].name), i, NULL);
	}
	return err;
}

/* --- the device --- */

static int add_rules(struct iotguard_inventory *inv, const struct iotguard_mud *mud)
{
	const struct ig_rules *made = &mud->made.rules;
	struct ig_profile *profile;
	int err = 0;

	inv->profiles = calloc(1, sizeof(*inv->profiles));
	if (!inv->profiles)
		return -ENOMEM;
	inv->n_profiles = 1;
	profile = &inv->profiles[0];
	profile->environment = profile->criticality = profile->mode = profile->dns =
		profile->flows = IG_UNSET;
	profile->name = strdup(mud->file);
	profile->rules.items = calloc(made->count + 1, sizeof(*profile->rules.items));
	if (!profile->name || !profile->rules.items)
		return -ENOMEM;
	for (size_t i = 0; i < made->count && !err; i++) {
		err = ig_rule_copy(&made->items[i], &profile->rules.items[i]);
		profile->rules.count += !err;
	}
	inv->machines[0].mud_rules = profile;
	return err;
}

static int fill(struct iotguard_inventory *inv, const struct iotguard_mud *mud,
		const struct ig_model_sets *sets)
{
	size_t n = sets->count, most = 1 + n;
	int err;

	most += n <= IG_MODEL_PAIRS_MAX ? n * n / 2 : 0;
	inv->machines = calloc(most + 1, sizeof(*inv->machines));
	if (!inv->machines)
		return -ENOMEM;
	err = add_segment(inv);
	err = err ?: name_machine(inv, "device", 0);
	inv->n_machines = 1;
	err = err ?: add_rules(inv, mud);
	err = err ?: add_sets(inv, sets);
	err = err ?: add_gateway(inv);
	return err ?: add_members(inv);
}

int ig_model_make(const struct iotguard_mud *mud, const struct ig_model_sets *sets,
		  struct iotguard_inventory **out)
{
	struct iotguard_inventory *inv = ig_inventory_new(mud->file);
	int err = inv ? fill(inv, mud, sets) : -ENOMEM;

	*out = NULL;
	if (err)
		iotguard_inventory_free(inv);
	else
		*out = inv;
	return err;
}
