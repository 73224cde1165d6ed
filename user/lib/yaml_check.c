/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file has to be before libfyaml sees it. It keeps all that stands on a line until it knows
 * whether that is a key (400 bytes of memory a byte of file), and needs quadratic time for runs of
 * blank lines and for %TAG.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "yaml_internal.h"

#define LINE_MAX_BYTES	(1u << 20)
#define BLANK_LINES_MAX 100
#define DIRECTIVES_MAX	16

static bool allowed(uint32_t c)
{
	return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t';
}

/* The first byte that belongs to no text, or the size. */
static size_t find_foreign(const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size) {
		uint32_t c;
		size_t length = ig_utf8_decode(bytes + at, size - at, &c);

		if (!length || !allowed(c))
			return at;
		at += length;
	}
	return at;
}

/* There are @n of @what. */
static int refuse(struct ig_yaml_set *set, const struct ig_yaml *doc, size_t offset,
		  const char *hint, const char *what, size_t n, size_t most)
{
	struct ig_loc loc = ig_yaml_loc(doc, offset);

	ig_error(set->diags, &loc, hint, "%zu %s: %zu more than the limit of %zu", n, what,
		 n - most, most);
	return -EINVAL;
}

struct lines {
	uint32_t line;	     /* the one that is looked at, from 0 */
	size_t blank;	     /* lines before it */
	size_t first_blank;  /* where they begin */
	size_t directives;   /* so far */
	size_t last_allowed; /* of them */
	size_t next_mark;
};

static void mark_line(struct lines *lines, struct ig_yaml *doc, size_t start, size_t end)
{
	for (; lines->next_mark <= end; lines->next_mark += IG_YAML_MARK_EVERY)
		doc->marks[lines->next_mark / IG_YAML_MARK_EVERY] =
			(struct ig_yaml_mark){lines->line, (uint32_t)start};
}

/* Behind a run of blank lines, or at the end. */
static int check_blank(struct ig_yaml_set *set, const struct lines *lines,
		       const struct ig_yaml *doc)
{
	if (lines->blank <= BLANK_LINES_MAX)
		return 0;
	return refuse(set, doc, lines->first_blank, "leave some out", "blank lines in a row",
		      lines->blank, BLANK_LINES_MAX);
}

static int check_line(struct ig_yaml_set *set, struct lines *lines, const struct ig_yaml *doc,
		      size_t start, size_t end)
{
	const char *text = doc->bytes + start;
	bool blank = strspn(text, " \t\r") >= end - start;
	int r = 0;

	/* behind the last line break is no line where nothing follows */
	if (blank && start < doc->size && !lines->blank++)
		lines->first_blank = start;
	if (!blank) {
		r = check_blank(set, lines, doc);
		lines->blank = 0;
	}
	if (*text == '%' && ++lines->directives <= DIRECTIVES_MAX)
		lines->last_allowed = start;
	if (!r && end - start > LINE_MAX_BYTES)
		return refuse(set, doc, start, "break it: for JSON, `jq .` does",
			      "bytes in one line", end - start, LINE_MAX_BYTES);
	return r;
}

static int check_lines(struct ig_yaml_set *set, struct ig_yaml *doc)
{
	struct lines lines = {0};
	size_t start = 0;
	int r = 0;

	/* One line more than there are line breaks; it may be empty. */
	while (!r && start <= doc->size) {
		const char *newline = memchr(doc->bytes + start, '\n', doc->size - start);
		size_t end = newline ? (size_t)(newline - doc->bytes) : doc->size;

		mark_line(&lines, doc, start, end);
		r = check_line(set, &lines, doc, start, end);
		start = end + 1;
		lines.line++;
	}
	r = r ? r : check_blank(set, &lines, doc);
	if (!r && lines.directives > DIRECTIVES_MAX)
		r = refuse(set, doc, lines.last_allowed, "leave them out",
			   "lines that begin with %", lines.directives, DIRECTIVES_MAX);
	return r;
}

int ig_yaml_scan_text(struct ig_yaml_set *set, struct ig_yaml *doc)
{
	size_t foreign = find_foreign(doc->bytes, doc->size);
	struct ig_loc loc;
	int r;

	doc->marks = calloc(doc->size / IG_YAML_MARK_EVERY + 1, sizeof(*doc->marks));
	if (!doc->marks)
		return -ENOMEM;
	r = check_lines(set, doc);
	if (r || foreign == doc->size)
		return r;
	loc = ig_yaml_loc(doc, foreign);
	ig_error(set->diags, &loc, "an inventory is text in UTF-8",
		 "byte 0x%02x is not text: the file is binary, or in another encoding",
		 (unsigned char)doc->bytes[foreign]);
	return -EINVAL;
}
