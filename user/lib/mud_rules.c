/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mud_rules.h"
#include "util.h"

#define ETHERTYPE_LEAST 0x0600 /* below are lengths */
#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_ARP	0x0806
#define ETHERTYPE_IPV6	0x86dd
#define ETHERTYPE_EAPOL 0x888e
#define ETHERTYPE_LLDP	0x88cc
#define ETHERTYPE_CTAG	0x8100
#define ETHERTYPE_STAG	0x88a8
#define ETHERTYPE_QINQ	0x9100
#define NO_VERSION	(-1)
#define WRITE_A_RULE	"write a rule for what the device needs of it"
#define RULES_MOST	2 /* of an entry */

struct maker {
	const struct ig_mud *mud;
	const struct ig_mud_terms *terms;
	struct ig_mud_rules *out;
	size_t c_rules;
	struct ig_mud_ruling *ruling; /* of the entry that is looked at; so the next ones */
	const struct ig_mud_match *match;
	bool deny;
	struct ig_rule made[RULES_MOST];
	size_t n_made;
	bool unsaid;	   /* there was something that cannot be said, since this was cleared */
	bool service_said; /* nothing of that kind is in its service */
	bool nameless;	   /* its remote has a name that no rule can have */
	bool no_frames;	   /* an entry before it, of its side, drops frames of every ethertype */
};

/* The first reason is the one that is told. */
static void leave_unsaid(struct maker *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void leave_unsaid(struct maker *m, const char *format, ...)
{
	struct ig_mud_ruling *ruling = m->ruling;
	va_list args;

	m->unsaid = true;
	if (*ruling->why)
		return;
	va_start(args, format);
	vsnprintf(ruling->why, sizeof(ruling->why), format, args);
	va_end(args);
}

/* --- the version of IP --- */

static int version_of_network(enum ig_mud_network network)
{
	return network == IG_MUD_IPV4 ? 4 : network == IG_MUD_IPV6 ? 6 : 0;
}

static int version_of_prefix(const struct ig_prefix *prefix)
{
	return ig_prefix_is_v4(prefix) ? 4 : 6;
}

/* 0: both; NO_VERSION: what is said of it contradicts itself. */
static int version_of(const struct maker *m)
{
	const struct ig_mud_match *match = m->match;
	const int said[] = {
		version_of_network(match->network),
		version_of_network(m->ruling->acl->type),
		match->ethertype == ETHERTYPE_IPV4   ? 4
		: match->ethertype == ETHERTYPE_IPV6 ? 6
						     : 0,
		match->has_source ? version_of_prefix(&match->source) : 0,
		match->has_destination ? version_of_prefix(&match->destination) : 0,
	};
	int version = 0;

	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		if (said[i] && version && said[i] != version)
			return NO_VERSION;
		version = said[i] ? said[i] : version;
	}
	return version;
}

/* --- the remote --- */

static bool is_all(const struct ig_prefix *prefix)
{
	return prefix->length == (ig_prefix_is_v4(prefix) ? 96 : 0);
}

static bool overlap(const struct ig_prefix *a, const struct ig_prefix *b)
{
	unsigned int bits = a->length < b->length ? a->length : b->length;

	if (memcmp(a->addr, b->addr, bits / 8) != 0)
		return false;
	return !(bits % 8) || !((a->addr[bits / 8] ^ b->addr[bits / 8]) >> (8 - bits % 8));
}

static bool overlaps_any(const struct ig_prefix *prefix, const char *const *others, size_t n)
{
	struct ig_prefix other;
	char why[128];

	for (size_t i = 0; i < n; i++) {
		if (!ig_prefix_parse(others[i], false, &other, why) &&
		    ig_prefix_is_v4(&other) == ig_prefix_is_v4(prefix) && overlap(prefix, &other))
			return true;
	}
	return false;
}

static bool is_within(const struct ig_prefix *prefix, const char *const *others, size_t n)
{
	struct ig_prefix other;
	char why[128];

	for (size_t i = 0; i < n; i++) {
		if (!ig_prefix_parse(others[i], false, &other, why) &&
		    prefix->length >= other.length &&
		    ig_prefix_is_v4(&other) == ig_prefix_is_v4(prefix) && overlap(prefix, &other))
			return true;
	}
	return false;
}

/* The limited broadcast address (RFC 919), and groups of the link or of the local scope (RFC 5771, RFC 2365, RFC 4291). */
static bool stays_on_link(const struct ig_prefix *prefix)
{
	static const char *const link[] = {"255.255.255.255", "224.0.0.0/24", "239.255.0.0/16",
					   "ff02::/16"};

	return is_within(prefix, link, ARRAY_SIZE(link));
}

