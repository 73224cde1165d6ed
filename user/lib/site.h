/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine an inventory is applied to: its interfaces, MACs and addresses, held against what the
 * inventory says. */
#pragma once

#include "compile.h"
#include "handle.h"
#include "interfaces.h"
#include "policy.h"

/* An interface that the inventory names and that there is not. */
struct ig_absent {
	const char *name; /* the inventory's */
	int ifindex; /* it runs our programs still, and was given another name; 0: it is not there at all */
};

struct ig_machine_site {
	struct ig_interfaces all;
	const struct ig_interface **guarded; /* each once; in @all */
	size_t n_guarded;
	struct ig_absent *absent; /* each once */
	size_t n_absent;
	bool keep_renamed;	   /* what was renamed is guarded on as what it was */
	struct ig_addr *addresses; /* of this machine, those that the inventory does not list */
	size_t n_addresses;
	struct ig_mac *macs; /* likewise */
	size_t n_macs;
};

/* Looks at the machine. 0, with a warning for each interface that is absent; -EEXIST, -EINVAL or
 * -EBUSY with diagnostics for all that is wrong; -errno. */
int ig_machine_site_look(struct iotguard *ig, const struct iotguard_policy *policy,
			 bool keep_renamed, struct ig_machine_site *out);
/* Only which MAC and IP addresses the machine has, and touches nothing at all. What does not go with the inventory is
 * said as above, left out, and no failure. 0, -errno. */
int ig_machine_site_glance(struct iotguard *ig, const struct iotguard_policy *policy,
			   struct ig_machine_site *out);
/* Index of the interface that the inventory calls @name; 0: it is absent. */
unsigned int ig_machine_site_ifindex(const struct ig_machine_site *site, const char *name);
bool ig_machine_site_is_absent(const struct ig_machine_site *site, const char *name);
void ig_machine_site_clear(struct ig_machine_site *site);

bool ig_site_guards(const struct ig_machine_site *site, const struct ig_interface *interface);
