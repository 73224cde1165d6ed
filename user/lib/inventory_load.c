/* SPDX-License-Identifier: BSD-2-Clause */
#include "handle.h"
#include "inventory.h"

int iotguard_inventory_load(struct iotguard *ig, const char *path, struct iotguard_inventory **out)
{
	return ig_inventory_load_with(&ig->diags, path,
				      ig->save_dir ? ig->save_dir : IOTGUARD_SAVE_DIR, out);
}
