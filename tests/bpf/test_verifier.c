/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many instructions the kernel's verifier goes through for each program: held against tests/bench/baseline.json, so
 * that nobody doubles them unnoticed on the way to the limit of a million. Each kernel has a verifier of its own, so
 * the baseline has numbers for each; those of a kernel that it does not know are only shown.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>

#include "abi.h"
#include "util.h"

#include "iotguard.skel.h"

#define BASELINE     "tests/bench/baseline.json"
#define STATISTICS   4 /* level of the verifier's log */
#define LOG_BYTES    65536
#define PROGRAMS_MAX 16
#define GROWTH	     10 /* percent, beyond which somebody has to say that it is meant */

/* --- what the kernel says --- */

struct count {
	char program[64];
	unsigned int instructions;
};

/* "6.18" of "6.18.44-cloud": releases of a family have one verifier, more or less. */
static void family_of_kernel(char *family, size_t size)
{
	struct utsname uts;
	unsigned int major, minor;

	assert_int_equal(uname(&uts), 0);
	assert_int_equal(sscanf(uts.release, "%u.%u", &major, &minor), 2);
	snprintf(family, size, "%u.%u", major, minor);
}

static unsigned int processed(const char *program, const char *log)
{
	const char *at = strstr(log, "processed ");
	unsigned int n;

	if (!at || sscanf(at, "processed %u insns", &n) != 1)
		fail_msg("%s: the verifier has no statistics: %s", program, log);
	return n;
}

static void print_log(const char *program, const char *log)
{
	for (const char *end; *log; log = *end ? end + 1 : end) {
		end = strchrnul(log, '\n');
		print_message("# %s: %.*s\n", program, (int)(end - log), log);
	}
}

/* Loads all programs as the loader does. Returns how many there are. */
static size_t count_instructions(bool replaying, struct count *counts)
{
	struct iotguard_bpf *skel = iotguard_bpf__open();
	_free_ char *logs = calloc(PROGRAMS_MAX, LOG_BYTES);
	struct bpf_program *program;
	size_t n = 0;

	assert_non_null(skel);
	assert_non_null(logs);
	skel->rodata->ig_replaying = replaying;
	bpf_object__for_each_program(program, skel->obj)
	{
		assert_true(n < PROGRAMS_MAX);
		assert_int_equal(bpf_program__set_log_level(program, STATISTICS), 0);
		assert_int_equal(
			bpf_program__set_log_buf(program, logs + n++ * LOG_BYTES, LOG_BYTES), 0);
	}
	if (iotguard_bpf__load(skel)) {
		n = 0;
		bpf_object__for_each_program(program, skel->obj)
			print_log(bpf_program__name(program), logs + n++ * LOG_BYTES);
		fail_msg("they are refused");
	}
	n = 0;
	bpf_object__for_each_program(program, skel->obj)
	{
		const char *name = bpf_program__name(program);

		snprintf(counts[n].program, sizeof(counts[n].program), "%s", name);
		counts[n].instructions = processed(name, logs + n * LOG_BYTES);
		n++;
	}
	iotguard_bpf__destroy(skel);
	return n;
}

/* --- what it said before --- */

/* Those of this kernel's family, as programs of that kind; NULL: the baseline does not have them. */
static const json_t *find_family(const json_t *baseline, const char *family, const char *kind)
{
	return json_object_get(json_object_get(json_object_get(baseline, "verifier"), family),
			       kind);
}

static void compare(const struct count *count, const char *family, const json_t *known)
{
	const json_t *before = json_object_get(known, count->program);
	double was = (double)json_integer_value(before), growth;

	if (!json_is_integer(before) || was <= 0)
		fail_msg("%s is not in " BASELINE " for Linux %s: `make bench-baseline` enters it",
			 count->program, family);
	growth = 100 * (count->instructions / was - 1);
	if (growth > GROWTH)
		fail_msg(
			"%s: the verifier of Linux %s goes through %u instructions, %.0f %% more than "
			"the %.0f of " BASELINE
			"; if that is what it takes, `make bench-baseline` accepts it",
			count->program, family, count->instructions, growth, was);
	if (growth < -GROWTH)
		print_message(
			"# %s needs %.0f %% less than before: `make bench-baseline` remembers it\n",
			count->program, -growth);
}

/* @kind: as in the baseline. The lines are what tests/bench/baseline reads. */
static void check(bool replaying, const char *kind)
{
	struct count counts[PROGRAMS_MAX];
	size_t n = count_instructions(replaying, counts);
	json_error_t error;
	json_t *baseline = json_load_file(BASELINE, 0, &error);
	const json_t *known;
	char family[32];

	family_of_kernel(family, sizeof(family));
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		print_message("# verifier %s %s %s %u\n", family, kind, counts[i].program,
			      counts[i].instructions);
	if (!baseline)
		fail_msg(BASELINE ": line %d: %s", error.line, error.text);
	known = find_family(baseline, family, kind);
	if (!known)
		print_message("# the baseline knows no Linux %s\n", family);
	for (size_t i = 0; i < n && known; i++)
		compare(&counts[i], family, known);
	json_decref(baseline);
}

static void test_enforcing(void **state)
{
	(void)state;
	check(false, "enforcing");
}

/* As a private instance loads them: with a clock of its own and without ports. */
static void test_replaying(void **state)
{
	(void)state;
	check(true, "replaying");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enforcing),
		cmocka_unit_test(test_replaying),
	};

	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
