/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS answers that the programs cannot read and therefore hold back: read here, given to ig_resolve, and let through
 * when they are sent again. Every check that counts is the program's: whether there is such a flow, and whether the
 * device waits for that answer.
 */

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "answer.h"
#include "dns_message.h"
#include "dns_stream.h"
#include "handle.h"
#include "ring.h"
#include "state_dir.h"
#include "util.h"

#define BATCH_MAX 256 /* records of one iotguard_answers_read() */

struct iotguard_answers {
	struct iotguard *ig;
	struct ig_object object;
	ino_t instance; /* see ig_state_instance_inode() */
	struct ig_ring ring;
	struct ig_dns_streams streams;
	int epoll; /* the caller's: of the ring and of @watch */
	int watch; /* inotify, on the directory of the pins */
	int lock;
};

/* --- one answer --- */

static struct ig_answer answer_of(const struct ig_unread *flow,
				  const struct ig_dns_message *message, uint32_t read_to)
{
	struct ig_answer answer = {
		.proto = flow->proto,
		.ip_version = flow->ip_version,
		.local_port_be = flow->local_port_be,
		.id_be = htons(message->id),
		.ttl = message->ttl,
		.read_to = read_to,
		.length = message->name_length,
		.device = flow->device,
	};

	memcpy(answer.mac, flow->mac, sizeof(answer.mac));
	memcpy(answer.local, flow->local, sizeof(answer.local));
	memcpy(answer.remote, flow->remote, sizeof(answer.remote));
	memcpy(answer.name, message->name, message->name_length);
	return answer;
}

/* All addresses before the first byte may pass. @answer: the last command, by which it may. */
static int pin_all(const struct iotguard_answers *answers, const struct ig_dns_message *message,
		   struct ig_answer *answer)
{
	size_t done = 0;
	int err;

	do {
		size_t n = message->n_addresses - done;

		answer->flags = n > IG_ANSWER_ADDRESSES ? IG_ANSWER_MORE : 0;
		answer->n_addresses = (uint16_t)(n > IG_ANSWER_ADDRESSES ? IG_ANSWER_ADDRESSES : n);
		memcpy(answer->addresses, message->addresses[done],
		       answer->n_addresses * sizeof(message->addresses[0]));
		err = ig_answer_give(&answers->object, answer);
		done += answer->n_addresses;
	} while (!err && done < message->n_addresses);
	return err;
}

static int resolve(const struct iotguard_answers *answers, struct ig_dns_stream *stream,
		   const struct ig_dns_piece *piece)
{
	struct ig_dns_message message;
	int err = ig_dns_message_read(piece->bytes, piece->size, &message);

	if (err)
		return err;
	stream->last = answer_of(&stream->flow, &message, piece->read_to);
	return pin_all(answers, &message, &stream->last);
}

/* --- one record --- */

/* What cannot be read, or is not waited for, stays where it is: it may be sent again as another one. */
static int take_messages(const struct iotguard_answers *answers, struct ig_dns_stream *stream)
{
	struct ig_dns_piece piece;
	int n = 0;

	while (ig_dns_stream_message(stream, &piece) && !resolve(answers, stream, &piece)) {
		ig_dns_stream_take(stream);
		n++;
	}
	return n;
}

static bool is_whole(const struct ig_unread *record, size_t size)
{
	return size >= offsetof(struct ig_unread, bytes) && record->abi == IG_ABI &&
	       record->length <= size - offsetof(struct ig_unread, bytes);
}

static int take_record(struct iotguard_answers *answers, const struct ig_unread *record)
{
	struct ig_dns_stream *stream;
	bool again;

	stream = ig_dns_streams_add(&answers->streams, record, &again);
	if (!stream)
		return 0;
	/* it was on its way already, or the flow was made anew and forgot */
	if (again && ig_answer_give(&answers->object, &stream->last))
		ig_dns_stream_restart(stream, record);
	return take_messages(answers, stream);
}

