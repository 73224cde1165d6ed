/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a policy to a gateway that enforces it.
 *
 * Two ways lead there. Mostly the maps in force are kept and the idle slot is filled and flipped.
 * Where nothing is in force, the new policy needs larger maps, or the programs are of another
 * build, a whole new instance is loaded: it takes over the policy in force and what has to live on,
 * each interface changes to it by one link update, and then its idle slot is flipped. In both,
 * every packet is judged by the old policy or by the new one, and whoever kills the loader leaves
 * one of them.
 */

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "carry.h"
#include "clock.h"
#include "forsake.h"
#include "generation.h"
#include "placement.h"
#include "policy.h"
#include "resolve.h"
#include "site.h"
#include "state_dir.h"
#include "takeover.h"
#include "util.h"

#define SETTLING_NS (600ull * 1000000000ull)

struct apply {
	struct iotguard *ig;
	const struct iotguard_policy *policy;
	const struct iotguard_apply_opts *opts;
	struct ig_object old; /* in force; IG_OBJECT_NONE if nothing is */
	struct ig_object now; /* to be in force, where that is another one */
	bool first;	      /* nothing is in force */
	bool replace;	      /* @now replaces @old */
	struct ig_machine_site site;
	struct ig_placement placement;
	struct ig_image image;
	struct ig_attached *fresh; /* of each guarded interface: what was attached here */
	size_t n_attached;	   /* how far attaching came, the one that failed included */
	struct ig_bound bound;	   /* what machines had already, and the maps did not */
	int lock;
};

static void apply_free(struct apply *a)
{
	ig_image_clear(&a->image);
	ig_placement_clear(&a->placement);
	ig_machine_site_clear(&a->site);
	ig_object_close(&a->old);
	ig_object_close(&a->now);
	free(a->fresh);
	ig_close_fd(&a->lock);
}

static struct ig_object *object(struct apply *a)
{
	return a->replace ? &a->now : &a->old;
}

static unsigned int ifindex_of(const char *name, void *context)
{
	const struct apply *a = context;
	const struct ig_interface *interface = ig_interface_by_name(&a->site.all, name);

	return interface ? interface->ifindex : 0;
}

/* --- is there anything to do? --- */

static bool ports_in_force(struct apply *a)
{
	int fd = ig_generation_map(&a->old, IG_MAP_ports);

	for (size_t i = 0; i < a->image.n_ports; i++) {
		const struct ig_image_port *port = &a->image.ports[i];
		struct ig_port_key key = {
			.ifindex = port->interface ? ifindex_of(port->interface, a) : 0,
			.vlan = {port->vlan[0], port->vlan[1]},
		};
		struct ig_port value;

		if (bpf_map_lookup_elem(fd, &key, &value) ||
		    memcmp(&value, &port->port, sizeof(value)))
			return false;
	}
	return true;
}

static bool image_in_force(struct apply *a)
{
	_free_ void *bytes = NULL;
	struct ig_dictionary dict;
	uint8_t digest[32];
	size_t size;

	if (ig_generation_dictionary(&a->old, ig_generation_now(&a->old), &bytes, &size) ||
	    ig_dictionary_open(&dict, bytes, size))
		return false;
	ig_image_digest(&a->image, digest);
	return !memcmp(digest, dict.header.image, sizeof(digest));
}

/* --- attaching --- */

static int attach_all(struct apply *a)
{
	bool native = a->opts && a->opts->require_native;

	int err = 0;

	for (a->n_attached = 0; a->n_attached < a->site.n_guarded && !err; a->n_attached++)
		err = ig_attach(a->ig, object(a), a->site.guarded[a->n_attached], native,
				&a->fresh[a->n_attached]);
	return err;
}

/* Leaves the interfaces as they were: those attached here are released, the others run the old
 * programs again. */
static void attach_undo(struct apply *a)
{
	struct ig_attached fresh;

	for (size_t i = 0; i < a->n_attached; i++) {
		if (a->fresh[i].xdp)
			ig_detach(a->ig, a->site.guarded[i]->name);
		else if (a->replace && !a->first)
			ig_attach(a->ig, &a->old, a->site.guarded[i], false, &fresh);
	}
}

/* Interfaces that the new policy does not name are released, and that is said. False: there were
 * none. */
static bool release_others(struct apply *a)
{
	bool released = false;
	char **names;

	if (ig_attached_list(a->ig, &names) < 0)
		return false;
	for (char **name = names; *name; name++) {
		bool named = false;

		for (size_t i = 0; i < a->site.n_guarded && !named; i++)
			named = !strcmp(a->site.guarded[i]->name, *name);
		if (named || ig_detach(a->ig, *name))
			continue;
		released = true;
		ig_warning(&a->ig->diags, NULL, "name it in a segment to guard it again",
			   "%s is no longer guarded: its traffic now passes unfiltered", *name);
	}
	ig_attached_free(names);
	return released;
}

/* --- the steps --- */

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

static int look(struct apply *a)
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
	a->lock = ig_state_lock(a->ig, a->opts ? a->opts->lock_timeout_ms : 0);
	if (a->lock < 0)
		return a->lock;
	err = ig_machine_site_look(a->ig, a->policy, &a->site);
	err = err ?: ig_state_dir_prepare(a->ig);
	if (err)
		return err;
	a->fresh = calloc(a->site.n_guarded ? a->site.n_guarded : 1, sizeof(*a->fresh));
	if (!a->fresh)
		return -ENOMEM;
	err = ig_state_open(a->ig, true, &a->old);
	a->first = err == -ENOENT;
	return a->first ? 0 : err;
}

