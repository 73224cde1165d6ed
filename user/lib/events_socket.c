/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "event_parse.h"
#include "events_socket.h"
#include "util.h"

#define ANSWER_S    10
#define BUFFER_SIZE (16 * IOTGUARD_EVENT_TEXT_MAX)

struct ig_event_stream {
	struct iotguard *ig;
	int fd;
	size_t length; /* of what is in @buffer: less than a line between two reads */
	char buffer[BUFFER_SIZE];
};

/* --- connecting --- */

static int no_answer(struct iotguard *ig)
{
	ig_error(&ig->diags, NULL, "look at its log, or stop it: events are then read without it",
		 "iotguardd does not answer at %s", ig->socket);
	return -ETIMEDOUT;
}

static int connect_to(struct iotguard *ig, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = ANSWER_S};

	if (strlen(ig->socket) >= sizeof(address.sun_path))
		return -ENOENT; /* nobody can listen there */
	strcpy(address.sun_path, ig->socket);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	return errno == EAGAIN ? no_answer(ig) : -ENOENT;
}

static int ask(struct ig_event_stream *stream, const char *command)
{
	size_t length = strlen(command);
	int err = connect_to(stream->ig, stream->fd);

	if (err)
		return err;
	if (send(stream->fd, command, length, MSG_NOSIGNAL) == (ssize_t)length)
		return 0;
	/* a daemon that is full says so and closes, and that may come first */
	return errno == EPIPE ? 0 : no_answer(stream->ig);
}

int ig_event_stream_open(struct iotguard *ig, int epoll, const char *command,
			 struct ig_event_stream **out)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct ig_event_stream *stream = calloc(1, sizeof(*stream));
	int err;

	*out = NULL;
	if (!stream)
		return -ENOMEM;
	stream->ig = ig;
	stream->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	err = stream->fd < 0 ? -errno : ask(stream, command);
	if (!err && epoll_ctl(epoll, EPOLL_CTL_ADD, stream->fd, &event))
		err = -errno;
	if (err) {
		ig_event_stream_close(stream);
		return err;
	}
	*out = stream;
	return 0;
}

void ig_event_stream_close(struct ig_event_stream *stream)
{
	if (!stream)
		return;
	ig_close_fd(&stream->fd);
	free(stream);
}

/* --- lines --- */

static int say_refused(struct ig_event_stream *stream, const char *why)
{
	ig_error(&stream->ig->diags, NULL, NULL, "iotguardd: %s", why);
	return -EBUSY;
}

static int say_foreign(struct ig_event_stream *stream)
{
	ig_error(&stream->ig->diags, NULL, "is it iotguardd of this version that listens there?",
		 "what comes from %s is no event", stream->ig->socket);
	return -EPROTO;
}

/* 1: handed over, and @stopped is what the handler said; 0: of a kind that a later version makes. */
static int take_line(struct ig_event_stream *stream, const char *line, size_t length,
		     ig_event_fn handler, void *context, int *stopped)
{
	_cleanup_(ig_parsed_event_clear) struct ig_parsed_event parsed = {};
	int err = ig_event_parse(line, length, &parsed);

	if (err == -EOPNOTSUPP)
		return 0;
	if (err == -EREMOTEIO)
		return say_refused(stream, parsed.refusal);
	if (err)
		return err == -ENOMEM ? err : say_foreign(stream);
	*stopped = handler(&parsed.event, context);
	return 1;
}

/* Every whole line; what is behind the last one stays for the next time. */
static int take_lines(struct ig_event_stream *stream, ig_event_fn handler, void *context,
		      int *stopped)
{
	size_t at = 0;
	int n = 0, err = 0;

	while (!*stopped && err >= 0) {
		const char *line = stream->buffer + at;
		const char *end = memchr(line, '\n', stream->length - at);

		if (!end)
			break;
		err = take_line(stream, line, (size_t)(end - line), handler, context, stopped);
		n += err > 0;
		at += (size_t)(end - line) + 1;
	}
	stream->length -= at;
	memmove(stream->buffer, stream->buffer + at, stream->length);
	return err < 0 ? err : n;
}

/* False: nothing more is there, or the daemon has closed it (@ended). */
static bool receive(struct ig_event_stream *stream, bool *ended)
{
	ssize_t got;

	do {
		got = recv(stream->fd, stream->buffer + stream->length,
			   sizeof(stream->buffer) - stream->length, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	*ended = !got || (got < 0 && errno != EAGAIN);
	if (got <= 0)
		return false;
	stream->length += (size_t)got;
	return true;
}

static int read_some(struct ig_event_stream *stream, ig_event_fn handler, void *context,
		     int *stopped, bool *ended)
{
	int taken, n = 0;

	do {
		taken = take_lines(stream, handler, context, stopped);
		if (taken < 0)
			return taken;
		n += taken;
		if (!*stopped && stream->length == sizeof(stream->buffer))
			return say_foreign(stream);
	} while (!*stopped && receive(stream, ended));
	return n;
}

int ig_event_stream_read(struct ig_event_stream *stream, ig_event_fn handler, void *context,
			 bool *ended)
{
	int n, stopped = 0;

	*ended = false;
	n = read_some(stream, handler, context, &stopped, ended);
	return n >= 0 && stopped ? stopped : n;
}

int ig_event_stream_read_all(struct ig_event_stream *stream, ig_event_fn handler, void *context)
{
	struct pollfd polled = {.fd = stream->fd, .events = POLLIN};
	int got, ready, n = 0, stopped = 0;
	bool ended = false;

	while (!ended && !stopped) {
		ready = poll(&polled, 1, ANSWER_S * 1000);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready)
			return no_answer(stream->ig);
		got = read_some(stream, handler, context, &stopped, &ended);
		if (got < 0)
			return got;
		n += got;
	}
	return stopped ? stopped : n;
}
