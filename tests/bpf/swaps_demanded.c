/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is demanded: every question is a world of its own to the judge, so that no frame but those named has been there.
 * Its answers lie in a file, since the judge is not where a guest's tests are.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "iotguard/iotguard.h"
#include "swaps.h"
#include "util.h"

#define FEW_GHOSTS 3
#define TIME	   1600000000000000000ull

struct asked {
	struct swaps_frame frames[SWAPS_FRAMES_MAX];
	unsigned int n_frames;
	struct swaps_conversation conversations[SWAPS_CONVERSATIONS];
	unsigned int n_conversations;
};

static void make(struct asked *a)
{
	a->n_frames = swaps_frames(a->frames);
	a->n_conversations = swaps_conversations(a->conversations);
	assert_true(a->n_frames <= SWAPS_FRAMES_MAX);
}

/* --- asking --- */

static void ask_world(FILE *f, unsigned int policy)
{
	fprintf(f, "world ports\ninventory ");
	swaps_inventory(f, policy, policy == SWAPS_GROWN ? FEW_GHOSTS : 0);
	fputc('\n', f);
}

static void ask_change(FILE *f, unsigned int policy)
{
	fprintf(f, "inventory ");
	swaps_inventory(f, policy, 0);
	fputc('\n', f);
}

static void ask_frame(FILE *f, const struct swaps_frame *frame)
{
	fprintf(f, "frame %s %llu lan%u %zu ", frame->direction == IG_FROM_DEVICE ? "from" : "to",
		TIME, frame->interface, frame->frame.size);
	for (size_t i = 0; i < frame->frame.size; i++)
		fprintf(f, "%02x", frame->frame.bytes[i]);
	fputc('\n', f);
}

void swaps_ask(FILE *f)
{
	static struct asked a;

	make(&a);
	for (unsigned int k = 0; k < SWAPS_POLICIES; k++) {
		for (unsigned int i = 0; i < a.n_frames; i++) {
			ask_world(f, k);
			ask_frame(f, &a.frames[i]);
		}
		for (unsigned int i = 0; i < a.n_conversations; i++) {
			const struct swaps_conversation *c = &a.conversations[i];

			ask_world(f, SWAPS_OPENED);
			for (unsigned int n = 0; n < c->n_open; n++)
				ask_frame(f, &c->open[n]);
			ask_change(f, k);
			ask_frame(f, &c->there);
			ask_world(f, SWAPS_OPENED);
			for (unsigned int n = 0; n < c->n_open; n++)
				ask_frame(f, &c->open[n]);
			ask_change(f, k);
			ask_frame(f, &c->back);
			ask_world(f, k);
			ask_frame(f, &c->there);
			ask_world(f, k);
			ask_frame(f, &c->back);
		}
	}
}

/* --- reading --- */

static struct swaps_verdict read_answer(FILE *f, const struct swaps_frame *frame)
{
	struct swaps_verdict v = {};
	char line[1024], word[8], token[64];

	if (!fgets(line, sizeof(line), f))
		fail_msg("the judge's answers end before: %s", frame->sentence);
	if (sscanf(line, "%7s %63s", word, token) != 2)
		fail_msg("no answer: %s", line);
	v.passes = !strcmp(word, "pass");
	v.reason = iotguard_reason_number(token);
	if (!v.reason)
		fail_msg("no reason: %s", line);
	return v;
}

static void read_open(FILE *f, const struct swaps_conversation *c)
{
	for (unsigned int n = 0; n < c->n_open; n++) {
		if (!read_answer(f, &c->open[n]).passes)
			fail_msg("the judge does not let it open: %s", c->open[n].sentence);
	}
}

/* What those who send them rely on. */
static void check_conversation(const struct swaps_demanded *demanded, unsigned int i,
			       unsigned int k, const struct swaps_conversation *c)
{
	const struct swaps_verdict *with = demanded->with[i][k], *without = demanded->without[i][k];

	assert_int_equal(with[SWAPS_THERE].passes, without[SWAPS_THERE].passes);
	assert_int_equal(with[SWAPS_THERE].reason, without[SWAPS_THERE].reason);
	if (c->healthy || k == SWAPS_OPENED)
		assert_true(with[SWAPS_THERE].passes && with[SWAPS_BACK].passes);
}

bool swaps_read(const char *path, struct swaps_demanded *demanded)
{
	static struct asked a;
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	make(&a);
	for (unsigned int k = 0; k < SWAPS_POLICIES; k++) {
		for (unsigned int i = 0; i < a.n_frames; i++)
			demanded->frames[k][i] = read_answer(f, &a.frames[i]);
		for (unsigned int i = 0; i < a.n_conversations; i++) {
			const struct swaps_conversation *c = &a.conversations[i];

			read_open(f, c);
			demanded->with[i][k][SWAPS_THERE] = read_answer(f, &c->there);
			read_open(f, c);
			demanded->with[i][k][SWAPS_BACK] = read_answer(f, &c->back);
			demanded->without[i][k][SWAPS_THERE] = read_answer(f, &c->there);
			demanded->without[i][k][SWAPS_BACK] = read_answer(f, &c->back);
			check_conversation(demanded, i, k, c);
		}
	}
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	return true;
}
