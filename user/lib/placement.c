/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bindings.h"
#include "compile.h"
#include "generation.h"
#include "machines.h"
#include "placement.h"
#include "util.h"

#define DEVICES_MIN    64
#define FLOW_SLOTS_MIN 4096

/* --- what is in force --- */

struct running {
	struct ig_machines machines;
	bool *present; /* in the new inventory, too */
};

static void running_free(struct running *r)
{
	ig_machines_clear(&r->machines);
	free(r->present);
}

static int running_read(struct running *r, const struct ig_object *object)
{
	static const struct ig_object nothing = {
		.slots = {[0 ... IG_SLOTS - 1] = {[0 ... IG_MAP_SLOTTED - 1] = -1}}};
	int err = ig_machines_read(object ? object : &nothing,
				   object ? ig_generation_now(object) : 0, &r->machines);

	r->present = calloc(r->machines.count ? r->machines.count : 1, sizeof(*r->present));
	return err ? err : r->present ? 0 : -ENOMEM;
}

/* --- indices --- */

static int place_indices(struct ig_placement *p, const struct iotguard_inventory *inv,
			 struct running *r, size_t *position)
{
	uint32_t next = 0;
	size_t limit = inv->n_machines + r->machines.count + 1;
	_free_ bool *used = calloc(limit, sizeof(*used));

	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < r->machines.count; i++) {
		/* an index may be beyond what so many machines need: it was given out when there
		 * were more */
		if (r->machines.devices[i].index < limit)
			used[r->machines.devices[i].index] = true;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		struct ig_mac key;

		ig_machine_key(&inv->machines[i], &key);
		position[i] = ig_machines_find(&r->machines, &key);
		/* two names may have one key */
		if (position[i] != IG_INDEX_NONE && r->present[position[i]])
			position[i] = IG_INDEX_NONE;
		if (position[i] != IG_INDEX_NONE) {
			p->indices[i] = r->machines.devices[position[i]].index;
			r->present[position[i]] = true;
			continue;
		}
		while (used[next])
			next++;
		used[next] = true;
		p->indices[i] = next;
		p->fresh[p->n_fresh++] = next;
	}
	for (size_t i = 0; i < r->machines.count; i++)
		p->n_gone += !r->present[i];
	return 0;
}

/* --- ring slots --- */

struct extent {
	uint32_t first, count;
};

static int compare_extents(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

struct space {
	struct extent *used; /* sorted, those of the policy in force */
	size_t count;
	size_t at;     /* first of them that is not behind @next */
	uint64_t next; /* nothing is free before it */
};

/* The first gap of @count slots from where the last one was found: one pass over the space for all
 * machines. */
static uint64_t take_slots(struct space *space, uint32_t count)
{
	uint64_t first;

	while (space->at < space->count && space->used[space->at].first < space->next + count) {
		const struct extent *used = &space->used[space->at++];

		if ((uint64_t)used->first + used->count > space->next)
			space->next = (uint64_t)used->first + used->count;
	}
	first = space->next;
	space->next += count;
	return first;
}

static int place_rings(struct ig_placement *p, const struct iotguard_inventory *inv,
		       struct running *r, const size_t *position, uint32_t *highest)
{
	_free_ struct extent *used =
		calloc(r->machines.count ? r->machines.count : 1, sizeof(*used));
	struct space space = {.used = used, .count = r->machines.count};

	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < r->machines.count; i++) {
		const struct ig_device *d = &r->machines.devices[i];

		used[i] = (struct extent){d->ring, (uint32_t)d->flows + d->critical_flows};
	}
	qsort(used, r->machines.count, sizeof(*used), compare_extents);
	*highest = 0;
	for (size_t i = 0; i < inv->n_machines; i++) {
		uint16_t flows, critical;
		const struct ig_device *d =
			position[i] == IG_INDEX_NONE ? NULL : &r->machines.devices[position[i]];

		ig_flow_quota(inv, &inv->machines[i], &flows, &critical);
		if (d && d->flows == flows && d->critical_flows == critical) {
			p->rings[i] = d->ring;
		} else {
			uint64_t first = take_slots(&space, (uint32_t)flows + critical);

			if (first + flows + critical > IG_MAX_FLOW_SLOTS)
				return -E2BIG;
			p->rings[i] = first;
		}
		if (p->rings[i] + flows + critical > *highest)
			*highest = p->rings[i] + flows + critical;
	}
	return 0;
}

