/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "explain_house.h"
#include "remote.h"
#include "util.h"

/* --- opening --- */

static int read_map(const struct ig_house *house, enum ig_map map, struct ig_map_rows *rows)
{
	int fd = ig_generation_map(house->asker->object, map);

	return fd < 0 ? -ENOENT : ig_map_rows_read(fd, 0, rows);
}

int ig_house_refresh(struct ig_house *house)
{
	ig_map_rows_clear(&house->bindings);
	return ig_map_rows_read(house->asker->object->maps[IG_MAP_bindings], 0, &house->bindings);
}

int ig_house_open(struct ig_house *house, struct ig_asker *asker)
{
	int err;

	*house = (struct ig_house){.asker = asker};
	err = ig_interfaces_list(&house->interfaces);
	err = err ?: read_map(house, IG_MAP_devices, &house->devices);
	err = err ?: read_map(house, IG_MAP_addresses, &house->addresses);
	err = err ?: read_map(house, IG_MAP_ports, &house->ports);
	return err ?: ig_house_refresh(house);
}

void ig_house_close(struct ig_house *house)
{
	ig_interfaces_clear(&house->interfaces);
	ig_map_rows_clear(&house->devices);
	ig_map_rows_clear(&house->addresses);
	ig_map_rows_clear(&house->ports);
	ig_map_rows_clear(&house->bindings);
}

/* --- places --- */

static bool is_guarded(const struct ig_house *house, unsigned int ifindex)
{
	for (size_t i = 0; i < house->ports.count; i++) {
		const struct ig_port_key *key = ig_map_rows_key(&house->ports, i);

		if (key->ifindex == ifindex && key->vlan[0] == IG_GUARDED)
			return true;
	}
	return false;
}

static void set_interface(const struct ig_house *house, struct ig_house_place *place,
			  unsigned int ifindex)
{
	const struct ig_interface *interface =
		ig_interface_by_index(&house->interfaces, (int)ifindex);

	place->ifindex = interface ? ifindex : 0;
	if (interface)
		snprintf(place->interface, sizeof(place->interface), "%s", interface->name);
}

/* Where it was heard last, be it right there or not, if that is a port still. */
static bool find_heard(const struct ig_house *house, const struct ig_house_machine *m,
		       struct ig_house_place *place)
{
	uint32_t index = m->device.router == IG_ENTITY_NONE ? m->device.index : m->device.router;
	struct ig_state state = {};

	if (bpf_map_lookup_elem(house->asker->object->maps[IG_MAP_state], &index, &state) ||
	    !state.ifindex || !is_guarded(house, state.ifindex))
		return false;
	set_interface(house, place, state.ifindex);
	memcpy(place->vlan, state.vlan, sizeof(place->vlan));
	place->heard = place->ifindex;
	return place->heard;
}

static void find_port(const struct ig_house *house, const struct ig_house_machine *m,
		      struct ig_house_place *place)
{
	unsigned int first = 0;

	for (size_t i = 0; i < house->ports.count; i++) {
		const struct ig_port_key *key = ig_map_rows_key(&house->ports, i);
		struct ig_port port;

		memcpy(&port, ig_map_rows_value(&house->ports, i), sizeof(port));
		if (key->vlan[0] != IG_GUARDED && key->ifindex &&
		    port.segment == m->device.segment && (!first || key->ifindex < first) &&
		    ig_interface_by_index(&house->interfaces, (int)key->ifindex))
			first = key->ifindex;
	}
	if (first)
		set_interface(house, place, first);
	memcpy(place->vlan, m->device.vlan, sizeof(place->vlan));
}

/* --- machines --- */

static bool find_device(const struct ig_house *house, uint32_t index, struct ig_device *device,
			uint8_t mac[6])
{
	for (size_t i = 0; i < house->devices.count; i++) {
		const struct ig_mac *key = ig_map_rows_key(&house->devices, i);

		memcpy(device, ig_map_rows_value(&house->devices, i), sizeof(*device));
		if (device->kind == IG_KIND_GATEWAY || device->index != index ||
		    key->pad[0] == IG_MAC_IS_NAME)
			continue;
		if (mac)
			memcpy(mac, key->addr, 6);
		return true;
	}
	return false;
}

