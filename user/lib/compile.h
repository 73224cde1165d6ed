/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiles an inventory into the image of one slot: what each policy map is to hold. Pure: it knows
 * the machine it is to run on only through struct ig_site.
 */
#pragma once

#include "abi.h"
#include "diag.h"
#include "dictionary.h"
#include "model.h"
#include "table.h"

/* What an image depends on beside the inventory. */
struct ig_site {
	const uint32_t *indices; /* of each machine, in the inventory's order */
	const uint32_t *rings;	 /* first slot of each in the flow rings, likewise */
	const struct ig_addr
		*addresses; /* of this machine, beside those that the inventory lists */
	size_t n_addresses;
	const struct ig_mac *macs; /* of this machine's interfaces, likewise */
	size_t n_macs;
	bool portless; /* frames will have no interface: group frames are for all segments */
	/* An image of the same inventory, made for other places, from which tables and names are taken as far as they
	 * are the same; or NULL. It has to outlive what is made of it. */
	const struct ig_image *like;
};

struct ig_image_device {
	struct ig_mac mac;
	struct ig_device device;
};

struct ig_image_address {
	struct ig_addr addr;
	uint32_t holder;
};

struct ig_image_network {
	struct ig_network_key key;
	struct ig_network network;
};

struct ig_image_port {
	const char *interface; /* the inventory's; NULL: no port, see struct ig_port_key */
	uint16_t vlan[2];
	struct ig_port port;
};

/* Where the tables of a list of rules (struct ig_resolved) are. */
struct ig_image_list {
	uint32_t at; /* first block */
	uint32_t blocks;
	uint32_t twin; /* the first list with equal rules, whose tables these are; mostly itself */
	bool placed;   /* its rules name machines: in another place they have other tables */
};

struct ig_image {
	struct ig_image_device *devices;
	size_t n_devices, devices_capacity;
	struct ig_image_address *addresses;
	size_t n_addresses, addresses_capacity;
	struct ig_image_port *ports;
	size_t n_ports, ports_capacity;
	struct ig_image_network *networks;
	size_t n_networks, networks_capacity;
	struct ig_service_key *services;
	size_t n_services, services_capacity;
	struct ig_name_key *patterns; /* by number, from 1 */
	size_t n_patterns;
	struct ig_pool policy;
	struct ig_pool dictionary;
	size_t n_policies;
	size_t n_rules;
	struct ig_image_list *lists;
	size_t n_lists;
	uint32_t *indices; /* of the machines that it was made for, in the inventory's order */
	size_t n_indices;
};

#define IG_MAX_FLOW_SLOTS (UINT32_MAX / 4) /* far beyond any machine's memory */

/* How many ring slots a machine takes: ordinary and critical ones. */
void ig_flow_quota(const struct iotguard_inventory *inv, const struct ig_machine *m,
		   uint16_t *flows, uint16_t *critical);

/* Says with diagnostics what this version does not enforce yet; -EINVAL then. */
int ig_compile_check(struct ig_diags *diags, const struct iotguard_inventory *inv);

/* 0; -EINVAL or -E2BIG with a diagnostic; -ENOMEM. The image refers to the inventory's strings. */
int ig_compile(struct ig_diags *diags, const struct iotguard_inventory *inv,
	       const struct ig_site *site, struct ig_image *out);
void ig_image_clear(struct ig_image *image);

/* Of all of it but the blocks, which are the most and can be compared where they lie. */
void ig_image_digest(const struct ig_image *image, uint8_t digest[32]);
