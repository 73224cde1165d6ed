/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rule.h"

/* As written, and as printed; NULL: the same. */
static const struct {
	const char *in, *out;
} sentences[] = {
	{"allow to telemetry.vendor.example tcp/8883", NULL},
	{"allow from group:nurses tcp/5000 critical", NULL},
	{"deny  to internet udp/53", "deny to internet udp/53"},
	{"allow to device:old-nvr tcp/23 until 2027-03-31 because \"no TLS, CHG-881\" rate 20 packets/s",
	 "allow to device:old-nvr tcp/23 rate 20 packets/s until 2027-03-31 because \"no TLS, CHG-881\""},
	{"\n allow\tto   any\n", "allow to any"},
	{"allow to local", NULL},
	{"allow to gateway", NULL},
	{"allow from any", NULL},
	{"allow to same-manufacturer", NULL},
	{"allow from my-controllers udp/5683", NULL},
	{"allow to host:admin", NULL},
	{"allow to segment:clinical", NULL},
	{"allow to controller:urn:ietf:params:mud:dns", NULL},
	{"allow to manufacturer:vendor.example", NULL},
	{"allow to model:\"IP 200\"", NULL},
	{"allow to model:\"IP-200\"", "allow to model:IP-200"},
	{"allow to device:\"a \\\"b\\\" \\\\c\"", NULL},
	{"allow to device:a/b", NULL},
	{"allow to device:gr\xc3\xbcn", NULL},
	{"allow to 10.0.0.0/8", NULL},
	{"allow to 10.0.0.1/32", "allow to 10.0.0.1"},
	{"allow to fd00::/64", NULL},
	{"allow to FD00:0::1", "allow to fd00::1"},
	{"allow to Telemetry.Vendor.Example.", "allow to telemetry.vendor.example"},
	{"allow to *.vendor.example", NULL},
	{"allow to *.example", NULL},
	{"allow to _mqtt._tcp.vendor.example", NULL},
	{"allow to xn--bcher-kva.example", NULL},
	{"allow to 3com.example", NULL},
	{"allow to any tcp", NULL},
	{"allow to any tcp/443,8000-8010", NULL},
	{"allow to any tcp/8010,443,8000-8009,443", "allow to any tcp/443,8000-8010"},
	{"allow to any tcp/1-65535", NULL},
	{"allow to any tcp/80-80", "allow to any tcp/80"},
	{"allow to any udp/65535,1", "allow to any udp/1,65535"},
	{"allow to any icmp", NULL},
	{"allow to any icmp/echo-request", NULL},
	{"allow to any icmp/8", "allow to any icmp/echo-request"},
	{"allow to any icmp/3.1", "allow to any icmp/destination-unreachable.1"},
	{"allow to any icmp/3.1,3", "allow to any icmp/destination-unreachable"},
	{"allow to any icmp/9,8", "allow to any icmp/echo-request,router-advertisement"},
	{"allow to any icmp/3.2,3.1",
	 "allow to any icmp/destination-unreachable.1,destination-unreachable.2"},
	{"allow to any icmp/200,200.7", "allow to any icmp/200"},
	{"allow to any icmpv6/128,packet-too-big",
	 "allow to any icmpv6/packet-too-big,echo-request"},
	{"allow to any ip/47", NULL},
	{"allow to any ip/0", NULL},
	{"allow to any ethertype/0x88b5", NULL},
	{"allow to any ethertype/0X88B5", "allow to any ethertype/0x88b5"},
	{"allow to any ethertype/35002", "allow to any ethertype/0x88ba"},
	{"allow to any udp dscp 46", NULL},
	{"allow to any dscp 0", NULL},
	{"allow to any ipv4", NULL},
	{"allow to vendor.example tcp/443 ipv6", NULL},
	{"allow to 192.0.2.1 icmp ipv4", NULL},
	{"allow to group:g udp ipv6 dscp 4", "allow to group:g udp dscp 4 ipv6"},
	{"allow to any udp/123 source-port 123", NULL},
	{"allow to any udp source-port 1024-65535", NULL},
	{"allow to any rate 65536 B/s", "allow to any rate 64 KiB/s"},
	{"allow to any rate 1 MB/s", NULL},
	{"allow to any rate 1000 kB/s", "allow to any rate 1 MB/s"},
	{"allow to any rate 3 MiB/s", NULL},
	{"allow to any rate 7 B/s", NULL},
	{"allow to any rate 18446744073709551615 packets/s", NULL},
	{"allow to any until 2028-02-29", NULL},
	{"allow to any because \"\xc3\xbc \\\"quoted\\\" \\\\ # : ,\"", NULL},
	{"allow to any tcp because \"b\" until 2030-01-01 rate 5 packets/s dscp 5 source-port 9 critical",
	 "allow to any tcp critical source-port 9 dscp 5 rate 5 packets/s until 2030-01-01 because \"b\""},
};

