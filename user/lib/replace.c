/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "replace.h"
#include "util.h"

/* --- writing --- */

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Whoever writes, the directory's owner has to be able to read it, and does it next. Without CAP_CHOWN it cannot be
 * given away: then that one replaces what it cannot read. */
static int give(int fd, int dir)
{
	struct stat owned, made;

	if (fstat(dir, &owned) || fstat(fd, &made))
		return -errno;
	if (made.st_uid == owned.st_uid && made.st_gid == owned.st_gid)
		return 0;
	return fchown(fd, owned.st_uid, owned.st_gid) && errno != EPERM ? -errno : 0;
}

static int write_next(int dir, const char *next, const char *text, size_t size)
{
	_close_ int fd = -1;
	int err;

	if (unlinkat(dir, next, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	err = give(fd, dir);
	err = err ?: write_all(fd, text, size);
	return !err && fsync(fd) ? -errno : err;
}

int ig_replace(int dir, const char *name, const char *next, const char *text, size_t size)
{
	int err = write_next(dir, next, text, size);

	if (!err && renameat(dir, next, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, next, 0);
	else if (fsync(dir))
		err = -errno;
	return err;
}

/* --- reading --- */

char *ig_read_whole(int fd, size_t limit, size_t *size, const char **why)
{
	_free_ char *text = NULL;
	struct stat st;

	*why = "it is no file";
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	*why = "it is too large";
	if (st.st_size > (off_t)limit)
		return NULL;
	*why = NULL;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	for (*size = 0; *size < (size_t)st.st_size;) {
		ssize_t n = read(fd, text + *size, (size_t)st.st_size - *size);

		if (n < 0 && errno == EINTR)
			continue;
		*why = "it cannot be read";
		if (n < 0)
			return NULL;
		if (!n)
			break;
		*size += (size_t)n;
	}
	return take_ptr(text);
}

/* --- which one it is --- */

struct ig_file_mark ig_file_look(int dir, const char *name)
{
	struct stat st;

	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return (struct ig_file_mark){};
	return (struct ig_file_mark){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.changed_ns =
			(uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec,
	};
}

bool ig_file_is_same(const struct ig_file_mark *a, const struct ig_file_mark *b)
{
	return a->ino && a->dev == b->dev && a->ino == b->ino && a->changed_ns == b->changed_ns;
}
