/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random MUD files, against a reading of RFC 8519 of its own: what opens a conversation and is allowed by the rules that a
 * file came to is accepted by the file, whatever could not be said; and where nothing failed closed, the other way round.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "mud_rules.h"
#include "random.h"
#include "util.h"

#define FILES	20000
#define FRAMES	60
#define ENTRIES 5
#define NONE	(-1)

/* --- what there is to match --- */

static const char *const addresses[] = {
	"192.0.2.9", "198.51.100.1", "224.0.0.251",   "255.255.255.255",
	"10.1.2.3",  "2001:db8::9",  "2001:db8:1::1", "ff02::fb",
};
static const char *const prefixes[] = {
	"0.0.0.0/0",	  "192.0.2.0/24",	"198.51.100.1/32", "224.0.0.0/24",
	"224.0.0.251/32", "255.255.255.255/32", "10.0.0.0/8",	   "::/0",
	"2001:db8::/64",  "ff02::fb/128",	"2001:db8::/32",
};
static const char *const own_prefixes[] = {"0.0.0.0/0", "192.0.2.0/24", "10.0.0.0/8", "::/0",
					   "2001:db8::/64"};
static const char *const names[] = {"a.example", "b.example", "hub"};
static const char *const classes[] = {"urn:x:a", "urn:x:b", "\x01"};
static const char *const makers[] = {"things.example", "Other.Example"};
static const char *const models[] = {"https://things.example/a", "https://other.example/b"};
static const int protocols[] = {0, 1, 2, 6, 17, 47, 58};
static const int ports[] = {0, 1, 2, 80, 443, 65534, 65535};
static const int ethertypes[] = {0x0800, 0x86dd, 0x0806, 0x88b5, 0x88b8, 0x8100};
static const int marks[] = {0, 46};

/* What opens a conversation, or a frame that is no IP. */
struct frame {
	bool to_device;
	int version; /* 0: no IP */
	int ethertype;
	int protocol, source_port, destination_port, icmp_type, icmp_code, dscp, ttl;
	const char *remote;
	bool broadcast; /* its destination MAC address */
	/* who the remote is, as bits of the arrays above */
	unsigned int is_name, is_class, is_maker, is_model;
	bool is_local, is_controller;
};

struct ports {
	const char *word; /* NULL: not given; "range" */
	int first, last;
};

struct entry {
	bool drop;
	int network, ethertype, transport; /* 0; 4, 6; an IP protocol, with 1 for both of ICMP */
	int protocol, dscp, ttl, icmp_type, icmp_code, initiated; /* NONE: not given */
	struct ports source, destination;
	int remote, own, name; /* positions; NONE: not given */
	int class, maker, model;
	bool local, my_controller, same_maker, broadcast, unknown;
};

struct file {
	bool to_device;
	int type; /* 0, 4, 6, 2: Ethernet */
	struct entry entries[ENTRIES];
	size_t count;
};

/* --- the reading of its own --- */

static bool in_prefix(const char *address, const char *prefix)
{
	bool v4 = !strchr(prefix, ':');
	uint8_t a[16] = {0}, p[16] = {0};
	char text[64], *slash;
	int length;

	if (v4 != !strchr(address, ':'))
		return false;
	snprintf(text, sizeof(text), "%s", prefix);
	slash = strchr(text, '/');
	*slash = '\0';
	length = atoi(slash + 1);
	assert_int_equal(inet_pton(v4 ? AF_INET : AF_INET6, address, a), 1);
	assert_int_equal(inet_pton(v4 ? AF_INET : AF_INET6, text, p), 1);
	for (int bit = 0; bit < length; bit++) {
		if ((a[bit / 8] ^ p[bit / 8]) & (0x80 >> bit % 8))
			return false;
	}
	return true;
}

static bool of_ports(const struct ports *asked, int port)
{
	if (!asked->word)
		return true;
	if (!strcmp(asked->word, "range"))
		return port >= asked->first && port <= asked->last;
	if (!strcmp(asked->word, "lte"))
		return port <= asked->first;
	if (!strcmp(asked->word, "gte"))
		return port >= asked->first;
	if (!strcmp(asked->word, "neq"))
		return port != asked->first;
	return port == asked->first;
}

static bool given(int asked, int is)
{
	return asked == NONE || asked == is;
}

static bool of_transport(const struct entry *e, const struct frame *f)
{
	if (!e->transport)
		return true;
	if (!f->version)
		return false;
	if (e->transport == IPPROTO_ICMP)
		return f->protocol == (f->version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) &&
		       given(e->icmp_type, f->icmp_type) && given(e->icmp_code, f->icmp_code);
	return f->protocol == e->transport && of_ports(&e->source, f->source_port) &&
	       of_ports(&e->destination, f->destination_port);
}

