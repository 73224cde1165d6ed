/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines that no inventory knows: they stand behind those of the inventory, and say what those say. */
#include "generate.h"

/* Mostly a segment where they may be. */
static unsigned int some_segment(struct world *w)
{
	for (int tries = 0; tries < 6 && percent(w, 85); tries++) {
		unsigned int segment = below(w, w->n_segments);

		if (onboards(w, segment))
			return segment;
	}
	return below(w, w->n_segments);
}

static void place(struct world *w, struct machine *m)
{
	const struct segment *segment;

	m->segment = some_segment(w);
	segment = &w->segments[m->segment];
	m->port = segment->ports[below(w, segment->n_ports)];
	m->n_own = m->n_got = 0;
	m->own[m->n_own++] = address_eui64(m->mac);
	own_add(w, m, false);
	own_add(w, m, true);
}

void strangers_make(struct world *w)
{
	for (unsigned int i = 0; i < N_STRANGERS; i++) {
		struct machine *m = &w->machines[w->n_machines + i];

		*m = (struct machine){.router = -1,
				      .profile = -1,
				      .manufacturer = -1,
				      .model = -1,
				      .mud = {.file = -1}};
		memcpy(m->mac, w->strangers[i], 6);
		place(w, m);
	}
}

void strangers_move(struct world *w)
{
	place(w, &w->machines[w->n_machines + below(w, N_STRANGERS)]);
}
