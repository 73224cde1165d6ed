/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses and machines a rule's remote is, which services its service: rules as sets of
 * numbers. */
#pragma once

#include "compile.h"
#include "patterns.h"

/* Sets that many rules share, made once a compilation. */
struct ig_places {
	struct ig_ranges local[2]; /* the gateway's local networks: [0] IPv4, [1] IPv6 */
	struct ig_ranges internet[2];
	struct ig_patterns patterns;
};

/* Of no global destination, whatever the networks here are. */
bool ig_is_special(const uint8_t addr[16]);

/* @other: another inventory, whose domain names are to have numbers, too; or NULL. 0, -E2BIG, -ENOMEM. */
int ig_places_make(struct ig_places *places, const struct iotguard_inventory *inv,
		   const struct iotguard_inventory *other);
void ig_places_clear(struct ig_places *places);

/* The sets of one rule. @indices: of each machine. 0, -ENOMEM. */
int ig_match_sets_make(struct ig_match_sets *sets, const struct ig_rule *rule,
		       const struct iotguard_inventory *inv, const struct ig_places *places,
		       const uint32_t *indices);
void ig_match_sets_clear(struct ig_match_sets *sets);
/* Of the addresses, only those of its IP version stay. */
void ig_match_sets_keep_version(struct ig_match_sets *sets);

/* Each as a remote by itself. 0, -ENOMEM. */
int ig_match_sets_add_addresses(struct ig_match_sets *sets, const struct ig_addresses *addresses);
