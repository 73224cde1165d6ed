/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4 options (RFC 791 section 3.1): gone through for the ways that the sender wants it to take. Rare,
 * so that it may cost, and apart, since it has many paths. */
#pragma once

#define IPV4_OPTION_END	 0
#define IPV4_OPTION_NOP	 1
#define IPV4_OPTION_LSRR 131 /* loose source route */
#define IPV4_OPTION_SSRR 137 /* strict source route */

/* How many bytes of them there are, less one. What is checked is one less, since Linux 6.1 does not
 * conclude from "not 0" that it is at least 1. */
always_inline __u32 ig_options_size_less_one(const struct ig_packet *pkt)
{
	__u32 size = pkt->l4 - pkt->l3 - sizeof(struct iphdr) - 1;

	barrier_var(size);
	return size;
}

/* The position lies in memory that the verifier knows nothing of: otherwise it would walk every way
 * that options can be arranged. */
always_inline enum ig_reason ig_judge_options(struct ig_options *o, __u32 size)
{
	o->at = 0;
	_Pragma("clang loop unroll(disable)") for (int i = 0; i < IG_OPTIONS_MAX; i++)
	{
		__u32 at = READ_ONCE(o->at);
		__u8 kind, length;

		if (at >= size)
			return IG_REASON_NONE;
		kind = o->bytes[at & 63];
		length = o->bytes[(at + 1) & 63];
		if (kind == IPV4_OPTION_END)
			return IG_REASON_NONE;
		if (kind == IPV4_OPTION_NOP) {
			o->at = at + 1;
			continue;
		}
		if (at + 2 > size || length < 2 || at + length > size)
			return IG_REASON_MALFORMED;
		if (kind == IPV4_OPTION_LSRR || kind == IPV4_OPTION_SSRR)
			return IG_REASON_SOURCE_ROUTE;
		o->at = at + length;
	}
	return IG_REASON_NONE;
}

verified_alone int ig_options_from(struct xdp_md *ctx, const struct ig_packet *pkt)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	__u32 size;

	if (!pkt || !s)
		return IG_REASON_NO_POLICY;
	size = ig_options_size_less_one(pkt);
	if (size >= IG_OPTIONS_MAX ||
	    bpf_xdp_load_bytes(ctx, pkt->l3 + sizeof(struct iphdr), s->options.bytes, size + 1))
		return IG_REASON_TRUNCATED;
	return ig_judge_options(&s->options, size + 1);
}

verified_alone int ig_options_to(struct __sk_buff *ctx, const struct ig_packet *pkt)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	__u32 size;

	if (!pkt || !s)
		return IG_REASON_NO_POLICY;
	size = ig_options_size_less_one(pkt);
	if (size >= IG_OPTIONS_MAX ||
	    bpf_skb_load_bytes(ctx, pkt->l3 + sizeof(struct iphdr), s->options.bytes, size + 1))
		return IG_REASON_TRUNCATED;
	return ig_judge_options(&s->options, size + 1);
}
