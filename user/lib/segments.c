/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdlib.h>

#include "abi.h"
#include "segments.h"

/* FNV-1a */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

static bool is_taken(const uint32_t *numbers, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++) {
		if (numbers[i] == number)
			return true;
	}
	return number == IG_NO_SEGMENT;
}

uint32_t *ig_segment_numbers(const struct iotguard_inventory *inv)
{
	uint32_t *numbers = calloc(inv->n_segments ? inv->n_segments : 1, sizeof(*numbers));

	for (size_t i = 0; numbers && i < inv->n_segments; i++) {
		numbers[i] = hash_of(inv->segments[i].name);
		while (is_taken(numbers, i, numbers[i]))
			numbers[i]++;
	}
	return numbers;
}
