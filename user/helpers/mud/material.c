/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "material.h"
#include "privilege.h"

#define PEM_MAX	    (4u << 20) /* bytes of all certificates */
#define PEM_SUFFIX  ".pem"
#define SUFFIX_SIZE 4

static int cannot(struct why *why, const char *path, int err)
{
	why_say(why,
		err == -EACCES
			? "whoever calls this has to be allowed to read it; in the units that is "
			  "the user '" UNPRIVILEGED_USER "'"
			: NULL,
		"%s cannot be read: %s", path, strerror(-err));
	return err;
}

/* Appends it. */
static int read_fd(int fd, size_t most, struct blob *blob)
{
	for (;;) {
		char *grown = realloc(blob->bytes, blob->size + 65536 + 1);
		ssize_t n;

		if (!grown)
			return -ENOMEM;
		blob->bytes = grown;
		n = read(fd, grown + blob->size, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		blob->size += (size_t)n;
		grown[blob->size] = '\0';
		if (!n)
			return 0;
		if (blob->size > most)
			return -EFBIG;
	}
}

static int append(int dir, const char *name, size_t most, struct blob *blob)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? read_fd(fd, most, blob) : -EINVAL;
}

int material_read(const char *path, size_t most, struct blob *blob, struct why *why)
{
	int err = append(AT_FDCWD, path, most, blob);

	return err ? cannot(why, path, err) : 0;
}

static bool is_pem(const char *name)
{
	size_t n = strlen(name);

	return *name != '.' && n > SUFFIX_SIZE && !strcmp(name + n - SUFFIX_SIZE, PEM_SUFFIX);
}

static int read_dir(DIR *dir, const char *path, struct blob *blob, struct why *why)
{
	const struct dirent *entry;
	char name[PATH_MAX];
	int err = 0;

	while (!err && (entry = readdir(dir))) {
		if (!is_pem(entry->d_name))
			continue;
		err = append(dirfd(dir), entry->d_name, PEM_MAX, blob);
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (err)
			cannot(why, name, err);
	}
	return err;
}

int material_read_pem(const char *path, struct blob *blob, struct why *why)
{
	DIR *dir = opendir(path);
	int err;

	if (!dir && errno == ENOTDIR)
		return material_read(path, PEM_MAX, blob, why);
	if (!dir)
		return cannot(why, path, -errno);
	err = read_dir(dir, path, blob, why);
	closedir(dir);
	return err;
}
