/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What machines were given by DHCP, or claimed. Nobody judges here: it is only remembered so that
 * traffic goes on with addresses that something was said about, before and after they end.
 */
#include "generate.h"

static unsigned int kept(const struct machine *m)
{
	return m->n_got < MAX_GOT ? m->n_got : MAX_GOT;
}

static bool ended(const struct world *w, const struct got *got)
{
	return got->ends && got->ends <= w->now;
}

struct got *got_find(struct world *w, int machine, const struct address *address)
{
	struct machine *m = &w->machines[machine];

	for (unsigned int i = 0; i < kept(m); i++)
		if (address_equal(&m->got[i].address, address))
			return &m->got[i];
	return NULL;
}

void got_add(struct world *w, int machine, const struct address *address, uint64_t ends)
{
	struct machine *m = &w->machines[machine];
	struct got *got = got_find(w, machine, address);

	if (!got)
		got = &m->got[m->n_got++ % MAX_GOT];
	*got = (struct got){*address, w->now, ends};
}

void got_end(struct world *w, int machine, const struct address *address)
{
	struct got *got = got_find(w, machine, address);

	if (got)
		got->ends = w->now;
}

struct got *got_some(struct world *w, int machine, bool v6)
{
	struct machine *m = &w->machines[machine];
	unsigned int n = kept(m), back = percent(w, 55) ? 1 : 1 + below(w, n);
	struct got *last = NULL;
	bool any = percent(w, 12);

	for (unsigned int i = 0; i < n; i++) {
		struct got *got = &m->got[(m->n_got - back - i + MAX_GOT) % MAX_GOT];

		/* the oldest ones may not be there */
		if ((m->n_got - back - i + MAX_GOT) % MAX_GOT >= n || got->address.v6 != v6)
			continue;
		if (any || !ended(w, got))
			return got;
		last = got;
	}
	return last;
}

struct got *got_any(struct world *w, bool v6)
{
	struct got *got = NULL;

	for (int tries = 0; tries < 4 && !got; tries++)
		got = got_some(w, some_machine(w), v6);
	return got;
}
