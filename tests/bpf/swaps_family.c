/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policies, frames and conversations of test_swaps. Policies differ by chance (always the same one) in the rules
 * of each machine, and on purpose in all else that a slot holds: addresses, servers, modes, infrastructure, what is done
 * with strangers. So who looks up one thing in one slot and the next in the other one is told apart by the verdict.
 */
#include <stdarg.h>
#include <string.h>

#include "swaps.h"
#include "util.h"

/* --- chance --- */

static uint32_t chance(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* --- machines with rules by chance --- */

static const struct machine {
	const char *name, *address, *segment;
	unsigned int interface, tag;
} machines[] = {
	{"cam", "10.0.0.10", "things", 0, 0},	{"nvr", "10.0.0.11", "things", 0, 0},
	{"pump", "10.1.0.12", "ward", 1, 0},	{"watch", "10.1.0.13", "ward", 1, 0},
	{"laptop", "10.2.0.20", "desk", 2, 30},
};

#define WANDERS "10.0.0.110" /* of nvr in one policy, of cam in the next */

static const char *const rules[] = {
	"allow to 203.0.113.0/24 tcp/443",
	"deny to 203.0.113.5 tcp/80",
	"allow to internet tcp/80",
	"allow to internet udp/123",
	"allow to 198.51.100.7 udp/53",
	"deny to 198.51.100.0/24",
	"allow to gateway udp/53",
	"allow to gateway icmp/echo-request",
	"allow to any icmp/echo-request",
	"deny to 192.0.2.9 udp",
	"allow to 192.0.2.9",
	"allow to device:nvr tcp/80",
	"allow to device:pump tcp",
	"allow to local udp/123",
	"allow to segment:ward tcp/443",
	"allow to group:friends udp",
	"allow to 224.0.0.251 udp/5353",
	"allow from gateway tcp/443",
	"allow from gateway icmp/echo-request",
	"allow from 203.0.113.5 tcp/443",
	"deny from 203.0.113.5 udp",
	"allow from any udp/53",
	"allow from host:laptop tcp/443",
	"allow from group:friends icmp/echo-request",
	"allow from internet tcp/443",
	"allow from gateway udp/5353",
};

static void print_mac(FILE *f, const char *name)
{
	uint8_t mac[6];

	frame_mac(name, mac);
	fprintf(f, "\"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

/* Half of them, beginning anywhere. @slight: one more or less. */
static void print_rules(FILE *f, uint64_t *seed, bool slight)
{
	uint32_t first = chance(seed) % ARRAY_SIZE(rules);
	const char *comma = "";

	fprintf(f, ", \"rules\": [");
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if ((chance(seed) & 1) == (slight && i == 3))
			continue;
		fprintf(f, "%s\"%s\"", comma, rules[(first + i) % ARRAY_SIZE(rules)]);
		comma = ", ";
	}
	fprintf(f, "]");
}

static bool wanders_to(const struct machine *m, unsigned int policy)
{
	return !strcmp(m->name, policy & 1 ? "cam" : "nvr");
}

static void print_machine(FILE *f, const struct machine *m, unsigned int policy, uint64_t *seed,
			  bool slight)
{
	bool device = strcmp(m->segment, "desk");

	fprintf(f, "\"%s\": {", m->name);
	print_mac(f, m->name);
	fprintf(f, ", \"addresses\": [\"%s\"%s], \"segment\": \"%s\"", m->address,
		wanders_to(m, policy) ? ", \"" WANDERS "\"" : "", m->segment);
	if (device && !strcmp(m->name, "watch") && (policy == 1 || policy == 2))
		fprintf(f, ", \"mode\": \"monitor\"");
	print_rules(f, seed, slight);
	fprintf(f, "}");
}

/* --- machines with a conversation each --- */

static const struct kind {
	const char *name;
	bool inwards; /* the other end opens it */
	const char *remote;
	const char *there, *back;  /* what goes on, without ports */
	const char *open, *answer; /* TCP flags before that; NULL: it needs no more than `there` */
	unsigned int service;	   /* icmp: none */
	const char *exact, *broad, *refusal;
	unsigned int allowed; /* bit k: policy k allows it, where it is not healthy */
} kinds[] = {
	{"tcp-out", false, "203.0.113.5", "A", "A", "S", "SA", 443, "allow to 203.0.113.5 tcp/443",
	 "allow to any", "deny to 203.0.113.0/24", 0x5},
	{"udp-out", false, "203.0.113.5", "udp", "udp", NULL, NULL, 5000,
	 "allow to 203.0.113.5 udp/5000", "allow to internet", "deny to any udp", 0xb},
	{"icmp-out", false, "203.0.113.5", "icmp", "icmp", NULL, NULL, 0,
	 "allow to internet icmp/echo-request", "allow to any", "deny to any icmp", 0x3},
	{"tcp-in", true, "198.51.100.7", "A", "A", "S", "SA", 8080,
	 "allow from 198.51.100.7 tcp/8080", "allow from any tcp", "deny from 198.51.100.0/24 tcp",
	 0x9},
	{"udp-in", true, "198.51.100.7", "udp", "udp", NULL, NULL, 7000,
	 "allow from 198.51.100.0/24 udp/7000", "allow from any", "deny from internet", 0x5},
	{"tcp-to-device", false, "10.2.0.22", "A", "A", "S", "SA", 9000,
	 "allow to device:hub tcp/9000", "allow to segment:desk", "deny to device:hub", 0xd},
	{"tcp-from-device", true, "10.2.0.22", "A", "A", "S", "SA", 9000,
	 "allow from device:hub tcp/9000", "allow from segment:desk", "deny from local", 0x7},
};

#define TALKERS (ARRAY_SIZE(kinds) * (2 * SWAPS_CPUS + 1))

/* The n-th: of each kind a healthy one and another for each cpu, and a healthy one for all. */
struct talker {
	const struct kind *kind;
	bool healthy;
	unsigned int cpu;
	char name[32], mac[18], address[16];
};

static void talker_of(unsigned int n, struct talker *t)
{
	unsigned int kind = n % ARRAY_SIZE(kinds), which = n / ARRAY_SIZE(kinds);

	*t = (struct talker){.kind = &kinds[kind],
			     .healthy = which <= SWAPS_CPUS,
			     .cpu = which % (SWAPS_CPUS + 1)};
	snprintf(t->name, sizeof(t->name), "%s-%u", t->kind->name, which);
	snprintf(t->mac, sizeof(t->mac), "02:00:00:00:01:%02x", n);
	snprintf(t->address, sizeof(t->address), "10.0.0.%u", 120 + n);
}

static bool is_allowed(const struct talker *t, unsigned int policy)
{
	return t->healthy || (t->kind->allowed >> policy & 1);
}

static void print_talker(FILE *f, unsigned int n, unsigned int policy)
{
	struct talker t;

	talker_of(n, &t);
	fprintf(f,
		"\"%s\": {\"mac\": \"%s\", \"addresses\": [\"%s\"], \"segment\": \"things\", \"rules\": [",
		t.name, t.mac, t.address);
	if (is_allowed(&t, policy))
		fprintf(f, "\"%s\"", policy & 1 ? t.kind->broad : t.kind->exact);
	else if (policy & 1) /* else there is none */
		fprintf(f, "\"%s\", \"%s\"", t.kind->refusal, t.kind->broad);
	fprintf(f, "]}, ");
}

/* --- inventories --- */

static void print_head(FILE *f, unsigned int policy)
{
	fprintf(f,
		"{\"version\": 1, \"gateway\": {\"macs\": [\"02:00:00:00:00:01\"], \"addresses\": [\"10.0.0.1\", "
		"\"10.1.0.1\", \"10.2.0.1\"], \"resolvers\": [\"%s\"], \"time-servers\": [\"%s\"]}, ",
		policy & 1 ? "198.51.100.7" : "10.0.0.1", policy & 2 ? "203.0.113.5" : "10.0.0.1");
	fprintf(f, "\"groups\": {\"friends\": [\"device:nvr\", \"%s\"]}, \"segments\": {",
		policy & 1 ? "203.0.113.0/24" : "10.1.0.0/24");
	fprintf(f,
		"\"things\": {\"interfaces\": [\"lan0\"], \"networks\": [\"10.0.0.0/24\"], \"unknown-devices\": "
		"\"%s\"}, ",
		policy == 2 ? "monitor" : "drop");
	fprintf(f,
		"\"ward\": {\"interfaces\": [\"lan1\"], \"networks\": [\"10.1.0.0/24\"], \"infrastructure\": "
		"{\"arp\": %s}}, ",
		policy == 1 || policy == 3 ? "false" : "true");
	fprintf(f,
		"\"desk\": {\"interfaces\": [\"lan2\"], \"vlan\": 30, \"networks\": [\"10.2.0.0/24\", "
		"\"10.9.0.0/16\"]}}, ");
}

/* The last two have the chance of another one. */
static unsigned int like(unsigned int policy)
{
	return policy == SWAPS_SLIGHT ? 0 : policy == SWAPS_GROWN ? 1 : policy;
}

void swaps_inventory(FILE *f, unsigned int policy, unsigned int ghosts)
{
	unsigned int alike = like(policy);
	uint64_t seed = alike + 1;

	print_head(f, alike);
	fprintf(f, "\"hosts\": {");
	print_machine(f, &machines[ARRAY_SIZE(machines) - 1], alike, &seed, false);
	fprintf(f, "}, \"devices\": {");
	for (unsigned int i = 0; i < ARRAY_SIZE(machines) - 1; i++) {
		print_machine(f, &machines[i], alike, &seed, policy == SWAPS_SLIGHT && i == 0);
		fprintf(f, ", ");
	}
	for (unsigned int i = 0; i < TALKERS; i++)
		print_talker(f, i, alike);
	for (unsigned int i = 0; i < ghosts; i++)
		fprintf(f,
			"\"ghost-%u\": {\"mac\": \"02:00:00:02:%02x:%02x\", \"addresses\": [\"10.9.%u.%u\"], \"segment\": "
			"\"desk\"}, ",
			i, i >> 8, i & 255, i / 250, i % 250 + 1);
	fprintf(f, "\"hub\": {");
	print_mac(f, "hub");
	fprintf(f, ", \"addresses\": [\"10.2.0.22\"], \"segment\": \"desk\"}}}");
}

/* --- frames --- */

static void __attribute__((format(printf, 4, 5)))
make(struct swaps_frame *frame, enum ig_direction direction, unsigned int interface,
     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(frame->sentence, sizeof(frame->sentence), format, args);
	va_end(args);
	frame->direction = direction;
	frame->interface = interface;
	frame_make(&frame->frame, "%s", frame->sentence);
}

static const char *tag_of(unsigned int interface)
{
	return interface == 2 ? " tag 30" : "";
}

struct sender {
	const char *mac, *address;
	unsigned int interface;
};

static const struct sender senders[] = {
	{"cam", "10.0.0.10", 0},  {"cam", WANDERS, 0},	     {"nvr", "10.0.0.11", 0},
	{"pump", "10.1.0.12", 1}, {"watch", "10.1.0.13", 1}, {"laptop", "10.2.0.20", 2},
};

static const struct sender remotes[] = {
	{"gw", "203.0.113.5", 9}, {"gw", "198.51.100.7", 9}, {"gw", "192.0.2.9", 9},
	{"gw", "10.0.0.1", 9},	  {"nvr", "10.0.0.11", 0},   {"pump", "10.1.0.12", 1},
};

static const char *const services[] = {"tcp %u>443 S", "tcp %u>80 S", "udp %u>53", "udp %u>123",
				       "icmp 8.0 %u"};

/* Everybody to everybody, each with a port of its own. */
static unsigned int make_openings(struct swaps_frame *frames)
{
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(senders) * ARRAY_SIZE(remotes) * ARRAY_SIZE(services);
	     i++) {
		const struct sender *a = &senders[i / ARRAY_SIZE(services) / ARRAY_SIZE(remotes)];
		const struct sender *b = &remotes[i / ARRAY_SIZE(services) % ARRAY_SIZE(remotes)];
		size_t service = i % ARRAY_SIZE(services);
		bool beside = a->interface == b->interface;
		char transport[32];

		if (!strcmp(a->mac, b->mac))
			continue;
		snprintf(transport, sizeof(transport), services[service], 40000 + n);
		make(&frames[n++], IG_FROM_DEVICE, a->interface, "%s>%s%s ip4 %s>%s %s pad 64",
		     a->mac, beside ? b->mac : "gw", tag_of(a->interface), a->address, b->address,
		     transport);
		if (service & 1 || b->interface > 1)
			continue;
		snprintf(transport, sizeof(transport), services[service], 50000 + n);
		make(&frames[n++], IG_TO_DEVICE, a->interface, "%s>%s%s ip4 %s>%s %s pad 64",
		     beside ? b->mac : "gw", a->mac, tag_of(a->interface), b->address, a->address,
		     transport);
	}
	return n;
}

/* From the gateway and the internet. */
static unsigned int make_visits(struct swaps_frame *frames)
{
	static const char *const from[] = {"203.0.113.5", "198.51.100.7", "10.0.0.1"};
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(senders) * ARRAY_SIZE(from) * ARRAY_SIZE(services); i++) {
		const struct sender *to = &senders[i / ARRAY_SIZE(services) / ARRAY_SIZE(from)];
		size_t service = i % ARRAY_SIZE(services);
		char transport[32];

		if (service & 1)
			continue;
		snprintf(transport, sizeof(transport), services[service], 55000 + n);
		make(&frames[n++], IG_TO_DEVICE, to->interface, "gw>%s%s ip4 %s>%s %s pad 64",
		     to->mac, tag_of(to->interface),
		     from[i / ARRAY_SIZE(services) % ARRAY_SIZE(from)], to->address, transport);
	}
	return n;
}

