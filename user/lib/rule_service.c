/* SPDX-License-Identifier: BSD-2-Clause */
/* SERVICE: protocol and ports, ICMP types, IP protocol numbers, ethertypes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_internal.h"
#include "util.h"

const char *const ig_service_words[] = {"tcp", "udp", "icmp", "icmpv6", "ip", "ethertype", NULL};

/* The names that nft(8) has for them. */
static const char *const icmp_names[] = {
	"echo-reply",	     "destination-unreachable", "source-quench",       "redirect",
	"echo-request",	     "router-advertisement",	"router-solicitation", "time-exceeded",
	"parameter-problem", "timestamp-request",	"timestamp-reply",     NULL,
};
static const uint8_t icmp_types[] = {0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14};
_Static_assert(ARRAY_SIZE(icmp_names) == ARRAY_SIZE(icmp_types) + 1, "a name a type");

static const char *const icmpv6_names[] = {
	"destination-unreachable",
	"packet-too-big",
	"time-exceeded",
	"parameter-problem",
	"echo-request",
	"echo-reply",
	"mld-listener-query",
	"mld-listener-report",
	"mld-listener-done",
	"nd-router-solicit",
	"nd-router-advert",
	"nd-neighbor-solicit",
	"nd-neighbor-advert",
	"nd-redirect",
	"mld2-listener-report",
	NULL,
};
static const uint8_t icmpv6_types[] = {1,   2,	 3,   4,   128, 129, 130, 131,
				       132, 133, 134, 135, 136, 137, 143};
_Static_assert(ARRAY_SIZE(icmpv6_names) == ARRAY_SIZE(icmpv6_types) + 1, "a name a type");

const char *const *ig_icmp_type_names(bool v6)
{
	return v6 ? icmpv6_names : icmp_names;
}

const char *ig_icmp_type_name(bool v6, unsigned int type)
{
	const uint8_t *types = v6 ? icmpv6_types : icmp_types;
	size_t count = v6 ? ARRAY_SIZE(icmpv6_types) : ARRAY_SIZE(icmp_types);

	for (size_t i = 0; i < count; i++)
		if (types[i] == type)
			return ig_icmp_type_names(v6)[i];
	return NULL;
}

int ig_icmp_type_number(bool v6, const char *name)
{
	const char *const *names = ig_icmp_type_names(v6);

	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return v6 ? icmpv6_types[i] : icmp_types[i];
	return -1;
}

/* Services that people write by name, for the hint. */
static const char *port_hint(const char *word, char hint[IG_HINT_MAX])
{
	static const struct {
		const char *name;
		unsigned int port;
	} known[] = {
		{"ssh", 22},	 {"telnet", 23},    {"dns", 53},     {"domain", 53},
		{"http", 80},	 {"ntp", 123},	    {"https", 443},  {"rtsp", 554},
		{"mqtt", 1883},	 {"coap", 5683},    {"modbus", 502}, {"mqtts", 8883},
		{"opcua", 4840}, {"bacnet", 47808},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].name, word))
			continue;
		snprintf(hint, IG_HINT_MAX, "ports are numbers; %s is %u", known[i].name,
			 known[i].port);
		return hint;
	}
	return "ports are numbers from 1 to 65535: tcp/443 or tcp/443,8000-8010";
}

static int read_port(struct ig_rule_parser *p, const char *text, size_t size, uint16_t *port)
{
	char piece[IG_WORD_MAX + 1], hint[IG_HINT_MAX];
	uint64_t number;

	if (ig_rule_number(text, size, 65535, &number) && number) {
		*port = (uint16_t)number;
		return 0;
	}
	ig_rule_piece(piece, text, size);
	return ig_rule_refuse(p, (size_t)(text - p->word.text), port_hint(piece, hint),
			      size ? "`%s` is no port" : "a port is missing%s", piece);
}

int ig_rule_read_port_range(struct ig_rule_parser *p, const char *text, size_t size,
			    struct ig_range *range)
{
	const char *dash = memchr(text, '-', size);
	size_t first = dash ? (size_t)(dash - text) : size;
	int r = read_port(p, text, first, &range->first);

