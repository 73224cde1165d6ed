/* SPDX-License-Identifier: BSD-2-Clause */
/* The interfaces that are guarded, and how. */

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "interfaces.h"
#include "snapshot.h"
#include "util.h"

static const char *xdp_mode(const struct ig_interface *interface)
{
	switch (interface ? interface->xdp_mode : XDP_ATTACHED_NONE) {
	case XDP_ATTACHED_DRV:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_HW:
		return "offload";
	}
	return "none";
}

static void describe_interface(struct iotguard *ig, const struct ig_view *view, const struct ig_interfaces *all,
			       const char *name, void *array, struct iotguard_interface_info *out)
{
	const struct ig_interface *interface = ig_interface_by_name(all, name);
	const struct ig_dict_interface *entry;
	struct ig_attachment found;

	ig_attachment_look(ig, name, &found);
	*out = (struct iotguard_interface_info){
		.ifindex = found.ifindex,
		.xdp = found.ifindex ? xdp_mode(interface) : "none",
		.tc = !found.tc_id ? "none" : found.tcx ? "tcx" : "clsact",
		.xdp_id = found.xdp_id,
		.tc_id = found.tc_id,
	};
	snprintf(out->name, sizeof(out->name), "%s", name);
	for (uint32_t i = 0; (entry = ig_dict_interface_at(&view->dict, i)); i++) {
		const char *segment = ig_dict_segment_name(&view->dict, entry->segment);

		if (!strcmp(ig_dict_string(&view->dict, entry->name), name) && segment && !out->segment)
			out->segment = ig_result_string(array, segment);
	}
}

int iotguard_interfaces(struct iotguard *ig, struct iotguard_interface_info **out, size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	_cleanup_(ig_interfaces_clear) struct ig_interfaces all = {};
	char **names;
	int n, err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_interfaces_list(&all);
	if (err)
		return err;
	n = ig_attached_list(ig, &names);
	if (n < 0)
		return n;
	*out = ig_result_new(n * sizeof(**out));
	for (int i = 0; i < n && *out; i++)
		describe_interface(ig, &view, &all, names[i], *out, &(*out)[i]);
	ig_attached_free(names);
	*count = *out ? n : 0;
	return *out ? 0 : -ENOMEM;
}
