/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody tells where a TCP stream begins. But what is held back is sent again from its beginning, so the first byte
 * that is seen is taken for it until an earlier one comes. A piece that is sent again counts, and not the one before
 * it: who has forged one is corrected by whoever sends the true one.
 */
#include <netinet/in.h>
#include <string.h>

#include "dns_stream.h"
#include "util.h"

#define LENGTH 2u /* of a message, in front of it */

/* --- which of the bytes are there --- */

static void add_run(struct ig_dns_stream *stream, uint32_t first, uint32_t end)
{
	struct ig_dns_run *runs = stream->runs;
	size_t from = 0, to;

	while (from < stream->n_runs && runs[from].end < first)
		from++;
	for (to = from; to < stream->n_runs && runs[to].first <= end; to++) {
		first = runs[to].first < first ? runs[to].first : first;
		end = runs[to].end > end ? runs[to].end : end;
	}
	if (from == to && stream->n_runs == IG_DNS_STREAM_RUNS)
		return; /* it is sent again */
	memmove(runs + from + 1, runs + to, (stream->n_runs - to) * sizeof(*runs));
	stream->n_runs += 1 - (to - from);
	runs[from] = (struct ig_dns_run){first, end};
}

/* How many there are from the first one on. */
static uint32_t present(const struct ig_dns_stream *stream)
{
	return stream->n_runs && !stream->runs[0].first ? stream->runs[0].end : 0;
}

/* Behind the last one. */
static uint32_t extent(const struct ig_dns_stream *stream)
{
	return stream->n_runs ? stream->runs[stream->n_runs - 1].end : 0;
}

static void store(struct ig_dns_stream *stream, uint32_t at, const uint8_t *bytes, uint32_t size)
{
	uint32_t room = IG_DNS_STREAM_BYTES - at;

	if (size > room)
		size = room;
	if (!size)
		return;
	memcpy(stream->bytes + at, bytes, size);
	add_run(stream, at, at + size);
}

/* All bytes stand @by further behind; what has no room goes. */
static void make_room_before(struct ig_dns_stream *stream, uint32_t by)
{
	uint32_t room = IG_DNS_STREAM_BYTES - by;
	size_t kept = 0;

	memmove(stream->bytes + by, stream->bytes, extent(stream) < room ? extent(stream) : room);
	for (size_t i = 0; i < stream->n_runs; i++) {
		struct ig_dns_run run = {stream->runs[i].first + by, stream->runs[i].end + by};

		if (run.end > IG_DNS_STREAM_BYTES)
			run.end = IG_DNS_STREAM_BYTES;
		if (run.first < run.end)
			stream->runs[kept++] = run;
	}
	stream->n_runs = kept;
}

/* @by: at most as many as there are from the first one on. */
static void drop_before(struct ig_dns_stream *stream, uint32_t by)
{
	size_t kept = 0;

	memmove(stream->bytes, stream->bytes + by, extent(stream) - by);
	for (size_t i = 0; i < stream->n_runs; i++) {
		struct ig_dns_run run = stream->runs[i];

		run.first = run.first > by ? run.first - by : 0;
		run.end = run.end > by ? run.end - by : 0;
		if (run.first < run.end)
			stream->runs[kept++] = run;
	}
	stream->n_runs = kept;
}

/* --- whose a piece is --- */

static bool is_of(const struct ig_dns_stream *stream, const struct ig_unread *piece)
{
	const struct ig_unread *flow = &stream->flow;

	return stream->used && flow->proto == piece->proto &&
	       flow->ip_version == piece->ip_version &&
	       flow->local_port_be == piece->local_port_be &&
	       !memcmp(flow->mac, piece->mac, sizeof(flow->mac)) &&
	       !memcmp(flow->local, piece->local, sizeof(flow->local)) &&
	       !memcmp(flow->remote, piece->remote, sizeof(flow->remote));
}

static size_t streams_of(const struct ig_dns_streams *streams, uint32_t device)
{
	size_t n = 0;

	for (size_t i = 0; i < IG_DNS_STREAMS; i++)
		n += streams->items[i].used && streams->items[i].flow.device == device;
	return n;
}

/* A free place, or else the oldest one of the device that has most of them, so that nobody takes another one's. */
static struct ig_dns_stream *place_for_one(struct ig_dns_streams *streams)
{
	struct ig_dns_stream *found = NULL;
	size_t most = 0;

	for (size_t i = 0; i < IG_DNS_STREAMS; i++) {
		struct ig_dns_stream *stream = &streams->items[i];
		size_t n;

		if (!stream->used)
			return stream;
		n = streams_of(streams, stream->flow.device);
		if (n > most || (n == most && stream->used < found->used)) {
			most = n;
			found = stream;
		}
	}
	return found;
}

