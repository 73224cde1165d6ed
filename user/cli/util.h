/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one cleanup idiom: `_free_ char *text = NULL;` is freed where its scope ends.
 */
#pragma once

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "iotguard/iotguard.h"

#define ARRAY_SIZE(array)   (sizeof(array) / sizeof(*(array)))

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _free_		    _cleanup_(free_pointer)
#define _json_		    _cleanup_(json_decrefp)
#define _array_		    _cleanup_(array_freep) /* what iotguard_free() frees */
#define _inventory_	    _cleanup_(inventory_freep)
#define _policy_	    _cleanup_(policy_freep)
#define _events_	    _cleanup_(events_closep)

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

static inline void array_freep(void *array)
{
	iotguard_free(*(void **)array);
}

static inline void inventory_freep(struct iotguard_inventory **inventory)
{
	iotguard_inventory_free(*inventory);
}

static inline void policy_freep(struct iotguard_policy **policy)
{
	iotguard_policy_free(*policy);
}

static inline void events_closep(struct iotguard_events **events)
{
	if (*events)
		iotguard_events_close(*events);
}
