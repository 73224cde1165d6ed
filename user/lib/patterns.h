/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domain names that rules speak of, as numbers: those that fit a wildcard are a range. See struct ig_name_key of
 * abi.h.
 */
#pragma once

#include "abi.h"
#include "model.h"
#include "ranges.h"

struct ig_patterns {
	struct ig_name_key *keys; /* sorted, each once; the number of keys[i] is i + 1 */
	size_t count;
};

/* Of all rules of @inv, and of @other, if that is not NULL: so numbers are the same for both. 0; -E2BIG; -ENOMEM. */
int ig_patterns_make(struct ig_patterns *patterns, const struct iotguard_inventory *inv,
		     const struct iotguard_inventory *other);
void ig_patterns_clear(struct ig_patterns *patterns);

/* The numbers of all patterns that are @name, or fit it. It is among them. 0, -ENOMEM. */
int ig_patterns_add(const struct ig_patterns *patterns, const char *name, struct ig_ranges *out);

/* @name: a domain name of a rule, in lower case; with "*." in front it is a pattern. */
void ig_name_key_make(struct ig_name_key *key, const char *name);
/* Is a name, as the programs spell it, the domain name of a rule, or does it fit that? */
bool ig_name_fits(const uint8_t text[IG_NAME_BYTES], size_t length, const char *rule);
/* Is it the same, or does it fit? */
bool ig_name_key_fits(const struct ig_name_key *key, const struct ig_name_key *pattern);
/* Back again, as rules spell it. @length: of the text, the zero byte of a whole name included. Escapes nothing: what a
 * device resolves is hostile. @buf has at least IG_NAME_TEXT bytes. */
#define IG_NAME_TEXT (IG_NAME_BYTES + 3)
void ig_name_key_print(const uint8_t text[IG_NAME_BYTES], size_t length, char *buf);
