/* SPDX-License-Identifier: BSD-2-Clause */
/* What machines were told of names outlives a reboot, no clock makes it last longer, and no file is believed anything. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "saved.h"
#include "sha256.h"

#define NOW	1795343465ull /* 2026-11-22 */
#define HOUR	3600ull
#define FACTORY 1262304000ull /* 2010: what a clock without a battery begins with */
#define LATE	4102444800ull /* 2100: what one says that lost its mind */

static struct ig_time right(uint64_t s)
{
	return (struct ig_time){.s = s, .right = true};
}

static struct ig_told entry(uint8_t kind, uint8_t machine, const char *name, uint8_t last,
			    uint64_t expires_at)
{
	struct ig_told told = {
		.machine = {.addr = {2, 0, 0x5e, 0x10, 0, machine}, .pad = {kind}},
		.addr = {[10] = 0xff, 0xff, 203, 0, 113, last},
		.expires_at = expires_at,
	};

	snprintf(told.name, sizeof(told.name), "%s", name);
	return told;
}

static void add(struct ig_saved *saved, uint8_t kind, uint8_t machine, const char *name,
		uint8_t last, uint64_t expires_at)
{
	struct ig_told told = entry(kind, machine, name, last, expires_at);

	assert_int_equal(ig_told_add(&saved->told, &told), 0);
}

static void fill(struct ig_saved *saved, uint64_t at)
{
	*saved = (struct ig_saved){.at = right(at)};
	add(saved, IG_MAC_IS_MAC, 0x12, "www.vendor.example", 20, at + 2 * HOUR);
	add(saved, IG_MAC_IS_MAC, 0x11, "www.vendor.example", 21, at + HOUR);
	add(saved, IG_MAC_IS_MAC, 0x11, "www.vendor.example", 20, at + HOUR);
	add(saved, IG_MAC_IS_NAME, 0x13, "a\"\\b.example", 9, at + HOUR);
	ig_told_sort(&saved->told);
}

static void read_text(const char *text, size_t size, struct ig_time now, struct ig_saved *saved)
{
	const char *why = NULL;

	if (ig_saved_parse(text, size, now, saved, &why))
		fail_msg("%s: %s", text, why);
}

/* Saved at the one moment, and read at the other. */
static void over(uint64_t at, struct ig_time now, struct ig_saved *again)
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

static void assert_told(const struct ig_told *told, struct ig_told wanted)
{
	assert_memory_equal(&told->machine, &wanted.machine, sizeof(wanted.machine));
	assert_string_equal(told->name, wanted.name);
	assert_memory_equal(told->addr, wanted.addr, sizeof(wanted.addr));
	assert_int_equal(told->expires_at, wanted.expires_at);
}

static void test_it_comes_back_as_it_was(void **state)
{
	struct ig_saved again;

	(void)state;
	over(NOW, right(NOW), &again);
	assert_int_equal(again.told.count, 4);
	assert_told(&again.told.items[0],
		    entry(IG_MAC_IS_MAC, 0x11, "www.vendor.example", 20, NOW + HOUR));
	assert_told(&again.told.items[1],
		    entry(IG_MAC_IS_MAC, 0x11, "www.vendor.example", 21, NOW + HOUR));
	assert_told(&again.told.items[2],
		    entry(IG_MAC_IS_MAC, 0x12, "www.vendor.example", 20, NOW + 2 * HOUR));
	assert_told(&again.told.items[3],
		    entry(IG_MAC_IS_NAME, 0x13, "a\"\\b.example", 9, NOW + HOUR));
	ig_saved_clear(&again);
}

/* How many are left, and for how long the last one is. */
static void assert_left(struct ig_time now, size_t count, uint64_t seconds)
{
	struct ig_saved again;
	uint64_t most = 0;

	over(NOW, now, &again);
	assert_int_equal(again.told.count, count);
	for (size_t i = 0; i < count; i++) {
		if (again.told.items[i].expires_at - now.s > most)
			most = again.told.items[i].expires_at - now.s;
	}
	assert_int_equal(most, seconds);
	ig_saved_clear(&again);
}

