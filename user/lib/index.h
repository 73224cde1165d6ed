/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys to positions, in constant time. A key is a namespace (one number) and some bytes, which the
 * caller keeps alive and unchanged for as long as the index lives. Entries are never removed. The
 * order of entries cannot be observed, so nothing depends on the random seed that keeps strangers
 * from choosing keys that collide.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ig_index;

#define IG_INDEX_NONE SIZE_MAX

struct ig_index *ig_index_new(void);	    /* NULL: no memory */
void ig_index_free(struct ig_index *index); /* NULL is fine */

/* 0; -EEXIST where the key is there already, with its position in @existing (may be NULL); -ENOMEM. */
int ig_index_add(struct ig_index *index, unsigned int space, const void *key, size_t size,
		 size_t position, size_t *existing);

/* IG_INDEX_NONE: no such key. */
size_t ig_index_find(const struct ig_index *index, unsigned int space, const void *key,
		     size_t size);

static inline void ig_index_freep(struct ig_index **index)
{
	ig_index_free(*index);
}
