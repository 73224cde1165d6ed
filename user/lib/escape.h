/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names, paths and rules come from files and frames that strangers wrote. Nothing in them may reach
 * a terminal as a command or end a JSON string.
 */
#pragma once

#include "writer.h"

#define IG_ESCAPE_ALL SIZE_MAX

/*
 * @limit: of bytes written, at least 3; a longer text is cut between two characters and ends in
 * "...", within the limit. @text may be NULL: nothing.
 *
 * For a terminal: control characters, those that turn the direction of writing, and bytes that are
 * no UTF-8 become \n, \t, \x1b or \u{202e}. A backslash stays one: the text is for eyes, not for
 * reading back.
 */
void ig_escape_text(struct ig_writer *w, const char *text, size_t limit);
/*
 * For the inside of a JSON string: always valid UTF-8 and valid JSON; a byte that is no UTF-8
 * becomes U+FFFD.
 */
void ig_escape_json(struct ig_writer *w, const char *text, size_t limit);
