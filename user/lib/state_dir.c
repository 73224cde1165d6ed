/* SPDX-License-Identifier: BSD-2-Clause */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "state_dir.h"
#include "util.h"

#define GROUP		"iotguard"
#define READER		"reader"  /* of events */
#define ANSWERS		"answers" /* reader of DNS answers */
#define LOCK_TIMEOUT_MS 10000
#define LOCK_STEP_MS	20

int ig_state_path(const struct iotguard *ig, char *path, const char *format, ...)
{
	int n = snprintf(path, PATH_MAX, "%s/", ig->state_dir);
	va_list args;

	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	va_start(args, format);
	n += vsnprintf(path + n, PATH_MAX - n, format, args);
	va_end(args);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* --- directory and file system --- */

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static int make_parents(const char *path, mode_t mode)
{
	_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0750) && errno != EEXIST ? -errno : 0;
}

/* Readers are members of a group, if there is one. */
static void give_to_group(const char *path)
{
	const struct group *group = getgrnam(GROUP);

	if (group && chown(path, 0, group->gr_gid))
		return; /* then root alone reads */
}

static int make_below(struct iotguard *ig, const char *name)
{
	char path[PATH_MAX];
	int err = ig_state_path(ig, path, "%s", name);

	if (!err && mkdir(path, 0750) && errno != EEXIST)
		err = -errno;
	if (err)
		ig_error(&ig->diags, NULL, NULL, "cannot make %s/%s: %s", ig->state_dir, name,
			 strerror(-err));
	else
		ig_pin_share(path, ig->state_dir, 0750);
	return err;
}

/* The locks that readers take are made here, so that who may read may take them. */
static void make_reader_lock(const struct iotguard *ig, const char *suffix)
{
	char path[PATH_MAX];
	_close_ int fd = -1;

	if (snprintf(path, sizeof(path), "%s.%s", ig->state_dir, suffix) >= (int)sizeof(path))
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd >= 0)
		ig_pin_share(path, ig->state_dir, 0660);
}

int ig_state_dir_prepare(struct iotguard *ig)
{
	static const char *const dirs[] = {"links", "links/xdp", "links/tc"};
	int err = 0;

	if (!is_bpffs(ig->state_dir) &&
	    mount("bpf", ig->state_dir, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0750")) {
		err = -errno;
		ig_error(
			&ig->diags, NULL,
			"mount it beforehand (mount -t bpf bpf DIR), or run the loader as root once",
			"cannot mount a bpffs on %s: %s", ig->state_dir, strerror(-err));
		return err;
	}
	give_to_group(ig->state_dir);
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !err; i++)
		err = make_below(ig, dirs[i]);
	if (!err) {
		make_reader_lock(ig, READER);
		make_reader_lock(ig, ANSWERS);
	}
	return err;
}

/* --- locks --- */

static void say_holder(struct iotguard *ig, int fd, const char *what)
{
	char holder[64] = "";
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	holder[n > 0 ? n : 0] = '\0';
	holder[strcspn(holder, " \n")] = '\0';
	ig_error(&ig->diags, NULL, "wait until it has finished, or look what it is doing",
		 "%s by process %s", what, *holder ? holder : "(unknown)");
}

/* One write, always of the same length: whoever is killed here leaves the old text or the new one. */
static void sign_lock(int fd, const struct ig_reader_note *note)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%-10d %20llu %20llu\n", (int)getpid(),
			 (unsigned long long)note->told, (unsigned long long)note->queued);

	if (pwrite(fd, text, n, 0) != n)
		return; /* then losses are told again, to the next reader */
}

static int lock(struct iotguard *ig, const char *suffix, int timeout_ms, const char *what)
{
	struct ig_reader_note note;
	char path[PATH_MAX];
	_close_ int fd = -1;

	if (snprintf(path, sizeof(path), "%s.%s", ig->state_dir, suffix) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0) {
		int err = -errno;

		ig_error(&ig->diags, NULL, NULL, "cannot open the lock %s: %s", path,
			 strerror(-err));
		return err;
	}
	/* flock() has no time limit of its own */
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= timeout_ms) {
			say_holder(ig, fd, what);
			return -EBUSY;
		}
		poll(NULL, 0, LOCK_STEP_MS);
	}
	note = ig_state_reader_note(fd);
	sign_lock(fd, &note);
	return take_fd(fd);
}

