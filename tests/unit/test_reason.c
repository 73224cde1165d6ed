/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/types.h>

#include "abi.h"
#include "iotguard/iotguard.h"

static const struct {
	unsigned int number;
	const char *token;
} listed[] = {
#define IG_REASON(number, name, token, class, sentence) {number, token},
#include "iotguard/reason.def"
#undef IG_REASON
};

#define LISTED (sizeof(listed) / sizeof(*listed))

static void test_every_reason_is_found_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < LISTED; i++) {
		assert_string_equal(iotguard_reason_token(listed[i].number), listed[i].token);
		assert_int_equal(iotguard_reason_number(listed[i].token), listed[i].number);
		assert_true(*iotguard_reason_sentence(listed[i].number));
		assert_int_equal(iotguard_reason_passes(listed[i].number), listed[i].number < 64);
	}
}

static void test_numbers_and_tokens_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < LISTED; i++) {
		for (size_t k = i + 1; k < LISTED; k++) {
			assert_int_not_equal(listed[i].number, listed[k].number);
			assert_string_not_equal(listed[i].token, listed[k].token);
		}
	}
}

/* Tokens become labels, JSON values and words on a command line. */
static void test_tokens_are_plain_words(void **state)
{
	static const char *const letters = "abcdefghijklmnopqrstuvwxyz0123456789-";

	(void)state;
	for (size_t i = 0; i < LISTED; i++) {
		assert_true(strlen(listed[i].token) > 0);
		assert_int_equal(strspn(listed[i].token, letters), strlen(listed[i].token));
	}
}

static void test_what_is_no_reason(void **state)
{
	static const unsigned int none[] = {0, 63, 127, 128, 4096, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_null(iotguard_reason_token(none[i]));
		assert_null(iotguard_reason_sentence(none[i]));
		assert_false(iotguard_reason_passes(none[i]));
	}
	assert_int_equal(iotguard_reason_number("no-such-reason"), 0);
	assert_int_equal(iotguard_reason_number(""), 0);
	assert_int_equal(iotguard_reason_number(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_is_found_both_ways),
		cmocka_unit_test(test_numbers_and_tokens_are_unique),
		cmocka_unit_test(test_tokens_are_plain_words),
		cmocka_unit_test(test_what_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
