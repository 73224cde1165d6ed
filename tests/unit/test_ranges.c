/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of numbers: small ones against bitmaps, and what happens at the ends of 32 and 128 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ranges.h"
#include "random.h"
#include "util.h"

#define LAST4 ((ig_number)UINT32_MAX)
#define LAST6 (~(ig_number)0)

/* --- small sets --- */

#define UNIVERSE 64

/* Some ranges in the last UNIVERSE numbers up to @last, and the same as bits. */
static uint64_t random_set(struct ig_ranges *set, ig_number last)
{
	uint64_t bits = 0;

	for (uint32_t n = chance(7); n; n--) {
		uint32_t from = chance(UNIVERSE), to = from + chance(UNIVERSE - from);

		assert_int_equal(ig_ranges_add(set, last - (UNIVERSE - 1) + from,
					       last - (UNIVERSE - 1) + to),
				 0);
		for (uint32_t i = from; i <= to; i++)
			bits |= 1ull << i;
	}
	return bits;
}

static void check_set(const struct ig_ranges *set, uint64_t bits, ig_number last)
{
	for (uint32_t i = 0; i < UNIVERSE; i++)
		assert_int_equal(ig_ranges_contain(set, last - (UNIVERSE - 1) + i), bits >> i & 1);
	if (last >= UNIVERSE)
		assert_false(ig_ranges_contain(set, last - UNIVERSE));
	if (last != LAST6)
		assert_false(ig_ranges_contain(set, last + 1));
	/* sorted, and nothing touches */
	for (size_t i = 0; i < set->count; i++) {
		assert_true(set->items[i].first <= set->items[i].last);
		if (i)
			assert_true(set->items[i - 1].last + 1 < set->items[i].first);
	}
}

static void test_like_bitmaps(void **state)
{
	static const ig_number lasts[] = {UNIVERSE - 1, LAST4, LAST4 + UNIVERSE / 2, LAST6};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		ig_number last = lasts[round % ARRAY_SIZE(lasts)];
		struct ig_ranges a = {}, b = {};
		uint64_t in_a = random_set(&a, last), in_b = random_set(&b, last);

		ig_ranges_normalise(&a);
		ig_ranges_normalise(&b);
		check_set(&a, in_a, last);
		check_set(&b, in_b, last);
		assert_int_equal(ig_ranges_cover(&a, &b), !(in_b & ~in_a));
		assert_int_equal(ig_ranges_overlap(&a, &b), !!(in_a & in_b));
		assert_int_equal(ig_ranges_subtract(&a, &b), 0);
		check_set(&a, in_a & ~in_b, last);
		assert_int_equal(ig_ranges_add_all(&a, &b), 0);
		ig_ranges_normalise(&a);
		check_set(&a, in_a | in_b, last);
		ig_ranges_clear(&a);
		ig_ranges_clear(&b);
	}
}

/* --- the ends --- */

static void check_span(const struct ig_ranges *set, size_t i, ig_number first, ig_number last)
{
	assert_true(i < set->count);
	assert_true(set->items[i].first == first);
	assert_true(set->items[i].last == last);
}

static void test_everything(void **state)
{
	static const ig_number lasts[] = {LAST4, LAST6};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lasts); i++) {
		ig_number last = lasts[i];
		struct ig_ranges all = {}, holes = {};

		assert_int_equal(ig_ranges_add(&all, 0, last), 0);
		assert_int_equal(ig_ranges_add(&all, last, last), 0);
		assert_int_equal(ig_ranges_add(&all, 0, 0), 0);
		ig_ranges_normalise(&all);
		assert_int_equal(all.count, 1);
		check_span(&all, 0, 0, last);
		assert_int_equal(ig_ranges_add(&holes, 0, 0), 0);
		assert_int_equal(ig_ranges_add(&holes, last, last), 0);
		assert_int_equal(ig_ranges_add(&holes, last / 2, last / 2), 0);
		ig_ranges_normalise(&holes);
		assert_int_equal(ig_ranges_subtract(&all, &holes), 0);
		assert_int_equal(all.count, 2);
		check_span(&all, 0, 1, last / 2 - 1);
		check_span(&all, 1, last / 2 + 1, last - 1);
		/* nothing from everything, everything from something */
		ig_ranges_clear(&holes);
		assert_int_equal(ig_ranges_subtract(&all, &holes), 0);
		assert_int_equal(all.count, 2);
		assert_int_equal(ig_ranges_add(&holes, 0, last), 0);
		assert_int_equal(ig_ranges_subtract(&all, &holes), 0);
		assert_int_equal(all.count, 0);
		assert_false(ig_ranges_contain(&all, 0));
		assert_int_equal(ig_ranges_subtract(&all, &holes), 0);
		assert_int_equal(all.count, 0);
		ig_ranges_clear(&all);
		ig_ranges_clear(&holes);
	}
}

static void test_halves_join(void **state)
{
	struct ig_ranges set = {};

	(void)state;
	assert_int_equal(ig_ranges_add(&set, (ig_number)1 << 127, LAST6), 0);
	assert_int_equal(ig_ranges_add(&set, 0, ((ig_number)1 << 127) - 1), 0);
	ig_ranges_normalise(&set);
	assert_int_equal(set.count, 1);
	check_span(&set, 0, 0, LAST6);
	ig_ranges_clear(&set);
}

/* --- addresses --- */

static struct ig_span span_of(const char *text)
{
	struct ig_prefix prefix;
	char why[128];

	assert_int_equal(ig_prefix_parse(text, false, &prefix, why), 0);
	return ig_span_of_prefix(&prefix);
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *text;
		uint64_t first_high, first_low, last_high, last_low;
	} cases[] = {
		{"0.0.0.0/0", 0, 0, 0, 0xffffffff},
		{"10.0.0.0/8", 0, 0x0a000000, 0, 0x0affffff},
		{"255.255.255.255", 0, 0xffffffff, 0, 0xffffffff},
		{"128.0.0.0/1", 0, 0x80000000, 0, 0xffffffff},
		{"::/0", 0, 0, UINT64_MAX, UINT64_MAX},
		{"8000::/1", 1ull << 63, 0, UINT64_MAX, UINT64_MAX},
		{"2001:db8::/32", 0x20010db800000000, 0, 0x20010db8ffffffff, UINT64_MAX},
		{"fd00::/64", 0xfd00000000000000, 0, 0xfd00000000000000, UINT64_MAX},
		{"fd00::1", 0xfd00000000000000, 1, 0xfd00000000000000, 1},
		{"::1", 0, 1, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ig_span span = span_of(cases[i].text);

		assert_true(span.first ==
			    ((ig_number)cases[i].first_high << 64 | cases[i].first_low));
		assert_true(span.last == ((ig_number)cases[i].last_high << 64 | cases[i].last_low));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_bitmaps),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_halves_join),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
