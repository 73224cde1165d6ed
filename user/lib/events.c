/* SPDX-License-Identifier: BSD-2-Clause */
/* The running gateway's ring, for its one reader. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "event_decode.h"
#include "handle.h"
#include "state_dir.h"
#include "stats.h"
#include "util.h"

struct iotguard_events {
	struct iotguard *ig;
	struct ig_object object;
	struct ring_buffer *ring;
	struct ig_names names;
	int lock;
	uint64_t lost; /* so far, as told */
	int64_t clock_us; /* what the kernel's clock lacks to the epoch */
	int stopped; /* what the handler returned to stop */
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
		events->object.slots[slot][IG_MAP_dictionary] = take_fd(object.slots[slot][IG_MAP_dictionary]);
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

static int open_events(struct iotguard_events *events)
{
	struct ig_event_counter counter;
	int err = ig_state_open(events->ig, false, &events->object);

	if (err)
		return err;
	events->lock = ig_state_lock_reader(events->ig);
	if (events->lock < 0)
		return events->lock;
	events->names.object = &events->object;
	events->ring = ring_buffer__new(events->object.maps[IG_MAP_events], on_record, events, NULL);
	if (!events->ring)
		return -errno;
	if (!ig_stats_events(&events->object, &counter))
		events->lost = counter.lost;
	return 0;
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
	events->lock = -1;
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
	ring_buffer__free(events->ring);
	ig_names_clear(&events->names);
	ig_object_close(&events->object);
	ig_close_fd(&events->lock);
	free(events);
}

int iotguard_events_fd(const struct iotguard_events *events)
{
	return ring_buffer__epoll_fd(events->ring);
}

/* Losses are counted on the kernel's side, and told in the stream so that silence can be told from loss. */
static int tell_losses(struct iotguard_events *events)
{
	struct ig_event_counter counter;
	struct iotguard_event event = {
		.type = "loss",
		.time_us = now_us(CLOCK_REALTIME),
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
	};

	if (ig_stats_events(&events->object, &counter) || counter.lost <= events->lost)
		return 0;
	event.lost = counter.lost - events->lost;
	events->lost = counter.lost;
	return events->handler(&event, events->context) ?: 1;
}

int iotguard_events_read(struct iotguard_events *events,
			 int (*handler)(const struct iotguard_event *event, void *context), void *context)
{
	int n, told;

	events->handler = handler;
	events->context = context;
	events->clock_us = now_us(CLOCK_REALTIME) - now_us(CLOCK_MONOTONIC);
	events->stopped = 0;
	n = ring_buffer__consume(events->ring);
	if (events->stopped)
		return events->stopped;
	if (n < 0)
		return n;
	told = tell_losses(events);
	return told < 0 ? told : n + told;
}
