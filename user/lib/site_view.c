/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "attach.h"
#include "offload.h"
#include "site_view.h"
#include "util.h"
#include "wireless.h"

/* By the index in its link, for it may have got another name; by its name where links may not be looked at. */
static int index_of(struct iotguard *ig, const struct ig_site_view *site, const char *name)
{
	const struct ig_interface *interface = ig_interface_by_name(&site->all, name);
	struct ig_attachment found;

	ig_attachment_look(ig, name, &found);
	if (found.unreadable)
		return interface && interface->xdp_id ? interface->ifindex : 0;
	return found.ifindex;
}

static int look_at_links(struct iotguard *ig, struct ig_site_view *out)
{
	out->n_attached = ig_attached_list(ig, &out->attached);
	if (out->n_attached < 0)
		return out->n_attached;
	out->guarded = calloc(out->n_attached + 1, sizeof(*out->guarded));
	if (!out->guarded)
		return -ENOMEM;
	for (int i = 0; i < out->n_attached; i++)
		out->guarded[i] = index_of(ig, out, out->attached[i]);
	return 0;
}

int ig_site_view_look(struct iotguard *ig, const struct ig_view *view, struct ig_site_view *out)
{
	int err;

	*out = (struct ig_site_view){.view = view};
	err = ig_interfaces_list(&out->all);
	err = err ?: look_at_links(ig, out);
	if (err)
		return err;
	out->flowtables_err = ig_flowtables_list(&out->flowtables);
	return ig_hearings_read(view, &out->all, &out->hearings);
}

void ig_site_view_clear(struct ig_site_view *site)
{
	ig_interfaces_clear(&site->all);
	ig_attached_free(site->attached);
	free(site->guarded);
	ig_flowtables_clear(&site->flowtables);
	ig_hearings_clear(&site->hearings);
	*site = (struct ig_site_view){};
}

bool ig_site_view_names(const struct ig_site_view *site, const char *interface)
{
	const struct ig_dict_interface *entry;

	for (uint32_t i = 0; (entry = ig_dict_interface_at(&site->view->dict, i)); i++) {
		if (!strcmp(ig_dict_string(&site->view->dict, entry->name), interface))
			return true;
	}
	return false;
}

bool ig_site_view_guards(const struct ig_site_view *site, const struct ig_interface *interface)
{
	for (int i = 0; i < site->n_attached; i++) {
		if (site->guarded[i] == interface->ifindex)
			return true;
	}
	return false;
}

const struct ig_interface *ig_site_view_beside(const struct ig_site_view *site,
					       const struct ig_interface *interface)
{
	for (size_t i = 0; interface->bridge_port && i < site->all.count; i++) {
		const struct ig_interface *other = &site->all.items[i];

		if (other != interface && other->master == interface->master &&
		    !ig_site_view_guards(site, other))
			return other;
	}
	return NULL;
}

/* A port of the same bridge and the same switch chip, unless the bridge keeps the two apart. */
static const char *switched_with(const struct ig_site_view *site,
				 const struct ig_interface *interface)
{
	for (size_t i = 0; interface->bridge_port && interface->switch_size && i < site->all.count;
	     i++) {
		const struct ig_interface *other = &site->all.items[i];

		if (other != interface && other->master == interface->master &&
		    other->switch_size == interface->switch_size &&
		    !memcmp(other->switch_id, interface->switch_id, other->switch_size) &&
		    !(other->port_isolated && interface->port_isolated))
			return other->name;
	}
	return NULL;
}

static const char *flow_offload(const struct ig_site_view *site, const char *interface)
{
	const char *word = "none";

	if (site->flowtables_err)
		return "unknown";
	for (size_t i = 0; i < site->flowtables.count; i++) {
		const struct ig_flowtable_port *port = &site->flowtables.items[i];

		if (!strcmp(port->interface, interface))
			word = port->hardware || !strcmp(word, "hardware") ? "hardware"
									   : "software";
	}
	return word;
}

static const char *on_off(int value)
{
	return value < 0 ? "unknown" : value ? "on" : "off";
}

static const char *hexadecimal(void *array, const uint8_t *bytes, size_t size)
{
	char text[65], *at = text;

	for (size_t i = 0; i < size && i < 32; i++) {
		*at++ = "0123456789abcdef"[bytes[i] >> 4];
		*at++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*at = '\0';
	return ig_result_string(array, text);
}

static void describe_link(const struct ig_site_view *site, const struct ig_interface *interface,
			  void *array, struct iotguard_interface_info *out)
{
	const struct ig_interface *bridge = ig_interface_by_index(&site->all, interface->master);
	const struct ig_interface *beside = ig_site_view_beside(site, interface);

	if (strcmp(interface->name, out->name) != 0)
		out->renamed = ig_result_string(array, interface->name);
	if (interface->bridge_port && bridge)
		out->bridge = ig_result_string(array, bridge->name);
	if (beside)
		out->beside = ig_result_string(array, beside->name);
	if (interface->switch_size)
		out->switch_id = hexadecimal(array, interface->switch_id, interface->switch_size);
	out->port_isolated = interface->port_isolated;
	out->hairpin = interface->hairpin;
}

static void describe_offloads(const struct ig_site_view *site, const struct ig_interface *interface,
			      struct iotguard_interface_info *out)
{
	struct ig_offloads offloads = {-1, -1, -1, -1};

	if (interface)
		ig_offloads_look(interface->name, &offloads);
	/* a veth takes no tags out, but its peer may hand them over beside the frame */
	out->rxvlan = on_off(interface && interface->veth ? -1 : offloads.rxvlan);
	out->lro = on_off(offloads.lro);
	out->gro_hw = on_off(offloads.gro_hw);
	out->tc_offload = on_off(offloads.tc_offload);
	out->flow_offload = interface ? flow_offload(site, interface->name) : "unknown";
}

static void describe_coverage(const struct ig_site_view *site, const struct ig_interface *interface,
			      void *array, struct iotguard_interface_info *out)
{
	struct ig_behind behind = {.interface = out->name, .exists = interface};
	struct ig_coverage coverage;

	if (interface) {
		behind.interface = interface->name;
		behind.wireless = ig_is_wireless(interface);
		behind.switched = switched_with(site, interface);
		ig_hearings_behind(&site->hearings, site->view, out->name, interface->ifindex,
				   &behind);
	}
	ig_coverage_judge(&behind, &coverage);
	out->heard = behind.heard;
	out->coverage = coverage.word;
	out->coverage_reason = ig_result_string(array, coverage.reason);
	if (*coverage.advice)
		out->coverage_advice = ig_result_string(array, coverage.advice);
}

void ig_site_view_describe(const struct ig_site_view *site, const struct ig_interface *interface,
			   void *array, struct iotguard_interface_info *out)
{
	if (interface)
		describe_link(site, interface, array, out);
	describe_offloads(site, interface, out);
	describe_coverage(site, interface, array, out);
}
