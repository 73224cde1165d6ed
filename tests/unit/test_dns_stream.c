/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS over TCP in pieces, in whatever order they come, and over UDP; and who has to give way to whom. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dns_stream.h"
#include "util.h"

#define ISN 0xfffffff0u /* numbers wrap in the first message */

static struct ig_dns_streams streams;
static struct ig_unread piece;
static bool again;

static int tear_down(void **state)
{
	(void)state;
	ig_dns_streams_clear(&streams);
	memset(&streams, 0, sizeof(streams));
	memset(&piece, 0, sizeof(piece));
	return 0;
}

static struct ig_dns_stream *give(unsigned int port, uint32_t sequence, const void *bytes,
				  size_t size)
{
	piece.proto = IPPROTO_TCP;
	piece.ip_version = 4;
	piece.local_port_be = htons((uint16_t)port);
	piece.sequence = sequence;
	piece.length = (uint16_t)size;
	memcpy(piece.bytes, bytes, size);
	return ig_dns_streams_add(&streams, &piece, &again);
}

static void assert_message(struct ig_dns_stream *stream, const void *bytes, size_t size,
			   uint32_t read_to)
{
	struct ig_dns_piece message;

	assert_non_null(stream);
	assert_true(ig_dns_stream_message(stream, &message));
	assert_int_equal(message.size, size);
	assert_memory_equal(message.bytes, bytes, size);
	assert_int_equal(message.read_to, read_to);
	ig_dns_stream_take(stream);
}

static void assert_none(const struct ig_dns_stream *stream)
{
	struct ig_dns_piece message;

	assert_false(ig_dns_stream_message(stream, &message));
}

static void test_whole(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN, "\0\5hello", 7);

	(void)state;
	assert_message(stream, "hello", 5, ISN + 7);
	assert_none(stream);
	stream = give(1000, ISN + 7, "\0\3two\0\5three\0", 13);
	assert_message(stream, "two", 3, ISN + 12);
	assert_message(stream, "three", 5, ISN + 19);
	assert_none(stream);
}

static void test_byte_by_byte(void **state)
{
	static const char bytes[] = "\0\24every byte by itself";
	struct ig_dns_stream *stream = NULL;

	(void)state;
	for (uint32_t i = 0; i < 22; i++) {
		if (stream)
			assert_none(stream);
		stream = give(1000, ISN + i, bytes + i, 1);
	}
	assert_message(stream, bytes + 2, 20, ISN + 22);
}

static void test_backward(void **state)
{
	static const char bytes[] = "\0\24every byte by itself";
	struct ig_dns_stream *stream = NULL;

	(void)state;
	for (uint32_t i = 22; i-- > 0;)
		stream = give(1000, ISN + i, bytes + i, 1);
	assert_message(stream, bytes + 2, 20, ISN + 22);
}

/* The first piece was lost: what came looks like a long message, and is none. */
static void test_first_piece_late(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN + 4, "llo", 3);

	(void)state;
	assert_none(stream);
	assert_message(give(1000, ISN, "\0\5he", 4), "hello", 5, ISN + 7);
}

static void test_overlap(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN, "\0\6abc", 5);

	(void)state;
	give(1000, ISN + 6, "ef", 2);
	assert_none(stream);
	give(1000, ISN + 3, "bcde", 4);
	assert_message(stream, "abcdef", 6, ISN + 8);
}

/* What is sent again counts. */
static void test_forged_before(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN, "\0\6XYZXYZ", 8);
	struct ig_dns_piece message;

	(void)state;
	assert_true(ig_dns_stream_message(stream, &message)); /* which nobody takes */
	assert_message(give(1000, ISN, "\0\6abcdef", 8), "abcdef", 6, ISN + 8);
}

static void test_sent_again(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN, "\0\3one", 5);

	(void)state;
	assert_false(again);
	assert_message(stream, "one", 3, ISN + 5);
	give(1000, ISN, "\0\3one", 5);
	assert_true(again);
	assert_none(stream);
	give(1000, ISN + 3, "ne\0\3two", 7); /* in part */
	assert_false(again);
	assert_message(stream, "two", 3, ISN + 10);
	ig_dns_stream_restart(stream, &piece);
	assert_none(stream);
}

/* Another connection from the same port. */
static void test_begins_anew(void **state)
{
	struct ig_dns_stream *stream = give(1000, ISN, "\0\3one", 5);

	(void)state;
	assert_message(stream, "one", 3, ISN + 5);
	assert_message(give(1000, 0x40000000, "\0\3new", 5), "new", 3, 0x40000005);
	assert_message(give(1000, 0x10000000, "\0\3old", 5), "old", 3, 0x10000005);
	assert_false(again);
}

