/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that are asked for, and what is reached by them.
 *
 *	names echo PORT			sends back what comes by UDP, and takes connections, at every address of its
 *					namespace; says `here`
 *	names fresh RESOLVER udp|tcp FIRST COUNT PORT
 *					asks for nFIRST.fresh.example and COUNT - 1 more, one after the other, and sends to
 *					each address at once: a datagram that has to come back, or by turns a connection
 *					that has to be made; prints `asked N answered N lost N`; a first
 *					packet counts as lost that has no answer in time, or has to be sent again.
 *					Exit 1: one was lost, or a question had no answer
 *	names query RESOLVER udp|tcp NAME TRIES MS
 *					asks, always with the same identifier from the same port, and prints the addresses;
 *					and how often it asked, as `# tries N`. Exit 1: no answer
 *	names reach ADDRESS PORT	exit 0: a datagram came back
 *	names lie ADDRESS TARGET TARGET6
 *					a resolver that does what the first label of the name says (see lies[]), and gives
 *					one of the two as address, or what `to-A-B-C-D` says; says `here`
 *
 * An address of IPv6 is asked for where the resolver has one. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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
#define DNS_PORT     53
#define HEADER	     12
#define TYPE_A	     1
#define TYPE_AAAA    28
#define FIRST_MS     1000 /* for a datagram to come back */
#define REACH_MS     300  /* likewise, where mostly none does */
#define CONNECT_MS   3000
#define MESSAGE_MAX  65535

struct place {
	struct sockaddr_storage address;
	socklen_t size;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct place place4(const void *address, unsigned int port)
{
	struct place p = {.size = sizeof(struct sockaddr_in)};
	struct sockaddr_in *in = (void *)&p.address;

	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	memcpy(&in->sin_addr, address, 4);
	return p;
}

static struct place place6(const void *address, unsigned int port)
{
	struct place p = {.size = sizeof(struct sockaddr_in6)};
	struct sockaddr_in6 *in = (void *)&p.address;

	in->sin6_family = AF_INET6;
	in->sin6_port = htons((uint16_t)port);
	memcpy(&in->sin6_addr, address, 16);
	return p;
}

static struct place place_of(const char *text, unsigned int port)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, text, address) == 1)
		return place4(address, port);
	if (inet_pton(AF_INET6, text, address) == 1)
		return place6(address, port);
	errx(EXIT_TROUBLE, "%s is no address", text);
}

static bool wait_for(int fd, short events, int64_t until)
{
	struct pollfd polled = {.fd = fd, .events = events};
	int64_t left = until - now_ms();

	return left > 0 && poll(&polled, 1, (int)left) > 0;
}

static void say_here(void)
{
	puts("here");
	fflush(stdout);
}

/* --- messages --- */

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t put_name(uint8_t *at, const char *text)
{
	uint8_t *begin = at;

	while (*text) {
		size_t n = strcspn(text, ".");

		*at++ = (uint8_t)n;
		memcpy(at, text, n);
		at += n;
		text += n + (text[n] == '.');
	}
	*at++ = 0;
	return (size_t)(at - begin);
}

static size_t make_query(uint8_t *message, const char *name, unsigned int id, unsigned int type)
{
	size_t size = HEADER;

	memset(message, 0, HEADER);
	put16(message, id);
	put16(message + 2, 0x0100);
	put16(message + 4, 1);
	size += put_name(message + size, name);
	put16(message + size, type);
	put16(message + size + 2, 1);
	return size + 4;
}

static size_t skip_name(const uint8_t *message, size_t size, size_t at)
{
	while (at < size && message[at]) {
		if (message[at] >= 192)
			return at + 2;
		at += message[at] + 1u;
	}
	return at + 1;
}

/* Calls @each for every address in an answer that is trusted. How many. */
static unsigned int addresses_in(const uint8_t *message, size_t size, unsigned int port,
				 void (*each)(const struct place *place, void *context),
				 void *context)
{
	size_t at = skip_name(message, size, HEADER) + 4;
	unsigned int found = 0;

	for (unsigned int i = get16(message + 6); i && at + 12 <= size; i--) {
		unsigned int type, length;
		struct place place;

		at = skip_name(message, size, at);
		type = get16(message + at);
		length = get16(message + at + 8);
		at += 10;
		if (type == TYPE_A || type == TYPE_AAAA) {
			place = type == TYPE_A ? place4(message + at, port)
					       : place6(message + at, port);
			each(&place, context);
			found++;
		}
		at += length;
	}
	return found;
}

/* --- asking --- */

