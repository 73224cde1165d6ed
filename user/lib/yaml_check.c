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

static int refuse(struct ig_yaml_set *set, const struct ig_yaml *doc, size_t offset,
		  const char *hint, const char *message)
{
	struct ig_loc loc = ig_yaml_loc(doc, offset);

	ig_error(set->diags, &loc, hint, "%s", message);
	return -EINVAL;
}

struct lines {
	uint32_t line;	    /* the one that is looked at, from 0 */
	unsigned int blank; /* lines before it */
	unsigned int directives;
	size_t next_mark;
};

static void mark_line(struct lines *lines, struct ig_yaml *doc, size_t start, size_t end)
{
	for (; lines->next_mark <= end; lines->next_mark += IG_YAML_MARK_EVERY)
		doc->marks[lines->next_mark / IG_YAML_MARK_EVERY] =
			(struct ig_yaml_mark){lines->line, (uint32_t)start};
}

static int check_line(struct ig_yaml_set *set, struct lines *lines, const struct ig_yaml *doc,
		      size_t start, size_t end)
{
	const char *text = doc->bytes + start;
	bool blank = strspn(text, " \t\r") >= end - start;

	lines->blank = blank ? lines->blank + 1 : 0;
	lines->directives += *text == '%';
	if (end - start > LINE_MAX_BYTES)
		return refuse(set, doc, start, "break it: for JSON, `jq .` does",
			      "a line has at most 1048576 bytes");
	if (lines->blank > BLANK_LINES_MAX)
		return refuse(set, doc, start, "leave some out",
			      "more than 100 blank lines in a row");
	if (lines->directives > DIRECTIVES_MAX)
		return refuse(set, doc, start, "leave them out",
			      "more than 16 lines that begin with %");
	return 0;
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
