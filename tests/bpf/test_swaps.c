/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies are exchanged, rolled back, put on trial, and programs upgraded, while processes send frames as fast as can
 * be through the programs on the interfaces: is every verdict the one that the policy of its generation demands, and
 * does every conversation live that all of them allow?
 *
 *	test_swaps --ask	prints the questions for the judge; its answers are expected in
 *				$IOTGUARD_BUILD/tests/bpf/swaps.answers
 *
 * With IOTGUARD_LONG a thousand exchanges and fifty upgrades.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "generation.h"
#include "handle.h"
#include "iotguard/iotguard.h"
#include "shelter.h"
#include "state_dir.h"
#include "swaps.h"
#include "util.h"

static struct shelter shelter;
static char other[512];
static struct swaps_demanded demanded;

/* --- the gateway --- */

struct gateway {
	struct iotguard *ig;
	struct swaps_shared *shared;
	pid_t hammers[SWAPS_CPUS];
	unsigned int n_hammers;
	uint64_t generation;
	int policy, before; /* in force, and in the idle slot; -1: none */
	unsigned int ghosts;
	unsigned int swaps, upgrades, growths, trials;
};

static void settle_children(struct gateway *g)
{
	for (unsigned int i = 0; i < g->n_hammers; i++) {
		kill(g->hammers[i], SIGKILL);
		waitpid(g->hammers[i], NULL, 0);
	}
	g->n_hammers = 0;
}

static void __attribute__((noreturn, format(printf, 2, 3)))
give_up(struct gateway *g, const char *format, ...)
{
	char text[1024];
	va_list args;

	for (size_t i = 0; g->ig && i < iotguard_diag_count(g->ig); i++)
		print_message("# %s\n", iotguard_diag_get(g->ig, i)->message);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	settle_children(g);
	fail_msg("%s", text);
	abort();
}

/* The processes are well. */
static void look_after(struct gateway *g)
{
	for (unsigned int i = 0; i < g->n_hammers; i++) {
		if (waitpid(g->hammers[i], NULL, WNOHANG) == 0)
			continue;
		give_up(g, "after %u exchanges and %u upgrades, on cpu %u: %s", g->swaps,
			g->upgrades, i,
			*g->shared->told[i].failure ? g->shared->told[i].failure : "it died");
	}
}

static void demand(struct gateway *g, uint64_t generation, int policy)
{
	if (generation >= SWAPS_GENERATIONS)
		give_up(g, "there is no room for so many generations");
	__atomic_store_n(&g->shared->policy_of[generation], (uint8_t)policy, __ATOMIC_SEQ_CST);
}

static void write_inventory(int policy, unsigned int ghosts)
{
	FILE *f = fopen(shelter.inventory, "we");

	assert_non_null(f);
	swaps_inventory(f, (unsigned int)policy, ghosts);
	assert_int_equal(fclose(f), 0);
}

static void apply(struct gateway *g, int policy, unsigned int ghosts, unsigned int trial)
{
	struct iotguard_apply_opts opts = IOTGUARD_OPTS(iotguard_apply_opts, .require_native = true,
							.confirm_seconds = trial);
	struct iotguard_apply_result result = {};
	struct iotguard_inventory *inv = NULL;
	struct iotguard_policy *p = NULL;
	int err;

	write_inventory(policy, ghosts);
	iotguard_diag_clear(g->ig);
	demand(g, g->generation + 1, policy);
	err = iotguard_inventory_load(g->ig, shelter.inventory, &inv);
	err = err ?: iotguard_policy_compile(g->ig, inv, &p);
	err = err ?: iotguard_apply(g->ig, p, &opts, &result);
	iotguard_policy_free(p);
	iotguard_inventory_free(inv);
	if (err)
		give_up(g, "policy %d is not applied: %s", policy, strerror(-err));
	g->ghosts = ghosts;
	if (result.changed) {
		if (result.generation != g->generation + 1 && !trial)
			give_up(g, "generation %llu came after %llu",
				(unsigned long long)result.generation,
				(unsigned long long)g->generation);
		g->generation++;
		g->before = g->policy;
		g->policy = policy;
		g->swaps++;
	}
}

