/* SPDX-License-Identifier: BSD-2-Clause */
#include "inventory.h"
#include "memory.h"

int inventory_compile(struct cli *cli, const char *path, struct iotguard_inventory **inventory,
		      struct iotguard_policy **policy)
{
	int err;

	memory_prepare(path);
	err = iotguard_inventory_load(cli->ig, path, inventory);
	if (!err)
		err = iotguard_policy_compile(cli->ig, *inventory, policy);
	if (err)
		return cli_fail_inventory(cli, err);
	cli_print_diags(cli); /* warnings */
	return CLI_OK;
}
