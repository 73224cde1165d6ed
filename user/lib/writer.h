/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text built in a buffer of fixed size, fast enough for one line an event. It never writes beyond
 * the buffer and counts what it would have written, so that a caller can return as snprintf does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ig_writer {
	char *buf; /* the caller's; may be NULL if size is 0 */
	size_t size;
	size_t len; /* so far, without the NUL; may be beyond size */
};

static inline void ig_put_char(struct ig_writer *w, char c)
{
	if (w->len < w->size)
		w->buf[w->len] = c;
	w->len++;
}

void ig_put_cut(struct ig_writer *w, const char *text, size_t n); /* where not all of it has room */

/* The first @n bytes of @text. */
static inline void ig_put_bytes(struct ig_writer *w, const char *text, size_t n)
{
	if (w->len > w->size || n > w->size - w->len) {
		ig_put_cut(w, text, n);
		return;
	}
	if (n)
		memcpy(w->buf + w->len, text, n);
	w->len += n;
}

/* Inline, so that a constant is copied as one: its length is known. */
static inline __attribute__((always_inline)) void ig_put(struct ig_writer *w, const char *text)
{
	ig_put_bytes(w, text, strlen(text));
}

void ig_put_u64(struct ig_writer *w, uint64_t value);
/* Decimal with leading zeros, at least @digits (1 .. 20) of them. */
void ig_put_padded(struct ig_writer *w, uint64_t value, unsigned int digits);
/* Lower-case hexadecimal, exactly @digits of them. */
void ig_put_hex(struct ig_writer *w, uint32_t value, unsigned int digits);
void ig_put_mac(struct ig_writer *w, const uint8_t mac[6]);
/* @addr: 16 bytes in network order; @version 4 prints a v4-mapped one as dotted quad. */
void ig_put_ip(struct ig_writer *w, const uint8_t addr[16], uint8_t version);

/* Ends the text with a NUL, cut off if need be. Returns its whole length. */
size_t ig_writer_end(struct ig_writer *w);
