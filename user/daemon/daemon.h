/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguardd: reads the gateway's events and passes them on, reads DNS answers that the programs cannot, and saves what
 * has to outlive a reboot.
 * One thread, one epoll, no capability.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "iotguard/iotguard.h"
#include "say.h"

#define PROGRAM "iotguardd"

/* As iotguard-load's. */
enum daemon_exit {
	DAEMON_OK = 0,
	DAEMON_FAILED = 1, /* at run time */
	DAEMON_USAGE = 2,
};

struct daemon_options {
	const char *state_dir; /* NULL: the library's */
	const char *save_dir;
	const char *socket;
	unsigned int save_interval; /* seconds */
};

struct daemon;

/* What epoll has for each descriptor. */
struct watch {
	void (*ready)(struct daemon *daemon, struct watch *watch, uint32_t events);
	int fd; /* -1: none */
};

struct client;

#define CLIENTS_MAX 64
#define BATCH_MAX   256 /* events between two writes to the readers */

struct daemon {
	struct daemon_options options;
	struct iotguard *ig;
	int epoll;
	bool stopping;
	char host[256];

	struct iotguard_events *source; /* NULL: nothing to read yet */
	unsigned int batch;	   /* events that were read since readers were last written to */
	bool unfinished;	   /* there may be more, without anybody telling */
	bool source_taken;	   /* somebody else reads */
	bool unreadable;	   /* the pins are, for this user */
	uint64_t queued;	   /* as the ring's next reader was left a note of it */
	struct watch source_watch; /* of its descriptor */
	struct iotguard_answers *answers; /* of DNS; NULL: nothing to read yet */
	bool answers_taken;		  /* somebody else reads */
	struct watch answers_watch;	  /* of their descriptor */
	struct watch arrival;		  /* inotify: tells when there may be something */

	struct watch listener;
	int socket_lock;   /* beside a socket of our own; -1: there is none */
	char *socket_path; /* to be removed at the end; NULL: it is not ours */
	struct client *clients[CLIENTS_MAX];
	struct history history;

	struct watch save_timer, watchdog, signals;
	struct say say;
};

/* epoll. 0, -errno. */
int watch_add(struct daemon *daemon, struct watch *watch, uint32_t events);
int watch_change(struct daemon *daemon, struct watch *watch, uint32_t events);
void watch_close(struct watch *watch); /* and its descriptor */

/* A timer that goes off every @us. 0, -errno. */
int watch_timer(struct daemon *daemon, struct watch *watch, uint64_t us);
void watch_drain(const struct watch *watch); /* what a timer or inotify has told */

/* ------------------------------------------------------------------------------- arrival.c */

/* Begins to read events and answers, or to wait until there are some. 0, -errno after saying so. */
int arrival_start(struct daemon *daemon);

/* ------------------------------------------------------------------------------- resolve.c */

void resolve_start(struct daemon *daemon); /* begins to read, if there is something */
void resolve_stop(struct daemon *daemon);

/* -------------------------------------------------------------------------------- source.c */

void source_start(struct daemon *daemon); /* begins to read, if there is something */
void source_stop(struct daemon *daemon);
void source_read(struct daemon *daemon); /* the next events, if there are any */
void source_note(struct daemon *daemon); /* what readers have not taken yet, if that has changed */

/* -------------------------------------------------------------------------------- socket.c */

/* The socket that was handed in (LISTEN_FDS), or one of our own at the given path. 0, -errno after
 * saying so. */
int socket_listen(struct daemon *daemon);
void socket_close(struct daemon *daemon);

/* -------------------------------------------------------------------------------- server.c */

int server_start(struct daemon *daemon); /* 0, -errno after saying so */
/* An event and its line (with a newline): to all who follow, and into the history. */
void server_pass_on(struct daemon *daemon, const struct iotguard_event *event, const char *line,
		    size_t length);
/* Writes what can be written. */
void server_flush(struct daemon *daemon);
/* How many of the latest events are still in memory for a reader that otherwise keeps up. */
uint64_t server_queued(const struct daemon *daemon);
/* Waits a moment for readers that are behind. */
void server_stop(struct daemon *daemon);
void server_end(struct daemon *daemon); /* ends every stream */

/* ---------------------------------------------------------------------------------- save.c */

int save_start(struct daemon *daemon); /* 0, -errno after saying so */
void save_now(struct daemon *daemon);

/* ----------------------------------------------------------------------------------- mud.c */

void mud_note(struct daemon *daemon,
	      const struct iotguard_event *event); /* of a MUD URL; others are none */
void mud_save(struct daemon *daemon, bool exact);

/* -------------------------------------------------------------------------------- notify.c */

/* Tells the service manager, if there is one. */
void notify(const char *state);
/* Beats for it, if it wants that. 0, -errno. */
int notify_watchdog(struct daemon *daemon);
