/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a change of the policy leaves to be done once it stands: it is not on trial, and nobody will want the state of
 * the one before as it was.
 */
#pragma once

#include "handle.h"
#include "interfaces.h"
#include "object.h"

/* Takes the programs off interfaces that the policy in force does not guard, and says so. True: off one that is there. */
bool ig_tidy_interfaces(struct iotguard *ig, const struct ig_object *object,
			const struct ig_interfaces *all);

/* Waits until no program uses the policy before, and forgets flows and bindings of machines that it alone had. */
void ig_tidy_machines(struct ig_object *object);

/* Both, and what killed loaders left. */
void ig_tidy(struct iotguard *ig, struct ig_object *object, const struct ig_interfaces *all);
