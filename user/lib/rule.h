/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule language: one parser and one printer for inventories, plans, explanations and learnt
 * output. What ig_rule_print() prints, ig_rule_parse() reads back to an equal rule.
 *
 *   (allow|deny) (to|from) REMOTE [SERVICE] [OPTION ...]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/* An address with a length. IPv4 is v4-mapped and its length counts from 96, so 10.0.0.0/8 has 104.
 * Bits beyond the length are zero. */
struct ig_prefix {
	uint8_t addr[16]; /* network order */
	uint8_t length;	  /* 0 .. 128 */
};

static inline bool ig_prefix_is_v4(const struct ig_prefix *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return p->length >= 96 && !__builtin_memcmp(p->addr, mapped, sizeof(mapped));
}

/* "10.0.0.1", "10.0.0.0/8", "fd00::1", "fd00::/64". @host: a length is refused, and so are
 * `0.0.0.0` and `::`. Bits set beyond the length are an error that names the prefix which was
 * meant. Returns 0, or -EINVAL with a sentence in @why (at least 128 bytes). */
int ig_prefix_parse(const char *text, bool host, struct ig_prefix *out, char *why);
/* @buf of at least IG_PREFIX_TEXT bytes. A whole address is printed without its length. */
#define IG_PREFIX_TEXT 64
void ig_prefix_print(const struct ig_prefix *prefix, char *buf);

enum ig_rule_action { IG_RULE_DENIES, IG_RULE_ALLOWS };
enum ig_rule_side { IG_RULE_TO, IG_RULE_FROM };

enum ig_remote_kind {
	IG_REMOTE_ANY,
	IG_REMOTE_LOCAL,
	IG_REMOTE_GATEWAY,
	IG_REMOTE_INTERNET,
	IG_REMOTE_SAME_MANUFACTURER,
	IG_REMOTE_MY_CONTROLLERS,
	IG_REMOTE_PREFIX,
	IG_REMOTE_NAME, /* a domain name, maybe with a leading "*." */
	IG_REMOTE_DEVICE,
	IG_REMOTE_HOST,
	IG_REMOTE_GROUP,
	IG_REMOTE_SEGMENT,
	IG_REMOTE_CONTROLLER,
	IG_REMOTE_MANUFACTURER,
	IG_REMOTE_MODEL,
};

struct ig_remote {
	enum ig_remote_kind kind;
	struct ig_prefix prefix; /* IG_REMOTE_PREFIX */
	char *name; /* what stands behind the colon, or the domain name in lower case; owned; NULL
		       otherwise */
};

enum ig_service_family {
	IG_SERVICE_ANY, /* every IP protocol */
	IG_SERVICE_TCP,
	IG_SERVICE_UDP,
	IG_SERVICE_ICMP,
	IG_SERVICE_ICMPV6,
	IG_SERVICE_IP,	  /* protocol `number` */
	IG_SERVICE_ETHER, /* ethertype `number` */
};

#define IG_SERVICE_RANGES 32

/* Ports, or ICMP (type << 8 | code); inclusive, sorted and disjoint after parsing. */
struct ig_range {
	uint16_t first;
	uint16_t last;
};

struct ig_service {
	enum ig_service_family family;
	uint16_t number;
	uint16_t n_ranges; /* 0: all */
	struct ig_range ranges[IG_SERVICE_RANGES];
};

enum ig_rate_unit { IG_RATE_NONE, IG_RATE_PACKETS, IG_RATE_BYTES }; /* a second */

struct ig_rule {
	enum ig_rule_action action;
	enum ig_rule_side side;
	struct ig_remote remote;
	struct ig_service service;
	bool critical;
	bool local; /* of a domain name: it may have an address that is not of the internet */
	enum ig_rate_unit rate_unit;
	uint64_t rate; /* a second, in packets or bytes */
	bool has_source_port;
	struct ig_range source_port;
	int dscp;	 /* -1: any */
	uint8_t version; /* of IP: 4, 6; 0: any */
	bool has_until;
	uint16_t until_year; /* the last day on which the rule matches, UTC */
	uint8_t until_month; /* 1 .. 12 */
	uint8_t until_day;
	char *because;	   /* owned; NULL: not given */
	struct ig_loc loc; /* where the sentence begins; the parser leaves it alone */
};

/* What is wrong with a sentence. */
struct ig_rule_error {
	size_t offset; /* of the word that is wrong, in bytes from the start of the sentence */
	char message[192];
	char hint[192]; /* empty: none */
};

/* Reads one sentence. 0; -EINVAL with @error filled; -ENOMEM. On failure @rule is empty (nothing to
 * free). */
int ig_rule_parse(const char *text, struct ig_rule *rule, struct ig_rule_error *error);

/* Reads a remote alone: "group:nurses". Same return; the caller clears it with ig_remote_clear(). */
int ig_remote_parse(const char *text, struct ig_remote *remote, struct ig_rule_error *error);
void ig_remote_clear(struct ig_remote *remote);

/* Reads a service alone: "tcp/443". Same return; there is nothing to clear. */
int ig_service_parse(const char *text, struct ig_service *service, struct ig_rule_error *error);

/* Where in a sentence that parses the remote begins: for those who look up what it names. */
size_t ig_rule_remote_offset(const char *text);

/* YYYY-MM-DD, a day that exists, from 1970 on. */
bool ig_date_parse(const char *text, size_t size, uint16_t *year, uint8_t *month, uint8_t *day);

#define IG_RULE_TEXT_MAX 4096 /* bytes of a sentence */

/* Prints the one canonical spelling. Returns its length without the NUL, as snprintf does: >= size
 * is truncated. */
size_t ig_rule_print(const struct ig_rule *rule, char *buf, size_t size);

/* The parts of it, for tables: "group:nurses", "tcp/443,8000-8010" (empty for any service). Same
 * return. */
size_t ig_remote_print(const struct ig_remote *remote, char *buf, size_t size);
size_t ig_service_print(const struct ig_service *service, char *buf, size_t size);

bool ig_rule_equal(const struct ig_rule *a, const struct ig_rule *b); /* loc aside */
/* Continues @hash. Equal rules have equal hashes; others may. */
uint64_t ig_rule_hash(uint64_t hash, const struct ig_rule *rule);
int ig_rule_copy(const struct ig_rule *from, struct ig_rule *to);
void ig_rule_clear(struct ig_rule *rule); /* frees what it owns and zeroes it */
