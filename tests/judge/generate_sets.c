/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets: classes of controllers, `my-controllers`, and devices by manufacturer and model, which their
 * entries name and the URLs of their MUD files. */
#include <strings.h>

#include "generate.h"

/* The first three have members without being listed; the last one nobody ever lists. */
const char *const class_texts[N_CLASSES] = {"urn:ietf:params:mud:dns",
					    "urn:ietf:params:mud:ntp",
					    "urn:ietf:params:mud:gateway",
					    "lights",
					    "https://ctl.acme.example/class",
					    "the other ones",
					    "nobody"};

/* Some are authorities of mud_urls, in either case. */
const char *const manufacturer_texts[] = {"acme.example",	"ACME.example", "third.example",
					  "nobody.example",	"Other Corp",	"OTHER corp",
					  "other.example:8443", "other.example"};

const char *const model_texts[] = {"https://acme.example/plug.json",
				   "https://ACME.example/cam",
				   "https://acme.example/cam",
				   "https://other.example:8443/x?y=1",
				   "Plug 2",
				   "plug 2",
				   "third.example"};

#define N_MANUFACTURERS 8
#define N_MODELS	7

bool is_set(const struct rule *rule)
{
	return rule->remote >= REMOTE_CONTROLLER;
}

const char *set_text(const struct rule *rule)
{
	switch (rule->remote) {
	case REMOTE_CONTROLLER:
		return class_texts[rule->index];
	case REMOTE_MANUFACTURER:
		return manufacturer_texts[rule->index];
	case REMOTE_MODEL:
		return model_texts[rule->index];
	default:
		return NULL;
	}
}

/* --- making -------------------------------------------------------------------------------- */

static struct member some_member(struct world *w)
{
	struct member member = {.is_gateway = percent(w, 12)};

	if (!member.is_gateway)
		member.is_machine = percent(w, 65);
	member.machine = (uint8_t)some_machine(w);
	member.prefix = w->prefixes[below(w, w->n_prefixes)];
	return member;
}

static void make_members(struct world *w, struct controllers *controllers, unsigned int listed)
{
	struct group *group = &controllers->members;

	*controllers = (struct controllers){.listed = percent(w, listed)};
	group->n = controllers->listed && percent(w, 90) ? between(w, 1, MAX_MEMBERS) : 0;
	for (unsigned int i = 0; i < group->n; i++)
		group->members[i] = some_member(w);
}

static void make_classes(struct world *w)
{
	for (unsigned int i = 0; i + 1 < N_CLASSES; i++)
		make_members(w, &w->classes[i], i < 3 ? 20 : 75);
}

/* Mostly one of the first ones, so that there are several of a kind. */
static unsigned int few_of(struct world *w, unsigned int n)
{
	return below(w, percent(w, 60) ? 3 : n);
}

static void make_kind(struct world *w, struct machine *m)
{
	m->manufacturer = percent(w, 60) ? (int)few_of(w, N_MANUFACTURERS) : -1;
	m->model = percent(w, 50) ? (int)few_of(w, N_MODELS) : -1;
}

void sets_make(struct world *w)
{
	for (unsigned int i = 0; i < w->n_machines; i++)
		w->machines[i].manufacturer = w->machines[i].model = -1;
	if (!with(w, WITH_SETS))
		return;
	make_classes(w);
	for (unsigned int i = 0; i < w->n_profiles; i++)
		make_members(w, &w->profiles[i].controllers, 35);
	for (unsigned int i = w->n_hosts; i < w->n_machines; i++) {
		make_members(w, &w->machines[i].controllers, 40);
		make_kind(w, &w->machines[i]);
	}
}

void sets_change(struct world *w)
{
	if (!with(w, WITH_SETS))
		return;
	if (percent(w, 20))
		make_classes(w);
	for (unsigned int i = 0; i < w->n_profiles; i++)
		if (percent(w, 15))
			make_members(w, &w->profiles[i].controllers, 35);
	for (unsigned int i = w->n_hosts; i < w->n_machines; i++) {
		if (percent(w, 15))
			make_members(w, &w->machines[i].controllers, 40);
		if (percent(w, 15))
			make_kind(w, &w->machines[i]);
	}
}

