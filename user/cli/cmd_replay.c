/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "helper.h"
#include "options.h"
#include "util.h"

struct replay_options {
	const char *inventory;
	bool learn_bindings;
	bool all;
	bool summary;
};

static const struct option_spec options[] = {
	OPTION_TEXT("inventory", struct replay_options, inventory, "INVENTORY",
		    "the policy to judge by (required)"),
	OPTION_FLAG("learn-bindings", 0, struct replay_options, learn_bindings,
		    "bind the first addresses that a device uses to it"),
	OPTION_FLAG("all", 'a', struct replay_options, all,
		    "print every packet, not only what is dropped (JSON always does)"),
	OPTION_FLAG("summary", 's', struct replay_options, summary, "print the summary only"),
	{0},
};

#define ARGUMENTS_MAX 16

/* What was parsed here is handed on in one spelling. */
static void build(const struct cli *cli, const char *path, const char **arguments)
{
	const struct replay_options *chosen = cli->options;
	size_t n = 0;

	arguments[n++] = path;
	arguments[n++] = "--inventory";
	arguments[n++] = chosen->inventory;
	arguments[n++] = cli->colour ? "--color=always" : "--color=never";
	if (cli->globals.json)
		arguments[n++] = "--json";
	if (chosen->learn_bindings)
		arguments[n++] = "--learn-bindings";
	if (chosen->all)
		arguments[n++] = "--all";
	if (chosen->summary)
		arguments[n++] = "--summary";
	arguments[n++] = "--";
	arguments[n++] = cli->operands[0];
	arguments[n] = NULL;
}

static int run(struct cli *cli)
{
	const struct replay_options *chosen = cli->options;
	const char *arguments[ARGUMENTS_MAX];
	char path[PATH_MAX];

	if (!chosen->inventory)
		return cli_usage_error(cli, NULL, "'replay' wants --inventory INVENTORY");
	if (helper_find("replay", path)) {
		cli_error(
			cli,
			"install libpcap and build again, or the package that has iotguard-replay",
			"the helper iotguard-replay is missing");
		return CLI_FAILED;
	}
	build(cli, path, arguments);
	fflush(stdout);
	execv(path, (char *const *)arguments);
	cli_error(cli, NULL, "%s: %s", path, strerror(errno));
	return CLI_FAILED;
}

const struct command cmd_replay = {
	.name = "replay",
	.operands = "CAPTURE --inventory INVENTORY",
	.summary = "Judge a capture by an inventory, with the real programs",
	.description =
		"CAPTURE is a pcap or pcapng of Ethernet, - for standard input. Nothing that\n"
		"is enforced is touched, but the kernel judges: it needs the privileges of\n"
		"apply.",
	.options = options,
	.options_size = sizeof(struct replay_options),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
