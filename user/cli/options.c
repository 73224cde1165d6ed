/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "util.h"

static const char *const colour_choices[] = {"auto", "always", "never", NULL};

const struct option_spec global_options[] = {
	OPTION_FLAG("json", 0, struct cli_globals, json,
		    "print JSON: only that is promised stable"),
	OPTION_CHOICE("color", struct cli_globals, colour, colour_choices, "auto|always|never",
		      "colour the text; auto: on a terminal, unless NO_COLOR is set"),
	OPTION_TEXT("state-dir", struct cli_globals, state_dir, "DIR",
		    "where the kernel objects are pinned (" IOTGUARD_STATE_DIR ")"),
	OPTION_TEXT("save-dir", struct cli_globals, save_dir, "DIR",
		    "what iotguardd saved before a reboot (" IOTGUARD_SAVE_DIR ")"),
	OPTION_TEXT("socket", struct cli_globals, socket, "PATH",
		    "where iotguardd listens (events.sock beside the state-dir)"),
	OPTION_FLAG("help", 'h', struct cli_globals, help, "explain the command"),
	OPTION_FLAG("version", 0, struct cli_globals, version, "as the command `version`"),
	{0},
};

struct parser {
	struct cli *cli;
	int argc;
	char **argv;
	int at;
	const char **operands;
	bool only_operands; /* behind "--" */
};

/* --------------------------------------------------------------------------- which option it is */

static bool has_name(const struct option_spec *spec, const char *word, size_t length)
{
	return strlen(spec->name) == length && !strncmp(spec->name, word, length);
}

/* @word: "name", "name=value" with @dashes 2, or a letter. */
static const struct option_spec *find_in(const struct option_spec *specs, const char *word,
					 size_t dashes)
{
	for (; specs && specs->name; specs++) {
		if (dashes == 2 && has_name(specs, word, strcspn(word, "=")))
			return specs;
		if (dashes == 1 && specs->letter && word[0] == specs->letter && !word[1])
			return specs;
	}
	return NULL;
}

static int unknown_option(struct parser *parser, const char *argument)
{
	const struct command *command = parser->cli->command;

	if (!command)
		return cli_usage_error(parser->cli, "options of a command stand behind its name",
				       "unknown option '%s'", argument);
	return cli_usage_error(parser->cli, "`" PROGRAM " help COMMAND` lists its options",
			       "unknown option '%s' of '%s'", argument, command->name);
}

/* --------------------------------------------------------------------------------- what it sets */

static int set_number(struct parser *parser, const struct option_spec *spec, void *field,
		      const char *value)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno || *end || value[0] < '0' || value[0] > '9' || !number)
		return cli_usage_error(parser->cli, "a whole number, 1 or more",
				       "--%s: '%s' is no number of them", spec->name, value);
	*(uint64_t *)field = number;
	return 0;
}

/* A number and its unit, without which nobody knows what was meant. */
static int set_span(struct parser *parser, const struct option_spec *spec, void *field,
		    const char *value)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (errno || value[0] < '0' || value[0] > '9' || !number ||
		    end[0] != units[i].letter || end[1] || number > UINT64_MAX / units[i].seconds)
			continue;
		*(uint64_t *)field = number * units[i].seconds;
		return 0;
	}
	return cli_usage_error(parser->cli, "a number with its unit: 90s, 5m, 1h or 2d",
			       "--%s: '%s' is no span of time", spec->name, value);
}

static int set_choice(struct parser *parser, const struct option_spec *spec, void *field,
		      const char *value)
{
	for (int i = 0; spec->choices[i]; i++) {
		if (!strcmp(spec->choices[i], value)) {
			*(int *)field = i;
			return 0;
		}
	}
	return cli_usage_error(parser->cli, spec->value, "--%s: '%s' is none of its values",
			       spec->name, value);
}

static int set_value(struct parser *parser, const struct option_spec *spec, void *field,
		     const char *value)
{
	switch (spec->type) {
	case OPTION_TYPE_NUMBER:
		return set_number(parser, spec, field, value);
	case OPTION_TYPE_SPAN:
		return set_span(parser, spec, field, value);
	case OPTION_TYPE_CHOICE:
		return set_choice(parser, spec, field, value);
	case OPTION_TYPE_TEXT:
		*(const char **)field = value;
		return 0;
	case OPTION_TYPE_FLAG:
		*(bool *)field = true;
		return 0;
	}
	return 0;
}

