/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that machines are known to have from outside of the kernel: what a DHCP server has given, neighbours of the
 * gateway, what was saved before a reboot. Machines are told by their MAC addresses, and time is that of the world, so
 * that none of it depends on a run of the kernel.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ig_known_address {
	uint8_t mac[6];
	uint8_t addr[16];    /* network order, IPv4 v4-mapped */
	uint8_t source;	     /* enum ig_binding_source; 0: nobody has the address any more */
	uint64_t expires_at; /* seconds since the epoch; 0: never */
};

struct ig_known {
	struct ig_known_address *items;
	size_t count, capacity;
};

int ig_known_add(struct ig_known *known, const struct ig_known_address *address); /* 0, -ENOMEM */
void ig_known_clear(struct ig_known *known);

/* Of leases of one address, beginning with item @first, only the last counts, and where that
 * says that nobody has the address, none. The order stays. 0, -ENOMEM. */
int ig_known_latest(struct ig_known *known, size_t first);
