/* SPDX-License-Identifier: BSD-2-Clause */
/* What devices ask their resolvers, what they are told, and whom they may reach by it. */
#include "goldens.h"

#define FROM		   IOTGUARD_FROM_DEVICE
#define TO		   IOTGUARD_TO_DEVICE

#define TALK		   "talk>gw ip4 10.0.0.19>"
#define TALK6		   "talk>gw ip6 fd00::19>"
#define STERN		   "stern>gw ip4 10.0.0.26>"
#define TO_TALK		   "gw>talk ip4 10.0.0.1>10.0.0.19 "
#define UDP		   "udp 40000>53 "
#define ASK		   TALK "10.0.0.1 " UDP
#define TELL		   TO_TALK "udp 53>40000 "

#define API		   "api.vendor.example A"
#define ASKS(question)	   "from " ASK "query " question
#define TOLD(answer)	   "to " TELL "answer " answer
#define RESOLVED(q, addrs) ASKS(q) "; " TOLD(q " " addrs)
#define KNOWS_API	   RESOLVED(API, "a 203.0.113.77")
#define TO_API		   TALK "203.0.113.77 tcp 41000>443 S"
#define API_RULE	   "allow to api.vendor.example tcp/443"
#define CDN		   "a1.b.cdn.example A"
#define CDN_RULE	   "allow to *.cdn.example udp/443"
#define NAS		   "nas.home.example A"
#define HOOK_RULE	   "allow from hook.vendor.example tcp/9000"

/* of machine talk */
#define PASSED(name, before, side, frame, reason, rule)               \
	{                                                             \
		name, before, side, frame, true, reason, rule, "talk" \
	}
#define DROPPED(name, before, side, frame, reason, rule)               \
	{                                                              \
		name, before, side, frame, false, reason, rule, "talk" \
	}
#define OF_STERN(name, before, frame, passes, reason)                    \
	{                                                                \
		name, before, FROM, frame, passes, reason, NULL, "stern" \
	}

/* an answer on its way, behind its query */
#define ANSWER(name, question, answer, passes, reason)                                        \
	{                                                                                     \
		name, ASKS(question), TO, TELL "answer " answer, passes, reason, NULL, "talk" \
	}
/* and what it says does not count */
#define IN_VAIN(name, answer) \
	DROPPED(name, ASKS(API) "; " TOLD(answer), FROM, TO_API, "no-rule", NULL)