static bool of_network(const struct file *file, const struct entry *e, const struct frame *f)
{
	if ((file->type == 4 || file->type == 6) && f->version != file->type)
		return false;
	if (e->network && f->version != e->network)
		return false;
	return given(e->ethertype, f->ethertype) && given(e->protocol, f->protocol) &&
	       given(e->dscp, f->dscp) && given(e->ttl, f->ttl);
}

/* `local-networks` beside a group of the link says nothing new: no router forwards what goes there. */
static bool is_local(const struct entry *e, const struct frame *f)
{
	static const char *const link[] = {"224.0.0.0/24", "224.0.0.251/32", "255.255.255.255/32",
					   "ff02::fb/128"};

	for (size_t i = 0; e->remote != NONE && i < ARRAY_SIZE(link); i++) {
		if (!strcmp(prefixes[e->remote], link[i]))
			return true;
	}
	return f->is_local;
}

static bool of_remote(const struct entry *e, const struct frame *f)
{
	const char *own = f->version == 4 ? "192.0.2.7" : "2001:db8::7";

	return (e->remote == NONE || (f->version && in_prefix(f->remote, prefixes[e->remote]))) &&
	       (e->own == NONE || (f->version && in_prefix(own, own_prefixes[e->own]))) &&
	       (e->name == NONE || (f->is_name & 1u << e->name)) &&
	       (e->class == NONE || (f->is_class & 1u << e->class)) &&
	       (e->maker == NONE || (f->is_maker & 1u << e->maker)) &&
	       (e->model == NONE || (f->is_model & 1u << e->model)) &&
	       (!e->local || is_local(e, f)) && (!e->my_controller || f->is_controller) &&
	       (!e->same_maker || (f->is_maker & 1));
}

static bool matches(const struct file *file, const struct entry *e, const struct frame *f)
{
	return of_network(file, e, f) && of_transport(e, f) && of_remote(e, f) &&
	       given(e->initiated, f->to_device) && (!e->broadcast || f->broadcast) &&
	       (!e->unknown || f->ttl == 1); /* whatever it may be, of some frames only */
}

static bool file_accepts(const struct file *file, const struct frame *f)
{
	for (size_t i = 0; i < file->count; i++) {
		if (matches(file, &file->entries[i], f))
			return !file->entries[i].drop;
	}
	return false;
}

/* --- the rules, as the language has them --- */

static bool is_named(const char *name, const char *const *all, size_t n, unsigned int bits,
		     bool fold)
{
	for (size_t i = 0; i < n; i++) {
		if (!(fold ? strcasecmp(name, all[i]) : strcmp(name, all[i])))
			return bits & 1u << i;
	}
	fail_msg("nobody spoke of %s", name);
	return false;
}

static bool rule_remote(const struct ig_remote *remote, const struct frame *f)
{
	char prefix[IG_PREFIX_TEXT];

	switch (remote->kind) {
	case IG_REMOTE_ANY:
		return true;
	case IG_REMOTE_LOCAL:
		return f->is_local;
	case IG_REMOTE_MY_CONTROLLERS:
		return f->is_controller;
	case IG_REMOTE_NAME:
		return is_named(remote->name, names, ARRAY_SIZE(names), f->is_name, false);
	case IG_REMOTE_CONTROLLER:
		return is_named(remote->name, classes, ARRAY_SIZE(classes), f->is_class, false);
	case IG_REMOTE_MANUFACTURER:
		return is_named(remote->name, makers, ARRAY_SIZE(makers), f->is_maker, true);
	case IG_REMOTE_MODEL:
		return is_named(remote->name, models, ARRAY_SIZE(models), f->is_model, false);
	case IG_REMOTE_PREFIX:
		ig_prefix_print(&remote->prefix, prefix);
		if (!strchr(prefix, '/'))
			strcat(prefix, strchr(prefix, ':') ? "/128" : "/32");
		return f->version && in_prefix(f->remote, prefix);
	default:
		fail_msg("a remote of kind %d", remote->kind);
		return false;
	}
}

static bool rule_ranges(const struct ig_service *service, int number)
{
	for (size_t i = 0; i < service->n_ranges; i++) {
		if (number >= service->ranges[i].first && number <= service->ranges[i].last)
			return true;
	}
	return !service->n_ranges;
}

