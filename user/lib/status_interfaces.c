/* SPDX-License-Identifier: BSD-2-Clause */
/* The interfaces that are guarded, and how. */

#include <bpf/bpf.h>
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

static void describe_interface(struct iotguard *ig, const struct ig_view *view,
			       const struct ig_interfaces *all, const char *name, void *array,
			       struct iotguard_interface_info *out)
{
	const struct ig_interface *interface = ig_interface_by_name(all, name);
	const char *segment = segment_of(view, name);
	uint32_t from = program_id(view->object.from_device),
		 to = program_id(view->object.to_device);
	struct ig_attachment found;

	ig_attachment_look(ig, name, &found);
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
}

static bool is_listed(char **names, const char *name)
{
	for (; *names; names++) {
		if (!strcmp(*names, name))
			return true;
	}
	return false;
}

/* Those that the policy names and nobody guards. */
static size_t describe_unguarded(struct iotguard *ig, const struct ig_view *view,
				 const struct ig_interfaces *all, char **attached,
				 struct iotguard_interface_info *out, size_t n)
{
	const struct ig_dict_interface *entry;

	for (uint32_t i = 0; (entry = ig_dict_interface_at(&view->dict, i)); i++) {
		const char *name = ig_dict_string(&view->dict, entry->name);
		bool twice = false;

		for (size_t k = 0; k < n && !twice; k++)
			twice = !strcmp(out[k].name, name);
		if (!twice && !is_listed(attached, name))
			describe_interface(ig, view, all, name, out, &out[n++]);
	}
	return n;
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
	*out = ig_result_new((n + view.dict.header.interfaces.count) * sizeof(**out));
	for (int i = 0; i < n && *out; i++)
		describe_interface(ig, &view, &all, names[i], *out, &(*out)[i]);
	if (*out)
		*count = describe_unguarded(ig, &view, &all, names, *out, n);
	ig_attached_free(names);
	return *out ? 0 : -ENOMEM;
}
