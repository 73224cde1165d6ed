/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the YAML layer share. Nobody else includes it. */
#pragma once

#include "yaml.h"

/* Memory that lives as long as the tree; aligned for nodes. NULL: none left. */
void *ig_yaml_alloc(struct ig_yaml *doc, size_t size);

/* Is it text at all (UTF-8, no control characters)? Notes where lines begin on the way. -EINVAL, said; -ENOMEM. */
int ig_yaml_scan_text(struct ig_yaml_set *set, struct ig_yaml *doc);

/* Line and column of a byte. Needs the marks that scanning left. */
struct ig_loc ig_yaml_loc(const struct ig_yaml *doc, size_t offset);