static int compile(struct apply *a)
{
	int err = ig_placement_make(&a->placement, a->policy->inv, a->first ? NULL : &a->old);
	struct ig_site site = {
		.indices = a->placement.indices,
		.rings = a->placement.rings,
		.addresses = a->site.addresses,
		.n_addresses = a->site.n_addresses,
		.macs = a->site.macs,
		.n_macs = a->site.n_macs,
	};

	if (err == -E2BIG)
		ig_error(
			&a->ig->diags, NULL, "`detach --all` forgets where they are now",
			"between the flows in force there is no room for these: more than %u places",
			IG_MAX_FLOW_SLOTS);
	return err ?: ig_compile(&a->ig->diags, a->policy->inv, &site, &a->image);
}

/* Loads a new instance where the one in force will not do. */
static int load(struct apply *a)
{
	bool other_build = !a->first && a->old.control->programs != ig_object_hash();
	char dir[PATH_MAX];
	int err;

	a->replace = a->first || !a->placement.fits || other_build;
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
static void tell_clock(struct apply *a)
{
	const struct iotguard_inventory *inv = a->policy->inv;
	const struct ig_rule *first = NULL;
	size_t n = 0;

	if (ig_clock_is_right())
		object(a)->control->clock_right = 1;
	if (object(a)->control->clock_right)
		return;
	for (size_t i = 0; i < inv->n_machines; i++)
		n += ig_rules_ending(&inv->machines[i].rules, &first);
	for (size_t i = 0; i < inv->n_profiles; i++)
		n += ig_rules_ending(&inv->profiles[i].rules, &first);
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
static void take_over_addresses(struct apply *a, uint64_t generation)
{
	ig_take_over_addresses(a->ig, a->policy->inv, &a->site, object(a), generation % IG_SLOTS,
			       &a->bound);
	if (a->first)
		object(a)->control->settling_until_ns = ig_clock_now() + SETTLING_NS;
}

/*
 * The one order in which nothing is ever half done: the idle slot is filled; every interface gets
 * the programs, which go on judging by the policy that is in force (the first time: by none, all
 * passes); machines get the addresses that they have already; one store puts the new policy in
 * force, on all interfaces at once. A new instance hands every packet on to the one before it while
 * interfaces change to it, and takes over from it with one store, too.
 */
static int enforce(struct apply *a)
{
	int err = ig_generation_write(object(a), &a->image, ifindex_of, a);

	err = err ?: attach_all(a);
	if (!err && a->replace && !a->first) {
		err = ig_carry_over(&a->old, &a->now);
		if (!err)
			ig_object_take_over(&a->now);
	}
	if (!err && a->replace)
		err = ig_state_set_current(a->ig, a->now.dir);
	if (err) {
		attach_undo(a);
		ig_state_sweep(a->ig, a->first);
		return err;
	}
	ig_placement_clean_fresh(&a->placement, object(a));
	take_over_addresses(a, ig_generation_now(object(a)) + 1);
	tell_clock(a);
	ig_generation_flip(object(a));
	return 0;
}

static void report(struct apply *a, bool changed, bool attached,
		   struct iotguard_apply_result *result)
{
	if (!result)
		return;
	*result = (struct iotguard_apply_result){
		.generation = ig_generation_now(object(a)),
		.changed = changed,
		.attached = attached,
		.first = a->first,
		.interfaces = a->site.n_guarded,
		.leases = a->bound.leases,
		.neighbours = a->bound.claims,
	};
}

/* The policy is in force; what a killed loader may have left undone is not. */
static int finish_again(struct apply *a, struct iotguard_apply_result *result)
{
	int err = attach_all(a);
	bool changed = false;

	if (err) {
		attach_undo(a);
		return err;
	}
	for (size_t i = 0; i < a->site.n_guarded; i++)
		changed = changed || a->fresh[i].xdp || a->fresh[i].tc;
	changed = release_others(a) || changed;
	take_over_addresses(a, ig_generation_now(object(a)));
	tell_clock(a);
	ig_state_sweep(a->ig, false);
	report(a, false, changed, result);
	return 0;
}

static int apply(struct apply *a, struct iotguard_apply_result *result)
{
	int err = look(a);

	err = err ?: compile(a);
	err = err ?: load(a);
	if (err)
		return err;
	if (!a->replace && image_in_force(a) && ports_in_force(a))
		return finish_again(a, result);
	err = enforce(a);
	if (err)
		return err;
	ig_generation_settle(object(a));
	release_others(a);
	ig_placement_clean_gone(&a->placement, object(a));
	if (a->replace && !a->first)
		ig_events_forsake(a->ig, &a->old, &a->now);
	ig_state_sweep(a->ig, false);
	report(a, true, true, result);
	return 0;
}

int iotguard_apply(struct iotguard *ig, const struct iotguard_policy *policy,
		   const struct iotguard_apply_opts *opts, struct iotguard_apply_result *result)
{
	_cleanup_(apply_free) struct apply a = {
		.ig = ig,
		.policy = policy,
		.opts = opts,
		.old = IG_OBJECT_NONE,
		.now = IG_OBJECT_NONE,
		.lock = -1,
	};
	size_t errors = ig->diags.errors;
	int err = apply(&a, result);

	if (err && ig->diags.errors == errors)
		ig_error(&ig->diags, NULL, NULL, "the policy was not applied: %s", strerror(-err));
	return err;
}

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
