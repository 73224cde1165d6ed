/* SPDX-License-Identifier: BSD-2-Clause */
/* Inventory files to the model of model.h. */
#pragma once

#include "diag.h"
#include "model.h"

/*
 * What iotguard_inventory_load() does, without a handle. Every mistake of the files is in @diags
 * afterwards, in the order of the files. -EINVAL: there were some (*out is NULL); -ENOMEM; -errno
 * where the file could not be read (said). Warnings alone are success.
 */
int ig_inventory_load(struct ig_diags *diags, const char *path, struct iotguard_inventory **out);
/* The same, with another save_dir, in which are MUD files that were fetched, and the URLs of those that were adopted. */
int ig_inventory_load_with(struct ig_diags *diags, const char *path, const char *save_dir,
			   struct iotguard_inventory **out);
/* The same, about the machines of @names (selection.h): of the MUD files of others only errors are said. @names NULL: all. */
int ig_inventory_load_about(struct ig_diags *diags, const char *path, const char *save_dir,
			    const char *const *names, size_t n_names,
			    struct iotguard_inventory **out);
