/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "interfaces.h"
#include "netlink.h"
#include "util.h"

static uint8_t byte_of(const struct nlattr *a)
{
	return ig_attribute_size(a) >= 1 ? *(const uint8_t *)ig_attribute_data(a) : 0;
}

static uint32_t number_of(const struct nlattr *a)
{
	uint32_t number = 0;

	if (ig_attribute_size(a) >= sizeof(number))
		memcpy(&number, ig_attribute_data(a), sizeof(number));
	return number;
}

/* The kernel's words end with a NUL or with the attribute. */
static void copy_word(char word[16], const struct nlattr *a)
{
	snprintf(word, 16, "%.*s", (int)ig_attribute_size(a), (const char *)ig_attribute_data(a));
}

static void read_xdp(const struct nlattr *a, void *context)
{
	struct ig_interface *interface = context;

	switch (ig_attribute_type(a)) {
	case IFLA_XDP_ATTACHED:
		interface->xdp_mode = byte_of(a);
		break;
	case IFLA_XDP_PROG_ID:
		interface->xdp_id = number_of(a);
		break;
	}
}

static void read_bridge_port(const struct nlattr *a, void *context)
{
	struct ig_interface *interface = context;

	switch (ig_attribute_type(a)) {
	case IFLA_BRPORT_ISOLATED:
		interface->port_isolated = byte_of(a);
		break;
	case IFLA_BRPORT_MODE:
		interface->hairpin = byte_of(a);
		break;
	}
}

/* What kind of interface it is, and of which kind of master it is a port: the kind comes before its data. */
static void read_kind(const struct nlattr *a, void *context)
{
	struct ig_interface *interface = context;

	switch (ig_attribute_type(a)) {
	case IFLA_INFO_KIND:
		copy_word(interface->kind, a);
		interface->bridge = !strcmp(interface->kind, "bridge");
		interface->veth = !strcmp(interface->kind, "veth");
		interface->stacked = !strcmp(interface->kind, "vlan") ||
				     !strcmp(interface->kind, "macvlan");
		break;
	case IFLA_INFO_SLAVE_KIND:
		interface->bridge_port = ig_attribute_size(a) >= 6 &&
					 !memcmp(ig_attribute_data(a), "bridge", 6);
		break;
	case IFLA_INFO_SLAVE_DATA:
		if (interface->bridge_port)
			ig_netlink_attributes(ig_attribute_data(a), ig_attribute_size(a),
					      read_bridge_port, interface);
		break;
	}
}

static void read_switch(struct ig_interface *interface, const struct nlattr *a)
{
	size_t n = ig_attribute_size(a);

	interface->switch_size = n < sizeof(interface->switch_id) ? n
								  : sizeof(interface->switch_id);
	memcpy(interface->switch_id, ig_attribute_data(a), interface->switch_size);
}

static void read_attribute(const struct nlattr *a, void *context)
{
	struct ig_interface *interface = context;

	switch (ig_attribute_type(a)) {
	case IFLA_IFNAME:
		copy_word(interface->name, a);
		break;
	case IFLA_ADDRESS:
		if (ig_attribute_size(a) == sizeof(interface->mac))
			memcpy(interface->mac, ig_attribute_data(a), sizeof(interface->mac));
		break;
	case IFLA_MASTER:
		interface->master = number_of(a);
		break;
	case IFLA_PHYS_SWITCH_ID:
		read_switch(interface, a);
		break;
	case IFLA_LINK:
		interface->link = number_of(a);
		break;
	case IFLA_LINK_NETNSID:
		interface->link_elsewhere = true;
		break;
	case IFLA_XDP:
		ig_netlink_attributes(ig_attribute_data(a), ig_attribute_size(a), read_xdp,
				      interface);
		break;
	case IFLA_LINKINFO:
		ig_netlink_attributes(ig_attribute_data(a), ig_attribute_size(a), read_kind,
				      interface);
		break;
	}
}

