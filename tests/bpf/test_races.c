/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial ends at its deadline, and just then somebody confirms it, and somebody else rolls it back: does one of
 * them win and the others hear so, and do generations only rise?
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "generation.h"
#include "operate.h"
#include "util.h"
#include "world.h"

#define WORKERS	  4
#define SPREAD_NS 60000 /* around the deadline */
#define SPIN_NS	  300000
#define PENDING	  1 /* no answer yet */
#define LIMIT	  (30 * SECOND)

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10], segment: lan,\n"
	"        rules: [allow to any tcp/443]}\n";

/* Who ends the trial of @generation; each at a time of its own. */
struct order {
	uint32_t round; /* it is given anew */
	uint64_t generation;
	uint64_t at_ns[WORKERS];
	enum ig_command_kind kind[WORKERS]; /* 0: this one does nothing */
	int answer[WORKERS];
	uint32_t done[WORKERS]; /* round */
};

struct outcome {
	unsigned int confirmed, rolled_back, expired, both;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* --- workers --- */

static void wait_until(uint64_t at)
{
	struct timespec pause = {};
	uint64_t now = now_ns();

	if (at > now + SPIN_NS) {
		pause.tv_nsec = (long)(at - now - SPIN_NS) % (long)SECOND;
		nanosleep(&pause, NULL);
	}
	while (now_ns() < at)
		;
}

static int end_trial(const struct ig_object *object, enum ig_command_kind kind, uint64_t generation)
{
	struct ig_command command = {
		.kind = kind,
		.change = {.kind = kind == IG_COMMAND_ROLLBACK ? IG_CHANGE_ROLLBACK
							       : IG_CHANGE_CONFIRM},
	};

	command.change.before = generation;
	command.change.generation = generation + (kind == IG_COMMAND_ROLLBACK);
	return ig_operate(object, &command);
}

static void __attribute__((noreturn))
work(struct order *order, const struct ig_object *object, unsigned int me)
{
	uint32_t round = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		while (__atomic_load_n(&order->round, __ATOMIC_ACQUIRE) == round)
			usleep(100);
		round++;
		if (order->kind[me]) {
			wait_until(order->at_ns[me]);
			order->answer[me] = end_trial(object, order->kind[me], order->generation);
		}
		__atomic_store_n(&order->done[me], round, __ATOMIC_RELEASE);
	}
}

/* --- a round --- */

struct race {
	struct lab lab;
	struct order *order;
	pid_t workers[WORKERS];
	uint64_t seed;
};

static uint32_t chance(struct race *r)
{
	r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(r->seed >> 33);
}

static void arm(struct race *r, uint64_t generation, uint64_t until)
{
	struct ig_command command = {.kind = IG_COMMAND_TRIAL, .silent = 1};

	command.change.generation = generation;
	command.change.until_ns = until;
	assert_int_equal(ig_operate(&r->lab.object, &command), 0);
}

static struct ig_trial trial(struct race *r)
{
	struct ig_trial trial;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(r->lab.object.maps[IG_MAP_trial], &zero, &trial), 0);
	return trial;
}

/* How often a change of this kind was made to, or of, these generations. */
static unsigned int changes(struct race *r, enum ig_change_kind kind, uint64_t first)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < IG_CHANGES; i++) {
		struct ig_change change;

		assert_int_equal(
			bpf_map_lookup_elem(r->lab.object.maps[IG_MAP_changes], &i, &change), 0);
		n += change.number && change.kind == kind && change.generation >= first;
	}
	return n;
}

static bool all_done(const struct order *order)
{
	for (unsigned int i = 0; i < WORKERS; i++) {
		if (__atomic_load_n(&order->done[i], __ATOMIC_ACQUIRE) != order->round)
			return false;
	}
	return true;
}

/* Until everybody had an answer and the trial is over; generations never fall meanwhile. */
static void await(struct race *r, uint64_t from)
{
	uint64_t last = from, end = now_ns() + LIMIT, now;

	do {
		now = ig_generation_now(&r->lab.object);
		if (now < last)
			fail_msg("generation %llu came after %llu", (unsigned long long)now,
				 (unsigned long long)last);
		last = now;
		if (now_ns() > end)
			fail_msg("the trial of generation %llu has no end",
				 (unsigned long long)from);
	} while (!all_done(r->order) || trial(r).generation);
	/* who claimed it last may not have exchanged the generation yet: a grace period ends that */
	ig_generation_settle(&r->lab.object);
}

static unsigned int winners(const struct order *order, enum ig_command_kind kind)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORKERS; i++) {
		if (order->kind[i] != kind)
			continue;
		if (order->answer[i] && order->answer[i] != -ESRCH)
			fail_msg("a command failed: %s", strerror(-order->answer[i]));
		n += !order->answer[i];
	}
	return n;
}

