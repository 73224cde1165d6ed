/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS messages (RFC 1035). */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames_builder.h"
#include "util.h"

#define TYPE_A	   1
#define TYPE_CNAME 5
#define TYPE_AAAA  28

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static unsigned int offset(const struct builder *b)
{
	return (unsigned int)(b->f->bytes + b->f->size - b->dns);
}

/* "a.b", "." or "@N": a pointer to byte N; "a.b@N" ends in one. */
static void add_name(struct builder *b, char *name)
{
	char *pointer = strchr(name, '@'), *label;

	if (pointer)
		*pointer++ = '\0';
	while ((label = strsep(&name, "."))) {
		size_t n = strlen(label);

		if (!n)
			continue;
		*frame_more(b, 1) = (uint8_t)n;
		memcpy(frame_more(b, n), label, n);
	}
	if (pointer)
		put16(frame_more(b, 2), 0xc000u | (unsigned int)strtoul(pointer, NULL, 0));
	else
		frame_more(b, 1);
}

static unsigned int type_of(struct builder *b)
{
	static const struct {
		const char *word;
		unsigned int type;
	} types[] = {{"A", TYPE_A}, {"AAAA", TYPE_AAAA}, {"CNAME", TYPE_CNAME},
		     {"HTTPS", 65}, {"TXT", 16},	 {"ANY", 255}};
	char *word = frame_next(b), *end;
	unsigned int type;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(word, types[i].word))
			return types[i].type;
	}
	type = (unsigned int)strtoul(word, &end, 0);
	if (*end)
		fail_msg("'%s' is no type: %s", word, b->text);
	return type;
}

void frame_add_dns(struct builder *b, bool answer)
{
	if (b->dns_length)
		frame_more(b, 2);
	b->dns = frame_more(b, 12);
	put16(b->dns, 1);
	put16(b->dns + 2, answer ? 0x8180 : 0x0100);
	put16(b->dns + 4, 1);
	b->dns_owner = 12;
	b->dns_ttl = 300;
	add_name(b, frame_next(b));
	put16(frame_more(b, 2), type_of(b));
	put16(frame_more(b, 2), 1);
}

/* An owner, and all up to the data. */
static void add_head(struct builder *b, unsigned int type, unsigned int size)
{
	uint8_t *at;

	put16(b->dns + 6, get16(b->dns + 6) + 1);
	if (b->dns_owner)
		put16(frame_more(b, 2), 0xc000u | b->dns_owner);
	else
		add_name(b, b->dns_name);
	at = frame_more(b, 10);
	put16(at, type);
	put16(at + 2, 1);
	put16(at + 4, b->dns_ttl >> 16);
	put16(at + 6, b->dns_ttl);
	put16(at + 8, size);
}

static void add_alias(struct builder *b)
{
	char *name = frame_next(b);
	unsigned int at;
	uint8_t *size;

	add_head(b, TYPE_CNAME, 0);
	size = b->f->bytes + b->f->size - 2;
	at = offset(b);
	add_name(b, name);
	put16(size, offset(b) - at);
	b->dns_owner = at;
}

static void add_many(struct builder *b)
{
	unsigned int n = frame_number(b);
	uint8_t addr[4];

	frame_address(b, AF_INET, frame_next(b), addr);
	while (n--) {
		add_head(b, TYPE_A, 4);
		memcpy(frame_more(b, 4), addr, 4);
		addr[3]++;
	}
}

static bool add_record(struct builder *b, const char *word)
{
	if (!strcmp(word, "a")) {
		add_head(b, TYPE_A, 4);
		frame_address(b, AF_INET, frame_next(b), frame_more(b, 4));
	} else if (!strcmp(word, "aaaa")) {
		add_head(b, TYPE_AAAA, 16);
		frame_address(b, AF_INET6, frame_next(b), frame_more(b, 16));
	} else if (!strcmp(word, "alias")) {
		add_alias(b);
	} else if (!strcmp(word, "many")) {
		add_many(b);
	} else if (!strcmp(word, "other")) {
		unsigned int type = type_of(b), size = frame_number(b);

		add_head(b, type, size);
		frame_more(b, size);
	} else {
		return false;
	}
	return true;
}

bool frame_dns_word(struct builder *b, const char *word)
{
	static const struct {
		const char *name;
		unsigned int at;
	} fields[] = {{"msg", 0}, {"flags", 2}, {"questions", 4}, {"answers", 6}};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(word, fields[i].name))
			continue;
		put16(b->dns + fields[i].at, frame_number(b));
		return true;
	}
	if (!strcmp(word, "class")) {
		put16(b->f->bytes + b->f->size - 2, frame_number(b));
	} else if (!strcmp(word, "living")) {
		b->dns_ttl = frame_number(b);
	} else if (!strcmp(word, "owner")) {
		b->dns_owner = 0;
		b->dns_name = frame_next(b);
	} else if (!strcmp(word, "at")) {
		b->dns_owner = frame_number(b);
	} else if (!strcmp(word, "bytes")) {
		frame_bytes(b);
	} else {
		return add_record(b, word);
	}
	return true;
}

void frame_dns_end(struct builder *b)
{
	if (b->dns && b->dns_length)
		put16(b->dns - 2, offset(b));
}
