/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of frames (README.md): what the rooms of mutants share.
 *
 * Of struct world only the randomness, the clock and the kind of the world are used here.
 */
#pragma once

#include "generate.h"

/* A machine of the inventory, the gateway, or somebody beyond it. */
struct party {
	const char *name; /* NULL: it is no machine */
	uint8_t mac[6];
	struct address own[4];
	unsigned int n_own;
	int segment; /* -1: of none */
};

/* mutants_house.c: the inventory, and who lives there. */
void house_read(const char *path);
/* One line of JSON. @wide: with a few machines more, that may do anything. */
const char *house_inventory(bool wide);
const struct party *house_machine(struct world *w, bool wide);
/* Somebody for @machine to talk to. */
const struct party *house_peer(struct world *w, bool wide, const struct party *machine);
/* The MAC address at the other end of the link. */
const uint8_t *house_hop(const struct party *machine, const struct party *peer);
/* The number of the interface where a frame of this machine, or for it, would be seen. */
unsigned int house_port(struct world *w, const uint8_t mac[6]);
size_t house_tags(const struct party *party, uint16_t tags[2]);

/* mutants_settle.c: a frame as if it were one of the house's. */
struct letter {
	const struct party *machine, *peer;
	bool to, addresses; /* to the machine; with IP addresses as well as MAC addresses */
};

void settle(struct world *w, const struct letter *letter, struct buffer *frame);

/* mutants_layers.c: where headers begin, as far as they are there. */
struct layers {
	size_t network, transport; /* 0: there is none, or not all of what is before it */
	unsigned int version;	   /* of IP; 0: it is something else */
	uint8_t protocol;
	size_t next_headers[12]; /* the fields that say what follows, in IPv6 */
	size_t extensions[8];
	unsigned int n_next_headers, n_extensions;
};

struct layers take_apart(const struct buffer *frame);
unsigned int get16(const struct buffer *frame, size_t at);
void insert_bytes(struct buffer *frame, size_t at, const void *bytes, size_t size);
void remove_bytes(struct buffer *frame, size_t at, size_t size);

/* mutants_message.c: two kinds of mutants, of DHCP messages and of IPv6 discovery. */
size_t count_said(const struct buffer *frame, bool to, bool every);
void make_said(struct buffer *frame, bool to, size_t i, size_t *length);
size_t count_ends(const struct buffer *frame, bool to, bool every);
void make_end(struct buffer *frame, bool to, size_t i, size_t *length);

/* mutants_kinds.c: the least that the kernel lets a program be asked about. */
size_t least_captured(bool to);
/* A frame has so many mutants; @every: of truncations not only the short ones. */
size_t mutants_count(const struct buffer *frame, bool to, bool every);
/* Makes number @i of them; @length: on the wire. */
void mutant_make(struct buffer *frame, bool to, bool every, size_t i, size_t *length);
