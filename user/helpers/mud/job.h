/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard-mud: what the parts say to each other.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "mud_cache.h"
#include "mud_entry.h"
#include "mud_url.h"
#include "util.h"

#define PROGRAM	      "iotguard-load" /* as which a person called it */
#define SIGNER_CA_DIR "/etc/iotguard/mud-ca.d"

/* The same as those of iotguard-load. */
enum mud_exit {
	MUD_OK = 0,
	MUD_FAILED = 1,
	MUD_USAGE = 2,
	MUD_INVALID = 3,
	MUD_UNABLE = 4,
};

/* Bytes of this process. Empty: bytes NULL. */
struct blob {
	char *bytes; /* with a NUL behind them */
	size_t size;
};

void blob_clear(struct blob *blob);

/* What stands in the way, and what to do about it; both may be empty. */
struct why {
	char text[1024];
	char hint[512];
};

/* Always -EINVAL. @hint NULL: none. */
int why_say(struct why *why, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct job {
	/* what was asked */
	bool verify; /* instead of fetching */
	bool json, colour_errors;
	bool refresh;
	const char *cache_dir;
	const char *ca_path;	 /* instead of the trust store of the system; NULL: that */
	const char *signer_path; /* instead of SIGNER_CA_DIR; a file, or a directory of .pem */
	const char *signature_path;
	bool accept_unsigned, accept_new_signer;
	uint64_t accept_expired_until; /* the last second; 0: not */
	const char *reason;	       /* why a person accepts that; NULL: nothing was said */
	uint64_t at;		       /* verify as of then; 0: now */
	uint64_t timeout_s;
	char *const *operands;
	int n_operands;
	/* what it is done with */
	struct ig_diags diags;
	char *who; /* called this */
	struct blob ca, signer_ca;
	struct blob file, signature; /* of `verify FILE`: read before the rights are given up */
	int cache;		     /* the directory; -1: it is not open */
	json_t *report;
	bool failed;
};

/* Both return enum mud_exit. */
int job_fetch(struct job *job);
int job_verify(struct job *job);

/* "2019-07-12", of seconds since the epoch, in UTC. */
#define DATE_TEXT 32
const char *date_text(uint64_t seconds, char *buf);

/* Prints the diagnostics so far, and empties the list. */
void say_diags(struct job *job);
/* An error about @subject, a URL or a file; NULL: about none. */
void say_why(struct job *job, const char *subject, const struct why *why);
