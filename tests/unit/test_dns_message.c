/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS answers: what is read of good ones, and that bad ones are refused. */
#include <arpa/nameser.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dns_message.h"
#include "util.h"

#define QUESTION_AT 12

struct message {
	uint8_t bytes[IG_DNS_MESSAGE_MAX + 64];
	size_t size;
};

static struct ig_dns_message read_as;

/* --- making messages --- */

static void put8(struct message *m, unsigned int value)
{
	m->bytes[m->size++] = (uint8_t)value;
}

static void put16(struct message *m, unsigned int value)
{
	put8(m, value >> 8);
	put8(m, value);
}

static void put32(struct message *m, uint32_t value)
{
	put16(m, value >> 16);
	put16(m, value);
}

/* "www.example": labels and the zero byte behind them; "": the root. */
static void put_name(struct message *m, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ".");

		put8(m, (unsigned int)n);
		for (size_t i = 0; i < n; i++)
			put8(m, (uint8_t)text[i]);
		text += n + (text[n] == '.');
	}
	put8(m, 0);
}

static void put_pointer(struct message *m, size_t to)
{
	put16(m, 0xc000 | (unsigned int)to);
}

static void set_answers(struct message *m, unsigned int n)
{
	m->bytes[6] = (uint8_t)(n >> 8);
	m->bytes[7] = (uint8_t)n;
}

static void add_answer(struct message *m)
{
	set_answers(m, (m->bytes[6] << 8 | m->bytes[7]) + 1u);
}

static struct message *begin(const char *name, unsigned int type)
{
	static struct message m;

	m.size = 0;
	put16(&m, 0x1234);
	put16(&m, 0x8180);
	put16(&m, 1);
	put16(&m, 0);
	put32(&m, 0);
	put_name(&m, name);
	put16(&m, type);
	put16(&m, ns_c_in);
	return &m;
}

/* Behind its name. */
static void put_rest(struct message *m, unsigned int type, uint32_t ttl, unsigned int size)
{
	put16(m, type);
	put16(m, ns_c_in);
	put32(m, ttl);
	put16(m, size);
	add_answer(m);
}

static void put_a(struct message *m, const char *owner, uint32_t ttl, uint32_t address)
{
	if (owner)
		put_name(m, owner);
	else
		put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_a, ttl, 4);
	put32(m, address);
}

static void put_aaaa(struct message *m, uint32_t first, uint32_t third, uint32_t last)
{
	put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_aaaa, 300, 16);
	put32(m, first);
	put32(m, 0);
	put32(m, third);
	put32(m, last);
}

static void put_alias(struct message *m, const char *owner, uint32_t ttl, const char *target)
{
	size_t length_at;

	if (owner)
		put_name(m, owner);
	else
		put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_cname, ttl, 0);
	length_at = m->size - 2;
	put_name(m, target);
	m->bytes[length_at + 1] = (uint8_t)(m->size - length_at - 2);
}

static int reads(const struct message *m)
{
	/* of just that size: whoever reads on is seen */
	uint8_t *copy = malloc(m->size ? m->size : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, m->bytes, m->size);
	err = ig_dns_message_read(copy, m->size, &read_as);
	free(copy);
	return err;
}

static void assert_address4(size_t i, uint32_t address)
{
	const uint8_t expected[16] = {
		[10] = 0xff,
		[11] = 0xff,
		[12] = address >> 24,
		[13] = (uint8_t)(address >> 16),
		[14] = (uint8_t)(address >> 8),
		[15] = (uint8_t)address,
	};

	assert_true(i < read_as.n_addresses);
	assert_memory_equal(read_as.addresses[i], expected, 16);
}

/* --- good ones --- */

static void test_plain(void **state)
{
	struct message *m = begin("wWw.Vendor.example", ns_t_a);
	static const uint8_t name[] = "\3wWw\6Vendor\7example";

	(void)state;
	put_a(m, NULL, 300, 0xc0000201);
	put_a(m, "www.vendor.EXAMPLE", 60, 0xc0000202);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.id, 0x1234);
	assert_int_equal(read_as.type, ns_t_a);
	assert_int_equal(read_as.class, ns_c_in);
	assert_int_equal(read_as.name_length, sizeof(name));
	assert_memory_equal(read_as.name, name, sizeof(name));
	assert_int_equal(read_as.ttl, 60);
	assert_int_equal(read_as.n_addresses, 2);
	assert_address4(0, 0xc0000201);
	assert_address4(1, 0xc0000202);
}

