/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a caller's events come from: the socket of iotguardd where it listens, else the kernel's
 * ring. When the daemon ends, a reader goes on with the ring.
 */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "events_ring.h"
#include "events_socket.h"
#include "opts.h"
#include "state_dir.h"
#include "util.h"

/* One daemon has ended and the next one begins, or the kernel still closes what the first one had. */
#define CHANGE_MS      2000
#define CHANGE_STEP_MS 20

struct iotguard_events {
	struct iotguard *ig;
	bool ring_only, once, keep;
	int epoll;		     /* what the caller waits for, whatever is behind it */
	struct ig_ring_reader *ring; /* one of both */
	struct ig_event_stream *stream;
};

/* --- opening --- */

static int open_stream(struct iotguard_events *events)
{
	return ig_event_stream_open(events->ig, events->epoll,
				    events->once ? "recent\n" : "recent follow\n", &events->stream);
}

static int open_ring(struct iotguard_events *events)
{
	return ig_ring_reader_open(events->ig, events->epoll, events->keep, &events->ring);
}

/* Nothing in force is the same answer with and without a daemon. */
static bool nothing_enforced(const struct iotguard *ig)
{
	char name[NAME_MAX + 1];
	int err = ig_state_instance(ig, name);

	return err == -ENOENT || err == -ENOTDIR;
}

static int open_events(struct iotguard_events *events)
{
	int err = -ENOENT;

	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (events->epoll < 0)
		return -errno;
	if (nothing_enforced(events->ig))
		return -ENOENT;
	if (!events->ring_only)
		err = open_stream(events);
	return err == -ENOENT ? open_ring(events) : err;
}

int iotguard_events_open_with(struct iotguard *ig, const struct iotguard_events_opts *opts,
			      struct iotguard_events **out)
{
	struct iotguard_events *events = calloc(1, sizeof(*events));
	int err;

	*out = NULL;
	if (!events)
		return -ENOMEM;
	events->ig = ig;
	events->ring_only = ig_opt(opts, ring, false);
	events->once = ig_opt(opts, once, false);
	events->keep = ig_opt(opts, keep, false);
	err = open_events(events);
	if (err) {
		iotguard_events_close(events);
		return err;
	}
	*out = events;
	return 0;
}

int iotguard_events_open(struct iotguard *ig, struct iotguard_events **out)
{
	return iotguard_events_open_with(ig, NULL, out);
}

void iotguard_events_close(struct iotguard_events *events)
{
	if (!events)
		return;
	ig_ring_reader_close(events->ring);
	ig_event_stream_close(events->stream);
	ig_close_fd(&events->epoll);
	free(events);
}

int iotguard_events_fd(const struct iotguard_events *events)
{
	return events->epoll;
}

/* --- reading --- */

/* One that was started again, or the ring, as soon as nobody has it any more. */
static int open_next(struct iotguard_events *events)
{
	int err = -ENOENT;

	for (int waited = 0; err == -ENOENT && waited < CHANGE_MS; waited += CHANGE_STEP_MS) {
		err = open_stream(events);
		if (err != -ENOENT || !ig_state_is_read(events->ig))
			break;
		poll(NULL, 0, CHANGE_STEP_MS);
	}
	return err == -ENOENT ? open_ring(events) : err;
}

static int go_over(struct iotguard_events *events)
{
	int err;

	ig_event_stream_close(events->stream);
	events->stream = NULL;
	err = open_next(events);
	if (err == -ENOENT) {
		ig_error(&events->ig->diags, NULL, NULL,
			 "iotguardd has ended, and nothing is enforced");
		return -EPIPE;
	}
	if (!err)
		ig_diag_add(&events->ig->diags, IOTGUARD_NOTE, NULL, NULL,
			    "iotguardd has ended: %s",
			    events->stream ? "reading on from the next one"
					   : "reading on from the kernel itself");
	return err;
}

int iotguard_events_read(struct iotguard_events *events,
			 int (*handler)(const struct iotguard_event *event, void *context),
			 void *context)
{
	bool ended;
	int n, err;

	if (events->ring)
		return ig_ring_reader_read(events->ring, handler, context);
	if (!events->stream)
		return -EPIPE;
	if (events->once)
		return ig_event_stream_read_all(events->stream, handler, context);
	n = ig_event_stream_read(events->stream, handler, context, &ended);
	if (n < 0 || !ended)
		return n;
	err = go_over(events);
	return err ? err : n;
}

void iotguard_events_settle(struct iotguard_events *events, uint64_t queued)
{
	if (events->ring)
		ig_ring_reader_settle(events->ring, queued);
}
