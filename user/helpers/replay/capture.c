/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures through libpcap, which reads every byte order, clock and both formats. What it cannot
 * know is what kind of file a person may name by mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay.h"

#define NS_PER_SECOND 1000000000ull

struct capture {
	pcap_t *pcap;
};

/* -------------------------------------------------------------------------------------- opening */

static int say(char *out, int err, const char *text)
{
	snprintf(out, CAPTURE_WHY, "%s", text);
	return err;
}

static int check_kind(int fd, char *why, char *hint)
{
	struct stat st;

	if (fstat(fd, &st))
		return say(why, -errno, strerror(errno));
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return say(why, -EISDIR, "is a directory, no capture");
	say(hint, 0, "pipe it into `" PROGRAM " replay -`");
	return say(why, -EINVAL, "is no regular file");
}

/* Without O_NONBLOCK a FIFO that nobody writes to would be waited for. */
static FILE *open_regular(const char *path, char *why, char *hint)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file;

	if (fd < 0) {
		say(why, 0, strerror(errno));
		return NULL;
	}
	if (check_kind(fd, why, hint)) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "rb");
	if (!file) {
		say(why, 0, strerror(errno));
		close(fd);
	}
	return file;
}

static FILE *open_stdin(char *why)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) || S_ISDIR(st.st_mode) || isatty(STDIN_FILENO)) {
		say(why, 0, "standard input is no capture");
		return NULL;
	}
	return stdin;
}

/* The programs judge Ethernet frames and nothing else. */
static int check_link_type(pcap_t *pcap, char *why, char *hint)
{
	int type = pcap_datalink(pcap);
	const char *name = pcap_datalink_val_to_name(type);
	const char *words = pcap_datalink_val_to_description(type);

	if (type == DLT_EN10MB)
		return 0;
	if (name)
		snprintf(why, CAPTURE_WHY, "link type %s (%s) cannot be judged", name,
			 words ? words : "of some kind");
	else
		snprintf(why, CAPTURE_WHY, "link type %d cannot be judged", type);
	return say(hint, -EINVAL,
		   "capture on one Ethernet interface, not on `any`, a tunnel or a radio monitor");
}

int capture_open(const char *path, struct capture **out, char *why, char *hint)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct capture *capture;
	FILE *file;
	int err;

	*out = NULL;
	why[0] = hint[0] = '\0';
	file = strcmp(path, "-") ? open_regular(path, why, hint) : open_stdin(why);
	if (!file)
		return -EINVAL;
	capture = calloc(1, sizeof(*capture));
	if (!capture) {
		fclose(file);
		return say(why, -ENOMEM, "out of memory");
	}
	capture->pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!capture->pcap) {
		fclose(file);
		free(capture);
		snprintf(why, CAPTURE_WHY, "no capture that can be read: %s", error);
		return say(hint, -EINVAL, "wanted is a pcap or pcapng file");
	}
	err = check_link_type(capture->pcap, why, hint);
	if (err) {
		capture_close(capture);
		return err;
	}
	*out = capture;
	return 0;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	pcap_close(capture->pcap); /* and the file, unless it is standard input */
	free(capture);
}

/* -------------------------------------------------------------------------------------- reading */

/* The file may say what it likes: a clock that is out of range is held at its bounds. */
static uint64_t packet_time(const struct pcap_pkthdr *header)
{
	uint64_t seconds = header->ts.tv_sec > 0 ? (uint64_t)header->ts.tv_sec : 0;
	uint64_t ns = header->ts.tv_usec > 0 ? (uint64_t)header->ts.tv_usec : 0;

	if (seconds > UINT64_MAX / NS_PER_SECOND - 1)
		seconds = UINT64_MAX / NS_PER_SECOND - 1;
	if (ns >= NS_PER_SECOND)
		ns = NS_PER_SECOND - 1;
	return seconds * NS_PER_SECOND + ns;
}

int capture_next(struct capture *capture, struct packet *packet, char *why)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int n = pcap_next_ex(capture->pcap, &header, &bytes);

	if (n == PCAP_ERROR_BREAK)
		return 0;
	if (n != 1)
		return say(why, -EINVAL, pcap_geterr(capture->pcap));
	packet->bytes = bytes;
	packet->captured = header->caplen;
	packet->length = header->len > header->caplen ? header->len : header->caplen;
	packet->time_ns = packet_time(header);
	return 1;
}
