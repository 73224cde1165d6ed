/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "machines.h"
#include "pins.h"
#include "told.h"
#include "util.h"

#define LABEL_MAX 63

/* --- lists --- */

static bool is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z');
}

bool ig_told_is_name(const char *text)
{
	size_t label = 0;

	if (strnlen(text, IG_TOLD_NAME) >= IG_TOLD_NAME)
		return false;
	for (; *text; text++) {
		if (*text == '.' && (!label || !text[1]))
			return false;
		label = *text == '.' ? 0 : label + 1;
		if (!is_plain((unsigned char)*text) || label > LABEL_MAX)
			return false;
	}
	return label;
}

int ig_told_add(struct ig_told_list *list, const struct ig_told *told)
{
	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	list->items[list->count++] = *told;
	return 0;
}

void ig_told_clear(struct ig_told_list *list)
{
	free(list->items);
	*list = (struct ig_told_list){};
}

static int compare_names(const struct ig_told *a, const struct ig_told *b)
{
	int order = memcmp(&a->machine, &b->machine, sizeof(a->machine));

	return order ? order : strcmp(a->name, b->name);
}

int ig_told_compare(const struct ig_told *a, const struct ig_told *b)
{
	int order = compare_names(a, b);

	return order ? order : memcmp(a->addr, b->addr, sizeof(a->addr));
}

static int compare(const void *a, const void *b)
{
	const struct ig_told *x = a, *y = b;
	int order = ig_told_compare(x, y);

	/* what ends last is the first one */
	return order ? order : (x->expires_at < y->expires_at) - (x->expires_at > y->expires_at);
}

void ig_told_sort(struct ig_told_list *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 1; i < list->count; i++) {
		if (ig_told_compare(&list->items[kept], &list->items[i]))
			list->items[++kept] = list->items[i];
	}
	list->count = kept + 1;
}

/* --- reading --- */

struct reader {
	struct ig_pinned_list pins;
	struct ig_machines machines;
	const struct ig_mac **by_index; /* NULL: no machine of the policy */
	uint32_t n_indices;
	uint32_t now_s;
	struct ig_time now;
	struct ig_told_list *out;
};

static void reader_free(struct reader *r)
{
	ig_pinned_list_clear(&r->pins);
	ig_machines_clear(&r->machines);
	free(r->by_index);
}

static int index_machines(struct reader *r)
{
	for (size_t i = 0; i < r->machines.count; i++) {
		if (r->machines.devices[i].index >= r->n_indices)
			r->n_indices = r->machines.devices[i].index + 1;
	}
	r->by_index = calloc(r->n_indices + 1, sizeof(*r->by_index));
	for (size_t i = 0; r->by_index && i < r->machines.count; i++)
		r->by_index[r->machines.devices[i].index] = &r->machines.keys[i];
	return r->by_index ? 0 : -ENOMEM;
}

static int add(struct reader *r, const struct ig_pinned *pin)
{
	struct ig_told told = {.expires_at = r->now.s + (pin->expires_s - r->now_s)};
	char name[IG_NAME_TEXT];

	if (pin->device >= r->n_indices || !r->by_index[pin->device] || pin->expires_s <= r->now_s)
		return 0;
	ig_name_key_print(pin->name->text, pin->name->length, name);
	if (!ig_told_is_name(name)) /* the root, or damaged */
		return 0;
	told.machine = *r->by_index[pin->device];
	memcpy(told.name, name, strlen(name) + 1);
	memcpy(told.addr, pin->addr, sizeof(told.addr));
	return ig_told_add(r->out, &told);
}

static int add_all(struct reader *r, bool idle)
{
	int err = 0;

	for (size_t i = 0; i < r->pins.count && r->out->count < IG_TOLD_MAX && !err; i++) {
		if (r->pins.items[i].idle == idle)
			err = add(r, &r->pins.items[i]);
	}
	return err;
}

int ig_told_read(const struct ig_object *object, struct ig_time now, struct ig_told_list *out)
{
	_cleanup_(reader_free) struct reader r = {
		.now_s = (uint32_t)(ig_clock_now() / 1000000000),
		.now = now,
		.out = out,
	};
	struct ig_control control;
	int err = ig_pins_read(object, &r.pins);

	*out = (struct ig_told_list){};
	err = err ?: ig_object_control(object, &control);
	err = err ?: ig_machines_read(object, control.generation, &r.machines);
	err = err ?: index_machines(&r);
	err = err ?: add_all(&r, false);
	err = err ?: add_all(&r, true);
	ig_told_sort(out);
	return err;
}

/* --- putting it there again --- */

/* The first ones of the list that one answer can say: of one name of a machine, with one end. */
static size_t count_alike(const struct ig_told *told, size_t count)
{
	size_t n = 1;

	while (n < count && n < IG_ANSWER_ADDRESSES && !compare_names(told, &told[n]) &&
	       told->expires_at == told[n].expires_at)
		n++;
	return n;
}

/* 1: it is pinned; 0: it may not be; -errno. */
static int tell(const struct ig_object *object, uint32_t device, const struct ig_told *told,
		size_t n, uint64_t left)
{
	uint8_t addresses[IG_ANSWER_ADDRESSES][16];
	struct ig_answer answer;
	int err;

	for (size_t i = 0; i < n; i++)
		memcpy(addresses[i], told[i].addr, sizeof(addresses[i]));
	ig_answer_make(&answer, device, left < IG_PIN_MOST_S ? (uint32_t)left : IG_PIN_MOST_S,
		       addresses, n);
	err = ig_answer_name(&answer, told->name) ?: ig_answer_give(object, &answer);
	return !err ? 1 : err == -ENOSPC || err == -EINVAL || err == -ESRCH ? 0 : err;
}

int ig_told_put(const struct ig_object *object, uint32_t slot, const struct ig_told_list *list,
		struct ig_time now, size_t *names)
{
	_cleanup_(ig_machines_clear) struct ig_machines machines = {};
	const struct ig_told *last = NULL; /* that was counted */
	int err = list->count ? ig_machines_read(object, slot, &machines) : 0;

	*names = 0;
	for (size_t i = 0, n; i < list->count && err >= 0; i += n) {
		const struct ig_told *told = &list->items[i];
		size_t at = ig_machines_find(&machines, &told->machine);

		n = count_alike(told, list->count - i);
		if (at == IG_INDEX_NONE || told->expires_at <= now.s)
			continue;
		err = tell(object, machines.devices[at].index, told, n, told->expires_at - now.s);
		if (err == 1 && (!last || compare_names(last, told))) {
			++*names;
			last = told;
		}
	}
	return err < 0 ? err : 0;
}
