/* SPDX-License-Identifier: BSD-2-Clause */
/* Where does the routing table send an address? */
#pragma once

#include <stdbool.h>

#include "abi.h"

struct ig_route {
	bool here;   /* this machine has that address */
	int ifindex; /* where it would leave */
	bool direct; /* to the address itself, by no other router */
};

/* 0; -ENETUNREACH, -EHOSTUNREACH: nowhere; -errno. */
int ig_route_lookup(const struct ig_addr *addr, struct ig_route *out);
