/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generator of case streams (README.md): what its rooms share.
 *
 * A world is made from one number alone. It has an inventory, a clock, and whatever its traffic
 * remembers. All randomness comes from the world's own generator, so a stream depends on the seed,
 * the number of frames, the corpus and $JUDGE_WITHOUT, and on nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define SECOND		  1000000000ull
#define DAY		  (86400 * SECOND)

/* What $JUDGE_WITHOUT switches off, by the names in generate.c. */
enum feature {
	WITH_UNTIL = 1u << 0,
	WITH_DSCP = 1u << 1,
	WITH_SOURCE_PORT = 1u << 2,
	WITH_CRITICAL = 1u << 3,
	WITH_IDENTIFY = 1u << 4,
	WITH_LEARN = 1u << 5,	 /* the mode */
	WITH_BINDINGS = 1u << 6, /* worlds that learn addresses */
	WITH_MONITOR = 1u << 7,
	WITH_PORTS = 1u << 8,
	WITH_CHANGES = 1u << 9,
	WITH_STATE = 1u << 10,
	WITH_LIES = 1u << 11,	/* ports, tags, source MAC and IP addresses */
	WITH_LAYERS = 1u << 12, /* lies in destination addresses */
	WITH_FRAGMENTS = 1u << 13,
	WITH_ERRORS = 1u << 14,
	WITH_EXTENSIONS = 1u << 15,
	WITH_OPTIONS = 1u << 16, /* of IPv4 */
	WITH_LENGTHS = 1u << 17, /* lengths that lie */
	WITH_TAGS = 1u << 18,
	WITH_MUTATIONS = 1u << 19,
	WITH_CORPUS = 1u << 20,
	WITH_ARP = 1u << 21,
	WITH_ND = 1u << 22,
	WITH_DHCP = 1u << 23,
	WITH_MEMBERSHIP = 1u << 24,
	WITH_LINK = 1u << 25, /* frames that are neither IP nor ARP */
	WITH_GROUPS = 1u << 26,
	WITH_JUMPS = 1u << 27, /* of the clock */
	WITH_LEASES = 1u << 28,
	WITH_CLAIMS = 1u << 29,
	WITH_STRANGERS = 1u << 30, /* onboarding, and what they do there */
	WITH_MANAGEMENT = 1u << 31,
	WITH_QUARANTINE = 1ull << 32,
	WITH_NAMES = 1ull << 33,    /* rules by name, and dialogues of DNS */
	WITH_VERSIONS = 1ull << 34, /* the options ipv4 and ipv6 */
	WITH_SETS = 1ull << 35,	    /* of controllers, and of devices by what they are */
	WITH_MUD = 1ull << 36,
};

struct random {
	uint64_t state[4];
};

struct address {
	bool v6;
	uint8_t bytes[16]; /* IPv4: the first four */
};

struct prefix {
	struct address base; /* nothing set beyond the length */
	uint8_t length;
};

enum mode { MODE_UNSET, MODE_ENFORCE, MODE_MONITOR, MODE_LEARN };
enum unknown { UNKNOWN_UNSET, UNKNOWN_DROP, UNKNOWN_MONITOR, UNKNOWN_ONBOARD };
enum dns_setting { DNS_UNSET, DNS_OPEN, DNS_STRICT };
enum side { SIDE_TO, SIDE_FROM };

enum remote {
	REMOTE_ANY,
	REMOTE_LOCAL,
	REMOTE_GATEWAY,
	REMOTE_INTERNET,
	REMOTE_PREFIX,
	REMOTE_MACHINE,
	REMOTE_GROUP,
	REMOTE_SEGMENT,
	REMOTE_NAME,
	/* Sets; and those of the machine whose rule it is. */
	REMOTE_CONTROLLER,
	REMOTE_MANUFACTURER,
	REMOTE_MODEL,
	REMOTE_MY_CONTROLLERS,
	REMOTE_SAME_MANUFACTURER,
};

enum service {
	SERVICE_ANY,
	SERVICE_TCP,
	SERVICE_UDP,
	SERVICE_ICMP,
	SERVICE_ICMPV6,
	SERVICE_IP,
	SERVICE_ETHERTYPE,
};

struct range {
	uint16_t first, last; /* ports, or ICMP (type << 8 | code) */
};

