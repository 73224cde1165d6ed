/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "hearing.h"
#include "map_rows.h"
#include "util.h"

/* Of an array, each row stands at its index. */
static void read_state(const struct ig_view *view, const struct ig_interfaces *all,
		       const struct ig_map_rows *states, const struct ig_dict_device *device,
		       struct ig_hearing *out)
{
	const struct ig_state *state =
		device->index < states->count ? ig_map_rows_value(states, device->index) : NULL;

	*out = (struct ig_hearing){
		.name = ig_dict_string(&view->dict, device->name),
		.segment = device->segment,
	};
	if (!state || !ig_interface_by_index(all, state->ifindex))
		return;
	out->ifindex = state->ifindex;
	memcpy(out->vlan, state->vlan, sizeof(out->vlan));
}

static int by_place(const void *a, const void *b)
{
	const struct ig_hearing *left = a, *right = b;

	if (left->ifindex != right->ifindex)
		return left->ifindex < right->ifindex ? -1 : 1;
	return memcmp(left->vlan, right->vlan, sizeof(left->vlan))
		       ?: strcmp(left->name, right->name);
}

int ig_hearings_read(const struct ig_view *view, const struct ig_interfaces *all,
		     struct ig_hearings *out)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows states = {};
	size_t n = view->dict.header.devices.count;
	const struct ig_dict_device *device;
	int err = ig_map_rows_read(view->object.maps[IG_MAP_state], 0, &states);

	*out = (struct ig_hearings){};
	if (err)
		return err;
	out->items = calloc(n ? n : 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	while (out->count < n && (device = ig_dict_device_at(&view->dict, out->count)))
		read_state(view, all, &states, device, &out->items[out->count++]);
	qsort(out->items, out->count, sizeof(*out->items), by_place);
	return 0;
}

void ig_hearings_clear(struct ig_hearings *list)
{
	free(list->items);
	*list = (struct ig_hearings){};
}

static bool is_of_segment(const struct ig_view *view, const char *name, uint32_t segment)
{
	const struct ig_dict_interface *entry;

	for (uint32_t i = 0; (entry = ig_dict_interface_at(&view->dict, i)); i++) {
		if (entry->segment == segment &&
		    !strcmp(ig_dict_string(&view->dict, entry->name), name))
			return true;
	}
	return false;
}

static void hear(const struct ig_hearing *one, const struct ig_hearing *before,
		 struct ig_behind *behind)
{
	bool same = before && !memcmp(before->vlan, one->vlan, sizeof(one->vlan));

	behind->heard++;
	if (before && !same)
		behind->tags_differ = true;
	if (same && !behind->pair[0]) {
		behind->pair[0] = before->name;
		behind->pair[1] = one->name;
	}
}

void ig_hearings_behind(const struct ig_hearings *list, const struct ig_view *view,
			const char *name, unsigned int ifindex, struct ig_behind *behind)
{
	const struct ig_hearing *before = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct ig_hearing *one = &list->items[i];

		if (one->ifindex && one->ifindex == ifindex) {
			hear(one, before, behind);
			before = one;
		} else if (!one->ifindex && !behind->unheard &&
			   is_of_segment(view, name, one->segment)) {
			behind->unheard = one->name;
		}
	}
}
