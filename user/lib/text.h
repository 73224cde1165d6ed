/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that strangers wrote: is it UTF-8, can a terminal show it, and which known word was meant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one character of at most @size bytes. Returns its length, or 0 where the bytes are not
 * UTF-8 (RFC 3629). */
size_t ig_utf8_decode(const char *text, size_t size, uint32_t *codepoint);

/* False for control characters, line separators, and characters that reorder or hide the text
 * around them. */
bool ig_char_printable(uint32_t codepoint);

/* Is all of it printable UTF-8? */
bool ig_text_printable(const char *text);

/* A copy in which everything that is not printable stands as \n, \t or \xNN. The caller frees it;
 * NULL: no memory. */
char *ig_text_escape(const char *text);

/*
 * How many typing slips (a letter too many, missing, wrong, or two exchanged) apart two words are;
 * case does not count. Above @limit it returns limit + 1 and stops early. Words beyond 64 bytes are
 * always too far apart.
 */
unsigned int ig_text_distance(const char *a, const char *b, unsigned int limit);

/* How many slips are believable in a word of that length. */
unsigned int ig_text_slips(const char *word);

/* The word of @words (NULL-terminated) that was most likely meant by @word; NULL if none is near. */
const char *ig_text_suggest(const char *word, const char *const *words);
