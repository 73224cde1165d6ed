/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running gateway's ring, for its one reader. An apply may replace the whole instance, ring and
 * all: the reader is told of that by the directory of the pins, empties the old ring and goes over
 * to the new one.
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "event_decode.h"
#include "handle.h"
#include "state_dir.h"
#include "stats.h"
#include "util.h"

struct iotguard_events {
	struct iotguard *ig;
	struct ig_object object;
	ino_t instance; /* inode of the directory that @object is of: names are used again after a
			   detach */
	struct ring_buffer *ring;
	struct ig_names names;
	int epoll; /* of the ring and of @watch: what the caller waits for */
	int watch; /* inotify, on the directory of the pins */
	int lock;
	uint64_t told;	  /* lost records that readers were told of */
	int64_t clock_us; /* what the kernel's clock lacks to the epoch */
	int stopped;	  /* what the handler returned to stop */
	int (*handler)(const struct iotguard_event *event, void *context);
	void *context;
};

static int64_t now_us(clockid_t clock)
{
	struct timespec ts = {};

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

/* Names of generations that came after the pins were opened are in other maps: open them again. */
static void refresh(struct iotguard_events *events, uint64_t generation)
{
	struct ig_object object;

	if (ig_names_of(&events->names, generation) || ig_state_open(events->ig, false, &object))
		return;
	for (unsigned int slot = 0; slot < IG_SLOTS; slot++) {
		ig_close_fd(&events->object.slots[slot][IG_MAP_dictionary]);
		events->object.slots[slot][IG_MAP_dictionary] =
			take_fd(object.slots[slot][IG_MAP_dictionary]);
	}
	ig_object_close(&object);
}

static int on_record(void *context, void *data, size_t size)
{
	struct iotguard_events *events = context;
	struct iotguard_event event;

	if (size >= sizeof(struct ig_event))
		refresh(events, ((const struct ig_event *)data)->generation);
	if (ig_event_decode(data, size, &events->names, events->clock_us, &event))
		return 0; /* of a kind that a later version makes */
	events->stopped = events->handler(&event, events->context);
	return events->stopped ? -ECANCELED : 0; /* libbpf goes on unless it is negative */
}

/* --- the ring that is in force --- */

static int wait_for(struct iotguard_events *events, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void close_ring(struct iotguard_events *events)
{
	ring_buffer__free(events->ring); /* which takes its descriptor out of ours */
	events->ring = NULL;
	ig_names_clear(&events->names);
	ig_object_close(&events->object);
}

static int current_instance(const struct iotguard *ig, ino_t *inode)
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

static int open_ring(struct iotguard_events *events)
{
	int err = current_instance(events->ig, &events->instance);

	err = err ?: ig_state_open(events->ig, false, &events->object);
	if (err)
		return err;
	events->names.object = &events->object;
	events->ring =
		ring_buffer__new(events->object.maps[IG_MAP_events], on_record, events, NULL);
	if (!events->ring)
		return -errno;
	return wait_for(events, ring_buffer__epoll_fd(events->ring));
}

static bool was_replaced(struct iotguard_events *events)
{
	char drained[4096];
	ino_t instance;

	while (read(events->watch, drained, sizeof(drained)) > 0)
		; /* which of the changes it was does not matter */
	return !current_instance(events->ig, &instance) && instance != events->instance;
}

static int open_events(struct iotguard_events *events)
{
	char name[NAME_MAX + 1];
	int err;

	err = ig_state_instance(events->ig, name);
	if (err == -ENOENT || err == -ENOTDIR)
		return -ENOENT;
	if (err)
		return ig_state_open(events->ig, false, &events->object); /* which says why not */
	events->lock = ig_state_lock_reader(events->ig);
	if (events->lock < 0)
		return events->lock;
	events->told = ig_state_losses_told(events->lock);
	events->epoll = epoll_create1(EPOLL_CLOEXEC);
	events->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (events->epoll < 0 || events->watch < 0 ||
	    inotify_add_watch(events->watch, events->ig->state_dir, IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	err = wait_for(events, events->watch);
	return err ?: open_ring(events);
}

int iotguard_events_open(struct iotguard *ig, struct iotguard_events **out)
{
	struct iotguard_events *events = calloc(1, sizeof(*events));
	int err;

	*out = NULL;
	if (!events)
		return -ENOMEM;
	events->ig = ig;
	events->object = IG_OBJECT_NONE;
	events->lock = events->epoll = events->watch = -1;
	err = open_events(events);
	if (err) {
		iotguard_events_close(events);
		return err;
	}
	*out = events;
	return 0;
}

void iotguard_events_close(struct iotguard_events *events)
{
	if (!events)
		return;
	close_ring(events);
	ig_close_fd(&events->watch);
	ig_close_fd(&events->epoll);
	ig_close_fd(&events->lock);
	free(events);
}

int iotguard_events_fd(const struct iotguard_events *events)
{
	return events->epoll;
}

/* --- reading --- */

/* Losses are counted on the kernel's side, and told in the stream so that silence can be told from
 * loss. */
static int tell_losses(struct iotguard_events *events)
{
	struct ig_event_counter counter;
	struct iotguard_event event = {
		.type = "loss",
		.time_us = now_us(CLOCK_REALTIME),
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
	};

	if (ig_stats_events(&events->object, &counter) || counter.lost == events->told)
		return 0;
	/* counted anew since the last reader: after everything was detached */
	event.lost = counter.lost > events->told ? counter.lost - events->told : counter.lost;
	events->told = counter.lost;
	ig_state_tell_losses(events->lock, events->told);
	if (!event.lost)
		return 0;
	events->stopped = events->handler(&event, events->context);
	return 1;
}

static int read_ring(struct iotguard_events *events)
{
	int n = ring_buffer__consume(events->ring);

	if (events->stopped)
		return events->stopped;
	if (n < 0)
		return n;
	n += tell_losses(events);
	return events->stopped ? events->stopped : n;
}

int iotguard_events_read(struct iotguard_events *events,
			 int (*handler)(const struct iotguard_event *event, void *context),
			 void *context)
{
	bool replaced = was_replaced(events);
	int n, more, err;

	events->handler = handler;
	events->context = context;
	events->stopped = 0;
	events->clock_us = now_us(CLOCK_REALTIME) - now_us(CLOCK_MONOTONIC);
	n = read_ring(events);
	if (n < 0 || events->stopped || !replaced)
		return n;
	close_ring(events);
	err = open_ring(events);
	if (err)
		return err;
	more = read_ring(events);
	return more < 0 || events->stopped ? more : n + more;
}
