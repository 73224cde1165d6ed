/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A MUD file as one line of JSON. Lists and entries are spelt in all the ways that there are, and one
 * entry in a few has something that no rule can say, or that contradicts the rest of it. That makes
 * no difference to traffic: it meets what the entry was made from.
 */
#include <stdarg.h>
#include <stdio.h>

#include "generate.h"

/* What a list says it is about. */
enum list_type { TYPE_NONE, TYPE_V4, TYPE_V6, TYPE_ETHERNET, TYPE_MIXED };

struct list {
	bool from_device;
	enum list_type type;
	bool shared; /* the other direction names it, too: there its remotes are the own end */
};

#define MAX_LISTS 6

struct file {
	bool old; /* as drafts of the RFC had it */
	struct list lists[MAX_LISTS];
	unsigned int n_lists;
};

/* The members of one container under way. */
struct part {
	size_t used;
	bool there; /* though it may be empty */
	char text[512];
};

struct entry {
	const struct rule *rule;
	bool from_device;
	bool old;
	unsigned int version; /* of the container: 0 none */
	const char *transport;
	struct part ethernet, ip, layer4, abstraction, others;
};

static void __attribute__((format(printf, 2, 3))) add(struct part *part, const char *format, ...)
{
	va_list args;

	part->used += (size_t)snprintf(part->text + part->used, sizeof(part->text) - part->used,
				       part->used ? ", " : "");
	va_start(args, format);
	part->used += (size_t)vsnprintf(part->text + part->used, sizeof(part->text) - part->used,
					format, args);
	va_end(args);
	part->there = true;
}

/* --- addresses and names ------------------------------------------------------------------- */

static const char *end_word(const struct entry *e, bool remote)
{
	return remote == e->from_device ? "destination" : "source";
}

/* The bits behind the length do not count. */
static void add_network(struct world *w, struct entry *e, const struct prefix *prefix, bool remote)
{
	struct prefix loose = *prefix;
	char text[64];

	if (percent(w, 25))
		loose.base = prefix_address(w, prefix);
	address_print(&loose.base, text);
	add(&e->ip, "\"%s-ipv%u-network\": \"%s/%u\"", end_word(e, remote), prefix->base.v6 ? 6 : 4,
	    text, prefix->length);
}

static void add_name(struct entry *e, const char *text, bool remote)
{
	add(&e->ip, "\"ietf-acldns:%s-dnsname\": \"%s\"", remote == e->from_device ? "dst" : "src",
	    text);
}

static void add_pattern(struct world *w, struct entry *e, const char *pattern, bool remote)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", pattern, percent(w, 15) ? "." : "");
	for (char *at = text; *at && percent(w, 98); at++)
		if (*at >= 'a' && *at <= 'z' && percent(w, 5))
			*at -= 'a' - 'A';
	add_name(e, text, remote);
}

static void add_literal(struct entry *e, const struct address *address)
{
	char text[64];

	address_print(address, text);
	add_name(e, text, true);
}

/* --- what rules say ------------------------------------------------------------------------ */

static void add_remote(struct world *w, struct entry *e)
{
	const struct rule *rule = e->rule;
	struct part *part = &e->abstraction;

	switch (rule->remote) {
	case REMOTE_LOCAL:
		add(part, "\"local-networks\": [null]");
		break;
	case REMOTE_CONTROLLER:
		add(part, "\"controller\": \"%s\"", set_text(rule));
		break;
	case REMOTE_MANUFACTURER:
		add(part, "\"manufacturer\": \"%s\"", set_text(rule));
		break;
	case REMOTE_MODEL:
		add(part, "\"model\": \"%s\"", set_text(rule));
		break;
	case REMOTE_MY_CONTROLLERS:
		add(part, "\"my-controller\": [null]");
		break;
	case REMOTE_SAME_MANUFACTURER:
		add(part, "\"same-manufacturer\": [null]");
		break;
	case REMOTE_NAME:
		add_pattern(w, e, pattern_texts[rule->index], true);
		break;
	case REMOTE_PREFIX:
		if (rule->prefix.length == 8 * address_size(&rule->prefix.base) && percent(w, 25))
			add_literal(e, &rule->prefix.base);
		else
			add_network(w, e, &rule->prefix, true);
		break;
	default:
		break;
	}
}

