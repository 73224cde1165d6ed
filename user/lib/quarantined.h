/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is in quarantine, apart from a run of the kernel: machines are told by what a policy recognises those of another
 * one by, and time is that of the world.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "abi.h"
#include "clock.h"

struct ig_object;

struct ig_quarantined {
	struct ig_mac machine; /* ig_machine_key() */
	uint64_t ends_at;      /* seconds since the epoch, rounded up; 0: without an end */
};

struct ig_quarantined_list {
	struct ig_quarantined *items;
	size_t count, capacity;
};

int ig_quarantined_add(struct ig_quarantined_list *list, const struct ig_quarantined *machine);
void ig_quarantined_clear(struct ig_quarantined_list *list);

/*
 * Machines of the policy in force, in the order of their keys, and those of the policy before that is still there and
 * may come back. Needs to read only. 0, -errno; @out is to be cleared either way.
 */
int ig_quarantined_read(const struct ig_object *object, struct ig_time now,
			struct ig_quarantined_list *out);

struct ig_quarantined_again {
	size_t machines; /* that are in quarantine again */
	size_t unknown;	 /* to the policy */
	struct ig_mac first_unknown;
};

/* Puts the machines of the policy in @slot that are listed into quarantine, without telling anybody. 0, -errno. */
int ig_quarantined_put(const struct ig_object *object, uint32_t slot,
		       const struct ig_quarantined_list *list, struct ig_time now,
		       struct ig_quarantined_again *again);
