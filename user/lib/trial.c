/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "attach.h"
#include "clock.h"
#include "generation.h"
#include "hold.h"
#include "operate.h"
#include "tidy.h"
#include "trial.h"
#include "util.h"

#define NSEC 1000000000ull

#define ENDING_STEPS \
	1000 /* of a millisecond: a timer's callback takes far less, and its CPU may be stopped */

static int read_trial(const struct ig_object *object, struct ig_trial *trial)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(object->maps[IG_MAP_trial], &zero, trial) ? -errno : 0;
}

/* Between the two halves of what a timer does, what is in force says nothing yet. */
static int read_settled(struct iotguard *ig, const struct ig_object *object, struct ig_trial *trial)
{
	for (int i = 0; i < ENDING_STEPS; i++) {
		int err = read_trial(object, trial);

		if (err || trial->generation != IG_TRIAL_ENDING)
			return err;
		poll(NULL, 0, 1);
	}
	ig_error(&ig->diags, NULL, "try again",
		 "a trial is just ending, and does not come to its end");
	return -EBUSY;
}

void ig_trial_look(const struct ig_object *object, struct ig_trial_state *out)
{
	uint64_t now = ig_clock_now();
	struct ig_trial trial;

	*out = (struct ig_trial_state){};
	if (read_trial(object, &trial) || !trial.generation ||
	    trial.generation != ig_generation_now(object))
		return;
	out->until_ns = trial.until_ns;
	out->left_s = trial.until_ns > now ? (trial.until_ns - now + NSEC - 1) / NSEC : 0;
	out->uid = trial.uid;
}

static int end(const struct ig_object *object, uint64_t generation, enum ig_change_kind kind)
{
	struct ig_command command = {
		.kind = IG_COMMAND_END_TRIAL,
		.silent = !kind,
		.change = ig_change_make(object, kind),
	};

	command.change.generation = generation;
	return ig_operate(object, &command);
}

static int say_on_trial(struct iotguard *ig, const struct ig_object *object)
{
	struct ig_trial_state state;

	ig_trial_look(object, &state);
	ig_error(&ig->diags, NULL,
		 "'iotguard-load confirm' keeps it, 'iotguard-load rollback' ends it now",
		 "generation %llu is on trial, by user %u: it goes by itself in %llu s, and until "
		 "then nothing else can be put in force",
		 (unsigned long long)ig_generation_now(object), state.uid,
		 (unsigned long long)state.left_s);
	return -EBUSY;
}

int ig_trial_check(struct iotguard *ig, const struct ig_object *object)
{
	struct ig_trial trial;

	do {
		int err = read_settled(ig, object, &trial);

		if (err || !trial.generation)
			return err;
		if (trial.generation == ig_generation_now(object))
			return say_on_trial(ig, object);
	} while (end(object, trial.generation, 0) == -ESRCH); /* the timer was there first */
	return 0;
}

int ig_trial_arm(struct iotguard *ig, const struct ig_object *object, unsigned int seconds,
		 uint64_t *until_ns)
{
	struct ig_command command = {
		.kind = IG_COMMAND_TRIAL,
		.silent = 1,
		.change = ig_change_make(object, IG_CHANGE_APPLY),
	};
	int err;

	command.change.generation++;
	command.change.until_ns = *until_ns = ig_clock_now() + seconds * NSEC;
	err = ig_operate(object, &command);
	if (err)
		ig_error(&ig->diags, NULL, "apply it without --confirm",
			 "the kernel's timer for a trial cannot be armed: %s", strerror(-err));
	return err;
}

int ig_trial_flip(struct iotguard *ig, const struct ig_object *object)
{
	struct ig_command command = {
		.kind = IG_COMMAND_TRY,
		.silent = 1,
		.change = ig_change_make(object, IG_CHANGE_APPLY),
	};
	int err;

	command.change.generation++;
	err = ig_operate(object, &command);
	if (err != -ESRCH)
		return err;
	ig_error(&ig->diags, NULL, "give it more time",
		 "the trial was over before its policy was in force: the policy before stands");
	return -ETIME;
}

/* --- by hand --- */

struct change {
	struct iotguard *ig;
	struct ig_hold hold;
	struct ig_interfaces all;
	uint64_t
		generation; /* in force when it was looked at: what a timer does meanwhile is another change */
	bool on_trial; /* that one */
};

