/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as people and programs get it, of what the library prints itself. Whatever it prints has to be so. */
#pragma once

#include <jansson.h>

#include "iotguard/iotguard.h"

/* One line, without control characters. Good until the next call. */
const char *printed_text(const struct iotguard_event *event);
/* Parsed back, and held against the schema. The caller frees it. */
json_t *printed_json(const struct iotguard_event *event);
