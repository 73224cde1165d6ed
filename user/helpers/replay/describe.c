/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame in a few words, for the person who reads the report. The verdict is not made from this:
 * the programs parse for themselves.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "replay.h"

#define ETHERNET    14
#define TAG	    4
#define TYPE_IPV4   0x0800
#define TYPE_IPV6   0x86dd
#define TYPE_ARP    0x0806
#define IPV4_LEAST  20
#define IPV6_HEADER 40

struct view {
	const uint8_t *bytes;
	size_t left;
};

static void advance(struct view *view, size_t n)
{
	view->bytes += n;
	view->left -= n;
}

static unsigned int be16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

static bool is_tag(unsigned int type)
{
	return type == 0x8100 || type == 0x88a8;
}

/* Leaves @view behind the header and its tags, and returns the ethertype; 0: too short. */
static unsigned int skip_ethernet(struct view *view)
{
	unsigned int type;

	if (view->left < ETHERNET)
		return 0;
	type = be16(view->bytes + 12);
	advance(view, ETHERNET);
	while (is_tag(type) && view->left >= TAG) {
		type = be16(view->bytes + 2);
		advance(view, TAG);
	}
	return type;
}

static void describe_service(const struct view *view, unsigned int proto, char *buf, size_t size)
{
	bool ports = (proto == IPPROTO_TCP || proto == IPPROTO_UDP) && view->left >= 4;

	if (ports)
		snprintf(buf, size, "%s/%u", proto == IPPROTO_TCP ? "tcp" : "udp",
			 be16(view->bytes + 2));
	else if (proto == IPPROTO_ICMP && view->left >= 2)
		snprintf(buf, size, "icmp/%u", view->bytes[0]);
	else if (proto == IPPROTO_ICMPV6 && view->left >= 2)
		snprintf(buf, size, "icmpv6/%u", view->bytes[0]);
	else
		snprintf(buf, size, "ip/%u", proto);
}

static void describe_addresses(int family, const uint8_t *src, const uint8_t *dst,
			       const char *service, char *buf)
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	inet_ntop(family, src, from, sizeof(from));
	inet_ntop(family, dst, to, sizeof(to));
	snprintf(buf, DESCRIBE_TEXT, "%s -> %s %s", from, to, service);
}

static bool describe_ipv4(struct view view, char *buf)
{
	const uint8_t *ip = view.bytes;
	char service[32] = "fragment";
	size_t header;

	if (view.left < IPV4_LEAST)
		return false;
	header = (size_t)(ip[0] & 0xf) * 4;
	if (header < IPV4_LEAST || header > view.left)
		return false;
	advance(&view, header);
	if (!(be16(ip + 6) & 0x1fff)) /* not a later fragment */
		describe_service(&view, ip[9], service, sizeof(service));
	describe_addresses(AF_INET, ip + 12, ip + 16, service, buf);
	return true;
}

static bool describe_ipv6(struct view view, char *buf)
{
	const uint8_t *ip = view.bytes;
	char service[32];

	if (view.left < IPV6_HEADER)
		return false;
	advance(&view, IPV6_HEADER);
	describe_service(&view, ip[6], service, sizeof(service));
	describe_addresses(AF_INET6, ip + 8, ip + 24, service, buf);
	return true;
}

static void describe_ethernet(const struct packet *packet, unsigned int type, char *buf)
{
	const uint8_t *d = packet->bytes, *s = packet->bytes + 6;

	snprintf(buf, DESCRIBE_TEXT,
		 "%02x:%02x:%02x:%02x:%02x:%02x -> %02x:%02x:%02x:%02x:%02x:%02x %s0x%04x", s[0],
		 s[1], s[2], s[3], s[4], s[5], d[0], d[1], d[2], d[3], d[4], d[5],
		 type == TYPE_ARP ? "arp " : "ethertype/", type);
}

void describe(const struct packet *packet, char *buf)
{
	struct view view = {packet->bytes, packet->captured};
	unsigned int type = skip_ethernet(&view);

	if (packet->captured < ETHERNET)
		snprintf(buf, DESCRIBE_TEXT, "%zu bytes", packet->captured);
	else if (!(type == TYPE_IPV4 && describe_ipv4(view, buf)) &&
		 !(type == TYPE_IPV6 && describe_ipv6(view, buf)))
		describe_ethernet(packet, type, buf);
}
