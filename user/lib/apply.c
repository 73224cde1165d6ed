/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a policy to a gateway that enforces it.
 *
 * Two ways lead there. Mostly the maps in force are kept and the idle slot is filled and flipped;
 * programs of another build take the place of those in force on the same maps. Where nothing is in
 * force, or the new policy needs larger maps, a whole new instance is loaded: it takes over the
 * policy in force and what has to live on, each interface changes to it by one link update, and then
 * its idle slot is flipped. In both, every packet is judged by the old policy or by the new one, and
 * whoever kills the loader leaves one of them.
 */

#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <string.h>

#include "apply.h"
#include "attach.h"
#include "clock.h"
#include "forsake.h"
#include "generation.h"
#include "in_force.h"
#include "operate.h"
#include "resolve.h"
#include "save.h"
#include "state_dir.h"
#include "tidy.h"
#include "trial.h"
#include "upgrade.h"
#include "util.h"

#define SETTLING_NS (600ull * 1000000000ull)

static void apply_free(struct ig_apply *a)
{
	ig_image_clear(&a->image);
	ig_placement_clear(&a->placement);
	ig_machine_site_clear(&a->site);
	ig_object_close(&a->old);
	ig_object_close(&a->now);
	ig_carried_clear(&a->carried);
	free(a->fresh);
	ig_close_fd(&a->lock);
}

static struct ig_object *object(struct ig_apply *a)
{
	return a->replace || a->upgrade ? &a->now : &a->old;
}

static unsigned int ifindex_of(const char *name, void *context)
{
	const struct ig_apply *a = context;

	return ig_machine_site_ifindex(&a->site, name);
}

/* --- attaching --- */

static int attach_all(struct ig_apply *a)
{
	int err = a->upgrade ? ig_upgrade_begin(&a->now) : 0;

	for (a->n_attached = 0; a->n_attached < a->site.n_guarded && !err; a->n_attached++)
		err = ig_attach(a->ig, object(a), a->site.guarded[a->n_attached],
				a->opts.require_native, &a->fresh[a->n_attached]);
	if (a->upgrade && !err)
		ig_upgrade_end(&a->now);
	return err;
}

/* Leaves the interfaces as they were: those attached here are released, the others run the old
 * programs again. */
static void attach_undo(struct ig_apply *a)
{
	struct ig_attached fresh;

	if (a->upgrade)
		ig_upgrade_undo(&a->old, a->programs);
	for (size_t i = 0; i < a->n_attached; i++) {
		if (a->fresh[i].xdp)
			ig_detach(a->ig, a->site.guarded[i]->name);
		else if (a->upgrade || (a->replace && !a->first))
			ig_attach(a->ig, &a->old, a->site.guarded[i], false, &fresh);
	}
}

/* --- loading --- */

/* Loads programs, or a new instance, where what is in force will not do. */
static int load(struct ig_apply *a)
{
	char dir[PATH_MAX];
	int err;

	a->replace = a->first || !a->placement.fits;
	a->upgrade = !a->replace && a->programs != ig_object_hash();
	if (a->upgrade)
		return ig_upgrade_load(&a->ig->diags, &a->old, &a->now);
	if (!a->replace)
		return 0;
	err = ig_object_load(&a->ig->diags, &a->placement.sizes, false, &a->now);
	err = err ?: ig_state_new_instance(a->ig, dir);
	err = err ?: ig_object_pin(&a->now, dir);
	if (!err && !a->first) {
		err = ig_generation_adopt(&a->now, &a->old);
		err = err ?: ig_object_hand_on(&a->now, &a->old);
	}
	if (err && a->now.dir)
		ig_state_sweep(a->ig, a->first);
	return err;
}

/* A clock that was right once goes on being; one that was not is told of, where it matters. */
static void tell_clock(struct ig_apply *a)
{
	const struct ig_rule *first;
	size_t n;

	if (ig_clock_is_right())
		object(a)->control->clock_right = 1;
	if (object(a)->control->clock_right)
		return;
	n = ig_rules_ending(a->policy->inv, &first);
	if (n)
		ig_warning(
			&a->ig->diags, &first->loc,
			"apply again once the clock is synchronised (timedatectl)",
			"the kernel does not call its clock synchronised: until an apply finds it so, "
			"%zu rule%s with 'until' match nothing",
			n, n == 1 ? "" : "s");
}

