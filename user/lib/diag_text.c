/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A diagnostic as compilers print it, so that editors find the place.
 */
#include "escape.h"
#include "iotguard/iotguard.h"

#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BLUE   "\033[1;34m"
#define PLAIN  "\033[0m"

static const struct {
	const char *word;
	const char *colour;
} severities[] = {
	[IOTGUARD_ERROR] = {"error", RED},
	[IOTGUARD_WARNING] = {"warning", YELLOW},
	[IOTGUARD_NOTE] = {"note", BLUE},
};

static void put_place(struct ig_writer *w, const struct iotguard_diag *diag, const char *program)
{
	ig_escape_text(w, diag->file ? diag->file : program, IG_ESCAPE_ALL);
	if (diag->file && diag->line) {
		ig_put_char(w, ':');
		ig_put_u64(w, diag->line);
	}
	if (diag->file && diag->line && diag->column) {
		ig_put_char(w, ':');
		ig_put_u64(w, diag->column);
	}
	ig_put(w, ": ");
}

size_t iotguard_diag_text(const struct iotguard_diag *diag, const char *program, bool colour,
			  char *buf, size_t size)
{
	struct ig_writer w = {.buf = buf, .size = size};
	enum iotguard_severity severity =
		(unsigned int)diag->severity <= IOTGUARD_NOTE ? diag->severity : IOTGUARD_NOTE;

	ig_put(&w, colour ? BOLD : "");
	put_place(&w, diag, program);
	ig_put(&w, colour ? severities[severity].colour : "");
	ig_put(&w, severities[severity].word);
	ig_put(&w, colour ? ": " PLAIN : ": ");
	ig_escape_text(&w, diag->message, IG_ESCAPE_ALL);
	if (diag->hint) {
		ig_put(&w, "\n    hint: ");
		ig_escape_text(&w, diag->hint, IG_ESCAPE_ALL);
	}
	return ig_writer_end(&w);
}
