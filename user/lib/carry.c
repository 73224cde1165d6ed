/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "carry.h"
#include "map_rows.h"
#include "util.h"

#define VALUE_MAX 128 /* no value of one CPU is longer */

/*
 * Flows by their rings: what no slot names is not carried, so that the new tables begin whole
 * although packets go on changing the old ones. @key_at and @key_size: where the key is in a slot
 * of @slot_size bytes.
 */
static int carry_flows(const struct ig_object *old, const struct ig_object *new, enum ig_map ring,
		       enum ig_map flows, size_t slot_size, size_t key_at, size_t key_size)
{
	uint8_t nobody[sizeof(struct ig_flow6_key)] = {}, slot[sizeof(struct ig_slot6)] = {};
	uint32_t count = old->control->flow_slots, next;
	_free_ uint32_t *numbers = calloc(count, sizeof(*numbers));
	_free_ uint8_t *slots = calloc(count, slot_size);

	if (!numbers || !slots)
		return -ENOMEM;
	if (bpf_map_lookup_batch(old->maps[ring], NULL, &next, numbers, slots, &count, NULL) &&
	    errno != ENOENT)
		return -errno;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *key = slots + i * slot_size + key_at;
		struct ig_flow flow;

		if (!memcmp(key, nobody, key_size) ||
		    bpf_map_lookup_elem(old->maps[flows], key, &flow) || flow.slot != numbers[i])
			continue;
		memcpy(slot + key_at, key, key_size);
		if (bpf_map_update_elem(new->maps[flows], key, &flow, BPF_ANY) ||
		    bpf_map_update_elem(new->maps[ring], &numbers[i], slot, BPF_ANY))
			return -errno;
	}
	return 0;
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

int ig_carry_over(const struct ig_object *old, const struct ig_object *new)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ void *value = calloc(cpus > 0 ? cpus : 1, VALUE_MAX);
	uint32_t devices = old->control->device_slots;
	int err = value ? 0 : -ENOMEM;

	err = err
		      ?: carry_flows(old, new, IG_MAP_ring4, IG_MAP_flows4, sizeof(struct ig_slot4),
				     offsetof(struct ig_slot4, key), sizeof(struct ig_flow4_key));
	err = err
		      ?: carry_flows(old, new, IG_MAP_ring6, IG_MAP_flows6, sizeof(struct ig_slot6),
				     offsetof(struct ig_slot6, key), sizeof(struct ig_flow6_key));
	err = err ?: carry_bindings(old, new);
	err = err ?: carry_array(old, new, IG_MAP_state, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_device_stats, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_reason_stats, IG_REASON_STATS, value);
	return err ?: carry_array(old, new, IG_MAP_event_stats, 1, value);
}
