/* SPDX-License-Identifier: BSD-2-Clause */
/* Where does the routing table send an address? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ig_route {
	bool here;   /* this machine has that address */
	int ifindex; /* where it would leave */
	bool direct; /* to the address itself, by no other router */
	uint8_t next_hop
		[16]; /* the address itself, or that router, where it has one of the same or the other version */
};

/* @scope: of a link-local address, its interface; 0: none. 0; -ENETUNREACH, -EHOSTUNREACH: nowhere; -errno. */
int ig_route_lookup(const uint8_t addr[16], int scope, struct ig_route *out);
