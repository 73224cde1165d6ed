/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of the entries of a MUD file, as warnings at the lines of the file. */
#include "mud_rules.h"

void ig_mud_tell(struct ig_diags *diags, const char *file, const struct ig_mud_ruling *ruling)
{
	struct ig_loc loc = {file, ruling->ace->line, ruling->ace->line ? 1 : 0};

	if (ruling->fate == IG_MUD_CLOSED)
		ig_warning(diags, &loc, ruling->remedy, "the entry '%s' of '%s' allows nothing: %s",
			   ruling->ace->name, ruling->acl->name, ruling->why);
	else if (ruling->fate == IG_MUD_NOTHING)
		ig_warning(diags, &loc, NULL, "the entry '%s' of '%s' matches nothing: %s",
			   ruling->ace->name, ruling->acl->name, ruling->why);
	else if (ruling->wider)
		ig_warning(diags, &loc, NULL, "the entry '%s' of '%s' denies more than it says: %s",
			   ruling->ace->name, ruling->acl->name, ruling->why);
	else if (ruling->literal)
		ig_warning(diags, &loc, "find out whose address it is",
			   "the entry '%s' of '%s' has an address written into it",
			   ruling->ace->name, ruling->acl->name);
}
