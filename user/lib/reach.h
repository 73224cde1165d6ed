/* SPDX-License-Identifier: BSD-2-Clause */
/* How does this machine reach an address? Asked of the kernel by rtnetlink: routes, neighbours, and
 * what a bridge has learnt. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ig_reach {
	int ifindex; /* through which packets to it leave */
	bool has_mac;
	uint8_t mac[6]; /* of the next hop: the machine itself, or a router */
};

/* @scope: of a link-local address, its interface; 0: none. -errno of the kernel where there is no
 * route, as -ENETUNREACH. A next hop whose MAC address is not known is no error. */
int ig_reach(const uint8_t addr[16], int scope, struct ig_reach *out);

/* Index of the port behind which a bridge has heard of a MAC address; 0: of none. */
int ig_bridge_port(int bridge, const uint8_t mac[6]);
