/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "output.h"
#include "util.h"

static int run(struct cli *cli)
{
	struct iotguard_apply_result result = {0};
	int err = iotguard_rollback(cli->ig, &result);

	if (err)
		return cli_fail_change(cli, err);
	cli_print_diags(cli);
	if (cli->globals.json)
		return output_json(
			json_pack("{s:b, s:b, s:o, s:o}", "rolled_back", 1, "enforced",
				  result.generation != 0, "generation",
				  result.generation ? json_count(result.generation) : json_null(),
				  "diagnostics", json_diags(cli)));
	if (!result.generation)
		printf("rolled back: nothing is enforced, traffic passes unfiltered\n");
	else
		printf("rolled back: the policy before is in force again, as generation %llu\n",
		       (unsigned long long)result.generation);
	return CLI_OK;
}

const struct command cmd_rollback = {
	.name = "rollback",
	.summary = "Put the policy before in force again, at once and whole",
	.description =
		"It lies in the kernel beside the one in force; no file is read, and\n"
		"none is changed: put the inventory back as well, or the next apply brings the\n"
		"change again. A second rollback undoes the first. A trial ends with it.",
	.run = run,
};
