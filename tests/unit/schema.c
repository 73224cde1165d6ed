/* SPDX-License-Identifier: BSD-2-Clause */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "schema.h"

struct check {
	const json_t *root;
	const json_t *schema;
	const json_t *value;
};

typedef bool (*keyword_check)(const struct check *check, const json_t *argument);

static const char *find_broken(const struct check *check);

static bool holds(const struct check *check, const json_t *schema, const json_t *value)
{
	const struct check inner = {check->root, schema, value};

	return !find_broken(&inner);
}

/* ------------------------------------------------------------------------------------- keywords */

static bool ignore(const struct check *check, const json_t *argument)
{
	(void)check;
	(void)argument;
	return true;
}

static bool is_type(const json_t *value, const char *type)
{
	return (!strcmp(type, "object") && json_is_object(value)) ||
	       (!strcmp(type, "array") && json_is_array(value)) ||
	       (!strcmp(type, "string") && json_is_string(value)) ||
	       (!strcmp(type, "integer") && json_is_integer(value)) ||
	       (!strcmp(type, "number") && json_is_number(value)) ||
	       (!strcmp(type, "boolean") && json_is_boolean(value)) ||
	       (!strcmp(type, "null") && json_is_null(value));
}

static bool check_type(const struct check *check, const json_t *types)
{
	if (json_is_string(types))
		return is_type(check->value, json_string_value(types));
	for (size_t i = 0; i < json_array_size(types); i++) {
		if (is_type(check->value, json_string_value(json_array_get(types, i))))
			return true;
	}
	return false;
}

static bool check_const(const struct check *check, const json_t *wanted)
{
	return json_equal(check->value, wanted);
}

static bool check_enum(const struct check *check, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_equal(check->value, json_array_get(list, i)))
			return true;
	}
	return false;
}

static bool check_required(const struct check *check, const json_t *names)
{
	for (size_t i = 0; json_is_object(check->value) && i < json_array_size(names); i++) {
		if (!json_object_get(check->value, json_string_value(json_array_get(names, i))))
			return false;
	}
	return true;
}

static bool check_properties(const struct check *check, const json_t *properties)
{
	const char *name;
	json_t *schema;

	json_object_foreach ((json_t *)properties, name, schema) {
		const json_t *value = json_object_get(check->value, name);

		if (value && !holds(check, schema, value))
			return false;
	}
	return true;
}

static bool check_additional(const struct check *check, const json_t *schema)
{
	const json_t *properties = json_object_get(check->schema, "properties");
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)check->value, name, value) {
		if (json_object_get(properties, name))
			continue;
		if (json_is_false(schema) ||
		    (json_is_object(schema) && !holds(check, schema, value)))
			return false;
	}
	return true;
}

static bool check_items(const struct check *check, const json_t *schema)
{
	for (size_t i = 0; i < json_array_size(check->value); i++) {
		if (!holds(check, schema, json_array_get(check->value, i)))
			return false;
	}
	return true;
}

static bool check_min_items(const struct check *check, const json_t *limit)
{
	return json_array_size(check->value) >= (size_t)json_integer_value(limit);
}

static bool check_max_items(const struct check *check, const json_t *limit)
{
	return json_array_size(check->value) <= (size_t)json_integer_value(limit);
}

static bool check_minimum(const struct check *check, const json_t *limit)
{
	return !json_is_number(check->value) ||
	       json_number_value(check->value) >= json_number_value(limit);
}

static bool check_maximum(const struct check *check, const json_t *limit)
{
	return !json_is_number(check->value) ||
	       json_number_value(check->value) <= json_number_value(limit);
}

static bool check_pattern(const struct check *check, const json_t *pattern)
{
	regex_t regex;
	bool matches;

	if (!json_is_string(check->value))
		return true;
	if (regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB))
		fail_msg("pattern %s", json_string_value(pattern));
	matches = !regexec(&regex, json_string_value(check->value), 0, NULL, 0);
	regfree(&regex);
	return matches;
}

static bool check_one_of(const struct check *check, const json_t *schemas)
{
	size_t matches = 0;

	for (size_t i = 0; i < json_array_size(schemas); i++)
		matches += holds(check, json_array_get(schemas, i), check->value);
	return matches == 1;
}

static bool check_ref(const struct check *check, const json_t *ref)
{
	static const char prefix[] = "#/$defs/";
	const char *path = json_string_value(ref);
	const json_t *schema;

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		fail_msg("$ref %s", path);
	schema = json_object_get(json_object_get(check->root, "$defs"), path + strlen(prefix));
	if (!schema)
		fail_msg("$ref %s leads nowhere", path);
	return holds(check, schema, check->value);
}

static const struct {
	const char *name;
	keyword_check check;
} keywords[] = {
	{"$schema", ignore},
	{"$id", ignore},
	{"$defs", ignore},
	{"title", ignore},
	{"description", ignore},
	{"type", check_type},
	{"const", check_const},
	{"enum", check_enum},
	{"required", check_required},
	{"properties", check_properties},
	{"additionalProperties", check_additional},
	{"items", check_items},
	{"minItems", check_min_items},
	{"maxItems", check_max_items},
	{"minimum", check_minimum},
	{"maximum", check_maximum},
	{"pattern", check_pattern},
	{"oneOf", check_one_of},
	{"$ref", check_ref},
};

static keyword_check find_keyword(const char *name)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		if (!strcmp(keywords[i].name, name))
			return keywords[i].check;
	}
	fail_msg("the schema has a keyword that is not checked: %s", name);
	return NULL;
}

static const char *find_broken(const struct check *check)
{
	const char *name;
	json_t *argument;

	json_object_foreach ((json_t *)check->schema, name, argument) {
		if (!find_keyword(name)(check, argument))
			return name;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------ interface */

json_t *schema_load(const char *path)
{
	json_error_t error;
	json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!schema)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return schema;
}

const char *schema_broken(const json_t *schema, const json_t *value)
{
	const struct check check = {schema, schema, value};

	return find_broken(&check);
}
