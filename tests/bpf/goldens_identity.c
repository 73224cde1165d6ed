/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that machines get: leases, claims, and the truth about DHCP. In a replay, which does not
 * ask for transactions. */
#include "goldens.h"
#include "util.h"

#define ASKS	   "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp "
#define ANSWER	   "gw>cam ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp "
#define ACK(ip)	   "to gw>cam ip4 10.0.0.1>" ip " udp 67>68 dhcp ack yi " ip " lease 3600"
#define LEASED	   ACK("10.0.0.77")
#define SPEAKS	   "cam>gw ip4 10.0.0.77>198.51.100.9 udp 1>9999"
#define SPOKEN_TO  "gw>cam ip4 198.51.100.9>10.0.0.77 udp 9999>1"
#define RELEASES   "from cam>gw ip4 10.0.0.77>10.0.0.1 udp 68>67 dhcp release ci 10.0.0.77"
#define DETECTS(t) "cam>group6 ip6 ::>ff02::1:ff00:77 ns " t
#define CLAIMS	   "from " DETECTS("fd00::77")
#define SPEAKS6	   "cam>gw ip6 fd00::77>2001:db8::9 udp 1>9999"
#define RULE	   "allow to any udp/9999"

#define DROPPED(name, before, side, frame, reason)                   \
	{                                                            \
		name, before, side, frame, DROP, reason, NULL, "cam" \
	}
#define PASSED(name, before, side, frame, reason)                    \
	{                                                            \
		name, before, side, frame, PASS, reason, NULL, "cam" \
	}
#define SPOKE(name, before, frame)                                   \
	{                                                            \
		name, before, FROM, frame, PASS, "rule", RULE, "cam" \
	}
#define SPOOFED(name, before, frame) DROPPED(name, before, FROM, frame, "source-spoof")

