/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "netlink.h"
#include "reach.h"
#include "route.h"

/* A question about one neighbour, whose answer is one message. */
struct question {
	struct nlmsghdr header;
	struct ndmsg neighbour;
	uint8_t attributes[64];
};

static struct question question_of(uint8_t family, int ifindex)
{
	return (struct question){
		.header =
			{
				.nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg)),
				.nlmsg_type = RTM_GETNEIGH,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.neighbour = {.ndm_family = family, .ndm_ifindex = ifindex},
	};
}

static bool is_neighbour(const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWNEIGH &&
	       message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ndmsg));
}

static void read_attribute(const struct nlattr *a, void *context)
{
	struct ig_reach *reach = context;

	if (ig_attribute_type(a) != NDA_LLADDR || ig_attribute_size(a) != sizeof(reach->mac))
		return;
	memcpy(reach->mac, ig_attribute_data(a), sizeof(reach->mac));
	reach->has_mac = true;
}

static int read_neighbour(const struct nlmsghdr *message, void *context)
{
	if (is_neighbour(message))
		ig_netlink_attributes(
			(const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct ndmsg)),
			NLMSG_PAYLOAD(message, sizeof(struct ndmsg)), read_attribute, context);
	return 0;
}

int ig_reach(const uint8_t addr[16], int scope, struct ig_reach *out)
{
	struct ig_route route;
	struct question q;
	bool v4;
	int err = ig_route_lookup(addr, scope, &route);

	*out = (struct ig_reach){.ifindex = route.ifindex};
	if (err)
		return err;
	v4 = ig_addr_is_v4(route.next_hop);
	q = question_of(v4 ? AF_INET : AF_INET6, route.ifindex);
	ig_netlink_add(&q.header, NDA_DST, v4 ? route.next_hop + 12 : route.next_hop, v4 ? 4 : 16);
	ig_netlink_ask(NETLINK_ROUTE, &q.header, read_neighbour, out); /* else it is not known */
	return 0;
}

static int read_port(const struct nlmsghdr *message, void *context)
{
	if (is_neighbour(message))
		*(int *)context = ((const struct ndmsg *)NLMSG_DATA(message))->ndm_ifindex;
	return 0;
}

int ig_bridge_port(int bridge, const uint8_t mac[6])
{
	struct question q = question_of(AF_BRIDGE, 0);
	int port = 0;

	ig_netlink_add(&q.header, NDA_MASTER, &bridge, sizeof(bridge));
	ig_netlink_add(&q.header, NDA_LLADDR, mac, 6);
	ig_netlink_ask(NETLINK_ROUTE, &q.header, read_port, &port);
	return port == bridge ? 0 : port;
}