static bool send_all(int fd, const uint8_t *bytes, size_t size)
{
	return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool receive_all(int fd, uint8_t *bytes, size_t size, int64_t until)
{
	while (size) {
		ssize_t n;

		if (!wait_for(fd, POLLIN, until))
			return false;
		n = recv(fd, bytes, size, 0);
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static int connected(int type, const struct place *to)
{
	int fd = socket(to->address.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(EXIT_TROUBLE, "socket");
	if (connect(fd, (const struct sockaddr *)&to->address, to->size)) {
		close(fd);
		return -1;
	}
	return fd;
}

static size_t answer_by_tcp(int fd, const uint8_t *query, size_t size, uint8_t *answer,
			    int64_t until)
{
	uint8_t framed[2 + 512], length[2];

	put16(framed, (unsigned int)size);
	memcpy(framed + 2, query, size);
	if (!send_all(fd, framed, size + 2) || !receive_all(fd, length, 2, until) ||
	    !receive_all(fd, answer, get16(length), until))
		return 0;
	return get16(length);
}

static size_t answer_by_udp(int fd, const uint8_t *query, size_t size, uint8_t *answer,
			    int64_t until)
{
	ssize_t n;

	if (!send_all(fd, query, size) || !wait_for(fd, POLLIN, until))
		return 0;
	n = recv(fd, answer, MESSAGE_MAX, 0);
	return n < HEADER || memcmp(answer, query, 2) ? 0 : (size_t)n;
}

/* An answer of MESSAGE_MAX bytes at most; 0: none. */
static size_t ask(const struct place *resolver, bool tcp, const char *name, unsigned int *tries,
		  int64_t ms, uint8_t *answer)
{
	unsigned int type = resolver->address.ss_family == AF_INET6 ? TYPE_AAAA : TYPE_A,
		     most = *tries;
	int fd = connected(tcp ? SOCK_STREAM : SOCK_DGRAM, resolver);
	uint8_t query[512];
	size_t size = make_query(query, name, (unsigned int)random() & 0xffff, type), n = 0;

	for (*tries = 0; fd >= 0 && !n && *tries < most; (*tries)++)
		n = (tcp ? answer_by_tcp : answer_by_udp)(fd, query, size, answer, now_ms() + ms);
	close(fd);
	return n;
}

/* --- reaching --- */

static bool comes_back(const struct place *to, int64_t ms)
{
	int fd = connected(SOCK_DGRAM, to);
	char bytes[16];
	bool back;

	if (fd < 0)
		return false;
	back = send_all(fd, (const uint8_t *)"hello", 5) && wait_for(fd, POLLIN, now_ms() + ms) &&
	       recv(fd, bytes, sizeof(bytes), 0) == 5;
	close(fd);
	return back;
}

/* Is a connection made, and by its first packet? */
static bool connects(const struct place *to)
{
	int fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    error = 0;
	struct tcp_info info = {0};
	socklen_t size = sizeof(info), error_size = sizeof(error);
	struct linger linger = {.l_onoff = 1};
	bool made;

	if (fd < 0)
		err(EXIT_TROUBLE, "socket");
	connect(fd, (const struct sockaddr *)&to->address, to->size);
	made = wait_for(fd, POLLOUT, now_ms() + CONNECT_MS) &&
	       !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) && !error &&
	       !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) && !info.tcpi_total_retrans;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	return made;
}

struct round {
	unsigned int number, lost;
};

static void try_address(const struct place *place, void *context)
{
	struct round *round = context;

	if (!(round->number & 1 ? connects(place) : comes_back(place, FIRST_MS)))
		round->lost++;
}

static int fresh(char **argv)
{
	struct place resolver = place_of(argv[0], DNS_PORT);
	unsigned int first = (unsigned int)atoi(argv[2]), count = (unsigned int)atoi(argv[3]);
	unsigned int port = (unsigned int)atoi(argv[4]), answered = 0;
	static uint8_t answer[MESSAGE_MAX];
	bool tcp = !strcmp(argv[1], "tcp");
	struct round round = {0};

	for (unsigned int i = first; i < first + count; i++) {
		unsigned int tries = 1;
		char name[64];
		size_t n;

		snprintf(name, sizeof(name), "n%u.fresh.example", i);
		n = ask(&resolver, tcp, name, &tries, 5000, answer);
		round.number = i;
		answered += n && addresses_in(answer, n, port, try_address, &round);
	}
	printf("asked %u answered %u lost %u\n", count, answered, round.lost);
	return answered != count || round.lost;
}

static void print_address(const struct place *place, void *context)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)context;
	if (place->address.ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)&place->address)->sin_addr, text,
			  sizeof(text));
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&place->address)->sin6_addr,
			  text, sizeof(text));
	puts(text);
}

