/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dialogues of DHCPv4: a machine asks, somebody answers, and an address is leased, renewed, given
 * back or refused. Traffic from that address is made elsewhere (generate_got.c).
 */
#include "generate.h"

/* --- who says what ------------------------------------------------------------------------- */

static void ports_of(struct world *w, struct packet *p, bool answer)
{
	p->source_port = answer ? 67 : 68;
	p->target_port = answer ? 68 : 67;
	if (with(w, WITH_LIES) && percent(w, 1))
		p->source_port = (uint16_t)between(w, 66, 69);
	if (with(w, WITH_LIES) && percent(w, 1))
		p->target_port = (uint16_t)between(w, 66, 69);
}

static void send(struct world *w, int machine, struct envelope e, struct packet *p, struct dhcp *m)
{
	struct buffer data, bytes;

	*p = (struct packet){.source = p->source,
			     .target = p->target,
			     .protocol = 17,
			     .ttl = 64,
			     .identification = (uint16_t)below(w, 65536)};
	ports_of(w, p, e.to);
	dhcp_make(w, m, p, &data, &e.missing);
	if (with(w, WITH_FRAGMENTS) && percent(w, 2))
		packet_first_make(w, p, &bytes);
	else
		packet_make(w, p, &bytes);
	e.ethertype = 0x0800;
	send_frame(w, e, &bytes);
	e.missing = 0;
	if (e.target[0] & 1)
		send_around(w, e, w->machines[machine].segment, &bytes);
}

static void client_says(struct world *w, int machine, struct dhcp *m, struct address source,
			struct address target)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct envelope e = envelope_from(w, machine);
	struct packet p = {.source = source, .target = target};

	next_hop(w, machine, &target, e.target);
	if (m->type == DISCOVER || m->type == REQUEST || m->type == INFORM)
		d->asked = w->now;
	send(w, machine, e, &p, m);
}

/* It is about somebody else. */
static void set_other(struct world *w, struct dhcp *m)
{
	const struct machine *other = &w->machines[below(w, w->n_machines + N_STRANGERS)];

	memcpy(m->chaddr, other->mac, 6);
	if (percent(w, 60))
		m->xid = other->dialogue.xid;
}

static void server_says(struct world *w, int machine, struct dhcp *m, struct address target)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct envelope e = envelope_to(w, machine);
	struct packet p = {.source = d->server, .target = target};

	if (percent(w, 5))
		p.source = dhcp_server(w, false);
	if (address_is_group(&target))
		group_mac(&target, e.target);
	if (with(w, WITH_LIES) && percent(w, 3))
		some_mac(w, e.source);
	if ((e.target[0] & 1 || is_stranger(w, machine)) && percent(w, 9))
		set_other(w, m);
	send(w, machine, e, &p, m);
}

/* --- messages ------------------------------------------------------------------------------ */

static const struct address *everybody(void)
{
	static const struct address address = {.bytes = {255, 255, 255, 255}};

	return &address;
}

static void discover(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct dhcp m;

	d->xid = percent(w, 90) ? (uint32_t)random_next(&w->random) : below(w, 3);
	d->server = dhcp_server(w, false);
	d->yours = offer_some(w, machine);
	m = dhcp_begin(w, machine, false, DISCOVER);
	m.has_requested = percent(w, 25);
	m.requested = d->yours;
	client_says(w, machine, &m, address_v4(0), *everybody());
}

static void request(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct dhcp m = dhcp_begin(w, machine, false, REQUEST);

	m.has_requested = percent(w, 95);
	m.requested = d->yours;
	client_says(w, machine, &m, address_v4(0), *everybody());
}

/* An answer in time, or just not any more. */
static void wait_for_answer(struct world *w, int machine)
{
	static const int64_t beside[] = {-100000000, -1, 0, 0, 1, 100000000};

	if (!with(w, WITH_JUMPS) || !percent(w, 5))
		return;
	clock_reach(w,
		    w->machines[machine].dialogue.asked + 60 * SECOND + (uint64_t)PICK(w, beside));
}

/* What is hardly its own by now is seldom spoken with. */
static void take(struct world *w, int machine, const struct dhcp *m)
{
	const struct machine *of = &w->machines[machine];
	bool fit = !is_stranger(w, machine) && of->router < 0 && w->gateway.n_dhcp_servers &&
		   lister(w, &m->yours) == NOBODY;

	for (unsigned int i = 0; fit && i < w->segments[of->segment].n_networks; i++)
		if (!w->segments[of->segment].networks[i].base.v6)
			fit = on_link(&w->segments[of->segment], &m->yours);
	if (fit || percent(w, 10))
		got_add(w, machine, &m->yours,
			m->lease_time == 0xffffffff ? 0 : w->now + m->lease_time * SECOND);
}

static void answer(struct world *w, int machine, unsigned int type)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct dhcp m = dhcp_begin(w, machine, true, type);

	m.yours = type == NAK && percent(w, 80) ? address_v4(0) : d->yours;
	m.has_lease_time = type != NAK && percent(w, 95);
	m.lease_time = offer_time(w);
	wait_for_answer(w, machine);
	if (type == ACK_OF_DHCP && m.has_lease_time)
		take(w, machine, &m);
	if (type == NAK)
		got_end(w, machine, &d->yours);
	server_says(w, machine, &m, percent(w, 55) && type != NAK ? d->yours : *everybody());
}

