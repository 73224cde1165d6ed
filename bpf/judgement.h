/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known so far of the frame under judgement, beside the packet itself. */
#pragma once

/* What the judgement means for the flow table. */
enum ig_flow_fate {
	IG_FLOW_AS_IT_IS = 0,
	IG_FLOW_TO_MAKE = 1,   /* admitted: enter it, or renew what is there */
	IG_FLOW_TO_DELETE = 2, /* admitted once, and no longer */
};

struct ig_judgement {
	__u64 generation;
	__u64 now;
	struct ig_device device; /* a copy; all zero without one */
	__u32 index;		 /* of the device, IG_ENTITY_NONE without one */
	__u32 segment; /* of the device, else of the port: what a link-local address is of */
	__u32 rule;
	__u32 until;	      /* when that rule ends, see struct ig_rule_entry */
	__u32 proved_until_s; /* when its address has to be proved again, on the clock of flows; 0: never */
	__u32 remote; /* who holds the remote address, once somebody looked: see ig_remote_of() */
	__u8 remote_seen; /* 1: somebody did */
	__u8 mode;	  /* enum ig_mode */
	__u8 critical;	  /* admitted by a critical rule */
	__u8 admitted_as; /* enum ig_direction: who opened the conversation that was admitted */
	__u8 placed;	  /* 1: the device is behind this port: its mode holds, and what happens is
			     counted as its own */
	__u8 fate;	  /* enum ig_flow_fate */
	__u8 key;	  /* enum ig_key: what the flow key is that goes with the judgement */
	__u8 routing;	  /* enum ig_routing */
	__u8 for_all;	  /* 1: a group frame of the gateway, which machines have to consent to */
	__u8 grouped;	  /* 1: for a group's address, or from one: it has no flow */
	__u8 again;    /* 1: a flow's judgement was outdated, and what is judged is the packet that
			     opened it */
	__u8 new_flow; /* 1: a conversation began that nobody had before */
	__u8 stranger; /* 1: its source MAC address is in no inventory */
	__u8 claims;   /* 1: the message claims an address, which is in the scratch */
	__u8 client;   /* 1: it is a true DHCPv4 message of a client, which is in the scratch */
	__u8 quarantined; /* 1: the device is in quarantine */
	__u8 spared;	  /* 1: admitted by what a quarantine leaves */
	__u8 unsafe;	  /* 1: it would be refused although a critical function needs it */
	__u8 resolves;	  /* 1: DNS with a listed resolver, admitted: its messages are looked at */
	__u8 unnamed;	  /* 1: it asks for a name that no rule of it allows */
	__u8 plain; /* 1: what the rules said depends on nothing that changes but by what flows are told of */
	__u32 name; /* by which it was admitted, see ig_flow.mark */
	__u32 epoch; /* of the device, before anything was asked; likewise the next ones, see struct ig_refusal */
	__u32 pinned;
	__u32 bound;
};

enum ig_key {
	IG_KEY_NONE = 0,
	IG_KEY_OWN = 1,	   /* the packet's: it belongs to a flow, live or to be made */
	IG_KEY_QUOTED = 2, /* of the packet that an ICMP error quotes */
};

/* What the routing table says of an address that a device speaks to. */
enum ig_routing {
	IG_ROUTING_UNKNOWN = 0, /* was not asked, or cannot tell */
	IG_ROUTING_HERE = 1,	/* it is the gateway's */
	IG_ROUTING_ON = 2,	/* it is forwarded */
};

always_inline __u32 ig_slot_of(const struct ig_judgement *j)
{
	return (__u32)j->generation % IG_SLOTS;
}

always_inline bool ig_is_known(const struct ig_judgement *j)
{
	return j->device.kind != 0;
}

always_inline bool ig_reason_drops(enum ig_reason reason)
{
	return reason >= IG_REASON_FIRST_DROP;
}
