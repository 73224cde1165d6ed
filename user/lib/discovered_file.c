/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "discovered.h"
#include "mud_cache.h"
#include "util.h"

#define NEXT_NAME  IG_DISCOVERED_NAME ".new"
#define ASIDE_NAME IG_DISCOVERED_NAME ".bad"
#define WHERE	   IG_DISCOVERED_DIR "/" IG_DISCOVERED_NAME

/* -ENOENT: it is not there. */
static int open_dir(const char *save_dir)
{
	_close_ int above = open(save_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = above < 0 ? -1
			   : openat(above, IG_DISCOVERED_DIR,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of whom the one above it is. */
static int make_dir(const char *save_dir)
{
	_close_ int above = open(save_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (above < 0 || fstat(above, &st))
		return -errno;
	if (mkdirat(above, IG_DISCOVERED_DIR, 0750))
		return errno == EEXIST ? 0 : -errno;
	if (fchownat(above, IG_DISCOVERED_DIR, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) &&
	    errno != EPERM)
		return -errno;
	return 0;
}

struct ig_file_mark ig_discovered_look(const char *save_dir)
{
	_close_ int dir = open_dir(save_dir);

	return ig_file_look(dir, IG_DISCOVERED_NAME);
}

/* --- reading --- */

static void leave_aside(struct ig_diags *diags, int dir, const char *path, bool set_aside,
			const char *why)
{
	if (!set_aside)
		ig_warning(diags, NULL, NULL, "%s/" WHERE " is not used: %s", path, why);
	else if (renameat(dir, IG_DISCOVERED_NAME, dir, ASIDE_NAME))
		ig_warning(diags, NULL, NULL,
			   "%s/" WHERE " is not used: %s; nor could it be set aside: %s", path, why,
			   strerror(errno));
	else
		ig_warning(diags, NULL, "what devices tell is noted anew",
			   "%s/" WHERE " is not used: %s; it is set aside as " ASIDE_NAME, path,
			   why);
}

static int read_file(int dir, struct ig_discovered *d, const char **why)
{
	_close_ int fd =
		openat(dir, IG_DISCOVERED_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_free_ char *text = NULL;
	size_t size = 0;

	*why = "it is no file";
	if (fd < 0)
		return errno == ELOOP ? -EINVAL : -errno;
	text = ig_read_whole(fd, IG_DISCOVERED_MAX, &size, why);
	if (!text)
		return *why ? -EINVAL : -ENOMEM;
	return ig_discovered_parse(text, size, d, why);
}

int ig_discovered_read(struct ig_diags *diags, const char *path, bool set_aside,
		       struct ig_discovered *d, struct ig_file_mark *mark)
{
	_close_ int dir = open_dir(path);
	const char *why;
	int err = dir < 0 ? dir : 0;

	*d = (struct ig_discovered){};
	*mark = ig_file_look(dir, IG_DISCOVERED_NAME);
	if (!err)
		err = read_file(dir, d, &why);
	if (err == -ENOENT)
		return 0;
	if (err == -EINVAL) {
		leave_aside(diags, dir, path, set_aside, why);
		*mark = ig_file_look(dir, IG_DISCOVERED_NAME);
		return 0;
	}
	if (err && err != -ENOMEM)
		ig_error(diags, NULL, err == -EACCES ? IG_MUD_UNREADABLE_HINT : NULL,
			 "%s/" WHERE " cannot be read: %s", path, strerror(-err));
	return err;
}

/* --- writing --- */

static int write_there(const char *path, const struct ig_discovered *d)
{
	size_t size = 0;
	_free_ char *text = ig_discovered_print(d, &size);
	_close_ int dir = -1;
	int err = text ? make_dir(path) : -ENOMEM;

	if (err)
		return err;
	dir = open_dir(path);
	return dir < 0 ? dir : ig_replace(dir, IG_DISCOVERED_NAME, NEXT_NAME, text, size);
}

int ig_discovered_write(struct ig_diags *diags, const char *path, const struct ig_discovered *d)
{
	int err = write_there(path, d);

	if (err)
		ig_error(diags, NULL,
			 err == -ENOENT ? "make the directory, and let iotguardd write there"
					: NULL,
			 "cannot write %s/" WHERE ": %s; what was there before stays", path,
			 strerror(-err));
	return err;
}
