/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints frames for others to throw in, one a line, in hexadecimal digits.
 *
 *	corpus goldens          all of tests/bpf/goldens*.c, those of the steps before as well
 *	corpus inventory        the goldens' inventory as JSON, in one line
 *	corpus FILE...          captures, pcap or pcapng; frames of Ethernet
 *
 * Of captures, what is longer than FRAME_LONGEST is left out, and so are files of other links; how
 * many is said on standard error. Exit: 77 where libpcap was not there when this was built.
 */
#include <err.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_PCAP
#include <pcap/pcap.h>
#endif

#include "bpf/goldens.h"
#include "util.h"

#define FRAME_LONGEST 1900

static void print_frame(const uint8_t *bytes, size_t size)
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

/* "from FRAME; drop to FRAME; wait SECONDS" */
static void print_steps(const char *before)
{
	char steps[4096], *rest = steps, *step;

	if (strlen(before) >= sizeof(steps))
		errx(1, "too many steps: %.60s", before);
	strcpy(steps, before);
	while ((step = strsep(&rest, ";"))) {
		step += strspn(step, " ");
		if (!strncmp(step, "wait ", 5))
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
	static const struct goldens *const all[] = {&goldens, &goldens_fragments, &goldens_errors,
						    &goldens_layers, &goldens_from};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		for (size_t k = 0; k < all[i]->count; k++) {
			const struct golden *g = &all[i]->items[k];

			if (g->before)
				print_steps(g->before);
			print_sentence(g->frame);
		}
	}
}

static void print_inventory(void)
{
	struct fy_document *document =
		fy_document_build_from_string(NULL, goldens_inventory, FY_NT);
	char *json = document ? fy_emit_document_to_string(document, FYECF_MODE_JSON_ONELINE)
			      : NULL;

	if (!json)
		errx(1, "the goldens' inventory is no YAML");
	puts(json);
	free(json);
	fy_document_destroy(document);
}

/* --- captures ------------------------------------------------------------------------------ */

#ifdef HAVE_PCAP
static struct {
	size_t files, frames, other_links, too_long, cut_off;
} seen;

static void print_capture(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int got;

	if (!pcap)
		errx(1, "%s: %s", path, error);
	seen.files++;
	if (pcap_datalink(pcap) != DLT_EN10MB) {
		seen.other_links++;
		pcap_close(pcap);
		return;
	}
	while ((got = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		if (!header->caplen || header->caplen > FRAME_LONGEST) {
			seen.too_long += header->caplen > FRAME_LONGEST;
			continue;
		}
		print_frame(bytes, header->caplen);
		seen.frames++;
	}
	seen.cut_off += got != PCAP_ERROR_BREAK; /* what was there of it is in */
	pcap_close(pcap);
}

static int print_captures(char **paths)
{
	while (*paths)
		print_capture(*paths++);
	fprintf(stderr,
		"%zu captures, %zu frames; left out: %zu captures of other links, %zu frames of more "
		"than %d bytes, the ends of %zu captures that stop in the middle\n",
		seen.files, seen.frames, seen.other_links, seen.too_long, FRAME_LONGEST,
		seen.cut_off);
	return 0;
}
#else
static int print_captures(char **paths)
{
	warnx("%s: built without libpcap, reads no captures", *paths);
	return 77;
}
#endif

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		errx(2, "usage: corpus goldens | inventory | FILE...");
	if (!strcmp(argv[1], "goldens"))
		print_goldens();
	else if (!strcmp(argv[1], "inventory"))
		print_inventory();
	else
		status = print_captures(argv + 1);
	if (fflush(stdout))
		err(1, "stdout");
	return status;
}
