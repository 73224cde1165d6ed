/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mud_url.h"

#define SCHEME	    "https://"
#define SCHEME_SIZE (sizeof(SCHEME) - 1)

static int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

/* Of a host and a port as such; names of other alphabets are written in ASCII (RFC 5890). */
static bool is_authority(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("-._~:[]", text[i]))
			return false;
	}
	return n && text[0] != ':' && text[0] != '.';
}

static int put_authority(const char *text, size_t n, char *out, const char **why)
{
	if (memchr(text, '@', n))
		return refuse(why, "it names a user");
	if (!is_authority(text, n))
		return refuse(why, "it names no host");
	if (n > 4 && !strncmp(text + n - 4, ":443", 4))
		n -= 4;
	else if (text[n - 1] == ':')
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	out[n] = '\0';
	return 0;
}

/* Where the last segment of the path that ends at @end began. */
static char *before_segment(char *path, char *end)
{
	while (end > path && *--end != '/')
		;
	return end;
}

/* RFC 3986, section 5.2.4: each segment is taken, or takes the one before it away. @path begins with a slash. */
static void remove_dots(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		size_t n = 1 + strcspn(from + 1, "/");
		bool last = !from[n];

		if (n == 2 && from[1] == '.') {
			if (last)
				*to++ = '/';
		} else if (n == 3 && from[1] == '.' && from[2] == '.') {
			to = before_segment(path, to);
			if (last)
				*to++ = '/';
		} else {
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	*to = '\0';
}

static void raise_hex(char *text)
{
	for (; *text; text++) {
		if (*text == '%') {
			text[1] = (char)toupper((unsigned char)text[1]);
			text[2] = (char)toupper((unsigned char)text[2]);
			text += 2;
		}
	}
}

static int check_bytes(const char *url, const char **why)
{
	for (const char *c = url; *c; c++) {
		if (!isgraph((unsigned char)*c) || strchr("\"<>\\^`{|}", *c))
			return refuse(why, "it has a byte that no URL has");
		if (*c == '%' && (!isxdigit((unsigned char)c[1]) || !isxdigit((unsigned char)c[2])))
			return refuse(why, "it has a % without two hexadecimal digits");
	}
	return 0;
}

/* @rest: from the path on, with its query. */
static int put_path(const char *rest, char *out, size_t size, const char **why)
{
	size_t path = strcspn(rest, "?#"), whole = strcspn(rest, "#"), n;
	char copy[IG_MUD_URL_MAX];

	snprintf(copy, sizeof(copy), "%s%.*s", *rest == '/' ? "" : "/", (int)path, rest);
	remove_dots(copy);
	n = strlen(copy);
	if (n + (whole - path) >= size)
		return refuse(why, "it is too long");
	memcpy(out, copy, n);
	memcpy(out + n, rest + path, whole - path);
	out[n + whole - path] = '\0';
	raise_hex(out);
	return 0;
}

int ig_mud_url_canonical(const char *url, char out[IG_MUD_URL_MAX], const char **why)
{
	const char *authority, *rest;
	size_t n;
	int err;

	*out = '\0';
	if (strlen(url) >= IG_MUD_URL_MAX - 1)
		return refuse(why, "it is too long");
	err = check_bytes(url, why);
	if (err)
		return err;
	if (strncasecmp(url, SCHEME, SCHEME_SIZE) != 0)
		return refuse(why, "it does not begin with " SCHEME);
	authority = url + SCHEME_SIZE;
	n = strcspn(authority, "/?#");
	rest = authority + n;
	memcpy(out, SCHEME, SCHEME_SIZE);
	err = put_authority(authority, n, out + SCHEME_SIZE, why);
	n = strlen(out);
	err = err ? err : put_path(rest, out + n, IG_MUD_URL_MAX - n, why);
	if (err)
		*out = '\0';
	return err;
}

/* A letter, then letters, digits, "+", "-" and ".", up to a colon: something of its own. */
static bool has_scheme(const char *reference)
{
	size_t n = 0;

	while (isalnum((unsigned char)reference[n]) ||
	       (n && reference[n] && strchr("+-.", reference[n])))
		n++;
	return n && isalpha((unsigned char)reference[0]) && reference[n] == ':';
}

/* How much of @base stands in front of @reference. */
static size_t kept(const char *base, const char *reference)
{
	size_t authority = SCHEME_SIZE + strcspn(base + SCHEME_SIZE, "/?");
	size_t path = strcspn(base, "?");

	if (!strncmp(reference, "//", 2))
		return SCHEME_SIZE - 2;
	if (*reference == '/')
		return authority;
	if (*reference == '?')
		return path;
	if (!*reference || *reference == '#')
		return strlen(base);
	while (path > authority && base[path - 1] != '/')
		path--;
	return path;
}

int ig_mud_url_resolve(const char *base, const char *reference, char out[IG_MUD_URL_MAX],
		       const char **why)
{
	char whole[2 * IG_MUD_URL_MAX];

	*out = '\0';
	if (has_scheme(reference))
		return ig_mud_url_canonical(reference, out, why);
	if (strlen(reference) >= IG_MUD_URL_MAX)
		return refuse(why, "it is too long");
	snprintf(whole, sizeof(whole), "%.*s%s", (int)kept(base, reference), base, reference);
	return ig_mud_url_canonical(whole, out, why);
}
