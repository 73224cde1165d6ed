/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard output: colour, JSON documents, and whether all of it could be written.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;

/* --------------------------------------------------------------------------------------- colour */

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

/* ----------------------------------------------------------------------------------------- JSON */

/*
 * Any text as a JSON string; NULL: null. Bytes that are no UTF-8 become U+FFFD. NULL without
 * memory.
 */
json_t *json_text(const char *text);
json_t *json_count(uint64_t number);
/* Seconds since the epoch as "2026-11-22T10:31:05Z"; 0: null. */
json_t *json_time(uint64_t seconds);
/* The list of diagnostics of the handle. */
json_t *json_diags(const struct cli *cli);

/* Prints @document, frees it and returns enum cli_exit. NULL stands for being out of memory. */
int output_json(json_t *document);

/*
 * Flushes standard output. CLI_FAILED, and says why, if something could not be written; a reader
 * that went away is no failure.
 */
int output_finish(const struct cli *cli);
