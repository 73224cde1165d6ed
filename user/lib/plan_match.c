/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which machine of one inventory is which of the other. A machine is its MAC address, so that is
 * what it is recognised by, whatever it is called; and where its MAC address is another one, its
 * name. Both get one number for it.
 */

#include <errno.h>
#include <string.h>

#include "index.h"
#include "plan_internal.h"
#include "util.h"

struct matcher {
	const struct iotguard_inventory *now, *old;
	uint32_t *ids;	     /* of the old ones */
	uint32_t *old_of;    /* position + 1 of the old machine, by position of the new one */
	struct ig_mac *keys; /* of the new ones */
};

static int match_keys(struct matcher *m)
{
	_cleanup_(ig_index_freep) struct ig_index *index = ig_index_new();

	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < m->now->n_machines; i++) {
		int err;

		ig_machine_key(&m->now->machines[i], &m->keys[i]);
		err = ig_index_add(index, 0, &m->keys[i], sizeof(m->keys[i]), i, NULL);
		if (err && err != -EEXIST)
			return err;
	}
	for (size_t i = 0; i < m->old->n_machines; i++) {
		struct ig_mac key;
		size_t at;

		ig_machine_key(&m->old->machines[i], &key);
		at = ig_index_find(index, 0, &key, sizeof(key));
		if (at == IG_INDEX_NONE || m->old_of[at])
			continue;
		m->ids[i] = at;
		m->old_of[at] = i + 1;
	}
	return 0;
}

static void match_names(struct matcher *m)
{
	for (size_t i = 0; i < m->old->n_machines; i++) {
		const struct ig_machine *old = &m->old->machines[i], *now;

		if (m->ids[i] != UINT32_MAX)
			continue;
		now = ig_inventory_machine(m->now, old->host, old->name);
		if (!now || m->old_of[now - m->now->machines])
			continue;
		m->ids[i] = now - m->now->machines;
		m->old_of[now - m->now->machines] = i + 1;
	}
}

static int match(struct matcher *m, uint32_t *n_ids)
{
	int err;

	memset(m->ids, 0xff, m->old->n_machines * sizeof(*m->ids));
	err = match_keys(m);
	if (err)
		return err;
	match_names(m);
	for (size_t i = 0; i < m->old->n_machines; i++) {
		if (m->ids[i] == UINT32_MAX)
			m->ids[i] = (*n_ids)++;
	}
	return 0;
}

static int match_old(struct iotguard_plan *plan, const struct iotguard_inventory *inv,
		     uint32_t **ids)
{
	_free_ uint32_t *old_of = calloc(inv->n_machines + 1, sizeof(*old_of));
	_free_ struct ig_mac *keys = calloc(inv->n_machines + 1, sizeof(*keys));
	struct matcher m = {.now = inv, .old = plan->old, .old_of = old_of, .keys = keys};

	*ids = calloc(plan->old->n_machines + 1, sizeof(**ids));
	m.ids = *ids;
	return m.ids && old_of && keys ? match(&m, &plan->n_ids) : -ENOMEM;
}

int ig_plan_match(struct iotguard_plan *plan, const struct iotguard_inventory *inv)
{
	_free_ uint32_t *ids = calloc(inv->n_machines + 1, sizeof(*ids));
	_free_ uint32_t *old_ids = NULL;
	int err = ids ? 0 : -ENOMEM;

	plan->n_ids = inv->n_machines;
	for (size_t i = 0; i < inv->n_machines && !err; i++)
		ids[i] = i;
	if (plan->old)
		err = err ?: match_old(plan, inv, &old_ids);
	err = err ?: ig_world_make(&plan->now, inv, plan->old, take_ptr(ids), plan->n_ids);
	if (!err && plan->old)
		err = ig_world_make(&plan->before, plan->old, inv, take_ptr(old_ids), plan->n_ids);
	return err;
}
