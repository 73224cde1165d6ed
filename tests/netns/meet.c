/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One conversation between two namespaces, seen from both ends.
 *
 *	meet PROTOCOL FROM SOURCE SOURCE-PORT TO DESTINATION PORT [hold]
 *
 * The namespace TO serves PORT at DESTINATION, and counts what comes for it there, of the protocol: whatever the socket
 * makes of it, a bare SYN counts. FROM opens a conversation from SOURCE (SOURCE-PORT 0: any) and wants its words back.
 * PROTOCOL is tcp, udp, or icmp: then PORT is the type of the message (echo is the one that is answered), and
 * SOURCE-PORT its identifier. Versions of IP go by the addresses.
 *
 * Ends with the first answer, or with SIGTERM, when who refuses has told so: nothing here waits for time to pass, but
 * for 20 s at the most. Prints `arrived N answered N`, packets at the far end and answers at the near one. With `hold` it
 * goes on: each SIGUSR1 sends once more, and each answer prints a line `answered N`; SIGTERM ends it.
 *
 * Exit 0: there was an answer; 1: none; 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXIT_TROUBLE 2
#define MOST_MS	     20000
#define WORDS	     "meet"
#define ECHO	     8	 /* ICMP: request; the answer is 0 */
#define ECHO6	     128 /* ICMPv6: request; the answer is 129 */

struct place {
	struct sockaddr_storage address;
	socklen_t size;
	int family;
};

struct meeting {
	int protocol;
	struct place source, destination;
	uint16_t source_port, port;
	int client, server, ear, signals;
	int talk; /* TCP: what the server accepted; -1: nothing so far */
	bool hold;
	unsigned int arrived, answered, asked;
};

static struct place place_of(const char *text, uint16_t port)
{
	struct place place = {};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&place.address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place.address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_port = htons(port);
		place.size = sizeof(*v4);
		place.family = AF_INET;
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_port = htons(port);
		place.size = sizeof(*v6);
		place.family = AF_INET6;
	} else {
		errx(EXIT_TROUBLE, "%s is no address", text);
	}
	place.address.ss_family = (sa_family_t)place.family;
	return place;
}

static uint16_t number_of(const char *text)
{
	return (uint16_t)strtoul(text, NULL, 10);
}

static void enter(const char *namespace)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(EXIT_TROUBLE, "%s", path);
	close(fd);
}

/* --- sockets --- */

static int bound(int type, int protocol, const struct place *at)
{
	int fd = socket(at->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0)
		err(EXIT_TROUBLE, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* a server may open from the port that it serves */
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&at->address, at->size))
		err(EXIT_TROUBLE, "bind");
	return fd;
}

/* A raw socket takes an address without a port. */
static struct place without_port(const struct place *place)
{
	struct place out = *place;

	if (out.family == AF_INET)
		((struct sockaddr_in *)&out.address)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&out.address)->sin6_port = 0;
	return out;
}

static int raw(const struct meeting *m, const struct place *at)
{
	struct place plain = without_port(at);

	return bound(SOCK_RAW, m->protocol, &plain);
}

static bool is_icmp(const struct meeting *m)
{
	return m->protocol == IPPROTO_ICMP || m->protocol == IPPROTO_ICMPV6;
}

static int socket_type(const struct meeting *m)
{
	return m->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
}

static void serve(struct meeting *m)
{
	m->ear = raw(m, &m->destination);
	if (is_icmp(m))
		return; /* the kernel answers */
	m->server = bound(socket_type(m), 0, &m->destination);
	if (m->protocol == IPPROTO_TCP && listen(m->server, 8))
		err(EXIT_TROUBLE, "listen");
}

/* --- the far end --- */

/* What a raw socket gets has the IP header in front of it, in IPv4. */
static bool is_for_us(const struct meeting *m, const uint8_t *bytes, size_t size)
{
	size_t at = m->destination.family == AF_INET && size ? (size_t)(bytes[0] & 15) * 4 : 0;

	if (size < at + 4)
		return false;
	if (is_icmp(m))
		return bytes[at] == m->port;
	return (bytes[at + 2] << 8 | bytes[at + 3]) == m->port;
}

static void hear(struct meeting *m)
{
	uint8_t bytes[2048];
	ssize_t n;

	while ((n = recv(m->ear, bytes, sizeof(bytes), 0)) >= 0)
		m->arrived += is_for_us(m, bytes, (size_t)n);
}

static void send_back(int fd)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	uint8_t bytes[64];
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size);

	if (n > 0)
		sendto(fd, bytes, (size_t)n, MSG_NOSIGNAL, size ? (struct sockaddr *)&from : NULL,
		       size);
}

