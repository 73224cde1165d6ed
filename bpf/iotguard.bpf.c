/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs. Two are on the packet path: from-device (XDP, a frame enters at a guarded port) and
 * to-device (tc, a frame leaves through one). Each is a fast path, which takes the frame apart and
 * asks the flow table, and a slow one, which begins anew and judges it whole. They are functions
 * beside each other and not one inside of the other, for the stack has room for one of them. The
 * third one works for the loader.
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
#include "binding.h"
#include "identity.h"
#include "layers.h"
#include "routing.h"
#include "policy.h"
#include "flow.h"
#include "scratch.h"
#include "nd.h"
#include "claim.h"
#include "truth.h"
#include "infrastructure.h"
#include "dhcp.h"
#include "options.h"
#include "quote.h"
#include "datagram.h"
#include "event.h"
#include "stranger.h"
#include "verdict.h"
#include "judge.h"
#include "operate.h"

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
	j->now = ig_now();
	j->index = IG_ENTITY_NONE;
	j->segment = IG_NO_SEGMENT;
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

/* Does a live flow admit it? Fragments are not asked here: what they are part of has to be
 * remembered. */
always_inline bool ig_is_admitted(const struct ig_packet *pkt, enum ig_direction direction,
				  struct ig_judgement *j, union ig_flow_key *key)
{
	struct ig_flow *flow;

	if (!ig_flow_key_of(pkt, direction == IG_FROM_DEVICE, key))
		return false;
	j->key = IG_KEY_OWN;
	if (pkt->fragment)
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

/* Judges a conversation, and remembers what has to be. */
always_inline enum ig_reason ig_settle_conversation(struct ig_scratch *s)
{
	enum ig_reason reason = ig_judge_conversation(&s->pkt, &s->j, &s->key, &s->question);

	s->j.new_flow = ig_flow_settle(&s->pkt, &s->j, &s->key, reason);
	if (s->pkt.fragment && !ig_reason_drops(reason))
		ig_datagram_remember(&s->pkt, &s->j);
	return reason;
}

/* --- from-device --- */

always_inline enum ig_reason ig_take_apart_from(struct xdp_md *ctx, struct ig_packet *pkt)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	enum ig_reason reason;

	pkt->direction = IG_FROM_DEVICE;
	pkt->segments = 1;
	pkt->length = ig_wire_length(bpf_xdp_get_buff_len(ctx));
	pkt->ifindex = ctx->ingress_ifindex;
	reason = ig_parse(pkt, data, data_end, 0);
	if (!reason && ig_has_options(pkt))
		reason = ig_options_from(ctx, pkt);
	return reason;
}

separate bool ig_fast_from(struct xdp_md *ctx)
{
	struct ig_packet pkt = {};
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;

	ig_judgement_begin(&j);
	reason = ig_take_apart_from(ctx, &pkt);
	if (!reason && ig_is_admitted(&pkt, IG_FROM_DEVICE, &j, &key))
		return ig_verdict(&pkt, &j, IG_REASON_FLOW) == IG_PASS;
	ig_complete_addresses(&pkt);
	ig_scratch_leave(&pkt, reason);
	return false;
}

verified_alone int ig_slow_from(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_take(IG_FROM_DEVICE);
	enum ig_action action;
	enum ig_reason reason;

	if (!s)
		return IG_DROP;
	ig_judgement_begin(&s->j);
	reason = ig_judge_from(ctx, &s->pkt, &s->j, s->parsed);
	if (!reason) {
		if (s->j.grouped)
			s->j.key = IG_KEY_NONE;
		else if (ig_flow_key_of(&s->pkt, true, &s->key))
			s->j.key = IG_KEY_OWN;
		else if (ig_is_icmp_error(&s->pkt) && ig_quoted_from(ctx, &s->pkt, &s->key))
			s->j.key = IG_KEY_QUOTED;
		reason = ig_settle_conversation(s);
	}
	action = ig_verdict(&s->pkt, &s->j, reason);
	if (ig_introduces_itself(&s->pkt, &s->j))
		ig_introduce(ctx, reason, action);
	return action;
}

SEC("xdp.frags")
int ig_from_device(struct xdp_md *ctx)
{
	if (ig_hands_on())
		bpf_tail_call(ctx, &ig_before_xdp, 0);
	if (ig_fast_from(ctx))
		return XDP_PASS;
	return ig_slow_from(ctx) == IG_PASS ? XDP_PASS : XDP_DROP;
}

