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

static void read_kind(struct ig_interface *interface, const struct rtattr *nested)
{
	int left = RTA_PAYLOAD(nested);

	for (const struct rtattr *a = RTA_DATA(nested); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_INFO_KIND)
			interface->bridge = !strncmp(RTA_DATA(a), "bridge", RTA_PAYLOAD(a));
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
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.info = { .ifi_family = AF_UNSPEC },
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
	for (const struct nlmsghdr *m = (const void *)buf; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
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

/* False for families that are none of ours. */
static bool read_address(const struct sockaddr *sa, struct ig_addr *out)
{
	if (!sa)
		return false;
	if (sa->sa_family == AF_INET) {
		*out = (struct ig_addr){ .addr = { [10] = 0xff, [11] = 0xff } };
		memcpy(out->addr + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(out->addr, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
		return true;
	}
	return false;
}

int ig_own_addresses(struct ig_addr **out, size_t *count)
{
	struct ig_addr *list = NULL, address;
	size_t n = 0, capacity = 0;
	struct ifaddrs *all;

	*out = NULL;
	*count = 0;
	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		if ((a->ifa_flags & IFF_LOOPBACK) || !read_address(a->ifa_addr, &address))
			continue;
		if (!ig_grow(&list, n, &capacity, sizeof(*list))) {
			free(list);
			freeifaddrs(all);
			return -ENOMEM;
		}
		list[n++] = address;
	}
	freeifaddrs(all);
	*out = list;
	*count = n;
	return 0;
}
