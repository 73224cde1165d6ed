/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of numbers in words: the words of the rule they come from where they are all of it, and
 * else addresses, names and ports.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "plan_internal.h"
#include "snapshot.h"
#include "util.h"

#define LISTED_MAX 12 /* of a kind; the rest is counted */
#define NAMED_MAX  3  /* ranges of addresses that a name is said to be about, and not all of them */
#define PROTOCOLS  256

/* A list with commas, that ends where it becomes long. */
struct words {
	FILE *f;
	size_t n; /* said */
	size_t more;
};

static bool next_word(struct words *w)
{
	if (w->n == LISTED_MAX) {
		w->more++;
		return false;
	}
	if (w->n++)
		fputs(", ", w->f);
	return true;
}

static void end_words(struct words *w)
{
	if (w->more)
		fprintf(w->f, " and %zu more", w->more);
}

/* --- addresses --- */

static void print_number(FILE *f, int family, ig_number n)
{
	uint8_t addr[16];
	char text[INET6_ADDRSTRLEN];

	for (int i = 15; i >= 0; i--, n >>= 8)
		addr[i] = (uint8_t)n;
	if (family == 0)
		memcpy(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	ig_addr_print(addr, text);
	fputs(text, f);
}

/* The longest prefix that begins with the span's first address and lies in it: how many bits are
 * free. */
static unsigned int free_bits(const struct ig_span *span, unsigned int bits)
{
	unsigned int free_ones = 0;

	while (free_ones < bits) {
		ig_number size = ((ig_number)1 << free_ones) * 2 - 1;

		if (free_ones + 1 == 128)
			size = ~(ig_number)0;
		if ((span->first & size) || span->last - span->first < size)
			break;
		free_ones++;
	}
	return free_ones;
}

static const struct ig_machine *lister_of(const struct ig_world *world, int family, ig_number n)
{
	if (!ig_ranges_contain(&world->listed[family], n))
		return NULL;
	for (size_t i = 0; i < world->inv->n_machines; i++) {
		const struct ig_addresses *listed = &world->inv->machines[i].addresses;

		for (size_t k = 0; k < listed->count; k++) {
			if (ig_addr_is_v4(listed->items[k].addr) == !family &&
			    ig_number_of_addr(listed->items[k].addr) == n)
				return &world->inv->machines[i];
		}
	}
	return NULL;
}

static void print_address(struct words *w, const struct ig_world *world, int family, ig_number n)
{
	const struct ig_machine *m;

	if (!next_word(w))
		return;
	print_number(w->f, family, n);
	m = lister_of(world, family, n);
	if (m)
		fprintf(w->f, " (%s:%s)", m->host ? "host" : "device", m->name);
}

static void print_span(struct words *w, const struct ig_world *world, int family,
		       struct ig_span span)
{
	unsigned int bits = family ? 128 : 32, free_ones = free_bits(&span, bits);

	if (span.first == span.last) {
		print_address(w, world, family, span.first);
		return;
	}
	if (!next_word(w))
		return;
	print_number(w->f, family, span.first);
	if (free_ones == bits || span.first + (((ig_number)1 << free_ones) - 1) == span.last) {
		fprintf(w->f, "/%u", bits - free_ones);
	} else {
		fputc('-', w->f);
		print_number(w->f, family, span.last);
	}
}

static void print_addresses(struct words *w, const struct ig_world *world,
			    const struct ig_ranges *v4, const struct ig_ranges *v6)
{
	for (size_t i = 0; i < v4->count; i++)
		print_span(w, world, 0, v4->items[i]);
	for (size_t i = 0; i < v6->count; i++)
		print_span(w, world, 1, v6->items[i]);
}

/* --- machines --- */

static const struct ig_addresses *addresses_of(const struct ig_world *world, ig_number id)
{
	if (id == IG_ENTITY_GATEWAY)
		return &world->inv->gateway.addresses;
	return id < world->n_ids && world->holder[id] ? &world->holder[id]->addresses : NULL;
}

static void print_name(FILE *f, const struct ig_world *world, ig_number id)
{
	const struct ig_machine *m = id < world->n_ids ? world->holder[id] : NULL;

	if (id == IG_ENTITY_GATEWAY)
		fputs("gateway", f);
	else if (m)
		fprintf(f, "%s:%s", m->host ? "host" : "device", m->name);
}

static bool all_listed_in(const struct ig_addresses *addresses, const struct ig_ranges sets[2])
{
	for (size_t i = 0; addresses && i < addresses->count; i++) {
		const uint8_t *addr = addresses->items[i].addr;

		if (!ig_ranges_contain(&sets[!ig_addr_is_v4(addr)], ig_number_of_addr(addr)))
			return false;
	}
	return true;
}

static int take_addresses(const struct ig_addresses *addresses, struct ig_ranges sets[2])
{
	int err = 0;

	for (size_t i = 0; addresses && i < addresses->count && !err; i++) {
		const uint8_t *addr = addresses->items[i].addr;
		struct ig_span span = {ig_number_of_addr(addr), ig_number_of_addr(addr)};
		struct ig_ranges hole = {.items = &span, .count = 1};

		err = ig_ranges_subtract(&sets[!ig_addr_is_v4(addr)], &hole);
	}
	return err;
}

/* A machine stands for its listed addresses, where all of them are meant, and for those that it may
 * get. @left: addresses that are still to be said. */
static int print_holder(struct words *w, const struct ig_world *world, const struct ig_piece *piece,
			ig_number id, struct ig_ranges left[2])
{
	const struct ig_addresses *addresses = addresses_of(world, id);
	bool all = all_listed_in(addresses, piece->addr);

	if (!next_word(w))
		return 0;
	print_name(w->f, world, id);
	if (!all)
		fputs(" at addresses that are not listed", w->f);
	if (!piece->holders_everywhere) {
		struct words where = {.f = w->f};

		fputs(all ? " at " : ", of ", w->f);
		print_addresses(&where, world, &piece->where[0], &piece->where[1]);
		end_words(&where);
	}
	return all ? take_addresses(addresses, left) : 0;
}

static int copy_addresses(const struct ig_piece *piece, struct ig_ranges left[2])
{
	int err = 0;

	for (int family = 0; family < 2; family++) {
		err = err ?: ig_ranges_add_all(&left[family], &piece->addr[family]);
		ig_ranges_normalise(&left[family]);
	}
	return err;
}

/* --- names --- */

static void print_pattern(FILE *f, const struct ig_name_key *key)
{
	char text[IG_NAME_TEXT];

	ig_name_key_print(key->text, key->prefixlen / 8, text);
	fputs(text, f);
}

/* What fits the pattern of number @n and is not meant: what is in one of these is not said again. */
static void print_exceptions(FILE *f, const struct ig_patterns *patterns, size_t n,
			     const struct ig_ranges *names)
{
	const struct ig_name_key *keys = patterns->keys, *but = NULL;

	for (size_t i = n; i < patterns->count && ig_name_key_fits(&keys[i], &keys[n - 1]); i++) {
		if (ig_ranges_contain(names, i + 1) || (but && ig_name_key_fits(&keys[i], but)))
			continue;
		fputs(but ? " and " : " but not ", f);
		print_pattern(f, &keys[i]);
		but = &keys[i];
	}
}

/* Is it said with a pattern that it fits, and not excepted from that? */
static bool is_said(const struct ig_patterns *patterns, size_t n, const struct ig_ranges *names)
{
	const struct ig_name_key *keys = patterns->keys;

	for (size_t i = n - 1; i-- > 0;) {
		if (ig_name_key_fits(&keys[n - 1], &keys[i])) /* the most particular one */
			return ig_ranges_contain(names, i + 1);
	}
	return false;
}

static void print_where(FILE *f, const struct ig_world *world, const struct ig_piece *piece,
			enum ig_piece_names where)
{
	struct words w = {.f = f};

	if (where == IG_PIECE_NAMES_LOCAL)
		fputs(" at local addresses", f);
	/* all but what an address was allowed before is as good as all */
	if (where != IG_PIECE_NAMES_AT || piece->named[0].count + piece->named[1].count > NAMED_MAX)
		return;
	fputs(" at ", f);
	print_addresses(&w, world, &piece->named[0], &piece->named[1]);
}

static void print_names(struct words *w, const struct ig_world *world, const struct ig_piece *piece,
			enum ig_piece_names where)
{
	const struct ig_patterns *patterns = &world->places.patterns;
	const struct ig_ranges *names = &piece->names[where];

	for (size_t n = 1; n <= patterns->count && names->count; n++) {
		if (!ig_ranges_contain(names, n) || is_said(patterns, n, names) || !next_word(w))
			continue;
		print_pattern(w->f, &patterns->keys[n - 1]);
		print_exceptions(w->f, patterns, n, names);
		print_where(w->f, world, piece, where);
	}
}

static void print_ether(struct words *w, const struct ig_world *world, const struct ig_piece *piece)
{
	const struct ig_ranges *holders = &piece->ether_holders;

	for (size_t i = 0; i < holders->count; i++) {
		for (ig_number id = holders->items[i].first; id <= holders->items[i].last; id++) {
			if (next_word(w))
				print_name(w->f, world, id);
		}
	}
	if (piece->ether_anybody && next_word(w))
		fputs("others", w->f);
}

static void print_remotes(FILE *f, const struct ig_world *world, const struct ig_piece *piece)
{
	const struct ig_ranges *holders = &piece->holders;
	struct ig_ranges left[2] = {};
	struct words w = {.f = f};
	int err = copy_addresses(piece, left);

	for (size_t i = 0; i < holders->count && !err; i++) {
		for (ig_number id = holders->items[i].first; id <= holders->items[i].last && !err;
		     id++)
			err = print_holder(&w, world, piece, id, left);
	}
	print_addresses(&w, world, &left[0], &left[1]);
	for (int where = 0; where < IG_PIECE_NAMES_MAX; where++)
		print_names(&w, world, piece, where);
	if (!w.n)
		print_ether(&w, world, piece);
	end_words(&w);
	ig_ranges_clear(&left[0]);
	ig_ranges_clear(&left[1]);
}

static void print_rule_remote(FILE *f, const struct ig_world *world,
			      const struct ig_stance_rule *rule)
{
	struct words w = {.f = f};
	char text[512];

	if (rule->rule) {
		ig_remote_print(&rule->rule->remote, text, sizeof(text));
		fputs(text, f);
	} else if (rule->sets->any_remote) {
		fputs("any", f);
	} else {
		print_addresses(&w, world, &rule->sets->dim[IG_DIM_ADDR4],
				&rule->sets->dim[IG_DIM_ADDR6]);
		end_words(&w);
	}
}

/* --- services --- */

static void print_ports(FILE *f, const char *proto, const struct ig_span *ports, size_t n,
			bool icmp)
{
	fputs(proto, f);
	for (size_t i = 0; i < n; i++) {
		unsigned int first = (unsigned int)ports[i].first & 0xffff,
			     last = (unsigned int)ports[i].last & 0xffff;

		if (first == 0 && last == 0xffff)
			return;
		fputc(i ? ',' : '/', f);
		if (!icmp)
			fprintf(f, first == last ? "%u" : "%u-%u", first, last);
		else if (first == last)
			fprintf(f, "%u.%u", first >> 8, first & 255);
		else
			fprintf(f, first >> 8 == last >> 8 ? "%u" : "%u-%u", first >> 8, last >> 8);
	}
}

/* What of @services is of one protocol. Returns how many spans, cut to it. */
static size_t of_protocol(const struct ig_ranges *services, unsigned int proto, struct ig_span *out,
			  size_t most)
{
	struct ig_span all = {IG_SERVICE(proto, 0), IG_SERVICE(proto, 0xffff)};
	size_t n = 0;

	for (size_t i = 0; i < services->count && n < most; i++) {
		struct ig_span span = services->items[i];

		if (span.last < all.first || span.first > all.last)
			continue;
		out[n++] = (struct ig_span){span.first > all.first ? span.first : all.first,
					    span.last < all.last ? span.last : all.last};
	}
	return n;
}

static void print_protocol(struct words *w, unsigned int proto, const struct ig_span *spans,
			   size_t n)
{
	static const struct {
		unsigned int proto;
		const char *word;
	} known[] = {{6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "icmpv6"}};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].proto != proto)
			continue;
		if (next_word(w))
			print_ports(w->f, known[i].word, spans, n, i >= 2);
		return;
	}
	/* others have no ports: there is one number of each */
	if (spans[0].first == IG_SERVICE(proto, 0) && next_word(w))
		fprintf(w->f, "ip/%u", proto);
}

