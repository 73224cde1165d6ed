/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD files: whose they are, and what their entries are about. An entry is made from a rule, which
 * traffic meets as it meets other rules, whether or not what is written says it in the end:
 * generate_mud_print.c adds what cannot be said.
 */
#include "generate.h"

const char *const mud_urls[] = {"https://acme.example/plug.json", "https://ACME.example/cam",
				"https://other.example:8443/x?y=1", "https://third.example"};

const struct mud_file *mud_of(const struct world *w, int machine)
{
	const struct machine *m = &w->machines[machine];

	if (!with(w, WITH_MUD) || is_stranger(w, machine) || m->host)
		return NULL;
	if (m->mud.file >= 0)
		return &w->muds[m->mud.file];
	for (int i = m->profile; i >= 0; i = w->profiles[i].extends)
		if (w->profiles[i].mud.file >= 0)
			return &w->muds[w->profiles[i].mud.file];
	return NULL;
}

/* --- an entry ------------------------------------------------------------------------------ */

/* A name that is one, not a pattern. */
static void choose_name(struct world *w, struct rule *rule)
{
	rule->remote = REMOTE_NAME;
	do
		rule->index = (uint8_t)some_pattern(w);
	while (*pattern_texts[rule->index] == '*');
}

/* As URIs and host names go: without spaces. */
static void choose_set(struct world *w, struct rule *rule)
{
	const char *text;

	do {
		set_choose(w, rule);
		text = set_text(rule);
	} while (text &&
		 (strchr(text, ' ') || (rule->remote == REMOTE_MANUFACTURER && strchr(text, ':'))));
}

/* What no router forwards, and beside it. */
static void choose_near(struct world *w, struct rule *rule)
{
	static const uint32_t v4[] = {0xffffffff, 0xffffffff, 0xe00000fb, 0xe0000001,
				      0xe0000100, 0xeffffffa, 0xfffffffe};
	static const uint8_t lengths[2][6] = {{32, 32, 24, 23, 32, 4}, {128, 128, 16, 15, 8, 7}};
	static const uint64_t v6[][2] = {{0xff02ull << 48, 0xfb},
					 {0xff02ull << 48, 1},
					 {0xff03ull << 48, 1},
					 {0xff05ull << 48, 0xc}};
	unsigned int i = below(w, ARRAY_SIZE(v6));
	bool six = percent(w, 35);
	struct address address = six ? address_v6(v6[i][0], v6[i][1]) : address_v4(PICK(w, v4));

	rule->remote = REMOTE_PREFIX;
	rule->prefix = prefix_of(&address, PICK(w, lengths[six]));
}

static void choose_remote(struct world *w, struct rule *rule)
{
	unsigned int roll = below(w, 100);

	if (roll < 6) {
		choose_near(w, rule);
	} else if (roll < 14) {
		rule->remote = REMOTE_ANY;
	} else if (roll < 24) {
		rule->remote = REMOTE_LOCAL;
	} else if (roll < 62) {
		choose_set(w, rule);
	} else if (roll < 80 && w->named) {
		choose_name(w, rule);
	} else {
		rule->remote = REMOTE_PREFIX;
		rule->prefix = w->prefixes[below(w, w->n_prefixes)];
	}
}

static struct range some_range(struct world *w)
{
	uint16_t port = PICK(w, w->services);

	if (percent(w, 72))
		return (struct range){port, port};
	if (percent(w, 50))
		return percent(w, 50) ? (struct range){0, port} : (struct range){port, 65535};
	return (struct range){port, (uint16_t)(port > 65000 ? 65535 : port + below(w, 500))};
}

static void choose_icmp(struct world *w, struct rule *rule)
{
	static const uint8_t types[2][8] = {{8, 8, 0, 3, 13, 5, 40, 11},
					    {128, 128, 129, 1, 2, 144, 200, 4}};
	uint8_t type;

	if (!rule->version)
		rule->version = percent(w, 50) ? 6 : 4;
	rule->service = rule->version == 6 ? SERVICE_ICMPV6 : SERVICE_ICMP;
	type = PICK(w, types[rule->version == 6]);
	rule->n_ranges = percent(w, 85);
	rule->ranges[0] = (struct range){(uint16_t)(type << 8), (uint16_t)(type << 8 | 255)};
	if (percent(w, 45)) {
		rule->ranges[0].first |= (uint16_t)below(w, 3);
		rule->ranges[0].last = rule->ranges[0].first;
	}
	/* as it is in a list of neither version */
	if (rule->remote != REMOTE_PREFIX && rule->remote != REMOTE_NAME && percent(w, 40))
		rule->version = 0;
}

