/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans: what the dictionary keeps is enough to compare with, and no dictionary does harm; what is
 * too large to be asked one by one is compared all the same; and JSON is as its schema says.
 */
#include <errno.h>
#include <glob.h>
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

#include "dictionary.h"
#include "policy.h"
#include "schema.h"
#include "util.h"

#define SCHEMA "docs/schema/plan.schema.json"

/* --- material --- */

struct compiled {
	struct iotguard *ig;
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
};

static int compile_file(const char *path, struct compiled *out)
{
	*out = (struct compiled){};
	assert_int_equal(iotguard_open(&out->ig, NULL), 0);
	return iotguard_inventory_load(out->ig, path, &out->inv)
		       ?: iotguard_policy_compile(out->ig, out->inv, &out->policy);
}

static void compile_text(const char *text, struct compiled *out)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	err = compile_file(path, out);
	unlink(path);
	if (err)
		fail_msg("%s", iotguard_diag_get(out->ig, 0)->message);
}

static void compiled_clear(struct compiled *c)
{
	iotguard_policy_free(c->policy);
	iotguard_inventory_free(c->inv);
	iotguard_close(c->ig);
}

static struct iotguard_plan *plan_against(struct compiled *now,
					  const struct iotguard_inventory *before)
{
	const struct iotguard_policy against = {.inv = before};
	struct iotguard_plan_opts opts = IOTGUARD_OPTS(iotguard_plan_opts, .against = &against);
	struct iotguard_plan *plan;

	assert_int_equal(iotguard_plan_make(now->ig, now->policy, &opts, &plan), 0);
	return plan;
}

static const uint8_t *dictionary_of(const struct compiled *c, size_t *size)
{
	*size = c->policy->image.dictionary.count * sizeof(struct ig_block);
	return (const uint8_t *)c->policy->image.dictionary.blocks;
}

/* --- what is kept is enough --- */

static void check_kept(const char *path, unsigned int *checked)
{
	struct iotguard_inventory *kept;
	struct iotguard_plan_info info;
	struct iotguard_plan *plan;
	struct ig_dictionary dict;
	struct compiled c;
	const uint8_t *bytes;
	size_t size;

	if (!compile_file(path, &c)) { /* some ask for what is not enforced yet */
		bytes = dictionary_of(&c, &size);
		assert_int_equal(ig_dictionary_open(&dict, bytes, size), 0);
		assert_int_equal(ig_dictionary_inventory(&dict, &kept), 0);
		plan = plan_against(&c, kept);
		iotguard_plan_describe(plan, &info);
		if (info.different || info.rewritten)
			fail_msg("%s: what was kept of it is another policy", path);
		iotguard_plan_free(plan);
		iotguard_inventory_free(kept);
		++*checked;
	}
	compiled_clear(&c);
}

static void test_what_is_kept_is_enough(void **state)
{
	static const char *const patterns[] = {"tests/data/inventories/good/*.yaml",
					       "tests/data/plans/*/*.yaml",
					       "tests/data/captures/*.yaml", "examples/*.yaml"};
	unsigned int checked = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t found;

		assert_int_equal(glob(patterns[i], 0, NULL, &found), 0);
		for (size_t k = 0; k < found.gl_pathc; k++)
			check_kept(found.gl_pathv[k], &checked);
		globfree(&found);
	}
	assert_true(checked > 10);
}

/* --- no dictionary does harm --- */