	range->last = range->first;
	if (!r && dash)
		r = read_port(p, dash + 1, size - first - 1, &range->last);
	if (r || range->first <= range->last)
		return r;
	return ig_rule_refuse(p, (size_t)(text - p->word.text), "the smaller port comes first",
			      "the port range %u-%u is the wrong way round", range->first,
			      range->last);
}

/* `echo-request`, `8`, `3.1`: type and code as one number. */
static int read_icmp(struct ig_rule_parser *p, const char *text, size_t size,
		     struct ig_range *range)
{
	bool v6 = p->rule->service.family == IG_SERVICE_ICMPV6;
	const char *dot = memchr(text, '.', size);
	size_t type_size = dot ? (size_t)(dot - text) : size;
	char name[IG_WORD_MAX + 1], mean[IG_HINT_MAX];
	uint64_t type, code;
	int known;

	ig_rule_piece(name, text, type_size);
	known = ig_icmp_type_number(v6, name);
	if (known >= 0)
		type = (uint64_t)known;
	else if (!ig_rule_number(text, type_size, 255, &type))
		return ig_rule_refuse(
			p, (size_t)(text - p->word.text),
			ig_rule_mean(
				mean, name, ig_icmp_type_names(v6),
				"ICMP has types, not ports: icmp/echo-request, icmp/8 or, with the"
				" code, icmp/3.1"),
			"`%s` is no %s type", name, v6 ? "icmpv6" : "icmp");
	if (dot && !ig_rule_number(dot + 1, size - type_size - 1, 255, &code))
		return ig_rule_refuse(p, (size_t)(dot + 1 - p->word.text),
				      "a code is a number from 0 to 255", "`%.*s` is no ICMP code",
				      (int)(size - type_size - 1), dot + 1);
	range->first = (uint16_t)(type << 8 | (dot ? code : 0));
	range->last = (uint16_t)(type << 8 | (dot ? code : 255));
	return 0;
}

/* Do they overlap, or (ports only: an ICMP range is one type or one code) touch? */
static bool joins(const struct ig_service *service, const struct ig_range *a,
		  const struct ig_range *b)
{
	uint32_t reach = service->family == IG_SERVICE_TCP || service->family == IG_SERVICE_UDP;

	return a->first <= b->last + reach && b->first <= a->last + reach;
}

/* Keeps the ranges sorted and disjoint. False: no room. */
static bool add_range(struct ig_service *service, struct ig_range range)
{
	size_t kept = 0, at;

	for (size_t i = 0; i < service->n_ranges; i++) {
		struct ig_range *other = &service->ranges[i];

		if (!joins(service, &range, other)) {
			service->ranges[kept++] = *other;
			continue;
		}
		range.first = range.first < other->first ? range.first : other->first;
		range.last = range.last > other->last ? range.last : other->last;
	}
	service->n_ranges = (uint16_t)kept;
	if (kept == IG_SERVICE_RANGES)
		return false;
	for (at = kept; at && service->ranges[at - 1].first > range.first; at--)
		service->ranges[at] = service->ranges[at - 1];
	service->ranges[at] = range;
	service->n_ranges++;
	return true;
}

static int read_ranges(struct ig_rule_parser *p, size_t offset)
{
	struct ig_service *service = &p->rule->service;
	bool icmp = service->family == IG_SERVICE_ICMP || service->family == IG_SERVICE_ICMPV6;
	const char *end = p->word.text + p->word.size, *item = p->word.text + offset;

	for (;;) {
		const char *comma = memchr(item, ',', (size_t)(end - item));
		size_t size = (size_t)((comma ? comma : end) - item);
		struct ig_range range;
		int r = icmp ? read_icmp(p, item, size, &range)
			     : ig_rule_read_port_range(p, item, size, &range);

		if (r)
			return r;
		if (!add_range(service, range))
			return ig_rule_refuse(
				p, (size_t)(item - p->word.text), "split the rule in two",
				"more than %d ports or ranges in one rule", IG_SERVICE_RANGES);
		if (!comma)
			return 0;
		item = comma + 1;
	}
}

