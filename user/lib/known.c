/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include <linux/types.h>

#include "abi.h"
#include "known.h"
#include "util.h"

int ig_known_add(struct ig_known *known, const struct ig_known_address *address)
{
	if (!ig_grow(&known->items, known->count, &known->capacity, sizeof(*known->items)))
		return -ENOMEM;
	known->items[known->count++] = *address;
	return 0;
}

void ig_known_clear(struct ig_known *known)
{
	free(known->items);
	*known = (struct ig_known){};
}

struct said {
	uint8_t addr[16];
	size_t position;
};

static int compare(const void *a, const void *b)
{
	const struct said *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	return order ? order : x->position < y->position ? -1 : x->position > y->position;
}

int ig_known_latest(struct ig_known *known, size_t first)
{
	_free_ struct said *said = calloc(known->count - first + 1, sizeof(*said));
	size_t n = 0, kept = first;

	if (!said)
		return -ENOMEM;
	for (size_t i = first; i < known->count; i++) {
		if (known->items[i].source && known->items[i].source != IG_BINDING_LEASE)
			continue;
		memcpy(said[n].addr, known->items[i].addr, sizeof(said[n].addr));
		said[n++].position = i;
	}
	qsort(said, n, sizeof(*said), compare);
	for (size_t i = 0; i + 1 < n; i++) {
		if (!memcmp(said[i].addr, said[i + 1].addr, sizeof(said[i].addr)))
			known->items[said[i].position].source = 0;
	}
	for (size_t i = first; i < known->count; i++) {
		if (known->items[i].source)
			known->items[kept++] = known->items[i];
	}
	known->count = kept;
	return 0;
}
