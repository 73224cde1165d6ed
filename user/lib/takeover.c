/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "lease_file.h"
#include "neighbours.h"
#include "takeover.h"
#include "util.h"

static void read_neighbours(struct iotguard *ig, const struct ig_machine_site *site,
			    struct ig_known *known)
{
	int err = ig_neighbours_read(site, known);

	if (err)
		ig_warning(&ig->diags, NULL, NULL,
			   "the kernel does not say who the gateway's IPv6 neighbours are: %s",
			   strerror(-err));
}

/* Every source, in the order in which they count. */
static int collect(struct iotguard *ig, const struct iotguard_inventory *inv,
		   const struct ig_machine_site *site, struct ig_known *known)
{
	int err = ig_lease_files_read(&ig->diags, &inv->gateway, known);

	err = err ?: ig_known_latest(known, 0);
	if (!err)
		read_neighbours(ig, site, known);
	return err;
}

void ig_take_over_addresses(struct iotguard *ig, const struct iotguard_inventory *inv,
			    const struct ig_machine_site *site, const struct ig_object *object,
			    uint32_t slot, struct ig_bound *bound)
{
	_cleanup_(ig_known_clear) struct ig_known known = {};
	int err = collect(ig, inv, site, &known);

	*bound = (struct ig_bound){};
	err = err ?: ig_bindings_put(object, slot, &known, bound);
	if (err)
		ig_warning(&ig->diags, NULL,
			   "machines without listed addresses get nothing until they ask anew",
			   "addresses that machines have already could not be taken over: %s",
			   strerror(-err));
}
