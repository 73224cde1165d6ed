/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints frames for others to throw in, one a line, in hexadecimal digits.
 *
 *	corpus goldens          all of tests/bpf/goldens*.c, those of the steps before as well
 *	corpus inventory        the goldens' inventory as JSON, in one line, as a case stream has it
 *	corpus FILE...          captures, pcap or pcapng; frames of Ethernet
 *
 * Of captures, what is longer than FRAME_LONGEST is left out, and so are files that libpcap refuses
 * and those of other links; how many is said on standard error. Exit: 77 where libpcap was not there
 * when this was built.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/goldens.h"
#include "corpus.h"
#include "util.h"

void print_frame(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

/* --- goldens ------------------------------------------------------------------------------- */

static void print_sentence(const char *sentence)
{
	struct frame frame;

	frame_make(&frame, "%s", sentence);
	print_frame(frame.bytes, frame.size);
}

/* "from FRAME; drop to FRAME; wait SECONDS; quarantine MACHINE" */
static void print_steps(const char *before)
{
	char steps[4096], *rest = steps, *step;

	if (strlen(before) >= sizeof(steps))
		errx(1, "too many steps: %.60s", before);
	strcpy(steps, before);
	while ((step = strsep(&rest, ";"))) {
		step += strspn(step, " ");
		if (!strncmp(step, "wait ", 5) || !strncmp(step, "quarantine ", 11) ||
		    !strncmp(step, "release ", 8))
			continue;
		if (!strncmp(step, "drop ", 5))
			step += 5;
		if (strncmp(step, "from ", 5) && strncmp(step, "to ", 3))
			errx(1, "no step: %s", step);
		print_sentence(strchr(step, ' ') + 1);
	}
}

static void print_goldens(void)
{
	static const struct goldens *const all[] = {
		&goldens,      &goldens_fragments,  &goldens_errors, &goldens_layers,
		&goldens_from, &goldens_quarantine, &goldens_names,  &goldens_found};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		for (size_t k = 0; k < all[i]->count; k++) {
			const struct golden *g = &all[i]->items[k];

			if (g->before)
				print_steps(g->before);
			print_sentence(g->frame);
		}
	}
}

/* --- the command line ---------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		errx(2, "usage: corpus goldens | inventory | FILE...");
	if (!strcmp(argv[1], "goldens"))
		print_goldens();
	else if (!strcmp(argv[1], "inventory"))
		print_inventory(goldens_inventory);
	else
		status = print_captures(argv + 1);
	if (fflush(stdout))
		err(1, "stdout");
	return status;
}