static void test_ipv6(void **state)
{
	struct message *m = begin("six.example", ns_t_aaaa);

	(void)state;
	put_aaaa(m, 0x20010db8, 0, 0x17);
	put_aaaa(m, 0, 0xffff, 0xc0000201); /* v4-mapped: none */
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 1);
	assert_int_equal(read_as.addresses[0][0], 0x20);
	assert_int_equal(read_as.addresses[0][15], 0x17);
}

static void test_nothing(void **state)
{
	struct message *m = begin("none.example", ns_t_a);

	(void)state;
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 0);
	assert_int_equal(read_as.ttl, IG_DNS_TTL_MAX);
}

static void test_the_root(void **state)
{
	(void)state;
	assert_int_equal(reads(begin("", ns_t_a)), 0);
	assert_int_equal(read_as.name_length, 1);
}

/* Nothing else is read of what was asked for another type, however wrong. */
static void test_other_types(void **state)
{
	struct message *m = begin("text.example", ns_t_txt);

	(void)state;
	set_answers(m, 65535);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.type, ns_t_txt);
	assert_int_equal(read_as.n_addresses, 0);
}

static void test_strange_records(void **state)
{
	struct message *m = begin("mine.example", ns_t_a);

	(void)state;
	put_a(m, "other.example", 5, 0xc0000263);
	put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_txt, 1, 3);
	put8(m, 2);
	put16(m, 0x4142);
	put_a(m, NULL, 600, 0xc0000201);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 1);
	assert_address4(0, 0xc0000201);
	assert_int_equal(read_as.ttl, 600);
}

static void test_ttl(void **state)
{
	struct message *m = begin("old.example", ns_t_a);

	(void)state;
	put_a(m, NULL, 0x80000000, 0xc0000201);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.ttl, 0);
	m = begin("long.example", ns_t_a);
	put_a(m, NULL, 0x7fffffff, 0xc0000201);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.ttl, IG_DNS_TTL_MAX);
}

/* --- aliases --- */

static void test_aliases_in_order(void **state)
{
	struct message *m = begin("a.example", ns_t_a);

	(void)state;
	put_alias(m, NULL, 30, "b.example");
	put_alias(m, "B.example", 20, "c.example");
	put_a(m, "c.example", 600, 0xc0000201);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 1);
	assert_int_equal(read_as.ttl, 20);
}

static void test_aliases_backward(void **state)
{
	struct message *m = begin("a.example", ns_t_a);

	(void)state;
	put_a(m, "c.example", 600, 0xc0000201);
	put_alias(m, "b.example", 20, "c.example");
	put_alias(m, NULL, 30, "b.example");
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 1);
	assert_int_equal(read_as.ttl, 20);
}

static int chain_of(unsigned int length)
{
	struct message *m = begin("n0", ns_t_a);
	char from[16], to[16];

	for (unsigned int i = 0; i < length; i++) {
		snprintf(from, sizeof(from), "n%u", i);
		snprintf(to, sizeof(to), "n%u", i + 1);
		put_alias(m, from, 60, to);
	}
	snprintf(from, sizeof(from), "n%u", length);
	put_a(m, from, 60, 0xc0000201);
	return reads(m);
}

static void test_long_chains(void **state)
{
	(void)state;
	assert_int_equal(chain_of(IG_DNS_ALIASES_MAX), 0);
	assert_int_equal(read_as.n_addresses, 1);
	assert_int_equal(chain_of(IG_DNS_ALIASES_MAX + 1), -E2BIG);
}

static void test_alias_loops(void **state)
{
	struct message *m = begin("a.example", ns_t_a);

	(void)state;
	put_alias(m, NULL, 30, "b.example");
	put_alias(m, "b.example", 30, "a.example");
	assert_int_equal(reads(m), -EBADMSG);
	m = begin("a.example", ns_t_a);
	put_alias(m, NULL, 30, "A.example");
	assert_int_equal(reads(m), -EBADMSG);
}

/* The data of an alias is a name and nothing else. */
static void test_alias_with_more(void **state)
{
	struct message *m = begin("a.example", ns_t_a);

	(void)state;
	put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_cname, 30, 5);
	put_name(m, "b");
	put16(m, 0);
	assert_int_equal(reads(m), -EBADMSG);
}

/* --- compression --- */

static void test_pointers(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);
	size_t alias_at;

	(void)state;
	put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_cname, 30, 6);
	alias_at = m->size;
	put8(m, 3);
	put8(m, 'c');
	put8(m, 'd');
	put8(m, 'n');
	put_pointer(m, QUESTION_AT + 4); /* vendor.example */
	put_pointer(m, alias_at);
	put_rest(m, ns_t_a, 30, 4);
	put32(m, 0xc0000201);
	put_a(m, "cdn.vendor.example", 30, 0xc0000202);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 2);
}

