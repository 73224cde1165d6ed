/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses that machines were seen to get: leases of DHCP, and claims of IPv6 discovery, first come,
 * first bound (RFC 6620).
 *
 * Each machine has places of its own, as with flows: one that claims addresses without end can only
 * push out its own. A binding is entered first, then its key is exchanged for that in the place, so
 * that none is ever in the table and in no place.
 */
#pragma once

struct ig_grant {
	union ig_ip ip;
	__u64 expires_ns; /* 0: never */
	__u32 device;
	__u32 segment; /* of the device */
	__u8 source;   /* enum ig_binding_source */
	__u8 pad[7];
};

always_inline void ig_binding_key_of(struct ig_binding_key *key, const union ig_ip *ip,
				     __u32 segment)
{
	__builtin_memcpy(key->addr, ip, sizeof(key->addr));
	key->scope = ig_ip_is_link_local6(ip) ? segment : IG_NO_SEGMENT;
}

always_inline struct ig_binding *ig_binding_find(const union ig_ip *ip, __u32 segment)
{
	struct ig_binding_key key;

	ig_binding_key_of(&key, ip, segment);
	return bpf_map_lookup_elem(&ig_bindings, &key);
}

always_inline bool ig_binding_lives(const struct ig_binding *binding, __u64 now)
{
	return !binding->expires_ns || binding->expires_ns > now;
}

always_inline struct ig_holding *ig_holding_at(__u32 device, __u32 place)
{
	__u32 at = device * IG_BINDING_PLACES + place;

	return bpf_map_lookup_elem(&ig_held, &at);
}

/* All flows of a machine have to be judged again. */
always_inline void ig_raise_epoch(__u32 device)
{
	struct ig_state *state = bpf_map_lookup_elem(&ig_state, &device);

	if (state)
		__sync_fetch_and_add(&state->epoch, 1);
}

/* The binding in a place of a machine; NULL: the place is free. Read without the lock: at worst
 * another of the machine's own goes. */
always_inline struct ig_binding *ig_binding_in(__u32 device, __u32 place, __u64 now)
{
	struct ig_holding *holding = ig_holding_at(device, place);
	struct ig_binding_key key;
	struct ig_binding *binding;

	if (!holding)
		return 0;
	__builtin_memcpy(&key, &holding->key, sizeof(key));
	binding = bpf_map_lookup_elem(&ig_bindings, &key);
	return binding && binding->device == device && binding->place == place &&
			       ig_binding_lives(binding, now)
		       ? binding
		       : 0;
}

#define IG_NEVER     (1ull << 62)
#define IG_LEASE_BIT (1ull << 63)

/* Who goes first, where there is no room: claims before leases, and what ends sooner. 0: a free place. */
verified_alone __u64 ig_place_worth(__u32 device, __u32 place, __u64 now)
{
	struct ig_binding *binding = ig_binding_in(device, place, now);
	__u64 ends;

	if (!binding)
		return 0;
	ends = binding->expires_ns ? binding->expires_ns : IG_NEVER;
	return binding->source == IG_BINDING_LEASE ? ends | IG_LEASE_BIT : ends;
}

always_inline __u32 ig_place_for(__u32 device, __u64 now)
{
	__u64 least = ~0ull;
	__u32 place = 0;

	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_BINDING_PLACES; i++)
	{
		__u64 worth = ig_place_worth(device, i, now);

		if (worth < least) {
			least = worth;
			place = i;
		}
		if (!worth)
			break;
	}
	return place;
}

verified_alone __u32 ig_leases_of(__u32 device, __u64 now)
{
	__u32 n = 0;

	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_BINDING_PLACES; i++)
	{
		if (ig_place_worth(device, i, now) & IG_LEASE_BIT)
			n++;
	}
	return n;
}

always_inline bool ig_binding_key_equal(const struct ig_binding_key *a,
					const struct ig_binding_key *b)
{
	const __u32 *x = (const __u32 *)a, *y = (const __u32 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}

/* The new binding is in the table: its key takes the place, and what was there goes. */
always_inline void ig_place_take(const struct ig_binding_key *key, __u32 device, __u32 place,
				 __u64 now)
{
	struct ig_holding *holding = ig_holding_at(device, place);
	struct ig_binding_key before;
	struct ig_binding *old;

	if (!holding)
		return;
	bpf_spin_lock(&holding->lock);
	__builtin_memcpy(&before, &holding->key, sizeof(before));
	__builtin_memcpy(&holding->key, key, sizeof(before));
	bpf_spin_unlock(&holding->lock);
	if (ig_binding_key_equal(&before, key))
		return;
	old = bpf_map_lookup_elem(&ig_bindings, &before);
	if (!old || old->device != device || old->place != place)
		return;
	if (ig_binding_lives(old, now))
		ig_raise_epoch(device);
	bpf_map_delete_elem(&ig_bindings, &before);
}

/* An address became somebody's. */
always_inline void ig_raise_bound(void)
{
	struct ig_control *control = ig_control_get();

	if (control)
		__sync_fetch_and_add(&control->bound, 1);
}

/* An address that the machine has, or had last. */
always_inline void ig_binding_renew(struct ig_binding *binding, const struct ig_grant *grant,
				    __u64 now)
{
	bool lives = ig_binding_lives(binding, now);

	if (grant->source != IG_BINDING_LEASE && binding->source != IG_BINDING_CLAIM && lives)
		return;
	/* flows know the end that there was when they were judged */
	if (lives && grant->expires_ns &&
	    (!binding->expires_ns || grant->expires_ns < binding->expires_ns))
		ig_raise_epoch(grant->device);
	binding->source = grant->source;
	binding->expires_ns = grant->expires_ns;
	if (!lives)
		ig_raise_bound();
}

/* Gives it to the machine. 0: somebody else has it, who is not to lose it. */
verified_alone int ig_bind(const struct ig_grant *grant, __u64 now)
{
	struct ig_binding value = {};
	struct ig_binding_key key;
	struct ig_binding *binding;
	__u32 place;

	if (!grant)
		return 0;
	ig_binding_key_of(&key, &grant->ip, grant->segment);
	binding = bpf_map_lookup_elem(&ig_bindings, &key);
	if (binding && binding->device == grant->device) {
		ig_binding_renew(binding, grant, now);
		return 1;
	}
	if (binding && ig_binding_lives(binding, now)) {
		if (grant->source != IG_BINDING_LEASE)
			return 0;
		ig_raise_epoch(binding->device);
	}
	place = ig_place_for(grant->device, now);
	value.expires_ns = grant->expires_ns;
	value.device = grant->device;
	value.source = grant->source;
	value.place = place;
	if (bpf_map_update_elem(&ig_bindings, &key, &value, BPF_ANY))
		return 0;
	ig_place_take(&key, grant->device, place, now);
	ig_raise_bound();
	return 1;
}

/* A lease is over before its time. It keeps its place, until another one needs that. */
verified_alone int ig_lease_end(const union ig_ip *ip, __u32 device, __u64 now)
{
	struct ig_binding_key key;
	struct ig_binding *binding;

	if (!ip)
		return 0;
	ig_binding_key_of(&key, ip, IG_NO_SEGMENT);
	binding = bpf_map_lookup_elem(&ig_bindings, &key);
	if (!binding || binding->device != device || binding->source != IG_BINDING_LEASE ||
	    !ig_binding_lives(binding, now))
		return 0;
	binding->expires_ns = now;
	ig_raise_epoch(device);
	return 1;
}
