/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "upgrade.h"
#include "util.h"

static int share_slots(const struct ig_object *old, struct ig_object *now)
{
	for (uint32_t slot = 0; slot < IG_SLOTS; slot++) {
		for (int map = 0; map < IG_MAP_SLOTTED; map++) {
			int fd = old->slots[slot][map];

			now->slots[slot][map] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
			if (fd >= 0 && now->slots[slot][map] < 0)
				return -errno;
		}
	}
	now->dir = strdup(old->dir);
	return now->dir ? 0 : -ENOMEM;
}

int ig_upgrade_load(struct ig_diags *diags, const struct ig_object *old, struct ig_object *now)
{
	int err = ig_object_load_onto(diags, old, now);

	err = err ?: share_slots(old, now);
	if (err)
		ig_object_close(now);
	return err;
}

/* Of no build while both are about: whoever comes next takes the programs for another one's than its own. */
static int exchange(const struct ig_object *object, uint64_t programs)
{
	int err;

	__atomic_store_n(&object->control->programs, 0, __ATOMIC_SEQ_CST);
	err = ig_object_pin_programs(object);
	if (!err)
		__atomic_store_n(&object->control->programs, programs, __ATOMIC_SEQ_CST);
	return err;
}

int ig_upgrade_begin(const struct ig_object *now)
{
	return exchange(now, 0);
}

void ig_upgrade_end(const struct ig_object *now)
{
	__atomic_store_n(&now->control->programs, ig_object_hash(), __ATOMIC_SEQ_CST);
}

void ig_upgrade_undo(const struct ig_object *old, uint64_t programs)
{
	exchange(old, programs);
}
