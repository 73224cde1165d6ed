/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>

#include "../cleanup.h"
#include "iotguard/iotguard.h"

#define _json_	    _cleanup_(json_decrefp)
#define _array_	    _cleanup_(array_freep) /* what iotguard_free() frees */
#define _inventory_ _cleanup_(inventory_freep)
#define _policy_    _cleanup_(policy_freep)
#define _plan_	    _cleanup_(planp_free)
#define _events_    _cleanup_(events_closep)

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

static inline void planp_free(struct iotguard_plan **plan)
{
	iotguard_plan_free(*plan);
}

static inline void events_closep(struct iotguard_events **events)
{
	if (*events)
		iotguard_events_close(*events);
}