static const char small[] =
	"version: 1\n"
	"gateway: {addresses: [10.0.0.1], macs: ['02:00:00:00:00:fe'], resolvers: [10.0.0.1],\n"
	"          time-servers: [10.0.0.2], dhcp-servers: [10.0.0.1],\n"
	"          management: [allow from host:a tcp/22, allow from group:g tcp/443]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0, lan1], networks: [10.0.0.0/24, 'fd00::/64'], vlan: 7}\n"
	"  shop: {interfaces: [lan2], unknown-devices: monitor, infrastructure: {dns: false},\n"
	"         dns: strict}\n"
	"groups: {g: [device:cam, 10.0.0.0/30, 'fd00::/120']}\n"
	"profiles:\n"
	"  p: {rules: [allow to any tcp/21, 'deny from any']}\n"
	"  q: {extends: p, rules: [allow from group:g]}\n"
	"hosts:\n"
	"  a: {mac: '02:00:00:00:00:01', addresses: [10.0.0.3], segment: lan, trust: true}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:02', segment: lan, profile: q, flows: 9,\n"
	"        rules: [allow to segment:lan tcp/11 until 2099-01-01, allow to device:far,\n"
	"                'allow to *.vendor.example tcp/443 local', deny to a.vendor.example]}\n"
	"  far: {identify: address, router: 'device:cam', addresses: [10.0.0.9]}\n";

/* A plan against whatever it says. Returns 1 if it was taken for one. */
static unsigned int plan_with(struct compiled *c, const uint8_t *bytes, size_t size)
{
	struct iotguard_inventory *kept;
	struct iotguard_plan *plan;
	struct ig_dictionary dict;
	int err;

	if (ig_dictionary_open(&dict, bytes, size))
		return 0;
	err = ig_dictionary_inventory(&dict, &kept);
	assert_true(!err || err == -EPROTO);
	if (err)
		return 0;
	plan = plan_against(c, kept);
	iotguard_plan_free(plan);
	iotguard_inventory_free(kept);
	return 1;
}

static void test_no_dictionary_does_harm(void **state)
{
	static const uint32_t words[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
	unsigned int taken = 0, asked = 0;
	struct compiled c;
	const uint8_t *bytes;
	uint8_t *copy;
	size_t size;

	(void)state;
	compile_text(small, &c);
	bytes = dictionary_of(&c, &size);
	copy = malloc(size); /* of just that size: a reader that goes beyond is seen */
	assert_non_null(copy);
	for (size_t at = 0; at + 4 <= size; at += 4) {
		for (size_t k = 0; k < ARRAY_SIZE(words); k++, asked++) {
			memcpy(copy, bytes, size);
			memcpy(copy + at, &words[k], 4);
			taken += plan_with(&c, copy, size);
		}
	}
	/* some numbers decide nothing, and others are found out */
	assert_in_range(taken, asked / 20, asked * 19 / 20);
	free(copy);
	compiled_clear(&c);
}

/* --- what is too large --- */

#define MANY 1000

/* Rules of which each lies in all others, with so many conditions that asking all would take long. */
static char *many_rules(unsigned int but)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs("version: 1\nsegments: {s: {interfaces: [lan0]}}\n"
	      "devices:\n  d:\n    mac: '02:00:00:00:00:02'\n    segment: s\n    rules:\n",
	      f);
	for (unsigned int i = 0; i < MANY; i++) {
		/* from another end, so that all have another place */
		unsigned int n = but ? MANY - 1 - i : i;

		if (n + 1 != but)
			fprintf(f, "    - allow to 10.0.0.0/%u udp/%u-%u source-port %u-%u\n",
				8 + n % 20, 100 + n, 60000 - n, 200 + n, 50000 - n);
	}
	fclose(f);
	return text;
}