struct rule {
	bool allow, critical, local, has_source_port;
	uint8_t side, remote, service;
	uint8_t index;	 /* of the machine, group, segment, pattern or set that is the remote */
	uint8_t version; /* 4, 6; 0: either */
	uint8_t n_ranges;
	int8_t dscp;	 /* -1: none */
	int8_t because;	 /* -1: none */
	uint16_t number; /* of protocol or ethertype */
	uint32_t until;	 /* days since the epoch; 0: none */
	struct prefix prefix;
	struct range source_port, ranges[4];
};

#define MAX_RULES    420
#define MAX_SEGMENTS 4
#define MAX_MACHINES 16
#define MAX_PROFILES 5
#define MAX_GROUPS   4
#define MAX_MUDS     4
#define N_CLASSES    7
#define MAX_SET	     24 /* more than the members of any */
#define MAX_MEMBERS  5
#define MAX_OWN	     10
#define MAX_GOT	     24 /* more than there are places for */
/* Fewer than may lose their places: which ones these are follows from hashes. */
#define MAX_TOLD    8
#define MAX_ASKED   4
#define MAX_NAMES   5 /* that one machine asks for */
#define N_STRANGERS 4
#define MAX_PORTS   7 /* lan0 to lan6 may belong to segments */
#define STRAY_PORT  7 /* lan7 never does */

struct rules {
	unsigned int n;
	struct rule items[MAX_RULES];
};

struct segment {
	char name[12];
	uint8_t ports[3];
	unsigned int n_ports, n_tags, n_networks;
	uint16_t vlan[2];
	struct prefix networks[4];
	unsigned int off; /* switches, as bits in the order of switch_names */
	enum mode mode;
	enum dns_setting dns;
	enum unknown unknown;
};

struct member {
	bool is_machine, is_gateway;
	uint8_t machine;
	struct prefix prefix;
};

struct group {
	unsigned int n;
	struct member members[MAX_MEMBERS];
};

/* `my-controllers`, which may be there and have no members. */
struct controllers {
	bool listed;
	struct group members;
};

/* `mud` of a device or profile. */
struct mud_use {
	int file; /* -1: none */
	bool private;
};

/* An address that a machine was given or claimed, as far as its traffic takes it for granted. */
struct got {
	struct address address;
	uint64_t since, ends; /* ends 0: never */
};

/* An address that a machine was told for a name, and when that is over at the latest. */
struct told {
	uint8_t name; /* see generate_told.c */
	struct address address;
	uint64_t ends;
};

/* A query, as far as answers have to be like it. */
struct asked {
	struct address local, resolver;
	uint64_t when;
	uint16_t id, port, type, class;
	uint8_t name;
	bool tcp;
};

/* What a machine last said to DHCP servers, and was offered. */
struct dialogue {
	uint32_t xid;
	uint64_t asked;
	unsigned int step;
	struct address yours, server;
};

struct machine {
	char name[12];
	uint8_t mac[6]; /* of a device behind a router: the router's */
	bool host, trusted;
	int router; /* machine; -1: it has a MAC address of its own */
	unsigned int segment;
	int profile;	    /* -1: none */
	unsigned int flows; /* 0: unset */
	enum mode mode;
	enum dns_setting dns;
	int manufacturer, model; /* of manufacturer_texts, model_texts; -1: none */
	struct controllers controllers;
	struct mud_use mud;
	/* What it speaks with. The first n_listed are in the inventory. */
	struct address own[MAX_OWN];
	unsigned int n_own, n_listed;
	struct got got[MAX_GOT];
	unsigned int n_got; /* in all: they are kept in turn */
	struct dialogue dialogue;
	uint8_t names[MAX_NAMES];
	struct told told[MAX_TOLD];
	struct asked asked[MAX_ASKED];
	unsigned int n_told;
	unsigned int n_asked; /* in all: they are kept in turn */
	uint8_t port;	      /* where it is */
	uint64_t quarantine;  /* until then */
	struct rules rules;
};

struct profile {
	int extends; /* profile of a smaller number; -1: none */
	unsigned int flows;
	enum mode mode;
	enum dns_setting dns;
	struct controllers controllers;
	struct mud_use mud;
	struct rules rules;
};

/* What its entries are about, in their order, as far as rules can say it: traffic meets these. How
 * each is written is found out when it is. */
struct mud_file {
	uint8_t url; /* of mud_urls */
	bool said;
	struct rules rules;
};

#define MAX_SERVERS 3
#define GATEWAY_OWN 12

