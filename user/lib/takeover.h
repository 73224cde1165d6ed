/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that machines had before the programs could see how they got them: an instance takes
 * them over before its policy is in force.
 */
#pragma once

#include "bindings.h"
#include "handle.h"
#include "model.h"
#include "site.h"

/*
 * For the machines of the policy in @slot. Sources are asked in this order: the leases of DHCP
 * servers, where of one address the source that comes last counts, and the gateway's neighbours,
 * where the first who has an address keeps it. Nothing here fails: what is wrong is a warning.
 * @bound: what machines did not have before.
 */
void ig_take_over_addresses(struct iotguard *ig, const struct iotguard_inventory *inv,
			    const struct ig_machine_site *site, const struct ig_object *object,
			    uint32_t slot, struct ig_bound *bound);
