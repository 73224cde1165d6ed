/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A house of ten machines in three segments behind a gateway, with random rules and in random states; and packets of
 * theirs, made without asking the library how.
 */
#pragma once

#include "gateway.h"

enum segment { HERE, TAGGED, BARE };

struct machine {
	const char *name;
	bool host, trusted;
	enum segment segment;
	const char *addresses[2]; /* NULL: none */
	const char *router;	  /* "device:NAME" */
};

extern const struct house_segment {
	const char *name, *ports[2];
	uint16_t vlan;
	const char *networks[2];
} segments[3]; /* enum segment */

#define MACHINES 10
extern const struct machine machines[MACHINES];

extern uint64_t seed;
uint32_t chance(uint32_t n); /* below @n */
#define one_of(array) ((array)[chance(sizeof(array) / sizeof((array)[0]))])

/* The caller frees it. It is one that can be applied. */
char *house_inventory(struct gateway *gateway);
/* Beginning of a line of it, from 1. */
char *house_line(char *text, unsigned int line);

/* Addresses that no inventory lists. */
extern const char *const loose_addresses[5];
/* A machine gets an address, is heard somewhere else, or is put into quarantine. */
void house_bind(const struct gateway *gateway);
void house_hear(const struct gateway *gateway);

const struct machine *house_machine(const char *name);
/* Whose MAC address its frames carry: its own, or its router. */
const struct machine *house_carrier(const struct machine *m);
void house_mac(const struct machine *m, char text[18]);
/* Who holds an address; NULL: nobody, or the gateway. */
const struct machine *house_holder(const struct gateway *gateway, const uint8_t addr[16]);
bool house_is_group(const uint8_t addr[16]);

struct place {
	unsigned int ifindex;
	uint16_t vlan;
};

/* Where it is: where it was heard last, else at the first port of its segment. */
struct place house_place(const struct gateway *gateway, const struct machine *m);

struct packet {
	const struct machine *from, *to;      /* NULL: neither */
	const struct iotguard_explanation *e; /* addresses, service and ports */
	bool ip;
	unsigned int dscp;
};

/* @entering: at the sender's port; else at the receiver's. */
void house_packet(const struct packet *p, bool entering, const struct place *place,
		  struct frame *frame);
