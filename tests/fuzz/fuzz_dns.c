/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a DNS answer, and as pieces of a TCP stream: it is refused, or the name in it can be asked for, within
 * the limits; and however a stream was cut, its messages come out as they went in.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_message.h"
#include "dns_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Labels, one behind the other, to a zero byte at the very end. */
static void check_name(const struct ig_dns_message *message)
{
	size_t at = 0;

	require(message->name_length && message->name_length <= IG_DNS_NAME_MAX);
	while (message->name[at]) {
		require(message->name[at] < 64);
		at += message->name[at] + 1u;
		require(at < message->name_length);
	}
	require(at + 1 == message->name_length);
}

static void read_message(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* of just that size: whoever reads on is seen */
	struct ig_dns_message message;

	if (!copy)
		return;
	memcpy(copy, data, size);
	if (!ig_dns_message_read(copy, size, &message)) {
		check_name(&message);
		require(message.n_addresses <= IG_DNS_ADDRESSES_MAX);
		require(message.ttl <= IG_DNS_TTL_MAX);
		for (size_t i = 0; i < message.n_addresses; i++)
			require(size >= 12 + 5 + 15 * message.n_addresses);
	}
	free(copy);
}

/* The fuzzer need not find what a header looks like. */
static void read_behind_a_header(const uint8_t *data, size_t size)
{
	static const uint8_t header[] = {0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
	uint8_t message[sizeof(header) + 4096];

	if (!size || size > 4096)
		return;
	memcpy(message, header, sizeof(header));
	message[7] = data[0] % 64;
	memcpy(message + sizeof(header), data + 1, size - 1);
	read_message(message, sizeof(header) + size - 1);
}

/* Each piece is four bytes of where and how long, and what stands there. */
static void read_pieces(const uint8_t *data, size_t size)
{
	static struct ig_dns_streams streams;
	static struct ig_unread piece;

	while (size > 5) {
		struct ig_dns_piece message;
		struct ig_dns_stream *stream;
		size_t n = data[4] < size - 5 ? data[4] : size - 5;
		bool again;

		piece.proto = data[0] & 1 ? IPPROTO_UDP : IPPROTO_TCP;
		piece.local_port_be = data[0] >> 1;
		piece.device = data[0] >> 6;
		piece.last = data[1] & 1;
		piece.sequence = (uint32_t)data[1] << 24 | (uint32_t)data[2] << 8 | data[3];
		piece.at = (uint32_t)data[2] << 8 | data[3];
		piece.length = (uint16_t)n;
		memcpy(piece.bytes, data + 5, n);
		stream = ig_dns_streams_add(&streams, &piece, &again);
		if (again && data[1] & 2)
			ig_dns_stream_restart(stream, &piece);
		while (stream && ig_dns_stream_message(stream, &message)) {
			require(message.size <= IG_DNS_STREAM_BYTES);
			read_message(message.bytes, message.size);
			ig_dns_stream_take(stream);
		}
		data += 5 + n;
		size -= 5 + n;
	}
	ig_dns_streams_clear(&streams);
}

static struct ig_dns_stream *give(struct ig_dns_streams *streams, const uint8_t *stream, uint32_t at, uint32_t n)
{
	static struct ig_unread piece = {.proto = IPPROTO_TCP};
	bool again;

	piece.sequence = 0xfffffff8u + at;
	piece.length = (uint16_t)n;
	memcpy(piece.bytes, stream + at, n);
	return ig_dns_streams_add(streams, &piece, &again);
}

/* One message, cut as the input says, from its end to its beginning, and once more from the beginning on. */
static void cut(const uint8_t *data, size_t size)
{
	static struct ig_dns_streams streams;
	uint8_t stream[2 + 1024];
	struct ig_dns_stream *found = NULL;
	struct ig_dns_piece message;
	uint32_t whole, at;

	if (size < 2 || size > 1024)
		return;
	whole = 2 + (uint32_t)size;
	stream[0] = (uint8_t)(size >> 8);
	stream[1] = (uint8_t)size;
	memcpy(stream + 2, data, size);
	for (at = whole; at > 0;) {
		uint32_t n = 1 + data[at % size] % 64u;

		n = n < at ? n : at;
		at -= n;
		found = give(&streams, stream, at, n);
	}
	require(found && ig_dns_stream_message(found, &message));
	require(message.size == size && !memcmp(message.bytes, data, size));
	require(message.read_to == 0xfffffff8u + whole);
	ig_dns_streams_clear(&streams);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_message(data, size);
	read_behind_a_header(data, size);
	read_pieces(data, size);
	cut(data, size);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
