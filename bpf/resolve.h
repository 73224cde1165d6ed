/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS between a device and a listed resolver, behind the judgement that admits the conversation: what the device asks
 * is remembered, and what it is told is pinned before the answer is delivered, so that what it does next is allowed
 * already. An answer that is beyond what is read here is held back, and told to iotguardd.
 */
#pragma once

#define DNS_TYPE_ANY   255u
#define UDP_BYTES      8u
#define DNS_TCP_LENGTH 2u

/* Where a message, or a piece of a stream, stands in the frame. */
struct ig_payload {
	__u32 at;
	__u32 size;
	__u32 sequence; /* TCP */
	__u32 pad;
};

/* As the IP header says: a frame may have padding behind it. False: there is none. */
always_inline bool ig_payload_find(void *ctx, bool from, const struct ig_packet *pkt,
				   struct ig_payload *p)
{
	__u32 end, at = pkt->l4;
	__be16 length_be;
	__u8 header[16];

	if (!at)
		return false;
	if (pkt->proto == IPPROTO_UDP) {
		if (ig_load(ctx, from, at, header, UDP_BYTES))
			return false;
		__builtin_memcpy(&length_be, header + 4, 2);
		p->at = at + UDP_BYTES;
		p->size = ig_ntohs(length_be) - UDP_BYTES;
		return ig_ntohs(length_be) > UDP_BYTES;
	}
	if (ig_load(ctx, from, at, header, sizeof(header)) ||
	    ig_load(ctx, from, pkt->l3 + (pkt->ip_version == 4 ? 2 : 4), &length_be, 2))
		return false;
	end = ig_ntohs(length_be) + pkt->l3 + (pkt->ip_version == 4 ? 0 : 40);
	if (!length_be) /* a large packet that is none yet */
		end = pkt->length;
	at += (header[12] >> 4) * 4;
	p->at = at;
	p->size = end - at;
	p->sequence = ((__u32)header[4] << 24) | ((__u32)header[5] << 16) |
		      ((__u32)header[6] << 8) | header[7];
	return end > at;
}

/* The message, or as much of it as is read here. @size: from 1. */
always_inline bool ig_dns_load(void *ctx, bool from, struct ig_dns *d, __u32 at, __u32 size)
{
	__u32 less_one = size - 1;

	barrier_var(less_one);
	if (less_one >= IG_DNS_BYTES)
		less_one = IG_DNS_BYTES - 1;
	d->end = less_one + 1;
	return !ig_load(ctx, from, at, d->message, less_one + 1);
}

always_inline void ig_asking_of(const struct ig_packet *pkt, const struct ig_dns *d, bool from,
				struct ig_asking *a)
{
	__builtin_memcpy(&a->resolver, from ? &pkt->dst : &pkt->src, 16);
	a->name = d->hash;
	a->port_be = from ? pkt->src_port_be : pkt->dst_port_be;
	a->id = d->id;
	a->proto = pkt->proto;
}

always_inline __u32 ig_dns_number(const struct ig_dns *d, __u32 slot)
{
	return d->odd ? 0 : ig_pattern_of(slot, &d->key);
}

/* --- queries --- */

/* Tells people: each name of a device once, ten times, a hundred times ... */
verified_alone int ig_name_tell(const struct ig_packet *pkt, const struct ig_judgement *j,
				enum ig_reason reason, enum ig_action action)
{
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_control *control = ig_control_get();
	struct ig_dns *d = ig_dns_get(IG_FROM_DEVICE);
	__u32 repeats, suppressed;
	struct ig_name_event *event;
	__u64 key;

	if (!pkt || !j || !counter || !control || !d)
		return 0;
	key = ig_mix(ig_mix(ig_mix(control->seed, j->generation),
			    ((__u64)j->index << 32) | (IG_EVENT_NAME << 8) | reason),
		     d->hash) |
	      1;
	if (ig_is_suppressed(key, false, counter, &repeats, &suppressed))
		return 0;
	event = bpf_ringbuf_reserve(&ig_events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return 0;
	}
	ig_event_fill(&event->event, pkt, j, reason, action, repeats, suppressed);
	event->event.size = sizeof(*event);
	event->event.type = IG_EVENT_NAME;
	event->length = d->length;
	event->type = d->type;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	ig_name_copy(event->name, d->key.text);
	bpf_ringbuf_submit(event, 0);
	counter->sent++;
	return 0;
}

