/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of an inventory: reading one and what it includes, and gathering their sections. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "text.h"
#include "util.h"

/* The files that are being read, from the innermost to the first. */
struct chain {
	const struct chain *above;
	size_t file; /* position in inv->files */
	unsigned int depth;
};

static int load_file(struct ig_load *l, const char *path, const struct ig_loc *from,
		     const struct chain *above);

/* Position of a file that was read before, or the number of files. */
static size_t find_file(const struct ig_load *l, const struct ig_file_id *id)
{
	size_t i = 0;

	while (i < l->inv->n_files &&
	       (l->ids[i].device != id->device || l->ids[i].inode != id->inode))
		i++;
	return i;
}

static bool in_chain(const struct chain *chain, size_t file)
{
	for (; chain; chain = chain->above)
		if (chain->file == file)
			return true;
	return false;
}

/* May this file be read, being the one that @id says? */
static bool check_new(struct ig_load *l, const char *path, const struct ig_loc *from,
		      const struct ig_file_id *id, const struct chain *above)
{
	size_t before = find_file(l, id);

	if (before == l->inv->n_files)
		return true;
	if (in_chain(above, before))
		ig_error(l->diags, from, "leave it out", "`%s` includes itself", path);
	else
		ig_error(l->diags, from, "leave one of them out", "`%s` is included twice", path);
	return false;
}

int ig_load_remember_file(struct ig_load *l, const char *name, const struct ig_file_id *id)
{
	char *copy = strdup(name);

	if (!copy ||
	    !ig_grow(&l->inv->files, l->inv->n_files, &l->c_files, sizeof(*l->inv->files)) ||
	    !ig_grow(&l->ids, l->inv->n_files, &l->c_ids, sizeof(*l->ids))) {
		free(copy);
		return -ENOMEM;
	}
	l->inv->files[l->inv->n_files] = copy;
	l->ids[l->inv->n_files++] = *id;
	return 0;
}

char *ig_load_path(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	char *joined;

	if (path[0] == '/' || !slash)
		return strdup(path);
	if (asprintf(&joined, "%.*s/%s", (int)(slash - from), from, path) < 0)
		return NULL;
	return joined;
}

static int include_one(struct ig_load *l, const struct ig_node *node, const struct chain *chain)
{
	struct ig_loc loc = ig_node_loc(&l->set, node);
	_free_ char *path = NULL;
	const char *text;

	if (!ig_node_text(&l->set, node, "the path of a file to include", 4095, &text))
		return 0;
	if (chain->depth == IG_INCLUDE_DEPTH_MAX) {
		ig_error(l->diags, &loc, NULL, "files include each other more than %d deep",
			 IG_INCLUDE_DEPTH_MAX);
		l->incomplete = true;
		return 0;
	}
	path = ig_load_path(loc.file, text);
	return path ? load_file(l, path, &loc, chain) : -ENOMEM;
}

static int include_all(struct ig_load *l, const struct ig_node *root, const struct chain *chain)
{
	const struct ig_node *include = ig_node_get(root, "include");
	const struct ig_node *value = include ? ig_node_value(include) : NULL;

	if (!include || ig_node_empty(include))
		return 0;
	if (value->type != IG_NODE_LIST)
		return include_one(l, include, chain);
	for (const struct ig_node *item = value->first; item; item = item->next) {
		int r = include_one(l, item, chain);

		if (r)
			return r;
	}
	return 0;
}

static int gather_entry(struct ig_load *l, enum ig_space space, const struct ig_node *key)
{
	struct ig_section *section = &l->sections[space];
	const struct ig_node *name = ig_node_value(key);
	struct ig_claim claim = {ig_space_names[space], name->text, ig_node_loc(&l->set, key)};
	size_t claims = l->n_claims;
	char text[IG_NAME_MAX + 24];
	int r;

	snprintf(text, sizeof(text), "%s `%.*s`", ig_space_names[space], IG_NAME_MAX, name->text);
	r = ig_load_claim(l, space, name->text, name->count, text, &claim);
	if (r || l->n_claims == claims)
		return r; /* refused: another file has it */
	if (!ig_grow(&section->items, section->count, &section->capacity, sizeof(*section->items)))
		return -ENOMEM;
	section->items[section->count++] = (struct ig_entry){key, key->next};
	return 0;
}

static int gather(struct ig_load *l, enum ig_space space, const struct ig_node *value)
{
	char what[32];

	snprintf(what, sizeof(what), "`%ss:`", ig_space_names[space]);
	if (ig_node_empty(value) || !ig_node_is_map(&l->set, value, what))
		return 0;
	for (const struct ig_node *key = ig_node_value(value)->first; key; key = key->next->next) {
		int r;

		if (!strncmp(ig_node_value(key)->text, "x-", 2))
			continue;
		r = gather_entry(l, space, key);
		if (r)
			return r;
	}
	return 0;
}

