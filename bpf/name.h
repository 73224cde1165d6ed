/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a device's resolver told it: names, and addresses that are pinned to them. See struct ig_awaited in abi.h.
 *
 * All of it is the device's own: what it resolves without end takes places of its own names and addresses, the idle and
 * the old ones first, and nobody else's.
 */
#pragma once

always_inline __u32 ig_seconds(__u64 now)
{
	return now / NSEC_PER_SEC;
}

/* --- queries that wait --- */

/* @packet: of the query, or of the answer to it. */
struct ig_asking {
	union ig_ip resolver; /* whole */
	__u64 name;	      /* its hash */
	__be16 port_be;	      /* the device's */
	__u16 id;
	__u8 proto;
	__u8 pad[3];
};

always_inline __u64 ig_asking_token(const struct ig_asking *a)
{
	struct ig_control *control = ig_control_get();
	__u64 hash = ig_mix(control ? control->seed : 0,
			    ((__u64)a->proto << 32) | ((__u64)a->port_be << 16) | a->id);

	return ig_mix(ig_mix(ig_mix(hash, a->name), a->resolver.q[0]), a->resolver.q[1]) | 1;
}

always_inline struct ig_awaited *ig_asked_at(__u32 device, __u64 token, __u32 i)
{
	__u32 at = device * IG_AWAITED_PLACES + (((token >> 32) + i) & (IG_AWAITED_PLACES - 1));

	return bpf_map_lookup_elem(&ig_awaited, &at);
}

verified_alone int ig_asked_note(const struct ig_asking *a, __u32 device, __u64 now)
{
	struct ig_awaited *place, *oldest = 0;
	__u64 token;

	if (!a)
		return 0;
	token = ig_asking_token(a);
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_AWAITED_WINDOW; i++)
	{
		place = ig_asked_at(device, token, i);
		if (!place)
			return 0;
		if (place->token == token) {
			oldest = place;
			break;
		}
		if (!oldest || place->since_ns < oldest->since_ns)
			oldest = place;
	}
	if (!oldest)
		return 0;
	oldest->token = token;
	oldest->since_ns = now ? now : 1;
	return 1;
}

verified_alone int ig_asked_waits(const struct ig_asking *a, __u32 device, __u64 now)
{
	struct ig_awaited *place;
	__u64 token;

	if (!a)
		return 0;
	token = ig_asking_token(a);
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_AWAITED_WINDOW; i++)
	{
		place = ig_asked_at(device, token, i);
		if (place && place->token == token)
			return place->since_ns && now - place->since_ns <= IG_AWAITED_NS;
	}
	return 0;
}

/* --- names --- */

always_inline __u32 ig_pin_places(void)
{
	struct ig_control *control = ig_control_get();

	return control ? control->pin_places : 0;
}

/* The number of the most particular pattern that a name fits; 0: none. */
always_inline __u32 ig_pattern_of(__u32 slot, const struct ig_name_key *key)
{
	void *patterns = ig_slot_map(&ig_patterns, slot);
	__u32 *number = patterns ? bpf_map_lookup_elem(patterns, key) : 0;

	return number ? *number : 0;
}

always_inline struct ig_name *ig_name_at(__u32 device, __u32 place)
{
	struct ig_name_place key = {device, place};

	return bpf_map_lookup_elem(&ig_names, &key);
}

/* NULL where the record is another name's by now. */
always_inline struct ig_name *ig_name_of(__u32 device, __u32 ref)
{
	struct ig_name *name = ref ? ig_name_at(device, IG_NAME_PLACE(ref)) : 0;

	return name && name->ref == ref ? name : 0;
}