static int query(char **argv)
{
	struct place resolver = place_of(argv[0], DNS_PORT);
	unsigned int tries = (unsigned int)atoi(argv[3]);
	static uint8_t answer[MESSAGE_MAX];
	size_t n = ask(&resolver, !strcmp(argv[1], "tcp"), argv[2], &tries, atoi(argv[4]), answer);

	if (!n)
		return 1;
	addresses_in(answer, n, 0, print_address, NULL);
	printf("# tries %u\n", tries);
	return 0;
}

static int reach(char **argv)
{
	struct place to = place_of(argv[0], (unsigned int)atoi(argv[1]));

	return !comes_back(&to, REACH_MS);
}

/* --- serving --- */

static int serving(int type, const struct place *at)
{
	int fd = socket(at->address.ss_family, type | SOCK_CLOEXEC, 0), one = 1, zero = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at->address.ss_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		/* the answer has to come from the address that was asked */
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	}
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at->address, at->size) ||
	    (type == SOCK_STREAM && listen(fd, 1024)))
		err(EXIT_TROUBLE, "server");
	return fd;
}

static void send_back(int fd)
{
	char control[256], bytes[2048];
	struct sockaddr_storage from;
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

	if (n < 0)
		return;
	part.iov_len = (size_t)n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)(void *)CMSG_DATA(c))->ipi6_ifindex = 0;
	}
	sendmsg(fd, &message, 0);
}

static int echo(char **argv)
{
	struct place at = place6(&in6addr_any, (unsigned int)atoi(argv[0]));
	struct pollfd polled[] = {
		{.fd = serving(SOCK_DGRAM, &at), .events = POLLIN},
		{.fd = serving(SOCK_STREAM, &at), .events = POLLIN},
	};

	say_here();
	while (poll(polled, 2, -1) >= 0) {
		if (polled[0].revents)
			send_back(polled[0].fd);
		if (polled[1].revents)
			close(accept(polled[1].fd, NULL, NULL));
	}
	return EXIT_TROUBLE;
}

/* --- lying --- */

struct lie {
	uint8_t bytes[MESSAGE_MAX];
	size_t size;
	bool elsewhere; /* to another port than it was asked from */
};

struct truth {
	uint8_t address[4], address6[16];
};

static void put_record(struct lie *lie, unsigned int type, const void *data, unsigned int size)
{
	uint8_t *at = lie->bytes + lie->size;

	put16(at, 0xc000 | HEADER);
	put16(at + 2, type);
	put16(at + 4, 1);
	put16(at + 6, 0);
	put16(at + 8, 300);
	put16(at + 10, size);
	memcpy(at + 12, data, size);
	lie->size += 12 + size;
	put16(lie->bytes + 6, get16(lie->bytes + 6) + 1);
}

static void lie_id(struct lie *lie)
{
	lie->bytes[0] ^= 0x55;
}

static void lie_name(struct lie *lie)
{
	lie->bytes[HEADER + 1] ^= 1;
}

static void lie_port(struct lie *lie)
{
	lie->elsewhere = true;
}

static void lie_query(struct lie *lie)
{
	lie->bytes[2] &= 0x7f;
}

/* The name of the record is a pointer to itself, or forward. */
static void point(struct lie *lie, unsigned int by)
{
	unsigned int at = (unsigned int)(skip_name(lie->bytes, lie->size, HEADER) + 4);

	put16(lie->bytes + at, 0xc000 | (at + by));
}

static void lie_loop(struct lie *lie)
{
	point(lie, 0);
}

static void lie_forward(struct lie *lie)
{
	point(lie, 12);
}

static void lie_length(struct lie *lie)
{
	size_t at = skip_name(lie->bytes, lie->size, HEADER) + 4;

	put16(lie->bytes + at + 10, 65000);
}

static void lie_short(struct lie *lie)
{
	size_t at = skip_name(lie->bytes, lie->size, HEADER) + 4;

	put16(lie->bytes + at + 10, 3);
}

static void lie_cut(struct lie *lie)
{
	lie->size -= 2;
}

static void lie_records(struct lie *lie)
{
	put16(lie->bytes + 6, 65535);
}

/* Twenty addresses, and the next time twenty others: no lie. */
static void turn(struct lie *lie)
{
	static unsigned int next;
	uint8_t address[4] = {198, 51, 100, 0};

	put16(lie->bytes + 6, 0);
	lie->size = skip_name(lie->bytes, lie->size, HEADER) + 4;
	for (unsigned int i = 0; i < 20; i++) {
		address[3] = (uint8_t)(1 + next++ % 240);
		put_record(lie, TYPE_A, address, 4);
	}
}

