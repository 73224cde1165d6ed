/* SPDX-License-Identifier: BSD-2-Clause */
/* Is what would be applied in force already? */
#pragma once

#include "compile.h"
#include "object.h"
#include "site.h"

bool ig_image_in_force(const struct ig_object *object, const struct ig_image *image);
/* The ports in force are those of this machine as it is now: none is missing, and none is left of an interface that is
 * gone or no longer named. */
bool ig_ports_in_force(const struct ig_object *object, const struct ig_image *image,
		       const struct ig_machine_site *site);
/* Does the policy in force come from this very inventory? */
bool ig_inventory_in_force(const struct ig_object *object, const struct iotguard_inventory *inv);
/* Do all interfaces that are there and that the policy in force names run its programs? */
bool ig_all_guarded(struct iotguard *ig);
