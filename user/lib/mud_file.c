/* SPDX-License-Identifier: BSD-2-Clause */
/* A MUD file as a handle: from a path or the cache to what it comes to. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "discovered.h"
#include "handle.h"
#include "mud_cache.h"
#include "mud_file.h"
#include "opts.h"
#include "sha256.h"
#include "snapshot.h"
#include "util.h"

struct loader {
	struct iotguard *ig;
	const char *source, *cache;
	bool previous;
	struct iotguard_mud *mud;
};

/* --- its bytes --- */

static int fail_to_read(struct loader *l, int err)
{
	ig_error(&l->ig->diags, NULL, NULL, "cannot read %s: %s", l->source, strerror(-err));
	return err;
}

/* One byte more than a file may have is enough to see that it has too many. */
static int read_all(struct loader *l, int fd, char *bytes, size_t most, size_t *size)
{
	ssize_t n = 1;

	*size = 0;
	while (n > 0 && *size < most) {
		n = read(fd, bytes + *size, most - *size);
		if (n < 0 && errno != EINTR)
			return fail_to_read(l, -errno);
		*size += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	return 0;
}

static int read_path(struct loader *l, char **bytes, size_t *size)
{
	_close_ int fd = open(l->source, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_to_read(l, -errno);
	*bytes = malloc(IG_MUD_BYTES_MAX + 1);
	return *bytes ? read_all(l, fd, *bytes, IG_MUD_BYTES_MAX + 1, size) : -ENOMEM;
}

static int read_cached(struct loader *l, char **bytes, size_t *size)
{
	struct ig_diags *diags = &l->ig->diags;
	size_t errors = diags->errors;
	int err = ig_mud_cache_read(diags, l->cache, l->source,
				    l->previous ? IG_MUD_PREVIOUS : IG_MUD_CURRENT, bytes, size);

	if (err == -ENOENT)
		ig_error(diags, NULL,
			 l->previous ? "there is one once `iotguard-load mud fetch` found another"
				     : "`iotguard-load mud fetch` with this URL fetches it",
			 l->previous ? "no file of %s was in use before the one that is"
				     : "the MUD file %s was not fetched yet",
			 l->source);
	else if (err && err != -ENOMEM && diags->errors == errors)
		fail_to_read(l, err);
	return err;
}

/* Who signed it is known of the file in use alone. */
static int read_entry(struct loader *l)
{
	int err = ig_mud_cache_entry(&l->ig->diags, l->cache, l->source, &l->mud->entry);

	l->mud->cached = !err;
	return err == -ENOMEM ? err : 0;
}

/* As it is to be found: the one before has no other name than its path. */
static int name_file(struct loader *l, bool url)
{
	char path[PATH_MAX];

	if (url && l->previous &&
	    !ig_mud_cache_path(l->cache, l->source, IG_MUD_PREVIOUS, path, sizeof(path)))
		l->mud->file = strdup(path);
	else
		l->mud->file = strdup(l->source);
	return l->mud->file ? 0 : -ENOMEM;
}

/* --- what it says --- */

static void note_digest(struct iotguard_mud *mud, const char *bytes, size_t size)
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, bytes, size);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, mud->sha256);
}

static int translate(struct loader *l, bool private_addresses)
{
	struct iotguard_mud *mud = l->mud;
	struct ig_mud_terms terms = {mud->file, private_addresses};
	int err = ig_mud_translate(&mud->mud, &terms, &mud->made);

	for (size_t i = 0; i < mud->made.n_rulings && !err; i++)
		ig_mud_tell(&l->ig->diags, mud->file, NULL, &mud->made.rulings[i]);
	return err ?: ig_mud_describe_all(mud);
}

static int load(struct loader *l, const struct iotguard_mud_opts *opts)
{
	bool url = strstr(l->source, "://"); /* what of it is wrong, the cache says */
	_free_ char *bytes = NULL;
	size_t size = 0;
	int err;

	l->previous = url && ig_opt(opts, previous, false);
	err = name_file(l, url);
	err = err ?: url ? read_cached(l, &bytes, &size) : read_path(l, &bytes, &size);
	if (url && !l->previous)
		err = err ?: read_entry(l);
	if (err)
		return err;
	note_digest(l->mud, bytes, size);
	err = ig_mud_read(&l->ig->diags, l->mud->file, bytes, size, &l->mud->mud);
	return err ?: translate(l, ig_opt(opts, private_addresses, false));
}

int iotguard_mud_load(struct iotguard *ig, const char *source, const struct iotguard_mud_opts *opts,
		      struct iotguard_mud **out)
{
	const char *cache = ig_opt(opts, cache, NULL);
	char usual[PATH_MAX];
	struct loader l = {
		.ig = ig,
		.source = source,
		.cache = cache ? cache : usual,
		.mud = calloc(1, sizeof(*l.mud)),
	};
	size_t first = ig->diags.count;
	int err;

	*out = NULL;
	if (!l.mud)
		return -ENOMEM;
	snprintf(usual, sizeof(usual), "%s/" IG_DISCOVERED_DIR,
		 ig->save_dir ? ig->save_dir : IOTGUARD_SAVE_DIR);
	err = load(&l, opts);
	if (l.mud->file)
		ig_diags_sort(&ig->diags, first, &l.mud->file, 1);
	if (err)
		iotguard_mud_free(l.mud);
	else
		*out = l.mud;
	return err;
}

void iotguard_mud_free(struct iotguard_mud *mud)
{
	if (!mud)
		return;
	ig_mud_rules_clear(&mud->made);
	ig_mud_clear(&mud->mud);
	ig_mud_entry_clear(&mud->entry);
	iotguard_free(mud->arena);
	free(mud->file);
	free(mud);
}
