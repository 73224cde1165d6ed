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

#include "interfaces.h"
#include "util.h"

static void read_xdp(struct ig_interface *interface, const struct rtattr *nested)
{
	int left = RTA_PAYLOAD(nested);

	for (const struct rtattr *a = RTA_DATA(nested); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		switch (a->rta_type & NLA_TYPE_MASK) {
		case IFLA_XDP_ATTACHED:
			interface->xdp_mode = *(const uint8_t *)RTA_DATA(a);
			break;
		case IFLA_XDP_PROG_ID:
			interface->xdp_id = *(const uint32_t *)RTA_DATA(a);
			break;
		}
	}
}

static void read_kind_name(struct ig_interface *interface, const char *kind, size_t size)
{
	interface->bridge = !strncmp(kind, "bridge", size);
	interface->veth = !strncmp(kind, "veth", size);
	interface->stacked = !strncmp(kind, "vlan", size) || !strncmp(kind, "macvlan", size);
}

static void read_kind(struct ig_interface *interface, const struct rtattr *nested)
{
	int left = RTA_PAYLOAD(nested);

	for (const struct rtattr *a = RTA_DATA(nested); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_INFO_KIND)
			read_kind_name(interface, RTA_DATA(a), RTA_PAYLOAD(a));
	}
}

static void read_attribute(struct ig_interface *interface, const struct rtattr *a)
{
	switch (a->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		snprintf(interface->name, sizeof(interface->name), "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
		break;
	case IFLA_ADDRESS:
		if (RTA_PAYLOAD(a) == sizeof(interface->mac))
			memcpy(interface->mac, RTA_DATA(a), sizeof(interface->mac));
		break;
	case IFLA_MASTER:
		interface->master = *(const int *)RTA_DATA(a);
		break;
	case IFLA_LINK:
		interface->link = *(const int *)RTA_DATA(a);
		break;
	case IFLA_LINK_NETNSID:
		interface->link_elsewhere = true;
		break;
	case IFLA_XDP:
		read_xdp(interface, a);
		break;
	case IFLA_LINKINFO:
		read_kind(interface, a);
		break;
	}
}

static int read_link(struct ig_interfaces *list, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = IFLA_PAYLOAD(message);
	struct ig_interface interface = {
		.ifindex = info->ifi_index,
		.ethernet = info->ifi_type == ARPHRD_ETHER,
		.loopback = info->ifi_flags & IFF_LOOPBACK,
	};

	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		read_attribute(&interface, a);
	if (!interface.stacked || interface.link_elsewhere)
		interface.link = 0;
	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	list->items[list->count++] = interface;
	return 0;
}

static int ask(int fd)
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

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* Reads one datagram of the answer. 1: more to come; 0: that was all. */
static int read_answer(int fd, struct ig_interfaces *list, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, 0);
	unsigned int left = n;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	for (const struct nlmsghdr *m = (const void *)buf; NLMSG_OK(m, left);
	     m = NLMSG_NEXT(m, left)) {
		int err;

		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(m))->error;
		if (m->nlmsg_type != RTM_NEWLINK)
			continue;
		err = read_link(list, m);
		if (err)
			return err;
	}
	return 1;
}

int ig_interfaces_list(struct ig_interfaces *out)
{
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_free_ char *buf = malloc(1 << 16);
	int err;

	*out = (struct ig_interfaces){};
	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	err = ask(fd);
	if (!err) {
		do
			err = read_answer(fd, out, buf, 1 << 16);
		while (err > 0);
	}
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
		*out = (struct ig_addr){.addr = {[10] = 0xff, [11] = 0xff}};
		memcpy(out->addr + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
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
