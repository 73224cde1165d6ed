/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "diag.h"
#include "text.h"

static void test_what_was_said_is_kept(void **state)
{
	struct ig_loc loc = {"a.yaml", 3, 7};
	struct ig_diags diags = {0};

	(void)state;
	ig_error(&diags, &loc, "do that", "%s is %d", "this", 5);
	ig_warning(&diags, NULL, NULL, "alone");
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 1);
	assert_string_equal(diags.items[0].message, "this is 5");
	assert_string_equal(diags.items[0].hint, "do that");
	assert_string_equal(diags.items[0].file, "a.yaml");
	assert_int_equal(diags.items[0].line, 3);
	assert_int_equal(diags.items[0].column, 7);
	assert_int_equal(diags.items[1].severity, IOTGUARD_WARNING);
	assert_null(diags.items[1].file);
	assert_null(diags.items[1].hint);
	ig_diags_clear(&diags);
	assert_int_equal(diags.count, 0);
}

static void test_strangers_text_is_escaped(void **state)
{
	struct ig_loc loc = {"x\x1b[2J", 1, 1};
	struct ig_diags diags = {0};

	(void)state;
	ig_error(&diags, &loc, "hint\a", "a\nb\tc\x1b[31m \xff \xc3\xa4 \xe2\x80\xae");
	assert_string_equal(diags.items[0].message,
			    "a\\nb\\tc\\x1b[31m \\xff \xc3\xa4 \\xe2\\x80\\xae");
	assert_string_equal(diags.items[0].hint, "hint\\x07");
	assert_string_equal(diags.items[0].file, "x\\x1b[2J");
	ig_diags_clear(&diags);
}

static void test_beyond_the_limit_they_are_counted(void **state)
{
	struct ig_diags diags = {0};

	(void)state;
	for (int i = 0; i < IG_DIAGS_MAX + 5; i++)
		ig_error(&diags, NULL, NULL, "%d", i);
	assert_int_equal(diags.count, IG_DIAGS_MAX);
	assert_int_equal(diags.dropped, 5);
	assert_int_equal(diags.errors, IG_DIAGS_MAX + 5);
	ig_diags_clear(&diags);
}

static void test_warnings_leave_room_for_errors(void **state)
{
	struct ig_diags diags = {0};

	(void)state;
	for (int i = 0; i < 2 * IG_DIAGS_MAX; i++)
		ig_warning(&diags, NULL, NULL, "%d", i);
	assert_int_equal(diags.count, IG_DIAGS_WARNINGS);
	ig_error(&diags, NULL, NULL, "what it is about");
	assert_int_equal(diags.count, IG_DIAGS_WARNINGS + 1);
	assert_string_equal(diags.items[IG_DIAGS_WARNINGS].message, "what it is about");
	assert_int_equal(diags.dropped, 2 * IG_DIAGS_MAX - IG_DIAGS_WARNINGS);
	ig_diags_clear(&diags);
}

static void test_order_of_files_and_lines(void **state)
{
	static const struct {
		const char *file;
		unsigned int line, column;
		const char *message;
	} said[] = {
		{"b", 1, 1, "5"}, {"a", 2, 1, "3"}, {"a", 1, 9, "2"},
		{"a", 1, 1, "1"}, {"a", 2, 1, "4"}, {NULL, 0, 0, "6"},
	};
	char a[] = "a", b[] = "b", *files[] = {a, b};
	struct ig_diags diags = {0};

	(void)state;
	ig_error(&diags, NULL, NULL, "0");
	for (size_t i = 0; i < 6; i++) {
		struct ig_loc loc = {said[i].file, said[i].line, said[i].column};

		ig_error(&diags, &loc, NULL, "%s", said[i].message);
	}
	ig_diags_sort(&diags, 1, files, 2);
	for (size_t i = 0; i < diags.count; i++)
		assert_int_equal(atoi(diags.items[i].message), i);
	ig_diags_clear(&diags);
}

static void test_utf8(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc3",
					  "\xe0\x80\x80",
					  "\xed\xa0\x80",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80\x80",
					  "\xe2\x82"};
	uint32_t c;

	(void)state;
	assert_int_equal(ig_utf8_decode("\xe2\x82\xac", 3, &c), 3);
	assert_int_equal(c, 0x20ac);
	assert_int_equal(ig_utf8_decode("\xf0\x9f\x98\x80", 4, &c), 4);
	assert_int_equal(c, 0x1f600);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ig_utf8_decode(bad[i], strlen(bad[i]), &c), 0);
	assert_true(ig_text_printable("gr\xc3\xbc\xc3\x9f"));
	assert_false(ig_text_printable("a\x7f"));
}

static void test_suggestions(void **state)
{
	static const char *const words[] = {"internet", "gateway", "tcp", "critical", NULL};

	(void)state;
	assert_string_equal(ig_text_suggest("internett", words), "internet");
	assert_string_equal(ig_text_suggest("gatway", words), "gateway");
	assert_string_equal(ig_text_suggest("tpc", words), "tcp");
	assert_string_equal(ig_text_suggest("CRITICAL", words), "critical");
	assert_null(ig_text_suggest("camera", words));
	assert_null(ig_text_suggest("", words));
	assert_int_equal(ig_text_distance("kitten", "sitting", 5), 3);
	assert_int_equal(ig_text_distance("kitten", "sitting", 2), 3);
	assert_int_equal(ig_text_distance("ab", "ba", 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_said_is_kept),
		cmocka_unit_test(test_strangers_text_is_escaped),
		cmocka_unit_test(test_beyond_the_limit_they_are_counted),
		cmocka_unit_test(test_warnings_leave_room_for_errors),
		cmocka_unit_test(test_order_of_files_and_lines),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
