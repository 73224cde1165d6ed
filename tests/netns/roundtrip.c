/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a question and its answer take, over and over.
 *
 *	roundtrip CLIENT SERVER ADDRESS PORT COUNT CPU [KIB]
 *
 * CLIENT and SERVER are network namespaces; the server is at ADDRESS and PORT, UDP, the question and the answer have
 * 64 bytes. CPU: where it runs. KIB: so much memory is read between two questions, which takes everything out of the
 * nearer caches: a control loop has its turn every few milliseconds, and finds them cold. COUNT answers are measured,
 * and as many as a twentieth of these before them are not.
 *
 * One thread has both sockets. What a packet does on its way happens in the system call that sends it, softirqs
 * included, so that it is there when the call returns: nobody has to be woken, no scheduler and no other CPU is in the
 * figure. Two threads that sleep for each other measure how fast an idle (virtual) CPU wakes, with a spread
 * that hides what is looked for, and two that spin take the machine from everybody else. It runs with real-time
 * priority where it may, as a gateway handles packets before it runs programs, and has a pause now and then, since the
 * kernel would make one itself (sched_rt_runtime_us).
 *
 * Prints `p50 NS p99 NS p999 NS max NS lost N`. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE 2
#define SIZE	     64
#define LOST_NS	     1000000000ull
#define TURN_NS	     500000000ull /* without a pause */
#define PAUSE_US     30000

struct loop {
	int client, server;
	uint8_t *cold;
	size_t cold_size;
	uint64_t number;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int socket_in(const char *namespace)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(EXIT_TROUBLE, "%s", path);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(EXIT_TROUBLE, "socket");
	return fd;
}

static void open_both(struct loop *l, char **words)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(words[3]))};

	if (inet_pton(AF_INET, words[2], &at.sin_addr) != 1)
		errx(EXIT_TROUBLE, "%s is no address", words[2]);
	l->client = socket_in(words[0]);
	if (connect(l->client, (struct sockaddr *)&at, sizeof(at)))
		err(EXIT_TROUBLE, "connect to %s", words[2]);
	l->server = socket_in(words[1]);
	if (bind(l->server, (struct sockaddr *)&at, sizeof(at)))
		err(EXIT_TROUBLE, "bind %s", words[2]);
}

static void run_on(int cpu)
{
	struct sched_param first = {.sched_priority = 1};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(EXIT_TROUBLE, "CPU %d", cpu);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		warn("without real-time priority");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		warn("memory is not locked");
}

static void cool(const struct loop *l)
{
	for (size_t at = 0; at < l->cold_size; at += 64)
		(void)*(volatile uint8_t *)(l->cold + at);
}

static void answer(const struct loop *l)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint64_t bytes[SIZE / 8];

	if (recvfrom(l->server, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size) != SIZE)
		return;
	if (sendto(l->server, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, size) != SIZE)
		err(EXIT_TROUBLE, "answer");
}

/* An answer to an earlier question, which was given up, counts for nothing. */
static bool is_answered(const struct loop *l)
{
	uint64_t bytes[SIZE / 8];

	return recv(l->client, bytes, sizeof(bytes), 0) == SIZE && bytes[0] == l->number;
}

/* 0: there was no answer. */
static uint64_t ask(struct loop *l)
{
	uint64_t bytes[SIZE / 8] = {++l->number}, since = now_ns(), until;

	if (send(l->client, bytes, sizeof(bytes), 0) != SIZE)
		err(EXIT_TROUBLE, "question");
	do {
		answer(l);
		until = now_ns();
		if (is_answered(l))
			return now_ns() - since;
	} while (until - since < LOST_NS);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The least time within which @per_mille of the answers were there. */
static unsigned long long within(const uint64_t *took, size_t n, size_t per_mille)
{
	size_t at = (n * per_mille + 999) / 1000;

	return n ? took[at ? at - 1 : 0] : 0;
}

int main(int argc, char **argv)
{
	size_t count = argc > 5 ? (size_t)atol(argv[5]) : 0, n = 0, lost = 0;
	struct loop l = {.cold_size = argc > 7 ? (size_t)atol(argv[7]) * 1024 : 0};
	uint64_t *took, began, one;

	if (argc < 7 || !count)
		errx(EXIT_TROUBLE, "usage: see the head of roundtrip.c");
	took = calloc(count, sizeof(*took));
	l.cold = malloc(l.cold_size + 1);
	if (!took || !l.cold)
		err(EXIT_TROUBLE, "memory");
	memset(l.cold, 1, l.cold_size);
	open_both(&l, argv + 1);
	run_on(atoi(argv[6]));
	for (size_t i = 0; i < count / 20; i++)
		ask(&l);
	began = now_ns();
	for (size_t i = 0; i < count; i++) {
		cool(&l);
		one = ask(&l);
		if (one)
			took[n++] = one;
		else
			lost++;
		if (now_ns() - began > TURN_NS) {
			usleep(PAUSE_US);
			began = now_ns();
		}
	}
	qsort(took, n, sizeof(*took), compare);
	printf("p50 %llu p99 %llu p999 %llu max %llu lost %zu\n", within(took, n, 500),
	       within(took, n, 990), within(took, n, 999), within(took, n, 1000), lost);
	return 0;
}
