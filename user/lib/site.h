/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine an inventory is applied to: its interfaces, MACs and addresses, held against what the
 * inventory says. */
#pragma once

#include "compile.h"
#include "handle.h"
#include "interfaces.h"
#include "policy.h"

struct ig_machine_site {
	struct ig_interfaces all;
	const struct ig_interface **guarded; /* each once; in @all */
	size_t n_guarded;
	struct ig_addr *addresses; /* of this machine, those that the inventory does not list */
	size_t n_addresses;
	struct ig_mac *macs; /* likewise */
	size_t n_macs;
};

/* Looks at the machine. 0; -ENODEV, -EEXIST, -EINVAL or -EBUSY with diagnostics for all that is
 * wrong; -errno. */
int ig_machine_site_look(struct iotguard *ig, const struct iotguard_policy *policy,
			 struct ig_machine_site *out);
void ig_machine_site_clear(struct ig_machine_site *site);

bool ig_site_guards(const struct ig_machine_site *site, const struct ig_interface *interface);
