/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy in force, and the inventory that it came from. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "doctor.h"
#include "model.h"
#include "stats.h"
#include "util.h"

static void inventory_freep(struct iotguard_inventory **inventory)
{
	iotguard_inventory_free(*inventory);
}

static void check_age(struct ig_checkup *c, const struct ig_control *control)
{
	uint64_t now = time(NULL), at = c->view.dict.header.applied_at;

	ig_healthy(c, "policy", NULL, "generation %llu is in force, applied %llu minutes ago",
		   (unsigned long long)control->generation,
		   (unsigned long long)(now > at ? (now - at) / 60 : 0));
}

static void check_build(struct ig_checkup *c, const struct ig_control *control)
{
	char apply[PATH_MAX];

	if (control->programs == ig_object_hash())
		ig_healthy(c, "programs", NULL, "the programs in force are those of this version");
	else
		ig_warn(c, "programs", NULL, ig_checkup_apply(c, apply, sizeof(apply)),
			"the programs in force are of another version than this one");
}

/* A path that is not absolute was meant from where apply ran. */
static void check_inventory(struct ig_checkup *c)
{
	const struct ig_dict_header *header = &c->view.dict.header;
	const char *path = ig_dict_string(&c->view.dict, header->path);
	_cleanup_(inventory_freep) struct iotguard_inventory *inventory = NULL;
	char advice[PATH_MAX];
	int err = iotguard_inventory_load(c->ig, path, &inventory);

	if (err == -EINVAL) {
		snprintf(advice, sizeof(advice), "iotguard-load check %s", path);
		ig_warn(c, "inventory", NULL, advice,
			"the inventory %s was changed since it was applied, and has mistakes now",
			path);
	} else if (err) {
		snprintf(advice, sizeof(advice), "ls -l %s", path);
		ig_note(c, "inventory", NULL, advice,
			"the inventory in force, %s, cannot be read from here: %s", path,
			strerror(-err));
	} else if (memcmp(inventory->sha256, header->inventory, sizeof(header->inventory)) != 0) {
		ig_warn(c, "inventory", NULL, ig_checkup_apply(c, advice, sizeof(advice)),
			"the inventory %s was changed since it was applied: what it says now is not in force",
			path);
	} else {
		ig_healthy(c, "inventory", NULL, "the inventory %s is as it was applied", path);
	}
}

static void check_modes(struct ig_checkup *c)
{
	const struct ig_dict_device *device;
	unsigned int n = 0;

	for (uint32_t i = 0; (device = ig_dict_device_at(&c->view.dict, i)); i++)
		n += device->mode != IOTGUARD_MODE_ENFORCE;
	if (n)
		ig_note(c, "mode", NULL, "write 'mode: enforce' in the inventory, and apply it",
			"%u machine%s in monitor or learn mode: nothing of theirs is dropped", n,
			n == 1 ? " is" : "s are");
	else
		ig_healthy(c, "mode", NULL, "every machine is in enforce mode");
}

static void check_losses(struct ig_checkup *c)
{
	struct ig_event_counter events;

	if (!ig_stats_events(&c->view.object, &events) && events.lost)
		ig_note(c, "losses", NULL, "iotguard-load events --follow",
			"%llu events were lost since these tables were made, for nobody read them in time",
			(unsigned long long)events.lost);
}

static void check_clock(struct ig_checkup *c, const struct ig_control *control)
{
	unsigned int n = c->view.dict.header.n_ending;
	char apply[PATH_MAX];

	if (ig_clock_is_right() && (control->clock_right || !n))
		ig_healthy(c, "clock", NULL, "the clock is synchronised");
	else if (ig_clock_is_right())
		ig_warn(c, "clock", NULL, ig_checkup_apply(c, apply, sizeof(apply)),
			"the clock is synchronised now and was not when the policy was applied: %u rules with "
			"'until' match nothing",
			n);
	else if (n && !control->clock_right)
		ig_warn(c, "clock", NULL,
			"timedatectl set-ntp true; when it is synchronised, apply again",
			"the clock is not synchronised: %u rules with 'until' match nothing", n);
	else
		ig_note(c, "clock", NULL, "timedatectl set-ntp true",
			"the clock is not synchronised: times of events may be wrong");
}

void ig_doctor_policy(struct ig_checkup *c)
{
	struct ig_control control;

	if (ig_object_control(&c->view.object, &control))
		return;
	check_age(c, &control);
	check_build(c, &control);
	check_inventory(c);
	check_modes(c);
	check_losses(c);
	check_clock(c, &control);
}