static void test_no_clock_makes_it_last_longer(void **state)
{
	(void)state;
	assert_left(right(NOW + 600), 4, 2 * HOUR - 600);
	assert_left(right(NOW + HOUR), 1, HOUR);
	assert_left(right(NOW + 2 * HOUR), 0, 0);
	assert_left((struct ig_time){.s = FACTORY}, 4, 2 * HOUR);
	assert_left((struct ig_time){.s = LATE}, 0, 0);
	assert_left((struct ig_time){.s = 0}, 4, 2 * HOUR);
}

static void test_without_names_the_file_says_nothing_of_them(void **state)
{
	struct ig_saved saved = {.at = right(NOW)};
	size_t size;
	char *text = ig_saved_print(&saved, &size);

	(void)state;
	assert_null(strstr(text, "names"));
	read_text(text, size, right(NOW), &saved);
	assert_int_equal(saved.told.count, 0);
	free(text);
	ig_saved_clear(&saved);
}

/* --- what is no such file --- */

/* Behind a first line that is right. */
static int parse(const char *names, struct ig_saved *saved)
{
	uint8_t digest[IG_SHA256_SIZE];
	char hex[2 * IG_SHA256_SIZE + 1], body[2048], text[4096];
	const char *why = NULL;
	struct ig_sha256 sha;
	int n, err;

	snprintf(body, sizeof(body), "{\"saved_at\":%llu,\"bindings\":[],\"names\":%s}", NOW,
		 names);
	ig_sha256_init(&sha);
	ig_sha256_update(&sha, body, strlen(body));
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
	n = snprintf(text, sizeof(text), "{\"iotguard\":1,\"length\":%zu,\"sha256\":\"%s\"}\n%s",
		     strlen(body), hex, body);
	err = ig_saved_parse(text, (size_t)n, right(NOW), saved, &why);
	if (err)
		assert_int_equal(saved->told.count, 0);
	return err;
}

#define ONE(mac, name, address, ends) \
	"[{\"mac\":" mac ",\"name\":" name ",\"address\":" address ",\"expires_at\":" ends "}]"
#define MAC	    "\"02:00:5e:10:00:11\""
#define ADDRESS	    "\"203.0.113.9\""
#define ENDS	    "1795347065"
#define NAMED(name) ONE(MAC, "\"" name "\"", ADDRESS, ENDS)
#define A63	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"7",
		"{}",
		"null",
		"[7]",
		"[{}]",
		ONE("7", "\"a.example\"", ADDRESS, ENDS),
		ONE("\"02:00:5e:10:00\"", "\"a.example\"", ADDRESS, ENDS),
		ONE(MAC, "7", ADDRESS, ENDS),
		ONE(MAC, "\"a.example\"", "\"203.0.113\"", ENDS),
		ONE(MAC, "\"a.example\"", "7", ENDS),
		ONE(MAC, "\"a.example\"", ADDRESS, "-1"),
		ONE(MAC, "\"a.example\"", ADDRESS, "\"soon\""),
		ONE(MAC, "\"a.example\"", ADDRESS, "253402300800"),
		NAMED(""),
		NAMED("."),
		NAMED(".example"),
		NAMED("a..example"),
		NAMED("a.example."),
		NAMED("A.example"),
		NAMED("a b.example"),
		NAMED("a\\u0000b.example"),
		NAMED("a\\u001b.example"),
		NAMED("caf\xc3\xa9.example"),
		NAMED(A63 "a.example"),
		NAMED(A63 "." A63 "." A63 "." A63), /* 255 bytes, and 257 as it is sent */
	};
	struct ig_saved saved;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (parse(wrong[i], &saved) != -EINVAL)
			fail_msg("it was taken: %s", wrong[i]);
	}
}

