/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events and answers are there from the moment on that something is in force and nobody else reads them.
 * Until then the directories of the pins tell when to look again.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon.h"

static void on_arrival(struct daemon *daemon, struct watch *watch, uint32_t events);

/* "DIR" and "NAME" of the directory of the pins. */
static void split(const char *state_dir, char dir[PATH_MAX], const char **name)
{
	const char *slash = strrchr(state_dir, '/');

	*name = slash ? slash + 1 : state_dir;
	snprintf(dir, PATH_MAX, "%.*s", slash ? (int)(slash - state_dir) : 1,
		 slash ? state_dir : ".");
}

/*
 * The directory of the pins may not be there yet, or be mounted on later, which nobody is told of;
 * but every apply ends by closing a lock beside it.
 */
static int watch_directories(struct daemon *daemon)
{
	const char *state_dir = iotguard_state_dir(daemon->ig), *name;
	char parent[PATH_MAX];

	split(state_dir, parent, &name);
	if (daemon->arrival.fd < 0) {
		daemon->arrival.ready = on_arrival;
		daemon->arrival.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (daemon->arrival.fd < 0 || watch_add(daemon, &daemon->arrival, EPOLLIN))
			return -errno;
	}
	if (inotify_add_watch(daemon->arrival.fd, parent,
			      IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		return -errno;
	inotify_add_watch(daemon->arrival.fd, state_dir, IN_CREATE | IN_MOVED_TO);
	return 0;
}

static void start_what_is_missing(struct daemon *daemon)
{
	if (!daemon->source)
		source_start(daemon);
	if (!daemon->answers)
		resolve_start(daemon);
	if (daemon->source && daemon->answers)
		watch_close(&daemon->arrival);
}

/* Watches first: what arrives in between is told. */
int arrival_start(struct daemon *daemon)
{
	int err = watch_directories(daemon);

	if (err) {
		say(&daemon->say, MATTER_SOURCE, IOTGUARD_ERROR,
		    "the directory above it has to be there, and readable", "cannot watch %s: %s",
		    iotguard_state_dir(daemon->ig), strerror(-err));
		return err;
	}
	start_what_is_missing(daemon);
	return 0;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), n = strlen(suffix);

	return length >= n && !strcmp(name + length - n, suffix);
}

/*
 * What was made is not finished, and may not be readable yet: something is moved or closed later. The locks of readers
 * are closed by ourselves, too, when an attempt fails; so they count only while somebody else has them, when attempts
 * leave them alone.
 */
static bool tells_something(const struct daemon *daemon, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";

	if (event->mask & IN_CREATE)
		return false;
	if (ends_with(name, ".reader"))
		return daemon->source_taken;
	if (ends_with(name, ".answers"))
		return daemon->answers_taken;
	return true;
}

static void on_arrival(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	_Alignas(struct inotify_event) char buffer[4096];
	bool told = false;
	ssize_t n;

	(void)events;
	while ((n = read(watch->fd, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + n;) {
			const struct inotify_event *event = (const void *)at;

			told = told || tells_something(daemon, event);
			at += sizeof(*event) + event->len;
		}
	}
	if (told)
		arrival_start(daemon);
	else
		watch_directories(daemon); /* one of them may be new */
}
