/* SPDX-License-Identifier: BSD-2-Clause */
/* What the judge and reviews found: ways around, each once mended. */
#include "goldens.h"
#include "util.h"

static const struct golden items[] = {
	/* --- IPv4 addresses in IPv6: the inventory's own would match them --- */
	{"its own IPv4 address as IPv6", NULL, FROM,
	 "cam>gw ip6 ::ffff:10.0.0.10>2001:db8::5 udp 1>5000", DROP, "malformed", NULL, "cam"},
	{"the gateway's IPv4 address as IPv6", NULL, TO,
	 "gw>cam ip6 ::ffff:10.0.0.1>fd00::10 tcp 1>9100 S", DROP, "malformed", NULL, "cam"},
	{"a trusted neighbour's IPv4 address as IPv6", NULL, TO,
	 "gw>cam ip6 ::ffff:10.0.0.20>fd00::10 tcp 41000>22 S", DROP, "malformed", NULL, "cam"},
	{"the resolver's IPv4 address as IPv6", NULL, FROM, CAM6 "::ffff:10.0.0.1 udp 1>53", DROP,
	 "malformed", NULL, "cam"},
	{"an advertisement for its IPv4 address", NULL, FROM,
	 "cam>gw ip6 fd00::10>fd00::1 na ::ffff:10.0.0.10 opt 2 cam", DROP, "nd-spoof", NULL,
	 "cam"},

	/* --- group frames that carry a packet for one machine past its port --- */
	{"a trusted host's packet for one machine to everybody", NULL, TO,
	 "admin>all ip4 10.0.0.21>10.0.0.10 udp 1>23", DROP, "layer-mismatch", NULL, NULL},
	{"a trusted host's packet for one machine to a group", NULL, TO,
	 "admin>group4 ip4 10.0.0.21>10.0.0.10 tcp 1>23 S", DROP, "layer-mismatch", NULL, NULL},
	{"a monitored device's packet for one machine to everybody", NULL, TO,
	 "watch>all ip6 fd00::13>fd00::10 udp 1>23", DROP, "layer-mismatch", NULL, NULL},
	{"a neighbour's packet for all", NULL, TO, "admin>all ip4 10.0.0.21>10.0.0.255 udp 1>23",
	 PASS, "judged-at-entry", NULL, NULL},

	/* --- flows that would carry packets elsewhere --- */
	{"a flow toward another MAC address", CAM_ASKS, FROM,
	 "cam>admin ip4 10.0.0.10>203.0.113.5 udp 40000>5000", DROP, "layer-mismatch", NULL, "cam"},
	{"a flow toward another IPv6 machine", CAM_ASKS6, FROM,
	 "cam>admin ip6 fd00::10>2001:db8::5 udp 40000>5000", DROP, "layer-mismatch", NULL, "cam"},
	{"a flow that was not carried elsewhere goes on",
	 CAM_ASKS "; drop from cam>admin ip4 10.0.0.10>203.0.113.5 udp 40000>5000", FROM,
	 CAM "203.0.113.5 udp 40000>5000", PASS, "flow", UDP_RULE, "cam"},

	/* --- nobody is the gateway, in no mode --- */
	{"the gateway's MAC address where all passes", NULL, FROM,
	 "gw>far ip4 10.50.0.1>10.50.0.33 udp 1>9999", DROP, "gateway-spoof", NULL, NULL},

	/* --- answers that would open --- */
	{"an answer that opens a connection", NULL, FROM,
	 "cam>laptop ip4 10.0.0.10>10.0.0.20 tcp 22>41000 SA", DROP, "no-rule", NULL, "cam"},
	{"an answer in the middle of one", NULL, FROM,
	 "cam>laptop ip4 10.0.0.10>10.0.0.20 tcp 22>41000 A", PASS, "rule",
	 "allow from host:laptop tcp/22", "cam"},
	{"a request after an answer to nobody",
	 "from admin>gw ip4 10.0.0.21>203.0.113.5 icmp 0.0 7", FROM,
	 "admin>gw ip4 10.0.0.21>203.0.113.5 icmp 8.0 7", PASS, "trusted", NULL, "admin"},

	/* --- the other version's ICMP --- */
	{"ICMPv6 over IPv4", NULL, FROM, CAM "203.0.113.5 proto 58 data 8", DROP, "no-rule", NULL,
	 "cam"},
	{"ICMP over IPv6", NULL, TO, "gw>cam ip6 2001:db8::5>fd00::10 proto 1 data 8", DROP,
	 "no-rule", NULL, "cam"},
};

const struct goldens goldens_found = {items, ARRAY_SIZE(items)};
