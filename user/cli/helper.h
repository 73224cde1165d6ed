/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that need more libraries than this program should have are programs of their own:
 * iotguard-NAME, beside this one in a build tree, in IOTGUARD_LIBEXECDIR where it is installed.
 */
#pragma once

#include <limits.h>

/* The path of helper @name in @path, of PATH_MAX bytes. 0 or -ENOENT. */
int helper_find(const char *name, char *path);
