/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"
#include "util.h"

/* --------------------------------------------------------------------------------------- colour */

static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",	   [STYLE_BOLD] = "\033[1m",   [STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
};

const char *style_on(const struct cli *cli, enum style style)
{
	return cli->colour ? style_codes[style] : "";
}

const char *style_off(const struct cli *cli, enum style style)
{
	return cli->colour && style != STYLE_PLAIN ? "\033[0m" : "";
}

static bool colour_on(int choice, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (choice != CLI_COLOUR_AUTO)
		return choice == CLI_COLOUR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

void output_choose_colour(struct cli *cli)
{
	cli->colour = colour_on(cli->globals.colour, STDOUT_FILENO);
	cli->colour_errors = colour_on(cli->globals.colour, STDERR_FILENO);
}

/* ----------------------------------------------------------------------------------------- JSON */

/* Our own writer mends what is no UTF-8; jansson only refuses it. */
static json_t *mended(const char *text)
{
	size_t n = iotguard_escape_json(text, NULL, 0);
	_free_ char *quoted = malloc(n + 3);

	if (!quoted)
		return NULL;
	quoted[0] = '"';
	iotguard_escape_json(text, quoted + 1, n + 1);
	quoted[n + 1] = '"';
	return json_loadb(quoted, n + 2, JSON_DECODE_ANY, NULL);
}

json_t *json_text(const char *text)
{
	json_t *string;

	if (!text)
		return json_null();
	string = json_string(text);
	return string ? string : mended(text);
}

json_t *json_count(uint64_t number)
{
	return json_integer((json_int_t)number);
}

json_t *json_time(uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (!seconds || !gmtime_r(&when, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *json_place(unsigned int number)
{
	return number ? json_integer(number) : json_null();
}

static json_t *json_diag(const struct cli *cli, const struct iotguard_diag *diag)
{
	static const char *const severities[] = {
		[IOTGUARD_ERROR] = "error",
		[IOTGUARD_WARNING] = "warning",
		[IOTGUARD_NOTE] = "note",
	};

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "severity",
			 severities[cli_severity(cli, diag)], "file", json_text(diag->file), "line",
			 json_place(diag->line), "column", json_place(diag->column), "message",
			 json_text(diag->message), "hint", json_text(diag->hint));
}

json_t *json_diags(const struct cli *cli)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < iotguard_diag_count(cli->ig); i++) {
		if (json_array_append_new(list, json_diag(cli, iotguard_diag_get(cli->ig, i))))
			return NULL;
	}
	return json_incref(list);
}

int output_json(json_t *document)
{
	int err;

	if (!document) {
		cli_error(NULL, NULL, "out of memory");
		return CLI_FAILED;
	}
	err = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(document);
	putchar('\n');
	/* What could not be written is found again, and said, by output_finish(). */
	return err && !ferror(stdout) ? CLI_FAILED : CLI_OK;
}

/* -------------------------------------------------------------------------------------- the end */

static bool reader_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

int output_finish(const struct cli *cli)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	if (reader_gone())
		return CLI_OK;
	cli_error(cli, NULL, "standard output: %s",
		  errno ? strerror(errno) : "could not be written");
	return CLI_FAILED;
}
