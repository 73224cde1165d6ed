/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	bench_events [library|loader|latency|daemon|dns]...
 *
 * From the kernel to a line: events a second of one core, and that what is made is what is sent, suppressed and lost, at
 * each reader. Events are made by the program on the packet path, from refused frames of which no two are the same.
 *
 * What counts is the CPU time of whoever reads: the thread here, iotguard-load from its start to its end, iotguardd.
 * While speed is measured, no more is made than a reader takes; then as much as can be, and nobody may lose one uncounted:
 * that ends the program with a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "events_lab.h"
#include "ring.h"
#include "stats.h"
#include "util.h"

#define TARGET	    200000
#define ROUNDS_MAX  64
#define FILL	    7000  /* the ring holds some more */
#define FILLS	    8	  /* of a round */
#define STREAMED    60000 /* events of a round that another process reads */
#define BURST	    500	  /* of them that are made at once */
#define AHEAD	    1000 /* that are made before they are read: iotguardd keeps so many for each reader */
#define OVERLOAD    300000
#define ALONE	    500 /* events that come one at a time */
#define ANSWERS	    50000
#define READERS_MAX 4
#define PATIENCE_MS 30000

static struct lab lab;
static struct ig_ring ring;
static size_t rounds;
static const char *build;

typedef void (*make_fn)(struct lab *lab, uint32_t n);

static void nap(long us)
{
	struct timespec ts = {.tv_nsec = us * 1000};

	nanosleep(&ts, NULL);
}

static void say(const char *name, const char *parameters, double *values, double at_least)
{
	struct bench_row row = {
		.group = "events",
		.name = name,
		.unit = "1/s",
		.parameters = parameters,
		.at_least = at_least,
	};

	bench_summarize(&row, values, rounds);
	bench_say(&row);
}

/* --- who has had what --- */

static uint64_t made(void)
{
	return lab_counted(&lab);
}

static void account(const char *who, uint64_t had, uint64_t told_lost, uint64_t suppressed,
		    uint64_t expected)
{
	fprintf(stderr, "%s: %lu made; %lu read, %lu told as lost, %lu suppressed\n", who,
		(unsigned long)expected, (unsigned long)had, (unsigned long)told_lost,
		(unsigned long)suppressed);
	if (had + told_lost + suppressed == expected)
		return;
	fprintf(stderr, "bench_events: %s: lost and not counted\n", who);
	exit(1);
}

static uint64_t suppressed(void)
{
	struct ig_event_counter counter;

	if (ig_stats_events(&lab.live, &counter))
		bench_die("counters", errno);
	return counter.suppressed;
}

/* --- the library's reader --- */

enum form { FORM_NONE, FORM_TEXT, FORM_JSON };

struct reading {
	enum form form;
	uint64_t had, lost, bytes;
};

static int take(const struct iotguard_event *event, void *context)
{
	struct reading *reading = context;
	char text[IOTGUARD_EVENT_TEXT_MAX];

	if (!strcmp(event->type, "loss"))
		reading->lost += event->lost;
	else
		reading->had++;
	if (reading->form == FORM_TEXT)
		reading->bytes += iotguard_event_text(event, false, text, sizeof(text));
	else if (reading->form == FORM_JSON)
		reading->bytes += iotguard_event_json(event, "gateway", text, sizeof(text));
	return 0;
}

static struct iotguard_events *open_events(void)
{
	struct iotguard_events_opts opts = IOTGUARD_OPTS(iotguard_events_opts, .ring = true);
	struct iotguard_events *events;
	int err = iotguard_events_open_with(lab.ig, &opts, &events);

	if (err)
		bench_die("opening events", err);
	return events;
}

static void read_all(struct iotguard_events *events, struct reading *reading)
{
	int n = iotguard_events_read(events, take, reading);

	if (n < 0)
		bench_die("reading events", n);
}

static double library_round(struct iotguard_events *events, make_fn make, struct reading *reading)
{
	uint64_t spent = 0, before = reading->had;

	for (int i = 0; i < FILLS; i++) {
		uint64_t start;

		make(&lab, FILL);
		start = bench_cpu_ns();
		read_all(events, reading);
		spent += bench_cpu_ns() - start;
	}
	return (double)(reading->had - before) * BENCH_NS / (double)spent;
}

