/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Claims of IPv6 addresses: the first machine that says in discovery that an address is its own gets
 * it (RFC 6620). What is claimed is kept aside until the message was found true in all.
 */
#pragma once

always_inline bool ig_ip_is_global_or_local6(const union ig_ip *ip)
{
	return (ip->b[0] & 0xe0) == 0x20 || (ip->b[0] & 0xfe) == 0xfc; /* 2000::/3, fc00::/7 */
}

always_inline bool ig_may_be_in_segment(const union ig_ip *ip, const struct ig_judgement *j)
{
	if (ig_ip_is_unspecified(ip, 6) || ig_ip_is_group(ip, 6))
		return false;
	if (ig_on_link(ip, 6, j->device.segment, ig_slot_of(j)) == IG_LINK_ON)
		return true;
	return !ig_link_is_known(&j->device, 6) && ig_ip_is_global_or_local6(ip);
}

/* Somebody says that a (whole) address, which is not bound to it, is its own. False: it cannot be. */
verified_alone int ig_claim(const union ig_ip *ip, struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	union ig_ip claimed;
	__u32 slot;

	if (!ip || !j || !s || j->device.router != IG_ENTITY_NONE || j->index == IG_ENTITY_NONE)
		return 0;
	slot = ig_slot_of(j);
	claimed = *ip;
	if (ig_entity_of(&claimed, j->segment, slot, j->now) != IG_ENTITY_NONE ||
	    !ig_may_be_in_segment(&claimed, j) || ig_is_link_local_of_machine(&claimed, slot))
		return 0;
	s->claimed = claimed;
	j->claims = 1;
	return 1;
}

/* After the first policy came, machines that have long had their addresses are let go on. */
always_inline bool ig_is_settling(__u64 now)
{
	struct ig_control *control = ig_machine_counts() ? ig_control_get() : 0;

	return control && now < control->settling_until_ns;
}

/* The source of a packet is not bound to the machine: does the packet itself claim it? */
always_inline bool ig_source_is_claimed(const struct ig_packet *pkt, struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	__u8 type = pkt->icmp >> 8;

	if (pkt->ip_version != 6 || !s)
		return false;
	if (ig_is_nd(pkt) && type == ND_NEIGHBOR_ADVERT)
		return j->claims && s->claimed.q[0] == pkt->src.q[0] &&
		       s->claimed.q[1] == pkt->src.q[1];
	return (ig_is_nd(pkt) || ig_is_settling(j->now)) && ig_claim(&pkt->src, j);
}

/* All of it was true. */
verified_alone int ig_claim_grant(struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_grant grant = {};

	if (!s || !j)
		return 0;
	grant.ip = s->claimed;
	grant.expires_ns = j->now + IG_CLAIM_NS;
	grant.device = j->index;
	grant.segment = j->segment;
	grant.source = IG_BINDING_CLAIM;
	j->proved_until_s = (j->now + IG_CLAIM_NS / 2) / NSEC_PER_SEC;
	return ig_bind(&grant, j->now);
}
