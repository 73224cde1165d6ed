/* SPDX-License-Identifier: BSD-2-Clause */

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "route.h"

static void read_attribute(const struct nlattr *a, void *context)
{
	struct ig_route *route = context;

	if (ig_attribute_type(a) == RTA_OIF && ig_attribute_size(a) >= sizeof(int))
		memcpy(&route->ifindex, ig_attribute_data(a), sizeof(int));
	else if (ig_attribute_type(a) == RTA_GATEWAY || ig_attribute_type(a) == RTA_VIA)
		route->direct = false;
}

static int read_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *rt = NLMSG_DATA(message);
	struct ig_route *route = context;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)))
		return 0;
	*route = (struct ig_route){.here = rt->rtm_type == RTN_LOCAL, .direct = true};
	ig_netlink_attributes(RTM_RTA(rt), RTM_PAYLOAD(message), read_attribute, route);
	return 0;
}

int ig_route_lookup(const struct ig_addr *addr, struct ig_route *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool v4 = !memcmp(addr->addr, mapped, sizeof(mapped));
	size_t size = v4 ? 4 : 16;
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct nlattr destination;
		uint8_t addr[16];
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request) - 16 + size,
				.nlmsg_type = RTM_GETROUTE,
				.nlmsg_flags = NLM_F_REQUEST,
			},
		.route = {.rtm_family = v4 ? AF_INET : AF_INET6, .rtm_dst_len = size * 8},
		.destination = {.nla_len = NLA_HDRLEN + size, .nla_type = RTA_DST},
	};

	*out = (struct ig_route){};
	memcpy(request.addr, addr->addr + 16 - size, size);
	return ig_netlink_ask(NETLINK_ROUTE, &request.header, read_route, out);
}
