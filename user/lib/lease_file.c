/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lease_file.h"
#include "lease_format.h"
#include "lease_parts.h"
#include "util.h"

/* Where servers keep their leases by themselves. On OpenWrt that is where everybody else may write,
 * too, so it counts on OpenWrt only. */
static const struct {
	const char *path;
	const char *system; /* a file that has to be there; NULL: none */
} usual[] = {
	{"/var/lib/misc/dnsmasq.leases", NULL},	   /* Debian, Arch */
	{"/var/lib/dnsmasq/dnsmasq.leases", NULL}, /* Fedora */
	{"/tmp/dhcp.leases", "/etc/openwrt_release"}, {"/var/lib/kea/kea-leases4.csv", NULL},
	{"/var/lib/kea/dhcp4.leases", NULL},
};

/* --- one file --- */

static void say_unreadable(struct ig_diags *diags, const struct ig_lease_part *part)
{
	struct ig_loc loc = {.file = part->path};

	if (part->irregular)
		ig_warning(diags, &loc, "name a lease file in `lease-files:` of the gateway",
			   "this is no regular file: no leases are taken from it");
	else if (part->error)
		ig_warning(diags, &loc,
			   "machines that hold leases get nothing until they renew these",
			   part->text ? "not all of this lease file can be read: %s"
				      : "this lease file cannot be read: %s",
			   strerror(-part->error));
	if (part->cut)
		ig_warning(diags, &loc, "have the DHCP server clean it up",
			   "only the first %u MiB of this lease file are read",
			   IG_LEASE_BYTES_MOST >> 20);
}

static void say_lines(struct ig_diags *diags, const char *path,
		      const struct ig_lease_reader *reader)
{
	struct ig_loc file = {.file = path};

	for (size_t i = 0; i < reader->bad && i < IG_LEASE_TELL && reader->read; i++) {
		struct ig_loc line = {.file = path, .line = reader->wrong[i].line};

		ig_warning(diags, &line, NULL, "this line of a lease file is left out: %s",
			   reader->wrong[i].why);
	}
	if (reader->bad && !reader->read)
		ig_warning(diags, &file, "iotguard reads those of dnsmasq, and Kea's of DHCPv4",
			   "this is no lease file: the first of its %zu lines is none of a lease, "
			   "%s",
			   reader->bad, reader->wrong[0].why);
	else if (reader->bad > IG_LEASE_TELL)
		ig_warning(diags, &file, NULL, "%zu more lines of this lease file are left out",
			   reader->bad - IG_LEASE_TELL);
	if (reader->missing)
		ig_warning(diags, &file, NULL,
			   "%zu lines of this lease file are left out: it has more than %u leases",
			   reader->missing, IG_LEASES_MOST);
}

static int read_part(struct ig_diags *diags, struct ig_lease_part *part, struct ig_known *known,
		     size_t first)
{
	struct ig_lease_reader reader = {
		.known = known,
		.first = first,
	};
	int err = 0;

	if (part->text && ig_lease_is_kea(part->text, part->size))
		err = ig_lease_read_kea(&reader, part->text, part->size);
	else if (part->text)
		err = ig_lease_read_dnsmasq(&reader, part->text, part->size);
	say_unreadable(diags, part);
	say_lines(diags, part->path, &reader);
	return err;
}

/* A lease that has ended says nothing, not even that another file is wrong. */
static void drop_ended(struct ig_known *known, size_t first)
{
	uint64_t now = time(NULL);
	size_t kept = first;

	for (size_t i = first; i < known->count; i++) {
		uint64_t end = known->items[i].expires_at;

		if (!end || end > now)
			known->items[kept++] = known->items[i];
	}
	known->count = kept;
}

bool ig_lease_file_read(struct ig_diags *diags, const char *path, struct ig_known *known, int *err)
{
	_cleanup_(ig_lease_parts_clear) struct ig_lease_parts parts = {};
	struct ig_loc loc = {.file = path};
	size_t first = known->count;

	*err = ig_lease_parts_read(path, &parts);
	if (*err || !parts.there)
		return *err != 0;
	for (int i = 0; i < IG_LEASE_PARTS && !*err; i++)
		*err = read_part(diags, &parts.items[i], known, first);
	*err = *err ?: ig_known_latest(known, first);
	if (*err)
		return true;
	drop_ended(known, first);
	if (parts.unsettled)
		ig_warning(diags, &loc, "apply again to be sure",
			   "this lease file was being written each time it was read");
	return true;
}

/* --- all of them --- */

struct source {
	const char *path;
	const struct ig_loc *loc; /* where it is named; NULL: it is one of the usual ones */
	struct timespec written;
};

static int compare(const void *a, const void *b)
{
	const struct timespec *x = &((const struct source *)a)->written,
			      *y = &((const struct source *)b)->written;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static void add_source(struct source *sources, size_t *n, const char *path,
		       const struct ig_loc *loc)
{
	struct source source = {.path = path, .loc = loc};
	struct stat st;

	if (!stat(path, &st))
		source.written = st.st_mtim;
	sources[(*n)++] = source;
}

/* In the order in which they were written. NULL: no memory. */
static struct source *list_sources(const struct ig_gateway *gateway, size_t *n)
{
	struct source *sources =
		calloc(gateway->n_lease_files + ARRAY_SIZE(usual), sizeof(*sources));

	*n = 0;
	if (!sources)
		return NULL;
	for (size_t i = 0; i < gateway->n_lease_files; i++)
		add_source(sources, n, gateway->lease_files[i].path, &gateway->lease_files[i].loc);
	for (size_t i = 0; i < ARRAY_SIZE(usual) && !gateway->lease_files_given; i++) {
		if (!usual[i].system || !access(usual[i].system, F_OK))
			add_source(sources, n, usual[i].path, NULL);
	}
	qsort(sources, *n, sizeof(*sources), compare);
	return sources;
}

int ig_lease_files_read(struct ig_diags *diags, const struct ig_gateway *gateway,
			struct ig_known *known)
{
	size_t first = known->count, n;
	_free_ struct source *sources = list_sources(gateway, &n);
	int err = sources ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		bool there = ig_lease_file_read(diags, sources[i].path, known, &err);

		if (!there && !err && sources[i].loc)
			ig_warning(diags, sources[i].loc,
				   "look where the DHCP server keeps its leases",
				   "there is no lease file `%s`", sources[i].path);
	}
	return err ?: ig_known_latest(known, first);
}
