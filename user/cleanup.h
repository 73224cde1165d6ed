/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one cleanup idiom of this project, for the library, the command line and the daemon: what a scope owns is marked,
 * what it hands on is taken.
 *
 *	_free_ char *text = strdup(word);
 *	...
 *	*out = take_ptr(text);
 */
#pragma once

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