static void test_longest(void **state)
{
	static uint8_t bytes[IG_DNS_STREAM_BYTES + 100];
	struct ig_dns_stream *stream = NULL;
	struct ig_dns_piece message;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	bytes[0] = bytes[1] = 0xff;
	for (uint32_t at = 0; at < sizeof(bytes); at += 1000) {
		size_t n = sizeof(bytes) - at < 1000 ? sizeof(bytes) - at : 1000;

		stream = give(1000, ISN + at, bytes + at, n);
	}
	assert_message(stream, bytes + 2, 65535, ISN + 65537);
	assert_false(ig_dns_stream_message(stream, &message));
}

/* Holes everywhere, more of them than are kept: nothing breaks, and what is sent again closes them. */
static void test_holes(void **state)
{
	uint8_t bytes[402] = {0, 0};
	struct ig_dns_stream *stream = NULL;

	(void)state;
	bytes[0] = 400 >> 8;
	bytes[1] = 400 & 0xff;
	for (size_t i = 2; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (uint32_t i = 0; i < sizeof(bytes); i += 2)
		stream = give(1000, ISN + i, bytes + i, 1);
	assert_none(stream);
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		stream = give(1000, ISN + i, bytes + i, 1);
	assert_message(stream, bytes + 2, 400, ISN + 402);
}

/* Any order of pieces of any size gives what was sent. */
static void test_any_order(void **state)
{
	uint64_t seed = 17;
	uint8_t bytes[302];

	(void)state;
	bytes[0] = 300 >> 8;
	bytes[1] = 300 & 0xff;
	for (size_t i = 2; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31);
	for (unsigned int round = 0; round < 2000; round++) {
		uint32_t isn = (uint32_t)round * 0x12345677u, missing = 302;
		struct ig_dns_piece message;
		struct ig_dns_stream *stream;
		bool have[302] = {false};

		do {
			uint32_t at, n;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			at = (uint32_t)(seed >> 33) % 302;
			n = 1 + (uint32_t)(seed >> 45) % 60;
			n = n > 302 - at ? 302 - at : n;
			for (uint32_t i = at; i < at + n; i++) {
				missing -= !have[i];
				have[i] = true;
			}
			stream = give(1000 + round % 70, isn + at, bytes + at, n);
		} while (missing);
		/* at once, or when what had no place was sent again */
		if (!ig_dns_stream_message(stream, &message))
			stream = give(1000 + round % 70, isn, bytes, 302);
		assert_message(stream, bytes + 2, 300, isn + 302);
	}
}

/* --- UDP --- */

static struct ig_dns_stream *give_datagram(uint32_t at, const void *bytes, size_t size, bool last)
{
	piece.proto = IPPROTO_UDP;
	piece.at = at;
	piece.length = (uint16_t)size;
	piece.last = last;
	memcpy(piece.bytes, bytes, size);
	return ig_dns_streams_add(&streams, &piece, &again);
}

static void test_datagram(void **state)
{
	struct ig_dns_stream *stream = give_datagram(0, "abc", 3, false);

	(void)state;
	assert_none(stream);
	assert_message(give_datagram(3, "def", 3, true), "abcdef", 6, 0);
	stream = give_datagram(0, "abc", 3, false);
	assert_none(give_datagram(4, "ef", 2, true));  /* one was lost */
	assert_none(give_datagram(3, "def", 3, true)); /* and comes too late */
	assert_message(give_datagram(0, "short", 5, true), "short", 5, 0);
	assert_non_null(stream);
}

/* --- who gives way --- */

static bool has_stream(unsigned int port, uint32_t device)
{
	for (size_t i = 0; i < IG_DNS_STREAMS; i++) {
		const struct ig_dns_stream *stream = &streams.items[i];

		if (stream->used && stream->flow.device == device &&
		    stream->flow.local_port_be == htons((uint16_t)port))
			return true;
	}
	return false;
}

static void test_who_gives_way(void **state)
{
	(void)state;
	piece.device = 1;
	give(1, ISN, "\0", 1);
	piece.device = 2;
	piece.mac[5] = 2;
	for (unsigned int port = 1; port < IG_DNS_STREAMS + 100; port++)
		give(port, ISN, "\0", 1);
	assert_true(has_stream(1, 1)); /* the oldest one of all */
	assert_false(has_stream(100, 2));
	assert_true(has_stream(101, 2));
	assert_true(has_stream(IG_DNS_STREAMS + 99, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_whole, tear_down),
		cmocka_unit_test_teardown(test_byte_by_byte, tear_down),
		cmocka_unit_test_teardown(test_backward, tear_down),
		cmocka_unit_test_teardown(test_first_piece_late, tear_down),
		cmocka_unit_test_teardown(test_overlap, tear_down),
		cmocka_unit_test_teardown(test_forged_before, tear_down),
		cmocka_unit_test_teardown(test_sent_again, tear_down),
		cmocka_unit_test_teardown(test_begins_anew, tear_down),
		cmocka_unit_test_teardown(test_longest, tear_down),
		cmocka_unit_test_teardown(test_holes, tear_down),
		cmocka_unit_test_teardown(test_any_order, tear_down),
		cmocka_unit_test_teardown(test_datagram, tear_down),
		cmocka_unit_test_teardown(test_who_gives_way, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
