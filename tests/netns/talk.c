/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversations that go on while something else changes.
 *
 *	talk serve PORT			sends back what comes by TCP and UDP at every address of its namespace; says
 *					`here`
 *	talk run ADDRESS PORT NAMESPACE[:COUNT]...
 *					COUNT connections from each namespace, and as many UDP conversations of one
 *					request and one answer after the other, as fast as can be, until SIGTERM; says
 *					`here` when all are there
 *	talk ask ADDRESS PORT FROM COUNT WAIT
 *					COUNT requests by UDP from port FROM, WAIT ms for each answer; prints how many
 *					were answered
 *
 * `run` prints `connections N resets N sent N echoed N requests N lost N`; bytes for TCP. Every byte is held against
 * what was sent; one that is another, or a connection that ends, is exit code 1. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE 2
#define MAX	     128
#define CHUNK	     16384
#define AHEAD	     65536u /* sent and not echoed yet, of a connection */
#define LOST_MS	     5000   /* an answer by UDP that takes longer has not come */
#define LAST_MS	     60000  /* for what is on its way at the end */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct sockaddr_in address_of(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	if (address && inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(EXIT_TROUBLE, "%s is no address", address);
	return to;
}

static void say_here(void)
{
	puts("here");
	fflush(stdout);
}

/* --- serving --- */

static int server(int type, const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* the answer has to come from the address that was asked */
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		err(EXIT_TROUBLE, "server");
	return fd;
}

static void answer_datagram(int fd)
{
	char control[256], bytes[2048];
	struct sockaddr_in from;
	struct iovec part = {bytes, sizeof(bytes)};
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
	struct cmsghdr *c;

	if (n < 0)
		return;
	part.iov_len = (size_t)n;
	for (c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)(void *)CMSG_DATA(c))->ipi_ifindex = 0;
	}
	sendmsg(fd, &message, 0);
}

/* A child for each connection: the kernel takes care of whose turn it is. */
static void echo(int fd)
{
	char bytes[CHUNK];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t done = 0, sent; done < n; done += sent) {
			sent = send(fd, bytes + done, (size_t)(n - done), MSG_NOSIGNAL);
			if (sent < 0)
				_exit(0);
		}
	}
	_exit(0);
}

static void serve(const char *port)
{
	struct sockaddr_in at = address_of(NULL, port);
	struct pollfd fds[2] = {
		{.fd = server(SOCK_STREAM, &at), .events = POLLIN},
		{.fd = server(SOCK_DGRAM, &at), .events = POLLIN},
	};

	signal(SIGCHLD, SIG_IGN);
	if (listen(fds[0].fd, MAX))
		err(EXIT_TROUBLE, "listen");
	say_here();
	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[1].revents)
			answer_datagram(fds[1].fd);
		if (fds[0].revents) {
			int fd = accept(fds[0].fd, NULL, NULL);

			if (fd >= 0 && !fork())
				echo(fd);
			close(fd);
		}
	}
}

/* --- talking --- */

struct talk {
	bool datagrams;
	uint64_t sent, echoed; /* bytes; of datagrams the number of requests and of answers */
	uint64_t lost;
	int64_t asked; /* when the last request went out, ms */
};

static struct talk talks[MAX];
static struct pollfd fds[MAX];
static unsigned int n_talks;

static uint8_t byte_at(unsigned int i, uint64_t at)
{
	uint64_t word = (at / 8 + 1) * 0x9e3779b97f4a7c15u + i;

	return (uint8_t)(word >> (at % 8 * 8));
}

static void open_talk(const struct sockaddr_in *to, bool datagrams)
{
	int fd = socket(AF_INET, datagrams ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (n_talks == MAX)
		errx(EXIT_TROUBLE, "more than %d conversations", MAX);
	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK))
		err(EXIT_TROUBLE, "connect");
	talks[n_talks] = (struct talk){.datagrams = datagrams};
	fds[n_talks++] = (struct pollfd){.fd = fd};
}

