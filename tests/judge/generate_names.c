/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dialogues of DNS: a machine asks for a name, somebody answers, and connections are opened to what
 * it was told, at once, until that is over, and behind it. Messages are made in generate_dns.c.
 */
#include "generate.h"

enum { SYN = 2, PSH = 8, ACK = 16 };

/* --- packets ------------------------------------------------------------------------------- */

static struct packet packet_of(struct world *w, const struct asked *asked, bool answer)
{
	struct packet p = {.protocol = asked->tcp ? 6 : 17,
			   .ttl = 64,
			   .tcp_flags = PSH | ACK,
			   .identification = (uint16_t)below(w, 65536)};

	p.source = answer ? asked->resolver : asked->local;
	p.target = answer ? asked->local : asked->resolver;
	p.source_port = answer ? 53 : asked->port;
	p.target_port = answer ? asked->port : 53;
	return p;
}

static int peer_of(struct world *w, const struct asked *asked)
{
	int peer = holder(w, &asked->resolver);

	return peer == NOBODY ? OUTSIDE : peer;
}

static void send_bytes(struct world *w, int machine, const struct asked *asked, struct packet *p,
		       const struct buffer *bytes)
{
	bool from_machine = p->target_port == 53;
	int peer = peer_of(w, asked);

	send_packet(w, from_machine ? machine : peer, from_machine ? peer : machine, &p->target,
		    bytes);
}

/* Captured in part, now and then. */
static void send(struct world *w, int machine, const struct asked *asked, struct packet *p,
		 struct buffer *data)
{
	struct buffer bytes;

	p->data = data;
	p->payload = (uint16_t)(data ? data->size : 0);
	if (with(w, WITH_FRAGMENTS) && percent(w, 2))
		packet_first_make(w, p, &bytes);
	else
		packet_make(w, p, &bytes);
	send_bytes(w, machine, asked, p, &bytes);
}

/* --- asking -------------------------------------------------------------------------------- */

static uint16_t some_type(struct world *w)
{
	static const uint16_t types[] = {1, 1, 1, 1, 1, 28, 28, 28, 28, 255, 65, 16, 5, 0};

	return percent(w, 98) ? PICK(w, types) : (uint16_t)below(w, 65536);
}

static struct address some_resolver(struct world *w)
{
	const struct gateway *g = &w->gateway;

	if (g->n_resolvers && percent(w, 96))
		return g->resolvers[below(w, g->n_resolvers)];
	return some_far(w, percent(w, 40));
}

static bool lists(const struct machine *m, const struct address *address)
{
	for (unsigned int i = 0; i < m->n_listed; i++)
		if (address_equal(&m->own[i], address))
			return true;
	return false;
}

static struct asked *ask_anew(struct world *w, int machine)
{
	struct machine *m = &w->machines[machine];
	struct asked *asked = &m->asked[m->n_asked++ % MAX_ASKED];

	*asked = (struct asked){.resolver = some_resolver(w),
				.when = w->now,
				.id = (uint16_t)(percent(w, 70) ? below(w, 65536) : below(w, 3)),
				.port = (uint16_t)(50000 + below(w, 5)),
				.type = some_type(w),
				.class = percent(w, 96)	  ? 1
					 : percent(w, 60) ? 3
							  : 255,
				.name = PICK(w, m->names),
				.tcp = percent(w, 12)};
	for (int tries = 0; tries < 4; tries++) {
		asked->local = some_own(w, machine, asked->resolver.v6);
		if (lists(m, &asked->local) || got_find(w, machine, &asked->local))
			break;
	}
	return asked;
}

static void say_plain(struct world *w, int machine, const struct asked *asked, bool answer,
		      unsigned int flags)
{
	struct packet p = packet_of(w, asked, answer);

	p.tcp_flags = (uint8_t)flags;
	send(w, machine, asked, &p, NULL);
}

static void shake_hands(struct world *w, int machine, const struct asked *asked)
{
	if (!asked->tcp || percent(w, 15))
		return;
	say_plain(w, machine, asked, false, SYN);
	say_plain(w, machine, asked, true, SYN | ACK);
	say_plain(w, machine, asked, false, ACK);
}

static void ask(struct world *w, int machine, const struct asked *asked)
{
	struct packet p = packet_of(w, asked, false);
	struct buffer data;

	dns_query(w, asked, &data);
	if (asked->tcp)
		dns_piece(w, &data);
	send(w, machine, asked, &p, &data);
}

/* --- answering ----------------------------------------------------------------------------- */

/* In one thing it is the answer to something else. */
static void bend(struct world *w, struct asked *asked)
{
	switch (below(w, 7)) {
	case 0:
		asked->id ^= (uint16_t)(1u << below(w, 16));
		break;
	case 1:
		asked->port = (uint16_t)(50000 + below(w, 5));
		break;
	case 2:
		asked->resolver = some_resolver(w);
		break;
	case 3:
		asked->name = (uint8_t)below(w, name_count());
		break;
	case 4:
		asked->type = some_type(w);
		break;
	case 5:
		asked->class = (uint16_t)below(w, 4);
		break;
	default:
		asked->tcp = !asked->tcp;
	}
}

