/* SPDX-License-Identifier: BSD-2-Clause */
/* `controllers:`, `my-controllers:`, and who is of which manufacturer and model. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "resolve.h"
#include "sets.h"
#include "util.h"

/* An empty set. Its position; -EEXIST with the position of the one that is there; -ENOMEM. */
static int add_set(struct ig_load *l, const char *key, const struct ig_loc *loc, size_t *position)
{
	struct iotguard_inventory *inv = l->inv;
	struct ig_group *set;
	int r;

	if (!ig_grow(&inv->sets, inv->n_sets, &l->c_sets, sizeof(*inv->sets)))
		return -ENOMEM;
	*position = inv->n_sets;
	set = &inv->sets[inv->n_sets];
	*set = (struct ig_group){.name = strdup(key), .loc = *loc};
	if (!set->name)
		return -ENOMEM;
	inv->n_sets++;
	r = ig_index_add(inv->index, IG_SPACE_SET, set->name, strlen(set->name), *position,
			 position);
	if (r == -EEXIST) {
		free(set->name);
		inv->n_sets--;
	}
	return r;
}

static int load_class(struct ig_load *l, const struct ig_entry *entry)
{
	struct ig_loc loc = ig_node_loc(&l->set, entry->key);
	char key[IG_SET_KEY_MAX];
	const char *name;
	size_t position;
	int r;

	if (!ig_node_text(&l->set, entry->key, "a class of controllers", IG_TEXT_MAX, &name))
		return 0;
	snprintf(key, sizeof(key), "controller:%s", name);
	r = add_set(l, key, &loc, &position);
	/* a twin was said when the sections were gathered */
	return r ? (r == -EEXIST ? 0 : r)
		 : ig_load_members(l, entry->value, &l->inv->sets[position], true);
}

int ig_load_controllers(struct ig_load *l)
{
	int r = 0;

	for (size_t i = 0; i < l->sections[IG_SPACE_CONTROLLER].count && !r; i++)
		r = load_class(l, &l->sections[IG_SPACE_CONTROLLER].items[i]);
	return r;
}

int ig_load_my_controllers(struct ig_load *l, const struct ig_node *value, const char *kind,
			   const char *name, uint32_t *out)
{
	struct ig_loc loc = ig_node_loc(&l->set, value);
	char key[IG_SET_KEY_MAX];
	size_t position;
	int r;

	snprintf(key, sizeof(key), "my-controllers of %s:%.*s", kind, IG_NAME_MAX, name);
	r = add_set(l, key, &loc, &position);
	if (r)
		return r == -EEXIST ? 0 : r;
	*out = (uint32_t)position + 1;
	return ig_load_members(l, value, &l->inv->sets[position], true);
}

/* --- sets that follow from what rules name --- */