/* --- to-device --- */

always_inline enum ig_reason ig_take_apart_to(struct __sk_buff *ctx, struct ig_packet *pkt)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__u32 n_tags = 0, segments = ctx->gso_segs;
	enum ig_reason reason;

	pkt->direction = IG_TO_DEVICE;
	pkt->segments = segments ? segments : 1;
	pkt->length = ig_wire_length(ctx->len);
	pkt->ifindex = ctx->ifindex;
	if (ctx->vlan_present) {
		pkt->vlan[0] = ctx->vlan_tci & 0xfff;
		n_tags = 1;
	}
	reason = ig_parse(pkt, data, data_end, n_tags);
	if (!reason && ig_has_options(pkt))
		reason = ig_options_to(ctx, pkt);
	return reason;
}

separate bool ig_fast_to(struct __sk_buff *ctx)
{
	struct ig_packet pkt = {};
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;

	ig_judgement_begin(&j);
	reason = ig_take_apart_to(ctx, &pkt);
	if (!reason && ig_is_admitted(&pkt, IG_TO_DEVICE, &j, &key))
		return ig_verdict(&pkt, &j, IG_REASON_FLOW) == IG_PASS;
	ig_complete_addresses(&pkt);
	ig_scratch_leave(&pkt, reason);
	return false;
}

/* A large packet may have next to nothing in its linear part. True: now it has its headers there, as
 * the fast path had not. */
always_inline bool ig_pull_headers(struct __sk_buff *ctx)
{
	__u32 linear = (long)ctx->data_end - (long)ctx->data;

	if (linear >= IG_HEADERS_READ || linear >= ctx->len)
		return false;
	bpf_skb_pull_data(ctx, ctx->len < IG_HEADERS_READ ? ctx->len : IG_HEADERS_READ);
	return true;
}

verified_alone int ig_slow_to(struct __sk_buff *ctx)
{
	struct ig_scratch *s = ig_scratch_take(IG_TO_DEVICE);
	bool pulled = ig_pull_headers(ctx);
	enum ig_reason reason;

	if (!s)
		return IG_DROP;
	ig_judgement_begin(&s->j);
	if (pulled) {
		__builtin_memset(&s->pkt, 0, sizeof(s->pkt));
		s->parsed = ig_take_apart_to(ctx, &s->pkt);
		if (!s->parsed && ig_is_admitted(&s->pkt, IG_TO_DEVICE, &s->j, &s->key))
			return ig_verdict(&s->pkt, &s->j, IG_REASON_FLOW);
		ig_complete_addresses(&s->pkt);
	}
	reason = ig_judge_to(ctx, &s->pkt, &s->j, s->parsed);
	if (!reason && s->j.for_all) {
		reason = ig_judge_consent(&s->pkt, &s->j, &s->question);
	} else if (!reason) {
		if (s->j.grouped)
			s->j.key = IG_KEY_NONE;
		else if (ig_flow_key_of(&s->pkt, false, &s->key))
			s->j.key = IG_KEY_OWN;
		else if (ig_is_icmp_error(&s->pkt) && ig_quoted_to(ctx, &s->pkt, &s->key))
			s->j.key = IG_KEY_QUOTED;
		reason = ig_settle_conversation(s);
	}
	return ig_verdict(&s->pkt, &s->j, reason);
}

SEC("tc")
int ig_to_device(struct __sk_buff *ctx)
{
	if (ig_hands_on())
		bpf_tail_call(ctx, &ig_before_tc, 0);
	if (ig_fast_to(ctx))
		return TC_NEXT;
	return ig_slow_to(ctx) == IG_PASS ? TC_NEXT : TC_SHOT;
}

/* --- for the loader --- */

/* Never attached: the loader runs it by test_run, with a struct ig_command as the frame. */
SEC("xdp")
int ig_operate(struct xdp_md *ctx)
{
	struct ig_command *command = (void *)(long)ctx->data;

	if ((void *)(command + 1) > (void *)(long)ctx->data_end)
		return EINVAL;
	return ig_command(command);
}

char LICENSE[] SEC("license")
= "Dual BSD/GPL";
