/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules about one version of IP, rules about sets of machines, and a MUD file, through the programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "util.h"
#include "world.h"

#define HEAD                                                                         \
	"version: 1\n"                                                               \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1, 'fd00::1'],\n" \
	"          resolvers: [10.0.0.1], time-servers: [10.0.0.9]}\n"               \
	"segments: {lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}}\n"
#define MACHINES(cam, nvr, plug)                                                                 \
	"devices:\n"                                                                             \
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"  \
	"        " cam "}\n"                                                                     \
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11, 'fd00::11'], segment: lan,\n"  \
	"        " nvr "}\n"                                                                     \
	"  plug: {mac: '02:00:00:00:00:30', addresses: [10.0.0.30, 'fd00::30'], segment: lan,\n" \
	"         " plug "}\n"
#define RULES(text) "rules: [" text "]"

#define CAM	    "cam>gw ip4 10.0.0.10>"
#define CAM6	    "cam>gw ip6 fd00::10>"
#define TO_NVR	    "cam>nvr ip4 10.0.0.10>10.0.0.11 "
#define TO_NVR6	    "cam>nvr ip6 fd00::10>fd00::11 "
#define TO_PLUG	    "cam>plug ip4 10.0.0.10>10.0.0.30 "
#define PLUG6	    "cam>plug ip6 fd00::10>fd00::30 "

static struct world w;

static void allows(const char *frame, const char *rule)
{
	expect(&w, FROM, frame, true, "rule", rule);
}

static void denies(const char *frame, const char *rule)
{
	expect(&w, FROM, frame, false, rule ? "rule-deny" : "no-rule", rule);
}

static void test_versions(void **state)
{
	(void)state;
	world_open(&w, HEAD MACHINES(
			       RULES("allow to device:nvr tcp/80 ipv4, "
				     "allow to any udp/5000 ipv6, deny to device:nvr udp/9 ipv6, "
				     "allow to device:nvr udp/9, allow to any tcp/7 dscp 46 ipv4, "
				     "allow from any tcp/22 ipv6, allow to any ip/47 ipv6, "
				     "allow to internet ipv4"),
			       RULES(""), RULES("")));
	allows(TO_NVR "tcp 40000>80 S", "allow to device:nvr tcp/80 ipv4");
	denies(TO_NVR6 "tcp 40000>80 S", NULL);
	allows(TO_NVR6 "udp 1>5000", "allow to any udp/5000 ipv6");
	allows(CAM6 "2001:db8::5 udp 1>5000", "allow to any udp/5000 ipv6");
	denies(TO_NVR "udp 1>5000", NULL);
	allows(CAM "203.0.113.5 udp 1>5000", "allow to internet ipv4"); /* by the last one */
	/* one version is denied, the other one goes on to the next rule */
	denies(TO_NVR6 "udp 1>9", "deny to device:nvr udp/9 ipv6");
	allows(TO_NVR "udp 1>9", "allow to device:nvr udp/9");
	denies(TO_PLUG "tcp 1>7 S", NULL);
	allows("cam>plug ip4 10.0.0.10>10.0.0.30 tos 184 tcp 1>7 S",
	       "allow to any tcp/7 dscp 46 ipv4");
	denies("cam>plug ip6 fd00::10>fd00::30 tos 184 tcp 1>7 S", NULL);
	allows("cam>plug ip6 fd00::10>fd00::30 proto 47 data 8", "allow to any ip/47 ipv6");
	denies("cam>plug ip4 10.0.0.10>10.0.0.30 proto 47 data 8", NULL);
	denies(CAM6 "2001:db8::5 tcp 1>443 S", NULL);
	expect(&w, TO, "nvr>cam ip6 fd00::11>fd00::10 tcp 1>22 S", true, "rule",
	       "allow from any tcp/22 ipv6");
	expect(&w, TO, "nvr>cam ip4 10.0.0.11>10.0.0.10 tcp 1>22 S", false, "no-rule", NULL);
	world_close(&w);
}

#define QUERY  "udp 40000>53 query api.vendor.example "
#define ANSWER "gw>cam ip4 10.0.0.1>10.0.0.10 udp 53>40000 answer api.vendor.example "

/* The same name has an address of each version, and only one of them is allowed. */
static void test_names_of_one_version(void **state)
{
	(void)state;
	world_open(&w, HEAD MACHINES(RULES("allow to api.vendor.example tcp/443 ipv6, "
					   "allow to *.vendor.example tcp/80 ipv4"),
				     RULES(""), RULES("")));
	expect(&w, FROM, CAM "10.0.0.1 " QUERY "A", true, "dns", NULL);
	expect(&w, TO, ANSWER "A a 203.0.113.77", true, "flow", NULL);
	expect(&w, FROM, CAM "10.0.0.1 " QUERY "AAAA msg 2", true, "flow", NULL);
	expect(&w, TO, ANSWER "AAAA msg 2 aaaa 2001:db8::77", true, "flow", NULL);
	denies(CAM "203.0.113.77 tcp 1>443 S", NULL);
	allows(CAM6 "2001:db8::77 tcp 1>443 S", "allow to api.vendor.example tcp/443 ipv6");
	allows(CAM "203.0.113.77 tcp 1>80 S", "allow to *.vendor.example tcp/80 ipv4");
	denies(CAM6 "2001:db8::77 tcp 1>80 S", NULL);
	world_close(&w);
}

