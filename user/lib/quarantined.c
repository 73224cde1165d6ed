/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machines.h"
#include "map_rows.h"
#include "operate.h"
#include "quarantined.h"
#include "util.h"

#define NSEC	    1000000000ull
#define WITHOUT_END UINT64_MAX
#define LONGEST_S   (100ull * 365 * 24 * 3600) /* no end is further away, but for none */

int ig_quarantined_add(struct ig_quarantined_list *list, const struct ig_quarantined *machine)
{
	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	list->items[list->count++] = *machine;
	return 0;
}

void ig_quarantined_clear(struct ig_quarantined_list *list)
{
	free(list->items);
	*list = (struct ig_quarantined_list){};
}

/* --- reading --- */

struct reader {
	struct ig_map_rows states;
	struct ig_machines now,
		before; /* of the policy in force, and of the one that may come back */
	bool *taken;	/* by index: a machine of the policy in force has it */
	uint64_t now_ns, now_s;
	struct ig_quarantined_list *out;
};

static void reader_free(struct reader *r)
{
	ig_map_rows_clear(&r->states);
	ig_machines_clear(&r->now);
	ig_machines_clear(&r->before);
	free(r->taken);
}

static uint64_t until_of(const struct reader *r, uint32_t index)
{
	const struct ig_state *state =
		index < r->states.count ? ig_map_rows_value(&r->states, index) : NULL;

	return state && state->quarantine_until_ns > r->now_ns ? state->quarantine_until_ns : 0;
}

static bool has_any(const struct reader *r)
{
	for (uint32_t i = 0; i < r->states.count; i++) {
		if (until_of(r, i))
			return true;
	}
	return false;
}

static int add(struct reader *r, const struct ig_mac *key, uint32_t index)
{
	struct ig_quarantined machine = {.machine = *key};
	uint64_t until = until_of(r, index);

	if (!until)
		return 0;
	if (until != WITHOUT_END)
		machine.ends_at = r->now_s + (until - r->now_ns + NSEC - 1) / NSEC;
	return ig_quarantined_add(r->out, &machine);
}

static int add_now(struct reader *r)
{
	int err = 0;

	r->taken = calloc(r->states.count ? r->states.count : 1, sizeof(*r->taken));
	if (!r->taken)
		return -ENOMEM;
	for (size_t i = 0; i < r->now.count && !err; i++) {
		uint32_t index = r->now.devices[i].index;

		if (index < r->states.count)
			r->taken[index] = true;
		err = add(r, &r->now.keys[i], index);
	}
	return err;
}

/* Those that the policy in force has not, in places that are theirs still. */
static int add_before(struct reader *r)
{
	int err = 0;

	for (size_t i = 0; i < r->before.count && !err; i++) {
		uint32_t index = r->before.devices[i].index;

		if (index < r->states.count && !r->taken[index] &&
		    ig_machines_find(&r->now, &r->before.keys[i]) == IG_INDEX_NONE)
			err = add(r, &r->before.keys[i], index);
	}
	return err;
}

/* What an apply fills the other slot with is not in force yet, and its places may have been others'. */
static int read_before(struct reader *r, const struct ig_object *object,
		       const struct ig_control *control)
{
	uint64_t slot = (control->generation + 1) % IG_SLOTS;
	uint64_t written = control->written[slot].generation;

	if (!written || written > control->generation)
		return 0;
	return ig_machines_read(object, slot, &r->before);
}

static int compare(const void *a, const void *b)
{
	const struct ig_quarantined *x = a, *y = b;

	return memcmp(&x->machine, &y->machine, sizeof(x->machine));
}

int ig_quarantined_read(const struct ig_object *object, struct ig_time now,
			struct ig_quarantined_list *out)
{
	_cleanup_(reader_free) struct reader r = {
		.now_ns = ig_clock_now(),
		.now_s = now.s,
		.out = out,
	};
	struct ig_control control;
	int err = ig_map_rows_read(object->maps[IG_MAP_state], 0, &r.states);

	*out = (struct ig_quarantined_list){};
	if (err || !has_any(&r)) /* as nearly always */
		return err;
	err = ig_object_control(object, &control);
	err = err ?: ig_machines_read(object, control.generation, &r.now);
	err = err ?: add_now(&r);
	err = err ?: read_before(&r, object, &control);
	err = err ?: add_before(&r);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare);
	return err;
}

/* --- putting them there again --- */

static uint64_t until_ns(const struct ig_quarantined *machine, struct ig_time now)
{
	uint64_t left = machine->ends_at > now.s ? machine->ends_at - now.s : 0;

	if (!machine->ends_at)
		return WITHOUT_END;
	return ig_clock_now() + (left < LONGEST_S ? left : LONGEST_S) * NSEC;
}

int ig_quarantined_put(const struct ig_object *object, uint32_t slot,
		       const struct ig_quarantined_list *list, struct ig_time now,
		       struct ig_quarantined_again *again)
{
	_cleanup_(ig_machines_clear) struct ig_machines machines = {};
	int err = list->count ? ig_machines_read(object, slot, &machines) : 0;

	*again = (struct ig_quarantined_again){};
	for (size_t i = 0; i < list->count && !err; i++) {
		const struct ig_quarantined *machine = &list->items[i];
		size_t at = ig_machines_find(&machines, &machine->machine);

		if (at == IG_INDEX_NONE) {
			if (!again->unknown++)
				again->first_unknown = machine->machine;
			continue;
		}
		err = ig_quarantine_set(object, machines.devices[at].index, until_ns(machine, now));
		again->machines += !err;
	}
	return err;
}
