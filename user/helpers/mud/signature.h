/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature of a MUD file (RFC 8520, section 13): a CMS of its own in DER, about the bytes as they came.
 */
#pragma once

#include "job.h"

/* What a signature says, if it is one. */
struct seal {
	struct ig_mud_signer signer;
	uint64_t expired_at; /* of the first certificate of its chain that has ended; 0: none has */
	char expired[512];   /* whose that is, where it is not the signer's own; else empty */
};

/*
 * Verifies @signature over @file, as of @at: one signer, who is named in it, whose certificate may sign (key usage
 * digitalSignature) and leads to one of @trusted (certificates in PEM). That a certificate has expired is not refused here
 * but in @seal, for the caller to judge. 0, with @seal to be cleared; -EINVAL with @why; -ENOMEM.
 */
int signature_verify(const struct blob *trusted, const struct blob *file,
		     const struct blob *signature, uint64_t at, struct seal *seal, struct why *why);

/* Is it a CMS at all? What a server sends instead of what it has not is none. */
bool signature_is_one(const struct blob *signature);

void seal_clear(struct seal *seal);
