/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every known device may do without a rule: find its neighbours, get an address, resolve
 * names, know the time. */
#pragma once

#define PORT_DHCP_SERVER   67
#define PORT_DHCP_CLIENT   68
#define PORT_NTP	   123
#define PORT_DHCP6_CLIENT  546
#define PORT_DHCP6_SERVER  547

#define ICMPV6_MLD_QUERY   130
#define ICMPV6_MLD_REPORT  131
#define ICMPV6_MLD_DONE	   132
#define ICMPV6_MLD2_REPORT 143

#define IGMP_QUERY	   0x11
#define IGMP_REPORT	   0x12
#define IGMP2_REPORT	   0x16
#define IGMP2_LEAVE	   0x17
#define IGMP3_REPORT	   0x22

/* Is this one of the gateway's servers of a kind (enum ig_service_kind)? */
verified_alone int ig_is_listed(const union ig_ip *ip, __u32 kind, __u32 slot)
{
	struct ig_service_key key = {.kind = kind};
	void *services = ig_slot_map(&ig_services, slot);

	if (!ip || !services)
		return 0;
	__builtin_memcpy(key.addr, ip, 16);
	return !!bpf_map_lookup_elem(services, &key);
}

always_inline bool ig_udp_ports(const struct ig_packet *pkt, __u16 from, __u16 to)
{
	return pkt->proto == IPPROTO_UDP && !pkt->fragment && pkt->src_port_be == ig_htons(from) &&
	       pkt->dst_port_be == ig_htons(to);
}

/* ff02::1:2 and ff05::1:3 (RFC 8415 section 7.1) */
always_inline bool ig_is_dhcp6_group(const union ig_ip *ip)
{
	return ip->w[1] == 0 && ip->w[2] == 0 &&
	       ((ip->w[0] == bpf_htonl(0xff020000) && ip->w[3] == bpf_htonl(0x00010002)) ||
		(ip->w[0] == bpf_htonl(0xff050000) && ip->w[3] == bpf_htonl(0x00010003)));
}

always_inline bool ig_is_dhcp_from(const struct ig_packet *pkt, __u32 slot)
{
	if (pkt->ip_version == 4)
		return ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER) &&
		       (pkt->dst.w[3] == 0xffffffff ||
			ig_is_listed(&pkt->dst, IG_SERVICE_DHCP, slot));
	return ig_udp_ports(pkt, PORT_DHCP6_CLIENT, PORT_DHCP6_SERVER) &&
	       (ig_is_dhcp6_group(&pkt->dst) || ig_is_listed(&pkt->dst, IG_SERVICE_DHCP, slot));
}

/* From the gateway's MAC; DHCPv6 servers answer from their link-local address, which no inventory
 * lists. */
always_inline bool ig_is_dhcp_to(const struct ig_packet *pkt, __u32 slot)
{
	if (pkt->ip_version == 4)
		return ig_udp_ports(pkt, PORT_DHCP_SERVER, PORT_DHCP_CLIENT) &&
		       ig_is_listed(&pkt->src, IG_SERVICE_DHCP, slot);
	return ig_udp_ports(pkt, PORT_DHCP6_SERVER, PORT_DHCP6_CLIENT) &&
	       (ig_ip_is_link_local6(&pkt->src) || ig_is_listed(&pkt->src, IG_SERVICE_DHCP, slot));
}

always_inline bool ig_is_link_control(const struct ig_packet *pkt)
{
	return pkt->ethertype == ETH_P_PAE || pkt->ethertype == ETH_P_LLDP;
}

/* What a device asks of the gateway by a group frame: for no other port of the bridge. */
always_inline bool ig_is_for_gateway(const struct ig_packet *pkt)
{
	if (pkt->fragment)
		return false;
	return ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER) ||
	       ig_udp_ports(pkt, PORT_DHCP6_CLIENT, PORT_DHCP6_SERVER) ||
	       (ig_is_nd(pkt) && pkt->icmp >> 8 == ND_ROUTER_SOLICIT) || ig_is_link_control(pkt);
}

