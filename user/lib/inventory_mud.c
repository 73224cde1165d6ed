/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud:`: what the MUD files of devices say becomes the last level of their rules. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi.h"
#include "discovered.h"
#include "infrastructure.h"
#include "inventory_internal.h"
#include "mud_cache.h"
#include "mud_rules.h"
#include "mud_url.h"
#include "resolve.h"
#include "selection.h"
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
	ig_error(l->diags, loc, IG_MUD_SOURCE_HINT, "`%s` is no URL of a MUD file: %s", text, why);
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

/* What somebody may well call `source`: one mistake, and not that one key is too many and another one missing. */
static bool misnames_source(struct ig_load *l, const struct ig_node *map)
{
	static const char *const names[] = {"url", "mud-url", "uri", "file", "path"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct ig_node *key = ig_node_key(map, names[i]);
		struct ig_loc loc;

		if (!key)
			continue;
		loc = ig_node_loc(&l->set, key);
		ig_error(l->diags, &loc,
			 "write `source:`, whose value is the path of a MUD file or its URL",
			 "`mud:` has no key `%s`", names[i]);
		return true;
	}
	return false;
}

static int read_misnamed(struct ig_load *l, const struct ig_node *map,
			 struct ig_mud_setting *source)
{
	const struct ig_node *value = ig_node_get(map, "private-addresses");

	return value ? read_private(l, NULL, value, source) : 0;
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
	if (!ig_node_get(value, "source") && misnames_source(l, value))
		return read_misnamed(l, value, source);
	r = ig_node_read_map(&l->set, value, "`mud:`", keys, l, source);
	if (!r && !source->path && !ig_node_get(value, "source"))
		ig_error(l->diags, &loc, "mud: {source: mud/plug.json}", "`mud:` names no file");
	return r;
}

/* --- what it says --- */

/* A file under one setting: what it says is a level of the rules of all machines that have both. */
struct level {
	struct ig_profile profile;    /* its mud.path is what the level is known by */
	struct ig_mud_setting source; /* of the first of its machines */
	const struct ig_machine *first;
	size_t others; /* machines beside that one */
	bool asked;    /* one of them is asked about */
	bool made;
};

struct found {
	struct ig_load *l;
	struct level
		*levels; /* their profiles go behind those of the inventory, once all are there */
	size_t count, capacity;
	uint32_t *of; /* of each machine: position in it + 1, 0: none */
};

/* What is known of it so far is nothing. */
static int make_level(struct level *level, const char *file, const char *url, const char *authority)
{
	struct ig_profile *out = &level->profile;

	*out = (struct ig_profile){
		.name = strdup(file),
		.loc = {file, 0, 0},
		.environment = IG_UNSET,
		.criticality = IG_UNSET,
		.mode = IG_UNSET,
		.dns = IG_UNSET,
		.discovery = IG_UNSET,
		.flows = IG_UNSET,
		.mud_url = strdup(url),
		.mud_authority = authority ? strdup(authority) : NULL,
		.mud = out->mud,
	};
	level->made = true;
	return out->name && out->mud_url && !authority == !out->mud_authority ? 0 : -ENOMEM;
}

static bool is_same(const struct ig_mud_ruling *a, const struct ig_mud_ruling *b)
{
	return a->fate == b->fate && a->wider == b->wider && a->literal == b->literal &&
	       !strcmp(a->why, b->why);
}

/* Whom it is about, where it is about some of those that have the file. */
static void tell_for(struct ig_load *l, const struct level *level, const struct ig_mud_ruling *one)
{
	char whom[IG_NAME_MAX + 48];
	int n = snprintf(whom, sizeof(whom), "`%s`", level->first->name);

	if (!level->asked)
		return;
	if (level->others)
		snprintf(whom + n, sizeof(whom) - (size_t)n, " and %zu %s", level->others,
			 level->others == 1 ? "other" : "others");
	ig_mud_tell(l->diags, level->profile.name, whom, one);
}

/* Of a file under both settings, what does not depend on them is told once. */
static void tell(struct ig_load *l, const struct level *const levels[2],
		 const struct ig_mud_rules made[2])
{
	for (size_t i = 0; i < made[0].n_rulings; i++) {
		const struct ig_mud_ruling *one = &made[0].rulings[i];
		const struct ig_mud_ruling *other = levels[1] ? &made[1].rulings[i] : one;

		if (is_same(one, other)) {
			ig_mud_tell(l->diags, levels[0]->profile.name, NULL, one);
			continue;
		}
		tell_for(l, levels[0], one);
		tell_for(l, levels[1], other);
	}
}

/* @levels: of the file, under one setting or (else NULL) under both. */
static int take_rules(struct ig_load *l, const char *file, const struct ig_mud *mud,
		      struct level *const levels[2])
{
	struct ig_mud_rules made[2] = {};
	int r = 0;

	for (int i = 0; i < 2 && levels[i] && !r; i++) {
		struct ig_mud_terms terms = {file, levels[i]->source.private_addresses};

		r = ig_mud_translate(mud, &terms, &made[i]);
		r = r ? r : make_level(levels[i], file, mud->url, mud->authority);
	}
	if (!r)
		tell(l, (const struct level *const *)levels, made);
	for (int i = 0; i < 2 && levels[i] && !r; i++) {
		levels[i]->profile.rules = made[i].rules;
		made[i].rules = (struct ig_rules){};
	}
	ig_mud_rules_clear(&made[0]);
	ig_mud_rules_clear(&made[1]);
	return r;
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

/* What a device told is no mistake of the inventory, as in read_told(). */
static void tell_of_cache(struct ig_load *l, const struct ig_mud_setting *source,
			  const struct ig_diags *said)
{
	for (size_t i = 0; i < said->count; i++) {
		const struct iotguard_diag *one = &said->items[i];

		if (source->adopted)
			ig_warning(l->diags, &source->loc, one->hint,
				   "nothing of the MUD file `%s` that `%s` adopted is allowed: %s",
				   source->path, source->adopted, one->message);
		else
			ig_error(l->diags, &source->loc, one->hint, "the MUD file `%s`: %s",
				 source->path, one->message);
	}
}

/* The bytes that were fetched and verified. -EINVAL: said. */
static int read_cached(struct ig_load *l, const struct ig_mud_setting *source, char **bytes,
		       size_t *size)
{
	const struct ig_file_id nowhere = {};
	struct ig_diags said = {};
	char dir[PATH_MAX];
	int r;

	snprintf(dir, sizeof(dir), "%s/" IG_DISCOVERED_DIR, l->save_dir);
	r = ig_mud_cache_read(&said, dir, source->path, IG_MUD_CURRENT, bytes, size);
	tell_of_cache(l, source, &said);
	ig_diags_clear(&said);
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
static int read_mud(struct ig_load *l, struct level *const levels[2])
{
	const struct ig_mud_setting *source = &levels[0]->source;
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
	r = take_rules(l, file, &mud, levels);
	ig_mud_clear(&mud);
	return r;
}

static char *make_key(const char *path, bool private_addresses)
{
	char *key;

	return asprintf(&key, "%d%s", private_addresses, path) < 0 ? NULL : key;
}

/* The same file under the other setting; NULL: nobody has it. */
static struct level *twin_of(struct found *f, const struct level *level)
{
	_free_ char *key = make_key(level->source.path, !level->source.private_addresses);
	size_t at = key ? ig_index_find(f->l->seen, IG_SPACE_MUD, key, strlen(key)) : IG_INDEX_NONE;

	return at == IG_INDEX_NONE ? NULL : &f->levels[at];
}

/* Each file is read once. */
static int make_all(struct found *f)
{
	struct ig_diags *diags = f->l->diags;
	int r = 0;

	for (size_t i = 0; i < f->count && !r; i++) {
		struct level *levels[2] = {&f->levels[i], twin_of(f, &f->levels[i])};

		if (levels[0]->made)
			continue;
		diags->errors_alone = !levels[0]->asked && !(levels[1] && levels[1]->asked);
		r = read_mud(f->l, levels);
		diags->errors_alone = false;
		if (r != -EINVAL)
			continue;
		/* it is said; what may still be fetched allows nothing, and its owner is not proved */
		r = make_level(levels[0], levels[0]->source.path, "", NULL);
		if (levels[1])
			r = r ? r : make_level(levels[1], levels[1]->source.path, "", NULL);
	}
	return r;
}

/* Notes that the machine has it. */
static int find(struct found *f, const struct ig_mud_setting *source, const struct ig_machine *m)
{
	_free_ char *key = make_key(source->path, source->private_addresses);
	uint32_t *of = &f->of[m - f->l->inv->machines];
	size_t twin = f->count;
	int r;

	if (!key || !ig_grow(&f->levels, f->count, &f->capacity, sizeof(*f->levels)))
		return -ENOMEM;
	r = ig_index_add(f->l->seen, IG_SPACE_MUD, key, strlen(key), f->count, &twin);
	*of = (uint32_t)twin + 1;
	if (r == -EEXIST) {
		f->levels[twin].others++;
		f->levels[twin].asked |= ig_load_is_asked(f->l, m);
	}
	if (r)
		return r == -EEXIST ? 0 : r;
	f->levels[f->count] = (struct level){
		.source = *source,
		.first = m,
		.asked = ig_load_is_asked(f->l, m),
	};
	f->levels[f->count].source.path = key + 1;
	f->levels[f->count++].profile.mud.path = take_ptr(key);
	return 0;
}

/* --- what a machine said itself --- */

static bool may_adopt(const struct iotguard_inventory *inv, const struct ig_machine *m)
{
	return !m->host && !ig_machine_mud(m) && ig_machine_discovery(inv, m) == IG_DISCOVERY_ADOPT;
}

static bool somebody_may_adopt(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		if (may_adopt(inv, &inv->machines[i]))
			return true;
	}
	return false;
}

static int take_adopted(struct found *f, const struct ig_discovered *told)
{
	struct iotguard_inventory *inv = f->l->inv;
	int r = 0;

	for (size_t i = 0; i < told->count && !r; i++) {
		const struct ig_discovered_machine *one = &told->machines[i];
		const struct ig_machine *m =
			one->device ? ig_inventory_machine(inv, false, one->device) : NULL;

		if (!m || !one->adopted || !may_adopt(inv, m))
			continue;
		r = find(f,
			 &(struct ig_mud_setting){
				 .path = one->adopted, .adopted = m->name, .loc = m->loc},
			 m);
	}
	return r;
}

/* A file that cannot be read is no mistake of the inventory: who may not read it can check that all the same, and a boot
 * does without the rules that were adopted rather than without a policy. */
static int read_told(struct ig_load *l, struct ig_discovered *told)
{
	struct ig_diags said = {};
	struct ig_file_mark mark;
	int r = ig_discovered_read(&said, l->save_dir, false, told, &mark);

	for (size_t i = 0; i < said.count; i++)
		ig_warning(l->diags, NULL, said.items[i].hint,
			   "%s: what devices told that may adopt it is left out",
			   said.items[i].message);
	ig_diags_clear(&said);
	return r == -ENOMEM ? r : 0;
}

static int find_adopted(struct found *f)
{
	struct ig_discovered told = {};
	int r;

	if (!somebody_may_adopt(f->l->inv))
		return 0;
	r = read_told(f->l, &told);
	r = r ? r : take_adopted(f, &told);
	ig_discovered_clear(&told);
	return r;
}

static int find_all(struct found *f)
{
	struct iotguard_inventory *inv = f->l->inv;
	int r = 0;

	f->of = calloc(inv->n_machines + 1, sizeof(*f->of));
	if (!f->of)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_machines && !r; i++) {
		const struct ig_mud_setting *source = ig_machine_mud(&inv->machines[i]);

		if (source)
			r = find(f, source, &inv->machines[i]);
	}
	return r ? r : find_adopted(f);
}

/* One array for all profiles: whoever points into the old one points into the new one. */
static int append(struct found *f)
{
	struct iotguard_inventory *inv = f->l->inv;
	size_t n = inv->n_profiles + f->count;
	struct ig_profile *all = calloc(n + 1, sizeof(*all)), *old = inv->profiles;

	f->l->passed = calloc(n + 1, sizeof(*f->l->passed));
	if (!all || !f->l->passed) {
		free(all);
		return -ENOMEM;
	}
	memcpy(all, old, inv->n_profiles * sizeof(*all));
	for (size_t i = 0; i < f->count; i++) {
		all[inv->n_profiles + i] = f->levels[i].profile;
		f->l->passed[inv->n_profiles + i] = !f->levels[i].asked;
	}
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
		ig_profile_clear(&f->levels[i].profile);
	free(f->levels);
	free(f->of);
}

/* --- what it takes --- */

static bool tell_drop(struct ig_load *l, const struct ig_machine *m, uint32_t service)
{
	bool dns = service == IG_INFRA_DNS;
	const struct ig_rule *drop = ig_mud_drop(l->inv, m, service);

	if (!drop || !(m->segment->infrastructure & service) ||
	    ig_machine_asks_by_rule(l->inv, m, service))
		return false;
	ig_warning(l->diags, &drop->loc,
		   dns ? "where it needs it: `allow to controller:urn:ietf:params:mud:dns udp/53`"
		       : "where it needs it: `allow to controller:urn:ietf:params:mud:ntp udp/123`",
		   "%s takes %s from `%s`, which it had by default: the file drops that",
		   drop->because, dns ? "DNS" : "NTP", m->name);
	return true;
}

static void note_file(const struct ig_load *l, const char *file, bool *told)
{
	for (size_t i = 0; i < l->inv->n_profiles; i++)
		told[i] |= l->inv->profiles[i].loc.file == file;
}

/* Once for the machines of a file: a list of all would be long, and a plan has them. */
int ig_load_mud_drops(struct ig_load *l)
{
	const struct iotguard_inventory *inv = l->inv;
	_free_ bool *told = calloc(inv->n_profiles + 1, sizeof(*told));

	if (!told)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_machine *m = &inv->machines[i];
		bool dns, ntp;

		if (!m->mud_rules || !m->segment || told[m->mud_rules - inv->profiles] ||
		    !ig_load_is_asked(l, m))
			continue;
		dns = tell_drop(l, m, IG_INFRA_DNS);
		ntp = tell_drop(l, m, IG_INFRA_NTP);
		if (dns || ntp)
			note_file(l, m->mud_rules->loc.file, told);
	}
	return 0;
}

/* --- who is asked about --- */

static int select_asked(struct ig_load *l)
{
	const struct iotguard_inventory *inv = l->inv;

	if (!l->names)
		return 0;
	l->asked = calloc(inv->n_machines + 1, sizeof(*l->asked));
	if (!l->asked)
		return -ENOMEM;
	for (size_t i = 0; i < l->n_names; i++) {
		struct ig_selection meant;

		if (!ig_selection_make(inv, l->names[i], &meant))
			continue; /* whoever asks finds out */
		for (size_t k = 0; k < inv->n_machines; k++) {
			const struct ig_machine *m = &inv->machines[k];

			l->asked[k] |= m == meant.device || m == meant.host ||
				       (meant.group && ig_group_has(meant.group, m));
		}
	}
	return 0;
}

bool ig_load_is_asked(const struct ig_load *l, const struct ig_machine *m)
{
	return !l->asked || l->asked[m - l->inv->machines];
}

int ig_load_mud(struct ig_load *l)
{
	_cleanup_(found_clear) struct found f = {.l = l};
	int r = select_asked(l);

	r = r ? r : find_all(&f);
	r = r ? r : make_all(&f);
	return r || !f.count ? r : append(&f);
}
