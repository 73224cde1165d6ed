/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <string.h>

#include "attach.h"
#include "bindings.h"
#include "generation.h"
#include "machines.h"
#include "state_dir.h"
#include "tidy.h"
#include "util.h"

/* --- interfaces --- */

static bool guards(const struct ig_object *object, unsigned int ifindex)
{
	struct ig_port_key key = {.ifindex = ifindex, .vlan = {IG_GUARDED, IG_GUARDED}};
	int fd = ig_generation_map(object, IG_MAP_ports);
	struct ig_port port;

	return fd >= 0 && !bpf_map_lookup_elem(fd, &key, &port);
}

bool ig_tidy_interfaces(struct iotguard *ig, const struct ig_object *object,
			const struct ig_interfaces *all)
{
	bool released = false;
	char **names;

	if (ig_attached_list(ig, &names) < 0)
		return false;
	for (char **name = names; *name; name++) {
		const struct ig_interface *interface;
		struct ig_attachment found;

		ig_attachment_look(ig, *name, &found);
		if (guards(object, found.ifindex))
			continue;
		interface = ig_interface_by_index(all, found.ifindex);
		if (ig_detach(ig, *name) || !interface)
			continue; /* of one that is gone only its pins were left */
		ig_warning(&ig->diags, NULL, "name it in a segment to guard it again",
			   "%s is no longer guarded: its traffic now passes unfiltered",
			   interface->name);
		released = true;
	}
	ig_attached_free(names);
	return released;
}

/* --- machines --- */

static void forget_flow(const struct ig_object *object, enum ig_map flows, const uint8_t *key,
			const struct ig_flow *flow)
{
	static const struct ig_flow_count none;
	uint32_t from = flow->count, to = from + IG_FLOW_COUNT_TO_DEVICE;

	bpf_map_delete_elem(object->maps[flows], key);
	bpf_map_update_elem(object->maps[IG_MAP_flow_counts], &from, &none, BPF_ANY);
	bpf_map_update_elem(object->maps[IG_MAP_flow_counts], &to, &none, BPF_ANY);
}

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
			forget_flow(object, flows, key, &flow);
	}
}

static void forget(const struct ig_object *object, const struct ig_device *gone, size_t n)
{
	_free_ uint32_t *indices = calloc(n ? n : 1, sizeof(*indices));

	for (size_t i = 0; i < n; i++) {
		forget_flows(object, IG_MAP_ring4, IG_MAP_flows4, offsetof(struct ig_slot4, key),
			     sizeof(struct ig_flow4_key), &gone[i]);
		forget_flows(object, IG_MAP_ring6, IG_MAP_flows6, offsetof(struct ig_slot6, key),
			     sizeof(struct ig_flow6_key), &gone[i]);
		if (indices)
			indices[i] = gone[i].index;
	}
	if (indices)
		ig_bindings_forget(object, indices, n);
}

void ig_tidy_machines(struct ig_object *object)
{
	uint64_t now = ig_generation_now(object);
	_cleanup_(ig_machines_clear) struct ig_machines before = {}, after = {};
	_free_ struct ig_device *gone = NULL;
	size_t n = 0;

	if (ig_machines_read(object, now + 1, &before) || ig_machines_read(object, now, &after))
		return;
	gone = calloc(before.count ? before.count : 1, sizeof(*gone));
	for (size_t i = 0; i < before.count && gone; i++) {
		if (ig_machines_find(&after, &before.keys[i]) == IG_INDEX_NONE)
			gone[n++] = before.devices[i];
	}
	if (!n)
		return;
	ig_generation_settle(object);
	forget(object, gone, n);
}

void ig_tidy(struct iotguard *ig, struct ig_object *object, const struct ig_interfaces *all)
{
	ig_tidy_interfaces(ig, object, all);
	ig_tidy_machines(object);
	ig_state_sweep(ig, false);
}