/* Under the policy of @generation. Patterns are looked up once a policy. */
verified_alone __u32 ig_name_number(__u32 device, __u32 ref, __u64 generation)
{
	struct ig_name *name = ig_name_of(device, ref);
	struct ig_dns *d =
		ig_dns_get(IG_FROM_DEVICE); /* of either direction: neither interrupts the other */
	__u32 slot = (__u32)generation % IG_SLOTS, number;
	__u64 known;

	if (!name || !d)
		return 0;
	known = READ_ONCE(name->number);
	if (known >> 32 == (__u32)generation)
		return known;
	d->other.prefixlen = name->length * 8;
	ig_name_copy(d->other.text, name->text);
	number = ig_pattern_of(slot, &d->other);
	if (READ_ONCE(name->ref) != ref) /* it became another one's while it was read */
		return 0;
	name->number = (generation << 32) | number;
	return number;
}

/* Is it the record of the name in d->key? */
verified_alone int ig_name_is_same(__u32 which, __u32 device, __u32 place)
{
	struct ig_name *name = ig_name_at(device, place);
	struct ig_dns *d = ig_dns_get(which);
	__u64 differ = 0;

	if (!name || !d || name->hash != d->hash || name->length != d->length)
		return 0;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_NAME_BYTES / 8; i++)
	{
		if (i * 8 >= d->length)
			break;
		differ |= ((const __u64 *)name->text)[i] ^ ((const __u64 *)d->key.text)[i];
	}
	return !differ;
}

/* Who goes first: who has no place yet, names that no rule speaks of, and what was not used for longest. */
always_inline __u64 ig_name_worth(const struct ig_name *name)
{
	if (!name)
		return 0;
	return 1 + name->used_s + ((__u32)name->number ? 1ull << 32 : 0);
}

always_inline __u32 ig_name_make(struct ig_dns *d, __u32 device, __u32 place, __u64 number,
				 __u64 now)
{
	struct ig_name_place key = {device, place};
	struct ig_state *state = ig_state_find(device);
	struct ig_name *name = &d->record;

	if (!state)
		return 0;
	name->hash = d->hash;
	name->number = number;
	name->read_ns = 0;
	name->ref = ((__sync_fetch_and_add(&state->names, 1) + 1) << 6) | (place & 63);
	if (!name->ref)
		name->ref = 64;
	name->resolved_s = ig_seconds(now);
	name->used_s = name->resolved_s;
	name->length = d->length;
	__builtin_memset(name->pad, 0, sizeof(name->pad));
	ig_name_copy(name->text, d->key.text);
	return bpf_map_update_elem(&ig_names, &key, name, BPF_ANY) ? 0 : name->ref;
}

/* The record of the name in d->key, made if there is none. @number: of its pattern under @generation. Its ref; 0: there
 * is no room. */
verified_alone __u32 ig_name_keep(__u32 which, __u32 device, __u64 generation, __u32 number,
				  __u64 now)
{
	struct ig_dns *d = ig_dns_get(which);
	__u32 places = ig_pin_places() / 2, worst = 0;
	__u64 least = ~0ull, known = (generation << 32) | number;

	if (!d || !places)
		return 0;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_PIN_WINDOW; i++)
	{
		__u32 place = ((d->hash >> 32) + i) & (places - 1);
		struct ig_name *name = ig_name_at(device, place);
		__u64 worth = ig_name_worth(name);

		if (name && ig_name_is_same(which, device, place)) {
			name->resolved_s = ig_seconds(now);
			name->used_s = ig_seconds(now);
			name->number = known;
			return name->ref;
		}
		if (worth < least) {
			least = worth;
			worst = place;
		}
	}
	return ig_name_make(d, device, worst, known, now);
}

/* --- addresses --- */

/* What no name may stand for, whatever a resolver says: this host, this link, groups, and what is reserved. */
always_inline bool ig_is_never_pinned(const union ig_ip *ip)
{
	if (ig_ip_is_mapped(ip))
		return ip->b[12] == 0 || ip->b[12] == 127 || ip->b[12] >= 224 ||
		       (ip->b[12] == 169 && ip->b[13] == 254);
	return ip->b[0] == 0 || ip->b[0] == 0xff || (ip->b[0] == 0xfe && (ip->b[1] & 0x80));
}