void set_choose(struct world *w, struct rule *rule)
{
	rule->remote = (uint8_t)between(w, REMOTE_CONTROLLER, REMOTE_SAME_MANUFACTURER);
	if (rule->remote == REMOTE_CONTROLLER)
		rule->index = (uint8_t)below(w, N_CLASSES);
	else if (rule->remote == REMOTE_MANUFACTURER)
		rule->index = (uint8_t)few_of(w, N_MANUFACTURERS);
	else if (rule->remote == REMOTE_MODEL)
		rule->index = (uint8_t)few_of(w, N_MODELS);
}

/* --- who is in them ------------------------------------------------------------------------ */

static const char *url_of(const struct world *w, unsigned int machine)
{
	const struct mud_file *mud = mud_of(w, (int)machine);

	return mud ? mud_urls[mud->url] : NULL;
}

static bool has_authority(const char *url, const char *name)
{
	const char *authority = url + sizeof("https://") - 1;
	size_t size = strcspn(authority, "/?#");

	return strlen(name) == size && !strncasecmp(authority, name, size);
}

static bool is_made_by(const struct world *w, unsigned int machine, const char *name)
{
	int own = w->machines[machine].manufacturer;
	const char *url = url_of(w, machine);

	return (own >= 0 && !strcasecmp(manufacturer_texts[own], name)) ||
	       (url && has_authority(url, name));
}

static bool is_model(const struct world *w, unsigned int machine, const char *name)
{
	int own = w->machines[machine].model;
	const char *url = url_of(w, machine);

	return (own >= 0 && !strcmp(model_texts[own], name)) || (url && !strcmp(url, name));
}

static unsigned int copy(const struct group *group, struct member members[MAX_SET])
{
	memcpy(members, group->members, group->n * sizeof(members[0]));
	return group->n;
}

static unsigned int servers(const struct address *addresses, unsigned int n,
			    struct member members[MAX_SET])
{
	for (unsigned int i = 0; i < n; i++)
		members[i] = (struct member){
			.prefix = {addresses[i], (uint8_t)(8 * address_size(&addresses[i]))}};
	return n;
}

static unsigned int class_members(const struct world *w, unsigned int class,
				  struct member members[MAX_SET])
{
	const struct gateway *g = &w->gateway;

	if (w->classes[class].listed || class > 2)
		return copy(&w->classes[class].members, members);
	if (class == 2) {
		members[0] = (struct member){.is_gateway = true};
		return 1;
	}
	return class ? servers(g->time_servers, g->n_time_servers, members)
		     : servers(g->resolvers, g->n_resolvers, members);
}

static unsigned int devices(const struct world *w,
			    bool (*is_it)(const struct world *, unsigned int, const char *),
			    const char *name, struct member members[MAX_SET])
{
	unsigned int n = 0;

	for (unsigned int i = w->n_hosts; name && i < w->n_machines; i++)
		if (is_it(w, i, name))
			members[n++] = (struct member){.is_machine = true, .machine = (uint8_t)i};
	return n;
}

static unsigned int own_controllers(const struct world *w, int machine,
				    struct member members[MAX_SET])
{
	const struct machine *m = &w->machines[machine];

	if (m->controllers.listed)
		return copy(&m->controllers.members, members);
	for (int i = m->profile; i >= 0; i = w->profiles[i].extends)
		if (w->profiles[i].controllers.listed)
			return copy(&w->profiles[i].controllers.members, members);
	return 0;
}

/* In the machine's own rules; whether one is of its MUD file is not asked. */
static unsigned int siblings(const struct world *w, int machine, struct member members[MAX_SET])
{
	const struct machine *m = &w->machines[machine];
	const char *url = url_of(w, (unsigned int)machine);

	if (m->manufacturer >= 0)
		return devices(w, is_made_by, manufacturer_texts[m->manufacturer], members);
	for (size_t i = 0; url && i < N_MANUFACTURERS; i++)
		if (has_authority(url, manufacturer_texts[i]))
			return devices(w, is_made_by, manufacturer_texts[i], members);
	return 0;
}

unsigned int set_members(const struct world *w, int machine, const struct rule *rule,
			 struct member members[MAX_SET])
{
	switch (rule->remote) {
	case REMOTE_CONTROLLER:
		return class_members(w, rule->index, members);
	case REMOTE_MANUFACTURER:
		return devices(w, is_made_by, set_text(rule), members);
	case REMOTE_MODEL:
		return devices(w, is_model, set_text(rule), members);
	case REMOTE_MY_CONTROLLERS:
		return machine < 0 || is_stranger(w, machine)
			       ? 0
			       : own_controllers(w, machine, members);
	default:
		return machine < 0 || is_stranger(w, machine) ? 0 : siblings(w, machine, members);
	}
}
