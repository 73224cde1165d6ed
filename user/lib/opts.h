/* SPDX-License-Identifier: BSD-2-Clause */
/* Option structs begin with the size that the caller knows, and a caller may know less than we do. */
#pragma once

#include <stddef.h>

/* The field, or @otherwise where there are no options or the caller's end before it. */
#define ig_opt(opts, field, otherwise)                                                        \
	((opts) && (opts)->sz >= offsetof(__typeof__(*(opts)), field) + sizeof((opts)->field) \
		 ? (opts)->field                                                              \
		 : (otherwise))