static bool rule_service(const struct ig_service *service, const struct frame *f)
{
	switch (service->family) {
	case IG_SERVICE_ETHER:
		return !f->version && f->ethertype == service->number;
	case IG_SERVICE_ANY:
		return f->version;
	case IG_SERVICE_IP:
		return f->version && f->protocol == service->number;
	case IG_SERVICE_TCP:
	case IG_SERVICE_UDP:
		return f->version &&
		       f->protocol ==
			       (service->family == IG_SERVICE_TCP ? IPPROTO_TCP : IPPROTO_UDP) &&
		       rule_ranges(service, f->destination_port);
	case IG_SERVICE_ICMP:
		return f->version == 4 && f->protocol == IPPROTO_ICMP &&
		       rule_ranges(service, f->icmp_type << 8 | f->icmp_code);
	default:
		return f->version == 6 && f->protocol == IPPROTO_ICMPV6 &&
		       rule_ranges(service, f->icmp_type << 8 | f->icmp_code);
	}
}

static bool rule_matches(const struct ig_rule *rule, const struct frame *f)
{
	return (rule->side == IG_RULE_FROM) == f->to_device &&
	       (!rule->version || rule->version == f->version) && rule_service(&rule->service, f) &&
	       (rule->dscp < 0 || rule->dscp == f->dscp) &&
	       (!rule->has_source_port || (f->source_port >= rule->source_port.first &&
					   f->source_port <= rule->source_port.last)) &&
	       rule_remote(&rule->remote, f);
}

static bool rules_allow(const struct ig_rules *rules, const struct frame *f)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rule_matches(&rules->items[i], f))
			return rules->items[i].action == IG_RULE_ALLOWS;
	}
	return false;
}

/* --- files by chance --- */

static int maybe(uint32_t of, uint32_t n)
{
	return chance(of) ? NONE : (int)chance(n);
}

static struct ports some_ports(void)
{
	static const char *const words[] = {NULL, NULL, "eq", "lte", "gte", "neq", "range"};
	struct ports made = {.word = one_of(words), .first = one_of(ports), .last = one_of(ports)};

	if (made.last < made.first)
		made.last = made.first;
	return made;
}

static void make_transport(struct entry *e)
{
	static const int transports[] = {0, 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};

	e->transport = one_of(transports);
	if (e->transport == IPPROTO_TCP || e->transport == IPPROTO_UDP) {
		e->source = some_ports();
		e->destination = some_ports();
	} else if (e->transport) {
		e->icmp_type = chance(2) ? NONE : 8;
		e->icmp_code = chance(3) ? NONE : 0;
	}
	if (e->transport == IPPROTO_TCP && !chance(4))
		e->initiated = (int)chance(2);
}

static bool is_version(const char *prefix, int version)
{
	return (version == 4) == !strchr(prefix, ':');
}

static void make_network(struct entry *e)
{
	static const int versions[] = {0, 4, 4, 6};

	e->network = one_of(versions);
	if (!e->network)
		return;
	e->dscp = chance(6) ? NONE : one_of(marks);
	e->ttl = chance(20) ? NONE : 1;
	if (!e->transport && !chance(2))
		e->protocol = one_of(protocols);
	e->remote = maybe(2, ARRAY_SIZE(prefixes));
	if (e->remote != NONE && !is_version(prefixes[e->remote], e->network))
		e->remote = NONE;
	e->own = maybe(6, ARRAY_SIZE(own_prefixes));
	if (e->own != NONE && !is_version(own_prefixes[e->own], e->network))
		e->own = NONE;
	e->name = maybe(4, ARRAY_SIZE(names));
}

static void make_entry(struct entry *e)
{
	*e = (struct entry){.drop = !chance(3), .ethertype = NONE, .protocol = NONE};
	e->dscp = e->ttl = e->icmp_type = e->icmp_code = e->initiated = NONE;
	e->remote = e->own = e->name = NONE;
	make_transport(e);
	make_network(e);
	e->class = maybe(8, ARRAY_SIZE(classes));
	e->maker = maybe(8, ARRAY_SIZE(makers));
	e->model = maybe(8, ARRAY_SIZE(models));
	e->local = !chance(6);
	e->my_controller = !chance(10);
	e->same_maker = !chance(10);
	e->ethertype = chance(6) ? NONE : one_of(ethertypes);
	e->broadcast = !chance(10);
	e->unknown = !chance(20);
}

static void make_file(struct file *file)
{
	static const int types[] = {0, 4, 4, 6, 2};

	*file = (struct file){
		.to_device = chance(2), .type = one_of(types), .count = 1 + chance(ENTRIES)};
	for (size_t i = 0; i < file->count; i++)
		make_entry(&file->entries[i]);
}

/* --- and written --- */