/* --- both --- */

static uint32_t with_headroom(uint32_t needed, uint32_t least)
{
	uint64_t wanted = (uint64_t)needed + needed / 2;

	return wanted < least ? least : wanted > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)wanted;
}

static uint32_t at_least(uint32_t n, uint32_t least)
{
	return n < least ? least : n;
}

static void choose_sizes(struct ig_placement *p, const struct iotguard_inventory *inv,
			 const struct ig_object *object, uint32_t highest)
{
	uint32_t index = 0;

	for (size_t i = 0; i < inv->n_machines; i++)
		index = p->indices[i] + 1 > index ? p->indices[i] + 1 : index;
	p->fits = object && index <= object->control->device_slots &&
		  highest <= object->control->flow_slots;
	if (p->fits)
		p->sizes = (struct ig_sizes){object->control->device_slots,
					     object->control->flow_slots,
					     object->control->pin_places};
	else /* what is in force is carried over, so the new maps are no smaller */
		p->sizes = (struct ig_sizes){
			at_least(with_headroom(index, DEVICES_MIN),
				 object ? object->control->device_slots : 0),
			at_least(with_headroom(highest, FLOW_SLOTS_MIN),
				 object ? object->control->flow_slots : 0),
			object ? object->control->pin_places : 0,
		};
}

int ig_placement_make(struct ig_placement *p, const struct iotguard_inventory *inv,
		      const struct ig_object *object)
{
	size_t n = inv->n_machines ? inv->n_machines : 1;
	_cleanup_(running_free) struct running r = {};
	_free_ size_t *position = calloc(n, sizeof(*position));
	uint32_t highest = 0;
	int err;

	*p = (struct ig_placement){
		.indices = calloc(n, sizeof(uint32_t)),
		.rings = calloc(n, sizeof(uint32_t)),
		.fresh = calloc(n, sizeof(uint32_t)),
	};
	err = p->indices && p->rings && p->fresh && position ? 0 : -ENOMEM;
	err = err ?: running_read(&r, object);
	err = err ?: place_indices(p, inv, &r, position);
	err = err ?: place_rings(p, inv, &r, position, &highest);
	if (err) {
		ig_placement_clear(p);
		return err;
	}
	choose_sizes(p, inv, object, highest);
	return 0;
}

void ig_placement_clear(struct ig_placement *p)
{
	free(p->indices);
	free(p->rings);
	free(p->fresh);
	*p = (struct ig_placement){};
}

/* --- cleaning --- */

/* What it was told. What it asked is forgotten by itself. */
static void forget_names(const struct ig_object *object, uint32_t index)
{
	uint32_t places = object->control->pin_places;
	struct ig_state state = {};
	struct ig_pin pin = {};

	if (bpf_map_lookup_elem(object->maps[IG_MAP_state], &index, &state) || !state.names)
		return;
	for (uint32_t i = 0, at = index * places; i < places; i++, at++)
		bpf_map_update_elem(object->maps[IG_MAP_pins], &at, &pin, BPF_F_LOCK);
	for (uint32_t i = 0; i < places / 2; i++) {
		struct ig_name_place place = {index, i};

		bpf_map_delete_elem(object->maps[IG_MAP_names], &place);
	}
}

static void forget_index(const struct ig_object *object, uint32_t index)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ struct ig_device_counter *counters = calloc(cpus > 0 ? cpus : 1, sizeof(*counters));
	struct ig_state state = {};

	forget_names(object, index);
	bpf_map_update_elem(object->maps[IG_MAP_state], &index, &state, BPF_ANY);
	if (counters)
		bpf_map_update_elem(object->maps[IG_MAP_device_stats], &index, counters, BPF_ANY);
}

void ig_placement_clean_fresh(const struct ig_placement *p, const struct ig_object *object)
{
	for (size_t i = 0; i < p->n_fresh; i++)
		forget_index(object, p->fresh[i]);
	ig_bindings_forget(object, p->fresh, p->n_fresh);
}
