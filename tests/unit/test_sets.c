/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of machines, and MUD files of an inventory: who is in which set, whom the same sentence means for whom, what is warned
 * of, and that a dictionary keeps all of it. (What the entries of a MUD file come to: test_mud_rules.)
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
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "dictionary.h"
#include "findings.h"
#include "inventory.h"
#include "mud_cache.h"
#include "mud_entry.h"
#include "policy.h"
#include "resolve.h"
#include "sets.h"
#include "util.h"

static char directory[64];
static struct ig_diags diags;
static struct iotguard_inventory *inv;
static struct ig_resolved resolved;

/* --- files --- */

static void write_bytes(const char *name, const char *bytes, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

/* A MUD file with one entry in its from-device policy. The caller frees it. */
static char *mud_text(const char *url, const char *matches, const char *action)
{
	char *text = NULL;

	assert_true(
		asprintf(
			&text,
			"{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"%s\","
			"\"last-update\":\"2026-01-01T00:00:00Z\",\"from-device-policy\":{\"access-lists\":{"
			"\"access-list\":[{\"name\":\"l\"}]}}},\n\"ietf-access-control-list:acls\":{\"acl\":[{"
			"\"name\":\"l\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[\n{\"name\":\"e\","
			"\"matches\":{%s},\"actions\":{\"forwarding\":\"%s\"}}]}}]}}",
			url, matches, action) > 0);
	return text;
}

static void write_mud(const char *name, const char *url, const char *matches)
{
	char *text = mud_text(url, matches, "accept");

	write_text(name, text);
	free(text);
}

static int start(void **state)
{
	char path[128];

	(void)state;
	strcpy(directory, "/tmp/iotguard-test-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/mud", directory);
	return mkdir(path, 0700);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void forget(void)
{
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
	inv = NULL;
	ig_diags_clear(&diags);
}

static int stop(void **state)
{
	(void)state;
	forget();
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- loading --- */

#define HEAD                                                                                      \
	"version: 1\n"                                                                            \
	"gateway: {addresses: [192.0.2.1], resolvers: [192.0.2.53], time-servers: [192.0.2.1]}\n" \
	"segments: {lan: {interfaces: [lan0], networks: [192.0.2.0/24]}}\n"

static int try(const char *text)
{
	char path[128];
	int err;

	forget();
	write_text("inventory.yaml", text);
	snprintf(path, sizeof(path), "%s/inventory.yaml", directory);
	err = ig_inventory_load_with(&diags, path, directory, &inv);
	return err ?: ig_resolve(inv, &resolved);
}

static void load(const char *text)
{
	if (try(text))
		fail_msg("%u: %s", diags.items[0].line, diags.items[0].message);
}

/* One diagnostic, on that line of that file, which says that. */
static void told(const char *file, unsigned int line, const char *words)
{
	const char *name;

	assert_int_equal(diags.count, 1);
	name = strrchr(diags.items[0].file, '/') + 1;
	if (strcmp(name, file) != 0 || diags.items[0].line != line ||
	    !strstr(diags.items[0].message, words))
		fail_msg("%s:%u: %s; expected %s:%u: %s", name, diags.items[0].line,
			 diags.items[0].message, file, line, words);
	assert_non_null(diags.items[0].hint);
}

static const struct ig_machine *machine(const char *name)
{
	const struct ig_machine *m = ig_inventory_machine(inv, false, name);

	assert_non_null(m);
	return m;
}

static const struct ig_rule *rule_of(const char *name, size_t i)
{
	const struct ig_rule_list *list =
		&resolved.lists[resolved.list_of[machine(name) - inv->machines]];

	assert_true(i < list->count);
	return list->rules[i];
}

static const char *members_of(const struct ig_group *set)
{
	static char text[1024];
	char prefix[IG_PREFIX_TEXT];

	*text = '\0';
	for (size_t i = 0; set && i < set->count; i++) {
		const struct ig_member *member = &set->members[i];

		if (i)
			strcat(text, " ");
		if (!member->machine && !member->gateway)
			ig_prefix_print(&member->prefix, prefix);
		strcat(text, member->machine   ? member->machine->name
			     : member->gateway ? "gateway"
					       : prefix);
	}
	return text;
}

/* Whom the rule at that place of its list means. */
static void means(const char *name, size_t i, const char *members)
{
	const char *is = members_of(ig_inventory_set(inv, &rule_of(name, i)->remote));

	if (strcmp(is, members) != 0)
		fail_msg("rule %zu of %s means \"%s\", not \"%s\"", i, name, is, members);
}

/* --- controllers --- */

static void test_classes(void **state)
{
	(void)state;
	load(HEAD
	     "controllers:\n"
	     "  urn:a: [device:b, host:h, gateway, 198.51.100.0/24, '2001:db8::1']\n"
	     "  urn:empty: []\n"
	     "  'two words': [device:a]\n"
	     "hosts: {h: {mac: '02:00:00:00:00:09', segment: lan}}\n"
	     "devices:\n"
	     "  a: {mac: '02:00:00:00:00:01', segment: lan, rules: ['allow to controller:urn:a',\n"
	     "      'allow to controller:urn:empty', 'allow to controller:\"two words\"']}\n"
	     "  b: {mac: '02:00:00:00:00:02', segment: lan}\n");
	assert_int_equal(diags.count, 0);
	means("a", 0, "b h gateway 198.51.100.0/24 2001:db8::1");
	means("a", 1, "");
	means("a", 2, "a");
	/* the class of a name that differs in case is another one */
	load(HEAD "controllers: {Urn:a: [device:a]}\n"
		  "devices: {a: {mac: '02:00:00:00:00:01', segment: lan,\n"
		  "  rules: ['allow to controller:urn:a']}}\n");
	told("inventory.yaml", 6, "no controllers are listed for the class `urn:a`");
	means("a", 0, "");
}

static void test_classes_that_are_there(void **state)
{
	static const char rules[] =
		"devices: {a: {mac: '02:00:00:00:00:01', segment: lan, rules: [\n"
		"  'allow to controller:urn:ietf:params:mud:dns',\n"
		"  'allow to controller:urn:ietf:params:mud:ntp',\n"
		"  'allow to controller:urn:ietf:params:mud:gateway']}}\n";
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", HEAD, rules);
	load(text);
	assert_int_equal(diags.count, 0);
	means("a", 0, "192.0.2.53");
	means("a", 1, "192.0.2.1");
	means("a", 2, "gateway");
	assert_true(ig_remote_has_gateway(inv, &rule_of("a", 2)->remote));
	assert_false(ig_remote_has_gateway(inv, &rule_of("a", 1)->remote));
	/* what the inventory lists counts */
	snprintf(text, sizeof(text),
		 "%scontrollers: {urn:ietf:params:mud:dns: [203.0.113.9], "
		 "urn:ietf:params:mud:gateway: []}\n%s",
		 HEAD, rules);
	load(text);
	means("a", 0, "203.0.113.9");
	means("a", 1, "192.0.2.1");
	means("a", 2, "");
	/* and where nobody is listed, nobody is meant */
	snprintf(text, sizeof(text), "version: 1\nsegments: {lan: {interfaces: [lan0]}}\n%s",
		 rules);
	load(text);
	means("a", 0, "");
	means("a", 1, "");
	means("a", 2, "gateway");
}

/* The same sentence of the same profile means other machines for each. */
static void test_my_controllers(void **state)
{
	(void)state;
	load(HEAD
	     "profiles:\n"
	     "  base: {my-controllers: [203.0.113.1], rules: [allow to my-controllers tcp/1]}\n"
	     "  own: {extends: base, my-controllers: [203.0.113.2]}\n"
	     "  none: {rules: [allow to my-controllers tcp/1]}\n"
	     "devices:\n"
	     "  a: {mac: '02:00:00:00:00:01', segment: lan, profile: base}\n"
	     "  b: {mac: '02:00:00:00:00:02', segment: lan, profile: base, my-controllers: [device:a]}\n"
	     "  c: {mac: '02:00:00:00:00:03', segment: lan, profile: own}\n"
	     "  d: {mac: '02:00:00:00:00:04', segment: lan, profile: base}\n"
	     "  e: {mac: '02:00:00:00:00:05', segment: lan, profile: none, my-controllers: []}\n"
	     "  f: {mac: '02:00:00:00:00:06', segment: lan, profile: none}\n"
	     "  g: {mac: '02:00:00:00:00:07', segment: lan, profile: none}\n");
	means("a", 0, "203.0.113.1");
	means("b", 0, "a");
	means("c", 0, "203.0.113.2");
	means("e", 0, "");
	means("f", 0, "");
	/* those who mean the same share a list */
	assert_int_equal(resolved.list_of[machine("a") - inv->machines],
			 resolved.list_of[machine("d") - inv->machines]);
	assert_int_not_equal(resolved.list_of[machine("a") - inv->machines],
			     resolved.list_of[machine("b") - inv->machines]);
	/* it is known by what was written */
	assert_ptr_equal(ig_rule_written(rule_of("a", 0)), ig_rule_written(rule_of("b", 0)));
	assert_int_equal(ig_rule_written(rule_of("b", 0))->loc.line, 5);
	told("inventory.yaml", 7, "for `f`: it has no controllers"); /* once a sentence */
}

/* --- manufacturers and models --- */

static void test_manufacturers(void **state)
{
	(void)state;
	load(HEAD
	     "profiles: {p: {rules: [allow to same-manufacturer tcp/1]}}\n"
	     "devices:\n"
	     "  a: {mac: '02:00:00:00:00:01', segment: lan, profile: p, manufacturer: Acme, model: X}\n"
	     "  b: {mac: '02:00:00:00:00:02', segment: lan, profile: p, manufacturer: other}\n"
	     "  c: {mac: '02:00:00:00:00:03', segment: lan, manufacturer: ACME, model: x}\n"
	     "  d: {mac: '02:00:00:00:00:04', segment: lan, profile: p, rules: [\n"
	     "      allow to manufacturer:aCME, 'allow to model:X', 'allow to manufacturer:nobody']}\n");
	means("a", 0, "a c"); /* whether it is of its own manufacturer is no question */
	means("b", 0, "b");
	means("d", 0, "a c");
	means("d", 1, "a");
	means("d", 2, "");
	means("d", 3, "");
	told("inventory.yaml", 4, "for `d`: nobody says who its manufacturer is");
	assert_int_not_equal(resolved.list_of[machine("a") - inv->machines],
			     resolved.list_of[machine("b") - inv->machines]);
}

#define SAME  "\"ietf-mud:mud\":{\"same-manufacturer\":[null]}"
#define LOCAL "\"ietf-mud:mud\":{\"local-networks\":[null]}"

static void test_manufacturer_of_a_file(void **state)
{
	(void)state;
	write_mud("plug.json", "https://Acme.Example:443/plug", SAME);
	load(HEAD
	     "profiles: {p: {mud: plug.json, rules: [allow from same-manufacturer]}}\n"
	     "devices:\n"
	     "  a: {mac: '02:00:00:00:00:01', segment: lan, profile: p}\n"
	     "  b: {mac: '02:00:00:00:00:02', segment: lan, profile: p, manufacturer: brand}\n"
	     "  c: {mac: '02:00:00:00:00:03', segment: lan, manufacturer: ACME.example, rules: [\n"
	     "      'allow to model:https://Acme.Example:443/plug', 'allow to manufacturer:brand']}\n");
	assert_int_equal(diags.count, 0);
	/* that of its entry for what people wrote, that of the file for what the file says; it is of both */
	means("a", 0, "a b c");
	means("b", 0, "b");
	means("a", 1, "a b c");
	means("b", 1, "a b c");
	means("c", 0, "a b");
	means("c", 1, "b");
	assert_string_equal(ig_machine_manufacturer(machine("a")), "acme.example");
	assert_string_equal(ig_machine_manufacturer(machine("b")), "brand");
}

/* --- mud --- */

static size_t count_rules(const char *name)
{
	return resolved.lists[resolved.list_of[machine(name) - inv->machines]].count;
}

static void test_whose_file_counts(void **state)
{
	(void)state;
	assert_int_equal(mkdir(strcat(strcpy((char[128]){0}, directory), "/sub"), 0700), 0);
	write_mud("one.json", "https://one.example/",
		  "\"tcp\":{\"destination-port\":{\"port\":1}}");
	write_mud("two.json", "https://two.example/",
		  "\"tcp\":{\"destination-port\":{\"port\":2}}");
	write_mud("sub/three.json", "https://three.example/",
		  "\"tcp\":{\"destination-port\":{\"port\":3}}");
	write_text(
		"sub/more.yaml",
		"version: 1\ndevices: {d: {mac: '02:00:00:00:00:04', segment: lan, mud: three.json}}\n");
	load(HEAD
	     "include: [sub/more.yaml]\n"
	     "profiles:\n"
	     "  base: {mud: one.json}\n"
	     "  over: {extends: base}\n"
	     "  own: {extends: base, mud: {source: ./two.json}}\n"
	     "devices:\n"
	     "  a: {mac: '02:00:00:00:00:01', segment: lan, profile: over, rules: [allow to any udp/9]}\n"
	     "  b: {mac: '02:00:00:00:00:02', segment: lan, profile: own}\n"
	     "  c: {mac: '02:00:00:00:00:03', segment: lan, profile: own, mud: sub/three.json}\n"
	     "  e: {mac: '02:00:00:00:00:05', segment: lan}\n");
	assert_int_equal(diags.count, 0);
	assert_int_equal(count_rules("a"), 2);
	assert_int_equal(rule_of("a", 0)->service.family, IG_SERVICE_UDP); /* people first */
	assert_int_equal(rule_of("a", 1)->service.ranges[0].first, 1);
	assert_int_equal(rule_of("b", 0)->service.ranges[0].first, 2);
	assert_int_equal(rule_of("c", 0)->service.ranges[0].first, 3);
	assert_int_equal(rule_of("d", 0)->service.ranges[0].first, 3);
	assert_int_equal(count_rules("e"), 0);
	assert_int_equal(rule_of("a", 1)->loc.line, 3);
	assert_non_null(strstr(rule_of("a", 1)->loc.file, "/one.json"));
	assert_string_equal(machine("b")->mud_rules->mud_url, "https://two.example/");
}

static void test_private_addresses(void **state)
{
	static const char *const devices = HEAD
		"devices:\n"
		"  a: {mac: '02:00:00:00:00:01', segment: lan, mud: lan.json}\n"
		"  b: {mac: '02:00:00:00:00:02', segment: lan, mud: {source: lan.json,\n"
		"      private-addresses: allow}}\n"
		"  c: {mac: '02:00:00:00:00:03', segment: lan, mud: {source: lan.json,\n"
		"      private-addresses: refuse}}\n";

	(void)state;
	write_mud("lan.json", "https://lan.example/",
		  "\"ipv4\":{\"destination-ipv4-network\":\"10.1.2.3/32\"}");
	load(devices);
	assert_int_equal(count_rules("a"), 0);
	assert_int_equal(count_rules("b"), 1);
	assert_int_equal(count_rules("c"), 0);
	assert_ptr_equal(machine("a")->mud_rules, machine("c")->mud_rules);
	/* once where it fails closed, once where it is allowed, and is a person's to look at */
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 0);
	assert_int_equal(diags.items[0].line, 3);
	assert_int_equal(diags.items[1].line, 3);
	assert_non_null(strstr(diags.items[0].message, "private address"));
	assert_non_null(strstr(diags.items[1].message, "address written into it"));
}

static void test_warnings_of_entries(void **state)
{
	static const struct {
		const char *matches, *action, *words;
		size_t count;
	} cases[] = {
		{"\"ipv4\":{\"ttl\":1}", "accept", "'e' of 'l' allows nothing: it matches the TTL",
		 1},
		{"\"ipv6\":{}", "accept", "'e' of 'l' matches nothing", 1},
		/* and so of DNS and NTP */
		{"\"ipv4\":{\"ttl\":1}", "drop", "'e' of 'l' denies more than it says", 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = mud_text("https://a.example/", cases[i].matches, cases[i].action);

		write_text("a.json", text);
		free(text);
		load(HEAD "devices: {a: {mac: '02:00:00:00:00:01', segment: lan, mud: a.json}}\n");
		assert_int_equal(diags.count, cases[i].count);
		assert_int_equal(diags.items[0].line, 3);
		if (!strstr(diags.items[0].message, cases[i].words))
			fail_msg("%s", diags.items[0].message);
	}
}

static void test_no_such_file(void **state)
{
	(void)state;
	assert_int_equal(try(HEAD
			     "devices:\n"
			     "  a: {mac: '02:00:00:00:00:01', segment: lan, mud: nowhere.json}\n"
			     "  b: {mac: '02:00:00:00:00:02', segment: lan, mud: nowhere.json}\n"),
			 -EINVAL);
	assert_int_equal(diags.count, 1); /* once, however many devices have it */
	assert_int_equal(diags.items[0].line, 5);
	assert_non_null(strstr(diags.items[0].message, "nowhere.json"));
	write_text("html.json", "<html>\n");
	assert_int_equal(
		try(HEAD
		    "devices: {a: {mac: '02:00:00:00:00:01', segment: lan, mud: html.json}}\n"),
		-EINVAL);
	assert_int_equal(diags.errors, 1);
	assert_non_null(strstr(diags.items[0].file, "/html.json"));
	assert_non_null(strstr(diags.items[0].message, "not JSON"));
	/* no other scheme is asked for, and none is a file */
	assert_int_equal(try(HEAD "devices: {a: {mac: '02:00:00:00:00:01', segment: lan,\n"
				  "  mud: 'http://things.example/x.json'}}\n"),
			 -EINVAL);
	assert_int_equal(diags.errors, 1);
}

#define URL "https://things.example/plug.json"

static void put_in_cache(const char *url, const char *text)
{
	struct ig_mud_entry entry = {.url = (char *)url,
				     .size = strlen(text),
				     .fetched_at = 1,
				     .checked_at = 1,
				     .cache_hours = 48};
	uint8_t digest[IG_SHA256_SIZE];
	char path[512], *meta;
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, text, strlen(text));
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, entry.sha256);
	meta = ig_mud_entry_print(&entry);
	assert_non_null(meta);
	assert_int_equal(ig_mud_cache_path("mud", url, IG_MUD_META, path, sizeof(path)), 0);
	write_text(path, meta);
	free(meta);
	assert_int_equal(ig_mud_cache_path("mud", url, IG_MUD_CURRENT, path, sizeof(path)), 0);
	write_text(path, text);
}

static void test_fetched(void **state)
{
	static const char *const one = HEAD
		"devices: {a: {mac: '02:00:00:00:00:01', segment: lan, mud: '" URL "'}}\n";
	char *text = mud_text(URL, LOCAL, "accept");

	(void)state;
	assert_int_equal(try(one), -EINVAL);
	assert_int_equal(diags.errors, 1);
	assert_non_null(strstr(diags.items[0].message, "not fetched yet"));
	assert_int_equal(diags.items[0].line, 4);
	put_in_cache(URL, text);
	load(one);
	assert_int_equal(diags.count, 0);
	assert_int_equal(rule_of("a", 0)->remote.kind, IG_REMOTE_LOCAL);
	assert_string_equal(rule_of("a", 0)->loc.file, URL);
	/* in another spelling of it, too */
	load(HEAD "devices: {a: {mac: '02:00:00:00:00:01', segment: lan,\n"
		  "  mud: {source: 'HTTPS://Things.Example:443/x/../plug.json'}}}\n");
	assert_int_equal(count_rules("a"), 1);
	free(text);
	/* bytes that are not what was verified */
	assert_int_equal(ig_mud_cache_path("mud", URL, IG_MUD_CURRENT, (char[512]){0}, 512), 0);
	{
		char path[512];

		ig_mud_cache_path("mud", URL, IG_MUD_CURRENT, path, sizeof(path));
		write_text(path, "{}");
	}
	assert_int_equal(try(one), -EINVAL);
	assert_int_equal(diags.errors, 1);
}

/* Entries that contradict each other are no mistake of the inventory: the first one decides. */
static void test_findings_leave_files_alone(void **state)
{
	static const char *const entry =
		"{\"name\":\"e%d\",\"matches\":{},\"actions\":{\"forwarding\":\"%s\"}}";
	char aces[512], text[1024];

	(void)state;
	snprintf(aces, sizeof(aces), entry, 1, "accept");
	strcat(aces, ",");
	snprintf(aces + strlen(aces), sizeof(aces) - strlen(aces), entry, 2, "drop");
	snprintf(
		text, sizeof(text),
		"{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://a.example/\",\"last-update\":\"x\","
		"\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"l\"}]}}},"
		"\"acls\":{\"acl\":[{\"name\":\"l\",\"aces\":{\"ace\":[%s]}}]}}",
		aces);
	write_text("a.json", text);
	load(HEAD "devices: {a: {mac: '02:00:00:00:00:01', segment: lan, mud: a.json,\n"
		  "  rules: [deny to internet]}}\n");
	assert_int_equal(count_rules("a"), 3);
	assert_int_equal(ig_findings(&diags, inv), 0);
	assert_int_equal(diags.errors, 0);
}

/* --- what a dictionary keeps, and what a plan says of it --- */

static struct iotguard *ig;

static void compile(const char *name, const char *text, struct iotguard_inventory **from,
		    struct iotguard_policy **policy)
{
	char path[128];

	write_text(name, text);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	iotguard_diag_clear(ig);
	if (iotguard_inventory_load(ig, path, from) || iotguard_policy_compile(ig, *from, policy))
		fail_msg("%s", iotguard_diag_get(ig, 0)->message);
}

/* What was compiled, as the dictionary in its slot has it. */
static struct iotguard_inventory *kept_of(const struct iotguard_policy *policy)
{
	struct iotguard_inventory *kept;
	struct ig_dictionary dict;

	assert_int_equal(
		ig_dictionary_open(&dict, policy->image.dictionary.blocks,
				   policy->image.dictionary.count * sizeof(struct ig_block)),
		0);
	assert_int_equal(ig_dictionary_inventory(&dict, &kept), 0);
	return kept;
}

/* What devices told and nobody fetched allows nothing, is said, and leaves a policy that can be compared with others. */
static void test_adopted(void **state)
{
#define TOLD(name, mac, url)                                                              \
	"{\"device\":\"" name "\",\"mac\":\"02:00:00:00:00:0" mac "\",\"adopted\":\"" url \
	"\",\"adopted_at\":1,\"told\":[{\"source\":\"dhcp4\",\"url\":\"" url              \
	"\",\"fault\":null,\"state\":\"adopted\",\"first_seen\":1,\"last_seen\":1}]}"
	static const char *const text = HEAD
		"defaults: {mud-discovery: adopt}\n"
		"devices:\n"
		"  a: {mac: '02:00:00:00:00:01', segment: lan}\n"
		"  b: {mac: '02:00:00:00:00:02', segment: lan}\n"
		"  c: {mac: '02:00:00:00:00:03', segment: lan}\n"
		"  d: {mac: '02:00:00:00:00:04', segment: lan, mud-discovery: propose}\n";
	const struct ig_machine *a, *b;
	struct iotguard_inventory *kept;
	char *file = mud_text(URL, LOCAL, "accept");
	struct iotguard_inventory_info info;
	struct iotguard_policy *policy;

	(void)state;
	/* what cannot be read leaves the inventory as it is */
	{
		char path[128], away[128];

		snprintf(path, sizeof(path), "%s/mud", directory);
		snprintf(away, sizeof(away), "%s/away", directory);
		assert_int_equal(rename(path, away), 0);
		assert_int_equal(symlink(path, path), 0);
		load(text);
		assert_int_equal(diags.count, 1);
		assert_int_equal(diags.errors, 0);
		assert_non_null(strstr(diags.items[0].message, "cannot be read"));
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(away, path), 0);
	}
	write_text("mud/discovered.json",
		   "{\"version\":1,\"machines\":[" TOLD("a", "1", URL) "," TOLD(
			   "b", "2", URL) "," TOLD("c", "3",
						   "https://other.example/x") "," TOLD("d", "4",
										       URL) "]}");
	load(text);
	assert_int_equal(diags.errors, 0);
	assert_int_equal(diags.count, 2); /* of each file once */
	assert_non_null(strstr(diags.items[0].message, "not fetched yet"));
	assert_int_equal(count_rules("a") + count_rules("b") + count_rules("c"), 0);
	iotguard_inventory_describe(inv, &info);
	assert_int_equal(info.profiles, 0);
	assert_int_equal(iotguard_open(&ig, NULL), 0);
	assert_int_equal(iotguard_policy_compile(ig, inv, &policy), 0);
	kept = kept_of(policy);
	iotguard_inventory_free(kept);
	iotguard_policy_free(policy);
	iotguard_close(ig);

	put_in_cache(URL, file);
	load(text);
	assert_int_equal(diags.count, 1);
	assert_int_equal(count_rules("a"), 1);
	assert_int_equal(count_rules("b"), 1);
	assert_int_equal(count_rules("c"), 0);
	assert_int_equal(count_rules("d"), 0);
	a = ig_inventory_machine(inv, false, "a");
	b = ig_inventory_machine(inv, false, "b");
	assert_ptr_equal(a->mud_rules, b->mud_rules);
	free(file);
#undef TOLD
}

