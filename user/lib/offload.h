/* SPDX-License-Identifier: BSD-2-Clause */
/* What network cards do to frames before a program sees them. */
#pragma once

/*
 * Tells an interface to leave VLAN tags in the frames that it receives: a card that takes them out
 * hides them from XDP, and a tagged frame would be judged as an untagged one. 1: it did and no
 * longer does; 0: it did not; -errno: it cannot be told.
 */
int ig_offload_keep_tags(const char *interface);

/* 1: on; 0: off; -1: not known. */
struct ig_offloads {
	int rxvlan;	/* VLAN tags are taken out of received frames */
	int lro;	/* received frames are merged so that they cannot be told apart again */
	int gro_hw;	/* the card merges them, and they can be */
	int tc_offload; /* filters of tc may run in the card */
};

/* Needs no privilege. */
void ig_offloads_look(const char *interface, struct ig_offloads *out);