/* Groups of any scope, those of the link among them (RFC 4291, section 2.7), and nothing else? Then @link are these. */
static bool has_link_groups(const struct ig_prefix *prefix, struct ig_prefix *link)
{
	static const char *const groups[] = {"ff00::/8"};
	char why[128];

	return is_within(prefix, groups, ARRAY_SIZE(groups)) &&
	       !ig_prefix_parse("ff02::/16", false, link, why) && prefix->length < link->length &&
	       overlap(prefix, link);
}

/* @prefix becomes what of it stays in the local networks, if that can be said: an accept may do with a part. */
static bool is_local(const struct maker *m, struct ig_prefix *prefix)
{
	struct ig_prefix link;

	if (stays_on_link(prefix))
		return true;
	if (m->deny || !has_link_groups(prefix, &link))
		return false;
	*prefix = link;
	return true;
}

static bool is_broadcast(const struct ig_prefix *prefix)
{
	static const char *const broadcast[] = {"255.255.255.255"};

	return is_within(prefix, broadcast, 1);
}

/* Where that is all that is wrong with it, it can be allowed. */
static void leave_private(struct maker *m, const char *text)
{
	if (!*m->ruling->why)
		m->ruling->remedy = "with `private-addresses: allow` it counts; or " WRITE_A_RULE;
	leave_unsaid(m, "%s is a private address, which is another machine in each network", text);
}

/* An accept of an address that its author cannot know. */
static void check_literal(struct maker *m, const struct ig_prefix *prefix)
{
	static const char *const never[] = {"127.0.0.0/8", "0.0.0.0/8", "::1", "::"};
	static const char *const private[] = {"10.0.0.0/8",    "172.16.0.0/12",	 "192.168.0.0/16",
					      "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
					      "fe80::/10"};
	static const char *const groups[] = {"224.0.0.0/4", "255.255.255.255", "ff00::/8"};
	char text[IG_PREFIX_TEXT];

	if (m->deny)
		return;
	ig_prefix_print(prefix, text);
	if (overlaps_any(prefix, never, ARRAY_SIZE(never)))
		leave_unsaid(m, "%s is no address of another machine", text);
	else if (!m->terms->private_addresses && overlaps_any(prefix, private, ARRAY_SIZE(private)))
		leave_private(m, text);
	else
		m->ruling->literal = !is_within(prefix, groups, ARRAY_SIZE(groups));
}

static int set_class(struct ig_remote *remote, enum ig_remote_kind kind, const char *name)
{
	remote->kind = kind;
	remote->name = name ? strdup(name) : NULL;
	return name && !remote->name ? -ENOMEM : 0;
}

/* A domain name as the language has it. */
static int set_name(struct maker *m, const char *name, struct ig_remote *remote)
{
	struct ig_rule_error error;
	int err;

	if (!strchr(name, '.')) { /* it could be a word of the language */
		leave_unsaid(
			m, "the name '%s' has no dot, and is found nowhere but in a local network",
			name);
		return 0;
	}
	err = ig_remote_parse(name, remote, &error);
	if (err == -EINVAL || (!err && remote->kind != IG_REMOTE_NAME)) {
		ig_remote_clear(remote);
		leave_unsaid(m, "'%s' is no name that a resolver can be asked for", name);
		return 0;
	}
	return err;
}

/* How many of the ways to name the other end there are; the last one becomes @remote. */
static int find_remote(struct maker *m, bool has_prefix, const struct ig_prefix *prefix,
		       const char *name, struct ig_remote *remote)
{
	const struct ig_mud_match *match = m->match;
	const struct {
		bool given;
		enum ig_remote_kind kind;
		const char *name;
	} classes[] = {
		{match->local_networks, IG_REMOTE_LOCAL, NULL},
		{match->my_controller, IG_REMOTE_MY_CONTROLLERS, NULL},
		{match->controller, IG_REMOTE_CONTROLLER, match->controller},
		{match->manufacturer, IG_REMOTE_MANUFACTURER, match->manufacturer},
		{match->same_manufacturer, IG_REMOTE_MANUFACTURER, m->mud->authority},
		{match->model, IG_REMOTE_MODEL, match->model},
	};
	size_t link = 0; /* 1: local-networks is said by the prefix */
	int ways = 0, err = 0;

	if (has_prefix && !is_all(prefix)) {
		*remote = (struct ig_remote){.kind = IG_REMOTE_PREFIX, .prefix = *prefix};
		/* what no router forwards is of the local networks anyhow */
		link = match->local_networks && is_local(m, &remote->prefix);
		ways = !link;
		check_literal(m, prefix);
	}
	if (name && !ways++)
		err = set_name(m, name, remote);
	for (size_t i = link; i < ARRAY_SIZE(classes) && !err; i++) {
		if (classes[i].given && !ways++)
			err = set_class(remote, classes[i].kind, classes[i].name);
	}
	if (ways + (int)link > 1)
		leave_unsaid(m, "it names the other end in more than one way at once");
	return err;
}

