/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway of namespaces of this process's own, whose programs make events and pins at full speed: in front of them
 * runs a small program that changes the frame and tail-calls the real one, so that within one BPF_PROG_TEST_RUN no two
 * frames are the same.
 */
#pragma once

#include "object.h"
#include "iotguard/iotguard.h"

#define LAB_DEVICES   8
#define LAB_ADDRESSES 4 /* of a DNS answer */

struct lab_frame {
	uint8_t bytes[256];
	uint32_t size;
};

struct lab {
	struct iotguard *ig;
	struct ig_object live;
	char dir[40], state_dir[64], inventory[64], socket[64];
	unsigned int ifindex;
	int spread, ports,
		answers; /* programs: other remotes, other ports, answers with other addresses */
	uint32_t next;	 /* of what is other each time */
};

/* With a policy of eight devices in force. It exits where that fails, with 77 where it cannot be done. */
void lab_open(struct lab *lab);
void lab_close(struct lab *lab);

/* @n refused frames of all devices, each for another remote, or to another port of a few that have names. */
void lab_refuse(struct lab *lab, uint32_t n);
void lab_refuse_named(struct lab *lab, uint32_t n);
/* Each device resolves a name, and is told the addresses to which named refusals go. */
void lab_name(struct lab *lab);

/* @n answers with LAB_ADDRESSES addresses that the device was not told before; thread CPU time, ns. */
uint64_t lab_pin(struct lab *lab, uint32_t n);
/* One over TCP, which the programs hold back and leave to iotguardd. */
void lab_connect_resolver(struct lab *lab);
void lab_answer_stream(struct lab *lab);

/* What programs counted: sent, suppressed and lost together. */
uint64_t lab_counted(const struct lab *lab);