static int read_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct ig_interfaces *list = context;
	struct ig_interface interface = {};

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return 0;
	interface.ifindex = info->ifi_index;
	interface.ethernet = info->ifi_type == ARPHRD_ETHER;
	interface.loopback = info->ifi_flags & IFF_LOOPBACK;
	ig_netlink_attributes(IFLA_RTA(info), IFLA_PAYLOAD(message), read_attribute, &interface);
	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	list->items[list->count++] = interface;
	return 0;
}

int ig_interfaces_list(struct ig_interfaces *out)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.info = {.ifi_family = AF_UNSPEC},
	};
	int err;

	*out = (struct ig_interfaces){};
	err = ig_netlink_ask(NETLINK_ROUTE, &request.header, read_link, out);
	if (err)
		ig_interfaces_clear(out);
	return err;
}

void ig_interfaces_clear(struct ig_interfaces *list)
{
	free(list->items);
	*list = (struct ig_interfaces){};
}

const struct ig_interface *ig_interface_by_name(const struct ig_interfaces *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	}
	return NULL;
}

const struct ig_interface *ig_interface_by_index(const struct ig_interfaces *list, int ifindex)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].ifindex == ifindex)
			return &list->items[i];
	}
	return NULL;
}

int ig_interface_below(const struct ig_interface *interface)
{
	return interface->stacked && !interface->link_elsewhere ? interface->link : 0;
}

/* 127.0.0.0/8 and ::1: nobody reaches these from outside. Other addresses of the loopback interface
 * are reached. */
static bool is_loopback(const struct ig_addr *addr)
{
	static const struct ig_addr one = {.addr = {[15] = 1}};
	static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

	return !memcmp(addr, &one, sizeof(one)) || !memcmp(addr, mapped, sizeof(mapped));
}

/* The subnet-router anycast address (RFC 4291 section 2.6.1): a router answers to the prefix
 * followed by zeros. */
static bool read_anycast(const struct ifaddrs *a, struct ig_addr *out)
{
	const struct sockaddr_in6 *mask = (const void *)a->ifa_netmask;
	bool whole = true;

	if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET6 || !mask)
		return false;
	memcpy(out->addr, &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr, 16);
	for (int i = 0; i < 16; i++) {
		whole = whole && mask->sin6_addr.s6_addr[i] >=
					 (i < 15 ? 0xff : 0xfe); /* /127 and /128 have none */
		out->addr[i] &= mask->sin6_addr.s6_addr[i];
	}
	return !whole;
}

/* False for families that are none of ours. */
static bool read_address(const struct sockaddr *sa, struct ig_addr *out)
{
	if (!sa)
		return false;
	if (sa->sa_family == AF_INET) {
		ig_addr_set_v4(out->addr, &((const struct sockaddr_in *)sa)->sin_addr);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(out->addr, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
		return true;
	}
	return false;
}

static int add_address(struct ig_addr **list, size_t *n, size_t *capacity,
		       const struct ig_addr *address)
{
	if (!ig_grow(list, *n, capacity, sizeof(**list)))
		return -ENOMEM;
	(*list)[(*n)++] = *address;
	return 0;
}

int ig_own_addresses(struct ig_addr **out, size_t *count)
{
	_free_ struct ig_addr *list = NULL;
	size_t n = 0, capacity = 0;
	struct ifaddrs *all;
	int err = 0;

	*out = NULL;
	*count = 0;
	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *a = all; a && !err; a = a->ifa_next) {
		struct ig_addr address;

		if (read_address(a->ifa_addr, &address) && !is_loopback(&address))
			err = add_address(&list, &n, &capacity, &address);
		if (!err && read_anycast(a, &address))
			err = add_address(&list, &n, &capacity, &address);
	}
	freeifaddrs(all);
	if (err)
		return err;
	*out = take_ptr(list);
	*count = n;
	return 0;
}