always_inline bool ig_name_is_ruled(const struct ig_judgement *j, __u32 number)
{
	__u32 slot = ig_slot_of(j);

	return number && (ig_allows_name(slot, j->device.policy, number) ||
			  ig_allows_name(slot, j->device.policy + IG_TABLE_BLOCKS, number));
}

/* DNS over TCP: the length in front, and a whole message behind it. READ: there it is; BEYOND: it is something else. */
always_inline enum ig_dns_found ig_query_in_segment(struct xdp_md *ctx, struct ig_payload *p)
{
	__be16 length_be;

	if (p->size <= DNS_TCP_LENGTH)
		return IG_DNS_BEYOND;
	if (ig_load(ctx, true, p->at, &length_be, DNS_TCP_LENGTH))
		return IG_DNS_BAD;
	p->at += DNS_TCP_LENGTH;
	p->size -= DNS_TCP_LENGTH;
	return ig_ntohs(length_be) == p->size ? IG_DNS_READ : IG_DNS_BEYOND;
}

/* What cannot be read is not known to be allowed. */
always_inline enum ig_reason ig_query_unread(const struct ig_judgement *j, enum ig_reason admitted)
{
	return j->device.flags & IG_DEVICE_DNS_STRICT ? IG_REASON_DNS_NAME : admitted;
}

/* From-device, of an admitted conversation that resolves. @admitted: the reason. */
verified_alone enum ig_reason ig_read_query(struct xdp_md *ctx, enum ig_reason admitted)
{
	struct ig_scratch *s = ig_scratch_get(IG_FROM_DEVICE);
	struct ig_dns *d = ig_dns_get(IG_FROM_DEVICE);
	struct ig_payload p = {};
	struct ig_asking asking = {};
	enum ig_dns_found found = IG_DNS_READ;
	bool strict;

	if (!s || !d || !ig_payload_find(ctx, true, &s->pkt, &p))
		return admitted;
	if (s->pkt.proto == IPPROTO_TCP)
		found = ig_query_in_segment(ctx, &p);
	if (found == IG_DNS_BEYOND || p.size > IG_DNS_BYTES)
		return ig_query_unread(&s->j, admitted);
	if (found || !ig_dns_load(ctx, true, d, p.at, p.size))
		return IG_REASON_TRUNCATED;
	found = ig_dns_question(IG_FROM_DEVICE);
	if (d->flags & DNS_OPCODE)
		return ig_query_unread(&s->j, admitted);
	if (found || (d->flags & DNS_RESPONSE))
		return IG_REASON_DNS_MALFORMED;
	strict = s->j.device.flags & IG_DEVICE_DNS_STRICT;
	if (!ig_name_is_ruled(&s->j, ig_dns_number(d, ig_slot_of(&s->j)))) {
		s->j.unnamed = 1;
		if (strict)
			return IG_REASON_DNS_NAME;
	}
	ig_asking_of(&s->pkt, d, true, &asking);
	ig_asked_note(&asking, s->j.index, s->j.now);
	return admitted;
}

/* --- answers --- */

/* All addresses of the message, to the name of its question. 0: there is no memory for it at this moment. */
verified_alone int ig_pin_all(__u32 which, __u32 device, __u64 generation, __u64 now, __u32 number)
{
	struct ig_dns *d = ig_dns_get(which);
	struct ig_pin_wanted wanted = {};

	if (!d || !d->n_addresses || d->odd)
		return 1;
	wanted.device = device;
	wanted.name = ig_name_keep(which, device, generation, number, now);
	wanted.expires_s = ig_seconds(now) + ig_pin_seconds(d->ttl);
	wanted.flags = number ? 0 : IG_PIN_IDLE;
	if (!wanted.name)
		return 0;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_ADDRESSES; i++)
	{
		if (i >= d->n_addresses)
			break;
		wanted.ip = d->address[i];
		ig_pin_keep(&wanted, (__u32)generation % IG_SLOTS, now);
	}
	return 1;
}

