/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes to standard output: aligned tables, numbers for people, JSON documents.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;

/* ------------------------------------------------------------------------------------------------------------ colour */

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
};

/* The escape sequences around a word; empty strings where there is no colour. */
const char *style_on(const struct cli *cli, enum style style);
const char *style_off(const struct cli *cli, enum style style);

/* Decides for standard output and standard error, by --color, NO_COLOR, TERM and what they are. */
void output_choose_colour(struct cli *cli);

/* ------------------------------------------------------------------------------------------------------------ tables */

#define TABLE_COLUMNS 12

struct column {
	const char *title;
	bool right; /* aligned, for numbers */
};

struct cell {
	char *text; /* owned, escaped */
	enum style style;
};

/* Rows are kept until the widths are known. The number of columns is that of the first NULL title. */
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
/* The next cell, from left to right, row by row. Escapes what it prints. Without memory the table is marked failed. */
void table_add(struct table *table, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Returns enum cli_exit. */
int table_print(const struct table *table, const struct cli *cli);
void table_clear(struct table *table);

/* ----------------------------------------------------------------------------------------------------------- words */

#define NUMBER_TEXT 32

/* "1,234,567". Returns @buf, of NUMBER_TEXT bytes. */
const char *number_text(uint64_t number, char *buf);
/* "3.2 MiB". */
const char *size_text(uint64_t bytes, char *buf);
/* "2 minutes", "3 days": the largest unit. */
const char *duration_text(uint64_t seconds, char *buf);
/* "device" for 1, "devices" otherwise. */
const char *plural(uint64_t number, const char *one, const char *many);

#define TEXT_USUAL 512

/* Escapes @text, which may be NULL, into @buf of TEXT_USUAL bytes; cut off if longer. Returns @buf. */
const char *safe_text(const char *text, char *buf);

#define ADDRESS_TEXT 48

/* @addr: 16 bytes in network order, @version 4: v4-mapped. Returns @buf, of ADDRESS_TEXT bytes. */
const char *address_text(const uint8_t addr[16], uint8_t version, char *buf);
const char *mac_text(const uint8_t mac[6], char *buf);

/* ------------------------------------------------------------------------------------------------------------- JSON */

/* Any text as a JSON string; NULL: null. Bytes that are no UTF-8 become U+FFFD. NULL without memory. */
json_t *json_text(const char *text);
json_t *json_count(uint64_t number);
/* Seconds since the epoch as "2026-11-22T10:31:05Z"; 0: null. */
json_t *json_time(uint64_t seconds);
/* The list of diagnostics of the handle. */
json_t *json_diags(const struct cli *cli);

/* Prints @document, frees it and returns enum cli_exit. NULL stands for being out of memory. */
int output_json(json_t *document);

/* Flushes standard output. CLI_FAILED, and says why, if something could not be written; a reader that went away is no
 * failure. */
int output_finish(const struct cli *cli);
bool output_reader_gone(void);
