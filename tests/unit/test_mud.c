/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD files: what is read of good ones, in every spelling that is about, and that bad ones are refused with a reason.
 * IOTGUARD_MUD_FILES: a folder (with folders in it) of more files, each of which is read, or refused with one reason; left out
 * where it is not there.
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
	const char *folder = getenv("IOTGUARD_MUD_FILES");

	(void)state;
	if (!folder) {
		print_message("# SKIP IOTGUARD_MUD_FILES names no folder of MUD files\n");
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
		cmocka_unit_test_teardown(test_files, tidy),
	};

	return cmocka_run_group_tests_name("mud", tests, NULL, NULL);
}
