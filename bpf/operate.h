/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the loader has done by a program, since only a program can do it, or since it has to be one step
 * that nobody sees half of: a policy on trial goes by a timer of the kernel, and not by a process that
 * may be dead by then; a device's quarantine is one field of a value whose others the packet path
 * writes; and records enter the ring.
 */
#pragma once

#define CLOCK_MONOTONIC 1

/* The loader's record, or the timer's own, is kept among the last ones and told. */
always_inline void ig_change_remember(struct ig_control *control, const struct ig_change *change)
{
	__u32 at = (change->number - 1) % IG_CHANGES;
	struct ig_change *kept = bpf_map_lookup_elem(&ig_changes, &at);

	if (!kept)
		return;
	kept->number = 0; /* a reader that sees this takes none of it */
	barrier();
	__builtin_memcpy((char *)kept + sizeof(kept->number),
			 (const char *)change + sizeof(change->number),
			 sizeof(*kept) - sizeof(kept->number));
	barrier();
	kept->number = change->number;
}

always_inline void ig_change_send(const struct ig_change *change)
{
	struct ig_event_counter *counter = ig_event_counter_get();
	struct ig_policy_event *event;

	if (!counter)
		return;
	event = bpf_ringbuf_reserve(&ig_events, sizeof(*event), 0);
	if (!event) {
		counter->lost++;
		return;
	}
	__builtin_memset(&event->event, 0, sizeof(event->event));
	event->event.size = sizeof(*event);
	event->event.abi = IG_ABI;
	event->event.type = IG_EVENT_POLICY;
	event->event.action = IG_PASS;
	event->event.time_ns = change->time_ns;
	event->event.generation = change->generation;
	event->event.device = change->device;
	event->event.rule = IG_NO_RULE;
	event->change = *change;
	bpf_ringbuf_submit(event, 0);
	counter->sent++;
}

always_inline void ig_change_tell(struct ig_control *control, struct ig_change *change)
{
	change->number = __sync_fetch_and_add(&control->changes, 1) + 1;
	change->time_ns = bpf_ktime_get_ns();
	ig_change_remember(control, change);
	ig_change_send(change);
}

/* --- trials --- */

/* Whoever exchanges the number out has ended the trial: the timer and `confirm` may come at once. */
always_inline bool ig_trial_claim(struct ig_trial *trial, __u64 generation, __u64 after)
{
	return generation &&
	       __sync_val_compare_and_swap(&trial->generation, generation, after) == generation;
}

/* The other slot has what was in force before; a higher number of its parity puts it in force. */
always_inline bool ig_generation_exchange(struct ig_control *control, __u64 before, __u64 after)
{
	return __sync_val_compare_and_swap(&control->generation, before, after) == before;
}

always_inline void ig_change_of_slot(struct ig_change *change, const struct ig_control *control)
{
	const struct ig_written *written = &control->written[change->generation % IG_SLOTS];

	__builtin_memcpy(change->inventory, written->inventory, sizeof(change->inventory));
	change->flags = written->open ? IG_CHANGE_OPEN : 0;
}

/*
 * Until what was on trial is taken back, the trial is ending and not over: a loader that found neither a trial nor the
 * policy before would fill the very slot that is about to be in force.
 */
static int ig_trial_expired(void *map, __u32 *key, struct ig_trial *trial)
{
	struct ig_control *control = ig_control_get();
	__u64 generation = READ_ONCE(trial->generation);
	struct ig_change change = {
		.kind = IG_CHANGE_EXPIRED,
		.before = generation,
		.generation = generation + 1,
		.device = IG_ENTITY_NONE,
		.uid = trial->uid,
	};
	bool taken_back;

	if (!control || !ig_trial_claim(trial, generation, IG_TRIAL_ENDING))
		return 0; /* it was ended */
	taken_back = ig_generation_exchange(control, generation, generation + 1);
	ig_trial_claim(trial, IG_TRIAL_ENDING, 0);
	if (!taken_back)
		return 0; /* it never came into force */
	ig_change_of_slot(&change, control);
	ig_change_tell(control, &change);
	return 0;
}