static json_t *at(json_t *parent, const char *name)
{
	json_t *child = json_object_get(parent, name);

	if (!child) {
		child = json_object();
		json_object_set_new(parent, name, child);
	}
	return child;
}

static void put_number(json_t *in, const char *name, int number)
{
	if (number != NONE)
		json_object_set_new(in, name, json_integer(number));
}

static void put_text(json_t *in, const char *name, const char *const *all, int position)
{
	if (position != NONE)
		json_object_set_new(in, name, json_string(all[position]));
}

static void put_empty(json_t *in, const char *name, bool is)
{
	if (is)
		json_object_set_new(in, name, json_pack("[n]"));
}

static void put_ports(json_t *in, const char *name, const struct ports *p)
{
	if (p->word && !strcmp(p->word, "range"))
		json_object_set_new(
			in, name,
			json_pack("{sisi}", "lower-port", p->first, "upper-port", p->last));
	else if (p->word)
		json_object_set_new(in, name,
				    json_pack("{sssi}", "operator", p->word, "port", p->first));
}

static void write_network(json_t *out, const struct file *file, const struct entry *e)
{
	json_t *in = at(out, e->network == 4 ? "ipv4" : "ipv6");
	char far[64], near[64];

	snprintf(far, sizeof(far), "%s-ipv%d-network", file->to_device ? "source" : "destination",
		 e->network);
	snprintf(near, sizeof(near), "%s-ipv%d-network", file->to_device ? "destination" : "source",
		 e->network);
	put_number(in, "dscp", e->dscp);
	put_number(in, "ttl", e->ttl);
	put_number(in, "protocol", e->protocol);
	put_text(in, far, prefixes, e->remote);
	put_text(in, near, own_prefixes, e->own);
	put_text(in, file->to_device ? "ietf-acldns:src-dnsname" : "ietf-acldns:dst-dnsname", names,
		 e->name);
}

static void write_transport(json_t *out, const struct entry *e)
{
	json_t *in = at(out, e->transport == IPPROTO_TCP   ? "tcp"
			     : e->transport == IPPROTO_UDP ? "udp"
							   : "icmp");

	put_ports(in, "source-port", &e->source);
	put_ports(in, "destination-port", &e->destination);
	put_number(in, "type", e->icmp_type);
	put_number(in, "code", e->icmp_code);
	if (e->initiated != NONE)
		json_object_set_new(in, "ietf-mud:direction-initiated",
				    json_string(e->initiated ? "to-device" : "from-device"));
}

static json_t *write_matches(const struct file *file, const struct entry *e)
{
	json_t *out = json_object(), *mud_part = at(out, "ietf-mud:mud");

	if (e->network)
		write_network(out, file, e);
	if (e->transport)
		write_transport(out, e);
	put_number(e->ethertype != NONE ? at(out, "eth") : out, "ethertype", e->ethertype);
	if (e->broadcast)
		json_object_set_new(at(out, "eth"), "destination-mac-address",
				    json_string("ff:ff:ff:ff:ff:ff"));
	if (e->unknown)
		json_object_set_new(out, "example:colour", json_object());
	put_text(mud_part, "controller", classes, e->class);
	put_text(mud_part, "manufacturer", makers, e->maker);
	put_text(mud_part, "model", models, e->model);
	put_empty(mud_part, "local-networks", e->local);
	put_empty(mud_part, "my-controller", e->my_controller);
	put_empty(mud_part, "same-manufacturer", e->same_maker);
	return out;
}

static json_t *write_list(const struct file *file)
{
	static const char *const types[] = {
		[2] = "eth-acl-type", [4] = "ipv4-acl-type", [6] = "ipv6-acl-type"};
	json_t *aces = json_array(), *list;

	for (size_t i = 0; i < file->count; i++) {
		const struct entry *e = &file->entries[i];

		json_array_append_new(aces, json_pack("{s:s, s:o, s:{s:s}}", "name", "e", "matches",
						      write_matches(file, e), "actions",
						      "forwarding", e->drop ? "drop" : "accept"));
	}
	list = json_pack("{s:s, s:{s:o}}", "name", "l", "aces", "ace", aces);
	if (file->type)
		json_object_set_new(list, "type", json_string(types[file->type]));
	return list;
}

static char *write_file(const struct file *file)
{
	json_t *root = json_pack("{s:{s:i, s:s, s:s, s:{s:{s:[{s:s}]}}}, s:{s:[o]}}",
				 "ietf-mud:mud", "mud-version", 1, "mud-url",
				 "https://Things.example/a", "last-update", "2026-01-01T00:00:00Z",
				 file->to_device ? "to-device-policy" : "from-device-policy",
				 "access-lists", "access-list", "name", "l",
				 "ietf-access-control-list:acls", "acl", write_list(file));
	char *text;

	assert_non_null(root);
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	assert_non_null(text);
	return text;
}

