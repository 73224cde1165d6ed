/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway for real: in a network namespace of this process, with interfaces that a policy is applied to, and the
 * pinned programs, asked by test_run as if a frame were at one of the interfaces. lan0, lan1, lan2 are guarded by the
 * inventories, wan leads to the internet.
 */
#pragma once

#include <stdbool.h>

#include "iotguard/iotguard.h"
#include "object.h"
#include "frames.h"
#include "shelter.h"

struct gateway {
	struct iotguard *ig;
	struct ig_object live; /* what is in force */
	struct shelter shelter;
};

/* False: that cannot be done here, which was said. Once a process. */
bool gateway_open(struct gateway *gateway);
void gateway_close(struct gateway *gateway);
/* For the setup of a test: it is skipped where there is none. */
int gateway_needed(const struct gateway *gateway);

/* Writes the inventory and puts it in force, or fails the test. */
void gateway_apply(struct gateway *gateway, const char *inventory);
void gateway_write(const char *path, const char *text);
/* Loads and compiles. 0, -errno; what was wrong is in @ig. */
int gateway_load(struct iotguard *ig, const char *path, struct iotguard_inventory **inv);
void gateway_detach(struct gateway *gateway);
/* Prints what was said, and forgets it. */
void gateway_print_diags(struct iotguard *ig);

/* What the live programs do with a frame at an interface. */
struct gateway_verdict {
	bool passed;
	unsigned int reason;
};
void gateway_judge(const struct gateway *gateway, enum iotguard_side side, unsigned int ifindex,
		   const struct frame *frame, struct gateway_verdict *verdict);
/* Every packet opens a conversation again. */
void gateway_forget_flows(const struct gateway *gateway);