static void judge(struct race *r, uint64_t on_trial, struct outcome *outcome)
{
	unsigned int confirmed = winners(r->order, IG_COMMAND_END_TRIAL);
	unsigned int rolled = winners(r->order, IG_COMMAND_ROLLBACK);
	unsigned int expired = changes(r, IG_CHANGE_EXPIRED, on_trial + 1);
	uint64_t now = ig_generation_now(&r->lab.object);

	if (confirmed > 1 || rolled > 1 || expired > 1)
		fail_msg("confirmed %u times, rolled back %u times, expired %u times", confirmed,
			 rolled, expired);
	/* what was confirmed may be rolled back a moment later, by hand alone */
	if (expired + rolled > 1 || (confirmed && expired) || !(confirmed || rolled || expired))
		fail_msg("confirmed %u, rolled back %u, expired %u", confirmed, rolled, expired);
	if (now != on_trial + (rolled || expired))
		fail_msg(
			"generation %llu is in force after the trial of %llu: confirmed %u, rolled back %u, expired %u",
			(unsigned long long)now, (unsigned long long)on_trial, confirmed, rolled,
			expired);
	assert_int_equal(changes(r, IG_CHANGE_CONFIRM, on_trial), confirmed);
	assert_int_equal(changes(r, IG_CHANGE_ROLLBACK, on_trial + 1), rolled);
	outcome->confirmed += confirmed;
	outcome->rolled_back += rolled;
	outcome->expired += expired;
	outcome->both += confirmed && rolled;
}

static void round_of(struct race *r, const enum ig_command_kind kinds[WORKERS],
		     struct outcome *outcome)
{
	uint64_t on_trial = ig_generation_now(&r->lab.object) + 1;
	/* time to arm and to flip, also where another process has the CPU at first */
	uint64_t until = now_ns() + (getenv("IOTGUARD_GUEST") ? 900000000 : 120000000);
	struct order *order = r->order;

	arm(r, on_trial, until);
	lab_flip(&r->lab);
	order->generation = on_trial;
	for (unsigned int i = 0; i < WORKERS; i++) {
		order->kind[i] = kinds[i];
		order->at_ns[i] = until - SPREAD_NS / 2 + chance(r) % SPREAD_NS;
		order->answer[i] = PENDING;
	}
	__atomic_store_n(&order->round, order->round + 1, __ATOMIC_RELEASE);
	await(r, on_trial);
	judge(r, on_trial, outcome);
}

/* --- cases --- */

static unsigned int rounds(void)
{
	return getenv("IOTGUARD_LONG") ? 3000 : getenv("IOTGUARD_GUEST") ? 20 : 100;
}

static void begin(struct race *r)
{
	*r = (struct race){.seed = 1};
	r->order = mmap(NULL, sizeof(*r->order), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	assert_true(r->order != MAP_FAILED);
	lab_open(&r->lab, inventory, false);
	lab_write(&r->lab, inventory);
	for (unsigned int i = 0; i < WORKERS; i++) {
		r->workers[i] = fork();
		assert_true(r->workers[i] >= 0);
		if (!r->workers[i])
			work(r->order, &r->lab.object, i);
	}
}

static void end(struct race *r)
{
	for (unsigned int i = 0; i < WORKERS; i++) {
		kill(r->workers[i], SIGKILL);
		waitpid(r->workers[i], NULL, 0);
	}
	munmap(r->order, sizeof(*r->order));
	lab_close(&r->lab);
}

static void race(const char *name, const enum ig_command_kind kinds[WORKERS])
{
	struct outcome outcome = {};
	struct race r;

	begin(&r);
	for (unsigned int i = 0; i < rounds(); i++)
		round_of(&r, kinds, &outcome);
	print_message(
		"# %s: %u trials; confirmed %u, rolled back %u (of these confirmed before: %u), expired %u\n",
		name, rounds(), outcome.confirmed, outcome.rolled_back, outcome.both,
		outcome.expired);
	end(&r);
}

static void test_confirm(void **state)
{
	(void)state;
	race("confirm against the deadline",
	     (const enum ig_command_kind[WORKERS]){IG_COMMAND_END_TRIAL});
}

static void test_rollback(void **state)
{
	(void)state;
	race("rollback against the deadline",
	     (const enum ig_command_kind[WORKERS]){IG_COMMAND_ROLLBACK});
}

static void test_all(void **state)
{
	(void)state;
	race("two of each against the deadline",
	     (const enum ig_command_kind[WORKERS]){IG_COMMAND_END_TRIAL, IG_COMMAND_ROLLBACK,
						   IG_COMMAND_END_TRIAL, IG_COMMAND_ROLLBACK});
}

static void test_nobody(void **state)
{
	struct outcome outcome = {};
	struct race r;

	(void)state;
	begin(&r);
	for (unsigned int i = 0; i < 20; i++)
		round_of(&r, (const enum ig_command_kind[WORKERS]){}, &outcome);
	assert_int_equal(outcome.expired, 20);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_confirm),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
