/* SPDX-License-Identifier: BSD-2-Clause */
/* Explanations as JSON are what the schema says, whatever is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "iotguard/iotguard.h"
#include "schema.h"
#include "util.h"

#define SCHEMA "docs/schema/explain.schema.json"

static const struct iotguard_explanation refused = {
	.device = "cam",
	.remote = "203.0.113.9",
	.service = "tcp/80",
	.ip_version = 4,
	.source = {[10] = 0xff, 0xff, 10, 0, 0, 10},
	.destination = {[10] = 0xff, 0xff, 203, 0, 113, 9},
	.source_port = 50000,
	.destination_port = 80,
	.generation = 7,
	.ends = {{
		.device = "cam",
		.interface = "lan0",
		.reason = 82,
		.token = "no-rule",
		.sentence = "no rule of the policy allows it",
		.remedy = "allow to 203.0.113.9 tcp/80",
		.remedy_where = "devices.cam.rules",
		.remedy_how = "after",
		.remedy_file = "ward.yaml",
		.remedy_line = 12,
		.remedy_tried = true,
	}},
	.n_ends = 1,
	.notes = {"one", "two"},
	.names = {{"api.vendor.example", 1795000000}, {"\x01\xff\".example", 0}},
	.n_names = 2,
	.made_up = true,
};

static const struct iotguard_explanation allowed = {
	.device = "cam",
	.from = true,
	.remote = "host:\xff\"\x1b[2J",
	.service = "ethertype/0x88b5",
	.passed = true,
	.ends = {{
			 .device = "cam",
			 .from = true,
			 .passed = true,
			 .reason = 2,
			 .token = "rule",
			 .sentence = "a rule of the policy allows it",
			 .rule = "allow from any because \"\\\"\"",
			 .rule_file = "x.yaml",
			 .rule_line = 3,
		 },
		 {
			 .device = "station",
			 .host = true,
			 .mode = IOTGUARD_MODE_MONITOR,
			 .passed = true,
			 .reason = 74,
			 .token = "source-spoof",
			 .sentence = "the source address is not bound to the device",
			 .cause = "it is somebody else's",
			 .advice = "list it",
		 }},
	.n_ends = 2,
};

/* As the command puts it. The caller decrefs it. */
static json_t *document_of(const struct iotguard_explanation *explanation)
{
	size_t n = iotguard_explanation_json(explanation, NULL, 0);
	_free_ char *text = malloc(n + 1);
	json_t *object;

	assert_non_null(text);
	assert_int_equal(iotguard_explanation_json(explanation, text, n + 1), n);
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	return json_pack("{s:[o]}", "explanations", object);
}

static void check_schema(const struct iotguard_explanation *explanation)
{
	json_t *schema = schema_load(SCHEMA), *document = document_of(explanation);

	assert_null(schema_broken(schema, document));
	json_decref(document);
	json_decref(schema);
}

static void test_is_as_the_schema_says(void **state)
{
	(void)state;
	check_schema(&refused);
	check_schema(&allowed);
}

static void breaks(json_t *schema, const char *member, json_t *value)
{
	json_t *document = document_of(&refused), *list = json_object_get(document, "explanations");

	if (value)
		json_object_set_new(json_array_get(list, 0), member, value);
	else
		json_object_del(json_array_get(list, 0), member);
	assert_non_null(schema_broken(schema, document));
	json_decref(document);
}

/* The schema says something, too. */
static void test_schema_refuses(void **state)
{
	json_t *schema = schema_load(SCHEMA);

	(void)state;
	breaks(schema, "verdict", NULL);
	breaks(schema, "verdict", json_string("maybe"));
	breaks(schema, "source_port", json_integer(0));
	breaks(schema, "ends", json_array());
	breaks(schema, "more", json_true());
	json_decref(schema);
}

static void test_values(void **state)
{
	json_t *document = document_of(&refused);
	const json_t *object = json_array_get(json_object_get(document, "explanations"), 0);
	const json_t *end = json_array_get(json_object_get(object, "ends"), 0);
	const json_t *remedy = json_object_get(end, "remedy");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(object, "source")), "10.0.0.10");
	assert_string_equal(json_string_value(json_object_get(object, "verdict")), "drop");
	assert_string_equal(json_string_value(json_object_get(object, "direction")), "to");
	assert_int_equal(json_integer_value(json_object_get(object, "generation")), 7);
	assert_true(json_is_null(json_object_get(end, "rule")));
	assert_int_equal(json_integer_value(json_object_get(remedy, "line")), 12);
	assert_true(json_is_true(json_object_get(remedy, "tried")));
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_as_the_schema_says),
		cmocka_unit_test(test_schema_refuses),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests_name("explain_json", tests, NULL, NULL);
}