/* Did iotguardd read an answer for this name of the device just now? */
always_inline bool ig_was_read(const struct ig_dns *d, __u32 device, __u64 now)
{
	__u32 places = ig_pin_places() / 2;

	if (!places || d->odd)
		return false;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_PIN_WINDOW; i++)
	{
		__u32 place = ((d->hash >> 32) + i) & (places - 1);
		struct ig_name *name = ig_name_at(device, place);

		if (name && ig_name_is_same(IG_TO_DEVICE, device, place))
			return name->read_ns && now - name->read_ns <= IG_READ_NS;
	}
	return false;
}

#define IG_UNREAD_PIECES 33u /* 64 KiB, which begin anywhere */

/* A piece of what is held back. @done: bytes before it. */
verified_alone int ig_unread_piece(struct __sk_buff *ctx, const struct ig_payload *p, __u32 done)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	struct ig_dns *d = ig_dns_get(IG_TO_DEVICE);
	struct ig_unread *u;
	__u32 less_one;

	if (!s || !d || !p || done >= p->size)
		return 0;
	u = &d->unread;
	less_one = p->size - done - 1;
	barrier_var(less_one);
	u->last = less_one < IG_UNREAD_BYTES;
	if (less_one >= IG_UNREAD_BYTES)
		less_one = IG_UNREAD_BYTES - 1;
	u->size = offsetof(struct ig_unread, bytes) + less_one + 1;
	u->abi = IG_ABI;
	u->proto = s->pkt.proto;
	__builtin_memcpy(u->mac, s->pkt.dst_mac.addr, 6);
	u->ip_version = s->pkt.ip_version;
	__builtin_memcpy(u->local, &s->pkt.dst, 16);
	__builtin_memcpy(u->remote, &s->pkt.src, 16);
	u->local_port_be = s->pkt.dst_port_be;
	u->length = less_one + 1;
	u->sequence = p->sequence + done;
	u->at = done;
	u->device = s->j.index;
	if (bpf_skb_load_bytes(ctx, p->at + done, u->bytes, less_one + 1))
		return 0;
	return !bpf_ringbuf_output(&ig_unread, u, offsetof(struct ig_unread, bytes) + less_one + 1,
				   0);
}

always_inline enum ig_reason ig_hold_back(struct __sk_buff *ctx, const struct ig_payload *p)
{
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_UNREAD_PIECES; i++)
	{
		if (!ig_unread_piece(ctx, p, i * IG_UNREAD_BYTES))
			break;
	}
	return IG_REASON_DNS_UNREAD;
}

always_inline bool ig_has_addresses(__u32 type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_ANY;
}

/* Did the device ask for it? In a function of its own, for the sake of the stack. */
verified_alone int ig_was_asked(void)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	struct ig_dns *d = ig_dns_get(IG_TO_DEVICE);
	struct ig_asking asking = {};

	if (!s || !d)
		return 0;
	ig_asking_of(&s->pkt, d, false, &asking);
	return ig_asked_waits(&asking, s->j.index, s->j.now);
}

always_inline enum ig_reason ig_judge_message(struct __sk_buff *ctx, struct ig_scratch *s,
					      struct ig_dns *d, const struct ig_payload *p,
					      enum ig_reason admitted)
{
	enum ig_dns_found found = ig_dns_question(IG_TO_DEVICE);

