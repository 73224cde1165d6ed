/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "util.h"

/* Longer ones, such as a rule of many ports, are printed from memory of their own. */
#define DIAG_USUAL 1024

static void print_diag(const struct cli *cli, const struct iotguard_diag *diag)
{
	bool colour = cli && cli->colour_errors;
	char usual[DIAG_USUAL];
	size_t n = iotguard_diag_text(diag, PROGRAM, colour, usual, sizeof(usual));
	_free_ char *longer = NULL;

	if (n >= sizeof(usual)) {
		longer = malloc(n + 1);
		if (longer)
			iotguard_diag_text(diag, PROGRAM, colour, longer, n + 1);
	}
	fprintf(stderr, "%s\n", longer ? longer : usual);
}

static void print_message(const struct cli *cli, enum iotguard_severity severity, const char *hint,
			  const char *format, va_list arguments)
{
	_free_ char *message = NULL;
	struct iotguard_diag diag = {.severity = severity, .hint = hint};

	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	diag.message = message ? message : "out of memory";
	print_diag(cli, &diag);
}

void cli_error(const struct cli *cli, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_message(cli, IOTGUARD_ERROR, hint, format, arguments);
	va_end(arguments);
}

void cli_note(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_message(cli, IOTGUARD_NOTE, NULL, format, arguments);
	va_end(arguments);
}

int cli_usage_error(const struct cli *cli, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_message(cli, IOTGUARD_ERROR, hint, format, arguments);
	va_end(arguments);
	return CLI_USAGE;
}

enum iotguard_severity cli_severity(const struct cli *cli, const struct iotguard_diag *diag)
{
	if (cli->strict && diag->severity == IOTGUARD_WARNING)
		return IOTGUARD_ERROR;
	return diag->severity;
}

void cli_print_diags(struct cli *cli)
{
	size_t count = iotguard_diag_count(cli->ig);
	size_t dropped = iotguard_diag_dropped(cli->ig);

	if (count == cli->diags_printed)
		return;
	/* What the command said so far stands in front of what went wrong after it. */
	fflush(stdout);
	for (; cli->diags_printed < count; cli->diags_printed++) {
		struct iotguard_diag diag = *iotguard_diag_get(cli->ig, cli->diags_printed);

		diag.severity = cli_severity(cli, &diag);
		print_diag(cli, &diag);
	}
	if (dropped)
		cli_note(cli, "%zu more are not shown", dropped);
}

static bool diag_names_capability(const struct cli *cli)
{
	for (size_t i = 0; i < iotguard_diag_count(cli->ig); i++) {
		const struct iotguard_diag *diag = iotguard_diag_get(cli->ig, i);

		if (strstr(diag->message, "CAP_") || (diag->hint && strstr(diag->hint, "CAP_")))
			return true;
	}
	return false;
}

static void explain(struct cli *cli, int err)
{
	cli_print_diags(cli);
	if (!iotguard_diag_errors(cli->ig))
		cli_error(cli, NULL, "%s", strerror(-err));
}

int cli_fail(struct cli *cli, int err)
{
	explain(cli, err);
	switch (-err) {
	case EPERM:
	case EOPNOTSUPP:
		return CLI_UNABLE;
	case EACCES:
		/* The verifier refuses programs with it, too. */
		return diag_names_capability(cli) ? CLI_UNABLE : CLI_FAILED;
	default:
		return CLI_FAILED;
	}
}

int cli_fail_inventory(struct cli *cli, int err)
{
	explain(cli, err);
	return err == -ENOMEM ? CLI_FAILED : CLI_INVALID;
}

int cli_fail_change(struct cli *cli, int err)
{
	if (err != -ENOENT || iotguard_diag_errors(cli->ig))
		return cli_fail(cli, err);
	cli_error(cli, "'" PROGRAM " apply INVENTORY' enforces one", "nothing is enforced here");
	return CLI_FAILED;
}

int cli_nothing_enforced(struct cli *cli)
{
	if (cli->globals.json)
		return output_json(json_pack("{s:b}", "enforced", 0));
	printf("nothing is enforced here: traffic passes unfiltered\n"
	       "    to begin: " PROGRAM " check INVENTORY, then " PROGRAM " apply INVENTORY\n");
	return CLI_OK;
}
