/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the per-CPU counters, summed. */
#pragma once

#include "object.h"

int ig_stats_device(const struct ig_object *object, uint32_t index, struct ig_device_counter *out);
int ig_stats_events(const struct ig_object *object, struct ig_event_counter *out);
/* @out: IG_REASON_STATS counters. */
int ig_stats_reasons(const struct ig_object *object, struct ig_counter *out);
