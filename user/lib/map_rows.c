/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "map_rows.h"
#include "util.h"

#define CHUNK	  4096u
#define CHUNK_MAX (1u << 20)
#define TOKEN_MAX 264 /* where the kernel goes on: a bucket's number, or a key */

static bool make_room(struct ig_map_rows *rows, size_t more)
{
	size_t wanted = rows->count + more;
	uint8_t *grown;

	if (wanted <= rows->capacity)
		return true;
	if (wanted < rows->capacity * 2)
		wanted = rows->capacity * 2;
	grown = reallocarray(rows->keys, wanted, rows->key_size);
	if (!grown)
		return false;
	rows->keys = grown;
	grown = reallocarray(rows->values, wanted, rows->value_size);
	if (!grown)
		return false;
	rows->values = grown;
	rows->capacity = wanted;
	return true;
}

/* 1: there may be more; 0: that was all. */
static int read_chunk(int fd, const struct bpf_map_batch_opts *opts, uint8_t *token, bool first,
		      uint32_t chunk, struct ig_map_rows *rows)
{
	uint8_t next[TOKEN_MAX];
	uint32_t n = chunk;
	int err;

	if (!make_room(rows, chunk))
		return -ENOMEM;
	err = bpf_map_lookup_batch(fd, first ? NULL : token, next,
				   rows->keys + rows->count * rows->key_size,
				   rows->values + rows->count * rows->value_size, &n, opts)
		      ? -errno
		      : 0;
	if (err && err != -ENOENT)
		return err;
	rows->count += n;
	memcpy(token, next, sizeof(next));
	return err || !n ? 0 : 1;
}

int ig_map_rows_read(int fd, uint64_t flags, struct ig_map_rows *out)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = flags);
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info), chunk = CHUNK;
	uint8_t token[TOKEN_MAX] = {};
	bool first = true;
	int more = 1;

	*out = (struct ig_map_rows){};
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (info.key_size > TOKEN_MAX)
		return -E2BIG;
	out->key_size = info.key_size;
	out->value_size = info.value_size;
	while (more > 0) {
		more = read_chunk(fd, &opts, token, first, chunk, out);
		if (more == -ENOSPC && chunk < CHUNK_MAX) { /* a bucket that is longer than that */
			chunk *= 2;
			more = 1;
			continue;
		}
		first = false;
	}
	if (more < 0)
		ig_map_rows_clear(out);
	return more;
}

void ig_map_rows_clear(struct ig_map_rows *rows)
{
	free(rows->keys);
	free(rows->values);
	*rows = (struct ig_map_rows){};
}

const void *ig_map_rows_key(const struct ig_map_rows *rows, size_t row)
{
	return rows->keys + row * rows->key_size;
}

const void *ig_map_rows_value(const struct ig_map_rows *rows, size_t row)
{
	return rows->values + row * rows->value_size;
}

int ig_map_copy_read(int fd, uint64_t flags, struct ig_map_copy *out)
{
	int err;

	*out = (struct ig_map_copy){.index = ig_index_new()};
	err = out->index ? ig_map_rows_read(fd, flags, &out->rows) : -ENOMEM;
	for (size_t row = 0; row < out->rows.count && !err; row++) {
		err = ig_index_add(out->index, 0, ig_map_rows_key(&out->rows, row),
				   out->rows.key_size, row, NULL);
		if (err == -EEXIST)
			err = 0;
	}
	if (err)
		ig_map_copy_clear(out);
	return err;
}

void ig_map_copy_clear(struct ig_map_copy *copy)
{
	ig_index_free(copy->index);
	ig_map_rows_clear(&copy->rows);
	*copy = (struct ig_map_copy){};
}

const void *ig_map_copy_find(const struct ig_map_copy *copy, const void *key)
{
	size_t row = ig_index_find(copy->index, 0, key, copy->rows.key_size);

	return row == IG_INDEX_NONE ? NULL : ig_map_rows_value(&copy->rows, row);
}

void ig_map_copy_set(struct ig_map_copy *copy, const void *key, const void *value)
{
	size_t row = ig_index_find(copy->index, 0, key, copy->rows.key_size);

	if (row != IG_INDEX_NONE)
		memcpy(copy->rows.values + row * copy->rows.value_size, value,
		       copy->rows.value_size);
}
