/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard-load: one command, then the end. What is enforced stays when it is gone.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "output.h"
#include "util.h"

const struct command *const commands[] = {
	&cmd_check,	 &cmd_plan,    &cmd_apply,   &cmd_confirm, &cmd_rollback,   &cmd_detach,
	&cmd_quarantine, &cmd_release, &cmd_explain, &cmd_show,	   &cmd_events,	    &cmd_doctor,
	&cmd_mud,	 &cmd_replay,  &cmd_version, &cmd_help,	   &cmd_completion, NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

static int open_handle(struct cli *cli)
{
	struct iotguard_open_opts opts =
		IOTGUARD_OPTS(iotguard_open_opts, .state_dir = cli->globals.state_dir,
			      .save_dir = cli->globals.save_dir, .socket = cli->globals.socket);
	int err = iotguard_open(&cli->ig, &opts);

	if (!err)
		return CLI_OK;
	cli_error(cli, NULL, "%s: %s", cli->globals.state_dir ? cli->globals.state_dir : PROGRAM,
		  strerror(-err));
	return CLI_FAILED;
}

static int run(struct cli *cli)
{
	int status = open_handle(cli);

	if (status)
		return status;
	status = cli->command->run(cli);
	cli_print_diags(cli);
	iotguard_close(cli->ig);
	return status;
}

/* `--help` and `--version` win over the command; no command at all is `show`. */
static void choose_command(struct cli *cli, const char **operands)
{
	if (cli->globals.help) {
		operands[0] = cli->command ? cli->command->name : NULL;
		cli->n_operands = cli->command != NULL;
		cli->command = &cmd_help;
	} else if (cli->globals.version) {
		cli->command = &cmd_version;
	} else if (!cli->command) {
		cli->command = &cmd_show;
	}
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	_free_ const char **operands = calloc((size_t)argc + 1, sizeof(*operands));
	_free_ void *options = NULL;
	int status, finished;

	/* A reader that goes away is no error: writing then fails, and says so. */
	signal(SIGPIPE, SIG_IGN);
	output_choose_colour(&cli);
	if (!operands) {
		cli_error(&cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	status = options_parse(&cli, argc, argv, operands);
	options = cli.options;
	output_choose_colour(&cli);
	if (status)
		return status;
	choose_command(&cli, operands);
	status = run(&cli);
	finished = output_finish(&cli);
	return status ? status : finished;
}
