/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a DNS message (RFC 1035 section 4): its question, and the addresses that the name in it has. All of the
 * message is hostile. It is copied to memory of its own first, so that a position in it is a number like any other for
 * the verifier; each function of a loop is verified alone.
 */
#pragma once

#define DNS_HEADER	   12u
#define DNS_RESPONSE	   0x8000u
#define DNS_OPCODE	   0x7800u

#define DNS_TYPE_A	   1u
#define DNS_TYPE_CNAME	   5u
#define DNS_TYPE_AAAA	   28u
#define DNS_CLASS_IN	   1u

#define IG_DNS_BYTES	   2048u /* of a message that is read here; it lies in twice as many */
#define IG_DNS_LABELS	   128u	 /* of a name, RFC 1035 section 2.3.4 */
#define IG_DNS_LABEL_BYTES 63u	 /* likewise */
#define IG_DNS_NAME_BYTES  255u	 /* on the wire, likewise */
#define IG_DNS_STEPS	   160u	 /* labels and pointers on the way through one name */
#define IG_DNS_RECORDS	   48u	 /* in the answer section */
#define IG_DNS_ALIASES	   8u	 /* CNAMEs on the way */
#define IG_DNS_ADDRESSES   16u

enum ig_dns_found {
	IG_DNS_READ = 0,
	IG_DNS_BAD = 1,	   /* it contradicts itself */
	IG_DNS_BEYOND = 2, /* more than is read here */
};

/* Where the walk through a name is: in a map, where no value is known to the verifier, and no round of the loop is another
 * state for it. */
struct ig_dns_walk {
	__u64 hash;
	__u32 at;
	__u32 before; /* where a pointer has to lead to */
	__u32 bytes;
	__u32 jumped;
};

struct ig_dns {
	__u32 end; /* of the message, which begins at 0 */
	__u32 at;  /* where reading is */
	/* of the message */
	__u16 id;
	__u16 flags;
	__u16 questions;
	__u16 answers;
	/* of the question */
	__u64 hash; /* of the name */
	__u16 type;
	__u16 class;
	__u16 length; /* of key.text, its last zero byte included */
	__u8 odd;     /* 1: the name has bytes that no rule can spell */
	__u8 strange; /* 1: the answers speak of names that were not asked for, so far as they were read */
	/* of the answers */
	__u32 ttl;
	__u32 alias_at; /* the name that the next records have to have */
	__u64 alias_hash;
	__u16 aliases;
	__u16 n_addresses;
	/* of the name that was walked last */
	struct ig_dns_walk walk;
	__u64 walk_hash;
	__u32 walk_end; /* behind it, where it stands */
	/* keys begin so that their text is in whole words */
	struct ig_name_key key; /* the question's name */
	__u32 pad;
	struct ig_name_key other;
	union ig_ip address[IG_DNS_ADDRESSES];
	struct ig_name record; /* on its way into the table */
	struct ig_unread unread;
	__u8 message[2 * IG_DNS_BYTES];
};

/* One for each CPU and direction, see struct ig_scratch; the third is that of ig_resolve. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct ig_dns);
} ig_dns_scratch SEC(".maps");

#define IG_DNS_OF_RESOLVE 2u

always_inline struct ig_dns *ig_dns_get(__u32 which)
{
	return bpf_map_lookup_elem(&ig_dns_scratch, &which);
}

_Static_assert(__builtin_offsetof(struct ig_dns, key.text) % 8 == 0 &&
		       __builtin_offsetof(struct ig_dns, other.text) % 8 == 0 &&
		       __builtin_offsetof(struct ig_name, text) % 8 == 0,
	       "names are copied and compared word by word");

always_inline void ig_name_copy(__u8 *to, const __u8 *from)
{
#pragma unroll
	for (int i = 0; i < IG_NAME_BYTES / 8; i++)
		((__u64 *)to)[i] = ((const __u64 *)from)[i];
}

#define ig_dns_byte(d, at)  ((d)->message[(at) & (2 * IG_DNS_BYTES - 1)])
#define ig_dns_short(d, at) (((__u32)ig_dns_byte(d, at) << 8) | ig_dns_byte(d, (at) + 1))

always_inline __u32 ig_dns_long(const struct ig_dns *d, __u32 at)
{
	return (ig_dns_short(d, at) << 16) | ig_dns_short(d, at + 2);
}

/* Names are compared without regard to case (RFC 4343). No branch, for the verifier follows both sides of each. */
always_inline __u32 ig_dns_lower(__u32 c)
{
	__u32 at = c - 'A';

	return c | (((at - 26) & ~at) >> 31 << 5);
}

