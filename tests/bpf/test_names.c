/* SPDX-License-Identifier: BSD-2-Clause */
/* Names over more than one frame: what iotguardd reads for the programs, changes of the policy, how many there may be, and
 * what goes along to other tables. What one answer comes to is in goldens_names.c. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "carry.h"
#include "generation.h"
#include "util.h"
#include "world.h"

#define FROM   IOTGUARD_FROM_DEVICE
#define TO     IOTGUARD_TO_DEVICE
#define SECOND 1000000000ull

#define BEGINNING                                                                                \
	"version: 1\n"                                                                           \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1], resolvers: [10.0.0.1]}\n" \
	"segments:\n"                                                                            \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"                                 \
	"devices:\n"                                                                             \
	"  nvr: {mac: '02:00:00:00:00:11', segment: lan, addresses: [10.0.0.11],\n"              \
	"        rules: [allow to *.fresh.example tcp/443]}\n"
#define CAM(rules)                                                                  \
	BEGINNING                                                                   \
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, addresses: [10.0.0.10],\n" \
	"        rules: [" rules "]}\n"

#define BY_NAME	   CAM("allow to api.vendor.example tcp/443")
#define BY_PATTERN CAM("allow to *.vendor.example tcp/443, allow to *.fresh.example tcp/443")
#define BY_NONE	   CAM("allow to other.example tcp/443")

#define CAM_TO	   "cam>gw ip4 10.0.0.10>"
#define TO_CAM	   "gw>cam ip4 10.0.0.1>10.0.0.10 "
#define API	   "api.vendor.example A"
#define QUERY(q)   CAM_TO "10.0.0.1 udp 40000>53 query " q
#define ANSWER(a)  TO_CAM "udp 53>40000 answer " a
#define SERVER	   "203.0.113.77"
#define CONNECTS   CAM_TO SERVER " tcp 41000>443 S"
#define GOES_ON	   CAM_TO SERVER " tcp 41000>443 A data 4"
#define SERVES	   "gw>cam ip4 " SERVER ">10.0.0.10 tcp 443>41000 SA"

static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	lab_open_timed(&lab, BY_NAME);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

static void passes(enum iotguard_side side, const char *frame, const char *reason)
{
	lab_expect(&lab, side, true, reason, "%s", frame);
}

static void drops(enum iotguard_side side, const char *frame, const char *reason)
{
	lab_expect(&lab, side, false, reason, "%s", frame);
}

static void wait(uint64_t seconds)
{
	lab.now_ns += seconds * SECOND;
}

static void change(const char *inventory)
{
	lab_write(&lab, inventory);
	lab_flip(&lab);
}

static void resolve(const char *question, const char *records)
{
	struct lab_verdict v;
	struct frame frame;

	frame_make(&frame, CAM_TO "10.0.0.1 udp 40000>53 query %s", question);
	lab_run(&lab, FROM, &frame, &v);
	assert_true(v.passed);
	frame_make(&frame, TO_CAM "udp 53>40000 answer %s %s", question, records);
	lab_run(&lab, TO, &frame, &v);
	assert_true(v.passed);
}

/* --- what iotguardd reads --- */

static void name_on_the_wire(struct ig_answer *answer, const char *name)
{
	uint8_t *at = answer->name;

	while (*name) {
		size_t n = strcspn(name, ".");

		*at++ = (uint8_t)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	answer->length = (uint16_t)(at - answer->name + 1);
}

static void whole_address(uint8_t at[16], const char *address)
{
	at[10] = at[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, address, at + 12), 1);
}

static struct ig_answer answer_of(const char *name, uint8_t proto, const char *address)
{
	struct ig_answer answer = {
		.proto = proto,
		.ip_version = 4,
		.local_port_be = htons(40000),
		.id_be = htons(1),
		.ttl = 300,
		.n_addresses = 1,
	};

	frame_mac("cam", answer.mac);
	whole_address(answer.local, "10.0.0.10");
	whole_address(answer.remote, "10.0.0.1");
	whole_address(answer.addresses[0], address);
	name_on_the_wire(&answer, name);
	return answer;
}

