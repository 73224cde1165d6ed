/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What outlives a reboot, as a file: addresses that machines got. Its first line says how long the
 * rest is and what its SHA-256 is, so that half a file is not taken for a whole one:
 *
 *	{"iotguard":1,"length":157,"sha256":"..."}
 *	{"saved_at":1795343465,"bindings":[{"mac":"02:00:5e:10:00:11","address":"10.30.0.11",
 *	 "source":"lease","expires_at":1795347065}]}
 *
 * Who may write to the directory is trusted with these addresses, and with nothing else.
 */
#pragma once

#include "diag.h"
#include "known.h"

#define IG_SAVED_NAME	 "state.json"
#define IG_SAVED_VERSION 1
#define IG_SAVED_MAX	 (64u << 20) /* bytes of a file that is read */
#define IG_SAVED_ASIDE	 3 /* files that could not be read, and are kept for a person to look at */

/*
 * @now: seconds since the epoch. The file is replaced in one step and is on the disk when this returns; what goes wrong
 * leaves the one before. 0; -errno with a diagnostic.
 */
int ig_saved_write(struct ig_diags *diags, const char *dir, const struct ig_known *known,
		   uint64_t now);

/*
 * Adds what was saved to @known, with ends by the clock that says @now: what was left when it was saved, or less. No file
 * is no error. One that cannot be used is set aside, with a warning. 0, -ENOMEM.
 */
int ig_saved_read(struct ig_diags *diags, const char *dir, uint64_t now, struct ig_known *known);

/* Is it worth writing? Without @exact a claim that lasts longer by less than an hour is not. */
bool ig_saved_differs(const struct ig_known *before, const struct ig_known *after, bool exact);

/* The text of a file. The caller frees it; NULL without memory. */
char *ig_saved_print(const struct ig_known *known, uint64_t now, size_t *size);
/* 0; -EINVAL: none that this version can use, and @why says why not; -ENOMEM. @known is added to only by a whole one. */
int ig_saved_parse(const char *text, size_t size, uint64_t now, struct ig_known *known,
		   const char **why);
