/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 neighbours that the gateway knows already, asked of the kernel by rtnetlink. */
#pragma once

#include "known.h"
#include "site.h"

/* Adds, as claims of a day, whoever the gateway can reach at guarded ports: on these themselves,
 * on a bridge of theirs, and on VLANs of either. 0, -errno. */
int ig_neighbours_read(const struct ig_machine_site *site, struct ig_known *known);
