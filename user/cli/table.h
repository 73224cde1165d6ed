/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Aligned tables for people.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

#define TABLE_COLUMNS 12

struct column {
	const char *title;
	bool right; /* aligned, for numbers */
};

struct cell {
	char *text; /* owned, escaped */
	enum style style;
};

/*
 * Rows are kept until the widths are known. The number of columns is that of the first NULL title.
 */
struct table {
	const struct column *columns;
	size_t n_columns;
	struct cell *cells; /* row by row */
	size_t n_cells, capacity;
	bool failed; /* out of memory */
};

#define _table_ __attribute__((cleanup(table_clear)))

/* @table: zeroed, so that its cleanup may come at any time. */
void table_init(struct table *table, const struct column *columns);
/*
 * The next cell, from left to right, row by row. Escapes what it prints. Without memory the table
 * is marked failed.
 */
void table_add(struct table *table, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Returns enum cli_exit. */
int table_print(const struct table *table, const struct cli *cli);
void table_clear(struct table *table);
