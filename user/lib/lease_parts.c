/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lease_format.h"
#include "lease_parts.h"
#include "util.h"

#define TRIES 3

enum part { COMPLETED, PREVIOUS, COPY, BASE };

static const char *const suffixes[IG_LEASE_PARTS] = {".completed", ".2", ".1", ""};

/* What tells that a file was written to, or is another one by now. */
struct mark {
	bool there;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

static void look(const struct ig_lease_parts *parts, struct mark marks[IG_LEASE_PARTS])
{
	memset(marks, 0, IG_LEASE_PARTS * sizeof(*marks));
	for (int i = 0; i < IG_LEASE_PARTS; i++) {
		struct stat st;

		if (stat(parts->items[i].path, &st))
			continue;
		marks[i].there = true;
		marks[i].device = st.st_dev;
		marks[i].inode = st.st_ino;
		marks[i].size = st.st_size;
		marks[i].changed = st.st_mtim;
	}
}

static bool same(const struct mark *a, const struct mark *b)
{
	for (int i = 0; i < IG_LEASE_PARTS; i++) {
		if (a[i].there != b[i].there || a[i].device != b[i].device ||
		    a[i].inode != b[i].inode || a[i].size != b[i].size ||
		    a[i].changed.tv_sec != b[i].changed.tv_sec ||
		    a[i].changed.tv_nsec != b[i].changed.tv_nsec)
			return false;
	}
	return true;
}

/* Opens nothing that could block. -ENOENT: it is not there. */
static int open_part(struct ig_lease_part *part, size_t *size)
{
	int fd = open(part->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	part->irregular = fd < 0 && errno == ENXIO; /* a socket */
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		part->irregular = true;
		close(fd);
		return -EINVAL;
	}
	*size = st.st_size;
	return fd;
}

/* Up to @most bytes of what is there; the file may grow or shrink meanwhile. */
static int read_bytes(struct ig_lease_part *part, int fd, size_t size, size_t most)
{
	size_t wanted = size < most ? size : most;

	part->text = malloc(wanted + 1);
	if (!part->text)
		return -ENOMEM;
	part->cut = size > most;
	while (part->size < wanted) {
		ssize_t n = read(fd, part->text + part->size, wanted - part->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			part->error = -errno;
		if (n <= 0)
			break;
		part->size += n;
	}
	part->text[part->size] = '\0';
	return 0;
}

static int read_part(struct ig_lease_parts *parts, enum part which, size_t *left)
{
	struct ig_lease_part *part = &parts->items[which];
	size_t size = 0;
	_close_ int fd = open_part(part, &size);
	int err;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	parts->there = true;
	if (fd < 0) {
		part->error = fd;
		return 0;
	}
	err = read_bytes(part, fd, size, *left);
	*left -= part->size;
	return err;
}

static void forget(struct ig_lease_parts *parts)
{
	for (int i = 0; i < IG_LEASE_PARTS; i++) {
		struct ig_lease_part *part = &parts->items[i];

		free(part->text);
		*part = (struct ig_lease_part){.path = part->path};
	}
	parts->there = false;
}

/* The file itself comes first, since it tells whether there is anything to look for beside it. */
static int read_all(struct ig_lease_parts *parts)
{
	struct ig_lease_part *base = &parts->items[BASE];
	size_t left = IG_LEASE_BYTES_MOST;
	int err;

	forget(parts);
	err = read_part(parts, BASE, &left);
	if (err || (parts->there && !(base->text && ig_lease_is_kea(base->text, base->size))))
		return err;
	err = read_part(parts, COMPLETED, &left);
	if (err || parts->items[COMPLETED].text)
		return err;
	err = read_part(parts, PREVIOUS, &left);
	return err ?: read_part(parts, COPY, &left);
}

int ig_lease_parts_read(const char *path, struct ig_lease_parts *out)
{
	struct mark before[IG_LEASE_PARTS], after[IG_LEASE_PARTS];
	int err = 0;

	*out = (struct ig_lease_parts){};
	for (int i = 0; i < IG_LEASE_PARTS && !err; i++) {
		if (asprintf(&out->items[i].path, "%s%s", path, suffixes[i]) < 0) {
			out->items[i].path = NULL;
			err = -ENOMEM;
		}
	}
	for (int i = 0; i < TRIES && !err; i++) {
		look(out, before);
		err = read_all(out);
		look(out, after);
		out->unsettled = !same(before, after);
		if (!out->unsettled)
			break;
	}
	if (err)
		ig_lease_parts_clear(out);
	return err;
}

void ig_lease_parts_clear(struct ig_lease_parts *parts)
{
	for (int i = 0; i < IG_LEASE_PARTS; i++) {
		free(parts->items[i].path);
		free(parts->items[i].text);
	}
	*parts = (struct ig_lease_parts){};
}