static void print_list(struct words *w, const struct ig_ranges *services)
{
	struct ig_span spans[64];

	for (unsigned int proto = 0; proto < PROTOCOLS; proto++) {
		size_t n = of_protocol(services, proto, spans, ARRAY_SIZE(spans));

		if (n)
			print_protocol(w, proto, spans, n);
	}
	for (size_t i = 0; i < services->count; i++) {
		ig_number first = services->items[i].first, last = services->items[i].last;

		if (last <= IG_SERVICE_IP_LAST)
			continue;
		if (first <= IG_SERVICE_IP_LAST)
			first = IG_SERVICE_ETHERTYPE(0);
		if (next_word(w))
			fprintf(w->f,
				first == last ? "ethertype/0x%04x" : "ethertype/0x%04x-0x%04x",
				(unsigned int)first & 0xffff, (unsigned int)last & 0xffff);
	}
}

static unsigned int count_protocols(const struct ig_ranges *services)
{
	struct ig_span span;
	unsigned int n = 0;

	for (unsigned int proto = 0; proto < PROTOCOLS; proto++)
		n += of_protocol(services, proto, &span, 1) && span.first == IG_SERVICE(proto, 0);
	return n;
}

/* Nearly all is said by what is missing. */
static bool print_others(struct words *w, const struct ig_ranges *services)
{
	struct ig_ranges rest = {};
	bool many = count_protocols(services) > LISTED_MAX &&
		    !ig_ranges_add(&rest, 0, IG_SERVICE_IP_LAST) &&
		    !ig_ranges_subtract(&rest, services);

	if (many) {
		if (rest.count)
			fputs("all but ", w->f);
		print_list(w, &rest);
	}
	ig_ranges_clear(&rest);
	return many;
}

