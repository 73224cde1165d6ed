/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "generation.h"
#include "operate.h"
#include "state_dir.h"
#include "util.h"

/*
 * What is in force, to tell its readers and to end what is on trial. Where nothing is, or what is there is of a version that
 * this one does not know, there is nobody to tell; it can be detached all the same.
 */
static void open_quietly(const struct iotguard *ig, struct ig_object *object)
{
	struct iotguard unheard = {.state_dir = ig->state_dir};

	ig_state_open(&unheard, true, object);
	ig_diags_clear(&unheard.diags);
}

/* @interface NULL: all, and nothing is in force afterwards. */
static void tell(const struct ig_object *object, const char *interface)
{
	struct ig_change change;

	if (object->operate < 0)
		return;
	change = ig_change_make(object, IG_CHANGE_DETACH);
	if (interface) {
		snprintf(change.interface, sizeof(change.interface), "%s", interface);
	} else {
		change.generation = 0;
		change.flags = IG_CHANGE_OPEN;
		memset(change.inventory, 0, sizeof(change.inventory));
	}
	ig_change_tell(object, &change);
}

/* The timer goes with the last who holds its map, and readers of events hold it: it must not go off under their eyes. */
static void end_trial(const struct ig_object *object)
{
	struct ig_command command = {.kind = IG_COMMAND_END_TRIAL, .silent = 1};

	if (object->operate < 0)
		return;
	command.change.generation = ig_generation_now(object);
	ig_operate(object, &command);
}

static int detach_one(struct iotguard *ig, const struct ig_object *object, const char *interface)
{
	struct ig_attachment found;
	int err;

	ig_attachment_look(ig, interface, &found);
	if (!found.xdp_id && !found.tc_id) {
		ig_error(&ig->diags, NULL, "'show interfaces' lists those that are",
			 "%s is not guarded", interface);
		return -ENOENT;
	}
	tell(object, interface);
	err = ig_detach(ig, interface);
	return err ? err : 1;
}

/* Told before anything goes: the ring's pin does, and only those who have it open by then read it to its end. */
static int detach_all(struct iotguard *ig, const struct ig_object *object)
{
	bool had_policy = ig_state_has_current(ig);
	char **names;
	int n = 0, err = ig_attached_list(ig, &names);

	if (err < 0)
		return err;
	tell(object, NULL);
	for (char **name = names; *name; name++)
		n += !ig_detach(ig, *name);
	ig_attached_free(names);
	end_trial(object);
	ig_state_sweep(ig, true);
	return n || had_policy ? n : -ENOENT;
}

int iotguard_detach(struct iotguard *ig, const char *interface)
{
	_cleanup_(ig_object_close) struct ig_object object = IG_OBJECT_NONE;
	_close_ int lock = -1;

	if (ig_capabilities_missing(&ig->diags))
		return -EPERM;
	if (!ig_state_exists(ig))
		return -ENOENT;
	lock = ig_state_lock(ig, 0);
	if (lock < 0)
		return lock;
	open_quietly(ig, &object);
	return interface ? detach_one(ig, &object, interface) : detach_all(ig, &object);
}