/* Maybe as one of the operators that have this range, or all but this port. */
static void add_ports(struct world *w, struct part *part, const char *key,
		      const struct range *range)
{
	static const char *const operators[] = {"lte", "gte", "neq"};

	if (range->first == range->last && percent(w, 65)) {
		if (percent(w, 40))
			add(part, "\"%s\": {\"port\": %u}", key, range->first);
		else
			add(part, "\"%s\": {\"operator\": \"eq\", \"port\": %u}", key,
			    range->first);
	} else if (range->first == range->last) {
		add(part, "\"%s\": {\"operator\": \"%s\", \"port\": %u}", key, PICK(w, operators),
		    range->first);
	} else if (!range->first && percent(w, 75)) {
		add(part, "\"%s\": {\"operator\": \"lte\", \"port\": %u}", key, range->last);
	} else if (range->last == 65535 && percent(w, 75)) {
		add(part, "\"%s\": {\"operator\": \"gte\", \"port\": %u}", key, range->first);
	} else {
		add(part, "\"%s\": {\"lower-port\": %u, \"upper-port\": %u}", key, range->first,
		    range->last);
	}
}

/* Older files have ranges, where the protocol is. */
static void add_old_ports(struct part *part, const char *end, const struct range *range)
{
	add(part, "\"%s-port-range\": {\"lower-port\": %u, \"upper-port\": %u}", end, range->first,
	    range->last);
}

static void add_some_ports(struct world *w, struct entry *e, const char *end,
			   const struct range *range)
{
	char key[40];

	snprintf(key, sizeof(key), "%s-port%s", end, e->old ? "-range-or-operator" : "");
	if (e->old && percent(w, 60))
		add_old_ports(&e->ip, end, range);
	else
		add_ports(w, e->old ? &e->ip : &e->layer4, key, range);
}

static void add_direction(struct world *w, struct entry *e)
{
	bool from_device = percent(w, 60) == e->from_device;

	add(&e->layer4, "\"ietf-mud:direction-initiated\": \"%s-device\"",
	    from_device ? "from" : "to");
}

static void add_transport(struct world *w, struct entry *e)
{
	const struct rule *rule = e->rule;
	bool tcp = rule->service == SERVICE_TCP;

	e->transport = tcp ? "tcp" : "udp";
	e->layer4.there = true;
	if (rule->n_ranges)
		add_some_ports(w, e, "destination", &rule->ranges[0]);
	if (rule->has_source_port)
		add_some_ports(w, e, "source", &rule->source_port);
	if (e->version && (e->old || percent(w, 60)))
		add(&e->ip, "\"protocol\": %u", tcp ? 6 : 17);
	if (tcp && percent(w, 35))
		add_direction(w, e);
	/* The protocol says it all, where there are no ports. */
	if (!e->old && !e->layer4.used && e->version && percent(w, 30)) {
		e->layer4.there = false;
		e->transport = NULL;
		if (!e->ip.used)
			add(&e->ip, "\"protocol\": %u", tcp ? 6 : 17);
	}
}

static void add_icmp(struct world *w, struct entry *e)
{
	const struct range *range = &e->rule->ranges[0];

	e->transport = "icmp";
	e->layer4.there = true;
	if (e->rule->n_ranges)
		add(&e->layer4, "\"type\": %u", range->first >> 8);
	if (e->rule->n_ranges && range->first == range->last)
		add(&e->layer4, "\"code\": %u", range->first & 255);
	if (e->version && percent(w, 50))
		add(&e->ip, "\"protocol\": %u", e->version == 6 ? 58 : 1);
}

static void add_service(struct world *w, struct entry *e)
{
	switch (e->rule->service) {
	case SERVICE_TCP:
	case SERVICE_UDP:
		add_transport(w, e);
		break;
	case SERVICE_ICMP:
	case SERVICE_ICMPV6:
		add_icmp(w, e);
		break;
	case SERVICE_IP:
		add(&e->ip, "\"protocol\": %u", e->rule->number);
		break;
	case SERVICE_ETHERTYPE:
		add(&e->ethernet,
		    percent(w, 50) ? "\"ethertype\": \"0x%04x\"" : "\"ethertype\": %u",
		    e->rule->number);
		break;
	default:
		break;
	}
	if (e->rule->dscp >= 0)
		add(&e->ip, "\"dscp\": %d", e->rule->dscp);
}

/* --- what they do not say ------------------------------------------------------------------ */

