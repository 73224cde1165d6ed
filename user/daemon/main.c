/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguardd: see iotguardd(8). In the foreground; whoever starts it keeps its log.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "daemon.h"
#include "../cleanup.h"

#define SAVE_INTERVAL	  30
#define SAVE_INTERVAL_MAX 86400

/* --------------------------------------------------------------------------------- command line */

enum {
	OPT_STATE_DIR = 1,
	OPT_SAVE_DIR,
	OPT_SOCKET,
	OPT_SAVE_INTERVAL,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"state-dir", required_argument, NULL, OPT_STATE_DIR},
	{"save-dir", required_argument, NULL, OPT_SAVE_DIR},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"save-interval", required_argument, NULL, OPT_SAVE_INTERVAL},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void print_help(void)
{
	printf("usage: " PROGRAM " [OPTION...]\n"
	       "\n"
	       "Passes the events of iotguard on to any number of readers, reads the DNS answers that\n"
	       "the kernel's programs cannot, and saves what has to outlive a reboot. Stays in the\n"
	       "foreground; its log is standard error.\n"
	       "\n"
	       "  --state-dir DIR          where the kernel objects are pinned (" IOTGUARD_STATE_DIR
	       ")\n"
	       "  --save-dir DIR           where to save to (" IOTGUARD_SAVE_DIR ")\n"
	       "  --socket PATH            where readers come to (events.sock beside the state-dir)\n"
	       "  --save-interval SECONDS  how often to save (%d)\n"
	       "  --version                print the version\n"
	       "  -h, --help               print this\n",
	       SAVE_INTERVAL);
}

static int usage_error(const char *format, const char *text)
{
	char escaped[256];

	iotguard_escape_text(text, escaped, sizeof(escaped));
	fprintf(stderr, PROGRAM ": error: ");
	fprintf(stderr, format, escaped);
	fprintf(stderr, "\n    hint: `" PROGRAM " --help` lists the options\n");
	return DAEMON_USAGE;
}

static int take_interval(struct daemon_options *options, const char *text)
{
	unsigned long seconds;
	char *end;

	errno = 0;
	seconds = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || !seconds || seconds > SAVE_INTERVAL_MAX)
		return usage_error("--save-interval: '%s' is no number of seconds from 1 to 86400",
				   text);
	options->save_interval = (unsigned int)seconds;
	return DAEMON_OK;
}

/* @done: there is nothing more to do. */
static int take_option(struct daemon_options *options, int option, char **argv, bool *done)
{
	switch (option) {
	case OPT_STATE_DIR:
		options->state_dir = optarg;
		break;
	case OPT_SAVE_DIR:
		options->save_dir = optarg;
		break;
	case OPT_SOCKET:
		options->socket = optarg;
		break;
	case OPT_SAVE_INTERVAL:
		return take_interval(options, optarg);
	case OPT_VERSION:
		printf(PROGRAM " %s\n", iotguard_version());
		*done = true;
		break;
	case 'h':
		print_help();
		*done = true;
		break;
	case ':':
		return usage_error("'%s' wants a value", argv[optind - 1]);
	default:
		return usage_error("unknown option '%s'", argv[optind - 1]);
	}
	return DAEMON_OK;
}

static int parse(struct daemon_options *options, int argc, char **argv, bool *done)
{
	int option, status = DAEMON_OK;

	while (!status && !*done &&
	       (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
		status = take_option(options, option, argv, done);
	if (!status && !*done && optind < argc)
		return usage_error("no use for '%s'", argv[optind]);
	return status;
}

/* -------------------------------------------------------------------------------- running */

/* Whoever starts it, root included: what it does needs none, and what it is sent is hostile. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, none))
		return -errno;
	return 0;
}

static void on_signal(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	(void)events;
	watch_drain(watch);
	daemon->stopping = true;
}

static int catch_signals(struct daemon *daemon)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	daemon->signals.ready = on_signal;
	daemon->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return daemon->signals.fd < 0 ? -errno : watch_add(daemon, &daemon->signals, EPOLLIN);
}

static int prepare(struct daemon *daemon)
{
	struct iotguard_open_opts opts = IOTGUARD_OPTS(
		iotguard_open_opts, .state_dir = daemon->options.state_dir,
		.socket = daemon->options.socket, .save_dir = daemon->options.save_dir);
	int err = drop_capabilities();

	err = err ? err : iotguard_open(&daemon->ig, &opts);
	if (!err) {
		daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
		err = daemon->epoll < 0 ? -errno : catch_signals(daemon);
	}
	if (!err)
		err = notify_watchdog(daemon);
	if (err)
		fprintf(stderr, PROGRAM ": error: cannot begin: %s\n", strerror(-err));
	return err;
}

/* One at a time: the next one may be a reader that this one sends away. */
static int turn(struct daemon *daemon)
{
	struct epoll_event ready;
	int n = epoll_wait(daemon->epoll, &ready, 1, daemon->unfinished ? 0 : -1);

	if (n < 0 && errno != EINTR)
		return -errno;
	if (n > 0) {
		struct watch *watch = ready.data.ptr;

		watch->ready(daemon, watch, ready.events);
	}
	if (daemon->unfinished)
		source_read(daemon);
	source_note(daemon);
	return 0;
}

static int serve(struct daemon *daemon)
{
	int err = server_start(daemon);

	err = err ? err : save_start(daemon);
	err = err ? err : arrival_start(daemon);
	if (!err)
		notify("READY=1");
	while (!err && !daemon->stopping)
		err = turn(daemon);
	return err;
}

/* What readers are owed first; then the ring is free before they learn that it is. */
static void stop(struct daemon *daemon)
{
	notify("STOPPING=1");
	server_stop(daemon);
	source_note(daemon);
	save_now(daemon);
	socket_close(daemon);
	resolve_stop(daemon);
	source_stop(daemon);
	server_end(daemon);
}

static void clear(struct daemon *daemon)
{
	watch_close(&daemon->arrival);
	watch_close(&daemon->save_timer);
	watch_close(&daemon->watchdog);
	watch_close(&daemon->signals);
	iotguard_close(daemon->ig);
	say_clear(&daemon->say);
	if (daemon->epoll >= 0)
		close(daemon->epoll);
}

#define NO_WATCH         \
	{                \
		.fd = -1 \
	}

int main(int argc, char **argv)
{
	static struct daemon daemon = {
		.options = {.save_interval = SAVE_INTERVAL},
		.epoll = -1,
		.source_watch = NO_WATCH,
		.answers_watch = NO_WATCH,
		.arrival = NO_WATCH,
		.listener = NO_WATCH,
		.socket_lock = -1,
		.save_timer = NO_WATCH,
		.watchdog = NO_WATCH,
		.signals = NO_WATCH,
	};
	bool done = false;
	int err, status = parse(&daemon.options, argc, argv, &done);

	if (status || done)
		return status;
	gethostname(daemon.host, sizeof(daemon.host) - 1);
	err = prepare(&daemon);
	if (!err) {
		err = serve(&daemon);
		stop(&daemon);
	}
	clear(&daemon);
	return err ? DAEMON_FAILED : DAEMON_OK;
}
