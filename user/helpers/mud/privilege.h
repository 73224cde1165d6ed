/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever called this: who speaks to strangers, and reads what they send, may do nothing else.
 */
#pragma once

#include <stdbool.h>

#include "diag.h"

#define UNPRIVILEGED_USER "iotguard"

/* The name of who called this: whoever logged in, where the kernel knows. The caller frees it; NULL without memory. */
char *privilege_who(void);

/*
 * Gives up all rights for good. Root becomes the user iotguard, where there is one; where there is none, that is an error if
 * it is @needed. Then no capability is left, nothing can bring one back, and there are limits. 0, -errno with a diagnostic.
 */
int privilege_drop(struct ig_diags *diags, bool needed);

/* As root: makes @dir for that user if it is not there. What goes wrong is found out by who uses it. */
void privilege_make_dir(const char *dir);