static void lie_many(struct lie *lie)
{
	put16(lie->bytes + 6, 40);
}

static const struct {
	const char *label;
	void (*tell)(struct lie *lie);
} lies[] = {
	{"id", lie_id},	    {"name", lie_name},	      {"port", lie_port},     {"query", lie_query},
	{"loop", lie_loop}, {"forward", lie_forward}, {"length", lie_length}, {"short", lie_short},
	{"cut", lie_cut},   {"records", lie_records}, {"many", lie_many},     {"turn", turn},
};

static void answer_query(struct lie *lie, const uint8_t *asked, size_t size,
			 const struct truth *truth)
{
	unsigned int type = get16(asked + size - 4), a, b, c, d;
	uint8_t address[4];
	char label[64] = "";

	memcpy(lie->bytes, asked, size);
	lie->size = size;
	lie->elsewhere = false;
	put16(lie->bytes + 2, 0x8180);
	memcpy(label, asked + HEADER + 1, asked[HEADER] & 63);
	memcpy(address, truth->address, 4);
	if (sscanf(label, "to-%u-%u-%u-%u", &a, &b, &c, &d) == 4)
		memcpy(address, (uint8_t[]){(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}, 4);
	if (type == TYPE_AAAA)
		put_record(lie, type, truth->address6, 16);
	else
		put_record(lie, type, address, 4);
	if (!strncmp(label, "long-", 5))
		put16(lie->bytes + lie->size - 8, 1); /* a time to live of 65,836 s */
	if (sscanf(label, "long-%u", &a) == 1 || sscanf(label, "brief-%u", &a) == 1)
		lie->bytes[lie->size - 1] = (uint8_t)a;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (!strcmp(lies[i].label, label))
			lies[i].tell(lie);
	}
}

static void lie_by_udp(int fd, const struct truth *truth)
{
	static struct lie lie;
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	uint8_t asked[512];
	ssize_t n = recvfrom(fd, asked, sizeof(asked), 0, (struct sockaddr *)&from, &from_size);

	if (n < HEADER + 5)
		return;
	answer_query(&lie, asked, (size_t)n, truth);
	if (lie.elsewhere) /* the port is at the same place in both */
		((struct sockaddr_in *)&from)->sin_port ^= htons(1);
	sendto(fd, lie.bytes, lie.size, 0, (struct sockaddr *)&from, from_size);
}

static void lie_by_tcp(int listener, const struct truth *truth)
{
	static struct lie lie;
	uint8_t asked[512], length[2];
	int fd = accept(listener, NULL, NULL);
	int64_t until = now_ms() + 500;

	if (fd < 0)
		return;
	if (receive_all(fd, length, 2, until) && get16(length) >= HEADER + 5 &&
	    get16(length) <= sizeof(asked) && receive_all(fd, asked, get16(length), until)) {
		answer_query(&lie, asked, get16(length), truth);
		memmove(lie.bytes + 2, lie.bytes, lie.size);
		put16(lie.bytes, (unsigned int)lie.size);
		send_all(fd, lie.bytes, lie.size + 2);
	}
	close(fd); /* what was sent is sent until it arrives */
}

static int lie_at(char **argv)
{
	struct place at = place_of(argv[0], DNS_PORT);
	struct pollfd polled[] = {
		{.fd = serving(SOCK_DGRAM, &at), .events = POLLIN},
		{.fd = serving(SOCK_STREAM, &at), .events = POLLIN},
	};
	struct truth truth;

	if (inet_pton(AF_INET, argv[1], truth.address) != 1 ||
	    inet_pton(AF_INET6, argv[2], truth.address6) != 1)
		errx(EXIT_TROUBLE, "no addresses");
	say_here();
	while (poll(polled, 2, -1) >= 0) {
		if (polled[0].revents)
			lie_by_udp(polled[0].fd, &truth);
		if (polled[1].revents)
			lie_by_tcp(polled[1].fd, &truth);
	}
	return EXIT_TROUBLE;
}

/* --- which of them --- */

static const struct {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} modes[] = {
	{"echo", 1, echo},   {"fresh", 5, fresh}, {"query", 5, query},
	{"reach", 2, reach}, {"lie", 3, lie_at},
};

int main(int argc, char **argv)
{
	struct timespec now;

	signal(SIGPIPE, SIG_IGN);
	clock_gettime(CLOCK_REALTIME, &now);
	srandom((unsigned int)now.tv_nsec);
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(argv[1], modes[i].name) && argc == modes[i].arguments + 2)
			return modes[i].run(argv + 2);
	}
	fprintf(stderr, "usage: names echo|fresh|query|reach|lie ARGUMENT...\n");
	return EXIT_TROUBLE;
}
