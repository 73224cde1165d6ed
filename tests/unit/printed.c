/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "printed.h"
#include "schema.h"

#define SCHEMA "docs/schema/event.schema.json"

const char *printed_text(const struct iotguard_event *event)
{
	static char text[IOTGUARD_EVENT_TEXT_MAX];

	assert_in_range(iotguard_event_text(event, false, text, sizeof(text)), 1, sizeof(text) - 1);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	return text;
}

json_t *printed_json(const struct iotguard_event *event)
{
	char text[IOTGUARD_EVENT_TEXT_MAX];
	json_t *schema = schema_load(SCHEMA), *json;
	const char *broken;
	json_error_t error;

	assert_in_range(iotguard_event_json(event, "gw-17", text, sizeof(text)), 1,
			sizeof(text) - 1);
	assert_null(strchr(text, '\n'));
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s at %d: %s", error.text, error.position, text);
	broken = schema_broken(schema, json);
	if (broken)
		fail_msg("breaks '%s' of the schema: %s", broken, text);
	json_decref(schema);
	return json;
}