/* Keyed, since whoever chooses names must not choose what they collide with: FNV-1a from a basis that nobody
 * knows, mixed at its end. */
always_inline __u64 ig_name_hash_begin(void)
{
	struct ig_control *control = ig_control_get();

	return ig_mix(0xcbf29ce484222325ull, control ? control->seed : 0);
}

always_inline __u64 ig_name_hash_step(__u64 hash, __u32 c)
{
	return (hash ^ c) * 0x100000001b3ull;
}

always_inline __u64 ig_name_hash_end(__u64 hash)
{
	return ig_mix(hash, 0x5bd1e995);
}

/* The bytes of a label of a name that is walked: into its hash. */
verified_alone __u64 ig_dns_label(__u32 which, __u32 at, __u32 size, __u64 hash)
{
	struct ig_dns *d = ig_dns_get(which);

	if (!d)
		return 0;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_LABEL_BYTES; i++)
	{
		if (i >= size)
			break;
		hash = ig_name_hash_step(hash, ig_dns_lower(ig_dns_byte(d, at + i)));
	}
	return hash;
}

enum ig_dns_step {
	IG_DNS_STEP_MORE,
	IG_DNS_STEP_END,
	IG_DNS_STEP_BAD,
};

/* A label, a pointer, or the end of the name at d->walk. Pointers lead backward, each to before where the last one led:
 * so there is an end. */
always_inline enum ig_dns_step ig_dns_step(struct ig_dns *d, __u32 which)
{
	volatile struct ig_dns_walk *walk =
		&d->walk; /* or else it is held in registers, see struct ig_dns_walk */
	__u32 b, at = walk->at, target;

	if (at >= d->end)
		return IG_DNS_STEP_BAD;
	b = ig_dns_byte(d, at);
	if (!b) {
		if (!walk->jumped)
			d->walk_end = at + 1;
		return IG_DNS_STEP_END;
	}
	if (b <= IG_DNS_LABEL_BYTES) {
		walk->bytes += b + 1;
		if (walk->bytes > IG_DNS_NAME_BYTES || at + 1 + b > d->end)
			return IG_DNS_STEP_BAD;
		walk->hash = ig_dns_label(which, at + 1, b, ig_name_hash_step(walk->hash, b));
		walk->at = at + 1 + b;
		return IG_DNS_STEP_MORE;
	}
	if (b < 192 || at + 1 >= d->end)
		return IG_DNS_STEP_BAD;
	target = ((b & 63) << 8) | ig_dns_byte(d, at + 1);
	if (target >= walk->before || target < DNS_HEADER)
		return IG_DNS_STEP_BAD;
	if (!walk->jumped)
		d->walk_end = at + 2;
	walk->jumped = 1;
	walk->before = target;
	walk->at = target;
	return IG_DNS_STEP_MORE;
}

/* A name in a message, at @at: its hash, and where it ends. 0: it is one. */
verified_alone int ig_dns_walk(__u32 which, __u32 at)
{
	struct ig_dns *d = ig_dns_get(which);

	if (!d)
		return 1;
	d->walk.at = at;
	d->walk.before = at;
	d->walk.bytes = 1;
	d->walk.jumped = 0;
	d->walk.hash = ig_name_hash_begin();
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_STEPS; i++)
	{
		enum ig_dns_step step = ig_dns_step(d, which);

		if (step == IG_DNS_STEP_MORE)
			continue;
		if (step == IG_DNS_STEP_BAD)
			return 1;
		d->walk_hash = ig_name_hash_end(d->walk.hash);
		return 0;
	}
	return 1;
}

