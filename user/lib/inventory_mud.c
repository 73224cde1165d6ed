/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud:`: what the MUD files of devices say becomes the last level of their rules. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "discovered.h"
#include "inventory_internal.h"
#include "mud_cache.h"
#include "mud_rules.h"
#include "mud_url.h"
#include "resolve.h"
#include "util.h"

/* --- where it is --- */

/* What was fetched is known by its URL, and lies in the cache. */
static bool is_url(const char *path)
{
	return !strncasecmp(path, "https://", 8);
}

/* What is neither a file nor can be fetched is said where it is written. */
static bool check_source(struct ig_load *l, const struct ig_loc *loc, const char *text)
{
	char canonical[IG_MUD_URL_MAX];
	const char *why = "it does not begin with https://";

	if (!strstr(text, "://") || (is_url(text) && !ig_mud_url_canonical(text, canonical, &why)))
		return true;
	ig_error(l->diags, loc, "a MUD file is a file here, or has a URL that begins with https://",
		 "`%s` is no URL of a MUD file: %s", text, why);
	return false;
}

static int read_source(void *context, const struct ig_node *key, const struct ig_node *value,
		       void *object)
{
	struct ig_mud_setting *source = object;
	struct ig_load *l = context;
	struct ig_loc loc = ig_node_loc(&l->set, value);
	const char *text;

	(void)key;
	if (!ig_node_text(&l->set, value, "the path of a MUD file", 4095, &text) ||
	    !check_source(l, &loc, text))
		return 0;
	free(source->path);
	source->loc = loc;
	source->path = is_url(text) ? strdup(text) : ig_load_path(loc.file, text);
	return source->path ? 0 : -ENOMEM;
}

static int read_private(void *context, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	static const char *const words[] = {"refuse", "allow", NULL};
	struct ig_load *l = context;
	int choice = 0;

	(void)key;
	ig_node_word(&l->set, value, "what becomes of private addresses", words, &choice);
	((struct ig_mud_setting *)object)->private_addresses = choice == 1;
	return 0;
}

int ig_load_mud_source(struct ig_load *l, const struct ig_node *value,
		       struct ig_mud_setting *source)
{
	static const struct ig_key keys[] = {
		{"source", read_source},
		{"private-addresses", read_private},
		{NULL, NULL},
	};
	struct ig_loc loc = ig_node_loc(&l->set, value);
	int r;

	if (ig_node_value(value)->type != IG_NODE_MAP)
		return read_source(l, NULL, value, source);
	r = ig_node_read_map(&l->set, value, "`mud:`", keys, l, source);
	if (!r && !source->path && !ig_node_get(value, "source"))
		ig_error(l->diags, &loc, "mud: {source: mud/plug.json}", "`mud:` names no file");
	return r;
}

/* --- what it says --- */

struct found {
	struct ig_load *l;
	struct ig_profile *items; /* behind those of the inventory, once all are there */
	size_t count, capacity;
	uint32_t *of; /* of each machine: position in it + 1, 0: none */
	struct ig_discovered told;
	bool has_told; /* it was read */
};

static int take_rules(struct ig_load *l, const char *file, const struct ig_mud *mud,
		      const struct ig_mud_setting *source, struct ig_profile *out)
{
	struct ig_mud_terms terms = {file, source->private_addresses};
	struct ig_loc where = {file, 0, 0};
	struct ig_mud_rules made;
	int r = ig_mud_translate(mud, &terms, &made);

	if (r)
		return r;
	for (size_t i = 0; i < made.n_rulings; i++)
		ig_mud_tell(l->diags, file, &made.rulings[i]);
	*out = (struct ig_profile){
		.name = strdup(file),
		.loc = where,
		.environment = IG_UNSET,
		.criticality = IG_UNSET,
		.mode = IG_UNSET,
		.dns = IG_UNSET,
		.flows = IG_UNSET,
		.rules = made.rules,
		.mud_url = strdup(mud->url),
		.mud_authority = strdup(mud->authority),
		.mud = out->mud, /* what it is known by */
	};
	made.rules = (struct ig_rules){};
	ig_mud_rules_clear(&made);
	return out->name && out->mud_url && out->mud_authority ? 0 : -ENOMEM;
}

/* The bytes of a file that a person put there. -EINVAL: said. */
static int read_file(struct ig_load *l, const struct ig_mud_setting *source, char **bytes,
		     size_t *size)
{
	struct ig_file_id id;
	int r = ig_yaml_read_file(&l->set, source->path, &source->loc, bytes, size, &id);

	r = r ? r : ig_load_remember_file(l, source->path, &id);
	return r && r != -ENOMEM ? -EINVAL : r;
}

/* The bytes that were fetched and verified. -EINVAL: said. */
static int read_cached(struct ig_load *l, const struct ig_mud_setting *source, char **bytes,
		       size_t *size)
{
	const struct ig_file_id nowhere = {};
	char dir[PATH_MAX];
	int r;

	snprintf(dir, sizeof(dir), "%s/" IG_DISCOVERED_DIR, l->save_dir);
	r = ig_mud_cache_read(l->diags, dir, source->path, IG_MUD_CURRENT, bytes, size);
	if (r == -ENOENT && source->adopted)
		ig_warning(l->diags, &source->loc, "`iotguard-load mud fetch --adopted` fetches it",
			   "the MUD file that `%s` adopted was not fetched yet: nothing of `%s` is "
			   "allowed so far",
			   source->adopted, source->path);
	else if (r == -ENOENT)
		ig_error(l->diags, &source->loc,
			 "`iotguard-load mud fetch` with this URL fetches it",
			 "the MUD file `%s` was not fetched yet", source->path);
	r = r ? r : ig_load_remember_file(l, source->path, &nowhere);
	return r && r != -ENOMEM ? -EINVAL : r;
}

/* -EINVAL: said. */
static int read_mud(struct ig_load *l, const struct ig_mud_setting *source, struct ig_profile *out)
{
	_free_ char *bytes = NULL;
	struct ig_mud mud;
	const char *file;
	size_t size;
	int r;

	if (l->inv->n_files == IG_YAML_FILES_MAX) {
		ig_error(l->diags, &source->loc, NULL, "an inventory has at most %d files",
			 IG_YAML_FILES_MAX);
		return -EINVAL;
	}
	r = is_url(source->path) ? read_cached(l, source, &bytes, &size)
				 : read_file(l, source, &bytes, &size);
	if (r)
		return r;
	ig_sha256_update(&l->sha, bytes, size);
	file = l->inv->files[l->inv->n_files - 1];
	r = ig_mud_read(l->diags, file, bytes, size, &mud);
	if (r)
		return r;
	r = take_rules(l, file, &mud, source, out);
	ig_mud_clear(&mud);
	return r;
}

/* Position + 1 of what the source says; each is read once. */
static int find(struct found *f, const struct ig_mud_setting *source, uint32_t *out)
{
	_free_ char *key = NULL;
	size_t twin = f->count;
	int r;

	if (asprintf(&key, "%d%s", source->private_addresses, source->path) < 0)
		return -ENOMEM;
	if (!ig_grow(&f->items, f->count, &f->capacity, sizeof(*f->items)))
		return -ENOMEM;
	f->items[f->count] = (struct ig_profile){.mud.path = key};
	r = ig_index_add(f->l->seen, IG_SPACE_MUD, key, strlen(key), f->count, &twin);
	*out = (uint32_t)twin + 1;
	if (r)
		return r == -EEXIST ? 0 : r;
	f->count++;
	take_ptr(key);
	r = read_mud(f->l, source, &f->items[f->count - 1]);
	if (r)
		*out = 0;
	return r == -EINVAL ? 0 : r;
}

/* --- what a machine said itself --- */

static bool may_adopt(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	return !m->host && !ig_machine_mud(m) && ig_machine_discovery(inv, m) == IG_DISCOVERY_ADOPT;
}

static const char *adopted_by(const struct ig_discovered *told, const char *device)
{
	for (size_t i = 0; i < told->count; i++) {
		const struct ig_discovered_machine *m = &told->machines[i];

		if (m->adopted && m->device && !strcmp(m->device, device))
			return m->adopted;
	}
	return NULL;
}

/* The file is read where somebody may adopt what it has, and once. */
static int find_adopted(struct found *f, const struct ig_machine *m, uint32_t *out)
{
	struct ig_file_mark mark;
	const char *url;
	int r = 0;

	if (!f->has_told)
		r = ig_discovered_read(f->l->diags, f->l->save_dir, false, &f->told, &mark);
	f->has_told = true;
	if (r)
		return r == -ENOMEM ? r : 0; /* said */
	url = adopted_by(&f->told, m->name);
	if (!url)
		return 0;
	return find(
		f, &(struct ig_mud_setting){.path = (char *)url, .adopted = m->name, .loc = m->loc},
		out);
}

static int find_all(struct found *f)
{
	struct iotguard_inventory *inv = f->l->inv;
	int r = 0;

	f->of = calloc(inv->n_machines + 1, sizeof(*f->of));
	if (!f->of)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_machines && !r; i++) {
		const struct ig_machine *m = &inv->machines[i];
		const struct ig_mud_setting *source = ig_machine_mud(m);

		if (source)
			r = find(f, source, &f->of[i]);
		else if (may_adopt(inv, m))
			r = find_adopted(f, m, &f->of[i]);
	}
	return r;
}

/* One array for all profiles: whoever points into the old one points into the new one. */
static int append(struct found *f)
{
	struct iotguard_inventory *inv = f->l->inv;
	size_t n = inv->n_profiles + f->count;
	struct ig_profile *all = calloc(n + 1, sizeof(*all)), *old = inv->profiles;

	if (!all)
		return -ENOMEM;
	memcpy(all, old, inv->n_profiles * sizeof(*all));
	memcpy(all + inv->n_profiles, f->items, f->count * sizeof(*all));
	for (size_t i = 0; i < inv->n_profiles; i++)
		all[i].extends = all[i].extends ? all + (all[i].extends - old) : NULL;
	for (size_t i = 0; i < inv->n_machines; i++) {
		struct ig_machine *m = &inv->machines[i];

		m->profile = m->profile ? all + (m->profile - old) : NULL;
		m->mud_rules = f->of[i] ? all + inv->n_profiles + f->of[i] - 1 : NULL;
	}
	inv->profiles = all;
	inv->n_profiles = n;
	f->count = 0;
	free(old);
	return 0;
}

static void found_clear(struct found *f)
{
	for (size_t i = 0; i < f->count; i++)
		ig_profile_clear(&f->items[i]);
	free(f->items);
	free(f->of);
	ig_discovered_clear(&f->told);
}

int ig_load_mud(struct ig_load *l)
{
	_cleanup_(found_clear) struct found f = {.l = l};
	int r = find_all(&f);

	return r || !f.count ? r : append(&f);
}
