/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where events come from: the gateway's ring, from the moment on that something is in force and
 * nobody else reads it. Until then arrival.c tells when to look again.
 */
#include <errno.h>
#include <sys/epoll.h>

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
	mud_note(daemon, event);
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
	arrival_start(daemon);
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

/* --- beginning and end --- */

/* Before the first apply that is no fault: the directory is made by others, and not given to the group yet. */
static void say_unreadable(struct daemon *daemon)
{
	iotguard_diag_clear(daemon->ig);
	say(&daemon->say, MATTER_SOURCE, IOTGUARD_WARNING,
	    "this user has to be of that group; where something is enforced already, apply once more",
	    "%s may not be read: waiting for an apply, which gives it to the group 'iotguard'",
	    iotguard_state_dir(daemon->ig));
}

static int open_source(struct daemon *daemon)
{
	struct iotguard_events_opts opts =
		IOTGUARD_OPTS(iotguard_events_opts, .ring = true, .keep = true);
	int err = iotguard_events_open_with(daemon->ig, &opts, &daemon->source);

	daemon->source_taken = err == -EBUSY;
	daemon->unreadable = err == -EACCES;
	if (err == -ENOENT) {
		say(&daemon->say, MATTER_SOURCE, IOTGUARD_NOTE, NULL,
		    "nothing is enforced yet: waiting for the first apply");
		return err;
	}
	if (err == -EACCES) {
		say_unreadable(daemon);
		return err;
	}
	say_diags(&daemon->say, MATTER_SOURCE, daemon->ig, "reading events", err);
	if (err)
		return err;
	daemon->source_watch = (struct watch){
		.ready = on_events,
		.fd = iotguard_events_fd(daemon->source),
	};
	say_over(&daemon->say, MATTER_SOURCE, "reading events");
	return watch_add(daemon, &daemon->source_watch, EPOLLIN);
}

void source_start(struct daemon *daemon)
{
	if (!open_source(daemon))
		source_read(daemon);
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
