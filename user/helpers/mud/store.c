/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privilege.h"
#include "store.h"

#define LOCK_NAME ".lock"
#define FILE_NAME 256

int store_open(struct ig_diags *diags, const char *path)
{
	int fd, err;

	if (mkdir(path, 0750) && errno != EEXIST) {
		err = -errno;
	} else {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		err = -errno;
	}
	ig_error(
		diags, NULL,
		err == -ENOENT
			? "the directory that it lies in has to be there; or name another one with --cache"
			: "it is for the user '" UNPRIVILEGED_USER
			  "' to write, as which root does it; or name another one with --cache",
		"the cache %s cannot be used: %s", path, strerror(-err));
	return err;
}

int store_lock(struct ig_diags *diags, int dir)
{
	_close_ int fd = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		err = -errno;
	while (!err && flock(fd, LOCK_EX))
		err = errno == EINTR ? 0 : -errno;
	if (!err)
		return take_fd(fd);
	ig_error(diags, NULL,
		 "the cache is for the user '" UNPRIVILEGED_USER
		 "' to write, and root writes as that one",
		 "the cache cannot be written: %s", strerror(-err));
	return err;
}

/* --- one file --- */

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static const char *name_of(const struct ig_mud_entry *entry, enum ig_mud_cached which,
			   char path[FILE_NAME])
{
	/* Relative to a directory that is open; the URL is canonical. */
	return ig_mud_cache_path(".", entry->url, which, path, FILE_NAME) ? "" : path;
}

static void next_of(const char *name, char next[FILE_NAME])
{
	snprintf(next, FILE_NAME, "%.*s.new", FILE_NAME - 5, name);
}

/* On the disk, and under no name that anybody reads. */
static int prepare(int dir, const char *name, const char *bytes, size_t size)
{
	char next[FILE_NAME];
	_close_ int fd = -1;
	int err;

	next_of(name, next);
	if (unlinkat(dir, next, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, size);
	return !err && fsync(fd) ? -errno : err;
}

static int commit(int dir, const char *name)
{
	char next[FILE_NAME];

	next_of(name, next);
	return renameat(dir, next, dir, name) ? -errno : 0;
}

static void forget(int dir, const struct ig_mud_entry *entry)
{
	char name[FILE_NAME], next[FILE_NAME];

	for (enum ig_mud_cached which = IG_MUD_CURRENT; which <= IG_MUD_META; which++) {
		next_of(name_of(entry, which, name), next);
		unlinkat(dir, next, 0);
	}
}

static int prepare_blob(int dir, const struct ig_mud_entry *entry, enum ig_mud_cached which,
			const struct blob *blob)
{
	char name[FILE_NAME];

	return blob->bytes ? prepare(dir, name_of(entry, which, name), blob->bytes, blob->size) : 0;
}

static int commit_blob(int dir, const struct ig_mud_entry *entry, enum ig_mud_cached which,
		       const struct blob *blob)
{
	char name[FILE_NAME];

	return blob->bytes ? commit(dir, name_of(entry, which, name)) : 0;
}

/* --- an entry --- */

static int prepare_meta(int dir, const struct ig_mud_entry *entry)
{
	_free_ char *text = ig_mud_entry_print(entry);
	struct blob blob = {.bytes = text, .size = text ? strlen(text) : 0};

	return text ? prepare_blob(dir, entry, IG_MUD_META, &blob) : -ENOMEM;
}

static int commit_meta(int dir, const struct ig_mud_entry *entry)
{
	char name[FILE_NAME];

	return commit(dir, name_of(entry, IG_MUD_META, name));
}

static void drop_signature(int dir, const struct ig_mud_entry *entry)
{
	char name[FILE_NAME];

	unlinkat(dir, name_of(entry, IG_MUD_SIGNATURE, name), 0);
}

static int finish(int dir, const struct ig_mud_entry *entry, int err)
{
	if (!err && fsync(dir))
		err = -errno;
	if (err)
		forget(dir, entry);
	return err;
}

int store_replace(int dir, const struct ig_mud_entry *entry, const struct blob *file,
		  const struct blob *signature, const struct blob *before)
{
	int err = prepare_blob(dir, entry, IG_MUD_CURRENT, file);

	/* What may fail for want of space is done before anything is replaced. */
	err = err ?: prepare_blob(dir, entry, IG_MUD_SIGNATURE, signature);
	err = err ?: prepare_blob(dir, entry, IG_MUD_PREVIOUS, before);
	err = err ?: prepare_meta(dir, entry);
	err = err ?: commit_blob(dir, entry, IG_MUD_PREVIOUS, before);
	err = err ?: commit_blob(dir, entry, IG_MUD_SIGNATURE, signature);
	if (!err && !signature->bytes)
		drop_signature(dir, entry);
	err = err ?: commit_meta(dir, entry);
	err = err ?: commit_blob(dir, entry, IG_MUD_CURRENT, file);
	return finish(dir, entry, err);
}

int store_note(int dir, const struct ig_mud_entry *entry)
{
	int err = prepare_meta(dir, entry);

	err = err ?: commit_meta(dir, entry);
	return finish(dir, entry, err);
}
