/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

struct events_options {
	bool follow;
	const char *device;
	const char *reason;
	const char *type;
	uint64_t count;
};

static const struct option_spec options[] = {
	OPTION_FLAG("follow", 'f', struct events_options, follow,
		    "wait for more, until interrupted"),
	OPTION_TEXT("device", struct events_options, device, "NAME|MAC", "only of this device"),
	OPTION_TEXT("reason", struct events_options, reason, "REASON",
		    "only of this reason (`" PROGRAM " help reasons`)"),
	OPTION_TEXT("type", struct events_options, type,
		    "drop|would-drop|new-flow|new-device|name|mud-url|policy|loss",
		    "only of this type"),
	OPTION_NUMBER("count", struct events_options, count, "N", "stop after so many"),
	{0},
};

#define ENOUGH 1 /* the handler wants no more */
#define OUTPUT_BUFFER \
	(1 << 16) /* written at once while more waits; a line that is alone is not kept back */

struct reader {
	struct cli *cli;
	const struct events_options *options;
	char host[256];
	char name[256]; /* of the device that is wanted, also where its MAC address was given */
	uint64_t shown;
	bool stopped;
};

/* ------------------------------------------------------------------------------- which, and how */

static bool is_type(const struct iotguard_event *event, const char *type)
{
	return !strcmp(event->type, type);
}

/* A change of the policy has no frame, and so no MAC address. */
static bool is_device(const struct reader *reader, const struct iotguard_event *event)
{
	const char *wanted = reader->options->device;
	char mac[ADDRESS_TEXT];

	if (event->device &&
	    (!strcmp(event->device, wanted) || !strcmp(event->device, reader->name)))
		return true;
	if (is_type(event, "policy"))
		return false;
	mac_text(event->from_device ? event->src_mac : event->dst_mac, mac);
	return !strcasecmp(mac, wanted);
}

/*
 * A loss is always shown: silence has to be told from it. What was done to a device belongs to it; other changes of the
 * policy are about no device and have no reason.
 */
static bool is_wanted(const struct reader *reader, const struct iotguard_event *event)
{
	const struct events_options *wanted = reader->options;

	if (is_type(event, "loss"))
		return true;
	if (wanted->type && !is_type(event, wanted->type))
		return false;
	if (wanted->device && !is_device(reader, event))
		return false;
	return !wanted->reason || (event->reason && !strcmp(event->reason, wanted->reason));
}

static void print_event(const struct reader *reader, const struct iotguard_event *event)
{
	char line[IOTGUARD_EVENT_TEXT_MAX + 1];
	size_t n;

	if (reader->cli->globals.json)
		n = iotguard_event_json(event, reader->host, line, IOTGUARD_EVENT_TEXT_MAX);
	else
		n = iotguard_event_text(event, reader->cli->colour, line, IOTGUARD_EVENT_TEXT_MAX);
	line[n++] = '\n';
	fwrite_unlocked(line, 1, n, stdout);
}

static int handle(const struct iotguard_event *event, void *context)
{
	struct reader *reader = context;

	if (!is_wanted(reader, event))
		return 0;
	print_event(reader, event);
	reader->shown++;
	reader->stopped = ferror_unlocked(stdout) || reader->shown == reader->options->count;
	return reader->stopped ? ENOUGH : 0;
}

/* ------------------------------------------------------------------------------------ following */

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

/* The signals are let in only while waiting, so that none comes between the look and the wait. */
static void catch_signals(sigset_t *while_waiting)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, while_waiting);
	sigdelset(while_waiting, SIGINT);
	sigdelset(while_waiting, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Until there is an event, a signal, or nobody left to read what is printed. 0, or -errno. */
static int wait_for_more(struct reader *reader, int fd, const sigset_t *while_waiting)
{
	struct pollfd polled[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = STDOUT_FILENO}, /* POLLERR: the reader is gone */
	};

	if (fflush(stdout)) {
		reader->stopped = true;
		return 0;
	}
	cli_print_diags(reader->cli); /* where events come from may have changed */
	if (ppoll(polled, ARRAY_SIZE(polled), NULL, while_waiting) < 0 && errno != EINTR)
		return -errno;
	if (polled[1].revents & POLLERR)
		reader->stopped = true;
	return 0;
}