static void test_text_there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		const char *expected = sentences[i].out ? sentences[i].out : sentences[i].in;
		struct ig_rule rule = {0}, again = {0}, copy;
		struct ig_rule_error error;
		char text[512];

		if (ig_rule_parse(sentences[i].in, &rule, &error))
			fail_msg("%s: %s", sentences[i].in, error.message);
		assert_int_equal(ig_rule_print(&rule, text, sizeof(text)), strlen(expected));
		assert_string_equal(text, expected);
		assert_int_equal(ig_rule_parse(text, &again, &error), 0);
		assert_true(ig_rule_equal(&rule, &again));
		assert_int_equal(ig_rule_copy(&rule, &copy), 0);
		assert_true(ig_rule_equal(&rule, &copy));
		ig_rule_clear(&rule);
		ig_rule_clear(&again);
		ig_rule_clear(&copy);
	}
}

/* What is wrong, and the offset of the word that is. */
static const struct {
	const char *text;
	size_t offset;
	const char *message, *hint; /* parts of them; NULL: not looked at */
} mistakes[] = {
	{"", 0, "an empty rule", "a rule is"},
	{"   ", 3, "an empty rule", NULL},
	{"alow to any", 0, "`alow`", "did you mean `allow`?"},
	{"permit to any", 0, "`permit`", "a rule is"},
	{"allow", 5, "the rule ends where `to` or `from`", NULL},
	{"allow any", 6, "`any` stands where `to` or `from`", "opens the conversation"},
	{"allow frm any", 6, "`frm`", "did you mean `from`?"},
	{"allow to", 8, "the rule ends where a remote", "device:NAME"},
	{"allow to internett tcp/443", 9, "`internett` is no remote", "did you mean `internet`?"},
	{"allow to camera", 9, "`camera` is no remote", "device:NAME"},
	{"allow to devise:camera", 9, "`devise:`", "did you mean `device`?"},
	{"allow to device:", 16, "a name is missing", NULL},
	{"allow to device:a\"b\"", 17, "a quote or backslash", NULL},
	{"allow to model:\"a\"b", 18, "text behind a closing quote", NULL},
	{"allow to model:\"a\\n\"", 17, "`\\n` means nothing", NULL},
	{"allow to 10.0.0.256", 9, "`10.0.0.256` is not an address", NULL},
	{"allow to 10.0.", 9, "`10.0` is not an address", NULL},
	{"allow to 10.0.0.1/8", 9, "bits set beyond", NULL},
	{"allow to b\xc3\xbc"
	 "cher.example",
	 10, "ASCII letters only", "xn--"},
	{"allow to a..example", 11, "empty label", NULL},
	{"allow to -a.example", 9, "hyphen", NULL},
	{"allow to a.exa*mple", 11, "cannot have", NULL},
	{"allow to *.", 9, NULL, NULL},
	{"allow to *", 9, "`*` is no remote", NULL},
	{"allow to localhost.", 9, "at least one dot", NULL},
	{"allow to any tpc/443", 13, "`tpc` is neither a service nor an option",
	 "did you mean `tcp`?"},
	{"allow to any tcp/", 17, "a port is missing", NULL},
	{"allow to any tcp/70000", 17, "`70000` is no port", "65535"},
	{"allow to any tcp/443,70000", 21, "`70000` is no port", NULL},
	{"allow to any tcp/0", 17, "`0` is no port", NULL},
	{"allow to any tcp/080", 17, "`080` is no port", NULL},
	{"allow to any tcp/99999999999999999999", 17, "is no port", NULL},
	{"allow to any tcp/https", 17, "`https` is no port", "https is 443"},
	{"allow to any tcp/9-8", 17, "the wrong way round", NULL},
	{"allow to any tcp/8-", 19, "a port is missing", NULL},
	{"allow to any tcp/1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49,51,53,55,57,59,61,63,65",
	 108, "more than 32", "split"},
	{"allow to any icmp/443", 18, "`443` is no icmp type", "types, not ports"},
	{"allow to any icmp/echo-requst", 18, "is no icmp type", "did you mean `echo-request`?"},
	{"allow to any icmp/3.256", 20, "`256` is no ICMP code", NULL},
	{"allow to any icmpv6/timestamp-request", 20, "is no icmpv6 type", NULL},
	{"allow to any ip", 13, "`ip` needs a protocol number", NULL},
	{"allow to any ip/256", 16, "is no protocol number", NULL},
	{"allow to any ip/17", 16, "a word of its own", "write `udp`"},
	{"allow to any ethertype", 13, "needs a number", NULL},
	{"allow to any ethertype/0x0806", 23, "0x0806 is ARP", NULL},
	{"allow to any ethertype/0x8100", 23, "a VLAN tag", NULL},
	{"allow to any ethertype/1535", 23, "0x05ff is no ethertype", "a length"},
	{"allow to any ethertype/0x10000", 23, "is no ethertype", NULL},
	{"allow to any ethertype/0xzz", 23, "is no ethertype", NULL},
	{"allow to internet ethertype/0x88b5", 9, "no IP address to match", NULL},
	{"allow to any ethertype/0x88b5 dscp 1", 30, "no dscp", NULL},
	{"allow to 10.0.0.1 icmpv6", 18, "no IPv4", "did you mean `icmp`?"},
	{"allow to fd00::1 icmp", 17, "no IPv6", "did you mean `icmpv6`?"},
	{"allow to any tcp/443 critcal", 21, "`critcal` is no option", "did you mean `critical`?"},
	{"allow to any critical critical", 22, "`critical` is there twice", NULL},
	{"allow to a.example tcp/443 critical", 9, "may not depend on a name", NULL},
	{"deny to any critical", 12, "`critical` is for what must never be cut", NULL},
	{"deny to any rate 5 packets/s", 12, "a rate limits what is allowed", NULL},
	{"allow to any rate", 17, "the rule ends where the value of `rate`", NULL},
	{"allow to any rate 0 packets/s", 18, "allows nothing", NULL},
	{"allow to any rate 5 packets", 20, "`packets` is no unit", "packets/s"},
	{"allow to any rate 18446744073709551615 KiB/s", 39, "too large", NULL},
	{"allow to any rate 18446744073709551616 B/s", 18, "no whole number", NULL},
	{"allow to any dscp 64", 18, "`64` is no dscp", NULL},
	{"allow to any ipv4 ipv6", 18, "of both versions", "leave both out"},
	{"allow to any ipv4 ipv4", 18, "`ipv4` is there twice", NULL},
	{"allow to 192.0.2.1 ipv6", 19, "is IPv4", "leave it out"},
	{"allow to fd00::/8 tcp ipv4", 22, "is IPv6", "leave it out"},
	{"allow to any icmp ipv6", 18, "is IPv4", "leave it out"},
	{"allow to any icmpv6 ipv4", 20, "is IPv6", "leave it out"},
	{"allow to any ethertype/0x88b5 ipv4", 30, "no IP", "leave it out"},
	{"allow to any source-port 5", 13, "only tcp and udp", NULL},
	{"allow to any tcp source-port 0", 29, "`0` is no port", NULL},
	{"allow to any until 2027-02-29", 19, "is no date", NULL},
	{"allow to any until 2027-13-01", 19, "is no date", NULL},
	{"allow to any until 27-1-1", 19, "is no date", NULL},
	{"allow to any until 1969-12-31", 19, "is no date", NULL},
	{"allow to any because x", 21, "stands in quotes", NULL},
	{"allow to any because \"x", 21, "never closed", "#"},
	{"allow to any because \"\"", 21, "nothing stands here", NULL},
	{"allow to any because \"a\nb\"", 23, "control", NULL},
	{"allow to any because \"\xe2\x80\xae\"", 22, "hidden", NULL},
	{"allow to any because \"\xff\"", 22, "not UTF-8", NULL},
};

