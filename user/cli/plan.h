/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan as text and as JSON. Both return enum cli_exit. */
#pragma once

#include <jansson.h>

#include "cli.h"

struct plan_choice {
	const char *inventory; /* its path */
	bool difference;       /* say what would change */
	bool policies;	       /* say what it comes to */
};

int plan_print_text(struct cli *cli, const struct iotguard_plan *plan,
		    const struct plan_choice *choice);
int plan_print_json(const struct iotguard_plan *plan, const struct plan_choice *choice);

/* Changes alone, a line each. */
int plan_print_changes(struct cli *cli, const struct iotguard_plan_change *changes, size_t count);
/* NULL without memory. */
json_t *plan_changes_json(const struct iotguard_plan_change *changes, size_t count);