	if (d->flags & DNS_OPCODE)
		return admitted;
	if (!(d->flags & DNS_RESPONSE))
		return IG_REASON_DNS_UNASKED;
	if (!d->questions && !d->answers) /* an error about what could not be read */
		return admitted;
	if (found)
		return IG_REASON_DNS_MALFORMED;
	if (!ig_was_asked())
		return IG_REASON_DNS_UNASKED;
	if (d->class != DNS_CLASS_IN || !ig_has_addresses(d->type))
		return admitted;
	found = p->size > IG_DNS_BYTES ? IG_DNS_BEYOND : ig_dns_addresses(IG_TO_DEVICE);
	if (found == IG_DNS_BAD)
		return IG_REASON_DNS_MALFORMED;
	if (found == IG_DNS_BEYOND) {
		bool read = ig_was_read(d, s->j.index, s->j.now);
		enum ig_reason unread = ig_hold_back(ctx, p);

		/* told in any case: it may have other addresses than the one that was read */
		return read ? admitted : unread;
	}
	/* what was not pinned is not delivered: the device asks once more */
	return ig_pin_all(IG_TO_DEVICE, s->j.index, s->j.generation, s->j.now,
			  ig_dns_number(d, ig_slot_of(&s->j)))
		       ? admitted
		       : IG_REASON_DNS_UNREAD;
}

/* Was the stream read up to there? Likewise. */
verified_alone int ig_stream_was_read(__u32 sequence)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	union ig_flow_key key;
	struct ig_flow *flow;

	if (!s)
		return 0;
	key = s->key;
	flow = ig_flow_find(s->pkt.ip_version, &key);
	return flow && (flow->flags & IG_FLOW_READ) && (__s32)(flow->mark - sequence) >= 0;
}

/* To-device, of an admitted conversation that resolves. */
verified_alone enum ig_reason ig_read_answer(struct __sk_buff *ctx, enum ig_reason admitted)
{
	struct ig_scratch *s = ig_scratch_get(IG_TO_DEVICE);
	struct ig_dns *d = ig_dns_get(IG_TO_DEVICE);
	struct ig_payload p = {};

	if (!s || !d || !ig_payload_find(ctx, false, &s->pkt, &p))
		return admitted;
	if (s->pkt.proto == IPPROTO_TCP)
		return ig_stream_was_read(p.sequence + p.size) ? admitted : ig_hold_back(ctx, &p);
	if (!ig_dns_load(ctx, false, d, p.at, p.size))
		return IG_REASON_TRUNCATED;
	return ig_judge_message(ctx, s, d, &p, admitted);
}

/* What the messages are refused for is no rule's doing, whichever admitted the conversation. */
always_inline enum ig_reason ig_of_no_rule(__u32 direction, enum ig_reason reason)
{
	struct ig_scratch *s = ig_scratch_get(direction);

	if (s && ig_reason_drops(reason))
		s->j.rule = IG_NO_RULE;
	return reason;
}

always_inline enum ig_reason ig_judge_dns_query(struct xdp_md *ctx, enum ig_reason admitted)
{
	return ig_of_no_rule(IG_FROM_DEVICE, ig_read_query(ctx, admitted));
}

always_inline enum ig_reason ig_judge_dns_answer(struct __sk_buff *ctx, enum ig_reason admitted)
{
	return ig_of_no_rule(IG_TO_DEVICE, ig_read_answer(ctx, admitted));
}

/* --- what iotguardd read --- */

always_inline bool ig_answer_is_plausible(const struct ig_answer *a)
{
	return (a->proto == IPPROTO_UDP || a->proto == IPPROTO_TCP) && a->length &&
	       a->length < IG_NAME_BYTES && a->n_addresses <= IG_ANSWER_ADDRESSES &&
	       (a->ip_version == 4 || a->ip_version == 6);
}

always_inline struct ig_flow *ig_flow_of_answer(const struct ig_answer *a)
{
	union ig_flow_key key = {};

	if (a->ip_version == 4) {
		__builtin_memcpy(key.v4.mac, a->mac, 6);
		key.v4.proto = a->proto;
		__builtin_memcpy(&key.v4.local_be, a->local + 12, 4);
		__builtin_memcpy(&key.v4.remote_be, a->remote + 12, 4);
		key.v4.local_port_be = a->local_port_be;
		key.v4.remote_port_be = ig_htons(PORT_DNS);
	} else {
		__builtin_memcpy(key.v6.mac, a->mac, 6);
		key.v6.proto = a->proto;
		__builtin_memcpy(key.v6.local, a->local, 16);
		__builtin_memcpy(key.v6.remote, a->remote, 16);
		key.v6.local_port_be = a->local_port_be;
		key.v6.remote_port_be = ig_htons(PORT_DNS);
	}
	return ig_flow_find(a->ip_version, &key);
}

