/* SPDX-License-Identifier: BSD-2-Clause */
/* Dictionaries of the last few generations, kept while somebody reads events: a record names its
 * generation, and may be read after the next ones came. And what devices call their remotes. */
#pragma once

#include "dictionary.h"
#include "object.h"
#include "pins.h"

#define IG_NAMES_KEPT 4

struct ig_names {
	const struct ig_object *object;
	struct {
		uint64_t generation; /* 0: empty */
		void *bytes;
		struct ig_dictionary dict;
	} kept[IG_NAMES_KEPT];
	unsigned int next; /* to be replaced */
	struct ig_pins_finder pins;
	char remote[IG_PINS_NAMES]
		   [IG_NAME_TEXT]; /* names of the remote that was asked about last */
};

/* NULL: its names are gone, or never were. What it returns lives until IG_NAMES_KEPT others were
 * asked for. */
const struct ig_dictionary *ig_names_of(struct ig_names *names, uint64_t generation);
void ig_names_clear(struct ig_names *names);
