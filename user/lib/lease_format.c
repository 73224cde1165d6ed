/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lease_format.h"

char *ig_lease_line(struct ig_lease_reader *reader, char **text, size_t *size, size_t *length)
{
	char *line = *text, *end = memchr(line, '\n', *size);

	if (!end)
		return NULL;
	*size -= end + 1 - line;
	*text = end + 1;
	reader->line++;
	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	*length = end - line;
	return line;
}

char *ig_lease_word(char **line, char separator)
{
	char *word = *line, *end;

	if (!word)
		return NULL;
	end = strchr(word, separator);
	if (end)
		*end = '\0';
	*line = end ? end + 1 : NULL;
	return word;
}

bool ig_lease_number(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = *text - '0';

		if (digit > 9 || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return true;
}

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

size_t ig_lease_bytes(const char *text, uint8_t *out, size_t most)
{
	for (size_t n = 0; n < most; text += 3) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0)
			return 0;
		out[n++] = high << 4 | low;
		if (!text[2])
			return n;
		if (text[2] != ':')
			return 0;
	}
	return 0;
}

int ig_lease_add(struct ig_lease_reader *reader, const struct ig_known_address *lease)
{
	reader->read++;
	if (reader->known->count - reader->first >= IG_LEASES_MOST) {
		int err = reader->missing ? 0 : ig_known_latest(reader->known, reader->first);

		if (err)
			return err;
		if (reader->known->count - reader->first >= IG_LEASES_MOST) {
			reader->missing++;
			return 0;
		}
	}
	return ig_known_add(reader->known, lease);
}

void ig_lease_bad(struct ig_lease_reader *reader, const char *why)
{
	if (reader->bad < IG_LEASE_TELL) {
		reader->wrong[reader->bad].line = reader->line;
		reader->wrong[reader->bad].why = why;
	}
	reader->bad++;
}
