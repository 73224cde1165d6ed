/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one cleanup idiom of this project: what a scope owns is marked, what it hands on is taken.
 *
 *	_free_ char *text = strdup(word);
 *	...
 *	*out = take_ptr(text);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline void ig_free_ptr(void *ptr)
{
	free(*(void **)ptr);
}

static inline void ig_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _free_		    _cleanup_(ig_free_ptr)
#define _close_		    _cleanup_(ig_close_fd)

#define take_ptr(ptr)                           \
	({                                      \
		__typeof__(ptr) taken_ = (ptr); \
		(ptr) = NULL;                   \
		taken_;                         \
	})

#define take_fd(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

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
