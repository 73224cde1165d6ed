/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include "cli.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

struct detach_options {
	bool all;
};

static const struct option_spec options[] = {
	OPTION_FLAG("all", 0, struct detach_options, all, "every interface, and forget the policy"),
	{0},
};

/* @interface NULL: all. */
static int print_result(const struct cli *cli, const char *interface, int released)
{
	char name[TEXT_USUAL];

	if (cli->globals.json)
		return output_json(json_pack("{s:i, s:o, s:o}", "detached", released, "interface",
					     json_text(interface), "diagnostics", json_diags(cli)));
	if (interface)
		printf("%s: traffic now passes unfiltered\n", safe_text(interface, name));
	else
		printf("detached from %d %s: traffic now passes unfiltered\n", released,
		       plural((uint64_t)released, "interface", "interfaces"));
	return CLI_OK;
}

static int run(struct cli *cli)
{
	const struct detach_options *chosen = cli->options;
	const char *interface = cli->n_operands ? cli->operands[0] : NULL;
	int released;

	if (chosen->all == (interface != NULL))
		return cli_usage_error(cli, NULL, "'detach' wants an interface, or --all");
	released = iotguard_detach(cli->ig, interface);
	/* Asking for what is so already is no failure, for scripts that clean up. */
	if (released == -ENOENT && !interface && !cli->globals.json)
		return cli_nothing_enforced(cli);
	if (released == -ENOENT && !interface)
		released = 0;
	if (released < 0)
		return cli_fail(cli, released);
	cli_print_diags(cli);
	return print_result(cli, interface, released);
}

const struct command cmd_detach = {
	.name = "detach",
	.operands = "INTERFACE|--all",
	.summary = "Stop guarding an interface, or all: traffic passes unfiltered",
	.options = options,
	.options_size = sizeof(struct detach_options),
	.max_operands = 1,
	.run = run,
};
