/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules as entries of access lists (RFC 8519), with the matches of RFC 8520 and ietf-acldns. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "mud.h"
#include "mud_export.h"
#include "util.h"

#define NO_PROTOCOL (-1)

/* One entry: what an entry can say at once of a service. */
struct piece {
	int protocol; /* NO_PROTOCOL: any */
	bool ranged;
	struct ig_range ports;
	int type, code; /* of ICMP; -1: any */
};

struct entry {
	const struct ig_rule *rule;
	enum ig_rule_action action;
	const struct ig_remote *remote;
	const struct piece *piece;
	bool v6;
	bool answers; /* of what the rule lets be opened: it runs the other way */
};

/* --- parts of a match --- */

/* Is the remote the destination? */
static bool is_outward(const struct entry *e)
{
	return (e->rule->side == IG_RULE_TO) != e->answers;
}

static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

static int set_network(const struct entry *e, json_t *ip)
{
	const struct ig_prefix *prefix = &e->remote->prefix;
	char address[INET6_ADDRSTRLEN], key[64], text[INET6_ADDRSTRLEN + 8];

	if (!inet_ntop(e->v6 ? AF_INET6 : AF_INET, prefix->addr + (e->v6 ? 0 : 12), address,
		       sizeof(address)))
		return -ENOMEM;
	snprintf(text, sizeof(text), "%s/%d", address, prefix->length - (e->v6 ? 0 : 96));
	snprintf(key, sizeof(key), "%s-ipv%d-network", is_outward(e) ? "destination" : "source",
		 e->v6 ? 6 : 4);
	return set(ip, key, json_string(text));
}

static json_t *make_ip(const struct entry *e)
{
	json_t *ip = json_object();
	int err = ip ? 0 : -ENOMEM;

	if (e->rule->dscp >= 0)
		err = err ?: set(ip, "dscp", json_integer(e->rule->dscp));
	if (e->piece->protocol != NO_PROTOCOL)
		err = err ?: set(ip, "protocol", json_integer(e->piece->protocol));
	if (e->remote->kind == IG_REMOTE_PREFIX)
		err = err ?: set_network(e, ip);
	if (e->remote->kind == IG_REMOTE_NAME)
		err = err
			      ?: set(ip,
				     is_outward(e) ? "ietf-acldns:dst-dnsname"
						   : "ietf-acldns:src-dnsname",
				     json_string(e->remote->name));
	if (!err)
		return ip;
	json_decref(ip);
	return NULL;
}

static json_t *make_ports(const struct ig_range *range)
{
	if (range->first == range->last)
		return json_pack("{s:s, s:i}", "operator", "eq", "port", range->first);
	return json_pack("{s:i, s:i}", "lower-port", range->first, "upper-port", range->last);
}

static json_t *make_transport(const struct entry *e)
{
	const char *opened = e->answers ? "source-port" : "destination-port";
	const char *opener = e->answers ? "destination-port" : "source-port";
	json_t *transport = json_object();
	int err = transport ? 0 : -ENOMEM;

	if (e->rule->has_source_port)
		err = err ?: set(transport, opener, make_ports(&e->rule->source_port));
	if (e->piece->ranged)
		err = err ?: set(transport, opened, make_ports(&e->piece->ports));
	if (e->piece->protocol == IPPROTO_TCP)
		err = err
			      ?: set(transport, "ietf-mud:direction-initiated",
				     json_string(e->rule->side == IG_RULE_TO ? "from-device"
									     : "to-device"));
	if (!err)
		return transport;
	json_decref(transport);
	return NULL;
}

static json_t *make_icmp(const struct piece *piece)
{
	json_t *icmp = json_object();
	int err = icmp ? 0 : -ENOMEM;

	if (piece->type >= 0)
		err = err ?: set(icmp, "type", json_integer(piece->type));
	if (piece->code >= 0)
		err = err ?: set(icmp, "code", json_integer(piece->code));
	if (!err)
		return icmp;
	json_decref(icmp);
	return NULL;
}

/* NULL with *@err 0: there is nothing to say. */
static json_t *make_abstraction(const struct ig_remote *remote, int *err)
{
	static const struct {
		enum ig_remote_kind kind;
		const char *key;
	} keys[] = {
		{IG_REMOTE_LOCAL, "local-networks"},
		{IG_REMOTE_MY_CONTROLLERS, "my-controller"},
		{IG_REMOTE_SAME_MANUFACTURER, "same-manufacturer"},
		{IG_REMOTE_CONTROLLER, "controller"},
		{IG_REMOTE_MANUFACTURER, "manufacturer"},
		{IG_REMOTE_MODEL, "model"},
	};
	json_t *mud;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].kind != remote->kind)
			continue;
		mud = remote->name ? json_pack("{s:s}", keys[i].key, remote->name)
				   : json_pack("{s:[n]}", keys[i].key);
		*err = mud ? 0 : -ENOMEM;
		return mud;
	}
	*err = 0;
	return NULL;
}