static int take_records(struct iotguard_answers *answers)
{
	const struct ig_unread *record;
	size_t size;
	int n = 0;

	for (int i = 0; i < BATCH_MAX && (record = ig_ring_next(&answers->ring, &size)); i++) {
		if (!i)
			ig_object_renew_resolve(&answers->object);
		if (is_whole(record, size))
			n += take_record(answers, record);
		ig_ring_settle(&answers->ring);
	}
	return n;
}

/* --- what is in force --- */

static int wait_for(const struct iotguard_answers *answers, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(answers->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int no_program(struct iotguard *ig, int err)
{
	ig_error(
		&ig->diags, NULL,
		"be root or a member of the group 'iotguard', and apply the policy once more, so that the "
		"group may",
		"DNS answers cannot be read: the program ig_resolve may not be run: %s",
		strerror(-err));
	return err;
}

static int open_instance(struct iotguard_answers *answers)
{
	int err = ig_state_instance_inode(answers->ig, &answers->instance);

	err = err == -EACCES ? 0 : err; /* is said by what opens it */
	err = err ?: ig_state_open(answers->ig, false, &answers->object);
	if (!err && answers->object.resolve < 0)
		err = no_program(answers->ig, answers->object.resolve);
	return err == -ENOTDIR ? -ENOENT : err;
}

static int open_ring(struct iotguard_answers *answers)
{
	int fd = answers->object.maps[IG_MAP_unread];

	return ig_ring_open(&answers->ring, fd) ?: wait_for(answers, fd);
}

static void close_instance(struct iotguard_answers *answers)
{
	if (answers->object.maps[IG_MAP_unread] >= 0)
		epoll_ctl(answers->epoll, EPOLL_CTL_DEL, answers->object.maps[IG_MAP_unread], NULL);
	ig_ring_close(&answers->ring);
	ig_object_close(&answers->object);
	ig_dns_streams_clear(&answers->streams);
}

static bool is_replaced(const struct iotguard_answers *answers)
{
	char drained[4096];
	ino_t instance;

	while (read(answers->watch, drained, sizeof(drained)) > 0)
		;
	return !ig_state_instance_inode(answers->ig, &instance) && instance != answers->instance;
}

/* --- opening, reading, closing --- */

/* The lock comes after all that may fail for good: who waits for it is not woken in vain. */
static int open_answers(struct iotguard_answers *answers)
{
	int err = open_instance(answers);

	if (err)
		return err;
	answers->epoll = epoll_create1(EPOLL_CLOEXEC);
	answers->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (answers->epoll < 0 || answers->watch < 0 ||
	    inotify_add_watch(answers->watch, answers->ig->state_dir, IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	answers->lock = ig_state_lock_answers(answers->ig);
	if (answers->lock < 0)
		return answers->lock;
	return wait_for(answers, answers->watch) ?: open_ring(answers);
}

int iotguard_answers_open(struct iotguard *ig, struct iotguard_answers **out)
{
	struct iotguard_answers *answers = calloc(1, sizeof(*answers));
	int err;

	*out = NULL;
	if (!answers)
		return -ENOMEM;
	answers->ig = ig;
	answers->object = IG_OBJECT_NONE;
	answers->epoll = answers->watch = answers->lock = -1;
	err = open_answers(answers);
	if (err) {
		iotguard_answers_close(answers);
		return err;
	}
	*out = answers;
	return 0;
}

void iotguard_answers_close(struct iotguard_answers *answers)
{
	if (!answers)
		return;
	close_instance(answers);
	ig_close_fd(&answers->watch);
	ig_close_fd(&answers->epoll);
	ig_close_fd(&answers->lock);
	free(answers);
}

int iotguard_answers_fd(const struct iotguard_answers *answers)
{
	return answers->epoll;
}

/* What is left in the ring of an instance that was replaced belongs to flows that nobody has any more. */
int iotguard_answers_read(struct iotguard_answers *answers)
{
	int err = 0;

	if (is_replaced(answers)) {
		close_instance(answers);
		err = open_instance(answers);
		err = err ?: open_ring(answers);
	}
	return err ?: take_records(answers);
}
