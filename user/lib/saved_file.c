/* SPDX-License-Identifier: BSD-2-Clause */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "replace.h"
#include "saved.h"
#include "util.h"

#define NEXT_NAME	IG_SAVED_NAME ".new"
#define ASIDE_PREFIX	IG_SAVED_NAME ".bad-"
#define ASIDE_MAX	64 /* bytes of such a name */
#define USER		"iotguard"
#define LOCK_TIMEOUT_MS 3000
#define LOCK_STEP_MS	10

/* --- writing --- */

static void say_failed(struct ig_diags *diags, const char *dir, int err)
{
	ig_error(diags, NULL,
		 err == -ENOENT ? "make the directory, and let iotguardd write there" : NULL,
		 "cannot save %s/" IG_SAVED_NAME ": %s; what was saved before stays", dir,
		 strerror(-err));
}

int ig_saved_write(struct ig_diags *diags, const char *dir, const struct ig_saved *saved)
{
	_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t size = 0;
	_free_ char *text = fd < 0 ? NULL : ig_saved_print(saved, &size);
	int err = fd < 0 ? -errno
		  : text ? ig_replace(fd, IG_SAVED_NAME, NEXT_NAME, text, size)
			 : -ENOMEM;

	if (err)
		say_failed(diags, dir, err);
	return err;
}

/* --- one at a time --- */

/* For the daemon, which may be there tomorrow. Where it cannot be given to it, that one will say so. */
static void make_dir(const char *dir)
{
	const struct passwd *user = getpwnam(USER);
	_close_ int fd = -1;

	if (mkdir(dir, 0750))
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && user && fchown(fd, user->pw_uid, user->pw_gid))
		return;
}

/* flock() has no time limit of its own. */
static int lock_dir(int fd)
{
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= LOCK_TIMEOUT_MS)
			return -EBUSY;
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return 0;
}

int ig_saved_lock(struct ig_diags *diags, const char *dir)
{
	_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0 && errno == ENOENT) {
		make_dir(dir);
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	err = fd < 0 ? -errno : lock_dir(fd);
	if (!err)
		return take_fd(fd);
	say_failed(diags, dir, err);
	return err == -ENOENT ? -ENOTDIR : err; /* the other one says that nothing is in force */
}

struct ig_file_mark ig_saved_look(const char *dir)
{
	_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return ig_file_look(fd, IG_SAVED_NAME);
}

/* --- what cannot be used --- */

static bool is_aside(const struct dirent *entry)
{
	return !strncmp(entry->d_name, ASIDE_PREFIX, strlen(ASIDE_PREFIX)) &&
	       strlen(entry->d_name) < ASIDE_MAX;
}

/* Names end in a date, so that the oldest one comes first. Returns how many there are. */
static size_t oldest_aside(int dir, char oldest[ASIDE_MAX])
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t n = 0;

	if (!listing) {
		ig_close_fd(&fd);
		return 0;
	}
	while ((entry = readdir(listing))) {
		if (!is_aside(entry))
			continue;
		if (!n++ || strcmp(entry->d_name, oldest) < 0)
			strcpy(oldest, entry->d_name);
	}
	closedir(listing);
	return n;
}

static void set_aside(struct ig_diags *diags, int dir, const char *path, const char *why)
{
	char name[ASIDE_MAX], oldest[ASIDE_MAX];
	time_t now = time(NULL);
	struct tm tm = {};

	gmtime_r(&now, &tm);
	strftime(name, sizeof(name), ASIDE_PREFIX "%Y%m%d-%H%M%S", &tm);
	if (renameat(dir, IG_SAVED_NAME, dir, name)) {
		ig_warning(diags, NULL, NULL,
			   "%s/" IG_SAVED_NAME " is not used: %s; nor could it be set aside: %s",
			   path, why, strerror(errno));
		return;
	}
	while (oldest_aside(dir, oldest) > IG_SAVED_ASIDE && !unlinkat(dir, oldest, 0))
		;
	ig_warning(
		diags, NULL,
		"machines get their addresses again as they ask for them; who was in quarantine is not "
		"any more",
		"%s/" IG_SAVED_NAME " is not used: %s; it is set aside as %s", path, why, name);
}

/* --- reading --- */

static int read_file(int fd, struct ig_time now, struct ig_saved *saved, const char **why)
{
	_free_ char *text = NULL;
	size_t size = 0;

	text = ig_read_whole(fd, IG_SAVED_MAX, &size, why);
	if (!text)
		return *why ? -EINVAL : -ENOMEM;
	return ig_saved_parse(text, size, now, saved, why);
}

int ig_saved_read(struct ig_diags *diags, const char *path, struct ig_time now,
		  struct ig_saved *saved)
{
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_close_ int fd = -1;
	const char *why = "it is no file"; /* but a link */
	int err;

	*saved = (struct ig_saved){};
	if (dir >= 0)
		fd = openat(dir, IG_SAVED_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno != ELOOP && errno != ENXIO) {
		ig_warning(diags, NULL, NULL, "what was saved in %s cannot be read: %s", path,
			   strerror(errno));
		return 0;
	}
	err = fd < 0 ? -EINVAL : read_file(fd, now, saved, &why);
	if (err == -EINVAL) {
		set_aside(diags, dir, path, why);
		return 0;
	}
	return err;
}