static int make_remote(struct maker *m, struct ig_remote *remote)
{
	const struct ig_mud_match *match = m->match;
	bool to = m->ruling->side == IG_MUD_FROM_DEVICE;
	const struct ig_prefix *far = to ? &match->destination : &match->source;
	const struct ig_prefix *near = to ? &match->source : &match->destination;
	const char *far_name = to ? match->destination_name : match->source_name;
	const char *near_name = to ? match->source_name : match->destination_name;
	int err;

	m->unsaid = false;
	err = find_remote(m, to ? match->has_destination : match->has_source, far, far_name,
			  remote);
	if (m->unsaid) {
		ig_remote_clear(remote);
		remote->kind = IG_REMOTE_ANY;
	}
	if (near_name)
		leave_unsaid(m, "it has a name of the device's own end ('%s')", near_name);
	if ((to ? match->has_source : match->has_destination) && !is_all(near)) {
		char text[IG_PREFIX_TEXT];

		ig_prefix_print(near, text);
		leave_unsaid(m, "it has an address of the device's own end (%s)", text);
	}
	return err;
}

/* --- the service --- */

/*
 * There is no port 0 in the language, nor, but for what is broken, on any wire. An accept does without it; a drop cannot.
 * False: it cannot be said.
 */
static bool without_zero(struct ig_range *range, bool deny)
{
	if (range->first)
		return true;
	range->first = 1;
	return !deny && range->last;
}

static bool is_all_ports(const struct ig_range *range)
{
	return !range->first && range->last == UINT16_MAX;
}

static bool set_ports(const struct ig_mud_ports *ports, bool deny, struct ig_service *service)
{
	service->n_ranges = 0;
	for (size_t i = 0; i < ports->n; i++) {
		struct ig_range range = ports->ranges[i];

		if (is_all_ports(&range))
			return true;
		if (without_zero(&range, deny))
			service->ranges[service->n_ranges++] = range;
		else if (deny)
			return false;
	}
	return !ports->n || service->n_ranges;
}

/* False: there is no rule with this one. */
static bool set_source_port(const struct ig_range *from, bool deny, struct ig_rule *rule)
{
	struct ig_range range = *from;

	if (is_all_ports(&range))
		return true;
	rule->has_source_port = true;
	if (!without_zero(&range, deny))
		return false;
	rule->source_port = range;
	return true;
}

/* One rule for each range that the source port may be in. */
static void make_transport(struct maker *m, const struct ig_rule *like)
{
	const struct ig_mud_ports *source = &m->match->source_port;
	bool said = true;

	m->n_made = 0;
	for (size_t i = 0; i < source->n || !i; i++) {
		struct ig_rule *rule = &m->made[m->n_made];

		*rule = *like;
		rule->service.family = m->match->transport == IG_MUD_TCP ? IG_SERVICE_TCP
									 : IG_SERVICE_UDP;
		said = said && set_ports(&m->match->destination_port, m->deny, &rule->service);
		if (!source->n || set_source_port(&source->ranges[i], m->deny, rule))
			m->n_made++;
		else
			said = said && !m->deny;
	}
	if (!said || !m->n_made)
		leave_unsaid(m, "port 0 cannot be said");
}

static void set_icmp(const struct ig_mud_match *match, bool v6, struct ig_rule *rule)
{
	struct ig_service *service = &rule->service;

	service->family = v6 ? IG_SERVICE_ICMPV6 : IG_SERVICE_ICMP;
	if (match->icmp_type < 0)
		return;
	service->n_ranges = 1;
	service->ranges[0].first = (uint16_t)(match->icmp_type << 8);
	service->ranges[0].last = service->ranges[0].first | 0xff;
	if (match->icmp_code >= 0)
		service->ranges[0].first = service->ranges[0].last =
			(uint16_t)(service->ranges[0].first | match->icmp_code);
}

