/* SPDX-License-Identifier: BSD-2-Clause */

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi.h"
#include "dhcp_options.h"
#include "mud_string.h"
#include "util.h"

#define SCHEME	   "https://"
#define HTTPS_PORT ":443"

static const struct {
	const char *word, *clause;
} faults[] = {
	[IG_MUD_STRING_EMPTY] = {"empty", "it is empty"},
	[IG_MUD_STRING_TOO_LONG] = {"too-long", "it is too long"},
	[IG_MUD_STRING_NOT_HTTPS] = {"not-https", "it does not begin with " SCHEME},
	[IG_MUD_STRING_ILLEGAL_BYTE] = {"illegal-byte", "it has a byte that no URL has there"},
	[IG_MUD_STRING_NO_HOST] = {"no-host", "it names no host, or a port that is none"},
	[IG_MUD_STRING_USER] = {"user", "it names a user"},
};

const char *ig_mud_string_fault_word(int fault)
{
	return fault > 0 && (size_t)fault < ARRAY_SIZE(faults) ? faults[fault].word : NULL;
}

const char *ig_mud_string_fault_clause(int fault)
{
	return fault > 0 && (size_t)fault < ARRAY_SIZE(faults) ? faults[fault].clause : NULL;
}

const char *ig_mud_string_fault_sentence(int fault)
{
	const char *clause = ig_mud_string_fault_clause(fault);

	return clause ? clause + strlen("it ") : NULL;
}

const char *ig_mud_way_word(int source)
{
	static const char *const words[] = {
		[IG_MUD_DHCP4] = "dhcp4",
		[IG_MUD_DHCP6] = "dhcp6",
		[IG_MUD_LLDP] = "lldp",
	};

	return source > 0 && (size_t)source < ARRAY_SIZE(words) ? words[source] : NULL;
}

/* --- checking --- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Unreserved and reserved characters, and whole escapes (RFC 3986, section 2). */
static bool is_legal(const char *url, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (url[i] == '%') {
			if (n - i < 3 || !isxdigit((unsigned char)url[i + 1]) ||
			    !isxdigit((unsigned char)url[i + 2]))
				return false;
		} else if (!is_alnum(url[i]) &&
			   (!url[i] || !strchr("-._~:/?#[]@!$&'()*+,;=", url[i]))) {
			return false;
		}
	}
	return true;
}

static size_t authority_length(const char *authority, size_t n)
{
	size_t length = 0;

	while (length < n && !strchr("/?#", authority[length]))
		length++;
	return length;
}

static bool is_port(const char *text, size_t n)
{
	unsigned int port = 0;

	if (!n || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned int)(text[i] - '0');
	}
	return port && port <= UINT16_MAX;
}

/* How many of the @n bytes are a name or an IPv4 address, or an IPv6 one in brackets. */
static size_t host_length(const char *text, size_t n)
{
	size_t length = 0;

	if (n && *text == '[') {
		for (length = 1; length < n && (isxdigit((unsigned char)text[length]) ||
						text[length] == ':' || text[length] == '.');)
			length++;
		return length > 2 && length < n && text[length] == ']' ? length + 1 : 0;
	}
	while (length < n && (is_alnum(text[length]) || strchr("-._", text[length])))
		length++;
	return length;
}

static enum ig_mud_string_fault check_authority(const char *text, size_t n)
{
	size_t host;

	if (memchr(text, '@', n))
		return IG_MUD_STRING_USER;
	host = host_length(text, n);
	if (!host || (host < n && (text[host] != ':' || !is_port(text + host + 1, n - host - 1))))
		return IG_MUD_STRING_NO_HOST;
	return IG_MUD_STRING_FINE;
}

enum ig_mud_string_fault ig_mud_string_check(const char *url, size_t n, size_t limit)
{
	const char *authority = url + strlen(SCHEME);

	if (!n)
		return IG_MUD_STRING_EMPTY;
	if (n > limit)
		return IG_MUD_STRING_TOO_LONG;
	if (n < strlen(SCHEME) || strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		return IG_MUD_STRING_NOT_HTTPS;
	if (!is_legal(url, n))
		return IG_MUD_STRING_ILLEGAL_BYTE;
	return check_authority(authority, authority_length(authority, n - strlen(SCHEME)));
}

int ig_mud_string_authority(const char *url, char *out, size_t size)
{
	const char *authority = url + strlen(SCHEME);
	size_t n = authority_length(authority, strlen(authority)), port = strlen(HTTPS_PORT);

	if (n > port && !strncmp(authority + n - port, HTTPS_PORT, port))
		n -= port;
	if (n >= size)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)authority[i]);
	out[n] = '\0';
	return 0;
}

/* --- as it came --- */

enum ig_mud_string_fault ig_mud_string_read(const uint8_t *bytes, size_t length, size_t size,
					    char *url, size_t room)
{
	size_t there = length < size ? length : size;
	const uint8_t *space = memchr(bytes, ' ', there);
	struct ig_dhcp_option text = {bytes, space ? (size_t)(space - bytes) : there};

	ig_dhcp_option_text(&text, url, room);
	return length > IG_MUD_STRING_MAX
		       ? IG_MUD_STRING_TOO_LONG
		       : ig_mud_string_check(url, strlen(url), IG_MUD_STRING_MAX);
}
