/* SPDX-License-Identifier: BSD-2-Clause */
/* A compiled policy: an inventory, and its image for a machine about which nothing is known yet. */
#pragma once

#include "compile.h"
#include "object.h"

struct iotguard_policy {
	const struct iotguard_inventory *inv;
	struct ig_image image; /* indices by position, nothing of the machine: what check and
				  private instances use */
};

/* What a private instance of it needs. */
void ig_policy_sizes(const struct iotguard_policy *policy, struct ig_sizes *sizes);

/* Positions as indices and rings one after the other: @indices and @rings of inv->n_machines.
 * Returns ring slots. */
uint32_t ig_policy_place(const struct iotguard_inventory *inv, uint32_t *indices, uint32_t *rings);
