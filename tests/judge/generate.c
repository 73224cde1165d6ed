/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes up inventories and packets from a seed, and writes them as a case stream (README.md).
 *
 *	generate SEED FRAMES [CORPUS-FILE...]
 *
 * FRAMES is about how many there will be: the last world is played to its end. A corpus file has a
 * frame a line, in hexadecimal digits. $JUDGE_WITHOUT names what is to be left out, with commas:
 * see `features`.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"

static const struct {
	const char *name;
	uint64_t bits;
} features[] = {
	{"until", WITH_UNTIL},
	{"dscp", WITH_DSCP},
	{"source-port", WITH_SOURCE_PORT},
	{"critical", WITH_CRITICAL},
	{"identify", WITH_IDENTIFY},
	{"learn", WITH_LEARN},
	{"bindings", WITH_BINDINGS},
	{"monitor", WITH_MONITOR},
	{"ports", WITH_PORTS},
	{"changes", WITH_CHANGES},
	{"state", WITH_STATE},
	{"lies", WITH_LIES},
	{"layers", WITH_LAYERS},
	{"fragments", WITH_FRAGMENTS},
	{"errors", WITH_ERRORS},
	{"extensions", WITH_EXTENSIONS},
	{"options", WITH_OPTIONS},
	{"lengths", WITH_LENGTHS},
	{"tags", WITH_TAGS},
	{"mutations", WITH_MUTATIONS},
	{"corpus", WITH_CORPUS},
	{"arp", WITH_ARP},
	{"nd", WITH_ND},
	{"dhcp", WITH_DHCP},
	{"membership", WITH_MEMBERSHIP},
	{"link", WITH_LINK},
	{"groups", WITH_GROUPS},
	{"jumps", WITH_JUMPS},
	{"leases", WITH_LEASES},
	{"claims", WITH_CLAIMS},
	{"strangers", WITH_STRANGERS},
	{"management", WITH_MANAGEMENT},
	{"quarantine", WITH_QUARANTINE},
	{"names", WITH_NAMES},
	{"versions", WITH_VERSIONS},
	{"sets", WITH_SETS},
	{"mud", WITH_MUD},
};

/* What happens in a world, and how often. */
static const struct {
	void (*step)(struct world *w, int machine);
	unsigned int weight;
	uint64_t feature;
} steps[] = {
	{talk_step, 45, 0},
	{fragment_step, 9, WITH_FRAGMENTS},
	{error_step, 6, WITH_ERRORS},
	{arp_step, 7, WITH_ARP},
	{nd_step, 7, WITH_ND},
	{claim_step, 7, WITH_CLAIMS},
	{vigil_step, 1, WITH_JUMPS},
	{lease_step, 9, WITH_LEASES},
	{dhcp6_step, 2, WITH_DHCP},
	{pretend_step, 3, WITH_DHCP},
	{membership_step, 4, WITH_MEMBERSHIP},
	{link_step, 4, WITH_LINK},
	{group_step, 4, WITH_GROUPS},
	{stray_step, 5, WITH_LIES},
	{quarantine_step, 4, WITH_QUARANTINE},
	{names_step, 14, WITH_NAMES},
};

static unsigned long long frames;

/* --- the stream ---------------------------------------------------------------------------- */

static void write_out(const void *data, size_t size)
{
	if (fwrite_unlocked(data, 1, size, stdout) != size)
		err(1, "stdout");
}

void stream_text(const char *text, size_t size)
{
	write_out(text, size);
}

void stream_state(void)
{
	write_out("state\n", 6);
}

static char *put_text(char *at, const char *text)
{
	size_t size = strlen(text);

	memcpy(at, text, size);
	return at + size;
}

static char *put_number(char *at, unsigned long long number)
{
	char digits[24], *first = digits + sizeof(digits);

	*--first = '\0';
	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return put_text(at, first);
}

static char *put_hex(char *at, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*at++ = digits[data[i] >> 4];
		*at++ = digits[data[i] & 15];
	}
	return at;
}