/* Two names of which one fits the other, and what is said where none has its own words any more. */
static void test_names_in_words(void **state)
{
	static const char *const rules[][2] = {
		{"allow to *.a.example", "deny to x.a.example, 'allow to *.a.example'"},
		{"'allow to *.a.example'", "'deny to *.b.a.example', 'allow to *.a.example'"},
		{"'allow to *.a.example'", "'allow to *.b.a.example'"},
		{"'allow to *.a.example'", "'allow to *.b.a.example', allow to x.a.example"},
		{"'allow to *.a.example local'", "'allow to *.a.example'"},
		{"'allow to *.a.example local'", "'allow to x.a.example'"},
		{"allow to any", "deny to x.a.example, allow to any"},
		{"'allow to *.a.example tcp/1-9'", "'allow to *.a.example tcp/1-8'"},
		{"'allow to *.a.example'", "deny to 203.0.113.0/24, 'allow to *.a.example'"},
		{"'allow to *.a.example local'",
		 "deny to 10.0.0.0/24, 'allow to *.a.example local'"},
	};
	static const char *const lost[] = {
		"to x.a.example",
		"to *.b.a.example",
		"to *.a.example but not *.b.a.example",
		"to *.a.example but not *.b.a.example and x.a.example",
		"to *.a.example at local addresses",
		"to *.a.example but not x.a.example, x.a.example at local addresses",
		"to x.a.example",
		"to *.a.example tcp/9",
		"to *.a.example at 203.0.113.0/24",
		"to *.a.example at 10.0.0.0/24",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct iotguard_plan_machine *m;
		struct iotguard_plan *plan;
		struct compiled c[2];
		size_t n;

		for (int k = 0; k < 2; k++) {
			char text[512];

			snprintf(
				text, sizeof(text),
				"version: 1\nsegments: {s: {interfaces: [lan0]}}\n"
				"devices: {d: {mac: '02:00:00:00:00:02', segment: s, rules: [%s]}}\n",
				rules[i][k]);
			compile_text(text, &c[k]);
		}
		plan = plan_against(&c[1], c[0].inv);
		m = iotguard_plan_machines(plan, &n);
		assert_int_equal(m->n_changes, 1);
		assert_string_equal(m->changes[0].what, lost[i]);
		assert_int_equal(m->changes[0].effect, IOTGUARD_PLAN_LOSS);
		assert_true(m->changes[0].exact);
		iotguard_plan_free(plan);
		compiled_clear(&c[0]);
		compiled_clear(&c[1]);
	}
}

/* What only an address with two names can tell. */
static void test_several_names(void **state)
{
	static const char *const rules[][2] = {
		{"deny to a.example, allow to b.example", "allow to b.example, deny to a.example"},
		{"allow to b.example", "deny to a.example, allow to b.example"},
		{"allow to b.example", "allow to b.example, deny to a.example"},
		{"allow to b.example, allow to a.example",
		 "allow to a.example, allow to b.example"},
	};
	static const bool said[] = {true, true, false, false};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct iotguard_plan_machine *m;
		struct iotguard_plan *plan;
		struct compiled c[2];
		size_t n;

		for (int k = 0; k < 2; k++) {
			char text[512];

			snprintf(
				text, sizeof(text),
				"version: 1\nsegments: {s: {interfaces: [lan0]}}\n"
				"devices: {d: {mac: '02:00:00:00:00:02', segment: s, rules: [%s]}}\n",
				rules[i][k]);
			compile_text(text, &c[k]);
		}
		plan = plan_against(&c[1], c[0].inv);
		m = iotguard_plan_machines(plan, &n);
		assert_int_equal(m->n_changes, said[i]);
		if (said[i]) {
			assert_int_equal(m->changes[0].effect, IOTGUARD_PLAN_CHANGE);
			assert_string_equal(
				m->changes[0].what,
				"an address that has several names: another rule decides");
		}
		iotguard_plan_free(plan);
		compiled_clear(&c[0]);
		compiled_clear(&c[1]);
	}
}

