/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that a person named: read with the rights of who called, and taken apart without them.
 */
#pragma once

#include "job.h"

/* The whole of @path, a file of at most @most bytes. 0, -errno with @why. */
int material_read(const char *path, size_t most, struct blob *blob, struct why *why);

/* One file, or all files of a directory that end in ".pem", one after another; none is no error. 0, -errno with @why. */
int material_read_pem(const char *path, struct blob *blob, struct why *why);
