/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS answers bent by chance, through the program: what passes has to be what the reader in userspace
 * (user/lib/dns_message.c), which is other code after the same text, makes of the same bytes; and what is pinned only
 * addresses that it finds, and all of them where no alias is. For IOTGUARD_FUZZ_SECONDS, or so many messages; the chance
 * is the same at every run.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "dns_message.h"
#include "patterns.h"
#include "random.h"
#include "util.h"
#include "world.h"

#define FROM	    IOTGUARD_FROM_DEVICE
#define TO	    IOTGUARD_TO_DEVICE
#define SECOND	    1000000000ull
#define MESSAGE_AT  42 /* behind Ethernet, IPv4 and UDP */
#define RECORDS_MAX 10
#define MESSAGES    30000

static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1], resolvers: [10.0.0.1]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', segment: lan, addresses: [10.0.0.10],\n"
	"        rules: [allow to *.example tcp/443]}\n";

static struct lab lab;

/* Is there another one? */
static bool goes_on(unsigned long n, time_t begin)
{
	const char *given = getenv("IOTGUARD_FUZZ_SECONDS");

	return given ? time(NULL) < begin + atoi(given) : n < test_scale(MESSAGES);
}

/* --- messages --- */

static void add_records(char *text, size_t size)
{
	static const char *const words[] = {
		"a 198.51.100.%u",    "aaaa 2001:db8::%x",	 "alias n%u.cdn.example",
		"other TXT %u",	      "living %u a 203.0.113.1", "owner x%u.example a 203.0.113.2",
		"at 12 a 192.0.2.%u", "many 3 198.51.100.%u",
	};

	for (uint32_t n = chance(RECORDS_MAX); n; n--) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, " ");
		used = strlen(text);
		snprintf(text + used, size - used, one_of(words), chance(250));
	}
}

static void set_lengths(struct frame *frame)
{
	uint16_t total = htons((uint16_t)(frame->size - 14));
	uint16_t length = htons((uint16_t)(frame->size - 34));

	memcpy(frame->bytes + 16, &total, 2);
	memcpy(frame->bytes + 38, &length, 2);
}

/* Behind the question, mostly: what changes that was not asked for. */
static void bend(struct frame *frame, size_t question)
{
	size_t from = chance(20) ? MESSAGE_AT + question : MESSAGE_AT + 2;
	static const uint8_t bytes[] = {0, 1, 4, 5, 12, 16, 28, 63, 64, 0xc0, 0xff};

	if (chance(6) == 0 && frame->size > from) {
		frame->size = from + chance((uint32_t)(frame->size - from) + 1);
		set_lengths(frame);
	}
	for (uint32_t n = chance(4); n && frame->size > from; n--) {
		uint8_t *at = frame->bytes + from + chance((uint32_t)(frame->size - from));

		*at = chance(3) ? one_of(bytes) : (uint8_t)(*at ^ 1u << chance(8));
	}
	if (chance(10) == 0)
		frame->bytes[MESSAGE_AT + 7] = (uint8_t)chance(64); /* how many answers */
}

/* --- what became of one --- */

static bool is_never_pinned(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff},
			     gateway[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};

	if (!memcmp(ip, gateway, 16))
		return true;
	if (!memcmp(ip, mapped, 12))
		return !ip[12] || ip[12] == 127 || ip[12] >= 224 ||
		       (ip[12] == 169 && ip[13] == 254);
	return !ip[0] || ip[0] == 0xff || (ip[0] == 0xfe && ip[1] & 0x80);
}

static bool has(const struct ig_dns_message *message, const uint8_t ip[16])
{
	for (size_t i = 0; i < message->n_addresses; i++) {
		if (!memcmp(message->addresses[i], ip, 16))
			return true;
	}
	return false;
}

/* The pins of a name: how many; each is one of the message's. */
static size_t pins_of(const char *name, const struct ig_dns_message *message)
{
	struct ig_name_key key;
	uint32_t ref = 0;
	size_t n = 0;

	ig_name_key_make(&key, name);
	for (uint32_t i = 0; i < lab.object.control->pin_places / 2; i++) {
		struct ig_name_place place = {0, i};
		struct ig_name record;

		if (!bpf_map_lookup_elem(lab.object.maps[IG_MAP_names], &place, &record) &&
		    !memcmp(record.text, key.text, IG_NAME_BYTES))
			ref = record.ref;
	}
	for (uint32_t i = 0; ref && i < lab.object.control->pin_places; i++) {
		struct ig_pin pin;

		assert_int_equal(bpf_map_lookup_elem_flags(lab.object.maps[IG_MAP_pins], &i, &pin,
							   BPF_F_LOCK),
				 0);
		if (pin.name != ref)
			continue;
		if (!has(message, pin.addr))
			fail_msg("%s: an address is pinned that the message does not have", name);
		n++;
	}
	return n;
}

