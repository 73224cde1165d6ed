/* SPDX-License-Identifier: BSD-2-Clause */
/* MUD URLs that machines tell are noted as they are read, and written with what is saved. */
#include <errno.h>
#include <string.h>

#include "daemon.h"

void mud_note(struct daemon *daemon, const struct iotguard_event *event)
{
	int err;

	if (strcmp(event->type, "mud-url") != 0)
		return;
	err = iotguard_mud_note(daemon->ig, event);
	say_diags(&daemon->say, MATTER_MUD, daemon->ig, "noting a MUD URL", err < 0 ? err : 0);
}

void mud_save(struct daemon *daemon, bool exact)
{
	int err = iotguard_mud_save(daemon->ig, exact);

	say_diags(&daemon->say, MATTER_MUD, daemon->ig, "writing MUD URLs", err < 0 ? err : 0);
	if (err > 0)
		say_over(&daemon->say, MATTER_MUD, "MUD URLs are written again");
}