static int fill_servers(struct ig_group *set, const struct ig_addresses *servers)
{
	set->members = calloc(servers->count + 1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	for (size_t i = 0; i < servers->count; i++) {
		set->members[i].prefix.length = 128;
		memcpy(set->members[i].prefix.addr, servers->items[i].addr, 16);
	}
	set->count = servers->count;
	return 0;
}

static int fill_gateway(struct ig_group *set)
{
	set->members = calloc(1, sizeof(*set->members));
	if (!set->members)
		return -ENOMEM;
	set->members[0].gateway = true;
	set->count = 1;
	return 0;
}

/* Once a place and remote, however many machines, and levels of a MUD file, have the rule that stands there. */
static int note_told(struct ig_load *l, const struct ig_rule *rule)
{
	_free_ char *key = NULL;
	int r;

	if (l->diags->errors_alone) /* so that who is asked about, and has it too, is told */
		return -EEXIST;
	if (asprintf(&key, "told:%s:%u:%u:%d:%s", rule->loc.file, rule->loc.line, rule->loc.column,
		     (int)rule->remote.kind, rule->remote.name ? rule->remote.name : "") < 0)
		return -ENOMEM;
	if (!ig_grow(&l->told, l->n_told, &l->c_told, sizeof(*l->told)))
		return -ENOMEM;
	r = ig_index_add(l->seen, IG_SPACE_SET, key, strlen(key), 0, NULL);
	if (!r)
		l->told[l->n_told++] = take_ptr(key);
	return r;
}

/* The classes of RFC 8520, section 10.5, and one that is much used without being registered. */
static int make_class(struct ig_load *l, const struct ig_rule *rule, const char *key)
{
	const struct ig_gateway *gateway = &l->inv->gateway;
	const char *name = rule->remote.name;
	bool dns = !strcmp(name, "urn:ietf:params:mud:dns");
	bool ntp = !strcmp(name, "urn:ietf:params:mud:ntp");
	size_t position;
	int r;

	if (ig_inventory_set_named(l->inv, key))
		return 0;
	if (!dns && !ntp && strcmp(name, "urn:ietf:params:mud:gateway") != 0) {
		r = note_told(l, rule);
		if (r)
			return r == -EEXIST ? 0 : r;
		ig_warning(
			l->diags, &rule->loc,
			"list who they are under `controllers:`, with the class as the name",
			"this rule matches nothing: no controllers are listed for the class `%s`",
			name);
		return 0;
	}
	r = add_set(l, key, &rule->loc, &position);
	if (r)
		return r;
	return dns || ntp ? fill_servers(&l->inv->sets[position],
					 dns ? &gateway->resolvers : &gateway->time_servers)
			  : fill_gateway(&l->inv->sets[position]);
}

static int make_named(struct ig_load *l, const struct ig_rule *rule)
{
	char key[IG_SET_KEY_MAX];
	size_t position;
	int r;

	if (!ig_remote_is_set(rule->remote.kind) || ig_remote_is_owners(rule->remote.kind) ||
	    !ig_set_key(&rule->remote, key))
		return 0;
	if (rule->remote.kind == IG_REMOTE_CONTROLLER)
		return make_class(l, rule, key);
	r = add_set(l, key, &rule->loc, &position);
	return r == -EEXIST ? 0 : r;
}

static int make_all_named(struct ig_load *l)
{
	const struct iotguard_inventory *inv = l->inv;
	int r = 0;

	for (size_t i = 0; i < inv->n_profiles; i++) {
		l->diags->errors_alone = l->passed && l->passed[i];
		for (size_t k = 0; k < inv->profiles[i].rules.count && !r; k++)
			r = make_named(l, &inv->profiles[i].rules.items[k]);
	}
	l->diags->errors_alone = false;
	for (size_t i = 0; i < inv->n_machines; i++) {
		for (size_t k = 0; k < inv->machines[i].rules.count && !r; k++)
			r = make_named(l, &inv->machines[i].rules.items[k]);
	}
	return r;
}

static int tell_owner(struct ig_load *l, const struct ig_machine *m, const struct ig_rule *rule)
{
	bool maker = rule->remote.kind == IG_REMOTE_SAME_MANUFACTURER;
	int r = note_told(l, rule);

	if (!r)
		ig_warning(l->diags, &rule->loc,
			   maker ? "say it with `manufacturer:`"
				 : "list them with `my-controllers:`, there or in its profile",
			   "this rule matches nothing for `%s`: %s", m->name,
			   maker ? "nobody says who its manufacturer is" : "it has no controllers");
	return r == -EEXIST ? 0 : r;
}

static int make_maker(struct ig_load *l, struct ig_machine *m, const struct ig_rule *rule)
{
	const char *name = ig_machine_manufacturer(m);
	struct ig_remote remote = {.kind = IG_REMOTE_MANUFACTURER, .name = (char *)name};
	char key[IG_SET_KEY_MAX];
	size_t position;
	int r;

	if (!ig_set_key(&remote, key))
		return tell_owner(l, m, rule);
	r = add_set(l, key, &rule->loc, &position);
	m->maker = r && r != -EEXIST ? 0 : (uint32_t)position + 1;
	return r == -EEXIST ? 0 : r;
}

static int make_owners(struct ig_load *l, struct ig_machine *m, const struct ig_rules *rules)
{
	int r = 0;

	for (size_t i = 0; i < rules->count && !r; i++) {
		const struct ig_rule *rule = &rules->items[i];

		if (rule->remote.kind == IG_REMOTE_SAME_MANUFACTURER && !m->maker)
			r = make_maker(l, m, rule);
		else if (rule->remote.kind == IG_REMOTE_MY_CONTROLLERS &&
			 !ig_machine_controllers(m))
			r = tell_owner(l, m, rule);
	}
	return r;
}

static int make_all_owners(struct ig_load *l)
{
	int r = 0;

	for (size_t i = 0; i < l->inv->n_machines && !r; i++) {
		struct ig_machine *m = &l->inv->machines[i];
		const struct ig_profile *p = NULL;

		r = make_owners(l, m, &m->rules);
		while (!r && (p = ig_next_profile(m, p))) {
			l->diags->errors_alone = p == m->mud_rules && !ig_load_is_asked(l, m);
			r = make_owners(l, m, &p->rules);
		}
		l->diags->errors_alone = false;
	}
	return r;
}

/* --- who is in them --- */

static int join(struct ig_load *l, size_t *capacity, struct ig_machine *m, enum ig_remote_kind kind,
		const char *name)
{
	struct ig_remote remote = {.kind = kind, .name = (char *)name};
	char key[IG_SET_KEY_MAX];
	struct ig_group *set;
	size_t at;

	if (!ig_set_key(&remote, key))
		return 0;
	at = ig_index_find(l->inv->index, IG_SPACE_SET, key, strlen(key));
	if (at == IG_INDEX_NONE)
		return 0;
	set = &l->inv->sets[at];
	if (set->count && set->members[set->count - 1].machine == m)
		return 0; /* by both of its names */
	if (!ig_grow(&set->members, set->count, &capacity[at], sizeof(*set->members)))
		return -ENOMEM;
	set->members[set->count++] = (struct ig_member){.machine = m};
	return 0;
}

static int join_all(struct ig_load *l)
{
	_free_ size_t *capacity = calloc(l->inv->n_sets + 1, sizeof(*capacity));
	int r = capacity ? 0 : -ENOMEM;

	for (size_t i = 0; i < l->inv->n_machines && !r; i++) {
		struct ig_machine *m = &l->inv->machines[i];
		const struct ig_profile *mud = m->mud_rules;

		r = join(l, capacity, m, IG_REMOTE_MANUFACTURER, m->manufacturer);
		r = r ? r : join(l, capacity, m, IG_REMOTE_MODEL, m->model);
		if (mud && !r)
			r = join(l, capacity, m, IG_REMOTE_MANUFACTURER, mud->mud_authority);
		if (mud && !r)
			r = join(l, capacity, m, IG_REMOTE_MODEL, mud->mud_url);
	}
	return r;
}

int ig_load_sets(struct ig_load *l)
{
	int r = make_all_named(l);

	r = r ? r : make_all_owners(l);
	return r || !l->inv->n_sets ? r : join_all(l);
}
