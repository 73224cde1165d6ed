/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever applies a policy over the network must not cut off themselves. Before it is put in force, the
 * next packets of that connection are judged by it, by the real programs in a private instance.
 */
#pragma once

#include "policy.h"
#include "site.h"

/*
 * @site: the machine as it is. 0: the connection goes on, or does not come through a guarded interface;
 * where that cannot be told, with a warning. -ECONNABORTED with an error that says who is refused,
 * why, and what to write; with @force a warning, and 1.
 */
int ig_lockout_check(struct iotguard *ig, const struct iotguard_policy *policy,
		     const struct ig_machine_site *site, const struct iotguard_session *session,
		     bool force);
