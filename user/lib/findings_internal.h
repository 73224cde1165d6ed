/* SPDX-License-Identifier: BSD-2-Clause */
/* findings.c finds, findings_say.c puts it into words. Rules here are as they are written. */
#pragma once

#include "findings.h"

/* What was said of which two places: lists that are written once may be used often. */
struct ig_pair {
	const struct ig_loc *at, *other;
};

struct ig_said {
	struct ig_pair pairs[IG_FINDINGS_MAX];
	size_t count;
	bool more;
};

struct ig_teller {
	struct ig_diags *diags;
	const struct iotguard_inventory *inv;
	struct ig_said said[2]; /* by severity: errors, warnings */
};

/* So many errors that nothing more has to be known. */
bool ig_told_enough(const struct ig_teller *teller);

/* @critical comes after @ordinary, which takes packets from it. */
void ig_tell_hidden(struct ig_teller *teller, const struct ig_rule *ordinary,
		    const struct ig_rule *critical);
/* @earlier covers @later; @alike: and is covered by it. */
void ig_tell_covered(struct ig_teller *teller, const struct ig_rule *earlier,
		     const struct ig_rule *later, bool alike);
/* Its remote is nobody that has an address. */
void ig_tell_empty(struct ig_teller *teller, const struct ig_rule *rule);
/* A rule of `gateway.management` that is asked for no machine. */
void ig_tell_unasked(struct ig_teller *teller, const struct ig_rule *rule);

/* findings_names.c: what is odd about names and `dns`. 0, -ENOMEM. */
int ig_find_names(struct ig_diags *diags, const struct iotguard_inventory *inv);
bool ig_somebody_is_strict(const struct iotguard_inventory *inv);

/* An `allow` that is not critical. */
static inline bool ig_is_ordinary(const struct ig_rule *rule)
{
	return rule->action == IG_RULE_ALLOWS && !rule->critical;
}
