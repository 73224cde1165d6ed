/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a line of iotguardd's socket: refused, or an event that is written to a line which reads back and is written
 * the same again. The same bytes as a saved file: refused, or addresses that are saved and read back.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_parse.h"
#include "saved.h"

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

static void as_saved(const char *text, size_t size)
{
	struct ig_known known = {0}, again = {0};
	const char *why = NULL;
	char *printed;
	size_t n = 0;

	if (ig_saved_parse(text, size, NOW, &known, &why)) {
		require(why && !known.count, "a refusal without a reason, or half of it was taken");
		return;
	}
	printed = ig_saved_print(&known, NOW, &n);
	require(printed && !ig_saved_parse(printed, n, NOW, &again, &why), "does not read back");
	require(!ig_saved_differs(&known, &again, true), "reads back differently");
	free(printed);
	ig_known_clear(&known);
	ig_known_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	as_event(text, size);
	as_saved(text, size);
	free(text);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