static void add_to_ip(struct world *w, struct entry *e)
{
	static const char *const v4[] = {"\"ttl\": 64",
					 "\"length\": 100",
					 "\"ecn\": 1",
					 "\"ihl\": 5",
					 "\"flags\": \"more\"",
					 "\"offset\": 20",
					 "\"identification\": 7",
					 "\"example:thing\": true"};
	static const char *const v6[] = {"\"ttl\": 64", "\"length\": 100", "\"ecn\": 0",
					 "\"flow-label\": 77", "\"example:thing\": [null]"};

	if (!e->version)
		e->version = percent(w, 50) ? 6 : 4;
	add(&e->ip, "%s", e->version == 6 ? PICK(w, v6) : PICK(w, v4));
}

static void add_to_transport(struct world *w, struct entry *e)
{
	static const char *const tcp[] = {"\"flags\": \"syn\"",	   "\"sequence-number\": 1",
					  "\"window-size\": 512",  "\"data-offset\": 5",
					  "\"urgent-pointer\": 1", "\"example:thing\": 1"};

	if (!e->transport)
		add(&e->others, "\"example:thing\": {}");
	else if (*e->transport == 't')
		add(&e->layer4, "%s", PICK(w, tcp));
	else if (*e->transport == 'u')
		add(&e->layer4, percent(w, 70)
					? "\"length\": 20"
					: "\"ietf-mud:direction-initiated\": \"from-device\"");
	else if (!e->rule->n_ranges && percent(w, 60))
		add(&e->layer4, "\"code\": 0");
	else
		add(&e->layer4, "\"rest-of-header\": \"AAAAAA==\"");
}

/* The device's own end. */
static void add_own(struct world *w, struct entry *e)
{
	struct prefix prefix;

	if (!e->version)
		e->version = percent(w, 50) ? 6 : 4;
	prefix = w->prefixes[below(w, w->n_prefixes)];
	if (percent(w, 40) || prefix.base.v6 != (e->version == 6))
		prefix = (struct prefix){e->version == 6 ? address_v6(0, 0) : address_v4(0), 0};
	if (prefix.length && percent(w, 20))
		add_name(e, "own.other.test", false);
	else
		add_network(w, e, &prefix, false);
}

/* Beside what is there already: another one that says the same, or nothing, or something else. */
static void add_second_remote(struct world *w, struct entry *e)
{
	static const char *const names[] = {"cdn.other.test", "nas", "nas.", "other.test"};
	struct prefix everything;

	if (!e->version)
		e->version = percent(w, 50) ? 6 : 4;
	everything = (struct prefix){e->version == 6 ? address_v6(0, 0) : address_v4(0), 0};
	if (e->rule->remote != REMOTE_LOCAL && !e->abstraction.used && percent(w, 30))
		add(&e->abstraction, "\"local-networks\": [null]");
	else if (e->rule->remote != REMOTE_NAME && e->rule->remote != REMOTE_PREFIX &&
		 percent(w, 50))
		add_name(e, PICK(w, names), true);
	else if (e->rule->remote != REMOTE_PREFIX)
		add_network(w, e, &everything, true);
	else
		add(&e->abstraction, "\"example:thing\": \"x\"");
}

static void add_other(struct world *w, struct entry *e)
{
	static const char *const others[] = {"\"ingress-interface\": \"eth0\"",
					     "\"example:thing\": {\"x\": 1}",
					     "\"egress-interface\": \"eth0\""};

	if (percent(w, 40) && !strstr(e->ethernet.text, "mac-address"))
		add(&e->ethernet, "\"%s-mac-address\": \"02:00:5e:10:00:01\"",
		    percent(w, 50) ? "destination" : "source");
	else
		add(&e->others, "%s", PICK(w, others));
}

/* Of a version that the rest is not of, or is anyway, or of none. Two containers that contradict each
 * other are the end of the file. */
static void add_ethertype(struct world *w, struct entry *e)
{
	static const unsigned int ethertypes[] = {0x0800, 0x86dd, 0x0800, 0x86dd, 0x88b5, 0x0806};

	if (!e->ethernet.used)
		add(&e->ethernet,
		    percent(w, 50) ? "\"ethertype\": %u" : "\"ethertype\": \"0x%04x\"",
		    PICK(w, ethertypes));
}

/* One that contradicts the transport beside it is the end of the file. */
static void add_protocol(struct world *w, struct entry *e)
{
	static const uint8_t numbers[] = {1, 6, 17, 58, 47};

	if (!e->version)
		e->version = percent(w, 50) ? 6 : 4;
	if (!e->transport && !strstr(e->ip.text, "\"protocol\""))
		add(&e->ip, "\"protocol\": %u", PICK(w, numbers));
}

