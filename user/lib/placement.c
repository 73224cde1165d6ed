/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "bindings.h"
#include "compile.h"
#include "generation.h"
#include "index.h"
#include "placement.h"
#include "util.h"

#define DEVICES_MIN    64
#define FLOW_SLOTS_MIN 4096

/* --- what is in force --- */

struct running {
	struct ig_mac *macs;
	struct ig_device *devices;
	size_t count, capacity, macs_capacity;
	struct ig_index *by_mac;
	bool *present; /* in the new inventory, too */
};

static void running_free(struct running *r)
{
	free(r->macs);
	free(r->devices);
	free(r->present);
	ig_index_free(r->by_mac);
}

static int running_read(struct running *r, const struct ig_object *object)
{
	int fd = object ? ig_generation_map(object, IG_MAP_devices) : -1;
	struct ig_mac key, *previous = NULL;

	while (fd >= 0 && !bpf_map_get_next_key(fd, previous, &key)) {
		struct ig_device device;

		previous = &key;
		if (key.pad[0] == IG_MAC_IS_INDEX || bpf_map_lookup_elem(fd, &key, &device) ||
		    device.kind == IG_KIND_GATEWAY)
			continue;
		if (!ig_grow(&r->macs, r->count, &r->macs_capacity, sizeof(*r->macs)) ||
		    !ig_grow(&r->devices, r->count, &r->capacity, sizeof(*r->devices)))
			return -ENOMEM;
		r->macs[r->count] = key;
		r->devices[r->count++] = device;
	}
	r->by_mac = ig_index_new();
	r->present = calloc(r->count ? r->count : 1, sizeof(*r->present));
	if (!r->by_mac || !r->present)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		if (ig_index_add(r->by_mac, 0, &r->macs[i], sizeof(r->macs[i]), i, NULL))
			return -ENOMEM;
	}
	return 0;
}

/* --- indices --- */

static int place_indices(struct ig_placement *p, const struct iotguard_inventory *inv,
			 struct running *r, size_t *position)
{
	uint32_t next = 0;
	size_t limit = inv->n_machines + r->count + 1;
	_free_ bool *used = calloc(limit, sizeof(*used));

	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		/* an index may be beyond what so many machines need: it was given out when there
		 * were more */
		if (r->devices[i].index < limit)
			used[r->devices[i].index] = true;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		struct ig_mac key;

		ig_machine_key(&inv->machines[i], &key);
		position[i] = ig_index_find(r->by_mac, 0, &key, sizeof(key));
		/* two names may have one key */
		if (position[i] != IG_INDEX_NONE && r->present[position[i]])
			position[i] = IG_INDEX_NONE;
		if (position[i] != IG_INDEX_NONE) {
			p->indices[i] = r->devices[position[i]].index;
			r->present[position[i]] = true;
			continue;
		}
		while (used[next])
			next++;
		used[next] = true;
		p->indices[i] = next;
		p->fresh[p->n_fresh++] = next;
	}
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
	_free_ struct extent *used = calloc(r->count ? r->count : 1, sizeof(*used));
	struct space space = {.used = used, .count = r->count};

	if (!used)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		const struct ig_device *d = &r->devices[i];

		used[i] = (struct extent){d->ring, (uint32_t)d->flows + d->critical_flows};
	}
	qsort(used, r->count, sizeof(*used), compare_extents);
	*highest = 0;
	for (size_t i = 0; i < inv->n_machines; i++) {
		uint16_t flows, critical;
		const struct ig_device *d = position[i] == IG_INDEX_NONE ? NULL
									 : &r->devices[position[i]];

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

static int note_gone(struct ig_placement *p, const struct running *r)
{
	p->gone = calloc(r->count ? r->count : 1, sizeof(*p->gone));
	if (!p->gone)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		if (!r->present[i])
			p->gone[p->n_gone++] = r->devices[i];
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
					     object->control->flow_slots};
	else /* what is in force is carried over, so the new maps are no smaller */
		p->sizes = (struct ig_sizes){
			at_least(with_headroom(index, DEVICES_MIN),
				 object ? object->control->device_slots : 0),
			at_least(with_headroom(highest, FLOW_SLOTS_MIN),
				 object ? object->control->flow_slots : 0),
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
	err = err ?: note_gone(p, &r);
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
	free(p->gone);
	*p = (struct ig_placement){};
}

/* --- cleaning --- */

/* @key_at: where the key is in a slot of that ring. */
static void forget_flows(const struct ig_object *object, enum ig_map ring, enum ig_map flows,
			 size_t key_at, size_t key_size, const struct ig_device *device)
{
	uint8_t owner[sizeof(struct ig_slot6)], nobody[sizeof(struct ig_flow6_key)] = {};
	uint32_t end = device->ring + device->flows + device->critical_flows;
	const uint8_t *key = owner + key_at;

	for (uint32_t slot = device->ring; slot < end; slot++) {
		struct ig_flow flow;

		if (bpf_map_lookup_elem(object->maps[ring], &slot, owner) ||
		    !memcmp(key, nobody, key_size))
			continue;
		/* the slot may name a flow that another slot owns by now */
		if (!bpf_map_lookup_elem(object->maps[flows], key, &flow) && flow.slot == slot)
			bpf_map_delete_elem(object->maps[flows], key);
	}
}

static void forget_index(const struct ig_object *object, uint32_t index)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ struct ig_device_counter *counters = calloc(cpus > 0 ? cpus : 1, sizeof(*counters));
	struct ig_state state = {};

	bpf_map_update_elem(object->maps[IG_MAP_state], &index, &state, BPF_ANY);
	if (counters)
		bpf_map_update_elem(object->maps[IG_MAP_device_stats], &index, counters, BPF_ANY);
}

void ig_placement_clean_gone(const struct ig_placement *p, const struct ig_object *object)
{
	_free_ uint32_t *indices = calloc(p->n_gone ? p->n_gone : 1, sizeof(*indices));

	for (size_t i = 0; i < p->n_gone; i++) {
		forget_flows(object, IG_MAP_ring4, IG_MAP_flows4, offsetof(struct ig_slot4, key),
			     sizeof(struct ig_flow4_key), &p->gone[i]);
		forget_flows(object, IG_MAP_ring6, IG_MAP_flows6, offsetof(struct ig_slot6, key),
			     sizeof(struct ig_flow6_key), &p->gone[i]);
		if (indices)
			indices[i] = p->gone[i].index;
	}
	if (indices)
		ig_bindings_forget(object, indices, p->n_gone);
}

void ig_placement_clean_fresh(const struct ig_placement *p, const struct ig_object *object)
{
	for (size_t i = 0; i < p->n_fresh; i++)
		forget_index(object, p->fresh[i]);
	ig_bindings_forget(object, p->fresh, p->n_fresh);
}
