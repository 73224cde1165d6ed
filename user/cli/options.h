/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options as tables: what is parsed is what --help prints.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;
struct command;

enum option_type {
	OPTION_TYPE_FLAG,   /* bool */
	OPTION_TYPE_TEXT,   /* const char * */
	OPTION_TYPE_NUMBER, /* uint64_t, from 1 */
	OPTION_TYPE_CHOICE, /* int: position in choices */
	OPTION_TYPE_SPAN,   /* uint64_t: seconds, written "90s", "5m", "1h" or "2d" */
};

struct option_spec {
	const char *name; /* without its dashes; NULL ends a table */
	char letter;	  /* 0: none */
	enum option_type type;
	size_t offset;		    /* of the field that it sets */
	const char *value;	    /* what the help calls its value; NULL: takes none */
	const char *const *choices; /* ends with NULL */
	const char *help;
};

/* The offset of a field, if it has the type that the option writes. */
#define OPTION_FIELD(type, field, wanted)                                                     \
	(offsetof(type, field) +                                                              \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->field), wanted) \
				 ? 1                                                          \
				 : -1]))

#define OPTION_FLAG(text, short_name, struct_type, field, words)                  \
	{                                                                         \
		.name = (text), .letter = (short_name), .type = OPTION_TYPE_FLAG, \
		.offset = OPTION_FIELD(struct_type, field, bool), .help = (words) \
	}
#define OPTION_TEXT(text, struct_type, field, what, words)                                \
	{                                                                                 \
		.name = (text), .type = OPTION_TYPE_TEXT, .value = (what),                \
		.offset = OPTION_FIELD(struct_type, field, const char *), .help = (words) \
	}
#define OPTION_NUMBER(text, struct_type, field, what, words)                          \
	{                                                                             \
		.name = (text), .type = OPTION_TYPE_NUMBER, .value = (what),          \
		.offset = OPTION_FIELD(struct_type, field, uint64_t), .help = (words) \
	}
#define OPTION_SPAN(text, struct_type, field, what, words)                            \
	{                                                                             \
		.name = (text), .type = OPTION_TYPE_SPAN, .value = (what),            \
		.offset = OPTION_FIELD(struct_type, field, uint64_t), .help = (words) \
	}
#define OPTION_CHOICE(text, struct_type, field, list, what, words)                              \
	{                                                                                       \
		.name = (text), .type = OPTION_TYPE_CHOICE, .value = (what), .choices = (list), \
		.offset = OPTION_FIELD(struct_type, field, int), .help = (words)                \
	}

extern const struct option_spec global_options[];

/*
 * Reads the command line into @cli: globals, command, its options (allocated, the caller frees
 * cli->options) and its operands, which @operands has room for (as many as there are arguments).
 * Says what is wrong. Returns 0 or CLI_USAGE, or CLI_FAILED without memory.
 */
int options_parse(struct cli *cli, int argc, char **argv, const char **operands);

void options_print(const struct option_spec *specs);
