/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "discovered.h"
#include "util.h"

#define DEVICE_MAX 255 /* bytes of a name */

const char *ig_discovered_state_word(int state)
{
	static const char *const words[] = {
		[IG_DISCOVERED_PROPOSED] = "proposed",
		[IG_DISCOVERED_ADOPTED] = "adopted",
		[IG_DISCOVERED_CONFLICT] = "conflict",
		[IG_DISCOVERED_INVALID] = "invalid",
	};

	return state >= 0 && (size_t)state < ARRAY_SIZE(words) ? words[state] : NULL;
}

/* --- machines --- */

static void machine_clear(struct ig_discovered_machine *m)
{
	free(m->device);
	free(m->adopted);
	for (size_t i = 0; i < IG_DISCOVERED_SOURCES; i++)
		free(m->told[i].url);
	*m = (struct ig_discovered_machine){};
}

void ig_discovered_clear(struct ig_discovered *d)
{
	for (size_t i = 0; i < d->count; i++)
		machine_clear(&d->machines[i]);
	free(d->machines);
	*d = (struct ig_discovered){};
}

static void remove_machine(struct ig_discovered *d, struct ig_discovered_machine *m)
{
	machine_clear(m);
	*m = d->machines[--d->count];
}

static bool is_machine(const struct ig_discovered_machine *m, const struct ig_mud_telling *t)
{
	if (t->device)
		return m->device && !strcmp(m->device, t->device);
	return !m->device && !memcmp(m->mac, t->mac, sizeof(m->mac));
}

static struct ig_discovered_machine *find(struct ig_discovered *d, const struct ig_mud_telling *t)
{
	for (size_t i = 0; i < d->count; i++) {
		if (is_machine(&d->machines[i], t))
			return &d->machines[i];
	}
	return NULL;
}

static uint64_t heard_last(const struct ig_discovered_machine *m)
{
	uint64_t last = 0;

	for (size_t i = 0; i < IG_DISCOVERED_SOURCES; i++) {
		if (m->told[i].url && m->told[i].last_s > last)
			last = m->told[i].last_s;
	}
	return last;
}

/* A machine that somebody listed is never pushed out by those that anybody can invent. */
static bool make_room(struct ig_discovered *d)
{
	struct ig_discovered_machine *silent = NULL;

	if (d->count < IG_DISCOVERED_MACHINES)
		return true;
	for (size_t i = 0; i < d->count; i++) {
		struct ig_discovered_machine *m = &d->machines[i];

		if (!m->device && (!silent || heard_last(m) < heard_last(silent)))
			silent = m;
	}
	if (silent)
		remove_machine(d, silent);
	return silent;
}

/* NULL without memory or room. */
static struct ig_discovered_machine *add(struct ig_discovered *d, const char *device,
					 const uint8_t mac[6])
{
	struct ig_discovered_machine *m;
	_free_ char *name = device ? strdup(device) : NULL;

	if ((device && !name) || !ig_grow(&d->machines, d->count, &d->capacity, sizeof(*m)))
		return NULL;
	m = &d->machines[d->count++];
	*m = (struct ig_discovered_machine){.device = take_ptr(name)};
	memcpy(m->mac, mac, sizeof(m->mac));
	return m;
}

/* --- what it comes to --- */

static bool is_told(const struct ig_discovered_url *u)
{
	return u->url && !u->fault;
}

static bool same_owner(const char *a, const char *b)
{
	char left[IG_MUD_STRING_MAX + 1], right[IG_MUD_STRING_MAX + 1];

	return !ig_mud_string_authority(a, left, sizeof(left)) &&
	       !ig_mud_string_authority(b, right, sizeof(right)) && !strcmp(left, right);
}

/* What all that it told agrees on; NULL: it contradicts itself, or told nothing. */
static const char *agreed(const struct ig_discovered_machine *m)
{
	const char *url = NULL;

	for (size_t i = 0; i < IG_DISCOVERED_SOURCES; i++) {
		if (!is_told(&m->told[i]))
			continue;
		if (url && strcmp(url, m->told[i].url) != 0)
			return NULL;
		url = m->told[i].url;
	}
	return url;
}

/* NULL: nothing is listed, or not by its URL. */
static const char *listed_url(const struct ig_mud_telling *t)
{
	if (!t->listed || ig_mud_string_check(t->listed, strlen(t->listed), IG_MUD_STRING_MAX))
		return NULL;
	return t->listed;
}

