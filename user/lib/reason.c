/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reason.def says, by number and by token.
 */
#include <linux/types.h>
#include <string.h>

#include "abi.h"
#include "iotguard/iotguard.h"

struct reason {
	const char *token;
	const char *sentence;
};

/* A retired reason keeps its text: old recordings still name it. */
static const struct reason reasons[IG_REASON_MAX] = {
#define IG_REASON(number, name, token, class, sentence) [number] = {token, sentence},
#include "iotguard/reason.def"
#undef IG_REASON
};

/* Stops the build where reason.def breaks its own rule about which numbers pass. */
#define CLASS_PASS    (1)
#define CLASS_DROP    (0)
#define CLASS_QUIET   (0)
#define CLASS_RETIRED (-1)
#define IG_REASON(number, name, token, class, sentence)                                         \
	_Static_assert((number) > 0 && (number) < IG_REASON_MAX, token " has no counter");      \
	_Static_assert(CLASS_##class < 0 || CLASS_##class == ((number) < IG_REASON_FIRST_DROP), \
		       token " is on the wrong side");
#include "iotguard/reason.def"
#undef IG_REASON

static const struct reason *find(unsigned int number)
{
	return number < IG_REASON_MAX && reasons[number].token ? &reasons[number] : NULL;
}

const char *iotguard_reason_token(unsigned int reason)
{
	const struct reason *found = find(reason);

	return found ? found->token : NULL;
}

const char *iotguard_reason_sentence(unsigned int reason)
{
	const struct reason *found = find(reason);

	return found ? found->sentence : NULL;
}

bool iotguard_reason_passes(unsigned int reason)
{
	return find(reason) && reason < IG_REASON_FIRST_DROP;
}

unsigned int iotguard_reason_number(const char *token)
{
	for (unsigned int i = 0; token && i < IG_REASON_MAX; i++) {
		if (reasons[i].token && !strcmp(reasons[i].token, token))
			return i;
	}
	return IG_REASON_NONE;
}
