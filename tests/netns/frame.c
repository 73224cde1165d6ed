/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that no ordinary client makes, from a packet socket, and an ear at the other end.
 *
 *	frame send INTERFACE SOURCE-MAC DESTINATION-MAC LAYER...
 *	frame hear INTERFACE MILLISECONDS TEXT [FILE]
 *
 * Layers, from the outside in:
 *	vlan ID | svlan ID	a tag, ethertype 0x8100 or 0x88a8
 *	ip SOURCE DESTINATION	IPv4 or IPv6 by the look of the addresses
 *	options			IPv4 options: four times no-operation (right after ip)
 *	hop | dest		an IPv6 options header (after ip)
 *	fragment OFFSET MORE	OFFSET in bytes; an IPv6 fragment header after ip
 *	udp SPORT DPORT TEXT	the payload ends the frame
 *	ether TYPE TEXT		no IP at all; TYPE in hexadecimal
 *	cut LENGTH		the frame is cut to LENGTH bytes
 *
 * A TEXT of hex:DIGITS is the bytes of these digits.
 *
 * `hear` makes FILE as soon as it listens, and exits with 0 when a frame with TEXT in it came, with 1
 * when none did in time. 2: usage or a failed system call.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE 2

struct frame {
	uint8_t data[1514];
	size_t length;
	size_t type_at; /* where the next layer writes its ethertype */
	size_t ip_at;	/* 0: no IP layer */
	bool v6;
	size_t next_at;	      /* where the next layer writes its protocol number */
	uint16_t fragment_be; /* IPv4's flags and offset, written when the frame is finished */
};

static int packet_socket(const char *interface, struct sockaddr_ll *address)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0)
		err(EXIT_TROUBLE, "packet socket");
	*address = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
		.sll_halen = ETH_ALEN,
	};
	if (!address->sll_ifindex)
		err(EXIT_TROUBLE, "%s", interface);
	if (bind(fd, (struct sockaddr *)address, sizeof(*address)))
		err(EXIT_TROUBLE, "bind %s", interface);
	return fd;
}

/* ---------------------------------------------------------------------------------------- building */

static void put(struct frame *f, const void *data, size_t size)
{
	if (f->length + size > sizeof(f->data))
		errx(EXIT_TROUBLE, "the frame gets too long");
	memcpy(f->data + f->length, data, size);
	f->length += size;
}

static void put16(struct frame *f, uint16_t value)
{
	uint16_t value_be = htons(value);

	put(f, &value_be, sizeof(value_be));
}

static void write16(struct frame *f, size_t at, uint16_t value)
{
	f->data[at] = (uint8_t)(value >> 8);
	f->data[at + 1] = (uint8_t)value;
}

static void put_mac(struct frame *f, const char *text)
{
	uint8_t mac[ETH_ALEN];

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != ETH_ALEN)
		errx(EXIT_TROUBLE, "%s is no MAC address", text);
	put(f, mac, sizeof(mac));
}

static void put_tag(struct frame *f, uint16_t type, const char *id)
{
	write16(f, f->type_at, type);
	put16(f, (uint16_t)atoi(id));
	f->type_at = f->length;
	put16(f, 0);
}

static void put_ipv4(struct frame *f, const struct in_addr *source,
		     const struct in_addr *destination)
{
	uint8_t fixed[12] = {0x45, [5] = 1, [8] = 64};

	write16(f, f->type_at, ETH_P_IP);
	f->ip_at = f->length;
	f->next_at = f->length + 9;
	put(f, fixed, sizeof(fixed));
	put(f, source, sizeof(*source));
	put(f, destination, sizeof(*destination));
}

static void put_ipv6(struct frame *f, const struct in6_addr *source,
		     const struct in6_addr *destination)
{
	uint8_t fixed[8] = {0x60, [7] = 64};

	write16(f, f->type_at, ETH_P_IPV6);
	f->v6 = true;
	f->ip_at = f->length;
	f->next_at = f->length + 6;
	put(f, fixed, sizeof(fixed));
	put(f, source, sizeof(*source));
	put(f, destination, sizeof(*destination));
}

