/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DHCP servers have given: the lease files of dnsmasq and of Kea, told apart by what is in
 * them. Whatever is wrong with a file is a warning, and what can be read of it is read.
 */
#pragma once

#include "diag.h"
#include "known.h"
#include "model.h"

/* Adds the leases in @path that did not end. False: there is no such file, which is not said.
 * @err: 0, -ENOMEM. */
bool ig_lease_file_read(struct ig_diags *diags, const char *path, struct ig_known *known, int *err);

/* Adds those of the files that the inventory names, or else of the usual places; of two files that
 * have the same address, the one that was written last counts. 0, -ENOMEM. */
int ig_lease_files_read(struct ig_diags *diags, const struct ig_gateway *gateway,
			struct ig_known *known);
