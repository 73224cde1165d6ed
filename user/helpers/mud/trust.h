/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a file is taken into use: what its signature says, what was in use before, and what a person accepted.
 */
#pragma once

#include "signature.h"

/*
 * @seal NULL: there is no signature. @before: what is known of the file in use; NULL: there is none. What is accepted goes into
 * @entry, whose signer is set; nothing of it points to the others. 0; -EINVAL with @why; -ENOMEM.
 */
int trust_judge(const struct job *job, const struct seal *seal, const struct ig_mud_entry *before,
		uint64_t now, struct ig_mud_entry *entry, struct why *why);

/* "signer certificate expired 2019-07-12" into @why. Always -EINVAL. */
int trust_say_expired(const struct seal *seal, const char *hint, struct why *why);