/* May @url take the place of what is in force, without a person? */
static bool may_adopt(const struct ig_discovered_machine *m, const struct ig_mud_telling *t,
		      const char *url)
{
	if (!m->device || t->listed || t->discovery != IG_DISCOVERY_ADOPT)
		return false;
	return !m->adopted || same_owner(m->adopted, url);
}

static int adopt(struct ig_discovered_machine *m, const struct ig_mud_telling *t)
{
	const char *url = agreed(m);
	char *copy;

	if (t->listed || t->discovery != IG_DISCOVERY_ADOPT) {
		free(take_ptr(m->adopted));
		m->adopted_s = 0;
	}
	if (!url || !may_adopt(m, t, url) || (m->adopted && !strcmp(m->adopted, url)))
		return 0;
	copy = strdup(url);
	if (!copy)
		return -ENOMEM;
	free(m->adopted);
	m->adopted = copy;
	m->adopted_s = t->at_s;
	return 0;
}

static int state_of(const struct ig_discovered_machine *m, const struct ig_discovered_url *u,
		    const struct ig_mud_telling *t)
{
	const char *in_force = listed_url(t) ?: m->adopted;

	if (u->fault)
		return IG_DISCOVERED_INVALID;
	if (in_force && !strcmp(in_force, u->url))
		return IG_DISCOVERED_ADOPTED;
	if (!agreed(m) || (in_force && !same_owner(in_force, u->url)))
		return IG_DISCOVERED_CONFLICT;
	return IG_DISCOVERED_PROPOSED;
}

/* True: something is other than it was. */
static bool settle(struct ig_discovered_machine *m, const struct ig_mud_telling *t)
{
	bool changed = false;

	for (size_t i = 0; i < IG_DISCOVERED_SOURCES; i++) {
		int state;

		if (!m->told[i].url)
			continue;
		state = state_of(m, &m->told[i], t);
		changed |= state != m->told[i].state;
		m->told[i].state = state;
	}
	return changed;
}

/* --- noting --- */

/* What is no URL is only for people: nothing of it has to be more than legible. */
static char *legible(const char *url)
{
	char *copy = strndup(url, IG_MUD_STRING_MAX);

	for (char *c = copy; c && *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return copy;
}

/* 1: another one than before. */
static int take(struct ig_discovered_url *u, const struct ig_mud_telling *t)
{
	_free_ char *url = legible(t->url);

	if (!url)
		return -ENOMEM;
	u->last_s = t->at_s;
	if (u->url && u->fault == t->fault && !strcmp(u->url, url))
		return 0;
	free(u->url);
	u->url = take_ptr(url);
	u->fault = t->fault;
	u->first_s = t->at_s;
	return 1;
}

static bool can_be_kept(const struct ig_mud_telling *t)
{
	size_t n = t->device ? strlen(t->device) : 0;

	if (t->source <= 0 || t->source >= IG_DISCOVERED_SOURCES || n > DEVICE_MAX)
		return false;
	return t->fault || !ig_mud_string_check(t->url, strlen(t->url), IG_MUD_STRING_MAX);
}

/* A name that got another machine is told anew. */
static bool is_another(const struct ig_discovered_machine *m, const struct ig_mud_telling *t)
{
	return memcmp(m->mac, t->mac, sizeof(m->mac)) != 0;
}

int ig_discovered_note(struct ig_discovered *d, const struct ig_mud_telling *t)
{
	struct ig_discovered_machine *m = find(d, t);
	bool gone = m && (t->discovery == IG_DISCOVERY_OFF || is_another(m, t));
	int changed, err;

	if (t->discovery != IG_DISCOVERY_OFF && !can_be_kept(t))
		return -EINVAL;
	if (gone)
		remove_machine(d, m);
	if (t->discovery == IG_DISCOVERY_OFF)
		return gone;
	if (gone || !m) {
		if (!make_room(d))
			return -ENOSPC;
		m = add(d, t->device, t->mac);
		if (!m)
			return -ENOMEM;
	}
	changed = take(&m->told[t->source], t);
	if (changed < 0)
		return changed;
	err = adopt(m, t);
	return err ? err : settle(m, t) || changed;
}
