/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "util.h"

#define DISTANCE_MAX 64

static bool continuation(const unsigned char *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t ig_utf8_decode(const char *text, size_t size, uint32_t *codepoint)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	size_t length;
	uint32_t c;

	if (!size)
		return 0;
	if (p[0] < 0x80) {
		*codepoint = p[0];
		return 1;
	}
	length = (p[0] & 0xe0) == 0xc0	 ? 2
		 : (p[0] & 0xf0) == 0xe0 ? 3
		 : (p[0] & 0xf8) == 0xf0 ? 4
					 : 0;
	if (!length || length > size || !continuation(p + 1, length - 1))
		return 0;
	c = p[0] & (0xff >> (length + 1));
	for (size_t i = 1; i < length; i++)
		c = c << 6 | (p[i] & 0x3f);
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*codepoint = c;
	return length;
}

bool ig_char_printable(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},	{0x61c, 0x61c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},	{0xfeff, 0xfeff},
		{0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	return true;
}

bool ig_text_printable(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t c;
		size_t length = ig_utf8_decode(text, left, &c);

		if (!length || !ig_char_printable(c))
			return false;
		text += length;
		left -= length;
	}
	return true;
}

static size_t escape_byte(char *out, unsigned char byte)
{
	switch (byte) {
	case '\n':
		return (size_t)sprintf(out, "\\n");
	case '\t':
		return (size_t)sprintf(out, "\\t");
	default:
		return (size_t)sprintf(out, "\\x%02x", byte);
	}
}

char *ig_text_escape(const char *text)
{
	size_t left = strlen(text), used = 0;
	char *out = malloc(left * 4 + 1);

	if (!out)
		return NULL;
	while (left) {
		uint32_t c;
		size_t length = ig_utf8_decode(text, left, &c);
		bool clean = length && ig_char_printable(c);

		if (!length)
			length = 1;
		for (size_t i = 0; i < length; i++) {
			if (clean)
				out[used++] = text[i];
			else
				used += escape_byte(out + used, (unsigned char)text[i]);
		}
		text += length;
		left -= length;
	}
	out[used] = '\0';
	return out;
}

static unsigned int least_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int ig_text_distance(const char *a, const char *b, unsigned int limit)
{
	/* Three rows of the matrix of optimal string alignment: the one before the last is for
	 * exchanged letters. */
	unsigned int rows[3][DISTANCE_MAX + 1];
	size_t la = strnlen(a, DISTANCE_MAX + 1), lb = strnlen(b, DISTANCE_MAX + 1);

	if (la > DISTANCE_MAX || lb > DISTANCE_MAX || (la > lb ? la - lb : lb - la) > limit)
		return limit + 1;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *row = rows[i % 3], *before = rows[(i - 1) % 3],
			     *earlier = rows[(i + 1) % 3];
		unsigned int best = row[0] = (unsigned int)i;

		for (size_t j = 1; j <= lb; j++) {
			int x = tolower((unsigned char)a[i - 1]),
			    y = tolower((unsigned char)b[j - 1]);

			row[j] = least_of(before[j - 1] + (x != y),
					  least_of(before[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = least_of(row[j], earlier[j - 2] + 1);
			best = least_of(best, row[j]);
		}
		if (best > limit)
			return limit + 1;
	}
	return least_of(rows[la % 3][lb], limit + 1);
}

unsigned int ig_text_slips(const char *word)
{
	size_t length = strlen(word);

	return length < 3 ? 0 : length < 6 ? 1 : length < 12 ? 2 : 3;
}

const char *ig_text_suggest(const char *word, const char *const *words)
{
	unsigned int best = ig_text_slips(word) + 1;
	const char *found = NULL;

	for (; *words; words++) {
		unsigned int distance = ig_text_distance(word, *words, best - 1);

		if (distance < best) {
			best = distance;
			found = *words;
		}
		if (!best)
			break;
	}
	return found;
}