static int tell(const struct ig_answer *answer)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = answer,
			    .data_size_in = sizeof(*answer), .repeat = 1);

	lab.object.replay->now_ns = lab.now_ns;
	assert_int_equal(bpf_prog_test_run_opts(lab.object.resolve, &opts), 0);
	return -(int)opts.retval;
}

struct unread {
	struct ig_unread last;
	size_t count, bytes;
};

static int on_unread(void *context, void *data, size_t size)
{
	struct unread *unread = context;

	assert_true(size >= offsetof(struct ig_unread, bytes) && size <= sizeof(unread->last));
	memcpy(&unread->last, data, size);
	assert_int_equal(unread->last.size, size);
	assert_int_equal(unread->last.length, size - offsetof(struct ig_unread, bytes));
	unread->count++;
	unread->bytes += unread->last.length;
	return 0;
}

static struct unread read_unread(void)
{
	struct ring_buffer *ring = NULL;
	struct unread unread = {};

	ring = ring_buffer__new(lab.object.maps[IG_MAP_unread], on_unread, &unread, NULL);
	assert_non_null(ring);
	assert_true(ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return unread;
}

#define TCP_SYN	   CAM_TO "10.0.0.1 tcp 40000>53 S"
#define TCP_QUERY  CAM_TO "10.0.0.1 tcp 40000>53 A over query " API
#define TCP_ANSWER TO_CAM "tcp 53>40000 A over answer " API " a " SERVER

static void test_an_answer_over_tcp(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 6, SERVER);
	struct unread unread;

	(void)state;
	passes(FROM, TCP_SYN, "dns");
	passes(FROM, TCP_QUERY, "flow");
	drops(TO, TCP_ANSWER, "dns-unread");
	unread = read_unread();
	assert_int_equal(unread.count, 1);
	assert_int_equal(unread.last.last, 1);
	assert_int_equal(unread.last.proto, 6);
	assert_int_equal(unread.last.device, lab_index(&lab, "cam"));
	assert_memory_equal(unread.last.mac, answer.mac, 6);
	assert_memory_equal(unread.last.local, answer.local, 16);
	assert_memory_equal(unread.last.remote, answer.remote, 16);
	assert_int_equal(unread.last.local_port_be, answer.local_port_be);
	assert_int_equal(unread.last.bytes[0] << 8 | unread.last.bytes[1], unread.last.length - 2);
	drops(FROM, CONNECTS, "no-rule");

	answer.read_to = unread.last.sequence + unread.last.length;
	assert_int_equal(tell(&answer), 0);
	passes(TO, TCP_ANSWER, "flow");
	passes(FROM, CONNECTS, "rule");
	/* what comes behind it is another answer */
	drops(TO, TO_CAM "tcp 53>40000 A data 200", "dns-unread");
}

static void test_more_than_one_command(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 6, SERVER);

	(void)state;
	passes(FROM, TCP_SYN, "dns");
	passes(FROM, TCP_QUERY, "flow");
	answer.read_to = 1000;
	answer.flags = IG_ANSWER_MORE;
	assert_int_equal(tell(&answer), 0);
	passes(FROM, CONNECTS, "rule");
	drops(TO, TCP_ANSWER, "dns-unread");
}

static void test_what_nobody_asked(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 17, SERVER);

	(void)state;
	assert_int_equal(tell(&answer), -ESRCH); /* no flow */
	passes(FROM, QUERY(API), "dns");
	answer.id_be = htons(2);
	assert_int_equal(tell(&answer), -ESRCH);
	answer.id_be = htons(1);
	answer.local_port_be = htons(40001);
	assert_int_equal(tell(&answer), -ESRCH);
	answer = answer_of("bpi.vendor.example", 17, SERVER);
	assert_int_equal(tell(&answer), -ESRCH);
	answer = answer_of("api.vendor.example", 17, SERVER);
	answer.name[0] = 200;
	assert_int_equal(tell(&answer), -EINVAL);
	answer.name[0] = 3;
	answer.length--;
	assert_int_equal(tell(&answer), -EINVAL);
	answer.length++;
	answer.n_addresses = IG_ANSWER_ADDRESSES + 1;
	assert_int_equal(tell(&answer), -EINVAL);
	drops(FROM, CONNECTS, "no-rule");
	answer.n_addresses = 1;
	wait(31);
	assert_int_equal(tell(&answer), -ESRCH);
}

