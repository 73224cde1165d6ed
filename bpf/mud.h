/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * MUD URLs (RFC 8520, sections 10 and 11): what a device says of where its description is, in an option of DHCP or in
 * a TLV of LLDP. The bytes are handed on as they came, and nothing is decided by them: the frame was judged before.
 * Like those of dhcp.h, messages are rare, and read piece by piece into memory of their own.
 */
#pragma once

#define MUD_PARTS_READ		128 /* options or TLVs */
#define DHCP_OPTION_MUD		161
#define DHCP6_OPTION_MUD	112
#define LLDP_END		0
#define LLDP_ORGANISATION	127
#define LLDP_ORGANISATION_BYTES 4
#define LLDP_MUD		0x00005e01 /* IANA's number, subtype 1 */

/* Within IG_REPEAT_WINDOW_NS: URLs that are told of one device and source, and of all strangers of a port. */
#define MUD_TOLD	   8
#define MUD_TOLD_STRANGERS 64

always_inline bool ig_mud_load(struct xdp_md *ctx, struct ig_mud *m, __u32 at)
{
	return !bpf_xdp_load_bytes(ctx, at, m->head, sizeof(m->head));
}

always_inline __u32 ig_mud_head_be16(const struct ig_mud *m, __u32 at)
{
	return (__u32)READ_ONCE(m->head[at & 3]) << 8 | READ_ONCE(m->head[(at + 1) & 3]);
}

/*
 * Each of these reads the head of the option or TLV at m->at, of which at least two bytes are there: where its content
 * is, and whether that is a URL. False: it was the last one.
 */

always_inline bool ig_mud_head4(struct xdp_md *ctx, struct ig_mud *m)
{
	__u32 at = READ_ONCE(m->at);
	__u8 code;

	if (bpf_xdp_load_bytes(ctx, at, m->head, 2))
		return false;
	code = READ_ONCE(m->head[0]);
	m->data = at + 2;
	m->length = READ_ONCE(m->head[1]);
	m->is_url = code == DHCP_OPTION_MUD;
	if (code == DHCP_OPTION_PAD) {
		m->data = at + 1;
		m->length = 0;
	}
	return code != DHCP_OPTION_END;
}

always_inline bool ig_mud_head6(struct xdp_md *ctx, struct ig_mud *m)
{
	__u32 at = READ_ONCE(m->at);

	if (!ig_mud_load(ctx, m, at))
		return false;
	m->data = at + 4;
	m->length = ig_mud_head_be16(m, 2);
	m->is_url = ig_mud_head_be16(m, 0) == DHCP6_OPTION_MUD;
	return true;
}

/* Seven bits of type, nine of length (IEEE 802.1AB, 8.4). */
always_inline bool ig_mud_head_lldp(struct xdp_md *ctx, struct ig_mud *m)
{
	__u32 at = READ_ONCE(m->at), head;

	if (bpf_xdp_load_bytes(ctx, at, m->head, 2))
		return false;
	head = ig_mud_head_be16(m, 0);
	m->data = at + 2;
	m->length = head & 0x1ff;
	m->is_url = 0;
	if (head >> 9 != LLDP_ORGANISATION || (head & 0x1ff) < LLDP_ORGANISATION_BYTES)
		return head >> 9 != LLDP_END;
	if (!ig_mud_load(ctx, m, at + 2))
		return false;
	if ((ig_mud_head_be16(m, 0) << 16 | ig_mud_head_be16(m, 2)) != LLDP_MUD)
		return true;
	m->data = at + 2 + LLDP_ORGANISATION_BYTES;
	m->length = (head & 0x1ff) - LLDP_ORGANISATION_BYTES;
	m->is_url = 1;
	return true;
}

/* Takes what is in it behind what there is already: DHCPv4 may go on in another option (RFC 3396). */
verified_alone int ig_mud_take(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	__u32 taken, less_one;

	if (!s)
		return 0;
	taken = READ_ONCE(s->mud.taken);
	less_one = READ_ONCE(s->mud.length) - 1; /* see ig_options_size_less_one() */
	if (less_one >= 1u << 16)		 /* it is empty */
		return 0;
	s->mud.taken = taken + less_one + 1;
	if (taken >= IG_MUD_BYTES)
		return 0;
	barrier_var(less_one);
	if (less_one >= IG_MUD_BYTES)
		less_one = IG_MUD_BYTES - 1;
	barrier_var(taken);
	taken &= IG_MUD_BYTES - 1;
	bpf_xdp_load_bytes(ctx, s->mud.data, s->mud.bytes + taken, less_one + 1);
	return 0;
}

/* Goes over one option or TLV. 0: there was no other one. */
verified_alone int ig_mud_step(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_mud *m;
	__u32 source;
	bool more;

	if (!s)
		return 0;
	m = &s->mud;
	if (READ_ONCE(m->at) + 2 > READ_ONCE(m->end))
		return 0;
	source = READ_ONCE(m->source);
	if (source == IG_MUD_DHCP4)
		more = ig_mud_head4(ctx, m);
	else if (source == IG_MUD_DHCP6)
		more = ig_mud_head6(ctx, m);
	else
		more = ig_mud_head_lldp(ctx, m);
	m->at = READ_ONCE(m->data) + READ_ONCE(m->length);
	if (!more || m->at > m->end)
		return 0;
	if (!READ_ONCE(m->is_url))
		return 1;
	ig_mud_take(ctx);
	return source == IG_MUD_DHCP4;
}

