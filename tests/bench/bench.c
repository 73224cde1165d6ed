/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static uint64_t ns_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * BENCH_NS + (uint64_t)ts.tv_nsec;
}

uint64_t bench_cpu_ns(void)
{
	return ns_of(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t bench_now_ns(void)
{
	return ns_of(CLOCK_MONOTONIC);
}

void bench_die(const char *what, int err)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(err < 0 ? -err : err));
	exit(1);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void bench_summarize(struct bench_row *row, double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	row->min = values[0];
	row->max = values[n - 1];
	row->value = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void bench_say(const struct bench_row *row)
{
	printf("{\"group\":\"%s\",\"name\":\"%s\",\"unit\":\"%s\",\"parameters\":{%s},\"value\":%.6g,\"min\":%.6g,\"max\":%.6g",
	       row->group, row->name, row->unit, row->parameters ? row->parameters : "", row->value,
	       row->min, row->max);
	if (row->at_most > 0)
		printf(",\"at_most\":%g", row->at_most);
	if (row->at_least > 0)
		printf(",\"at_least\":%g", row->at_least);
	printf("}\n");
	fflush(stdout);
}