int ig_state_lock(struct iotguard *ig, int timeout_ms)
{
	int err = make_parents(ig->state_dir, 0755);

	if (err) {
		ig_error(&ig->diags, NULL, NULL, "cannot make %s: %s", ig->state_dir,
			 strerror(-err));
		return err;
	}
	return lock(ig, "lock", timeout_ms ? timeout_ms : LOCK_TIMEOUT_MS,
		    "the policy is being changed");
}

/*
 * A reader's lock, if another one holds it; -1: nobody does. Opened for reading only, so that who
 * waits by inotify for the end of that reader, which closes a file that it could write to, is not
 * woken by looking.
 */
static int reader_lock_held(const struct iotguard *ig, const char *suffix)
{
	char path[PATH_MAX];
	_close_ int fd = -1;

	if (snprintf(path, sizeof(path), "%s.%s", ig->state_dir, suffix) >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) ? take_fd(fd) : -1;
}

bool ig_state_is_read(const struct iotguard *ig)
{
	_close_ int fd = reader_lock_held(ig, READER);

	return fd >= 0;
}

static int lock_for_one(struct iotguard *ig, const char *suffix, const char *what)
{
	_close_ int held = reader_lock_held(ig, suffix);

	if (held < 0)
		return lock(ig, suffix, -1, what);
	say_holder(ig, held, what);
	return -EBUSY;
}

int ig_state_lock_reader(struct iotguard *ig)
{
	return lock_for_one(ig, READER, "the events are being read");
}

int ig_state_lock_answers(struct iotguard *ig)
{
	return lock_for_one(ig, ANSWERS, "DNS answers are being read");
}

struct ig_reader_note ig_state_reader_note(int reader_lock)
{
	unsigned long long told = 0, queued = 0;
	char text[64] = "";
	ssize_t n = pread(reader_lock, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*d %llu %llu", &told, &queued) < 1)
		told = queued = 0;
	return (struct ig_reader_note){.told = told, .queued = queued};
}

void ig_state_note_reader(int reader_lock, const struct ig_reader_note *note)
{
	sign_lock(reader_lock, note);
}

/* --- instances --- */

/* By the rights that this process has, and not by those of its user, as access() would. */
static bool is_there(const char *path)
{
	return !faccessat(AT_FDCWD, path, F_OK, AT_EACCESS);
}

bool ig_state_exists(const struct iotguard *ig)
{
	char links[PATH_MAX];

	return is_bpffs(ig->state_dir) && !ig_state_path(ig, links, "links") && is_there(links);
}

bool ig_state_has_current(const struct iotguard *ig)
{
	char current[PATH_MAX];

	return !ig_state_path(ig, current, "current") && is_there(current);
}

int ig_state_instance(const struct iotguard *ig, char *name)
{
	char current[PATH_MAX];
	int err = ig_state_path(ig, current, "current");
	ssize_t n = err ? -1 : readlink(current, name, NAME_MAX);

	if (n < 0)
		return err ?: -errno;
	name[n] = '\0';
	return 0;
}

int ig_state_instance_inode(const struct iotguard *ig, ino_t *inode)
{
	char path[PATH_MAX];
	struct stat st;
	int err = ig_state_path(ig, path, "current");

	if (!err && stat(path, &st))
		err = -errno;
	if (!err)
		*inode = st.st_ino;
	return err;
}

/* By the name of the instance, and not through the link: another may become the current one between
 * two pins. */
static int open_instance(struct iotguard *ig, bool writable, struct ig_object *out)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	struct ig_control control;
	int err = ig_state_instance(ig, name);

	if (err)
		return err == -ENOTDIR ? -ENOENT : err;
	err = ig_state_path(ig, path, "%s", name);
	err = err ?: ig_object_open(path, writable, out);
	err = err ?: ig_object_control(out, &control);
	if (!err && control.abi != IG_ABI)
		err = -EPROTO;
	return err == -ENOENT ? -EPROTO : err; /* a map that this version expects is not there */
}

