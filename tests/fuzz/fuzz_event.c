/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a record of the ring, of every type and size: it is refused, or it becomes text without a control
 * character and a JSON object that a reader takes, both within what is promised.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void look(const struct iotguard_event *event)
{
	static char text[IOTGUARD_EVENT_TEXT_MAX];
	json_error_t error;
	json_t *json;

	require(iotguard_event_text(event, false, text, sizeof(text)) < sizeof(text), "too long",
		text);
	for (const char *c = text; *c; c++)
		require((unsigned char)*c >= 0x20 && *c != 0x7f, "a control character", text);
	require(iotguard_event_json(event, "gw", text, sizeof(text)) < sizeof(text), "too long",
		text);
	json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	require(json != NULL, error.text, text);
	json_decref(json);
}

static void decode(const uint8_t *data, size_t size)
{
	struct ig_object nothing = IG_OBJECT_NONE;
	struct ig_names names = {.object = &nothing};
	uint8_t *record = malloc(size ? size : 1);
	struct iotguard_change change;
	struct iotguard_event event;

	if (!record)
		return;
	memcpy(record, data, size); /* of just that size: whoever reads on is seen */
	if (!ig_event_decode(record, size, &names, 0, &event, &change))
		look(&event);
	ig_names_clear(&names);
	free(record);
}

static void as_policy(const uint8_t *data, size_t size)
{
	struct ig_policy_event record = {};

	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	record.event.abi = IG_ABI;
	record.event.type = IG_EVENT_POLICY;
	record.change.kind %= IG_CHANGE_RELEASE + 2;
	decode((const uint8_t *)&record, sizeof(record));
	decode((const uint8_t *)&record, sizeof(record) - 1);
}

static void as_name(const uint8_t *data, size_t size)
{
	struct ig_name_event record = {};

	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	record.event.abi = IG_ABI;
	record.event.type = IG_EVENT_NAME;
	record.length %= IG_NAME_BYTES + 2;
	decode((const uint8_t *)&record, sizeof(record));
	decode((const uint8_t *)&record, sizeof(record) - 1);
}

static void as_mud(const uint8_t *data, size_t size)
{
	struct ig_mud_event record = {};

	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	record.event.abi = IG_ABI;
	record.event.type = IG_EVENT_MUD;
	record.source %= IG_MUD_LLDP + 2;
	decode((const uint8_t *)&record, sizeof(record));
	record.length %= IG_MUD_BYTES + 2;
	decode((const uint8_t *)&record, sizeof(record));
	decode((const uint8_t *)&record, sizeof(record) - 1);
}

/* As it is, and as a record that nearly is one: the fuzzer need not find the sizes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ig_stranger_event record = {};

	decode(data, size);
	as_policy(data, size);
	as_name(data, size);
	as_mud(data, size);
	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	record.event.abi = IG_ABI;
	record.event.type = 1 + record.event.type % 3;
	record.length %= IG_STRANGER_BYTES + 2;
	decode((const uint8_t *)&record, sizeof(record));
	decode((const uint8_t *)&record, sizeof(record.event));
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
