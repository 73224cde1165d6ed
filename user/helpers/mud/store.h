/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache, for who writes it; what lies where is in mud_cache.h.
 */
#pragma once

#include "job.h"

/* The directory, made if it is not there. A descriptor; -errno with a diagnostic. */
int store_open(struct ig_diags *diags, const char *path);

/* Until the descriptor is closed, nobody else writes. Waits for whoever does, who has an end. -errno with a diagnostic. */
int store_lock(struct ig_diags *diags, int dir);

/*
 * Takes @file into use, with @signature (empty: none) and @entry; @before, the file in use so far, is kept as the previous one
 * (empty: what is there as such stays). Killed at any moment, the one or the other is in use. 0; -errno with a diagnostic, and
 * what was in use still is.
 */
int store_replace(struct ig_diags *diags, int dir, const struct ig_mud_entry *entry,
		  const struct blob *file, const struct blob *signature, const struct blob *before);

/* Only what is known of it. */
int store_note(struct ig_diags *diags, int dir, const struct ig_mud_entry *entry);
