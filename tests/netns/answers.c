/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers? Echo requests from many places at once, each a conversation of its own.
 *
 *	answers COUNT NAMESPACE/ADDRESS...
 *
 * Prints those that answered, a line each. COUNT is how many answers are expected: they are awaited for
 * up to 2 seconds, and anything beyond them for a twentieth of one.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE 2
#define MAX	     64
#define WAIT_MS	     2000
#define MORE_MS	     50

struct question {
	const char *text;
	struct sockaddr_in to;
	uint16_t id;
	bool answered;
};

static struct question questions[MAX];
static struct pollfd sockets[MAX];
static int n;

static void enter(const char *name, size_t length)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%.*s", (int)length, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(EXIT_TROUBLE, "%s", path);
	close(fd);
}

static void prepare(const char *text)
{
	const char *slash = strchr(text, '/');
	struct question *q = &questions[n];

	*q = (struct question){.text = text, .to = {.sin_family = AF_INET}};
	if (!slash || inet_pton(AF_INET, slash + 1, &q->to.sin_addr) != 1)
		errx(EXIT_TROUBLE, "%s is not NAMESPACE/ADDRESS", text);
	enter(text, (size_t)(slash - text));
	sockets[n].events = POLLIN;
	sockets[n].fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (sockets[n].fd < 0)
		err(EXIT_TROUBLE, "socket");
	q->id = (uint16_t)(getpid() * MAX + n);
	n++;
}

static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *words = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void ask(int i)
{
	struct icmphdr echo = {.type = ICMP_ECHO, .un.echo = {.id = htons(questions[i].id)}};

	echo.checksum = checksum(&echo, sizeof(echo));
	sendto(sockets[i].fd, &echo, sizeof(echo), 0, (struct sockaddr *)&questions[i].to,
	       sizeof(questions[i].to));
}

/* true: a new answer */
static bool hear(int i)
{
	uint8_t data[2048];
	ssize_t size = recv(sockets[i].fd, data, sizeof(data), 0);
	const struct iphdr *ip = (const void *)data;
	const struct icmphdr *echo;

	if (size < (ssize_t)sizeof(*ip) || size < (ssize_t)(ip->ihl * 4 + sizeof(*echo)))
		return false;
	echo = (const void *)(data + ip->ihl * 4);
	if (echo->type != ICMP_ECHOREPLY || echo->un.echo.id != htons(questions[i].id) ||
	    ip->saddr != questions[i].to.sin_addr.s_addr || questions[i].answered)
		return false;
	questions[i].answered = true;
	return true;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	int expected, heard = 0;
	long left, end;

	if (argc < 3 || argc - 2 > MAX)
		errx(EXIT_TROUBLE, "usage: answers COUNT NAMESPACE/ADDRESS...");
	expected = atoi(argv[1]);
	for (int i = 2; i < argc; i++)
		prepare(argv[i]);
	for (int i = 0; i < n; i++)
		ask(i);
	end = now_ms() + (expected ? WAIT_MS : MORE_MS);
	while (heard < n && (left = end - now_ms()) > 0) {
		if (poll(sockets, (nfds_t)n, (int)left) <= 0)
			continue;
		for (int i = 0; i < n; i++) {
			if (sockets[i].revents && hear(i) && ++heard == expected)
				end = now_ms() + MORE_MS;
		}
	}
	for (int i = 0; i < n; i++) {
		if (questions[i].answered)
			puts(questions[i].text);
	}
	return 0;
}
