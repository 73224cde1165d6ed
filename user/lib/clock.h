/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it the day that the machine thinks it is? Rules with an end ask. And the clock of the
 * programs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True where the kernel calls its clock synchronised. Needs no privilege. */
bool ig_clock_is_right(void);

/* The time of the world. */
struct ig_time {
	uint64_t s; /* since the epoch */
	bool right; /* by a clock that the kernel called synchronised */
};

struct ig_time ig_clock_time(void);

/* The clock of ig_now() in the programs, in nanoseconds. */
uint64_t ig_clock_now(void);

/* A moment on that clock as seconds since the epoch; 0 and UINT64_MAX, never and without an end, stay. */
uint64_t ig_clock_epoch(uint64_t ns);

/* What to add to that clock, in microseconds, to get microseconds since the epoch. */
int64_t ig_clock_offset_us(void);
