/* SPDX-License-Identifier: BSD-2-Clause */
#include "inventory.h"
#include "memory.h"

int inventory_load(struct cli *cli, const char *path, const char *const *names, size_t n,
		   struct iotguard_inventory **inventory)
{
	struct iotguard_inventory_opts opts =
		IOTGUARD_OPTS(iotguard_inventory_opts, .names = n ? names : NULL, .n_names = n);

	memory_prepare(path);
	return iotguard_inventory_load_with(cli->ig, path, &opts, inventory);
}

int inventory_compile(struct cli *cli, const char *path, const char *const *names, size_t n,
		      struct iotguard_inventory **inventory, struct iotguard_policy **policy)
{
	int err = inventory_load(cli, path, names, n, inventory);

	if (!err)
		err = iotguard_policy_compile(cli->ig, *inventory, policy);
	if (err)
		return cli_fail_inventory(cli, err);
	cli_print_diags(cli); /* warnings */
	return CLI_OK;
}
