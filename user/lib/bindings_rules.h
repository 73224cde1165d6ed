/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be bound to whom, under one policy: docs/policy.md, Bindings and DHCP. */
#pragma once

#include "known.h"
#include "object.h"

#define IG_SECOND_NS 1000000000ull

/* 0: the machine of a MAC address that has one of its own; -ENOENT: no policy knows it; -errno. */
int ig_binding_device(const struct ig_object *object, uint32_t slot, const uint8_t mac[6],
		      struct ig_device *device);

/* Whether the address may be bound to that machine, as long as nobody has it. */
bool ig_binding_allowed(const struct ig_object *object, uint32_t slot,
			const struct ig_device *device, const struct ig_known_address *known);

/* The key of an address of a machine in that segment. */
void ig_binding_key_of(struct ig_binding_key *key, const uint8_t addr[16], uint32_t segment);