/* No more than the programs themselves would pin. */
static void test_what_it_may_not_pin(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 17, "10.0.0.1");

	(void)state;
	passes(FROM, QUERY(API), "dns");
	assert_int_equal(tell(&answer), 0);
	drops(FROM, CAM_TO "10.0.0.1 tcp 41000>443 S", "no-rule");
	answer = answer_of("api.vendor.example", 17, "10.0.0.11");
	assert_int_equal(tell(&answer), 0);
	drops(FROM, "cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 41000>443 S", "no-rule");
}

static void test_a_long_answer(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 17, SERVER);
	struct unread unread;

	(void)state;
	passes(FROM, QUERY(API), "dns");
	drops(TO, ANSWER(API " many 17 203.0.113.1"), "dns-unread");
	unread = read_unread();
	assert_int_equal(unread.count, 1);
	assert_int_equal(unread.last.proto, 17);
	assert_int_equal(unread.last.at, 0);
	assert_int_equal(tell(&answer), 0);
	passes(FROM, QUERY(API), "flow");
	passes(TO, ANSWER(API " many 17 203.0.113.1"), "flow");
	passes(FROM, CONNECTS, "rule");
	passes(FROM, QUERY("bpi.vendor.example A"), "flow");
	drops(TO, ANSWER("bpi.vendor.example A many 17 203.0.113.1"), "dns-unread");
	wait(31);
	passes(FROM, QUERY(API), "flow");
	drops(TO, ANSWER(API " many 17 203.0.113.1"), "dns-unread");
}

static void test_a_message_in_pieces(void **state)
{
	struct unread unread;

	(void)state;
	passes(FROM, TCP_SYN, "dns");
	drops(TO, TO_CAM "tcp 53>40000 A data 1900", "dns-unread");
	unread = read_unread();
	assert_int_equal(unread.count, 1);
	assert_int_equal(unread.bytes, 1900);
}

/* --- changes of the policy --- */

static void connect_by_name(void)
{
	resolve(API, "a " SERVER);
	passes(FROM, CONNECTS, "rule");
	passes(TO, SERVES, "flow");
}

static void test_a_conversation_goes_on(void **state)
{
	(void)state;
	connect_by_name();
	for (int i = 0; i < 30; i++) { /* longer than any pin, and never silent for too long */
		wait(3600);
		passes(FROM, GOES_ON, "flow");
	}
	drops(FROM, CAM_TO SERVER " tcp 41001>443 S", "no-rule");
	change(BY_PATTERN);
	passes(FROM, GOES_ON, "rule");
	passes(FROM, GOES_ON, "flow");
	change(BY_NAME);
	passes(TO, SERVES, "rule");
}

static void test_a_conversation_ends(void **state)
{
	(void)state;
	connect_by_name();
	change(BY_NONE);
	drops(FROM, GOES_ON, "no-rule");
	change(BY_NAME);
	passes(FROM, CONNECTS, "rule"); /* its pin is there still */
}

static void test_pins_outlive_a_change(void **state)
{
	(void)state;
	change(BY_NONE);
	resolve(API, "a " SERVER);
	drops(FROM, CONNECTS, "no-rule");
	change(BY_PATTERN);
	passes(FROM, CONNECTS, "rule");
}

/* --- how many --- */

static void server_of(unsigned int n, char *address)
{
	sprintf(address, "198.51.%u.%u", 100 + n / 250 % 100, 1 + n % 250);
}

