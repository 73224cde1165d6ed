/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that machines have beside those that the inventory lists, as they lie in the maps: who
 * gets which by what is known from outside of the kernel, who has which, and forgetting.
 *
 * Binding goes by the rules of the programs (bpf/binding.h) and may be done while they run. A
 * process cannot exchange a key in one step as they can: should a machine get an address by itself
 * in the very same place between two system calls, that one counts until it ends.
 */
#pragma once

#include "known.h"
#include "object.h"

struct ig_bound {
	size_t leases, claims; /* addresses that a machine did not have before */
};

/*
 * Binds what is known, one after the other, for the machines of the policy in @slot. Passed over:
 * what has ended, MAC addresses that the policy does not know, and addresses that may not be bound.
 * A lease that a machine has already is never made shorter: the programs may have seen a later
 * answer. @bound is added to. 0, -errno.
 */
int ig_bindings_put(const struct ig_object *object, uint32_t slot, const struct ig_known *known,
		    struct ig_bound *bound);

struct ig_bound_address {
	struct ig_known_address known;
	uint32_t device; /* index */
};

struct ig_bound_list {
	struct ig_bound_address *items; /* by device, then by place */
	size_t count, capacity;
};

/* All bindings of machines of the policy in force that did not end. Needs to read only. 0,
 * -errno. */
int ig_bindings_read(const struct ig_object *object, struct ig_bound_list *out);
void ig_bound_list_clear(struct ig_bound_list *list);

/* Forgets all bindings of these indices, which no policy in force has. */
void ig_bindings_forget(const struct ig_object *object, const uint32_t *devices, size_t n);
