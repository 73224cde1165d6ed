/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "cli.h"

/* Reads @path for who asks about these machines and groups, and prints nothing. @n 0: about all. 0, -errno. */
int inventory_load(struct cli *cli, const char *path, const char *const *names, size_t n,
		   struct iotguard_inventory **inventory);

/*
 * Reads and compiles @path. Prints what is wrong with it. Returns enum cli_exit. *inventory may be
 * there even if it could not be compiled. The caller frees both, the policy first.
 */
int inventory_compile(struct cli *cli, const char *path, const char *const *names, size_t n,
		      struct iotguard_inventory **inventory, struct iotguard_policy **policy);
