/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "output.h"
#include "table.h"
#include "util.h"

/* Reasons have 7 bits in the kernel's counters. */
#define REASONS 128

static int help_command(const struct command *command)
{
	printf("usage: " PROGRAM " %s%s%s%s\n\n%s.\n", command->name, *command->operands ? " " : "",
	       command->operands, command->options ? " [option ...]" : "", command->summary);
	if (command->description)
		printf("\n%s\n", command->description);
	if (command->options) {
		printf("\noptions:\n");
		options_print(command->options);
	}
	printf("\noptions of every command:\n");
	options_print(global_options);
	return CLI_OK;
}

static void print_commands(void)
{
	int width = 0;

	for (size_t i = 0; commands[i]; i++) {
		int n = (int)strlen(commands[i]->name);

		if (!commands[i]->hidden && n > width)
			width = n;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->hidden)
			printf("  %-*s  %s\n", width, commands[i]->name, commands[i]->summary);
	}
}

static int help_all(void)
{
	printf("usage: " PROGRAM " [option ...] [command [operand ...] [option ...]]\n\n"
	       "Enforces, in the kernel, what each device behind this gateway may do.\n"
	       "Without a command: what is enforced now.\n\ncommands:\n");
	print_commands();
	printf("\noptions:\n");
	options_print(global_options);
	printf("\n`" PROGRAM " help COMMAND` explains one, `" PROGRAM
	       " help reasons` why packets pass and drop.\n");
	return CLI_OK;
}

static json_t *reasons_json(void)
{
	_json_ json_t *list = json_array();

	for (unsigned int i = 0; list && i < REASONS; i++) {
		json_t *item;

		if (!iotguard_reason_token(i))
			continue;
		item = json_pack("{s:i, s:s, s:b, s:s}", "number", (int)i, "reason",
				 iotguard_reason_token(i), "passes", iotguard_reason_passes(i),
				 "sentence", iotguard_reason_sentence(i));
		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_pack("{s:O}", "reasons", list);
}

static int help_reasons(const struct cli *cli)
{
	static const struct column columns[] = {
		{"reason", false}, {"verdict", false}, {"meaning", false}, {0}};
	_table_ struct table table = {0};

	if (cli->globals.json)
		return output_json(reasons_json());
	table_init(&table, columns);
	for (unsigned int i = 0; i < REASONS; i++) {
		bool passes = iotguard_reason_passes(i);

		if (!iotguard_reason_token(i))
			continue;
		table_add(&table, STYLE_BOLD, "%s", iotguard_reason_token(i));
		table_add(&table, passes ? STYLE_GOOD : STYLE_BAD, passes ? "pass" : "drop");
		table_add(&table, STYLE_PLAIN, "%s", iotguard_reason_sentence(i));
	}
	return table_print(&table, cli);
}

static int run(struct cli *cli)
{
	const struct command *command;

	if (!cli->n_operands)
		return help_all();
	if (!strcmp(cli->operands[0], "reasons"))
		return help_reasons(cli);
	command = command_find(cli->operands[0]);
	if (!command)
		return cli_usage_error(cli, "`" PROGRAM " help` lists the commands",
				       "no help on '%s'", cli->operands[0]);
	return help_command(command);
}

const struct command cmd_help = {
	.name = "help",
	.operands = "[COMMAND|reasons]",
	.summary = "Explain a command, or why packets pass and drop",
	.max_operands = 1,
	.run = run,
};
