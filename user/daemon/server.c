/* SPDX-License-Identifier: BSD-2-Clause */
/* The readers at the socket. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "client.h"
#include "daemon.h"
#include "../cleanup.h"

#define STOP_MS 1000 /* for readers that are behind, at the end */

static void on_client(struct daemon *daemon, struct watch *watch, uint32_t events);

/* --- coming and going --- */

static struct client **free_place(struct daemon *daemon)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (!daemon->clients[i])
			return &daemon->clients[i];
	}
	return NULL;
}

static void drop(struct daemon *daemon, const struct client *client)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (daemon->clients[i] == client)
			client_free(take_ptr(daemon->clients[i]));
	}
}

static void refuse(int fd)
{
	static const char line[] = "{\"error\":\"there are 64 readers already\"}\n";
	ssize_t n = send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)n; /* whoever does not take it sees the end all the same */
	close(fd);
}

static void take_in(struct daemon *daemon, int fd)
{
	struct client **place = free_place(daemon);

	if (!place) {
		refuse(fd);
		say(&daemon->say, MATTER_READERS, IOTGUARD_WARNING, NULL,
		    "a reader was sent away: there are %d already", CLIENTS_MAX);
		return;
	}
	*place = client_new(fd);
	if (!*place)
		return;
	(*place)->watch.ready = on_client;
	if (watch_add(daemon, &(*place)->watch, EPOLLIN))
		drop(daemon, *place);
}

static void on_listener(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	(void)events;
	for (int n = 0; n < CLIENTS_MAX; n++) {
		int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		take_in(daemon, fd);
	}
}

/* --- writing --- */

/* Waits for a full socket to have room again, and no longer. */
static void wait_for_room(struct daemon *daemon, struct client *client)
{
	bool waits = client->length > 0;
	uint32_t events = (client->may_speak ? EPOLLIN : 0) | (waits ? EPOLLOUT : 0);

	client->waits = waits;
	watch_change(daemon, &client->watch, events);
}

/* False: the client is gone. */
static bool flush(struct daemon *daemon, struct client *client)
{
	if (!client_flush(client, daemon)) {
		drop(daemon, client);
		return false;
	}
	if (client->waits != (client->length > 0))
		wait_for_room(daemon, client);
	return true;
}

void server_flush(struct daemon *daemon)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		/* one that waits for room is told by epoll */
		if (daemon->clients[i] && !daemon->clients[i]->waits)
			flush(daemon, daemon->clients[i]);
	}
}

void server_pass_on(struct daemon *daemon, const struct iotguard_event *event, const char *line,
		    size_t length)
{
	uint64_t weight = strcmp(event->type, "loss") ? 1 : event->lost;

	history_add(&daemon->history, line, length);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (daemon->clients[i] && daemon->clients[i]->follows)
			client_add(daemon->clients[i], daemon, line, length, weight);
	}
}

/* One that has lost some already is told so, and does not count. */
uint64_t server_queued(const struct daemon *daemon)
{
	uint64_t most = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = daemon->clients[i];

		if (client && client->follows && !client->lost && client->lines > most)
			most = client->lines;
	}
	return most;
}

/* --- what they ask for --- */

static void tell_recent(struct daemon *daemon, struct client *client)
{
	for (size_t i = 0; i < daemon->history.count; i++) {
		const struct history_line *line = history_at(&daemon->history, i);

		client_add(client, daemon, line->text, line->length, 1);
	}
}

static void answer(struct daemon *daemon, struct client *client, const char *command)
{
	client->asked = true;
	if (!strcmp(command, "recent") || !strcmp(command, "recent follow"))
		tell_recent(daemon, client);
	if (!strcmp(command, "follow") || !strcmp(command, "recent follow"))
		client->follows = true;
	else if (!strcmp(command, "recent"))
		client->ending = true;
	else
		client_refuse(client, "one line is wanted: follow, recent, or recent follow");
}

/* What it has sent so far; @ended: there will be no more. */
static void take_command(struct daemon *daemon, struct client *client, bool ended)
{
	char *end = memchr(client->command, '\n', client->command_length);
	bool full = client->command_length == sizeof(client->command);

	if (!end && !ended && !full)
		return;
	if (!end && !full)
		end = client->command + client->command_length;
	if (!end || (end + 1 < client->command + client->command_length)) {
		client_refuse(client, "one line is wanted, and no more");
		return;
	}
	*end = '\0';
	answer(daemon, client, client->command);
}

/* False: the client is gone. */
static bool listen_to(struct daemon *daemon, struct client *client)
{
	char *at = client->command + client->command_length;
	ssize_t n = recv(client->watch.fd, client->asked ? client->command : at,
			 client->asked ? sizeof(client->command)
				       : sizeof(client->command) - client->command_length,
			 MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0 || (!n && !client->asked && !client->command_length)) {
		drop(daemon, client);
		return false;
	}
	if (!n) {
		client->may_speak = false;
		wait_for_room(daemon, client);
	}
	if (client->asked && n && !client->ending)
		client_refuse(client, "one line is wanted, and no more");
	if (!client->asked) {
		client->command_length += (size_t)n;
		take_command(daemon, client, !n);
	}
	return true;
}

static void on_client(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	struct client *client = (struct client *)watch;

	if (events & (EPOLLHUP | EPOLLERR)) {
		drop(daemon, client);
		return;
	}
	if (events & EPOLLIN && !listen_to(daemon, client))
		return;
	flush(daemon, client);
}

/* --- beginning and end --- */

int server_start(struct daemon *daemon)
{
	int err = socket_listen(daemon);

	if (err)
		return err;
	daemon->listener.ready = on_listener;
	err = watch_add(daemon, &daemon->listener, EPOLLIN);
	if (err)
		say_diags(&daemon->say, MATTER_READERS, daemon->ig, "the socket", err);
	return err;
}

static size_t pending(const struct daemon *daemon, struct pollfd polled[CLIENTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (daemon->clients[i] && daemon->clients[i]->length)
			polled[n++] = (struct pollfd){
				.fd = daemon->clients[i]->watch.fd,
				.events = POLLOUT,
			};
	}
	return n;
}

static int64_t now_ms(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

void server_stop(struct daemon *daemon)
{
	struct pollfd polled[CLIENTS_MAX];
	int64_t until = now_ms() + STOP_MS, left;
	size_t n;

	while ((n = pending(daemon, polled)) && (left = until - now_ms()) > 0 &&
	       poll(polled, n, (int)left) > 0) {
		for (size_t i = 0; i < CLIENTS_MAX; i++) {
			if (daemon->clients[i])
				flush(daemon, daemon->clients[i]);
		}
	}
}

void server_end(struct daemon *daemon)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (daemon->clients[i])
			client_free(take_ptr(daemon->clients[i]));
	}
	history_clear(&daemon->history);
}
