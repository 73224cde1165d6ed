/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: one line for each matter, on standard error. What goes on is said again after an hour,
 * and what changes all the time a few times a minute, so that no trouble fills the log.
 */
#pragma once

#include <stdint.h>

#include "iotguard/iotguard.h"

/* What there is to be said about; each has a pace of its own. */
enum matter {
	MATTER_SOURCE,	/* what is read */
	MATTER_READERS, /* who reads it */
	MATTER_SAVING,
	MATTER_ANSWERS, /* of DNS */
	MATTER_MUD,	/* URLs that machines tell */
	MATTER_MAX,
};

struct say {
	struct {
		char *last; /* line; NULL: none */
		uint64_t last_s, window_s;
		unsigned int in_window;
		uint64_t unsaid; /* since the last line */
	} matters[MATTER_MAX];
};

void say(struct say *say, enum matter matter, enum iotguard_severity severity, const char *hint,
	 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* What the library found wrong, or @err if it said nothing; and empties its list. */
void say_diags(struct say *say, enum matter matter, struct iotguard *ig, const char *doing,
	       int err);
/* That it is over. Nothing if there was nothing. */
void say_over(struct say *say, enum matter matter, const char *text);
void say_clear(struct say *say);
