/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "asker_names.h"
#include "clock.h"
#include "util.h"

#define NSEC_PER_SEC 1000000000ull

/* Is the machine of this index the same on the live gateway? */
static bool is_live(const struct ig_asker *asker, uint32_t index)
{
	const struct ig_placement *placement = &asker->placement;
	bool found = false;

	if (!asker->live.control || index >= asker->live.control->device_slots)
		return false;
	if (!asker->given)
		return true;
	for (size_t i = 0; i < asker->inv->n_machines; i++)
		found = found || placement->indices[i] == index;
	for (size_t i = 0; i < placement->n_fresh; i++)
		found = found && placement->fresh[i] != index;
	return found;
}

static uint32_t places_of(const struct ig_object *object)
{
	uint32_t places = object->control->pin_places;

	return places < IG_PIN_PLACES ? places : IG_PIN_PLACES;
}

int ig_asker_names_read(const struct ig_asker *asker, uint32_t index, struct ig_asker_names *out)
{
	const struct ig_object *live = &asker->live;
	uint32_t places;

	*out = (struct ig_asker_names){};
	if (!is_live(asker, index))
		return 0;
	places = places_of(live);
	for (uint32_t i = 0; i < places / 2; i++) {
		struct ig_name_place key = {index, i};

		if (!bpf_map_lookup_elem(live->maps[IG_MAP_names], &key, &out->names[out->n_names]))
			out->name_places[out->n_names++] = i;
		else if (errno != ENOENT)
			return -errno;
	}
	for (uint32_t i = 0; i < places; i++) {
		struct ig_pin *pin = &out->pins[out->n_pins];
		uint32_t at = index * places + i;

		if (bpf_map_lookup_elem_flags(live->maps[IG_MAP_pins], &at, pin, BPF_F_LOCK))
			return -errno;
		if (pin->name)
			out->pin_places[out->n_pins++] = i;
	}
	return 0;
}

const struct ig_name *ig_asker_name_of(const struct ig_asker_names *names, const struct ig_pin *pin)
{
	if (pin->expires_s <= ig_clock_now() / NSEC_PER_SEC)
		return NULL;
	for (size_t i = 0; i < names->n_names; i++) {
		if (names->names[i].ref == pin->name)
			return &names->names[i];
	}
	return NULL;
}

static int forget(const struct ig_object *object, uint32_t index)
{
	uint32_t places = places_of(object);
	struct ig_pin none = {};

	for (uint32_t i = 0; i < places / 2; i++) {
		struct ig_name_place key = {index, i};

		if (bpf_map_delete_elem(object->maps[IG_MAP_names], &key) && errno != ENOENT)
			return -errno;
	}
	for (uint32_t i = 0; i < places; i++) {
		uint32_t at = index * places + i;

		if (bpf_map_update_elem(object->maps[IG_MAP_pins], &at, &none, BPF_F_LOCK))
			return -errno;
	}
	return 0;
}

/* Numbers of patterns are of the live gateway's policy, and what is asked counts its own generations. */
static int put(const struct ig_object *object, uint32_t index, struct ig_asker_names *rows)
{
	uint32_t places = places_of(object);

	for (size_t i = 0; i < rows->n_names; i++) {
		struct ig_name_place key = {index, rows->name_places[i]};

		rows->names[i].number = 0;
		if (bpf_map_update_elem(object->maps[IG_MAP_names], &key, &rows->names[i], BPF_ANY))
			return -errno;
	}
	for (size_t i = 0; i < rows->n_pins; i++) {
		uint32_t at = index * places + rows->pin_places[i];

		if (bpf_map_update_elem(object->maps[IG_MAP_pins], &at, &rows->pins[i], BPF_F_LOCK))
			return -errno;
	}
	return 0;
}

int ig_asker_tell(const struct ig_asker *asker, uint32_t index, const struct ig_telling *also)
{
	const struct ig_object *object = asker->object;
	struct ig_asker_names rows;
	int err = ig_asker_names_read(asker, index, &rows);

	err = err ?: forget(object, index);
	err = err ?: put(object, index, &rows);
	if (err || !also)
		return err;
	object->replay->now_ns = ig_clock_now();
	return ig_telling_put(object, also);
}