/* 47 is for those who have a protocol by another name. */
static int read_protocol(struct ig_rule_parser *p, size_t offset)
{
	static const struct {
		unsigned int number;
		const char *hint;
	} own[] = {
		{1, "write `icmp`"},
		{6, "write `tcp`"},
		{17, "write `udp`"},
		{58, "write `icmpv6`"},
	};
	uint64_t number;

	if (!ig_rule_number(p->word.text + offset, p->word.size - offset, 255, &number))
		return ig_rule_refuse(p, offset,
				      "a protocol is a number from 0 to 255: ip/47 is GRE",
				      "`%.*s` is no protocol number", (int)(p->word.size - offset),
				      p->word.text + offset);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].number == number)
			return ig_rule_refuse(p, offset, own[i].hint,
					      "this protocol has a word of its own");
	p->rule->service.number = (uint16_t)number;
	return 0;
}

static bool ethertype_number(const char *text, size_t size, uint64_t *number)
{
	*number = 0;
	if (size < 3 || size > 6 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return ig_rule_number(text, size, 65535, number);
	for (size_t i = 2; i < size; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, text[i] | 0x20);

		if (!digit)
			return false;
		*number = *number << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

static int read_ethertype(struct ig_rule_parser *p, size_t offset)
{
	static const struct {
		unsigned int number;
		const char *name, *hint;
	} own[] = {
		{0x0800, "IPv4", "leave the ethertype out, or name tcp, udp, icmp or ip/N"},
		{0x86dd, "IPv6", "leave the ethertype out, or name tcp, udp, icmpv6 or ip/N"},
		{0x0806, "ARP",
		 "it needs no rule; a segment can switch it off with `infrastructure: {arp: false}`"},
		{0x8100, "a VLAN tag", "tags belong to segments: `vlan: 30`"},
		{0x88a8, "a VLAN tag", "tags belong to segments: `vlan: [10, 30]`"},
		{0x9100, "a VLAN tag", "tags belong to segments: `vlan: [10, 30]`"},
	};
	uint64_t number;

	if (!ethertype_number(p->word.text + offset, p->word.size - offset, &number))
		return ig_rule_refuse(
			p, offset,
			"an ethertype is a number from 0x0600 to 0xffff: ethertype/0x88b5",
			"`%.*s` is no ethertype", (int)(p->word.size - offset),
			p->word.text + offset);
	if (number < 0x600)
		return ig_rule_refuse(p, offset, "below 0x0600 the field is a length",
				      "0x%04x is no ethertype", (unsigned int)number);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].number == number)
			return ig_rule_refuse(p, offset, own[i].hint, "0x%04x is %s", own[i].number,
					      own[i].name);
	p->rule->service.number = (uint16_t)number;
	return 0;
}

static int read_detail(struct ig_rule_parser *p, size_t offset)
{
	switch (p->rule->service.family) {
	case IG_SERVICE_IP:
		return read_protocol(p, offset);
	case IG_SERVICE_ETHER:
		return read_ethertype(p, offset);
	default:
		return read_ranges(p, offset);
	}
}

int ig_rule_read_service(struct ig_rule_parser *p)
{
	const char *slash = memchr(p->word.text, '/', p->word.size);
	size_t size = slash ? (size_t)(slash - p->word.text) : p->word.size;
	enum ig_service_family family = IG_SERVICE_ANY;
	int r = 0;

	for (size_t i = 0; size && ig_service_words[i]; i++)
		if (strlen(ig_service_words[i]) == size &&
		    !memcmp(ig_service_words[i], p->word.text, size))
			family = (enum ig_service_family)(IG_SERVICE_TCP + i);
	if (family == IG_SERVICE_ANY)
		return 0; /* an option, or a word that the options will refuse */
	p->rule->service.family = family;
	if (slash)
		r = read_detail(p, size + 1);
	else if (family == IG_SERVICE_IP)
		r = ig_rule_refuse(p, 0,
				   "leave it out: a rule without a service means every IP protocol",
				   "`ip` needs a protocol number");
	else if (family == IG_SERVICE_ETHER)
		r = ig_rule_refuse(p, 0, "ethertype/0x88b5", "`ethertype` needs a number");
	return r ? r : ig_rule_next(p);
}