/* Or gone: its pins are, while everything is detached. */
static bool instance_changed(const struct iotguard *ig, const char *before)
{
	char now[NAME_MAX + 1];

	return ig_state_instance(ig, now) || strcmp(before, now);
}

int ig_state_open(struct iotguard *ig, bool writable, struct ig_object *out)
{
	char before[NAME_MAX + 1] = "";
	int err;

	*out = IG_OBJECT_NONE;
	do {
		ig_object_close(out);
		err = ig_state_instance(ig, before);
		err = err ?: open_instance(ig, writable, out);
	} while (err == -EPROTO && instance_changed(ig, before));
	if (err == -ENOTDIR)
		err = -ENOENT;
	if (err == -EACCES || err == -EPERM)
		ig_error(&ig->diags, NULL,
			 "be root, or a member of the group '" GROUP
			 "' (it is given to that group where it "
			 "exists when a policy is applied)",
			 "the pins in %s may not be read", ig->state_dir);
	if (err == -EPROTO)
		ig_error(&ig->diags, NULL,
			 "use the version that made it, or take it off with its 'detach --all'",
			 "the pins in %s are of another ABI than %u", ig->state_dir, IG_ABI);
	if (err)
		ig_object_close(out);
	return err;
}

static unsigned int instance_number(const char *name)
{
	unsigned int n;

	return sscanf(name, "instance-%u", &n) == 1 ? n : 0;
}

int ig_state_new_instance(const struct iotguard *ig, char *path)
{
	unsigned int highest = 0;
	const struct dirent *entry;
	DIR *dir = opendir(ig->state_dir);

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		unsigned int n = instance_number(entry->d_name);

		highest = n > highest ? n : highest;
	}
	closedir(dir);
	return ig_state_path(ig, path, "instance-%u", highest + 1);
}

int ig_state_set_current(const struct iotguard *ig, const char *instance)
{
	char current[PATH_MAX], next[PATH_MAX];
	const char *name = strrchr(instance, '/');
	int err = ig_state_path(ig, current, "current");

	err = err ?: ig_state_path(ig, next, "current-next");
	if (err)
		return err;
	unlink(next);
	if (symlink(name ? name + 1 : instance, next) || rename(next, current))
		return -errno;
	return 0;
}

/* Instances are two levels deep: pins, and a directory for each slot. */
static void remove_tree(const char *path, int depth)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char below[PATH_MAX];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >=
			    (int)sizeof(below))
			continue;
		if (unlink(below) && depth > 0)
			remove_tree(below, depth - 1);
	}
	closedir(dir);
	rmdir(path);
}

/* What a loader that was killed had not yet renamed: "NAME-next", in the directory and in the slots of an instance. */
static void remove_unfinished(const struct iotguard *ig, const char *below)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *dir = ig_state_path(ig, path, "%s", below) ? NULL : opendir(path);

	while (dir && (entry = readdir(dir))) {
		const char *end = strrchr(entry->d_name, '-');

		if (end && !strcmp(end, "-next") &&
		    !ig_state_path(ig, path, "%s/%s", below, entry->d_name))
			unlink(path);
	}
	if (dir)
		closedir(dir);
}

static void remove_instances(const struct iotguard *ig, const char *keep)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *dir = opendir(ig->state_dir);

	while (dir && (entry = readdir(dir))) {
		if (instance_number(entry->d_name) && strcmp(entry->d_name, keep) &&
		    !ig_state_path(ig, path, "%s", entry->d_name))
			remove_tree(path, 1);
	}
	if (dir)
		closedir(dir);
}

void ig_state_sweep(const struct iotguard *ig, bool current)
{
	char keep[NAME_MAX + 1] = "", link[PATH_MAX];

	if (ig_state_path(ig, link, "current"))
		return;
	if (current)
		unlink(link);
	else if (ig_state_instance(ig, keep))
		*keep = '\0';
	remove_instances(ig, keep);
	remove_unfinished(ig, ".");
	remove_unfinished(ig, "current");
	remove_unfinished(ig, "current/slot0");
	remove_unfinished(ig, "current/slot1");
}
