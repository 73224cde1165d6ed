/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enough of JSON Schema 2020-12 to hold what is printed against the schemas that are shipped.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/*
 * Fails the test if the file is not there or holds a keyword that this does not know. The caller
 * decrefs it.
 */
json_t *schema_load(const char *path);

/* NULL: @value is as @schema says. Otherwise the keyword that it breaks. */
const char *schema_broken(const json_t *schema, const json_t *value);
