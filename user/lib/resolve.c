/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "index.h"
#include "resolve.h"
#include "sets.h"
#include "sha256.h"
#include "util.h"

#define FLOWS_DEFAULT 64
#define FLOWS_MANY    16 /* a device, where there are more than MANY_DEVICES */
#define MANY_DEVICES  10000

static size_t count_rules(const struct ig_machine *m)
{
	const struct ig_profile *profile = NULL;
	size_t n = m->rules.count;

	while ((profile = ig_next_profile(m, profile)))
		n += profile->rules.count;
	return n;
}

/* What decides about a list of a machine without rules of its own: two with the same share it. */
struct key {
	uint32_t profile; /* position + 1; 0: none; so the next one */
	uint32_t mud;
	uint32_t maker, controllers; /* whom rules that mean something else for each machine mean */
	uint32_t management[];	     /* positions of rules */
};

struct resolver {
	const struct iotguard_inventory *inv;
	struct ig_resolved *out;
	struct ig_index *known; /* keys to lists */
	struct key **keys;	/* of the lists; NULL: it is of a machine with rules of its own */
	struct key *key;	/* of the machine that is looked at */
	size_t n_management;	/* in it */
};

static void resolver_free(struct resolver *r)
{
	for (size_t i = 0; r->keys && i < r->inv->n_machines; i++)
		free(r->keys[i]);
	free(r->keys);
	free(r->key);
	ig_index_free(r->known);
}

static size_t key_size(const struct resolver *r)
{
	return sizeof(*r->key) + r->n_management * sizeof(*r->key->management);
}

static void make_key(struct resolver *r, size_t machine)
{
	const struct ig_management *management = &r->out->management;
	const struct ig_machine *m = &r->inv->machines[machine];

	*r->key = (struct key){
		.profile = m->profile ? 1 + (m->profile - r->inv->profiles) : 0,
		.mud = m->mud_rules ? 1 + (m->mud_rules - r->inv->profiles) : 0,
		.maker = m->maker,
		.controllers = ig_machine_controllers(m),
	};
	r->n_management = 0;
	for (size_t i = 0; i < management->count; i++) {
		if (ig_ranges_contain(&management->who[i], machine))
			r->key->management[r->n_management++] = i;
	}
}

/* A rule of the machine that says whom it means by itself. NULL: no memory. */
static const struct ig_rule *make_owners(struct resolver *r, const struct ig_machine *m,
					 const struct ig_rule *rule)
{
	struct ig_owners_rule *made = calloc(1, sizeof(*made));
	uint32_t set = rule->remote.kind == IG_REMOTE_MY_CONTROLLERS ? ig_machine_controllers(m)
								     : m->maker;
	struct ig_remote remote = {.kind = rule->remote.kind};

	if (!made)
		return NULL;
	made->next = r->out->owners;
	r->out->owners = made;
	made->written = rule;
	if (ig_rule_copy(rule, &made->rule))
		return NULL;
	if (set) {
		remote.name = strdup(r->inv->sets[set - 1].name);
		if (!remote.name)
			return NULL;
	}
	ig_remote_clear(&made->rule.remote);
	made->rule.remote = remote;
	return &made->rule;
}

static int append_rules(struct resolver *r, const struct ig_machine *m,
			const struct ig_rules *rules, struct ig_rule_list *list)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct ig_rule *rule = &rules->items[i];

		if (ig_remote_is_owners(rule->remote.kind))
			rule = make_owners(r, m, rule);
		if (!rule)
			return -ENOMEM;
		list->rules[list->count++] = rule;
	}
	return 0;
}

static int fill_list(struct resolver *r, const struct ig_machine *m)
{
	struct ig_rule_list *list = &r->out->lists[r->out->n_lists];
	const struct ig_profile *profile = NULL;
	size_t n = r->n_management + count_rules(m);
	int err;

	list->rules = malloc((n ? n : 1) * sizeof(*list->rules));
	if (!list->rules)
		return -ENOMEM;
	r->out->n_lists++;
	for (size_t i = 0; i < r->n_management; i++)
		list->rules[list->count++] = &r->out->management.rules[r->key->management[i]];
	err = append_rules(r, m, &m->rules, list);
	while (!err && (profile = ig_next_profile(m, profile)))
		err = append_rules(r, m, &profile->rules, list);
	return err;
}

/* A list that others may have as well. */
static int share_list(struct resolver *r, size_t machine)
{
	size_t found = ig_index_find(r->known, 0, r->key, key_size(r)), at = r->out->n_lists;

	if (found != IG_INDEX_NONE) {
		r->out->list_of[machine] = found;
		return 0;
	}
	r->keys[at] = malloc(key_size(r));
	if (!r->keys[at])
		return -ENOMEM;
	memcpy(r->keys[at], r->key, key_size(r));
	r->out->list_of[machine] = at;
	return fill_list(r, &r->inv->machines[machine])
		       ?: ig_index_add(r->known, 0, r->keys[at], key_size(r), at, NULL);
}

static int resolve(struct resolver *r)
{
	int err = 0;

	for (size_t i = 0; i < r->inv->n_machines && !err; i++) {
		make_key(r, i);
		if (!r->inv->machines[i].rules.count) {
			err = share_list(r, i);
			continue;
		}
		r->out->list_of[i] = r->out->n_lists;
		err = fill_list(r, &r->inv->machines[i]);
	}
	return err;
}

