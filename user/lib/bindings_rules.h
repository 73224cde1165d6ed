/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be bound to whom, under one policy: docs/policy.md, Bindings and DHCP. */
#pragma once

#include "known.h"
#include "map_rows.h"
#include "object.h"

#define IG_SECOND_NS 1000000000ull

/* The policy of a slot, as far as it says who and what. */
struct ig_binding_rules {
	struct ig_map_copy devices, addresses;
	int networks; /* the object's */
};

int ig_binding_rules_read(const struct ig_object *object, uint32_t slot,
			  struct ig_binding_rules *out); /* 0, -errno */
void ig_binding_rules_clear(struct ig_binding_rules *rules);

/* The machine of a MAC address that has one of its own. NULL: no machine of the policy. */
const struct ig_device *ig_binding_device(const struct ig_binding_rules *rules,
					  const uint8_t mac[6]);

/* Whether the address may be bound to that machine, as long as nobody has it. */
bool ig_binding_allowed(const struct ig_binding_rules *rules, const struct ig_device *device,
			const struct ig_known_address *known);

/* The key of an address of a machine in that segment. */
void ig_binding_key_of(struct ig_binding_key *key, const uint8_t addr[16], uint32_t segment);
