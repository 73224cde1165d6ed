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

/* Whom the inventory gives a (whole) address to, or whether the gateway has it: index of a device or
 * host, IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY_LIVE, or IG_ENTITY_NONE. */
always_inline __u32 ig_listed_holder(const union ig_ip *ip, __u32 slot)
{
	void *addresses = ig_slot_map(&ig_addresses, slot);
	union ig_ip key = *ip;
	__u32 *holder = addresses ? bpf_map_lookup_elem(addresses, &key) : 0;

	return holder ? *holder : IG_ENTITY_NONE;
}

/* As above, and whom it is bound to. @segment: where a link-local address is said. */
verified_alone __u32 ig_entity_of(const union ig_ip *ip, __u32 segment, __u32 slot, __u64 now)
{
	struct ig_binding *binding;
	__u32 holder;

	if (!ip)
		return IG_ENTITY_NONE;
	holder = ig_listed_holder(ip, slot);
	if (holder != IG_ENTITY_NONE)
		return holder;
	binding = ig_binding_find(ip, segment);
	return binding && ig_binding_lives(binding, now) ? binding->device : IG_ENTITY_NONE;
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

/* When flows of a bound address have to be judged again, on the clock of flows; 0: never. */
always_inline __u32 ig_proved_until(const struct ig_binding *binding, __u64 now)
{
	__u64 until = now + IG_CLAIM_NS / 2;

	if (binding->source == IG_BINDING_LEASE ||
	    (binding->expires_ns && binding->expires_ns < until))
		until = binding->expires_ns;
	until /= NSEC_PER_SEC;
	return until > 0xffffffffu ? 0 : until; /* beyond what a flow can say: it ends before */
}

/*
 * Is this (whole) address the device's? In a replay that learns, an address that nobody holds becomes
 * its own. @says: the device itself says so, which renews a claim.
 */
verified_alone int ig_is_bound(const union ig_ip *ip, __u32 version, const struct ig_mac *mac,
			       struct ig_judgement *j, __u32 says)
{
	struct ig_binding *binding;
	__u32 holder;

	if (!ip || !mac || !j)
		return 0;
	j->proved_until_s = 0;
	holder = ig_listed_holder(ip, ig_slot_of(j));
	if (holder != IG_ENTITY_NONE)
		return holder ==
		       j->index; /* never the gateway's, which has no judgement of its own */
	binding = ig_binding_find(ip, j->segment);
	if (binding && ig_binding_lives(binding, j->now)) {
		if (binding->device != j->index)
			return 0;
		if (says && binding->source == IG_BINDING_CLAIM)
			binding->expires_ns = j->now + IG_CLAIM_NS;
		j->proved_until_s = ig_proved_until(binding, j->now);
		return 1;
	}
	if (version == 6 && j->device.router == IG_ENTITY_NONE && ig_is_own_link_local(ip, mac))
		return 1;
	if (j->device.router != IG_ENTITY_NONE ||
	    (version == 6 && ig_is_link_local_of_machine(ip, ig_slot_of(j))))
		return 0;
	if (j->index == IG_ENTITY_NONE) /* a stranger: what is nobody's counts as its own */
		return !ig_ip_is_unspecified(ip, version) && !ig_ip_is_group(ip, version);
	if (ig_replaying && ig_may_learn(ip, version)) {
		struct ig_grant grant = {
			.ip = *ip,
			.device = j->index,
			.segment = j->segment,
			.source = IG_BINDING_LEARNT,
		};

		j->proved_until_s = (j->now + IG_CLAIM_NS / 2) / NSEC_PER_SEC;
		return ig_bind(&grant, j->now);
	}
	return 0;
}

/* As ig_entity_of() the remote address: a device's destination, or the source of what is for it. */
always_inline __u32 ig_remote_of(struct ig_judgement *j, const union ig_ip *remote)
{
	if (!j->remote_seen) {
		j->remote = ig_entity_of(remote, j->segment, ig_slot_of(j), j->now);
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
						     const union ig_ip *ip)
{
	struct ig_device *behind;
	__u32 holder;

	if (!(device->flags & IG_DEVICE_ROUTES))
		return device;
	holder = ig_listed_holder(ip, slot);
	if (holder == IG_ENTITY_NONE || ig_is_gateways(holder))
		return device;
	behind = ig_device_behind(slot, holder);
	return behind && behind->router == device->index ? behind : device;
}
