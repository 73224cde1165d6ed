/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "changes.h"
#include "clock.h"
#include "generation.h"
#include "sha256.h"
#include "snapshot.h"
#include "state_dir.h"
#include "util.h"

/* --- one --- */

const char *ig_change_action(int kind)
{
	static const char *const words[] = {
		[IG_CHANGE_APPLY] = "apply",	   [IG_CHANGE_CONFIRM] = "confirm",
		[IG_CHANGE_ROLLBACK] = "rollback", [IG_CHANGE_EXPIRED] = "expired",
		[IG_CHANGE_DETACH] = "detach",	   [IG_CHANGE_UPGRADE] = "upgrade",
		[IG_CHANGE_COVER] = "cover",	   [IG_CHANGE_QUARANTINE] = "quarantine",
		[IG_CHANGE_RELEASE] = "release",
	};

	return kind >= 0 && kind < (int)ARRAY_SIZE(words) ? words[kind] : NULL;
}

/* 0 and all ones, never and without an end, stay. */
static uint64_t epoch_us(uint64_t ns, int64_t clock_us)
{
	return ns && ns != UINT64_MAX ? ns / 1000 + (uint64_t)clock_us : ns;
}

static const char *device_name(const struct ig_change *record, const struct ig_dictionary *dict)
{
	const struct ig_dict_device *device = NULL;

	if (dict && record->device != IG_ENTITY_NONE)
		device = ig_dict_device_find(dict, record->device);
	return device ? ig_dict_string(dict, device->name) : NULL;
}

int ig_change_describe(const struct ig_change *record, const struct ig_dictionary *dict,
		       int64_t clock_us, struct iotguard_change *out)
{
	static const uint8_t none[sizeof(record->inventory)];

	if (!ig_change_action(record->kind))
		return -EPROTO;
	*out = (struct iotguard_change){
		.number = record->number,
		.time_us = epoch_us(record->time_ns, clock_us),
		.action = ig_change_action(record->kind),
		.generation = record->generation,
		.before = record->before,
		.until_us = epoch_us(record->until_ns, clock_us),
		.uid = record->uid,
		.device = device_name(record, dict),
		.trial = record->flags & IG_CHANGE_TRIAL,
		.forced = record->flags & IG_CHANGE_FORCED,
		.generic = record->flags & IG_CHANGE_GENERIC,
		.first = record->flags & IG_CHANGE_FIRST,
		.open = record->flags & IG_CHANGE_OPEN,
		.monitors = record->flags & IG_CHANGE_MONITORS,
	};
	if (memcmp(record->inventory, none, sizeof(none)))
		ig_sha256_hex(record->inventory, out->sha256);
	snprintf(out->interface, sizeof(out->interface), "%.*s", (int)sizeof(record->interface),
		 record->interface);
	return 0;
}

/* --- all that are remembered --- */

#define ATTEMPTS 8

struct records {
	struct ig_change items[IG_CHANGES];
	size_t count;
};

/* False: there is none, or it is written over and over. Two copies that are the same were not taken in the middle. */
static bool read_record(int fd, uint32_t at, struct ig_change *out)
{
	struct ig_change again;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (bpf_map_lookup_elem(fd, &at, out) || bpf_map_lookup_elem(fd, &at, &again))
			return false;
		if (out->number && !memcmp(out, &again, sizeof(again)))
			return true;
		if (!out->number && !again.number)
			return false;
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	const struct ig_change *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

static void read_records(const struct ig_object *object, struct records *records)
{
	records->count = 0;
	for (uint32_t at = 0; at < IG_CHANGES; at++)
		records->count += read_record(object->maps[IG_MAP_changes], at,
					      &records->items[records->count]);
	qsort(records->items, records->count, sizeof(*records->items), by_number);
}

/* The names of both slots, so that they are read once for all records. */
struct slot_names {
	void *bytes[IG_SLOTS];
	struct ig_dictionary dict[IG_SLOTS];
};

static void read_names(const struct ig_object *object, struct slot_names *names)
{
	uint64_t now = ig_generation_now(object);
	size_t size;

	*names = (struct slot_names){};
	for (uint64_t generation = now; generation < now + IG_SLOTS; generation++) {
		uint32_t slot = generation % IG_SLOTS;

		if (!ig_generation_dictionary(object, generation, &names->bytes[slot], &size) &&
		    ig_dictionary_open(&names->dict[slot], names->bytes[slot], size))
			names->dict[slot] = (struct ig_dictionary){};
	}
}

static void clear_names(struct slot_names *names)
{
	for (uint32_t slot = 0; slot < IG_SLOTS; slot++)
		free(names->bytes[slot]);
}

/* NULL: its slot was filled anew since. */
static const struct ig_dictionary *names_of(const struct slot_names *names, uint64_t generation)
{
	const struct ig_dictionary *dict = &names->dict[generation % IG_SLOTS];

	return dict->bytes && dict->header.generation <= generation ? dict : NULL;
}

static void describe_all(const struct ig_object *object, const struct records *records,
			 struct iotguard_change *out, size_t *count)
{
	_cleanup_(clear_names) struct slot_names names;
	int64_t clock_us = ig_clock_offset_us();

	read_names(object, &names);
	for (size_t i = 0; i < records->count; i++) {
		const struct ig_change *record = &records->items[i];
		struct iotguard_change *change = &out[*count];

		if (ig_change_describe(record, names_of(&names, record->generation), clock_us,
				       change))
			continue; /* of a kind that a later version makes */
		if (change->device)
			change->device = ig_result_string(out, change->device);
		(*count)++;
	}
}

int iotguard_changes(struct iotguard *ig, struct iotguard_change **out, size_t *count)
{
	_cleanup_(ig_object_close) struct ig_object object = IG_OBJECT_NONE;
	struct records records;
	int err = ig_state_open(ig, false, &object);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	read_records(&object, &records);
	*out = ig_result_new(records.count * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	describe_all(&object, &records, *out, count);
	return 0;
}
