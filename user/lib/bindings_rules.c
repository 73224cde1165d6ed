/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <string.h>

#include "address.h"
#include "bindings_rules.h"

static bool is_link_local6(const uint8_t *addr)
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

int ig_binding_rules_read(const struct ig_object *object, uint32_t slot,
			  struct ig_binding_rules *out)
{
	const int *maps = object->slots[slot];
	int err;

	*out = (struct ig_binding_rules){.networks = maps[IG_MAP_networks]};
	err = ig_map_copy_read(maps[IG_MAP_devices], 0, &out->devices);
	err = err ?: ig_map_copy_read(maps[IG_MAP_addresses], 0, &out->addresses);
	if (err)
		ig_binding_rules_clear(out);
	return err;
}

void ig_binding_rules_clear(struct ig_binding_rules *rules)
{
	ig_map_copy_clear(&rules->devices);
	ig_map_copy_clear(&rules->addresses);
}

const struct ig_device *ig_binding_device(const struct ig_binding_rules *rules,
					  const uint8_t mac[6])
{
	const struct ig_device *device;
	struct ig_mac key = {};

	memcpy(key.addr, mac, sizeof(key.addr));
	device = ig_map_copy_find(&rules->devices, &key);
	return device && device->kind != IG_KIND_GATEWAY && device->router == IG_ENTITY_NONE
		       ? device
		       : NULL;
}

/* Of the longest network of the segment that the address is in; 0: there is none. IPv4 counts from
 * 96. */
static uint8_t network_length(const struct ig_binding_rules *rules, uint32_t segment,
			      const uint8_t *addr)
{
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = segment};
	struct ig_network network;

	memcpy(key.addr, addr, sizeof(key.addr));
	return bpf_map_lookup_elem(rules->networks, &key, &network) ? 0 : network.length;
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

static bool lease_allowed(const struct ig_binding_rules *rules, const struct ig_device *device,
			  const uint8_t *addr)
{
	uint8_t length;

	if (!ig_addr_is_v4(addr) || !addr[12] || addr[12] == 127 || addr[12] >= 224)
		return false;
	if (!(device->flags & IG_DEVICE_NETWORKS4) || (addr[12] == 169 && addr[13] == 254))
		return true;
	length = network_length(rules, device->segment, addr);
	return length >= 96 && !is_broadcast(addr, length);
}

/* Does it follow, as link-local address, from the MAC address of a machine of the policy? */
static bool is_some_machines(const struct ig_binding_rules *rules, const uint8_t *addr)
{
	static const uint8_t prefix[8] = {0xfe, 0x80};
	struct ig_mac key = {
		.addr = {addr[8] ^ 2, addr[9], addr[10], addr[13], addr[14], addr[15]}};
	const struct ig_device *device = ig_map_copy_find(&rules->devices, &key);

	return !memcmp(addr, prefix, sizeof(prefix)) && addr[11] == 0xff && addr[12] == 0xfe &&
	       device && device->kind != IG_KIND_GATEWAY;
}

static bool claim_allowed(const struct ig_binding_rules *rules, const struct ig_device *device,
			  const uint8_t *addr)
{
	if (ig_addr_is_v4(addr))
		return false;
	if (is_link_local6(addr))
		return !is_some_machines(rules, addr);
	if (addr[0] == 0xff)
		return false;
	if (device->flags & IG_DEVICE_NETWORKS6)
		return network_length(rules, device->segment, addr);
	return (addr[0] & 0xe0) == 0x20 || (addr[0] & 0xfe) == 0xfc;
}

bool ig_binding_allowed(const struct ig_binding_rules *rules, const struct ig_device *device,
			const struct ig_known_address *known)
{
	if (ig_map_copy_find(&rules->addresses, known->addr)) /* anybody's, and the gateway's */
		return false;
	switch (known->source) {
	case IG_BINDING_LEASE:
		return lease_allowed(rules, device, known->addr);
	case IG_BINDING_CLAIM:
		return claim_allowed(rules, device, known->addr);
	default:
		return false;
	}
}

void ig_binding_key_of(struct ig_binding_key *key, const uint8_t addr[16], uint32_t segment)
{
	memcpy(key->addr, addr, sizeof(key->addr));
	key->scope = is_link_local6(addr) ? segment : IG_NO_SEGMENT;
}
