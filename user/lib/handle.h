/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handle holds. */
#pragma once

#include "diag.h"
#include "discovery.h"
#include "saved.h"

struct iotguard {
	struct ig_diags diags;
	char *state_dir;		/* a bpffs: the pins of this gateway */
	char *socket;			/* where iotguardd listens */
	char *save_dir;			/* what outlives a reboot; NULL: nothing does */
	struct ig_saved saved;		/* what was saved last, as far as this handle knows */
	struct ig_file_mark saved_mark; /* and in which file; none: it knows nothing */
	struct ig_discovery discovery;
};
