/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "resolve.h"
#include "sha256.h"
#include "util.h"

#define FLOWS_DEFAULT 64
#define FLOWS_MANY    16 /* a device, where there are more than MANY_DEVICES */
#define MANY_DEVICES  10000

static size_t count_rules(const struct ig_rules *own, const struct ig_profile *profile)
{
	size_t n = own ? own->count : 0;

	for (; profile; profile = profile->extends)
		n += profile->rules.count;
	return n;
}

static int fill_list(struct ig_rule_list *list, const struct ig_rules *own,
		     const struct ig_profile *profile)
{
	size_t n = count_rules(own, profile);

	list->rules = malloc((n ? n : 1) * sizeof(*list->rules));
	if (!list->rules)
		return -ENOMEM;
	for (size_t i = 0; own && i < own->count; i++)
		list->rules[list->count++] = &own->items[i];
	for (; profile; profile = profile->extends) {
		for (size_t i = 0; i < profile->rules.count; i++)
			list->rules[list->count++] = &profile->rules.items[i];
	}
	return 0;
}

/* List 0 is the empty one, the next ones are the profiles', then come those of machines with rules
 * of their own. */
int ig_resolve(const struct iotguard_inventory *inv, struct ig_resolved *out)
{
	size_t max = 1 + inv->n_profiles + inv->n_machines;

	*out = (struct ig_resolved){
		.lists = calloc(max, sizeof(*out->lists)),
		.list_of = calloc(inv->n_machines ? inv->n_machines : 1, sizeof(*out->list_of)),
	};
	if (!out->lists || !out->list_of || fill_list(&out->lists[0], NULL, NULL))
		goto fail;
	out->n_lists = 1;
	for (size_t i = 0; i < inv->n_profiles; i++) {
		if (fill_list(&out->lists[out->n_lists++], NULL, &inv->profiles[i]))
			goto fail;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_machine *m = &inv->machines[i];

		if (!m->rules.count) {
			out->list_of[i] = m->profile ? 1 + (m->profile - inv->profiles) : 0;
			continue;
		}
		out->list_of[i] = out->n_lists;
		if (fill_list(&out->lists[out->n_lists++], &m->rules, m->profile))
			goto fail;
	}
	return 0;
fail:
	ig_resolved_clear(out);
	return -ENOMEM;
}

void ig_resolved_clear(struct ig_resolved *resolved)
{
	for (size_t i = 0; i < resolved->n_lists; i++)
		free(resolved->lists[i].rules);
	free(resolved->lists);
	free(resolved->list_of);
	*resolved = (struct ig_resolved){};
}

size_t ig_rules_ending(const struct ig_rules *rules, const struct ig_rule **first)
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

unsigned int ig_machine_flows(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	int value = m->flows;

	for (const struct ig_profile *p = m->profile; value == IG_UNSET && p; p = p->extends)
		value = p->flows;
	if (value != IG_UNSET)
		return value;
	return inv->n_machines > MANY_DEVICES ? FLOWS_MANY : FLOWS_DEFAULT;
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