static struct iotguard_plan *plan_from(const struct iotguard_policy *policy,
				       const struct iotguard_inventory *before)
{
	const struct iotguard_policy against = {.inv = before};
	struct iotguard_plan_opts opts = IOTGUARD_OPTS(iotguard_plan_opts, .against = &against);
	struct iotguard_plan *plan;

	assert_int_equal(iotguard_plan_make(ig, policy, &opts, &plan), 0);
	return plan;
}

static const char *const everything = HEAD
	"controllers: {urn:a: [device:b, gateway, 203.0.113.0/24]}\n"
	"profiles: {p: {mud: plug.json, my-controllers: [device:a], rules: [\n"
	"  allow to same-manufacturer tcp/1, allow from my-controllers tcp/2,\n"
	"  'allow to controller:urn:a', 'allow to controller:urn:ietf:params:mud:dns tcp/853']}}\n"
	"devices:\n"
	"  a: {mac: '02:00:00:00:00:01', addresses: [192.0.2.11], segment: lan, profile: p,\n"
	"      manufacturer: brand, model: m}\n"
	"  b: {mac: '02:00:00:00:00:02', addresses: [192.0.2.12], segment: lan, profile: p,\n"
	"      mud: {source: plug.json, private-addresses: allow}}\n"
	"  c: {mac: '02:00:00:00:00:03', addresses: [192.0.2.13], segment: lan, %s\n"
	"      rules: [allow from manufacturer:brand ipv4, 'allow to model:m ipv6']}\n";