static void test_fresh_names_without_end(void **state)
{
	unsigned int n = test_scale(10000);
	char question[64], record[32], address[24];

	(void)state;
	change(BY_PATTERN);
	for (unsigned int i = 0; i < n; i++) {
		server_of(i, address);
		sprintf(question, "n%u.fresh.example A", i);
		sprintf(record, "a %s", address);
		resolve(question, record);
		lab_expect(&lab, FROM, true, "rule", CAM_TO "%s tcp %u>443 S", address,
			   1024 + i % 60000);
	}
}

/* What no rule speaks of is for people to read, and goes first. */
static void test_idle_names_go_first(void **state)
{
	char question[64], record[32], address[24];

	(void)state;
	resolve(API, "a " SERVER);
	for (unsigned int i = 0; i < 1000; i++) {
		server_of(i, address);
		sprintf(question, "n%u.elsewhere.example A", i);
		sprintf(record, "a %s", address);
		resolve(question, record);
	}
	passes(FROM, CONNECTS, "rule");
}

static void test_each_has_its_own(void **state)
{
	char question[64], record[32], address[24];

	(void)state;
	change(BY_PATTERN);
	passes(FROM, "nvr>gw ip4 10.0.0.11>10.0.0.1 udp 40000>53 query a.fresh.example A", "dns");
	passes(TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 udp 53>40000 answer a.fresh.example A a " SERVER,
	       "flow");
	for (unsigned int i = 0; i < 1000; i++) {
		server_of(i, address);
		sprintf(question, "n%u.fresh.example A", i);
		sprintf(record, "a %s", address);
		resolve(question, record);
	}
	passes(FROM, "nvr>gw ip4 10.0.0.11>" SERVER " tcp 41000>443 S", "rule");
	drops(FROM, CONNECTS, "no-rule");
}

/* --- to other tables --- */

static void test_put_back_before_a_policy(void **state)
{
	struct ig_answer answer = answer_of("api.vendor.example", 17, SERVER);

	(void)state;
	lab_close(&lab);
	lab_open_empty(&lab, 64, 4096, true);
	lab.object.replay->ports = 1;
	lab.now_ns = 1000000 * SECOND;
	lab_write(&lab, BY_NAME);
	answer.device = 1; /* nvr is 0 */
	assert_int_equal(tell(&answer), 0);
	lab_flip(&lab);
	assert_int_equal(lab_index(&lab, "cam"), 1);
	passes(FROM, CONNECTS, "rule");
	answer = answer_of("api.vendor.example", 17, "203.0.113.78");
	assert_int_equal(tell(&answer), -ESRCH);
}

static void test_along_to_larger_tables(void **state)
{
	struct ig_carried carried = {};
	struct lab larger;

	(void)state;
	connect_by_name();
	passes(FROM, QUERY("later.vendor.example A"), "flow");
	lab_open_empty(&larger, lab.object.control->device_slots * 2,
		       lab.object.control->flow_slots * 2, true);
	larger.object.replay->ports = 1;
	larger.now_ns = lab.now_ns;
	assert_int_equal(ig_generation_adopt(&larger.object, &lab.object), 0);
	assert_int_equal(ig_carry_over(&lab.object, &larger.object, &carried), 0);
	ig_carried_clear(&carried);
	lab_close(&lab);
	lab = larger;
	passes(FROM, GOES_ON, "flow");
	passes(FROM, CAM_TO SERVER " tcp 41001>443 S", "rule");
	passes(TO, ANSWER("later.vendor.example A"), "flow");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_answer_over_tcp),
		TEST(test_more_than_one_command),
		TEST(test_what_nobody_asked),
		TEST(test_what_it_may_not_pin),
		TEST(test_a_long_answer),
		TEST(test_a_message_in_pieces),
		TEST(test_a_conversation_goes_on),
		TEST(test_a_conversation_ends),
		TEST(test_pins_outlive_a_change),
		TEST(test_fresh_names_without_end),
		TEST(test_idle_names_go_first),
		TEST(test_each_has_its_own),
		TEST(test_put_back_before_a_policy),
		TEST(test_along_to_larger_tables),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
