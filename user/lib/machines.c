/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>

#include "machines.h"
#include "map_rows.h"
#include "util.h"

static int keep(const struct ig_map_rows *rows, struct ig_machines *out)
{
	out->keys = calloc(rows->count ? rows->count : 1, sizeof(*out->keys));
	out->devices = calloc(rows->count ? rows->count : 1, sizeof(*out->devices));
	if (!out->keys || !out->devices)
		return -ENOMEM;
	for (size_t i = 0; i < rows->count; i++) {
		const struct ig_mac *key = ig_map_rows_key(rows, i);
		const struct ig_device *device = ig_map_rows_value(rows, i);

		if (key->pad[0] == IG_MAC_IS_INDEX || device->kind == IG_KIND_GATEWAY)
			continue;
		out->keys[out->count] = *key;
		out->devices[out->count++] = *device;
	}
	return 0;
}

int ig_machines_read(const struct ig_object *object, uint64_t generation, struct ig_machines *out)
{
	int fd = object->slots[generation % IG_SLOTS][IG_MAP_devices];
	_cleanup_(ig_map_rows_clear) struct ig_map_rows rows = {};
	int err = fd < 0 ? 0 : ig_map_rows_read(fd, 0, &rows);

	*out = (struct ig_machines){.by_key = ig_index_new()};
	if (!out->by_key)
		err = -ENOMEM;
	err = err ?: keep(&rows, out);
	for (size_t i = 0; i < out->count && !err; i++)
		err = ig_index_add(out->by_key, 0, &out->keys[i], sizeof(out->keys[i]), i, NULL);
	return err;
}

void ig_machines_clear(struct ig_machines *machines)
{
	free(machines->keys);
	free(machines->devices);
	ig_index_free(machines->by_key);
	*machines = (struct ig_machines){};
}

size_t ig_machines_find(const struct ig_machines *machines, const struct ig_mac *key)
{
	return ig_index_find(machines->by_key, 0, key, sizeof(*key));
}
