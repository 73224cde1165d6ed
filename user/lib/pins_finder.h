/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What devices call their remotes, for events: names of addresses, as the programs pinned them. Looking into the maps is
 * system calls, dear ones beside all else that an event costs; so what was read of a device is used again for every
 * record that was there before it was read. A pin is made before the conversations that it is for: what was read after
 * a record was made has all of its names.
 */
#pragma once

#include "object.h"
#include "pins.h"

/* What programs call a remote, and no more of its names. */
#define IG_PINS_NAMES 4

struct ig_pins_kept; /* of one device */

/* How pins are found in the maps of one instance; read when it is first needed. {} to begin with. */
struct ig_pins_finder {
	bool known;
	uint32_t seed, places;
	/* what was read in this one is used again; 0: nothing ever is, each look is a new one */
	uint64_t round;
	struct ig_pins_kept *kept;
};

/* The names of an address, as one device was told, of pins that ended as well: what ended just now is what a person
 * looks for. How many. */
size_t ig_pins_names(const struct ig_object *object, struct ig_pins_finder *finder, uint32_t device,
		     const uint8_t addr[16], char names[IG_PINS_NAMES][IG_NAME_TEXT]);
void ig_pins_finder_clear(struct ig_pins_finder *finder); /* safe on {}, and twice */
