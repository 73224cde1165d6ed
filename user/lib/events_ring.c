/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>

#include "clock.h"
#include "event_decode.h"
#include "events_ring.h"
#include "ring.h"
#include "state_dir.h"
#include "stats.h"
#include "util.h"

struct ig_ring_reader {
	struct iotguard *ig;
	struct ig_object object;
	ino_t instance; /* inode of the directory that @object is of: names are used again after a
			   detach */
	bool replaced;	/* another instance is in force by now */
	struct ig_ring ring;
	bool keep;
	struct ig_names names;
	int epoll; /* the caller's: of the ring and of @watch */
	int watch; /* inotify, on the directory of the pins */
	int lock;
	struct ig_reader_note note;
	struct ig_reader_note left; /* in the file of the lock, which nobody else writes to */
	int64_t clock_us;	    /* what the kernel's clock lacks to the epoch */
	ig_event_fn handler;
	void *context;
};

static uint64_t now_us(void)
{
	struct timespec ts = {};

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- records --- */

/* Names of generations that came after the pins were opened are in other maps: open them again. */
static void refresh(struct ig_ring_reader *reader, uint64_t generation)
{
	struct ig_object object;

	if (!generation || ig_names_of(&reader->names, generation) ||
	    ig_state_open(reader->ig, false, &object))
		return;
	for (unsigned int slot = 0; slot < IG_SLOTS; slot++) {
		ig_close_fd(&reader->object.slots[slot][IG_MAP_dictionary]);
		reader->object.slots[slot][IG_MAP_dictionary] =
			take_fd(object.slots[slot][IG_MAP_dictionary]);
	}
	ig_object_close(&object);
}

/* What the handler returned. */
static int hand_over(struct ig_ring_reader *reader, const void *data, size_t size)
{
	struct iotguard_change change;
	struct iotguard_event event;

	if (size >= sizeof(struct ig_event))
		refresh(reader, ((const struct ig_event *)data)->generation);
	if (ig_event_decode(data, size, &reader->names, reader->clock_us, &event, &change))
		return 0; /* of a kind that a later version makes */
	return reader->handler(&event, reader->context);
}

/* --- the ring that is in force --- */

static int wait_for(struct ig_ring_reader *reader, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(reader->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static void stop_waiting(struct ig_ring_reader *reader, int fd)
{
	if (fd >= 0)
		epoll_ctl(reader->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void close_ring(struct ig_ring_reader *reader)
{
	stop_waiting(reader, reader->object.maps[IG_MAP_events]);
	ig_ring_close(&reader->ring);
	ig_names_clear(&reader->names);
	ig_object_close(&reader->object);
}

static int open_object(struct ig_ring_reader *reader)
{
	int err = ig_state_instance_inode(reader->ig, &reader->instance);

	err = err == -EACCES ? 0 : err; /* is said by what opens it */
	return err ?: ig_state_open(reader->ig, false, &reader->object);
}

static int open_ring(struct ig_ring_reader *reader)
{
	int err = ig_ring_open(&reader->ring, reader->object.maps[IG_MAP_events]);

	reader->replaced = false;
	reader->names.object = &reader->object;
	return err ?: wait_for(reader, reader->object.maps[IG_MAP_events]);
}

/* Which of the changes it was does not matter. */
static void look_whether_replaced(struct ig_ring_reader *reader)
{
	char drained[4096];
	ino_t instance;

	while (read(reader->watch, drained, sizeof(drained)) > 0)
		;
	reader->replaced = !ig_state_instance_inode(reader->ig, &instance) &&
			   instance != reader->instance;
}

/* --- opening and closing --- */

/* The lock comes after all that may fail for good: who waits for it is not woken in vain. */
static int open_reader(struct ig_ring_reader *reader)
{
	int err = open_object(reader);

	if (err)
		return err == -ENOTDIR ? -ENOENT : err;
	reader->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (reader->watch < 0 ||
	    inotify_add_watch(reader->watch, reader->ig->state_dir, IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	reader->lock = ig_state_lock_reader(reader->ig);
	if (reader->lock < 0)
		return reader->lock;
	reader->note = reader->left = ig_state_reader_note(reader->lock);
	err = wait_for(reader, reader->watch);
	return err ?: open_ring(reader);
}

int ig_ring_reader_open(struct iotguard *ig, int epoll, bool keep, struct ig_ring_reader **out)
{
	struct ig_ring_reader *reader = calloc(1, sizeof(*reader));
	int err;

	*out = NULL;
	if (!reader)
		return -ENOMEM;
	reader->ig = ig;
	reader->object = IG_OBJECT_NONE;
	reader->epoll = epoll;
	reader->keep = keep;
	reader->lock = reader->watch = -1;
	err = open_reader(reader);
	if (err) {
		ig_ring_reader_close(reader);
		return err;
	}
	*out = reader;
	return 0;
}

void ig_ring_reader_close(struct ig_ring_reader *reader)
{
	if (!reader)
		return;
	close_ring(reader);
	stop_waiting(reader, reader->watch);
	ig_close_fd(&reader->watch);
	ig_close_fd(&reader->lock);
	free(reader);
}

/* --- reading --- */

static uint64_t lost_since(struct ig_ring_reader *reader)
{
	struct ig_event_counter counter;
	uint64_t lost = reader->note.queued, told = reader->note.told;

	reader->note.queued = 0;
	if (ig_stats_events(&reader->object, &counter))
		return lost;
	reader->note.told = counter.lost;
	/* counted anew since the last reader: after everything was detached */
	return lost + (counter.lost >= told ? counter.lost - told : counter.lost);
}

static void leave_note(struct ig_ring_reader *reader)
{
	ig_state_note_reader(reader->lock, &reader->note);
	reader->left = reader->note;
}

/* Losses are counted on the kernel's side, and told in the stream so that silence can be told from
 * loss. Returns how many events that made; what the handler said is in @stopped. */
static int tell_losses(struct ig_ring_reader *reader, int *stopped)
{
	struct iotguard_event event = {
		.time_us = now_us(),
		.type = "loss",
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
		.lost = lost_since(reader),
	};

	if (!event.lost)
		return 0;
	if (!reader->keep)
		leave_note(reader);
	*stopped = reader->handler(&event, reader->context);
	return 1;
}

static int read_ring(struct ig_ring_reader *reader, int *stopped)
{
	const void *record;
	size_t size;
	int n = 0;

	while (!*stopped && (record = ig_ring_next(&reader->ring, &size))) {
		reader->names.round = reader->ring.round;
		*stopped = hand_over(reader, record, size);
		if (!reader->keep)
			ig_ring_settle(&reader->ring);
		n++;
	}
	if (!*stopped)
		n += tell_losses(reader, stopped);
	return n;
}

int ig_ring_reader_read(struct ig_ring_reader *reader, ig_event_fn handler, void *context)
{
	int n, err, stopped = 0;

	look_whether_replaced(reader);
	reader->handler = handler;
	reader->context = context;
	reader->clock_us = ig_clock_offset_us();
	n = read_ring(reader, &stopped);
	/* what was not settled is still wanted in the old ring */
	if (stopped || !reader->replaced || !ig_ring_is_settled(&reader->ring))
		return stopped ? stopped : n;
	close_ring(reader);
	err = open_object(reader);
	err = err ?: open_ring(reader);
	if (err)
		return err;
	n += read_ring(reader, &stopped);
	return stopped ? stopped : n;
}

/* First the note, then the ring: killed in between, the next reader gets some events again, and
 * none is missed. */
void ig_ring_reader_settle(struct ig_ring_reader *reader, uint64_t queued)
{
	reader->note.queued = queued;
	if (memcmp(&reader->left, &reader->note, sizeof(reader->left)) != 0)
		leave_note(reader);
	ig_ring_settle(&reader->ring);
	reader->note.queued = 0; /* told by whoever comes next, and not here */
}
