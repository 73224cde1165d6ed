/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "pins.h"
#include "util.h"

/* --- all of them --- */

struct reader {
	const struct ig_object *object;
	struct ig_control control;
	uint32_t now_s;
	uint32_t *numbers; /* of the places of one device, and what is there */
	struct ig_pin *pins;
	bool *seen; /* by index of a device */
	struct ig_pinned_list *out;
};

static void reader_free(struct reader *r)
{
	free(r->numbers);
	free(r->pins);
	free(r->seen);
}

static int reader_open(struct reader *r)
{
	int err = ig_object_control(r->object, &r->control);

	if (err)
		return err;
	r->now_s = (uint32_t)(ig_clock_now() / 1000000000);
	r->numbers = calloc(r->control.pin_places + 1, sizeof(*r->numbers));
	r->pins = calloc(r->control.pin_places + 1, sizeof(*r->pins));
	r->seen = calloc(r->control.device_slots + 1, sizeof(*r->seen));
	return r->numbers && r->pins && r->seen ? 0 : -ENOMEM;
}

static bool is_whole(const struct ig_name *name)
{
	return name->length && name->length <= sizeof(name->text);
}

static int add(struct reader *r, uint32_t device, const struct ig_pin *pin)
{
	struct ig_name_place place = {device, IG_NAME_PLACE(pin->name)};
	const struct ig_name *name;
	struct ig_pinned *pinned;

	if (!pin->name || pin->expires_s <= r->now_s)
		return 0;
	name = ig_map_copy_find(&r->out->names, &place);
	if (!name || name->ref != pin->name || !is_whole(name))
		return 0;
	if (!ig_grow(&r->out->items, r->out->count, &r->out->capacity, sizeof(*r->out->items)))
		return -ENOMEM;
	pinned = &r->out->items[r->out->count++];
	*pinned = (struct ig_pinned){
		.device = device,
		.expires_s = pin->expires_s,
		.idle = pin->flags & IG_PIN_IDLE,
		.name = name,
	};
	memcpy(pinned->addr, pin->addr, sizeof(pinned->addr));
	return 0;
}

/* All places of a device in one system call: it begins behind the place before. */
static int read_device(struct reader *r, uint32_t device)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);
	uint32_t before = device * r->control.pin_places - 1, next, n = r->control.pin_places;
	int err = bpf_map_lookup_batch(r->object->maps[IG_MAP_pins], device ? &before : NULL, &next,
				       r->numbers, r->pins, &n, &opts)
			  ? -errno
			  : 0;

	if (err == -ENOENT) /* these were the last ones */
		err = 0;
	for (uint32_t i = 0; i < n && !err; i++)
		err = add(r, device, &r->pins[i]);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct ig_pinned *x = a, *y = b;
	int order;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	order = memcmp(x->name->text, y->name->text, sizeof(x->name->text));
	return order ? order : memcmp(x->addr, y->addr, sizeof(x->addr));
}

/* Only devices that have names have pins that are not void. */
static int read_all(struct reader *r)
{
	const struct ig_map_rows *rows = &r->out->names.rows;
	int err = 0;

	for (size_t i = 0; i < rows->count && !err; i++) {
		const struct ig_name_place *place = ig_map_rows_key(rows, i);

		if (place->device >= r->control.device_slots || r->seen[place->device])
			continue;
		r->seen[place->device] = true;
		err = read_device(r, place->device);
	}
	r->out->n_names = rows->count;
	if (r->out->count)
		qsort(r->out->items, r->out->count, sizeof(*r->out->items), compare);
	return err;
}

int ig_pins_read(const struct ig_object *object, struct ig_pinned_list *out)
{
	_cleanup_(reader_free) struct reader r = {.object = object, .out = out};
	int err;

	*out = (struct ig_pinned_list){};
	err = reader_open(&r);
	err = err ?: ig_map_copy_read(object->maps[IG_MAP_names], 0, &out->names);
	return err ?: read_all(&r);
}

void ig_pinned_list_clear(struct ig_pinned_list *list)
{
	free(list->items);
	ig_map_copy_clear(&list->names);
	*list = (struct ig_pinned_list){};
}

/* --- one of them --- */

bool ig_pins_name(const struct ig_object *object, uint32_t device, uint32_t ref,
		  char name[IG_NAME_TEXT])
{
	struct ig_name_place place = {device, IG_NAME_PLACE(ref)};
	struct ig_name record;

	if (!ref || bpf_map_lookup_elem(object->maps[IG_MAP_names], &place, &record) ||
	    record.ref != ref || !is_whole(&record))
		return false;
	ig_name_key_print(record.text, record.length, name);
	return true;
}
