/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a MUD file in the cache beside its bytes: where it came from, who signed it, what a person accepted, and
 * what went wrong last. It is a JSON object in a file of its own:
 *
 *	{"iotguard_mud": 1, "url": "https://vendor.example/plug.json", "sha256": "...", "previous_sha256": "..." or null,
 *	 "size": 1234, "fetched_at": 1795343465, "checked_at": 1795343465, "cache_hours": 48, "etag": "..." or null,
 *	 "last_modified": "..." or null, "signature_url": "https://vendor.example/plug.p7s" or null,
 *	 "signer": {"subject": "CN=...", "issuer": "CN=...", "sha256": "...", "not_after": 1795343465} or null,
 *	 "accepted": {"unsigned": {"at": 1795343465, "by": "alice", "why": "..."}, "expired": {..., "until": 1795343465,
 *	 "sha256": "..."}, "new_signer": {...}}, "error": {"at": 1795343465, "message": "..."} or null}
 *
 * Times are seconds since the epoch. SHA-256 are 64 hexadecimal digits: of a file its bytes, of a signer its certificate.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

#define IG_MUD_ENTRY_VERSION 1
#define IG_MUD_ENTRY_MAX     (64u << 10) /* bytes of such a file */
#define IG_MUD_HEX	     (2 * IG_SHA256_SIZE + 1)

/* The certificate that a signature was made with; subject NULL: it is not signed. */
struct ig_mud_signer {
	char *subject, *issuer; /* as RFC 4514 writes names, ASCII */
	char sha256[IG_MUD_HEX];
	uint64_t not_after;
};

/* What a person accepted that is refused otherwise. at 0: nothing. */
struct ig_mud_accepted {
	uint64_t at;
	char *by;		 /* who; NULL: not known */
	char *why;		 /* NULL: nothing was said */
	uint64_t until;		 /* of an expired certificate: the last second */
	char sha256[IG_MUD_HEX]; /* and which certificate; empty otherwise */
};

struct ig_mud_entry {
	char *url;		    /* canonical */
	char sha256[IG_MUD_HEX];    /* of the file in use */
	char previous[IG_MUD_HEX];  /* of the one before it; empty: none */
	uint64_t size;		    /* bytes of the file in use */
	uint64_t fetched_at;	    /* when it came */
	uint64_t checked_at;	    /* when the server last said that it is current */
	unsigned int cache_hours;   /* after checked_at it is asked again */
	char *etag, *last_modified; /* as the server wrote them; NULL: it did not */
	char *signature_url;	    /* NULL: there is no signature */
	struct ig_mud_signer signer;
	struct ig_mud_accepted accepted_unsigned, accepted_expired, accepted_signer;
	uint64_t error_at; /* 0: nothing went wrong since checked_at */
	char *error;
};

/* The text of the file. The caller frees it; NULL without memory. */
char *ig_mud_entry_print(const struct ig_mud_entry *entry);

/*
 * 0; -EINVAL: it is none that this version can use, and @why says why not; -ENOMEM. @entry is empty but for a whole one, and
 * to be cleared.
 */
int ig_mud_entry_parse(const char *text, size_t size, struct ig_mud_entry *entry, const char **why);

void ig_mud_signer_clear(struct ig_mud_signer *signer);
void ig_mud_accepted_clear(struct ig_mud_accepted *accepted);
void ig_mud_entry_clear(struct ig_mud_entry *entry);

/* Is it time to ask the server again? A clock that went back is no reason to wait. */
bool ig_mud_entry_is_due(const struct ig_mud_entry *entry, uint64_t now);