static void test_what_is_right_is_taken(void **state)
{
	static const char *const fine[] = {
		"[]",
		NAMED("example"),
		NAMED("*.example"),
		NAMED("_a-.b?.example"),
		NAMED(A63 "." A63 "." A63
			  ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	};
	struct ig_saved saved;

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
		if (parse(fine[i], &saved))
			fail_msg("it was not taken: %s", fine[i]);
		assert_int_equal(saved.told.count, i > 0);
		ig_saved_clear(&saved);
	}
}

/* Of two of the same the one that ends last counts, whatever their order. */
static void test_what_is_said_twice_is_once(void **state)
{
	struct ig_saved saved;

	(void)state;
	assert_int_equal(parse("[{\"mac\":" MAC ",\"name\":\"b.example\",\"address\":" ADDRESS
			       ",\"expires_at\":1795347065},{\"mac\":" MAC
			       ",\"name\":\"a.example\",\"address\":" ADDRESS
			       ",\"expires_at\":1795347065},{\"mac\":" MAC
			       ",\"name\":\"b.example\",\"address\":" ADDRESS
			       ",\"expires_at\":1795347066}]",
			       &saved),
			 0);
	assert_int_equal(saved.told.count, 2);
	assert_string_equal(saved.told.items[0].name, "a.example");
	assert_string_equal(saved.told.items[1].name, "b.example");
	assert_int_equal(saved.told.items[1].expires_at, 1795347066);
	ig_saved_clear(&saved);
}

/* --- is it worth writing? --- */

static bool differs(struct ig_told more, uint64_t later, uint64_t shift, bool exact)
{
	struct ig_saved before, after;
	bool result;

	fill(&before, NOW);
	fill(&after, NOW);
	after.at.s = NOW + later;
	for (size_t i = 0; i < after.told.count; i++)
		after.told.items[i].expires_at += shift;
	if (*more.name)
		assert_int_equal(ig_told_add(&after.told, &more), 0);
	ig_told_sort(&after.told);
	result = ig_saved_differs(&before, &after, exact);
	ig_saved_clear(&before);
	ig_saved_clear(&after);
	return result;
}

static void test_what_is_worth_writing(void **state)
{
	const struct ig_told none = {},
			     more = entry(IG_MAC_IS_MAC, 0x11, "b.example", 1, NOW + HOUR);

	(void)state;
	assert_false(differs(none, 0, 0, true));
	assert_false(differs(none, 60, 1, true)); /* clocks that are not the same */
	assert_false(differs(none, 60, HOUR, false));
	assert_true(differs(none, 60, HOUR, true));
	assert_true(differs(none, 60, HOUR + 1, false));
	assert_false(differs(more, 600, 0, false));
	assert_true(differs(more, 601, 0, false));
	assert_true(differs(more, 0, 0, true));
}

static void test_what_went_is_no_reason(void **state)
{
	struct ig_saved before, after;

	(void)state;
	fill(&before, NOW);
	fill(&after, NOW + HOUR);
	after.at.s = NOW + HOUR;
	after.told.count = 0;
	assert_false(ig_saved_differs(&before, &after, false));
	assert_true(ig_saved_differs(&before, &after, true));
	ig_saved_clear(&before);
	ig_saved_clear(&after);
}

/* The first ones there are. */
static void test_what_is_new_to_an_empty_file(void **state)
{
	struct ig_saved before = {}, after;

	(void)state;
	fill(&after, NOW);
	assert_true(ig_saved_differs(&before, &after, false));
	ig_saved_clear(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_comes_back_as_it_was),
		cmocka_unit_test(test_no_clock_makes_it_last_longer),
		cmocka_unit_test(test_without_names_the_file_says_nothing_of_them),
		cmocka_unit_test(test_what_is_wrong_is_refused),
		cmocka_unit_test(test_what_is_right_is_taken),
		cmocka_unit_test(test_what_is_said_twice_is_once),
		cmocka_unit_test(test_what_is_worth_writing),
		cmocka_unit_test(test_what_went_is_no_reason),
		cmocka_unit_test(test_what_is_new_to_an_empty_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
