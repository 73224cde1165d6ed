/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of captures. A file of its own: pcap's headers and the kernel's do not go together. */
#include <err.h>
#include <stdio.h>
#ifdef HAVE_PCAP
#include <pcap/pcap.h>
#endif

#include "corpus.h"

#ifdef HAVE_PCAP
static struct {
	size_t files, frames, unreadable, other_links, too_long, cut_off;
} seen;

static void print_capture(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int got;

	seen.files++;
	if (!pcap) {
		seen.unreadable++;
		return;
	}
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

int print_captures(char **paths)
{
	while (*paths)
		print_capture(*paths++);
	fprintf(stderr,
		"%zu captures, %zu frames; left out: %zu that are no captures, %zu of other links, "
		"%zu frames of more than %d bytes, the ends of %zu that stop in the middle\n",
		seen.files, seen.frames, seen.unreadable, seen.other_links, seen.too_long,
		FRAME_LONGEST, seen.cut_off);
	return 0;
}
#else
int print_captures(char **paths)
{
	warnx("%s: built without libpcap, reads no captures", *paths);
	return 77;
}
#endif
