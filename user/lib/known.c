/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

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
