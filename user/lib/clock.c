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

struct ig_time ig_clock_time(void)
{
	return (struct ig_time){.s = (uint64_t)time(NULL), .right = ig_clock_is_right()};
}

uint64_t ig_clock_now(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

uint64_t ig_clock_epoch(uint64_t ns)
{
	int64_t left = (int64_t)(ns - ig_clock_now());

	if (!ns || ns == UINT64_MAX)
		return ns;
	return (uint64_t)((int64_t)time(NULL) + left / 1000000000);
}

static int64_t now_us(clockid_t clock)
{
	struct timespec now = {};

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

int64_t ig_clock_offset_us(void)
{
	return now_us(CLOCK_REALTIME) - now_us(CLOCK_MONOTONIC);
}
