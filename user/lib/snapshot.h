/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot of what is in force, and the memory that results of `show` are made of.
 */
#pragma once

#include <stdarg.h>

#include "dictionary.h"
#include "handle.h"
#include "object.h"

/* The pinned object, opened for reading, and the dictionary of its generation. */
struct ig_view {
	struct ig_object object;
	void *bytes; /* of the dictionary */
	struct ig_dictionary dict;
};

/* 0; -ENOENT: nothing is in force; -EPROTO with a diagnostic. Close it in any case. */
int ig_view_open(struct iotguard *ig, struct ig_view *view);
void ig_view_close(struct ig_view *view);

/*
 * Results are arrays whose strings go with them: iotguard_free() of the array frees all. Zeroed;
 * NULL without memory.
 */
void *ig_result_new(size_t size);
void *ig_result_add(void *array, size_t size);		     /* freed with @array */
const char *ig_result_string(void *array, const char *text); /* a copy; empty without memory */
/* Printed; "" without memory. */
const char *ig_result_format(void *array, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *ig_result_vformat(void *array, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
