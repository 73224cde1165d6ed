/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams in pieces. Those of the macros have 16, 16 and 10 bytes: units 0 and 1, 2 and 3, 4 and a
 * part of 5.
 */
#include "goldens.h"
#include "util.h"

#define FIRST	  CAM "203.0.113.5 id 7 mf udp 40000>5000 data 8"
#define MIDDLE	  CAM "203.0.113.5 id 7 mf frag 2 proto 17 data 16"
#define LAST	  CAM "203.0.113.5 id 7 frag 4 proto 17 data 10"

#define FIRST6	  CAM6 "2001:db8::5 fraghdr 0 id 7 mf udp 40000>5000 data 8"
#define MIDDLE6	  CAM6 "2001:db8::5 fraghdr 0 id 7 mf frag 2 proto 17 data 16"
#define LAST6	  CAM6 "2001:db8::5 fraghdr 0 id 7 frag 4 proto 17 data 10"
#define UDP6_RULE "allow to 2001:db8::5 udp/5000"

#define TO_FIRST  "gw>cam ip4 203.0.113.5>10.0.0.10 id 7 mf udp 5000>40000 data 8"
#define TO_LAST	  "gw>cam ip4 203.0.113.5>10.0.0.10 id 7 frag 2 proto 17 data 3"
#define TO_FIRST6 "gw>cam ip6 2001:db8::5>fd00::10 fraghdr 0 id 7 mf udp 5000>40000 data 8"
#define TO_LAST6  "gw>cam ip6 2001:db8::5>fd00::10 fraghdr 0 id 7 frag 2 proto 17 data 3"

/* more of them */
#define NTH(id)	  CAM "203.0.113.5 id " #id " mf udp 40000>5000 data 8"
#define REST(id)  CAM "203.0.113.5 id " #id " frag 2 proto 17 data 16"
#define AFTER(id) "from " NTH(id) "; wait 1; "
#define SEVEN	  AFTER(1) AFTER(2) AFTER(3) AFTER(4) AFTER(5) AFTER(6) AFTER(7)

/* a piece of one unit */
#define PIECE(at) CAM "203.0.113.5 id 7 mf frag " #at " proto 17 data 8"
#define APART(at) "; from " PIECE(at)
#define EIGHT_RUNS \
	"from " FIRST APART(10) APART(20) APART(30) APART(40) APART(50) APART(60) APART(70)