always_inline int ig_trial_begin(struct ig_control *control, struct ig_trial *trial,
				 const struct ig_change *change)
{
	__u64 now = bpf_ktime_get_ns();
	int err;

	if (READ_ONCE(control->generation) + 1 != change->generation || change->until_ns <= now)
		return EINVAL;
	bpf_timer_init(&trial->timer, &ig_trial, CLOCK_MONOTONIC); /* or it was, before */
	err = bpf_timer_set_callback(&trial->timer, ig_trial_expired);
	if (err)
		return -err;
	trial->until_ns = change->until_ns;
	trial->uid = change->uid;
	__sync_lock_test_and_set(&trial->generation, change->generation);
	err = bpf_timer_start(&trial->timer, change->until_ns - now, 0);
	if (err)
		ig_trial_claim(trial, change->generation, 0);
	return -err;
}

/*
 * The timer may fire before the policy comes, however short that is. Then it has ended the trial and found nothing to
 * take back; so whoever flips looks afterwards, and takes it back itself. No process can be killed in between.
 */
always_inline int ig_trial_flip(struct ig_control *control, struct ig_trial *trial,
				const struct ig_change *change)
{
	__u64 generation = change->generation;

	if (READ_ONCE(trial->generation) != generation ||
	    !ig_generation_exchange(control, generation - 1, generation))
		return ESRCH;
	if (READ_ONCE(trial->generation) == generation)
		return 0;
	ig_generation_exchange(control, generation, generation + 1);
	return ESRCH;
}

always_inline int ig_trial_end(struct ig_trial *trial, __u64 generation)
{
	if (!ig_trial_claim(trial, generation, 0))
		return ESRCH;
	bpf_timer_cancel(&trial->timer);
	return 0;
}

always_inline int ig_roll_back(struct ig_control *control, struct ig_trial *trial,
			       struct ig_change *change)
{
	ig_trial_end(trial, change->before);
	if (!ig_generation_exchange(control, change->before, change->generation))
		return ESRCH;
	ig_change_of_slot(change, control);
	return 0;
}

/* --- quarantine --- */

always_inline int ig_quarantine(const struct ig_change *change)
{
	struct ig_state *state = ig_state_find(change->device);

	if (!state)
		return EINVAL;
	*(volatile __u64 *)&state->quarantine_until_ns = change->until_ns;
	return 0;
}

/* --- what is asked for --- */

always_inline int ig_command_do(struct ig_control *control, struct ig_trial *trial, __u32 kind,
				struct ig_change *change)
{
	switch (kind) {
	case IG_COMMAND_TELL:
		return 0;
	case IG_COMMAND_TRIAL:
		return ig_trial_begin(control, trial, change);
	case IG_COMMAND_END_TRIAL:
		return ig_trial_end(trial, change->generation);
	case IG_COMMAND_ROLLBACK:
		return ig_roll_back(control, trial, change);
	case IG_COMMAND_QUARANTINE:
		return ig_quarantine(change);
	case IG_COMMAND_TRY:
		return ig_trial_flip(control, trial, change);
	}
	return EINVAL;
}

/* @command: at the beginning of the frame that test_run hands in. */
always_inline int ig_command(const struct ig_command *command)
{
	struct ig_control *control = ig_control_get();
	struct ig_change change = command->change;
	__u32 zero = 0, kind = command->kind, silent = command->silent;
	struct ig_trial *trial = bpf_map_lookup_elem(&ig_trial, &zero);
	int err;

	if (!control || !trial)
		return EPERM;
	err = ig_command_do(control, trial, kind, &change);
	if (!err && !silent)
		ig_change_tell(control, &change);
	return err;
}
