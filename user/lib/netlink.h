/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the kernel over netlink, and its answers one message at a time. */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>

/* A negative return ends the reading and is returned. */
typedef int (*ig_netlink_fn)(const struct nlmsghdr *message, void *context);

/*
 * Sends @request (its length and flags filled in) to @protocol (NETLINK_*) and hands over what comes back, until the
 * dump is done or the one answer is there. 0, -errno: the kernel's own, too.
 */
int ig_netlink_ask(int protocol, const struct nlmsghdr *request, ig_netlink_fn answer,
		   void *context);

/* One more attribute at the end of a request, which has the room. */
void ig_netlink_add(struct nlmsghdr *request, int type, const void *data, size_t size);

typedef void (*ig_attribute_fn)(const struct nlattr *attribute, void *context);

/* Goes through attributes that lie at @at, @size bytes of them; whatever is cut off ends it. */
void ig_netlink_attributes(const void *at, size_t size, ig_attribute_fn each, void *context);

static inline unsigned int ig_attribute_type(const struct nlattr *attribute)
{
	return attribute->nla_type & NLA_TYPE_MASK;
}

static inline const void *ig_attribute_data(const struct nlattr *attribute)
{
	return (const char *)attribute + NLA_HDRLEN;
}

static inline size_t ig_attribute_size(const struct nlattr *attribute)
{
	return attribute->nla_len - NLA_HDRLEN;
}
