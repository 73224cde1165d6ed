/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are there whole or not at all, whatever happens to who writes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Puts a file of @size bytes in the place of @name in the directory @dir, in one step: behind @next, which nobody else may
 * use, and an fsync. It is on the disk when this returns, and the directory's owner's, whoever writes. What goes wrong
 * leaves the one before. 0, -errno.
 */
int ig_replace(int dir, const char *name, const char *next, const char *text, size_t size);

/*
 * The whole of @fd, a file of at most @limit bytes. The caller frees it. NULL: @why says why not, or is NULL without
 * memory.
 */
char *ig_read_whole(int fd, size_t limit, size_t *size, const char **why);

/* Tells a file from the one that takes its place. All zero: there is none. */
struct ig_file_mark {
	dev_t dev;
	ino_t ino;
	uint64_t changed_ns;
};

struct ig_file_mark ig_file_look(int dir, const char *name);
bool ig_file_is_same(const struct ig_file_mark *a,
		     const struct ig_file_mark *b); /* false where there is none */
