/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations: begun mostly such that some rule speaks of them, and continued by either side. */
#include "generate.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* --- how one begins ------------------------------------------------------------------------ */

static struct address member_address(struct world *w, const struct member *member, bool v6)
{
	if (member->is_gateway)
		return some_gateway(w, v6);
	return member->is_machine ? some_own(w, member->machine, v6)
				  : prefix_address(w, &member->prefix);
}

static struct address set_address(struct world *w, int machine, const struct rule *rule, bool v6)
{
	struct member members[MAX_SET];
	unsigned int n = set_members(w, machine, rule, members);

	if (!n)
		return some_address(w, v6);
	return member_address(w, &members[below(w, n)], v6);
}

static struct address remote_of_rule(struct world *w, int machine, const struct rule *rule, bool v6)
{
	const struct told *told;
	const struct group *group = &w->groups[rule->index % MAX_GROUPS];
	const struct segment *segment = &w->segments[rule->index % MAX_SEGMENTS];
	struct address address;

	switch (rule->remote) {
	case REMOTE_GATEWAY:
		return some_gateway(w, v6);
	case REMOTE_INTERNET:
		return some_far(w, v6);
	case REMOTE_PREFIX:
		for (int tries = 0; tries < 12; tries++) {
			address = some_address(w, rule->prefix.base.v6);
			if (prefix_has(&rule->prefix, &address))
				return address;
		}
		return prefix_address(w, &rule->prefix);
	case REMOTE_MACHINE:
		return some_own(w, rule->index, v6);
	case REMOTE_GROUP:
		if (group->n)
			return member_address(w, &group->members[below(w, group->n)], v6);
		break;
	case REMOTE_SEGMENT:
		if (segment->n_networks && percent(w, 50))
			return prefix_address(w, &segment->networks[below(w, segment->n_networks)]);
		return some_own(w, some_machine(w), v6);
	case REMOTE_NAME:
		told = told_fitting(w, machine, rule->index);
		return told ? told->address : some_far(w, v6);
	case REMOTE_LOCAL:
		return some_own(w, some_machine(w), v6);
	case REMOTE_CONTROLLER:
	case REMOTE_MANUFACTURER:
	case REMOTE_MODEL:
	case REMOTE_MY_CONTROLLERS:
	case REMOTE_SAME_MANUFACTURER:
		return set_address(w, machine, rule, v6);
	default:
		break;
	}
	return percent(w, 40) ? some_own(w, some_machine(w), v6) : some_address(w, v6);
}

/* In the range, and often at its ends; now and then just beside it. */
static uint16_t port_of(struct world *w, const struct range *range)
{
	unsigned int roll = below(w, 100);

	if (roll < 40)
		return range->first;
	if (roll < 60)
		return range->last;
	if (roll < 64)
		return (uint16_t)(range->first - 1);
	if (roll < 68)
		return (uint16_t)(range->last + 1);
	return (uint16_t)between(w, range->first, range->last);
}

static uint16_t some_service_port(struct world *w)
{
	return percent(w, 95) ? PICK(w, w->services) : (uint16_t)below(w, 65536);
}

static uint16_t some_source_port(struct world *w)
{
	if (percent(w, 80))
		return (uint16_t)(40000 + below(w, 12));
	return percent(w, 85) ? PICK(w, w->services) : (uint16_t)below(w, 65536);
}

static void set_protocol(struct world *w, struct talk *talk)
{
	static const uint8_t protocols[] = {6, 6, 6, 6, 6, 6, 17, 17, 17, 17, 1, 58};
	static const uint8_t rare[] = {1, 58, 47, 50, 51, 89, 132, 0, 2, 4, 41, 255};

	talk->protocol = percent(w, 95) ? PICK(w, protocols) : PICK(w, rare);
	/* These are the other version's, which is rarely meant. */
	if (talk->protocol == (talk->local.v6 ? 1 : 58) && percent(w, 95))
		talk->protocol = talk->local.v6 ? 58 : 1;
}

static uint8_t some_type(struct world *w, bool v6)
{
	static const uint8_t v4[] = {8, 8, 8, 8, 8, 13, 15, 17, 0, 14, 3, 11, 5, 9, 10, 40};
	static const uint8_t v6s[] = {128, 128, 128, 128, 128, 129, 1, 2, 3, 144, 200, 139};

	return v6 ? PICK(w, v6s) : PICK(w, v4);
}

