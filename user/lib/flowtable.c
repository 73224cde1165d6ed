/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "flowtable.h"
#include "netlink.h"
#include "util.h"

struct reading {
	struct ig_flowtable_ports *list;
	uint32_t flags;
	size_t first; /* of the table that is being read */
	int err;
};

static void read_device(const struct nlattr *a, void *context)
{
	struct reading *r = context;
	struct ig_flowtable_port port = {};

	if (ig_attribute_type(a) != NFTA_DEVICE_NAME || r->err)
		return;
	snprintf(port.interface, sizeof(port.interface), "%.*s", (int)ig_attribute_size(a),
		 (const char *)ig_attribute_data(a));
	if (ig_grow(&r->list->items, r->list->count, &r->list->capacity, sizeof(port)))
		r->list->items[r->list->count++] = port;
	else
		r->err = -ENOMEM;
}

static void read_hook(const struct nlattr *a, void *context)
{
	if (ig_attribute_type(a) == NFTA_FLOWTABLE_HOOK_DEVS)
		ig_netlink_attributes(ig_attribute_data(a), ig_attribute_size(a), read_device,
				      context);
}

static void read_attribute(const struct nlattr *a, void *context)
{
	struct reading *r = context;
	uint32_t flags;

	switch (ig_attribute_type(a)) {
	case NFTA_FLOWTABLE_HOOK:
		ig_netlink_attributes(ig_attribute_data(a), ig_attribute_size(a), read_hook,
				      context);
		break;
	case NFTA_FLOWTABLE_FLAGS:
		if (ig_attribute_size(a) < sizeof(flags))
			break;
		memcpy(&flags, ig_attribute_data(a), sizeof(flags));
		r->flags = ntohl(flags);
		break;
	}
}

int ig_flowtables_read(const struct nlmsghdr *message, void *context)
{
	struct reading r = {.list = context};
	size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE) ||
	    message->nlmsg_len < head)
		return 0;
	r.first = r.list->count;
	ig_netlink_attributes((const char *)message + head, message->nlmsg_len - head,
			      read_attribute, &r);
	for (size_t i = r.first; i < r.list->count; i++)
		r.list->items[i].hardware = r.flags & NFT_FLOWTABLE_HW_OFFLOAD;
	return r.err;
}

int ig_flowtables_list(struct ig_flowtable_ports *out)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg family;
	} request = {
		.header =
			{
				.nlmsg_len = sizeof(request),
				.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.family = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
	};
	int err;

	*out = (struct ig_flowtable_ports){};
	err = ig_netlink_ask(NETLINK_NETFILTER, &request.header, ig_flowtables_read, out);
	/* a kernel without nftables has no flow tables */
	if (err == -EPROTONOSUPPORT || err == -EINVAL || err == -EOPNOTSUPP)
		err = 0;
	if (err)
		ig_flowtables_clear(out);
	return err;
}

void ig_flowtables_clear(struct ig_flowtable_ports *list)
{
	free(list->items);
	*list = (struct ig_flowtable_ports){};
}