static void test_mistakes_have_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct ig_rule rule = {0};
		struct ig_rule_error error;

		if (ig_rule_parse(mistakes[i].text, &rule, &error) != -EINVAL)
			fail_msg("%s: was taken", mistakes[i].text);
		if (error.offset != mistakes[i].offset ||
		    (mistakes[i].message && !strstr(error.message, mistakes[i].message)) ||
		    (mistakes[i].hint && !strstr(error.hint, mistakes[i].hint)))
			fail_msg("%s: %zu: %s (%s)", mistakes[i].text, error.offset, error.message,
				 error.hint);
		assert_null(rule.remote.name);
		assert_null(rule.because);
	}
}

static void test_what_is_too_long(void **state)
{
	char *text = malloc(2 * IG_RULE_TEXT_MAX);
	struct ig_rule rule = {0};
	struct ig_rule_error error;

	(void)state;
	for (size_t size = 100; size < 2 * IG_RULE_TEXT_MAX - 1; size += 50) {
		static const char *const starts[] = {"",
						     "allow ",
						     "allow to ",
						     "allow to a.",
						     "allow to any ",
						     "allow to any tcp/",
						     "allow to any because \"",
						     "allow to device:"};

		for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
			memset(text, 'x', size);
			memcpy(text, starts[i], strlen(starts[i]));
			text[size] = '\0';
			if (!ig_rule_parse(text, &rule, &error))
				ig_rule_clear(&rule);
			else
				assert_in_range(error.offset, 0, size);
		}
	}
	memset(text, ' ', IG_RULE_TEXT_MAX + 1);
	memcpy(text, "allow to any", 12);
	text[IG_RULE_TEXT_MAX + 1] = '\0';
	assert_int_equal(ig_rule_parse(text, &rule, &error), -EINVAL);
	assert_string_equal(error.message, "a rule of 4097 bytes: 1 more than the limit of 4096");
	text[IG_RULE_TEXT_MAX] = '\0';
	assert_int_equal(ig_rule_parse(text, &rule, &error), 0);
	free(text);
}

