/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the completion of shells is made of. `completion table` prints what the help is printed from, and the build puts
 * that into packaging/completion/: a line of fields with | between them, the last of which may have any character but a
 * newline in it.
 *
 *	command|NAME|SUMMARY
 *	option|COMMAND|--NAME|-LETTER|OFFERS|HELP	COMMAND empty: of all; OFFERS empty: it takes no value
 *	operand|COMMAND|PLACE|BEFORE|OFFER		behind the operands BEFORE, where * is any
 *	reason|TOKEN
 *
 * OFFERS are words with spaces between them; one in angle brackets is a kind of thing. Names of devices and interfaces
 * change: those are asked for when they are wanted.
 */
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "output.h"
#include "usage.h"
#include "util.h"

#define REASONS 128

/* What stands for what in usage lines and tables of options. */
static const struct {
	const char *word, *offer;
} placeholders[] = {
	{"INVENTORY", "<file>"},
	{"CAPTURE", "<file>"},
	{"FILE", "<file>"},
	{"PATH", "<file>"},
	{"DIR", "<directory>"},
	{"DEVICE", "<device>"},
	{"NAME", "<device>"},
	{"INTERFACE", "<interface>"},
	{"REASON", "<reason>"},
	{"COMMAND", "<command>"},
	{"MAC", "<none>"},
	{"ADDRESS", "<none>"},
	{"PORT", "<none>"},
	{"N", "<none>"},
	{"SPAN", "<none>"},
	{"REMOTE", "<none>"},
	{"SERVICE", "<none>"},
	{"TYPE", "drop would-drop new-flow new-device name mud-url policy loss"},
	{"MACHINE", "<device>"},
	{"GROUP", "<none>"},
	{"URL", "<none>"},
	{"DATE", "<none>"},
	{"TIME", "<none>"},
	{"TEXT", "<none>"},
	{"OLD", "<file>"},
	{"NEW", "<file>"},
};

/* A word of its own is offered as it is; one that nobody explained above is found by a test. */
static const char *offer_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++) {
		if (!strcmp(placeholders[i].word, word))
			return placeholders[i].offer;
	}
	return *word >= 'A' && *word <= 'Z' ? "<unknown>" : word;
}

static void print_operand(const struct command *command, size_t place, const char *before,
			  const char *word)
{
	printf("operand|%s|%zu|%s|%s\n", command->name, place, before, offer_of(word));
}

/* "NAME|MAC" are two. */
static void print_offers(const struct option_spec *spec)
{
	char copy[USAGE_MAX], *rest = copy, *word;

	if (!spec->value)
		return;
	snprintf(copy, sizeof(copy), "%s", spec->value);
	for (size_t i = 0; (word = strsep(&rest, "|")); i++)
		printf("%s%s", i ? " " : "", offer_of(word));
}

static void print_options(const char *command, const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		printf("option|%s|--%s|", command, specs->name);
		if (specs->letter)
			printf("-%c", specs->letter);
		putchar('|');
		print_offers(specs);
		printf("|%s\n", specs->help);
	}
}

static int print_table(struct cli *cli)
{
	(void)cli;
	print_options("", global_options);
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->hidden)
			continue;
		printf("command|%s|%s\n", commands[i]->name, commands[i]->summary);
		print_options(commands[i]->name, commands[i]->options);
		usage_operands(commands[i], print_operand);
	}
	for (unsigned int i = 0; i < REASONS; i++) {
		if (iotguard_reason_token(i))
			printf("reason|%s\n", iotguard_reason_token(i));
	}
	return CLI_OK;
}

/* Where nothing is enforced, or this user may not look, there is nothing to offer. */
static int print_devices(struct cli *cli)
{
	_array_ struct iotguard_device_info *devices = NULL;
	size_t count = 0;

	if (iotguard_devices(cli->ig, &devices, &count))
		return CLI_FAILED;
	for (size_t i = 0; i < count; i++)
		puts(devices[i].name);
	return CLI_OK;
}

static int print_interfaces(struct cli *cli)
{
	_array_ struct iotguard_interface_info *interfaces = NULL;
	size_t count = 0;

	if (iotguard_interfaces(cli->ig, &interfaces, &count))
		return CLI_FAILED;
	for (size_t i = 0; i < count; i++) {
		if (interfaces[i].ifindex)
			puts(interfaces[i].name);
	}
	return CLI_OK;
}

static const struct {
	const char *name;
	int (*print)(struct cli *cli);
} subjects[] = {
	{"table", print_table},
	{"devices", print_devices},
	{"interfaces", print_interfaces},
};

static int run(struct cli *cli)
{
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		if (!strcmp(subjects[i].name, cli->operands[0]))
			return subjects[i].print(cli);
	}
	return cli_usage_error(cli, NULL, "'completion' knows no '%s'", cli->operands[0]);
}

const struct command cmd_completion = {
	.name = "completion",
	.operands = "table|devices|interfaces",
	.summary = "For the completion of shells: what there is to type",
	.min_operands = 1,
	.max_operands = 1,
	.hidden = true,
	.run = run,
};
