/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers, addresses and foreign text as people read them.
 */
#pragma once

#include <stdint.h>

#define NUMBER_TEXT 32

/* "1,234,567". Returns @buf, of NUMBER_TEXT bytes. */
const char *number_text(uint64_t number, char *buf);
/* "3.2 MiB". */
const char *size_text(uint64_t bytes, char *buf);
/* "2 minutes", "3 days": the largest unit. */
const char *duration_text(uint64_t seconds, char *buf);
/* "in 3 h 12 min": the two largest units. Both are seconds since the epoch; what has passed is "in 0 s". */
const char *end_text(uint64_t at, uint64_t now, char *buf);
/* "device" for 1, "devices" otherwise. */
const char *plural(uint64_t number, const char *one, const char *many);

#define TEXT_USUAL 512

/*
 * Escapes @text, which may be NULL, into @buf of TEXT_USUAL bytes; cut off if longer. Returns @buf.
 */
const char *safe_text(const char *text, char *buf);

/* The same of any length. The caller frees it; NULL without memory. */
char *safe_copy(const char *text);

#define ADDRESS_TEXT 48

/* @addr: 16 bytes in network order, @version 4: v4-mapped. Returns @buf, of ADDRESS_TEXT bytes. */
const char *address_text(const uint8_t addr[16], uint8_t version, char *buf);
const char *mac_text(const uint8_t mac[6], char *buf);
