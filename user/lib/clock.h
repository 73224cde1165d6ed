/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it the day that the machine thinks it is? Rules with an end ask. And the clock of the
 * programs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True where the kernel calls its clock synchronised. Needs no privilege. */
bool ig_clock_is_right(void);

/* The clock of ig_now() in the programs, in nanoseconds. */
uint64_t ig_clock_now(void);