/* Another policy than the one in force, and not the one with more devices. */
static int another(const struct gateway *g, unsigned int n)
{
	int policy = (int)(n % SWAPS_GROWN);

	return policy == g->policy ? (policy + 1) % SWAPS_GROWN : policy;
}

/* --- exchanges --- */

static uint64_t generation_now(struct gateway *g)
{
	struct iotguard_status status;
	int err = iotguard_status(g->ig, &status);

	if (err)
		give_up(g, "status: %s", strerror(-err));
	return status.generation;
}

static void roll_back(struct gateway *g)
{
	struct iotguard_apply_result result;
	int err, policy = g->before;

	iotguard_diag_clear(g->ig);
	demand(g, g->generation + 1, policy);
	err = iotguard_rollback(g->ig, &result);
	if (err)
		give_up(g, "it is not rolled back: %s", strerror(-err));
	if (result.generation != g->generation + 1)
		give_up(g, "a rollback led to generation %llu from %llu",
			(unsigned long long)result.generation, (unsigned long long)g->generation);
	g->generation++;
	g->before = g->policy;
	g->policy = policy;
	g->swaps++;
}

static void confirm(struct gateway *g, unsigned int n)
{
	struct iotguard_apply_result result;
	int err;

	apply(g, another(g, n), g->ghosts, 3600);
	err = iotguard_confirm(g->ig, &result);
	if (err || result.generation != g->generation)
		give_up(g, "it is not confirmed: %s", strerror(-err));
	g->trials++;
}

/* Nobody confirms: the kernel goes back by itself. */
static void expire(struct gateway *g, unsigned int n)
{
	time_t end = time(NULL) + 60;
	int policy = g->policy;

	demand(g, g->generation + 2, policy);
	apply(g, another(g, n), g->ghosts, 1);
	while (generation_now(g) == g->generation) {
		look_after(g);
		if (time(NULL) > end)
			give_up(g, "the trial of generation %llu does not end",
				(unsigned long long)g->generation);
		usleep(2000);
	}
	g->generation++;
	if (generation_now(g) != g->generation)
		give_up(g, "the end of a trial led to generation %llu",
			(unsigned long long)generation_now(g));
	g->before = g->policy;
	g->policy = policy;
	g->swaps++;
	g->trials++;
}

static void exchange(struct gateway *g, unsigned int n)
{
	unsigned int kind = n % 10;

	if (kind == 4 || kind == 8)
		roll_back(g);
	else if (kind == 6)
		confirm(g, n / 3);
	else if (g->policy == 0 && kind != 9)
		apply(g, SWAPS_SLIGHT, g->ghosts, 0); /* one device changes */
	else if (g->policy == SWAPS_SLIGHT && kind == 7)
		apply(g, 0, g->ghosts, 0);
	else
		apply(g, another(g, n * 7 / 2), g->ghosts, 0);
	look_after(g);
}

/* More devices than there is room for: another instance takes the place of this one. */
static void grow(struct gateway *g)
{
	char before[NAME_MAX + 1], after[NAME_MAX + 1];

	assert_int_equal(ig_state_instance(g->ig, before), 0);
	__atomic_fetch_add(&g->shared->growing, 1, __ATOMIC_SEQ_CST);
	apply(g, SWAPS_GROWN, g->ghosts * 2 + 100, 0);
	__atomic_fetch_add(&g->shared->growing, 1, __ATOMIC_SEQ_CST);
	assert_int_equal(ig_state_instance(g->ig, after), 0);
	if (!strcmp(before, after))
		give_up(g, "%u devices more found room in the maps that were there", g->ghosts);
	g->growths++;
	look_after(g);
}

/* --- upgrades --- */

