/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all benchmarks share: how they take time and how they say what they saw. A benchmark prints one JSON object a
 * line, a row of the table, to standard output, and whatever it has to tell a person to standard error.
 *
 * Time is CPU time of the thread wherever one thread does the work: what else runs on the machine is not in it. A
 * figure is the median of rounds; what it is compared with is measured in the same rounds, one after the other.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BENCH_NS 1000000000ull

/* One row. Strings are written into JSON as they are: no quotes, no backslashes. */
struct bench_row {
	const char *group; /* "packet", "live", "control", "events", "latency", "flood" */
	const char *name;
	const char *unit; /* "ns/packet", "ms", "1/s", "us", "bytes" ... */
	const char
		*parameters; /* members of an object, as "\"devices\":10,\"rules\":256"; or NULL */
	double value, min, max;	  /* median, and the spread of the rounds */
	double at_most, at_least; /* the target; 0: none */
};

void bench_say(const struct bench_row *row);

/* Sorts @values: the median, the least and the greatest go into @row. */
void bench_summarize(struct bench_row *row, double *values, size_t n);

uint64_t bench_cpu_ns(void); /* of this thread */
uint64_t bench_now_ns(void); /* CLOCK_MONOTONIC */

/* Ends the program: `bench_x: WHAT: error`. @err: an errno, of either sign. */
void bench_die(const char *what, int err) __attribute__((noreturn));
