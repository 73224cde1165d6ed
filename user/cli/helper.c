/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"

#ifndef IOTGUARD_LIBEXECDIR
#define IOTGUARD_LIBEXECDIR "/usr/local/libexec/iotguard"
#endif

static int try_directory(const char *directory, const char *name, char *path)
{
	int n = snprintf(path, PATH_MAX, "%s/iotguard-%s", directory, name);

	if (n < 0 || n >= PATH_MAX || access(path, X_OK))
		return -ENOENT;
	return 0;
}

/* Where this program is; -ENOENT where /proc does not tell. */
static int own_directory(char *directory)
{
	ssize_t n = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return -ENOENT;
	directory[n] = '\0';
	slash = strrchr(directory, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

int helper_find(const char *name, char *path)
{
	char directory[PATH_MAX];

	if (!own_directory(directory) && !try_directory(directory, name, path))
		return 0;
	return try_directory(IOTGUARD_LIBEXECDIR, name, path);
}
