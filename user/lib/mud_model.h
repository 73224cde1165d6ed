/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An inventory in memory of one device, whose rules are those of a MUD file: so that two files can be held against each
 * other by what they allow. Beside it there is one machine for each set that either file names (a class of controllers,
 * a manufacturer, a model), and one for each two of them where these are few, since a machine may be of both and then
 * the order of rules counts.
 */
#pragma once

#include "mud_file.h"

#define IG_MODEL_PAIRS_MAX 16 /* sets: of more, there are no machines that are of two */

/* What the sets of both files are called, each once. */
struct ig_model_sets {
	char **keys;
	size_t count, capacity;
};

/* Adds those of @rules. 0, -ENOMEM. */
int ig_model_sets_add(struct ig_model_sets *sets, const struct ig_rules *rules);
void ig_model_sets_clear(struct ig_model_sets *sets);

/* Machines of two models with the same @sets are the same. @mud outlives it. 0, -ENOMEM. */
int ig_model_make(const struct iotguard_mud *mud, const struct ig_model_sets *sets,
		  struct iotguard_inventory **out);
