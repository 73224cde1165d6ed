/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handle holds. */
#pragma once

#include "diag.h"

struct iotguard {
	struct ig_diags diags;
	char *state_dir; /* a bpffs: the pins of this gateway */
};