static void apply_service(struct world *w, struct talk *talk, const struct rule *rule)
{
	uint16_t *service = talk->by_device ? &talk->remote_port : &talk->local_port;
	const struct range *range = rule->n_ranges ? &rule->ranges[below(w, rule->n_ranges)] : NULL;

	switch (rule->service) {
	case SERVICE_TCP:
	case SERVICE_UDP:
		talk->protocol = rule->service == SERVICE_TCP ? 6 : 17;
		*service = range ? port_of(w, range) : some_service_port(w);
		break;
	case SERVICE_ICMP:
	case SERVICE_ICMPV6:
		talk->protocol = rule->service == SERVICE_ICMP ? 1 : 58;
		talk->remote_port = range ? range->first >> 8
					  : some_type(w, rule->service == SERVICE_ICMPV6);
		talk->code = range && range->first == range->last ? range->first & 255 : 0;
		break;
	case SERVICE_IP:
		talk->protocol = (uint8_t)rule->number;
		break;
	default:
		break;
	}
	if (rule->has_source_port)
		*(talk->by_device ? &talk->local_port : &talk->remote_port) =
			port_of(w, &rule->source_port);
	if (rule->dscp >= 0 && percent(w, 75))
		talk->tos = (uint8_t)(rule->dscp << 2);
}

/* The version of IP that a rule speaks of; any, where it does not say. */
static bool version_of(struct world *w, const struct rule *rule)
{
	if (rule && rule->remote == REMOTE_PREFIX)
		return rule->prefix.base.v6;
	if (rule && rule->version)
		return percent(w, 90) == (rule->version == 6);
	if (rule && rule->service == SERVICE_ICMP)
		return percent(w, 3);
	if (rule && rule->service == SERVICE_ICMPV6)
		return percent(w, 97);
	return percent(w, 42);
}

static void set_defaults(struct world *w, struct talk *talk)
{
	static const uint8_t tos[] = {0, 0, 0, 0, 0, 0, 0, 32, 184, 185, 252, 3};

	set_protocol(w, talk);
	talk->tos = PICK(w, tos);
	talk->local_port = talk->by_device ? some_source_port(w) : some_service_port(w);
	talk->remote_port = talk->by_device ? some_service_port(w) : some_source_port(w);
	if (talk->protocol == 1 || talk->protocol == 58)
		talk->remote_port = some_type(w, talk->protocol == 58);
	if (talk->protocol == 1 || talk->protocol == 58)
		talk->local_port = (uint16_t)below(w, 5);
	talk->code = percent(w, 90) ? 0 : (uint8_t)below(w, 16);
}

/* To a server that infrastructure knows, or nearly. */
static void apply_server(struct world *w, struct talk *talk)
{
	bool time = percent(w, 40);
	unsigned int n = time ? w->gateway.n_time_servers : w->gateway.n_resolvers;
	const struct address *servers = time ? w->gateway.time_servers : w->gateway.resolvers;

	if (n && percent(w, 85))
		talk->remote = servers[below(w, n)];
	talk->local = some_own(w, talk->machine, talk->remote.v6);
	talk->by_device = percent(w, 92);
	talk->protocol = percent(w, 85) ? 17 : 6;
	talk->local_port = some_source_port(w);
	talk->remote_port = percent(w, 92) ? (time ? 123 : 53) : some_service_port(w);
}

/* Listed, or as good as that. */
static bool is_proper(struct world *w, const struct talk *talk)
{
	const struct machine *m = &w->machines[talk->machine];

	for (unsigned int i = 0; i < m->n_listed; i++)
		if (address_equal(&m->own[i], &talk->local))
			return true;
	return m->router < 0 &&
	       (address_is_link_local(&talk->local) || got_find(w, talk->machine, &talk->local));
}

