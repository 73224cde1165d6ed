/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handle holds. */
#pragma once

#include "diag.h"
#include "known.h"

struct iotguard {
	struct ig_diags diags;
	char *state_dir;       /* a bpffs: the pins of this gateway */
	char *socket;	       /* where iotguardd listens */
	char *save_dir;	       /* what outlives a reboot; NULL: nothing does */
	struct ig_known saved; /* what was saved last through this handle */
	bool has_saved;	       /* and @saved says so */
};
