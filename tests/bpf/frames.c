/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames_builder.h"
#include "util.h"

static const struct {
	const char *name;
	uint8_t mac[6];
} machines[] = {
	{"gw", {2, 0, 0, 0, 0, 0x01}},
	{"cam", {2, 0, 0, 0, 0, 0x10}},
	{"nvr", {2, 0, 0, 0, 0, 0x11}},
	{"pump", {2, 0, 0, 0, 0, 0x12}},
	{"watch", {2, 0, 0, 0, 0, 0x13}},
	{"bare", {2, 0, 0, 0, 0, 0x14}},
	{"picky", {2, 0, 0, 0, 0, 0x15}},
	{"ear", {2, 0, 0, 0, 0, 0x16}},
	{"ward", {2, 0, 0, 0, 0, 0x17}},
	{"novice", {2, 0, 0, 0, 0, 0x18}},
	{"talk", {2, 0, 0, 0, 0, 0x19}},
	{"stern", {2, 0, 0, 0, 0, 0x1a}},
	{"laptop", {2, 0, 0, 0, 0, 0x20}},
	{"admin", {2, 0, 0, 0, 0, 0x21}},
	{"hub", {2, 0, 0, 0, 0, 0x22}},
	{"chief", {2, 0, 0, 0, 0, 0x23}},
	{"plug", {2, 0, 0, 0, 0, 0x30}},
	{"meter", {2, 0, 0, 0, 0, 0x31}},
	{"mute", {2, 0, 0, 0, 0, 0x32}},
	{"far", {2, 0, 0, 0, 0, 0x33}},
	{"duo", {2, 0, 0, 0, 0, 0x34}},
	{"stranger", {2, 0x99, 0, 0, 0, 0x99}},
	{"all", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	{"group4", {0x01, 0, 0x5e, 0, 0, 0xfb}},
	{"group6", {0x33, 0x33, 0, 0, 0, 0x01}},
	{"link", {0x01, 0x80, 0xc2, 0, 0, 0x03}}, /* no bridge forwards it */
	{"-", {}},
};

static bool find_mac(const char *name, uint8_t mac[6])
{
	unsigned int b[6];
	char end;

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (!strcmp(machines[i].name, name)) {
			memcpy(mac, machines[i].mac, 6);
			return true;
		}
	}
	if (sscanf(name, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return true;
}

void frame_mac(const char *name, uint8_t mac[6])
{
	if (!find_mac(name, mac))
		fail_msg("no machine is called '%s'", name);
}

/* --- bytes --- */

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* @n more bytes, zero. */
uint8_t *frame_more(struct builder *b, size_t n)
{
	uint8_t *at = b->f->bytes + b->f->size;

	if (b->f->size + n > FRAME_MAX)
		fail_msg("too long: %s", b->text);
	memset(at, 0, n);
	b->f->size += n;
	return at;
}

/* --- words --- */

char *frame_next(struct builder *b)
{
	char *word = strsep(&b->rest, " ");

	if (!word || !*word)
		fail_msg("a word is missing: %s", b->text);
	return word;
}

unsigned int frame_number(struct builder *b)
{
	char *word = frame_next(b), *end;
	unsigned long value = strtoul(word, &end, 0);

	if (*end)
		fail_msg("'%s' is no number: %s", word, b->text);
	return (unsigned int)value;
}

/* "A>B" */
static char *pair(struct builder *b, char **second)
{
	char *first = frame_next(b);

	*second = strchr(first, '>');
	if (!*second)
		fail_msg("'%s' is no A>B: %s", first, b->text);
	*(*second)++ = '\0';
	return first;
}

void frame_address(struct builder *b, int family, const char *word, uint8_t *at)
{
	if (inet_pton(family, word, at) != 1)
		fail_msg("'%s' is no address: %s", word, b->text);
}

void frame_word_mac(struct builder *b, const char *word, uint8_t *at)
{
	if (!find_mac(word, at))
		fail_msg("'%s' is no MAC address: %s", word, b->text);
}

/* As many bytes as there are pairs of digits. Returns how many. */
unsigned int frame_bytes(struct builder *b)
{
	const char *word = frame_next(b);
	unsigned int n = 0, byte;

	for (; word[0] && word[1]; word += 2, n++) {
		if (sscanf(word, "%2x", &byte) != 1)
			fail_msg("'%s' is no byte: %s", word, b->text);
		*frame_more(b, 1) = (uint8_t)byte;
	}
	return n;
}

/* "3.1" */
static void type_and_code(struct builder *b, uint8_t *at)
{
	unsigned int type, code;

	if (sscanf(frame_next(b), "%u.%u", &type, &code) != 2)
		fail_msg("no TYPE.CODE: %s", b->text);
	at[0] = (uint8_t)type;
	at[1] = (uint8_t)code;
}

/* --- layers --- */

static void set_type(struct builder *b, unsigned int type)
{
	if (!b->type) /* in a quoted packet */
		return;
	put16(b->type, type);
}

static void set_proto(struct builder *b, unsigned int proto)
{
	if (b->proto)
		*b->proto = (uint8_t)proto;
}

static void add_tag(struct builder *b, unsigned int ethertype)
{
	uint8_t *tag;

	set_type(b, ethertype);
	tag = frame_more(b, 4);
	put16(tag, frame_number(b));
	b->type = tag + 2;
}

static void add_arp(struct builder *b)
{
	uint8_t *arp = frame_more(b, 28);
	char *op = frame_next(b), *end;

	set_type(b, 0x0806);
	put16(arp, 1);
	put16(arp + 2, 0x0800);
	arp[4] = 6;
	arp[5] = 4;
	put16(arp + 6, !strcmp(op, "request") ? 1
		       : !strcmp(op, "reply") ? 2
					      : strtoul(op, &end, 0));
	frame_word_mac(b, frame_next(b), arp + 8);
	frame_address(b, AF_INET, frame_next(b), arp + 14);
	frame_word_mac(b, frame_next(b), arp + 18);
	frame_address(b, AF_INET, frame_next(b), arp + 24);
}

static void add_ip4(struct builder *b)
{
	char *dst, *src = pair(b, &dst);
	uint8_t *ip = frame_more(b, 20);

	set_type(b, 0x0800);
	ip[0] = 0x45;
	ip[8] = 64;
	frame_address(b, AF_INET, src, ip + 12);
	frame_address(b, AF_INET, dst, ip + 16);
	b->now.ip4 = ip;
	b->proto = ip + 9;
}

static void add_ip6(struct builder *b)
{
	char *dst, *src = pair(b, &dst);
	uint8_t *ip = frame_more(b, 40);

	set_type(b, 0x86dd);
	ip[0] = 0x60;
	ip[6] = 59;
	ip[7] = 64;
	frame_address(b, AF_INET6, src, ip + 8);
	frame_address(b, AF_INET6, dst, ip + 24);
	b->now.ip6 = ip;
	b->proto = ip + 6;
}

/* An extension header whose length field is @length, and which is that long. */
static void add_extension(struct builder *b, unsigned int proto, unsigned int length)
{
	uint8_t *header = frame_more(b, proto == 51 ? (length + 2) * 4 : (length + 1) * 8);

	set_proto(b, proto);
	header[0] = 59;
	header[1] = (uint8_t)length;
	b->proto = header;
	b->extension = header;
	if (proto == 44)
		b->fragment = header;
}

static void add_tcp(struct builder *b)
{
	char *to, *from = pair(b, &to);
	uint8_t *tcp = frame_more(b, 20);
	static const char letters[] = "FSRPA"; /* FIN is bit 0 */

	set_proto(b, 6);
	put16(tcp, strtoul(from, NULL, 0));
	put16(tcp + 2, strtoul(to, NULL, 0));
	tcp[12] = 0x50;
	for (const char *flag = frame_next(b); *flag; flag++) {
		const char *letter = strchr(letters, *flag);

		if (letter)
			tcp[13] |= 1 << (letter - letters);
		else if (*flag != '-')
			fail_msg("'%c' is no TCP flag: %s", *flag, b->text);
	}
}

static void add_udp(struct builder *b)
{
	char *to, *from = pair(b, &to);
	uint8_t *udp = frame_more(b, 8);

	set_proto(b, 17);
	put16(udp, strtoul(from, NULL, 0));
	put16(udp + 2, strtoul(to, NULL, 0));
	b->now.udp = udp;
}

static void add_icmp(struct builder *b, unsigned int proto)
{
	uint8_t *icmp = frame_more(b, 8);

	set_proto(b, proto);
	type_and_code(b, icmp);
	put16(icmp + 4, frame_number(b));
}

static void add_quoted(struct builder *b)
{
	b->quoting = b->now;
	b->now = (struct layers){};
	b->type = NULL;
	b->fragment = NULL;
}

static void add_nd(struct builder *b, unsigned int type, size_t size, bool target)
{
	uint8_t *nd = frame_more(b, size);

	set_proto(b, 58);
	if (b->now.ip6)
		b->now.ip6[7] = 255;
	nd[0] = (uint8_t)type;
	if (target)
		frame_address(b, AF_INET6, frame_next(b), nd + 8);
}

static void add_option(struct builder *b)
{
	uint8_t *option = frame_more(b, 8);

	option[0] = (uint8_t)frame_number(b);
	option[1] = 1;
	frame_word_mac(b, frame_next(b), option + 2);
}

static void add_option_raw(struct builder *b)
{
	uint8_t *option = frame_more(b, 8);
	unsigned int length;

	option[0] = (uint8_t)frame_number(b);
	option[1] = (uint8_t)(length = frame_number(b));
	if (length > 1)
		frame_more(b, (length - 1) * 8);
}

static void add_igmp(struct builder *b)
{
	uint8_t *igmp = frame_more(b, 8);

	set_proto(b, 2);
	igmp[0] = (uint8_t)frame_number(b);
	if (b->now.ip4)
		b->now.ip4[8] = 1;
}

static void add_mld(struct builder *b)
{
	uint8_t *mld = frame_more(b, 24);

	set_proto(b, 58);
	mld[0] = (uint8_t)frame_number(b);
	if (b->now.ip6)
		b->now.ip6[7] = 1;
}

/* --- options --- */

static bool option_of_ip4(struct builder *b, const char *word)
{
	uint8_t *ip = b->now.ip4;
	unsigned int n;

	if (!strcmp(word, "mf")) {
		ip[6] |= 0x20;
	} else if (!strcmp(word, "frag")) {
		n = frame_number(b);
		ip[6] |= n >> 8;
		ip[7] = (uint8_t)n;
	} else if (!strcmp(word, "id")) {
		put16(ip + 4, frame_number(b));
	} else if (!strcmp(word, "tos")) {
		ip[1] = (uint8_t)frame_number(b);
	} else if (!strcmp(word, "opts")) {
		n = frame_number(b);
		memset(frame_more(b, n), 1, n); /* no operation */
		ip[0] = (uint8_t)(0x40 | (5 + n / 4));
	} else if (!strcmp(word, "optx")) {
		n = frame_bytes(b);
		if (n % 4)
			fail_msg("options are multiples of 4 bytes: %s", b->text);
		ip[0] = (uint8_t)(0x40 | (5 + n / 4));
	} else if (!strcmp(word, "ihl")) {
		ip[0] = (uint8_t)((ip[0] & 0xf0) | frame_number(b));
	} else if (!strcmp(word, "total")) {
		put16(ip + 2, frame_number(b));
		b->now.total_given = true;
	} else {
		return false;
	}
	return true;
}

static bool option_of_extension(struct builder *b, const char *word)
{
	unsigned int n;

	if (!strcmp(word, "rtype") && b->extension) {
		b->extension[2] = (uint8_t)frame_number(b);
		b->extension[3] = (uint8_t)frame_number(b);
		return true;
	}
	if (!b->fragment)
		return false;
	if (!strcmp(word, "mf")) {
		b->fragment[3] |= 1;
	} else if (!strcmp(word, "frag")) {
		n = frame_number(b) << 3;
		b->fragment[2] = (uint8_t)(n >> 8);
		b->fragment[3] |= (uint8_t)n;
	} else if (!strcmp(word, "id")) {
		put16(b->fragment + 6, frame_number(b));
	} else {
		return false;
	}
	return true;
}

static bool option_of_ip6(struct builder *b, const char *word)
{
	static const struct {
		const char *name;
		unsigned int proto;
	} extensions[] = {
		{"hbh", 0}, {"route", 43}, {"fraghdr", 44}, {"ah", 51}, {"dstopt", 60},
	};

	if (!strcmp(word, "len")) {
		put16(b->now.ip6 + 4, frame_number(b));
		b->now.len_given = true;
		return true;
	}
	if (!strcmp(word, "tos")) {
		put16(b->now.ip6, 0x6000 | frame_number(b) << 4);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (!strcmp(word, extensions[i].name)) {
			add_extension(b, extensions[i].proto, frame_number(b));
			return true;
		}
	}
	return option_of_extension(b, word);
}

static bool option_of_both(struct builder *b, const char *word)
{
	uint8_t *ip = b->now.ip4 ? b->now.ip4 : b->now.ip6;

	if (!strcmp(word, "ttl"))
		ip[b->now.ip4 ? 8 : 7] = (uint8_t)frame_number(b);
	else if (!strcmp(word, "proto"))
		set_proto(b, frame_number(b));
	else if (!strcmp(word, "version"))
		ip[0] = (uint8_t)((ip[0] & 0x0f) | frame_number(b) << 4);
	else
		return false;
	return true;
}

static bool option(struct builder *b, const char *word)
{
	if (b->now.ip4 && option_of_ip4(b, word))
		return true;
	if (b->now.ip6 && option_of_ip6(b, word))
		return true;
	if ((b->now.ip4 || b->now.ip6) && option_of_both(b, word))
		return true;
	if (!strcmp(word, "ulen") && b->now.udp) {
		put16(b->now.udp + 4, frame_number(b));
		b->now.ulen_given = true;
	} else if (!strcmp(word, "doff")) {
		b->f->bytes[b->f->size - 8] = (uint8_t)(frame_number(b) << 4);
	} else {
		return false;
	}
	return true;
}

/* --- the sentence --- */

static void set_lengths_of(const struct layers *layers, const uint8_t *end)
{
	if (layers->ip4 && !layers->total_given)
		put16(layers->ip4 + 2, (unsigned int)(end - layers->ip4));
	if (layers->ip6 && !layers->len_given)
		put16(layers->ip6 + 4, (unsigned int)(end - layers->ip6 - 40));
	if (layers->udp && !layers->ulen_given)
		put16(layers->udp + 4, (unsigned int)(end - layers->udp));
}

static void set_lengths(struct builder *b)
{
	const uint8_t *end = b->f->bytes + b->f->size;

	set_lengths_of(&b->now, end);
	set_lengths_of(&b->quoting, end);
}

static void add_link_layer(struct builder *b, const char *word)
{
	if (!strcmp(word, "tag"))
		add_tag(b, 0x8100);
	else if (!strcmp(word, "stag"))
		add_tag(b, 0x88a8);
	else if (!strcmp(word, "arp"))
		add_arp(b);
	else if (!strcmp(word, "ip4"))
		add_ip4(b);
	else if (!strcmp(word, "ip6"))
		add_ip6(b);
	else if (!strcmp(word, "type"))
		set_type(b, frame_number(b));
	else if (!strcmp(word, "data"))
		frame_more(b, frame_number(b));
	else if (!strcmp(word, "hex"))
		frame_bytes(b);
	else
		fail_msg("'%s' is no layer: %s", word, b->text);
}

static bool add_discovery(struct builder *b, const char *word)
{
	if (!strcmp(word, "rs"))
		add_nd(b, 133, 8, false);
	else if (!strcmp(word, "ra"))
		add_nd(b, 134, 16, false);
	else if (!strcmp(word, "ns"))
		add_nd(b, 135, 24, true);
	else if (!strcmp(word, "na"))
		add_nd(b, 136, 24, true);
	else if (!strcmp(word, "redirect"))
		add_nd(b, 137, 40, true);
	else if (!strcmp(word, "opt"))
		add_option(b);
	else if (!strcmp(word, "optraw"))
		add_option_raw(b);
	else
		return false;
	return true;
}

static void add_layer(struct builder *b, const char *word)
{
	if (add_discovery(b, word) || (b->dhcp && frame_dhcp_word(b, word)) ||
	    (b->dns && frame_dns_word(b, word)) || option(b, word))
		return;
	if (!strcmp(word, "tcp"))
		add_tcp(b);
	else if (!strcmp(word, "udp"))
		add_udp(b);
	else if (!strcmp(word, "icmp"))
		add_icmp(b, 1);
	else if (!strcmp(word, "icmp6"))
		add_icmp(b, 58);
	else if (!strcmp(word, "quote"))
		add_quoted(b);
	else if (!strcmp(word, "dhcp"))
		frame_add_dhcp(b);
	else if (!strcmp(word, "over"))
		b->dns_length = true;
	else if (!strcmp(word, "query") || !strcmp(word, "answer"))
		frame_add_dns(b, *word == 'a');
	else if (!strcmp(word, "dhcp6"))
		*frame_more(b, 20) = (uint8_t)frame_number(b);
	else if (!strcmp(word, "igmp"))
		add_igmp(b);
	else if (!strcmp(word, "mld"))
		add_mld(b);
	else
		add_link_layer(b, word);
}

void frame_make(struct frame *f, const char *format, ...)
{
	char text[SENTENCE_MAX], words[SENTENCE_MAX], *dst, *src;
	struct builder b = {.f = f, .rest = words, .text = text};
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(words, text, sizeof(words));
	f->size = 0;
	frame_more(&b, 14);
	src = pair(&b, &dst);
	frame_word_mac(&b, dst, f->bytes);
	frame_word_mac(&b, src, f->bytes + 6);
	b.type = f->bytes + 12;
	while (b.rest) {
		char *word = frame_next(&b);

		if (!strcmp(word, "pad")) {
			size_t size = frame_number(&b);

			frame_dns_end(&b);
			set_lengths(&b);
			frame_more(&b, size > f->size ? size - f->size : 0);
			return;
		}
		add_layer(&b, word);
	}
	frame_dns_end(&b);
	set_lengths(&b);
}
