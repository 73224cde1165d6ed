/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of MUD files, for who reads it. Nothing here speaks to a network: what is in it was fetched and verified by the
 * helper iotguard-mud, which runs as the user that the directory belongs to.
 *
 *	DIR/HEX.json		the file in use, byte for byte as it came; HEX is the SHA-256 of its canonical URL
 *	DIR/HEX.p7s		its signature (DER, CMS), where it has one
 *	DIR/HEX.previous	the file that was in use before it, where there was one
 *	DIR/HEX.meta		what is known of it (mud_entry.h)
 *	DIR/.lock		held by who writes
 *
 * Each is replaced in one step. HEX.meta comes before HEX.json, and names both the new file and the one before: so of a
 * writer that was killed in between, the file before is left and is known.
 *
 * What is opened is a regular file and no link, has at most the size that its kind has, belongs to root or to the
 * directory's owner, and nobody else may write to it; otherwise it is refused.
 */
#pragma once

#include <stddef.h>

#include "diag.h"
#include "iotguard/iotguard.h"
#include "mud_entry.h"

#define IG_MUD_CACHE_DIR	 IOTGUARD_SAVE_DIR "/mud"
#define IG_MUD_CACHE_ENTRIES_MAX 10000
#define IG_MUD_SIGNATURE_MAX	 (256u << 10) /* bytes */

/* What to do where the cache is not for this user to read, and where something is no URL. */
#define IG_MUD_UNREADABLE_HINT \
	"be root or a member of the group 'iotguard', or name another directory with --save-dir"
#define IG_MUD_SOURCE_HINT "a MUD file is a file here, or has a URL that begins with https://"

enum ig_mud_cached { IG_MUD_CURRENT, IG_MUD_PREVIOUS, IG_MUD_SIGNATURE, IG_MUD_META };

/*
 * The name of such a file of @url, which need not be canonical, in @path of @size bytes; whether or not it is there. 0;
 * -EINVAL: no URL that iotguard asks for; -ENAMETOOLONG.
 */
int ig_mud_cache_path(const char *dir, const char *url, enum ig_mud_cached which, char *path,
		      size_t size);

/*
 * The path of the file in use, where there is one that ig_mud_cache_read() would not refuse for what it is; for messages, and
 * to tell that it is there: what is enforced is to be read by ig_mud_cache_read(). As ig_mud_cache_path(), or -ENOENT:
 * nothing is cached of it; -EACCES: it may not be read; -EPERM: what is there is refused.
 */
int ig_mud_cache_find(const char *dir, const char *url, char *path, size_t size);

/*
 * All bytes of it, with a NUL behind them that *@size does not count; the caller frees them. What is current or previous is
 * one of the two files that HEX.meta names, by their SHA-256. 0; -ENOENT without a diagnostic: there is none; -EINVAL;
 * -EACCES: it may not be read; -EPERM: it is refused; -ENOMEM, -errno; with one.
 */
int ig_mud_cache_read(struct ig_diags *diags, const char *dir, const char *url,
		      enum ig_mud_cached which, char **bytes, size_t *size);

/* What is known of it. As ig_mud_cache_read(); @entry is empty but for 0, and to be cleared. */
int ig_mud_cache_entry(struct ig_diags *diags, const char *dir, const char *url,
		       struct ig_mud_entry *entry);

struct ig_mud_entries {
	struct ig_mud_entry *items; /* by their URLs */
	size_t n;
};

/*
 * All that is in the cache; what is refused is left out, with a warning. A directory that is not there is an empty one. 0,
 * -ENOMEM, -errno with a diagnostic. @entries is to be cleared.
 */
int ig_mud_cache_list(struct ig_diags *diags, const char *dir, struct ig_mud_entries *entries);
void ig_mud_entries_clear(struct ig_mud_entries *entries);