static void put_ip(struct frame *f, const char *source, const char *destination)
{
	struct in_addr source4, destination4;
	struct in6_addr source6, destination6;

	if (inet_pton(AF_INET, source, &source4) == 1 &&
	    inet_pton(AF_INET, destination, &destination4) == 1)
		put_ipv4(f, &source4, &destination4);
	else if (inet_pton(AF_INET6, source, &source6) == 1 &&
		 inet_pton(AF_INET6, destination, &destination6) == 1)
		put_ipv6(f, &source6, &destination6);
	else
		errx(EXIT_TROUBLE, "%s, %s: no pair of addresses", source, destination);
}

/* An extension header of eight bytes: its own next header field is written by the layer after it. */
static void put_extension(struct frame *f, uint8_t protocol, const uint8_t body[7])
{
	f->data[f->next_at] = protocol;
	f->next_at = f->length;
	put(f, "", 1);
	put(f, body, 7);
}

static void put_options6(struct frame *f, uint8_t protocol)
{
	static const uint8_t pad[7] = {0, 1, 4}; /* length, PadN of six bytes */

	put_extension(f, protocol, pad);
}

static void put_options4(struct frame *f)
{
	f->data[f->ip_at] = 0x46;
	put(f, "\1\1\1\1", 4);
}

static void put_fragment(struct frame *f, const char *offset, const char *more)
{
	uint16_t units = (uint16_t)(atoi(offset) / 8);
	bool last = !atoi(more);
	uint8_t body[7] = {[6] = 1};

	if (!f->v6) {
		f->fragment_be = htons((uint16_t)(units | (last ? 0 : 0x2000)));
		return;
	}
	body[1] = (uint8_t)(units >> 5);
	body[2] = (uint8_t)(units << 3 | !last);
	put_extension(f, IPPROTO_FRAGMENT, body);
}

