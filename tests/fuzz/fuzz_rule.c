/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a sentence: an error with a position inside of it, or a rule that prints to a sentence which reads back to
 * an equal rule and prints the same again.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void round_trip(const struct ig_rule *rule)
{
	static char text[3 * IG_RULE_TEXT_MAX], again[3 * IG_RULE_TEXT_MAX];
	struct ig_rule second = {0};
	struct ig_rule_error error;
	size_t length = ig_rule_print(rule, text, sizeof(text));

	require(length == strlen(text), "printed length", text);
	/* Quoting may make a sentence of the greatest length longer than that. */
	if (length > IG_RULE_TEXT_MAX)
		return;
	require(!ig_rule_parse(text, &second, &error), "does not read back", text);
	require(ig_rule_equal(rule, &second), "reads back to another rule", text);
	ig_rule_print(&second, again, sizeof(again));
	require(!strcmp(text, again), "prints differently", text);
	ig_rule_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct ig_rule rule = {0};
	struct ig_rule_error error;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!ig_rule_parse(text, &rule, &error))
		round_trip(&rule);
	else
		require(error.offset <= strlen(text) && error.message[0],
			"error without a place or a message", text);
	ig_rule_clear(&rule);
	free(text);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
