/* SPDX-License-Identifier: BSD-2-Clause */
/* From what is in force to what is saved, and back. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "save.h"
#include "saved.h"
#include "state_dir.h"
#include "util.h"

static int collect(const struct ig_object *object, struct ig_known *known)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	int err = ig_bindings_read(object, &list);

	for (size_t i = 0; i < list.count && !err; i++) {
		if (list.items[i].known.source != IG_BINDING_LEARNT)
			err = ig_known_add(known, &list.items[i].known);
	}
	return err;
}

static int read_in_force(struct iotguard *ig, struct ig_known *known)
{
	_cleanup_(ig_object_close) struct ig_object object = IG_OBJECT_NONE;
	int err = ig_state_open(ig, false, &object);

	return err ?: collect(&object, known);
}

/* What this handle saved last, or before its first time, whoever did. */
static int load_before(struct iotguard *ig, uint64_t now)
{
	int err = ig->has_saved ? 0 : ig_saved_read(&ig->diags, ig->save_dir, now, &ig->saved);

	ig->has_saved = !err;
	return err;
}

int iotguard_save(struct iotguard *ig, bool exact)
{
	_cleanup_(ig_known_clear) struct ig_known known = {};
	uint64_t now = (uint64_t)time(NULL);
	int err;

	if (!ig->save_dir)
		return 0;
	err = read_in_force(ig, &known);
	err = err ?: load_before(ig, now);
	if (err || !ig_saved_differs(&ig->saved, &known, exact))
		return err;
	err = ig_saved_write(&ig->diags, ig->save_dir, &known, now);
	if (err)
		return err;
	ig_known_clear(&ig->saved);
	ig->saved = known;
	known = (struct ig_known){};
	return 1;
}

size_t ig_restore_saved(struct iotguard *ig, const struct ig_object *object, uint32_t slot)
{
	_cleanup_(ig_known_clear) struct ig_known known = {};
	struct ig_bound bound = {};
	int err;

	if (!ig->save_dir)
		return 0;
	err = ig_saved_read(&ig->diags, ig->save_dir, (uint64_t)time(NULL), &known);
	err = err ?: ig_bindings_put(object, slot, &known, &bound);
	if (err)
		ig_warning(&ig->diags, NULL,
			   "machines get their addresses again as they ask for them",
			   "what was saved in %s could not be restored: %s", ig->save_dir,
			   strerror(-err));
	return bound.leases + bound.claims;
}
