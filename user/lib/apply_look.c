/* SPDX-License-Identifier: BSD-2-Clause */
/* Before anything is changed: what is in force, what the machine has, and whether the new policy will do there. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "attach.h"
#include "generation.h"
#include "in_force.h"
#include "lockout.h"
#include "state_dir.h"
#include "trial.h"
#include "util.h"

/* There, a program may be interrupted by another run of it on the same CPU, and the slow path has one
 * place to work in for each CPU. */
static bool is_real_time(void)
{
	char answer = '0';
	FILE *f = fopen("/sys/kernel/realtime", "re");

	if (!f)
		return false;
	if (fread(&answer, 1, 1, f) != 1)
		answer = '0';
	fclose(f);
	return answer == '1';
}

/*
 * Covering what appeared is no change of policy. So it is done for the very inventory that is in force, and by the
 * programs that are; anything else is for a person to apply, who hears of it where it leaves an interface open.
 */
static int look_again(struct ig_apply *a)
{
	bool same = !a->first && !a->open && ig_inventory_in_force(&a->old, a->policy->inv);
	bool build = !a->first && a->old.control->programs == ig_object_hash();

	if (same && build)
		return 0;
	a->done = a->first || a->open || ig_all_guarded(a->ig);
	if (a->done)
		return 0;
	ig_error(
		&a->ig->diags, NULL,
		"put it in force with 'iotguard-load apply INVENTORY'; 'iotguard-load show interfaces' tells what "
		"is open until then",
		same ? "not every interface is guarded, and the programs in force are of another version"
		     : "not every interface is guarded, and this is another inventory than the one in force, or it "
		       "was changed since");
	return -ESTALE;
}

static bool guards_something(struct ig_apply *a)
{
	struct ig_attachment found;
	bool something = false;
	char **names;

	if (ig_attached_list(a->ig, &names) < 0)
		return false;
	for (char **name = names; *name && !something; name++) {
		ig_attachment_look(a->ig, *name, &found);
		something = ig_interface_by_index(&a->site.all, found.ifindex);
	}
	ig_attached_free(names);
	return something;
}

/* Names of which none is there are mistaken, unless the interfaces in force went away themselves. */
static bool is_mistaken(struct ig_apply *a)
{
	if (!a->site.n_absent || a->site.n_guarded)
		return false;
	return a->first || (!a->opts.again && guards_something(a));
}

static int look_at_machine(struct ig_apply *a)
{
	int err = ig_machine_site_look(a->ig, a->policy, a->opts.again, &a->site);

	if (!err && is_mistaken(a)) {
		ig_error(&a->ig->diags, NULL, "'ip link' lists the ones there are",
			 "of the interfaces that the inventory names there is none");
		return -ENODEV;
	}
	a->fresh = calloc(a->site.n_guarded ? a->site.n_guarded : 1, sizeof(*a->fresh));
	return err ?: a->fresh ? 0 : -ENOMEM;
}

int ig_apply_look(struct ig_apply *a)
{
	int err;

	if (ig_capabilities_missing(&a->ig->diags))
		return -EPERM;
	if (is_real_time()) {
		ig_error(
			&a->ig->diags, NULL, "run the gateway on a kernel without it",
			"this kernel has PREEMPT_RT, under which packets could be mistaken for others");
		return -EOPNOTSUPP;
	}
	/* the lock comes first: whoever waited for it has to see the machine as it is now */
	a->lock = ig_state_lock(a->ig, a->opts.lock_timeout_ms);
	if (a->lock < 0)
		return a->lock;
	err = ig_state_open(a->ig, true, &a->old);
	a->first = err == -ENOENT;
	if (err && !a->first)
		return err;
	err = a->first ? 0 : ig_trial_check(a->ig, &a->old);
	if (err)
		return err;
	a->open = !a->first && ig_generation_is_open(&a->old);
	a->programs = a->first ? 0 : a->old.control->programs;
	if (a->opts.again) {
		err = look_again(a);
		if (err || a->done)
			return err;
	}
	err = look_at_machine(a);
	return err ?: ig_state_dir_prepare(a->ig);
}

int ig_apply_compile(struct ig_apply *a)
{
	int err = ig_placement_make(&a->placement, a->policy->inv, a->first ? NULL : &a->old);
	struct ig_site site = {
		.indices = a->placement.indices,
		.rings = a->placement.rings,
		.addresses = a->site.addresses,
		.n_addresses = a->site.n_addresses,
		.macs = a->site.macs,
		.n_macs = a->site.n_macs,
		.like = &a->policy->image,
	};

	if (err == -E2BIG)
		ig_error(
			&a->ig->diags, NULL, "`detach --all` forgets where they are now",
			"between the flows in force there is no room for these: more than %u places",
			IG_MAX_FLOW_SLOTS);
	return err ?: ig_compile(&a->ig->diags, a->policy->inv, &site, &a->image);
}

/* What is in force already cuts nothing that there is. */
int ig_apply_check_session(struct ig_apply *a)
{
	const struct iotguard_session *session = a->opts.session;
	int err;

	if (!session || (!a->first && ig_image_in_force(&a->old, &a->image)))
		return 0;
	err = ig_lockout_check(a->ig, a->policy, &a->site, session, a->opts.force);
	a->forced = err > 0;
	return err < 0 ? err : 0;
}
