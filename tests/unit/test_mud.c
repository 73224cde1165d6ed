/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD files: what is read of good ones, in every spelling that is about, and that bad ones are refused with a reason.
 * IOTGUARD_MUD_FILES: a folder (with folders in it) of more files, each of which is read, or refused with one reason. Where it
 * is not set, ../shared/data/mud is looked for; left out where that is not there.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mud.h"
#include "util.h"

#define HEAD \
	"\"mud-version\":1,\"mud-url\":\"https://Things.Example:443/bulb\",\"last-update\":\"2026-01-01T00:00:00Z\""

static struct ig_diags diags;
static struct ig_mud mud;

static int read_text(const char *text, size_t size)
{
	ig_diags_clear(&diags);
	ig_mud_clear(&mud);
	return ig_mud_read(&diags, "thing.json", text, size, &mud);
}

/* @policies and @acls: what stands in the two roots. */
static int read_parts(const char *head, const char *policies, const char *acls)
{
	char *text = NULL;
	int err;

	assert_true(
		asprintf(
			&text,
			"{\"ietf-mud:mud\":{%s%s},\"ietf-access-control-list:acls\":{\"acl\":[%s]}}",
			head, policies, acls) > 0);
	err = read_text(text, strlen(text));
	free(text);
	return err;
}

#define FROM ",\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f\"}]}}"

/* One entry in a list of that type, whose matches are @matches. */
static int read_match(const char *type, const char *matches)
{
	char *acl = NULL;
	int err;

	assert_true(
		asprintf(
			&acl,
			"{\"name\":\"f\",\"type\":\"%s\",\"aces\":{\"ace\":[{\"name\":\"a\",\"matches\":{%s},"
			"\"actions\":{\"forwarding\":\"accept\"}}]}}",
			type, matches) > 0);
	err = read_parts(HEAD, FROM, acl);
	free(acl);
	return err;
}

static const struct ig_mud_match *the_match(void)
{
	assert_int_equal(mud.n_acls, 1);
	assert_int_equal(mud.acls[0].n_aces, 1);
	return &mud.acls[0].aces[0].match;
}

static void refused(int err, const char *words)
{
	assert_int_equal(err, -EINVAL);
	assert_int_equal(diags.errors, 1);
	if (!strstr(diags.items[diags.count - 1].message, words))
		fail_msg("\"%s\" does not say \"%s\"", diags.items[diags.count - 1].message, words);
	assert_null(mud.url);
	assert_int_equal(mud.n_acls, 0);
}

static int tidy(void **state)
{
	(void)state;
	ig_diags_clear(&diags);
	ig_mud_clear(&mud);
	return 0;
}

/* --- the head --- */

static void test_head(void **state)
{
	(void)state;
	assert_int_equal(
		read_parts(
			HEAD
			",\"mud-signature\":\"bulb.p7s\",\"cache-validity\":24,\"is-supported\":false,"
			"\"systeminfo\":\"A bulb\",\"mfg-name\":\"Things\",\"extensions\":[\"transparency\"]",
			"", ""),
		0);
	assert_string_equal(mud.url, "https://Things.Example:443/bulb");
	assert_string_equal(mud.authority, "things.example");
	assert_string_equal(mud.signature, "bulb.p7s");
	assert_int_equal(mud.cache_hours, 24);
	assert_false(mud.supported);
	assert_string_equal(mud.systeminfo, "A bulb");
	assert_string_equal(mud.manufacturer, "Things");
	assert_int_equal(mud.n_extensions, 1);
	assert_string_equal(mud.extensions[0], "transparency");
	assert_int_equal(diags.count, 0);
}

static void test_head_is_lenient(void **state)
{
	(void)state;
	assert_int_equal(
		read_parts("\"mud-url\":\"https://a.example:8443\",\"cache-validity\":14400", "",
			   ""),
		0);
	assert_int_equal(mud.version, 1);
	assert_int_equal(mud.cache_hours, 168);
	assert_true(mud.supported);
	assert_string_equal(mud.authority, "a.example:8443");
	assert_int_equal(diags.count, 3); /* no version, no date, so many hours */
	assert_int_equal(diags.errors, 0);
}

static void test_head_refused(void **state)
{
	(void)state;
	refused(read_parts("\"mud-version\":2,\"mud-url\":\"https://a.example\"", "", ""),
		"mud-version");
	refused(read_parts("\"mud-version\":1", "", ""), "no mud-url");
	refused(read_parts("\"mud-url\":\"http://a.example\"", "", ""), "https://");
	refused(read_parts("\"mud-url\":\"\"", "", ""), "empty");
	refused(read_parts("\"mud-url\":\"h\"", "", ""), "https://");
	refused(read_parts("\"mud-url\":\"https://\"", "", ""), "no host");
	refused(read_parts("\"mud-url\":\"https://b@a.example\"", "", ""), "user");
	refused(read_parts("\"mud-url\":\"https://a.example/\\u001b[2J\"", "", ""), "byte");
	refused(read_parts(HEAD ",\"cache-validity\":0", "", ""), "cache-validity");
	refused(read_parts(HEAD ",\"is-supported\":1", "", ""), "is-supported");
	refused(read_parts(HEAD ",\"extensions\":\"x\"", "", ""), "extensions");
	refused(read_parts(HEAD ",\"systeminfo\":7", "", ""), "systeminfo");
}