static int fill_machine(const struct ig_house *house, const struct ig_dict_device *entry,
			struct ig_house_machine *out)
{
	struct ig_device router;

	*out = (struct ig_house_machine){
		.entry = entry,
		.name = ig_dict_string(&house->asker->dict, entry->name),
	};
	if (!find_device(house, entry->index, &out->device, out->mac))
		return -EPROTO;
	if (out->device.router != IG_ENTITY_NONE &&
	    !find_device(house, out->device.router, &router, out->mac))
		return -EPROTO;
	if (!find_heard(house, out, &out->place))
		find_port(house, out, &out->place);
	return 0;
}

int ig_house_machine(const struct ig_house *house, const char *name, char kind,
		     struct ig_house_machine *out)
{
	const struct ig_dictionary *dict = &house->asker->dict;
	const struct ig_dict_device *found = NULL, *entry;

	for (uint32_t i = 0; (entry = ig_dict_device_at(dict, i)); i++) {
		if (strcmp(ig_dict_string(dict, entry->name), name) ||
		    (kind && entry->host != (kind == 'h')))
			continue;
		if (found)
			return -EEXIST;
		found = entry;
	}
	return found ? fill_machine(house, found, out) : -ENODEV;
}

int ig_house_machine_of_index(const struct ig_house *house, uint32_t index,
			      struct ig_house_machine *out)
{
	const struct ig_dict_device *entry = ig_dict_device_find(&house->asker->dict, index);

	return entry ? fill_machine(house, entry, out) : -ENODEV;
}

/* --- addresses --- */

bool ig_house_is_link_local(const uint8_t addr[16])
{
	if (ig_addr_is_v4(addr))
		return addr[12] == 169 && addr[13] == 254;
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

bool ig_house_is_group(const uint8_t addr[16])
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	if (ig_addr_is_v4(addr))
		return (addr[12] & 0xf0) == 224 || !memcmp(addr + 12, all, 4);
	return addr[0] == 0xff;
}

void ig_house_own_link_local(const struct ig_house_machine *m, uint8_t addr[16])
{
	const uint8_t *mac = m->mac;

	memcpy(addr,
	       (uint8_t[16]){0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe,
			     mac[3], mac[4], mac[5]},
	       16);
}

static uint32_t listed_holder(const struct ig_house *house, const uint8_t addr[16])
{
	for (size_t i = 0; i < house->addresses.count; i++) {
		uint32_t holder;

		if (memcmp(ig_map_rows_key(&house->addresses, i), addr, 16))
			continue;
		memcpy(&holder, ig_map_rows_value(&house->addresses, i), sizeof(holder));
		return holder;
	}
	return IG_ENTITY_NONE;
}

static bool lives(const struct ig_binding *binding)
{
	return !binding->expires_ns || binding->expires_ns > ig_clock_now();
}

static uint32_t bound_holder(const struct ig_house *house, const uint8_t addr[16], uint32_t segment)
{
	bool scoped = !ig_addr_is_v4(addr) && ig_house_is_link_local(addr);

	for (size_t i = 0; i < house->bindings.count; i++) {
		const struct ig_binding_key *key = ig_map_rows_key(&house->bindings, i);
		struct ig_binding binding;

		if (memcmp(key->addr, addr, 16) || key->scope != (scoped ? segment : IG_NO_SEGMENT))
			continue;
		memcpy(&binding, ig_map_rows_value(&house->bindings, i), sizeof(binding));
		return lives(&binding) ? binding.device : IG_ENTITY_NONE;
	}
	return IG_ENTITY_NONE;
}

