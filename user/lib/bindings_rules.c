/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "bindings_rules.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const uint8_t *addr)
{
	return !memcmp(addr, mapped, sizeof(mapped));
}

static bool is_link_local6(const uint8_t *addr)
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

int ig_binding_device(const struct ig_object *object, uint32_t slot, const uint8_t mac[6],
		      struct ig_device *device)
{
	struct ig_mac key = {};

	memcpy(key.addr, mac, sizeof(key.addr));
	if (bpf_map_lookup_elem(object->slots[slot][IG_MAP_devices], &key, device))
		return -errno;
	return device->kind == IG_KIND_GATEWAY || device->router != IG_ENTITY_NONE ? -ENOENT : 0;
}

/* Of the longest network of the segment that the address is in; 0: there is none. IPv4 counts from
 * 96. */
static uint8_t network_length(const struct ig_object *object, uint32_t slot, uint32_t segment,
			      const uint8_t *addr)
{
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = segment};
	struct ig_network network;

	memcpy(key.addr, addr, sizeof(key.addr));
	return bpf_map_lookup_elem(object->slots[slot][IG_MAP_networks], &key, &network)
		       ? 0
		       : network.length;
}

static bool is_listed(const struct ig_object *object, uint32_t slot, const uint8_t *addr)
{
	uint32_t holder;

	return !bpf_map_lookup_elem(object->slots[slot][IG_MAP_addresses], addr, &holder);
}

/* The last address of its network, where that has at most 30 bits. */
static bool is_broadcast(const uint8_t *addr, uint8_t length)
{
	if (length < 96 || length > 96 + 30)
		return false;
	for (int bit = length; bit < 128; bit++) {
		if (!(addr[bit / 8] & (0x80 >> bit % 8)))
			return false;
	}
	return true;
}

static bool lease_allowed(const struct ig_object *object, uint32_t slot,
			  const struct ig_device *device, const uint8_t *addr)
{
	uint8_t length;

	if (!is_v4(addr) || !addr[12] || addr[12] == 127 || addr[12] >= 224)
		return false;
	if (!(device->flags & IG_DEVICE_NETWORKS4) || (addr[12] == 169 && addr[13] == 254))
		return true;
	length = network_length(object, slot, device->segment, addr);
	return length >= 96 && !is_broadcast(addr, length);
}

/* Does it follow, as link-local address, from the MAC address of a machine of the policy? */
static bool is_some_machines(const struct ig_object *object, uint32_t slot, const uint8_t *addr)
{
	static const uint8_t prefix[8] = {0xfe, 0x80};
	struct ig_mac key = {
		.addr = {addr[8] ^ 2, addr[9], addr[10], addr[13], addr[14], addr[15]}};
	struct ig_device device;

	return !memcmp(addr, prefix, sizeof(prefix)) && addr[11] == 0xff && addr[12] == 0xfe &&
	       !bpf_map_lookup_elem(object->slots[slot][IG_MAP_devices], &key, &device) &&
	       device.kind != IG_KIND_GATEWAY;
}

static bool claim_allowed(const struct ig_object *object, uint32_t slot,
			  const struct ig_device *device, const uint8_t *addr)
{
	if (is_v4(addr))
		return false;
	if (is_link_local6(addr))
		return !is_some_machines(object, slot, addr);
	if (addr[0] == 0xff)
		return false;
	if (device->flags & IG_DEVICE_NETWORKS6)
		return network_length(object, slot, device->segment, addr);
	return (addr[0] & 0xe0) == 0x20 || (addr[0] & 0xfe) == 0xfc;
}

bool ig_binding_allowed(const struct ig_object *object, uint32_t slot,
			const struct ig_device *device, const struct ig_known_address *known)
{
	if (is_listed(object, slot, known->addr))
		return false;
	switch (known->source) {
	case IG_BINDING_LEASE:
		return lease_allowed(object, slot, device, known->addr);
	case IG_BINDING_CLAIM:
		return claim_allowed(object, slot, device, known->addr);
	default:
		return false;
	}
}

void ig_binding_key_of(struct ig_binding_key *key, const uint8_t addr[16], uint32_t segment)
{
	memcpy(key->addr, addr, sizeof(key->addr));
	key->scope = is_link_local6(addr) ? segment : IG_NO_SEGMENT;
}
