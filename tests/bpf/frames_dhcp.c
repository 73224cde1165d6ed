/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCPv4 messages (RFC 2131). */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames_builder.h"
#include "util.h"

#define BOOTP_BYTES 240

static const char *const types[] = {"-",   "discover", "offer",	  "request", "decline",
				    "ack", "nak",      "release", "inform"};

static void add_code(struct builder *b, unsigned int code, const void *value, uint8_t length)
{
	uint8_t *at = frame_more(b, 2u + length);

	at[0] = (uint8_t)code;
	at[1] = length;
	memcpy(at + 2, value, length);
}

static void add_type(struct builder *b)
{
	const char *word = frame_next(b);

	for (uint8_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(word, types[i]))
			continue;
		if (i)
			add_code(b, 53, &i, 1);
		if (i == 2 || i == 5 || i == 6)
			b->dhcp[0] = 2;
		return;
	}
	fail_msg("'%s' is no DHCP message: %s", word, b->text);
}

/* The client is the device: source of a request, destination of an answer. */
void frame_add_dhcp(struct builder *b)
{
	b->dhcp = frame_more(b, BOOTP_BYTES);
	b->dhcp[0] = b->dhcp[1] = 1;
	b->dhcp[2] = 6;
	memcpy(b->dhcp + 4, "\0\0\0\1", 4);
	memcpy(b->dhcp + 236, "\x63\x82\x53\x63", 4);
	add_type(b);
	memcpy(b->dhcp + 28, b->f->bytes + (b->dhcp[0] == 1 ? 6 : 0), 6);
}

static void add_number(struct builder *b, unsigned int code)
{
	uint32_t value = htonl(frame_number(b));

	add_code(b, code, &value, sizeof(value));
}

static void add_address(struct builder *b, unsigned int code)
{
	uint8_t value[4];

	frame_address(b, AF_INET, frame_next(b), value);
	add_code(b, code, value, sizeof(value));
}

static bool field_word(struct builder *b, const char *word)
{
	static const struct {
		const char *name;
		unsigned int at;
	} addresses[] = {{"ci", 12}, {"yi", 16}, {"gi", 24}},
	  bytes[] = {{"op", 0}, {"htype", 1}, {"hlen", 2}, {"cookie", 239}};
	uint32_t xid;

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (!strcmp(word, addresses[i].name)) {
			frame_address(b, AF_INET, frame_next(b), b->dhcp + addresses[i].at);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		if (!strcmp(word, bytes[i].name)) {
			b->dhcp[bytes[i].at] = (uint8_t)frame_number(b);
			return true;
		}
	}
	if (strcmp(word, "xid"))
		return false;
	xid = htonl(frame_number(b));
	memcpy(b->dhcp + 4, &xid, sizeof(xid));
	return true;
}

bool frame_dhcp_word(struct builder *b, const char *word)
{
	if (field_word(b, word))
		return true;
	if (!strcmp(word, "client"))
		frame_word_mac(b, frame_next(b), b->dhcp + 28);
	else if (!strcmp(word, "asks"))
		add_address(b, 50);
	else if (!strcmp(word, "lease"))
		add_number(b, 51);
	else if (!strcmp(word, "raw"))
		frame_bytes(b);
	else
		return false;
	return true;
}
