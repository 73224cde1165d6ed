/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running gateway's ring, for its one reader. An apply may replace the whole instance, ring and
 * all: the reader is told of that by the directory of the pins, empties the old ring and goes over
 * to the new one.
 */
#pragma once

#include "handle.h"

struct ig_ring_reader;

typedef int (*ig_event_fn)(const struct iotguard_event *event, void *context);

/*
 * @epoll: becomes readable when there is something to read. @keep: records stay in the ring until
 * they are settled; else each is taken out when the handler has seen it. -ENOENT: nothing is
 * enforced. -EBUSY: another one reads, said in a diagnostic.
 */
int ig_ring_reader_open(struct iotguard *ig, int epoll, bool keep, struct ig_ring_reader **out);
void ig_ring_reader_close(struct ig_ring_reader *reader); /* NULL is fine */

/* As iotguard_events_read() and iotguard_events_settle(). */
int ig_ring_reader_read(struct ig_ring_reader *reader, ig_event_fn handler, void *context);
void ig_ring_reader_settle(struct ig_ring_reader *reader, uint64_t queued);
