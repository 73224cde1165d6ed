/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that machines in force were seen to get. */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "bindings.h"
#include "snapshot.h"
#include "util.h"

static const char *how(uint8_t source)
{
	switch (source) {
	case IG_BINDING_LEASE:
		return "lease";
	case IG_BINDING_CLAIM:
		return "claim";
	default:
		return "learnt";
	}
}

static void describe(const struct ig_view *view, const struct ig_dict_device *device,
		     const struct ig_bound_address *from, void *array,
		     struct iotguard_lease_info *out)
{
	const char *segment = ig_dict_segment_name(&view->dict, device->segment);

	*out = (struct iotguard_lease_info){
		.device = ig_result_string(array, ig_dict_string(&view->dict, device->name)),
		.host = device->host,
		.segment = ig_result_string(array, segment ? segment : ""),
		.ip_version = ig_addr_is_v4(from->known.addr) ? 4 : 6,
		.how = how(from->known.source),
		.expires_at = from->known.expires_at,
	};
	memcpy(out->mac, from->known.mac, sizeof(out->mac));
	memcpy(out->address, from->known.addr, sizeof(out->address));
}

int iotguard_leases(struct iotguard *ig, struct iotguard_lease_info **out, size_t *count)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	_cleanup_(ig_view_close) struct ig_view view;
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_bindings_read(&view.object, &list);
	if (err)
		return err;
	*out = ig_result_new(list.count * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < list.count; i++) {
		const struct ig_dict_device *device =
			ig_dict_device_find(&view.dict, list.items[i].device);

		if (device)
			describe(&view, device, &list.items[i], *out, &(*out)[(*count)++]);
	}
	return 0;
}
