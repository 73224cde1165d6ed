/* SPDX-License-Identifier: BSD-2-Clause */
/* Typed values out of the tree, with a message where the type is another. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "util.h"
#include "yaml.h"

const struct ig_node *ig_node_value(const struct ig_node *node)
{
	/* An alias of an alias cannot be written, so one step is enough. */
	return node->type == IG_NODE_ALIAS ? node->target : node;
}

bool ig_node_empty(const struct ig_node *node)
{
	const struct ig_node *value = ig_node_value(node);

	return value->type == IG_NODE_SCALAR && value->plain &&
	       (!value->count || !strcmp(value->text, "~") || !strcmp(value->text, "null"));
}

const struct ig_node *ig_node_key(const struct ig_node *map, const char *key)
{
	const struct ig_node *value = ig_node_value(map);

	if (value->type != IG_NODE_MAP)
		return NULL;
	for (const struct ig_node *at = value->first; at; at = at->next->next)
		if (!strcmp(ig_node_value(at)->text, key))
			return at;
	return NULL;
}

const struct ig_node *ig_node_get(const struct ig_node *map, const char *key)
{
	const struct ig_node *at = ig_node_key(map, key);

	return at ? at->next : NULL;
}

static const char *type_name(const struct ig_node *node)
{
	if (ig_node_empty(node))
		return "nothing";
	switch (ig_node_value(node)->type) {
	case IG_NODE_LIST:
		return "a list";
	case IG_NODE_MAP:
		return "a map";
	default:
		return "text";
	}
}

static bool refuse(struct ig_yaml_set *set, const struct ig_node *node, const char *hint,
		   const char *what)
{
	struct ig_loc loc = ig_node_loc(set, node);

	ig_error(set->diags, &loc, hint, "%s is wanted here, and this is %s", what,
		 type_name(node));
	return false;
}

bool ig_node_is_map(struct ig_yaml_set *set, const struct ig_node *node, const char *what)
{
	struct ig_loc loc = ig_node_loc(set, node);

	if (ig_node_value(node)->type == IG_NODE_MAP)
		return true;
	ig_error(set->diags, &loc, "a map is KEY: VALUE, one a line and indented",
		 "%s is a map, and this is %s", what, type_name(node));
	return false;
}

bool ig_node_is_list(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		     const char *example)
{
	char hint[128];

	if (ig_node_value(node)->type == IG_NODE_LIST)
		return true;
	snprintf(hint, sizeof(hint), "write it as a list: %s", example);
	return refuse(set, node, hint, what);
}

static bool scalar(struct ig_yaml_set *set, const struct ig_node *node, const char *what)
{
	if (ig_node_value(node)->type == IG_NODE_SCALAR && !ig_node_empty(node))
		return true;
	return refuse(set, node, NULL, what);
}

bool ig_node_text(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		  size_t most, const char **out)
{
	const struct ig_node *value = ig_node_value(node);
	struct ig_loc loc = ig_node_loc(set, node);

	if (!scalar(set, node, what))
		return false;
	if (!value->count || value->count > most) {
		ig_error(set->diags, &loc, NULL, "%s has 1 to %zu bytes, and this has %u", what,
			 most, value->count);
		return false;
	}
	if (!ig_text_printable(value->text)) {
		ig_error(set->diags, &loc, "leave it out",
			 "%s has a control or hidden character in it", what);
		return false;
	}
	*out = value->text;
	return true;
}

bool ig_node_number(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		    uint64_t least, uint64_t most, uint64_t *out)
{
	const struct ig_node *value = ig_node_value(node);
	struct ig_loc loc = ig_node_loc(set, node);
	const char *text;
	uint64_t number = 0;

	if (!scalar(set, node, what))
		return false;
	text = value->text;
	for (; isdigit((unsigned char)*text) && number <= most; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	if (value->plain && !*text && value->text[0] && number >= least && number <= most) {
		*out = number;
		return true;
	}
	ig_error(set->diags, &loc, value->plain ? NULL : "leave the quotes out",
		 "%s is a number from %llu to %llu", what, (unsigned long long)least,
		 (unsigned long long)most);
	return false;
}

bool ig_node_bool(struct ig_yaml_set *set, const struct ig_node *node, const char *what, bool *out)
{
	const struct ig_node *value = ig_node_value(node);
	struct ig_loc loc = ig_node_loc(set, node);

	if (!scalar(set, node, what))
		return false;
	*out = !strcmp(value->text, "true");
	if (value->plain && (*out || !strcmp(value->text, "false")))
		return true;
	ig_error(set->diags, &loc, value->plain ? NULL : "leave the quotes out",
		 "%s is true or false", what);
	return false;
}

const char *ig_words_join(char *buf, size_t size, const char *const *words)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; words[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 !i		? ""
					 : words[i + 1] ? ", "
							: " or ",
					 words[i]);
	return buf;
}

bool ig_node_word(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		  const char *const *words, int *out)
{
	const struct ig_node *value = ig_node_value(node);
	struct ig_loc loc = ig_node_loc(set, node);
	const char *meant;
	char list[128], hint[192];

	if (!scalar(set, node, what))
		return false;
	for (int i = 0; words[i]; i++) {
		if (!strcmp(value->text, words[i])) {
			*out = i;
			return true;
		}
	}
	meant = ig_text_suggest(value->text, words);
	snprintf(hint, sizeof(hint), "did you mean `%s`?", meant ? meant : "");
	ig_error(set->diags, &loc, meant ? hint : NULL, "`%.64s`: %s is %s", value->text, what,
		 ig_words_join(list, sizeof(list), words));
	return false;
}

#define KEYS_MAX 32

static void unknown_key(struct ig_yaml_set *set, const struct ig_node *key, const char *what,
			const struct ig_key *keys)
{
	const char *word = ig_node_value(key)->text, *names[KEYS_MAX + 1] = {NULL};
	struct ig_loc loc = ig_node_loc(set, key);
	const char *meant;
	char list[256], hint[320];

	for (size_t i = 0; i < KEYS_MAX && keys[i].name; i++)
		names[i] = keys[i].name;
	meant = ig_text_suggest(word, names);
	if (!strcmp(word, "<<"))
		snprintf(hint, sizeof(hint),
			 "merge keys are not read; what devices share goes into a profile");
	else if (meant)
		snprintf(hint, sizeof(hint), "did you mean `%s`?", meant);
	else
		snprintf(hint, sizeof(hint), "its keys are %s; a note of your own begins with x-",
			 ig_words_join(list, sizeof(list), names));
	ig_error(set->diags, &loc, hint, "%s has no key `%.64s`", what, word);
}

int ig_node_read_map(struct ig_yaml_set *set, const struct ig_node *map, const char *what,
		     const struct ig_key *keys, void *context, void *object)
{
	if (!ig_node_is_map(set, map, what))
		return 0;
	for (const struct ig_node *at = ig_node_value(map)->first; at; at = at->next->next) {
		const char *word = ig_node_value(at)->text;
		const struct ig_key *key = keys;
		int r;

		if (!strncmp(word, "x-", 2))
			continue;
		while (key->name && strcmp(key->name, word))
			key++;
		if (!key->name) {
			unknown_key(set, at, what, keys);
			continue;
		}
		r = key->read(context, at, at->next, object);
		if (r)
			return r;
	}
	return 0;
}
