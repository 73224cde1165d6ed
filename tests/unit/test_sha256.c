/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors: FIPS 180-4 examples and NIST CAVP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sha256.h"

static void check(const void *data, size_t size, size_t step, const char *expected)
{
	struct ig_sha256 sha;
	uint8_t digest[IG_SHA256_SIZE];
	char hex[2 * IG_SHA256_SIZE + 1];

	ig_sha256_init(&sha);
	for (size_t at = 0; at < size; at += step)
		ig_sha256_update(&sha, (const char *)data + at,
				 size - at < step ? size - at : step);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
	assert_string_equal(hex, expected);
}

static void test_standard_vectors(void **state)
{
	static const struct {
		const char *text, *digest;
	} vectors[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
		 "lmnopqrsmnopqrstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		for (size_t step = 1; step < 130; step += 7)
			check(vectors[i].text, strlen(vectors[i].text), step, vectors[i].digest);
}

static void test_a_million_a(void **state)
{
	static char data[1000000];

	(void)state;
	memset(data, 'a', sizeof(data));
	check(data, sizeof(data), 4096,
	      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Around the end of a block the length no longer fits behind the padding. */
static void test_lengths_around_a_block(void **state)
{
	static const struct {
		size_t size;
		const char *digest;
	} vectors[] = {
		{55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
		{56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
		{57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
		{64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
	};
	static const char zeros[64];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		check(zeros, vectors[i].size, 64, vectors[i].digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_vectors),
		cmocka_unit_test(test_a_million_a),
		cmocka_unit_test(test_lengths_around_a_block),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
