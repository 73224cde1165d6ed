/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as iotguardd passes them on, one JSON object a line. */
#pragma once

#include "events_ring.h"

struct ig_event_stream;

/*
 * @command: what to ask for, see SOCKET in iotguardd(8). @epoll: becomes readable when there is something to read.
 * -ENOENT: nobody listens who would let us in. -ETIMEDOUT with a diagnostic: it does not answer.
 */
int ig_event_stream_open(struct iotguard *ig, int epoll, const char *command,
			 struct ig_event_stream **out);
void ig_event_stream_close(struct ig_event_stream *stream); /* NULL is fine */

/* As iotguard_events_read(), of what is there. @ended: the daemon has closed it. -EPROTO, -EBUSY with a diagnostic. */
int ig_event_stream_read(struct ig_event_stream *stream, ig_event_fn handler, void *context,
			 bool *ended);
/* The same, until it ends. -ETIMEDOUT with a diagnostic: it has stopped in between. */
int ig_event_stream_read_all(struct ig_event_stream *stream, ig_event_fn handler, void *context);