int ig_resolve(const struct iotguard_inventory *inv, struct ig_resolved *out)
{
	size_t n = inv->n_machines ? inv->n_machines : 1;
	_cleanup_(resolver_free) struct resolver r = {
		.inv = inv,
		.out = out,
		.known = ig_index_new(),
		.keys = calloc(n, sizeof(*r.keys)),
		.key = malloc(sizeof(*r.key) +
			      inv->gateway.management.count * sizeof(*r.key->management)),
	};
	int err;

	*out = (struct ig_resolved){
		.lists = calloc(n, sizeof(*out->lists)),
		.list_of = calloc(n, sizeof(*out->list_of)),
	};
	err = out->lists && out->list_of && r.known && r.keys && r.key ? 0 : -ENOMEM;
	err = err ?: ig_management_make(inv, &out->management);
	err = err ?: resolve(&r);
	if (err)
		ig_resolved_clear(out);
	return err;
}

void ig_resolved_clear(struct ig_resolved *resolved)
{
	for (size_t i = 0; i < resolved->n_lists; i++)
		free(resolved->lists[i].rules);
	free(resolved->lists);
	free(resolved->list_of);
	while (resolved->owners) {
		struct ig_owners_rule *next = resolved->owners->next;

		ig_rule_clear(&resolved->owners->rule);
		free(resolved->owners);
		resolved->owners = next;
	}
	ig_management_clear(&resolved->management);
	*resolved = (struct ig_resolved){};
}

const struct ig_rule *ig_rule_written(const struct ig_rule *rule)
{
	if (!ig_remote_is_owners(rule->remote.kind))
		return rule;
	return ((const struct ig_owners_rule *)((const char *)rule -
						offsetof(struct ig_owners_rule, rule)))
		->written;
}

static size_t count_ending(const struct ig_rules *rules, const struct ig_rule **first)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->count; i++) {
		if (!rules->items[i].has_until)
			continue;
		if (first && !*first)
			*first = &rules->items[i];
		n++;
	}
	return n;
}

size_t ig_rules_ending(const struct iotguard_inventory *inv, const struct ig_rule **first)
{
	size_t n;

	if (first)
		*first = NULL;
	n = count_ending(&inv->gateway.management, first);
	for (size_t i = 0; i < inv->n_machines; i++)
		n += count_ending(&inv->machines[i].rules, first);
	for (size_t i = 0; i < inv->n_profiles; i++)
		n += count_ending(&inv->profiles[i].rules, first);
	return n;
}

uint32_t ig_machine_controllers(const struct ig_machine *m)
{
	uint32_t value = m->controllers;

	for (const struct ig_profile *p = m->profile; !value && p; p = p->extends)
		value = p->controllers;
	return value;
}

const char *ig_machine_manufacturer(const struct ig_machine *m)
{
	if (m->manufacturer)
		return m->manufacturer;
	return m->mud_rules ? m->mud_rules->mud_authority : NULL;
}

const struct ig_mud_source *ig_machine_mud(const struct ig_machine *m)
{
	const struct ig_mud_source *source = &m->mud;

	for (const struct ig_profile *p = m->profile; !source->path && p; p = p->extends)
		source = &p->mud;
	return source->path ? source : NULL;
}

int ig_machine_environment(const struct ig_machine *m)
{
	int value = m->environment;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->environment;
	return value == IG_UNSET ? IOTGUARD_ENV_UNKNOWN : value;
}

int ig_machine_criticality(const struct ig_machine *m)
{
	int value = m->criticality;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->criticality;
	return value == IG_UNSET ? IOTGUARD_CRIT_UNKNOWN : value;
}

int ig_machine_mode(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	int value = m->mode;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->mode;
	if (value == IG_UNSET && m->segment)
		value = m->segment->mode;
	return value == IG_UNSET ? inv->default_mode : value;
}

int ig_machine_dns(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	int value = m->dns;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->dns;
	if (value == IG_UNSET && m->segment)
		value = m->segment->dns;
	return value == IG_UNSET ? inv->default_dns : value;
}

unsigned int ig_machine_flows(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	int value = m->flows;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->flows;
	if (value != IG_UNSET)
		return value;
	return inv->n_machines > MANY_DEVICES ? FLOWS_MANY : FLOWS_DEFAULT;
}

bool ig_machine_lists_in(const struct ig_machine *m, const struct ig_prefix *prefix)
{
	struct ig_span span = ig_span_of_prefix(prefix);

	for (size_t i = 0; i < m->addresses.count; i++) {
		const uint8_t *addr = m->addresses.items[i].addr;
		ig_number n = ig_number_of_addr(addr);

		if (ig_addr_is_v4(addr) == ig_prefix_is_v4(prefix) && n >= span.first &&
		    n <= span.last)
			return true;
	}
	return false;
}

bool ig_group_has(const struct ig_group *group, const struct ig_machine *m)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct ig_member *member = &group->members[i];

		if (member->machine ? member->machine == m
				    : ig_machine_lists_in(m, &member->prefix))
			return true;
	}
	return false;
}

void ig_machine_key(const struct ig_machine *m, struct ig_mac *key)
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	*key = (struct ig_mac){};
	if (!m->router) {
		memcpy(key->addr, m->mac, sizeof(key->addr));
		return;
	}
	ig_sha256_init(&sha);
	ig_sha256_update(&sha, m->name, strlen(m->name));
	ig_sha256_final(&sha, digest);
	memcpy(key->addr, digest, sizeof(key->addr));
	key->pad[0] = IG_MAC_IS_NAME;
}
