/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A usage line is spelt out, one bracket at a time, until none is left: what remains are words.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "usage.h"

typedef void (*visit_fn)(const struct command *command, size_t place, const char *before,
			 const char *word);

struct spelling {
	const struct command *command;
	visit_fn visit;
};

static bool is_placeholder(const char *word)
{
	return isupper((unsigned char)*word);
}

/* Takes a word that is an option, and what follows it if that is its value. */
static bool skip_option(const struct command *command, const char *word, char **rest)
{
	if (*word != '-')
		return false;
	for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
		if (!strcmp(spec->name, word + strspn(word, "-")) && spec->value)
			strsep(rest, " ");
	}
	return true;
}

/* @line: words only, "INTERFACE|--all" being one of two. */
static void visit_words(const struct spelling *spelling, char *line)
{
	char before[USAGE_MAX] = "", *rest = line, *word;
	size_t place = 0;

	while ((word = strsep(&rest, " "))) {
		size_t n = strlen(before);
		char *alternatives = word, *one;

		if (!*word || skip_option(spelling->command, word, &rest))
			continue;
		one = strsep(&alternatives, "|");
		snprintf(before + n, sizeof(before) - n, "%s%s", n ? " " : "",
			 is_placeholder(one) || alternatives ? "*" : one);
		for (; one; one = strsep(&alternatives, "|")) {
			char front[USAGE_MAX];

			snprintf(front, sizeof(front), "%.*s", (int)n, before);
			if (*one != '-')
				spelling->visit(spelling->command, place, front, one);
		}
		place++;
	}
}

/* Behind the bracket that closes the one at @open; its end if none does. */
static const char *behind_bracket(const char *open)
{
	int depth = 0;

	for (; *open; open++) {
		depth += *open == '[' || *open == '(';
		depth -= *open == ']' || *open == ')';
		if (!depth)
			return open + 1;
	}
	return open;
}

/* The end of the alternative that begins at @at, in a bracket that ends at @end. */
static const char *end_of_alternative(const char *at, const char *end)
{
	while (at < end && *at != '|')
		at = *at == '[' || *at == '(' ? behind_bracket(at) : at + 1;
	return at < end ? at : end;
}

static void spell_out(const struct spelling *spelling, const char *line)
{
	const char *open = line + strcspn(line, "[("), *behind, *end;
	char spelt[USAGE_MAX];

	snprintf(spelt, sizeof(spelt), "%s", line);
	if (!*open) {
		visit_words(spelling, spelt);
		return;
	}
	behind = behind_bracket(open);
	for (const char *at = open + 1; at < behind; at = end + 1) {
		end = end_of_alternative(at, behind - 1);
		snprintf(spelt, sizeof(spelt), "%.*s%.*s%s", (int)(open - line), line,
			 (int)(end - at), at, behind);
		spell_out(spelling, spelt);
	}
	if (*open == '[') {
		snprintf(spelt, sizeof(spelt), "%.*s%s", (int)(open - line), line, behind);
		spell_out(spelling, spelt);
	}
}

void usage_operands(const struct command *command, visit_fn visit)
{
	struct spelling spelling = {.command = command, .visit = visit};

	spell_out(&spelling, command->operands ? command->operands : "");
}
