/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutates frames that are given to it, and writes them as a case stream (README.md).
 *
 *	mutants SEED INVENTORY [--every | --most N] CORPUS-FILE...
 *
 * Each frame of the corpora, on both sides, as it is, with its MAC addresses rewritten to those of
 * machines of the inventory, and with its IP addresses rewritten as well; each of these whole, and
 * its mutants: of all that mutants_kinds.c knows N (1,000,000) by chance, or every one.
 *
 * INVENTORY: a file with one line of JSON. A corpus file has a frame a line, in hexadecimal digits.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "mutants.h"

#define WORLD_FRAMES 4000
#define STATE_FRAMES 1000

static struct world w;
static bool every, wide;
static unsigned long long most = 1000000, all, in_world; /* frames */

/* --- corpus -------------------------------------------------------------------------------- */

static struct {
	size_t n, room;
	struct buffer *frames;
} corpus;

static struct buffer *corpus_place(void)
{
	if (corpus.n == corpus.room) {
		corpus.room = corpus.room ? 2 * corpus.room : 1024;
		corpus.frames = reallocarray(corpus.frames, corpus.room, sizeof(*corpus.frames));
		if (!corpus.frames)
			err(1, "corpus");
	}
	return &corpus.frames[corpus.n];
}

static void corpus_load(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		err(1, "%s", path);
	while (getline(&line, &room, file) > 0) {
		struct buffer *frame = corpus_place();

		frame->size = 0;
		for (const char *at = line; frame->size < CAPTURE_MAX; at += 2)
			if (sscanf(at, "%2hhx", &frame->data[frame->size]) == 1)
				frame->size++;
			else
				break;
		corpus.n += frame->size > 0;
	}
	free(line);
	fclose(file);
}

/* --- the stream ---------------------------------------------------------------------------- */

/* For all of it, or until somewhere in the middle. */
static void begin_quarantines(void)
{
	for (unsigned int n = below(&w, 9); n; n--) {
		const char *name = house_machine(&w, wide)->name;

		if (percent(&w, 50))
			printf("quarantine %s never\n", name);
		else
			printf("quarantine %s %llu\n", name,
			       (unsigned long long)(w.now + below(&w, 300) * SECOND));
	}
}

static void begin_world(void)
{
	w.ports = percent(&w, 50);
	w.learn = !w.ports && percent(&w, 60);
	w.now = 1700000000 * SECOND + below(&w, 86400) * SECOND;
	printf("world%s%s\ninventory %s\n", w.ports ? " ports" : "", w.learn ? " learn" : "",
	       house_inventory(wide));
	in_world = 0;
	if (percent(&w, 60))
		begin_quarantines();
}

static void end_world(void)
{
	printf("state\n");
}

/* Mostly close together, now and then so far apart that flows and datagrams are forgotten. */
static void tick(void)
{
	unsigned int roll = below(&w, 1000);

	w.now += roll < 900   ? below(&w, 5000000)
		 : roll < 990 ? below(&w, 1000000000)
		 : roll < 999 ? below(&w, 60) * SECOND
			      : below(&w, 300) * SECOND;
}

static void stream(bool to, const struct buffer *frame, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	size_t captured = frame->size < CAPTURE_MAX ? frame->size : CAPTURE_MAX;
	char line[2 * CAPTURE_MAX + 1], *at = line;

	if (!captured) /* a frame has a byte, at least */
		return;
	if (length < captured || captured < (to ? 54 : 14)) /* the least that can be asked */
		length = captured;
	for (size_t i = 0; i < captured; i++) {
		*at++ = digits[frame->data[i] >> 4];
		*at++ = digits[frame->data[i] & 15];
	}
	*at++ = '\n';
	if (in_world == WORLD_FRAMES) {
		end_world();
		begin_world();
	}
	in_world++;
	tick();
	printf("frame %s %llu ", to ? "to" : "from", (unsigned long long)w.now);
	if (w.ports)
		printf("lan%u", house_port(&w, frame->data + (to ? 0 : 6)));
	else
		putchar('-');
	printf(" %zu ", length);
	fwrite_unlocked(line, 1, (size_t)(at - line), stdout);
	if (in_world % STATE_FRAMES == 0)
		printf("state\n");
}

/* --- mutants ------------------------------------------------------------------------------- */

enum form { AS_IT_IS, MAC_ADDRESSES, IP_ADDRESSES, FORMS };

static bool chosen(void)
{
	return every || all <= most || random_next(&w.random) % all < most;
}

static void send_mutants(bool to, const struct buffer *whole)
{
	size_t n = mutants_count(whole, to, every);

	for (size_t i = 0; i < n; i++) {
		struct buffer frame;
		size_t length = whole->size;

		if (!chosen())
			continue;
		frame = *whole;
		mutant_make(&frame, to, every, i, &length);
		stream(to, &frame, length);
	}
}

/* Where the whole one comes first, its mutants may meet a flow. */
static void send_all(bool to, const struct buffer *whole)
{
	bool first = percent(&w, 50);

	if (first)
		stream(to, whole, whole->size);
	send_mutants(to, whole);
	if (!first)
		stream(to, whole, whole->size);
}

static void send_forms(const struct buffer *original, struct letter *letter)
{
	for (int i = 0; i < 2 * FORMS; i++) {
		enum form form = (enum form)(i / 2);
		struct buffer frame = *original;

		letter->to = i % 2;
		letter->addresses = form == IP_ADDRESSES;
		if (form != AS_IT_IS)
			settle(&w, letter, &frame);
		send_all(letter->to, &frame);
	}
}

/* The same two talk to each other for some frames, as those of a capture do. */
static void choose_parties(struct letter *letter)
{
	letter->machine = house_machine(&w, wide);
	letter->peer = house_peer(&w, wide, letter->machine);
}

static void send_corpus(void)
{
	struct letter letter;

	for (size_t i = 0; i < corpus.n; i++)
		all += FORMS * (mutants_count(&corpus.frames[i], false, every) +
				mutants_count(&corpus.frames[i], true, every));
	for (size_t i = 0; i < corpus.n; i++) {
		if (!i || percent(&w, 2)) {
			if (i)
				end_world();
			wide = percent(&w, 50);
			begin_world();
			choose_parties(&letter);
		} else if (percent(&w, 20)) {
			choose_parties(&letter);
		}
		send_forms(&corpus.frames[i], &letter);
	}
	end_world();
}

/* --- the command line ---------------------------------------------------------------------- */

static unsigned long long number(const char *text)
{
	char *end;
	unsigned long long value = text ? strtoull(text, &end, 0) : 0;

	if (!text || !*text || *end)
		errx(2, "`%s` is not a number", text ? text : "");
	return value;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: mutants SEED INVENTORY [--every | --most N] CORPUS-FILE...");
	random_seed(&w.random, number(argv[1]));
	house_read(argv[2]);
	argv += 3;
	if (!strcmp(*argv, "--every")) {
		every = true;
		argv++;
	} else if (!strcmp(*argv, "--most")) {
		most = number(argv[1]);
		argv += 2;
	}
	while (*argv)
		corpus_load(*argv++);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	send_corpus();
	if (fflush(stdout) || ferror(stdout))
		err(1, "stdout");
	return 0;
}
