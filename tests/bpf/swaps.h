/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What test_swaps holds the programs against while policies are exchanged under them: a family of policies, frames
 * that each of them judges by itself, conversations that go on, and what an independent judge (tests/judge) demands
 * of each of these under each policy.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "abi.h"
#include "frames.h"

#define SWAPS_POLICIES	    6
#define SWAPS_SLIGHT	    4 /* is policy 0 with one device changed */
#define SWAPS_GROWN	    5 /* is policy 1, and more devices */
#define SWAPS_OPENED	    0 /* allows every conversation: here they begin */
#define SWAPS_CPUS	    2 /* as many processes send frames */
#define SWAPS_INTERFACES    3 /* lan0, lan1, lan2 */
#define SWAPS_FRAMES_MAX    320
#define SWAPS_CONVERSATIONS 40

/* --- swaps_family.c --- */

/* As JSON, in one line. @ghosts: how many devices more it has, which never say anything. */
void swaps_inventory(FILE *f, unsigned int policy, unsigned int ghosts);

struct swaps_frame {
	struct frame frame;
	enum ig_direction direction;
	unsigned int interface; /* lan%u */
	char sentence[160];
};

/* What every policy says of them hangs on no frame that was before. Returns how many. */
unsigned int swaps_frames(struct swaps_frame frames[SWAPS_FRAMES_MAX]);

/* Each is of a device of its own, so that none takes a place in the flow table from another. */
struct swaps_conversation {
	bool healthy;	   /* all policies allow it */
	unsigned int cpu;  /* whose it is; SWAPS_CPUS: all send its frames */
	unsigned int kind; /* of which there is one for each cpu */
	struct swaps_frame open[3];
	unsigned int n_open;
	struct swaps_frame there,
		back; /* goes on in the direction in which it was opened, and the other one */
};

unsigned int swaps_conversations(struct swaps_conversation conversations[SWAPS_CONVERSATIONS]);

/* --- swaps_demanded.c --- */

struct swaps_verdict {
	bool passes;
	unsigned int reason;
};

enum swaps_way {
	SWAPS_THERE,
	SWAPS_BACK,
};

struct swaps_demanded {
	struct swaps_verdict frames[SWAPS_POLICIES][SWAPS_FRAMES_MAX];
	/* of a conversation that was opened under SWAPS_OPENED, and of its frames where there is no flow */
	struct swaps_verdict with[SWAPS_CONVERSATIONS][SWAPS_POLICIES][2];
	struct swaps_verdict without[SWAPS_CONVERSATIONS][SWAPS_POLICIES][2];
};

/* The questions, for the judge. */
void swaps_ask(FILE *f);
/* Its answers. False: there is no such file. One that does not fit the questions fails the test. */
bool swaps_read(const char *path, struct swaps_demanded *demanded);

/* --- swaps_hammer.c --- */

#define SWAPS_GENERATIONS 16384

struct swaps_told {
	uint64_t packets, conversing; /* judged; of these, of conversations */
	uint64_t windows;	      /* the generation changed meanwhile */
	uint64_t split;		      /* of these, where the policies demand different verdicts */
	uint64_t loose;	   /* while a new instance took over: held against verdicts, not reasons */
	uint64_t programs; /* other programs were found on an interface */
	uint32_t round;	   /* times that every frame was sent */
	bool ready;
	char failure[512];
};

/* Between the processes. */
struct swaps_shared {
	uint32_t stop;
	uint32_t growing;		      /* odd while a new instance takes over */
	uint8_t policy_of[SWAPS_GENERATIONS]; /* before that generation comes into force */
	struct swaps_told told[SWAPS_CPUS];
};

/* Sends all frames, as fast as can be, through the programs that are on the interfaces, until it is told to stop or
 * something is wrong. Does not return. */
void swaps_hammer(struct swaps_shared *shared, const struct swaps_demanded *demanded,
		  const char *state_dir, unsigned int cpu) __attribute__((noreturn));