/* Not of the internet: what the rule language calls local, and whatever else is routed nowhere (RFC 6890). */
always_inline bool ig_is_special(const union ig_ip *ip)
{
	__u32 a;

	if (!ig_ip_is_mapped(ip))
		return (ip->b[0] & 0xe0) != 0x20;
	a = bpf_ntohl(ip->w[3]);
	return a >> 24 == 10 || a >> 22 == 0x64400000 >> 22 || a >> 20 == 0xac100000 >> 20 ||
	       a >> 8 == 0xc00000 || a >> 16 == 0xc0a8 || a >> 17 == 0xc6120000 >> 17;
}

verified_alone int ig_is_local_address(const union ig_ip *ip, __u32 slot, __u32 entity)
{
	struct ig_network_key key = {.prefixlen = 32 + 128, .segment = IG_NO_SEGMENT};
	void *networks = ig_slot_map(&ig_networks, slot);

	if (!ip || entity != IG_ENTITY_NONE || ig_is_special(ip) || !networks)
		return 1;
	__builtin_memcpy(key.addr, ip, 16);
	return !!bpf_map_lookup_elem(networks, &key);
}

/* The end of an address is in the highest bits, which one round alone brings nowhere: a network's addresses would share
 * a few places. */
always_inline __u32 ig_pin_first(const union ig_ip *ip)
{
	struct ig_control *control = ig_control_get();

	return ig_mix(ig_mix(ig_mix(control ? control->seed : 0, ip->q[0]), ip->q[1]), 0) >> 32;
}

always_inline struct ig_pin *ig_pin_at(__u32 device, __u32 places, __u32 place)
{
	__u32 at = device * places + (place & (places - 1));

	return bpf_map_lookup_elem(&ig_pins, &at);
}

/* As it was at one moment. */
always_inline void ig_pin_read(struct ig_pin *pin, struct ig_pin *out)
{
	bpf_spin_lock(&pin->lock);
	out->name = pin->name;
	out->expires_s = pin->expires_s;
	out->flags = pin->flags;
	__builtin_memcpy(out->addr, pin->addr, 16);
	bpf_spin_unlock(&pin->lock);
}

always_inline bool ig_pin_is_of(const struct ig_pin *pin, const union ig_ip *ip)
{
	union ig_ip other;

	__builtin_memcpy(&other, pin->addr, 16);
	return !((other.q[0] ^ ip->q[0]) | (other.q[1] ^ ip->q[1]));
}

/* One whose name went is as good as none. */
always_inline __u64 ig_pin_worth(const struct ig_pin *pin, __u32 device, __u32 now_s)
{
	if (pin->expires_s <= now_s || !ig_name_of(device, pin->name))
		return 0;
	return 1 + pin->expires_s + (pin->flags & IG_PIN_IDLE ? 0 : 1ull << 32);
}

struct ig_pin_wanted {
	union ig_ip ip;
	__u32 device;
	__u32 name;
	__u32 expires_s;
	__u32 flags;
};

