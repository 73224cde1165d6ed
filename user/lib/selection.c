/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "selection.h"

static const char *name_behind(const char *text, const char *kind)
{
	size_t n = strlen(kind);

	return !strncmp(text, kind, n) && text[n] == ':' ? text + n + 1 : NULL;
}

bool ig_selection_make(const struct iotguard_inventory *inv, const char *text,
		       struct ig_selection *out)
{
	const char *device = name_behind(text, "device"), *host = name_behind(text, "host"),
		   *group = name_behind(text, "group");

	if (!device && !host && !group)
		device = host = group = text;
	*out = (struct ig_selection){
		.device = device ? ig_inventory_machine(inv, false, device) : NULL,
		.host = host ? ig_inventory_machine(inv, true, host) : NULL,
		.group = group ? ig_inventory_group(inv, group) : NULL,
	};
	return out->device || out->host || out->group;
}
