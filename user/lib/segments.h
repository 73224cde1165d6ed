/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of segments in the kernel. They follow from the names, so that what was learnt under one policy is right under
 * the next one. */
#pragma once

#include "model.h"

/* The caller frees it; one for each segment. NULL: no memory. */
uint32_t *ig_segment_numbers(const struct iotguard_inventory *inv);
