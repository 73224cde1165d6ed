/* SPDX-License-Identifier: BSD-2-Clause */
/* Behind which port each machine of the policy in force was heard last. */
#pragma once

#include "coverage.h"
#include "interfaces.h"
#include "snapshot.h"

struct ig_hearing {
	const char *name;     /* in the view's dictionary */
	uint32_t segment;     /* position there */
	unsigned int ifindex; /* 0: not heard, or behind an interface that is gone */
	uint16_t vlan[2];
};

struct ig_hearings {
	struct ig_hearing *items; /* sorted by interface and tags */
	size_t count;
};

int ig_hearings_read(const struct ig_view *view, const struct ig_interfaces *all,
		     struct ig_hearings *out); /* 0, -errno */
void ig_hearings_clear(struct ig_hearings *list);

/* Fills in of @behind what was heard behind @ifindex, which the policy calls @name. */
void ig_hearings_behind(const struct ig_hearings *list, const struct ig_view *view,
			const char *name, unsigned int ifindex, struct ig_behind *behind);
