/* SPDX-License-Identifier: BSD-2-Clause */
/* What `mud check`, `mud show`, `mud diff` and `mud export` print as JSON is as the schema says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "schema.h"
#include "util.h"

#define SCHEMA "docs/schema/mud.schema.json"

static char folder[] = "/tmp/iotguard-mud-json-XXXXXX";

static const char *const files[][2] = {
	{"a.json",
	 "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://vendor.example/plug\",\"systeminfo\":\"a\\u202e\\u001b\","
	 "\"is-supported\":true,\"extensions\":[\"transparency\"],"
	 "\"ietf-mud-transparency:transparency\":{\"sboms\":[{\"version-info\":\"1\",\"sbom-url\":\"https://v.example/\"}]},"
	 "\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f\"}]}}},"
	 "\"ietf-access-control-list:acls\":{\"acl\":[{\"name\":\"f\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":["
	 "{\"name\":\"a\",\"matches\":{\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"api.vendor.example\"}},\"actions\":{\"forwarding\":\"accept\"}},"
	 "{\"name\":\"b\",\"matches\":{\"ipv4\":{\"ttl\":1}},\"actions\":{\"forwarding\":\"accept\"}},"
	 "{\"name\":\"c\",\"matches\":{\"ipv4\":{\"ttl\":1}},\"actions\":{\"forwarding\":\"drop\"}},"
	 "{\"name\":\"d\",\"matches\":{\"eth\":{\"ethertype\":\"0x0806\"}},\"actions\":{\"forwarding\":\"accept\"}}"
	 "]}}]}}"},
	{"b.json",
	 "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://vendor.example/plug\",\"last-update\":\"2026-01-01T00:00:00Z\","
	 "\"is-supported\":false,\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f\"}]}}},"
	 "\"ietf-access-control-list:acls\":{\"acl\":[{\"name\":\"f\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":["
	 "{\"name\":\"a\",\"matches\":{\"ipv4\":{\"destination-ipv4-network\":\"198.51.100.1/32\"}},\"actions\":{\"forwarding\":\"accept\"}}"
	 "]}}]}}"},
	{"bad.json", "{\"x\xff"},
	{"home.yaml",
	 "version: 1\n"
	 "segments: {lan: {interfaces: [lan0]}}\n"
	 "devices:\n"
	 "  cam:\n"
	 "    mac: \"02:00:5e:10:00:13\"\n"
	 "    segment: lan\n"
	 "    rules: [allow to api.vendor.example tcp/443, allow to any ethertype/0x88b5]\n"},
};

/* What the loader prints, from the folder. The caller decrefs it. */
static json_t *print(const char *arguments, int status)
{
	const char *loader = getenv("IOTGUARD_LOAD");
	_free_ char *whole = realpath(loader ? loader : "build/iotguard-load", NULL);
	char command[8192];
	json_error_t error;
	json_t *json;
	int ended;
	FILE *f;

	assert_non_null(whole);
	snprintf(command, sizeof(command), "cd %s && %s mud %s --json 2>/dev/null", folder, whole,
		 arguments);
	f = popen(command, "r");
	assert_non_null(f);
	json = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	ended = pclose(f);
	if (!json)
		fail_msg("%s: %s at %d", arguments, error.text, error.position);
	if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status)
		fail_msg("%s: it ended with %d", arguments, ended);
	return json;
}

static void test_schema(void **state)
{
	static const struct {
		const char *arguments;
		int status;
	} runs[] = {
		{"check a.json b.json", 0},
		{"check a.json bad.json nowhere.json", 3},
		{"show a.json", 0},
		{"show b.json", 0},
		{"diff a.json b.json", 6},
		{"diff a.json a.json", 0},
		{"export home.yaml cam --mud-url https://vendor.example/cam", 0},
	};
	json_t *schema = schema_load(SCHEMA);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		json_t *json = print(runs[i].arguments, runs[i].status);
		const char *broken = schema_broken(schema, json);

		if (broken)
			fail_msg("%s breaks '%s' of the schema", runs[i].arguments, broken);
		json_decref(json);
	}
	json_decref(schema);
}

/* Each of the members is asked for. */
static void test_schema_refuses(void **state)
{
	json_t *schema = schema_load(SCHEMA), *json = print("show a.json", 0);
	const char *key;
	json_t *value;
	void *next;

	(void)state;
	json_object_foreach_safe(json, next, key, value)
	{
		json_t *less = json_copy(json);

		json_object_del(less, key);
		assert_non_null(schema_broken(schema, less));
		json_decref(less);
	}
	json_object_set_new(json, "more", json_true());
	assert_non_null(schema_broken(schema, json));
	json_decref(json);
	json_decref(schema);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, files[i][0]);
		f = fopen(path, "w");
		if (!f || fputs(files[i][1], f) < 0 || fclose(f))
			return -1;
	}
	return 0;
}

static int tidy(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i][0]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_schema_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, tidy);
}
