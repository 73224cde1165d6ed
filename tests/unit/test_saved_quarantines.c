/* SPDX-License-Identifier: BSD-2-Clause */
/* A quarantine outlives a reboot, and no clock that is wrong ends it early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "saved.h"

#define NOW	1795343465ull /* 2026-11-22 */
#define HOUR	3600ull
#define FACTORY 1262304000ull /* 2010: what a clock without a battery begins with */
#define LATE	4102444800ull /* 2100: what one says that lost its mind */

static struct ig_time right(uint64_t s)
{
	return (struct ig_time){.s = s, .right = true};
}

static struct ig_time unsure(uint64_t s)
{
	return (struct ig_time){.s = s};
}

static void add(struct ig_saved *saved, uint8_t kind, uint8_t last, uint64_t ends_at)
{
	struct ig_quarantined machine = {
		.machine = {.addr = {2, 0, 0x5e, 0x10, 0, last}, .pad = {kind}},
		.ends_at = ends_at,
	};

	assert_int_equal(ig_quarantined_add(&saved->quarantined, &machine), 0);
}

/* One that has an hour, one without an end, and one that is told by its name. */
static void fill(struct ig_saved *saved, struct ig_time at)
{
	*saved = (struct ig_saved){.at = at};
	add(saved, IG_MAC_IS_MAC, 0x11, at.s + HOUR);
	add(saved, IG_MAC_IS_MAC, 0x12, 0);
	add(saved, IG_MAC_IS_NAME, 0x13, at.s + 2 * HOUR);
}

static void assert_machine(const struct ig_quarantined *machine, uint8_t kind, uint8_t last,
			   uint64_t ends_at)
{
	assert_int_equal(machine->machine.pad[0], kind);
	assert_memory_equal(machine->machine.addr, ((uint8_t[]){2, 0, 0x5e, 0x10, 0, last}), 6);
	assert_int_equal(machine->ends_at, ends_at);
}

static void read_text(const char *text, size_t size, struct ig_time now, struct ig_saved *saved)
{
	const char *why = NULL;

	if (ig_saved_parse(text, size, now, saved, &why))
		fail_msg("%s: %s", text, why);
}

/* Saved at the one moment, and read at the other. */
static void over(struct ig_time at, struct ig_time now, struct ig_saved *again)
{
	struct ig_saved saved;
	size_t size;
	char *text;

	fill(&saved, at);
	text = ig_saved_print(&saved, &size);
	assert_non_null(text);
	read_text(text, size, now, again);
	free(text);
	ig_saved_clear(&saved);
}

/* What the first one has left; 0: it has ended. Without an end is without one, whatever clocks say. */
static uint64_t left(struct ig_time at, struct ig_time now)
{
	struct ig_saved again;
	uint64_t seconds = 0;

	over(at, now, &again);
	if (again.quarantined.items[0].machine.addr[5] == 0x11)
		seconds = again.quarantined.items[0].ends_at - now.s;
	assert_machine(&again.quarantined.items[seconds ? 1 : 0], IG_MAC_IS_MAC, 0x12, 0);
	ig_saved_clear(&again);
	return seconds;
}

/* ------------------------------------------------------------------------------------------ form */

static void test_it_comes_back_as_it_was(void **state)
{
	struct ig_saved again;

	(void)state;
	over(right(NOW), right(NOW), &again);
	assert_int_equal(again.quarantined.count, 3);
	assert_machine(&again.quarantined.items[0], IG_MAC_IS_MAC, 0x11, NOW + HOUR);
	assert_machine(&again.quarantined.items[1], IG_MAC_IS_MAC, 0x12, 0);
	assert_machine(&again.quarantined.items[2], IG_MAC_IS_NAME, 0x13, NOW + 2 * HOUR);
	assert_int_equal(again.at.s, NOW);
	assert_true(again.at.right);
	ig_saved_clear(&again);
	over(unsure(NOW), right(NOW), &again);
	assert_false(again.at.right);
	ig_saved_clear(&again);
}

/* As versions wrote it that knew no quarantine. */
static void test_an_older_file_has_none(void **state)
{
	static const char text[] =
		"{\"iotguard\":1,\"length\":128,\"sha256\":"
		"\"2920dde5fc557e38e70304f7edb5e5575a73a0d857050f9c55eb501407ef94a9\"}\n"
		"{\"saved_at\":1795343465,\"bindings\":[{\"mac\":\"02:00:5e:10:00:11\","
		"\"address\":\"10.30.0.11\",\"source\":\"lease\",\"expires_at\":1795347065}]}";
	struct ig_saved saved;

	(void)state;
	read_text(text, strlen(text), right(NOW), &saved);
	assert_int_equal(saved.addresses.count, 1);
	assert_int_equal(saved.quarantined.count, 0);
	assert_false(saved.at.right);
	ig_saved_clear(&saved);
}

/* That it does not read this file, instead of letting machines out without a word. Where nobody is in quarantine, it
 * may. */
static void test_an_older_version_is_told(void **state)
{
	struct ig_saved saved;
	char *text;
	size_t size;

	(void)state;
	fill(&saved, right(NOW));
	text = ig_saved_print(&saved, &size);
	assert_memory_equal(text, "{\"iotguard\":2,", 14);
	free(text);
	ig_quarantined_clear(&saved.quarantined);
	text = ig_saved_print(&saved, &size);
	assert_memory_equal(text, "{\"iotguard\":1,", 14);
	free(text);
	ig_saved_clear(&saved);
}