struct gateway {
	struct address own[GATEWAY_OWN];
	uint8_t macs[3][6];
	struct address resolvers[MAX_SERVERS], time_servers[MAX_SERVERS], dhcp_servers[MAX_SERVERS];
	unsigned int n_own, n_macs, n_resolvers, n_time_servers, n_dhcp_servers;
	struct rules management; /* their side is `from` */
};

/* A conversation: the view of the machine that it is told by. */
struct talk {
	bool live, by_device;
	bool hopeful;	   /* somebody may well allow it */
	int machine, peer; /* OUTSIDE or the machine that is the remote */
	struct address local, remote;
	uint8_t protocol, tos;
	uint16_t local_port, remote_port; /* of ICMP: identifier, and type of the request */
	uint8_t code;
	unsigned int step;
	uint64_t last;
};

#define FRAME_MAX   2040
#define CAPTURE_MAX 1900

struct buffer {
	size_t size;
	uint8_t data[FRAME_MAX];
};

/* What an IP packet says before anything is made of it. */
struct packet {
	struct address source, target;
	uint8_t protocol, ttl, tos;
	uint16_t source_port, target_port;
	uint8_t tcp_flags, type, code;
	uint16_t identifier;	   /* of an ICMP query */
	uint16_t identification;   /* of the IP packet */
	uint16_t payload;	   /* bytes behind the transport header */
	const struct buffer *data; /* of UDP and TCP: these; UDP states that they are @payload */
};

/* What was sent lately, for errors to quote. */
struct recent {
	bool v6;
	int sender, receiver;
	uint16_t size;
	uint8_t data[160];
};

struct piece {
	uint32_t offset;
	uint16_t size;
	bool more;
};

#define MAX_PIECES 24

struct datagram {
	bool live;
	int sender, receiver;
	struct packet packet;
	uint8_t first_header; /* the protocol that the fragments state */
	uint8_t chain;	      /* 1: an extension header before the fragment header */
	unsigned int n, next;
	uint64_t begun;
	bool late; /* the last piece waits for the time-out */
	struct piece pieces[MAX_PIECES];
	struct buffer data;
};

#define MAX_TALKS     24
#define MAX_DATAGRAMS 14
#define MAX_RECENT    32

struct world {
	struct random random;
	uint64_t with; /* features */
	bool ports, learn;
	bool bare;  /* few addresses are listed */
	bool named; /* there are rules by name */
	bool keen;  /* and half of the traffic is about them */
	uint64_t now;
	uint32_t day;

	struct gateway gateway;
	enum mode mode;	      /* of the defaults */
	enum dns_setting dns; /* of the defaults */
	enum unknown unknown; /* of the defaults */
	struct segment segments[MAX_SEGMENTS];
	/* Hosts first; and behind the last one the strangers, so that all that a machine says can be
	 * said by one of them. They are in no inventory. */
	struct machine machines[MAX_MACHINES];
	struct profile profiles[MAX_PROFILES];
	struct group groups[MAX_GROUPS];
	struct controllers classes[N_CLASSES]; /* of class_texts */
	struct mud_file muds[MAX_MUDS];
	unsigned int n_muds;
	unsigned int n_segments, n_machines, n_hosts, n_profiles, n_groups;

	/* What remotes and services are drawn from, so that packets hit rules. */
	struct address far[2][10]; /* by IP version: hosts that are not of this house */
	struct prefix prefixes[24];
	unsigned int n_prefixes;
	uint16_t services[10];
	uint16_t ethertypes[4];
	uint8_t strangers[N_STRANGERS][6];

	struct talk talks[MAX_TALKS];
	struct datagram datagrams[MAX_DATAGRAMS];
	struct recent recent[MAX_RECENT];
	unsigned int n_recent;
};

/* generate_random.c */
void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
uint32_t below(struct world *w, uint32_t n); /* 0 where n is 0 */
uint32_t between(struct world *w, uint32_t first, uint32_t last);
bool percent(struct world *w, uint32_t n);
bool permille(struct world *w, uint32_t n);
void fill(struct world *w, void *to, size_t size);
#define PICK(w, array) ((array)[below(w, ARRAY_SIZE(array))])

static inline bool with(const struct world *w, uint64_t features)
{
	return (w->with & features) == features;
}