/* "--name=value", or the next argument. NULL: there is none. */
static const char *take_value(struct parser *parser, const char *word)
{
	const char *equals = strchr(word, '=');

	if (equals)
		return equals + 1;
	return parser->at + 1 < parser->argc ? parser->argv[++parser->at] : NULL;
}

static int parse_option(struct parser *parser, const char *argument)
{
	struct cli *cli = parser->cli;
	size_t dashes = argument[1] == '-' ? 2 : 1;
	const char *word = argument + dashes;
	const struct option_spec *spec = find_in(global_options, word, dashes);
	void *base = &cli->globals;
	const char *value = NULL;

	if (!spec && cli->command) {
		spec = find_in(cli->command->options, word, dashes);
		base = cli->options;
	}
	if (!spec)
		return unknown_option(parser, argument);
	if (spec->type == OPTION_TYPE_FLAG && dashes == 2 && strchr(word, '='))
		return cli_usage_error(cli, NULL, "--%s takes no value", spec->name);
	if (spec->type != OPTION_TYPE_FLAG) {
		value = take_value(parser, word);
		if (!value)
			return cli_usage_error(cli, NULL, "--%s wants a value: %s", spec->name,
					       spec->value);
	}
	return set_value(parser, spec, (char *)base + spec->offset, value);
}

/* ------------------------------------------------------------------------ commands and operands */

static int unknown_command(struct parser *parser, const char *name)
{
	char list[256] = "";

	for (size_t i = 0; commands[i]; i++) {
		size_t n = strlen(list);

		if (commands[i]->hidden)
			continue;
		snprintf(list + n, sizeof(list) - n, "%s%s",
			 i ? ", " : "commands: ", commands[i]->name);
	}
	return cli_usage_error(parser->cli, list, "unknown command '%s'", name);
}

static int take_command(struct parser *parser, const char *name)
{
	struct cli *cli = parser->cli;

	cli->command = command_find(name);
	if (!cli->command)
		return unknown_command(parser, name);
	cli->options = calloc(1, cli->command->options_size ? cli->command->options_size : 1);
	if (cli->options)
		return 0;
	cli_error(cli, NULL, "out of memory");
	return CLI_FAILED;
}

static int parse_argument(struct parser *parser, const char *argument)
{
	struct cli *cli = parser->cli;

	if (!parser->only_operands && !strcmp(argument, "--")) {
		parser->only_operands = true;
		return 0;
	}
	if (!parser->only_operands && argument[0] == '-' && argument[1])
		return parse_option(parser, argument);
	if (!cli->command)
		return take_command(parser, argument);
	parser->operands[cli->n_operands++] = argument;
	return 0;
}

static int check_operands(const struct cli *cli)
{
	const struct command *command = cli->command;

	if (!command || cli->globals.help || cli->globals.version)
		return 0;
	if (cli->n_operands < command->min_operands)
		return cli_usage_error(cli, NULL, "'%s' wants %s", command->name,
				       command->operands);
	if (cli->n_operands > command->max_operands)
		return cli_usage_error(cli, NULL, "'%s' has no use for '%s'", command->name,
				       cli->operands[command->max_operands]);
	return 0;
}

int options_parse(struct cli *cli, int argc, char **argv, const char **operands)
{
	struct parser parser = {.cli = cli, .argc = argc, .argv = argv, .operands = operands};
	int status = 0;

	cli->operands = operands;
	for (parser.at = 1; !status && parser.at < argc; parser.at++)
		status = parse_argument(&parser, argv[parser.at]);
	return status ? status : check_operands(cli);
}

/* ----------------------------------------------------------------------------------------- help */

static int synopsis(const struct option_spec *spec, char *buf, size_t size)
{
	char letter[8] = "";

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	return snprintf(buf, size, "%s--%s%s%s", letter, spec->name, spec->value ? " " : "",
			spec->value ? spec->value : "");
}

void options_print(const struct option_spec *specs)
{
	char text[64];
	int width = 0;

	for (const struct option_spec *spec = specs; spec->name; spec++) {
		int n = synopsis(spec, text, sizeof(text));

		width = n > width ? n : width;
	}
	for (; specs->name; specs++) {
		synopsis(specs, text, sizeof(text));
		printf("  %-*s  %s\n", width, text, specs->help);
	}
}
