/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"
#include "words.h"
#include "util.h"

void table_init(struct table *table, const struct column *columns)
{
	*table = (struct table){.columns = columns};
	while (columns[table->n_columns].title)
		table->n_columns++;
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
		cell.text = safe_copy(raw);
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
