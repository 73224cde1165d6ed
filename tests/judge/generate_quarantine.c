/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quarantines: of whoever just spoke or is spoken to, in the middle of what they say, and once more
 * when they end.
 */
#include <stdio.h>

#include "generate.h"

static bool lasts(const struct world *w, int machine)
{
	return w->machines[machine].quarantine > w->now;
}

static void set(struct world *w, int machine, uint64_t until)
{
	char line[64];
	int size;

	w->machines[machine].quarantine = until;
	if (until == UINT64_MAX)
		size = sprintf(line, "quarantine %s never\n", w->machines[machine].name);
	else
		size = sprintf(line, "quarantine %s %llu\n", w->machines[machine].name,
			       (unsigned long long)until);
	stream_text(line, (size_t)size);
}

/* As long as a few packets, as datagrams and flows are remembered, and longer. */
static uint64_t some_end(struct world *w)
{
	unsigned int roll = below(w, 100);

	if (roll < 25)
		return w->now + below(w, 1000) * 1000000ull;
	if (roll < 65)
		return w->now + between(w, 1, 30) * SECOND + below(w, 1000000000);
	if (roll < 85)
		return w->now + between(w, 30, 400) * SECOND;
	if (roll < 92)
		return w->now + between(w, 1, 13) * 3600 * SECOND;
	if (roll < 95) /* it is over before it began */
		return w->now - below(w, 2);
	return UINT64_MAX;
}

static void end(struct world *w, int machine)
{
	uint64_t then = w->machines[machine].quarantine;
	bool soon = then - w->now < 120 * SECOND;

	if (soon && with(w, WITH_JUMPS) && percent(w, 65))
		clock_beside(w, then);
	else
		set(w, machine, percent(w, 70) ? 0 : w->now);
}

/* The machine itself, or its router, or whoever is behind it. */
static int some_relative(struct world *w, int machine)
{
	int router = w->machines[machine].router, other = some_machine(w);

	if (router >= 0 && percent(w, 30))
		return router;
	if (w->machines[other].router == machine && percent(w, 50))
		return other;
	return machine;
}

void quarantine_touch(struct world *w, int machine, unsigned int chance)
{
	if (!with(w, WITH_QUARANTINE) || machine < 0 || is_stranger(w, machine) ||
	    !permille(w, chance))
		return;
	machine = some_relative(w, machine);
	if (lasts(w, machine) && percent(w, 75))
		end(w, machine);
	else
		set(w, machine, some_end(w));
}

/* One conversation before it, in it, and behind it; with one of the two, or with both of them. */
void quarantine_step(struct world *w, int machine)
{
	struct talk *talk = percent(w, 60) ? talk_hopeful(w) : talk_anew(w, machine);
	int whom = talk->peer >= 0 && percent(w, 30) ? talk->peer : talk->machine;

	talk_go_on(w, talk, below(w, 5));
	quarantine_touch(w, whom, 900);
	talk_go_on(w, talk, between(w, 1, 4));
	if (percent(w, 50))
		quarantine_touch(w, whom, 900);
	talk_go_on(w, talk, below(w, 4));
}
