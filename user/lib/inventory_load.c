/* SPDX-License-Identifier: BSD-2-Clause */
#include "handle.h"
#include "inventory.h"
#include "opts.h"

int iotguard_inventory_load_with(struct iotguard *ig, const char *path,
				 const struct iotguard_inventory_opts *opts,
				 struct iotguard_inventory **out)
{
	return ig_inventory_load_about(&ig->diags, path,
				       ig->save_dir ? ig->save_dir : IOTGUARD_SAVE_DIR,
				       ig_opt(opts, names, NULL), ig_opt(opts, n_names, 0), out);
}

int iotguard_inventory_load(struct iotguard *ig, const char *path, struct iotguard_inventory **out)
{
	return iotguard_inventory_load_with(ig, path, NULL, out);
}