/* --- JSON --- */

static void test_not_json(void **state)
{
	char *large = calloc(1, IG_MUD_BYTES_MAX + 1);

	(void)state;
	assert_non_null(large);
	memset(large, ' ', IG_MUD_BYTES_MAX + 1);
	refused(read_text(large, IG_MUD_BYTES_MAX + 1), "bytes");
	memset(large, '[', 100000);
	refused(read_text(large, 100000), "deep");
	free(large);
	refused(read_text("", 0), "not JSON");
	refused(read_text("{\"ietf-mud:mud\":", 16), "not JSON");
	refused(read_text("[]", 2), "no JSON object");
	refused(read_text("{}", 2), "no `ietf-mud:mud`");
	refused(read_text("<html></html>", 13), "not JSON");
	refused(read_text("{\"a\":1,\"a\":2}", 13), "duplicate");
	refused(read_text("{\"a\":\"\xff\"}", 9), "decode byte");
	/* brackets in strings are not of the structure */
	assert_int_equal(
		read_parts(HEAD ",\"systeminfo\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[\"", "", ""), 0);
}

/* --- lists --- */

#define ACE(name)	"{\"name\":\"" name "\",\"matches\":{},\"actions\":{\"forwarding\":\"accept\"}}"
#define ACL(name, aces) "{\"name\":\"" name "\",\"aces\":{\"ace\":[" aces "]}}"

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(
		read_parts(
			HEAD,
			",\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"b\"},{\"name\":\"a\"}]}},"
			"\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"a\"}]}}",
			ACL("a", ACE("1") "," ACE("2")) "," ACL("b", "")),
		0);
	assert_int_equal(mud.n_acls, 2);
	assert_int_equal(mud.acls[0].n_aces, 2);
	assert_string_equal(mud.acls[0].aces[1].name, "2");
	assert_int_equal(mud.n_policy[IG_MUD_FROM_DEVICE], 2);
	assert_int_equal(mud.policy[IG_MUD_FROM_DEVICE][0], 1);
	assert_int_equal(mud.policy[IG_MUD_FROM_DEVICE][1], 0);
	assert_int_equal(mud.n_policy[IG_MUD_TO_DEVICE], 1);
	assert_int_equal(diags.count, 0);
}

static void test_lists_refused(void **state)
{
	char acl[128 + 64];

	(void)state;
	refused(read_parts(HEAD, FROM, ""), "'f', which is not there");
	refused(read_parts(HEAD, "", ACL("a", "") "," ACL("a", "")), "more than one");
	refused(read_parts(HEAD, "", "{\"aces\":{}}"), "no name");
	refused(read_parts(HEAD, "", "{\"name\":\"a\",\"type\":\"arp\"}"), "no type");
	refused(read_parts(HEAD, "", ACL("a", "{\"name\":\"1\",\"matches\":{}}")), "becomes");
	refused(read_parts(HEAD, "",
			   ACL("a", "{\"name\":\"1\",\"actions\":{\"forwarding\":\"maybe\"}}")),
		"becomes");
	refused(read_parts(HEAD, "", ACL("a", "7")), "no name");
	snprintf(acl, sizeof(acl), "{\"name\":\"%065d\"}", 0);
	refused(read_parts(HEAD, "", acl), "64");
}

/* An author's slip, and seen; what follows from it is the same. */
static void test_lists_warned(void **state)
{
	(void)state;
	assert_int_equal(read_parts(HEAD, FROM, ACL("f", ACE("1") "," ACE("1")) "," ACL("g", "")),
			 0);
	assert_int_equal(mud.acls[0].n_aces, 2);
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 0);
}

static void test_too_many_entries(void **state)
{
	char *aces = calloc(IG_MUD_ACES_MAX + 1, sizeof(ACE("1") ",")), *acl = NULL;

	(void)state;
	assert_non_null(aces);
	for (unsigned int i = 0; i <= IG_MUD_ACES_MAX; i++)
		strcat(aces + i * strlen(ACE("1") ","),
		       i < IG_MUD_ACES_MAX ? ACE("1") "," : ACE("1"));
	assert_true(asprintf(&acl, "{\"name\":\"a\",\"aces\":{\"ace\":[%s]}}", aces) > 0);
	refused(read_parts(HEAD, "", acl), "entries");
	free(acl);
	free(aces);
}

