/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "client.h"
#include "../cleanup.h"

struct client *client_new(int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return NULL;
	}
	client->watch.fd = fd;
	client->may_speak = true;
	return client;
}

void client_free(struct client *client)
{
	watch_close(&client->watch);
	free(client->buffer);
	free(client);
}

/* --- the buffer --- */

static bool has_room(struct client *client, size_t length)
{
	size_t wanted = client->capacity ? client->capacity : 16384;
	char *grown;

	if (client->length + length > CLIENT_BUFFER)
		return false;
	if (client->start && client->start + client->length + length > client->capacity) {
		memmove(client->buffer, client->buffer + client->start, client->length);
		client->start = 0;
	}
	while (wanted < client->length + length)
		wanted *= 2;
	if (wanted == client->capacity)
		return true;
	grown = realloc(client->buffer, wanted);
	if (!grown)
		return false;
	client->buffer = grown;
	client->capacity = wanted;
	return true;
}

static bool put(struct client *client, const char *line, size_t length)
{
	if (!has_room(client, length))
		return false;
	memcpy(client->buffer + client->start + client->length, line, length);
	client->length += length;
	client->lines++;
	return true;
}

static uint64_t lines_in(const char *text, size_t length)
{
	const char *end = text + length;
	uint64_t n = 0;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		n++;
	}
	return n;
}

/* --- what it is told --- */

/* Nearly always there is none: then not even the room for its line is made. */
static __attribute__((noinline)) bool put_loss(struct client *client, const struct daemon *daemon)
{
	struct iotguard_event event = {
		.type = "loss",
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
		.lost = client->lost,
	};
	char line[IOTGUARD_EVENT_TEXT_MAX + 1];
	struct timespec now = {0};
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	event.time_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	n = iotguard_event_json(&event, daemon->host, line, IOTGUARD_EVENT_TEXT_MAX);
	line[n++] = '\n';
	if (!put(client, line, n))
		return false;
	client->lost = 0;
	return true;
}

static bool tell_loss(struct client *client, const struct daemon *daemon)
{
	return !client->lost || put_loss(client, daemon);
}

void client_add(struct client *client, const struct daemon *daemon, const char *line, size_t length,
		uint64_t weight)
{
	if (!tell_loss(client, daemon) || !put(client, line, length))
		client->lost += weight;
}

void client_refuse(struct client *client, const char *why)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "{\"error\":\"%s\"}\n", why);

	put(client, line, (size_t)n);
	client->follows = false;
	client->asked = client->ending = true;
}

bool client_flush(struct client *client, const struct daemon *daemon)
{
	tell_loss(client, daemon);
	while (client->length) {
		ssize_t n = send(client->watch.fd, client->buffer + client->start, client->length,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		client->lines -= lines_in(client->buffer + client->start, (size_t)n);
		client->start += (size_t)n;
		client->length -= (size_t)n;
		if (!client->length)
			client->start = 0;
		tell_loss(client, daemon);
	}
	return !client->ending;
}