/* generate_address.c */
bool address_equal(const struct address *a, const struct address *b);
struct address address_v4(uint32_t bits);
struct address address_v6(uint64_t high, uint64_t low);
struct address address_eui64(const uint8_t mac[6]);
bool address_is_group(const struct address *address);
bool address_is_link_local(const struct address *address);
bool prefix_has(const struct prefix *prefix, const struct address *address);
struct prefix prefix_of(const struct address *address, unsigned int length);
struct address prefix_address(struct world *w, const struct prefix *prefix);
size_t prefix_print(const struct prefix *prefix, char *to);
size_t address_print(const struct address *address, char *to);

/* generate_inventory.c */
void inventory_make(struct world *w);
void inventory_change(struct world *w);
/* One more address, which nobody has. */
void own_add(struct world *w, struct machine *machine, bool v6);

/* generate_stranger.c: where they are. */
void strangers_make(struct world *w);
void strangers_move(struct world *w);

/* generate_management.c */
void management_make(struct world *w);
/* Where rules of machines are critical, what is allowed before them has to be. */
void management_mend(struct world *w);
/* As one of the rules that it stands for. */
bool management_rule(struct world *w, struct rule *rule);

/* generate_quarantine.c */
void quarantine_step(struct world *w, int machine);
/* Maybe, by @chance of 1000, the quarantine of a machine begins or ends. @machine: also nobody. */
void quarantine_touch(struct world *w, int machine, unsigned int chance);

/* generate_rules.c: rules of one list, or of all lists. */
struct rule rule_make(struct world *w, unsigned int allowed, bool management);
void rules_agree(const struct world *w, struct rules *rules);
void rules_make_all(struct world *w);
void rules_change(struct world *w);

/* generate_extent.c: do both match exactly the same packets? Their sides aside. */
bool rules_equal(const struct world *w, const struct rule *a, const struct rule *b);

/* generate_print.c: writes the `inventory` line, behind the MUD files that are new. */
void inventory_print(struct world *w);

/* generate_say.c: a line under way. What @format makes is not escaped. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Between the entries of a list or map: all but the first have a comma before them. */
void say_part(void);
void say_prefix(const struct prefix *prefix);
/* Into the stream, with its end. */
void say_line(void);

/* generate_sets.c: classes of controllers, and what devices are. */
extern const char *const class_texts[N_CLASSES], *const manufacturer_texts[], *const model_texts[];
void sets_make(struct world *w);
void sets_change(struct world *w);
/* One of them as the remote of a rule. */
void set_choose(struct world *w, struct rule *rule);
bool is_set(const struct rule *rule);
/* Whom this rule of the machine means. Returns how many. */
unsigned int set_members(const struct world *w, int machine, const struct rule *rule,
			 struct member members[MAX_SET]);
/* NULL: none of the texts is on it. */
const char *set_text(const struct rule *rule);

/* generate_mud.c: which MUD files there are, whose, and what they are about. */
extern const char *const mud_urls[];
void muds_make(struct world *w);
void muds_change(struct world *w);
/* The file that counts for a machine. NULL: none. */
const struct mud_file *mud_of(const struct world *w, int machine);

/* generate_mud_print.c: writes the `mud` line. */
void mud_print(struct world *w, unsigned int file);

/* generate_actors.c: who has what. */
#define OUTSIDE (-1) /* the gateway, or behind it */
#define NOBODY	(-2) /* nobody, or a group */

int holder(const struct world *w, const struct address *address); /* machine, OUTSIDE, NOBODY */
/* The same of what the inventory says alone. */
int lister(const struct world *w, const struct address *address);
bool gateway_holds(const struct world *w, const struct address *address);
bool on_link(const struct segment *segment, const struct address *address);
int some_machine(struct world *w);
int some_real_machine(struct world *w); /* with a MAC address of its own */
int some_speaker(struct world *w);	/* a machine, or a stranger */
bool is_stranger(const struct world *w, int machine);
bool onboards(const struct world *w, unsigned int segment);
/* One of its addresses, mostly a listed one. */
struct address some_own(struct world *w, int machine, bool v6);
struct address some_far(struct world *w, bool v6);
struct address some_gateway(struct world *w, bool v6);
/* Anything at all: of machines, gateway, far ones, groups, nobody. */
struct address some_address(struct world *w, bool v6);
struct address some_group(struct world *w, bool v6);
void group_mac(const struct address *address, uint8_t mac[6]);
void some_mac(struct world *w, uint8_t mac[6]);
const uint8_t *gateway_mac(struct world *w);
/* The MAC address that a machine sends to for this destination. */
void next_hop(struct world *w, int machine, const struct address *target, uint8_t mac[6]);
/* A rule of the machine's own list, its profile's, or those above. NULL: there is none. */
const struct rule *some_rule(struct world *w, int machine);