static void test_dictionary(void **state)
{
	struct iotguard_inventory *one, *kept;
	struct iotguard_plan_info info;
	struct iotguard_policy *policy;
	struct iotguard_plan *plan;
	char text[2048];

	(void)state;
	assert_int_equal(iotguard_open(&ig, NULL), 0);
	write_mud("plug.json", "https://things.example/", SAME);
	snprintf(text, sizeof(text), everything, "");
	compile("one.yaml", text, &one, &policy);
	kept = kept_of(policy);
	assert_int_equal(kept->n_sets, one->n_sets);
	for (size_t i = 0; i < one->n_sets; i++) {
		char before[1024];

		assert_string_equal(kept->sets[i].name, one->sets[i].name);
		strcpy(before, members_of(&one->sets[i]));
		assert_string_equal(members_of(&kept->sets[i]), before);
	}
	assert_int_equal(kept->n_profiles, one->n_profiles);
	assert_string_equal(ig_machine_manufacturer(&kept->machines[1]), "things.example");
	plan = plan_from(policy, kept);
	iotguard_plan_describe(plan, &info);
	assert_false(info.different);
	assert_int_equal(info.rewritten, 0);
	iotguard_plan_free(plan);
	iotguard_inventory_free(kept);
	iotguard_policy_free(policy);
	iotguard_inventory_free(one);
	iotguard_close(ig);
}

