/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "classes.h"
#include "util.h"

void ig_classes_clear(struct ig_classes *c)
{
	free(c->words);
	free(c->slots);
	*c = (struct ig_classes){.width = c->width};
}

static size_t hash_words(const uint64_t *words, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u, hash ^= hash >> 32;
	return hash;
}

static uint32_t *classes_slot(const struct ig_classes *c, const uint64_t *set)
{
	size_t at = hash_words(set, c->width) & (c->n_slots - 1);

	while (c->slots[at] &&
	       memcmp(c->words + (c->slots[at] - 1) * c->width, set, c->width * sizeof(*set)))
		at = (at + 1) & (c->n_slots - 1);
	return &c->slots[at];
}

static int classes_grow_slots(struct ig_classes *c)
{
	size_t n = c->n_slots ? c->n_slots * 2 : 64;
	uint32_t *old = c->slots;

	c->slots = calloc(n, sizeof(*c->slots));
	if (!c->slots) {
		c->slots = old;
		return -ENOMEM;
	}
	c->n_slots = n;
	for (size_t i = 0; i < c->count; i++)
		*classes_slot(c, c->words + i * c->width) = i + 1;
	free(old);
	return 0;
}

int ig_classes_number(struct ig_classes *c, const uint64_t *set, uint32_t *number)
{
	uint32_t *slot;

	if (c->count * 2 >= c->n_slots && classes_grow_slots(c))
		return -ENOMEM;
	slot = classes_slot(c, set);
	if (!*slot) {
		if (!ig_grow(&c->words, c->count, &c->capacity, c->width * sizeof(*set)))
			return -ENOMEM;
		memcpy(c->words + c->count * c->width, set, c->width * sizeof(*set));
		*slot = ++c->count;
	}
	*number = *slot - 1;
	return 0;
}