static void test_too_large(void **state)
{
	char *texts[] = {many_rules(0), many_rules(MANY + 1), many_rules(500)};
	const struct iotguard_plan_machine *m;
	struct compiled c[3];
	struct iotguard_plan *plan;
	size_t n;

	(void)state;
	for (int i = 0; i < 3; i++)
		compile_text(texts[i], &c[i]);
	plan = plan_against(&c[1], c[0].inv);
	m = iotguard_plan_machines(plan, &n);
	assert_int_equal(m->n_changes, 1);
	assert_string_equal(m->changes[0].what, "the same rules, in another order");
	assert_int_equal(m->changes[0].effect, IOTGUARD_PLAN_CHANGE);
	assert_false(m->changes[0].exact);
	iotguard_plan_free(plan);
	plan = plan_against(&c[2], c[0].inv);
	m = iotguard_plan_machines(plan, &n);
	assert_int_equal(m->n_changes, 1);
	assert_string_equal(m->changes[0].what,
			    "to 10.0.0.0/27 udp/599-59501 source-port 699-49501");
	assert_int_equal(m->changes[0].effect, IOTGUARD_PLAN_LOSS);
	assert_false(m->changes[0].exact);
	iotguard_plan_free(plan);
	for (int i = 0; i < 3; i++) {
		compiled_clear(&c[i]);
		free(texts[i]);
	}
}

/* --- what has ended --- */

static void test_now(void **state)
{
	struct iotguard_plan_opts opts = IOTGUARD_OPTS(iotguard_plan_opts);
	struct iotguard_policy against = {};
	struct iotguard_plan_info info;
	struct iotguard_plan *plan;
	struct compiled c[2];

	(void)state;
	compile_text("version: 1\nsegments: {s: {interfaces: [lan0]}}\n"
		     "devices: {d: {mac: '02:00:00:00:00:02', segment: s,\n"
		     "  rules: [allow to 10.0.0.1 until 2030-06-30]}}\n",
		     &c[0]);
	compile_text("version: 1\nsegments: {s: {interfaces: [lan0]}}\n"
		     "devices: {d: {mac: '02:00:00:00:00:02', segment: s}}\n",
		     &c[1]);
	against.inv = c[0].inv;
	opts.against = &against;
	for (int over = 0; over < 2; over++) {
		opts.now = 1909094399u + (unsigned int)over; /* the last second of that day */
		assert_int_equal(iotguard_plan_make(c[1].ig, c[1].policy, &opts, &plan), 0);
		iotguard_plan_describe(plan, &info);
		assert_int_equal(info.losses, !over);
		assert_int_equal(info.different, !over);
		iotguard_plan_free(plan);
	}
	compiled_clear(&c[0]);
	compiled_clear(&c[1]);
}

/* --- JSON --- */

static void check_json(const json_t *schema, const char *arguments)
{
	const char *loader = getenv("IOTGUARD_LOAD");
	char command[512];
	const char *broken;
	json_error_t error;
	json_t *json;
	FILE *f;

	snprintf(command, sizeof(command), "%s plan --json %s 2>/dev/null",
		 loader ? loader : "build/iotguard-load", arguments);
	f = popen(command, "r");
	assert_non_null(f);
	json = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	pclose(f);
	if (!json)
		fail_msg("%s: %s at %d", arguments, error.text, error.position);
	broken = schema_broken(schema, json);
	if (broken)
		fail_msg("%s breaks '%s' of the schema", arguments, broken);
	json_decref(json);
}

static void test_schema(void **state)
{
	static const char *const pairs[] = {"ward", "settings", "rules"};
	json_t *schema = schema_load(SCHEMA), *none = json_pack("{s:s}", "inventory", "x");
	char arguments[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		snprintf(arguments, sizeof(arguments),
			 "tests/data/plans/%s/after.yaml --against tests/data/plans/%s/before.yaml",
			 pairs[i], pairs[i]);
		check_json(schema, arguments);
	}
	check_json(schema, "examples/ward.yaml --alone");
	check_json(schema, "examples/ward.yaml --state-dir /nonexistent/iotguard --diff");
	assert_non_null(schema_broken(schema, none));
	json_decref(none);
	json_decref(schema);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_enough),
		cmocka_unit_test(test_no_dictionary_does_harm),
		cmocka_unit_test(test_names_in_words),
		cmocka_unit_test(test_several_names),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