/* Of both versions where the entry is about both. */
static void make_icmp(struct maker *m, const struct ig_rule *like, int version)
{
	if (m->match->icmp_code >= 0 && m->match->icmp_type < 0)
		leave_unsaid(m, "an ICMP code without a type cannot be said");
	m->n_made = 0;
	for (int v6 = 0; v6 < 2; v6++) {
		struct ig_rule *rule = &m->made[m->n_made];

		if (version && version != (v6 ? 6 : 4))
			continue;
		*rule = *like;
		rule->version = 0; /* the service says it */
		set_icmp(m->match, v6, rule);
		m->n_made++;
	}
}

static void make_protocol(struct maker *m, const struct ig_rule *like, int version)
{
	struct ig_service *service = &m->made[0].service;
	int number = m->match->protocol;

	m->made[0] = *like;
	m->n_made = 1;
	if (number == IPPROTO_ICMP || number == IPPROTO_ICMPV6) {
		if (version != (number == IPPROTO_ICMP ? 4 : 6))
			leave_unsaid(m, "protocol %d is that of another version of IP", number);
		m->made[0].version = 0;
		service->family = number == IPPROTO_ICMP ? IG_SERVICE_ICMP : IG_SERVICE_ICMPV6;
	} else {
		service->family = IG_SERVICE_IP;
		service->number = (uint16_t)number;
	}
}

static void check_unsaid_matches(struct maker *m)
{
	const struct ig_mud_match *match = m->match;

	if (match->unread)
		leave_unsaid(m, "it matches '%s', which no rule can", match->unread);
	if (match->broadcast_mac && !(match->has_destination && is_broadcast(&match->destination)))
		leave_unsaid(m, "it matches a MAC address, which no rule can");
	if (match->ttl >= 0)
		leave_unsaid(m, "it matches the TTL, which no rule can");
	if (match->length >= 0)
		leave_unsaid(m, "it matches the length, which no rule can");
	if (match->tcp_flags >= 0)
		leave_unsaid(m, "it matches TCP flags, which no rule can");
}

/* Ports where the drafts had them, beside the addresses: of which protocol, the number says. */
static enum ig_mud_transport transport_of(const struct ig_mud_match *match)
{
	if (match->transport)
		return match->transport;
	return match->protocol == IPPROTO_TCP	? IG_MUD_TCP
	       : match->protocol == IPPROTO_UDP ? IG_MUD_UDP
						: IG_MUD_ANY_TRANSPORT;
}

static void make_service(struct maker *m, const struct ig_rule *like, int version)
{
	struct ig_mud_match match = *m->match;
	const struct ig_mud_match *whole = m->match;

	match.transport = transport_of(&match);
	m->match = &match;
	if (match.transport == IG_MUD_TCP || match.transport == IG_MUD_UDP) {
		make_transport(m, like);
	} else if (match.transport == IG_MUD_ICMP) {
		make_icmp(m, like, version);
	} else if (match.protocol >= 0) {
		make_protocol(m, like, version);
	} else {
		m->made[0] = *like;
		m->n_made = 1;
	}
	if (match.transport != IG_MUD_TCP && match.transport != IG_MUD_UDP &&
	    (match.source_port.n || match.destination_port.n))
		leave_unsaid(m, "it has ports of no protocol");
	m->match = whole;
}

/* --- from rules to the list --- */

/* What a list is called becomes a part of sentences: letters and marks that need no escape. */
static void put_name(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; name[n] && n + 1 < size; n++)
		out[n] = isalnum((unsigned char)name[n]) || strchr("._:/+-", name[n]) ? name[n]
										      : '_';
	out[n] = '\0';
}

static int explain(const struct maker *m, struct ig_rule *rule)
{
	char ace[65], acl[65];

	put_name(ace, sizeof(ace), m->ruling->ace->name);
	put_name(acl, sizeof(acl), m->ruling->acl->name);
	return asprintf(&rule->because, "entry %s of %s", ace, acl) < 0 ? -ENOMEM : 0;
}

/* Every rule is written and read again when it is kept: what would not come back is not said. */
static int comes_back(const struct ig_rule *rule, bool *same)
{
	struct ig_rule_error error;
	struct ig_rule read = {};
	char text[IG_RULE_TEXT_MAX];
	int err = -EINVAL;

	if (ig_rule_print(rule, text, sizeof(text)) < sizeof(text))
		err = ig_rule_parse(text, &read, &error);
	*same = !err && ig_rule_equal(rule, &read);
	ig_rule_clear(&read);
	return err == -ENOMEM ? err : 0;
}

