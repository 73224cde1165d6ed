/* SPDX-License-Identifier: BSD-2-Clause */
/* Dictionaries of the last few generations, kept while somebody reads events: a record names its
 * generation, and may be read after the next ones came. And what devices call their remotes. */
#pragma once

#include <net/if.h>

#include "dictionary.h"
#include "object.h"
#include "pins_finder.h"

#define IG_NAMES_KEPT  4
#define IG_NAMES_PORTS 8

struct ig_names {
	const struct ig_object *object;
	struct {
		uint64_t generation; /* 0: empty */
		void *bytes;
		struct ig_dictionary dict;
	} kept[IG_NAMES_KEPT];
	unsigned int next; /* to be replaced */
	/* records of one round were there before any name was read in it; 0: no rounds, and what can change is read each
	 * time */
	uint64_t round;
	struct {
		uint64_t round;
		uint32_t ifindex;
		char name[IF_NAMESIZE];
	} ports[IG_NAMES_PORTS];
	struct ig_pins_finder pins;
	char remote[IG_PINS_NAMES]
		   [IG_NAME_TEXT]; /* names of the remote that was asked about last */
};

/* NULL: its names are gone, or never were. What it returns lives until IG_NAMES_KEPT others were
 * asked for. */
const struct ig_dictionary *ig_names_of(struct ig_names *names, uint64_t generation);
/* The interface's name now; "if7" where it is gone. It lives as above. */
const char *ig_names_port(struct ig_names *names, uint32_t ifindex);
void ig_names_clear(struct ig_names *names);
