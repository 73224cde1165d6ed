/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's network interfaces, asked of the kernel by rtnetlink: sysfs may show another
 * network namespace. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct ig_interface {
	int ifindex;
	int master; /* ifindex of the bridge (or bond, ...) that it is a port of; 0: none */
	int link; /* ifindex of the interface that it lies upon, as a VLAN does; of a veth its peer;
		     0: none */
	char name[16];
	uint8_t mac[6];
	bool ethernet; /* has such a MAC */
	bool bridge;
	bool veth;
	bool stacked;	     /* a VLAN or macvlan interface */
	bool link_elsewhere; /* what it lies upon is in another network namespace */
	bool loopback;
	char kind[16]; /* of link: "veth", "vlan", ...; empty for most hardware */
	bool bridge_port;
	bool port_isolated;    /* of a bridge: no frames from or to the other isolated ports */
	bool hairpin;	       /* of a bridge: frames may leave by the port they came from */
	uint8_t switch_id[32]; /* of the switch chip that it is a port of */
	uint8_t switch_size;   /* bytes of that; 0: of none, as far as its driver tells */
	uint32_t xdp_id;       /* of the XDP program on it; 0: none */
	uint8_t xdp_mode;      /* XDP_ATTACHED_* of linux/if_link.h */
};

struct ig_interfaces {
	struct ig_interface *items;
	size_t count;
	size_t capacity;
};

int ig_interfaces_list(struct ig_interfaces *out); /* 0, -errno */
void ig_interfaces_clear(struct ig_interfaces *list);
const struct ig_interface *ig_interface_by_name(const struct ig_interfaces *list, const char *name);
const struct ig_interface *ig_interface_by_index(const struct ig_interfaces *list, int ifindex);
/* Of what a VLAN or macvlan interface is on, in this network namespace; 0: nothing. */
int ig_interface_below(const struct ig_interface *interface);

/* Every address that this machine answers to from outside, subnet-router anycast included; the
 * caller frees @out. */
int ig_own_addresses(struct ig_addr **out, size_t *count);
