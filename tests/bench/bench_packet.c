/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a packet costs, by BPF_PROG_TEST_RUN: thread CPU time, median of rounds, an empty program in each round.
 *
 *	bench_packet [DEVICES RULES]     the whole table at that size; without, the sizes that the targets speak of
 *
 * "hot" repeats one frame: the figure has what test_run itself needs in it (the row "an empty program"). In the other
 * rows each frame differs (driver.bpf.c), and what the driver and an empty program cost is taken off. BENCH_ROUNDS.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "driver.h"
#include "driver.skel.h"
#include "subject.h"

#define ROUNDS_MAX 101
#define HOT	   1000000u
#define FEW	   4000u /* whose events the ring has room for */

static struct driver_bpf *driver;
static struct bench_subject subject;
static char parameters[64];
static size_t rounds = 7;

/* --- running --- */

static int run(int program, const struct bench_frame *frame, uint32_t repeat)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = frame->size, .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(program, &opts))
		bench_die("test_run", errno);
	return (int)opts.retval;
}

static double cost(int program, const struct bench_frame *frame, uint32_t repeat)
{
	uint64_t start = bench_cpu_ns();

	run(program, frame, repeat);
	return (double)(bench_cpu_ns() - start) / repeat;
}

static void expect(const char *name, int verdict, int expected)
{
	if (verdict == expected)
		return;
	fprintf(stderr, "bench_packet: %s: the verdict is %d, not %d\n", name, verdict, expected);
	exit(1);
}

static void say(const char *name, const char *of, double *values, double at_most)
{
	struct bench_row row = {.group = "packet",
				.name = name,
				.unit = "ns",
				.parameters = of,
				.at_most = at_most};

	bench_summarize(&row, values, rounds);
	bench_say(&row);
}

/* --- one frame again and again --- */

static void hot(const char *name, int program, const struct bench_frame *frame, int verdict,
		double at_most)
{
	double values[ROUNDS_MAX];

	expect(name, run(program, frame, 1), verdict);
	for (size_t i = 0; i < rounds; i++)
		values[i] = cost(program, frame, HOT);
	say(name, parameters, values, at_most);
}

/* --- frames that differ --- */

static void drive(int program, enum bench_drive_what what, uint32_t machines, uint32_t mask)
{
	uint32_t zero = 0;

	driver->bss->drive = (struct bench_drive){.what = what, .machines = machines, .mask = mask};
	if (bpf_map_update_elem(bpf_map__fd(driver->maps.subject), &zero, &program, BPF_ANY))
		bench_die("driver", errno);
}

/* Where the driver is goes on from round to round, and from the subject to the empty program. */
static double driven(int program, const struct bench_frame *frame, uint32_t frames,
		     uint32_t at_once)
{
	uint64_t spent = 0;
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(driver->maps.subject), &zero, &program, BPF_ANY))
		bench_die("driver", errno);
	for (uint32_t done = 0; done < frames; done += at_once) {
		uint64_t start = bench_cpu_ns();

		run(bpf_program__fd(driver->progs.driver), frame, at_once);
		spent += bench_cpu_ns() - start;
		if (at_once < frames)
			bench_subject_drain(&subject);
	}
	return (double)spent / frames;
}

struct course {
	const char *name;
	enum bench_drive_what what;
	uint32_t machines, mask;
	uint32_t frames, at_once;
	int verdict;
	double at_most;
};

static void follow(const struct course *c, int program, const struct bench_frame *frame)
{
	int nothing = bpf_program__fd(driver->progs.nothing);
	double values[ROUNDS_MAX];

	drive(program, c->what, c->machines, c->mask);
	for (uint32_t i = 0; i < 3; i++) /* fragments come in pairs */
		expect(c->name, run(bpf_program__fd(driver->progs.driver), frame, 2), c->verdict);
	for (size_t i = 0; i < rounds; i++) {
		double own = driven(nothing, frame, c->frames, c->at_once);

		values[i] = driven(program, frame, c->frames, c->at_once) - own;
	}
	say(c->name, parameters, values, c->at_most);
}

/* --- the table --- */

static void load(unsigned int devices, unsigned int rules)
{
	bench_subject_load(&subject, devices, rules, 0, "lo");
	snprintf(parameters, sizeof(parameters), "\"devices\":%u,\"rules\":%u", devices, rules);
}

static void nothing_rows(void)
{
	struct bench_frame frame = bench_udp4(BENCH_REMOTE, 1000, 7);

	hot("an empty program (XDP), hot", bpf_program__fd(driver->progs.nothing), &frame, 2, 0);
	hot("an empty program (tc), hot", bpf_program__fd(driver->progs.nothing_tc), &frame, -1, 0);
}

static void admitted_rows(void)
{
	struct bench_frame frame = bench_udp4(BENCH_REMOTE, 1000, 7),
			   back = bench_answer_to(&frame);

	hot("IPv4, admitted by a live flow, hot", subject.object.from_device, &frame, 2, 45);
	hot("IPv4, its answer (tc), hot", subject.object.to_device, &back, -1, 0);
	if (subject.rules < 2)
		return;
	frame = bench_udp6(1000, 7);
	back = bench_answer_to(&frame);
	hot("IPv6, admitted by a live flow, hot", subject.object.from_device, &frame, 2, 60);
	hot("IPv6, its answer (tc), hot", subject.object.to_device, &back, -1, 0);
}

