/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"
#include "util.h"

/* ------------------------------------------------------------------------------------------------------------ colour */

static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",		 [STYLE_BOLD] = "\033[1m",  [STYLE_GOOD] = "\033[32m",
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

/* ------------------------------------------------------------------------------------------------------------ tables */

void table_init(struct table *table, const struct column *columns)
{
	*table = (struct table){.columns = columns};
	while (columns[table->n_columns].title)
		table->n_columns++;
}

static char *escaped(const char *text)
{
	size_t n = iotguard_escape_text(text, NULL, 0);
	char *copy = malloc(n + 1);

	if (copy)
		iotguard_escape_text(text, copy, n + 1);
	return copy;
}

static bool table_grow(struct table *table)
{
	size_t capacity = table->capacity ? 2 * table->capacity : 64;
	struct cell *cells;

	if (table->n_cells < table->capacity)
		return true;
	cells = reallocarray(table->cells, capacity, sizeof(*cells));
	if (!cells)
		return false;
	table->cells = cells;
	table->capacity = capacity;
	return true;
}

void table_add(struct table *table, enum style style, const char *format, ...)
{
	_free_ char *raw = NULL;
	struct cell cell = {.style = style};
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&raw, format, arguments) < 0)
		raw = NULL;
	va_end(arguments);
	if (raw)
		cell.text = escaped(raw);
	if (!cell.text || !table_grow(table)) {
		free(cell.text);
		table->failed = true;
		return;
	}
	table->cells[table->n_cells++] = cell;
}

/* Columns on a screen, taking every character for one. */
static int text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void measure(const struct table *table, int widths[TABLE_COLUMNS])
{
	for (size_t i = 0; i < table->n_columns; i++)
		widths[i] = text_width(table->columns[i].title);
	for (size_t i = 0; i < table->n_cells; i++) {
		int width = text_width(table->cells[i].text);
		int *widest = &widths[i % table->n_columns];

		*widest = width > *widest ? width : *widest;
	}
}

static void print_cell(const struct table *table, const struct cli *cli, size_t column,
		       const struct cell *cell, int width)
{
	int space = width - text_width(cell->text);
	bool right = table->columns[column].right;
	bool last = column + 1 == table->n_columns;

	printf("%*s%s%s%s", right ? space : 0, "", style_on(cli, cell->style), cell->text,
	       style_off(cli, cell->style));
	if (last)
		putchar('\n');
	else
		printf("%*s", (right ? 0 : space) + 2, "");
}

int table_print(const struct table *table, const struct cli *cli)
{
	int widths[TABLE_COLUMNS] = {0};

	if (table->failed) {
		cli_error(cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	measure(table, widths);
	for (size_t i = 0; i < table->n_columns; i++) {
		struct cell title = {.text = (char *)table->columns[i].title, .style = STYLE_BOLD};

		print_cell(table, cli, i, &title, widths[i]);
	}
	for (size_t i = 0; i < table->n_cells; i++) {
		size_t column = i % table->n_columns;

		print_cell(table, cli, column, &table->cells[i], widths[column]);
	}
	return CLI_OK;
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i].text);
	free(table->cells);
	*table = (struct table){0};
}

/* ----------------------------------------------------------------------------------------------------------- words */

const char *number_text(uint64_t number, char *buf)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *out = buf;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}

const char *size_text(uint64_t bytes, char *buf)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, NUMBER_TEXT, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return buf;
}

const char *duration_text(uint64_t seconds, char *buf)
{
	static const struct {
		uint64_t seconds;
		const char *one, *many;
	} units[] = {
		{86400, "day", "days"},
		{3600, "hour", "hours"},
		{60, "minute", "minutes"},
		{1, "second", "seconds"},
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].seconds)
		i++;
	seconds /= units[i].seconds;
	snprintf(buf, NUMBER_TEXT, "%llu %s", (unsigned long long)seconds,
		 plural(seconds, units[i].one, units[i].many));
	return buf;
}

const char *plural(uint64_t number, const char *one, const char *many)
{
	return number == 1 ? one : many;
}

const char *safe_text(const char *text, char *buf)
{
	iotguard_escape_text(text, buf, TEXT_USUAL);
	return buf;
}

const char *address_text(const uint8_t addr[16], uint8_t version, char *buf)
{
	const void *bytes = version == 4 ? addr + 12 : addr;

	if (!inet_ntop(version == 4 ? AF_INET : AF_INET6, bytes, buf, ADDRESS_TEXT))
		buf[0] = '\0';
	return buf;
}

const char *mac_text(const uint8_t mac[6], char *buf)
{
	snprintf(buf, ADDRESS_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return buf;
}

/* ------------------------------------------------------------------------------------------------------------- JSON */

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

static json_t *json_diag(const struct iotguard_diag *diag)
{
	static const char *const severities[] = {
		[IOTGUARD_ERROR] = "error",
		[IOTGUARD_WARNING] = "warning",
		[IOTGUARD_NOTE] = "note",
	};

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "severity", severities[diag->severity],
			 "file", json_text(diag->file), "line", json_place(diag->line), "column",
			 json_place(diag->column), "message", json_text(diag->message), "hint",
			 json_text(diag->hint));
}

json_t *json_diags(const struct cli *cli)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < iotguard_diag_count(cli->ig); i++) {
		if (json_array_append_new(list, json_diag(iotguard_diag_get(cli->ig, i))))
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

/* ---------------------------------------------------------------------------------------------------------- the end */

bool output_reader_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

int output_finish(const struct cli *cli)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return CLI_OK;
	if (output_reader_gone())
		return CLI_OK;
	cli_error(cli, NULL, "standard output: %s", errno ? strerror(errno) : "could not be written");
	return CLI_FAILED;
}