/*
 * Machines keep the addresses that they had before anybody looked. As late as can be, since a
 * server goes on giving leases; and where the first policy comes, machines that are silent now have
 * some time to show which IPv6 addresses they have.
 */
static void take_over_addresses(struct ig_apply *a, uint64_t generation)
{
	/* first what is oldest: a server's lease takes an address from whoever had it */
	if (a->first || a->open)
		a->restored = ig_restore_saved(a->ig, object(a), generation % IG_SLOTS);
	ig_take_over_addresses(a->ig, a->policy->inv, &a->site, object(a), generation % IG_SLOTS,
			       &a->bound);
	if (a->first)
		object(a)->control->settling_until_ns = ig_clock_now() + SETTLING_NS;
}

/* --- putting it in force --- */

/* Of the whole machine, after this run. */
static bool runs_generic(const struct ig_apply *a)
{
	_cleanup_(ig_interfaces_clear) struct ig_interfaces all = {};
	bool generic = false;

	if (ig_interfaces_list(&all))
		return false;
	for (size_t i = 0; i < a->site.n_guarded; i++) {
		const struct ig_interface *interface =
			ig_interface_by_index(&all, a->site.guarded[i]->ifindex);

		generic = generic || (interface && interface->xdp_mode == XDP_ATTACHED_SKB);
	}
	return generic;
}

static bool lets_pass(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		if (ig_machine_mode(inv, &inv->machines[i]) != IOTGUARD_MODE_ENFORCE)
			return true;
	}
	return false;
}

/* @flipped: a generation is in force that this run has made. */
static void tell(struct ig_apply *a, enum ig_change_kind kind, bool flipped)
{
	struct ig_change change = ig_change_make(object(a), kind);

	change.before -= flipped;
	if (kind == IG_CHANGE_APPLY) {
		change.until_ns = a->until_ns;
		change.flags = (a->until_ns ? IG_CHANGE_TRIAL : 0) |
			       (a->first || a->open ? IG_CHANGE_FIRST : 0);
	}
	change.flags |= (a->forced ? IG_CHANGE_FORCED : 0) |
			(runs_generic(a) ? IG_CHANGE_GENERIC : 0) |
			(lets_pass(a->policy->inv) ? IG_CHANGE_MONITORS : 0);
	ig_change_tell(object(a), &change);
}

static int fill(struct ig_apply *a)
{
	uint64_t now = ig_generation_now(object(a));
	int err = 0;

	if (a->first && a->opts.confirm_seconds) /* what the end of the trial leads back to */
		err = ig_generation_write_open(object(a), now + 2);
	return err ?: ig_generation_write(object(a), &a->image, now + 1, ifindex_of, a);
}

/*
 * Every interface gets the programs, which go on judging by the policy that is in force (the first
 * time: by none, all passes). A new instance hands every packet on to the one before it while
 * interfaces change to it, and takes over from it with one store.
 */
static int prepare(struct ig_apply *a)
{
	int err = fill(a);

	err = err ?: attach_all(a);
	if (!err && a->replace && !a->first) {
		err = ig_carry_over(&a->old, &a->now, &a->carried);
		if (!err)
			ig_object_take_over(&a->now);
		err = err ?: ig_carry_late(&a->old, &a->now, &a->carried);
	}
	if (!err && a->replace)
		err = ig_state_set_current(a->ig, a->now.dir);
	return err;
}

static void undo(struct ig_apply *a)
{
	attach_undo(a);
	ig_state_sweep(a->ig, a->first);
}

/*
 * The one order in which nothing is ever half done: the idle slot is filled; every interface gets
 * the programs; machines get the addresses that they have already; a trial's timer is armed; one store
 * puts the new policy in force, on all interfaces at once.
 */
static int enforce(struct ig_apply *a)
{
	int err = prepare(a);

	if (err) {
		undo(a);
		return err;
	}
	if (!a->first) /* maps that were made now have nothing of anybody */
		ig_placement_clean_fresh(&a->placement, object(a));
	take_over_addresses(a, ig_generation_now(object(a)) + 1);
	tell_clock(a);
	if (a->opts.confirm_seconds) {
		err = ig_trial_arm(a->ig, object(a), a->opts.confirm_seconds, &a->until_ns);
		err = err ?: ig_trial_flip(a->ig, object(a));
	} else {
		ig_generation_flip(object(a));
	}
	if (err) {
		if (a->first ||
		    !a->replace) /* else the old policy is in force in the new instance already */
			undo(a);
		return err;
	}
	return 0;
}

