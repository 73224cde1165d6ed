/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "pins_finder.h"
#include "util.h"

#define DEVICES 64 /* that are kept, each in the place of its index */
#define TEXTS	4  /* names of one that are kept as text */

struct ig_pins_kept {
	uint64_t round; /* in which it was read; 0: it was not */
	uint32_t device;
	bool any; /* it has names, and so @pins were read */
	struct ig_pin pins[IG_PIN_PLACES];
	struct {
		uint32_t ref; /* 0: none */
		char text[IG_NAME_TEXT];
	} texts[TEXTS];
	unsigned int next; /* of the texts, to be replaced */
};

/* As bpf/common.h has it. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 29);
}

/* As ig_pin_first() of bpf/name.h. */
static uint32_t first_place(uint32_t seed, const uint8_t addr[16])
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return (uint32_t)(mix(mix(mix(seed, half[0]), half[1]), 0) >> 32);
}

static bool know(const struct ig_object *object, struct ig_pins_finder *finder)
{
	struct ig_control control;

	if (!finder->known && !ig_object_control(object, &control)) {
		finder->seed = control.seed;
		finder->places = control.pin_places;
		finder->known = true;
	}
	return finder->known && finder->places && finder->places <= IG_PIN_PLACES;
}

/* --- one device --- */

/* Most have none, and are then done with. */
static bool has_names(const struct ig_object *object, uint32_t device)
{
	struct ig_state state;

	return !bpf_map_lookup_elem(object->maps[IG_MAP_state], &device, &state) && state.names;
}

/* All places of a device in one system call: it begins behind the place before. */
static bool read_pins(const struct ig_object *object, uint32_t places, struct ig_pins_kept *kept)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);
	uint32_t before = kept->device * places - 1, next, n = places, numbers[IG_PIN_PLACES];
	int err = bpf_map_lookup_batch(object->maps[IG_MAP_pins], kept->device ? &before : NULL,
				       &next, numbers, kept->pins, &n, &opts);

	return (!err || errno == ENOENT) && n == places; /* ENOENT: these were the last ones */
}

static bool allocate(struct ig_pins_finder *finder)
{
	if (!finder->kept)
		finder->kept = calloc(DEVICES, sizeof(*finder->kept));
	return finder->kept;
}

/* What is known of a device. NULL: nothing. */
static struct ig_pins_kept *look_at(const struct ig_object *object, struct ig_pins_finder *finder,
				    uint32_t device)
{
	struct ig_pins_kept *kept;

	if (!allocate(finder))
		return NULL;
	kept = &finder->kept[device % DEVICES];
	if (finder->round && kept->round == finder->round && kept->device == device)
		return kept->any ? kept : NULL;
	kept->device = device;
	kept->round = finder->round;
	for (size_t i = 0; i < TEXTS; i++)
		kept->texts[i].ref = 0;
	kept->any = has_names(object, device) && read_pins(object, finder->places, kept);
	return kept->any ? kept : NULL;
}

/* NULL: another name has its record by now. */
static const char *text_of(const struct ig_object *object, struct ig_pins_kept *kept, uint32_t ref)
{
	unsigned int at = kept->next;

	for (size_t i = 0; i < TEXTS; i++) {
		if (ref && kept->texts[i].ref == ref)
			return kept->texts[i].text;
	}
	kept->texts[at].ref = 0;
	if (!ig_pins_name(object, kept->device, ref, kept->texts[at].text))
		return NULL;
	kept->texts[at].ref = ref;
	kept->next = (at + 1) % TEXTS;
	return kept->texts[at].text;
}

size_t ig_pins_names(const struct ig_object *object, struct ig_pins_finder *finder, uint32_t device,
		     const uint8_t addr[16], char names[IG_PINS_NAMES][IG_NAME_TEXT])
{
	struct ig_pins_kept *kept;
	uint32_t first;
	size_t n = 0;

	if (device >= IG_MAX_DEVICES || !know(object, finder))
		return 0;
	kept = look_at(object, finder, device);
	if (!kept)
		return 0;
	first = first_place(finder->seed, addr);
	for (uint32_t i = 0; i < IG_PIN_WINDOW && n < IG_PINS_NAMES; i++) {
		const struct ig_pin *pin = &kept->pins[(first + i) & (finder->places - 1)];
		const char *text;

		if (memcmp(pin->addr, addr, sizeof(pin->addr)) != 0)
			continue;
		text = text_of(object, kept, pin->name);
		if (text)
			strcpy(names[n++], text);
	}
	return n;
}

void ig_pins_finder_clear(struct ig_pins_finder *finder)
{
	free(finder->kept);
	*finder = (struct ig_pins_finder){};
}
