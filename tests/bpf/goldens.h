/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames, and what has to become of them. */
#pragma once

#include <stddef.h>

#include "world.h"

extern const char goldens_inventory[];

struct golden {
	const char *name;
	const char *before; /* "from FRAME; to FRAME; wait SECONDS", which have to pass; or NULL */
	enum iotguard_side side;
	const char *frame;
	bool passes;
	const char *reason;
	const char *rule;   /* NULL: none */
	const char *device; /* NULL: none */
};

extern const struct golden goldens[];
extern const size_t n_goldens;
