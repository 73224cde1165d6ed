/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a frame is from or for: MAC, port and tag, address. */
#pragma once

always_inline struct ig_device *ig_device_find(__u32 slot, const struct ig_mac *mac)
{
	void *devices = ig_slot_map(&ig_devices, slot);
	struct ig_mac key = *mac;

	return devices ? bpf_map_lookup_elem(devices, &key) : 0;
}

/* A device that has no MAC address of its own, see struct ig_mac. */
always_inline struct ig_device *ig_device_behind(__u32 slot, __u32 index)
{
	struct ig_mac key = {.pad = {IG_MAC_IS_INDEX}};

	__builtin_memcpy(key.addr, &index, sizeof(index));
	return ig_device_find(slot, &key);
}

always_inline struct ig_port *ig_port_at(__u32 slot, __u32 ifindex, __u16 outer, __u16 inner)
{
	struct ig_port_key key = {.ifindex = ifindex, .vlan = {outer, inner}};
	void *ports = ig_slot_map(&ig_ports, slot);

	return ports ? bpf_map_lookup_elem(ports, &key) : 0;
}

always_inline struct ig_port *ig_port_find(__u32 slot, const struct ig_packet *pkt)
{
	return ig_port_at(slot, pkt->ifindex, pkt->vlan[0], pkt->vlan[1]);
}

always_inline struct ig_state *ig_state_find(__u32 index)
{
	return bpf_map_lookup_elem(&ig_state, &index);
}

/* Is the device where its segment is? Captures know no ports, so replay has only the tags, and only
 * those that the device sent: what a capture shows of the way to it depends on where it was taken.
 */
always_inline bool ig_on_its_segment(const struct ig_packet *pkt, const struct ig_device *device,
				     const struct ig_port *port)
{
	if (!ig_ports_count())
		return pkt->direction == IG_TO_DEVICE ||
		       (pkt->vlan[0] == device->vlan[0] && pkt->vlan[1] == device->vlan[1]);
	return port && port->segment == device->segment;
}

/* Whoever is heard where it is: a device behind a router is where its router is. */
always_inline struct ig_state *ig_heard_state(const struct ig_judgement *j)
{
	return ig_state_find(j->device.router == IG_ENTITY_NONE ? j->index : j->device.router);
}

/* Is the device known to be behind another port of its segment? One that was never heard may be
 * behind any; so may one whose port is no port any more (an interface that was made anew has
 * another number). */
always_inline bool ig_is_elsewhere(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	struct ig_state *state = ig_heard_state(j);

	if (!ig_ports_count() || !state || !state->ifindex || state->ifindex == pkt->ifindex)
		return false;
	return ig_port_at(ig_slot_of(j), state->ifindex, state->vlan[0], state->vlan[1]) != 0;
}

/* The link-local address that follows from a MAC (RFC 4291 appendix A): nobody else's by
 * construction. */
always_inline bool ig_is_own_link_local(const union ig_ip *ip, const struct ig_mac *mac)
{
	return ip->w[0] == bpf_htonl(0xfe800000) && ip->w[1] == 0 &&
	       ip->b[8] == (mac->addr[0] ^ 2) && ip->b[9] == mac->addr[1] &&
	       ip->b[10] == mac->addr[2] && ip->b[11] == 0xff && ip->b[12] == 0xfe &&
	       ip->b[13] == mac->addr[3] && ip->b[14] == mac->addr[4] && ip->b[15] == mac->addr[5];
}

/* Who holds a (whole) address: index of a device or host, IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY_LIVE,
 * or IG_ENTITY_NONE. */
verified_alone __u32 ig_entity_of(const union ig_ip *ip, __u32 slot, __u64 now)
{
	void *addresses = ig_slot_map(&ig_addresses, slot);
	struct ig_binding *binding;
	union ig_ip key;
	__u32 *holder;

	if (!ip)
		return IG_ENTITY_NONE;
	key = *ip;
	holder = addresses ? bpf_map_lookup_elem(addresses, &key) : 0;
	if (holder)
		return *holder;
	binding = bpf_map_lookup_elem(&ig_bindings, &key);
	if (binding && (!binding->expires_ns || binding->expires_ns > now))
		return binding->device;
	return IG_ENTITY_NONE;
}

