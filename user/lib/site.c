/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "attach.h"
#include "site.h"
#include "util.h"

bool ig_site_guards(const struct ig_machine_site *site, const struct ig_interface *interface)
{
	for (size_t i = 0; i < site->n_guarded; i++) {
		if (site->guarded[i] == interface)
			return true;
	}
	return false;
}

/* By the name that it had before. */
static bool stays_guarded(const struct ig_machine_site *site, const struct ig_interface *interface)
{
	for (size_t i = 0; i < site->n_absent && site->keep_renamed; i++) {
		if (site->absent[i].ifindex == interface->ifindex)
			return true;
	}
	return false;
}

static void say_bridge(struct iotguard *ig, const struct ig_machine_site *site,
		       const struct ig_interface *bridge)
{
	char ports[512] = "";

	for (size_t i = 0; i < site->all.count; i++) {
		if (site->all.items[i].master == bridge->ifindex &&
		    strlen(ports) < sizeof(ports) - 20) {
			strcat(ports, *ports ? ", " : "");
			strcat(ports, site->all.items[i].name);
		}
	}
	ig_error(
		&ig->diags, NULL,
		*ports ? "name its ports instead: frames between them never reach the bridge itself"
		       : "name the ports that you will put into it",
		"%s is a bridge%s%s%s", bridge->name, *ports ? " (ports: " : "", ports,
		*ports ? ")" : "");
}

static const struct ig_absent *find_absent(const struct ig_machine_site *site, const char *name)
{
	for (size_t i = 0; i < site->n_absent; i++) {
		if (!strcmp(site->absent[i].name, name))
			return &site->absent[i];
	}
	return NULL;
}

bool ig_machine_site_is_absent(const struct ig_machine_site *site, const char *name)
{
	return find_absent(site, name) != NULL;
}

unsigned int ig_machine_site_ifindex(const struct ig_machine_site *site, const char *name)
{
	const struct ig_interface *interface = ig_interface_by_name(&site->all, name);
	const struct ig_absent *absent = interface ? NULL : find_absent(site, name);

	if (interface)
		return interface->ifindex;
	if (!absent || !site->keep_renamed)
		return 0;
	interface = ig_interface_by_index(&site->all, absent->ifindex);
	return interface && !ig_site_guards(site, interface) ? absent->ifindex : 0;
}

static void say_absent(struct iotguard *ig, const char *name, const char *other)
{
	if (other)
		ig_warning(&ig->diags, NULL, "give its segment the new name, and apply",
			   "%s is called %s now", name, other);
	else
		ig_warning(
			&ig->diags, NULL,
			"where the units of iotguard are installed, that is done when it appears; 'ip link' "
			"lists the ones there are",
			"there is no interface %s: it will be guarded once it is there and the policy "
			"is applied again",
			name);
}

/* Is one of its links alive, then the interface got another name. */
static void note_absent(struct iotguard *ig, struct ig_machine_site *site, const char *name)
{
	const struct ig_interface *other;
	struct ig_attachment found;

	if (find_absent(site, name))
		return;
	ig_attachment_look(ig, name, &found);
	other = found.ifindex ? ig_interface_by_index(&site->all, found.ifindex) : NULL;
	site->absent[site->n_absent++] = (struct ig_absent){
		.name = name,
		.ifindex = other ? other->ifindex : 0,
	};
	say_absent(ig, name, other ? other->name : NULL);
}

/* 0, or -errno of the first thing wrong with a name. */
static int find_interface(struct iotguard *ig, struct ig_machine_site *site, const char *name)
{
	const struct ig_interface *interface = ig_interface_by_name(&site->all, name);

	if (!interface) {
		note_absent(ig, site, name);
		return 0;
	}
	if (ig_site_guards(site, interface))
		return 0;
	if (interface->bridge) {
		say_bridge(ig, site, interface);
		return -EINVAL;
	}
	if (interface->loopback || !interface->ethernet) {
		ig_error(&ig->diags, NULL, "devices are behind Ethernet and Wi-Fi interfaces",
			 "%s is no Ethernet interface", name);
		return -EINVAL;
	}
	if (interface->xdp_id && !ig_attachment_is_ours(ig, interface) &&
	    !ig_attachment_rename(ig, interface)) {
		ig_error(
			&ig->diags, NULL,
			"'bpftool prog show id ID' says what it is; take it off, or leave the interface out",
			"another XDP program is on %s: id %u", name, interface->xdp_id);
		return -EBUSY;
	}
	site->guarded[site->n_guarded++] = interface;
	return 0;
}

static int find_interfaces(struct iotguard *ig, const struct ig_image *image,
			   struct ig_machine_site *site)
{
	int first = 0;

	site->guarded = calloc(image->n_ports ? image->n_ports : 1, sizeof(*site->guarded));
	site->absent = calloc(image->n_ports ? image->n_ports : 1, sizeof(*site->absent));
	if (!site->guarded || !site->absent)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_ports; i++) {
		const struct ig_image_port *port = &image->ports[i];
		bool named = port->interface && port->vlan[0] != IG_GUARDED;
		int err = named ? find_interface(ig, site, port->interface) : 0;

		first = first ?: err;
	}
	return first;
}

