/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a MUD file comes to in the rule language (docs/policy.md, MUD files). An entry becomes rules where the language can
 * say all that it matches, and fails closed where it cannot: an accept is never widened, a drop never narrowed.
 */
#pragma once

#include "model.h"
#include "mud.h"

enum ig_mud_fate {
	IG_MUD_RULES,	       /* it became rules */
	IG_MUD_ANSWERS,	       /* it is about answers, which need no rule */
	IG_MUD_INFRASTRUCTURE, /* it is about what passes without a rule, if it tells the truth */
	IG_MUD_NOTHING,	       /* it contradicts itself, and matches nothing */
	IG_MUD_CLOSED,	       /* an accept that cannot be said, or may not be */
};

/* What became of one entry of an access list that a policy names. */
struct ig_mud_ruling {
	const struct ig_mud_acl *acl;
	const struct ig_mud_ace *ace;
	enum ig_mud_side side;
	enum ig_mud_fate fate;
	size_t first, count; /* its rules */
	bool wider;	     /* a drop that denies more than it says, see @why */
	bool literal;	     /* its remote is a unicast address that somebody wrote down */
	char why[192]; /* of CLOSED, NOTHING and @wider; may have any bytes that the file has */
	const char *remedy; /* of CLOSED: what a person can do about @why */
};

struct ig_mud_rules {
	struct ig_rules rules; /* `to` rules, then `from` rules; loc is the file's */
	struct ig_mud_ruling *rulings;
	size_t n_rulings;
};

struct ig_mud_terms {
	const char *file;	/* as rules know it; outlives them */
	bool private_addresses; /* those that are written down are allowed */
};

/* @mud outlives @out. 0, -ENOMEM. */
int ig_mud_translate(const struct ig_mud *mud, const struct ig_mud_terms *terms,
		     struct ig_mud_rules *out);
/* Says what a person should know of it as warnings: what is not as the file's author wrote it. @whom: of which of those
 * that have the file it is true; NULL: of all. */
void ig_mud_tell(struct ig_diags *diags, const char *file, const char *whom,
		 const struct ig_mud_ruling *ruling);
void ig_mud_rules_clear(struct ig_mud_rules *rules);
