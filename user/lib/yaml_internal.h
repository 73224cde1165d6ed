/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the YAML layer share. Nobody else includes it. */
#pragma once

#include "yaml.h"

/* Memory that lives as long as the tree; aligned for nodes. NULL: none left. */
void *ig_yaml_alloc(struct ig_yaml *doc, size_t size);

/* Gives back all of that memory: there is no tree any more. */
void ig_yaml_forget(struct ig_yaml *doc);

/* Lines are counted from the nearest mark: one every so many bytes, which bounds both memory and
 * time. */
#define IG_YAML_MARK_EVERY 256

struct ig_yaml_mark {
	uint32_t line;	/* that the byte belongs to, from 0 */
	uint32_t start; /* offset where that line begins */
};

/*
 * Is it text (UTF-8, no control characters) that libfyaml can be trusted with? Notes where lines
 * begin on the way. -EINVAL, said; -ENOMEM.
 */
int ig_yaml_scan_text(struct ig_yaml_set *set, struct ig_yaml *doc);

/*
 * The text of a scalar that begins at @offset, into memory of the tree with room for a terminator.
 * @token may be NULL: nothing is written there. Where *size is above IG_YAML_SCALAR_MAX there is no
 * *out. 0 or -ENOMEM.
 */
struct fy_token;
int ig_yaml_scalar(struct ig_yaml *doc, struct fy_token *token, uint32_t offset, char **out,
		   size_t *size);

/* Keys of a finished map: the second of two equal ones is reported and taken out, so that nobody
 * after this has to think of it. -ENOMEM. */
int ig_yaml_drop_duplicates(struct ig_yaml_set *set, const struct ig_yaml *doc,
			    struct ig_node *map);

/* Line and column of a byte. Needs the marks that scanning left. */
struct ig_loc ig_yaml_loc(const struct ig_yaml *doc, size_t offset);

/* --- making a tree --- */

struct ig_yaml_frame {
	struct ig_node *node;
	struct ig_node *last; /* child */
	bool has_key;	      /* of a map: the key was read, its value comes next */
};

struct ig_yaml_builder {
	struct ig_yaml_set *set;
	struct ig_yaml *doc;
	uint16_t number;
	size_t skipped;	      /* bytes before what libfyaml was given: a byte order mark */
	uint32_t last_offset; /* of the value before, for what has no position of its own */
	uint32_t last_end;    /* behind that */
	struct ig_yaml_frame frames[IG_YAML_DEPTH_MAX];
	size_t depth;
	struct ig_index *anchors;
	struct ig_node **anchored;
	size_t n_anchored, c_anchored;
	unsigned int documents;
};

enum ig_yaml_style {
	IG_STYLE_PLAIN,
	IG_STYLE_QUOTED,
};

/* Each hangs what begins at @offset below the map or list that is open. 0; -EINVAL, said; -ENOMEM. */
int ig_yaml_build_scalar(struct ig_yaml_builder *b, size_t offset, const char *text, size_t size,
			 enum ig_yaml_style style);
int ig_yaml_build_start(struct ig_yaml_builder *b, size_t offset, enum ig_node_type type);
int ig_yaml_build_end(struct ig_yaml_builder *b);

/* Reads the document if it is of the plain kind. 0; -EAGAIN: it is not, and the tree is of no use; others as above, where
 * what was said is of no use either. */
int ig_yaml_read_plain(struct ig_yaml_builder *b);