static void report(struct ig_apply *a, bool changed, bool attached,
		   struct iotguard_apply_result *result)
{
	if (!result)
		return;
	*result = (struct iotguard_apply_result){
		.generation = a->done && (a->first || a->open) ? 0 : ig_generation_now(object(a)),
		.changed = changed,
		.attached = attached,
		.first = a->first || a->open,
		.interfaces = a->site.n_guarded,
		.leases = a->bound.leases,
		.neighbours = a->bound.claims,
		.absent = a->site.n_absent,
		.restored = a->restored,
		.upgraded = a->upgrade ||
			    (a->replace && !a->first && a->programs != ig_object_hash()),
		.confirm_seconds = a->until_ns ? a->opts.confirm_seconds : 0,
	};
}

/* The policy is in force; what a killed loader may have left undone is not. */
static int finish_again(struct ig_apply *a, struct iotguard_apply_result *result)
{
	int err = attach_all(a);
	bool changed = false;

	if (err) {
		attach_undo(a);
		return err;
	}
	for (size_t i = 0; i < a->site.n_guarded; i++)
		changed = changed || a->fresh[i].xdp || a->fresh[i].tc;
	changed = ig_tidy_interfaces(a->ig, object(a), &a->site.all) || changed;
	take_over_addresses(a, ig_generation_now(object(a)));
	tell_clock(a);
	ig_state_sweep(a->ig, false);
	if (a->upgrade)
		tell(a, IG_CHANGE_UPGRADE, false);
	if (changed)
		tell(a, IG_CHANGE_COVER, false);
	report(a, false, changed, result);
	return 0;
}

/* Where it is on trial, its end has to find all as it was. */
static void settle(struct ig_apply *a)
{
	if (!a->until_ns) {
		ig_tidy_interfaces(a->ig, object(a), &a->site.all);
		if (a->placement.n_gone)
			ig_tidy_machines(object(a));
	}
	if (a->replace && !a->first)
		ig_events_forsake(a->ig, &a->old, &a->now);
	ig_state_sweep(a->ig, false);
}

static int apply(struct ig_apply *a, struct iotguard_apply_result *result)
{
	int err = ig_apply_look(a);

	if (!err && a->done) {
		report(a, false, false, result);
		return 0;
	}
	err = err ?: ig_apply_compile(a);
	err = err ?: ig_apply_check_session(a);
	err = err ?: load(a);
	if (err)
		return err;
	if (!a->replace && ig_image_in_force(&a->old, &a->image) &&
	    ig_ports_in_force(&a->old, &a->image, &a->site))
		return finish_again(a, result);
	err = enforce(a);
	if (err)
		return err;
	if (a->upgrade || (a->replace && !a->first && a->programs != ig_object_hash()))
		tell(a, IG_CHANGE_UPGRADE, true);
	tell(a, a->opts.again ? IG_CHANGE_COVER : IG_CHANGE_APPLY, true);
	settle(a);
	report(a, true, true, result);
	return 0;
}

static int check_opts(struct iotguard *ig, const struct iotguard_apply_opts *opts)
{
	if (opts->confirm_seconds <= IG_TRIAL_MAX_S && !(opts->confirm_seconds && opts->again))
		return 0;
	ig_error(&ig->diags, NULL, NULL,
		 opts->again ? "covering interfaces is no change that could be on trial"
			     : "a trial lasts a day at most");
	return -EINVAL;
}

int iotguard_apply(struct iotguard *ig, const struct iotguard_policy *policy,
		   const struct iotguard_apply_opts *opts, struct iotguard_apply_result *result)
{
	_cleanup_(apply_free) struct ig_apply a = {
		.ig = ig,
		.policy = policy,
		.old = IG_OBJECT_NONE,
		.now = IG_OBJECT_NONE,
		.lock = -1,
	};
	size_t errors = ig->diags.errors;
	int err;

	if (opts) /* of an older caller: what it does not know is off */
		memcpy(&a.opts, opts, opts->sz < sizeof(a.opts) ? opts->sz : sizeof(a.opts));
	err = check_opts(ig, &a.opts);
	err = err ?: apply(&a, result);

	if (err && ig->diags.errors == errors)
		ig_error(&ig->diags, NULL, NULL, "the policy was not applied: %s", strerror(-err));
	return err;
}
