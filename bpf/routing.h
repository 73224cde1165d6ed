/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The gateway's addresses change without a new policy: its provider gives it another one. So where a
 * rule speaks of the gateway or of the internet, the routing table is asked who an address is.
 */
#pragma once

#define AF_INET	 2
#define AF_INET6 10

/* Holder of an address in the policy: is routing to be believed rather than that? */
always_inline bool ig_routing_decides(__u32 holder)
{
	return holder == IG_ENTITY_NONE || holder == IG_ENTITY_GATEWAY_LIVE;
}

always_inline enum ig_routing ig_routing_ask(struct xdp_md *ctx, const struct ig_packet *pkt)
{
	struct bpf_fib_lookup fib = {.ifindex = pkt->ifindex};
	long answer;

	fib.family = pkt->ip_version == 4 ? AF_INET : AF_INET6;
	if (pkt->ip_version == 4) {
		fib.ipv6_src[0] = pkt->src.w[3];
		fib.ipv6_dst[0] = pkt->dst.w[3];
	} else {
		__builtin_memcpy(fib.ipv6_src, &pkt->src, 16);
		__builtin_memcpy(fib.ipv6_dst, &pkt->dst, 16);
	}
	answer = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	/* there is no other answer for a place that no route leads to; nothing gets there, either */
	if (answer == BPF_FIB_LKUP_RET_NOT_FWDED)
		return IG_ROUTING_HERE;
	if (answer == BPF_FIB_LKUP_RET_SUCCESS || answer == BPF_FIB_LKUP_RET_NO_NEIGH)
		return IG_ROUTING_ON;
	return IG_ROUTING_UNKNOWN; /* it does not forward, say */
}

/* Asked where the answer can change what a rule matches. */
verified_alone int ig_routing_of(struct xdp_md *ctx, const struct ig_packet *pkt,
				 struct ig_judgement *j)
{
	__u32 slot;

	if (!ig_machine_counts() || !pkt || !j || !pkt->ip_version)
		return IG_ROUTING_UNKNOWN;
	slot = ig_slot_of(j);
	if (!(j->device.flags & IG_DEVICE_ASKS_ROUTING) || ig_is_group(&pkt->dst_mac) ||
	    !ig_routing_decides(ig_remote_of(j, &pkt->dst)) ||
	    !ig_is_gateway_mac(ig_device_find(slot, &pkt->dst_mac)))
		return IG_ROUTING_UNKNOWN;
	return ig_routing_ask(ctx, pkt);
}
