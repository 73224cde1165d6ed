/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A healthy device beside others that are not: what does it lose?
 *
 *	neighbour ADDRESS PORT FLOWS PERIOD FROM
 *
 * One TCP connection that lives as long as the program, and FLOWS conversations by UDP, from port FROM and those after
 * it, with what `talk serve` serves. Every PERIOD microseconds a few bytes are sent on the connection and have to come back, and
 * one of the conversations asks and is answered. Says `here` when each of them has an answer, and goes on until SIGTERM.
 *
 * Prints `echoes N missing N again N requests N lost N p50 NS p99 NS`: bytes by TCP and those that did not come back
 * within 10 s, segments that had to be sent again, requests by UDP and those without an answer within 5 s, and how long
 * these took. 1: the connection has ended. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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
#define MAX	     256
#define ECHO_BYTES   32
#define LOST_NS	     5000000000ull
#define LAST_NS	     10000000000ull
#define SAMPLES	     1000000

/* One request is on its way at a time; it carries its number, so that a late answer is none. */
struct conversation {
	uint64_t number, asked_ns; /* 0: does not wait */
};

static struct pollfd fds[MAX + 1]; /* the connection, and then the conversations */
static struct conversation talks[MAX];
static unsigned int n_talks;
static uint64_t sent, echoed, requests, lost;
static uint64_t took[SAMPLES];
static size_t n_took;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* @from: a port of its own, or 0. */
static int connect_to(const struct sockaddr_in *to, int type, unsigned int from)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)from)};
	int fd = socket(AF_INET, type, 0), one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		err(EXIT_TROUBLE, "connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void ask(unsigned int i)
{
	struct conversation *t = &talks[i];

	if (t->asked_ns)
		return;
	t->number++;
	t->asked_ns = now_ns();
	requests++;
	/* what is refused here is lost like what is refused later */
	(void)!send(fds[i + 1].fd, &t->number, sizeof(t->number), MSG_DONTWAIT);
}

static void hear(unsigned int i)
{
	struct conversation *t = &talks[i];
	uint64_t number;

	if (recv(fds[i + 1].fd, &number, sizeof(number), MSG_DONTWAIT) != sizeof(number) ||
	    number != t->number || !t->asked_ns)
		return;
	if (n_took < SAMPLES)
		took[n_took++] = now_ns() - t->asked_ns;
	t->asked_ns = 0;
}

static void give_up(uint64_t now)
{
	for (unsigned int i = 0; i < n_talks; i++) {
		if (!talks[i].asked_ns || now - talks[i].asked_ns < LOST_NS)
			continue;
		talks[i].asked_ns = 0;
		lost++;
	}
}

static void send_bytes(void)
{
	static const char bytes[ECHO_BYTES];
	ssize_t n = send(fds[0].fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);

	sent += n > 0 ? (uint64_t)n : 0;
}

/* False: it has ended. */
static bool hear_bytes(void)
{
	char bytes[4096];
	ssize_t n = recv(fds[0].fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	echoed += n > 0 ? (uint64_t)n : 0;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Hears until @until. False: the connection has ended. */
static bool hear_all(uint64_t until)
{
	uint64_t now = now_ns(), left = until > now ? until - now : 0;
	struct timespec wait = {.tv_sec = (time_t)(left / 1000000000ull),
				.tv_nsec = (long)(left % 1000000000ull)};

	if (ppoll(fds, n_talks + 1, &wait, NULL) < 0 && errno != EINTR)
		err(EXIT_TROUBLE, "poll");
	for (unsigned int i = 0; i < n_talks; i++) {
		if (fds[i + 1].revents)
			hear(i);
	}
	return !fds[0].revents || hear_bytes();
}

static bool any_waits(void)
{
	for (unsigned int i = 0; i < n_talks; i++) {
		if (talks[i].asked_ns)
			return true;
	}
	return sent != echoed;
}

/* Waits for what is on its way. False: the connection has ended. */
static bool settle(void)
{
	uint64_t end = now_ns() + LAST_NS, now;

	while (any_waits() && (now = now_ns()) < end) {
		if (!hear_all(now + 10000000))
			return false;
		give_up(now);
	}
	return true;
}

static bool go_on(uint64_t period_ns)
{
	uint64_t next = now_ns();

	for (unsigned int i = 0; !stopped; i = (i + 1) % n_talks, next += period_ns) {
		send_bytes();
		ask(i);
		do {
			if (!hear_all(next + period_ns))
				return false;
		} while (now_ns() < next + period_ns);
		give_up(now_ns());
	}
	return settle();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int sent_again(void)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(fds[0].fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		err(EXIT_TROUBLE, "TCP_INFO");
	return info.tcpi_total_retrans;
}

static void say(void)
{
	qsort(took, n_took, sizeof(*took), compare);
	printf("echoes %llu missing %llu again %u requests %llu lost %llu p50 %llu p99 %llu\n",
	       (unsigned long long)sent, (unsigned long long)(sent - echoed), sent_again(),
	       (unsigned long long)requests, (unsigned long long)lost,
	       (unsigned long long)(n_took ? took[n_took / 2] : 0),
	       (unsigned long long)(n_took ? took[n_took * 99 / 100] : 0));
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	unsigned int from = argc == 6 ? (unsigned int)atoi(argv[5]) : 0;
	bool lives;

	n_talks = argc == 6 ? (unsigned int)atoi(argv[3]) : 0;
	if (!n_talks || n_talks > MAX || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(EXIT_TROUBLE, "usage: see the head of neighbour.c");
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	signal(SIGTERM, stop);
	fds[0] = (struct pollfd){.fd = connect_to(&to, SOCK_STREAM, 0), .events = POLLIN};
	for (unsigned int i = 0; i < n_talks; i++) {
		fds[i + 1] = (struct pollfd){.fd = connect_to(&to, SOCK_DGRAM, from + i),
					     .events = POLLIN};
		ask(i);
	}
	send_bytes();
	lives = settle();
	n_took = 0;
	if (!lives || lost || sent != echoed)
		errx(EXIT_TROUBLE,
		     "before it begins: connection %s, %llu of %llu bytes echoed, %llu lost",
		     lives ? "lives" : "ended", (unsigned long long)echoed,
		     (unsigned long long)sent, (unsigned long long)lost);
	puts("here");
	fflush(stdout);
	lives = go_on((uint64_t)atol(argv[4]) * 1000);
	say();
	return !lives;
}
