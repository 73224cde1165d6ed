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
#include "maps/name.h"
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
#include "dns.h"
#include "name.h"
#include "nd.h"
#include "claim.h"
#include "truth.h"
#include "infrastructure.h"
#include "dhcp.h"
#include "options.h"
#include "quote.h"
#include "datagram.h"
#include "event.h"
#include "resolve.h"
#include "stranger.h"
#include "mud.h"
#include "verdict.h"
#include "refusal.h"
#include "judge.h"
#include "operate.h"

/* TCX_NEXT and TC_ACT_UNSPEC: whoever comes after us is asked as well */
#define TC_NEXT (-1)
#define TC_SHOT 2

/*
 * Programs that are to take the place of others leave everything to those until they are attached everywhere: flows
 * are in tables of the one or of the other, so that both directions of all interfaces have to change at once.
 */
always_inline bool ig_hands_on(const struct ig_control *control)
{
	return !ig_replaying && control && READ_ONCE(control->handing_on);
}

always_inline void ig_judgement_begin(struct ig_judgement *j, const struct ig_control *control)
{
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

/* What the fast path found. */
enum ig_fast {
	IG_FAST_PASSES = 0,
	IG_FAST_JUDGE = 1,   /* nothing that decides it */
	IG_FAST_RESOLVE = 2, /* a flow admits it, but what it says has to be looked at */
	IG_FAST_REFUSED = 3, /* as it was a moment ago */
};

/* Does a live flow admit it, or a refusal stand? See refusal.h for what is looked at first. Fragments are not asked here:
 * what they are part of has to be remembered. */
always_inline enum ig_fast ig_ask_flows(const struct ig_packet *pkt, enum ig_direction direction,
					struct ig_judgement *j, union ig_flow_key *key)
{
	struct ig_refusal *refusal = NULL;
	struct ig_flow *flow;

	if (!ig_flow_key_of(pkt, direction == IG_FROM_DEVICE, key))
		return IG_FAST_JUDGE;
	j->key = IG_KEY_OWN;
	if (pkt->fragment)
		return IG_FAST_JUDGE;
	if (ig_is_refusing(direction)) {
		refusal = ig_refusal_find(pkt, j, key);
		if (!refusal)
			ig_refusing_set(direction, false);
		else if (ig_refusal_settles(refusal))
			return ig_refuse_again(refusal, pkt, j) ? IG_FAST_REFUSED : IG_FAST_JUDGE;
	}
	flow = ig_flow_find(pkt->ip_version, key);
	if (!flow) {
		if (!refusal) {
			refusal = ig_refusal_find(pkt, j, key);
			ig_refusing_set(direction, refusal != NULL);
		}
		return refusal && ig_refuse_again(refusal, pkt, j) ? IG_FAST_REFUSED
								   : IG_FAST_JUDGE;
	}
	if (refusal)
		refusal->flowless = 0;
	if (!ig_flow_admits(flow, pkt, j))
		return IG_FAST_JUDGE;
	return j->resolves ? IG_FAST_RESOLVE : IG_FAST_PASSES;
}

always_inline void ig_complete_addresses(struct ig_packet *pkt)
{
	if (pkt->ip_version == 4 || pkt->ethertype == ETH_P_ARP) {
		ig_ip_map4(&pkt->src);
		ig_ip_map4(&pkt->dst);
	}
}

/* Does it go on to what is asked and answered? */
always_inline bool ig_resolves(const struct ig_scratch *s, enum ig_reason reason)
{
	return s->j.resolves && s->j.key == IG_KEY_OWN && !ig_reason_drops(reason);
}

/* Judges a conversation, and remembers what has to be. */
always_inline enum ig_reason ig_settle_conversation(struct ig_scratch *s)
{
	enum ig_reason reason = ig_judge_conversation(&s->pkt, &s->j, &s->key, &s->question);

	s->j.new_flow = ig_flow_settle(&s->pkt, &s->j, &s->key, reason);
	if (s->pkt.fragment && ig_resolves(s, reason)) {
		s->j.rule = IG_NO_RULE;
		return IG_REASON_DNS_FRAGMENT;
	}
	if (s->pkt.fragment && !ig_reason_drops(reason))
		ig_datagram_remember(&s->pkt, &s->j);
	return reason;
}

/* A flow knows nothing of its device but the index; its mode is the device's where that belongs, as ig_judge_from() and
 * ig_judge_to() have it. */
always_inline bool ig_know_resolving(struct ig_scratch *s, bool from)
{
	__u32 slot = ig_slot_of(&s->j);
	struct ig_device *device = ig_device_find(slot, from ? &s->pkt.src_mac : &s->pkt.dst_mac);
	struct ig_port *port = ig_port_find(slot, &s->pkt);
	union ig_ip own = from ? s->pkt.src : s->pkt.dst;

	if (!device || device->kind == IG_KIND_GATEWAY)
		return false;
	device = ig_device_told_apart(slot, device, &own);
	if (device->index != s->j.index)
		return false;
	ig_know_port(&s->j, port);
	if (!from && port && port->unknown == IG_UNKNOWN_MONITOR)
		s->j.mode = IG_MODE_MONITOR;
	ig_know_device(&s->j, device);
	if (from || !ig_is_elsewhere(&s->pkt, &s->j))
		ig_place_device(&s->j);
	return true;
}

/*
 * Hands over to the functions that read DNS: the packet, its judgement and its flow, of which the fast path has no more than
 * it needs. Field by field, so that the rest is never cleared for packets that are no DNS.
 */
always_inline void ig_resolve_leave(struct ig_packet *pkt, bool from, const struct ig_judgement *j)
{
	struct ig_scratch *s = ig_scratch_get(pkt->direction & 1);

	ig_complete_addresses(pkt);
	ig_scratch_leave(pkt, IG_REASON_NONE);
	if (!s)
		return;
	__builtin_memset(&s->j, 0,
			 offsetof(struct ig_scratch, question) - offsetof(struct ig_scratch, j));
	s->j.generation = j->generation;
	s->j.now = j->now;
	s->j.index = j->index;
	s->j.segment = j->segment;
	s->j.rule = j->rule;
	s->j.mode = j->mode;
	s->j.placed = j->placed;
	s->j.resolves = j->resolves;
	s->j.spared = j->spared;
	s->j.key = j->key;
	ig_flow_key_of(&s->pkt, from, &s->key);
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

separate enum ig_fast ig_fast_from(struct xdp_md *ctx, const struct ig_control *control)
{
	struct ig_packet pkt = {};
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;
	enum ig_fast found;

	ig_judgement_begin(&j, control);
	reason = ig_take_apart_from(ctx, &pkt);
	if (!reason) {
		found = ig_ask_flows(&pkt, IG_FROM_DEVICE, &j, &key);
		if (found == IG_FAST_PASSES)
			ig_verdict_known(&pkt, j.index, j.rule, IG_REASON_FLOW, IG_PASS);
		if (found == IG_FAST_RESOLVE)
			ig_resolve_leave(&pkt, true, &j);
		if (found != IG_FAST_JUDGE)
			return found;
	}
	ig_complete_addresses(&pkt);
	ig_scratch_leave(&pkt, reason);
	return IG_FAST_JUDGE;
}

/* The verdict, and what is told beside it. */
always_inline enum ig_action ig_conclude_from(struct ig_scratch *s, enum ig_reason reason)
{
	enum ig_action action = ig_verdict(&s->pkt, &s->j, reason);

	if (s->j.unnamed)
		ig_name_tell(&s->pkt, &s->j, reason, action);
	return action;
}

verified_alone int ig_slow_from(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_take(IG_FROM_DEVICE);
	enum ig_action action;
	enum ig_reason reason;

	if (!s)
		return IG_DROP;
	ig_judgement_begin(&s->j, ig_control_get());
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
	if (ig_resolves(s, reason) && !s->pkt.fragment)
		reason = ig_judge_dns_query(ctx, reason);
	action = ig_conclude_from(s, reason);
	if (s->j.plain)
		ig_refusal_note(&s->pkt, &s->j, &s->key, reason);
	if (ig_introduces_itself(&s->pkt, &s->j))
		ig_introduce(ctx, reason, action);
	if (ig_may_have_mud(&s->pkt, &s->j, reason))
		ig_mud_from(ctx, reason, action);
	return action;
}

/* A query on a flow that is there. */
verified_alone int ig_query_from(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);

	if (!s)
		return IG_DROP;
	return ig_conclude_from(s, ig_know_resolving(s, true)
					   ? ig_judge_dns_query(ctx, IG_REASON_FLOW)
					   : IG_REASON_NO_POLICY);
}

SEC("xdp.frags")
int ig_from_device(struct xdp_md *ctx)
{
	const struct ig_control *control = ig_control_get();
	enum ig_fast found;
	enum ig_action action;

	if (ig_hands_on(control))
		bpf_tail_call(ctx, &ig_before_xdp, 0);
	found = ig_fast_from(ctx, control);
	if (found == IG_FAST_PASSES)
		return XDP_PASS;
	if (found == IG_FAST_REFUSED)
		return XDP_DROP;
	action = found == IG_FAST_RESOLVE ? ig_query_from(ctx) : ig_slow_from(ctx);
	return action == IG_PASS ? XDP_PASS : XDP_DROP;
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

separate enum ig_fast ig_fast_to(struct __sk_buff *ctx, const struct ig_control *control)
{
	struct ig_packet pkt = {};
	struct ig_judgement j = {};
	union ig_flow_key key = {};
	enum ig_reason reason;
	enum ig_fast found;

	ig_judgement_begin(&j, control);
	reason = ig_take_apart_to(ctx, &pkt);
	if (!reason) {
		found = ig_ask_flows(&pkt, IG_TO_DEVICE, &j, &key);
		if (found == IG_FAST_PASSES)
			ig_verdict_known(&pkt, j.index, j.rule, IG_REASON_FLOW, IG_PASS);
		if (found == IG_FAST_RESOLVE)
			ig_resolve_leave(&pkt, false, &j);
		if (found != IG_FAST_JUDGE)
			return found;
	}
	ig_complete_addresses(&pkt);
	ig_scratch_leave(&pkt, reason);
	return IG_FAST_JUDGE;
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

/* On a flow that is there. */
always_inline enum ig_reason ig_reason_of_answer(struct __sk_buff *ctx, struct ig_scratch *s)
{
	return ig_know_resolving(s, false) ? ig_judge_dns_answer(ctx, IG_REASON_FLOW)
					   : IG_REASON_NO_POLICY;
}

verified_alone int ig_answer_to(struct __sk_buff *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);

	return s ? ig_verdict(&s->pkt, &s->j, ig_reason_of_answer(ctx, s)) : IG_DROP;
}

/* The fast path once more, with the headers that it lacked. On its own for the sake of the stack below ig_slow_to(). */
verified_alone int ig_look_again(struct __sk_buff *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	enum ig_fast found;

	if (!s)
		return IG_FAST_JUDGE;
	__builtin_memset(&s->pkt, 0, sizeof(s->pkt));
	s->parsed = ig_take_apart_to(ctx, &s->pkt);
	found = s->parsed ? IG_FAST_JUDGE : ig_ask_flows(&s->pkt, IG_TO_DEVICE, &s->j, &s->key);
	if (found != IG_FAST_REFUSED)
		ig_complete_addresses(&s->pkt);
	return found;
}

verified_alone int ig_slow_to(struct __sk_buff *ctx)
{
	struct ig_scratch *s = ig_scratch_take(IG_TO_DEVICE);
	enum ig_fast found = IG_FAST_JUDGE;
	enum ig_reason reason;

	if (!s)
		return IG_DROP;
	ig_judgement_begin(&s->j, ig_control_get());
	if (ig_pull_headers(ctx))
		found = ig_look_again(ctx);
	if (found == IG_FAST_REFUSED)
		return IG_DROP;
	if (found != IG_FAST_JUDGE)
		return ig_verdict(&s->pkt, &s->j,
				  s->j.resolves ? ig_reason_of_answer(ctx, s) : IG_REASON_FLOW);
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
		if (ig_resolves(s, reason) && !s->pkt.fragment)
			reason = ig_judge_dns_answer(ctx, reason);
		if (s->j.plain)
			ig_refusal_note(&s->pkt, &s->j, &s->key, reason);
	}
	return ig_verdict(&s->pkt, &s->j, reason);
}

SEC("tc")
int ig_to_device(struct __sk_buff *ctx)
{
	const struct ig_control *control = ig_control_get();
	enum ig_fast found;
	enum ig_action action;

	if (ig_hands_on(control))
		bpf_tail_call(ctx, &ig_before_tc, 0);
	found = ig_fast_to(ctx, control);
	if (found == IG_FAST_PASSES)
		return TC_NEXT;
	if (found == IG_FAST_REFUSED)
		return TC_SHOT;
	action = found == IG_FAST_RESOLVE ? ig_answer_to(ctx) : ig_slow_to(ctx);
	return action == IG_PASS ? TC_NEXT : TC_SHOT;
}

/* --- for the loader --- */

/* Never attached: iotguardd runs it by test_run, with a struct ig_answer as the frame. */
SEC("xdp")
int ig_resolve(struct xdp_md *ctx)
{
	struct ig_answer *answer = (void *)(long)ctx->data;

	if ((void *)(answer + 1) > (void *)(long)ctx->data_end)
		return EINVAL;
	return ig_answer(ctx, answer);
}

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
