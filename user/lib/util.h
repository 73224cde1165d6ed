/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../cleanup.h"

/*
 * Room for one more in a growing array: @items points to the array's pointer, @count are in use,
 * each has @size bytes. Amortised constant. False without memory; the array is unharmed.
 */
static inline bool ig_grow(void *items, size_t count, size_t *capacity, size_t size)
{
	void **array = items;
	size_t wanted;
	void *grown;

	if (count < *capacity)
		return true;
	wanted = *capacity ? *capacity * 2 : 8;
	grown = reallocarray(*array, wanted, size);
	if (!grown)
		return false;
	*array = grown;
	*capacity = wanted;
	return true;
}
