/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that devices resolved, and addresses that are pinned to them, as they lie in the maps (see struct ig_awaited of
 * abi.h). A pin whose name has lost its record is void, and nobody is told of it. Needs to read only.
 *
 * What a name is made of, a device said, or whoever answered it: it is hostile.
 */
#pragma once

#include "map_rows.h"
#include "object.h"
#include "patterns.h"

struct ig_pinned {
	uint32_t device; /* index */
	uint8_t addr[16];
	uint32_t expires_s;	    /* in seconds of the clock of ig_now() */
	bool idle;		    /* no rule spoke of the name when it was made */
	const struct ig_name *name; /* its text has a length within it; the list's */
};

struct ig_pinned_list {
	struct ig_pinned *items; /* by device, then by name, then by address */
	size_t count, capacity;
	size_t n_names; /* that devices have, with and without pins */
	struct ig_map_copy names;
};

/* All pins that did not end. 0, -errno; @out is to be cleared either way. */
int ig_pins_read(const struct ig_object *object, struct ig_pinned_list *out);
void ig_pinned_list_clear(struct ig_pinned_list *list);

/* The name by which a flow was admitted (ig_flow.mark), as ig_name_key_print() has it. False: another one has its record
 * by now, or there never was any. */
bool ig_pins_name(const struct ig_object *object, uint32_t device, uint32_t ref,
		  char name[IG_NAME_TEXT]);
