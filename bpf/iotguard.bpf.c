/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two programs: from-device (XDP, a frame enters at a guarded port) and to-device (tc, a frame
 * leaves through one). Both take the frame apart, ask the flow table, and only without a live flow
 * judge it whole.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "iotguard/abi.h"
#include "maps/control.h"
#include "maps/device.h"
#include "maps/event.h"
#include "maps/flow.h"
#include "maps/policy.h"

#include "common.h"
#include "clock.h"
#include "judgement.h"
#include "parse.h"
#include "identity.h"
#include "truth.h"
#include "policy.h"
#include "infrastructure.h"
#include "flow.h"
#include "event.h"
#include "verdict.h"
#include "judge.h"

/* TCX_NEXT and TC_ACT_UNSPEC: whoever comes after us is asked as well */
#define TC_NEXT (-1)
#define TC_SHOT 2

/*
 * Programs that are to take the place of others leave everything to those until they are attached everywhere: flows
 * are in tables of the one or of the other, so that both directions of all interfaces have to change at once.
 */
always_inline bool ig_hands_on(void)
{
	struct ig_control *control = ig_replaying ? 0 : ig_control_get();

	return control && READ_ONCE(control->handing_on);
}

always_inline void ig_judgement_begin(struct ig_judgement *j)
{
	struct ig_control *control = ig_control_get();

	j->generation = control ? READ_ONCE(control->generation) : 0;
	j->slot = j->generation % IG_SLOTS;
	j->now = ig_now();
	j->index = IG_ENTITY_NONE;
	j->rule = IG_NO_RULE;
	j->mode = IG_MODE_ENFORCE;
}

always_inline __u32 ig_wire_length(__u32 length)
{
	if (ig_replaying) {
		struct ig_replay *replay = ig_replay_get();

		return replay ? replay->wire_length : length;
	}
	return length;
}

/* The fast path: does a live flow admit it? */
always_inline bool ig_is_admitted(const struct ig_packet *pkt, enum ig_direction direction,
				  struct ig_judgement *j, union ig_flow_key *key)
{
	struct ig_flow *flow;

	j->keyed = ig_flow_key_of(pkt, direction == IG_FROM_DEVICE, key);
	if (!j->keyed)
		return false;
	flow = ig_flow_find(pkt->ip_version, key);
	return flow && ig_flow_admits(flow, pkt, j);
}

always_inline void ig_complete_addresses(struct ig_packet *pkt)
{
	if (pkt->ip_version == 4 || pkt->ethertype == ETH_P_ARP) {
		ig_ip_map4(&pkt->src);
		ig_ip_map4(&pkt->dst);
	}
}

SEC("xdp.frags")
int ig_from_device(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_packet pkt = {.direction = IG_FROM_DEVICE, .segments = 1};
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;

	if (ig_hands_on())
		bpf_tail_call(ctx, &ig_before_xdp, 0);
	ig_judgement_begin(&j);
	pkt.length = ig_wire_length(bpf_xdp_get_buff_len(ctx));
	pkt.ifindex = ctx->ingress_ifindex;
	reason = ig_parse(&pkt, data, data_end, 0);
	if (!reason && ig_is_admitted(&pkt, IG_FROM_DEVICE, &j, &key)) {
		reason = IG_REASON_FLOW;
	} else {
		ig_complete_addresses(&pkt);
		reason = ig_judge_from(ctx, &pkt, &j, reason);
		if (!reason) {
			reason = ig_judge_conversation(&pkt, &j, &key);
			ig_flow_settle(&pkt, &j, &key, reason);
		}
	}
	return ig_verdict(&pkt, &j, reason) == IG_PASS ? XDP_PASS : XDP_DROP;
}

separate enum ig_reason ig_parse_again(struct ig_packet *pkt, void *data, void *data_end,
				       __u32 n_tags)
{
	return ig_parse(pkt, data, data_end, n_tags);
}

SEC("tc")
int ig_to_device(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_packet pkt = {.direction = IG_TO_DEVICE};
	__u32 n_tags = 0, segments = ctx->gso_segs;
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;

	if (ig_hands_on())
		bpf_tail_call(ctx, &ig_before_tc, 0);
	ig_judgement_begin(&j);
	pkt.length = ig_wire_length(ctx->len);
	pkt.ifindex = ctx->ifindex;
	pkt.segments = segments ? segments : 1;
	if (ctx->vlan_present) {
		pkt.vlan[0] = ctx->vlan_tci & 0xfff;
		n_tags = 1;
	}
	reason = ig_parse(&pkt, data, data_end, n_tags);
	if (!reason && ig_is_admitted(&pkt, IG_TO_DEVICE, &j, &key)) {
		reason = IG_REASON_FLOW;
	} else {
		/* a large packet may have next to nothing in its linear part */
		if (data_end - data < IG_HEADERS_MAX && data_end - data < ctx->len) {
			bpf_skb_pull_data(ctx,
					  ctx->len < IG_HEADERS_MAX ? ctx->len : IG_HEADERS_MAX);
			data = (void *)(long)ctx->data;
			data_end = (void *)(long)ctx->data_end;
			if (reason == IG_REASON_TRUNCATED) {
				reason = ig_parse_again(&pkt, data, data_end, n_tags);
				if (!reason && ig_is_admitted(&pkt, IG_TO_DEVICE, &j, &key))
					return ig_verdict(&pkt, &j, IG_REASON_FLOW) == IG_PASS
						       ? TC_NEXT
						       : TC_SHOT;
			}
		}
		ig_complete_addresses(&pkt);
		reason = ig_judge_to(ctx, &pkt, &j, reason);
		if (!reason) {
			reason = ig_judge_conversation(&pkt, &j, &key);
			ig_flow_settle(&pkt, &j, &key, reason);
		}
	}
	return ig_verdict(&pkt, &j, reason) == IG_PASS ? TC_NEXT : TC_SHOT;
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
