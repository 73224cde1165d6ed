/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

struct quarantine_options {
	uint64_t seconds;
	bool force;
};

static const struct option_spec options[] = {
	OPTION_SPAN("for", struct quarantine_options, seconds, "SPAN",
		    "it ends by itself after 90s, 5m, 1h, 2d (else with `release`)"),
	OPTION_FLAG("force", 0, struct quarantine_options, force,
		    "even if this runs over an SSH connection from that machine"),
	{0},
};

static int run(struct cli *cli)
{
	const struct quarantine_options *chosen = cli->options;
	struct iotguard_session session;
	struct iotguard_quarantine_opts opts =
		IOTGUARD_OPTS(iotguard_quarantine_opts, .device = cli->operands[0],
			      .seconds = chosen->seconds, .force = chosen->force);
	char name[TEXT_USUAL], span[NUMBER_TEXT];
	int err;

	if (!iotguard_session_find(&session))
		opts.session = &session;
	err = iotguard_quarantine(cli->ig, &opts);
	if (err)
		return cli_fail_change(cli, err);
	cli_print_diags(cli);
	if (cli->globals.json)
		return output_json(
			json_pack("{s:o, s:b, s:o, s:o}", "device", json_text(cli->operands[0]),
				  "quarantined", 1, "seconds",
				  chosen->seconds ? json_count(chosen->seconds) : json_null(),
				  "diagnostics", json_diags(cli)));
	printf("%s is in quarantine %s%s: only infrastructure, critical rules and the gateway's "
	       "management go on\n",
	       safe_text(cli->operands[0], name), chosen->seconds ? "for " : "until it is released",
	       chosen->seconds ? duration_text(chosen->seconds, span) : "");
	return CLI_OK;
}

const struct command cmd_quarantine = {
	.name = "quarantine",
	.operands = "DEVICE",
	.summary = "Cut a device or host off, but for what must go on",
	.description =
		"From its next packet on, conversations that it has already included. What goes\n"
		"on: infrastructure (addresses, names, time), rules marked `critical`, and the\n"
		"gateway's management. The end lies in the kernel.",
	.options = options,
	.options_size = sizeof(struct quarantine_options),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
