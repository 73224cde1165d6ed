/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants of what machines say about themselves: messages of DHCP, and IPv6 discovery. */
#include "mutants.h"

#define UDP	17
#define ICMPV6	58

#define FIXED	240 /* bytes of a DHCPv4 message before its options */
#define CHANGES 2048

enum message { NONE, DHCP4, DHCP6, DISCOVERY };

static bool has_port(const struct buffer *frame, size_t at, unsigned int first)
{
	unsigned int source = get16(frame, at), target = get16(frame, at + 2);

	return source == first || source == first + 1 || target == first || target == first + 1;
}

/* @at: where the message begins. */
static enum message find_message(const struct buffer *frame, size_t *at)
{
	struct layers l = take_apart(frame);

	if (!l.transport || l.transport + 8 > frame->size)
		return NONE;
	*at = l.transport + (l.protocol == UDP ? 8 : 0);
	if (l.version == 4 && l.protocol == UDP && has_port(frame, l.transport, 67))
		return DHCP4;
	if (l.version == 6 && l.protocol == UDP && has_port(frame, l.transport, 546))
		return DHCP6;
	if (l.version == 6 && l.protocol == ICMPV6 && frame->data[l.transport] >= 133 &&
	    frame->data[l.transport] <= 137)
		return DISCOVERY;
	return NONE;
}

/* --- bytes --------------------------------------------------------------------------------- */

struct changes {
	size_t n;
	struct {
		uint16_t at;
		uint8_t value;
	} items[CHANGES];
};

static void add(struct changes *c, const struct buffer *frame, size_t at, unsigned int value)
{
	if (c->n == CHANGES || at >= frame->size)
		return;
	c->items[c->n].at = (uint16_t)at;
	c->items[c->n++].value = (uint8_t)value;
}

static void add_up_to(struct changes *c, const struct buffer *frame, size_t at, unsigned int most)
{
	for (unsigned int value = 0; value <= most; value++)
		add(c, frame, at, value);
}

static void add_flips(struct changes *c, const struct buffer *frame, size_t at, size_t n)
{
	for (size_t i = at; i < at + n && i < frame->size; i++) {
		add(c, frame, i, frame->data[i] ^ 1u);
		add(c, frame, i, frame->data[i] ^ 0x80u);
	}
}

static void add_options4(struct changes *c, const struct buffer *frame, size_t at)
{
	static const uint8_t values[] = {0, 1, 4, 50, 51, 53, 255};

	for (; at < frame->size; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			add(c, frame, at, values[i]);
		if (at >= 2 && frame->data[at - 2] == 53 && frame->data[at - 1] == 1)
			add_up_to(c, frame, at, 19);
	}
}

static void add_dhcp4(struct changes *c, const struct buffer *frame, size_t at)
{
	add_up_to(c, frame, at, 3);	  /* op */
	add_up_to(c, frame, at + 1, 7);	  /* hardware type */
	add_up_to(c, frame, at + 2, 17);  /* and length */
	add_flips(c, frame, at + 4, 4);	  /* transaction */
	add_flips(c, frame, at + 12, 8);  /* ciaddr, yiaddr */
	add_flips(c, frame, at + 24, 11); /* giaddr, chaddr, and one byte behind that */
	add(c, frame, at + 16, 0);
	add(c, frame, at + 16, 127);
	add(c, frame, at + 16, 224);
	add(c, frame, at + 19, 1);
	add(c, frame, at + 19, 255);
	add_flips(c, frame, at + FIXED - 4, 4);
	add_options4(c, frame, at + FIXED);
}

static void add_discovery(struct changes *c, const struct buffer *frame, size_t at)
{
	static const uint8_t values[] = {0, 1, 2, 3, 5, 255};

	for (unsigned int type = 132; type <= 138; type++)
		add(c, frame, at, type);
	add_up_to(c, frame, at + 1, 2);
	add_flips(c, frame, at + 8, 16);
	for (size_t i = at + 8; i < frame->size; i++)
		for (size_t j = 0; j < ARRAY_SIZE(values); j++)
			add(c, frame, i, values[j]);
}

static void find_changes(const struct buffer *frame, struct changes *c)
{
	size_t at = 0;

	c->n = 0;
	switch (find_message(frame, &at)) {
	case DHCP4:
		add_dhcp4(c, frame, at);
		break;
	case DHCP6:
		add_up_to(c, frame, at, 14);
		break;
	case DISCOVERY:
		add_discovery(c, frame, at);
		break;
	default:
		break;
	}
}

size_t count_said(const struct buffer *frame, bool to, bool every)
{
	struct changes changes;

	(void)to, (void)every;
	find_changes(frame, &changes);
	return changes.n;
}

void make_said(struct buffer *frame, bool to, size_t i, size_t *length)
{
	struct changes changes;

	(void)to, (void)length;
	find_changes(frame, &changes);
	frame->data[changes.items[i].at] = changes.items[i].value;
}

/* --- where it ends ------------------------------------------------------------------------- */

enum end { ON_WIRE, OF_UDP, CAPTURED, ENDS };

/* From where on an end is of interest. */
static size_t first_end(enum message message, size_t at)
{
	return message == DHCP4 ? at + FIXED - 4 : at;
}

size_t count_ends(const struct buffer *frame, bool to, bool every)
{
	size_t at = 0, first;
	enum message message = find_message(frame, &at);

	(void)to, (void)every;
	if (message != DHCP4 && message != DHCP6)
		return 0;
	first = first_end(message, at);
	return first < frame->size ? (frame->size - first) * ENDS : 0;
}

static void set16_at(struct buffer *frame, size_t at, unsigned int value)
{
	frame->data[at] = (uint8_t)(value >> 8);
	frame->data[at + 1] = (uint8_t)value;
}

/* As if no more had been sent: all lengths say so. */
static void shorten(struct buffer *frame, const struct layers *l, size_t end, size_t *length)
{
	unsigned int less = (unsigned int)(frame->size - end);
	size_t at = l->network + (l->version == 6 ? 4 : 2);

	set16_at(frame, at, get16(frame, at) - less);
	set16_at(frame, l->transport + 4, (unsigned int)(end - l->transport));
	*length = frame->size = end;
}

void make_end(struct buffer *frame, bool to, size_t i, size_t *length)
{
	struct layers l = take_apart(frame);
	size_t at = 0, end;

	end = first_end(find_message(frame, &at), at);
	end += i / ENDS;
	if (i % ENDS == ON_WIRE)
		shorten(frame, &l, end, length);
	else if (i % ENDS == OF_UDP)
		set16_at(frame, l.transport + 4, (unsigned int)(end - l.transport));
	else if (end >= least_captured(to))
		frame->size = end;
}
