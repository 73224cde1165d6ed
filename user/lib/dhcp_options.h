/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of a DHCPv4 message (RFC 2132), for what a client says of itself. They are as the
 * client sent them: nothing in them is right until it was looked at.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IG_DHCP_OPTION_MAX 255

struct ig_dhcp_option {
	const uint8_t *data; /* NULL: the message has none such */
	size_t length;
};

/* The first option of that @code (not 0 and not 255), if all of it is within the @size bytes at
 * @options, which begin behind the magic cookie. Options that go on in a second one of the same
 * code (RFC 3396) are not joined. */
struct ig_dhcp_option ig_dhcp_option_find(const uint8_t *options, size_t size, uint8_t code);

/*
 * An option as a string. Zeros at its end, which some clients send, are left out; a zero within it
 * becomes U+FFFD, so that nothing hides behind one. All other bytes stay as they are, so it is
 * hostile still: escape it. @buf of at least 1 byte; what does not fit is cut.
 */
void ig_dhcp_option_text(const struct ig_dhcp_option *option, char *buf, size_t size);
