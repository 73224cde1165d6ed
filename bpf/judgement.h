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
	__u32 slot;
	__u32 index; /* of the device, IG_ENTITY_NONE without one */
	__u32 rule;
	__u8 mode;	  /* enum ig_mode */
	__u8 critical;	  /* admitted by a critical rule */
	__u8 admitted_as; /* enum ig_direction: who opened the conversation that was admitted */
	__u8 known;	  /* 1: device is one of the inventory */
	__u8 placed; /* 1: and it is behind this port: its mode holds, and what happens is counted
			as its own */
	__u8 fate;   /* enum ig_flow_fate */
	__u8 keyed;  /* 1: the packet belongs to a flow, live or to be made, and has a key */
};