/* generate_frame.c: bytes of an IP packet. */
void put8(struct buffer *b, unsigned int value);
void put16(struct buffer *b, unsigned int value);
void put32(struct buffer *b, uint32_t value);
void put(struct buffer *b, const void *data, size_t size);
void put_random(struct world *w, struct buffer *b, size_t size);
void set16(struct buffer *b, size_t at, unsigned int value);
size_t address_size(const struct address *address);
void packet_transport(struct world *w, const struct packet *p, struct buffer *b);
/* The IP header alone, with what follows it as large as @size says. */
void packet_header(struct world *w, const struct packet *p, unsigned int protocol,
		   unsigned int fragment, size_t size, struct buffer *b);
/* The same as a first fragment. */
void packet_first_make(struct world *w, const struct packet *p, struct buffer *b);
/* All of it, now and then with options, extension headers and lengths that lie. */
void packet_make(struct world *w, const struct packet *p, struct buffer *b);

/* generate_chain.c: IPv6 extension headers. Returns the first one's number. */
unsigned int chain_make(struct world *w, unsigned int protocol, struct buffer *b);
unsigned int chain_make_plain(struct world *w, unsigned int kind, unsigned int next,
			      struct buffer *b);

/* generate_send.c */
struct envelope {
	bool to;
	uint8_t port;
	uint8_t target[6], source[6];
	uint16_t tags[4], tag_types[4];
	unsigned int n_tags;
	uint16_t ethertype;
	size_t missing; /* bytes at the end that were not captured */
};

/* As a frame of, or for, this machine has it, but for the MAC address of the other end. */
struct envelope envelope_from(struct world *w, int machine);
struct envelope envelope_to(struct world *w, int machine);
/* One frame into the stream: maybe bent before, maybe mutated. */
void send_frame(struct world *w, struct envelope envelope, const struct buffer *payload);
/* A packet from its sender to its receiver, over all ports that it crosses. */
void send_packet(struct world *w, int sender, int receiver, const struct address *target,
		 const struct buffer *packet);
/* The same frame at some other ports of the segment, to-device. */
void send_around(struct world *w, struct envelope envelope, unsigned int segment,
		 const struct buffer *payload);

/* generate_mutate.c */
void corpus_read(const char *path);
bool corpus_is_empty(void);
void corpus_send(struct world *w);
void mutate(struct world *w, struct buffer *frame, size_t *length);

/* generate.c: the stream. */
void stream_text(const char *text, size_t size);
void stream_frame(struct world *w, bool to, unsigned int port, size_t length,
		  const struct buffer *frame);
void stream_state(void);

/* generate_clock.c */
void clock_start(struct world *w);
void clock_tick(struct world *w);
/* Now and then, to where what was last heard then is just still alive, or just no more; and to the
 * ends of days. */
void clock_jump(struct world *w, uint64_t last);
/* To the moment when a datagram that began then is forgotten, or close to it. */
void clock_forget(struct world *w, uint64_t begun);
/* To this moment, or close to it; @what ends then, in whole seconds or not. */
void clock_reach(struct world *w, uint64_t then);
void clock_beside(struct world *w, uint64_t then);
/* Now and then, to where this address of the machine is lost; the sooner that is the more often. */
void clock_lapse(struct world *w, const struct got *got);

/* generate_got.c: what machines were given or claimed. */
void got_add(struct world *w, int machine, const struct address *address, uint64_t ends);
void got_end(struct world *w, int machine, const struct address *address);
struct got *got_find(struct world *w, int machine, const struct address *address);
/* Mostly the newest one, and one that did not end, if there is one. NULL: none of this version. */
struct got *got_some(struct world *w, int machine, bool v6);
struct got *got_any(struct world *w, bool v6); /* of some machine */

/* generate_dhcp.c: DHCPv4 messages. Lengths and the like are as they should be, unless bent. */
enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK_OF_DHCP, NAK, RELEASE, INFORM };

struct dhcp {
	uint8_t op, type, hardware, hardware_length;
	uint32_t xid, lease_time;
	struct address client, yours, relay, requested;
	uint8_t chaddr[6];
	bool has_requested, has_lease_time;
	uint8_t bent; /* so often in a hundred times */
};

