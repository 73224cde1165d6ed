/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large inventories: 65,536 policies, no two of them alike, and one of 1024 rules of each side whose
 * prefixes lie inside each other. What is asked is which rule was the first to match.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model.h"
#include "util.h"
#include "world.h"

#define POLICIES 65536
#define ASKED	 4000 /* of them */
#define RULES	 1024 /* of the large policy, each side */
#define NETWORKS 16   /* prefixes of 8 to 23 bits, the longest first, again and again */

static struct world world;

/* From 1 to 65535, so that the first policy and the last one begin alike. */
static unsigned int own_port(unsigned int i)
{
	return i % 65535 + 1;
}

static unsigned int other_port(unsigned int i)
{
	return (i + 1 + i / 65535) % 65535 + 1;
}

/* d0, d1 ...: what its first rule allows is its own port, what its second refuses is another's. */
static void put_small(FILE *f, unsigned int i)
{
	unsigned int at = i + 2;

	fprintf(f,
		"  d%u:\n    mac: '02:01:00:%02x:%02x:%02x'\n    addresses: [10.%u.%u.%u]\n"
		"    segment: lan\n    rules:\n"
		"      - allow to 203.0.113.0/24 udp/%u\n"
		"      - deny to 203.0.112.0/23 udp/%u\n"
		"      - allow to 203.0.0.0/16 udp\n",
		i, i >> 16, i >> 8 & 255, i & 255, at >> 16, at >> 8 & 255, at & 255, own_port(i),
		other_port(i));
}

/* Rule r is about port 1000 + r / NETWORKS, and a prefix that is shorter than that of the rule before:
 * an address in the longest one matches NETWORKS rules, of which the first counts. */
static void put_large(FILE *f)
{
	fputs("  large:\n    mac: '02:02:00:00:00:00'\n    addresses: [10.200.0.1]\n"
	      "    segment: lan\n    rules:\n",
	      f);
	for (unsigned int side = 0; side < 2; side++) {
		for (unsigned int r = 0; r < RULES; r++) {
			unsigned int length = 23 - r % NETWORKS;
			uint32_t net = 0xcb007000u & ~(0xffffffffu >> length);

			fprintf(f, "      - allow %s %u.%u.%u.%u/%u tcp/%u\n", side ? "from" : "to",
				net >> 24, net >> 16 & 255, net >> 8 & 255, net & 255, length,
				1000 + r / NETWORKS);
		}
	}
}

static int set_up(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	fputs("version: 1\ngateway: {macs: ['02:00:00:00:00:01']}\n"
	      "segments: {lan: {interfaces: [lan0], networks: [10.0.0.0/8]}}\ndevices:\n",
	      f);
	for (unsigned int i = 0; i < POLICIES; i++)
		put_small(f, i);
	put_large(f);
	fclose(f);
	world_open(&world, text);
	free(text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

/* @rule: NULL for none. */
static void expect_rule(const char *sentence, enum iotguard_side side, bool passes,
			const char *rule)
{
	struct iotguard_verdict verdict;

	world_judge(&world, side, sentence, &verdict);
	if (verdict.passed != passes || !verdict.rule != !rule ||
	    (rule && strcmp(verdict.rule, rule)))
		fail_msg("%s: %s by %s, not by %s", sentence, verdict.passed ? "passes" : "drops",
			 verdict.rule ? verdict.rule : "no rule", rule ? rule : "no rule");
}

static void ask_small(unsigned int i)
{
	unsigned int at = i + 2, own = own_port(i), other = other_port(i);
	char head[96], sentence[160], rule[64];

	snprintf(head, sizeof(head), "02:01:00:%02x:%02x:%02x>gw ip4 10.%u.%u.%u>", i >> 16,
		 i >> 8 & 255, i & 255, at >> 16, at >> 8 & 255, at & 255);
	snprintf(sentence, sizeof(sentence), "%s203.0.113.9 udp 40000>%u", head, own);
	snprintf(rule, sizeof(rule), "allow to 203.0.113.0/24 udp/%u", own);
	expect_rule(sentence, FROM, true, rule);
	snprintf(sentence, sizeof(sentence), "%s203.0.113.9 udp 40000>%u", head, other);
	snprintf(rule, sizeof(rule), "deny to 203.0.112.0/23 udp/%u", other);
	expect_rule(sentence, FROM, false, rule);
	snprintf(sentence, sizeof(sentence), "%s203.0.9.9 udp 40000>%u", head, other);
	expect_rule(sentence, FROM, true, "allow to 203.0.0.0/16 udp");
	snprintf(sentence, sizeof(sentence), "%s198.51.100.9 udp 40000>%u", head, own);
	expect_rule(sentence, FROM, false, NULL);
}

static void test_policies(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ASKED; i++)
		ask_small((unsigned int)((uint64_t)i * 2654435761u % POLICIES));
}

static void test_rules(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RULES; r++) {
		unsigned int length = 23 - r % NETWORKS, port = 1000 + r / NETWORKS;
		uint32_t net = 0xcb007000u & ~(0xffffffffu >> length);
		/* inside of this prefix and outside of the longer ones */
		uint32_t to = 0xcb007000u ^ (length < 23 ? 1u << (31 - length) : 0);
		char sentence[160], rule[64], prefix[32];

		snprintf(prefix, sizeof(prefix), "%u.%u.%u.%u/%u", net >> 24, net >> 16 & 255,
			 net >> 8 & 255, net & 255, length);
		snprintf(sentence, sizeof(sentence),
			 "02:02:00:00:00:00>gw ip4 10.200.0.1>%u.%u.%u.%u tcp 40000>%u S", to >> 24,
			 to >> 16 & 255, to >> 8 & 255, to & 255, port);
		snprintf(rule, sizeof(rule), "allow to %s tcp/%u", prefix, port);
		expect_rule(sentence, FROM, true, rule);
		snprintf(sentence, sizeof(sentence),
			 "gw>02:02:00:00:00:00 ip4 %u.%u.%u.%u>10.200.0.1 tcp 40000>%u S", to >> 24,
			 to >> 16 & 255, to >> 8 & 255, to & 255, port);
		snprintf(rule, sizeof(rule), "allow from %s tcp/%u", prefix, port);
		expect_rule(sentence, TO, true, rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_rules),
	};

	if (getenv("IOTGUARD_GUEST")) {
		puts("the guest has no memory for it");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
