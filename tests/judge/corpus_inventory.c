/* SPDX-License-Identifier: BSD-2-Clause */
/* An inventory as a case stream has it: JSON, and the one spelling of each rule. */
#include <err.h>
#include <jansson.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>

#include "corpus.h"
#include "rule.h"

static json_t *read_yaml(const char *yaml)
{
	struct fy_document *document = fy_document_build_from_string(NULL, yaml, FY_NT);
	char *text = document ? fy_emit_document_to_string(document, FYECF_MODE_JSON_ONELINE)
			      : NULL;
	json_t *inventory = text ? json_loads(text, 0, NULL) : NULL;

	if (!inventory)
		errx(1, "an inventory that is no YAML");
	free(text);
	fy_document_destroy(document);
	return inventory;
}

static void respell(json_t *rules)
{
	char text[IG_RULE_TEXT_MAX];
	json_t *sentence;
	size_t i;

	json_array_foreach (rules, i, sentence) {
		struct ig_rule_error error;
		struct ig_rule rule;

		if (ig_rule_parse(json_string_value(sentence), &rule, &error))
			errx(1, "%s: %s", json_string_value(sentence), error.message);
		ig_rule_print(&rule, text, sizeof(text));
		ig_rule_clear(&rule);
		json_string_set(sentence, text);
	}
}

static void respell_all(json_t *bearers)
{
	const char *name;
	json_t *bearer;

	json_object_foreach (bearers, name, bearer)
		respell(json_object_get(bearer, "rules"));
}

void print_inventory(const char *yaml)
{
	json_t *inventory = read_yaml(yaml);

	respell(json_object_get(json_object_get(inventory, "gateway"), "management"));
	respell_all(json_object_get(inventory, "profiles"));
	respell_all(json_object_get(inventory, "hosts"));
	respell_all(json_object_get(inventory, "devices"));
	if (json_dumpf(inventory, stdout, JSON_COMPACT))
		errx(1, "stdout");
	putchar('\n');
	json_decref(inventory);
}
