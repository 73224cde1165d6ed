/* SPDX-License-Identifier: BSD-2-Clause */
/* All rows of a map, a few thousand with each system call. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "index.h"

struct ig_map_rows {
	uint8_t *keys, *values;
	size_t count, capacity;
	uint32_t key_size, value_size;
};

/*
 * Reads a hash or an array that is not per CPU. What is there all the while is read once, whatever
 * else changes meanwhile. @flags: BPF_F_LOCK where values have a lock, or 0. 0, -errno; @out is
 * empty then.
 */
int ig_map_rows_read(int fd, uint64_t flags, struct ig_map_rows *out);
void ig_map_rows_clear(struct ig_map_rows *rows);

const void *ig_map_rows_key(const struct ig_map_rows *rows, size_t row);
const void *ig_map_rows_value(const struct ig_map_rows *rows, size_t row);

/* The same, to be asked by key: as the map was when it was read. */
struct ig_map_copy {
	struct ig_map_rows rows;
	struct ig_index *index;
};

int ig_map_copy_read(int fd, uint64_t flags, struct ig_map_copy *out); /* 0, -errno */
void ig_map_copy_clear(struct ig_map_copy *copy);
/* NULL: there is none; else as ig_map_rows_value(). */
const void *ig_map_copy_find(const struct ig_map_copy *copy, const void *key);
/* Changes the copy, where it has that key. */
void ig_map_copy_set(struct ig_map_copy *copy, const void *key, const void *value);