static void library_speed(void)
{
	static const struct {
		const char *name, *parameters;
		enum form form;
		make_fn make;
		double at_least;
	} cases[] = {
		{"the library reads", "\"names\":0", FORM_NONE, lab_refuse, 0},
		{"the library reads and writes text", "\"names\":0", FORM_TEXT, lab_refuse, 0},
		{"the library reads and writes NDJSON", "\"names\":0", FORM_JSON, lab_refuse,
		 TARGET},
		{"the library reads and writes NDJSON", "\"names\":1", FORM_JSON, lab_refuse_named,
		 TARGET},
	};
	struct iotguard_events *events = open_events();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading reading = {.form = cases[i].form};
		uint64_t before, before_suppressed;
		double values[ROUNDS_MAX];

		if (cases[i].make == lab_refuse_named)
			lab_name(&lab);
		read_all(events, &reading); /* what naming made */
		reading = (struct reading){.form = cases[i].form};
		before = made();
		before_suppressed = suppressed();
		for (size_t k = 0; k < rounds; k++)
			values[k] = library_round(events, cases[i].make, &reading);
		account(cases[i].name, reading.had, reading.lost, suppressed() - before_suppressed,
			made() - before);
		say(cases[i].name, cases[i].parameters, values, cases[i].at_least);
		fprintf(stderr, "  %.0f bytes an event\n",
			(double)reading.bytes / (double)reading.had);
	}
	iotguard_events_close(events);
}

/* The ring is full most of the time, and read when it is. */
static void library_overload(void)
{
	struct iotguard_events *events = open_events();
	struct reading reading = {.form = FORM_JSON};
	uint64_t before = made(), before_suppressed = suppressed();

	for (int i = 0; i < 20; i++) {
		lab_refuse(&lab, OVERLOAD / 20);
		read_all(events, &reading);
	}
	account("the library, overloaded", reading.had, reading.lost,
		suppressed() - before_suppressed, made() - before);
	iotguard_events_close(events);
}

/* --- lines that somebody else writes --- */

struct stream {
	int fd;
	uint64_t lines; /* of events; the thread writes */
	uint64_t lost;
	bool ended;
	size_t kept; /* of a line that is not whole yet */
	char buffer[1 << 18];
};

static void count_line(struct stream *stream, const char *line, size_t length)
{
	const char *lost = memmem(line, length, "\"event\":\"loss\",\"lost\":", 22);

	if (lost)
		__atomic_add_fetch(&stream->lost, strtoull(lost + 22, NULL, 10), __ATOMIC_RELEASE);
	else
		__atomic_add_fetch(&stream->lines, 1, __ATOMIC_RELEASE);
}

/* Counts what comes. False: the end. */
static bool drain(struct stream *stream)
{
	ssize_t n = read(stream->fd, stream->buffer + stream->kept,
			 sizeof(stream->buffer) - stream->kept);
	char *line = stream->buffer, *end;
	size_t size;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	size = stream->kept + (size_t)n;
	while ((end = memchr(line, '\n', size))) {
		count_line(stream, line, (size_t)(end - line));
		size -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(stream->buffer, line, size);
	stream->kept = size;
	return true;
}

struct streams {
	struct stream *items;
	size_t n;
	pthread_t thread;
};

static void *drain_all(void *context)
{
	struct streams *streams = context;
	struct pollfd polled[READERS_MAX];
	size_t open = streams->n;

	while (open) {
		for (size_t i = 0; i < streams->n; i++)
			polled[i] = (struct pollfd){
				.fd = streams->items[i].ended ? -1 : streams->items[i].fd,
				.events = POLLIN,
			};
		poll(polled, streams->n, -1);
		for (size_t i = 0; i < streams->n; i++) {
			if (polled[i].fd >= 0 && polled[i].revents && !drain(&streams->items[i])) {
				streams->items[i].ended = true;
				open--;
			}
		}
	}
	return NULL;
}

static void streams_start(struct streams *streams)
{
	int err = pthread_create(&streams->thread, NULL, drain_all, streams);

	if (err)
		bench_die("a thread", err);
}

/* Their other ends are closed. */
static void streams_end(struct streams *streams)
{
	pthread_join(streams->thread, NULL);
	for (size_t i = 0; i < streams->n; i++)
		close(streams->items[i].fd);
	free(streams->items);
}

static uint64_t accounted(const struct stream *stream)
{
	return __atomic_load_n(&stream->lines, __ATOMIC_ACQUIRE) +
	       __atomic_load_n(&stream->lost, __ATOMIC_ACQUIRE);
}

static uint64_t least_accounted(const struct streams *streams)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < streams->n; i++) {
		uint64_t n = accounted(&streams->items[i]);

		least = n < least ? n : least;
	}
	return least;
}

