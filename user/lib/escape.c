/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "escape.h"
#include "iotguard/iotguard.h"
#include "text.h"

#define ELLIPSIS "..."

/* One character of the text, or one byte that is none. */
struct glyph {
	const char *bytes;
	size_t n;
	uint32_t code;
	bool valid;
};

static struct glyph next_glyph(const char *text)
{
	struct glyph glyph = {.bytes = text};

	glyph.n = ig_utf8_decode(text, strnlen(text, 4), &glyph.code);
	glyph.valid = glyph.n > 0;
	if (!glyph.valid) {
		glyph.n = 1;
		glyph.code = (unsigned char)*text;
	}
	return glyph;
}

static void put_text(struct ig_writer *w, const struct glyph *glyph)
{
	if (glyph->valid && ig_char_printable(glyph->code)) {
		ig_put_bytes(w, glyph->bytes, glyph->n);
	} else if (glyph->valid && glyph->code >= 0x80) {
		ig_put(w, "\\u{");
		ig_put_hex(w, glyph->code, glyph->code > 0xffff ? 6 : 4);
		ig_put_char(w, '}');
	} else if (glyph->code == '\n' || glyph->code == '\t') {
		ig_put(w, glyph->code == '\n' ? "\\n" : "\\t");
	} else {
		ig_put(w, "\\x");
		ig_put_hex(w, glyph->code, 2);
	}
}

/* JSON writes characters beyond the basic plane as two surrogates. */
static void put_utf16(struct ig_writer *w, uint32_t code)
{
	if (code >= 0x10000) {
		put_utf16(w, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	ig_put(w, "\\u");
	ig_put_hex(w, code, 4);
}

static void put_json(struct ig_writer *w, const struct glyph *glyph)
{
	if (!glyph->valid) {
		ig_put(w, "\xef\xbf\xbd"); /* U+FFFD, which is itself when it is written again */
	} else if (glyph->code == '"' || glyph->code == '\\') {
		ig_put_char(w, '\\');
		ig_put_char(w, (char)glyph->code);
	} else if (glyph->code == '\n' || glyph->code == '\t') {
		ig_put(w, glyph->code == '\n' ? "\\n" : "\\t");
	} else if (!ig_char_printable(glyph->code)) {
		put_utf16(w, glyph->code);
	} else {
		ig_put_bytes(w, glyph->bytes, glyph->n);
	}
}

typedef void (*put_glyph)(struct ig_writer *w, const struct glyph *glyph);

/* 1: it stands for itself in all that is written here, and needs no look at what is
 * around it. The zero byte does not. */
static const uint8_t plain[256] = {
	[' '] = 1,
	['!'] = 1,
	['#' ... '['] = 1,
	[']' ... '~'] = 1,
};

/* How many of the first @most bytes need no look at all: nearly all of them, nearly always. */
static size_t plain_run(const char *text, size_t most)
{
	size_t n = 0;

	while (n < most && plain[(unsigned char)text[n]])
		n++;
	return n;
}

static void escape(struct ig_writer *w, const char *text, size_t limit, put_glyph put)
{
	size_t start = w->len;
	size_t safe = limit - strlen(ELLIPSIS); /* up to here there is room for the ellipsis */
	size_t cut = start;

	while (*text) {
		size_t used = w->len - start;
		size_t run = used < safe ? plain_run(text, safe - used) : 0;
		struct glyph glyph;

		ig_put_bytes(w, text, run);
		text += run;
		if (w->len - start <= safe)
			cut = w->len;
		if (run)
			continue;
		glyph = next_glyph(text);
		put(w, &glyph);
		if (w->len - start > limit) {
			w->len = cut;
			ig_put(w, ELLIPSIS);
			return;
		}
		text += glyph.n;
	}
}

void ig_escape_text(struct ig_writer *w, const char *text, size_t limit)
{
	if (text)
		escape(w, text, limit, put_text);
}

void ig_escape_json(struct ig_writer *w, const char *text, size_t limit)
{
	if (text)
		escape(w, text, limit, put_json);
}

size_t iotguard_escape_text(const char *text, char *buf, size_t size)
{
	struct ig_writer w = {.buf = buf, .size = size};

	ig_escape_text(&w, text, IG_ESCAPE_ALL);
	return ig_writer_end(&w);
}

size_t iotguard_escape_json(const char *text, char *buf, size_t size)
{
	struct ig_writer w = {.buf = buf, .size = size};

	ig_escape_json(&w, text, IG_ESCAPE_ALL);
	return ig_writer_end(&w);
}