/* A bridge with guarded and unguarded ports has a way around the guard. */
static int check_bridges(struct iotguard *ig, const struct ig_machine_site *site)
{
	int err = 0;

	for (size_t i = 0; i < site->all.count; i++) {
		const struct ig_interface *port = &site->all.items[i];
		const struct ig_interface *master = ig_interface_by_index(&site->all, port->master),
					  *guarded = NULL;

		if (!port->master || ig_site_guards(site, port) || stays_guarded(site, port))
			continue;
		for (size_t k = 0; k < site->n_guarded && !guarded; k++) {
			if (site->guarded[k]->master == port->master)
				guarded = site->guarded[k];
		}
		if (!guarded)
			continue;
		ig_error(
			&ig->diags, NULL, "name it in a segment, or take it out of the bridge",
			"%s is an unguarded port of %s, which has the guarded port %s: traffic could pass around",
			port->name, master ? master->name : "a bridge", guarded->name);
		err = -EEXIST;
	}
	return err;
}

static const struct ig_image_device *image_device(const struct ig_image *image, const uint8_t *mac)
{
	for (size_t i = 0; i < image->n_devices; i++) {
		if (image->devices[i].mac.pad[0] == IG_MAC_IS_MAC &&
		    !memcmp(image->devices[i].mac.addr, mac, 6))
			return &image->devices[i];
	}
	return NULL;
}

static int note_macs(struct iotguard *ig, const struct ig_image *image,
		     struct ig_machine_site *site)
{
	static const uint8_t none[6];
	int err = 0;

	site->macs = calloc(site->all.count ? site->all.count : 1, sizeof(*site->macs));
	if (!site->macs)
		return -ENOMEM;
	for (size_t i = 0; i < site->all.count; i++) {
		const struct ig_interface *interface = &site->all.items[i];
		const struct ig_image_device *device = image_device(image, interface->mac);

		if (!interface->ethernet || !memcmp(interface->mac, none, 6))
			continue;
		if (!device) {
			memcpy(site->macs[site->n_macs++].addr, interface->mac, 6);
		} else if (device->device.kind != IG_KIND_GATEWAY) {
			ig_error(
				&ig->diags, NULL,
				"give the MAC address of the device, not that of the gateway's port",
				"a device has the MAC address of this gateway's own interface %s",
				interface->name);
			err = -EINVAL;
		}
	}
	return err;
}

static int note_addresses(struct iotguard *ig, const struct iotguard_inventory *inv,
			  const struct ig_image *image, struct ig_machine_site *site)
{
	_free_ struct ig_addr *own = NULL;
	size_t n;
	int err = ig_own_addresses(&own, &n);

	if (err)
		return err;
	site->addresses = calloc(n ? n : 1, sizeof(*site->addresses));
	if (!site->addresses)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct ig_image_address *holder = NULL;

		for (size_t k = 0; k < image->n_addresses && !holder; k++) {
			if (!memcmp(&image->addresses[k].addr, &own[i], sizeof(own[i])))
				holder = &image->addresses[k];
		}
		if (!holder) {
			site->addresses[site->n_addresses++] = own[i];
		} else if (holder->holder != IG_ENTITY_GATEWAY) {
			/* before an apply, holders are positions */
			ig_error(&ig->diags, &inv->machines[holder->holder].loc,
				 "give the address of the device",
				 "an address of '%s' is this gateway's own",
				 inv->machines[holder->holder].name);
			err = -EINVAL;
		}
	}
	return err;
}

int ig_machine_site_look(struct iotguard *ig, const struct iotguard_policy *policy,
			 bool keep_renamed, struct ig_machine_site *out)
{
	int err, other;

	*out = (struct ig_machine_site){.keep_renamed = keep_renamed};
	err = ig_interfaces_list(&out->all);
	if (err)
		return err;
	err = find_interfaces(ig, &policy->image, out);
	other = check_bridges(ig, out);
	err = err ?: other;
	other = note_macs(ig, &policy->image, out);
	err = err ?: other;
	other = note_addresses(ig, policy->inv, &policy->image, out);
	err = err ?: other;
	if (err)
		ig_machine_site_clear(out);
	return err;
}

int ig_machine_site_glance(struct iotguard *ig, const struct iotguard_policy *policy,
			   struct ig_machine_site *out)
{
	int err;

	*out = (struct ig_machine_site){};
	err = ig_interfaces_list(&out->all);
	if (!err)
		err = note_macs(ig, &policy->image, out);
	if (!err || err == -EINVAL)
		err = note_addresses(ig, policy->inv, &policy->image, out);
	if (!err || err == -EINVAL)
		return 0;
	ig_machine_site_clear(out);
	return err;
}

void ig_machine_site_clear(struct ig_machine_site *site)
{
	ig_interfaces_clear(&site->all);
	free(site->guarded);
	free(site->absent);
	free(site->addresses);
	free(site->macs);
	*site = (struct ig_machine_site){};
}