static void test_older_spelling(void **state)
{
	static const char text[] =
		"{\"ietf-mud:mud\":{" HEAD
		",\"from-device-policy\":{\"access-lists\":{\"access-list\":["
		"{\"acl-name\":\"f\",\"acl-type\":\"ietf-access-control-list:ipv6-acl\"}]}}},"
		"\"ietf-access-control-list:access-lists\":{\"acl\":[{\"acl-name\":\"f\",\"acl-type\":\"ipv6-acl\","
		"\"access-list-entries\":{\"ace\":[{\"rule-name\":\"cl0\",\"matches\":{\"ipv6-acl\":{"
		"\"ietf-acldns:dst-dnsname\":\"Service.Example.\",\"protocol\":6,"
		"\"destination-port-range\":{\"lower-port\":443,\"upper-port\":444}},"
		"\"tcp-acl\":{\"ietf-mud:direction-initiated\":\"from-device\"}},"
		"\"actions\":{\"forwarding\":\"deny\"}}]}}]}}";
	const struct ig_mud_match *match;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1), 0);
	match = the_match();
	assert_int_equal(mud.acls[0].type, IG_MUD_IPV6);
	assert_int_equal(mud.acls[0].aces[0].forwarding, IG_MUD_DROP);
	assert_int_equal(match->network, IG_MUD_IPV6);
	assert_int_equal(match->transport, IG_MUD_TCP);
	assert_string_equal(match->destination_name, "service.example");
	assert_int_equal(match->destination_port.ranges[0].first, 443);
	assert_int_equal(match->destination_port.ranges[0].last, 444);
	assert_int_equal(match->initiated, IG_MUD_FROM_DEVICE);
	assert_null(match->unread);
}

/* --- matches --- */

static void ports_are(const char *ports, unsigned int n, const struct ig_range *expected)
{
	char *matches = NULL;
	const struct ig_mud_ports *read;

	assert_true(asprintf(&matches, "\"udp\":{\"source-port\":%s}", ports) > 0);
	assert_int_equal(read_match("ipv4-acl-type", matches), 0);
	free(matches);
	read = &the_match()->source_port;
	assert_int_equal(read->n, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(read->ranges[i].first, expected[i].first);
		assert_int_equal(read->ranges[i].last, expected[i].last);
	}
}

static void test_ports(void **state)
{
	(void)state;
	ports_are("{\"port\":53}", 1, (const struct ig_range[]){{53, 53}});
	ports_are("{\"operator\":\"eq\",\"port\":53}", 1, (const struct ig_range[]){{53, 53}});
	ports_are("{\"operator\":\"lte\",\"port\":1023}", 1, (const struct ig_range[]){{0, 1023}});
	ports_are("{\"operator\":\"gte\",\"port\":1024}", 1,
		  (const struct ig_range[]){{1024, 65535}});
	ports_are("{\"operator\":\"neq\",\"port\":80}", 2,
		  (const struct ig_range[]){{0, 79}, {81, 65535}});
	ports_are("{\"operator\":\"neq\",\"port\":0}", 1, (const struct ig_range[]){{1, 65535}});
	ports_are("{\"operator\":\"neq\",\"port\":65535}", 1,
		  (const struct ig_range[]){{0, 65534}});
	ports_are("{\"operator\":\"range\",\"lower-port\":5,\"upper-port\":9}", 1,
		  (const struct ig_range[]){{5, 9}});
	refused(read_match("ipv4-acl-type",
			   "\"udp\":{\"source-port\":{\"lower-port\":9,\"upper-port\":5}}"),
		"ends below");
	refused(read_match("ipv4-acl-type", "\"udp\":{\"source-port\":{\"lower-port\":9}}"),
		"number");
	refused(read_match("ipv4-acl-type", "\"udp\":{\"source-port\":{\"port\":65536}}"),
		"number");
	refused(read_match("ipv4-acl-type",
			   "\"udp\":{\"source-port\":{\"operator\":\"near\",\"port\":1}}"),
		"operator");
	refused(read_match("ipv4-acl-type", "\"udp\":{\"source-port\":53}"), "object");
}

static void test_networks(void **state)
{
	char text[IG_PREFIX_TEXT];

	(void)state;
	assert_int_equal(read_match("ipv4-acl-type",
				    "\"ipv4\":{\"destination-ipv4-network\":\"10.1.2.3/8\"}"),
			 0);
	assert_true(the_match()->has_destination);
	ig_prefix_print(&the_match()->destination, text);
	assert_string_equal(text, "10.0.0.0/8");
	assert_int_equal(read_match("ipv6-acl-type",
				    "\"ipv6\":{\"source-ipv6-network\":\"2001:db8:ffff::1/33\"}"),
			 0);
	ig_prefix_print(&the_match()->source, text);
	assert_string_equal(text, "2001:db8:8000::/33");
	/* a name that is an address */
	assert_int_equal(
		read_match("ipv4-acl-type", "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"8.8.8.8\"}"),
		0);
	assert_null(the_match()->destination_name);
	ig_prefix_print(&the_match()->destination, text);
	assert_string_equal(text, "8.8.8.8");
	assert_int_equal(
		read_match("ipv6-acl-type", "\"ipv6\":{\"destination-ipv6-network\":\"ff02::fb\"}"),
		0);
	ig_prefix_print(&the_match()->destination, text);
	assert_string_equal(text, "ff02::fb");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"destination-ipv4-network\":\"ff02::fb\"}"),
		"length");
	refused(read_match("ipv4-acl-type",
			   "\"ipv4\":{\"destination-ipv4-network\":\"10.0.0.0/33\"}"),
		"length");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"destination-ipv4-network\":\"10.0.0/8\"}"),
		"address");
	refused(read_match("ipv6-acl-type",
			   "\"ipv6\":{\"destination-ipv6-network\":\"10.0.0.0/8\"}"),
		"address");
}

