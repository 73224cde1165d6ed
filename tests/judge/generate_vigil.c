/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection that is kept alive for hours, so that it is still there when the address that it was
 * opened with has to be proved again, or is lost.
 */
#include "generate.h"

#define HOUR (3600 * SECOND)

enum { SYN = 2, ACK = 16 };
enum way { BOTH, FROM_MACHINE, TO_MACHINE };

static void tell(struct world *w, struct talk *talk, bool by_device, unsigned int flags)
{
	struct packet p = {.protocol = 6, .ttl = 64, .tos = talk->tos, .tcp_flags = (uint8_t)flags};

	p.source = by_device ? talk->local : talk->remote;
	p.target = by_device ? talk->remote : talk->local;
	p.source_port = by_device ? talk->local_port : talk->remote_port;
	p.target_port = by_device ? talk->remote_port : talk->local_port;
	talk_send(w, talk, &p, by_device);
	talk->last = w->now;
}

static void say_some(struct world *w, struct talk *talk, enum way way)
{
	tell(w, talk, way == BOTH ? percent(w, 50) : way == FROM_MACHINE, ACK);
}

/* A connection with an address that was leased or claimed, which somebody may well allow. */
static bool find_talk(struct world *w, int machine, struct talk *talk)
{
	for (int tries = 0; tries < 60; tries++) {
		talk_begin(w, talk, machine);
		if (talk->hopeful && talk->protocol == 6 && got_find(w, machine, &talk->local))
			return true;
	}
	return false;
}

void vigil_open(struct world *w, struct talk *talk)
{
	tell(w, talk, talk->by_device, SYN);
	tell(w, talk, !talk->by_device, SYN | ACK);
	tell(w, talk, talk->by_device, ACK);
	talk->step = 3;
}

static void keep_until(struct world *w, struct talk *talk, uint64_t then, enum way way)
{
	while (w->now + 7300 * SECOND < then) {
		w->now += between(w, 6800, 7300) * SECOND;
		say_some(w, talk, way);
	}
	clock_reach(w, then);
	for (unsigned int n = between(w, 1, 4); n; n--)
		say_some(w, talk, percent(w, 80) ? way : BOTH);
}

void vigil_keep(struct world *w, struct talk *talk, uint64_t then)
{
	keep_until(w, talk, then, BOTH);
}

/* The moment for which all this is done. */
static uint64_t some_end(struct world *w, const struct got *got)
{
	bool soon = got->ends > w->now && got->ends - w->now < 30 * HOUR;

	if (got->address.v6 || !soon)
		return percent(w, 70) || !soon ? w->now + 12 * HOUR : got->ends;
	return got->ends;
}

void vigil_step(struct world *w, int machine)
{
	struct talk talk;
	enum way way = (enum way)below(w, 3);

	if (!percent(w, 70) || !find_talk(w, machine, &talk)) {
		talk_step(w, machine);
		return;
	}
	vigil_open(w, &talk);
	for (unsigned int n = between(w, 1, 3); n; n--) {
		const struct got *got = got_find(w, machine, &talk.local);

		if (got)
			keep_until(w, &talk, some_end(w, got), way);
	}
}
