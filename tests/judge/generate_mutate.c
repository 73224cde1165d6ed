/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that were made, or found somewhere, and are changed. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"

/* --- changes ------------------------------------------------------------------------------- */

/* Most headers are near the front, and so are the places that matter. */
static size_t some_place(struct world *w, const struct buffer *frame)
{
	uint32_t most = (uint32_t)frame->size;

	return below(w, percent(w, 75) && most > 80 ? 80 : most);
}

static void set_byte(struct world *w, struct buffer *frame)
{
	static const uint8_t values[] = {0, 1, 4, 5, 6, 0x7f, 0x80, 0xff, 17, 44, 58, 60};
	size_t at = some_place(w, frame);

	frame->data[at] = percent(w, 50) ? PICK(w, values) : (uint8_t)below(w, 256);
}

static void set_word(struct world *w, struct buffer *frame)
{
	size_t at = some_place(w, frame);
	unsigned int value = at + 2 <= frame->size
				     ? (unsigned int)(frame->data[at] << 8 | frame->data[at + 1])
				     : 0;

	set16(frame, at, percent(w, 60) ? value - 4 + below(w, 9) : below(w, 65536));
}

static void swap_words(struct world *w, struct buffer *frame)
{
	size_t a = some_place(w, frame), b = some_place(w, frame);
	uint8_t word[2];

	if (a + 2 > frame->size || b + 2 > frame->size)
		return;
	memcpy(word, frame->data + a, 2);
	memmove(frame->data + a, frame->data + b, 2);
	memcpy(frame->data + b, word, 2);
}

static void insert(struct buffer *frame, size_t at, const uint8_t *bytes, size_t size)
{
	if (at > frame->size || frame->size + size > sizeof(frame->data))
		return;
	memmove(frame->data + at + size, frame->data + at, frame->size - at);
	memcpy(frame->data + at, bytes, size);
	frame->size += size;
}

static void repeat(struct world *w, struct buffer *frame)
{
	uint8_t copy[64];
	size_t at = some_place(w, frame), size = 1 + below(w, sizeof(copy));

	if (at + size > frame->size)
		return;
	memcpy(copy, frame->data + at, size);
	insert(frame, at, copy, size);
}

static void cut_out(struct world *w, struct buffer *frame)
{
	size_t at = some_place(w, frame), size = 1 + below(w, 40);

	if (at + size >= frame->size)
		return;
	memmove(frame->data + at, frame->data + at + size, frame->size - at - size);
	frame->size -= size;
}

static void insert_tag(struct world *w, struct buffer *frame)
{
	static const uint8_t tags[][4] = {{0x81, 0, 0, 0},     {0x81, 0, 0xe0, 0}, {0x81, 0, 0, 30},
					  {0x88, 0xa8, 0, 10}, {0x91, 0, 0, 1},	   {0x81, 0, 0, 1}};

	for (unsigned int n = between(w, 1, 3); n && frame->size > 12; n--)
		insert(frame, 12, PICK(w, tags), 4);
}

static void set_ethertype(struct world *w, struct buffer *frame)
{
	static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8,
					 0x9100, 0x888e, 0x88cc, 0x05dc, 0x0000};

	set16(frame, 12, percent(w, 90) ? PICK(w, types) : below(w, 65536));
}

static void change(struct world *w, struct buffer *frame)
{
	switch (below(w, 9)) {
	case 0:
		frame->data[some_place(w, frame)] ^= (uint8_t)(1 << below(w, 8));
		break;
	case 1:
		set_byte(w, frame);
		break;
	case 2:
		set_word(w, frame);
		break;
	case 3:
		swap_words(w, frame);
		break;
	case 4:
		repeat(w, frame);
		break;
	case 5:
		cut_out(w, frame);
		break;
	case 6:
		insert_tag(w, frame);
		break;
	case 7:
		set_ethertype(w, frame);
		break;
	default:
		put_random(w, frame, below(w, percent(w, 80) ? 20 : 600));
	}
}

/* @length: of the frame on the wire, which may be more than what is there of it afterwards. */
void mutate(struct world *w, struct buffer *frame, size_t *length)
{
	unsigned int roll = below(w, 100);

	if (roll < 20) { /* captured in part */
		frame->size = 1 + below(w, (uint32_t)frame->size);
		return;
	}
	if (roll < 25) { /* as if more had been on the wire */
		*length += below(w, 200);
		return;
	}
	if (roll < 45)
		frame->size = 1 + (percent(w, 60) ? some_place(w, frame)
						  : below(w, (uint32_t)frame->size));
	else
		for (unsigned int n = percent(w, 70) ? 1 : between(w, 2, 4); n; n--)
			change(w, frame);
	*length = frame->size;
}

/* --- corpus -------------------------------------------------------------------------------- */

static struct {
	size_t n, room;
	struct buffer **frames;
} corpus;

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void corpus_add(const struct buffer *frame)
{
	struct buffer *copy;

	if (corpus.n == corpus.room) {
		corpus.room = corpus.room ? 2 * corpus.room : 64;
		corpus.frames = realloc(corpus.frames, corpus.room * sizeof(*corpus.frames));
		if (!corpus.frames)
			err(1, "corpus");
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		err(1, "corpus");
	*copy = *frame;
	corpus.frames[corpus.n++] = copy;
}

/* A frame a line, in hexadecimal digits; lines that are anything else are left out. */
void corpus_read(const char *path)
{
	FILE *file = fopen(path, "re");
	struct buffer frame;
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (!file)
		err(1, "%s", path);
	while ((size = getline(&line, &room, file)) > 0) {
		frame.size = 0;
		for (ssize_t i = 0; i + 1 < size && frame.size < CAPTURE_MAX; i += 2) {
			int high = digit(line[i]), low = digit(line[i + 1]);

			if (high < 0 || low < 0)
				break;
			put8(&frame, (unsigned int)(high << 4 | low));
		}
		if (frame.size)
			corpus_add(&frame);
	}
	free(line);
	fclose(file);
}

bool corpus_is_empty(void)
{
	return !corpus.n;
}

void corpus_send(struct world *w)
{
	struct buffer frame = *corpus.frames[below(w, (uint32_t)corpus.n)];
	bool to = percent(w, 50);
	struct envelope e = to ? envelope_to(w, some_machine(w))
			       : envelope_from(w, some_machine(w));
	size_t length = frame.size;

	if (frame.size >= 12 && percent(w, 50)) {
		memcpy(frame.data, percent(w, 80) ? e.target : frame.data, 6);
		memcpy(frame.data + 6, e.source, 6);
	}
	if (percent(w, 50))
		mutate(w, &frame, &length);
	stream_frame(w, to, e.port, length, &frame);
}
