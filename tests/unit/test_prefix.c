/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rule.h"

static void test_text_there_and_back(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned int length;
	} cases[] = {
		{"10.0.0.1", "10.0.0.1", 128},
		{"10.0.0.0/8", "10.0.0.0/8", 104},
		{"10.0.0.1/32", "10.0.0.1", 128},
		{"0.0.0.0/0", "0.0.0.0/0", 96},
		{"0.0.0.0", "0.0.0.0", 128},
		{"255.255.255.255", "255.255.255.255", 128},
		{"::/0", "::/0", 0},
		{"::", "::", 128},
		{"FD00:0:0::1", "fd00::1", 128},
		{"fd00::/64", "fd00::/64", 64},
		{"fd00::1/128", "fd00::1", 128},
		{"::ffff:10.0.0.1", "10.0.0.1", 128},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8", 104},
		{"::10.0.0.1", "::10.0.0.1", 128},
		{"2001:db8::/33", "2001:db8::/33", 33},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ig_prefix prefix, again;
		char why[128], text[IG_PREFIX_TEXT];

		assert_int_equal(ig_prefix_parse(cases[i].in, false, &prefix, why), 0);
		assert_int_equal(prefix.length, cases[i].length);
		ig_prefix_print(&prefix, text);
		assert_string_equal(text, cases[i].out);
		assert_int_equal(ig_prefix_parse(text, false, &again, why), 0);
		assert_memory_equal(&prefix, &again, sizeof(prefix));
	}
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text;
		bool host;
		const char *why;
	} cases[] = {
		{"", false, "`` is not an address"},
		{"10.0.0", false, "`10.0.0` is not an address"},
		{"10.0.0.256", false, "`10.0.0.256` is not an address"},
		{"010.0.0.1", false, "`010.0.0.1` is not an address"},
		{" 10.0.0.1", false, "` 10.0.0.1` is not an address"},
		{"fe80::1%eth0", false, "`fe80::1%eth0` is not an address"},
		{"10.0.0.0/33", false, "`/33` is not a length from 0 to 32"},
		{"10.0.0.0/", false, "`/` is not a length from 0 to 32"},
		{"10.0.0.0/08", false, "`/08` is not a length from 0 to 32"},
		{"10.0.0.0/8/8", false, "`/8/8` is not a length from 0 to 32"},
		{"10.0.0.0/-1", false, "`/-1` is not a length from 0 to 32"},
		{"fd00::/129", false, "`/129` is not a length from 0 to 128"},
		{"10.0.0.1/8", false,
		 "`10.0.0.1/8` has bits set beyond its length; write 10.0.0.0/8"},
		{"fd00::1/64", false,
		 "`fd00::1/64` has bits set beyond its length; write fd00::/64"},
		{"10.0.0.0/8", true, "`10.0.0.0/8` is a prefix, and one address is wanted here"},
		{"0.0.0.0", true, "`0.0.0.0` is nobody's address"},
		{"::", true, "`::` is nobody's address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ig_prefix prefix;
		char why[128];

		assert_int_equal(ig_prefix_parse(cases[i].text, cases[i].host, &prefix, why),
				 -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static void test_why_always_fits(void **state)
{
	char text[1024], why[129];
	struct ig_prefix prefix;

	(void)state;
	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		memset(text, size % 2 ? '1' : ':', size);
		text[size] = '\0';
		if (size > 3)
			text[size / 2] = '/';
		why[128] = 'x';
		ig_prefix_parse(text, size % 3 == 0, &prefix, why);
		assert_int_equal(why[128], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_there_and_back),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_why_always_fits),
	};

	return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
