/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "cli.h"

/*
 * Reads and compiles @path. Prints what is wrong with it. Returns enum cli_exit. *inventory may be
 * there even if it could not be compiled. The caller frees both, the policy first.
 */
int inventory_compile(struct cli *cli, const char *path, struct iotguard_inventory **inventory,
		      struct iotguard_policy **policy);