static void print_services(FILE *f, const struct ig_ranges *services)
{
	struct words w = {.f = f};

	if (!print_others(&w, services))
		print_list(&w, services);
	end_words(&w);
}

/* --- conditions --- */

static void print_date(FILE *f, const char *word, ig_number seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return;
	fprintf(f, " %s %s", word, text);
}

static void print_conditions(FILE *f, const struct iotguard_plan *plan,
			     const struct ig_piece *piece)
{
	const struct ig_ranges *ports = &piece->source_ports, *dscps = &piece->dscps,
			       *times = &piece->times;

	for (size_t i = 0; i < ports->count; i++)
		fprintf(f, "%s%u-%u", i ? "," : " source-port ",
			(unsigned int)ports->items[i].first, (unsigned int)ports->items[i].last);
	for (size_t i = 0; i < dscps->count; i++)
		fprintf(f, "%s%u-%u", i ? "," : " dscp ", (unsigned int)dscps->items[i].first,
			(unsigned int)dscps->items[i].last);
	for (size_t i = 0; i < times->count; i++) {
		if (times->items[i].first > plan->at)
			print_date(f, "from", times->items[i].first);
		if (times->items[i].last < UINT32_MAX)
			print_date(f, "until", times->items[i].last);
	}
}

static void print_rule_conditions(FILE *f, const struct ig_rule *rule, bool whole)
{
	if (!rule)
		return;
	if (whole && rule->local)
		fputs(" local", f);
	if (rule->has_source_port)
		fprintf(f,
			rule->source_port.first == rule->source_port.last ? " source-port %u"
									  : " source-port %u-%u",
			rule->source_port.first, rule->source_port.last);
	if (rule->dscp >= 0)
		fprintf(f, " dscp %d", rule->dscp);
	if (rule->version)
		fprintf(f, " ipv%u", rule->version);
	if (rule->has_until)
		fprintf(f, " until %04u-%02u-%02u", rule->until_year, rule->until_month,
			rule->until_day);
}

