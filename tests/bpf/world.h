/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world: an inventory, compiled, in programs with maps of their own. And a lab: the same with the
 * lid off, for what a private instance does not show: generations, ports, the programs as they run
 * on an interface.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotguard/iotguard.h"
#include "abi.h"
#include "object.h"

#include "frames.h"

#define FROM   IOTGUARD_FROM_DEVICE
#define TO     IOTGUARD_TO_DEVICE

#define SECOND 1000000000ull

struct world {
	struct iotguard *ig;
	struct iotguard_inventory *inventory;
	struct iotguard_policy *policy;
	struct iotguard_instance *instance;
	uint64_t now_ns;
	bool quarantines; /* there were some since it began */
};

void world_open(struct world *w, const char *inventory);
void world_close(struct world *w);
/* Nothing that went before counts any more: no flow, datagram, address, or quarantine. */
void world_begin(struct world *w);
void world_wait(struct world *w, unsigned int seconds);
/* @until_ns: 0 releases it, UINT64_MAX is without an end. */
void world_quarantine(struct world *w, const char *machine, uint64_t until_ns);

/* Loads and compiles, for what is said about it: @ig has the diagnostics. */
void world_check(struct iotguard *ig, const char *inventory);

/* The same, for what it comes to: a failed test where something is wrong. The caller frees both. */
void world_load(struct iotguard *ig, const char *text, struct iotguard_inventory **inv,
		struct iotguard_policy **policy);
/* The same, where it may not even load. How many errors there are. */
size_t world_try(struct iotguard *ig, const char *inventory);

/* The verdict, or a failed test. @captured bytes of a frame that had @length on the wire. */
void world_judge_part(struct world *w, enum iotguard_side side, const void *frame, size_t captured,
		      size_t length, struct iotguard_verdict *verdict);
void world_judge(struct world *w, enum iotguard_side side, const char *sentence,
		 struct iotguard_verdict *verdict);

/* @rule: the sentence, or NULL for none. */
void expect(struct world *w, enum iotguard_side side, const char *sentence, bool passes,
	    const char *reason, const char *rule);

/* What any of the functions here ever got as a reason. */
extern bool reasons_seen[IG_REASON_MAX];

/* Interfaces lan0, lan1 ... are 1, 2 ...: the first is where frames of a test run come from. */
struct lab {
	struct iotguard *ig;
	struct ig_object object;
	uint64_t now_ns;
};

struct lab_verdict {
	bool passed;
	unsigned int reason;
	uint32_t rule; /* replaying only: its number, or IG_NO_RULE */
};

/* @replaying: with the clock of @now_ns and without ports; otherwise as on an interface. */
void lab_open(struct lab *lab, const char *inventory, bool replaying);
/* As on an interface, with ports and transactions, but with the clock of @now_ns. */
void lab_open_timed(struct lab *lab, const char *inventory);
void lab_open_empty(struct lab *lab, uint32_t devices, uint32_t flow_slots, bool replaying);
void lab_close(struct lab *lab);

/* Takes all records out of the ring. How many there were of that type (enum ig_event_type), each of @size bytes; the last one
 * of these into @last. */
unsigned int lab_records(struct lab *lab, unsigned int type, void *last, size_t size);
void lab_write(struct lab *lab, const char *inventory); /* into the idle slot */
void lab_flip(struct lab *lab);
/* What a machine is recognised by from policy to policy: its MAC address, or, behind a router, its name. */
struct ig_mac lab_key_by_mac(const char *machine);
struct ig_mac lab_key_by_name(const char *machine);
uint32_t lab_slot_in_force(const struct lab *lab);
uint32_t lab_index(const struct lab *lab, const char *machine); /* of a name of frame_mac() */
void lab_run(struct lab *lab, enum iotguard_side side, const struct frame *frame,
	     struct lab_verdict *verdict);
void lab_expect(struct lab *lab, enum iotguard_side side, bool passes, const char *reason,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* How many rounds of a long test to run: IOTGUARD_TEST_SCALE percent; fewer in a slow guest. */
unsigned int test_scale(unsigned int rounds);
