/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance that is the same at every run: xorshift (Marsaglia, 2003). Whoever includes it has a seed of its own, not 0. */
#pragma once

#include <stdint.h>

static uint64_t seed = 1;

/* Below @n. */
static inline uint32_t chance(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

#define one_of(array) ((array)[chance(ARRAY_SIZE(array))])
