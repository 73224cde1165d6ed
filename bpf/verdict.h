/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one place where a packet's fate is decided: a reason becomes an action (monitor mode is
 * nothing but a change here), is counted, and told.
 */
#pragma once

#define IG_QUIET_BIT_PASS  0ull
#define IG_QUIET_BIT_DROP  0ull
#define IG_QUIET_BIT_QUIET 1ull

/* a bit for each drop reason that makes no event */
#define IG_REASON(number, name, token, class, sentence) | (IG_QUIET_BIT_##class << ((number)&63))
static const __u64 ig_quiet_reasons = 0
#include "iotguard/reason.def"
	;
#undef IG_REASON

always_inline bool ig_reason_is_quiet(enum ig_reason reason)
{
	return (ig_quiet_reasons >> (reason & 63)) & 1;
}

always_inline void ig_count(struct ig_counter *counter, const struct ig_packet *pkt)
{
	counter->packets += pkt->segments;
	counter->bytes += pkt->length;
}

always_inline void ig_count_verdict(const struct ig_packet *pkt, __u32 device,
				    enum ig_reason reason, enum ig_action action)
{
	__u32 at = ig_reason_drops(reason) && action == IG_PASS
			   ? IG_REASON_LET_PASS(reason, pkt->direction)
			   : IG_REASON_COUNT(reason, pkt->direction);
	struct ig_counter *counter = bpf_map_lookup_elem(&ig_reason_stats, &at);
	struct ig_device_counter *of_device;

	if (counter)
		ig_count(counter, pkt);
	of_device = bpf_map_lookup_elem(&ig_device_stats, &device);
	if (of_device)
		ig_count(&of_device->count[pkt->direction & 1][action & 1], pkt);
}

/* An automatic response refuses what a critical rule admits: that may not happen, and is looked for. */
always_inline void ig_count_unsafe(const struct ig_packet *pkt)
{
	struct ig_event_counter *counter = ig_event_counter_get();

	if (counter)
		counter->safety_dropped += pkt->segments;
}

always_inline void ig_verdict_record(__u32 device, __u32 rule, enum ig_mode mode,
				     enum ig_reason reason, enum ig_action action)
{
	struct ig_replay *replay = ig_replay_get();

	if (!replay)
		return;
	replay->device = device;
	replay->rule = rule;
	replay->action = action;
	replay->reason = reason;
	replay->mode = mode;
	replay->valid = 1;
}

/* Is there something to tell people? In learn mode it is each new conversation, allowed or not. */
always_inline bool ig_is_told(const struct ig_judgement *j, enum ig_reason reason)
{
	if (j->mode == IG_MODE_LEARN && j->fate == IG_FLOW_TO_MAKE)
		return j->new_flow;
	return ig_reason_drops(reason) && !ig_reason_is_quiet(reason);
}

/*
 * What a flow or a refusal says without a judgement: it is counted, and there is nothing to tell. Beside ig_verdict(), since
 * what that one hands to ig_event_send() has to be in memory, cleared, for each packet.
 */
always_inline void ig_verdict_known(const struct ig_packet *pkt, __u32 device, __u32 rule,
				    enum ig_reason reason, enum ig_action action)
{
	ig_count_verdict(pkt, device, reason, action);
	if (ig_replaying)
		ig_verdict_record(device, rule, IG_MODE_ENFORCE, reason, action);
}

always_inline enum ig_action ig_verdict(const struct ig_packet *pkt, const struct ig_judgement *j,
					enum ig_reason reason)
{
	bool drops = ig_reason_drops(reason);
	/* whoever is taken for the gateway may say anything at other ports: no mode lets that pass */
	bool may_pass = j->mode != IG_MODE_ENFORCE && reason != IG_REASON_GATEWAY_SPOOF;
	enum ig_action action = drops && !may_pass ? IG_DROP : IG_PASS;

	if (reason == IG_REASON_QUARANTINE && (j->critical || j->unsafe))
		ig_count_unsafe(pkt);
	ig_count_verdict(pkt, j->placed ? j->index : IG_ENTITY_NONE, reason, action);
	if (ig_is_told(j, reason))
		ig_event_send(pkt, j, reason, action);
	if (ig_replaying)
		ig_verdict_record(j->index, j->rule, j->mode, reason, action);
	return action;
}
