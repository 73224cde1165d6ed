/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that a lease file consists of, read while a server may be writing them. Kea cleans its
 * file up from time to time, and until it is done, what it goes by lies in up to three files. These
 * are, in the order in which Kea itself loads them: NAME.completed where there is one, else NAME.2
 * and NAME.1; then NAME.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define IG_LEASE_PARTS	    4
#define IG_LEASE_BYTES_MOST (64u << 20) /* of all parts together */

struct ig_lease_part {
	char *path; /* always */
	char *text; /* of @size bytes and one more; NULL: it is not there, or not to be read */
	size_t size;
	int error;	/* -errno of what kept it from being read; 0 also where it is not there */
	bool irregular; /* it is no regular file */
	bool cut;	/* it is longer than what was read */
};

struct ig_lease_parts {
	struct ig_lease_part items[IG_LEASE_PARTS]; /* in the order in which they count */
	bool there;				    /* any of them is */
	bool unsettled;				    /* they changed each time they were read */
};

/* -ENOMEM. What else may go wrong is said by the parts. */
int ig_lease_parts_read(const char *path, struct ig_lease_parts *out);
void ig_lease_parts_clear(struct ig_lease_parts *parts);
