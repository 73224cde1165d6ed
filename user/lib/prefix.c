/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "rule.h"

#define WHY_MAX 128

static int __attribute__((format(printf, 2, 3))) refuse(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, WHY_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

/* @text without its length; @bits becomes 32 or 128. */
static bool parse_address(const char *text, uint8_t addr[16], unsigned int *bits)
{
	bool v4 = ig_addr_parse_v4(text, addr);

	*bits = v4 ? 32 : 128;
	return v4 || inet_pton(AF_INET6, text, addr) == 1;
}

static bool parse_length(const char *text, unsigned int bits, unsigned int *length)
{
	unsigned int n = 0;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 3 || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		n = n * 10 + (unsigned int)(*text - '0');
	}
	*length = n;
	return n <= bits;
}

/* Clears what lies beyond the length. True if something was set there. */
static bool cut(struct ig_prefix *prefix)
{
	bool set = false;

	for (unsigned int bit = prefix->length; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		set |= (prefix->addr[bit / 8] & mask) != 0;
		prefix->addr[bit / 8] &= (uint8_t)~mask;
	}
	return set;
}

static bool unspecified(const struct ig_prefix *prefix)
{
	static const uint8_t zero[16];

	return !memcmp(prefix->addr, zero, 16) ||
	       (ig_prefix_is_v4(prefix) && !memcmp(prefix->addr + 12, zero, 4));
}

int ig_prefix_parse(const char *text, bool host, struct ig_prefix *out, char *why)
{
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	struct ig_prefix prefix = {0};
	unsigned int bits, length;
	char address[64], meant[IG_PREFIX_TEXT];

	if (size >= sizeof(address))
		return refuse(why, "`%.60s...` is not an address", text);
	memcpy(address, text, size);
	address[size] = '\0';
	if (!parse_address(address, prefix.addr, &bits))
		return refuse(why, "`%.80s` is not an address", address);
	if (host && slash)
		return refuse(why, "`%.60s` is a prefix, and one address is wanted here", text);
	length = bits;
	if (slash && !parse_length(slash + 1, bits, &length))
		return refuse(why, "`/%.40s` is not a length from 0 to %u", slash + 1, bits);
	prefix.length = (uint8_t)(length + 128 - bits);
	if (cut(&prefix)) {
		ig_prefix_print(&prefix, meant);
		return refuse(why, "`%.50s` has bits set beyond its length; write %s", text, meant);
	}
	if (host && unspecified(&prefix))
		return refuse(why, "`%.60s` is nobody's address", text);
	*out = prefix;
	return 0;
}

/* A policy prints every rule it has, and most have such an address: inet_ntop() takes longer than the rest of it. */
static void print_v4(const uint8_t four[4], char *buf)
{
	for (int i = 0; i < 4; i++) {
		unsigned int n = four[i];

		if (n >= 100)
			*buf++ = (char)('0' + n / 100);
		if (n >= 10)
			*buf++ = (char)('0' + n / 10 % 10);
		*buf++ = (char)('0' + n % 10);
		*buf++ = i < 3 ? '.' : '\0';
	}
}

void ig_prefix_print(const struct ig_prefix *prefix, char *buf)
{
	bool v4 = ig_prefix_is_v4(prefix);

	if (v4)
		print_v4(prefix->addr + 12, buf);
	else
		inet_ntop(AF_INET6, prefix->addr, buf, IG_PREFIX_TEXT);
	if (prefix->length < 128)
		snprintf(buf + strlen(buf), IG_PREFIX_TEXT - strlen(buf), "/%u",
			 prefix->length - (v4 ? 96u : 0u));
}