/* What a group's or everybody's address says already, or does not. */
static void add_near(struct world *w, struct entry *e)
{
	const struct rule *rule = e->rule;

	if (rule->remote != REMOTE_PREFIX || !address_is_group(&rule->prefix.base))
		return;
	if (percent(w, 45))
		add(&e->abstraction, "\"local-networks\": [null]");
	if (percent(w, 35))
		add(&e->ethernet, "\"%s-mac-address\": \"%s:ff:ff:ff:ff:ff\"",
		    percent(w, 90) ? "destination" : "source",
		    percent(w, 80)   ? "ff"
		    : percent(w, 70) ? "FF"
				     : "01");
}

static void (*const additions[])(struct world *w, struct entry *e) = {
	add_to_ip,	   add_to_transport, add_own,	    add_own,
	add_second_remote, add_other,	     add_ethertype, add_protocol};

/* --- an entry ------------------------------------------------------------------------------ */

static bool needs_container(const struct rule *rule)
{
	return rule->remote == REMOTE_PREFIX || rule->remote == REMOTE_NAME || rule->dscp >= 0 ||
	       rule->service == SERVICE_IP;
}

/* The container says the version, unless the list does. */
static unsigned int container(struct world *w, const struct rule *rule, const struct list *list,
			      bool old)
{
	bool said = (rule->version == 4 && list->type == TYPE_V4) ||
		    (rule->version == 6 && list->type == TYPE_V6);

	if (old)
		return rule->version ? rule->version : list->type == TYPE_V6 ? 6 : 4;
	if (needs_container(rule) || (rule->version && percent(w, said ? 50 : 90)))
		return rule->version;
	return 0;
}

static void say_container(const char *name, const char *old, const struct part *part)
{
	if (!part->there)
		return;
	say_part();
	say("\"%s%s\": {%s}", name, old, part->text);
}

static void say_matches(struct world *w, struct entry *e)
{
	bool first = percent(w, 50);
	char ip[8];

	snprintf(ip, sizeof(ip), "ipv%u", e->version);
	e->ip.there = e->version > 0;
	say("\"matches\": {");
	say_container("eth", "", &e->ethernet);
	if (first)
		say_container("ietf-mud:mud", "", &e->abstraction);
	say_container(ip, e->old ? "-acl" : "", &e->ip);
	/* where the protocol and its ports stand elsewhere there is none */
	if (e->transport && (!e->old || e->layer4.used))
		say_container(e->transport, e->old && percent(w, 50) ? "-acl" : "", &e->layer4);
	if (!first)
		say_container("ietf-mud:mud", "", &e->abstraction);
	if (e->others.used) {
		say_part();
		say("%s", e->others.text);
	}
	say("}");
}

static void say_actions(struct world *w, bool allow)
{
	const char *word = allow ? "accept" : percent(w, 60) ? "drop" : "reject";

	say("\"actions\": {\"forwarding\": \"%s%s\"",
	    percent(w, 12) ? "ietf-access-control-list:" : "", word);
	if (percent(w, 6))
		say(", \"logging\": \"log-syslog\"");
	say("}");
}

static void say_entry(struct world *w, const struct file *file, const struct list *list,
		      const struct rule *rule, unsigned int number)
{
	struct entry e = {.rule = rule, .from_device = list->from_device};

	e.old = file->old && (rule->service == SERVICE_TCP || rule->service == SERVICE_UDP);
	e.version = container(w, rule, list, e.old);
	add_service(w, &e);
	add_remote(w, &e);
	add_near(w, &e);
	if (percent(w, 16))
		PICK(w, additions)(w, &e);
	say_part();
	say("{\"%s\": \"ace-%u\", ", file->old ? "rule-name" : "name", number);
	if (e.ethernet.used || e.version || e.transport || e.abstraction.used || e.others.used ||
	    percent(w, 50)) {
		say_matches(w, &e);
		say(", ");
	}
	say_actions(w, rule->allow);
	say("}");
}

/* --- lists --------------------------------------------------------------------------------- */

static const char *type_word(struct world *w, enum list_type type)
{
	static const char *const words[] = {
		[TYPE_V4] = "ipv4-acl-type",
		[TYPE_V6] = "ipv6-acl-type",
		[TYPE_MIXED] = "mixed-eth-ipv4-ipv6-acl-type",
	};

	if (type == TYPE_ETHERNET)
		return percent(w, 50) ? "eth-acl-type" : "ethernet-acl-type";
	return words[type];
}