/* Until every reader has had, or been told to lack, so many; false where that does not come. */
static bool await(const struct streams *streams, uint64_t n)
{
	uint64_t until = bench_now_ns() + PATIENCE_MS * 1000000ull;

	while (least_accounted(streams) < n) {
		if (bench_now_ns() > until)
			return false;
		nap(50);
	}
	return true;
}

/* As fast as the slowest reader takes them, and no faster. */
static void make_at_pace(const struct streams *streams, uint32_t n)
{
	uint64_t base = least_accounted(streams);
	uint32_t done = 0;

	while (done < n) {
		uint64_t had = least_accounted(streams) - base;

		if (done - had > AHEAD - BURST) {
			nap(20);
			continue;
		}
		lab_refuse(&lab, BURST);
		done += BURST;
	}
	if (!await(streams, base + n))
		bench_die("a reader does not get what was made", ETIMEDOUT);
}

/* The same where nobody sees what is written: the ring tells. */
static void make_at_ring_pace(uint32_t n)
{
	for (uint32_t done = 0; done < n; done += BURST) {
		while (*ring.producer - *(volatile uint64_t *)ring.consumer > ring.size / 2)
			nap(20);
		lab_refuse(&lab, BURST);
	}
}

/* --- other processes --- */

static pid_t start(int out, const char *program, char *const argv[])
{
	char path[512];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", build, program);
	pid = fork();
	if (pid < 0)
		bench_die("fork", errno);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left where a measurement fails */
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	execv(path, argv);
	perror(path);
	_exit(127);
}

static double seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

/* CPU seconds that it took from its start to its end. */
static double end_of(pid_t pid, const char *what)
{
	struct rusage usage;
	int status;

	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		bench_die(what, ECHILD);
	return seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}

static double cpu_of(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
		bench_die("the daemon's CPU time", ESRCH);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- iotguard-load events --- */

static pid_t start_loader(int out, bool json, const char *count)
{
	char *argv[] = {
		(char *)"iotguard-load",
		(char *)"--state-dir",
		lab.state_dir,
		(char *)"events",
		(char *)"--follow",
		(char *)"--count",
		(char *)count,
		json ? (char *)"--json" : NULL,
		NULL,
	};

	return start(out, "iotguard-load", argv);
}

static double loader_to_nowhere(bool json)
{
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char count[16];
	pid_t pid;

	snprintf(count, sizeof(count), "%d", STREAMED);
	pid = start_loader(out, json, count);
	close(out);
	make_at_ring_pace(STREAMED);
	return STREAMED / end_of(pid, "iotguard-load events");
}

static struct streams open_pipe(int *out)
{
	struct streams streams = {.items = calloc(1, sizeof(struct stream)), .n = 1};
	int ends[2];

	if (!streams.items || pipe2(ends, O_CLOEXEC))
		bench_die("a pipe", errno);
	streams.items->fd = ends[0];
	*out = ends[1];
	return streams;
}

static double loader_to_pipe(bool json)
{
	struct streams streams;
	char count[16];
	double spent;
	pid_t pid;
	int out;

	streams = open_pipe(&out);
	snprintf(count, sizeof(count), "%d", STREAMED);
	pid = start_loader(out, json, count);
	close(out);
	streams_start(&streams);
	make_at_ring_pace(STREAMED);
	spent = end_of(pid, "iotguard-load events");
	account("iotguard-load events", streams.items->lines, 0, 0, STREAMED);
	streams_end(&streams);
	return STREAMED / spent;
}

static void loader_speed(void)
{
	static const struct {
		const char *name, *parameters;
		double (*round)(bool json);
		bool json;
		double at_least;
	} cases[] = {
		{"iotguard-load events, NDJSON", "\"to\":\"/dev/null\"", loader_to_nowhere, true,
		 TARGET},
		{"iotguard-load events, NDJSON", "\"to\":\"a pipe\"", loader_to_pipe, true, TARGET},
		{"iotguard-load events, text", "\"to\":\"/dev/null\"", loader_to_nowhere, false, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double values[ROUNDS_MAX];

		for (size_t k = 0; k < rounds; k++)
			values[k] = cases[i].round(cases[i].json);
		say(cases[i].name, cases[i].parameters, values, cases[i].at_least);
	}
}

static void loader_overload(void)
{
	uint64_t before = made(), before_suppressed = suppressed(), expected;
	struct streams streams;
	pid_t pid;
	int out;

	streams = open_pipe(&out);
	pid = start_loader(out, true, "1000000000");
	close(out);
	streams_start(&streams);
	lab_refuse(&lab, OVERLOAD);
	expected = made() - before - (suppressed() - before_suppressed);
	await(&streams, expected);
	kill(pid, SIGINT);
	end_of(pid, "iotguard-load events");
	account("iotguard-load events, overloaded", streams.items->lines, streams.items->lost,
		suppressed() - before_suppressed, made() - before);
	streams_end(&streams);
}

/* --- iotguardd --- */

static int connect_to_daemon(const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, lab.socket);
	for (int tries = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)); tries++) {
		if (tries == PATIENCE_MS)
			bench_die("iotguardd does not listen", errno);
		nap(1000);
	}
	if (write(fd, command, strlen(command)) != (ssize_t)strlen(command))
		bench_die("asking iotguardd", errno);
	return fd;
}

