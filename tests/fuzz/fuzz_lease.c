/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a lease file, of dnsmasq and of Kea: leases of IPv4 addresses, each once in the end, and no line that is
 * neither understood nor counted. As a file: diagnostics that a terminal may be shown.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/types.h>

#include "abi.h"
#include "lease_file.h"
#include "lease_format.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lease(const struct ig_known_address *lease)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(lease->addr, mapped, sizeof(mapped)) || (lease->source && lease->source != IG_BINDING_LEASE))
		abort();
}

static void check_known(struct ig_known *known)
{
	for (size_t i = 0; i < known->count; i++)
		check_lease(&known->items[i]);
	if (ig_known_latest(known, 0))
		return;
	for (size_t i = 0; i < known->count; i++) {
		if (!known->items[i].source)
			abort();
		for (size_t k = 0; k < i && i < 100; k++) {
			if (!memcmp(known->items[i].addr, known->items[k].addr, 16))
				abort();
		}
	}
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

static void read_as(int (*read)(struct ig_lease_reader *, char *, size_t), const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct ig_known known = {0};
	struct ig_lease_reader reader = {.known = &known};

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	read(&reader, text, size);
	if (reader.line > count_lines(data, size) || reader.read + reader.bad > reader.line ||
	    known.count > reader.read)
		abort();
	for (size_t i = 0; i < reader.bad && i < IG_LEASE_TELL; i++) {
		if (!reader.wrong[i].why || !reader.wrong[i].line || reader.wrong[i].line > reader.line)
			abort();
	}
	check_known(&known);
	ig_known_clear(&known);
	free(text);
}

static void read_file(const uint8_t *data, size_t size)
{
	struct ig_diags diags = {0};
	struct ig_known known = {0};
	int fd = memfd_create("leases", 0), err;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!ig_lease_file_read(&diags, path, &known, &err) || err || diags.errors)
		abort();
	for (size_t i = 0; i < diags.count; i++) {
		if (!ig_text_printable(diags.items[i].message))
			abort();
	}
	check_known(&known);
	ig_known_clear(&known);
	ig_diags_clear(&diags);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(ig_lease_read_dnsmasq, data, size);
	read_as(ig_lease_read_kea, data, size);
	read_file(data, size);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
