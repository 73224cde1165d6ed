/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML files as trees with positions: a thin layer over libfyaml, whose events it reads. It keeps
 * the limits that make hostile files harmless, and finds duplicate keys. Nothing of libfyaml is
 * visible behind it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

#define IG_YAML_BYTES_MAX (64u << 20) /* of all files of one tree of includes */
#define IG_YAML_FILES_MAX 1024
#define IG_YAML_DEPTH_MAX 64
/* Values, aliases expanded; a long one counts once more every 64 bytes. */
#define IG_YAML_WEIGHT_MAX (4u << 20)
#define IG_YAML_SCALAR_MAX 65536

enum ig_node_type {
	IG_NODE_SCALAR,
	IG_NODE_LIST,
	IG_NODE_MAP, /* its children are key, value, key, value; keys are plain scalars, and each is
			there once */
	IG_NODE_ALIAS, /* inside of yaml.c only: getters look through it */
};

struct ig_node {
	uint8_t type;	 /* enum ig_node_type */
	bool plain;	 /* a scalar without quotes: may be a number, true, false or nothing */
	bool block;	 /* a scalar that began with | or > */
	uint16_t doc;	 /* which file */
	uint32_t offset; /* where it begins in that file */
	uint32_t count;	 /* bytes of a scalar, items of a list, pairs of a map */
	uint32_t weight; /* of all below it and itself */
	union {
		const char *text;	/* terminated; without NULs inside */
		struct ig_node *first;	/* of a list or map */
		struct ig_node *target; /* of an alias */
	};
	struct ig_node *next;
};

struct ig_yaml_mark;  /* where lines begin, sampled */
struct ig_yaml_chunk; /* memory for nodes and text */

struct ig_yaml {
	const char *name; /* the caller's, for diagnostics */
	char *bytes;	  /* the file, terminated */
	size_t size;
	struct ig_yaml_mark *marks;
	struct ig_yaml_chunk *chunks;
	struct ig_node *root; /* NULL: there is nothing in it */
};

/* What is read together. Positions and getters need it, since nodes only know the number of their
 * file. */
struct ig_yaml_set {
	struct ig_diags *diags;
	struct ig_yaml **docs;
	size_t count;
	size_t capacity;
	size_t bytes;
	size_t weight;
};

void ig_yaml_set_clear(struct ig_yaml_set *set);

/*
 * Reads all of the regular file @path ("-": standard input) into memory of the caller's. Opens
 * nothing that could block or never end. -errno, with a diagnostic at @from (where the path was
 * written; may be NULL). @id identifies the file.
 */
struct ig_file_id {
	uint64_t device, inode;
};
int ig_yaml_read_file(struct ig_yaml_set *set, const char *path, const struct ig_loc *from,
		      char **bytes, size_t *size, struct ig_file_id *id);

/* Parses @bytes (taken over, in success and in failure) and adds the tree to the set; @out lives as
 * long as the set. -EINVAL: not YAML, or beyond a limit; said in a diagnostic. -ENOMEM. */
int ig_yaml_parse(struct ig_yaml_set *set, const char *name, char *bytes, size_t size,
		  struct ig_yaml **out);

/* Where a node begins; where byte @offset of its text stands in the file. */
struct ig_loc ig_node_loc(const struct ig_yaml_set *set, const struct ig_node *node);
struct ig_loc ig_node_loc_at(const struct ig_yaml_set *set, const struct ig_node *node,
			     size_t offset);

/* What an alias stands for; any other node itself. */
const struct ig_node *ig_node_value(const struct ig_node *node);
/* Nothing is written there: an empty value, `null` or `~`. */
bool ig_node_empty(const struct ig_node *node);
/* The value of a key of a map, or NULL; the key itself. For the few that are needed out of order. */
const struct ig_node *ig_node_get(const struct ig_node *map, const char *key);
const struct ig_node *ig_node_key(const struct ig_node *map, const char *key);

/*
 * Getters. Each says what is wrong and returns false; @what names the thing in the message ("a
 * mode").
 */
bool ig_node_is_map(struct ig_yaml_set *set, const struct ig_node *node, const char *what);
bool ig_node_is_list(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		     const char *example);
/* Printable text of 1 to @most bytes. */
bool ig_node_text(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		  size_t most, const char **out);
bool ig_node_number(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		    uint64_t least, uint64_t most, uint64_t *out);
bool ig_node_bool(struct ig_yaml_set *set, const struct ig_node *node, const char *what, bool *out);
/* Position of the text in @words (NULL-terminated). */
bool ig_node_word(struct ig_yaml_set *set, const struct ig_node *node, const char *what,
		  const char *const *words, int *out);

/*
 * Reads a map by a table: calls the reader of each key that is there. Unknown keys are mistakes,
 * save those that begin with `x-`. A reader reports mistakes by itself; what it returns (-ENOMEM)
 * ends the reading.
 */
struct ig_key {
	const char *name;
	int (*read)(void *context, const struct ig_node *key, const struct ig_node *value,
		    void *object);
};

/* @keys ends with a NULL name. @what names the map in messages: "a device". */
int ig_node_read_map(struct ig_yaml_set *set, const struct ig_node *map, const char *what,
		     const struct ig_key *keys, void *context, void *object);

/* "a, b or c" into @buf. */
const char *ig_words_join(char *buf, size_t size, const char *const *words);
