/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who receives the gateway's group frames. A frame to everybody leaves through a port if any machine
 * there has a `from` rule for it. To ask each of them would cost more with each machine; so their
 * rules are put together in few tables, of which all are asked.
 */
#pragma once

#include "compile.h"
#include "remote.h"

struct ig_consents {
	struct ig_diags *diags;
	const struct iotguard_inventory *inv;
	const struct ig_resolved *resolved;
	const struct ig_places *places;
	const uint32_t *indices; /* of each machine */
	struct ig_pool *pool;	 /* where the tables go */
};

struct ig_consent {
	uint32_t at; /* block of the first table */
	uint32_t n;  /* tables, at most IG_MAX_GROUP_TABLES */
};

/* The tables of a segment, or (NULL) of all machines. Where they would be too many there are none,
 * with a warning. 0, -ENOMEM. */
int ig_consent_compile(const struct ig_consents *consents, const struct ig_segment *segment,
		       struct ig_consent *out);