static void test_names(void **state)
{
	char matches[512];

	(void)state;
	assert_int_equal(read_match("ipv4-acl-type",
				    "\"ipv4\":{\"ietf-acldns:src-dnsname\":\"_a.B-1.Example\"}"),
			 0);
	assert_string_equal(the_match()->source_name, "_a.b-1.example");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"*.example\"}"),
		"domain name");
	refused(read_match("ipv4-acl-type",
			   "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"a..example\"}"),
		"domain name");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\".\"}"),
		"domain name");
	refused(read_match("ipv4-acl-type",
			   "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"a b;reboot\"}"),
		"domain name");
	snprintf(matches, sizeof(matches),
		 "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"%064d.example\"}", 0);
	refused(read_match("ipv4-acl-type", matches), "domain name");
	snprintf(matches, sizeof(matches),
		 "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"%060d.%060d.%060d.%060d.%060d\"}", 0, 0,
		 0, 0, 0);
	refused(read_match("ipv4-acl-type", matches), "domain name");
}

static void test_abstractions(void **state)
{
	static const char *const empties[] = {"[null]", "null", "true", "{}"};
	char matches[256];

	(void)state;
	for (size_t i = 0; i < sizeof(empties) / sizeof(*empties); i++) {
		snprintf(matches, sizeof(matches), "\"ietf-mud:mud\":{\"local-networks\":%s}",
			 empties[i]);
		assert_int_equal(read_match("ipv4-acl-type", matches), 0);
		assert_true(the_match()->local_networks);
	}
	refused(read_match("ipv4-acl-type", "\"ietf-mud:mud\":{\"local-networks\":false}"),
		"[null]");
	assert_int_equal(
		read_match("ipv4-acl-type",
			   "\"ietf-mud:mud\":{\"controller\":\"urn:ietf:params:mud:dns\","
			   "\"my-controller\":[null],\"same-manufacturer\":[null],"
			   "\"manufacturer\":\"a.example\",\"model\":\"https://a.example/m\"}"),
		0);
	assert_string_equal(the_match()->controller, "urn:ietf:params:mud:dns");
	assert_true(the_match()->my_controller);
	assert_true(the_match()->same_manufacturer);
	assert_string_equal(the_match()->manufacturer, "a.example");
	assert_string_equal(the_match()->model, "https://a.example/m");
	refused(read_match("ipv4-acl-type", "\"ietf-mud:mud\":{\"controller\":[null]}"), "string");
}

static void test_other_matches(void **state)
{
	const struct ig_mud_match *match;

	(void)state;
	assert_int_equal(read_match("ipv4-acl-type",
				    "\"ipv4\":{\"dscp\":46,\"ttl\":255,\"length\":100},"
				    "\"tcp\":{\"flags\":\"syn ack\"}"),
			 0);
	match = the_match();
	assert_int_equal(match->dscp, 46);
	assert_int_equal(match->ttl, 255);
	assert_int_equal(match->length, 100);
	assert_int_equal(match->tcp_flags, 0x12);
	assert_int_equal(match->protocol, -1);
	assert_int_equal(read_match("ipv4-acl-type", "\"icmp\":{\"type\":8,\"code\":0}"), 0);
	assert_int_equal(the_match()->icmp_type, 8);
	assert_int_equal(the_match()->icmp_code, 0);
	assert_int_equal(read_match("eth-acl-type", "\"eth\":{\"ethertype\":\"0x888e\"}"), 0);
	assert_int_equal(the_match()->ethertype, 0x888e);
	refused(read_match("ipv4-acl-type", "\"tcp\":{\"flags\":\"syn xmas\"}"), "flag");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"dscp\":64}"), "number");
	refused(read_match("ipv4-acl-type", "\"tcp\":{\"ietf-mud:direction-initiated\":\"both\"}"),
		"neither");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{},\"ipv6\":{}"), "version");
	refused(read_match("ipv4-acl-type", "\"tcp\":{},\"udp\":{}"), "protocol");
	refused(read_match("ipv4-acl-type", "\"ipv4\":{\"protocol\":17},\"tcp\":{}"), "protocol");
}

/* What cannot be said is never left out in silence: an accept would match more. */
static void test_unread(void **state)
{
	static const char *const matches[] = {
		"\"ipv4\":{\"identification\":7}",
		"\"tcp\":{\"window-size\":0}",
		"\"udp\":{\"length\":8}",
		"\"icmp\":{\"rest-of-header\":\"AAAAAA==\"}",
		"\"eth\":{\"source-mac-address\":\"02:00:5e:00:00:01\"}",
		"\"ietf-mud:mud\":{\"example:weather\":\"fair\"}",
		"\"example:moon\":{}",
		"\"udp\":{\"ietf-mud:direction-initiated\":\"from-device\"}", /* of TCP only */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		assert_int_equal(read_match("ipv4-acl-type", matches[i]), 0);
		if (!the_match()->unread)
			fail_msg("%s is read without a word", matches[i]);
	}
}

/* --- files that somebody bent --- */

