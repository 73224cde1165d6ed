/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD URLs (RFC 8520, section 1.5 and 10): where the description of a device is. They come from the devices themselves,
 * or stand in the description; the rules are the same.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IG_MUD_STRING_MAX 255 /* octets of a MUDstring, as DHCP and LLDP carry one */

enum ig_mud_string_fault {
	IG_MUD_STRING_FINE,
	IG_MUD_STRING_EMPTY,
	IG_MUD_STRING_TOO_LONG,
	IG_MUD_STRING_NOT_HTTPS,
	IG_MUD_STRING_ILLEGAL_BYTE, /* RFC 3986 has no place for it */
	IG_MUD_STRING_NO_HOST,	    /* none, or a port that is none */
	IG_MUD_STRING_USER,	    /* user information in front of the host */
};

/* What is wrong with the @n bytes at @url: a URL of at most @limit bytes is wanted. */
enum ig_mud_string_fault ig_mud_string_check(const char *url, size_t n, size_t limit);

/* The part of a URL without a fault that names its owner (RFC 3986, section 3.2), as it is compared: in lower case, and
 * without the port where that is 443. -ENOMEM: @out has no @size bytes. */
int ig_mud_string_authority(const char *url, char *out, size_t size);

/* Words of a fault: one that stays, and a sentence that goes on from "it" or "its mud-url". NULL: there is none such. */
const char *ig_mud_string_fault_word(int fault);
const char *ig_mud_string_fault_sentence(int fault);
const char *ig_mud_string_fault_clause(int fault); /* that sentence, with "it" */

/* "dhcp4", "dhcp6", "lldp" (enum ig_mud_way); NULL: no such. */
const char *ig_mud_way_word(int source);

/*
 * A MUDstring as it came, of @length bytes of which no more than @size are at @bytes: what stands in front of the first
 * space, as text into @url (of @room > 3 * size bytes), where a zero byte becomes U+FFFD; zeros at the end are left out.
 * All other bytes stay as they are: hostile, escape it.
 */
enum ig_mud_string_fault ig_mud_string_read(const uint8_t *bytes, size_t length, size_t size,
					    char *url, size_t room);