static void answer(struct world *w, int machine, const struct asked *to)
{
	struct asked asked = *to;
	struct packet p;
	struct buffer data;

	if (with(w, WITH_JUMPS) && percent(w, 4))
		clock_beside(w, asked.when + 30 * SECOND);
	if (with(w, WITH_LIES) && percent(w, 8))
		bend(w, &asked);
	if (asked.resolver.v6 != asked.local.v6)
		asked.resolver = to->resolver;
	p = packet_of(w, &asked, true);
	dns_answer(w, machine, &asked, &data);
	if (asked.tcp)
		dns_piece(w, &data);
	if (percent(w, 2))
		data.size = 0;
	send(w, machine, &asked, &p, &data);
}

static const struct asked *some_asked(struct world *w, int machine)
{
	const struct machine *m = &w->machines[machine];
	unsigned int n = m->n_asked < MAX_ASKED ? m->n_asked : MAX_ASKED;

	if (!n)
		return NULL;
	return &m->asked[percent(w, 60) ? (m->n_asked - 1) % MAX_ASKED : below(w, n)];
}

/* --- connecting ---------------------------------------------------------------------------- */

static const struct rule *rule_by_name(struct world *w, int machine, unsigned int name)
{
	for (int tries = 0; tries < 12 && !is_stranger(w, machine); tries++) {
		const struct rule *rule = some_rule(w, machine);

		if (rule && rule->remote == REMOTE_NAME && pattern_fits(rule->index, name))
			return rule;
	}
	return NULL;
}

static void reach_end(struct world *w, const struct told *told)
{
	if (with(w, WITH_JUMPS) && told->ends > w->now &&
	    percent(w, told->ends - w->now < 2 * 3600 * SECOND ? 15 : 4))
		clock_beside(w, told->ends);
}

static void connect(struct world *w, int machine, const struct told *told)
{
	struct talk *talk = &w->talks[below(w, MAX_TALKS)];

	reach_end(w, told);
	talk_to(w, talk, machine, rule_by_name(w, machine, told->name), &told->address);
	talk_go_on(w, talk, between(w, 1, 4));
}

/* Another policy, or the same once more. */
static void change(struct world *w)
{
	if (!with(w, WITH_CHANGES))
		return;
	if (percent(w, 40))
		inventory_change(w);
	inventory_print(w);
}

/* It was opened while the name was that address's, and goes on when it is no more. */
static void outlive(struct world *w, int machine, const struct told *told)
{
	struct talk talk;
	const struct rule *rule = rule_by_name(w, machine, told->name);

	talk_to(w, &talk, machine, rule, &told->address);
	if (talk.protocol != 6 || !with(w, WITH_JUMPS)) {
		talk_go_on(w, &talk, 2);
		change(w);
		talk_go_on(w, &talk, 3);
		return;
	}
	vigil_open(w, &talk);
	if (told->ends > w->now)
		vigil_keep(w, &talk, told->ends);
	for (unsigned int n = between(w, 1, 3); n; n--) {
		change(w);
		talk_go_on(w, &talk, between(w, 1, 3));
	}
}

/* --- a step -------------------------------------------------------------------------------- */

static void dialogue(struct world *w, int machine, bool whole)
{
	const struct asked *asked;

	if (!may_ask(w, machine)) {
		asked = some_asked(w, machine);
		if (asked)
			answer(w, machine, asked);
		return;
	}
	asked = ask_anew(w, machine);
	shake_hands(w, machine, asked);
	ask(w, machine, asked);
	if (!whole)
		return;
	clock_tick(w);
	answer(w, machine, asked);
	if (percent(w, 10))
		answer(w, machine, asked);
}

/* Mostly one for which names matter. */
static int some_asker(struct world *w, int machine)
{
	for (int tries = 0; tries < 3; tries++) {
		if (!is_stranger(w, machine) && !w->machines[machine].trusted)
			break;
		machine = some_machine(w);
	}
	return machine;
}

void names_step(struct world *w, int speaker)
{
	int machine = percent(w, 85) ? some_asker(w, speaker) : speaker;
	const struct told *told = told_some(w, machine);
	const struct asked *asked = some_asked(w, machine);
	unsigned int roll = below(w, 100);

	if (!w->named && percent(w, 80)) {
		talk_step(w, machine);
		return;
	}
	if (roll < 10) {
		dialogue(w, machine, false);
	} else if (roll < 25 && asked) {
		answer(w, machine, asked);
	} else if (roll < 50 && told) {
		connect(w, machine, told);
	} else if (roll < 57 && told) {
		outlive(w, machine, told);
	} else {
		dialogue(w, machine, true);
		told = told_some(w, machine);
		if (told && percent(w, 60))
			connect(w, machine, told);
		quarantine_touch(w, machine, 20);
	}
}
