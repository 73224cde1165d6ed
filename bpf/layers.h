/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * MAC and IP addresses of a frame have to mean the same machine. Otherwise it would be carried past
 * the port where consent is asked for: a packet for a neighbour, sent to everybody; or one for the
 * internet, sent to a neighbour that passes it on.
 */
#pragma once

enum ig_link {
	IG_LINK_OFF = 0,
	IG_LINK_ON = 1,
	IG_LINK_BROADCAST = 2, /* the last address of an IPv4 network */
};

#define IG_BROADCAST_BITS_MAX \
	(96 + 30) /* a network of two addresses has no broadcast one (RFC 3021) */

always_inline bool ig_ip_is_link_local4(const union ig_ip *ip)
{
	return ip->b[12] == 169 && ip->b[13] == 254;
}

/* Are the bits behind the network's all ones? */
always_inline bool ig_is_last_of(const union ig_ip *ip, __u8 length)
{
	__u32 hosts = length > 96 ? 0xffffffffu >> (length - 96) : 0xffffffffu;

	return (bpf_ntohl(ip->w[3]) & hosts) == hosts;
}

/* Is a (whole) address on the link of a segment? enum ig_link */
verified_alone int ig_on_link(const union ig_ip *ip, __u32 version, __u32 segment, __u32 slot)
{
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = segment};
	void *networks = ig_slot_map(&ig_networks, slot);
	struct ig_network *network;

	if (!ip)
		return IG_LINK_OFF;
	if (version == 4 ? ig_ip_is_link_local4(ip) : ig_ip_is_link_local6(ip))
		return IG_LINK_ON;
	__builtin_memcpy(key.addr, ip, sizeof(key.addr));
	network = networks ? bpf_map_lookup_elem(networks, &key) : 0;
	if (!network)
		return IG_LINK_OFF;
	if (version == 4 && network->length <= IG_BROADCAST_BITS_MAX &&
	    ig_is_last_of(ip, network->length))
		return IG_LINK_BROADCAST;
	return IG_LINK_ON;
}

/* Does the inventory say what is on the link? */
always_inline bool ig_link_is_known(const struct ig_device *device, __u8 version)
{
	return device->flags & (version == 4 ? IG_DEVICE_NETWORKS4 : IG_DEVICE_NETWORKS6);
}

always_inline bool ig_is_gateway_mac(const struct ig_device *device)
{
	return device && device->kind == IG_KIND_GATEWAY;
}

/* Is a frame to a group MAC address really for a group? Otherwise it would be carried past the port of
 * the one that it is for, by a machine that was not held against this where it entered. */
always_inline bool ig_is_for_all(const struct ig_packet *pkt, const struct ig_device *sender,
				 __u32 slot)
{
	return !pkt->ip_version || ig_ip_is_group(&pkt->dst, pkt->ip_version) ||
	       ig_on_link(&pkt->dst, pkt->ip_version, sender->segment, slot) == IG_LINK_BROADCAST;
}

/* A unicast frame of a device for a unicast address. */
always_inline bool ig_unicast_agrees(const struct ig_packet *pkt, struct ig_judgement *j,
				     bool on_link)
{
	__u32 slot = ig_slot_of(j), holder = ig_remote_of(j, &pkt->dst);
	struct ig_device *other = ig_device_find(slot, &pkt->dst_mac);
	bool gateway = ig_is_gateway_mac(other);

	if (ig_is_gateways(holder))
		return gateway;
	if (holder == IG_ENTITY_NONE) {
		if (on_link) /* nobody's, or the link-local one of that very MAC address */
			return !other || gateway ||
			       (pkt->ip_version == 6 &&
				ig_is_own_link_local(&pkt->dst, &pkt->dst_mac));
		return gateway || (!other && !ig_link_is_known(&j->device, pkt->ip_version));
	}
	if (gateway)
		return !on_link;
	return other && ig_is_at(slot, other, holder) &&
	       (on_link || other->segment == j->device.segment);
}

verified_alone int ig_layers_agree_from(const struct ig_packet *pkt, struct ig_judgement *j)
{
	bool group;
	int link;

	if (!pkt || !j)
		return 0;
	if (j->device.trusted)
		return 1;
	link = ig_on_link(&pkt->dst, pkt->ip_version, j->device.segment, ig_slot_of(j));
	group = ig_ip_is_group(&pkt->dst, pkt->ip_version) || link == IG_LINK_BROADCAST;
	if (group || ig_is_group(&pkt->dst_mac))
		return group && ig_is_group(&pkt->dst_mac);
	return ig_unicast_agrees(pkt, j, link == IG_LINK_ON);
}

/* What comes from the gateway was routed, and may have any source. */
verified_alone int ig_layers_agree_to(const struct ig_packet *pkt, struct ig_judgement *j)
{
	struct ig_device *sender;
	__u32 slot, holder;

	if (!pkt || !j)
		return 0;
	slot = ig_slot_of(j);
	sender = ig_device_find(slot, &pkt->src_mac);
	if (j->device.trusted || ig_is_gateway_mac(sender) ||
	    ig_ip_is_unspecified(&pkt->src, pkt->ip_version))
		return 1;
	holder = ig_remote_of(j, &pkt->src);
	if (ig_is_gateways(holder))
		return 0;
	if (holder != IG_ENTITY_NONE)
		return sender && ig_is_at(slot, sender, holder);
	return !ig_link_is_known(&j->device, pkt->ip_version) ||
	       ig_on_link(&pkt->src, pkt->ip_version, j->device.segment, slot) != IG_LINK_OFF;
}