static uint64_t build_in_force(struct gateway *g)
{
	_cleanup_(ig_object_close) struct ig_object object = IG_OBJECT_NONE;

	if (ig_state_open(g->ig, true, &object))
		give_up(g, "what is in force cannot be opened");
	return object.control->programs;
}

/* The loader of another build applies a policy. */
static void apply_by_other(struct gateway *g, int policy)
{
	int status;
	pid_t pid;

	write_inventory(policy, g->ghosts);
	if (policy != g->policy)
		demand(g, g->generation + 1, policy);
	pid = fork();
	if (!pid) {
		execl(other, other, "--state-dir", shelter.state_dir, "apply", "--require-native",
		      shelter.inventory, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		give_up(g, "%s: status %x", other, (unsigned int)status);
	if (policy == g->policy)
		return;
	g->generation++;
	g->before = g->policy;
	g->policy = policy;
	g->swaps++;
}

/* The other build and ours in turn, with a change of the policy and without. */
static void upgrade(struct gateway *g, unsigned int n)
{
	uint64_t build = build_in_force(g);
	int policy = n & 2 ? g->policy : another(g, n);

	if (build == ig_object_hash())
		apply_by_other(g, policy);
	else
		apply(g, policy, g->ghosts, 0);
	if (build_in_force(g) == build)
		give_up(g, "the programs are the same after an upgrade");
	if (generation_now(g) != g->generation)
		give_up(g, "generation %llu is in force after an upgrade",
			(unsigned long long)generation_now(g));
	g->upgrades++;
	look_after(g);
}

/* --- beginning and end --- */

/* CPUs that this process may use; some are left to others. */
static unsigned int cpus(void)
{
	cpu_set_t set;
	unsigned int n = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (n < SWAPS_CPUS && CPU_ISSET(n, &set))
		n++;
	return n;
}

static bool all_are(struct gateway *g, uint32_t rounds)
{
	for (unsigned int i = 0; i < g->n_hammers; i++) {
		if (!g->shared->told[i].ready || g->shared->told[i].round < rounds)
			return false;
	}
	return true;
}

static void wait_for(struct gateway *g, uint32_t rounds)
{
	time_t end = time(NULL) + 120;

	while (!all_are(g, rounds)) {
		look_after(g);
		if (time(NULL) > end)
			give_up(g, "nothing is sent");
		usleep(2000);
	}
}

/* @first: what is in force is policy SWAPS_OPENED. */
static void begin(struct gateway *g)
{
	struct iotguard_open_opts opts =
		IOTGUARD_OPTS(iotguard_open_opts, .state_dir = shelter.state_dir);
	unsigned int n = cpus();

	*g = (struct gateway){.policy = -1, .before = -1};
	g->shared = mmap(NULL, sizeof(*g->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(g->shared != MAP_FAILED);
	memset(g->shared->policy_of, 0xff, sizeof(g->shared->policy_of));
	assert_int_equal(iotguard_open(&g->ig, &opts), 0);
	iotguard_detach(g->ig, NULL); /* of a case that failed */
	apply(g, SWAPS_OPENED, 0, 0);
	if (!n)
		give_up(g, "the first cpu is not ours");
	for (unsigned int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid)
			swaps_hammer(g->shared, &demanded, shelter.state_dir, i);
		assert_true(pid > 0);
		g->hammers[g->n_hammers++] = pid;
	}
	wait_for(g, 0);
}

static void end(struct gateway *g, const char *what)
{
	struct swaps_told sum = {};
	unsigned int n = g->n_hammers;

	/* whatever came last was met by every frame */
	wait_for(g, g->shared->told[0].round + 2);
	__atomic_store_n(&g->shared->stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < n; i++) {
		const struct swaps_told *told = &g->shared->told[i];
		int status;

		assert_int_equal(waitpid(g->hammers[i], &status, 0), g->hammers[i]);
		g->hammers[i] = 0;
		if (*told->failure)
			fail_msg("on cpu %u: %s", i, told->failure);
		assert_int_equal(status, 0);
		sum.packets += told->packets;
		sum.conversing += told->conversing;
		sum.windows += told->windows;
		sum.split += told->split;
		sum.loose += told->loose;
		sum.programs += told->programs;
	}
	g->n_hammers = 0;
	print_message(
		"# %s: %u exchanges (%u trials, %u new instances), %u upgrades; %llu packets judged, %llu of "
		"conversations; the generation changed within %llu of them, which %llu times made a "
		"difference; %llu while an instance took over; %llu programs\n",
		what, g->swaps, g->trials, g->growths, g->upgrades, (unsigned long long)sum.packets,
		(unsigned long long)sum.conversing, (unsigned long long)sum.windows,
		(unsigned long long)sum.split, (unsigned long long)sum.loose,
		(unsigned long long)sum.programs);
	assert_int_equal(iotguard_detach(g->ig, NULL), SWAPS_INTERFACES);
	iotguard_close(g->ig);
	munmap(g->shared, sizeof(*g->shared));
}

/* As many as wanted in a long run, a part of them otherwise, and very few in a slow guest. */
static unsigned int times(unsigned int wanted)
{
	if (getenv("IOTGUARD_LONG"))
		return wanted;
	return getenv("IOTGUARD_GUEST") ? (wanted + 199) / 200 : (wanted + 16) / 17;
}

static void test_exchanges(void **state)
{
	struct gateway g;

	(void)state;
	begin(&g);
	for (unsigned int i = 0; g.swaps < times(1000); i++)
		exchange(&g, i);
	end(&g, "exchanges");
}

static void test_trials(void **state)
{
	struct gateway g;

	(void)state;
	begin(&g);
	for (unsigned int i = 0; i < times(20); i++)
		expire(&g, i + 1);
	end(&g, "trials that nobody confirmed");
}

static unsigned int growths(void)
{
	return getenv("IOTGUARD_LONG") ? 4 : getenv("IOTGUARD_GUEST") ? 1 : 2;
}

static void test_growth(void **state)
{
	struct gateway g;

	(void)state;
	begin(&g);
	for (unsigned int i = 0; i < growths(); i++) {
		grow(&g);
		exchange(&g, i);
		exchange(&g, 4); /* a rollback */
	}
	end(&g, "growth");
}

static void test_upgrades(void **state)
{
	struct gateway g;

	(void)state;
	if (access(other, X_OK)) {
		print_message("there is no loader of another build, %s\n", other);
		skip();
	}
	begin(&g);
	for (unsigned int i = 0; i < times(50); i++)
		upgrade(&g, i);
	end(&g, "upgrades");
}

/* --- the machine --- */

/* Nothing but the hammers' frames comes to the programs, and nothing of the machine's own network or mounts is touched. */
static int set_up(void **state)
{
	static const char *const commands[] = {
		"echo 0 >/proc/sys/net/ipv4/ip_forward",
		"echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6",
		"ip link add lan0 type veth",
		"ip link add lan1 type veth",
		"ip link add lan2 type veth",
		"ip link set lan0 up",
		"ip link set lan1 up",
		"ip link set lan2 up",
	};

	(void)state;
	if (!shelter_make(&shelter))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		shelter_run(commands[i]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shelter_remove(&shelter);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_trials),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_upgrades),
	};
	const char *build = getenv("IOTGUARD_BUILD") ?: "build";
	char answers[512];

	if (argc == 2 && !strcmp(argv[1], "--ask")) {
		swaps_ask(stdout);
		return 0;
	}
	snprintf(answers, sizeof(answers), "%s/tests/bpf/swaps.answers", build);
	snprintf(other, sizeof(other), "%s/tests/iotguard-load-other", build);
	if (!swaps_read(answers, &demanded)) {
		print_message("there are no answers of the judge, %s\n", answers);
		return 77;
	}
	return cmocka_run_group_tests_name("swaps", tests, set_up, tear_down);
}
