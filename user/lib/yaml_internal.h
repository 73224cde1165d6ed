/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the YAML layer share. Nobody else includes it. */
#pragma once

#include "yaml.h"

/* Memory that lives as long as the tree; aligned for nodes. NULL: none left. */
void *ig_yaml_alloc(struct ig_yaml *doc, size_t size);

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
