/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines in quarantine: what goes on, what does not, and what is there again behind it. */
#include "goldens.h"
#include "util.h"

#define SHUT	  "quarantine ward"
#define WARD	  "ward>gw ip4 10.0.0.17>"
#define WARD6	  "ward>gw ip6 fd00::17>"
#define SERVER	  "gw>ward ip4 203.0.113.5>10.0.0.17 "
#define SERVER6	  "gw>ward ip6 2001:db8::5>fd00::17 "
#define ADMIN	  "admin>gw ip4 10.0.0.21>"

#define SPARED	  "allow to 203.0.113.0/24 udp/7000 critical"
#define SPARED6	  "allow to 2001:db8::/32 udp/7000 critical"
#define OTHER	  "allow to 203.0.113.0/24 udp/7000-7010"
#define OTHER6	  "allow to 2001:db8::/32 udp/7001"
#define WEB	  "allow to 203.0.113.5 tcp/443"
#define SERVICE	  "allow from internet tcp/9443"
#define SPARED_IN "allow from internet tcp/8443 critical"

/* conversations by a spared rule, and by another one */
#define CARES	 WARD "203.0.113.5 udp 40000>7000 data 4"
#define CARED	 SERVER "udp 7000>40000 data 4"
#define ASKS	 WARD "203.0.113.5 udp 40000>7001 data 4"
#define ANSWERED SERVER "udp 7001>40000 data 4"
#define OPENS	 WARD "203.0.113.5 tcp 40000>443 S"
#define RESOLVES WARD "10.0.0.1 udp 40000>53 query a.example A"

/* datagrams in pieces */
#define FIRST(port)    WARD "203.0.113.5 id 7 mf udp 40000>" #port " data 8"
#define MIDDLE	       WARD "203.0.113.5 id 7 mf frag 2 proto 17 data 16"
#define TO_FIRST(port) SERVER "id 7 mf udp " #port ">40000 data 8"
#define TO_LAST	       SERVER "id 7 frag 2 proto 17 data 3"

/* an error about what ward sent */
#define TELLS "gw>ward ip4 198.51.100.9>10.0.0.17 icmp 3.4 0 quote ip4 10.0.0.17>203.0.113.5 "

/* bare has an address, which rules of ward name both of bare and as one of the LAN */
#define LEASED	"to gw>bare ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp ack yi 10.0.0.77 lease 3600"
#define TO_BARE "ward>bare ip4 10.0.0.17>10.0.0.77 "

#define DROPPED(name, before, side, frame, reason, rule)              \
	{                                                             \
		name, before, side, frame, DROP, reason, rule, "ward" \
	}
#define PASSED(name, before, side, frame, reason, rule)               \
	{                                                             \
		name, before, side, frame, PASS, reason, rule, "ward" \
	}
#define SHUT_OUT(name, before, side, frame, rule) \
	DROPPED(name, before, side, frame, "quarantine", rule)

