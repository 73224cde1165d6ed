/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinct sets of rules, as bit vectors, by number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ig_classes {
	uint64_t *words; /* count * width */
	size_t count;
	size_t capacity; /* in classes */
	size_t width;	 /* words in a set: the caller says, before the first one */
	uint32_t *slots; /* open addressing: class + 1, 0 free */
	size_t n_slots;	 /* a power of two, at least twice count */
};

/* The number of a set, a new one if it is new; they count from 0. 0, -ENOMEM. */
int ig_classes_number(struct ig_classes *c, const uint64_t *set, uint32_t *number);
void ig_classes_clear(struct ig_classes *c);

static inline const uint64_t *ig_class_words(const struct ig_classes *c, uint32_t number)
{
	return c->words + number * c->width;
}