static void tagged_row(void)
{
	struct bench_frame frame = bench_udp4(BENCH_REMOTE, 1000, 7);

	memcpy(frame.bytes + 9, "\xf0\0\0", 3);
	memcpy(frame.bytes + 26, "\xac\x10\0\2", 4);
	frame = bench_tagged(&frame, 30);
	hot("IPv4 behind a tag, admitted by a live flow, hot", subject.object.from_device, &frame,
	    2, 0);
}

static void refused_rows(void)
{
	struct bench_frame frame = bench_udp4(0x05000001, 1000, 9);

	hot("IPv4, refused, its event suppressed, hot", subject.object.from_device, &frame, 1, 200);
	frame = bench_udp6(1000, 9);
	hot("IPv6, refused, its event suppressed, hot", subject.object.from_device, &frame, 1, 200);
	frame = bench_udp4(BENCH_REMOTE, 1000, 7);
	memcpy(frame.bytes + 6, "\x02\x99\x99\x99\x99\x99", 6);
	hot("of an unknown machine, its event suppressed, hot", subject.object.from_device, &frame,
	    1, 200);
}

static void name_rows(void)
{
	struct bench_frame query = bench_dns_query(), answer = bench_dns_answer();

	if (subject.rules < 3)
		return;
	hot("DNS query, remembered, hot", subject.object.from_device, &query, 2, 0);
	hot("DNS answer with four addresses, pinned, hot", subject.object.to_device, &answer, -1,
	    1000);
}

static void changing_rows(void)
{
	struct bench_frame flow = bench_udp4(BENCH_REMOTE, 1000, 7),
			   refused = bench_udp4(BENCH_REMOTE, 1000, 9),
			   pieces = bench_udp4(BENCH_REMOTE, 1000, 7);
	struct course one = {"IPv4, new flow of one device",
			     BENCH_DRIVE_PORTS,
			     1,
			     0,
			     200000,
			     200000,
			     2,
			     600},
		      any = {"IPv4, new flow of any device",
			     BENCH_DRIVE_PORTS,
			     subject.devices,
			     0xfffff,
			     200000,
			     200000,
			     2,
			     600},
		      event = {"IPv4, refused, with an event",
			       BENCH_DRIVE_REMOTES,
			       1,
			       0,
			       100000,
			       FEW,
			       1,
			       400},
		      fragments = {
			      "IPv4, fragments", BENCH_DRIVE_DATAGRAMS, 1, 0, 200000, 200000, 2, 0};

	/* 46 bytes: 24 of the datagram in the first fragment, and 24 in the second */
	pieces.bytes[17] = 44;
	follow(&one, subject.object.from_device, &flow);
	if (subject.devices > 1)
		follow(&any, subject.object.from_device, &flow);
	follow(&event, subject.object.from_device, &refused);
	follow(&fragments, subject.object.from_device, &pieces);
}

static void put_flows(struct bpf_map *outer, enum ig_map map)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(outer), &zero, &subject.object.maps[map], BPF_ANY))
		bench_die("flow tables", errno);
}

/* A million flows, asked in an order that no cache can guess. They are made first. Beside it, what their hash alone costs. */
static void many_flows_rows(void)
{
	static const char *const names[][2] = {
		{"IPv4, any of 1,048,576 live flows",
		 "IPv4, these flows looked up, and nothing else"},
		{"IPv6, any of 1,048,576 live flows",
		 "IPv6, these flows looked up, and nothing else"},
	};
	struct bench_frame v4 = bench_udp4(BENCH_REMOTE, 1000, 7), v6 = bench_udp6(1000, 7);
	struct course course = {
		NULL, BENCH_DRIVE_FLOWS, subject.devices, 0xfffff, 1 << 20, 1 << 20, 2, 0};
	const struct bench_frame *frames[] = {&v4, &v6};
	int look_up = bpf_program__fd(driver->progs.look_up);

	put_flows(driver->maps.flows4, IG_MAP_flows4);
	put_flows(driver->maps.flows6, IG_MAP_flows6);
	for (int i = 0; i < 2; i++) {
		course.name = names[i][0];
		drive(subject.object.from_device, course.what, course.machines, course.mask);
		run(bpf_program__fd(driver->progs.driver), frames[i], 1 << 20);
		follow(&course, subject.object.from_device, frames[i]);
		course.name = names[i][1];
		follow(&course, look_up, frames[i]);
	}
}

static void table(unsigned int devices, unsigned int rules)
{
	load(devices, rules);
	admitted_rows();
	tagged_row();
	refused_rows();
	name_rows();
	changing_rows();
	if (devices >= 100000)
		many_flows_rows();
	bench_subject_close(&subject);
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[][2] = {{10, 1},    {10, 32},	 {10, 256},
						{10, 1000}, {1000, 256}, {100000, 256}};

	if (getenv("BENCH_ROUNDS"))
		rounds = (size_t)atoi(getenv("BENCH_ROUNDS"));
	if ((argc != 1 && argc != 3) || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_packet [DEVICES RULES]\n");
		return 2;
	}
	driver = driver_bpf__open_and_load();
	if (!driver)
		bench_die("driver", errno);
	nothing_rows();
	if (argc == 3)
		table((unsigned int)atoi(argv[1]), (unsigned int)atoi(argv[2]));
	for (size_t i = 0; argc == 1 && i < sizeof(sizes) / sizeof(*sizes); i++)
		table(sizes[i][0], sizes[i][1]);
	driver_bpf__destroy(driver);
	return 0;
}
