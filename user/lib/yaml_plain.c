/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Most inventories are plain: maps and lists by indentation, values on one line, quotes without escapes. Such a file is
 * read here, several times faster than libfyaml does it. Of everything else (anchors, aliases, tags, escapes, blocks
 * of text, values on several lines, tabs, whatever is a mistake) nothing is read and nothing said: the file
 * is libfyaml's then, from its beginning. So what is taken here has to mean the same there, which tests hold; what is
 * left out costs time only.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "yaml_internal.h"

#define NOT_PLAIN -EAGAIN
#define DEPTH_MAX 32 /* below IG_YAML_DEPTH_MAX */
#define KEY_MAX	  128

struct reader {
	struct ig_yaml_builder *b;
	const char *bytes;
	size_t size;
	uint32_t indents[DEPTH_MAX]; /* of the maps and lists that are open */
	bool waiting;		     /* the last key of the innermost map has no value yet */
};

/* --- values on one line --- */

static bool begins_plain(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '/' || c == '.';
}

static bool ends_in_flow(char c)
{
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

/* Nothing but blanks and a comment up to the end of the line: @at is put there. */
static bool rest_is_empty(const struct reader *r, size_t *at)
{
	size_t i = *at;

	while (r->bytes[i] == ' ')
		i++;
	if (r->bytes[i] == '#' && i > *at) {
		const char *end = memchr(r->bytes + i, '\n', r->size - i);

		i = end ? (size_t)(end - r->bytes) : r->size;
	}
	*at = i;
	return i == r->size || r->bytes[i] == '\n';
}

/* A value without quotes, up to what ends it; blanks at its end are not of it. */
static int read_unquoted(struct reader *r, size_t *at, bool flow)
{
	size_t start = *at, i = start, end = start;
	char c;

	for (; i < r->size && (c = r->bytes[i]) != '\n'; i++) {
		char next = i + 1 < r->size ? r->bytes[i + 1] : '\n';

		if (c == ' ') {
			if (next == '#')
				break;
			continue;
		}
		if (c == ':' && (next == ' ' || next == '\n' || (flow && ends_in_flow(next))))
			return NOT_PLAIN;
		if (flow && ends_in_flow(c))
			break;
		end = i + 1;
	}
	*at = end;
	return ig_yaml_build_scalar(r->b, start, r->bytes + start, end - start, IG_STYLE_PLAIN);
}

/* A backslash, and a quote that stands for itself, are for libfyaml; so is what goes on in the next line. */
static int read_quoted(struct reader *r, size_t *at)
{
	char quote = r->bytes[*at];
	size_t start = *at + 1, i = start;

	for (; i < r->size && r->bytes[i] != quote; i++) {
		if (r->bytes[i] == '\n' || r->bytes[i] == '\\')
			return NOT_PLAIN;
	}
	if (i + 1 >= r->size || r->bytes[i + 1] == quote)
		return NOT_PLAIN;
	*at = i + 1;
	return ig_yaml_build_scalar(r->b, start, r->bytes + start, i - start, IG_STYLE_QUOTED);
}

static int read_scalar(struct reader *r, size_t *at, bool flow)
{
	char c = r->bytes[*at];

	if (c == '"' || c == '\'')
		return read_quoted(r, at);
	return begins_plain(c) ? read_unquoted(r, at, flow) : NOT_PLAIN;
}

/* A word and a colon with a blank or the end of the line behind it. @at: behind the colon. */
static int read_key(struct reader *r, size_t *at)
{
	size_t start = *at, i = start;

	while (i < r->size && i - start <= KEY_MAX &&
	       (isalnum((unsigned char)r->bytes[i]) || strchr("_-.", r->bytes[i])))
		i++;
	if (i == start || i - start > KEY_MAX || !isalnum((unsigned char)r->bytes[start]) ||
	    r->bytes[i] != ':' ||
	    (i + 1 < r->size && r->bytes[i + 1] != ' ' && r->bytes[i + 1] != '\n'))
		return NOT_PLAIN;
	*at = i + 1;
	return ig_yaml_build_scalar(r->b, start, r->bytes + start, i - start, IG_STYLE_PLAIN);
}

static int read_value(struct reader *r, size_t *at, bool flow);

static void skip_blanks(const struct reader *r, size_t *at)
{
	while (r->bytes[*at] == ' ')
		++*at;
}

/* [a, b] and {a: b, c: d} in one line. */
static int read_flow(struct reader *r, size_t *at)
{
	bool map = r->bytes[*at] == '{';
	char close = map ? '}' : ']';
	int err;

	if (r->b->depth >= DEPTH_MAX)
		return NOT_PLAIN;
	err = ig_yaml_build_start(r->b, *at, map ? IG_NODE_MAP : IG_NODE_LIST);
	++*at;
	skip_blanks(r, at);
	while (!err && r->bytes[*at] != close) {
		err = map ? read_key(r, at) : 0;
		if (!err && map)
			skip_blanks(r, at);
		err = err ? err : read_value(r, at, true);
		skip_blanks(r, at);
		if (err || r->bytes[*at] == close)
			break;
		if (r->bytes[*at] != ',')
			return NOT_PLAIN;
		++*at;
		skip_blanks(r, at);
		if (r->bytes[*at] == close)
			return NOT_PLAIN;
	}
	++*at;
	return err ? err : ig_yaml_build_end(r->b);
}

static int read_value(struct reader *r, size_t *at, bool flow)
{
	if (r->bytes[*at] == '[' || r->bytes[*at] == '{')
		return read_flow(r, at);
	return read_scalar(r, at, flow);
}

/* --- lines --- */

static int open_block(struct reader *r, enum ig_node_type type, size_t at, uint32_t indent)
{
	if (r->b->depth >= DEPTH_MAX)
		return NOT_PLAIN;
	r->indents[r->b->depth] = indent;
	r->waiting = false;
	return ig_yaml_build_start(r->b, at, type);
}

static bool is_innermost(const struct reader *r, enum ig_node_type type, uint32_t indent)
{
	size_t depth = r->b->depth;

	return depth && r->indents[depth - 1] == indent &&
	       r->b->frames[depth - 1].node->type == type;
}

/* Makes the map or list innermost that a line with this indentation is of. */
static int find_block(struct reader *r, enum ig_node_type type, size_t at, uint32_t indent)
{
	size_t depth = r->b->depth;
	int err = 0;

	if (!depth)
		return type == IG_NODE_MAP && !indent ? open_block(r, type, at, indent) : NOT_PLAIN;
	if (r->waiting) {
		uint32_t above = r->indents[depth - 1];

		/* the items of a list may stand below the first letter of their key */
		if (indent > above || (indent == above && type == IG_NODE_LIST))
			return open_block(r, type, at, indent);
		return NOT_PLAIN; /* nothing is written there */
	}
	while (!err && r->b->depth && !is_innermost(r, type, indent)) {
		if (r->indents[r->b->depth - 1] < indent)
			return NOT_PLAIN;
		err = ig_yaml_build_end(r->b);
	}
	return err ? err : r->b->depth ? 0 : NOT_PLAIN;
}

static int read_item(struct reader *r, size_t *at, uint32_t indent)
{
	int err = find_block(r, IG_NODE_LIST, *at, indent);

	++*at;
	skip_blanks(r, at);
	return err ? err : read_value(r, at, false);
}

static int read_pair(struct reader *r, size_t *at, uint32_t indent)
{
	int err = find_block(r, IG_NODE_MAP, *at, indent);

	err = err ? err : read_key(r, at);
	if (err)
		return err;
	r->waiting = rest_is_empty(r, at);
	return r->waiting ? 0 : read_value(r, at, false);
}

static int read_line(struct reader *r, size_t *at)
{
	size_t start = *at;
	int err;

	skip_blanks(r, at);
	if (*at == r->size || r->bytes[*at] == '\n')
		return 0;
	if (r->bytes[*at] == '#') {
		const char *end = memchr(r->bytes + *at, '\n', r->size - *at);

		*at = end ? (size_t)(end - r->bytes) : r->size;
		return 0;
	}
	if (r->bytes[*at] == '-' && r->bytes[*at + 1] == ' ')
		err = read_item(r, at, (uint32_t)(*at - start));
	else
		err = read_pair(r, at, (uint32_t)(*at - start));
	return err ? err : rest_is_empty(r, at) ? 0 : NOT_PLAIN;
}

/* Bytes that would have to be thought about: tabs, carriage returns, and the line breaks of Unicode. */
static bool has_odd_bytes(const char *bytes, size_t size)
{
	static const char *const odd[] = {"\t",		  "\r",		  "\xc2\x85",
					  "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		if (memmem(bytes, size, odd[i], strlen(odd[i])))
			return true;
	}
	return false;
}

int ig_yaml_read_plain(struct ig_yaml_builder *b)
{
	struct reader r = {.b = b, .bytes = b->doc->bytes, .size = b->doc->size};
	int err = has_odd_bytes(r.bytes, r.size) ? NOT_PLAIN : 0;

	for (size_t at = 0; at < r.size && !err; at++) /* over the line break */
		err = read_line(&r, &at);
	if (!err && (r.waiting || !b->depth))
		err = NOT_PLAIN;
	while (!err && b->depth)
		err = ig_yaml_build_end(b);
	return err;
}