/* The changes of a machine, or of what is general (NULL), as lines. */
static const char *changes_of(const struct iotguard_plan *plan, const char *name)
{
	static char text[4096];
	const struct iotguard_plan_change *changes = NULL;
	const struct iotguard_plan_machine *machines;
	size_t n = 0, n_machines;

	machines = iotguard_plan_machines(plan, &n_machines);
	for (size_t i = 0; i < n_machines && name; i++) {
		if (strcmp(machines[i].name, name) != 0)
			continue;
		changes = machines[i].changes;
		n = machines[i].n_changes;
	}
	if (!name)
		changes = iotguard_plan_general(plan, &n);
	*text = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s %s\n",
			 changes[i].subject ? changes[i].subject : "",
			 changes[i].subject ? " " : "",
			 iotguard_plan_effect_name(changes[i].effect), changes[i].what);
	return text;
}

static void changed(const struct iotguard_plan *plan, const char *name, const char *words)
{
	const char *text = changes_of(plan, name);

	if (*words ? !strstr(text, words) : *text)
		fail_msg("of %s is said:\n%s, and not \"%s\"", name ? name : "all", text, words);
}

/* No rule of anybody is written otherwise: what changes is who is meant. */
static void test_plan_where_a_device_joins(void **state)
{
	struct iotguard_inventory *before, *after;
	struct iotguard_policy *was, *is;
	struct iotguard_plan *plan;
	char text[2048];

	(void)state;
	assert_int_equal(iotguard_open(&ig, NULL), 0);
	write_mud("plug.json", "https://things.example/", SAME);
	snprintf(text, sizeof(text), everything, "");
	compile("before.yaml", text, &before, &was);
	snprintf(text, sizeof(text), everything, "manufacturer: Brand,");
	compile("after.yaml", text, &after, &is);
	plan = plan_from(is, before);
	changed(plan, "a", "gain to device:c tcp/1");
	changed(plan, "c", "gain from device:c");
	changed(plan, "b", ""); /* it is of another one */
	iotguard_plan_free(plan);
	plan = plan_from(was, after);
	changed(plan, "a", "loss to device:c tcp/1");
	changed(plan, "b", "");
	iotguard_plan_free(plan);
	iotguard_policy_free(is);
	iotguard_inventory_free(after);
	/* by its MUD file */
	snprintf(text, sizeof(text), everything, "mud: plug.json,");
	compile("after.yaml", text, &after, &is);
	plan = plan_from(is, before);
	changed(plan, "a", "gain to device:c");
	changed(plan, "b", "gain to device:c");
	changed(plan, "c", "gain to manufacturer:things.example ipv4");
	iotguard_plan_free(plan);
	iotguard_policy_free(is);
	iotguard_inventory_free(after);
	iotguard_policy_free(was);
	iotguard_inventory_free(before);
	iotguard_close(ig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_classes, start, stop),
		cmocka_unit_test_setup_teardown(test_classes_that_are_there, start, stop),
		cmocka_unit_test_setup_teardown(test_my_controllers, start, stop),
		cmocka_unit_test_setup_teardown(test_manufacturers, start, stop),
		cmocka_unit_test_setup_teardown(test_manufacturer_of_a_file, start, stop),
		cmocka_unit_test_setup_teardown(test_whose_file_counts, start, stop),
		cmocka_unit_test_setup_teardown(test_private_addresses, start, stop),
		cmocka_unit_test_setup_teardown(test_warnings_of_entries, start, stop),
		cmocka_unit_test_setup_teardown(test_no_such_file, start, stop),
		cmocka_unit_test_setup_teardown(test_fetched, start, stop),
		cmocka_unit_test_setup_teardown(test_findings_leave_files_alone, start, stop),
		cmocka_unit_test_setup_teardown(test_dictionary, start, stop),
		cmocka_unit_test_setup_teardown(test_adopted, start, stop),
		cmocka_unit_test_setup_teardown(test_plan_where_a_device_joins, start, stop),
	};

	return cmocka_run_group_tests_name("sets", tests, NULL, NULL);
}