/* A rule with a remote of its own. */
static int add_rule(struct maker *m, const struct ig_rule *made)
{
	struct ig_rules *rules = &m->out->rules;
	struct ig_rule *rule;
	bool same;
	int err;

	if (!ig_grow(&rules->items, rules->count, &m->c_rules, sizeof(*rules->items)))
		return -ENOMEM;
	rule = &rules->items[rules->count];
	err = ig_rule_copy(made, rule);
	if (err)
		return err;
	rules->count++;
	err = explain(m, rule);
	err = err ?: comes_back(rule, &same);
	if (err || same)
		return err;
	leave_unsaid(m, "its remote is no name that a rule can have");
	m->nameless = true;
	rules->count--;
	ig_rule_clear(rule);
	return 0;
}

static void drop_rules(struct maker *m)
{
	struct ig_rules *rules = &m->out->rules;

	while (rules->count > m->ruling->first)
		ig_rule_clear(&rules->items[--rules->count]);
}

static int add_rules(struct maker *m)
{
	int err = 0;

	for (size_t i = 0; i < m->n_made && !err; i++)
		err = add_rule(m, &m->made[i]);
	return err;
}

static int add_anyone(struct maker *m)
{
	for (size_t i = 0; i < m->n_made; i++)
		m->made[i].remote = (struct ig_remote){.kind = IG_REMOTE_ANY};
	return add_rules(m);
}

/* A drop of which something cannot be said: of more, then. */
static int add_wider(struct maker *m, const struct ig_rule *like)
{
	int err = 0;

	m->ruling->wider = true;
	if (!m->service_said) {
		m->made[0] = *like;
		m->n_made = 1;
	}
	if (!m->nameless)
		err = add_rules(m);
	if (m->nameless && !err) { /* since before, or found out just now */
		drop_rules(m);
		err = add_anyone(m);
	}
	return err;
}

static int settle(struct maker *m, const struct ig_rule *like)
{
	struct ig_mud_ruling *ruling = m->ruling;
	int err = 0;

	ruling->first = m->out->rules.count;
	if (!*ruling->why)
		err = add_rules(m);
	if (*ruling->why && !err) {
		drop_rules(m);
		if (m->deny)
			err = add_wider(m, like);
		else
			ruling->fate = IG_MUD_CLOSED;
		ruling->remedy = ruling->remedy ?: WRITE_A_RULE;
	}
	ruling->count = m->out->rules.count - ruling->first;
	return err;
}

/* --- entries --- */

static bool is_infrastructure(int ethertype)
{
	return ethertype == ETHERTYPE_ARP || ethertype == ETHERTYPE_EAPOL ||
	       ethertype == ETHERTYPE_LLDP;
}

static bool is_other_ethertype(int ethertype)
{
	return ethertype >= 0 && ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_IPV6;
}

/* Lengths, and tags, behind which the frame's ethertype stands. */
static bool is_nameless(int ethertype)
{
	return ethertype < ETHERTYPE_LEAST || ethertype == ETHERTYPE_CTAG ||
	       ethertype == ETHERTYPE_STAG || ethertype == ETHERTYPE_QINQ;
}

/* What is about IP beside an ethertype that is none. */
static bool names_remote(const struct ig_mud_match *match)
{
	return match->local_networks || match->same_manufacturer || match->my_controller ||
	       match->manufacturer || match->model || match->controller;
}

static bool is_about_ip(const struct maker *m)
{
	const struct ig_mud_match *match = m->match;

	return version_of_network(m->ruling->acl->type) || version_of_network(match->network) ||
	       match->transport;
}

/* No rule denies frames of whatever ethertype: so none behind it may allow those of one. */
static bool drops_frames(const struct maker *m)
{
	return m->deny && m->match->ethertype < 0 && !is_about_ip(m);
}

static bool is_about_answers(const struct maker *m)
{
	enum ig_mud_side initiated = m->match->initiated;

	return initiated != IG_MUD_NO_SIDE && initiated != m->ruling->side;
}

static int make_ip(struct maker *m, struct ig_rule *like, int version)
{
	int err;

	err = make_remote(m, &like->remote);
	like->dscp = m->match->dscp;
	like->version = like->remote.kind == IG_REMOTE_PREFIX ? 0 : (uint8_t)version;
	m->unsaid = false;
	make_service(m, like, version);
	m->service_said = !m->unsaid;
	check_unsaid_matches(m);
	return err ?: settle(m, like);
}