/* With a policy for each side, strings with brackets and quotes in them, and an entry on each of these lines. */
static const char pretty[] =
	"{\n"
	"  \"ietf-mud:mud\": {\n"
	"    \"mud-version\": 1, \"mud-url\": \"https://things.example/bulb\",\n"
	"    \"last-update\": \"2026-01-01T00:00:00Z\", \"systeminfo\": \"[[{ \\\"aces\\\": {\\\\\",\n"
	"    \"from-device-policy\": {\"access-lists\": {\"access-list\": [{\"name\": \"f\"}]}},\n"
	"    \"to-device-policy\": {\"access-lists\": {\"access-list\": [{\"name\": \"t\"}]}}\n"
	"  },\n"
	"  \"ROOT\": {\n"
	"    \"acl\": [\n"
	"      {\"name\": \"f\", \"type\": \"ipv4-acl-type\", \"aces\": {\"ace\": [\n"
	"        {\"name\": \"{\\\"]\", \"actions\": {\"forwarding\": \"accept\"}},\n"
	"        {\n"
	"          \"name\": \"2\",\n"
	"          \"matches\": {\"ietf-mud:mud\": {\"local-networks\": [null]}},\n"
	"          \"actions\": {\"forwarding\": \"drop\"}\n"
	"        }]}},\n"
	"      {\"name\": \"t\",\n"
	"       \"aces\":\n"
	"       {\"ace\": [\n"
	"\n"
	"        {\"actions\": {\"forwarding\": \"accept\"}, \"name\": \"3\"} ]}}\n"
	"    ]\n"
	"  }\n"
	"}\n";

static char *with_root(const char *root)
{
	const char *at = strstr(pretty, "ROOT");
	char *text = NULL;

	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - pretty), pretty, root,
			     at + strlen("ROOT")) > 0);
	return text;
}

static void lines_are(unsigned int first, unsigned int second, unsigned int third)
{
	assert_int_equal(mud.n_acls, 2);
	assert_int_equal(mud.acls[0].aces[0].line, first);
	assert_int_equal(mud.acls[0].aces[1].line, second);
	assert_int_equal(mud.acls[1].aces[0].line, third);
}

static void test_lines(void **state)
{
	static const char *const roots[] = {"ietf-access-control-list:acls", "acls", "access-lists",
					    "ietf-access-control-list:access-lists"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char *text = with_root(roots[i]);

		assert_int_equal(read_text(text, strlen(text)), 0);
		assert_int_equal(diags.count, 0);
		lines_are(11, 12, 21);
		for (char *c = text; *c; c++) /* none of them is in a string */
			*c = *c == '\n' ? ' ' : *c;
		assert_int_equal(read_text(text, strlen(text)), 0);
		lines_are(1, 1, 1);
		free(text);
	}
}

/* Where it is not sure, it says nothing. */
static void test_lines_that_are_not_known(void **state)
{
	char *text = with_root("\\u0061cls");

	(void)state;
	assert_int_equal(read_text(text, strlen(text)), 0);
	lines_are(0, 0, 0);
	free(text);
	text = with_root("acls\": {\"acl\": []}, \"example:acls");
	assert_int_equal(read_text(text, strlen(text)),
			 -EINVAL); /* the policies name what is not there */
	free(text);
}

static void test_cut_anywhere(void **state)
{
	char *text = with_root("ietf-access-control-list:acls");
	size_t whole = strlen(text) - 1; /* the last newline aside */

	(void)state;
	for (size_t size = 0; size < whole; size++) {
		char *cut = malloc(size + 1); /* of just that size: whoever reads on is seen */

		assert_non_null(cut);
		memcpy(cut, text, size);
		refused(read_text(cut, size), "not JSON");
		free(cut);
	}
	assert_int_equal(read_text(text, whole), 0);
	free(text);
}

static void test_limits(void **state)
{
	char *text = malloc(IG_MUD_BYTES_MAX + 1), name[400], acl[512];
	size_t size = sizeof(pretty) - 1;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', IG_MUD_BYTES_MAX + 1);
	memcpy(text, pretty, size);
	memcpy(strstr(text, "ROOT"), "acls", 4);
	assert_int_equal(read_text(text, IG_MUD_BYTES_MAX), 0);
	refused(read_text(text, IG_MUD_BYTES_MAX + 1), "more than 1048576 bytes");
	free(text);
	/* the file's own object is one of the sixteen */
	assert_int_equal(read_parts(HEAD ",\"example:deep\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]", "", ""),
			 0);
	refused(read_parts(HEAD ",\"example:deep\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]", "", ""),
		"more than 16 deep");
	memset(name, 'n', sizeof(name));
	for (size_t n = 64; n <= 300; n += n == 64 ? 1 : 235) {
		name[n] = '\0';
		snprintf(acl, sizeof(acl), "{\"name\":\"%s\"}", name);
		if (n == 64)
			assert_int_equal(read_parts(HEAD, "", acl), 0);
		else
			refused(read_parts(HEAD, "", acl), "more than 64 bytes");
		snprintf(acl, sizeof(acl),
			 ACL("a", "{\"name\":\"%s\",\"actions\":{\"forwarding\":\"drop\"}}"), name);
		if (n == 64)
			assert_int_equal(read_parts(HEAD, "", acl), 0);
		else
			refused(read_parts(HEAD, "", acl), "more than 64 bytes");
		name[n] = 'n';
	}
}

