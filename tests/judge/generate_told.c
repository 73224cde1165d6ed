/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: which ones there are, who asks for which, and what machines were told. Nobody judges here:
 * it is only remembered so that traffic goes on with addresses that something was said about, and so
 * that no machine asks for more, or is told more, than it has places for.
 */
#include <string.h>

#include "generate.h"

/* The last ones have bytes that no name of a rule has; a dot in a label stands as an underscore. */
const char *const name_texts[] = {"ring.example",     "a.ring.example",	    "b.ring.example",
				  "x.a.ring.example", "y.x.a.ring.example", "bring.example",
				  "cdn.other.test",   "other.test",	    "api-1.other.test",
				  "a.test",	      "a.ring_example",	    "a_ring.example",
				  "a .ring.example"};

const char *const pattern_texts[] = {"ring.example",	  "*.ring.example", "*.ring.example",
				     "a.ring.example",	  "a.ring.example", "*.a.ring.example",
				     "x.a.ring.example",  "*.example",	    "cdn.other.test",
				     "*.other.test",	  "other.test",	    "*.test",
				     "*.x.a.ring.example"};

#define N_NAMES 10 /* that are as names are */

unsigned int name_count(void)
{
	return ARRAY_SIZE(name_texts);
}

unsigned int some_pattern(struct world *w)
{
	return below(w, ARRAY_SIZE(pattern_texts));
}

bool pattern_fits(unsigned int pattern, unsigned int name)
{
	const char *rule = pattern_texts[pattern], *text = name_texts[name];
	size_t size = strlen(text), tail;

	if (name >= N_NAMES)
		return false;
	if (*rule != '*')
		return !strcmp(rule, text);
	tail = strlen(rule + 1);
	return size > tail && !strcmp(text + size - tail, rule + 1);
}

/* Mostly such that some rule of the machine speaks of. */
static unsigned int some_name(struct world *w, int machine)
{
	unsigned int name = below(w, N_NAMES);

	if (percent(w, 6))
		return between(w, N_NAMES, ARRAY_SIZE(name_texts) - 1);
	for (int tries = 0; tries < 6 && percent(w, 80) && !is_stranger(w, machine); tries++) {
		const struct rule *rule = some_rule(w, machine);

		if (rule && rule->remote == REMOTE_NAME && pattern_fits(rule->index, name))
			break;
		name = below(w, N_NAMES);
	}
	return name;
}

void names_choose(struct world *w)
{
	for (int i = 0; i < (int)(w->n_machines + N_STRANGERS); i++)
		for (unsigned int j = 0; j < MAX_NAMES; j++)
			w->machines[i].names[j] = (uint8_t)some_name(w, i);
}

enum dns_setting some_dns(struct world *w, unsigned int set)
{
	if (!w->named || !percent(w, set))
		return DNS_UNSET;
	return percent(w, 55) ? DNS_STRICT : DNS_OPEN;
}

/* --- what was told ------------------------------------------------------------------------- */

const struct told *told_fitting(struct world *w, int machine, unsigned int pattern)
{
	const struct machine *m = &w->machines[machine];
	unsigned int start = below(w, m->n_told);
	bool any = percent(w, 15);

	for (unsigned int i = 0; i < m->n_told; i++) {
		const struct told *told = &m->told[(start + i) % m->n_told];

		if (pattern_fits(pattern, told->name) && (any || told->ends > w->now))
			return told;
	}
	return m->n_told && percent(w, 50) ? &m->told[start] : NULL;
}

const struct told *told_some(struct world *w, int machine)
{
	const struct machine *m = &w->machines[machine];

	return m->n_told ? &m->told[below(w, m->n_told)] : NULL;
}

static struct told *find(struct machine *m, unsigned int name, const struct address *address)
{
	for (unsigned int i = 0; i < m->n_told; i++)
		if (m->told[i].name == name && address_equal(&m->told[i].address, address))
			return &m->told[i];
	return NULL;
}

/* Nobody has a place for these. */
static struct address never_told(struct world *w, bool v6)
{
	static const uint32_t v4[] = {0x00000001, 0x7f000001, 0x7fffffff, 0xa9fe0101,
				      0xe00000fb, 0xffffffff, 0xf0000001, 0x00ffffff};
	static const uint64_t v6s[][2] = {{0, 1},
					  {0, 0},
					  {0, 0xffff08080808},
					  {0x00ffffffffffffff, 1},
					  {0xfe80ull << 48, 1},
					  {0xfec0ull << 48, 7},
					  {0xff02ull << 48, 0xfb}};
	unsigned int i = below(w, ARRAY_SIZE(v6s));

	if (percent(w, 35))
		return some_gateway(w, v6);
	return v6 ? address_v6(v6s[i][0], v6s[i][1]) : address_v4(PICK(w, v4));
}

/* Far ones, neighbours, and what only seems to be near; beside the edges of what is special. */
static struct address some_target(struct world *w, bool v6)
{
	static const uint32_t v4[] = {0x0a636363, 0xac1f0001, 0xac200001, 0xc0a8fe01, 0x643f0001,
				      0x64400001, 0xc0000001, 0xc0000101, 0xc6130001, 0xc6140001,
				      0x01000000, 0x7e000001, 0x80000001, 0xa9fd0001, 0xdfffffff};
	static const uint64_t v6s[][2] = {
		{0x0100000000000000, 1}, {0x1fff000000000000, 1},	  {0x2000000000000000, 1},
		{0x3fff000000000000, 9}, {0x4000000000000000, 1},	  {0xfe7f000000000000, 1},
		{0xfd99000000000000, 5}, {0x0064ff9b00000000, 0x08080808}};
	unsigned int roll = below(w, 100), i = below(w, ARRAY_SIZE(v6s));

	if (roll < 55)
		return some_far(w, v6);
	if (roll < 75)
		return some_own(w, some_machine(w), v6);
	if (roll < 85)
		return some_address(w, v6);
	return v6 ? address_v6(v6s[i][0], v6s[i][1]) : address_v4(PICK(w, v4));
}

/* Nothing, where there is no room. */
static void told_add(struct world *w, int machine, unsigned int name, const struct address *address)
{
	struct machine *m = &w->machines[machine];

	if (m->n_told < MAX_TOLD && !find(m, name, address))
		m->told[m->n_told++] = (struct told){.name = (uint8_t)name, .address = *address};
}

void told_renew(struct world *w, int machine, unsigned int name, const struct address *address,
		uint64_t ends)
{
	struct told *told = find(&w->machines[machine], name, address);

	if (told && told->ends < ends)
		told->ends = ends;
}

struct address told_address(struct world *w, int machine, unsigned int name, bool v6)
{
	struct machine *m = &w->machines[machine];
	bool full = m->n_told == MAX_TOLD;
	unsigned int start = below(w, m->n_told);
	struct address address;

	if (percent(w, 12))
		return never_told(w, v6);
	for (unsigned int i = 0; i < m->n_told && (full || percent(w, 60)); i++) {
		const struct told *told = &m->told[(start + i) % m->n_told];

		if (told->name == name && told->address.v6 == v6)
			return told->address;
	}
	if (full)
		return never_told(w, v6);
	/* the same address for another name, or a new one */
	address = m->n_told && percent(w, 25) && m->told[start].address.v6 == v6
			  ? m->told[start].address
			  : some_target(w, v6);
	told_add(w, machine, name, &address);
	return address;
}

bool may_ask(const struct world *w, int machine)
{
	const struct machine *m = &w->machines[machine];

	return m->n_asked < MAX_ASKED ||
	       m->asked[m->n_asked % MAX_ASKED].when + 31 * SECOND < w->now;
}
