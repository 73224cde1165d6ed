/* SPDX-License-Identifier: BSD-2-Clause */

#include <sys/timex.h>
#include <time.h>

#include "clock.h"

bool ig_clock_is_right(void)
{
	struct timex now = {};
	int state = adjtimex(&now);

	return state >= 0 && state != TIME_ERROR && !(now.status & STA_UNSYNC);
}

uint64_t ig_clock_now(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}
