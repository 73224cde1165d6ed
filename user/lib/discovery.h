/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handle knows of MUD URLs that machines told. */
#pragma once

#include "discovered.h"

struct ig_discovery {
	struct ig_discovered told;
	struct ig_file_mark mark; /* the file that it was read from, or written to */
	bool read;		  /* it was looked for one */
	bool changed,
		heard;	    /* since then: something is other than it was; it was only told again */
	uint64_t written_s; /* on the clock of the world */
};

const char *ig_discovery_word(int setting); /* "propose", "adopt", "off"; NULL: no such */
