/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that write a device's policy as a MUD file. Nobody else includes it. */
#pragma once

#include <jansson.h>

#include "model.h"

struct ig_export {
	struct ig_diags *diags;
	const struct iotguard_inventory *inv;
	const struct ig_machine *m;
	char authority[1024]; /* of the file's URL, in lower case */
	int today;	      /* as 20261122: rules that end before match nothing */
	/* ACEs of each side (enum ig_rule_side) and version (0: IPv4); answers stand in front of the others */
	json_t *entries[2][2], *answers[2][2];
	size_t n_entries;
};

enum ig_export_fate {
	IG_EXPORT_SAID,
	IG_EXPORT_NARROWED, /* of an allow: the file allows less */
	IG_EXPORT_ENDED,    /* it matches nothing any more */
	IG_EXPORT_UNSAID,
};

#define IG_EXPORT_WHY 160

/* Which addresses and names an entry can have in place of a remote. */
struct ig_export_remotes {
	struct ig_remote *items; /* names are not theirs */
	size_t count, capacity;
};

/* mud_export_remote.c: can the format say it? @why: if it is narrowed or unsaid. */
enum ig_export_fate ig_export_judge_remote(const struct ig_export *x, const struct ig_rule *rule,
					   char why[IG_EXPORT_WHY]);
/* Of a rule that can be said; of `internet` what it is not. 0, -ENOMEM. */
int ig_export_remotes(const struct ig_export *x, const struct ig_rule *rule,
		      struct ig_export_remotes *out);
void ig_export_remotes_clear(struct ig_export_remotes *remotes);

/* mud_export_entry.c: entries of one version for a rule with @remote in place of its own. 0; -E2BIG: the file has more than
 * it may; -ENOMEM. */
int ig_export_add(struct ig_export *x, const struct ig_rule *rule, enum ig_rule_action action,
		  const struct ig_remote *remote, bool v6);
/* Does a rule with that remote match packets of that version? */
bool ig_export_has_version(const struct ig_rule *rule, const struct ig_remote *remote, bool v6);