void talk_begin(struct world *w, struct talk *talk, int machine)
{
	const struct rule *rule = NULL;
	struct rule management;
	bool v6;

	*talk = (struct talk){.live = true, .machine = machine, .last = w->now};
	if (percent(w, 12) && management_rule(w, &management))
		rule = &management;
	for (int tries = 0; tries < 3 && !rule; tries++) {
		if (percent(w, 18))
			break;
		rule = some_rule(w, talk->machine);
		if (rule &&
		    (rule->service == SERVICE_ETHERTYPE || (!rule->allow && percent(w, 70))))
			rule = NULL;
	}
	talk->by_device = rule ? rule->side == SIDE_TO : percent(w, 60);
	v6 = version_of(w, rule);
	talk->remote = rule ? remote_of_rule(w, talk->machine, rule, v6) : some_address(w, v6);
	talk->local = some_own(w, talk->machine, talk->remote.v6);
	set_defaults(w, talk);
	if (rule)
		apply_service(w, talk, rule);
	else if (percent(w, is_stranger(w, machine) ? 75 : 45))
		apply_server(w, talk);
	talk->hopeful = (rule && rule->allow) || w->machines[talk->machine].trusted;
	talk->peer = holder(w, &talk->remote);
	if (talk->peer == NOBODY)
		talk->peer = OUTSIDE;
	/* Conversations with what it may not use, or does not have, are soon told. */
	talk->live = w->learn || is_proper(w, talk) || percent(w, 20);
}

void talk_to(struct world *w, struct talk *talk, int machine, const struct rule *rule,
	     const struct address *remote)
{
	*talk = (struct talk){.live = true,
			      .hopeful = true,
			      .machine = machine,
			      .remote = *remote,
			      .last = w->now};
	talk->by_device = rule ? rule->side == SIDE_TO : percent(w, 80);
	talk->local = some_own(w, machine, remote->v6);
	set_defaults(w, talk);
	if (rule)
		apply_service(w, talk, rule);
	talk->peer = holder(w, remote);
	if (talk->peer == NOBODY)
		talk->peer = OUTSIDE;
}

struct talk *talk_some(struct world *w)
{
	struct talk *talk = &w->talks[below(w, MAX_TALKS)];

	while (!talk->live || percent(w, 13))
		talk_begin(w, talk, some_speaker(w));
	return talk;
}

struct talk *talk_anew(struct world *w, int machine)
{
	struct talk *talk = &w->talks[below(w, MAX_TALKS)];

	talk_begin(w, talk, machine);
	talk->live = true;
	return talk;
}

struct talk *talk_hopeful(struct world *w)
{
	struct talk *talk = talk_some(w);

	for (int tries = 0; tries < 8; tries++) {
		bool trusted = w->machines[talk->machine].trusted && talk->peer == OUTSIDE;

		if (trusted || (talk->hopeful && talk->step > (tries < 4)))
			break;
		talk = talk_some(w);
	}
	return talk;
}

/* --- how it goes on ------------------------------------------------------------------------ */

/* SYN, its answer, the third one, some data, two FINs. Not everybody keeps to it. */
static void tcp_next(struct world *w, struct talk *talk, bool *by_opener, uint8_t *flags)
{
	static const uint8_t odd[] = {
		SYN, SYN, RST, RST | ACK, SYN | ACK,	   SYN | FIN, SYN | RST,
		FIN, 0,	  255, ACK,	  SYN | RST | ACK, FIN | ACK, SYN | 0xc0};
	unsigned int step = talk->step;

	*by_opener = percent(w, 50);
	*flags = percent(w, 50) ? ACK : PSH | ACK;
	if (percent(w, 6)) {
		*flags = PICK(w, odd);
		return;
	}
	if (!step && percent(w, 8))
		talk->step = 2 + below(w, 3); /* begun before we were there */
	if (!step) {
		*flags = talk->step ? ACK : SYN;
		*by_opener = true;
	} else if (step == 1) {
		*flags = SYN | ACK;
		*by_opener = false;
	} else if (step == 2) {
		*flags = ACK;
		*by_opener = true;
	} else if (percent(w, 5)) {
		*flags = FIN | ACK;
	}
	talk->step++;
}