/* Letters, digits, and whatever else is printed as one character and is no dot. */
always_inline bool ig_dns_is_plain(__u32 c)
{
	return c - 0x21 < 0x5e && c != '.';
}

/* A label of the question's name, at @at, spelt backward into the key: what is @back bytes before its end. */
verified_alone int ig_dns_spell(__u32 which, __u32 at, __u32 size, __u32 back)
{
	struct ig_dns *d = ig_dns_get(which);
	__u64 hash;

	if (!d)
		return 0;
	hash = d->hash;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_LABEL_BYTES; i++)
	{
		__u32 c;

		if (i >= size)
			break;
		c = ig_dns_lower(ig_dns_byte(d, at + i));
		hash = ig_name_hash_step(hash, c);
		if (!ig_dns_is_plain(c)) {
			d->odd = 1;
			c = '?';
		}
		d->key.text[(back - i) & (IG_NAME_BYTES - 1)] = c;
	}
	d->hash = hash;
	return 0;
}

/* Where the name of the question ends: at its zero byte. 0: nowhere. */
always_inline __u32 ig_dns_name_end(const struct ig_dns *d)
{
	__u32 at = DNS_HEADER;

	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_LABELS; i++)
	{
		__u32 b;

		if (at >= d->end || at >= DNS_HEADER + IG_DNS_NAME_BYTES)
			return 0;
		b = ig_dns_byte(d, at);
		if (!b)
			return at;
		if (b >
		    IG_DNS_LABEL_BYTES) /* there is nothing before it that a pointer could mean */
			return 0;
		at += b + 1;
	}
	return 0;
}

/* The question's name, whose zero byte stands at @end, into the key. */
verified_alone int ig_dns_name(__u32 which, __u32 end)
{
	struct ig_dns *d = ig_dns_get(which);
	__u32 at = DNS_HEADER, size = end - DNS_HEADER;

	if (!d || size >= IG_NAME_BYTES)
		return 1;
#pragma unroll
	for (int i = 0; i < IG_NAME_BYTES / 8; i++)
		((__u64 *)d->key.text)[i] = 0;
	d->odd = 0;
	d->length = size ? size : 1;
	d->key.prefixlen = d->length * 8;
	d->hash = ig_name_hash_begin();
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_LABELS; i++)
	{
		__u32 b, back = end - 1 - at;

		if (at >= end)
			break;
		b = ig_dns_byte(d, at);
		d->hash = ig_name_hash_step(d->hash, b);
		if (i)
			d->key.text[back & (IG_NAME_BYTES - 1)] = '.';
		ig_dns_spell(which, at + 1, b, back - 1);
		at += b + 1;
	}
	d->hash = ig_name_hash_end(d->hash);
	return 0;
}

/* Header and question of the message, which has its @end set. */
verified_alone enum ig_dns_found ig_dns_question(__u32 which)
{
	struct ig_dns *d = ig_dns_get(which);
	__u32 end;

	if (!d)
		return IG_DNS_BAD;
	d->n_addresses = 0;
	d->aliases = 0;
	d->strange = 0;
	d->flags = 0;
	d->questions = 0;
	d->answers = 0;
	if (d->end < DNS_HEADER)
		return IG_DNS_BAD;
	d->id = ig_dns_short(d, 0);
	d->flags = ig_dns_short(d, 2);
	d->questions = ig_dns_short(d, 4);
	d->answers = ig_dns_short(d, 6);
	if (d->questions != 1)
		return IG_DNS_BAD;
	end = ig_dns_name_end(d);
	if (!end || end + 5 > d->end || ig_dns_name(which, end))
		return IG_DNS_BAD;
	d->type = ig_dns_short(d, end + 1);
	d->class = ig_dns_short(d, end + 3);
	d->at = end + 5;
	return IG_DNS_READ;
}

always_inline enum ig_dns_found ig_dns_alias(struct ig_dns *d, __u32 which, __u32 at, __u32 end)
{
	if (ig_dns_walk(which, at) || d->walk_end != end)
		return IG_DNS_BAD;
	if (d->aliases >= IG_DNS_ALIASES)
		return IG_DNS_BEYOND;
	d->aliases++;
	d->alias_at = at;
	d->alias_hash = d->walk_hash;
	return IG_DNS_READ;
}

