/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames for others to throw in: what the rooms of corpus share. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FRAME_LONGEST 1900

void print_frame(const uint8_t *bytes, size_t size);

/* Of all these files, the last one NULL. Returns the exit status. */
int print_captures(char **paths);

/* As JSON, in one line, with its rules as iotguard-load prints them. */
void print_inventory(const char *yaml);