static uint32_t sum16(const uint8_t *data, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#define HEX "hex:"

/* Returns how many bytes it has. */
static size_t put_text(struct frame *f, const char *text)
{
	size_t before = f->length;
	uint8_t byte;

	if (strncmp(text, HEX, strlen(HEX)) != 0) {
		put(f, text, strlen(text));
		return f->length - before;
	}
	for (const char *at = text + strlen(HEX); *at; at += 2) {
		if (sscanf(at, "%2hhx", &byte) != 1 || !at[1])
			errx(EXIT_TROUBLE, "%s is no bytes", text);
		put(f, &byte, 1);
	}
	return f->length - before;
}

static void put_udp(struct frame *f, const char *source_port, const char *port, const char *text)
{
	size_t at = f->length, size;
	size_t addresses = f->v6 ? 32 : 8;
	uint16_t sum;

	f->data[f->next_at] = IPPROTO_UDP;
	put16(f, (uint16_t)atoi(source_port));
	put16(f, (uint16_t)atoi(port));
	put16(f, 0); /* its length */
	put16(f, 0);
	size = 8 + put_text(f, text);
	write16(f, at + 4, (uint16_t)size);
	sum = fold(sum16(f->data + at, size,
			 sum16(f->data + f->ip_at + (f->v6 ? 8 : 12), addresses,
			       IPPROTO_UDP + (uint32_t)size)));
	write16(f, at + 6, sum ? sum : 0xffff);
}

static void put_ether(struct frame *f, const char *type, const char *text)
{
	write16(f, f->type_at, (uint16_t)strtoul(type, NULL, 16));
	put_text(f, text);
}

/* Lengths and the header checksum, once everything is in place. */
static void finish_ip(struct frame *f)
{
	size_t header;

	if (!f->ip_at)
		return;
	if (f->v6) {
		write16(f, f->ip_at + 4, (uint16_t)(f->length - f->ip_at - 40));
		return;
	}
	header = (size_t)(f->data[f->ip_at] & 15) * 4;
	write16(f, f->ip_at + 2, (uint16_t)(f->length - f->ip_at));
	memcpy(f->data + f->ip_at + 6, &f->fragment_be, sizeof(f->fragment_be));
	write16(f, f->ip_at + 10, fold(sum16(f->data + f->ip_at, header, 0)));
}

static const struct layer {
	const char *word;
	int arguments;
} layers[] = {
	{"vlan", 1}, {"svlan", 1},    {"ip", 2},  {"options", 0}, {"hop", 0},
	{"dest", 0}, {"fragment", 2}, {"udp", 3}, {"ether", 2},	  {"cut", 1},
};

static int layer_arguments(const char *word)
{
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (!strcmp(word, layers[i].word))
			return layers[i].arguments;
	errx(EXIT_TROUBLE, "%s is no layer", word);
}

static size_t build(struct frame *f, char **words)
{
	size_t cut = sizeof(f->data);
	int arguments;

	for (; *words; words += 1 + arguments) {
		arguments = layer_arguments(words[0]);
		for (int i = 1; i <= arguments; i++)
			if (!words[i])
				errx(EXIT_TROUBLE, "%s: an argument is missing", words[0]);
		if (!strcmp(words[0], "vlan"))
			put_tag(f, ETH_P_8021Q, words[1]);
		else if (!strcmp(words[0], "svlan"))
			put_tag(f, ETH_P_8021AD, words[1]);
		else if (!strcmp(words[0], "ip"))
			put_ip(f, words[1], words[2]);
		else if (!strcmp(words[0], "options"))
			put_options4(f);
		else if (!strcmp(words[0], "hop"))
			put_options6(f, IPPROTO_HOPOPTS);
		else if (!strcmp(words[0], "dest"))
			put_options6(f, IPPROTO_DSTOPTS);
		else if (!strcmp(words[0], "fragment"))
			put_fragment(f, words[1], words[2]);
		else if (!strcmp(words[0], "udp"))
			put_udp(f, words[1], words[2], words[3]);
		else if (!strcmp(words[0], "ether"))
			put_ether(f, words[1], words[2]);
		else
			cut = (size_t)atoi(words[1]);
	}
	finish_ip(f);
	return cut < f->length ? cut : f->length;
}

static int send_frame(const char *interface, char **words)
{
	struct sockaddr_ll address;
	struct frame f = {.type_at = 12};
	size_t length;
	int fd;

	put_mac(&f, words[1]);
	put_mac(&f, words[0]);
	put16(&f, 0);
	length = build(&f, words + 2);
	fd = packet_socket(interface, &address);
	if (sendto(fd, f.data, length, 0, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(EXIT_TROUBLE, "send");
	close(fd);
	return 0;
}

/* ----------------------------------------------------------------------------------------- hearing */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int hear(const char *interface, const char *milliseconds, const char *text,
		const char *ready)
{
	int64_t end = now_ms() + atoi(milliseconds), left;
	struct sockaddr_ll address;
	uint8_t buf[2048];
	int fd = packet_socket(interface, &address);

	if (ready && close(open(ready, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)))
		err(EXIT_TROUBLE, "%s", ready);
	while ((left = end - now_ms()) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (got > 0 && memmem(buf, (size_t)got, text, strlen(text)))
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc >= 6 && !strcmp(argv[1], "send"))
		return send_frame(argv[2], argv + 3);
	if ((argc == 5 || argc == 6) && !strcmp(argv[1], "hear"))
		return hear(argv[2], argv[3], argv[4], argv[5]);
	errx(EXIT_TROUBLE, "usage: frame send INTERFACE SOURCE-MAC DESTINATION-MAC LAYER...\n"
			   "       frame hear INTERFACE MILLISECONDS TEXT [FILE]");
}