static void choose_service(struct world *w, struct rule *rule)
{
	static const uint8_t protocols[] = {0, 2, 47, 50, 132, 1, 58, 6, 17};
	unsigned int roll = below(w, 100);

	if (roll < 38) {
		rule->service = SERVICE_TCP;
	} else if (roll < 66) {
		rule->service = SERVICE_UDP;
	} else if (roll < 80) {
		choose_icmp(w, rule);
		return;
	} else if (roll < 88) {
		rule->service = SERVICE_IP;
		rule->number = PICK(w, protocols);
		rule->version = rule->version ? rule->version : percent(w, 50) ? 6 : 4;
		return;
	} else if (roll < 92) {
		rule->service = SERVICE_ETHERTYPE;
		rule->number = PICK(w, w->ethertypes);
		rule->remote = REMOTE_ANY;
		rule->version = 0;
		return;
	} else {
		rule->service = SERVICE_ANY;
		return;
	}
	rule->n_ranges = percent(w, 80);
	rule->ranges[0] = some_range(w);
	rule->has_source_port = with(w, WITH_SOURCE_PORT) && percent(w, 25);
	if (rule->has_source_port)
		rule->source_port = some_range(w);
}

static struct rule some_entry(struct world *w)
{
	struct rule rule = {.allow = percent(w, 72), .dscp = -1, .because = -1};

	rule.side = percent(w, 55) ? SIDE_TO : SIDE_FROM;
	choose_remote(w, &rule);
	if (rule.remote == REMOTE_PREFIX)
		rule.version = rule.prefix.base.v6 ? 6 : 4;
	else if (rule.remote == REMOTE_NAME || percent(w, 45))
		rule.version = percent(w, 42) ? 6 : 4;
	choose_service(w, &rule);
	if (rule.version && with(w, WITH_DSCP) && percent(w, 6))
		rule.dscp = (int8_t)below(w, 64);
	return rule;
}

/* --- files --------------------------------------------------------------------------------- */

static void make_file(struct world *w, struct mud_file *file)
{
	file->url = (uint8_t)below(w, 4);
	file->said = false;
	file->rules.n = percent(w, 94) ? between(w, 1, 18) : percent(w, 50) ? 0 : 90;
	for (unsigned int i = 0; i < file->rules.n; i++)
		file->rules.items[i] = some_entry(w);
}

static struct mud_use some_use(struct world *w, unsigned int chance)
{
	if (!w->n_muds || !percent(w, chance))
		return (struct mud_use){.file = -1};
	return (struct mud_use){.file = (int)below(w, w->n_muds), .private = percent(w, 40)};
}

static void use_files(struct world *w, unsigned int part)
{
	for (unsigned int i = 0; i < w->n_profiles; i++)
		if (percent(w, part))
			w->profiles[i].mud = some_use(w, 30);
	for (unsigned int i = w->n_hosts; i < w->n_machines; i++)
		if (percent(w, part))
			w->machines[i].mud = some_use(w, 50);
}

void muds_make(struct world *w)
{
	if (with(w, WITH_MUD) && percent(w, 60))
		w->n_muds = between(w, 1, MAX_MUDS);
	for (unsigned int i = 0; i < w->n_muds; i++)
		make_file(w, &w->muds[i]);
	for (unsigned int i = 0; i < w->n_hosts; i++)
		w->machines[i].mud.file = -1;
	use_files(w, 100);
}

void muds_change(struct world *w)
{
	for (unsigned int i = 0; i < w->n_muds; i++)
		if (percent(w, 25))
			make_file(w, &w->muds[i]);
	use_files(w, 20);
}
