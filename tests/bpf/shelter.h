/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a test may apply policies: a network and mounts of this process's own, so that nothing of the machine's is
 * touched, and a directory of which nothing is left afterwards.
 */
#pragma once

#include <stdbool.h>

struct shelter {
	char dir[40], state_dir[64], inventory[64];
};

/* False: that cannot be done here, which was said. Once a process. */
bool shelter_make(struct shelter *shelter);
void shelter_remove(const struct shelter *shelter);

/* A shell command, or the test fails. */
void shelter_run(const char *command);
