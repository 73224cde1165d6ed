/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "inventory.h"
#include "options.h"
#include "plan.h"
#include "util.h"

struct plan_options {
	bool all;
	bool diff;
	bool alone;
	const char *against;
};

static const struct option_spec options[] = {
	OPTION_FLAG("all", 'a', struct plan_options, all,
		    "the policy of each machine as well as the difference"),
	OPTION_FLAG("diff", 0, struct plan_options, diff, "the difference alone"),
	OPTION_FLAG("alone", 0, struct plan_options, alone,
		    "compare with nothing: needs no privilege"),
	OPTION_TEXT("against", struct plan_options, against, "INVENTORY",
		    "compare with this one instead of the policy in force"),
	{0},
};

static int check_options(const struct cli *cli)
{
	const struct plan_options *chosen = cli->options;

	if (chosen->all && chosen->diff)
		return cli_usage_error(cli, NULL, "either --all or --diff");
	if (chosen->alone && (chosen->diff || chosen->against))
		return cli_usage_error(cli, NULL, "--alone compares with nothing");
	return CLI_OK;
}

static int make(struct cli *cli, const struct iotguard_policy *policy,
		const struct iotguard_policy *against, struct iotguard_plan **plan)
{
	const struct plan_options *chosen = cli->options;
	struct iotguard_plan_opts opts =
		IOTGUARD_OPTS(iotguard_plan_opts, .against = against, .alone = chosen->alone,
			      .names = cli->operands + 1, .n_names = cli->n_operands - 1);
	int err = iotguard_plan_make(cli->ig, policy, &opts, plan);

	return err ? cli_fail(cli, err) : CLI_OK;
}

static int print(struct cli *cli, const struct iotguard_plan *plan)
{
	const struct plan_options *chosen = cli->options;
	struct plan_choice choice = {.inventory = cli->operands[0]};
	struct iotguard_plan_info info;
	int status;

	iotguard_plan_describe(plan, &info);
	choice.difference = !chosen->alone;
	choice.policies = !chosen->diff && (chosen->all || cli->globals.json ||
					    cli->n_operands > 1 || !info.compared);
	status = cli->globals.json ? plan_print_json(plan, &choice)
				   : plan_print_text(cli, plan, &choice);
	if (!status && choice.difference && info.different)
		status = CLI_DIFFERENT;
	return status;
}

static int run(struct cli *cli)
{
	const struct plan_options *chosen = cli->options;
	_inventory_ struct iotguard_inventory *inventory = NULL, *old_inventory = NULL;
	_policy_ struct iotguard_policy *policy = NULL, *old_policy = NULL;
	_plan_ struct iotguard_plan *plan = NULL;
	const char *const *names = cli->operands + 1;
	size_t n = cli->n_operands - 1;
	int status = check_options(cli);

	if (!status)
		status = inventory_compile(cli, cli->operands[0], names, n, &inventory, &policy);
	if (!status && chosen->against)
		status = inventory_compile(cli, chosen->against, names, n, &old_inventory,
					   &old_policy);
	if (!status)
		status = make(cli, policy, old_policy, &plan);
	return status ? status : print(cli, plan);
}

const struct command cmd_plan = {
	.name = "plan",
	.operands = "INVENTORY [MACHINE|GROUP ...]",
	.summary = "What an inventory would change, and what it comes to",
	.description =
		"Says what each machine gains and loses if INVENTORY is applied, by what is\n"
		"allowed and not by how it is written, and changes nothing. Of the machines that\n"
		"are named, of all with --all, and where nothing is enforced, it also prints the\n"
		"policy: each rule with the place and the level that it comes from, and what only\n"
		"one of two machines allows. Exit 6 if anything would change, 0 if nothing.",
	.options = options,
	.options_size = sizeof(struct plan_options),
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.run = run,
};
