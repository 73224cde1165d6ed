/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings of the network that change what a policy means. */

#include "doctor.h"

static bool guards_bridge_ports(struct ig_checkup *c)
{
	for (size_t i = 0; i < c->site.all.count; i++) {
		const struct ig_interface *interface = &c->site.all.items[i];

		if (interface->bridge_port && ig_site_view_names(&c->site, interface->name))
			return true;
	}
	return false;
}

static void check_bridged(struct ig_checkup *c)
{
	bool iptables = ig_read_number("/proc/sys/net/bridge/bridge-nf-call-iptables") == 1 ||
			ig_read_number("/proc/sys/net/bridge/bridge-nf-call-ip6tables") == 1;

	if (iptables && guards_bridge_ports(c))
		ig_warn(c, "br-netfilter", NULL,
			"sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0",
			"frames that only cross a bridge also go through the packet filter for routed ones: it may drop "
			"them, or give them another address, behind the back of the policy");
	else
		ig_healthy(c, "br-netfilter", NULL,
			   "bridged frames are not given to the filter for routed ones");
}

static void check_forwarding(struct ig_checkup *c)
{
	if (ig_read_number("/proc/sys/net/ipv4/ip_forward") == 1)
		ig_healthy(c, "forwarding", "ipv4", "IPv4 is forwarded");
	else
		ig_warn(c, "forwarding", "ipv4", "sysctl -w net.ipv4.ip_forward=1",
			"IPv4 is not forwarded: devices reach nothing behind this gateway, and an address that it "
			"was given since the last apply counts as one of the internet");
	if (ig_read_number("/proc/sys/net/ipv6/conf/all/forwarding") == 1)
		ig_healthy(c, "forwarding", "ipv6", "IPv6 is forwarded");
	else
		ig_note(c, "forwarding", "ipv6", "sysctl -w net.ipv6.conf.all.forwarding=1",
			"IPv6 is not forwarded: devices reach nothing behind this gateway by it");
}

void ig_doctor_network(struct ig_checkup *c)
{
	check_bridged(c);
	check_forwarding(c);
}
