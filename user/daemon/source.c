/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where events come from: the gateway's ring, from the moment on that something is in force and
 * nobody else reads it. Until then the directories of the pins tell when to look again.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "daemon.h"
#include "../cleanup.h"

#define ENOUGH 1

/* --- passing on --- */

static int pass_on(const struct iotguard_event *event, void *context)
{
	char line[IOTGUARD_EVENT_TEXT_MAX + 1];
	struct daemon *daemon = context;
	size_t n = iotguard_event_json(event, daemon->host, line, IOTGUARD_EVENT_TEXT_MAX);

	line[n++] = '\n';
	server_pass_on(daemon, event, line, n);
	return ++daemon->batch == BATCH_MAX ? ENOUGH : 0;
}

/* First to the readers, then out of the ring: a kill in between makes some events come twice, and
 * none be missed. */
void source_read(struct daemon *daemon)
{
	int n;

	daemon->batch = 0;
	n = iotguard_events_read(daemon->source, pass_on, daemon);
	daemon->unfinished = n > 0;
	server_flush(daemon);
	if (n >= 0) {
		daemon->queued = server_queued(daemon);
		iotguard_events_settle(daemon->source, daemon->queued);
		return;
	}
	say_diags(&daemon->say, MATTER_SOURCE, daemon->ig, "reading events", n);
	source_stop(daemon);
	source_start(daemon);
}

void source_note(struct daemon *daemon)
{
	uint64_t queued = server_queued(daemon);

	if (!daemon->source || queued == daemon->queued)
		return;
	daemon->queued = queued;
	iotguard_events_settle(daemon->source, queued);
}

static void on_events(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	source_read(daemon);
}

/* --- waiting until there is something --- */

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

static int open_source(struct daemon *daemon)
{
	struct iotguard_events_opts opts =
		IOTGUARD_OPTS(iotguard_events_opts, .ring = true, .keep = true);
	int err = iotguard_events_open_with(daemon->ig, &opts, &daemon->source);

	daemon->is_taken = err == -EBUSY;
	if (err == -ENOENT) {
		say(&daemon->say, MATTER_SOURCE, IOTGUARD_NOTE, NULL,
		    "nothing is enforced yet: waiting for the first apply");
		return err;
	}
	say_diags(&daemon->say, MATTER_SOURCE, daemon->ig, "reading events", err);
	if (err)
		return err;
	daemon->source_watch = (struct watch){
		.ready = on_events,
		.fd = iotguard_events_fd(daemon->source),
	};
	watch_close(&daemon->arrival);
	say_over(&daemon->say, MATTER_SOURCE, "reading events");
	return watch_add(daemon, &daemon->source_watch, EPOLLIN);
}

int source_start(struct daemon *daemon)
{
	int err = watch_directories(daemon);

	if (err) {
		say(&daemon->say, MATTER_SOURCE, IOTGUARD_ERROR,
		    "the directory above it has to be there, and readable", "cannot watch %s: %s",
		    iotguard_state_dir(daemon->ig), strerror(-err));
		return err;
	}
	if (!open_source(daemon))
		source_read(daemon);
	return 0;
}

/*
 * The lock of readers is closed by ourselves, too, when an attempt fails; so it counts only while
 * somebody else has it, when attempts leave it alone.
 */
static bool tells_something(const struct daemon *daemon, const struct inotify_event *event)
{
	size_t length = strlen(event->len ? event->name : "");
	static const char suffix[] = ".reader";
	bool is_reader = length >= sizeof(suffix) &&
			 !strcmp(event->name + length - (sizeof(suffix) - 1), suffix);

	return !is_reader || daemon->is_taken;
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
	if (told && !daemon->source)
		source_start(daemon);
}

void source_stop(struct daemon *daemon)
{
	daemon->unfinished = false;
	if (daemon->source)
		epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, daemon->source_watch.fd, NULL);
	iotguard_events_close(daemon->source);
	daemon->source = NULL;
	daemon->source_watch.fd = -1;
}