#define SECTION_READER(name, space)                                                             \
	static int read_##name(void *l, const struct ig_node *key, const struct ig_node *value, \
			       void *object)                                                    \
	{                                                                                       \
		(void)key;                                                                      \
		(void)object;                                                                   \
		return gather(l, space, value);                                                 \
	}

SECTION_READER(segments, IG_SPACE_SEGMENT)
SECTION_READER(groups, IG_SPACE_GROUP)
SECTION_READER(controllers, IG_SPACE_CONTROLLER)
SECTION_READER(hosts, IG_SPACE_HOST)
SECTION_READER(profiles, IG_SPACE_PROFILE)
SECTION_READER(devices, IG_SPACE_DEVICE)

static int keep(struct ig_section *section, const struct ig_node *key, const struct ig_node *value)
{
	if (!ig_grow(&section->items, section->count, &section->capacity, sizeof(*section->items)))
		return -ENOMEM;
	section->items[section->count++] = (struct ig_entry){key, value};
	return 0;
}

static int read_gateway(void *context, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	(void)object;
	return keep(&((struct ig_load *)context)->gateway, key, value);
}

static int read_defaults(void *context, const struct ig_node *key, const struct ig_node *value,
			 void *object)
{
	(void)object;
	return keep(&((struct ig_load *)context)->defaults, key, value);
}

static int read_include(void *context, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	(void)context;
	(void)key;
	(void)value;
	(void)object;
	return 0; /* done before */
}

static int read_version(void *context, const struct ig_node *key, const struct ig_node *value,
			void *object)
{
	struct ig_load *l = context;
	struct ig_loc loc = ig_node_loc(&l->set, value);
	const struct ig_node *node = ig_node_value(value);

	(void)key;
	(void)object;
	if (node->type != IG_NODE_SCALAR || !node->plain || strcmp(node->text, "1"))
		ig_error(l->diags, &loc, "write `version: 1`",
			 "this iotguard reads inventories of version 1 only");
	return 0;
}

static int read_root(struct ig_load *l, const struct ig_yaml *doc, bool first)
{
	static const struct ig_key keys[] = {
		{"version", read_version},
		{"include", read_include},
		{"gateway", read_gateway},
		{"defaults", read_defaults},
		{"segments", read_segments},
		{"groups", read_groups},
		{"hosts", read_hosts},
		{"profiles", read_profiles},
		{"devices", read_devices},
		{"controllers", read_controllers},
		{NULL, NULL},
	};
	struct ig_loc top = {doc->name, 1, 1};

	if (!doc->root || ig_node_empty(doc->root)) {
		if (first)
			ig_error(l->diags, &top, "the smallest inventory is the line `version: 1`",
				 "nothing is in it");
		return 0;
	}
	if (first && ig_node_value(doc->root)->type == IG_NODE_MAP &&
	    !ig_node_get(doc->root, "version"))
		ig_error(l->diags, &top, "begin it with the line `version: 1`",
			 "the version is missing");
	return ig_node_read_map(&l->set, doc->root, "an inventory", keys, l, NULL);
}

/* Everything behind the reading: from here on @bytes belong to the set. */
static int take_file(struct ig_load *l, const char *name, const struct ig_file_id *id, char *bytes,
		     size_t size, const struct chain *above)
{
	struct chain chain = {above, l->inv->n_files, above ? above->depth + 1 : 1};
	struct ig_yaml *doc;
	int r = ig_load_remember_file(l, name, id);

	if (r) {
		free(bytes);
		return r;
	}
	ig_sha256_update(&l->sha, bytes, size);
	r = ig_yaml_parse(&l->set, l->inv->files[chain.file], bytes, size, &doc);
	if (r == -EINVAL) {
		l->incomplete = true;
		return 0;
	}
	if (!r)
		r = read_root(l, doc, !above);
	return r || !doc->root ? r : include_all(l, doc->root, &chain);
}

static int load_file(struct ig_load *l, const char *path, const struct ig_loc *from,
		     const struct chain *above)
{
	bool standard = !strcmp(path, "-");
	struct ig_file_id id = {0};
	char *bytes;
	size_t size;
	int r;

	if (l->inv->n_files == IG_YAML_FILES_MAX) {
		ig_error(l->diags, from, NULL, "an inventory has at most %d files",
			 IG_YAML_FILES_MAX);
		l->incomplete = true;
		return 0;
	}
	r = ig_yaml_read_file(&l->set, path, from, &bytes, &size, &id);
	if (r == -ENOMEM || (r && !above))
		return r;
	if (r) {
		l->incomplete = true;
		return 0;
	}
	if (!check_new(l, path, from, &id, above)) {
		free(bytes);
		return 0;
	}
	return take_file(l, standard ? "stdin" : path, &id, bytes, size, above);
}

int ig_load_files(struct ig_load *l, const char *path)
{
	return load_file(l, path, NULL, NULL);
}
