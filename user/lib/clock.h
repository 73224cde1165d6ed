/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it the day that the machine thinks it is? Rules with an end ask. */
#pragma once

#include <stdbool.h>

/* True where the kernel calls its clock synchronised. Needs no privilege. */
bool ig_clock_is_right(void);
