/* SPDX-License-Identifier: BSD-2-Clause */
/* Time in a world: small steps, and jumps to where something ends. */
#include "generate.h"

/* Before, at and behind a moment. */
static const int64_t beside[] = {-1000000000, -1, -1, 0, 0, 1, 1, 1000000000};

static void move_to(struct world *w, uint64_t then)
{
	if (then > w->now)
		w->now = then;
}

/* A day of 2023 to 2032, often close to its end, where rules with `until` end. */
void clock_start(struct world *w)
{
	uint64_t second = percent(w, 40) ? 86400 - below(w, 120) : below(w, 86400);

	w->day = 19400 + below(w, 3600);
	w->now = w->day * DAY + second * SECOND + below(w, 1000000000);
}

void clock_tick(struct world *w)
{
	unsigned int roll = below(w, 1000);

	if (roll < 100)
		return;
	if (roll < 550)
		w->now += below(w, 1000000);
	else if (roll < 850)
		w->now += below(w, 50000000);
	else if (roll < 985)
		w->now += below(w, 1000000000);
	else
		w->now += below(w, 10) * SECOND;
}

void clock_jump(struct world *w, uint64_t last)
{
	static const uint16_t silent[] = {30, 30, 180, 180, 240, 240, 7440};
	static const uint16_t seconds[] = {0, 0, 36, 37, 38};

	if (!with(w, WITH_JUMPS))
		return;
	if (permille(w, 6))
		move_to(w, last + PICK(w, silent) * SECOND + (uint64_t)PICK(w, beside));
	else if (permille(w, 1))
		move_to(w, (w->now / DAY + 1) * DAY + PICK(w, seconds) * SECOND +
				   (uint64_t)PICK(w, beside));
}

void clock_beside(struct world *w, uint64_t then)
{
	move_to(w, then + (uint64_t)PICK(w, beside));
}

void clock_reach(struct world *w, uint64_t then)
{
	if (percent(w, 40))
		then -= then % SECOND;
	clock_beside(w, then);
}

void clock_lapse(struct world *w, const struct got *got)
{
	uint64_t left = got->ends > w->now ? got->ends - w->now : 0;

	if (!left || !with(w, WITH_JUMPS))
		return;
	if (permille(w, left < 120 * SECOND ? 60 : left < 7400 * SECOND ? 12 : left < 2 * DAY))
		clock_reach(w, got->ends);
}

void clock_forget(struct world *w, uint64_t begun)
{
	if (with(w, WITH_JUMPS))
		move_to(w, begun + 30 * SECOND + (uint64_t)PICK(w, beside));
}
