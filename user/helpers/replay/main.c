/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard-replay: a capture through the real programs, with maps of their own and the capture's
 * clock. `iotguard-load replay` starts it.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay.h"

#define OUTPUT_BUFFER (1u << 20)

/* -------------------------------------------------------------------------------------- opening */

static int open_inventory(struct replay *replay)
{
	int err = iotguard_inventory_load(replay->ig, replay->inventory_path, &replay->inventory);

	if (!err)
		err = iotguard_policy_compile(replay->ig, replay->inventory, &replay->policy);
	if (err)
		return inventory_failed(replay, err);
	say_diags(replay); /* warnings */
	return REPLAY_OK;
}

static int open_capture(struct replay *replay)
{
	char why[CAPTURE_WHY], hint[CAPTURE_WHY];
	int err = capture_open(replay->capture_path, &replay->capture, why, hint);

	if (!err)
		return REPLAY_OK;
	say_error(replay, replay->capture_path, hint, "%s", why);
	return err == -ENOMEM ? REPLAY_FAILED : REPLAY_INVALID;
}

static int open_instance(struct replay *replay)
{
	struct iotguard_instance_opts opts =
		IOTGUARD_OPTS(iotguard_instance_opts, .learn_bindings = replay->learn_bindings);
	int err = iotguard_instance_open(replay->ig, replay->policy, &opts, &replay->instance);

	if (err)
		return kernel_failed(replay, err, "loading the programs");
	say_diags(replay);
	return REPLAY_OK;
}

/* What needs no privilege is found wrong first. */
static int run(struct replay *replay)
{
	int err = iotguard_open(&replay->ig, NULL);
	int status;

	if (err) {
		say_error(replay, NULL, NULL, "%s", strerror(-err));
		return REPLAY_FAILED;
	}
	status = open_inventory(replay);
	if (!status)
		status = open_capture(replay);
	if (!status)
		status = open_instance(replay);
	return status ? status : replay_packets(replay);
}

static void clear(struct replay *replay)
{
	if (replay->instance)
		iotguard_instance_close(replay->instance);
	capture_close(replay->capture);
	iotguard_policy_free(replay->policy);
	iotguard_inventory_free(replay->inventory);
	iotguard_close(replay->ig);
}

/* --------------------------------------------------------------------------------- command line */

enum {
	OPT_INVENTORY = 1,
	OPT_JSON,
	OPT_LEARN,
	OPT_ALL,
	OPT_SUMMARY,
	OPT_COLOUR,
};

static const struct option long_options[] = {
	{"inventory", required_argument, NULL, OPT_INVENTORY},
	{"json", no_argument, NULL, OPT_JSON},
	{"learn-bindings", no_argument, NULL, OPT_LEARN},
	{"all", no_argument, NULL, OPT_ALL},
	{"summary", no_argument, NULL, OPT_SUMMARY},
	{"color", required_argument, NULL, OPT_COLOUR},
	{0},
};

static int usage(void)
{
	fprintf(stderr, "usage: iotguard-replay --inventory INVENTORY [--json] [--learn-bindings]\n"
			"                       [--all|--summary] [--color=always|never] CAPTURE\n"
			"    hint: `" PROGRAM " help replay` explains it\n");
	return REPLAY_USAGE;
}

static void take_option(struct replay *replay, int option)
{
	switch (option) {
	case OPT_INVENTORY:
		replay->inventory_path = optarg;
		break;
	case OPT_JSON:
		replay->report.json = true;
		break;
	case OPT_LEARN:
		replay->learn_bindings = true;
		break;
	case OPT_ALL:
		replay->report.detail = DETAIL_ALL;
		break;
	case OPT_SUMMARY:
		replay->report.detail = DETAIL_NONE;
		break;
	case OPT_COLOUR:
		replay->report.colour = !strcmp(optarg, "always");
		replay->colour_errors = replay->report.colour && isatty(STDERR_FILENO);
		break;
	}
}

static int parse(struct replay *replay, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return usage();
		take_option(replay, option);
	}
	if (!replay->inventory_path || optind + 1 != argc)
		return usage();
	replay->capture_path = argv[optind];
	return REPLAY_OK;
}

/* A reader that went away is no failure. */
static int finish_output(const struct replay *replay)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return REPLAY_OK;
	if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR))
		return REPLAY_OK;
	say_error(replay, NULL, NULL, "standard output: %s",
		  errno ? strerror(errno) : "could not be written");
	return REPLAY_FAILED;
}

int main(int argc, char **argv)
{
	static char buffer[OUTPUT_BUFFER];
	struct replay replay = {.report = {.out = stdout}};
	int status = parse(&replay, argc, argv);
	int finished;

	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	status = run(&replay);
	finished = finish_output(&replay);
	clear(&replay);
	return status ? status : finished;
}
