/* SPDX-License-Identifier: BSD-2-Clause */
/* The one cleanup idiom: `_free_ char *text = NULL;` is freed where its scope ends. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(array)   (sizeof(array) / sizeof(*(array)))

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _free_		    _cleanup_(free_pointer)
#define _close_		    _cleanup_(close_fdp)

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

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_fdp(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
