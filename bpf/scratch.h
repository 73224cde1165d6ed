/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the slow path works on: the stack of 512 bytes, shared by all functions that are under way, has
 * no room for it. One for each CPU and direction: a program is never interrupted by one of the same
 * direction, since both run with bottom halves off.
 */
#pragma once

#define IG_OPTIONS_MAX 40 /* bytes of IPv4 options */

struct ig_options {
	__u8 bytes[64];
	__u32 at;
};

struct ig_bootp { /* RFC 951, as far as the client's hardware address */
	__u8 op;
	__u8 hardware;
	__u8 hardware_length;
	__u8 hops;
	__u32 xid;
	__be16 seconds_be;
	__be16 flags_be;
	__be32 client_be;
	__be32 yours_be;
	__be32 server_be;
	__be32 relay_be;
	__u8 client[16];
};

struct ig_dhcp {
	struct ig_bootp head;
	__be32 cookie_be;    /* of DHCPv6: its first four bytes */
	__be32 requested_be; /* options, and whether there were any */
	__be32 lease_be;
	__u8 type;
	__u8 has_type;
	__u8 has_requested;
	__u8 has_lease;
	__be16 length_be; /* of UDP */
	__u8 option[2];	  /* the byte that was read last */
	__u32 at;	  /* where reading is, in the frame */
	__u32 end;	  /* of the message */
};

struct ig_mud {
	__u32 at;     /* where reading is, in the frame: an option or TLV */
	__u32 end;    /* of all of them */
	__u32 data;   /* where its content begins */
	__u32 length; /* of that */
	__u32 taken;  /* bytes of the URL, those that have no room included */
	__u8 source;  /* enum ig_mud_way */
	__u8 is_url;
	__be16 length_be; /* of UDP */
	__u8 head[4];	  /* the bytes that were read last */
	__u32 pad;
	union {
		__u8 bytes[2 * IG_MUD_BYTES]; /* of the URL; beyond the first half it is too long */
		__u64 words[2 * IG_MUD_BYTES / 8];
	};
};

struct ig_scratch {
	struct ig_packet pkt; /* the fast path leaves it here, and what it found wrong with it */
	__u32 parsed;	      /* enum ig_reason */
	struct ig_judgement j;
	union ig_flow_key key; /* as j.key says */
	struct ig_question question;
	/* what follows is written before it is read, and not cleared for each packet */
	struct ig_options options; /* for itself, on the fast path, too */
	union ig_ip claimed;	   /* j.claims: by a discovery message */
	struct ig_dhcp dhcp;	   /* the message that was read last */
	struct ig_mud mud;	   /* what was said last of a description */
	/*
	 * 1: a refusal stood for the last packet that belongs to a flow or could (refusal.h). Here, for the packet has to begin
	 * where all of it does: one register less, and the stack has no room for more.
	 */
	__u32 refusing;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct ig_scratch);
} ig_scratch SEC(".maps");

always_inline struct ig_scratch *ig_scratch_get(__u32 direction)
{
	return bpf_map_lookup_elem(&ig_scratch, &direction);
}

/* The fast path hands over to the slow one. */
always_inline void ig_scratch_leave(const struct ig_packet *pkt, __u32 parsed)
{
	struct ig_scratch *s = ig_scratch_get(pkt->direction & 1);

	if (!s)
		return;
	s->pkt = *pkt;
	s->parsed = parsed;
}

/* With an empty judgement. */
always_inline struct ig_scratch *ig_scratch_take(__u32 direction)
{
	struct ig_scratch *s = ig_scratch_get(direction);

	if (s)
		__builtin_memset(&s->j, 0,
				 offsetof(struct ig_scratch, options) -
					 offsetof(struct ig_scratch, j));
	return s;
}
