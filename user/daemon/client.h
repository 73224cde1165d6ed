/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One reader at the socket. What it has not taken yet waits in a buffer of limited size; what does
 * not fit is counted, and told as a loss as soon as there is room.
 */
#pragma once

#include "daemon.h"

#define CLIENT_BUFFER (1u << 20)
#define COMMAND_MAX   32 /* bytes of the line that it sends, newline included */

struct client {
	struct watch watch; /* first: it is found by it */
	char command[COMMAND_MAX];
	size_t command_length;
	bool follows;
	bool asked;	/* its line was read; more is one too many */
	bool may_speak; /* it has not closed its side yet */
	bool ending;	/* what is buffered is the last of it */
	bool waits;	/* until it can be written to */
	char *buffer;
	size_t start, length, capacity;
	uint64_t lines; /* in the buffer */
	uint64_t lost;	/* that did not fit and were not told yet */
};

/* A client on @fd, which it takes; NULL without memory, and @fd is closed. */
struct client *client_new(int fd);
void client_free(struct client *client);

/* A line that stands for @weight events: so many are lost where it does not fit. */
void client_add(struct client *client, const struct daemon *daemon, const char *line, size_t length,
		uint64_t weight);
/* The last thing that it is told. */
void client_refuse(struct client *client, const char *why);
/* Writes what the kernel takes. False: it is gone, or has all that it was to get. */
bool client_flush(struct client *client, const struct daemon *daemon);