static int read_events(struct reader *reader, struct iotguard_events *events)
{
	int n = iotguard_events_read(events, handle, reader);

	return n < 0 ? n : 0;
}

static int follow(struct reader *reader, struct iotguard_events *events)
{
	sigset_t while_waiting;
	int err;

	catch_signals(&while_waiting);
	err = read_events(reader, events);
	while (!err && !reader->stopped && !interrupted) {
		err = wait_for_more(reader, iotguard_events_fd(events), &while_waiting);
		if (!err && !reader->stopped && !interrupted)
			err = read_events(reader, events);
	}
	return err;
}

/* ---------------------------------------------------------------------------------- the command */

static bool is_mac(const char *text)
{
	unsigned int b[6];
	int n = 0;

	return sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		      &n) == 6 &&
	       !text[n];
}

/* A name that nobody has would wait in silence for ever. */
static int check_device(struct cli *cli, struct reader *reader)
{
	_array_ struct iotguard_device_info *devices = NULL;
	const char *wanted = reader->options->device;
	char mac[ADDRESS_TEXT];
	size_t count = 0;
	int err;

	if (!wanted)
		return CLI_OK;
	err = iotguard_devices(cli->ig, &devices, &count);
	if (err)
		return cli_fail(cli, err);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(devices[i].name, wanted) &&
		    strcasecmp(mac_text(devices[i].mac, mac), wanted))
			continue;
		snprintf(reader->name, sizeof(reader->name), "%s", devices[i].name);
		return CLI_OK;
	}
	if (is_mac(wanted))
		return CLI_OK;
	cli_error(cli, "`" PROGRAM " show devices` lists them; a MAC address will do, too",
		  "no device or host of the policy in force is called '%s'", wanted);
	return CLI_FAILED;
}

static int check_type(struct cli *cli, const char *type)
{
	static const char *const types[] = {
		"drop", "would-drop", "new-flow", "new-device", "name", "mud-url", "policy", "loss",
	};

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++) {
		if (!strcmp(types[i], type))
			return CLI_OK;
	}
	return type ? cli_usage_error(
			      cli,
			      "drop, would-drop, new-flow, new-device, name, mud-url, policy, loss",
			      "no event is of the type '%s'", type)
		    : CLI_OK;
}

static int run(struct cli *cli)
{
	struct reader reader = {.cli = cli, .options = cli->options};
	struct iotguard_events_opts opts =
		IOTGUARD_OPTS(iotguard_events_opts, .once = !reader.options->follow);
	_events_ struct iotguard_events *events = NULL;
	int err, status;

	if (reader.options->reason && !iotguard_reason_number(reader.options->reason))
		return cli_usage_error(cli, "`" PROGRAM " help reasons` lists them",
				       "no reason is called '%s'", reader.options->reason);
	status = check_type(cli, reader.options->type);
	if (status)
		return status;
	err = iotguard_events_open_with(cli->ig, &opts, &events);
	if (err)
		return err == -ENOENT ? cli_nothing_enforced(cli) : cli_fail(cli, err);
	status = check_device(cli, &reader);
	if (status)
		return status;
	gethostname(reader.host, sizeof(reader.host) - 1);
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	err = reader.options->follow ? follow(&reader, events) : read_events(&reader, events);
	return err ? cli_fail(cli, err) : CLI_OK;
}

const struct command cmd_events = {
	.name = "events",
	.operands = "",
	.summary = "Print what was dropped and why, and what was changed, as it comes",
	.description =
		"Without --follow: what waits in the kernel, where events are read once, by one\n"
		"reader at a time, also those that --device, --reason or --type leave out; or, where\n"
		"iotguardd runs, the latest that it keeps, for any number of readers. Changes of the\n"
		"policy are events, too; --device has those that are about that device. Losses are\n"
		"always shown. With --json one object a line, in the shape of EVE, as Suricata writes it.",
	.options = options,
	.options_size = sizeof(struct events_options),
	.run = run,
};