static void change_free(struct change *c)
{
	ig_hold_release(&c->hold);
	ig_interfaces_clear(&c->all);
}

static int change_begin(struct change *c, struct iotguard *ig)
{
	struct ig_trial trial;
	int err;

	*c = (struct change){.ig = ig};
	err = ig_hold(ig, &c->hold);
	err = err ?: ig_interfaces_list(&c->all);
	err = err ?: read_settled(ig, &c->hold.object, &trial);
	if (err)
		return err;
	c->generation = ig_generation_now(&c->hold.object);
	c->on_trial = trial.generation == c->generation;
	return 0;
}

static void report(const struct change *c, struct iotguard_apply_result *result)
{
	uint64_t now = ig_generation_now(&c->hold.object);

	if (!result)
		return;
	*result = (struct iotguard_apply_result){
		.generation = ig_generation_is_open(&c->hold.object) ? 0 : now,
		.changed = true,
	};
}

static int say_no_trial(struct iotguard *ig)
{
	ig_error(
		&ig->diags, NULL,
		"'apply INVENTORY --confirm 60s' puts one on trial; 'show changes' tells what became of the "
		"last one",
		"no policy is on trial");
	return -ESRCH;
}

int iotguard_confirm(struct iotguard *ig, struct iotguard_apply_result *result)
{
	_cleanup_(change_free) struct change c;
	int err = change_begin(&c, ig);

	if (err)
		return err;
	if (!c.on_trial)
		return say_no_trial(ig);
	err = end(&c.hold.object, c.generation, IG_CHANGE_CONFIRM);
	if (err == -ESRCH)
		ig_error(
			&ig->diags, NULL, "apply it again",
			"that came too late: the trial has just ended, and the policy before is in force again");
	if (err)
		return err;
	ig_tidy(ig, &c.hold.object, &c.all);
	report(&c, result);
	return 0;
}

/* --- going back --- */

static int say_gone(struct iotguard *ig, unsigned int ifindex)
{
	ig_error(
		&ig->diags, NULL, "apply its inventory instead",
		"the policy before guards an interface that is not there any more, or is another one by now "
		"(it had index %u): it cannot come back as it was",
		ifindex);
	return -ENODEV;
}

/* Every interface that the policy before guards runs the programs, before it is in force. */
static int attach_those_of(struct change *c, uint64_t generation)
{
	int fd = c->hold.object.slots[generation % IG_SLOTS][IG_MAP_ports], err = 0;
	struct ig_port_key key, *previous = NULL;

	while (fd >= 0 && !err && !bpf_map_get_next_key(fd, previous, &key)) {
		const struct ig_interface *interface;
		struct ig_attached fresh;

		previous = &key;
		if (!key.ifindex || key.vlan[0] != IG_GUARDED)
			continue;
		interface = ig_interface_by_index(&c->all, key.ifindex);
		err = interface ? ig_attach(c->ig, &c->hold.object, interface, false, &fresh)
				: say_gone(c->ig, key.ifindex);
	}
	return err;
}

static int check_before(const struct change *c)
{
	bool open = false;
	int err = ig_generation_before(&c->hold.object, c->generation, &open);

	if (!err && (!open || c->on_trial))
		return 0;
	ig_error(&c->ig->diags, NULL,
		 "apply the inventory that you want; 'detach --all' lets all traffic pass",
		 err ? "the policy before is not there any more: a change of it was begun"
		     : "there was no policy before this one");
	return -ESRCH;
}

int iotguard_rollback(struct iotguard *ig, struct iotguard_apply_result *result)
{
	_cleanup_(change_free) struct change c;
	struct ig_command command = {.kind = IG_COMMAND_ROLLBACK};
	int err = change_begin(&c, ig);

	if (err)
		return err;
	err = check_before(&c);
	err = err ?: attach_those_of(&c, c.generation + 1);
	if (err)
		return err;
	command.change = ig_change_make(&c.hold.object, IG_CHANGE_ROLLBACK);
	command.change.before = c.generation;
	command.change.generation = c.generation + 1;
	err = ig_operate(&c.hold.object, &command);
	if (err && err != -ESRCH) /* -ESRCH: the timer did it a moment ago */
		return err;
	ig_generation_settle(&c.hold.object);
	ig_tidy(ig, &c.hold.object, &c.all);
	report(&c, result);
	return 0;
}
