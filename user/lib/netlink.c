/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "util.h"

#define ANSWER_MAX (1 << 16) /* the kernel fills at most 32 KiB at a time */

/* 1: more to come; 0: that was all. */
static int read_message(const struct nlmsghdr *message, ig_netlink_fn answer, void *context)
{
	int err;

	switch (message->nlmsg_type) {
	case NLMSG_DONE:
		return 0;
	case NLMSG_ERROR:
		return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
	}
	err = answer(message, context);
	return err < 0 ? err : (message->nlmsg_flags & NLM_F_MULTI) != 0;
}

/* Reads one datagram. 1: more to come; 0: that was all. */
static int read_answer(int fd, char *buf, ig_netlink_fn answer, void *context)
{
	ssize_t n = recv(fd, buf, ANSWER_MAX, 0);
	unsigned int left = n;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	for (const struct nlmsghdr *m = (const void *)buf; NLMSG_OK(m, left);
	     m = NLMSG_NEXT(m, left)) {
		int more = read_message(m, answer, context);

		if (more <= 0)
			return more;
	}
	return n ? 1 : -EPIPE;
}

int ig_netlink_ask(int protocol, const struct nlmsghdr *request, ig_netlink_fn answer,
		   void *context)
{
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	_free_ char *buf = malloc(ANSWER_MAX);
	int more = 1;

	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (more > 0)
		more = read_answer(fd, buf, answer, context);
	return more;
}

void ig_netlink_add(struct nlmsghdr *request, int type, const void *data, size_t size)
{
	struct nlattr *a = (void *)((char *)request + NLMSG_ALIGN(request->nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memcpy((char *)a + NLA_HDRLEN, data, size);
	request->nlmsg_len = NLMSG_ALIGN(request->nlmsg_len) + NLA_ALIGN(a->nla_len);
}

void ig_netlink_attributes(const void *at, size_t size, ig_attribute_fn each, void *context)
{
	while (size >= NLA_HDRLEN) {
		const struct nlattr *attribute = at;
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > size)
			return;
		each(attribute, context);
		if (step >= size)
			return;
		at = (const char *)at + step;
		size -= step;
	}
}
