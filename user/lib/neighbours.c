/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "neighbours.h"
#include "util.h"

#define BUFFER	  (1u << 16)
#define LAYERS	  4 /* VLANs upon VLANs upon a bridge upon a port */
#define REACHABLE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)
#define CLAIM_S	  (IG_CLAIM_NS / 1000000000ull)

struct listing {
	const struct ig_machine_site *site;
	struct ig_known *known;
	uint64_t ends;
	int ifindex;   /* the last one that was asked about */
	bool at_ports; /* and the answer */
};

static bool is_at_ports(const struct ig_machine_site *site, int ifindex)
{
	for (int layer = 0; layer < LAYERS && ifindex; layer++) {
		const struct ig_interface *interface = ig_interface_by_index(&site->all, ifindex);

		for (size_t i = 0; i < site->n_guarded; i++) {
			if (site->guarded[i]->ifindex == ifindex ||
			    site->guarded[i]->master == ifindex)
				return true;
		}
		ifindex = interface ? ig_interface_below(interface) : 0;
	}
	return false;
}

static bool counts(struct listing *list, int ifindex)
{
	if (ifindex != list->ifindex) {
		list->ifindex = ifindex;
		list->at_ports = is_at_ports(list->site, ifindex);
	}
	return list->at_ports;
}

/* Link-local, global and unique local addresses; the binding's rules are stricter. */
static bool is_unicast(const uint8_t *addr)
{
	return (addr[0] & 0xe0) == 0x20 || (addr[0] & 0xfe) == 0xfc ||
	       (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80);
}

static int read_neighbour(struct listing *list, const struct nlmsghdr *message)
{
	const struct ndmsg *info = NLMSG_DATA(message);
	struct ig_known_address address = {
		.source = IG_BINDING_CLAIM,
		.expires_at = list->ends,
	};
	bool mac = false, addr = false;
	int left;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || info->ndm_family != AF_INET6 ||
	    !(info->ndm_state & REACHABLE) || !counts(list, info->ndm_ifindex))
		return 0;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
	for (const struct rtattr *a = (const void *)(info + 1); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == sizeof(address.addr)) {
			memcpy(address.addr, RTA_DATA(a), sizeof(address.addr));
			addr = true;
		} else if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == sizeof(address.mac)) {
			memcpy(address.mac, RTA_DATA(a), sizeof(address.mac));
			mac = true;
		}
	}
	return mac && addr && is_unicast(address.addr) ? ig_known_add(list->known, &address) : 0;
}

static int ask(int fd)
{
	struct {
		struct nlmsghdr header;
		struct ndmsg info;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETNEIGH,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.info = {.ndm_family = AF_INET6},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* Reads one datagram of the answer. 1: more to come; 0: that was all. */
static int read_answer(int fd, struct listing *list, char *buf)
{
	ssize_t n = recv(fd, buf, BUFFER, 0);
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
		err = m->nlmsg_type == RTM_NEWNEIGH ? read_neighbour(list, m) : 0;
		if (err)
			return err;
	}
	return 1;
}

int ig_neighbours_read(const struct ig_machine_site *site, struct ig_known *known)
{
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_free_ char *buf = malloc(BUFFER);
	struct listing list = {
		.site = site,
		.known = known,
		.ends = time(NULL) + CLAIM_S,
	};
	int err;

	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	err = ask(fd);
	if (!err) {
		do
			err = read_answer(fd, &list, buf);
		while (err > 0);
	}
	return err;
}
