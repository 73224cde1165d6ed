/* SPDX-License-Identifier: BSD-2-Clause */
/* The machines of a compiled policy, as they lie in the kernel: each once, under the key by which the next policy
 * recognises it (ig_machine_key()). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "index.h"
#include "object.h"

struct ig_machines {
	struct ig_mac *keys;
	struct ig_device *devices;
	size_t count;
	struct ig_index *by_key;
};

/* Of the slot of @generation. A slot that was never filled has none. 0, -errno; @out is to be cleared either way. */
int ig_machines_read(const struct ig_object *object, uint64_t generation, struct ig_machines *out);
void ig_machines_clear(struct ig_machines *machines);

/* Position, or IG_INDEX_NONE. */
size_t ig_machines_find(const struct ig_machines *machines, const struct ig_mac *key);
