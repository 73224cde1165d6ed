/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats of lease files: one file each, and what they share. Every byte of a lease file is
 * hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "known.h"

#define IG_LEASES_MOST 1000000u /* in one file, of different addresses */

#define IG_LEASE_TELL  3u /* lines of one file, at most */

/* A lease file that is read line by line. */
struct ig_lease_reader {
	unsigned int line; /* the present one, from 1 */
	struct ig_known *known;
	size_t first; /* of the file's own leases there */
	size_t read;  /* lines that were understood */
	size_t bad;   /* lines that were not, and what is wrong with the first ones */
	struct {
		unsigned int line;
		const char *why;
	} wrong[IG_LEASE_TELL];
	size_t missing; /* leases that there was no room for */
};

/* Each reads the whole text of a file: @size bytes that may be changed, and one more behind
 * them. What stands behind the last end of a line is not finished, and left out. -ENOMEM. */
int ig_lease_read_dnsmasq(struct ig_lease_reader *reader, char *text, size_t size);
int ig_lease_read_kea(struct ig_lease_reader *reader, char *text, size_t size);

/* Does the text begin as one of Kea's? */
bool ig_lease_is_kea(const char *text, size_t size);

/* --- for the formats --- */

/* The next line of what is left of a text, terminated, without its end; NULL: that was all.
 * @length is more than its strlen() where there is a zero byte in it. */
char *ig_lease_line(struct ig_lease_reader *reader, char **text, size_t *size, size_t *length);
/* The next word that ends at @separator, of what is left of a line; NULL: there is none. */
char *ig_lease_word(char **line, char separator);

bool ig_lease_number(const char *text, uint64_t most, uint64_t *out);
/* Bytes as 02:00:5e; at most @most. Their number, 0: these are none. */
size_t ig_lease_bytes(const char *text, uint8_t *out, size_t most);

/* -ENOMEM */
int ig_lease_add(struct ig_lease_reader *reader, const struct ig_known_address *lease);
/* The present line is not what it should be. @why is constant. */
void ig_lease_bad(struct ig_lease_reader *reader, const char *why);
