/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "carry.h"
#include "generation.h"
#include "util.h"

#define ROW_MAX 128 /* no key is longer, nor a value of one CPU */

/* Rows of a hash. A row that goes away meanwhile is no loss. */
static int carry_hash(const struct ig_object *old, const struct ig_object *new, enum ig_map map)
{
	uint8_t key[ROW_MAX], next[ROW_MAX], value[ROW_MAX];
	void *previous = NULL;

	while (!bpf_map_get_next_key(old->maps[map], previous, next)) {
		memcpy(key, next, sizeof(key));
		previous = key;
		if (bpf_map_lookup_elem(old->maps[map], key, value))
			continue;
		if (bpf_map_update_elem(new->maps[map], key, value, BPF_ANY))
			return -errno;
	}
	return errno == ENOENT ? 0 : -errno;
}

/* Rows of an array; @value has room for one, of all CPUs if it is per CPU. */
static int carry_array(const struct ig_object *old, const struct ig_object *new, enum ig_map map, uint32_t count,
		       void *value)
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
	_free_ void *value = calloc(cpus > 0 ? cpus : 1, ROW_MAX);
	uint32_t devices = old->control->device_slots, slots = old->control->flow_slots;
	int err = value ? 0 : -ENOMEM;

	err = err ?: carry_hash(old, new, IG_MAP_flows4);
	err = err ?: carry_hash(old, new, IG_MAP_flows6);
	err = err ?: carry_hash(old, new, IG_MAP_bindings);
	err = err ?: carry_array(old, new, IG_MAP_ring4, slots, value);
	err = err ?: carry_array(old, new, IG_MAP_ring6, slots, value);
	err = err ?: carry_array(old, new, IG_MAP_state, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_device_stats, devices, value);
	err = err ?: carry_array(old, new, IG_MAP_reason_stats, IG_REASON_STATS, value);
	err = err ?: carry_array(old, new, IG_MAP_event_stats, 1, value);
	if (!err)
		new->control->generation = ig_generation_now(old);
	return err;
}