/* @n readers, which it knows of when they have had the first event. */
static void connect_readers(struct streams *streams, size_t n)
{
	*streams = (struct streams){.items = calloc(n, sizeof(struct stream)), .n = n};
	if (!streams->items)
		bench_die("readers", ENOMEM);
	for (size_t i = 0; i < n; i++)
		streams->items[i].fd = connect_to_daemon("follow\n");
	streams_start(streams);
	while (!least_accounted(streams)) {
		lab_refuse(&lab, 1);
		nap(1000);
	}
	nap(10000); /* none of these is on its way any more */
	for (size_t i = 0; i < n; i++)
		streams->items[i].lines = 0;
}

static pid_t start_daemon(void)
{
	char *argv[] = {
		(char *)"iotguardd", (char *)"--state-dir", lab.state_dir, (char *)"--socket",
		lab.socket,	     (char *)"--save-dir",  lab.dir,	   NULL,
	};

	return start(-1, "iotguardd", argv);
}

static void daemon_with(size_t readers)
{
	uint64_t before, before_suppressed;
	double values[ROUNDS_MAX];
	char parameters[64];
	struct streams streams;
	pid_t pid = start_daemon();

	connect_readers(&streams, readers);
	for (size_t i = 0; i < rounds; i++) {
		double start = cpu_of(pid);

		make_at_pace(&streams, STREAMED);
		values[i] = STREAMED / (cpu_of(pid) - start);
	}
	snprintf(parameters, sizeof(parameters), "\"readers\":%zu", readers);
	say("iotguardd, NDJSON", parameters, values, TARGET);
	for (size_t i = 0; i < readers; i++)
		account("iotguardd", streams.items[i].lines, streams.items[i].lost, 0,
			STREAMED * rounds);
	for (size_t i = 0; i < readers; i++)
		streams.items[i].lines = streams.items[i].lost = 0;
	before = made();
	before_suppressed = suppressed();
	lab_refuse(&lab, OVERLOAD);
	await(&streams, made() - before - (suppressed() - before_suppressed));
	for (size_t i = 0; i < readers; i++)
		account("iotguardd, overloaded", streams.items[i].lines, streams.items[i].lost,
			suppressed() - before_suppressed, made() - before);
	kill(pid, SIGTERM);
	end_of(pid, "iotguardd");
	streams_end(&streams);
}

/* What comes from there is parsed as whatever a stranger may have sent, and written anew. */
static void loader_behind_daemon(void)
{
	double values[ROUNDS_MAX];
	struct streams streams;
	pid_t daemon = start_daemon(), loader;
	int out;

	close(connect_to_daemon("recent\n")); /* it listens */
	streams = open_pipe(&out);
	loader = start_loader(out, true, "1000000000");
	close(out);
	streams_start(&streams);
	while (!least_accounted(&streams)) {
		lab_refuse(&lab, 1);
		nap(1000);
	}
	nap(100000); /* what the daemon had kept has come, too */
	for (size_t i = 0; i < rounds; i++) {
		double start = cpu_of(loader);

		make_at_pace(&streams, STREAMED);
		values[i] = STREAMED / (cpu_of(loader) - start);
	}
	kill(loader, SIGINT);
	end_of(loader, "iotguard-load events");
	kill(daemon, SIGTERM);
	end_of(daemon, "iotguardd");
	streams_end(&streams);
	say("iotguard-load events, NDJSON", "\"from\":\"iotguardd\"", values, 0);
}

/* --- one at a time --- */

