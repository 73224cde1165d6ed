/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "ranges.h"
#include "reach.h"
#include "util.h"

/* One question, whose answer is one message. */
struct question {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	};
	uint8_t attributes[64];
};

static void ask_for(struct question *q, int type, size_t size)
{
	q->header.nlmsg_type = type;
	q->header.nlmsg_flags = NLM_F_REQUEST;
	q->header.nlmsg_len = NLMSG_LENGTH(size);
}

static void add(struct question *q, int type, const void *data, size_t size)
{
	struct rtattr *a = (void *)((uint8_t *)q + NLMSG_ALIGN(q->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	q->header.nlmsg_len = NLMSG_ALIGN(q->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* An IP address as the kernel wants it in a message of its family. */
static void add_address(struct question *q, int type, const uint8_t addr[16])
{
	bool v4 = ig_addr_is_v4(addr);

	add(q, type, v4 ? addr + 12 : addr, v4 ? 4 : 16);
}

static uint8_t family_of(const uint8_t addr[16])
{
	return ig_addr_is_v4(addr) ? AF_INET : AF_INET6;
}

/* Asks, and gives back the attributes behind @size bytes of an answer of @type, which lies in @buf. */
static int ask(struct question *q, int type, size_t size, char *buf, size_t room,
	       const struct rtattr **first, int *left)
{
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct nlmsghdr *answer = (const void *)buf;
	ssize_t n;

	if (fd < 0 || send(fd, q, q->header.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, buf, room, 0);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(answer, n))
		return -EPROTO;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error ?: -EPROTO;
	if (answer->nlmsg_type != type || answer->nlmsg_len < NLMSG_LENGTH(size))
		return -EPROTO;
	*first = (const void *)((const char *)NLMSG_DATA(answer) + NLMSG_ALIGN(size));
	*left = NLMSG_PAYLOAD(answer, NLMSG_ALIGN(size));
	return 0;
}

static void read_address(const struct rtattr *a, uint8_t addr[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (RTA_PAYLOAD(a) == 16) {
		memcpy(addr, RTA_DATA(a), 16);
	} else if (RTA_PAYLOAD(a) == 4) {
		memcpy(addr, mapped, sizeof(mapped));
		memcpy(addr + 12, RTA_DATA(a), 4);
	}
}

static int find_route(const uint8_t addr[16], int scope, struct ig_reach *out)
{
	struct question q = {.route = {.rtm_family = family_of(addr)}};
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct rtattr *a;
	int left, err;

	q.route.rtm_dst_len = ig_addr_is_v4(addr) ? 32 : 128;
	ask_for(&q, RTM_GETROUTE, sizeof(q.route));
	add_address(&q, RTA_DST, addr);
	if (scope)
		add(&q, RTA_OIF, &scope, sizeof(scope));
	err = ask(&q, RTM_NEWROUTE, sizeof(struct rtmsg), buf, sizeof(buf), &a, &left);
	if (err)
		return err;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) == sizeof(out->ifindex))
			memcpy(&out->ifindex, RTA_DATA(a), sizeof(out->ifindex));
		else if (a->rta_type == RTA_GATEWAY)
			read_address(a, out->next_hop);
	}
	return out->ifindex ? 0 : -ENETUNREACH;
}

static void find_neighbour(struct ig_reach *out)
{
	struct question q = {
		.neighbour = {.ndm_family = family_of(out->next_hop), .ndm_ifindex = out->ifindex}};
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct rtattr *a;
	int left;

	ask_for(&q, RTM_GETNEIGH, sizeof(q.neighbour));
	add_address(&q, NDA_DST, out->next_hop);
	if (ask(&q, RTM_NEWNEIGH, sizeof(struct ndmsg), buf, sizeof(buf), &a, &left))
		return;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type != NDA_LLADDR || RTA_PAYLOAD(a) != sizeof(out->mac))
			continue;
		memcpy(out->mac, RTA_DATA(a), sizeof(out->mac));
		out->has_mac = true;
	}
}

int ig_reach(const uint8_t addr[16], int scope, struct ig_reach *out)
{
	int err;

	*out = (struct ig_reach){};
	memcpy(out->next_hop, addr, sizeof(out->next_hop));
	err = find_route(addr, scope, out);
	if (!err)
		find_neighbour(out);
	return err;
}

int ig_bridge_port(int bridge, const uint8_t mac[6])
{
	struct question q = {.neighbour = {.ndm_family = AF_BRIDGE}};
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct ndmsg *answer = NLMSG_DATA((void *)buf);
	const struct rtattr *a;
	int left;

	ask_for(&q, RTM_GETNEIGH, sizeof(q.neighbour));
	add(&q, NDA_MASTER, &bridge, sizeof(bridge));
	add(&q, NDA_LLADDR, mac, 6);
	if (ask(&q, RTM_NEWNEIGH, sizeof(*answer), buf, sizeof(buf), &a, &left))
		return 0;
	return answer->ndm_ifindex == bridge ? 0 : answer->ndm_ifindex;
}
