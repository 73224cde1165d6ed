/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of a file, for people and for machines: the words of `result` are promised.
 */
#pragma once

#include "job.h"

enum result {
	RESULT_NEW,	  /* taken into use */
	RESULT_UNCHANGED, /* the server has nothing newer */
	RESULT_NOT_DUE,	  /* it was not asked */
	RESULT_FAILED,	  /* what was in use before stays in use, where there was one */
};

/* @entry NULL: there is none in use. @why NULL: nothing went wrong. Returns 0, -ENOMEM. */
int report_fetched(struct job *job, const char *url, enum result result,
		   const struct ig_mud_entry *entry, const struct why *why);

/* @verified: of `verify`. */
int report_verified(struct job *job, const char *subject, const struct ig_mud_signer *signer,
		    const struct why *why);
/* The same, where a file that is named in @why could not be read. */
int report_unread(struct job *job, const char *subject, const struct why *why);

/* Prints the JSON, where that is wanted. Returns 0, -errno. */
int report_end(struct job *job);