static int make_ethertype(struct maker *m, struct ig_rule *like)
{
	if (is_about_ip(m)) {
		m->ruling->fate = IG_MUD_NOTHING;
		leave_unsaid(m, "a frame of ethertype 0x%04x is no IP", m->match->ethertype);
		return 0;
	}
	if (is_nameless(m->match->ethertype)) { /* nor does any allow it */
		m->ruling->fate = m->deny ? IG_MUD_NOTHING : IG_MUD_CLOSED;
		m->ruling->remedy = "the device has to do without such frames: no rule allows them";
		leave_unsaid(m, "no rule can name the ethertype 0x%04x", m->match->ethertype);
		return 0;
	}
	check_unsaid_matches(m);
	if (names_remote(m->match) || m->match->broadcast_mac)
		leave_unsaid(m, "it names the other end of a frame that is no IP");
	if (m->no_frames && !m->deny)
		leave_unsaid(m, "an entry before it drops frames of every ethertype");
	m->service_said = true;
	like->service.family = IG_SERVICE_ETHER;
	like->service.number = (uint16_t)m->match->ethertype;
	m->made[0] = *like;
	m->n_made = 1;
	return settle(m, like);
}

static int translate_ace(struct maker *m)
{
	struct ig_mud_ruling *ruling = m->ruling;
	bool to = ruling->side == IG_MUD_FROM_DEVICE;
	struct ig_rule like = {
		.action = m->deny ? IG_RULE_DENIES : IG_RULE_ALLOWS,
		.side = to ? IG_RULE_TO : IG_RULE_FROM,
		.dscp = -1,
		.loc = {m->terms->file, ruling->ace->line, 1},
	};
	int version = version_of(m), err = 0;

	ruling->first = m->out->rules.count;
	if (is_infrastructure(m->match->ethertype)) {
		ruling->fate = IG_MUD_INFRASTRUCTURE;
	} else if (is_other_ethertype(m->match->ethertype)) {
		err = make_ethertype(m, &like);
	} else if (version == NO_VERSION) {
		ruling->fate = IG_MUD_NOTHING;
		leave_unsaid(m, "it is about both versions of IP at once");
	} else if (is_about_answers(m) && !m->deny) {
		ruling->fate = IG_MUD_ANSWERS;
	} else {
		if (is_about_answers(m))
			leave_unsaid(m, "a drop of answers alone cannot be said");
		err = make_ip(m, &like, version);
	}
	ig_remote_clear(&like.remote);
	return err;
}

static int translate_acl(struct maker *m, enum ig_mud_side side, const struct ig_mud_acl *acl)
{
	int err = 0;

	for (size_t i = 0; i < acl->n_aces && !err; i++) {
		m->ruling = &m->out->rulings[m->out->n_rulings++];
		*m->ruling = (struct ig_mud_ruling){.acl = acl, .ace = &acl->aces[i], .side = side};
		m->match = &acl->aces[i].match;
		m->deny = acl->aces[i].forwarding != IG_MUD_ACCEPT;
		m->n_made = 0;
		m->nameless = false;
		err = translate_ace(m);
		m->no_frames |= drops_frames(m);
	}
	return err;
}

static size_t count_aces(const struct ig_mud *mud)
{
	size_t n = 0;

	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < mud->n_policy[side]; i++)
			n += mud->acls[mud->policy[side][i]].n_aces;
	}
	return n;
}

int ig_mud_translate(const struct ig_mud *mud, const struct ig_mud_terms *terms,
		     struct ig_mud_rules *out)
{
	struct maker m = {.mud = mud, .terms = terms, .out = out};
	int err = 0;

	*out = (struct ig_mud_rules){.rulings = calloc(count_aces(mud) + 1, sizeof(*out->rulings))};
	if (!out->rulings)
		return -ENOMEM;
	for (int side = 0; side < 2; side++) {
		m.no_frames = false;
		for (size_t i = 0; i < mud->n_policy[side] && !err; i++)
			err = translate_acl(&m, side, &mud->acls[mud->policy[side][i]]);
	}
	if (err)
		ig_mud_rules_clear(out);
	return err;
}

void ig_mud_rules_clear(struct ig_mud_rules *rules)
{
	for (size_t i = 0; i < rules->rules.count; i++)
		ig_rule_clear(&rules->rules.items[i]);
	free(rules->rules.items);
	free(rules->rulings);
	*rules = (struct ig_mud_rules){};
}