static struct ig_dns_stream *find(struct ig_dns_streams *streams, const struct ig_unread *piece)
{
	for (size_t i = 0; i < IG_DNS_STREAMS; i++) {
		if (is_of(&streams->items[i], piece))
			return &streams->items[i];
	}
	return NULL;
}

static struct ig_dns_stream *begin(struct ig_dns_streams *streams, const struct ig_unread *piece)
{
	struct ig_dns_stream *stream = place_for_one(streams);

	ig_dns_stream_free(stream);
	stream->bytes = malloc(IG_DNS_STREAM_BYTES);
	if (!stream->bytes)
		return NULL;
	stream->base = piece->sequence;
	return stream;
}

/* --- adding --- */

static void add_datagram(struct ig_dns_stream *stream, const struct ig_unread *piece)
{
	if (!piece->at)
		stream->n_runs = 0;
	stream->whole = false;
	if (piece->at != present(stream)) { /* one before it was lost */
		stream->n_runs = 0;
		return;
	}
	store(stream, piece->at, piece->bytes, piece->length);
	stream->whole = piece->last && present(stream) == piece->at + piece->length;
}

/* How far before the first byte @offset is; 0: not at all. */
static uint32_t before(int32_t offset)
{
	return offset < 0 ? 0u - (uint32_t)offset : 0;
}

/* True: it is none of what is still to come. */
static bool add_segment(struct ig_dns_stream *stream, const struct ig_unread *piece)
{
	int32_t offset = (int32_t)(piece->sequence - stream->base);
	uint32_t skip = before(offset);

	if (skip > IG_DNS_STREAM_BYTES || offset > (int32_t)IG_DNS_STREAM_BYTES) {
		ig_dns_stream_restart(stream, piece);
		return false;
	}
	if (stream->fixed && skip && skip >= piece->length)
		return true;
	if (!stream->fixed && skip) {
		make_room_before(stream, skip);
		stream->base = piece->sequence;
		skip = 0;
		offset = 0;
	}
	store(stream, skip ? 0 : (uint32_t)offset, piece->bytes + skip, piece->length - skip);
	return false;
}

void ig_dns_stream_restart(struct ig_dns_stream *stream, const struct ig_unread *piece)
{
	stream->base = piece->sequence;
	stream->fixed = false;
	stream->n_runs = 0;
	store(stream, 0, piece->bytes, piece->length);
}

struct ig_dns_stream *ig_dns_streams_add(struct ig_dns_streams *streams,
					 const struct ig_unread *piece, bool *again)
{
	struct ig_dns_stream *stream = find(streams, piece);

	*again = false;
	if (!stream)
		stream = begin(streams, piece);
	if (!stream)
		return NULL;
	memcpy(&stream->flow, piece, offsetof(struct ig_unread, bytes));
	stream->used = ++streams->clock;
	if (piece->proto == IPPROTO_TCP)
		*again = add_segment(stream, piece);
	else
		add_datagram(stream, piece);
	return stream;
}

/* --- taking --- */

static uint32_t message_size(const struct ig_dns_stream *stream)
{
	return (uint32_t)stream->bytes[0] << 8 | stream->bytes[1];
}

bool ig_dns_stream_message(const struct ig_dns_stream *stream, struct ig_dns_piece *message)
{
	uint32_t there = present(stream);

	if (stream->flow.proto != IPPROTO_TCP) {
		*message = (struct ig_dns_piece){.bytes = stream->bytes, .size = there};
		return stream->whole;
	}
	if (there < LENGTH || there < LENGTH + message_size(stream))
		return false;
	*message = (struct ig_dns_piece){
		.bytes = stream->bytes + LENGTH,
		.size = message_size(stream),
		.read_to = stream->base + LENGTH + message_size(stream),
	};
	return true;
}

void ig_dns_stream_take(struct ig_dns_stream *stream)
{
	uint32_t size;

	if (stream->flow.proto != IPPROTO_TCP) {
		ig_dns_stream_free(stream);
		return;
	}
	size = LENGTH + message_size(stream);
	drop_before(stream, size);
	stream->base += size;
	stream->fixed = true;
}

void ig_dns_stream_free(struct ig_dns_stream *stream)
{
	free(stream->bytes);
	memset(stream, 0, sizeof(*stream));
}

void ig_dns_streams_clear(struct ig_dns_streams *streams)
{
	for (size_t i = 0; i < IG_DNS_STREAMS; i++)
		ig_dns_stream_free(&streams->items[i]);
}