static void read_line(int fd)
{
	char bytes[IOTGUARD_EVENT_TEXT_MAX];
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
	} while (n > 0 && bytes[n - 1] != '\n');
	if (n <= 0)
		bench_die("a line does not come", n ? errno : EPIPE);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* From before the packet to behind the line. */
static void latency(const char *name, int fd)
{
	double values[ALONE];

	lab_refuse(&lab, 1);
	read_line(fd); /* it is there */
	for (int i = 0; i < ALONE; i++) {
		uint64_t start;

		nap(1000); /* all wait again */
		start = bench_now_ns();
		lab_refuse(&lab, 1);
		read_line(fd);
		values[i] = (double)(bench_now_ns() - start) / 1e3;
	}
	qsort(values, ALONE, sizeof(*values), compare);
	for (int p = 50; p < 100; p += 49) {
		struct bench_row row = {
			.group = "events",
			.name = name,
			.unit = "us",
			.parameters = p == 50 ? "\"percentile\":50" : "\"percentile\":99",
			.value = values[ALONE * p / 100],
			.min = values[0],
			.max = values[ALONE - 1],
		};

		bench_say(&row);
	}
}

static void latencies(void)
{
	int ends[2], fd;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		bench_die("a pipe", errno);
	pid = start_loader(ends[1], true, "1000000000");
	close(ends[1]);
	latency("from the packet to the line of iotguard-load", ends[0]);
	kill(pid, SIGINT);
	end_of(pid, "iotguard-load events");
	close(ends[0]);
	pid = start_daemon();
	fd = connect_to_daemon("follow\n");
	nap(100000);
	latency("from the packet to the line of iotguardd", fd);
	kill(pid, SIGTERM);
	end_of(pid, "iotguardd");
	close(fd);
}

/* --- DNS --- */

static void pins_of_programs(void)
{
	double values[ROUNDS_MAX];

	for (size_t i = 0; i < rounds; i++)
		values[i] =
			(double)ANSWERS * LAB_ADDRESSES * BENCH_NS / (double)lab_pin(&lab, ANSWERS);
	say("addresses pinned by the program", "\"addresses\":4", values, 0);
}

/* What iotguardd does with answers over TCP. */
static void pins_of_answers(void)
{
	double values[ROUNDS_MAX];
	struct iotguard_answers *answers;
	int err = iotguard_answers_open(lab.ig, &answers);

	if (err)
		bench_die("opening answers", err);
	for (size_t i = 0; i < rounds; i++) {
		uint64_t spent = 0, pinned = 0;

		lab_connect_resolver(&lab);
		for (int k = 0; k < 50; k++) {
			uint64_t start;
			int n;

			for (int m = 0; m < 64; m++)
				lab_answer_stream(&lab);
			start = bench_cpu_ns();
			n = iotguard_answers_read(answers);
			spent += bench_cpu_ns() - start;
			if (n != 64)
				bench_die("answers over TCP are not read", n < 0 ? n : EPROTO);
			pinned += (uint64_t)n * LAB_ADDRESSES;
		}
		values[i] = (double)pinned * BENCH_NS / (double)spent;
	}
	iotguard_answers_close(answers);
	say("addresses pinned by iotguardd, from TCP", "\"addresses\":4", values, 0);
}

static void library(void)
{
	library_speed();
	library_overload();
}

static void loader(void)
{
	loader_speed();
	loader_overload();
}

static void daemon_(void)
{
	daemon_with(1);
	daemon_with(READERS_MAX);
	loader_behind_daemon();
}

static void dns(void)
{
	pins_of_programs();
	pins_of_answers();
}

static void measure(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} parts[] = {
		{"library", library}, {"loader", loader}, {"latency", latencies},
		{"daemon", daemon_},  {"dns", dns},
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool chosen = argc < 2;

		for (int k = 1; k < argc; k++)
			chosen = chosen || !strcmp(argv[k], parts[i].name);
		if (chosen)
			parts[i].run();
	}
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("BENCH_ROUNDS");
	int err;

	signal(SIGPIPE, SIG_IGN);
	rounds = wanted ? strtoul(wanted, NULL, 10) : 7;
	if (!rounds || rounds > ROUNDS_MAX)
		rounds = 7;
	build = getenv("IOTGUARD_BUILD") ?: "build";
	lab_open(&lab);
	err = ig_ring_open(&ring, lab.live.maps[IG_MAP_events]);
	if (err)
		bench_die("the ring", err);
	measure(argc, argv);
	ig_ring_close(&ring);
	lab_close(&lab);
	return 0;
}