always_inline bool ig_is_igmp_type(__u8 type)
{
	return type == IGMP_QUERY || type == IGMP_REPORT || type == IGMP2_REPORT ||
	       type == IGMP2_LEAVE || type == IGMP3_REPORT;
}

/* Group membership: hosts report, the gateway queries (IGMP: RFC 3376, MLD: RFC 3810); always to a
 * group. */
always_inline bool ig_is_membership(const struct ig_packet *pkt, void *data, void *data_end)
{
	bool query;

	if (pkt->fragment || !pkt->ip_version || !ig_ip_is_group(&pkt->dst, pkt->ip_version))
		return false;
	if (pkt->ip_version == 4) {
		__u8 *igmp;

		if (pkt->proto != IPPROTO_IGMP || pkt->ttl != 1)
			return false;
		igmp = ig_header(pkt, data, data_end, pkt->l4, 8);
		if (!igmp || !ig_is_igmp_type(igmp[0]))
			return false;
		query = igmp[0] == IGMP_QUERY;
	} else {
		__u8 type = pkt->icmp >> 8;

		if (pkt->proto != IPPROTO_ICMPV6 || pkt->ttl != 1)
			return false;
		query = type == ICMPV6_MLD_QUERY;
		if (!query && type != ICMPV6_MLD_REPORT && type != ICMPV6_MLD_DONE &&
		    type != ICMPV6_MLD2_REPORT)
			return false;
	}
	return query == (pkt->direction == IG_TO_DEVICE);
}

/* Infrastructure that is one frame and no conversation; without ARP and ND, which truth.h judges. */
always_inline enum ig_reason ig_judge_infrastructure(const struct ig_packet *pkt, void *data,
						     void *data_end, __u32 slot, __u32 allowed)
{
	if ((allowed & IG_INFRA_DHCP) && pkt->ip_version &&
	    (pkt->direction == IG_FROM_DEVICE ? ig_is_dhcp_from(pkt, slot)
					      : ig_is_dhcp_to(pkt, slot)))
		return IG_REASON_DHCP;
	if ((allowed & IG_INFRA_MEMBERSHIP) && ig_is_membership(pkt, data, data_end))
		return IG_REASON_MEMBERSHIP;
	return IG_REASON_NONE;
}

/* 01:80:c2:00:00:00 to 0f: groups that no bridge forwards (IEEE 802.1Q table 8-1) */
always_inline bool ig_is_link_group(const struct ig_mac *mac)
{
	return mac->addr[0] == 0x01 && mac->addr[1] == 0x80 && mac->addr[2] == 0xc2 &&
	       mac->addr[3] == 0 && mac->addr[4] == 0 && mac->addr[5] < 0x10;
}

/* Is it with a listed resolver, whoever admits it: infrastructure, or a rule? */
always_inline bool ig_is_resolving(const struct ig_question *q, __u32 slot)
{
	__u32 proto = q->service >> 16;

	return (q->service & 0xffff) == PORT_DNS &&
	       (proto == IPPROTO_UDP || proto == IPPROTO_TCP) &&
	       ig_is_listed(&q->remote, IG_SERVICE_RESOLVER, slot);
}

/* Infrastructure that is a conversation which the device opens. @resolving: as ig_is_resolving(). */
always_inline enum ig_reason ig_admit_infrastructure(const struct ig_question *q, __u32 slot,
						     __u32 allowed, bool resolving)
{
	__u32 port = q->service & 0xffff, proto = q->service >> 16;

	if ((allowed & IG_INFRA_DNS) && resolving)
		return IG_REASON_DNS;
	if ((allowed & IG_INFRA_NTP) && port == PORT_NTP && proto == IPPROTO_UDP &&
	    ig_is_listed(&q->remote, IG_SERVICE_TIME, slot))
		return IG_REASON_NTP;
	return IG_REASON_NONE;
}
