/* SPDX-License-Identifier: BSD-2-Clause */
/* What has to outlive a reboot is saved from time to time, and at the end. */
#include <errno.h>

#include "daemon.h"

static void save(struct daemon *daemon, bool exact)
{
	int err = iotguard_save(daemon->ig, exact);

	if (err == -ENOENT)
		return; /* nothing is enforced: what was saved is still the best there is */
	if (err == -EACCES && daemon->unreadable) {
		iotguard_diag_clear(daemon->ig); /* source.c said it */
		return;
	}
	say_diags(&daemon->say, MATTER_SAVING, daemon->ig, "saving", err < 0 ? err : 0);
	if (err >= 0)
		say_over(&daemon->say, MATTER_SAVING, "saving works again");
}

static void on_timer(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	(void)events;
	watch_drain(watch);
	save(daemon, false);
	mud_save(daemon, false);
}

int save_start(struct daemon *daemon)
{
	int err;

	if (!iotguard_save_dir(daemon->ig)) {
		say(&daemon->say, MATTER_SAVING, IOTGUARD_NOTE, "--save-dir says where",
		    "nothing is saved over a reboot");
		return 0;
	}
	daemon->save_timer.ready = on_timer;
	err = watch_timer(daemon, &daemon->save_timer, daemon->options.save_interval * 1000000ull);
	if (err)
		say_diags(&daemon->say, MATTER_SAVING, daemon->ig, "a timer", err);
	return err;
}

void save_now(struct daemon *daemon)
{
	save(daemon, true);
	mud_save(daemon, true);
}
