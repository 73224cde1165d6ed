/* SPDX-License-Identifier: BSD-2-Clause */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "neighbours.h"
#include "netlink.h"

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

struct entry {
	struct ig_known_address address;
	bool mac, addr;
};

static void read_attribute(const struct nlattr *a, void *context)
{
	struct entry *entry = context;

	if (ig_attribute_type(a) == NDA_DST && ig_attribute_size(a) == 16) {
		memcpy(entry->address.addr, ig_attribute_data(a), 16);
		entry->addr = true;
	} else if (ig_attribute_type(a) == NDA_LLADDR && ig_attribute_size(a) == 6) {
		memcpy(entry->address.mac, ig_attribute_data(a), 6);
		entry->mac = true;
	}
}

static int read_neighbour(const struct nlmsghdr *message, void *context)
{
	const struct ndmsg *info = NLMSG_DATA(message);
	struct listing *list = context;
	struct entry entry = {
		.address = {.source = IG_BINDING_CLAIM, .expires_at = list->ends},
	};

	if (message->nlmsg_type != RTM_NEWNEIGH ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || info->ndm_family != AF_INET6 ||
	    !(info->ndm_state & REACHABLE) || !counts(list, info->ndm_ifindex))
		return 0;
	ig_netlink_attributes(info + 1, message->nlmsg_len - NLMSG_LENGTH(sizeof(*info)),
			      read_attribute, &entry);
	return entry.mac && entry.addr && is_unicast(entry.address.addr)
		       ? ig_known_add(list->known, &entry.address)
		       : 0;
}

int ig_neighbours_read(const struct ig_machine_site *site, struct ig_known *known)
{
	struct listing list = {
		.site = site,
		.known = known,
		.ends = time(NULL) + CLAIM_S,
	};
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

	return ig_netlink_ask(NETLINK_ROUTE, &request.header, read_neighbour, &list);
}
