/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "output.h"
#include "util.h"
#include "words.h"

static int run(struct cli *cli)
{
	int released = iotguard_release(cli->ig, cli->operands[0]);
	char name[TEXT_USUAL];

	if (released < 0)
		return cli_fail_change(cli, released);
	cli_print_diags(cli);
	if (cli->globals.json)
		return output_json(json_pack("{s:o, s:b, s:o}", "device",
					     json_text(cli->operands[0]), "released", released,
					     "diagnostics", json_diags(cli)));
	printf(released ? "%s is out of quarantine: its policy holds again\n"
			: "%s is in no quarantine\n",
	       safe_text(cli->operands[0], name));
	return CLI_OK;
}

const struct command cmd_release = {
	.name = "release",
	.operands = "DEVICE",
	.summary = "End a quarantine",
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
