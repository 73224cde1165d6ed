/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "netlink.h"
#include "route.h"

static void read_router(struct ig_route *route, const void *addr, size_t size)
{
	route->direct = false;
	if (size == 16)
		memcpy(route->next_hop, addr, 16);
	else if (size == 4)
		ig_addr_set_v4(route->next_hop, addr);
}

static void read_attribute(const struct nlattr *a, void *context)
{
	const struct rtvia *via = ig_attribute_data(a);
	size_t size = ig_attribute_size(a);
	struct ig_route *route = context;

	switch (ig_attribute_type(a)) {
	case RTA_OIF:
		if (size >= sizeof(route->ifindex))
			memcpy(&route->ifindex, ig_attribute_data(a), sizeof(route->ifindex));
		break;
	case RTA_GATEWAY:
		read_router(route, ig_attribute_data(a), size);
		break;
	case RTA_VIA: /* of the other version */
		if (size > sizeof(*via))
			read_router(route, via->rtvia_addr, size - sizeof(*via));
		break;
	}
}

static int read_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *rt = NLMSG_DATA(message);
	struct ig_route *route = context;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)))
		return 0;
	route->here = rt->rtm_type == RTN_LOCAL;
	route->direct = true;
	ig_netlink_attributes(RTM_RTA(rt), RTM_PAYLOAD(message), read_attribute, route);
	return 0;
}

int ig_route_lookup(const uint8_t addr[16], int scope, struct ig_route *out)
{
	bool v4 = ig_addr_is_v4(addr);
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		uint8_t attributes[64];
	} request = {
		.header =
			{
				.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
				.nlmsg_type = RTM_GETROUTE,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.route = {.rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = v4 ? 32 : 128},
	};
	int err;

	*out = (struct ig_route){};
	memcpy(out->next_hop, addr, sizeof(out->next_hop));
	ig_netlink_add(&request.header, RTA_DST, v4 ? addr + 12 : addr, v4 ? 4 : 16);
	if (scope)
		ig_netlink_add(&request.header, RTA_OIF, &scope, sizeof(scope));
	err = ig_netlink_ask(NETLINK_ROUTE, &request.header, read_route, out);
	return err ?: out->ifindex ? 0 : -ENETUNREACH;
}
