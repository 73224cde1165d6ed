/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "handle.h"
#include "inventory.h"
#include "mud_cache.h"
#include "util.h"

int iotguard_inventory_load(struct iotguard *ig, const char *path, struct iotguard_inventory **out)
{
	_free_ char *cache = NULL;

	if (ig->save_dir && asprintf(&cache, "%s/mud", ig->save_dir) < 0)
		return -ENOMEM;
	return ig_inventory_load_with(&ig->diags, path, cache ? cache : IG_MUD_CACHE_DIR, out);
}
