/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

#include "attach.h"
#include "state_dir.h"
#include "util.h"

int iotguard_detach(struct iotguard *ig, const char *interface)
{
	_close_ int lock = -1;
	bool had_policy;
	char **names;
	int n = 0, err;

	if (ig_capabilities_missing(&ig->diags))
		return -EPERM;
	if (!ig_state_exists(ig))
		return -ENOENT;
	lock = ig_state_lock(ig, 0);
	if (lock < 0)
		return lock;
	if (interface) {
		err = ig_detach(ig, interface);
		if (err == -ENOENT)
			ig_error(&ig->diags, NULL, "'show interfaces' lists those that are",
				 "%s is not guarded", interface);
		return err ? err : 1;
	}
	had_policy = ig_state_has_current(ig);
	err = ig_attached_list(ig, &names);
	if (err < 0)
		return err;
	for (char **name = names; *name; name++)
		n += !ig_detach(ig, *name);
	ig_attached_free(names);
	ig_state_sweep(ig, true);
	return n || had_policy ? n : -ENOENT;
}
