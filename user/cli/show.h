/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subjects of `show`: one file each. They return enum cli_exit; -ENOENT of the library is not
 * theirs to say.
 */
#pragma once

#include <jansson.h>

#include "cli.h"

int show_status(struct cli *cli);
int show_interfaces(struct cli *cli);
/* What is wrong with an interface, to be put behind its name; empty: nothing. */
const char *show_interface_trouble(const struct iotguard_interface_info *it);
int show_devices(struct cli *cli);
int show_leases(struct cli *cli);
int show_pins(struct cli *cli, const char *device); /* NULL: of all */
int show_flows(struct cli *cli);
int show_policy(struct cli *cli, const char *device); /* NULL: of all */
int show_stats(struct cli *cli);
int show_changes(struct cli *cli);
int show_mud(struct cli *cli);
/* When, what, by whom and how, to the end of a line. */
void show_change_line(const struct iotguard_change *change);
json_t *show_change_json(const struct iotguard_change *change);

/* What every subject does with a call that failed: nothing enforced is an answer, not an error. */
int show_fail(struct cli *cli, int err);

/*
 * The drop reasons of @reasons with the most packets first; sorts in place and returns how many
 * have any.
 */
size_t show_sort_drops(struct iotguard_reason_info *reasons, size_t count);

/*
 * Never NULL: a running program of a newer version may count reasons that this one does not know.
 */
const char *show_reason_token(unsigned int reason);
const char *show_reason_sentence(unsigned int reason);
