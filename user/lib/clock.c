/* SPDX-License-Identifier: BSD-2-Clause */

#include <sys/timex.h>

#include "clock.h"

bool ig_clock_is_right(void)
{
	struct timex now = {};
	int state = adjtimex(&now);

	return state >= 0 && state != TIME_ERROR && !(now.status & STA_UNSYNC);
}