static bool has_conditions(const struct ig_piece *piece)
{
	return piece->source_ports.count || piece->dscps.count || piece->times.count;
}

/* --- together --- */

/* A piece that is NULL: all that the rule decides. */
static void print_what(FILE *f, const struct iotguard_plan *plan, const struct ig_stance_rule *rule,
		       const struct ig_piece *piece)
{
	const struct ig_service *service = rule->rule ? &rule->rule->service : NULL;
	char text[IG_RULE_TEXT_MAX];

	if (piece && !piece->all_services) {
		fputc(' ', f);
		print_services(f, &piece->services);
	} else if (service && service->family != IG_SERVICE_ANY) {
		ig_service_print(service, text, sizeof(text));
		fprintf(f, " %s", text);
	} else if (!service && rule->origin != IG_ORIGIN_TRUST) {
		fputc(' ', f);
		print_services(f, &rule->sets->dim[IG_DIM_SERVICE]);
	}
	if (piece && has_conditions(piece))
		print_conditions(f, plan, piece);
	else
		print_rule_conditions(f, rule->rule, !piece || piece->all_remotes);
}

static const char *finish(struct iotguard_plan *plan, FILE *f, char **buf)
{
	const char *text = "";

	if (f && !fclose(f))
		text = ig_result_string(plan->arena, *buf);
	free(*buf);
	return text;
}

const char *ig_plan_what(struct iotguard_plan *plan, const struct ig_world *world,
			 const struct ig_stance_rule *rule, const struct ig_piece *piece,
			 enum ig_rule_side side)
{
	char *buf = NULL;
	size_t size;
	FILE *f = open_memstream(&buf, &size);

	if (f) {
		fputs(side == IG_RULE_TO ? "to " : "from ", f);
		if (piece && !piece->all_remotes)
			print_remotes(f, world, piece);
		else
			print_rule_remote(f, world, rule);
		print_what(f, plan, rule, piece);
	}
	return finish(plan, f, &buf);
}

const char *ig_plan_service(struct iotguard_plan *plan, const struct ig_stance_rule *rule,
			    const struct ig_piece *piece, bool *one_rule)
{
	char *buf = NULL;
	size_t size;
	FILE *f = open_memstream(&buf, &size);
	const char *text;

	if (f)
		print_what(f, plan, rule, piece);
	text = finish(plan, f, &buf);
	text += *text == ' ';
	*one_rule = !piece || (!strstr(text, ", ") && !strstr(text, " and ") &&
			       !strstr(text, "all but ") && !has_conditions(piece));
	return text;
}