static void open_talks(char *place, const struct sockaddr_in *to)
{
	char path[256], *count = strchr(place, ':');
	int fd;

	if (count)
		*count++ = '\0';
	snprintf(path, sizeof(path), "/run/netns/%s", place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(EXIT_TROUBLE, "%s", path);
	close(fd);
	for (int i = 0; i < (count ? atoi(count) : 1); i++) {
		open_talk(to, false);
		open_talk(to, true);
	}
}

static void send_bytes(unsigned int i)
{
	struct talk *t = &talks[i];
	uint8_t bytes[CHUNK];
	size_t n = AHEAD - (size_t)(t->sent - t->echoed);
	ssize_t sent;

	n = n < sizeof(bytes) ? n : sizeof(bytes);
	for (size_t at = 0; at < n; at++)
		bytes[at] = byte_at(i, t->sent + at);
	sent = send(fds[i].fd, bytes, n, MSG_NOSIGNAL);
	if (sent > 0)
		t->sent += (uint64_t)sent;
}

/* False: the connection is no more, or not what was sent came back. */
static bool receive_bytes(unsigned int i)
{
	struct talk *t = &talks[i];
	uint8_t bytes[CHUNK];
	ssize_t n = recv(fds[i].fd, bytes, sizeof(bytes), 0);

	if (n < 0)
		return errno == EAGAIN;
	for (ssize_t at = 0; at < n; at++) {
		if (bytes[at] != byte_at(i, t->echoed + (uint64_t)at)) {
			warnx("connection %u: byte %llu is another", i,
			      (unsigned long long)t->echoed + (uint64_t)at);
			return false;
		}
	}
	t->echoed += (uint64_t)n;
	return n > 0;
}

static void send_request(unsigned int i)
{
	struct talk *t = &talks[i];
	uint64_t number = t->sent;

	if (send(fds[i].fd, &number, sizeof(number), 0) != sizeof(number))
		return;
	t->sent++;
	t->asked = now_ms();
}

/* An answer to an earlier request was given up already. */
static void receive_answer(unsigned int i)
{
	struct talk *t = &talks[i];
	uint64_t number;

	if (recv(fds[i].fd, &number, sizeof(number), 0) == sizeof(number) && number + 1 == t->sent)
		t->echoed++;
}

static bool is_waiting(const struct talk *t)
{
	return t->sent != t->echoed + t->lost;
}

static bool go_on(unsigned int i)
{
	struct talk *t = &talks[i];

	if (t->datagrams) {
		if (fds[i].revents & POLLIN)
			receive_answer(i);
		if (is_waiting(t) && now_ms() - t->asked > LOST_MS)
			t->lost++;
		if (!is_waiting(t) && !stopped)
			send_request(i);
		return true;
	}
	if ((fds[i].revents & (POLLIN | POLLERR | POLLHUP)) && !receive_bytes(i))
		return false;
	if ((fds[i].revents & POLLOUT) && !stopped)
		send_bytes(i);
	return true;
}

static bool any_waits(void)
{
	for (unsigned int i = 0; i < n_talks; i++) {
		if (fds[i].fd >= 0 && is_waiting(&talks[i]))
			return true;
	}
	return false;
}

static unsigned int talk_on(void)
{
	unsigned int resets = 0;
	int64_t end = 0;

	while (!stopped || (any_waits() && now_ms() < end)) {
		for (unsigned int i = 0; i < n_talks; i++) {
			bool may = !talks[i].datagrams && !stopped &&
				   talks[i].sent - talks[i].echoed < AHEAD;

			fds[i].events = (short)(POLLIN | (may ? POLLOUT : 0));
		}
		if (poll(fds, n_talks, 100) < 0 && errno != EINTR)
			err(EXIT_TROUBLE, "poll");
		for (unsigned int i = 0; i < n_talks; i++) {
			if (fds[i].fd < 0 || go_on(i))
				continue;
			warn("connection %u has ended", i);
			close(fds[i].fd);
			fds[i].fd = -1;
			resets++;
		}
		if (stopped && !end)
			end = now_ms() + LAST_MS;
	}
	return resets;
}

static int run(char **arguments, int n)
{
	struct sockaddr_in to = address_of(arguments[0], arguments[1]);
	uint64_t sent = 0, echoed = 0, requests = 0, lost = 0;
	unsigned int resets;

	signal(SIGTERM, stop);
	for (int i = 2; i < n; i++)
		open_talks(arguments[i], &to);
	say_here();
	resets = talk_on();
	for (unsigned int i = 0; i < n_talks; i++) {
		const struct talk *t = &talks[i];

		sent += t->datagrams ? 0 : t->sent;
		echoed += t->datagrams ? 0 : t->echoed;
		requests += t->datagrams ? t->sent : 0;
		lost += t->datagrams ? t->sent - t->echoed : 0;
	}
	printf("connections %u resets %u sent %llu echoed %llu requests %llu lost %llu\n",
	       n_talks / 2, resets, (unsigned long long)sent, (unsigned long long)echoed,
	       (unsigned long long)requests, (unsigned long long)lost);
	return resets || sent != echoed || lost;
}

/* --- asking --- */

static int ask(char **arguments)
{
	struct sockaddr_in to = address_of(arguments[0], arguments[1]),
			   from = address_of(NULL, arguments[2]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), answered = 0;

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(EXIT_TROUBLE, "%s", arguments[0]);
	for (int i = 0; i < atoi(arguments[3]); i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		char byte = (char)i;

		if (send(fd, &byte, 1, 0) == 1 && poll(&p, 1, atoi(arguments[4])) == 1 &&
		    recv(fd, &byte, 1, 0) == 1)
			answered++;
	}
	printf("%d\n", answered);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		serve(argv[2]);
		err(EXIT_TROUBLE, "poll");
	}
	if (argc >= 5 && !strcmp(argv[1], "run"))
		return run(argv + 2, argc - 2);
	if (argc == 7 && !strcmp(argv[1], "ask"))
		return ask(argv + 2);
	fprintf(stderr, "usage: see the head of talk.c\n");
	return EXIT_TROUBLE;
}
