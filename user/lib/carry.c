/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "carry.h"
#include "map_rows.h"
#include "util.h"

#define VALUE_MAX 128 /* no value of one CPU is longer */

/* The two tables of flows, and where the key is in a slot of their rings. */
static const struct table {
	enum ig_map ring, flows;
	size_t slot_size, key_at, key_size;
} tables[IG_CARRIED_TABLES] = {
	{IG_MAP_ring4, IG_MAP_flows4, sizeof(struct ig_slot4), offsetof(struct ig_slot4, key),
	 sizeof(struct ig_flow4_key)},
	{IG_MAP_ring6, IG_MAP_flows6, sizeof(struct ig_slot6), offsetof(struct ig_slot6, key),
	 sizeof(struct ig_flow6_key)},
};

static bool is_nobodys(const struct table *table, const uint8_t *key)
{
	static const uint8_t nobody[sizeof(struct ig_flow6_key)];

	return !memcmp(key, nobody, table->key_size);
}

static int read_ring(const struct ig_object *object, const struct table *table, uint8_t **slots,
		     uint32_t *count)
{
	uint32_t next;
	_free_ uint32_t *numbers = NULL;

	*count = object->control->flow_slots;
	numbers = calloc(*count, sizeof(*numbers));
	*slots = calloc(*count, table->slot_size);
	if (!numbers || !*slots)
		return -ENOMEM;
	if (bpf_map_lookup_batch(object->maps[table->ring], NULL, &next, numbers, *slots, count,
				 NULL) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

/* What passed on it, each way. */
static int carry_counts(const struct ig_object *old, const struct ig_object *new, uint32_t from)
{
	const uint32_t places[] = {from, from + IG_FLOW_COUNT_TO_DEVICE};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct ig_flow_count count;

		if (bpf_map_lookup_elem(old->maps[IG_MAP_flow_counts], &places[i], &count) ||
		    bpf_map_update_elem(new->maps[IG_MAP_flow_counts], &places[i], &count, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int carry_flow(const struct ig_object *old, const struct ig_object *new,
		      const struct table *table, uint32_t number, const uint8_t *key)
{
	uint8_t slot[sizeof(struct ig_slot6)] = {};
	struct ig_flow flow;

	if (is_nobodys(table, key) || bpf_map_lookup_elem(old->maps[table->flows], key, &flow) ||
	    flow.slot != number)
		return 0;
	memcpy(slot + table->key_at, key, table->key_size);
	if (bpf_map_update_elem(new->maps[table->flows], key, &flow, BPF_ANY) ||
	    bpf_map_update_elem(new->maps[table->ring], &number, slot, BPF_ANY))
		return -errno;
	return carry_counts(old, new, flow.count);
}

/* By their rings: what no slot names is not carried, so that the new tables begin whole although
 * packets go on changing the old ones. */
static int carry_flows(const struct ig_object *old, const struct ig_object *new,
		       const struct table *table, uint8_t **slots)
{
	uint32_t count;
	int err = read_ring(old, table, slots, &count);

	for (uint32_t i = 0; i < count && !err; i++)
		err = carry_flow(old, new, table, i, *slots + i * table->slot_size + table->key_at);
	return err;
}

/* The slot is another flow's in the old ring by now, and in the new one still that of the first pass. */
static int carry_late(const struct ig_object *old, const struct ig_object *new,
		      const struct table *table, const uint8_t *before)
{
	_free_ uint8_t *now = NULL;
	uint32_t count;
	int err = read_ring(old, table, &now, &count);

	for (uint32_t i = 0; i < count && !err; i++) {
		size_t at = i * table->slot_size + table->key_at;
		uint8_t there[sizeof(struct ig_slot6)];

		if (!memcmp(now + at, before + at, table->key_size) ||
		    bpf_map_lookup_elem(new->maps[table->ring], &i, there) ||
		    memcmp(there + table->key_at, before + at, table->key_size))
			continue;
		if (!is_nobodys(table, before + at))
			bpf_map_delete_elem(new->maps[table->flows], before + at);
		err = carry_flow(old, new, table, i, now + at);
	}
	return err;
}

/* By their places, as flows by their rings; the places are carried as they are. */
static int carry_bindings(const struct ig_object *old, const struct ig_object *new)
{
	static const struct ig_binding_key nobody;
	_cleanup_(ig_map_rows_clear) struct ig_map_rows held = {};
	int err = ig_map_rows_read(old->maps[IG_MAP_held], BPF_F_LOCK, &held);

	for (uint32_t at = 0; at < held.count && !err; at++) {
		struct ig_holding holding =
			*(const struct ig_holding *)ig_map_rows_value(&held, at);
		struct ig_binding binding;

		if (!memcmp(&holding.key, &nobody, sizeof(nobody)) ||
		    bpf_map_lookup_elem(old->maps[IG_MAP_bindings], &holding.key, &binding) ||
		    binding.device * IG_BINDING_PLACES + binding.place != at)
			continue;
		if (bpf_map_update_elem(new->maps[IG_MAP_bindings], &holding.key, &binding,
					BPF_ANY) ||
		    bpf_map_update_elem(new->maps[IG_MAP_held], &at, &holding, BPF_F_LOCK))
			err = -errno;
	}
	return err;
}

/* By name, for their number of places is that of the maps that they lie in. */
static int carry_names(const struct ig_object *old, const struct ig_object *new)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows names = {};
	int err = ig_map_rows_read(old->maps[IG_MAP_names], 0, &names);

	for (size_t i = 0; i < names.count && !err; i++) {
		if (bpf_map_update_elem(new->maps[IG_MAP_names], ig_map_rows_key(&names, i),
					ig_map_rows_value(&names, i), BPF_ANY))
			err = -errno;
	}
	return err;
}

static int carry_pins(const struct ig_object *old, const struct ig_object *new)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows pins = {};
	int err = ig_map_rows_read(old->maps[IG_MAP_pins], BPF_F_LOCK, &pins);

	for (uint32_t at = 0; at < pins.count && !err; at++) {
		const struct ig_pin *pin = ig_map_rows_value(&pins, at);

		if (pin->name && bpf_map_update_elem(new->maps[IG_MAP_pins], &at, pin, BPF_F_LOCK))
			err = -errno;
	}
	return err;
}

/* Rows of an array; @value has room for one, of all CPUs if it is per CPU. */
static int carry_array(const struct ig_object *old, const struct ig_object *new, enum ig_map map,
		       uint32_t count, void *value)
{
	for (uint32_t i = 0; i < count; i++) {
		if (bpf_map_lookup_elem(old->maps[map], &i, value) ||
		    bpf_map_update_elem(new->maps[map], &i, value, BPF_ANY))
			return -errno;
	}
	return 0;
}

int ig_carry_over(const struct ig_object *old, const struct ig_object *new,
		  struct ig_carried *carried)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ void *value = calloc(cpus > 0 ? cpus : 1, VALUE_MAX);
	uint32_t devices = old->control->device_slots;
	int err = value ? 0 : -ENOMEM;

	for (int i = 0; i < IG_CARRIED_TABLES && !err; i++)
		err = carry_flows(old, new, &tables[i], &carried->slots[i]);
	err = err ?: carry_bindings(old, new);
	new->control->seed =
		old->control->seed; /* where names, pins and queries stand follows from it */
	new->control->pin_places = old->control->pin_places;
	err = err ?: carry_names(old, new);
	err = err ?: carry_pins(old, new);
	err = err ?: carry_array(old, new, IG_MAP_awaited, devices * IG_AWAITED_PLACES, value);
	err = err ?: carry_array(old, new, IG_MAP_state, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_device_stats, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_reason_stats, IG_REASON_STATS, value);
	err = err ?: carry_array(old, new, IG_MAP_changes, IG_CHANGES, value);
	new->control->changes = old->control->changes;
	return err ?: carry_array(old, new, IG_MAP_event_stats, 1, value);
}

int ig_carry_late(const struct ig_object *old, const struct ig_object *new,
		  const struct ig_carried *carried)
{
	int err = 0;

	for (int i = 0; i < IG_CARRIED_TABLES && !err; i++)
		err = carry_late(old, new, &tables[i], carried->slots[i]);
	ig_object_forget_refusals(new); /* of what had no flow until now */
	return err;
}

void ig_carried_clear(struct ig_carried *carried)
{
	for (int i = 0; i < IG_CARRIED_TABLES; i++) {
		free(carried->slots[i]);
		carried->slots[i] = NULL;
	}
}