void stream_frame(struct world *w, bool to, unsigned int port, size_t length,
		  const struct buffer *frame)
{
	size_t captured = frame->size < CAPTURE_MAX ? frame->size : CAPTURE_MAX;
	char line[2 * CAPTURE_MAX + 128], *at = put_text(line, to ? "frame to " : "frame from ");

	at = put_number(at, w->now);
	at = put_text(at, w->ports ? " lan" : " -");
	if (w->ports)
		*at++ = (char)('0' + port);
	*at++ = ' ';
	/* the kernel lets no program be asked about less, so what was cut off ends there */
	at = put_number(at, length > captured && captured >= (to ? 54 : 14) ? length : captured);
	*at++ = ' ';
	at = put_hex(at, frame->data, captured);
	*at++ = '\n';
	write_out(line, (size_t)(at - line));
	frames++;
}

/* --- a world ------------------------------------------------------------------------------- */

static void step(struct world *w)
{
	unsigned int total = 0, at;

	if (w->keen && percent(w, 45)) {
		names_step(w, some_speaker(w));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		total += with(w, steps[i].feature) ? steps[i].weight : 0;
	at = below(w, total);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		unsigned int weight = with(w, steps[i].feature) ? steps[i].weight : 0;

		if (at < weight) {
			steps[i].step(w, some_speaker(w));
			return;
		}
		at -= weight;
	}
}

/* So that machines without listed addresses have some early on. */
static void wake_up(struct world *w)
{
	for (int i = 0; i < (int)w->n_machines; i++) {
		clock_tick(w);
		if (with(w, WITH_LEASES) && percent(w, w->bare ? 95 : 20))
			lease_first(w, i);
		if (with(w, WITH_CLAIMS) && percent(w, w->bare ? 80 : 20))
			claim_first(w, i);
	}
}

static unsigned int some_length(struct world *w)
{
	return percent(w, 50) ? between(w, 300, 1200) : between(w, 1200, 5000);
}

static void say_world(const struct world *w)
{
	write_out("world", 5);
	if (w->ports)
		write_out(" ports", 6);
	if (w->learn)
		write_out(" learn", 6);
	write_out("\n", 1);
}

static void play(struct world *w)
{
	unsigned int length = some_length(w), state = between(w, 100, 800);
	unsigned int changes = with(w, WITH_CHANGES) && percent(w, 35) ? between(w, 1, 3) : 0;
	unsigned long long end = frames + length, next_state = frames + state;
	unsigned long long next_change = frames + length / (changes + 1);

	wake_up(w);
	while (frames < end) {
		if (changes && frames >= next_change) {
			quarantine_touch(w, some_machine(w), 400);
			inventory_change(w);
			inventory_print(w);
			next_change += length / (changes-- + 1);
		}
		if (with(w, WITH_STATE) && frames >= next_state) {
			stream_state();
			next_state += state;
		}
		clock_tick(w);
		step(w);
	}
	if (with(w, WITH_STATE))
		stream_state();
}

static void world_run(uint64_t seed, uint64_t with_features)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	random_seed(&w.random, seed);
	w.with = with_features;
	w.ports = with(&w, WITH_PORTS) && percent(&w, 50);
	w.learn = !w.ports && with(&w, WITH_BINDINGS) && percent(&w, 25);
	clock_start(&w);
	inventory_make(&w);
	say_world(&w);
	inventory_print(&w);
	play(&w);
}

/* --- the command line ---------------------------------------------------------------------- */

static uint64_t wanted_features(void)
{
	const char *at = getenv("JUDGE_WITHOUT");
	uint64_t wanted = ~0ull;

	while (at && *at) {
		size_t size = strcspn(at, ","), i = 0;

		while (i < ARRAY_SIZE(features) &&
		       (strlen(features[i].name) != size || memcmp(features[i].name, at, size)))
			i++;
		if (i == ARRAY_SIZE(features))
			errx(2, "JUDGE_WITHOUT: there is no `%.*s`", (int)size, at);
		wanted &= ~features[i].bits;
		at += size + (at[size] == ',');
	}
	return wanted;
}

static unsigned long long number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (!*text || *end)
		errx(2, "`%s` is not a number", text);
	return value;
}

int main(int argc, char **argv)
{
	uint64_t with_features = wanted_features();
	struct random worlds;
	unsigned long long total;

	if (argc < 3)
		errx(2, "usage: generate SEED FRAMES [CORPUS-FILE...]");
	random_seed(&worlds, number(argv[1]));
	total = number(argv[2]);
	for (int i = 3; i < argc; i++)
		corpus_read(argv[i]);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	while (frames < total)
		world_run(random_next(&worlds), with_features);
	if (fflush(stdout))
		err(1, "stdout");
	return 0;
}
