/* SPDX-License-Identifier: BSD-2-Clause */
/* From one line of iotguard_event_json() back to the event, for readers of iotguardd's socket. Whoever wrote the line
 * is not trusted. */
#pragma once

#include <jansson.h>

#include "iotguard/iotguard.h"

struct ig_parsed_event {
	struct iotguard_event
		event; /* its strings are those of @json, and what it points to is here: not to be copied */
	struct iotguard_change change;
	json_t *json;
	char refusal[256]; /* what {"error": ...} says */
};

/*
 * @line: without its newline. Clear @out in any case. -EOPNOTSUPP: an event of a kind that this version does not know.
 * -EREMOTEIO: no event but a refusal. -EPROTO: neither. -ENOMEM.
 */
int ig_event_parse(const char *line, size_t length, struct ig_parsed_event *out);
void ig_parsed_event_clear(struct ig_parsed_event *parsed); /* safe on {}, and twice */