static void make_lists(struct world *w, struct file *file)
{
	static const enum list_type any[] = {TYPE_NONE, TYPE_MIXED, TYPE_NONE, TYPE_ETHERNET};
	static const enum list_type more[] = {TYPE_V4, TYPE_V6,	  TYPE_V4,
					      TYPE_V6, TYPE_NONE, TYPE_ETHERNET};

	file->old = percent(w, 15);
	for (unsigned int side = 0; side < 2; side++) {
		unsigned int n = between(w, 1, MAX_LISTS / 2);

		for (unsigned int i = 0; i < n; i++)
			file->lists[file->n_lists++] =
				(struct list){.from_device = side == SIDE_TO,
					      .type = i ? PICK(w, more) : PICK(w, any),
					      .shared = percent(w, 5)};
	}
}

static bool fits(const struct list *list, const struct rule *rule)
{
	if (list->from_device != (rule->side == SIDE_TO))
		return false;
	if (rule->service == SERVICE_ETHERTYPE || !rule->version)
		return list->type != TYPE_V4 && list->type != TYPE_V6;
	return list->type != (rule->version == 4 ? TYPE_V6 : TYPE_V4);
}

/* Whether it may stand there, by type and direction. Now and then anything goes. */
static unsigned int choose_list(struct world *w, const struct file *file, const struct rule *rule)
{
	unsigned int list;

	do
		list = below(w, file->n_lists);
	while (!fits(&file->lists[list], rule) && !percent(w, 2));
	return list;
}

static void say_list(struct world *w, const struct file *file, unsigned int number,
		     const struct mud_file *mud, const uint8_t *list_of)
{
	const struct list *list = &file->lists[number];

	say_part();
	say("{\"%s\": \"list-%u\"", file->old ? "acl-name" : "name", number);
	if (list->type != TYPE_NONE)
		say(", \"%s\": \"%s%s\"", file->old ? "acl-type" : "type",
		    percent(w, 15) ? "ietf-access-control-list:" : "", type_word(w, list->type));
	say(", \"%s\": {\"ace\": [", file->old ? "access-list-entries" : "aces");
	for (unsigned int i = 0; i < mud->rules.n; i++)
		if (list_of[i] == number)
			say_entry(w, file, list, &mud->rules.items[i], i);
	say("]}}");
}

static void say_policy(struct world *w, const struct file *file, bool from_device)
{
	bool backwards = percent(w, 30);

	say(", \"%s-device-policy\": {\"access-lists\": {\"access-list\": [",
	    from_device ? "from" : "to");
	for (unsigned int i = 0; i < file->n_lists; i++) {
		unsigned int number = backwards ? file->n_lists - 1 - i : i;
		const struct list *list = &file->lists[number];

		if ((list->from_device != from_device && !list->shared) || percent(w, 3))
			continue;
		say_part();
		say("{\"%s\": \"list-%u\"}", file->old ? "acl-name" : "name", number);
	}
	say("]}}");
}

static void say_head(struct world *w, const struct file *file, const struct mud_file *mud)
{
	say("{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"%s\", "
	    "\"last-update\": \"2024-05-18T20:00:50Z\", \"cache-validity\": 48, "
	    "\"is-supported\": true, \"systeminfo\": \"a thing\"",
	    mud_urls[mud->url]);
	for (int side = 0; side < 2; side++)
		if (percent(w, 96))
			say_policy(w, file, side == SIDE_TO);
	say("}");
}

void mud_print(struct world *w, unsigned int number)
{
	struct mud_file *mud = &w->muds[number];
	struct file file = {.n_lists = 0};
	uint8_t list_of[MAX_RULES];

	make_lists(w, &file);
	for (unsigned int i = 0; i < mud->rules.n; i++)
		list_of[i] = (uint8_t)choose_list(w, &file, &mud->rules.items[i]);
	say("mud mud-%u.json ", number);
	say_head(w, &file, mud);
	say(", \"ietf-access-control-list:%s\": {\"acl\": [",
	    file.old || percent(w, 30) ? "access-lists" : "acls");
	for (unsigned int i = 0; i < file.n_lists; i++)
		say_list(w, &file, i, mud, list_of);
	say("]}}");
	say_line();
	mud->said = true;
}
