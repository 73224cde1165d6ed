/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handle of a MUD file holds. */
#pragma once

#include "mud.h"
#include "mud_entry.h"
#include "mud_rules.h"

struct iotguard_mud {
	char *file; /* as diagnostics and rules name it */
	struct ig_mud mud;
	struct ig_mud_rules made;
	bool cached;		   /* @entry is about it */
	struct ig_mud_entry entry; /* empty otherwise */
	char sha256[IG_MUD_HEX];
	/* what is handed out, made once */
	void *arena; /* snapshot.h */
	struct iotguard_mud_ruling *rulings;
	struct iotguard_mud_link *links;
};

/* The parts of rules in words, of one ruling each: fills mud->rulings and mud->links. 0, -ENOMEM. */
int ig_mud_describe_all(struct iotguard_mud *mud);
