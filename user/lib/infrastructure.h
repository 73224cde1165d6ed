/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a machine may use without a rule: what its segment has switched on, but for DNS and NTP where its MUD file drops them.
 * RFC 8520, section 5, has these two as defaults behind all entries of a file, which "can be changed with a 'drop' action";
 * here they are asked before all rules, so the drop takes the switch of the device.
 */
#pragma once

#include "model.h"

/* enum ig_infrastructure of abi.h. @m has a segment. */
uint32_t ig_machine_infrastructure(const struct iotguard_inventory *inv,
				   const struct ig_machine *m);

/* The rule of its MUD file that takes @service (IG_INFRA_DNS, IG_INFRA_NTP) from it; NULL: none does. */
const struct ig_rule *ig_mud_drop(const struct iotguard_inventory *inv, const struct ig_machine *m,
				  uint32_t service);
/* Do its rules allow it to open conversations with each server of @service, by UDP? */
bool ig_machine_asks_by_rule(const struct iotguard_inventory *inv, const struct ig_machine *m,
			     uint32_t service);
