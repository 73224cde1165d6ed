/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is where in the policy that is asked: machines, their addresses and ports, and what is on whose link. */
#pragma once

#include "asker.h"
#include "interfaces.h"
#include "map_rows.h"

struct ig_house {
	struct ig_asker *asker;
	struct ig_interfaces interfaces;
	struct ig_map_rows devices, addresses, ports;
	struct ig_map_rows bindings; /* as they were when it was last refreshed */
};

/* Where a machine is, or would be: it speaks and is spoken to there. */
struct ig_house_place {
	unsigned int ifindex; /* 0: the interface is not there, and ports are not looked at */
	uint16_t vlan[2];
	char interface[16];
	bool heard; /* it was heard there; else it is the first port of its segment */
};

struct ig_house_machine {
	const struct ig_dict_device *entry;
	const char *name;
	struct ig_device device;
	uint8_t mac[6]; /* that its frames carry: that of its router, where it has one */
	struct ig_house_place place;
};

int ig_house_open(struct ig_house *house,
		  struct ig_asker *asker); /* 0, -errno; close it in any case */
void ig_house_close(struct ig_house *house);
/* Behind ig_asker_refresh(). 0, -errno. */
int ig_house_refresh(struct ig_house *house);

/* @kind: 'd' a device, 'h' a host, 0 either. 0; -ENODEV; -EEXIST: of both kinds there is one. */
int ig_house_machine(const struct ig_house *house, const char *name, char kind,
		     struct ig_house_machine *out);
int ig_house_machine_of_index(const struct ig_house *house, uint32_t index,
			      struct ig_house_machine *out);

/* Whose address it is for a machine of @segment: an index, IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY_LIVE or IG_ENTITY_NONE. As
 * the programs see it, but that link-local addresses which follow from a MAC address are their machine's. */
uint32_t ig_house_holder(const struct ig_house *house, const uint8_t addr[16], uint32_t segment);

enum ig_house_link { IG_HOUSE_OFF, IG_HOUSE_ON, IG_HOUSE_BROADCAST };
enum ig_house_link ig_house_link(const struct ig_house *house, const struct ig_device *device,
				 const uint8_t addr[16]);
/* Where a name has that address, an `allow` by name needs the option `local`. */
bool ig_house_is_local(const struct ig_house *house, const uint8_t addr[16]);
/* Does the segment say what is on its link, of that IP version? */
bool ig_house_link_is_known(const struct ig_device *device, bool v4);
bool ig_house_is_group(const uint8_t addr[16]);
bool ig_house_is_link_local(const uint8_t addr[16]);

/* An address of a machine that the inventory lists, or else that it got. False: none of that version. */
bool ig_house_address(const struct ig_house *house, const struct ig_house_machine *m, bool v4,
		      uint8_t addr[16]);
/* The link-local address that follows from its MAC address. */
void ig_house_own_link_local(const struct ig_house_machine *m, uint8_t addr[16]);
/* An address of the gateway, as a machine would call it. False: none of that version. */
bool ig_house_gateway_address(const struct ig_house *house, const struct ig_house_machine *m,
			      bool v4, uint8_t addr[16]);

/* A MAC address of the gateway: that which a machine at @ifindex would see. False: none is known. */
bool ig_house_gateway_mac(const struct ig_house *house, unsigned int ifindex, uint8_t mac[6]);
/* A MAC address that nobody has. */
void ig_house_strange_mac(const struct ig_house *house, uint8_t mac[6]);
