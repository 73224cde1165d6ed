/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of a MUD file's parts share. */
#pragma once

#include <jansson.h>

#include "mud.h"

struct ig_mud_reader {
	struct ig_diags *diags;
	struct ig_loc where; /* the file; of what lies in it only the names are known */
	struct ig_mud *mud;
	size_t n_aces;
	const char *bytes; /* of the file */
	size_t size;
};

/* An error, always -EINVAL. */
int ig_mud_refuse(struct ig_mud_reader *r, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The member @name of @object, with or without the name of its module (RFC 7951 wants it at the root and where the module
 * changes; not every writer does). NULL: it has none.
 */
json_t *ig_mud_member(const json_t *object, const char *module, const char *name);
/* The same under the name that it has, or had in a draft: not under both, which is an error. */
int ig_mud_either(struct ig_mud_reader *r, const json_t *object, const char *module,
		  const char *name, const char *older, const json_t **out);
/* Is @key that member? */
bool ig_mud_is(const char *key, const char *module, const char *name);

/* A copy of the string @value, which says what @what is; -EINVAL if it is none, or longer than IG_MUD_TEXT_MAX. */
int ig_mud_text(struct ig_mud_reader *r, const json_t *value, const char *what, char **out);

/* The lists of the second root into mud->acls. */
int ig_mud_read_acls(struct ig_mud_reader *r, const json_t *list);
/* One `matches`. What it cannot say is in match->unread; -EINVAL: it is not well-formed. @acl, @ace: for what is said. */
int ig_mud_read_match(struct ig_mud_reader *r, const json_t *matches, const char *acl,
		      const char *ace, struct ig_mud_match *match);
/* What the head says under ietf-mud-transparency (RFC 9472); @value NULL: nothing. */
int ig_mud_read_transparency(struct ig_mud_reader *r, const json_t *value);
/* Where the entries begin in the file that all of @mud was read from. */
void ig_mud_number_lines(const char *bytes, size_t size, struct ig_mud *mud);
/* Where the entry begins that is the @index-th of all, from 0; 0: not known. */
unsigned int ig_mud_line_of(const char *bytes, size_t size, size_t index);
void ig_mud_match_clear(struct ig_mud_match *match);
