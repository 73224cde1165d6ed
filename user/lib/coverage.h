/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can machines behind one port of the gateway talk to each other without crossing it? What is known of a port, and what
 * follows from that. Pure.
 */
#pragma once

#include <stdbool.h>

/* What is known of who is behind a port. */
struct ig_behind {
	const char *interface;
	bool exists;
	int wireless;	     /* 1: yes; 0: no; -1: cannot be told */
	unsigned int heard;  /* machines of the inventory that were heard there last */
	bool tags_differ;    /* ... and not all with the same VLAN tags */
	const char *pair[2]; /* two of them with the same tags; NULL: no two were */
	const char
		*unheard; /* a machine of its segments that was heard nowhere yet; NULL: all were */
	const char *
		switched; /* a port that the switch chip may bridge it with by itself; NULL: none */
};

#define IG_COVERAGE_TEXT 256

struct ig_coverage {
	const char *word; /* "isolated", "shared", "unknown" */
	char reason[IG_COVERAGE_TEXT];
	char advice[IG_COVERAGE_TEXT]; /* empty where it is isolated */
};

/* "shared" wins over "unknown": what is known to be bad is not made better by what is not known. */
void ig_coverage_judge(const struct ig_behind *behind, struct ig_coverage *out);