always_inline enum ig_dns_found ig_dns_address(struct ig_dns *d, __u32 type, __u32 at, __u32 size)
{
	union ig_ip *ip;

	if (size != (type == DNS_TYPE_A ? 4 : 16))
		return IG_DNS_BAD;
	if (d->n_addresses >= IG_DNS_ADDRESSES)
		return IG_DNS_BEYOND;
	ip = &d->address[d->n_addresses & (IG_DNS_ADDRESSES - 1)];
	if (type == DNS_TYPE_A) {
		ig_ip_map4(ip);
		ip->w[3] = bpf_htonl(ig_dns_long(d, at));
	} else {
#pragma unroll
		for (int i = 0; i < 4; i++)
			ip->w[i] = bpf_htonl(ig_dns_long(d, at + 4 * i));
		/* an IPv4 address that is spelt so is none that IPv6 goes to, and not what IPv4 was told */
		if (ig_ip_is_mapped(ip))
			return IG_DNS_READ;
	}
	d->n_addresses++;
	return IG_DNS_READ;
}

/* Whose record is the one at @at? Behind its name: d->walk_end. */
always_inline int ig_dns_is_asked_for(struct ig_dns *d, __u32 which, __u32 at, bool *mine)
{
	/* what resolvers write: a pointer to where the name stands already */
	if (at + 2 <= d->end && ig_dns_byte(d, at) >= 192 &&
	    (ig_dns_short(d, at) & 0x3fff) == d->alias_at) {
		d->walk_end = at + 2;
		*mine = true;
		return 0;
	}
	if (ig_dns_walk(which, at))
		return 1;
	*mine = d->walk_hash == d->alias_hash;
	return 0;
}

verified_alone enum ig_dns_found ig_dns_record(__u32 which)
{
	struct ig_dns *d = ig_dns_get(which);
	__u32 at, type, class, ttl, size;
	enum ig_dns_found found;
	bool mine = false;

	if (!d || ig_dns_is_asked_for(d, which, d->at, &mine))
		return IG_DNS_BAD;
	at = d->walk_end;
	if (at + 10 > d->end)
		return IG_DNS_BAD;
	type = ig_dns_short(d, at);
	class = ig_dns_short(d, at + 2);
	ttl = ig_dns_long(d, at + 4);
	size = ig_dns_short(d, at + 8);
	at += 10;
	if (at + size > d->end)
		return IG_DNS_BAD;
	d->at = at + size;
	if (class != DNS_CLASS_IN ||
	    (type != DNS_TYPE_A && type != DNS_TYPE_AAAA && type != DNS_TYPE_CNAME))
		return IG_DNS_READ;
	if (!mine) {
		d->strange = 1;
		return IG_DNS_READ;
	}
	found = type == DNS_TYPE_CNAME ? ig_dns_alias(d, which, at, at + size)
				       : ig_dns_address(d, type, at, size);
	if (ttl >> 31) /* RFC 2181 section 8 */
		ttl = 0;
	if (ttl < d->ttl)
		d->ttl = ttl;
	return found;
}

/* The addresses that the name of the question has, by way of its aliases. */
verified_alone enum ig_dns_found ig_dns_addresses(__u32 which)
{
	struct ig_dns *d = ig_dns_get(which);
	enum ig_dns_found found;

	if (!d)
		return IG_DNS_BAD;
	if (d->answers > IG_DNS_RECORDS)
		return IG_DNS_BEYOND;
	d->ttl = IG_PIN_MOST_S;
	d->alias_at = DNS_HEADER;
	d->alias_hash = d->hash;
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DNS_RECORDS; i++)
	{
		if (i >= d->answers)
			break;
		found = ig_dns_record(which);
		if (found)
			return found;
	}
	/* aliases in another order than the one that leads from each to the next? */
	return d->strange && !d->n_addresses ? IG_DNS_BEYOND : IG_DNS_READ;
}