/* A record whose name is a pointer to @to. */
static int pointing(size_t to)
{
	struct message *m = begin("www.vendor.example", ns_t_a);

	put_pointer(m, to);
	put_rest(m, ns_t_a, 30, 4);
	put32(m, 0xc0000201);
	return reads(m);
}

static void test_bad_pointers(void **state)
{
	size_t here = begin("www.vendor.example", ns_t_a)->size;

	(void)state;
	assert_int_equal(pointing(QUESTION_AT), 0);
	assert_int_equal(pointing(here), -EBADMSG);	/* to itself */
	assert_int_equal(pointing(here + 2), -EBADMSG); /* forward */
	assert_int_equal(pointing(0x3fff), -EBADMSG);	/* out of range */
	assert_int_equal(pointing(0), -EBADMSG);	/* the header is no name */
	assert_int_equal(pointing(11), -EBADMSG);
}

static void test_pointer_loop(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);
	size_t first = m->size;

	(void)state;
	put8(m, 1);
	put8(m, 'x');
	put_pointer(m, first); /* the name goes through itself for ever */
	put_rest(m, ns_t_a, 30, 4);
	put32(m, 0xc0000201);
	assert_int_equal(reads(m), -EBADMSG);
}

static void test_pointer_in_the_question(void **state)
{
	struct message *m = begin("", ns_t_a);

	(void)state;
	m->size = QUESTION_AT;
	put_pointer(m, 4);
	put16(m, ns_t_a);
	put16(m, ns_c_in);
	assert_int_equal(reads(m), -EBADMSG);
}

static void test_reserved_label(void **state)
{
	struct message *m = begin("", ns_t_a);

	(void)state;
	m->size = QUESTION_AT;
	put8(m, 0x40);
	put8(m, 0);
	put16(m, ns_t_a);
	put16(m, ns_c_in);
	assert_int_equal(reads(m), -EBADMSG);
}

/* --- names that are too long --- */

static int name_of(size_t wire)
{
	char text[512] = "";

	/* labels of 1, and one of 2 where that comes out */
	while (wire > 4) {
		strcat(text, "a.");
		wire -= 2;
	}
	strcat(text, wire == 4 ? "bb" : "c");
	return reads(begin(text, ns_t_a));
}

static void test_long_names(void **state)
{
	(void)state;
	assert_int_equal(name_of(255), 0);
	assert_int_equal(read_as.name_length, 255);
	assert_int_equal(name_of(256), -EBADMSG);
	assert_int_equal(name_of(400), -EBADMSG);
}

/* Each part is short; what they are together is not. */
static void test_long_by_pointers(void **state)
{
	char part[64];
	struct message *m;
	size_t before;

	(void)state;
	memset(part, 'x', 63);
	part[63] = '\0';
	m = begin(part, ns_t_a);
	before = QUESTION_AT;
	for (int i = 0; i < 4; i++) {
		size_t here = m->size;

		put8(m, 63);
		for (int k = 0; k < 63; k++)
			put8(m, 'y');
		put_pointer(m, before);
		put_rest(m, ns_t_txt, 30, 0);
		before = here;
	}
	assert_int_equal(reads(m), -EBADMSG);
}

/* --- lies about lengths and numbers --- */

static void test_truncated(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);
	size_t whole;

	(void)state;
	put_a(m, NULL, 300, 0xc0000201);
	whole = m->size;
	for (size_t size = 0; size < whole; size++) {
		m->size = size;
		assert_int_equal(reads(m), -EBADMSG);
	}
	m->size = whole;
	assert_int_equal(reads(m), 0);
}

static void test_data_too_long(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);

	(void)state;
	put_pointer(m, QUESTION_AT);
	put_rest(m, ns_t_a, 30, 65535);
	put32(m, 0xc0000201);
	assert_int_equal(reads(m), -EBADMSG);
}

static int address_of_size(unsigned int type, unsigned int size)
{
	struct message *m = begin("www.vendor.example", ns_t_any);

	put_pointer(m, QUESTION_AT);
	put_rest(m, type, 30, size);
	for (unsigned int i = 0; i < size; i++)
		put8(m, 1);
	return reads(m);
}

static void test_addresses_of_another_size(void **state)
{
	(void)state;
	assert_int_equal(address_of_size(ns_t_a, 3), -EBADMSG);
	assert_int_equal(address_of_size(ns_t_a, 4), 0);
	assert_int_equal(address_of_size(ns_t_a, 16), -EBADMSG);
	assert_int_equal(address_of_size(ns_t_aaaa, 4), -EBADMSG);
	assert_int_equal(address_of_size(ns_t_aaaa, 16), 0);
	assert_int_equal(address_of_size(ns_t_aaaa, 17), -EBADMSG);
	assert_int_equal(address_of_size(ns_t_a, 0), -EBADMSG);
}

