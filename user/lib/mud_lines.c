/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On which lines of the file the entries of its access lists begin, which the parser does not say. The bytes are JSON
 * already: this only follows brackets and names. It decides nothing; where it finds another number of entries than there
 * are, no entry has a line.
 */
#include <stdlib.h>
#include <string.h>

#include "mud_internal.h"

#define DEPTH 7 /* of an entry: root, acls, acl, a list, aces, ace, it */

/* What has to stand where in the way to an entry: the name of a member, or NULL for an item of an array. */
static const char *const way[DEPTH][2] = {
	{NULL, NULL}, {"acls", "access-lists"},	       {"acl", NULL},
	{NULL, NULL}, {"aces", "access-list-entries"}, {"ace", NULL},
	{NULL, NULL},
};

struct scan {
	const char *at, *end;
	unsigned int line;
	unsigned int depth;  /* of what is open */
	unsigned int on_way; /* how much of that is the way to an entry, from the root on */
	const char *name;    /* the last string, which may be the name of what opens next */
	size_t name_size;
};

static void skip_string(struct scan *s)
{
	s->name = ++s->at;
	while (s->at < s->end && *s->at != '"')
		s->at += *s->at == '\\' ? 2 : 1;
	s->name_size = (size_t)(s->at - s->name);
}

/* With or without the name of a module. */
static bool is_named(const struct scan *s, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	return n && s->name && s->name_size >= n && !memcmp(s->name + s->name_size - n, word, n) &&
	       (s->name_size == n || s->name[s->name_size - n - 1] == ':');
}

static bool is_on_way(const struct scan *s, unsigned int depth)
{
	const char *const *words = way[depth];

	return !words[0] || is_named(s, words[0]) || is_named(s, words[1]);
}

/* True: an entry begins here. */
static bool open_one(struct scan *s)
{
	if (s->on_way == s->depth && s->depth < DEPTH && is_on_way(s, s->depth))
		s->on_way++;
	s->depth++;
	s->name = NULL;
	return s->depth == DEPTH && s->on_way == DEPTH;
}

static void close_one(struct scan *s)
{
	s->depth -= s->depth > 0;
	if (s->on_way > s->depth)
		s->on_way = s->depth;
	s->name = NULL;
}

/* The line of the next entry; 0: there is none. */
static unsigned int next_entry(struct scan *s)
{
	while (s->at < s->end) {
		bool found = false;

		if (*s->at == '"')
			skip_string(s);
		else if (*s->at == '{' || *s->at == '[')
			found = open_one(s);
		else if (*s->at == '}' || *s->at == ']')
			close_one(s);
		else if (*s->at == '\n')
			s->line++;
		s->at++;
		if (found)
			return s->line;
	}
	return 0;
}

static void number(struct ig_mud *mud, struct scan s, bool keep, size_t *left)
{
	for (size_t i = 0; i < mud->n_acls; i++) {
		for (size_t k = 0; k < mud->acls[i].n_aces; k++) {
			unsigned int line = next_entry(&s);

			*left += !line;
			if (keep)
				mud->acls[i].aces[k].line = line;
		}
	}
	*left += next_entry(&s) != 0;
}

void ig_mud_number_lines(const char *bytes, size_t size, struct ig_mud *mud)
{
	struct scan s = {.at = bytes, .end = bytes + size, .line = 1};
	size_t left = 0;

	number(mud, s, false, &left);
	if (!left)
		number(mud, s, true, &left);
}

unsigned int ig_mud_line_of(const char *bytes, size_t size, size_t index)
{
	struct scan s = {.at = bytes, .end = bytes + size, .line = 1};
	unsigned int line = 0;

	for (size_t i = 0; i <= index; i++)
		line = next_entry(&s);
	return line;
}
