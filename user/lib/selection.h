/* SPDX-License-Identifier: BSD-2-Clause */
/* Which machines a person means by a name. */
#pragma once

#include "model.h"

/* Of an inventory, which outlives it; NULL: none. */
struct ig_selection {
	const struct ig_machine *device, *host;
	const struct ig_group *group;
};

/* @text: "NAME" for whatever has that name; "device:NAME", "host:NAME", "group:NAME". False: nobody has it. */
bool ig_selection_make(const struct iotguard_inventory *inv, const char *text,
		       struct ig_selection *out);