static void test_long_strings(void **state)
{
	static const char *const members[] = {"systeminfo", "last-update", "mud-signature",
					      "mfg-name"};
	char longest[IG_MUD_TEXT_MAX + 2], head[2048], matches[2048];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[IG_MUD_TEXT_MAX + 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		snprintf(head, sizeof(head), "\"mud-url\":\"https://a.example/\",\"%s\":\"%s\"",
			 members[i], longest);
		refused(read_parts(head, "", ""), "more than 1024 bytes");
	}
	snprintf(head, sizeof(head), "\"mud-url\":\"https://a.example/%s\"", longest);
	refused(read_parts(head, "", ""), "more than 1024 bytes");
	snprintf(matches, sizeof(matches), "\"ietf-mud:mud\":{\"controller\":\"%s\"}", longest);
	refused(read_match("ipv4-acl-type", matches), "more than 1024 bytes");
	matches[strlen(matches) - 3] = '\0';
	strcat(matches, "\"}");
	assert_int_equal(read_match("ipv4-acl-type", matches), 0);
}

static void test_bytes_that_are_no_text(void **state)
{
	static const struct {
		const char *bytes, *words;
	} cases[] = {
		{"{\"a\":\"\xc3\x28\"}", "decode byte"},     /* not UTF-8 */
		{"{\"a\":\"\xc0\xaf\"}", "decode byte"},     /* longer than it needs to be */
		{"{\"a\":\"\xed\xa0\x80\"}", "decode byte"}, /* half of a pair */
		{"{\"a\":\"\\ud800\"}", "Unicode"},
		{"{\"a\":\"\\u0000\"}", "\\u0000"},
		{"{\"a\":\"x\ny\"}", "newline"},
		{"{\"a\\u0000b\":1}", "NUL"},
		{"\xef\xbb\xbf{}", "not JSON"},
		{"\xff\xfe{\0}", "not JSON"},
		{"{} {}", "not JSON"},
		{"{\"a\":1e999}", "overflow"},
		{"{\"a\":99999999999999999999}", "too big"},
		{"{\"a\":1,}", "not JSON"},
		{"{'a':1}", "not JSON"},
		{"version: 1\n", "not JSON"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refused(read_text(cases[i].bytes, strlen(cases[i].bytes)), cases[i].words);
}

/* One place after another holds something of another type. */
static void test_wrong_types(void **state)
{
	static const struct {
		const char *head, *policies, *acls, *words;
	} cases[] = {
		{"\"mud-version\":\"1\",\"mud-url\":\"https://a.example\"", "", "", "mud-version"},
		{"\"mud-version\":1.0,\"mud-url\":\"https://a.example\"", "", "", "mud-version"},
		{"\"mud-url\":[\"https://a.example\"]", "", "", "mud-url is not a string"},
		{HEAD ",\"mud-signature\":{}", "", "", "mud-signature is not a string"},
		{HEAD ",\"cache-validity\":\"48\"", "", "", "cache-validity"},
		{HEAD ",\"is-supported\":\"true\"", "", "", "is-supported"},
		{HEAD ",\"documentation\":null", "", "", "documentation is not a string"},
		{HEAD ",\"extensions\":[1]", "", "", "extension is not a string"},
		{HEAD, ",\"from-device-policy\":[]", "", "no object"},
		{HEAD, ",\"to-device-policy\":{\"access-lists\":[]}", "", "no object"},
		{HEAD, ",\"to-device-policy\":{\"access-lists\":{\"access-list\":{}}}", "",
		 "no list"},
		{HEAD, ",\"to-device-policy\":{\"access-lists\":{\"access-list\":[\"f\"]}}", "",
		 "without a name"},
		{HEAD, ",\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":1}]}}",
		 "", "without a name"},
		{HEAD, "", "7", "no name"},
		{HEAD, "", "{\"name\":7}", "no name"},
		{HEAD, "", "{\"name\":\"\"}", "no name"},
		{HEAD, "", "{\"name\":\"a\",\"type\":4}", "no type"},
		{HEAD, "", "{\"name\":\"a\",\"aces\":[]}", "no object"},
		{HEAD, "", "{\"name\":\"a\",\"aces\":{\"ace\":{}}}", "no list"},
		{HEAD, "", ACL("a", "{\"name\":\"1\",\"actions\":\"accept\"}"), "becomes"},
		{HEAD, "", ACL("a", "{\"name\":\"1\",\"actions\":{\"forwarding\":true}}"),
		 "becomes"},
		{HEAD, "",
		 ACL("a", "{\"name\":\"1\",\"matches\":[],\"actions\":{\"forwarding\":\"drop\"}}"),
		 "matches is no object"},
	};
	static const struct {
		const char *matches, *words;
	} members[] = {
		{"\"ipv4\":[]", "no object"},
		{"\"ipv4\":{\"protocol\":\"6\"}", "no number"},
		{"\"ipv4\":{\"protocol\":256}", "no number"},
		{"\"ipv4\":{\"protocol\":-1}", "no number"},
		{"\"ipv4\":{\"dscp\":4.0}", "no number"},
		{"\"ipv4\":{\"ttl\":256}", "no number"},
		{"\"ipv4\":{\"length\":65536}", "no number"},
		{"\"ipv4\":{\"destination-ipv4-network\":1}", "no prefix"},
		{"\"ipv4\":{\"destination-ipv4-network\":\"\"}", "no prefix"},
		{"\"ipv4\":{\"destination-ipv4-network\":\"1.2.3.4/\"}", "no prefix"},
		{"\"ipv4\":{\"destination-ipv4-network\":\"1.2.3.4/+8\"}", "no prefix"},
		{"\"ipv4\":{\"destination-ipv4-network\":\"1.2.3.4/8x\"}", "length"},
		{"\"ipv6\":{\"destination-ipv6-network\":\"::/129\"}", "length"},
		{"\"ipv6\":{\"destination-ipv6-network\":\"::/99999999999999999999\"}", "length"},
		{"\"ipv4\":{\"ietf-acldns:dst-dnsname\":[\"a.example\"]}", "domain name"},
		{"\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"\"}", "domain name"},
		{"\"ipv4\":{\"ietf-acldns:dst-dnsname\":\".a.example\"}", "domain name"},
		{"\"tcp\":{\"destination-port\":[]}", "no object"},
		{"\"tcp\":{\"destination-port\":{}}", "number"},
		{"\"tcp\":{\"destination-port\":{\"port\":\"443\"}}", "number"},
		{"\"tcp\":{\"destination-port\":{\"operator\":1,\"port\":1}}", "operator"},
		{"\"tcp\":{\"flags\":2}", "no string"},
		{"\"tcp\":{\"ietf-mud:direction-initiated\":1}", "neither"},
		{"\"icmp\":{\"type\":\"echo\"}", "number"},
		{"\"icmp\":{\"code\":256}", "number"},
		{"\"eth\":{\"ethertype\":null}", "number"},
		{"\"eth\":{\"ethertype\":\"\"}", "number"},
		{"\"eth\":{\"ethertype\":\"0x10000\"}", "number"},
		{"\"eth\":{\"ethertype\":\"-1\"}", "number"},
		{"\"eth\":{\"ethertype\":\" 5\"}", "number"},
		{"\"eth\":{\"ethertype\":\"arp\"}", "number"},
		{"\"ietf-mud:mud\":7", "no object"},
		{"\"ietf-mud:mud\":{\"local-networks\":[]}", "[null]"},
		{"\"ietf-mud:mud\":{\"my-controller\":[null,null]}", "[null]"},
		{"\"ietf-mud:mud\":{\"same-manufacturer\":\"\"}", "[null]"},
		{"\"ietf-mud:mud\":{\"manufacturer\":[null]}", "string"},
		{"\"ietf-mud:mud\":{\"model\":\"\"}", "string"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refused(read_parts(cases[i].head, cases[i].policies, cases[i].acls),
			cases[i].words);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		refused(read_match("ipv4-acl-type", members[i].matches), members[i].words);
	refused(read_text("{\"ietf-mud:mud\":[]}", 19), "no `ietf-mud:mud`");
	refused(read_text("{\"ietf-mud:mud\":{" HEAD "},\"acls\":[]}",
			  strlen("{\"ietf-mud:mud\":{" HEAD "},\"acls\":[]}")),
		"no object");
	refused(read_text("{\"ietf-mud:mud\":{" HEAD "},\"acls\":{\"acl\":{}}}",
			  strlen("{\"ietf-mud:mud\":{" HEAD "},\"acls\":{\"acl\":{}}}")),
		"no object");
}

/* What is there twice under two names is refused, wherever it stands: two readers may take each another one for it. */
static void test_twins(void **state)
{
	static const char *const roots = "{\"ietf-mud:mud\":{" HEAD
					 "},\"acls\":{},\"access-lists\":{}}";
	static const char *const matches[] = {
		"\"ietf-mud:mud\":{},\"mud\":{}",
		"\"ipv4\":{},\"ietf-access-control-list:ipv4\":{}",
		"\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"a.example\",\"dst-dnsname\":\"b.example\"}",
		"\"tcp\":{\"source-port\":{\"port\":1},\"ietf-access-control-list:source-port\":{\"port\":2}}",
		"\"tcp\":{\"source-port\":{\"lower-port\":1,\"ietf-access-control-list:lower-port\":2,\"upper-port\":3}}",
		"\"ipv4\":{\"protocol\":6},\"ipv4-acl\":{\"protocol\":17}",
		"\"tcp\":{},\"tcp-acl\":{}",
		"\"ietf-mud:mud\":{},\"mud-acl\":{}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		refused(read_match("ipv4-acl-type", matches[i]), "there twice");
	refused(read_parts(HEAD ",\"ietf-mud:mud-url\":\"https://b.example/\"", "", ""),
		"'ietf-mud:mud-url' is there twice");
	refused(read_parts(HEAD ",\"example:list\":[{\"a\":1,\"ietf-mud:a\":2}]", "", ""),
		"there twice");
	/* a name of another module is another thing */
	assert_int_equal(read_parts(HEAD ",\"example:mud-url\":7", "", ""), 0);
	refused(read_text(roots, strlen(roots)), "beside each other");
	refused(read_parts(HEAD, "", "{\"name\":\"a\",\"acl-name\":\"a\"}"), "beside each other");
	refused(read_parts(HEAD, "",
			   "{\"name\":\"a\",\"type\":\"ipv4-acl-type\",\"acl-type\":\"ipv4-acl\"}"),
		"beside each other");
	refused(read_parts(HEAD, "", "{\"name\":\"a\",\"aces\":{},\"access-list-entries\":{}}"),
		"beside each other");
	refused(read_parts(
			HEAD, "",
			ACL("a",
			    "{\"name\":\"1\",\"rule-name\":\"1\",\"actions\":{\"forwarding\":\"drop\"}}")),
		"beside each other");
	refused(read_parts(
			HEAD,
			",\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"a\",\"acl-name\":\"b\"}]}}",
			ACL("a", "")),
		"beside each other");
}

/* Twice in one object, deep in it. */
static void test_duplicate_keys(void **state)
{
	static const char *const matches[] = {
		"\"ipv4\":{},\"ipv4\":{}",
		"\"ipv4\":{\"protocol\":6,\"protocol\":6}",
		"\"tcp\":{\"destination-port\":{\"port\":1,\"port\":1}}",
		"\"tcp\":{\"destination-port\":{\"port\":1,\"p\\u006frt\":2}}",
		"\"ietf-mud:mud\":{\"controller\":\"a\",\"controller\":\"b\"}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		refused(read_match("ipv4-acl-type", matches[i]), "duplicate");
	refused(read_parts(HEAD ",\"mud-url\":\"https://b.example/\"", "", ""), "duplicate");
}

static void test_names_of_lists(void **state)
{
	(void)state;
	refused(read_parts(
			HEAD,
			",\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"\\u001b[2J\"}]}}",
			""),
		"to-device-policy names the access list");
	for (const char *c = diags.items[0].message; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	refused(read_parts(
			HEAD,
			",\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"a\"},{\"name\":\"a\"}]}}",
			ACL("a", "")),
		"names the access list 'a' twice");
	assert_int_equal(
		read_parts(
			HEAD,
			",\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"a\"}]}},"
			"\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"a\"}]}}",
			ACL("a", "")),
		0);
}

/* --- files of others --- */

static unsigned int n_files;

static int read_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	size_t n = strlen(path), size;
	char *bytes;
	FILE *f;
	int err;

	(void)at;
	if (type != FTW_F || n < 5 || strcmp(path + n - 5, ".json") != 0)
		return 0;
	f = fopen(path, "re");
	assert_non_null(f);
	bytes = malloc((size_t)st->st_size + 1);
	assert_non_null(bytes);
	size = fread(bytes, 1, (size_t)st->st_size, f);
	fclose(f);
	err = read_text(bytes, size);
	free(bytes);
	n_files++;
	if (err)
		refused(err, "");
	print_message("# %s: %s\n", path, err ? diags.items[diags.count - 1].message : "read");
	return 0;
}

static void test_files(void **state)
{
	const char *given = getenv("IOTGUARD_MUD_FILES"),
		   *folder = given ? given : "../shared/data/mud";

	(void)state;
	if (!given && access(folder, R_OK)) {
		print_message("no folder of MUD files: IOTGUARD_MUD_FILES names none\n");
		skip();
	}
	assert_int_equal(nftw(folder, read_one, 8, FTW_PHYS), 0);
	print_message("# %u files\n", n_files);
	assert_true(n_files > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_head, tidy),
		cmocka_unit_test_teardown(test_head_is_lenient, tidy),
		cmocka_unit_test_teardown(test_head_refused, tidy),
		cmocka_unit_test_teardown(test_not_json, tidy),
		cmocka_unit_test_teardown(test_lists, tidy),
		cmocka_unit_test_teardown(test_lists_refused, tidy),
		cmocka_unit_test_teardown(test_lists_warned, tidy),
		cmocka_unit_test_teardown(test_too_many_entries, tidy),
		cmocka_unit_test_teardown(test_older_spelling, tidy),
		cmocka_unit_test_teardown(test_ports, tidy),
		cmocka_unit_test_teardown(test_networks, tidy),
		cmocka_unit_test_teardown(test_names, tidy),
		cmocka_unit_test_teardown(test_abstractions, tidy),
		cmocka_unit_test_teardown(test_other_matches, tidy),
		cmocka_unit_test_teardown(test_unread, tidy),
		cmocka_unit_test_teardown(test_lines, tidy),
		cmocka_unit_test_teardown(test_lines_that_are_not_known, tidy),
		cmocka_unit_test_teardown(test_cut_anywhere, tidy),
		cmocka_unit_test_teardown(test_limits, tidy),
		cmocka_unit_test_teardown(test_long_strings, tidy),
		cmocka_unit_test_teardown(test_bytes_that_are_no_text, tidy),
		cmocka_unit_test_teardown(test_wrong_types, tidy),
		cmocka_unit_test_teardown(test_twins, tidy),
		cmocka_unit_test_teardown(test_duplicate_keys, tidy),
		cmocka_unit_test_teardown(test_names_of_lists, tidy),
		cmocka_unit_test_teardown(test_files, tidy),
	};

	return cmocka_run_group_tests_name("mud", tests, NULL, NULL);
}