static void test_many_announced(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);

	(void)state;
	put_a(m, NULL, 300, 0xc0000201);
	set_answers(m, 2);
	assert_int_equal(reads(m), -EBADMSG);
	set_answers(m, IG_DNS_RECORDS_MAX);
	assert_int_equal(reads(m), -EBADMSG);
	set_answers(m, 65535);
	assert_int_equal(reads(m), -E2BIG);
}

static void test_many_records(void **state)
{
	struct message *m = begin("a", ns_t_a);

	(void)state;
	for (unsigned int i = 0; i < IG_DNS_ADDRESSES_MAX; i++)
		put_a(m, NULL, 300, 0x01000000 + i);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, IG_DNS_ADDRESSES_MAX);
	assert_address4(IG_DNS_ADDRESSES_MAX - 1, 0x01000000 + IG_DNS_ADDRESSES_MAX - 1);
	put_a(m, NULL, 300, 0x02000000);
	assert_int_equal(reads(m), -E2BIG);
}

/* As many as there can be in 64 KiB. */
static void test_a_full_message(void **state)
{
	struct message *m = begin("a", ns_t_a);
	unsigned int n = 0;

	(void)state;
	for (; m->size + 11 <= IG_DNS_MESSAGE_MAX && n < IG_DNS_RECORDS_MAX; n++) {
		put8(m, 0);
		put_rest(m, ns_t_txt, 0, 0);
	}
	assert_int_equal(reads(m), 0);
	put8(m, 0);
	put_rest(m, ns_t_txt, 0, 0);
	assert_int_equal(reads(m), -E2BIG);
	m->size = IG_DNS_MESSAGE_MAX + 1;
	assert_int_equal(reads(m), -E2BIG);
}

/* What is behind the answers is nobody's business. */
static void test_what_follows(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);

	(void)state;
	put_a(m, NULL, 300, 0xc0000201);
	m->bytes[9] = m->bytes[11] = 0xff;
	put16(m, 0xffff);
	assert_int_equal(reads(m), 0);
	assert_int_equal(read_as.n_addresses, 1);
}

static void test_no_answer(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);

	(void)state;
	m->bytes[2] = 0x01; /* a query */
	assert_int_equal(reads(m), -EBADMSG);
	m->bytes[2] = 0xa8; /* an update */
	assert_int_equal(reads(m), -EBADMSG);
	m->bytes[2] = 0x81;
	m->bytes[5] = 2; /* two questions */
	assert_int_equal(reads(m), -EBADMSG);
	m->bytes[5] = 0;
	assert_int_equal(reads(m), -EBADMSG);
}

/* --- held against the resolver library --- */

/* The same addresses from the C library, of what both take. */
static size_t addresses_of_libc(const struct message *m, uint8_t out[][16], size_t most)
{
	ns_msg handle;
	size_t n = 0;
	ns_rr rr;

	assert_int_equal(ns_initparse(m->bytes, (int)m->size, &handle), 0);
	for (int i = 0; i < ns_msg_count(handle, ns_s_an) && n < most; i++) {
		assert_int_equal(ns_parserr(&handle, ns_s_an, i, &rr), 0);
		if (ns_rr_type(rr) != ns_t_a)
			continue;
		memset(out[n], 0, 10);
		out[n][10] = out[n][11] = 0xff;
		memcpy(out[n++] + 12, ns_rr_rdata(rr), 4);
	}
	return n;
}

static void test_as_the_library_reads(void **state)
{
	struct message *m = begin("www.vendor.example", ns_t_a);
	uint8_t expected[8][16];

	(void)state;
	put_alias(m, NULL, 30, "cdn.example");
	for (uint32_t i = 0; i < 8; i++)
		put_a(m, "cdn.example", 60 + i, 0xc0000200 + i);
	assert_int_equal(reads(m), 0);
	assert_int_equal(addresses_of_libc(m, expected, 8), read_as.n_addresses);
	assert_memory_equal(read_as.addresses, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_the_root),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_strange_records),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_aliases_in_order),
		cmocka_unit_test(test_aliases_backward),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_alias_loops),
		cmocka_unit_test(test_alias_with_more),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_bad_pointers),
		cmocka_unit_test(test_pointer_loop),
		cmocka_unit_test(test_pointer_in_the_question),
		cmocka_unit_test(test_reserved_label),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_long_by_pointers),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_data_too_long),
		cmocka_unit_test(test_addresses_of_another_size),
		cmocka_unit_test(test_many_announced),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_a_full_message),
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_as_the_library_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