/* ----------------------------------------------------------------------------------------- clock */

static void test_by_clocks_that_are_right_it_ends_at_its_end(void **state)
{
	(void)state;
	assert_int_equal(left(right(NOW), right(NOW)), HOUR);
	assert_int_equal(left(right(NOW), right(NOW + 600)), HOUR - 600);
	assert_int_equal(left(right(NOW), right(NOW + HOUR - 1)), 1);
	assert_int_equal(left(right(NOW), right(NOW + HOUR)), 0);
	assert_int_equal(left(right(NOW), right(NOW + 10 * HOUR)), 0);
}

static void test_a_clock_that_goes_back_makes_it_no_longer(void **state)
{
	(void)state;
	assert_int_equal(left(right(NOW), right(NOW - 600)), HOUR);
	assert_int_equal(left(right(NOW), right(FACTORY)), HOUR);
}

/* What it had left when it was saved is left now. */
static void test_a_clock_that_may_be_wrong_ends_nothing_early(void **state)
{
	static const uint64_t clocks[] = {0, FACTORY, NOW - 1, NOW, NOW + 600, NOW + HOUR, LATE};

	(void)state;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		assert_int_equal(left(right(NOW), unsure(clocks[i])), HOUR);
		assert_int_equal(left(unsure(NOW), unsure(clocks[i])), HOUR);
		/* it was wrong when the end was noted */
		assert_int_equal(left(unsure(FACTORY), right(clocks[i])), HOUR);
		assert_int_equal(left(unsure(LATE), right(clocks[i])), HOUR);
	}
}

static void test_what_had_ended_when_it_was_saved_stays_ended(void **state)
{
	struct ig_saved saved = {.at = unsure(NOW)}, again;
	char *text;
	size_t size;

	(void)state;
	add(&saved, IG_MAC_IS_MAC, 0x11, NOW);
	add(&saved, IG_MAC_IS_MAC, 0x12, NOW - HOUR);
	text = ig_saved_print(&saved, &size);
	read_text(text, size, unsure(FACTORY), &again);
	assert_int_equal(again.quarantined.count, 0);
	free(text);
	ig_saved_clear(&again);
	ig_saved_clear(&saved);
}

/* --------------------------------------------------------------------------------- is it worth it */

struct pair {
	struct ig_saved before, after;
};

static struct pair pair(struct ig_time before, struct ig_time after)
{
	struct pair p;

	fill(&p.before, before);
	fill(&p.after, before);
	p.after.at = after;
	return p;
}

static bool differs(struct pair *p, bool exact)
{
	bool differs = ig_saved_differs(&p->before, &p->after, exact);

	ig_saved_clear(&p->before);
	ig_saved_clear(&p->after);
	return differs;
}

static void test_whatever_changes_is_a_change(void **state)
{
	struct pair p;

	(void)state;
	p = pair(right(NOW), right(NOW));
	assert_false(differs(&p, true));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.count--; /* one was released */
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	add(&p.after, IG_MAC_IS_MAC, 0x14, 0);
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].machine.addr[5]++;
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].machine.pad[0] = IG_MAC_IS_NAME;
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].ends_at += 2; /* clocks are read one after the other */
	assert_false(differs(&p, true));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].ends_at += 3;
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].ends_at -= 3;
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[0].ends_at = 0;
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW));
	p.after.quarantined.items[1].ends_at = NOW + HOUR;
	assert_true(differs(&p, false));
}

/* How much is left is not to be hours old, where it is what counts at a boot. */
static void test_what_is_left_is_noted_once_an_hour(void **state)
{
	struct pair p;

	(void)state;
	p = pair(right(NOW), right(NOW + HOUR));
	assert_false(differs(&p, false));
	p = pair(right(NOW), right(NOW + HOUR + 1));
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW - HOUR - 1));
	assert_true(differs(&p, false));
	p = pair(right(NOW), right(NOW + 600)); /* at the end */
	assert_true(differs(&p, true));
	/* that the clock is known to be right is worth it, and that it is not any more is not */
	p = pair(unsure(NOW), right(NOW));
	assert_true(differs(&p, false));
	p = pair(right(NOW), unsure(NOW));
	assert_false(differs(&p, false));
	/* nothing is ever left of what has no end */
	p = pair(unsure(NOW), right(NOW + 10 * HOUR));
	memmove(p.before.quarantined.items, p.before.quarantined.items + 1,
		sizeof(*p.before.quarantined.items));
	memmove(p.after.quarantined.items, p.after.quarantined.items + 1,
		sizeof(*p.after.quarantined.items));
	p.before.quarantined.count = p.after.quarantined.count = 1;
	assert_false(differs(&p, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_comes_back_as_it_was),
		cmocka_unit_test(test_an_older_file_has_none),
		cmocka_unit_test(test_an_older_version_is_told),
		cmocka_unit_test(test_by_clocks_that_are_right_it_ends_at_its_end),
		cmocka_unit_test(test_a_clock_that_goes_back_makes_it_no_longer),
		cmocka_unit_test(test_a_clock_that_may_be_wrong_ends_nothing_early),
		cmocka_unit_test(test_what_had_ended_when_it_was_saved_stays_ended),
		cmocka_unit_test(test_whatever_changes_is_a_change),
		cmocka_unit_test(test_what_is_left_is_noted_once_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
