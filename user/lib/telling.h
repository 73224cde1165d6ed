/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine was told by its resolver, put there by hand: for private instances, where nobody resolves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "object.h"

struct ig_telling {
	uint32_t device;  /* its index */
	const char *name; /* a domain name as rules spell it, no pattern */
	const uint8_t (*addresses)[16];
	size_t n_addresses; /* at most IG_ANSWER_ADDRESSES */
	uint32_t ttl;	    /* seconds; pins last as long as the programs say */
};

/*
 * Pins addresses to a name, as if it had just been resolved. Nobody else may run the programs of @object meanwhile: for
 * that moment nothing is in force. 0, -errno.
 */
int ig_telling_put(const struct ig_object *object, const struct ig_telling *told);
