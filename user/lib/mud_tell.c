/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of the entries of a MUD file, as warnings at the lines of the file. */
#include <stdio.h>

#include "mud_rules.h"

void ig_mud_tell(struct ig_diags *diags, const char *file, const char *whom,
		 const struct ig_mud_ruling *ruling)
{
	struct ig_loc loc = {file, ruling->ace->line, ruling->ace->line ? 1 : 0};
	const char *ace = ruling->ace->name, *acl = ruling->acl->name;
	char about[192] = "";

	if (whom)
		snprintf(about, sizeof(about), "for %s: ", whom);
	if (ruling->fate == IG_MUD_CLOSED)
		ig_warning(diags, &loc, ruling->remedy,
			   "%sthe entry '%s' of '%s' allows nothing: %s", about, ace, acl,
			   ruling->why);
	else if (ruling->fate == IG_MUD_NOTHING)
		ig_warning(diags, &loc, NULL, "%sthe entry '%s' of '%s' matches nothing: %s", about,
			   ace, acl, ruling->why);
	else if (ruling->wider)
		ig_warning(diags, &loc, NULL,
			   "%sthe entry '%s' of '%s' denies more than it says: %s", about, ace, acl,
			   ruling->why);
	else if (ruling->literal)
		ig_warning(diags, &loc, "find out whose address it is",
			   "%sthe entry '%s' of '%s' has an address written into it", about, ace,
			   acl);
}
