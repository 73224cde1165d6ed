/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mud.h"
#include "mud_cache.h"
#include "mud_url.h"
#include "util.h"

#define META_SUFFIX ".meta"

static const struct {
	const char *suffix;
	size_t most; /* bytes */
} kinds[] = {
	[IG_MUD_CURRENT] = {".json", IG_MUD_BYTES_MAX},
	[IG_MUD_PREVIOUS] = {".previous", IG_MUD_BYTES_MAX},
	[IG_MUD_SIGNATURE] = {".p7s", IG_MUD_SIGNATURE_MAX},
	[IG_MUD_META] = {META_SUFFIX, IG_MUD_ENTRY_MAX},
};

/* --- names --- */

static void hash_text(const void *bytes, size_t size, char hex[IG_MUD_HEX])
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, bytes, size);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
}

#define NAME_SIZE (IG_MUD_HEX + 16)

static int name_of(const char *url, enum ig_mud_cached which, char name[NAME_SIZE],
		   const char **why)
{
	char canonical[IG_MUD_URL_MAX], hex[IG_MUD_HEX];

	if (ig_mud_url_canonical(url, canonical, why))
		return -EINVAL;
	hash_text(canonical, strlen(canonical), hex);
	snprintf(name, NAME_SIZE, "%s%s", hex, kinds[which].suffix);
	return 0;
}