static void test_sets(void **state)
{
	(void)state;
	world_open(
		&w, HEAD
		"controllers: {urn:a: [device:nvr, 203.0.113.0/24, '2001:db8::/32'], urn:g: [gateway]}\n" MACHINES(
			"manufacturer: acme, my-controllers: [device:plug, gateway, 198.51.100.1], " RULES(
				"allow to controller:urn:a tcp/1, allow to my-controllers tcp/2, "
				"allow to same-manufacturer tcp/3, allow to model:M tcp/4, "
				"deny to manufacturer:ACME tcp/5, allow to any tcp/5, "
				"allow to controller:urn:ietf:params:mud:ntp tcp/6, "
				"allow to controller:urn:ietf:params:mud:gateway tcp/7, "
				"allow to manufacturer:other, allow to controller:urn:a tcp/8 ipv6, "
				"allow from manufacturer:acme udp/1"),
			"manufacturer: Acme", "manufacturer: else, model: M"));
	allows(TO_NVR "tcp 1>1 S", "allow to controller:urn:a tcp/1");
	allows(TO_NVR6 "tcp 1>1 S", "allow to controller:urn:a tcp/1");
	allows(CAM "203.0.113.9 tcp 1>1 S", "allow to controller:urn:a tcp/1");
	allows(CAM6 "2001:db8::9 tcp 1>1 S", "allow to controller:urn:a tcp/1");
	denies(TO_PLUG "tcp 1>1 S", NULL);
	denies(CAM "198.51.100.1 tcp 1>1 S", NULL);
	denies(CAM "10.0.0.1 tcp 1>1 S", NULL);
	allows(TO_PLUG "tcp 1>2 S", "allow to my-controllers tcp/2");
	allows(CAM "10.0.0.1 tcp 1>2 S", "allow to my-controllers tcp/2");
	allows(CAM6 "fd00::1 tcp 1>2 S", "allow to my-controllers tcp/2");
	allows(CAM "198.51.100.1 tcp 1>2 S", "allow to my-controllers tcp/2");
	denies(TO_NVR "tcp 1>2 S", NULL);
	allows(TO_NVR6 "tcp 1>3 S", "allow to same-manufacturer tcp/3");
	denies(TO_PLUG "tcp 1>3 S", NULL);
	allows(PLUG6 "tcp 1>4 S", "allow to model:M tcp/4");
	denies(TO_NVR "tcp 1>4 S", NULL);
	denies(TO_NVR "tcp 1>5 S", "deny to manufacturer:ACME tcp/5");
	allows(TO_PLUG "tcp 1>5 S", "allow to any tcp/5");
	allows("cam>stranger ip4 10.0.0.10>10.0.0.9 tcp 1>6 S",
	       "allow to controller:urn:ietf:params:mud:ntp tcp/6");
	allows(CAM "10.0.0.1 tcp 1>7 S", "allow to controller:urn:ietf:params:mud:gateway tcp/7");
	denies(TO_NVR "tcp 1>7 S", NULL);
	allows(TO_NVR6 "tcp 1>8 S", "allow to controller:urn:a tcp/8 ipv6");
	denies(TO_NVR "tcp 1>8 S", NULL);
	denies(TO_PLUG "tcp 1>9 S", NULL); /* a set that is empty matches nobody */
	expect(&w, TO, "nvr>cam ip4 10.0.0.11>10.0.0.10 udp 1>1", true, "rule",
	       "allow from manufacturer:acme udp/1");
	expect(&w, TO, "plug>cam ip4 10.0.0.30>10.0.0.10 udp 1>1", false, "no-rule", NULL);
	world_close(&w);
}

/* --- a MUD file --- */

