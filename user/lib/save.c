/* SPDX-License-Identifier: BSD-2-Clause */
/* From what is in force to what is saved, and back. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bindings.h"
#include "generation.h"
#include "save.h"
#include "state_dir.h"
#include "util.h"

static int collect_addresses(const struct ig_object *object, struct ig_known *known)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	int err = ig_bindings_read(object, &list);

	for (size_t i = 0; i < list.count && !err; i++) {
		if (list.items[i].known.source != IG_BINDING_LEARNT)
			err = ig_known_add(known, &list.items[i].known);
	}
	return err;
}

/* A policy that guards nothing knows no machine, and what was saved is still the best there is. */
static int read_in_force(struct iotguard *ig, struct ig_saved *saved)
{
	_cleanup_(ig_object_close) struct ig_object object = IG_OBJECT_NONE;
	int err = ig_state_open(ig, false, &object);

	if (!err && ig_generation_is_open(&object))
		err = -ENOENT;
	saved->at = ig_clock_time();
	err = err ?: collect_addresses(&object, &saved->addresses);
	err = err ?: ig_quarantined_read(&object, saved->at, &saved->quarantined);
	return err ?: ig_told_read(&object, saved->at, &saved->told);
}

/* What was saved last, whoever did: this handle, another process, or one before a reboot. */
static int load_before(struct iotguard *ig, struct ig_time now)
{
	struct ig_file_mark mark = ig_saved_look(ig->save_dir);
	int err;

	if (ig_file_is_same(&mark, &ig->saved_mark))
		return 0;
	ig_saved_clear(&ig->saved);
	err = ig_saved_read(&ig->diags, ig->save_dir, now, &ig->saved);
	ig->saved_mark = err ? (struct ig_file_mark){} : mark;
	return err;
}

static int write_now(struct iotguard *ig, struct ig_saved *saved)
{
	int err = ig_saved_write(&ig->diags, ig->save_dir, saved);

	if (err)
		return err;
	ig_saved_clear(&ig->saved);
	ig->saved = *saved;
	*saved = (struct ig_saved){};
	ig->saved_mark = ig_saved_look(ig->save_dir);
	return 1;
}

int iotguard_save(struct iotguard *ig, bool exact)
{
	_cleanup_(ig_saved_clear) struct ig_saved saved = {};
	_close_ int lock = -1;
	int err;

	if (!ig->save_dir)
		return 0;
	if (!ig_state_has_current(ig))
		return -ENOENT;
	lock = ig_saved_lock(&ig->diags, ig->save_dir);
	if (lock < 0)
		return lock;
	err = read_in_force(ig, &saved);
	err = err ?: load_before(ig, saved.at);
	if (err || !ig_saved_differs(&ig->saved, &saved, exact))
		return err;
	return write_now(ig, &saved);
}

/* --- and back --- */

static void tell_unknown(struct ig_diags *diags, const struct ig_quarantined_again *again)
{
	const uint8_t *mac = again->first_unknown.addr;
	char first[64] = "a machine behind a router";

	if (!again->unknown)
		return;
	if (again->first_unknown.pad[0] == IG_MAC_IS_MAC)
		snprintf(first, sizeof(first), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
	if (again->unknown > 1)
		snprintf(first + strlen(first), sizeof(first) - strlen(first), " and %zu more",
			 again->unknown - 1);
	ig_warning(diags, NULL, NULL,
		   "%s %s in quarantine before the reboot, and not in this policy: that has ended",
		   first, again->unknown > 1 ? "were" : "was");
}

static void restore_quarantines(struct iotguard *ig, const struct ig_object *object, uint32_t slot,
				const struct ig_quarantined_list *list, struct ig_time now)
{
	struct ig_quarantined_again again;
	int err = ig_quarantined_put(object, slot, list, now, &again);

	if (err)
		ig_warning(&ig->diags, NULL, "'iotguard-load quarantine' does it by hand",
			   "of %zu %s in quarantine before the reboot only %zu %s again: %s",
			   list->count, list->count == 1 ? "machine" : "machines", again.machines,
			   again.machines == 1 ? "is" : "are", strerror(-err));
	else if (again.machines)
		ig_diag_add(&ig->diags, IOTGUARD_NOTE, NULL, NULL,
			    "%zu %s in quarantine again, as before the reboot", again.machines,
			    again.machines == 1 ? "machine is" : "machines are");
	tell_unknown(&ig->diags, &again);
}

static void restore_names(struct iotguard *ig, const struct ig_object *object, uint32_t slot,
			  const struct ig_told_list *list, struct ig_time now)
{
	size_t names;
	int err = ig_told_put(object, slot, list, now, &names);

	if (err)
		ig_warning(&ig->diags, NULL, "devices resolve them again by themselves",
			   "of the names that devices had resolved only %zu %s restored: %s", names,
			   names == 1 ? "is" : "are", strerror(-err));
	else if (names)
		ig_diag_add(&ig->diags, IOTGUARD_NOTE, NULL, NULL,
			    "%zu %s restored, as devices had resolved %s before the reboot", names,
			    names == 1 ? "name" : "names", names == 1 ? "it" : "them");
}

size_t ig_restore_saved(struct iotguard *ig, const struct ig_object *object, uint32_t slot)
{
	_cleanup_(ig_saved_clear) struct ig_saved saved = {};
	struct ig_time now = ig_clock_time();
	struct ig_bound bound = {};
	int err;

	if (!ig->save_dir)
		return 0;
	err = ig_saved_read(&ig->diags, ig->save_dir, now, &saved);
	if (!err) {
		restore_quarantines(ig, object, slot, &saved.quarantined, now);
		restore_names(ig, object, slot, &saved.told, now);
	}
	err = err ?: ig_bindings_put(object, slot, &saved.addresses, &bound);
	if (err)
		ig_warning(&ig->diags, NULL,
			   "machines get their addresses again as they ask for them",
			   "what was saved in %s could not be restored: %s", ig->save_dir,
			   strerror(-err));
	return bound.leases + bound.claims;
}