/* The name of the answer, as if it were the question of a message. */
verified_alone int ig_answer_name(struct xdp_md *ctx, __u32 size)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_dns *d = ig_dns_get(IG_DNS_OF_RESOLVE);
	struct ig_answer *a = data;
	__u32 end;

	if (!d || (void *)(a + 1) > data_end)
		return 1;
	for (int i = 0; i < IG_NAME_BYTES; i += 4)
		__builtin_memcpy(&d->message[DNS_HEADER + i], &a->name[i], 4);
	d->end = DNS_HEADER + size;
	end = ig_dns_name_end(d);
	return !end || end + 1 != d->end || ig_dns_name(IG_DNS_OF_RESOLVE, end);
}

/* Behind the check that there is such a query; or, where nothing is in force yet, for the loader alone. */
verified_alone int ig_answer_keep(struct xdp_md *ctx, __u32 device, __u64 generation, __u32 flags)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ig_dns *d = ig_dns_get(IG_DNS_OF_RESOLVE);
	struct ig_answer *a = data;
	struct ig_pin_wanted wanted = {};
	/* what is put back before the first policy is in force is held against that one */
	__u32 number, name, slot = generation ? (__u32)generation % IG_SLOTS : 1;
	struct ig_name *record;
	__u64 now = ig_now();

	if (!d || (void *)(a + 1) > data_end)
		return EINVAL;
	if (d->odd) /* its text in a record could be another one's */
		return 0;
	number = ig_dns_number(d, slot);
	name = ig_name_keep(IG_DNS_OF_RESOLVE, device, generation, number, now);
	if (!name)
		return ENOSPC;
	wanted.device = device;
	wanted.name = name;
	wanted.expires_s = ig_seconds(now) + ig_pin_seconds(a->ttl);
	wanted.flags = number ? 0 : IG_PIN_IDLE;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_ANSWER_ADDRESSES; i++)
	{
		if (i >= a->n_addresses)
			break;
		__builtin_memcpy(&wanted.ip, a->addresses[i], 16);
		ig_pin_keep(&wanted, slot, now);
	}
	record = ig_name_of(device, name);
	if (record && !(flags & IG_ANSWER_MORE))
		record->read_ns = now;
	return 0;
}

always_inline int ig_answer(struct xdp_md *ctx, const struct ig_answer *a)
{
	struct ig_dns *d = ig_dns_get(IG_DNS_OF_RESOLVE);
	struct ig_control *control = ig_control_get();
	__u32 flags = a->flags, read_to = a->read_to, device = a->device;
	struct ig_asking asking = {};
	bool tcp = a->proto == IPPROTO_TCP;
	struct ig_flow *flow;
	int err;

	if (!d || !control || !ig_answer_is_plausible(a))
		return EINVAL;
	if (ig_answer_name(ctx, a->length))
		return EINVAL;
	if (!control->generation)
		return ig_answer_keep(ctx, device, 0, IG_ANSWER_MORE);
	flow = ig_flow_of_answer(a);
	if (!flow || !(flow->flags & IG_FLOW_RESOLVES))
		return ESRCH;
	__builtin_memcpy(&asking.resolver, a->remote, 16);
	asking.name = d->hash;
	asking.port_be = a->local_port_be;
	asking.id = ig_ntohs(a->id_be);
	asking.proto = a->proto;
	device = flow->device;
	if (!ig_asked_waits(&asking, device, ig_now()))
		return ESRCH;
	err = ig_answer_keep(ctx, device, control->generation, flags | (tcp ? IG_ANSWER_MORE : 0));
	if (err || !tcp || (flags & IG_ANSWER_MORE))
		return err;
	flow->mark = read_to;
	flow->flags |= IG_FLOW_READ;
	return 0;
}
