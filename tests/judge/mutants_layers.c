/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the headers of a frame begin, read by somebody who believes them. */
#include "mutants.h"

#define HOP_BY_HOP     0
#define ROUTING	       43
#define FRAGMENT       44
#define AUTHENTICATION 51
#define DESTINATION    60

/* --- bytes --------------------------------------------------------------------------------- */

unsigned int get16(const struct buffer *frame, size_t at)
{
	return at + 2 <= frame->size ? (unsigned int)(frame->data[at] << 8 | frame->data[at + 1])
				     : 0;
}

void insert_bytes(struct buffer *frame, size_t at, const void *bytes, size_t size)
{
	if (at > frame->size || frame->size + size > sizeof(frame->data))
		return;
	memmove(frame->data + at + size, frame->data + at, frame->size - at);
	memcpy(frame->data + at, bytes, size);
	frame->size += size;
}

void remove_bytes(struct buffer *frame, size_t at, size_t size)
{
	if (at + size > frame->size)
		return;
	memmove(frame->data + at, frame->data + at + size, frame->size - at - size);
	frame->size -= size;
}

/* --- layers -------------------------------------------------------------------------------- */

static bool is_tag(unsigned int ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
	       protocol == AUTHENTICATION || protocol == DESTINATION;
}

static size_t extension_size(uint8_t protocol, uint8_t length)
{
	if (protocol == FRAGMENT)
		return 8;
	return protocol == AUTHENTICATION ? (length + 2) * 4u : (length + 1) * 8u;
}

static void walk(const struct buffer *frame, struct layers *l)
{
	size_t at = l->network + 40;

	l->next_headers[l->n_next_headers++] = l->network + 6;
	l->protocol = frame->data[l->network + 6];
	while (is_extension(l->protocol) && at + 8 <= frame->size &&
	       l->n_extensions < ARRAY_SIZE(l->extensions)) {
		l->extensions[l->n_extensions++] = at;
		l->next_headers[l->n_next_headers++] = at;
		at += extension_size(l->protocol, frame->data[at + 1]);
		l->protocol = frame->data[l->extensions[l->n_extensions - 1]];
	}
	l->transport = at < frame->size ? at : 0;
}

struct layers take_apart(const struct buffer *frame)
{
	struct layers l = {.network = 0};
	size_t at = 12;

	while (is_tag(get16(frame, at)))
		at += 4;
	if (at + 2 > frame->size)
		return l;
	l.network = at + 2;
	if (get16(frame, at) == 0x0800 && l.network + 20 <= frame->size) {
		l.version = 4;
		l.protocol = frame->data[l.network + 9];
		at = l.network + (frame->data[l.network] & 15) * 4u;
		l.transport = at < frame->size ? at : 0;
	} else if (get16(frame, at) == 0x86dd && l.network + 40 <= frame->size) {
		l.version = 6;
		walk(frame, &l);
	}
	return l;
}