/* Into the place that it has, or else the least of those it may have. 1: another CPU was there first. */
verified_alone int ig_pin_try(const struct ig_pin_wanted *w, __u32 now_s)
{
	__u32 places = ig_pin_places(), first, worst = 0;
	__u64 least = ~0ull;
	__u32 was_name = 0, was_expires_s = 0;
	struct ig_pin seen = {};
	struct ig_pin *pin;
	int late = 0;

	if (!w || !places)
		return 0;
	first = ig_pin_first(&w->ip);
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_PIN_WINDOW; i++)
	{
		__u64 worth;

		pin = ig_pin_at(w->device, places, first + i);
		if (!pin)
			return 0;
		ig_pin_read(pin, &seen);
		worth = seen.name == w->name && ig_pin_is_of(&seen, &w->ip)
				? 0
				: ig_pin_worth(&seen, w->device, now_s) + 1;
		if (worth < least) {
			least = worth;
			worst = first + i;
			was_name = seen.name;
			was_expires_s = seen.expires_s;
		}
		if (!worth)
			break;
	}
	pin = ig_pin_at(w->device, places, worst);
	if (!pin)
		return 0;
	bpf_spin_lock(&pin->lock);
	if (pin->name == was_name && pin->expires_s == was_expires_s) {
		pin->name = w->name;
		pin->expires_s = w->expires_s;
		pin->flags = w->flags;
		__builtin_memcpy(pin->addr, &w->ip, 16);
	} else {
		late = 1;
	}
	bpf_spin_unlock(&pin->lock);
	return late;
}

#define IG_PIN_TRIES 4

/* What was refused before may be allowed by name now. */
always_inline void ig_raise_pinned(__u32 device)
{
	struct ig_state *state = ig_state_find(device);

	if (state)
		__sync_fetch_and_add(&state->pinned, 1);
}

/* Pins an address to a name of a device, if that may be. */
verified_alone int ig_pin_keep(const struct ig_pin_wanted *w, __u32 slot, __u64 now)
{
	__u32 holder;
	union ig_ip ip;

	if (!w)
		return 0;
	ip = w->ip;
	holder = ig_listed_holder(&ip, slot);
	if (ig_is_never_pinned(&ip) || ig_is_gateways(holder))
		return 0;
	_Pragma("clang loop unroll(disable)") for (int i = 0; i < IG_PIN_TRIES; i++)
	{
		if (!ig_pin_try(w, ig_seconds(now))) {
			ig_raise_pinned(w->device);
			return 1;
		}
	}
	return 0;
}

always_inline __u32 ig_pin_seconds(__u32 ttl)
{
	return ttl < IG_PIN_LEAST_S ? IG_PIN_LEAST_S : ttl > IG_PIN_MOST_S ? IG_PIN_MOST_S : ttl;
}

/* --- what is asked of the policy --- */

always_inline void ig_question_add_name(struct ig_question *q, __u32 number, __u32 ref)
{
	__u32 at = q->n_names;

	if (!number || at >= IG_QUESTION_NAMES)
		return;
	q->names[at & (IG_QUESTION_NAMES - 1)] = IG_ENTITY_NAME(number);
	q->name_refs[at & (IG_QUESTION_NAMES - 1)] = ref;
	q->n_names = at + 1;
}

/*
 * What the remote is called by this device. The name by which a flow was admitted counts whether its pin lives or not:
 * a conversation goes on. The gateway has no name, whatever a resolver says.
 */
verified_alone int ig_question_names(struct ig_question *q, __u32 device, __u64 generation,
				     __u64 now)
{
	__u32 places = ig_pin_places(), first, number;
	struct ig_pin seen = {};

	if (!q || !places)
		return 0;
	q->n_names = 0;
	q->named = 0;
	if (ig_is_gateways(q->entity))
		return 0;
	if (q->flow_name) {
		number = ig_name_number(device, q->flow_name, generation);
		ig_question_add_name(q, number, q->flow_name);
	}
	first = ig_pin_first(&q->remote);
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_PIN_WINDOW; i++)
	{
		struct ig_pin *pin = ig_pin_at(device, places, first + i);

		if (!pin || !pin->name)
			continue;
		ig_pin_read(pin, &seen);
		if (seen.expires_s <= ig_seconds(now) || !ig_pin_is_of(&seen, &q->remote) ||
		    seen.name == q->flow_name)
			continue;
		number = ig_name_number(device, seen.name, generation);
		ig_question_add_name(q, number, seen.name);
	}
	if (q->n_names)
		q->names_local =
			ig_is_local_address(&q->remote, (__u32)generation % IG_SLOTS, q->entity);
	return q->n_names;
}