static json_t *make_matches(const struct entry *e)
{
	json_t *matches = json_object(), *ip = make_ip(e), *mud;
	int protocol = e->piece->protocol, err = matches && ip ? 0 : -ENOMEM;
	bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;

	if (ip && !json_object_size(ip))
		json_decref(ip); /* the type of the list says the version */
	else if (ip)
		err = err ?: set(matches, e->v6 ? "ipv6" : "ipv4", ip);
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
		json_t *transport = make_transport(e);

		if (transport && !json_object_size(transport))
			json_decref(transport);
		else
			err = err
				      ?: set(matches, protocol == IPPROTO_TCP ? "tcp" : "udp",
					     transport);
	} else if (icmp && e->piece->type >= 0) {
		err = err ?: set(matches, "icmp", make_icmp(e->piece));
	}
	if (!err) {
		mud = make_abstraction(e->remote, &err);
		if (mud)
			err = set(matches, "ietf-mud:mud", mud);
	}
	if (!err)
		return matches;
	json_decref(matches);
	return NULL;
}

/* --- entries --- */

static int put(struct ig_export *x, const struct entry *e)
{
	enum ig_rule_side side = is_outward(e) ? IG_RULE_TO : IG_RULE_FROM;
	json_t *list = (e->answers ? x->answers : x->entries)[side][e->v6];
	char name[32];

	if (x->n_entries == IG_MUD_ACES_MAX)
		return -E2BIG;
	snprintf(name, sizeof(name), "%s-%zu", e->answers ? "answers" : "entry", ++x->n_entries);
	return json_array_append_new(list,
				     json_pack("{s:s, s:o, s:{s:s}}", "name", name, "matches",
					       make_matches(e), "actions", "forwarding",
					       e->action == IG_RULE_ALLOWS ? "accept" : "drop"))
		       ? -ENOMEM
		       : 0;
}

/* Answers of TCP are told from what is opened; those of UDP are not, and would be a rule of their own. */
static int put_both(struct ig_export *x, struct entry *e)
{
	struct piece tcp = {.protocol = IPPROTO_TCP, .type = -1, .code = -1};
	int err = put(x, e);

	if (err || e->action == IG_RULE_DENIES)
		return err;
	if (e->piece->protocol != IPPROTO_TCP && e->piece->protocol != NO_PROTOCOL)
		return 0;
	e->piece = e->piece->protocol == NO_PROTOCOL ? &tcp : e->piece;
	e->answers = true;
	return put(x, e);
}

static int put_icmp(struct ig_export *x, struct entry *e, int protocol,
		    const struct ig_range *range)
{
	struct piece piece = {.protocol = protocol};
	unsigned int at = range->first;
	int err = 0;

	while (at <= range->last && !err) {
		bool whole = !(at & 0xff) && (at | 0xff) <= range->last;

		piece.type = (int)(at >> 8);
		piece.code = whole ? -1 : (int)(at & 0xff);
		e->piece = &piece;
		err = put(x, e);
		at += whole ? 0x100 : 1;
	}
	return err;
}

static int put_range(struct ig_export *x, struct entry *e, int protocol,
		     const struct ig_range *range)
{
	struct piece piece = {.protocol = protocol, .type = -1, .code = -1};

	if (range && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6))
		return put_icmp(x, e, protocol, range);
	if (range) {
		piece.ranged = true;
		piece.ports = *range;
	}
	e->piece = &piece;
	e->answers = false;
	return put_both(x, e);
}

static int protocol_of(const struct ig_service *service)
{
	static const int protocols[] = {
		[IG_SERVICE_ANY] = NO_PROTOCOL,	      [IG_SERVICE_TCP] = IPPROTO_TCP,
		[IG_SERVICE_UDP] = IPPROTO_UDP,	      [IG_SERVICE_ICMP] = IPPROTO_ICMP,
		[IG_SERVICE_ICMPV6] = IPPROTO_ICMPV6,
	};

	return service->family == IG_SERVICE_IP ? service->number : protocols[service->family];
}

int ig_export_add(struct ig_export *x, const struct ig_rule *rule, enum ig_rule_action action,
		  const struct ig_remote *remote, bool v6)
{
	const struct ig_service *service = &rule->service;
	struct entry e = {.rule = rule, .action = action, .remote = remote, .v6 = v6};
	int protocol = protocol_of(service), err = 0;

	if (!service->n_ranges)
		return put_range(x, &e, protocol, NULL);
	for (size_t i = 0; i < service->n_ranges && !err; i++)
		err = put_range(x, &e, protocol, &service->ranges[i]);
	return err;
}

bool ig_export_has_version(const struct ig_rule *rule, const struct ig_remote *remote, bool v6)
{
	if (rule->version && (rule->version == 6) != v6)
		return false;
	if (rule->service.family == (v6 ? IG_SERVICE_ICMP : IG_SERVICE_ICMPV6))
		return false;
	return remote->kind != IG_REMOTE_PREFIX || ig_prefix_is_v4(&remote->prefix) != v6;
}