/* The machine of the segment whose link-local address it is by construction. */
static uint32_t link_local_holder(const struct ig_house *house, const uint8_t addr[16],
				  uint32_t segment)
{
	uint8_t mac[6] = {addr[8] ^ 2, addr[9], addr[10], addr[13], addr[14], addr[15]};

	if (ig_addr_is_v4(addr) || !ig_house_is_link_local(addr) || addr[11] != 0xff ||
	    addr[12] != 0xfe)
		return IG_ENTITY_NONE;
	for (size_t i = 0; i < house->devices.count; i++) {
		const struct ig_mac *key = ig_map_rows_key(&house->devices, i);
		struct ig_device device;

		memcpy(&device, ig_map_rows_value(&house->devices, i), sizeof(device));
		if (key->pad[0] == IG_MAC_IS_MAC && !memcmp(key->addr, mac, 6))
			return device.kind == IG_KIND_GATEWAY ? IG_ENTITY_GATEWAY_LIVE
			       : device.segment == segment    ? device.index
							      : IG_ENTITY_NONE;
	}
	return IG_ENTITY_NONE;
}

uint32_t ig_house_holder(const struct ig_house *house, const uint8_t addr[16], uint32_t segment)
{
	uint32_t holder = listed_holder(house, addr);

	if (holder == IG_ENTITY_NONE)
		holder = bound_holder(house, addr, segment);
	if (holder == IG_ENTITY_NONE)
		holder = link_local_holder(house, addr, segment);
	return holder;
}

/* Addresses lie in no order: of two the lower one, but none that is only good for the link if there is another. */
static bool is_better(const uint8_t addr[16], const uint8_t than[16], bool found)
{
	bool local = ig_house_is_link_local(addr), other = ig_house_is_link_local(than);

	if (!found || local != other)
		return !found || other;
	return memcmp(addr, than, 16) < 0;
}

static bool listed_address(const struct ig_house *house, uint32_t index, bool v4, uint8_t addr[16])
{
	bool found = false;

	for (size_t i = 0; i < house->addresses.count; i++) {
		const uint8_t *one = ig_map_rows_key(&house->addresses, i);
		uint32_t holder;

		memcpy(&holder, ig_map_rows_value(&house->addresses, i), sizeof(holder));
		if (holder != index || ig_addr_is_v4(one) != v4 || !is_better(one, addr, found))
			continue;
		memcpy(addr, one, 16);
		found = true;
	}
	return found;
}

static bool bound_address(const struct ig_house *house, uint32_t index, bool v4, uint8_t addr[16])
{
	bool found = false;

	for (size_t i = 0; i < house->bindings.count; i++) {
		const struct ig_binding_key *key = ig_map_rows_key(&house->bindings, i);
		struct ig_binding binding;

		memcpy(&binding, ig_map_rows_value(&house->bindings, i), sizeof(binding));
		if (binding.device != index || !lives(&binding) || ig_addr_is_v4(key->addr) != v4 ||
		    listed_holder(house, key->addr) != IG_ENTITY_NONE ||
		    !is_better(key->addr, addr, found))
			continue;
		memcpy(addr, key->addr, 16);
		found = true;
	}
	return found;
}

bool ig_house_address(const struct ig_house *house, const struct ig_house_machine *m, bool v4,
		      uint8_t addr[16])
{
	return listed_address(house, m->device.index, v4, addr) ||
	       bound_address(house, m->device.index, v4, addr);
}

bool ig_house_gateway_address(const struct ig_house *house, const struct ig_house_machine *m,
			      bool v4, uint8_t addr[16])
{
	static const uint32_t holders[] = {IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY_LIVE};
	bool found = false;

	for (size_t k = 0; k < ARRAY_SIZE(holders) && !found; k++) {
		for (size_t i = 0; i < house->addresses.count; i++) {
			const uint8_t *one = ig_map_rows_key(&house->addresses, i);
			bool near, nearer;
			uint32_t holder;

			memcpy(&holder, ig_map_rows_value(&house->addresses, i), sizeof(holder));
			if (holder != holders[k] || ig_addr_is_v4(one) != v4 ||
			    ig_house_is_group(one))
				continue;
			near = ig_house_link(house, &m->device, one) == IG_HOUSE_ON;
			nearer = found && ig_house_link(house, &m->device, addr) == IG_HOUSE_ON;
			if (found && (near != nearer ? nearer : !is_better(one, addr, found)))
				continue;
			memcpy(addr, one, 16);
			found = true;
		}
	}
	return found;
}