static const struct golden items[] = {
	/* --- a client's messages --- */
	PASSED("a DHCP request", NULL, FROM, ASKS "request asks 10.0.0.77", "dhcp"),
	PASSED("a DHCP inform", NULL, FROM, CAM "10.0.0.1 udp 68>67 dhcp inform ci 10.0.0.10",
	       "dhcp"),
	DROPPED("a DHCP discover in another's name", NULL, FROM, ASKS "discover client nvr",
		"dhcp-starvation"),
	DROPPED("a DHCP discover in nobody's name", NULL, FROM,
		ASKS "discover client 02:ab:cd:00:00:01", "dhcp-starvation"),
	DROPPED("a DHCP discover through a relay", NULL, FROM, ASKS "discover gi 10.0.0.10",
		"dhcp-spoof"),
	DROPPED("a DHCP offer to the server", NULL, FROM, ASKS "- raw 350102", "dhcp-spoof"),
	DROPPED("a DHCP message of no known type", NULL, FROM, ASKS "- raw 35010a", "dhcp-spoof"),
	DROPPED("a DHCP answer to the server", NULL, FROM, ASKS "offer", "malformed"),
	DROPPED("a DHCP message without a type", NULL, FROM, ASKS "-", "malformed"),
	DROPPED("BOOTP", NULL, FROM, ASKS "discover cookie 0", "malformed"),
	DROPPED("DHCP over another hardware", NULL, FROM, ASKS "discover htype 6", "malformed"),
	DROPPED("DHCP with long hardware addresses", NULL, FROM, ASKS "discover hlen 16",
		"malformed"),
	DROPPED("a DHCP message that is too short", NULL, FROM,
		"cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 data 239", "malformed"),
	DROPPED("a DHCP option that is longer than the message", NULL, FROM,
		ASKS "discover raw 0c0561", "malformed"),
	DROPPED("a DHCP option without a length", NULL, FROM, ASKS "discover raw 0c", "malformed"),
	DROPPED("a DHCP type of two bytes", NULL, FROM, ASKS "- raw 35020101", "malformed"),
	DROPPED("a requested address of three bytes", NULL, FROM, ASKS "request raw 32030a0000",
		"malformed"),
	PASSED("DHCP options behind the end", NULL, FROM, ASKS "discover raw ff0c05", "dhcp"),
	PASSED("padding between DHCP options", NULL, FROM, ASKS "- raw 000000350101", "dhcp"),
	PASSED("the first DHCP type counts", NULL, FROM, ASKS "discover raw 350102", "dhcp"),
	DROPPED("a DHCP type behind all that is read", NULL, FROM,
		ASKS "- raw 0000000000000000000000000000000000000000000000000000000000000000"
		     "0000000000000000000000000000000000000000000000000000000000000000350101",
		"malformed"),
	DROPPED("a device as DHCP server, from any port", NULL, FROM,
		"cam>nvr ip4 10.0.0.10>10.0.0.11 udp 9>68 dhcp offer", "dhcp-spoof"),
	DROPPED("a device as DHCP relay", NULL, FROM, CAM "10.0.0.1 udp 67>67 dhcp discover",
		"dhcp-spoof"),
	DROPPED("a device as DHCP server, in pieces", NULL, FROM,
		"cam>nvr ip4 10.0.0.10>10.0.0.11 mf udp 67>68 data 8", "dhcp-spoof"),
	DROPPED("a DHCPv6 advertisement to the servers", NULL, FROM,
		"cam>group6 ip6 " LL ">ff02::1:2 udp 546>547 dhcp6 2", "dhcp-spoof"),
	DROPPED("a DHCPv6 message that is too short", NULL, FROM,
		"cam>group6 ip6 " LL ">ff02::1:2 udp 546>547 data 3", "malformed"),
	DROPPED("a device as DHCPv6 relay", NULL, FROM,
		"cam>group6 ip6 " LL ">ff02::1:2 udp 547>547 dhcp6 12", "dhcp-spoof"),
	PASSED("a renewal from an address that nobody knows of", NULL, FROM,
	       "cam>gw ip4 10.0.0.88>10.0.0.1 udp 68>67 dhcp request ci 10.0.0.88", "dhcp"),
	SPOOFED("a renewal from another address than it says", NULL,
		"cam>gw ip4 10.0.0.88>10.0.0.1 udp 68>67 dhcp request ci 10.0.0.89"),
	SPOOFED("a renewal from a neighbour's address", NULL,
		"cam>gw ip4 10.0.0.11>10.0.0.1 udp 68>67 dhcp request ci 10.0.0.11"),

	/* --- a server's answers --- */
	PASSED("a DHCP refusal", NULL, TO, ANSWER "nak", "dhcp"),
	DROPPED("a DHCP answer for another client", NULL, TO, ANSWER "ack client nvr",
		"dhcp-unasked"),
	DROPPED("a DHCP question toward a device", NULL, TO, ANSWER "- op 2 raw 350101",
		"dhcp-unasked"),
	DROPPED("a DHCP answer that asks", NULL, TO, ANSWER "ack op 1", "malformed"),
	DROPPED("a DHCP answer without a type", NULL, TO, ANSWER "- op 2", "malformed"),
	DROPPED("a DHCPv6 solicitation toward a device", NULL, TO,
		"gw>cam ip6 fe80::1>" LL " udp 547>546 dhcp6 1", "dhcp-unasked"),
	DROPPED("a DHCPv6 answer that is too short", NULL, TO,
		"gw>cam ip6 fe80::1>" LL " udp 547>546 data 3", "malformed"),
	DROPPED("a lease of the gateway's address", NULL, TO, ANSWER "ack yi 10.0.0.1 lease 9",
		"lease-refused"),
	DROPPED("a lease of a neighbour's address", NULL, TO, ANSWER "ack yi 10.0.0.11 lease 9",
		"lease-refused"),
	DROPPED("a lease off the link", NULL, TO, ANSWER "ack yi 192.168.7.7 lease 9",
		"lease-refused"),
	DROPPED("a lease of the broadcast address", NULL, TO, ANSWER "ack yi 10.0.0.255 lease 9",
		"lease-refused"),
	DROPPED("a lease of a group", NULL, TO, ANSWER "ack yi 224.0.0.9 lease 9", "lease-refused"),
	DROPPED("a lease of a loopback address", NULL, TO, ANSWER "ack yi 127.0.0.9 lease 9",
		"lease-refused"),
	PASSED("a lease of the address that is listed", NULL, TO, ANSWER "ack yi 10.0.0.10 lease 9",
	       "dhcp"),

	/* --- leases --- */
	SPOOFED("before a lease", NULL, SPEAKS),
	SPOKE("a leased address", LEASED, SPEAKS),
	PASSED("ARP for a leased address", LEASED, FROM,
	       "cam>all arp request cam 10.0.0.77 - 10.0.0.1", "arp"),
	DROPPED("ARP for a neighbour's leased address",
		"to gw>nvr ip4 10.0.0.1>10.0.0.78 udp 67>68 dhcp ack yi 10.0.0.78 lease 9", FROM,
		"cam>all arp request cam 10.0.0.78 - 10.0.0.1", "arp-spoof"),
	SPOKE("a lease to everybody",
	      "to gw>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp ack client cam yi 10.0.0.77 "
	      "lease 9",
	      SPEAKS),
	SPOOFED("an offer is no lease", "to " ANSWER "offer yi 10.0.0.77 lease 9", SPEAKS),
	SPOOFED("an acknowledgement without a time is no lease", "to " ANSWER "ack yi 10.0.0.77",
		SPEAKS),
	SPOOFED("a lease that is over", LEASED "; wait 3600", SPEAKS),
	SPOKE("a lease that is nearly over", LEASED "; wait 3599", SPEAKS),
	SPOKE("a lease that was renewed", LEASED "; wait 3000; " LEASED "; wait 3000", SPEAKS),
	SPOKE("a lease for ever", "to " ANSWER "ack yi 10.0.0.77 lease 4294967295; wait 100000",
	      SPEAKS),
	{"a flow of a lease for longer than anything lasts",
	 "to " ANSWER "ack yi 10.0.0.77 lease 4294967294; from " SPEAKS, TO, SPOKEN_TO, PASS,
	 "flow", RULE, "cam"},
	SPOOFED("a lease that was given back", LEASED "; " RELEASES, SPEAKS),
	SPOKE("a lease that another gave back",
	      LEASED "; drop from nvr>gw ip4 10.0.0.77>10.0.0.1 udp 68>67 dhcp release ci 10.0.0.77"
		     "; from nvr>gw ip4 10.0.0.11>10.0.0.1 udp 68>67 dhcp release ci 10.0.0.77",
	      SPEAKS),
	SPOOFED("a lease that was declined", LEASED "; from " ASKS "decline asks 10.0.0.77",
		SPEAKS),
	SPOOFED("a lease that was refused",
		LEASED "; from " ASKS "request asks 10.0.0.77; to " ANSWER "nak", SPEAKS),
	SPOKE("another lease was refused",
	      LEASED "; from " ASKS "request asks 10.0.0.78; to " ANSWER "nak", SPEAKS),
	SPOOFED("a lease that went to a neighbour",
		LEASED "; to gw>nvr ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp ack yi 10.0.0.77 lease 9",
		SPEAKS),
	{"a flow of a lease", LEASED "; from " SPEAKS, TO, SPOKEN_TO, PASS, "flow", RULE, "cam"},
	DROPPED("a flow of a lease that is over", LEASED "; wait 3500; from " SPEAKS "; wait 100",
		TO, SPOKEN_TO, "not-its-address"),
	DROPPED("a flow of a lease that was given back", LEASED "; from " SPEAKS "; " RELEASES, TO,
		SPOKEN_TO, "not-its-address"),
	DROPPED("a flow of a lease that was made shorter",
		LEASED "; from " SPEAKS "; to " ANSWER "ack yi 10.0.0.77 lease 10; wait 10", TO,
		SPOKEN_TO, "not-its-address"),
	{"a flow of a lease that was made longer",
	 LEASED "; from " SPEAKS "; to " ANSWER "ack yi 10.0.0.77 lease 7200; wait 10", TO,
	 SPOKEN_TO, PASS, "flow", RULE, "cam"},
	DROPPED("a neighbour's flow of what was its lease",
		LEASED "; from " SPEAKS
		       "; to gw>nvr ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp ack yi 10.0.0.77 lease 9",
		TO, SPOKEN_TO, "not-its-address"),

	/* --- claims --- */
	SPOOFED("before a claim", NULL, SPEAKS6),
	PASSED("a claim", NULL, FROM, DETECTS("fd00::77"), "nd"),
	SPOKE("a claimed address", CLAIMS, SPEAKS6),
	SPOKE("an address claimed by an advertisement",
	      "from cam>group6 ip6 fd00::77>ff02::1 na fd00::77 opt 2 cam", SPEAKS6),
	SPOKE("an address claimed by asking for a neighbour",
	      "from cam>group6 ip6 fd00::77>ff02::1:ff00:1 ns fd00::1 opt 1 cam", SPEAKS6),
	SPOKE("an address claimed by asking for a router",
	      "from cam>group6 ip6 fd00::77>ff02::2 rs opt 1 cam", SPEAKS6),
	SPOOFED("an advertisement from an address that it does not claim", NULL,
		"cam>group6 ip6 fd00::78>ff02::1 na fd00::77 opt 2 cam"),
	SPOOFED("which claims nothing",
		"drop from cam>group6 ip6 fd00::78>ff02::1 na fd00::77 opt 2 cam", SPEAKS6),
	DROPPED("a claim with a lie in its options", NULL, FROM, DETECTS("fd00::77") " opt 1 nvr",
		"nd-spoof"),
	SPOOFED("a claim with a lie claims nothing", "drop from " DETECTS("fd00::77") " opt 1 nvr",
		SPEAKS6),
	DROPPED("a claim of a neighbour's address", NULL, FROM, DETECTS("fd00::11"), "nd-spoof"),
	DROPPED("a claim of the gateway's address", NULL, FROM, DETECTS("fe80::1"), "nd-spoof"),
	DROPPED("a claim of what a neighbour claimed",
		"from nvr>group6 ip6 ::>ff02::1:ff00:77 ns fd00::77", FROM, DETECTS("fd00::77"),
		"nd-spoof"),
	DROPPED("a claim off the link", NULL, FROM, DETECTS("2001:db8::77"), "nd-spoof"),
	DROPPED("a claim of a group", NULL, FROM, DETECTS("ff02::77"), "nd-spoof"),
	DROPPED("a claim of a neighbour's own link-local address", NULL, FROM,
		DETECTS("fe80::ff:fe00:11"), "nd-spoof"),
	PASSED("a claim of a link-local address", NULL, FROM, DETECTS("fe80::77"), "nd"),
	{"a claim where no IPv6 network is listed", NULL, FROM,
	 "plug>group6 tag 30 ip6 ::>ff02::1:ff00:77 ns 2001:db8:7::77", PASS, "nd", NULL, "plug"},
	{"a claim of what is no unicast address of today", NULL, FROM,
	 "plug>group6 tag 30 ip6 ::>ff02::1:ff00:77 ns 5001::77", DROP, "nd-spoof", NULL, "plug"},
	SPOOFED("a claim that is over", CLAIMS "; wait 86400", SPEAKS6),
	SPOKE("a claim that is nearly over", CLAIMS "; wait 86399", SPEAKS6),
	SPOKE("a claim that was used", CLAIMS "; wait 50000; from " SPEAKS6 "; wait 50000",
	      SPEAKS6),
	SPOOFED("a claim that was spoken to does not go on for that",
		CLAIMS "; wait 50000; drop to gw>cam ip6 2001:db8::9>fd00::77 udp 1>7; wait 50000",
		SPEAKS6),
	PASSED("a claim of what was claimed and is over",
	       "from nvr>group6 ip6 ::>ff02::1:ff00:77 ns fd00::77; wait 86400", FROM,
	       DETECTS("fd00::77"), "nd"),
};

const struct goldens goldens_identity = {items, ARRAY_SIZE(items)};
