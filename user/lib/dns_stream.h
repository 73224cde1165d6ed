/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages out of what the programs told in pieces (struct ig_unread): of TCP in whatever order pieces come, whole, in
 * parts, and more than once, and of UDP one piece after the other. All of it is hostile. What is held is limited: each
 * stream has one message and its length, and of so many streams the oldest one of whoever has most of them goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#define IG_DNS_STREAMS	    64
#define IG_DNS_STREAM_BYTES (2u + 65535u) /* a message behind its length (RFC 1035 section 4.2.2) */
#define IG_DNS_STREAM_RUNS  32

struct ig_dns_run {
	uint32_t first;
	uint32_t end; /* behind its last byte */
};

struct ig_dns_stream {
	struct ig_unread flow; /* whose it is; of the piece that came last, without its bytes */
	uint64_t used;	       /* the larger, the later; 0: a free place */
	uint32_t base;	       /* TCP: sequence number of bytes[0] */
	bool fixed; /* a message begins there, since the one before it was taken; else it is the first byte seen */
	bool whole;	       /* UDP: the message is all there */
	struct ig_answer last; /* what it was marked read by; TCP, while `fixed` */
	struct ig_dns_run
		runs[IG_DNS_STREAM_RUNS]; /* which of the bytes are there, in order and apart */
	size_t n_runs;
	uint8_t *bytes;
};

struct ig_dns_streams {
	struct ig_dns_stream items[IG_DNS_STREAMS];
	uint64_t clock;
};

struct ig_dns_piece {
	const uint8_t *bytes;
	size_t size;
	uint32_t read_to; /* TCP: sequence number behind it */
};

/*
 * The stream that a piece belongs to, which has it now; its fields `length` and `bytes` have to be within the record.
 * @again: the piece lies where messages were taken already. NULL: there is no memory.
 */
struct ig_dns_stream *ig_dns_streams_add(struct ig_dns_streams *streams,
					 const struct ig_unread *piece, bool *again);
/* The first message of it, if it is all there. */
bool ig_dns_stream_message(const struct ig_dns_stream *stream, struct ig_dns_piece *message);
/* That message was read: the next one begins behind it. */
void ig_dns_stream_take(struct ig_dns_stream *stream);
/* Begins anew, with that piece: it was none of the stream that was known. */
void ig_dns_stream_restart(struct ig_dns_stream *stream, const struct ig_unread *piece);
void ig_dns_stream_free(struct ig_dns_stream *stream);
void ig_dns_streams_clear(struct ig_dns_streams *streams); /* twice is fine */