int ig_mud_cache_path(const char *dir, const char *url, enum ig_mud_cached which, char *path,
		      size_t size)
{
	char name[NAME_SIZE];
	const char *why;
	int n;

	if (name_of(url, which, name, &why))
		return -EINVAL;
	n = snprintf(path, size, "%s/%s", dir, name);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* --- what may be opened --- */

static int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EPERM;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int check_file(int dir, int fd, size_t most, size_t *size, const char **why)
{
	struct stat owner, st;

	if (fstat(dir, &owner) || fstat(fd, &st))
		return refuse(why, "it cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return refuse(why, "it is no regular file");
	if (st.st_uid && st.st_uid != owner.st_uid)
		return refuse(why, "it belongs neither to root nor to the owner of its directory");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(why, "others may write to it");
	if (st.st_size < 0 || (uintmax_t)st.st_size > most)
		return refuse(why, "it is too large");
	*size = (size_t)st.st_size;
	return 0;
}

/* A descriptor; -ENOENT; -EACCES or -EPERM with @why. A FIFO in its place must not keep anybody waiting. */
static int open_file(int dir, const char *name, size_t most, size_t *size, const char **why)
{
	_close_ int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 && errno == EACCES) {
		*why = strerror(EACCES);
		return -EACCES;
	}
	if (fd < 0)
		return refuse(why, errno == ELOOP ? "it is a link" : strerror(errno));
	err = check_file(dir, fd, most, size, why);
	return err ? err : take_fd(fd);
}

static int read_all(int fd, char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = read(fd, bytes + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		at += (size_t)n;
	}
	return 0;
}

static int read_file(int dir, const char *name, size_t most, char **bytes, size_t *size,
		     const char **why)
{
	_close_ int fd = open_file(dir, name, most, size, why);
	_free_ char *text = NULL;

	if (fd < 0)
		return fd;
	text = malloc(*size + 1);
	if (!text)
		return -ENOMEM;
	if (read_all(fd, text, *size))
		return refuse(why, "it cannot be read");
	text[*size] = '\0';
	*bytes = take_ptr(text);
	return 0;
}

/* --- reading --- */

static int say_no_url(struct ig_diags *diags, const char *url, const char *why)
{
	ig_error(diags, NULL, IG_MUD_SOURCE_HINT, "'%s' is no URL of a MUD file: %s", url, why);
	return -EINVAL;
}

static int say(struct ig_diags *diags, const char *dir, const char *name, int err, const char *why)
{
	if (err == -EACCES)
		ig_error(diags, NULL, IG_MUD_UNREADABLE_HINT, "%s/%s cannot be read: %s", dir, name,
			 why);
	else if (err && err != -ENOENT && err != -ENOMEM)
		ig_error(diags, NULL,
			 "remove it; 'iotguard-load mud fetch URL' fetches and verifies it again",
			 "%s/%s is not used: %s", dir, name, why);
	return err;
}

static int read_entry(int dir, const char *name, struct ig_mud_entry *entry, const char **why)
{
	_free_ char *text = NULL;
	char expected[NAME_SIZE];
	const char *fault;
	size_t size = 0;
	int err = read_file(dir, name, IG_MUD_ENTRY_MAX, &text, &size, why);

	err = err ?: ig_mud_entry_parse(text, size, entry, why);
	if (!err &&
	    (name_of(entry->url, IG_MUD_META, expected, &fault) || strcmp(expected, name) != 0)) {
		ig_mud_entry_clear(entry);
		err = refuse(why, "it is about another URL");
	}
	return err;
}

int ig_mud_cache_entry(struct ig_diags *diags, const char *path, const char *url,
		       struct ig_mud_entry *entry)
{
	_close_ int dir = open_dir(path);
	const char *why = "it cannot be read";
	char name[NAME_SIZE];
	int err = name_of(url, IG_MUD_META, name, &why);

	*entry = (struct ig_mud_entry){};
	if (err)
		return say_no_url(diags, url, why);
	if (dir < 0)
		why = strerror(-dir);
	err = dir < 0 ? dir : read_entry(dir, name, entry, &why);
	return say(diags, path, name, err, why);
}

/* Is it one of the two files that are known? */
static int check_bytes(struct ig_diags *diags, const char *path, const char *url, const char *name,
		       const char *bytes, size_t size)
{
	_cleanup_(ig_mud_entry_clear) struct ig_mud_entry entry;
	char hex[IG_MUD_HEX];
	int err = ig_mud_cache_entry(diags, path, url, &entry);

	if (err == -ENOENT)
		return say(diags, path, name, -EPERM, "nothing is known of where it comes from");
	if (err)
		return err;
	hash_text(bytes, size, hex);
	if (strcmp(hex, entry.sha256) != 0 && strcmp(hex, entry.previous) != 0)
		return say(diags, path, name, -EPERM, "it is not what was verified");
	return 0;
}

int ig_mud_cache_read(struct ig_diags *diags, const char *path, const char *url,
		      enum ig_mud_cached which, char **bytes, size_t *size)
{
	_close_ int dir = open_dir(path);
	const char *why = "it cannot be read";
	_free_ char *text = NULL;
	char name[NAME_SIZE];
	int err = name_of(url, which, name, &why);

	if (err)
		return say_no_url(diags, url, why);
	if (dir < 0)
		why = strerror(-dir);
	err = dir < 0 ? dir : read_file(dir, name, kinds[which].most, &text, size, &why);
	say(diags, path, name, err, why);
	if (!err && (which == IG_MUD_CURRENT || which == IG_MUD_PREVIOUS))
		err = check_bytes(diags, path, url, name, text, *size);
	if (!err)
		*bytes = take_ptr(text);
	return err;
}

int ig_mud_cache_find(const char *dir, const char *url, char *path, size_t size)
{
	_close_ int fd = open_dir(dir);
	_close_ int file = -1;
	const char *why;
	char name[NAME_SIZE];
	size_t bytes;
	int err = ig_mud_cache_path(dir, url, IG_MUD_CURRENT, path, size);

	if (err)
		return err;
	if (fd < 0)
		return fd;
	name_of(url, IG_MUD_CURRENT, name, &why);
	file = open_file(fd, name, IG_MUD_BYTES_MAX, &bytes, &why);
	return file < 0 ? file : 0;
}

/* --- all of them --- */

static bool is_meta(const char *name)
{
	return strspn(name, "0123456789abcdef") == IG_MUD_HEX - 1 &&
	       !strcmp(name + IG_MUD_HEX - 1, META_SUFFIX);
}

static int by_url(const void *a, const void *b)
{
	return strcmp(((const struct ig_mud_entry *)a)->url, ((const struct ig_mud_entry *)b)->url);
}

static int add_entry(struct ig_diags *diags, const char *path, int dir, const char *name,
		     struct ig_mud_entries *entries, size_t *capacity)
{
	const char *why = "it cannot be read";
	int err;

	if (!ig_grow(&entries->items, entries->n, capacity, sizeof(*entries->items)))
		return -ENOMEM;
	err = read_entry(dir, name, &entries->items[entries->n], &why);
	if (!err)
		entries->n++;
	else if (err != -ENOENT && err != -ENOMEM)
		ig_warning(diags, NULL, err == -EACCES ? IG_MUD_UNREADABLE_HINT : NULL,
			   "%s/%s is not used: %s", path, name, why);
	return err == -ENOMEM ? err : 0;
}

static int list_dir(struct ig_diags *diags, const char *path, DIR *dir,
		    struct ig_mud_entries *entries)
{
	const struct dirent *found;
	size_t capacity = 0;
	int err = 0;

	while (!err && entries->n < IG_MUD_CACHE_ENTRIES_MAX && (found = readdir(dir))) {
		if (is_meta(found->d_name))
			err = add_entry(diags, path, dirfd(dir), found->d_name, entries, &capacity);
	}
	if (entries->n)
		qsort(entries->items, entries->n, sizeof(*entries->items), by_url);
	return err;
}

int ig_mud_cache_list(struct ig_diags *diags, const char *path, struct ig_mud_entries *entries)
{
	DIR *dir = opendir(path);
	int err;

	*entries = (struct ig_mud_entries){};
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir) {
		err = -errno;
		ig_error(diags, NULL, err == -EACCES ? IG_MUD_UNREADABLE_HINT : NULL,
			 "%s cannot be read: %s", path, strerror(-err));
		return err;
	}
	err = list_dir(diags, path, dir, entries);
	closedir(dir);
	return err;
}

void ig_mud_entries_clear(struct ig_mud_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		ig_mud_entry_clear(&entries->items[i]);
	free(entries->items);
	*entries = (struct ig_mud_entries){};
}
