/* SPDX-License-Identifier: BSD-2-Clause */
/* Flow tables of nftables: conversations that, once begun, take a shorter way through the gateway. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

struct ig_flowtable_port {
	char interface[16];
	bool hardware; /* the card forwards by itself, and no program sees the frames */
};

struct ig_flowtable_ports {
	struct ig_flowtable_port *items;
	size_t count;
	size_t capacity;
};

/* Every interface that a flow table names. 0; -EPERM: this process may not ask; -errno. */
int ig_flowtables_list(struct ig_flowtable_ports *out);
/* Adds what one message of the kernel's answer says to the list at @context. 0, -ENOMEM. */
int ig_flowtables_read(const struct nlmsghdr *message, void *context);
void ig_flowtables_clear(struct ig_flowtable_ports *list);