struct dhcp dhcp_begin(const struct world *w, int machine, bool answer, unsigned int type);
/* @missing: bytes at the end that the capture does not have. */
void dhcp_make(struct world *w, struct dhcp *m, struct packet *p, struct buffer *data,
	       size_t *missing);

/* generate_told.c: names, who asks for which, and what they were told. */
extern const char *const name_texts[], *const pattern_texts[];
unsigned int name_count(void);
unsigned int some_pattern(struct world *w);
bool pattern_fits(unsigned int pattern, unsigned int name);
void names_choose(struct world *w); /* for each machine */
enum dns_setting some_dns(struct world *w, unsigned int set);
/* One that it was told, and that a rule of this pattern may match. NULL: none. */
const struct told *told_fitting(struct world *w, int machine, unsigned int pattern);
const struct told *told_some(struct world *w, int machine);
/* What an answer says: told before, new, or such that nobody may be told. */
struct address told_address(struct world *w, int machine, unsigned int name, bool v6);
void told_renew(struct world *w, int machine, unsigned int name, const struct address *address,
		uint64_t ends);
/* May it ask once more without that something it waits for loses its place? */
bool may_ask(const struct world *w, int machine);

/* generate_dns.c: messages of DNS. Right ones, and such that are wrong in one place. */
void dns_query(struct world *w, const struct asked *asked, struct buffer *b);
void dns_answer(struct world *w, int machine, const struct asked *asked, struct buffer *b);
/* As one piece of TCP. */
void dns_piece(struct world *w, struct buffer *b);

/* generate_offer.c */
struct address dhcp_server(struct world *w, bool v6);	 /* a listed one, mostly */
struct address offer_free(struct world *w, int machine); /* nobody's, as a rule */
struct address offer_some(struct world *w, int machine);
uint32_t offer_time(struct world *w); /* seconds */

/* generate_nd.c: one message of IPv6 discovery. */
struct discovery {
	struct packet packet;
	struct address asked; /* what it is about */
	uint8_t link_layer[6];
	unsigned int n_options;
	bool fragment_header;
};

struct address solicited_node(const struct address *address);
void discovery_bend(struct world *w, struct discovery *d);
void discovery_send(struct world *w, const struct discovery *d, int machine, int peer);

/* As machines do that were switched on. */
void lease_first(struct world *w, int machine);
void claim_first(struct world *w, int machine);

/* Traffic of a machine or stranger: each adds one or a few frames. */
void talk_step(struct world *w, int machine); /* generate_talk.c */
struct talk *talk_some(struct world *w);
struct talk *talk_hopeful(struct world *w);
void talk_begin(struct world *w, struct talk *talk, int machine);
/* Another conversation in the place of some one, of this machine. */
struct talk *talk_anew(struct world *w, int machine);
bool talk_packet(struct world *w, struct talk *talk, struct packet *p); /* true: from the machine */
void talk_send(struct world *w, struct talk *talk, const struct packet *p, bool by_device);
/* As @rule has it, which may be NULL, but with this remote. */
void talk_to(struct world *w, struct talk *talk, int machine, const struct rule *rule,
	     const struct address *remote);
void talk_go_on(struct world *w, struct talk *talk, unsigned int n); /* so many packets */
void fragment_step(struct world *w, int machine);		     /* generate_fragment.c */
void error_step(struct world *w, int machine);			     /* generate_error.c */
void arp_step(struct world *w, int machine);			     /* generate_arp.c */
void nd_step(struct world *w, int machine);			     /* generate_nd.c */
void claim_step(struct world *w, int machine);			     /* generate_claim.c */
void vigil_step(struct world *w, int machine);			     /* generate_vigil.c */
/* Of TCP: opened, and kept alive until then. */
void vigil_open(struct world *w, struct talk *talk);
void vigil_keep(struct world *w, struct talk *talk, uint64_t then);
void names_step(struct world *w, int speaker);	    /* generate_names.c */
void lease_step(struct world *w, int machine);	    /* generate_lease.c */
void dhcp6_step(struct world *w, int machine);	    /* generate_dhcp6.c */
void pretend_step(struct world *w, int machine);    /* generate_pretend.c */
void membership_step(struct world *w, int machine); /* generate_membership.c */
void link_step(struct world *w, int machine);	    /* generate_link.c */
void group_step(struct world *w, int machine);	    /* generate_group.c */
void stray_step(struct world *w, int machine); /* generate_stray.c: from nobody of this house */