/* Distinct ones that may be pinned. */
static size_t wanted(const struct ig_dns_message *message)
{
	size_t n = 0;

	for (size_t i = 0; i < message->n_addresses; i++) {
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice |= !memcmp(message->addresses[k], message->addresses[i], 16);
		n += !twice && !is_never_pinned(message->addresses[i]);
	}
	return n;
}

struct tally {
	unsigned long messages, passed, malformed, unread, pinned;
};

/* Without the byte of their type there is none. With aliases the two readers differ: one takes them in any order, and
 * refuses those that go in a circle; the other follows them as they stand. */
static bool may_have_aliases(const struct frame *frame)
{
	return frame->size > MESSAGE_AT + 12 &&
	       memchr(frame->bytes + MESSAGE_AT + 12, 5, frame->size - MESSAGE_AT - 12);
}

static void check(const char *name, const struct frame *frame, const struct lab_verdict *v,
		  struct tally *tally)
{
	const char *reason = iotguard_reason_token(v->reason);
	struct ig_dns_message message = {};
	int err =
		ig_dns_message_read(frame->bytes + MESSAGE_AT, frame->size - MESSAGE_AT, &message);

	tally->messages++;
	tally->passed += v->passed;
	tally->malformed += !strcmp(reason, "dns-malformed");
	tally->unread += !strcmp(reason, "dns-unread");
	if (!v->passed) {
		if (strncmp(reason, "dns-", 4) && strcmp(reason, "malformed"))
			fail_msg("%s: %s", name, reason);
		if (!strcmp(reason, "dns-malformed") && !err)
			fail_msg("%s: the program calls malformed what the reader reads", name);
		assert_int_equal(pins_of(name, &message), 0);
		return;
	}
	if (err) {
		/* what is no resolving, or an error without a question, passes unread */
		if (!may_have_aliases(frame))
			assert_int_equal(pins_of(name, &(struct ig_dns_message){}), 0);
		return;
	}
	if (pins_of(name, &message) > wanted(&message) ||
	    (pins_of(name, &message) < wanted(&message) && !may_have_aliases(frame)))
		fail_msg("%s: %zu of %zu addresses are pinned", name, pins_of(name, &message),
			 wanted(&message));
	tally->pinned += wanted(&message);
}

static void one_message(unsigned long n, struct tally *tally)
{
	static const char *const types[] = {"A", "A", "A", "AAAA", "ANY", "HTTPS"};
	const char *type = one_of(types);
	char name[64], text[512];
	struct lab_verdict v;
	struct frame frame;

	snprintf(name, sizeof(name), "n%lu.fuzz.example", n);
	/* with an identifier of its own: or else what is bent may be the answer to one before */
	frame_make(&frame, "cam>gw ip4 10.0.0.10>10.0.0.1 udp 40000>53 query %s %s msg %lu", name,
		   type, n & 0xffff);
	lab_run(&lab, FROM, &frame, &v);
	assert_true(v.passed);
	snprintf(text, sizeof(text),
		 "gw>cam ip4 10.0.0.1>10.0.0.10 udp 53>40000 answer %s %s msg %lu", name, type,
		 n & 0xffff);
	add_records(text, sizeof(text));
	frame_make(&frame, "%s", text);
	bend(&frame, 12 + strlen(name) + 2 + 4);
	lab_run(&lab, TO, &frame, &v);
	check(name, &frame, &v, tally);
}

static void test_bent_answers(void **state)
{
	time_t begin = time(NULL);
	struct tally tally = {};

	(void)state;
	seed = 20261129;
	lab_open_timed(&lab, inventory);
	for (unsigned long n = 0; goes_on(n, begin); n++) {
		lab.now_ns += SECOND;
		one_message(n, &tally);
	}
	lab_close(&lab);
	printf("# %lu messages: %lu passed, %lu addresses pinned, %lu malformed, %lu unread\n",
	       tally.messages, tally.passed, tally.pinned, tally.malformed, tally.unread);
	assert_true(tally.pinned && tally.malformed && tally.unread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bent_answers)};

	return cmocka_run_group_tests_name("dns_fuzz", tests, NULL, NULL);
}