/* Is it the link-local address of a machine of the inventory? The MAC address that it follows from
 * says so. */
always_inline bool ig_is_link_local_of_machine(const union ig_ip *ip, __u32 slot)
{
	struct ig_mac mac = {
		.addr = {ip->b[8] ^ 2, ip->b[9], ip->b[10], ip->b[13], ip->b[14], ip->b[15]}};
	struct ig_device *device;

	if (!ig_is_own_link_local(ip, &mac))
		return false;
	device = ig_device_find(slot, &mac);
	return device && device->kind != IG_KIND_GATEWAY;
}

always_inline bool ig_may_learn(const union ig_ip *ip, __u8 version)
{
	struct ig_replay *replay = ig_replay_get();

	return replay && replay->learn_bindings && !ig_ip_is_unspecified(ip, version) &&
	       !ig_ip_is_group(ip, version);
}

/* Is this (whole) address the device's? In a replay that learns, an address that nobody holds
 * becomes its own. */
verified_alone int ig_is_bound(const union ig_ip *ip, __u32 version, const struct ig_mac *mac,
			       const struct ig_judgement *j)
{
	__u32 holder;

	if (!ip || !mac || !j)
		return 0;
	holder = ig_entity_of(ip, ig_slot_of(j), j->now);
	if (holder == j->index)
		return 1; /* never the gateway's, which has no judgement of its own */
	if (holder != IG_ENTITY_NONE)
		return 0;
	if (version == 6 && j->device.router == IG_ENTITY_NONE && ig_is_own_link_local(ip, mac))
		return 1;
	if (ig_replaying && j->device.router == IG_ENTITY_NONE && ig_may_learn(ip, version) &&
	    !(version == 6 && ig_is_link_local_of_machine(ip, ig_slot_of(j)))) {
		struct ig_binding binding = {.device = j->index, .source = IG_BINDING_LEARNT};
		union ig_ip key = *ip;

		return bpf_map_update_elem(&ig_bindings, &key, &binding, BPF_NOEXIST) == 0;
	}
	return 0;
}

/* As ig_entity_of() the remote address: a device's destination, or the source of what is for it. */
always_inline __u32 ig_remote_of(struct ig_judgement *j, const union ig_ip *remote)
{
	if (!j->remote_seen) {
		j->remote = ig_entity_of(remote, ig_slot_of(j), j->now);
		j->remote_seen = 1;
	}
	return j->remote;
}

always_inline bool ig_is_gateways(__u32 entity)
{
	return entity == IG_ENTITY_GATEWAY || entity == IG_ENTITY_GATEWAY_LIVE;
}

/* Is @device, found by its MAC address, the machine @entity, or the router that it is behind? */
always_inline bool ig_is_at(__u32 slot, const struct ig_device *device, __u32 entity)
{
	struct ig_device *behind;

	if (device->index == entity)
		return true;
	if (!(device->flags & IG_DEVICE_ROUTES))
		return false;
	behind = ig_device_behind(slot, entity);
	return behind && behind->router == device->index;
}

/* A router's MAC address carries frames of devices that are told by their addresses: whose is this
 * one? */
always_inline struct ig_device *ig_device_told_apart(__u32 slot, struct ig_device *device,
						     const union ig_ip *ip, __u64 now)
{
	struct ig_device *behind;
	__u32 holder;

	if (!(device->flags & IG_DEVICE_ROUTES))
		return device;
	holder = ig_entity_of(ip, slot, now);
	if (holder == IG_ENTITY_NONE || ig_is_gateways(holder))
		return device;
	behind = ig_device_behind(slot, holder);
	return behind && behind->router == device->index ? behind : device;
}
