/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <string.h>

#include "generation.h"
#include "in_force.h"
#include "util.h"

/* --- policy --- */

/* What is the same, whenever it is put in force. */
static bool is_header_of(const struct ig_image *image, const struct ig_dict_header *header)
{
	struct ig_dict_header ours;

	memcpy(&ours, image->dictionary.blocks, sizeof(ours));
	ours.generation = header->generation;
	ours.applied_at = header->applied_at;
	ig_image_digest(image, ours.image);
	return !memcmp(&ours, header, sizeof(ours));
}

static bool are_blocks_of(const struct ig_object *object, const struct ig_image *image)
{
	uint32_t behind = sizeof(struct ig_dict_header) / sizeof(struct ig_block);

	return ig_generation_has(object, IG_MAP_dictionary, behind,
				 image->dictionary.blocks + behind,
				 image->dictionary.count - behind) &&
	       ig_generation_has(object, IG_MAP_policy, 0, image->policy.blocks,
				 image->policy.count);
}

bool ig_image_in_force(const struct ig_object *object, const struct ig_image *image)
{
	struct ig_dict_header header;

	return !ig_generation_header(object, ig_generation_now(object), &header) &&
	       is_header_of(image, &header) && are_blocks_of(object, image);
}

bool ig_inventory_in_force(const struct ig_object *object, const struct iotguard_inventory *inv)
{
	struct ig_dict_header header;

	return !ig_generation_header(object, ig_generation_now(object), &header) &&
	       !memcmp(header.inventory, inv->sha256, sizeof(header.inventory));
}

/* --- ports --- */

static bool row_in_force(int fd, const struct ig_image_port *port,
			 const struct ig_machine_site *site)
{
	struct ig_port_key key = {.vlan = {port->vlan[0], port->vlan[1]}};
	struct ig_port value;

	if (port->interface)
		key.ifindex = ig_machine_site_ifindex(site, port->interface);
	if (port->interface && !key.ifindex)
		return true; /* absent: it has no row */
	return !bpf_map_lookup_elem(fd, &key, &value) &&
	       !memcmp(&value, &port->port, sizeof(value));
}

static bool names_interface(const struct ig_image *image, const struct ig_machine_site *site,
			    unsigned int ifindex)
{
	for (size_t i = 0; i < image->n_ports; i++) {
		const char *name = image->ports[i].interface;

		if (name && ig_machine_site_ifindex(site, name) == ifindex)
			return true;
	}
	return false;
}

static bool rows_are_current(int fd, const struct ig_image *image,
			     const struct ig_machine_site *site)
{
	struct ig_port_key key, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (key.ifindex && !names_interface(image, site, key.ifindex))
			return false;
	}
	return true;
}

bool ig_ports_in_force(const struct ig_object *object, const struct ig_image *image,
		       const struct ig_machine_site *site)
{
	int fd = ig_generation_map(object, IG_MAP_ports);

	for (size_t i = 0; i < image->n_ports; i++) {
		if (!row_in_force(fd, &image->ports[i], site))
			return false;
	}
	return rows_are_current(fd, image, site);
}

/* --- interfaces --- */

bool ig_all_guarded(struct iotguard *ig)
{
	struct iotguard_interface_info *interfaces;
	bool all = true;
	size_t n;

	if (iotguard_interfaces(ig, &interfaces, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		all = all &&
		      (!interfaces[i].exists ||
		       (interfaces[i].ifindex && interfaces[i].tc_id && interfaces[i].current));
	iotguard_free(interfaces);
	return all;
}
