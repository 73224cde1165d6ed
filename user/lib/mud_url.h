/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD URLs in one spelling, so that two that mean the same file are one: in the cache, and when a file's own mud-url is
 * held against the URL that was asked for (RFC 3986, section 6.2.2, and no more of it than does not guess).
 */
#pragma once

#include <stddef.h>

#define IG_MUD_URL_MAX 1024 /* bytes of a URL, with its NUL */

/*
 * Writes the one spelling of @url into @out of IG_MUD_URL_MAX bytes: scheme and host in lower case, no port 443, "/" where
 * there is no path, no "." and ".." in it, hexadecimal digits of percent signs in upper case, no fragment. 0; -EINVAL: it
 * is none that iotguard asks for, and @why says why not: it is not https, names a user or no host, has bytes that no URL
 * has, or is too long.
 */
int ig_mud_url_canonical(const char *url, char out[IG_MUD_URL_MAX], const char **why);

/*
 * The same for @reference as it stands in what came from @base, which is canonical (RFC 3986, section 5): a whole URL, or
 * one relative to it.
 */
int ig_mud_url_resolve(const char *base, const char *reference, char out[IG_MUD_URL_MAX],
		       const char **why);