/* --- frames by chance --- */

static int near_a_port(void)
{
	int port = one_of(ports) + (int)chance(3) - 1;

	return port < 0 ? 0 : port > 65535 ? 65535 : port;
}

static void make_frame(const struct file *file, struct frame *f)
{
	*f = (struct frame){.to_device = file->to_device, .ethertype = one_of(ethertypes)};
	f->is_name = chance(8);
	f->is_class = chance(8);
	f->is_maker = chance(4);
	f->is_model = chance(4);
	f->is_local = chance(2);
	f->is_controller = chance(2);
	f->broadcast = chance(2);
	f->protocol = f->dscp = f->ttl = NONE;
	if (chance(4))
		f->ethertype = chance(2) ? 0x0800 : 0x86dd;
	f->version = f->ethertype == 0x0800 ? 4 : f->ethertype == 0x86dd ? 6 : 0;
	if (!f->version)
		return;
	do
		f->remote = one_of(addresses);
	while (!is_version(f->remote, f->version));
	f->broadcast |= !strcmp(f->remote, "255.255.255.255") && !f->to_device;
	f->protocol = one_of(protocols);
	f->source_port = near_a_port();
	f->destination_port = near_a_port();
	f->icmp_type = chance(2) ? 8 : 3;
	f->icmp_code = (int)chance(2);
	f->dscp = one_of(marks);
	f->ttl = 1 + (int)chance(2);
}

/* What is allowed without a rule, and what there is no rule for: neither has to be allowed by one. */
static bool is_beyond_rules(const struct frame *f)
{
	bool ports_too = f->protocol == IPPROTO_TCP || f->protocol == IPPROTO_UDP;

	return !f->version || (ports_too && (!f->source_port || !f->destination_port));
}

/* --- both --- */

static bool said_in_full(const struct ig_mud_rules *made)
{
	for (size_t i = 0; i < made->n_rulings; i++) {
		if (made->rulings[i].fate == IG_MUD_CLOSED || made->rulings[i].wider)
			return false;
	}
	return true;
}

static unsigned int n_allowed, n_both, n_full;

static void hold(const struct file *file, const char *text, const struct ig_mud_rules *made)
{
	bool full = said_in_full(made);

	n_full += full;
	for (int i = 0; i < FRAMES; i++) {
		struct frame f;
		bool allowed, accepted;

		make_frame(file, &f);
		allowed = rules_allow(&made->rules, &f);
		accepted = file_accepts(file, &f);
		n_allowed += allowed;
		n_both += full && accepted && !is_beyond_rules(&f);
		if (allowed ? !accepted : full && accepted && !is_beyond_rules(&f)) {
			for (size_t k = 0; k < made->rules.count; k++) {
				char rule[IG_RULE_TEXT_MAX];

				ig_rule_print(&made->rules.items[k], rule, sizeof(rule));
				print_message("# %s\n", rule);
			}
			fail_msg(
				"%s\nIPv%d 0x%04x %s protocol %d ports %d %d: the rules %s what the file %s",
				text, f.version, f.ethertype, f.remote ? f.remote : "", f.protocol,
				f.source_port, f.destination_port,
				allowed ? "allow" : "do not allow",
				accepted ? "accepts" : "does not accept");
		}
	}
}

static void test_never_more_than_the_file(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++) {
		const struct ig_mud_terms terms = {"a.json", chance(2)};
		struct ig_diags diags = {0};
		struct ig_mud_rules made;
		struct ig_mud mud;
		struct file file;
		char *text;

		make_file(&file);
		text = write_file(&file);
		if (ig_mud_read(&diags, "a.json", text, strlen(text), &mud))
			fail_msg("%s: %s", text, diags.items[diags.count - 1].message);
		assert_int_equal(ig_mud_translate(&mud, &terms, &made), 0);
		hold(&file, text, &made);
		ig_mud_rules_clear(&made);
		ig_mud_clear(&mud);
		ig_diags_clear(&diags);
		free(text);
	}
	print_message(
		"# %u files said in full, %u frames allowed, %u of these looked at both ways\n",
		n_full, n_allowed, n_both);
	assert_true(n_full > FILES / 20);
	assert_true(n_allowed > FILES / 2);
	assert_true(n_both > FILES / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_never_more_than_the_file)};

	return cmocka_run_group_tests_name("mud property", tests, NULL, NULL);
}