static const char file[] =
	"{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://things.example/cam\",\"last-update\":\"x\","
	"\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"out\"}]}},"
	"\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"in\"}]}}},"
	"\"ietf-access-control-list:acls\":{\"acl\":[{\"name\":\"out\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":["
#define ACE(name, matches, action)                                                               \
	"{\"name\":\"" name "\",\"matches\":{" matches "},\"actions\":{\"forwarding\":\"" action \
	"\"}}"
	ACE("no", "\"ietf-mud:mud\":{\"local-networks\":[null]},\"tcp\":{\"destination-port\":{\"port\":23}}", "drop") "," ACE(
		"near", "\"ietf-mud:mud\":{\"local-networks\":[null]}",
		"accept") "," ACE("hub",
				  "\"ietf-mud:mud\":{\"my-controller\":[null]},\"udp\":{\"destination-port\":{\"operator\":\"gte\",\"port\":5000}}",
				  "accept") "," ACE("odd", "\"ipv4\":{\"ttl\":1}",
						    "accept") "]}},"
							      "{\"name\":\"in\",\"type\":\"ipv6-acl-type\",\"aces\":{\"ace\":[" ACE(
								      "kin",
								      "\"ietf-mud:mud\":{\"same-manufacturer\":[null]},\"tcp\":{\"ietf-mud:direction-initiated\":"
								      "\"to-device\",\"destination-port\":{\"port\":443}}",
								      "accept") "," ACE("answers",
											"\"tcp\":{\"ietf-mud:direction-initiated\":\"from-device\"}",
											"accept") "]}}]}}";

static char path[] = "/tmp/iotguard-test-XXXXXX";

static int write_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || write(fd, file, sizeof(file) - 1) != (ssize_t)sizeof(file) - 1)
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_mud_file(void **state)
{
	char *text = NULL;

	(void)state;
	assert_true(asprintf(&text,
			     HEAD MACHINES("mud: %s, my-controllers: [198.51.100.7], " RULES(
						   "deny to device:plug udp"),
					   "mud: %s", RULES("")),
			     path, path) > 0);
	world_open(&w, text);
	free(text);
	denies(TO_NVR "tcp 1>23 S", "deny to local tcp/23 ipv4 because \"entry no of out\"");
	allows(TO_NVR "tcp 1>24 S", "allow to local ipv4 because \"entry near of out\"");
	denies(TO_NVR6 "tcp 1>24 S", NULL);		       /* the list is about IPv4 */
	denies(TO_PLUG "udp 1>24", "deny to device:plug udp"); /* what people wrote comes first */
	allows(CAM "198.51.100.7 udp 1>5000",
	       "allow to my-controllers udp/5000-65535 ipv4 because \"entry hub of out\"");
	denies(CAM "198.51.100.7 udp 1>4999", NULL);
	denies(CAM "203.0.113.5 ttl 1 udp 1>5000", NULL); /* what cannot be said allows nothing */
	expect(&w, TO, "nvr>cam ip6 fd00::11>fd00::10 tcp 1>443 S", true, "rule",
	       "allow from manufacturer:things.example tcp/443 ipv6 because \"entry kin of in\"");
	expect(&w, TO, "plug>cam ip6 fd00::30>fd00::10 tcp 1>443 S", false, "no-rule", NULL);
	/* nobody opens anything by an entry about answers, and answers need none */
	expect(&w, TO, "gw>cam ip6 2001:db8::5>fd00::10 tcp 1>2 S", false, "no-rule", NULL);
	expect(&w, TO, "gw>cam ip4 198.51.100.7>10.0.0.10 udp 5000>1", true, "flow",
	       "allow to my-controllers udp/5000-65535 ipv4 because \"entry hub of out\"");
	world_close(&w);
}

/* --- who joins, and who leaves --- */

#define JOINED HEAD MACHINES("manufacturer: acme, " LIST, "manufacturer: acme", RULES(""))
#define LEFT   HEAD MACHINES("manufacturer: acme, " LIST, "manufacturer: else", RULES(""))
#define LIST \
	RULES("allow to any tcp/1, allow to same-manufacturer tcp/2, allow to manufacturer:ACME tcp/3 ipv4, allow to any tcp/4")

static struct lab lab;

static uint32_t rule_of(const char *sentence, bool passes)
{
	struct lab_verdict verdict;
	struct frame frame;

	frame_make(&frame, "%s", sentence);
	lab_run(&lab, FROM, &frame, &verdict);
	if (verdict.passed != passes)
		fail_msg("%s: %s, reason %u", sentence, verdict.passed ? "passes" : "is dropped",
			 verdict.reason);
	return verdict.rule;
}

/* The rule is the same one, and has the same number; whom it means is another question. */
static void holds(bool joined)
{
	assert_int_equal(rule_of(TO_NVR "tcp 100>1 S", true), 0);
	assert_int_equal(rule_of(TO_NVR "tcp 100>2 S", joined), joined ? 1 : IG_NO_RULE);
	assert_int_equal(rule_of(TO_NVR "tcp 100>3 S", joined), joined ? 2 : IG_NO_RULE);
	assert_int_equal(rule_of(TO_NVR6 "tcp 100>3 S", false), IG_NO_RULE);
	assert_int_equal(rule_of(TO_NVR "tcp 100>4 S", true), 3);
	assert_int_equal(rule_of(TO_PLUG "tcp 100>2 S", false), IG_NO_RULE);
}

static void test_joins_and_leaves(void **state)
{
	(void)state;
	lab_open(&lab, LEFT, true);
	lab.now_ns = 1000000 * SECOND;
	holds(false);
	lab_write(&lab, JOINED);
	holds(false); /* until the moment it is in force */
	lab_flip(&lab);
	holds(true);
	lab_write(&lab, LEFT);
	lab_flip(&lab);
	holds(false); /* the flow that there was is judged again, and ends */
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_names_of_one_version),
		cmocka_unit_test(test_sets),
		cmocka_unit_test_setup_teardown(test_mud_file, write_file, remove_file),
		cmocka_unit_test(test_joins_and_leaves),
	};

	return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