static void test_equal_means_equal(void **state)
{
	static const char *const different[] = {
		"allow to any",
		"deny to any",
		"allow from any",
		"allow to local",
		"allow to 10.0.0.1",
		"allow to 10.0.0.2",
		"allow to device:a",
		"allow to device:b",
		"allow to host:a",
		"allow to any tcp",
		"allow to any udp",
		"allow to any tcp/1",
		"allow to any tcp/1-2",
		"allow to any ip/47",
		"allow to any ip/48",
		"allow to any critical",
		"allow to any ipv4",
		"allow to any ipv6",
		"allow to any dscp 1",
		"allow to any dscp 0",
		"allow to any rate 1 packets/s",
		"allow to any rate 1 B/s",
		"allow to any tcp source-port 1",
		"allow to any tcp source-port 2",
		"allow to any until 2030-01-01",
		"allow to any until 2030-01-02",
		"allow to any because \"a\"",
		"allow to any because \"b\"",
	};
	const size_t count = sizeof(different) / sizeof(*different);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct ig_rule a = {0}, b = {0};
			struct ig_rule_error error;

			assert_int_equal(ig_rule_parse(different[i], &a, &error), 0);
			assert_int_equal(ig_rule_parse(different[k], &b, &error), 0);
			assert_int_equal(ig_rule_equal(&a, &b), i == k);
			ig_rule_clear(&a);
			ig_rule_clear(&b);
		}
	}
}

static void test_printing_into_little_room(void **state)
{
	const char *sentence = "allow to model:\"IP 200\" tcp/443,8000-8010 because \"why\"";
	struct ig_rule rule = {0};
	struct ig_rule_error error;
	char text[128];

	(void)state;
	assert_int_equal(ig_rule_parse(sentence, &rule, &error), 0);
	for (size_t size = 0; size < sizeof(text); size++) {
		memset(text, '?', sizeof(text));
		assert_int_equal(ig_rule_print(&rule, text, size), strlen(sentence));
		if (size)
			assert_int_equal(strnlen(text, sizeof(text)),
					 size <= strlen(sentence) ? size - 1 : strlen(sentence));
		assert_int_equal(text[size], '?');
	}
	assert_int_equal(ig_remote_print(&rule.remote, text, sizeof(text)), 14);
	assert_string_equal(text, "model:\"IP 200\"");
	assert_int_equal(ig_service_print(&rule.service, text, sizeof(text)), 17);
	assert_string_equal(text, "tcp/443,8000-8010");
	ig_rule_clear(&rule);
}

static void test_remote_alone(void **state)
{
	struct ig_remote remote;
	struct ig_rule_error error;

	(void)state;
	assert_int_equal(ig_remote_parse("group:nurses", &remote, &error), 0);
	assert_int_equal(remote.kind, IG_REMOTE_GROUP);
	assert_string_equal(remote.name, "nurses");
	ig_remote_clear(&remote);
	assert_int_equal(ig_remote_parse("any tcp", &remote, &error), -EINVAL);
	assert_int_equal(error.offset, 4);
	assert_int_equal(ig_remote_parse("", &remote, &error), -EINVAL);
	assert_int_equal(ig_rule_remote_offset("allow  to any"), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_there_and_back),
		cmocka_unit_test(test_mistakes_have_a_place),
		cmocka_unit_test(test_what_is_too_long),
		cmocka_unit_test(test_equal_means_equal),
		cmocka_unit_test(test_printing_into_little_room),
		cmocka_unit_test(test_remote_alone),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
