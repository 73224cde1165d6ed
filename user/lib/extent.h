/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule matches, to compare rules with: does one match all that another does, is there a
 * packet that both match? What is compared is the packet that opens a conversation. Only what the
 * inventory says is known: a name and an address are two remotes, and so are a name and the internet.
 */
#pragma once

#include "remote.h"

struct ig_extent {
	/* Around its services and addresses: most rules are told apart by these alone. All
	 * addresses where it matches anything but IPv4. */
	uint32_t first_service, last_service;
	uint32_t first_addr4, last_addr4;
	const struct ig_rule *rule;
	struct ig_match_sets sets; /* the addresses of the machines that the rule names included */
	struct ig_ranges
		open; /* of these machines those that may have other addresses: the gateway,
				  and who lists none */
};

/* @indices: the positions of the machines. 0, -ENOMEM. */
int ig_extent_make(struct ig_extent *extent, const struct ig_rule *rule,
		   const struct iotguard_inventory *inv, const struct ig_places *places,
		   const uint32_t *indices);
void ig_extent_clear(struct ig_extent *extent);

/* Its remote is nobody that has an address: no packet is matched. */
bool ig_extent_empty(const struct ig_extent *extent);

/* Of rules of the same side. Empty extents cover and overlap nothing. */
bool ig_extent_covers(const struct ig_extent *a, const struct ig_extent *b); /* all that @b does */
bool ig_extent_overlaps(const struct ig_extent *a, const struct ig_extent *b);