static void answer(struct meeting *m)
{
	if (m->protocol == IPPROTO_TCP)
		m->talk = accept4(m->server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	else
		send_back(m->server);
}

/* --- the near end --- */

static uint16_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The kernel fills in the checksum of ICMPv6. A timestamp request has 20 bytes, all others need 8. */
static void send_icmp(const struct meeting *m)
{
	uint8_t bytes[20] = {(uint8_t)m->port};
	struct place to = without_port(&m->destination);
	uint16_t sum;

	bytes[4] = (uint8_t)(m->source_port >> 8);
	bytes[5] = (uint8_t)m->source_port;
	sum = checksum(bytes, sizeof(bytes));
	bytes[2] = (uint8_t)(sum >> 8);
	bytes[3] = (uint8_t)sum;
	if (sendto(m->client, bytes, sizeof(bytes), 0, (struct sockaddr *)&to.address, to.size) < 0)
		err(EXIT_TROUBLE, "send");
}

static void ask(struct meeting *m)
{
	m->asked++;
	if (is_icmp(m))
		send_icmp(m);
	else if (send(m->client, WORDS, sizeof(WORDS), MSG_NOSIGNAL) != sizeof(WORDS))
		warn("send");
}

static void open_conversation(struct meeting *m)
{
	m->client = is_icmp(m) ? raw(m, &m->source) : bound(socket_type(m), 0, &m->source);
	if (!is_icmp(m) &&
	    connect(m->client, (struct sockaddr *)&m->destination.address, m->destination.size) &&
	    errno != EINPROGRESS)
		err(EXIT_TROUBLE, "connect");
	if (m->protocol != IPPROTO_TCP)
		ask(m);
}

static bool is_echo_reply(const struct meeting *m, const uint8_t *bytes, size_t size)
{
	bool v4 = m->destination.family == AF_INET;
	size_t at = v4 && size ? (size_t)(bytes[0] & 15) * 4 : 0;

	return size >= at + 8 && bytes[at] == (v4 ? ECHO - 8 : ECHO6 + 1) &&
	       (bytes[at + 4] << 8 | bytes[at + 5]) == m->source_port;
}

static void take_answer(struct meeting *m)
{
	uint8_t bytes[2048];
	ssize_t n = recv(m->client, bytes, sizeof(bytes), 0);

	if (n <= 0 || (is_icmp(m) && !is_echo_reply(m, bytes, (size_t)n)))
		return;
	m->answered++;
	if (!m->hold)
		return;
	printf("answered %u\n", m->answered);
	fflush(stdout);
}

/* --- both --- */

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool is_over(struct meeting *m)
{
	struct signalfd_siginfo told;

	while (read(m->signals, &told, sizeof(told)) == sizeof(told)) {
		if (told.ssi_signo == SIGTERM)
			return true;
		ask(m);
	}
	return m->answered && !m->hold;
}

static void converse(struct meeting *m)
{
	for (;;) {
		/* a connection that stands can be written to */
		bool connecting = m->protocol == IPPROTO_TCP && !m->asked;
		struct pollfd fds[] = {
			{.fd = m->client, .events = (short)(connecting ? POLLOUT : POLLIN)},
			{.fd = m->server, .events = POLLIN},
			{.fd = m->talk, .events = POLLIN},
			{.fd = m->signals, .events = POLLIN},
			{.fd = m->ear, .events = POLLIN},
		};

		if (!poll(fds, 5, m->hold ? -1 : MOST_MS))
			return;
		hear(m);
		if (fds[1].revents)
			answer(m);
		if (fds[2].revents)
			send_back(m->talk);
		if (fds[0].revents & POLLOUT)
			ask(m);
		if (fds[0].revents & (POLLERR | POLLHUP) && m->protocol == IPPROTO_TCP)
			return; /* reset */
		if (fds[0].revents & POLLIN)
			take_answer(m);
		if (is_over(m))
			return;
	}
}

static int protocol_of(const char *text, int family)
{
	if (!strcmp(text, "icmp"))
		return family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (!strcmp(text, "tcp"))
		return IPPROTO_TCP;
	if (!strcmp(text, "udp"))
		return IPPROTO_UDP;
	errx(EXIT_TROUBLE, "%s is no protocol", text);
}

int main(int argc, char **argv)
{
	struct meeting m = {.server = -1, .talk = -1};

	if (argc != 8 && !(argc == 9 && !strcmp(argv[8], "hold"))) {
		fprintf(stderr, "usage: see the head of meet.c\n");
		return EXIT_TROUBLE;
	}
	m.hold = argc == 9;
	m.source_port = number_of(argv[4]);
	m.port = number_of(argv[7]);
	m.source = place_of(argv[3], m.source_port);
	m.destination = place_of(argv[6], m.port);
	m.protocol = protocol_of(argv[1], m.destination.family);
	m.signals = signals();
	enter(argv[5]);
	serve(&m);
	enter(argv[2]);
	open_conversation(&m);
	converse(&m);
	hear(&m);
	printf("arrived %u answered %u\n", m.arrived, m.answered);
	return m.answered ? 0 : 1;
}