static unsigned int make_others(struct swaps_frame *frames)
{
	static const struct {
		enum ig_direction direction;
		unsigned int interface;
		const char *sentence;
	} others[] = {
		{IG_FROM_DEVICE, 0, "stranger>gw ip4 10.0.0.99>203.0.113.5 udp 1000>53 pad 64"},
		{IG_FROM_DEVICE, 1, "cam>gw ip4 10.0.0.10>203.0.113.5 udp 1001>53 pad 64"},
		{IG_FROM_DEVICE, 0, "gw>cam ip4 10.0.0.1>10.0.0.10 udp 1002>53 pad 64"},
		{IG_FROM_DEVICE, 0, "cam>gw tag 9 ip4 10.0.0.10>203.0.113.5 udp 1003>53 pad 64"},
		{IG_FROM_DEVICE, 2, "laptop>gw ip4 10.2.0.20>203.0.113.5 udp 1004>53 pad 64"},
		{IG_FROM_DEVICE, 0, "cam>gw ip4 10.0.0.77>203.0.113.5 udp 1005>53 pad 64"},
		{IG_FROM_DEVICE, 0, "cam>nvr ip4 10.0.0.10>203.0.113.5 udp 1006>53 pad 64"},
		{IG_FROM_DEVICE, 0, "cam>gw ip4 10.0.0.10>203.0.113.5 total 10 udp 1007>53 pad 64"},
		{IG_FROM_DEVICE, 0, "cam>gw type 34997 data 60"},
		{IG_FROM_DEVICE, 0, "cam>all arp request cam 10.0.0.10 - 10.0.0.1"},
		{IG_FROM_DEVICE, 0, "cam>all arp request cam " WANDERS " - 10.0.0.1"},
		{IG_FROM_DEVICE, 0, "nvr>all arp request nvr " WANDERS " - 10.0.0.1"},
		{IG_FROM_DEVICE, 0, "cam>all arp request cam 10.0.0.1 - 10.0.0.1"},
		{IG_FROM_DEVICE, 1, "pump>all arp request pump 10.1.0.12 - 10.1.0.1"},
		{IG_FROM_DEVICE, 0, "cam>group4 ip4 10.0.0.10>224.0.0.251 udp 5353>5353 pad 64"},
		{IG_FROM_DEVICE, 1, "pump>group4 ip4 10.1.0.12>224.0.0.251 udp 5353>5353 pad 64"},
		{IG_TO_DEVICE, 0, "gw>group4 ip4 10.0.0.1>224.0.0.251 udp 5353>5353 pad 64"},
		{IG_TO_DEVICE, 1, "gw>group4 ip4 10.1.0.1>224.0.0.251 udp 5353>5353 pad 64"},
		{IG_TO_DEVICE, 1, "gw>pump arp reply gw 10.1.0.1 pump 10.1.0.12 pad 60"},
		{IG_TO_DEVICE, 0, "gw>stranger ip4 203.0.113.5>10.0.0.99 udp 1008>53 pad 64"},
		{IG_TO_DEVICE, 1, "gw>cam ip4 203.0.113.5>10.0.0.10 udp 1009>53 pad 64"},
		{IG_TO_DEVICE, 0, "cam>group4 ip4 10.0.0.10>224.0.0.251 udp 5353>5353 pad 64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		make(&frames[i], others[i].direction, others[i].interface, "%s",
		     others[i].sentence);
	return ARRAY_SIZE(others);
}

unsigned int swaps_frames(struct swaps_frame frames[SWAPS_FRAMES_MAX])
{
	unsigned int n = make_openings(frames);

	n += make_visits(frames + n);
	return n + make_others(frames + n);
}

/* --- conversations --- */

static void make_talk(struct swaps_frame *frame, const struct talker *t, bool there,
		      const char *what)
{
	const struct kind *kind = t->kind;
	bool from = there != kind->inwards; /* the device sends it */
	unsigned int a = there ? 45000 : kind->service, b = there ? kind->service : 45000;
	char transport[32];

	if (!strcmp(what, "udp"))
		snprintf(transport, sizeof(transport), "udp %u>%u", a, b);
	else if (!strcmp(what, "icmp"))
		snprintf(transport, sizeof(transport), "icmp %s 77", there ? "8.0" : "0.0");
	else
		snprintf(transport, sizeof(transport), "tcp %u>%u %s", a, b, what);
	make(frame, from ? IG_FROM_DEVICE : IG_TO_DEVICE, 0, "%s>%s ip4 %s>%s %s pad 64",
	     from ? t->mac : "gw", from ? "gw" : t->mac, from ? t->address : kind->remote,
	     from ? kind->remote : t->address, transport);
}

unsigned int swaps_conversations(struct swaps_conversation conversations[SWAPS_CONVERSATIONS])
{
	_Static_assert(TALKERS <= SWAPS_CONVERSATIONS, "there is room for all");

	for (unsigned int i = 0; i < TALKERS; i++) {
		struct swaps_conversation *c = &conversations[i];
		struct talker t;

		talker_of(i, &t);
		*c = (struct swaps_conversation){
			.healthy = t.healthy, .cpu = t.cpu, .kind = i % ARRAY_SIZE(kinds)};
		if (t.kind->open) {
			make_talk(&c->open[c->n_open++], &t, true, t.kind->open);
			make_talk(&c->open[c->n_open++], &t, false, t.kind->answer);
		}
		make_talk(&c->open[c->n_open++], &t, true, t.kind->there);
		make_talk(&c->there, &t, true, t.kind->there);
		make_talk(&c->back, &t, false, t.kind->back);
	}
	return TALKERS;
}
