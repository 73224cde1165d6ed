/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "output.h"
#include "util.h"

static int run(struct cli *cli)
{
	struct iotguard_apply_result result = {0};
	int err = iotguard_confirm(cli->ig, &result);

	if (err)
		return cli_fail_change(cli, err);
	cli_print_diags(cli);
	if (cli->globals.json)
		return output_json(json_pack("{s:b, s:o, s:o}", "confirmed", 1, "generation",
					     json_count(result.generation), "diagnostics",
					     json_diags(cli)));
	printf("confirmed: generation %llu stays in force\n",
	       (unsigned long long)result.generation);
	return CLI_OK;
}

const struct command cmd_confirm = {
	.name = "confirm",
	.summary = "Keep the policy that `apply --confirm` put on trial",
	.run = run,
};