static void icmp_next(struct world *w, struct talk *talk, bool *by_opener, struct packet *p)
{
	static const uint8_t answers[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {128, 129}};

	*by_opener = talk->step % 2 == 0;
	if (percent(w, 6))
		*by_opener = !*by_opener;
	talk->step++;
	p->type = (uint8_t)talk->remote_port;
	p->code = talk->code;
	p->identifier = talk->local_port;
	for (unsigned int i = 0; i < ARRAY_SIZE(answers); i++)
		if (p->type == answers[i][0] && !*by_opener && percent(w, 96))
			p->type = answers[i][1];
	if (permille(w, 25))
		p->type = some_type(w, p->source.v6);
	if (permille(w, 25))
		p->identifier = (uint16_t)below(w, 5);
}

static void other_next(struct world *w, struct talk *talk, bool *by_opener)
{
	*by_opener = talk->step ? percent(w, 50) : percent(w, 93);
	if (talk->step == 1)
		*by_opener = percent(w, 15);
	talk->step++;
}

static uint16_t some_payload(struct world *w)
{
	if (percent(w, 45))
		return 0;
	return (uint16_t)(percent(w, 96) ? below(w, 60) : below(w, 1500));
}

static void bend_addresses(struct world *w, struct packet *p)
{
	if (with(w, WITH_LIES) && permille(w, 16))
		p->source = some_address(w, p->source.v6);
	if (with(w, WITH_LAYERS) && permille(w, 16))
		p->target = some_address(w, p->target.v6);
}

bool talk_packet(struct world *w, struct talk *talk, struct packet *p)
{
	bool by_opener, by_device;

	*p = (struct packet){.protocol = talk->protocol,
			     .ttl = percent(w, 95) ? 64 : (uint8_t)below(w, 256),
			     .tos = talk->tos,
			     .payload = some_payload(w),
			     .identification = (uint16_t)below(w, 65536)};
	p->source.v6 = talk->local.v6;
	if (talk->protocol == 6)
		tcp_next(w, talk, &by_opener, &p->tcp_flags);
	else if (talk->protocol == 1 || talk->protocol == 58)
		icmp_next(w, talk, &by_opener, p);
	else
		other_next(w, talk, &by_opener);
	by_device = by_opener == talk->by_device;
	p->source = by_device ? talk->local : talk->remote;
	p->target = by_device ? talk->remote : talk->local;
	p->source_port = by_device ? talk->local_port : talk->remote_port;
	p->target_port = by_device ? talk->remote_port : talk->local_port;
	if (percent(w, 4))
		p->tos = (uint8_t)below(w, 256);
	bend_addresses(w, p);
	return by_device;
}

void talk_send(struct world *w, struct talk *talk, const struct packet *p, bool by_device)
{
	struct buffer bytes;

	packet_make(w, p, &bytes);
	send_packet(w, by_device ? talk->machine : talk->peer,
		    by_device ? talk->peer : talk->machine, &p->target, &bytes);
	talk->last = w->now;
}

void talk_go_on(struct world *w, struct talk *talk, unsigned int n)
{
	struct packet p;

	while (n--) {
		bool by_device = talk_packet(w, talk, &p);

		talk_send(w, talk, &p, by_device);
		clock_tick(w);
	}
}

/* Now and then a machine takes its cable elsewhere. */
static void move(struct world *w)
{
	struct machine *m = &w->machines[some_real_machine(w)];
	const struct segment *segment = &w->segments[m->segment];

	m->port = segment->ports[below(w, segment->n_ports)];
	for (unsigned int i = 0; i < w->n_machines; i++)
		if (w->machines[i].router >= 0)
			w->machines[i].port = w->machines[w->machines[i].router].port;
}

void talk_step(struct world *w, int machine)
{
	struct talk *talk = percent(w, 10) ? talk_anew(w, machine) : talk_some(w);
	const struct got *got = got_find(w, talk->machine, &talk->local);
	unsigned int n = percent(w, 60) ? 1 : between(w, 2, 6);
	struct packet p;

	clock_jump(w, talk->last);
	if (got)
		clock_lapse(w, got);
	if (permille(w, 6))
		move(w);
	if (permille(w, 20))
		strangers_move(w);
	while (n--) {
		bool by_device = talk_packet(w, talk, &p);

		talk_send(w, talk, &p, by_device);
		quarantine_touch(w, percent(w, 80) ? talk->machine : talk->peer, 8);
		if (n)
			clock_tick(w);
	}
}
