/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of what is wrong, collected while something is read or checked, in the order it was found.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "iotguard/iotguard.h"

/* A place in a file. Lines and columns count from 1; 0 means that there is none. */
struct ig_loc {
	const char *file; /* owned by whoever read the file; outlives what refers to it */
	unsigned int line;
	unsigned int column;
};

struct ig_diags {
	struct iotguard_diag *items; /* strings are owned by the list */
	size_t count;
	size_t capacity;
	size_t errors;
	size_t dropped; /* diagnostics beyond IG_DIAGS_MAX are counted, not kept */
	bool errors_alone; /* for as long as it is set: of what nobody asked about only errors are added */
};

#define IG_DIAGS_MAX	  1000
#define IG_DIAGS_WARNINGS 800 /* warnings take no more, so that errors behind them are seen */

/*
 * Adds one diagnostic. @where may be NULL (the message then stands for itself). @hint may be NULL:
 * what to do about it, one sentence without a full stop. Bytes that are not printable are escaped,
 * since names come from files that strangers wrote. Never fails: without memory the diagnostic is
 * counted as dropped.
 */
void ig_diag_add(struct ig_diags *diags, enum iotguard_severity severity,
		 const struct ig_loc *where, const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define ig_error(diags, where, hint, ...) \
	ig_diag_add(diags, IOTGUARD_ERROR, where, hint, __VA_ARGS__)
#define ig_warning(diags, where, hint, ...) \
	ig_diag_add(diags, IOTGUARD_WARNING, where, hint, __VA_ARGS__)

/* Puts what was added since @first into the order of @files (of the files' names), then of line and
 * column. */
void ig_diags_sort(struct ig_diags *diags, size_t first, char *const *files, size_t n_files);

/* Empties the list and frees what it holds. */
void ig_diags_clear(struct ig_diags *diags);
