/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is odd about the rules of an inventory that is in order otherwise: rules that an earlier one
 * covers or contradicts, rules that match nothing, critical rules that are asked too late. All of it
 * is a diagnostic with the places of both.
 */
#pragma once

#include "diag.h"
#include "model.h"

#define IG_FINDINGS_MAX \
	100 /* errors, and as many warnings, that are said; looking ends with them */

/* The inventory has passed ig_compile_check(). -EINVAL: there are errors among the findings;
 * -ENOMEM. */
int ig_findings(struct ig_diags *diags, const struct iotguard_inventory *inv);