static const struct golden items[] = {
	/* --- the first one --- */
	{"a first fragment", NULL, FROM, FIRST, PASS, "rule", UDP_RULE, "cam"},
	{"a first fragment that no rule allows", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf udp 40000>5001 data 8", DROP, "no-rule", NULL, "cam"},
	{"a first fragment of a flow", CAM_ASKS, FROM, FIRST, PASS, "flow", UDP_RULE, "cam"},
	{"a first fragment of TCP", NULL, FROM, CAM "203.0.113.5 id 7 mf tcp 40000>443 S data 4",
	 PASS, "rule", TCP_RULE, "cam"},
	{"a first fragment of another protocol", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf proto 47 data 8", PASS, "rule", "allow to 203.0.113.0/24 ip/47",
	 "cam"},
	{"a first fragment makes a flow", "from " FIRST, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.10 udp 5000>40000", PASS, "flow", UDP_RULE, "cam"},
	{"a first fragment with somebody else's address", NULL, FROM,
	 "cam>gw ip4 10.0.0.11>203.0.113.5 mf udp 1>5000", DROP, "source-spoof", NULL, "cam"},
	{"a first fragment toward a device", CAM_ASKS, TO, TO_FIRST, PASS, "flow", UDP_RULE, "cam"},
	{"a first fragment toward a device, unasked", NULL, TO, TO_FIRST, DROP, "no-rule", NULL,
	 "cam"},
	{"a first IPv6 fragment", NULL, FROM, FIRST6, PASS, "rule", UDP6_RULE, "cam"},
	{"a first IPv6 fragment that no rule allows", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf udp 40000>5001 data 8", DROP, "no-rule", NULL, "cam"},
	{"a first IPv6 fragment of a flow", CAM_ASKS6, FROM, FIRST6, PASS, "flow", UDP6_RULE,
	 "cam"},
	{"a first IPv6 fragment toward a device", CAM_ASKS6, TO, TO_FIRST6, PASS, "flow", UDP6_RULE,
	 "cam"},
	{"a first IPv6 fragment behind an option", NULL, FROM,
	 CAM6 "2001:db8::5 dstopt 0 fraghdr 0 id 7 mf udp 40000>5000 data 8", PASS, "rule",
	 UDP6_RULE, "cam"},
	{"a first IPv6 fragment with an option", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf dstopt 0 udp 40000>5000 data 8", PASS, "rule",
	 UDP6_RULE, "cam"},
	{"a whole packet with a fragment header", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 udp 40000>5000 data 3", PASS, "rule", UDP6_RULE, "cam"},
	{"a whole packet with a fragment header has no later ones",
	 "from " CAM6 "2001:db8::5 fraghdr 0 id 7 udp 40000>5000 data 8", FROM, MIDDLE6, DROP,
	 "fragment", NULL, "cam"},
	{"a DHCP request in pieces", NULL, FROM,
	 "cam>all ip4 0.0.0.0>255.255.255.255 mf udp 68>67 data 8", DROP, "malformed", NULL, "cam"},
	{"a DHCP renewal in pieces", NULL, FROM, CAM "10.0.0.1 mf udp 68>67 data 8", DROP,
	 "malformed", NULL, "cam"},
	{"a solicitation with a fragment header", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 fraghdr 0 ns fd00::1 opt 1 cam", DROP, "nd-spoof",
	 NULL, "cam"},
	{"a solicitation in pieces", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 fraghdr 0 mf ns fd00::1 opt 1 cam", DROP,
	 "nd-spoof", NULL, "cam"},
	{"an advertisement with a fragment header toward a device", NULL, TO,
	 "gw>cam ip6 fe80::1>" LL " fraghdr 0 ra opt 1 gw", DROP, "nd-spoof", NULL, "cam"},

	/* --- later ones --- */
	{"a later fragment", "from " FIRST, FROM, MIDDLE, PASS, "later-fragment", UDP_RULE, "cam"},
	{"the last fragment", "from " FIRST "; from " MIDDLE, FROM, LAST, PASS, "later-fragment",
	 UDP_RULE, "cam"},
	{"the last fragment before the others", "from " FIRST, FROM, LAST, PASS, "later-fragment",
	 UDP_RULE, "cam"},
	{"what was missing in the middle", "from " FIRST "; from " LAST, FROM, MIDDLE, PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"a later fragment of a flow", CAM_ASKS "; from " FIRST, FROM, MIDDLE, PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"a later fragment, toward a device", CAM_ASKS "; to " TO_FIRST, TO, TO_LAST, PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"a later IPv6 fragment", "from " FIRST6, FROM, MIDDLE6, PASS, "later-fragment", UDP6_RULE,
	 "cam"},
	{"the last IPv6 fragment before the others", "from " FIRST6, FROM, LAST6, PASS,
	 "later-fragment", UDP6_RULE, "cam"},
	{"a later IPv6 fragment, toward a device", CAM_ASKS6 "; to " TO_FIRST6, TO, TO_LAST6, PASS,
	 "later-fragment", UDP6_RULE, "cam"},
	{"a later fragment of no datagram", NULL, FROM, MIDDLE, DROP, "fragment", NULL, "cam"},
	{"a later IPv6 fragment of no datagram", NULL, FROM, MIDDLE6, DROP, "fragment", NULL,
	 "cam"},
	{"a later fragment of no datagram, on a flow", CAM_ASKS, FROM, MIDDLE, DROP, "fragment",
	 NULL, "cam"},
	{"a later fragment of no datagram, toward a device", CAM_ASKS, TO, TO_LAST, DROP,
	 "fragment", NULL, "cam"},
	{"a later fragment with somebody else's address", "from " FIRST, FROM,
	 "cam>gw ip4 10.0.0.11>203.0.113.5 id 7 mf frag 2 proto 17 data 16", DROP, "source-spoof",
	 NULL, "cam"},
	{"a later fragment of one that was refused",
	 "drop from " CAM "203.0.113.5 id 7 mf udp 40000>5001 data 8", FROM, MIDDLE, DROP,
	 "fragment", NULL, "cam"},
	{"a later fragment to another address", "from " FIRST, FROM,
	 CAM "203.0.113.4 id 7 mf frag 2 proto 17 data 16", DROP, "fragment", NULL, "cam"},
	{"a later fragment with another number", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 8 mf frag 2 proto 17 data 16", DROP, "fragment", NULL, "cam"},
	{"a later fragment of another protocol", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 2 proto 6 data 16", DROP, "fragment", NULL, "cam"},
	{"a later IPv6 fragment with another number", "from " FIRST6, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 8 mf frag 2 proto 17 data 16", DROP, "fragment", NULL,
	 "cam"},
	{"a later IPv6 fragment that says another protocol", "from " FIRST6, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf frag 2 proto 6 data 16", PASS, "later-fragment",
	 UDP6_RULE, "cam"},
	{"a later fragment of the other direction", "from " FIRST, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.10 id 7 mf frag 2 proto 17 data 16", DROP, "fragment", NULL,
	 "cam"},
	{"a later fragment that may hold what it likes", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 2 udp 1>2 ulen 3 data 8", PASS, "later-fragment", UDP_RULE,
	 "cam"},
	{"a later fragment of TCP", "from " CAM "203.0.113.5 id 7 mf tcp 40000>443 S data 4", FROM,
	 CAM "203.0.113.5 id 7 frag 3 proto 6 data 5", PASS, "later-fragment", TCP_RULE, "cam"},
	{"a later fragment to a group",
	 "from cam>group4 ip4 10.0.0.10>224.0.0.251 id 7 mf udp 1>9999 data 8", FROM,
	 "cam>group4 ip4 10.0.0.10>224.0.0.251 id 7 frag 2 proto 17 data 5", PASS, "later-fragment",
	 "allow to any udp/9999", "cam"},
	{"a neighbour's fragments to a group", NULL, TO,
	 "nvr>group4 ip4 10.0.0.11>224.0.0.251 id 7 frag 2 proto 17 data 5", PASS,
	 "judged-at-entry", NULL, NULL},

	/* --- who sends them --- */
	{"a later fragment of a trusted host",
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 7 mf udp 1>2 data 8", FROM,
	 "admin>gw ip4 10.0.0.21>203.0.113.5 id 7 frag 2 proto 17 data 8", PASS, "later-fragment",
	 NULL, "admin"},
	{"a trusted host's later fragment of no datagram", NULL, FROM,
	 "admin>gw ip4 10.0.0.21>203.0.113.5 id 7 frag 2 proto 17 data 8", DROP, "fragment", NULL,
	 "admin"},
	{"monitored: a later fragment of what a rule allows",
	 "from watch>gw ip4 10.0.0.13>203.0.113.5 id 7 mf tcp 1>443 S data 4", FROM,
	 "watch>gw ip4 10.0.0.13>203.0.113.5 id 7 frag 3 proto 6 data 8", PASS, "later-fragment",
	 "allow to 203.0.113.5 tcp/443", "watch"},
	{"monitored: a later fragment of what no rule allows",
	 "from watch>gw ip4 10.0.0.13>5.5.5.5 id 7 mf udp 1>443 data 8", FROM,
	 "watch>gw ip4 10.0.0.13>5.5.5.5 id 7 frag 2 proto 17 data 8", PASS, "fragment", NULL,
	 "watch"},

	/* --- what contradicts itself --- */
	{"a fragment without data", NULL, FROM, CAM "203.0.113.5 mf proto 17", DROP, "malformed",
	 NULL, "cam"},
	{"a later fragment without data", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 frag 2 proto 17", DROP, "malformed", NULL, "cam"},
	{"a fragment whose length is no multiple of 8", NULL, FROM,
	 CAM "203.0.113.5 mf udp 40000>5000 data 4", DROP, "malformed", NULL, "cam"},
	{"a later fragment whose length is no multiple of 8", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 2 proto 17 data 15", DROP, "malformed", NULL, "cam"},
	{"a fragment beyond 65,535 bytes", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 frag 8190 proto 17 data 16", DROP, "malformed", NULL, "cam"},
	{"a fragment that ends at byte 65,535", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 frag 8190 proto 17 data 15", PASS, "later-fragment", UDP_RULE,
	 "cam"},
	{"an IPv6 fragment without data", NULL, FROM, CAM6 "2001:db8::5 fraghdr 0 mf proto 17",
	 DROP, "malformed", NULL, "cam"},
	{"an IPv6 fragment whose length is no multiple of 8", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 mf udp 40000>5000 data 4", DROP, "malformed", NULL, "cam"},
	{"an IPv6 fragment beyond 65,535 bytes", "from " FIRST6, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 frag 8190 proto 17 data 16", DROP, "malformed", NULL,
	 "cam"},
	{"two fragment headers", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 fraghdr 0 mf udp 40000>5000 data 8", DROP,
	 "extension-chain", NULL, "cam"},

	/* --- too small --- */
	{"half a TCP header", NULL, FROM, CAM "203.0.113.5 id 7 mf proto 6 data 8", DROP,
	 "tiny-fragment", NULL, "cam"},
	{"a TCP header without its options", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf tcp 40000>443 S doff 7 data 4", DROP, "tiny-fragment", NULL,
	 "cam"},
	{"a TCP header with its options", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf tcp 40000>443 S doff 6 data 4", PASS, "rule", TCP_RULE, "cam"},
	{"a TCP header of 4 words in pieces", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf tcp 40000>443 S doff 4 data 4", DROP, "malformed", NULL, "cam"},
	{"a whole UDP header", NULL, FROM, CAM "203.0.113.5 id 7 mf udp 40000>5000 ulen 900", PASS,
	 "rule", UDP_RULE, "cam"},
	{"a UDP header that says 7", NULL, FROM,
	 CAM "203.0.113.5 id 7 mf udp 40000>5000 ulen 7 data 8", DROP, "malformed", NULL, "cam"},
	{"half a TCP header toward a device", CAM_OPENS, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.10 id 7 mf proto 6 data 8", DROP, "tiny-fragment", NULL,
	 "cam"},
	{"half a TCP header by IPv6", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf proto 6 data 8", DROP, "tiny-fragment", NULL, "cam"},
	{"an option that goes on in another fragment", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf proto 60 data 8", DROP, "tiny-fragment", NULL, "cam"},
	{"the transport header in another fragment", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf dstopt 0 proto 6 data 8", DROP, "tiny-fragment", NULL,
	 "cam"},
	{"a header that no fragment has room for", NULL, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf dstopt 0 proto 135 data 8", DROP, "extension-chain",
	 NULL, "cam"},
	{"half a TCP header, whatever follows it",
	 "drop from " CAM "203.0.113.5 id 7 mf proto 6 data 8", FROM,
	 CAM "203.0.113.5 id 7 frag 1 proto 6 data 16", DROP, "fragment", NULL, "cam"},

	/* --- what overlaps --- */
	{"a fragment over the first one", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 1 proto 17 data 16", DROP, "fragment-overlap", NULL, "cam"},
	{"the same fragment twice", "from " FIRST "; from " MIDDLE, FROM, MIDDLE, DROP,
	 "fragment-overlap", NULL, "cam"},
	{"a fragment over two", "from " FIRST "; from " LAST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 2 proto 17 data 24", DROP, "fragment-overlap", NULL, "cam"},
	{"the first one twice", "from " FIRST, FROM, FIRST, DROP, "fragment-overlap", NULL, "cam"},
	{"the first one twice, with other ports", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf udp 40000>9999 data 8", DROP, "fragment-overlap", NULL, "cam"},
	{"the first one twice, with ports that are refused", "from " FIRST, FROM,
	 CAM "203.0.113.5 id 7 mf udp 40000>5001 data 8", DROP, "fragment-overlap", NULL, "cam"},
	{"behind the end", "from " FIRST "; from " LAST, FROM,
	 CAM "203.0.113.5 id 7 mf frag 6 proto 17 data 8", DROP, "fragment-overlap", NULL, "cam"},
	{"two ends", "from " FIRST "; from " LAST, FROM,
	 CAM "203.0.113.5 id 7 frag 2 proto 17 data 8", DROP, "fragment-overlap", NULL, "cam"},
	{"an end before what was there",
	 "from " FIRST "; from " CAM "203.0.113.5 id 7 mf frag 6 proto 17 data 8", FROM,
	 CAM "203.0.113.5 id 7 frag 2 proto 17 data 8", DROP, "fragment-overlap", NULL, "cam"},
	{"overlapping IPv6 fragments", "from " FIRST6, FROM,
	 CAM6 "2001:db8::5 fraghdr 0 id 7 mf frag 1 proto 17 data 16", DROP, "fragment-overlap",
	 NULL, "cam"},
	{"the first IPv6 fragment twice", "from " FIRST6, FROM, FIRST6, DROP, "fragment-overlap",
	 NULL, "cam"},
	{"overlapping fragments toward a device", CAM_ASKS "; to " TO_FIRST, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.10 id 7 mf frag 1 proto 17 data 16", DROP,
	 "fragment-overlap", NULL, "cam"},
	{"a first fragment twice toward a device", CAM_ASKS "; to " TO_FIRST, TO, TO_FIRST, DROP,
	 "fragment-overlap", NULL, "cam"},
	{"after an overlap, what would be right",
	 "from " FIRST "; drop from " CAM "203.0.113.5 id 7 mf frag 1 proto 17 data 16", FROM,
	 MIDDLE, DROP, "fragment-overlap", NULL, "cam"},
	{"after the first one twice, what would be right", "from " FIRST "; drop from " FIRST, FROM,
	 MIDDLE, DROP, "fragment-overlap", NULL, "cam"},
	{"after an overlap, the first one again",
	 "from " FIRST "; drop from " CAM "203.0.113.5 id 7 mf frag 1 proto 17 data 16", FROM,
	 FIRST, DROP, "fragment-overlap", NULL, "cam"},
	{"after an overlap, another datagram",
	 "from " FIRST "; drop from " CAM
	 "203.0.113.5 id 7 mf frag 1 proto 17 data 16; from " NTH(8),
	 FROM, REST(8), PASS, "later-fragment", UDP_RULE, "cam"},

	/* --- in how many pieces --- */
	{"an eighth run", "from " FIRST APART(10) APART(20) APART(30) APART(40) APART(50) APART(60),
	 FROM, PIECE(70), PASS, "later-fragment", UDP_RULE, "cam"},
	{"a ninth run", EIGHT_RUNS, FROM, PIECE(80), DROP, "fragment-overlap", NULL, "cam"},
	{"behind one of eight runs", EIGHT_RUNS, FROM, PIECE(11), PASS, "later-fragment", UDP_RULE,
	 "cam"},
	{"in front of one of eight runs", EIGHT_RUNS, FROM, PIECE(9), PASS, "later-fragment",
	 UDP_RULE, "cam"},
	{"between two of eight runs leaves seven",
	 EIGHT_RUNS "; from " CAM "203.0.113.5 id 7 mf frag 2 proto 17 data 64", FROM, PIECE(80),
	 PASS, "later-fragment", UDP_RULE, "cam"},
	{"after a ninth run, what would be right", EIGHT_RUNS "; drop from " PIECE(80), FROM,
	 PIECE(11), DROP, "fragment-overlap", NULL, "cam"},

	/* --- how long --- */
	{"a later fragment, after 30 s", "from " FIRST "; wait 30", FROM, MIDDLE, PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"a later fragment, after 31 s", "from " FIRST "; wait 31", FROM, MIDDLE, DROP, "fragment",
	 NULL, "cam"},
	{"later fragments do not make it younger",
	 "from " FIRST "; wait 20; from " MIDDLE "; wait 11", FROM, LAST, DROP, "fragment", NULL,
	 "cam"},
	{"the first one again, after 31 s", "from " FIRST "; wait 31", FROM, FIRST, PASS, "flow",
	 UDP_RULE, "cam"},
	{"an overlap is forgotten after 31 s", "from " FIRST "; drop from " FIRST "; wait 31", FROM,
	 FIRST, PASS, "flow", UDP_RULE, "cam"},
	{"all of it was there", "from " FIRST "; from " MIDDLE "; from " LAST, FROM, MIDDLE, DROP,
	 "fragment", NULL, "cam"},
	{"all of it was there, the last one first", "from " FIRST "; from " LAST "; from " MIDDLE,
	 FROM, LAST, DROP, "fragment", NULL, "cam"},
	{"all of it was there, and again", "from " FIRST "; from " MIDDLE "; from " LAST, FROM,
	 FIRST, PASS, "flow", UDP_RULE, "cam"},

	/* --- how many --- */
	{"the oldest of eight datagrams", SEVEN "from " NTH(8), FROM, REST(1), PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"the oldest of nine datagrams", SEVEN AFTER(8) "from " NTH(9), FROM, REST(1), DROP,
	 "fragment", NULL, "cam"},
	{"the second of nine datagrams", SEVEN AFTER(8) "from " NTH(9), FROM, REST(2), PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"the last of nine datagrams", SEVEN AFTER(8) "from " NTH(9), FROM, REST(9), PASS,
	 "later-fragment", UDP_RULE, "cam"},
	{"a datagram that is complete makes room", SEVEN AFTER(8) "from " REST(5) "; from " NTH(9),
	 FROM, REST(1), PASS, "later-fragment", UDP_RULE, "cam"},
	{"another device's datagrams take no room",
	 "from " FIRST "; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 1 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 2 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 3 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 4 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 5 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 6 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 7 mf udp 1>2 data 8; "
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 id 8 mf udp 1>2 data 8",
	 FROM, MIDDLE, PASS, "later-fragment", UDP_RULE, "cam"},
};

const struct goldens goldens_fragments = {items, ARRAY_SIZE(items)};