static const struct golden items[] = {
	/* --- rules --- */
	SHUT_OUT("an ordinary rule in quarantine", SHUT, FROM, ASKS, OTHER),
	SHUT_OUT("an ordinary rule in quarantine by IPv6", SHUT, FROM,
		 WARD6 "2001:db8::5 udp 40000>7001", OTHER6),
	SHUT_OUT("an ordinary rule toward a machine in quarantine", SHUT, TO,
		 SERVER "tcp 40000>9443 S", SERVICE),
	PASSED("a critical rule in quarantine", SHUT, FROM, CARES, "rule", SPARED),
	PASSED("a critical rule in quarantine by IPv6", SHUT, FROM,
	       WARD6 "2001:db8::5 udp 40000>7000", "rule", SPARED6),
	PASSED("a critical rule toward a machine in quarantine", SHUT, TO,
	       SERVER "tcp 40000>8443 S", "rule", SPARED_IN),
	PASSED("management in quarantine", SHUT, FROM, WARD "10.0.0.1 tcp 40000>8883 S", "rule",
	       "allow from device:ward tcp/8883"),
	DROPPED("what management denies, in quarantine", SHUT, FROM,
		WARD "10.0.0.1 tcp 40000>8884 S", "rule-deny", "deny from device:ward tcp/8884"),
	DROPPED("what is denied, in quarantine", SHUT, FROM, WARD "203.0.113.5 udp 1>9",
		"rule-deny", "deny to 203.0.113.5"),
	DROPPED("what no rule allows, in quarantine", SHUT, FROM, WARD "203.0.113.9 udp 1>9",
		"no-rule", NULL),
	DROPPED("what no rule allows toward a machine in quarantine", SHUT, TO,
		SERVER "tcp 40000>22 S", "no-rule", NULL),
	SHUT_OUT("to a group in quarantine", SHUT, FROM,
		 "ward>group4 ip4 10.0.0.17>224.0.0.251 udp 1>7200",
		 "allow to 224.0.0.251 udp/7200"),

	/* --- rules that overlap since somebody has an address --- */
	PASSED("two rules overlap", LEASED, FROM, TO_BARE "udp 1>7100", "rule",
	       "allow to device:bare udp/7100"),
	PASSED("the spared one of two rules decides", LEASED "; " SHUT, FROM, TO_BARE "udp 1>7100",
	       "rule", "allow to 10.0.0.0/24 udp/7100 critical"),
	SHUT_OUT("what denies before the spared one decides, too", LEASED "; " SHUT, FROM,
		 TO_BARE "udp 1>7101", "allow to device:bare udp/7101"),

	/* --- infrastructure --- */
	PASSED("DNS in quarantine", SHUT, FROM, RESOLVES, "dns", NULL),
	PASSED("NTP in quarantine", SHUT, FROM, WARD "10.0.0.1 udp 40000>123 data 48", "ntp", NULL),
	PASSED("DHCP in quarantine", SHUT, FROM,
	       "ward>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover", "dhcp", NULL),
	PASSED("ARP in quarantine", SHUT, FROM, "ward>all arp request ward 10.0.0.17 - 10.0.0.1",
	       "arp", NULL),
	PASSED("IPv6 discovery in quarantine", SHUT, FROM,
	       "ward>group6 ip6 fd00::17>ff02::1:ff00:1 ns fd00::1 opt 1 ward", "nd", NULL),
	PASSED("group membership in quarantine", SHUT, FROM,
	       "ward>group4 ip4 10.0.0.17>224.0.0.22 igmp 22", "membership", NULL),
	PASSED("EAPOL in quarantine", SHUT, FROM, "ward>gw type 0x888e data 46", "link-control",
	       NULL),
	DROPPED("a lie in quarantine", SHUT, FROM, "ward>gw ip4 10.0.0.11>203.0.113.5 udp 1>7000",
		"source-spoof", NULL),

	/* --- neither IP nor ARP --- */
	PASSED("a critical ethertype in quarantine", SHUT, FROM, "ward>gw type 0x88b5 data 46",
	       "rule", "allow to gateway ethertype/0x88b5 critical"),
	SHUT_OUT("an ordinary ethertype in quarantine", SHUT, FROM, "ward>gw type 0x88b7 data 46",
		 "allow to gateway ethertype/0x88b7"),
	SHUT_OUT("an ordinary ethertype toward a machine in quarantine", SHUT, TO,
		 "gw>ward type 0x88b9 data 46", "allow from gateway ethertype/0x88b9"),
	DROPPED("an ethertype of no rule in quarantine", SHUT, FROM, "ward>gw type 0x88b6 data 46",
		"ethertype", NULL),

	/* --- nobody is trusted --- */
	{"a trusted host in quarantine", "quarantine admin", FROM, ADMIN "203.0.113.5 udp 1>9",
	 DROP, "quarantine", NULL, "admin"},
	{"toward a trusted host in quarantine", "quarantine admin", TO,
	 "gw>admin ip4 203.0.113.5>10.0.0.21 tcp 1>22 S", DROP, "quarantine", NULL, "admin"},
	{"a trusted host's ethertype in quarantine", "quarantine admin", FROM,
	 "admin>gw type 0x88b5 data 46", DROP, "quarantine", NULL, "admin"},
	{"a trusted host's answer in quarantine", "quarantine admin", FROM,
	 ADMIN "203.0.113.5 tcp 22>41000 A", DROP, "quarantine", NULL, "admin"},
	{"a trusted host's flow in quarantine",
	 "from " ADMIN "203.0.113.5 udp 1>9; quarantine admin", TO,
	 "gw>admin ip4 203.0.113.5>10.0.0.21 udp 9>1", DROP, "quarantine", NULL, "admin"},
	{"a trusted host's DNS in quarantine", "quarantine admin", FROM, ADMIN "10.0.0.1 udp 1>53",
	 PASS, "dns", NULL, "admin"},
	{"a trusted host's DNS of before", "from " ADMIN "10.0.0.1 udp 1>53; quarantine admin", TO,
	 "gw>admin ip4 10.0.0.1>10.0.0.21 udp 53>1", PASS, "dns", NULL, "admin"},
	{"a trusted host's ARP in quarantine", "quarantine admin", FROM,
	 "admin>all arp request admin 10.0.0.21 - 10.0.0.1", PASS, "arp", NULL, "admin"},
	{"a trusted host's critical rule in quarantine", "quarantine chief", FROM,
	 "chief>gw ip4 10.0.0.23>203.0.113.5 udp 1>7000", DROP, "quarantine", NULL, "chief"},
	{"a trusted host's ordinary rule in quarantine", "quarantine chief", FROM,
	 "chief>gw ip4 10.0.0.23>203.0.113.5 udp 1>7001", DROP, "quarantine", NULL, "chief"},
	{"what a trusted host's rule denies, in quarantine", "quarantine chief", FROM,
	 "chief>gw ip4 10.0.0.23>203.0.113.5 udp 1>7002", DROP, "quarantine", NULL, "chief"},
	{"a trusted host behind its quarantine", "quarantine admin; release admin", FROM,
	 ADMIN "203.0.113.5 udp 1>9", PASS, "trusted", NULL, "admin"},

	/* --- in the middle, as an answer --- */
	PASSED("an answer by a critical rule in quarantine", SHUT, FROM,
	       WARD "203.0.113.9 tcp 8443>41000 A", "rule", SPARED_IN),
	DROPPED("an answer by an ordinary rule in quarantine", SHUT, FROM,
		WARD "203.0.113.9 tcp 9443>41000 A", "no-rule", NULL),
	PASSED("an answer by a critical rule, to where an ordinary one leads", SHUT, FROM,
	       WARD "203.0.113.5 tcp 8443>443 A", "rule", SPARED_IN),
	SHUT_OUT("an answer by an ordinary rule, to where another one leads", SHUT, FROM,
		 WARD "203.0.113.5 tcp 9443>443 A", WEB),

	/* --- flows --- */
	SHUT_OUT("a flow of an ordinary rule", "from " ASKS "; " SHUT, FROM, ASKS, OTHER),
	SHUT_OUT("an answer on a flow of an ordinary rule", "from " ASKS "; " SHUT, TO, ANSWERED,
		 OTHER),
	SHUT_OUT("a connection by an ordinary rule", "from " OPENS "; " SHUT, TO,
		 SERVER "tcp 443>40000 SA", WEB),
	SHUT_OUT("what a machine answers on a connection", "to " SERVER "tcp 40000>9443 S; " SHUT,
		 FROM, WARD "203.0.113.5 tcp 9443>40000 SA", SERVICE),
	PASSED("a flow of a critical rule", "from " CARES "; " SHUT, FROM, CARES, "flow", SPARED),
	PASSED("an answer on a flow of a critical rule", "from " CARES "; " SHUT, TO, CARED, "flow",
	       SPARED),
	PASSED("an answer on a flow that began in quarantine", SHUT "; from " CARES, TO, CARED,
	       "flow", SPARED),
	PASSED("an answer of the resolver", "from " RESOLVES "; " SHUT, TO,
	       "gw>ward ip4 10.0.0.1>10.0.0.17 udp 53>40000 answer a.example A", "flow", NULL),
	PASSED("a flow is there again when it is released",
	       "from " ASKS "; " SHUT "; drop from " ASKS "; release ward", TO, ANSWERED, "flow",
	       OTHER),
	PASSED("a flow is there again when it ends by itself",
	       "from " ASKS "; " SHUT " 20; drop to " ANSWERED "; wait 20", TO, ANSWERED, "flow",
	       OTHER),
	DROPPED("a flow that was not renewed meanwhile",
		"from " ASKS "; " SHUT " 150; wait 100; drop to " ANSWERED "; wait 81", TO,
		ANSWERED, "no-rule", NULL),

	/* --- ICMP errors --- */
	DROPPED("an error about a flow of an ordinary rule", "from " ASKS "; " SHUT, TO,
		TELLS "udp 40000>7001", "no-rule", NULL),
	PASSED("an error about a flow of a critical rule", "from " CARES "; " SHUT, TO,
	       TELLS "udp 40000>7000", "icmp-error", SPARED),

	/* --- datagrams --- */
	SHUT_OUT("a later fragment of before", "from " FIRST(7001) "; " SHUT, FROM, MIDDLE, OTHER),
	SHUT_OUT("a later fragment toward a machine in quarantine",
		 "from " ASKS "; to " TO_FIRST(7001) "; " SHUT, TO, TO_LAST, OTHER),
	PASSED("a later fragment by a critical rule", "from " FIRST(7000) "; " SHUT, FROM, MIDDLE,
	       "later-fragment", SPARED),
	PASSED("a later fragment of a flow of a critical rule",
	       "from " CARES "; to " TO_FIRST(7000) "; " SHUT, TO, TO_LAST, "later-fragment",
	       SPARED),
	PASSED("a later fragment of NTP",
	       "from " WARD "10.0.0.1 id 7 mf udp 40000>123 data 8; " SHUT, FROM,
	       WARD "10.0.0.1 id 7 frag 2 proto 17 data 3", "later-fragment", NULL),
	PASSED("a later fragment that was refused is not remembered",
	       "from " FIRST(7001) "; " SHUT "; drop from " MIDDLE "; release ward", FROM, MIDDLE,
	       "later-fragment", OTHER),
	PASSED("a datagram that begins in quarantine", SHUT "; from " FIRST(7000), FROM, MIDDLE,
	       "later-fragment", SPARED),
	DROPPED("a datagram that was refused in quarantine",
		SHUT "; drop from " FIRST(7001) "; release ward", FROM, MIDDLE, "fragment", NULL),

	/* --- modes --- */
	{"a monitored machine in quarantine", "quarantine watch", FROM,
	 "watch>gw ip4 10.0.0.13>203.0.113.5 tcp 1>443 S", DROP, "quarantine", WEB, "watch"},
	{"what no rule allows a monitored machine in quarantine", "quarantine watch", FROM,
	 "watch>gw ip4 10.0.0.13>203.0.113.5 udp 1>9", DROP, "no-rule", NULL, "watch"},
	{"a lie of a monitored machine in quarantine", "quarantine watch", FROM,
	 "watch>gw ip4 10.0.0.11>203.0.113.5 udp 1>9", DROP, "source-spoof", NULL, "watch"},
	{"a monitored machine behind its quarantine", "quarantine watch; release watch", FROM,
	 "watch>gw ip4 10.0.0.13>203.0.113.5 udp 1>9", PASS, "no-rule", NULL, "watch"},
	{"a machine that is learnt, in quarantine", "quarantine novice", FROM,
	 "novice>gw ip4 10.0.0.18>203.0.113.5 udp 1>9", DROP, "no-rule", NULL, "novice"},
	{"a flow that was learnt",
	 "from novice>gw ip4 10.0.0.18>203.0.113.5 udp 1>9; quarantine novice", TO,
	 "gw>novice ip4 203.0.113.5>10.0.0.18 udp 9>1", DROP, "no-rule", NULL, "novice"},

	/* --- routers, and the ports of others --- */
	{"a machine whose router is in quarantine", "quarantine hub", FROM,
	 "hub>gw ip4 10.60.0.51>203.0.113.5 udp 1>5000", PASS, "rule", UDP_RULE, "inner"},
	{"a machine behind a router in quarantine", "quarantine inner", FROM,
	 "hub>gw ip4 10.60.0.51>203.0.113.5 udp 1>5000", DROP, "quarantine", UDP_RULE, "inner"},
	{"a router whose machine is in quarantine", "quarantine inner", FROM,
	 "hub>gw ip4 10.0.0.22>203.0.113.5 udp 1>9999", PASS, "rule", "allow to any udp/9999",
	 "hub"},
	{"a router in quarantine", "quarantine hub", FROM,
	 "hub>gw ip4 10.0.0.22>203.0.113.5 udp 1>9999", DROP, "quarantine", "allow to any udp/9999",
	 "hub"},
	{"what a machine in quarantine says at the port of another", "quarantine nvr", TO,
	 "nvr>cam ip4 10.0.0.11>10.0.0.10 udp 1>6000", PASS, "rule",
	 "allow from device:nvr udp/6000", "cam"},
	{"a machine in quarantine still wants group frames", "quarantine ear", TO,
	 "gw>all ip4 10.0.0.1>10.0.0.255 udp 1>6010", PASS, "rule",
	 "allow from gateway udp/6000-6010", "ear"},

	/* --- its end --- */
	SHUT_OUT("just before the end", SHUT " 5; wait 4", FROM, ASKS, OTHER),
	PASSED("at the end", SHUT " 5; wait 5", FROM, ASKS, "rule", OTHER),
	PASSED("released before the end", SHUT " 5; release ward", FROM, ASKS, "rule", OTHER),
	SHUT_OUT("without an end", SHUT "; wait 4000000", FROM, ASKS, OTHER),
};

const struct goldens goldens_quarantine = {items, ARRAY_SIZE(items)};
