/* SPDX-License-Identifier: BSD-2-Clause */
/* The interfaces that are guarded, and how. */

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "site_view.h"
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

static const char *segment_of(const struct ig_view *view, const char *name)
{
	const struct ig_dict_interface *entry;

	for (uint32_t i = 0; (entry = ig_dict_interface_at(&view->dict, i)); i++) {
		if (!strcmp(ig_dict_string(&view->dict, entry->name), name))
			return ig_dict_segment_name(&view->dict, entry->segment);
	}
	return NULL;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* Who may not look at links sees what the kernel tells everybody. */
static void describe_unreadable(const struct ig_interface *interface,
				struct iotguard_interface_info *out)
{
	out->ifindex = interface ? interface->ifindex : 0;
	out->xdp_id = interface ? interface->xdp_id : 0;
	out->xdp = xdp_mode(interface);
	out->tc = "unknown";
	out->current = true;
}

static void describe_interface(struct iotguard *ig, const struct ig_site_view *site,
			       const char *name, void *array, struct iotguard_interface_info *out)
{
	const struct ig_interface *interface = ig_interface_by_name(&site->all, name);
	const struct ig_view *view = site->view;
	const char *segment = segment_of(view, name);
	uint32_t from = program_id(view->object.from_device),
		 to = program_id(view->object.to_device);
	struct ig_attachment found;

	ig_attachment_look(ig, name, &found);
	if (!interface && found.ifindex)
		interface = ig_interface_by_index(&site->all, found.ifindex);
	*out = (struct iotguard_interface_info){
		.ifindex = found.ifindex,
		.exists = interface != NULL,
		.segment = segment ? ig_result_string(array, segment) : NULL,
		.xdp = found.ifindex ? xdp_mode(interface) : "none",
		.tc = !found.tc_id ? "none"
		      : found.tcx  ? "tcx"
				   : "clsact",
		.xdp_id = found.xdp_id,
		.tc_id = found.tc_id,
		/* programs are not for everybody to open: then nothing is said against it */
		.current = (!from || found.xdp_id == from) && (!to || found.tc_id == to),
	};
	snprintf(out->name, sizeof(out->name), "%s", name);
	if (found.unreadable)
		describe_unreadable(interface, out);
	ig_site_view_describe(site, interface, array, out);
}

static bool is_described(const struct iotguard_interface_info *out, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(out[i].name, name))
			return true;
	}
	return false;
}

/* Those that have links first, then those that the policy names and nobody guards. */
static size_t describe_all(struct iotguard *ig, const struct ig_site_view *site,
			   struct iotguard_interface_info *out)
{
	const struct ig_dict_interface *entry;
	size_t n = 0;

	for (; n < (size_t)site->n_attached; n++)
		describe_interface(ig, site, site->attached[n], out, &out[n]);
	for (uint32_t i = 0; (entry = ig_dict_interface_at(&site->view->dict, i)); i++) {
		const char *name = ig_dict_string(&site->view->dict, entry->name);

		if (is_described(out, n, name))
			continue;
		describe_interface(ig, site, name, out, &out[n]);
		n++;
	}
	return n;
}

int iotguard_interfaces(struct iotguard *ig, struct iotguard_interface_info **out, size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	_cleanup_(ig_site_view_clear) struct ig_site_view site = {};
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_site_view_look(ig, &view, &site);
	if (err)
		return err;
	*out = ig_result_new((site.n_attached + view.dict.header.interfaces.count) * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	*count = describe_all(ig, &site, *out);
	return 0;
}