static const struct golden items[] = {
	/* --- rules by name --- */
	DROPPED("a name that was not resolved", NULL, FROM, TO_API, "no-rule", NULL),
	PASSED("a name that was resolved", KNOWS_API, FROM, TO_API, "rule", API_RULE),
	DROPPED("another service of a name", KNOWS_API, FROM, TALK "203.0.113.77 tcp 41000>80 S",
		"no-rule", NULL),
	DROPPED("another address", KNOWS_API, FROM, TALK "203.0.113.78 tcp 41000>443 S", "no-rule",
		NULL),
	{"what another machine was told", KNOWS_API, FROM, STERN "203.0.113.77 tcp 41000>443 S",
	 false, "no-rule", NULL, "stern"},
	PASSED("an answer by IPv6, of an IPv4 address",
	       "from " TALK6 "fd00::1 " UDP "query " API "; to gw>talk ip6 fd00::1>fd00::19 "
	       "udp 53>40000 answer " API " a 203.0.113.77",
	       FROM, TO_API, "rule", API_RULE),
	PASSED("an IPv6 address", RESOLVED("api.vendor.example AAAA", "aaaa 2001:db8::77"), FROM,
	       TALK6 "2001:db8::77 tcp 41000>443 S", "rule", API_RULE),
	PASSED("several addresses: the last one",
	       RESOLVED(API, "a 203.0.113.70 a 203.0.113.71 a 203.0.113.77"), FROM, TO_API, "rule",
	       API_RULE),
	PASSED("a name below a wildcard", RESOLVED(CDN, "a 203.0.113.77"), FROM,
	       TALK "203.0.113.77 udp 41000>443", "rule", CDN_RULE),
	DROPPED("the wildcard's own name", RESOLVED("cdn.example A", "a 203.0.113.77"), FROM,
		TALK "203.0.113.77 udp 41000>443", "no-rule", NULL),
	DROPPED("a name that only ends alike", RESOLVED("evilcdn.example A", "a 203.0.113.77"),
		FROM, TALK "203.0.113.77 udp 41000>443", "no-rule", NULL),
	PASSED("a name has the rules of wildcards, too", KNOWS_API, FROM,
	       TALK "203.0.113.77 tcp 41000>8443 S", "rule", "allow to *.vendor.example tcp/8443"),
	DROPPED("a name that is denied", RESOLVED("bad.vendor.example A", "a 203.0.113.77"), FROM,
		TALK "203.0.113.77 tcp 41000>8443 S", "rule-deny", "deny to bad.vendor.example"),
	DROPPED("an address of two names, one of which is denied",
		KNOWS_API "; " RESOLVED("bad.vendor.example A", "a 203.0.113.77"), FROM, TO_API,
		"rule-deny", "deny to bad.vendor.example"),
	PASSED("an address of two names", RESOLVED(CDN, "a 203.0.113.77") "; " KNOWS_API, FROM,
	       TALK "203.0.113.77 udp 41000>443", "rule", CDN_RULE),
	PASSED("a name that opens to the device",
	       RESOLVED("hook.vendor.example A", "a 203.0.113.77"), TO,
	       "gw>talk ip4 203.0.113.77>10.0.0.19 tcp 41000>9000 S", "rule", HOOK_RULE),
	PASSED("an address that a rule names itself", RESOLVED(API, "a 203.0.113.9"), FROM,
	       TALK "203.0.113.9 tcp 41000>443 S", "rule", API_RULE),

	/* --- how the name is spelt --- */
	PASSED("in capitals", RESOLVED("aPi.VENDOR.eXample A", "a 203.0.113.77"), FROM, TO_API,
	       "rule", API_RULE),
	PASSED("asked in capitals, answered in small letters",
	       ASKS("API.vendor.example A") "; " TOLD(API " a 203.0.113.77"), FROM, TO_API, "rule",
	       API_RULE),
	PASSED("the answer spells the name again",
	       RESOLVED(API, "owner Api.vendor.example a 203.0.113.77"), FROM, TO_API, "rule",
	       API_RULE),
	PASSED("the answer spells half of the name", RESOLVED(API, "owner api@16 a 203.0.113.77"),
	       FROM, TO_API, "rule", API_RULE),

	/* --- aliases --- */
	PASSED("by an alias", RESOLVED(API, "alias edge.cdn.example a 203.0.113.77"), FROM, TO_API,
	       "rule", API_RULE),
	DROPPED("the alias is no name that was asked for",
		RESOLVED(API, "alias edge.cdn.example a 203.0.113.77"), FROM,
		TALK "203.0.113.77 udp 41000>443", "no-rule", NULL),
	PASSED("by eight aliases",
	       RESOLVED(API, "alias a alias b alias c alias d alias e alias f alias g alias h "
			     "a 203.0.113.77"),
	       FROM, TO_API, "rule", API_RULE),
	ANSWER("by nine aliases", API,
	       API " alias a alias b alias c alias d alias e alias f alias g alias h alias i "
		   "a 203.0.113.77",
	       false, "dns-unread"),
	ANSWER("aliases the other way round", API, API " owner b a 203.0.113.77 at 12 alias b",
	       false, "dns-unread"),
	IN_VAIN("an address of somebody else",
		API " a 203.0.113.1 owner other.example a 203.0.113.77"),
	ANSWER("an alias with something behind it", API, API " other CNAME 3", false,
	       "dns-malformed"),

	/* --- what it may be --- */
	IN_VAIN("no answer at all", API),
	ANSWER("sixteen addresses", API, API " many 16 203.0.113.70", true, "flow"),
	ANSWER("seventeen addresses", API, API " many 17 203.0.113.70", false, "dns-unread"),
	ANSWER("49 records", API, API " a 203.0.113.77 answers 49", false, "dns-unread"),
	ANSWER("65,535 records", API, API " a 203.0.113.77 answers 65535", false, "dns-unread"),
	ANSWER("a service", "api.vendor.example HTTPS", "api.vendor.example HTTPS other HTTPS 20",
	       true, "flow"),
	DROPPED("a service pins nothing", RESOLVED("api.vendor.example HTTPS", "a 203.0.113.77"),
		FROM, TO_API, "no-rule", NULL),
	DROPPED("a text pins nothing", RESOLVED("api.vendor.example TXT", "a 203.0.113.77"), FROM,
		TO_API, "no-rule", NULL),
	PASSED("anything there is",
	       RESOLVED("api.vendor.example ANY", "other TXT 9 a 203.0.113.77"), FROM, TO_API,
	       "rule", API_RULE),
	DROPPED("another class", ASKS(API " class 3") "; " TOLD(API " class 3 a 203.0.113.77"),
		FROM, TO_API, "no-rule", NULL),
	PASSED("something behind the answers", RESOLVED(API, "a 203.0.113.77 bytes 0000291000"),
	       FROM, TO_API, "rule", API_RULE),

	/* --- what it may not be --- */
	ANSWER("a pointer to itself", API, API " owner @36 a 203.0.113.77", false, "dns-malformed"),
	ANSWER("a pointer forward", API, API " owner @60 a 203.0.113.77", false, "dns-malformed"),
	ANSWER("a pointer into the header", API, API " owner @2 a 203.0.113.77", false,
	       "dns-malformed"),
	ANSWER("a pointer in a circle", API, API " alias x@48 a 203.0.113.77", false,
	       "dns-malformed"),
	ANSWER("an address of 5 bytes", API, API " other A 5", false, "dns-malformed"),
	ANSWER("an IPv6 address of 4 bytes", API, API " other AAAA 4", false, "dns-malformed"),
	ANSWER("a record that is longer than the message", API, API " a 203.0.113.77 answers 2",
	       false, "dns-malformed"),
	ANSWER("two questions", API, API " questions 2", false, "dns-malformed"),
	ANSWER("no question, and an answer", API, API " questions 0 a 203.0.113.77", false,
	       "dns-malformed"),
	ANSWER("an error without a question", API, ". A questions 0", true, "flow"),
	ANSWER("a query from the resolver", API, API " flags 0", false, "dns-unasked"),
	ANSWER("what is no resolving", API, API " flags 0xa800", true, "flow"),
	DROPPED("a message of 11 bytes", ASKS(API), TO, TELL "data 11", "dns-unasked", NULL),
	DROPPED("a header without its question", ASKS(API), TO,
		TO_TALK "udp 53>40000 ulen 20 answer " API, "dns-malformed", NULL),
	PASSED("no message", ASKS(API), TO, TELL "data 0", "flow", NULL),
	DROPPED("a query that is an answer", NULL, FROM, ASK "answer " API, "dns-malformed", NULL),
	DROPPED("a query with a pointer", NULL, FROM, ASK "query a@12 A", "dns-malformed", NULL),
	DROPPED("a query of two questions", NULL, FROM, ASK "query " API " questions 2",
		"dns-malformed", NULL),
	PASSED("an update", NULL, FROM, ASK "query " API " flags 0x2800", "dns", NULL),

	/* --- who asked --- */
	ANSWER("another identifier", API, API " msg 2 a 203.0.113.77", false, "dns-unasked"),
	ANSWER("another name", API, "bpi.vendor.example A a 203.0.113.77", false, "dns-unasked"),
	DROPPED("another port", ASKS(API) "; from " TALK "10.0.0.1 udp 40001>53 query x.example A",
		TO, TO_TALK "udp 53>40001 answer " API " a 203.0.113.77", "dns-unasked", NULL),
	DROPPED("by another protocol", ASKS(API) "; from " TALK "10.0.0.1 tcp 40000>53 S", TO,
		TO_TALK "tcp 53>40000 A over answer " API " a 203.0.113.77", "dns-unread", NULL),
	PASSED("asked twice, answered twice", ASKS(API) "; " KNOWS_API "; " TOLD(API), FROM, TO_API,
	       "rule", API_RULE),
	PASSED("30 s later", ASKS(API) "; wait 30", TO, TELL "answer " API " a 203.0.113.77",
	       "flow", NULL),
	DROPPED("31 s later", ASKS(API) "; wait 31", TO, TELL "answer " API " a 203.0.113.77",
		"dns-unasked", NULL),
	DROPPED("who is told by nobody that is listed", "from " TALK "203.0.113.9 tcp 1>443 S", TO,
		"gw>talk ip4 9.9.9.9>10.0.0.19 udp 53>40000 answer " API " a 203.0.113.77",
		"no-rule", NULL),

	/* --- for how long --- */
	PASSED("an hour at least", RESOLVED(API, "living 0 a 203.0.113.77") "; wait 3599", FROM,
	       TO_API, "rule", API_RULE),
	DROPPED("and no longer", RESOLVED(API, "living 0 a 203.0.113.77") "; wait 3600", FROM,
		TO_API, "no-rule", NULL),
	PASSED("as long as it lives", RESOLVED(API, "living 7200 a 203.0.113.77") "; wait 7199",
	       FROM, TO_API, "rule", API_RULE),
	DROPPED("the least of its lives",
		RESOLVED(API, "living 3700 alias x living 7200 a 203.0.113.77") "; wait 3700", FROM,
		TO_API, "no-rule", NULL),
	PASSED("a day at most", RESOLVED(API, "living 1000000 a 203.0.113.77") "; wait 86399", FROM,
	       TO_API, "rule", API_RULE),
	DROPPED("and then no more", RESOLVED(API, "living 1000000 a 203.0.113.77") "; wait 86400",
		FROM, TO_API, "no-rule", NULL),
	DROPPED("a life below zero",
		RESOLVED(API, "living 0x80000000 a 203.0.113.77") "; wait 3600", FROM, TO_API,
		"no-rule", NULL),
	PASSED("told again",
	       RESOLVED(API, "a 203.0.113.77") "; wait 3000; " KNOWS_API "; wait 3000", FROM,
	       TO_API, "rule", API_RULE),

/* --- addresses that no name is for --- */
#define REBOUND(name, address, service, reason)                                                    \
	DROPPED(name, RESOLVED(NAS, "a " address), FROM, "talk>gw ip4 10.0.0.19>" address service, \
		reason, NULL)
	REBOUND("to the gateway", "10.0.0.1", " tcp 1>445 S", "no-rule"),
	REBOUND("to this host", "127.0.0.1", " tcp 1>445 S", "no-rule"),
	REBOUND("to this link", "169.254.1.1", " tcp 1>445 S", "no-rule"),
	REBOUND("to a group", "224.0.0.5", " tcp 1>445 S", "layer-mismatch"),
	REBOUND("to what is reserved", "240.0.0.1", " tcp 1>445 S", "no-rule"),
	REBOUND("to nothing", "0.0.0.1", " tcp 1>445 S", "no-rule"),
	REBOUND("to a private network", "10.9.9.9", " tcp 1>443 S", "no-rule"),
	REBOUND("to another private network", "192.168.1.1", " tcp 1>443 S", "no-rule"),
	PASSED("to a private network, by a rule that says so", RESOLVED(NAS, "a 10.9.9.9"), FROM,
	       TALK "10.9.9.9 tcp 1>445 S", "rule", "allow to nas.home.example tcp/445 local"),
	DROPPED("to a neighbour", RESOLVED(NAS, "a 10.0.0.11"), FROM,
		"talk>nvr ip4 10.0.0.19>10.0.0.11 tcp 1>443 S", "no-rule", NULL),
	PASSED("to a neighbour, by a rule that says so", RESOLVED(NAS, "a 10.0.0.11"), FROM,
	       "talk>nvr ip4 10.0.0.19>10.0.0.11 tcp 1>445 S", "rule",
	       "allow to nas.home.example tcp/445 local"),
	PASSED("to the internet, by a rule that says local", RESOLVED(NAS, "a 203.0.113.77"), FROM,
	       TALK "203.0.113.77 tcp 1>445 S", "rule", "allow to nas.home.example tcp/445 local"),
	DROPPED("what is denied is denied there, too",
		RESOLVED("bad.vendor.example A", "a 10.9.9.9"), FROM, TALK "10.9.9.9 tcp 1>8443 S",
		"rule-deny", "deny to bad.vendor.example"),
	DROPPED("an IPv4 address spelt as IPv6",
		RESOLVED("api.vendor.example AAAA", "aaaa ::ffff:203.0.113.77"), FROM, TO_API,
		"no-rule", NULL),
	DROPPED("an IPv6 address of no network that there is",
		RESOLVED("nas.home.example AAAA", "aaaa 1000::1"), FROM,
		TALK6 "1000::1 tcp 1>443 S", "no-rule", NULL),

	/* --- flows by name --- */
	PASSED("a conversation by name", KNOWS_API "; from " TO_API, TO,
	       "gw>talk ip4 203.0.113.77>10.0.0.19 tcp 443>41000 SA", "flow", API_RULE),
	PASSED("it goes on when the pin ends",
	       KNOWS_API "; from " TO_API
			 "; to gw>talk ip4 203.0.113.77>10.0.0.19 tcp 443>41000 SA; wait 5000",
	       FROM, TALK "203.0.113.77 tcp 41000>443 A", "flow", API_RULE),

	/* --- over TCP --- */
	PASSED("a connection to the resolver", NULL, FROM, TALK "10.0.0.1 tcp 40000>53 S", "dns",
	       NULL),
	PASSED("a query over TCP", "from " TALK "10.0.0.1 tcp 40000>53 S", FROM,
	       TALK "10.0.0.1 tcp 40000>53 A over query " API, "flow", NULL),
	PASSED("half a query over TCP", "from " TALK "10.0.0.1 tcp 40000>53 S", FROM,
	       TALK "10.0.0.1 tcp 40000>53 A data 1", "flow", NULL),
	DROPPED("nonsense over TCP", "from " TALK "10.0.0.1 tcp 40000>53 S", FROM,
		TALK "10.0.0.1 tcp 40000>53 A over query a@12 A", "dns-malformed", NULL),
	PASSED("the connection itself", "from " TALK "10.0.0.1 tcp 40000>53 S", TO,
	       TO_TALK "tcp 53>40000 SA", "flow", NULL),
	PASSED("padding is no piece", "from " TALK "10.0.0.1 tcp 40000>53 S", TO,
	       TO_TALK "tcp 53>40000 A pad 80", "flow", NULL),
	DROPPED("an answer over TCP",
		"from " TALK "10.0.0.1 tcp 40000>53 S; from " TALK
		"10.0.0.1 tcp 40000>53 A over query " API,
		TO, TO_TALK "tcp 53>40000 A over answer " API " a 203.0.113.77", "dns-unread",
		NULL),

	/* --- fragments --- */
	DROPPED("the first fragment of an answer", ASKS(API), TO,
		"gw>talk ip4 10.0.0.1>10.0.0.19 id 7 mf udp 53>40000 ulen 100 data 8",
		"dns-fragment", NULL),
	DROPPED("the rest of an answer",
		ASKS(API) "; drop to gw>talk ip4 10.0.0.1>10.0.0.19 id 7 mf udp 53>40000 ulen 100 data 8",
		TO, "gw>talk ip4 10.0.0.1>10.0.0.19 id 7 frag 2 proto 17 data 8", "fragment", NULL),
	DROPPED("the first fragment of a query", NULL, FROM,
		TALK "10.0.0.1 id 7 mf udp 40000>53 ulen 100 data 8", "dns-fragment", NULL),

	/* --- who may only ask for some names --- */
	OF_STERN("a name that a rule allows", NULL, STERN "10.0.0.1 " UDP "query " API, true,
		 "dns"),
	OF_STERN("a name that may come to it", NULL,
		 STERN "10.0.0.1 " UDP "query hook.vendor.example A", true, "dns"),
	OF_STERN("a name that no rule allows", NULL,
		 STERN "10.0.0.1 " UDP "query tracker.example A", false, "dns-name"),
	OF_STERN("a name that is only denied", NULL,
		 STERN "10.0.0.1 " UDP "query bad.vendor.example A", false, "dns-name"),
	OF_STERN("such a name on a flow", "from " STERN "10.0.0.1 " UDP "query " API,
		 STERN "10.0.0.1 " UDP "query tracker.example A", false, "dns-name"),
	OF_STERN("what is no query of names", NULL,
		 STERN "10.0.0.1 " UDP "query " API " flags 0x2800", false, "dns-name"),
	OF_STERN("such a name over TCP", "from " STERN "10.0.0.1 tcp 40000>53 S",
		 STERN "10.0.0.1 tcp 40000>53 A over query tracker.example A", false, "dns-name"),
	OF_STERN("half a query over TCP that may be any", "from " STERN "10.0.0.1 tcp 40000>53 S",
		 STERN "10.0.0.1 tcp 40000>53 A data 9", false, "dns-name"),
};

const struct goldens goldens_names = {items, sizeof(items) / sizeof(*items)};
