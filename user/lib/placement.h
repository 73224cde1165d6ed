/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which index and which ring slots a machine gets. Both outlive policies, because flows and
 * counters hang on them: a MAC that is in force keeps what it has.
 */
#pragma once

#include "model.h"
#include "object.h"

struct ig_placement {
	uint32_t *indices; /* by position of the machine */
	uint32_t *rings;
	uint32_t *fresh; /* indices that were not in use; nothing of a former owner may be left
			    there */
	size_t n_fresh;
	size_t n_gone; /* machines in force that the inventory does not have any more */
	bool fits; /* false: it does not fit the maps in force, and is a placement for new ones of
		      @sizes */
	struct ig_sizes sizes;
};

/* @object: what is in force, NULL: nothing. 0, -errno. */
int ig_placement_make(struct ig_placement *placement, const struct iotguard_inventory *inv,
		      const struct ig_object *object);
void ig_placement_clear(struct ig_placement *placement);

/* Forgets what there was of former owners of fresh indices, state, counters and bindings, before the
 * new policy is in force. */
void ig_placement_clean_fresh(const struct ig_placement *placement, const struct ig_object *object);