static void dialogue_next(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	unsigned int step = d->step++ % 4;

	if (percent(w, 4)) /* one is lost, or comes twice */
		d->step += percent(w, 50) ? 1 : 3;
	switch (step) {
	case 0:
		discover(w, machine);
		break;
	case 1:
		answer(w, machine, OFFER);
		break;
	case 2:
		request(w, machine);
		break;
	default:
		answer(w, machine, percent(w, 93) ? ACK_OF_DHCP : NAK);
	}
}

static void dialogue_whole(struct world *w, int machine)
{
	unsigned int step = w->machines[machine].dialogue.step % 4;

	for (; step < 4; step++) {
		dialogue_next(w, machine);
		clock_tick(w);
	}
	w->machines[machine].dialogue.step = 0;
}

/* From an address that it had, or has. */
static void renew(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct dhcp m;

	d->xid = (uint32_t)random_next(&w->random);
	d->server = dhcp_server(w, false);
	d->yours = percent(w, 75) ? some_own(w, machine, false) : offer_some(w, machine);
	m = dhcp_begin(w, machine, false, percent(w, 90) ? REQUEST : INFORM);
	m.client = d->yours;
	m.has_requested = percent(w, 8);
	m.requested = some_address(w, false);
	client_says(w, machine, &m, percent(w, 88) ? d->yours : some_address(w, false),
		    percent(w, 75) ? d->server : *everybody());
	if (percent(w, 85))
		answer(w, machine, percent(w, 85) ? ACK_OF_DHCP : NAK);
}

static void inform(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct dhcp m;

	d->xid = (uint32_t)random_next(&w->random);
	d->server = dhcp_server(w, false);
	d->yours = some_own(w, machine, false);
	m = dhcp_begin(w, machine, false, INFORM);
	m.client = d->yours;
	client_says(w, machine, &m, d->yours, percent(w, 50) ? d->server : *everybody());
	m = dhcp_begin(w, machine, true, ACK_OF_DHCP);
	m.client = d->yours;
	m.yours = percent(w, 85) ? address_v4(0) : d->yours;
	m.has_lease_time = percent(w, 15);
	server_says(w, machine, &m, d->yours);
}

static void give_back(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	struct address ended = percent(w, 92) ? some_own(w, machine, false)
					      : some_address(w, false);
	bool release = percent(w, 60);
	struct dhcp m = dhcp_begin(w, machine, false, release ? RELEASE : DECLINE);

	m.client = release ? ended : address_v4(0);
	m.has_requested = release ? percent(w, 10) : percent(w, 92);
	m.requested = ended;
	if (percent(w, 85))
		got_end(w, machine, &ended);
	if (release)
		client_says(w, machine, &m, ended, percent(w, 80) ? d->server : *everybody());
	else
		client_says(w, machine, &m, address_v4(0), *everybody());
}

/* Nobody asked, or it was long ago. */
static void answer_again(struct world *w, int machine)
{
	static const uint8_t types[] = {ACK_OF_DHCP, ACK_OF_DHCP, ACK_OF_DHCP, OFFER, NAK};

	if (percent(w, 30))
		w->machines[machine].dialogue.yours = offer_some(w, machine);
	answer(w, machine, PICK(w, types));
}

/* Again, and maybe when one of its leases just ended. */
static void ask_for_more(struct world *w, int machine)
{
	const struct got *got = got_some(w, machine, false);

	if (got && got->ends > w->now && got->ends - w->now < DAY && percent(w, 40) &&
	    with(w, WITH_JUMPS))
		clock_reach(w, got->ends);
	discover(w, machine);
}

/* More of them than one machine may ask for, or than there are places for. */
static void hoard(struct world *w, int machine)
{
	struct dialogue *d = &w->machines[machine].dialogue;
	bool whole = percent(w, 50);

	for (unsigned int n = whole ? between(w, 7, 10) : between(w, 14, 20); n; n--) {
		d->step = whole ? 0 : 2;
		d->xid = (uint32_t)random_next(&w->random);
		d->server = dhcp_server(w, false);
		dialogue_next(w, machine);
		d->yours = offer_free(w, machine);
		while (d->step % 4)
			dialogue_next(w, machine);
		if (percent(w, 70))
			clock_tick(w);
	}
	for (unsigned int n = between(w, 1, 4); n; n--)
		ask_for_more(w, machine);
}

/* Everything at once. */
static void odd_message(struct world *w, int machine)
{
	bool client = percent(w, 50);
	struct dhcp m = dhcp_begin(w, machine, !client, below(w, 19));

	m.bent = 45;
	m.client = some_address(w, false);
	m.yours = offer_some(w, machine);
	m.has_requested = percent(w, 50);
	m.requested = offer_some(w, machine);
	m.has_lease_time = percent(w, 50);
	m.lease_time = offer_time(w);
	if (client)
		client_says(w, machine, &m, percent(w, 50) ? address_v4(0) : m.client,
			    percent(w, 50) ? *everybody() : dhcp_server(w, false));
	else
		server_says(w, machine, &m, percent(w, 50) ? *everybody() : m.yours);
}

void lease_first(struct world *w, int machine)
{
	dialogue_whole(w, machine);
}

void lease_step(struct world *w, int machine)
{
	struct got *got = got_any(w, false);
	unsigned int roll = below(w, 1000);

	if (got)
		clock_lapse(w, got);
	if (roll < 320)
		dialogue_next(w, machine);
	else if (roll < 520)
		dialogue_whole(w, machine);
	else if (roll < 700)
		renew(w, machine);
	else if (roll < 740)
		inform(w, machine);
	else if (roll < 810)
		give_back(w, machine);
	else if (roll < 900)
		answer_again(w, machine);
	else if (roll < 914)
		hoard(w, machine);
	else
		odd_message(w, machine);
}
