/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One file over HTTPS. Nothing else is spoken, by redirections neither; the server's certificate and name are verified, with
 * TLS 1.2 or later; and how much is read, how long it may take and how often it is redirected have an end.
 */
#pragma once

#include "job.h"

#define TRANSFER_REDIRECTS 5

struct transfer {
	/* what is asked */
	const char *url;		  /* canonical */
	const char *accept;		  /* the type of the file */
	size_t most;			  /* bytes */
	const char *etag, *last_modified; /* of what is there already; NULL: not known */
	const struct blob *ca;		  /* PEM, instead of the system's; empty: that */
	uint64_t timeout_s;		  /* for all of it */
	/* what came */
	long status;
	struct blob body; /* of status 200 */
	char *type;	  /* Content-Type; NULL: not said. So the next two */
	char *new_etag, *new_last_modified;
};

/* Once, before the first one. 0, -ENOMEM. */
int transfer_begin(void);

/* 0: the server answered with @status, which is no redirection; -EINVAL with @why; -ENOMEM. @transfer is to be cleared. */
int transfer_run(struct transfer *transfer, struct why *why);
void transfer_clear(struct transfer *transfer);
