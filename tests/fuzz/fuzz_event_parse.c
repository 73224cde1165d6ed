/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a line of iotguardd's socket: refused, or an event that is written to a line which reads back and is written
 * the same again. The same bytes as a saved file, and as the body of one: refused, or addresses, quarantines and names
 * that are saved and read back. And as the file of MUD URLs.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discovered.h"
#include "event_parse.h"
#include "saved.h"
#include "sha256.h"

#define NOW 1795343465ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void write_again(const struct iotguard_event *event)
{
	static char first[IOTGUARD_EVENT_TEXT_MAX], second[IOTGUARD_EVENT_TEXT_MAX];
	size_t n = iotguard_event_json(event, "gw", first, sizeof(first));
	struct ig_parsed_event parsed;

	require(n < sizeof(first), "too long");
	require(!ig_event_parse(first, n, &parsed), "does not read back");
	iotguard_event_json(&parsed.event, "gw", second, sizeof(second));
	require(!strcmp(first, second), "is written differently");
	ig_parsed_event_clear(&parsed);
}

static void as_event(const char *text, size_t size)
{
	struct ig_parsed_event parsed;

	if (!ig_event_parse(text, size, &parsed))
		write_again(&parsed.event);
	ig_parsed_event_clear(&parsed);
}

static void as_saved(const char *text, size_t size, struct ig_time now)
{
	struct ig_saved saved, again = {0};
	const char *why = NULL;
	char *printed;
	size_t n = 0;

	if (ig_saved_parse(text, size, now, &saved, &why)) {
		require(why && !saved.addresses.count && !saved.quarantined.count &&
				!saved.told.count,
			"a refusal without a reason, or half of it was taken");
		return;
	}
	saved.at = now;
	printed = ig_saved_print(&saved, &n);
	require(printed && !ig_saved_parse(printed, n, now, &again, &why), "does not read back");
	require(!ig_saved_differs(&saved, &again, true), "reads back differently");
	free(printed);
	ig_saved_clear(&saved);
	ig_saved_clear(&again);
}

static void as_discovered(const char *text, size_t size)
{
	struct ig_discovered told, again;
	const char *why = NULL;
	size_t n = 0, m = 0;
	char *first, *second;

	if (ig_discovered_parse(text, size, &told, &why)) {
		require(why && !told.count, "a refusal without a reason, or half of it was taken");
		return;
	}
	first = ig_discovered_print(&told, &n);
	require(first && !ig_discovered_parse(first, n, &again, &why), "does not read back");
	second = ig_discovered_print(&again, &m);
	require(second && n == m && !memcmp(first, second, n), "reads back differently");
	free(first);
	free(second);
	ig_discovered_clear(&told);
	ig_discovered_clear(&again);
}

/* Behind a first line that is right: no guess gets past a hash. */
static void as_body(const char *body, size_t size, struct ig_time now)
{
	char hex[2 * IG_SHA256_SIZE + 1];
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;
	size_t header, room = size + 256;
	char *text = malloc(room);

	if (!text)
		return;
	ig_sha256_init(&sha);
	ig_sha256_update(&sha, body, size);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
	header = (size_t)snprintf(text, room,
				  "{\"iotguard\":%d,\"length\":%zu,\"sha256\":\"%s\"}\n",
				  IG_SAVED_VERSION, size, hex);
	memcpy(text + header, body, size);
	as_saved(text, header + size, now);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ig_time right = {.s = NOW, .right = true}, unsure = {.s = 0};
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	as_event(text, size);
	as_discovered(text, size);
	as_saved(text, size, right);
	as_body(text, size, right);
	as_body(text, size, unsure);
	free(text);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