/* --- links --- */

bool ig_house_is_local(const struct ig_house *house, const uint8_t addr[16])
{
	int fd = ig_generation_map(house->asker->object, IG_MAP_networks);
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = IG_NO_SEGMENT};
	struct ig_network network;

	memcpy(key.addr, addr, sizeof(key.addr));
	return ig_is_special(addr) ||
	       ig_house_holder(house, addr, IG_NO_SEGMENT) != IG_ENTITY_NONE ||
	       (fd >= 0 && !bpf_map_lookup_elem(fd, &key, &network));
}

bool ig_house_link_is_known(const struct ig_device *device, bool v4)
{
	return device->flags & (v4 ? IG_DEVICE_NETWORKS4 : IG_DEVICE_NETWORKS6);
}

static bool is_last_of(const uint8_t addr[16], uint8_t length)
{
	for (unsigned int bit = length; bit < 128; bit++) {
		if (!(addr[bit / 8] & (0x80 >> bit % 8)))
			return false;
	}
	return true;
}

enum ig_house_link ig_house_link(const struct ig_house *house, const struct ig_device *device,
				 const uint8_t addr[16])
{
	int fd = ig_generation_map(house->asker->object, IG_MAP_networks);
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = device->segment};
	struct ig_network network;

	if (ig_house_is_link_local(addr))
		return IG_HOUSE_ON;
	memcpy(key.addr, addr, sizeof(key.addr));
	if (fd < 0 || bpf_map_lookup_elem(fd, &key, &network))
		return IG_HOUSE_OFF;
	if (ig_addr_is_v4(addr) && network.length <= 96 + 30 && is_last_of(addr, network.length))
		return IG_HOUSE_BROADCAST;
	return IG_HOUSE_ON;
}

/* --- MAC addresses --- */

static bool is_gateways(const struct ig_house *house, const uint8_t mac[6])
{
	for (size_t i = 0; i < house->devices.count; i++) {
		const struct ig_mac *key = ig_map_rows_key(&house->devices, i);
		struct ig_device device;

		memcpy(&device, ig_map_rows_value(&house->devices, i), sizeof(device));
		if (device.kind == IG_KIND_GATEWAY && !memcmp(key->addr, mac, 6))
			return true;
	}
	return false;
}

/* The bridge's, where it is a port of one, else its own, else any one. */
bool ig_house_gateway_mac(const struct ig_house *house, unsigned int ifindex, uint8_t mac[6])
{
	const struct ig_interface *port =
		ifindex ? ig_interface_by_index(&house->interfaces, (int)ifindex) : NULL;
	const struct ig_interface *master =
		port ? ig_interface_by_index(&house->interfaces, port->master) : NULL;
	bool found = false;

	if (port && is_gateways(house, master ? master->mac : port->mac)) {
		memcpy(mac, master ? master->mac : port->mac, 6);
		return true;
	}
	for (size_t i = 0; i < house->devices.count; i++) {
		const struct ig_mac *key = ig_map_rows_key(&house->devices, i);
		struct ig_device device;

		memcpy(&device, ig_map_rows_value(&house->devices, i), sizeof(device));
		if (device.kind != IG_KIND_GATEWAY || (found && memcmp(key->addr, mac, 6) > 0))
			continue;
		memcpy(mac, key->addr, 6);
		found = true;
	}
	return found;
}

void ig_house_strange_mac(const struct ig_house *house, uint8_t mac[6])
{
	bool taken = true;

	memcpy(mac, "\x02igst", 6);
	for (; taken; mac[5] += taken) {
		taken = false;
		for (size_t i = 0; i < house->devices.count && !taken; i++)
			taken = !memcmp(ig_map_rows_key(&house->devices, i), mac, 6);
	}
}