/* Where options or TLVs begin, and where they end. */
always_inline bool ig_mud_begin(struct xdp_md *ctx, const struct ig_packet *pkt, struct ig_mud *m)
{
	__builtin_memset(m, 0, sizeof(*m));
	if (pkt->ethertype == ETH_P_LLDP) {
		m->source = IG_MUD_LLDP;
		m->at = pkt->l3;
		m->end = pkt->length;
		return true;
	}
	if (bpf_xdp_load_bytes(ctx, pkt->l4 + offsetof(struct udphdr, len), &m->length_be,
			       sizeof(m->length_be)))
		return false;
	m->source = pkt->ip_version == 4 ? IG_MUD_DHCP4 : IG_MUD_DHCP6;
	m->at = pkt->l4 + sizeof(struct udphdr) +
		(pkt->ip_version == 4 ? BOOTP_BYTES : DHCP6_BYTES);
	m->end = pkt->l4 + ig_ntohs(m->length_be);
	return true;
}

/* Whose URLs are counted together. A stranger may have as many MAC addresses as it likes, and is one port's. */
always_inline __u64 ig_mud_teller(const struct ig_packet *pkt, const struct ig_judgement *j,
				  const struct ig_mud *m, __u32 seed)
{
	__u64 key = ig_mix(ig_mix(seed, j->generation), IG_EVENT_MUD << 8 | m->source);

	if (j->stranger)
		return ig_mix(key,
			      (__u64)pkt->ifindex << 32 | (__u32)pkt->vlan[0] << 16 | pkt->vlan[1]);
	return ig_mix(ig_mix(key, j->index), 1);
}

/* Of what it tells. */
always_inline __u64 ig_mud_key(__u64 machine, const struct ig_mud *m)
{
	__u64 key = ig_mix(machine, m->taken);

	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_MUD_BYTES / 8; i++)
		key = ig_mix(key, READ_ONCE(m->words[i]));
	return key | 1;
}

always_inline bool ig_mud_is_recent(const struct ig_repeat *repeat, __u64 key, __u64 now)
{
	return repeat->key == key &&
	       (now < repeat->last_ns || now - repeat->last_ns <= IG_REPEAT_WINDOW_NS);
}

/*
 * What a machine told last is told again after ten minutes, anything else at once; but no more than some of it in that
 * time, since who makes URLs up can make up any number. Of a machine, the place in the table is its own, and the key is
 * that of what it told last. As with other events, two CPUs may tell one too many.
 */
verified_alone int ig_mud_is_suppressed(__u64 teller, __u64 machine, __u64 key, __u32 most)
{
	struct ig_repeat *told = ig_repeat_at(machine), *all = ig_repeat_at(teller);
	__u64 now = ig_now();

	if (!told || !all)
		return 0;
	if (ig_mud_is_recent(told, key, now))
		return 1;
	if (!ig_mud_is_recent(all, teller, now)) {
		all->key = teller;
		all->last_ns = now;
		all->repeats = 0;
		all->suppressed = 0;
	}
	if (__sync_fetch_and_add(&all->repeats, 1) >= most)
		return 1;
	told->key = key;
	told->last_ns = now;
	told->repeats = 0;
	told->suppressed = 0;
	return 0;
}

/* Tells people of the URL that is in the scratch. */
verified_alone int ig_mud_tell(enum ig_reason reason, enum ig_action action)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_control *control = ig_control_get();
	struct ig_mud_event *event;
	__u64 teller, machine;

	if (!s || !counter || !control)
		return 0;
	teller = ig_mud_teller(&s->pkt, &s->j, &s->mud, control->seed) | 1;
	machine = ig_mix(teller, *(const __u64 *)&s->pkt.src_mac);
	if (ig_mud_is_suppressed(teller, machine, ig_mud_key(machine, &s->mud),
				 s->j.stranger ? MUD_TOLD_STRANGERS : MUD_TOLD)) {
		counter->suppressed++;
		return 0;
	}
	event = bpf_ringbuf_reserve(&ig_events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return 0;
	}
	ig_event_fill(&event->event, &s->pkt, &s->j, reason, action, 1, 0);
	event->event.size = sizeof(*event);
	event->event.type = IG_EVENT_MUD;
	event->length = s->mud.taken < 0xffff ? s->mud.taken : 0xffff;
	event->source = s->mud.source;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	__builtin_memcpy(event->url, s->mud.bytes, IG_MUD_BYTES);
	bpf_ringbuf_submit(event, 0);
	counter->sent++;
	return 0;
}

/* Looks for one in the frame. */
verified_alone int ig_mud_look(struct xdp_md *ctx)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	int more = 1;

	if (!s || !ig_mud_begin(ctx, &s->pkt, &s->mud))
		return 0;
	_Pragma("clang loop unroll(disable)") for (int i = 0; i < MUD_PARTS_READ && more; i++)
		more = ig_mud_step(ctx);
	return s->mud.taken != 0;
}

/* Only of what was found to be true, and of strangers, who are told of whatever becomes of their frames. */
always_inline bool ig_may_have_mud(const struct ig_packet *pkt, const struct ig_judgement *j,
				   enum ig_reason reason)
{
	if (reason != IG_REASON_DHCP && reason != IG_REASON_LINK_CONTROL && !j->stranger)
		return false;
	if (pkt->ethertype == ETH_P_LLDP)
		return true;
	return pkt->ip_version == 4 ? ig_udp_ports(pkt, PORT_DHCP_CLIENT, PORT_DHCP_SERVER)
				    : pkt->ip_version == 6 && ig_udp_ports(pkt, PORT_DHCP6_CLIENT,
									   PORT_DHCP6_SERVER);
}

always_inline void ig_mud_from(struct xdp_md *ctx, enum ig_reason reason, enum ig_action action)
{
	if (ig_mud_look(ctx))
		ig_mud_tell(reason, action);
}
