/* SPDX-License-Identifier: BSD-2-Clause */
#include "goldens.h"
#include "util.h"

/*
 * The last byte of a machine's MAC address is the last number of its IPv4 and of its IPv6 address:
 * cam is 02:00:00:00:00:10, 10.0.0.10 and fd00::10. Those behind hub have its MAC address.
 */
const char goldens_inventory[] =
	"version: 1\n"
	"gateway:\n"
	"  name: gate\n"
	"  addresses: [10.0.0.1, 'fd00::1', 'fe80::1', 198.51.100.1]\n"
	"  macs: ['02:00:00:00:00:01']\n"
	"  resolvers: [10.0.0.1, 'fd00::1']\n"
	"  time-servers: [10.0.0.1, 203.0.113.123]\n"
	"  dhcp-servers: [10.0.0.1, 'fd00::1']\n"
	"  management: [allow from device:ward tcp/8883, deny from device:ward tcp/8884]\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"  shop: {interfaces: [lan0, lan1], vlan: 30, networks: [10.30.0.0/24]}\n"
	"  cell: {interfaces: [lan0], vlan: [100, 7], networks: [10.100.0.0/24]}\n"
	"  still:\n"
	"    interfaces: [lan2]\n"
	"    networks: [10.40.0.0/24, 'fd00:40::/64']\n"
	"    infrastructure: {arp: false, nd: false, dhcp: false, dns: false, ntp: false,\n"
	"                     membership: false, link-control: false}\n"
	"  open: {interfaces: [lan3], networks: [10.50.0.0/24], unknown-devices: monitor}\n"
	"  nest: {interfaces: [lan0], vlan: 40,\n"
	"         networks: [10.41.0.0/24, 10.41.0.0/31, 10.41.0.128/26]}\n"
	"groups:\n"
	"  nurses: [host:laptop, 10.0.0.128/25, 'fd00::5:0/112']\n"
	"hosts:\n"
	"  laptop:\n"
	"    mac: '02:00:00:00:00:20'\n"
	"    addresses: [10.0.0.20, 'fd00::20']\n"
	"    segment: lan\n"
	"    rules: [allow to device:cam tcp/22]\n"
	"  admin: {mac: '02:00:00:00:00:21', addresses: [10.0.0.21], segment: lan, trust: true}\n"
	"  chief: {mac: '02:00:00:00:00:23', addresses: [10.0.0.23], segment: lan, trust: true,\n"
	"          rules: [allow to any udp/7000 critical, allow to any udp/7001,\n"
	"                  deny to any udp/7002]}\n"
	"  hub:\n"
	"    mac: '02:00:00:00:00:22'\n"
	"    addresses: [10.0.0.22, 'fd00::22']\n"
	"    segment: lan\n"
	"    rules: [allow to any udp/9999, allow from device:cam udp/9002]\n"
	"profiles:\n"
	"  base:\n"
	"    rules:\n"
	"      - allow to any udp/9999\n"
	"      - allow to gateway icmp/echo-request\n"
	"  pump:\n"
	"    extends: base\n"
	"    environment: healthcare\n"
	"    criticality: safety\n"
	"    rules:\n"
	"      - allow from group:nurses tcp/5000 critical\n"
	"      - deny to 203.0.113.7\n"
	"devices:\n"
	"  cam:\n"
	"    mac: '02:00:00:00:00:10'\n"
	"    addresses: [10.0.0.10, 'fd00::10']\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - deny to 203.0.113.66\n"
	"      - allow to 203.0.113.0/24 tcp/443,8000-8010\n"
	"      - allow to 203.0.113.5 udp/5000\n"
	"      - allow to 203.0.113.0/24 ip/47\n"
	"      - allow to 2001:db8::/32 tcp/443\n"
	"      - allow to 2001:db8::5 udp/5000\n"
	"      - allow to 2001:db8::/32 icmpv6/echo-request\n"
	"      - allow to 2001:db8::/32 ip/47\n"
	"      - allow to device:nvr tcp/554\n"
	"      - allow to device:nvr ethertype/0x88b5\n"
	"      - deny to gateway ethertype/0x88b6\n"
	"      - allow to any ethertype/0x88b6\n"
	"      - allow to host:laptop udp/5004\n"
	"      - allow to group:nurses udp/5005\n"
	"      - allow to device:inner udp/9001\n"
	"      - allow to segment:shop udp/47808\n"
	"      - allow to gateway icmp/echo-request\n"
	"      - allow to gateway tcp/8883\n"
	"      - allow to local tcp/80\n"
	"      - deny to internet tcp/25\n"
	"      - allow to internet tcp/20-30\n"
	"      - allow to internet icmp/3.1,8\n"
	"      - allow to any udp/9999\n"
	"      - deny from 203.0.113.66\n"
	"      - allow from group:nurses tcp/5000\n"
	"      - allow from device:nvr udp/6000\n"
	"      - allow from device:inner udp/9000\n"
	"      - allow from host:laptop tcp/22\n"
	"      - allow from internet tcp/8443\n"
	"      - allow from gateway tcp/9100\n"
	"      - allow from segment:shop tcp/8081\n"
	"      - allow from local udp/1900\n"
	"      - allow from 2001:db8::/32 tcp/8443\n"
	"      - allow from device:nvr ethertype/0x88b5\n"
	"      - allow from any icmp/echo-request\n"
	"  nvr:\n"
	"    mac: '02:00:00:00:00:11'\n"
	"    addresses: [10.0.0.11, 'fd00::11', 172.20.0.11]\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - allow to gateway icmp/echo-request\n"
	"      - allow to gateway icmpv6/echo-request\n"
	"      - allow from device:cam tcp/554\n"
	"      - allow to device:cam udp/6000\n"
	"  pump: {mac: '02:00:00:00:00:12', addresses: [10.0.0.12, 'fd00::12'], segment: lan,\n"
	"         profile: pump, rules: [deny to 203.0.113.6]}\n"
	"  watch: {mac: '02:00:00:00:00:13', addresses: [10.0.0.13], segment: lan, mode: monitor,\n"
	"          rules: [allow to 203.0.113.5 tcp/443]}\n"
	"  bare: {mac: '02:00:00:00:00:14', segment: lan, profile: base}\n"
	"  picky:\n"
	"    mac: '02:00:00:00:00:15'\n"
	"    addresses: [10.0.0.15, 'fd00::15']\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - allow to 203.0.113.5 udp/7000 source-port 7001\n"
	"      - allow to 203.0.113.5 tcp/7000 source-port 100-200\n"
	"      - allow to 203.0.113.5 dscp 46\n"
	"      - allow to 2001:db8::/32 udp/7010 dscp 10\n"
	"      - deny from any udp/7020 source-port 9\n"
	"      - allow from any udp/7020 source-port 1-10\n"
	"      - allow from any udp/7030 dscp 46\n"
	"      - allow from any tcp/7040 source-port 7041\n"
	"  ear:\n"
	"    mac: '02:00:00:00:00:16'\n"
	"    addresses: [10.0.0.16, 'fd00::16']\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - deny from gateway udp/6001\n"
	"      - allow from gateway udp/6000-6010\n"
	"      - allow from gateway tcp/6000\n"
	"      - allow from 203.0.113.5 udp/6500\n"
	"      - allow from gateway udp/6600 source-port 6601\n"
	"      - allow from gateway udp/6610 dscp 8\n"
	"      - allow from gateway ethertype/0x88b5\n"
	"  ward:\n"
	"    mac: '02:00:00:00:00:17'\n"
	"    addresses: [10.0.0.17, 'fd00::17']\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - allow to device:bare udp/7100\n"
	"      - allow to device:bare udp/7101\n"
	"      - deny to 10.0.0.0/24 udp/7101\n"
	"      - allow to 10.0.0.0/24 udp/7100 critical\n"
	"      - allow to 10.0.0.0/16 udp/7101 critical\n"
	"      - allow to gateway ethertype/0x88b5 critical\n"
	"      - allow to gateway ethertype/0x88b7\n"
	"      - allow to 203.0.113.0/24 udp/7000 critical\n"
	"      - allow to 203.0.113.0/24 udp/7000-7010\n"
	"      - allow to 2001:db8::/32 udp/7000 critical\n"
	"      - allow to 2001:db8::/32 udp/7001\n"
	"      - allow to 203.0.113.5 tcp/443\n"
	"      - allow to 224.0.0.251 udp/7200\n"
	"      - deny to 203.0.113.5\n"
	"      - allow from internet tcp/8443 critical\n"
	"      - allow from internet tcp/9443\n"
	"      - allow from gateway ethertype/0x88b9\n"
	"  novice: {mac: '02:00:00:00:00:18', addresses: [10.0.0.18], segment: lan, mode: learn}\n"
	"  talk:\n"
	"    mac: '02:00:00:00:00:19'\n"
	"    addresses: [10.0.0.19, 'fd00::19']\n"
	"    segment: lan\n"
	"    rules:\n"
	"      - deny to bad.vendor.example\n"
	"      - allow to api.vendor.example tcp/443\n"
	"      - allow to *.vendor.example tcp/8443\n"
	"      - allow to *.cdn.example udp/443\n"
	"      - allow to nas.home.example tcp/445 local\n"
	"      - allow to nas.home.example tcp/443\n"
	"      - allow from hook.vendor.example tcp/9000\n"
	"      - allow to 203.0.113.9 tcp/443\n"
	"  stern:\n"
	"    mac: '02:00:00:00:00:1a'\n"
	"    addresses: [10.0.0.26]\n"
	"    segment: lan\n"
	"    dns: strict\n"
	"    rules: [allow to api.vendor.example tcp/443, allow from hook.vendor.example tcp/9000,\n"
	"            deny to bad.vendor.example]\n"
	"  inner: {identify: address, router: 'host:hub', addresses: [10.60.0.51, 'fd60::51'],\n"
	"          rules: [allow to 203.0.113.5 udp/5000, allow to device:cam udp/9000,\n"
	"                  'allow to 2001:db8::5 udp/5000', allow from device:cam udp/9001]}\n"
	"  lower: {identify: address, router: 'host:hub', addresses: [10.0.0.52, 'fd00::52'],\n"
	"          profile: base, rules: [allow from 203.0.113.5 udp/5000]}\n"
	"  plug:\n"
	"    mac: '02:00:00:00:00:30'\n"
	"    addresses: [10.30.0.30]\n"
	"    segment: shop\n"
	"    rules:\n"
	"      - deny to internet\n"
	"      - allow from internet tcp/502 critical\n"
	"      - allow from segment:lan udp/47808\n"
	"      - allow to device:cam tcp/8081\n"
	"      - allow from gateway udp/6000-6002\n"
	"  meter: {mac: '02:00:00:00:00:31', addresses: [10.100.0.31], segment: cell, profile: base}\n"
	"  mute: {mac: '02:00:00:00:00:32', addresses: [10.40.0.32, 'fd00:40::32'], segment: still,\n"
	"         profile: base}\n"
	"  far: {mac: '02:00:00:00:00:33', addresses: [10.50.0.33], segment: open, profile: base}\n"
	"  duo: {mac: '02:00:00:00:00:34', addresses: [10.41.0.0], segment: nest, profile: base}\n";

static const struct golden items[] = {
	/* --- the frame itself --- */
	{"a header that says 4 words", NULL, FROM, CAM "203.0.113.5 tcp 1>443 S ihl 4", DROP,
	 "malformed", NULL, "cam"},
	{"a header longer than the packet", NULL, FROM, CAM "203.0.113.5 ihl 15 total 40 data 20",
	 DROP, "malformed", NULL, "cam"},
	{"a packet longer than the frame", NULL, FROM, CAM "203.0.113.5 total 100 tcp 1>443 S",
	 DROP, "malformed", NULL, "cam"},
	{"a packet shorter than its transport header", NULL, FROM,
	 CAM "203.0.113.5 total 30 tcp 1>443 S", DROP, "malformed", NULL, "cam"},
	{"IPv4 that says 6", NULL, FROM, CAM "203.0.113.5 version 6 tcp 1>443 S", DROP, "malformed",
	 NULL, "cam"},
	{"IPv6 that says 4", NULL, FROM, CAM6 "2001:db8::5 version 4 tcp 1>443 S", DROP,
	 "malformed", NULL, "cam"},
	{"an IPv6 packet longer than the frame", NULL, FROM, CAM6 "2001:db8::5 len 99 tcp 1>443 S",
	 DROP, "malformed", NULL, "cam"},
	{"a TCP header of 4 words", NULL, FROM, CAM "203.0.113.5 tcp 1>443 S doff 4", DROP,
	 "malformed", NULL, "cam"},
	{"a TCP header longer than the packet", NULL, FROM, CAM "203.0.113.5 tcp 1>443 S doff 6",
	 DROP, "malformed", NULL, "cam"},
	{"UDP shorter than its header", NULL, FROM, CAM "203.0.113.5 udp 1>5000 ulen 7", DROP,
	 "malformed", NULL, "cam"},
	{"UDP longer than the packet", NULL, FROM, CAM "203.0.113.5 udp 1>5000 ulen 9", DROP,
	 "malformed", NULL, "cam"},
	{"half an ICMP header", NULL, FROM, CAM "203.0.113.5 proto 1 data 4", DROP, "malformed",
	 NULL, "cam"},
	{"a group as source", NULL, FROM, "all>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S", DROP,
	 "malformed", NULL, NULL},
	{"a lying header toward a device", NULL, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.10 total 99 udp 5000>40000", DROP, "malformed", NULL,
	 "cam"},
	{"a lying IPv6 header toward a device", NULL, TO,
	 "gw>cam ip6 2001:db8::5>fd00::10 len 99 udp 5000>40000", DROP, "malformed", NULL, "cam"},
	{"IPv4 options", NULL, FROM, CAM "203.0.113.5 opts 8 tcp 40000>443 S", PASS, "rule",
	 TCP_RULE, "cam"},
	{"padding behind the packet", NULL, FROM, CAM "203.0.113.5 tcp 40000>443 S pad 60", PASS,
	 "rule", TCP_RULE, "cam"},
	{"padding that looks like more UDP", NULL, FROM, CAM "203.0.113.5 udp 1>5000 pad 60", PASS,
	 "rule", UDP_RULE, "cam"},

	/* --- tags --- */
	{"three tags", NULL, FROM,
	 "meter>gw stag 100 tag 7 tag 1 ip4 10.100.0.31>5.5.5.5 udp 1>9999", DROP, "too-many-tags",
	 NULL, "meter"},
	{"three tags toward a device", NULL, TO,
	 "gw>meter stag 100 tag 7 tag 1 ip4 5.5.5.5>10.100.0.31 udp 9999>1", DROP, "too-many-tags",
	 NULL, "meter"},
	{"a priority tag is no tag", NULL, FROM,
	 "cam>gw tag 0xe000 ip4 10.0.0.10>203.0.113.5 tcp 40000>443 S", PASS, "rule", TCP_RULE,
	 "cam"},
	{"a tag where there is none", NULL, FROM,
	 "cam>gw tag 30 ip4 10.0.0.10>203.0.113.5 tcp 1>443 S", DROP, "wrong-port", NULL, "cam"},
	{"its tag", NULL, FROM, "plug>gw tag 30 ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 S", PASS,
	 "rule", "allow to device:cam tcp/8081", "plug"},
	{"its tag, with a priority", NULL, FROM,
	 "plug>gw tag 0xa01e ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 S", PASS, "rule",
	 "allow to device:cam tcp/8081", "plug"},
	{"without its tag", NULL, FROM, "plug>gw ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 S", DROP,
	 "wrong-port", NULL, "plug"},
	{"another tag", NULL, FROM, "plug>gw tag 31 ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 S",
	 DROP, "wrong-port", NULL, "plug"},
	{"its two tags", NULL, FROM, "meter>gw stag 100 tag 7 ip4 10.100.0.31>5.5.5.5 udp 1>9999",
	 PASS, "rule", "allow to any udp/9999", "meter"},
	{"the outer of its two tags", NULL, FROM,
	 "meter>gw stag 100 ip4 10.100.0.31>5.5.5.5 udp 1>9999", DROP, "wrong-port", NULL, "meter"},
	{"its two tags the other way round", NULL, FROM,
	 "meter>gw stag 7 tag 100 ip4 10.100.0.31>5.5.5.5 udp 1>9999", DROP, "wrong-port", NULL,
	 "meter"},
	{"a flow that moves to another tag",
	 "from plug>gw tag 30 ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 S", FROM,
	 "plug>gw tag 31 ip4 10.30.0.30>10.0.0.10 tcp 40000>8081 A", DROP, "wrong-port", NULL,
	 "plug"},
	{"a tagged reply", "from meter>gw stag 100 tag 7 ip4 10.100.0.31>5.5.5.5 udp 1>9999", TO,
	 "gw>meter stag 100 tag 7 ip4 5.5.5.5>10.100.0.31 udp 9999>1", PASS, "flow",
	 "allow to any udp/9999", "meter"},
	{"a reply captured without its tags",
	 "from meter>gw stag 100 tag 7 ip4 10.100.0.31>5.5.5.5 udp 1>9999", TO,
	 "gw>meter ip4 5.5.5.5>10.100.0.31 udp 9999>1", PASS, "flow", "allow to any udp/9999",
	 "meter"},

	/* --- IPv6 extension headers --- */
	{"one extension header", NULL, FROM, CAM6 "2001:db8::5 dstopt 0 tcp 40000>443 S", PASS,
	 "rule", "allow to 2001:db8::/32 tcp/443", "cam"},
	{"an authentication header", NULL, FROM, CAM6 "2001:db8::5 ah 4 tcp 40000>443 S", PASS,
	 "rule", "allow to 2001:db8::/32 tcp/443", "cam"},
	{"eight extension headers", NULL, FROM,
	 CAM6
	 "2001:db8::5 hbh 0 dstopt 1 route 0 rtype 2 0 ah 1 dstopt 0 dstopt 0 dstopt 0 dstopt 0 "
	 "tcp 40000>443 S",
	 PASS, "rule", "allow to 2001:db8::/32 tcp/443", "cam"},
	{"nine extension headers", NULL, FROM,
	 CAM6
	 "2001:db8::5 hbh 0 dstopt 1 route 0 rtype 2 0 ah 1 dstopt 0 dstopt 0 dstopt 0 dstopt 0 dstopt 0 "
	 "tcp 40000>443 S",
	 DROP, "extension-chain", NULL, "cam"},
	{"a chain beyond 1024 bytes", NULL, FROM, CAM6 "2001:db8::5 dstopt 130 tcp 40000>443 S",
	 DROP, "extension-chain", NULL, "cam"},
	{"a mobility header", NULL, FROM, CAM6 "2001:db8::5 proto 135 data 8", DROP,
	 "extension-chain", NULL, "cam"},
	{"a host identity header behind an option", NULL, FROM,
	 CAM6 "2001:db8::5 dstopt 0 proto 139 data 8", DROP, "extension-chain", NULL, "cam"},
	{"an extension header longer than the packet", NULL, FROM,
	 CAM6 "2001:db8::5 len 16 dstopt 2 tcp 40000>443 S", DROP, "malformed", NULL, "cam"},
	{"an extension header without room", NULL, FROM, CAM6 "2001:db8::5 len 4 proto 60 data 8",
	 DROP, "malformed", NULL, "cam"},
	{"a reply behind an extension header", CAM_ASKS6, TO,
	 "gw>cam ip6 2001:db8::5>fd00::10 dstopt 0 udp 5000>40000", PASS, "flow",
	 "allow to 2001:db8::5 udp/5000", "cam"},

	/* --- who it is --- */
	{"a stranger", NULL, FROM, "stranger>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S", DROP,
	 "unknown-device", NULL, NULL},
	{"a stranger's ARP", NULL, FROM, "stranger>all arp request stranger 10.0.0.99 - 10.0.0.1",
	 DROP, "unknown-device", NULL, NULL},
	{"the gateway's MAC address", NULL, FROM, "gw>cam ip4 10.0.0.1>10.0.0.10 icmp 8.0 1", DROP,
	 "gateway-spoof", NULL, NULL},
	{"the gateway's address", NULL, FROM, "cam>nvr ip4 10.0.0.1>10.0.0.11 tcp 1>554 S", DROP,
	 "source-spoof", NULL, "cam"},
	{"another device's address", NULL, FROM, "cam>gw ip4 10.0.0.11>203.0.113.5 tcp 1>443 S",
	 DROP, "source-spoof", NULL, "cam"},
	{"nobody's address", NULL, FROM, "cam>gw ip4 10.0.0.99>203.0.113.5 tcp 1>443 S", DROP,
	 "source-spoof", NULL, "cam"},
	{"an address of the internet", NULL, FROM, "cam>gw ip4 203.0.113.5>203.0.113.9 udp 1>9999",
	 DROP, "source-spoof", NULL, "cam"},
	{"another device's IPv6 address", NULL, FROM, "cam>gw ip6 fd00::11>2001:db8::5 tcp 1>443 S",
	 DROP, "source-spoof", NULL, "cam"},
	{"the gateway's IPv6 address", NULL, FROM, "cam>nvr ip6 fd00::1>fd00::11 udp 1>9999", DROP,
	 "source-spoof", NULL, "cam"},
	{"no IPv4 address", NULL, FROM, "cam>gw ip4 0.0.0.0>203.0.113.5 udp 1>9999", DROP,
	 "source-spoof", NULL, "cam"},
	{"no IPv4 address, as a DHCP client, to any server", NULL, FROM,
	 "cam>gw ip4 0.0.0.0>10.0.0.99 udp 68>67 dhcp discover", DROP, "no-rule", NULL, "cam"},
	{"no IPv6 address", NULL, FROM, "cam>gw ip6 ::>2001:db8::5 udp 1>9999", DROP,
	 "source-spoof", NULL, "cam"},
	{"the link-local address of its MAC", NULL, FROM, "cam>gw ip6 " LL ">fe80::1 udp 1>9999",
	 PASS, "rule", "allow to any udp/9999", "cam"},
	{"the link-local address of another MAC", NULL, FROM,
	 "cam>gw ip6 fe80::ff:fe00:11>fe80::1 udp 1>9999", DROP, "source-spoof", NULL, "cam"},
	{"a link-local address of nobody's MAC", NULL, FROM,
	 "cam>gw ip6 fe80::5>fe80::1 udp 1>9999", DROP, "source-spoof", NULL, "cam"},
	{"the interface identifier in another prefix", NULL, FROM,
	 "cam>gw ip6 fd00::ff:fe00:10>fe80::1 udp 1>9999", DROP, "source-spoof", NULL, "cam"},
	{"toward the link-local address of its MAC", "from cam>gw ip6 " LL ">fe80::1 udp 1>9999",
	 TO, "gw>cam ip6 fe80::1>" LL " udp 9999>1", PASS, "flow", "allow to any udp/9999", "cam"},
	{"toward another link-local address", NULL, TO,
	 "gw>cam ip6 fe80::1>fe80::ff:fe00:11 udp 9999>1", DROP, "not-its-address", NULL, "cam"},
	{"a device without addresses", NULL, FROM, "bare>gw ip4 10.0.0.14>203.0.113.5 udp 1>9999",
	 DROP, "source-spoof", NULL, "bare"},
	{"a device without addresses, link-local", NULL, FROM,
	 "bare>gw ip6 fe80::ff:fe00:14>fe80::1 udp 1>9999", PASS, "rule", "allow to any udp/9999",
	 "bare"},
	{"toward nobody", NULL, TO, "gw>stranger ip4 203.0.113.5>10.0.0.10 tcp 443>1 A", DROP,
	 "unknown-unicast", NULL, NULL},
	{"toward the gateway", NULL, TO, "cam>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S", DROP,
	 "unknown-unicast", NULL, NULL},
	{"toward a device at another's address", NULL, TO,
	 "gw>cam ip4 203.0.113.5>10.0.0.11 udp 5000>40000", DROP, "not-its-address", NULL, "cam"},
	{"toward a device at another's IPv6 address", NULL, TO,
	 "gw>cam ip6 2001:db8::5>fd00::11 udp 5000>40000", DROP, "not-its-address", NULL, "cam"},

	/* --- ARP --- */
	{"an ARP request", NULL, FROM, "cam>all arp request cam 10.0.0.10 - 10.0.0.1 pad 60", PASS,
	 "arp", NULL, "cam"},
	{"an ARP reply", NULL, FROM, "cam>gw arp reply cam 10.0.0.10 gw 10.0.0.1", PASS, "arp",
	 NULL, "cam"},
	{"an ARP probe", NULL, FROM, "cam>all arp request cam 0.0.0.0 - 10.0.0.10", PASS, "arp",
	 NULL, "cam"},
	{"an ARP announcement", NULL, FROM, "cam>all arp request cam 10.0.0.10 - 10.0.0.10", PASS,
	 "arp", NULL, "cam"},
	{"a probe that replies", NULL, FROM, "cam>gw arp reply cam 0.0.0.0 gw 10.0.0.1", DROP,
	 "arp-spoof", NULL, "cam"},
	{"ARP with another device's address", NULL, FROM,
	 "cam>all arp request cam 10.0.0.11 - 10.0.0.1", DROP, "arp-spoof", NULL, "cam"},
	{"ARP with the gateway's address", NULL, FROM,
	 "cam>nvr arp reply cam 10.0.0.1 nvr 10.0.0.11", DROP, "arp-spoof", NULL, "cam"},
	{"ARP with nobody's address", NULL, FROM, "cam>all arp request cam 10.0.0.99 - 10.0.0.1",
	 DROP, "arp-spoof", NULL, "cam"},
	{"ARP with another MAC inside", NULL, FROM, "cam>all arp request nvr 10.0.0.10 - 10.0.0.1",
	 DROP, "arp-spoof", NULL, "cam"},
	{"ARP with the gateway's MAC inside", NULL, FROM,
	 "cam>all arp reply gw 10.0.0.10 - 10.0.0.1", DROP, "arp-spoof", NULL, "cam"},
	{"ARP of an unknown operation", NULL, FROM, "cam>all arp 3 cam 10.0.0.10 - 10.0.0.1", DROP,
	 "malformed", NULL, "cam"},
	{"ARP where it is switched off", NULL, FROM,
	 "mute>all arp request mute 10.40.0.32 - 10.40.0.1", DROP, "ethertype", NULL, "mute"},
	{"a lie where ARP is switched off", NULL, FROM,
	 "mute>all arp request mute 10.0.0.1 - 10.40.0.1", DROP, "arp-spoof", NULL, "mute"},
	{"the gateway answers", NULL, TO, "gw>cam arp reply gw 10.0.0.1 cam 10.0.0.10", PASS, "arp",
	 NULL, "cam"},
	{"the gateway asks everybody", NULL, TO, "gw>all arp request gw 10.0.0.1 - 10.0.0.10", PASS,
	 "arp", NULL, NULL},
	{"a neighbour answers", NULL, TO, "nvr>cam arp reply nvr 10.0.0.11 cam 10.0.0.10", PASS,
	 "arp", NULL, "cam"},
	{"a stranger answers", NULL, TO, "stranger>cam arp reply stranger 10.0.0.1 cam 10.0.0.10",
	 DROP, "arp-spoof", NULL, "cam"},
	{"a stranger asks everybody", NULL, TO,
	 "stranger>all arp request stranger 10.0.0.9 - 10.0.0.1", DROP, "group-refused", NULL,
	 NULL},
	{"ARP toward where it is switched off", NULL, TO,
	 "gw>mute arp reply gw 10.0.0.1 mute 10.40.0.32", DROP, "ethertype", NULL, "mute"},

	/* --- neighbour discovery --- */
	{"a neighbour solicitation", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 opt 1 cam", PASS, "nd", NULL, "cam"},
	{"a solicitation with the gateway's MAC", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 opt 1 gw", DROP, "nd-spoof", NULL,
	 "cam"},
	{"the lie in the second option", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 opt 14 cam opt 1 nvr", DROP, "nd-spoof",
	 NULL, "cam"},
	{"a solicitation with another's address", NULL, FROM,
	 "cam>group6 ip6 fd00::11>ff02::1:ff00:1 ns fd00::1 opt 1 cam", DROP, "source-spoof", NULL,
	 "cam"},
	{"a solicitation that was routed", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 ttl 254", DROP, "nd-spoof", NULL,
	 "cam"},
	{"a solicitation with a code", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ttl 255 icmp6 135.1 0 data 16", DROP, "nd-spoof",
	 NULL, "cam"},
	{"half a solicitation", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ttl 255 icmp6 135.0 0 data 8", DROP, "truncated",
	 NULL, "cam"},
	{"an option without length", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 optraw 14 0 opt 1 gw", DROP, "nd-spoof",
	 NULL, "cam"},
	{"five options", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 optraw 14 1 optraw 14 1 optraw 14 1 "
	 "optraw 14 1 opt 1 gw",
	 DROP, "nd-spoof", NULL, "cam"},
	{"a lie behind an option that is too long to look behind", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 optraw 14 130 opt 1 gw", DROP,
	 "malformed", NULL, "cam"},
	{"a solicitation that leaves the link", NULL, FROM,
	 "cam>gw ip6 fd00::10>2001:db8::5 ns fd00::1 opt 1 cam", DROP, "nd-spoof", NULL, "cam"},
	{"a solicitation to a group of the site", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff05::1 ns fd00::1 opt 1 cam", DROP, "nd-spoof", NULL, "cam"},
	{"four options", NULL, FROM,
	 "cam>group6 ip6 fd00::10>ff02::1:ff00:1 ns fd00::1 opt 1 cam optraw 14 1 optraw 14 2 "
	 "optraw 14 1",
	 PASS, "nd", NULL, "cam"},
	{"address detection for its own", NULL, FROM,
	 "cam>group6 ip6 ::>ff02::1:ff00:10 ns fd00::10", PASS, "nd", NULL, "cam"},
	{"address detection for its link-local one", NULL, FROM,
	 "cam>group6 ip6 ::>ff02::1:ff00:10 ns " LL, PASS, "nd", NULL, "cam"},
	{"address detection for another's", NULL, FROM,
	 "cam>group6 ip6 ::>ff02::1:ff00:11 ns fd00::11", DROP, "nd-spoof", NULL, "cam"},
	{"an advertisement", NULL, FROM, "cam>gw ip6 fd00::10>fd00::1 na fd00::10 opt 2 cam", PASS,
	 "nd", NULL, "cam"},
	{"an advertisement for the gateway", NULL, FROM,
	 "cam>nvr ip6 fd00::10>fd00::11 na fd00::1 opt 2 cam", DROP, "nd-spoof", NULL, "cam"},
	{"an advertisement for another device", NULL, FROM,
	 "cam>gw ip6 fd00::10>fd00::1 na fd00::11 opt 2 cam", DROP, "nd-spoof", NULL, "cam"},
	{"an advertisement with another's MAC", NULL, FROM,
	 "cam>gw ip6 fd00::10>fd00::1 na fd00::10 opt 2 nvr", DROP, "nd-spoof", NULL, "cam"},
	{"a router solicitation", NULL, FROM, "cam>group6 ip6 " LL ">ff02::2 rs opt 1 cam", PASS,
	 "nd", NULL, "cam"},
	{"a router solicitation without an address", NULL, FROM, "cam>group6 ip6 ::>ff02::2 rs",
	 PASS, "nd", NULL, "cam"},
	{"a router solicitation with another's MAC", NULL, FROM,
	 "cam>group6 ip6 " LL ">ff02::2 rs opt 1 nvr", DROP, "nd-spoof", NULL, "cam"},
	{"a device as router", NULL, FROM, "cam>group6 ip6 " LL ">ff02::1 ra", DROP, "nd-spoof",
	 NULL, "cam"},
	{"a device redirects", NULL, FROM, "cam>nvr ip6 " LL ">fd00::11 redirect fd00::10", DROP,
	 "nd-spoof", NULL, "cam"},
	{"discovery where it is switched off", NULL, FROM,
	 "mute>group6 ip6 fd00:40::32>ff02::1:ff00:1 ns fd00:40::1 opt 1 mute", DROP, "no-rule",
	 NULL, "mute"},
	{"the router advertises", NULL, TO, "gw>group6 ip6 fe80::1>ff02::1 ra opt 1 gw", PASS, "nd",
	 NULL, NULL},
	{"the router advertises to one", NULL, TO, "gw>cam ip6 fe80::1>" LL " ra opt 1 gw", PASS,
	 "nd", NULL, "cam"},
	{"an advertisement that was routed", NULL, TO, "gw>group6 ip6 fe80::1>ff02::1 ra ttl 64",
	 DROP, "nd-spoof", NULL, NULL},
	{"a neighbour as router", NULL, TO, "nvr>cam ip6 fd00::11>fd00::10 ra", DROP, "nd-spoof",
	 NULL, "cam"},
	{"a neighbour redirects", NULL, TO, "nvr>cam ip6 fd00::11>fd00::10 redirect fd00::1", DROP,
	 "nd-spoof", NULL, "cam"},
	{"the gateway redirects", NULL, TO, "gw>cam ip6 fe80::1>fd00::10 redirect fd00::11", PASS,
	 "nd", NULL, "cam"},
	{"the gateway solicits", NULL, TO, "gw>cam ip6 fe80::1>fd00::10 ns fd00::10 opt 1 gw", PASS,
	 "nd", NULL, "cam"},
	{"a neighbour advertises", NULL, TO, "nvr>cam ip6 fd00::11>fd00::10 na fd00::11", PASS,
	 "nd", NULL, "cam"},
	{"a stranger advertises", NULL, TO, "stranger>cam ip6 fd00::1>fd00::10 na fd00::1", DROP,
	 "nd-spoof", NULL, "cam"},
	{"discovery toward where it is switched off", NULL, TO,
	 "gw>mute ip6 fe80::1>fd00:40::32 ns fd00:40::32", DROP, "no-rule", NULL, "mute"},

	/* --- DHCP --- */
	{"a DHCP discover", NULL, FROM,
	 "cam>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover", PASS, "dhcp", NULL, "cam"},
	{"a DHCP renewal", NULL, FROM, CAM "10.0.0.1 udp 68>67 dhcp discover", PASS, "dhcp", NULL,
	 "cam"},
	{"a DHCP renewal at another server", NULL, FROM, CAM "10.0.0.99 udp 68>67 dhcp discover",
	 DROP, "no-rule", NULL, "cam"},
	{"a DHCP renewal with another's address", NULL, FROM,
	 "cam>gw ip4 10.0.0.11>10.0.0.1 udp 68>67 dhcp discover", DROP, "source-spoof", NULL,
	 "cam"},
	{"a device as DHCP server", NULL, FROM,
	 "cam>all ip4 10.0.0.10>255.255.255.255 udp 67>68 dhcp offer", DROP, "dhcp-spoof", NULL,
	 "cam"},
	{"a DHCP discover where it is switched off", NULL, FROM,
	 "mute>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover", DROP, "no-rule", NULL,
	 "mute"},
	{"a DHCP offer", NULL, TO, "gw>cam ip4 10.0.0.1>10.0.0.77 udp 67>68 dhcp offer", PASS,
	 "dhcp", NULL, "cam"},
	{"a DHCP offer to everybody", NULL, TO,
	 "gw>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp offer", PASS, "dhcp", NULL, NULL},
	{"a DHCP offer of another server", NULL, TO,
	 "gw>cam ip4 10.0.0.99>10.0.0.10 udp 67>68 dhcp offer", DROP, "no-rule", NULL, "cam"},
	{"another server's offer to everybody", NULL, TO,
	 "gw>all ip4 10.0.0.99>255.255.255.255 udp 67>68 dhcp offer", DROP, "group-refused", NULL,
	 NULL},
	{"a neighbour's DHCP offer", NULL, TO,
	 "nvr>cam ip4 10.0.0.1>10.0.0.10 udp 67>68 dhcp offer", DROP, "layer-mismatch", NULL,
	 "cam"},
	{"a stranger's DHCP offer to everybody", NULL, TO,
	 "stranger>all ip4 10.0.0.1>255.255.255.255 udp 67>68 dhcp offer", DROP, "group-refused",
	 NULL, NULL},
	{"a DHCPv6 solicit", NULL, FROM, "cam>group6 ip6 " LL ">ff02::1:2 udp 546>547 dhcp6 1",
	 PASS, "dhcp", NULL, "cam"},
	{"a DHCPv6 solicit to all servers of the site", NULL, FROM,
	 "cam>group6 ip6 " LL ">ff05::1:3 udp 546>547 dhcp6 1", PASS, "dhcp", NULL, "cam"},
	{"a DHCPv6 request to the server", NULL, FROM, CAM6 "fd00::1 udp 546>547 dhcp6 1", PASS,
	 "dhcp", NULL, "cam"},
	{"a DHCPv6 request to another server", NULL, FROM, CAM6 "fd00::99 udp 546>547 dhcp6 1",
	 DROP, "no-rule", NULL, "cam"},
	{"a DHCPv6 solicit to another group", NULL, FROM,
	 "cam>group6 ip6 " LL ">ff02::1:3 udp 546>547 dhcp6 1", DROP, "no-rule", NULL, "cam"},
	{"a device as DHCPv6 server", NULL, FROM, "cam>nvr ip6 " LL ">fd00::11 udp 547>546 dhcp6 2",
	 DROP, "dhcp-spoof", NULL, "cam"},
	{"a DHCPv6 answer", NULL, TO, "gw>cam ip6 fe80::1>" LL " udp 547>546 dhcp6 2", PASS, "dhcp",
	 NULL, "cam"},
	{"a neighbour's DHCPv6 answer", NULL, TO,
	 "nvr>cam ip6 fe80::ff:fe00:11>" LL " udp 547>546 dhcp6 2", DROP, "no-rule", NULL, "cam"},

	/* --- DNS and NTP --- */
	{"a question to the resolver", NULL, FROM, CAM "10.0.0.1 udp 40000>53 query a.example A",
	 PASS, "dns", NULL, "cam"},
	{"a question to the resolver by TCP", NULL, FROM, CAM "10.0.0.1 tcp 40000>53 S", PASS,
	 "dns", NULL, "cam"},
	{"a question to the resolver by IPv6", NULL, FROM,
	 CAM6 "fd00::1 udp 40000>53 query a.example AAAA", PASS, "dns", NULL, "cam"},
	{"a question to another resolver", NULL, FROM, CAM "9.9.9.9 udp 40000>53 data 20", DROP,
	 "no-rule", NULL, "cam"},
	{"a question to another resolver by IPv6", NULL, FROM, CAM6 "2620:fe::fe udp 40000>53",
	 DROP, "no-rule", NULL, "cam"},
	{"DNS over TLS at the resolver", NULL, FROM, CAM "10.0.0.1 tcp 40000>853 S", DROP,
	 "no-rule", NULL, "cam"},
	{"the gateway's web page", NULL, FROM, CAM "10.0.0.1 tcp 40000>443 S", DROP, "no-rule",
	 NULL, "cam"},
	{"a question where it is switched off", NULL, FROM,
	 "mute>gw ip4 10.40.0.32>10.0.0.1 udp 40000>53", DROP, "no-rule", NULL, "mute"},
	{"the resolver answers", "from " CAM "10.0.0.1 udp 40000>53 query a.example A", TO,
	 "gw>cam ip4 10.0.0.1" INTO_CAM "udp 53>40000 answer a.example A a 203.0.113.1", PASS,
	 "flow", NULL, "cam"},
	{"an answer nobody asked for", NULL, TO,
	 "gw>cam ip4 10.0.0.1" INTO_CAM "udp 53>40000 data 30", DROP, "no-rule", NULL, "cam"},
	{"an answer to another port", "from " CAM "10.0.0.1 udp 40000>53", TO,
	 "gw>cam ip4 10.0.0.1" INTO_CAM "udp 53>40001 data 30", DROP, "no-rule", NULL, "cam"},
	{"time from a listed server", NULL, FROM, CAM "203.0.113.123 udp 123>123 data 48", PASS,
	 "ntp", NULL, "cam"},
	{"time from another server", NULL, FROM, CAM "203.0.113.124 udp 123>123 data 48", DROP,
	 "no-rule", NULL, "cam"},
	{"time by TCP", NULL, FROM, CAM "203.0.113.123 tcp 123>123 S", DROP, "no-rule", NULL,
	 "cam"},
	{"time where it is switched off", NULL, FROM,
	 "mute>gw ip4 10.40.0.32>10.0.0.1 udp 123>123 data 48", DROP, "no-rule", NULL, "mute"},
	{"the time", "from " CAM "10.0.0.1 udp 123>123", TO,
	 "gw>cam ip4 10.0.0.1" INTO_CAM "udp 123>123 data 48", PASS, "flow", NULL, "cam"},
	{"the time, unasked", NULL, TO, "gw>cam ip4 10.0.0.1" INTO_CAM "udp 123>123 data 48", DROP,
	 "no-rule", NULL, "cam"},

	/* --- group membership --- */
	{"an IGMP report", NULL, FROM, "cam>group4 ip4 10.0.0.10>224.0.0.22 opts 4 igmp 34", PASS,
	 "membership", NULL, "cam"},
	{"an IGMP report without an address", NULL, FROM,
	 "cam>group4 ip4 0.0.0.0>224.0.0.22 igmp 22", PASS, "membership", NULL, "cam"},
	{"an IGMP report that was routed", NULL, FROM,
	 "cam>group4 ip4 10.0.0.10>224.0.0.22 igmp 22 ttl 2", DROP, "no-rule", NULL, "cam"},
	{"a device asks for members", NULL, FROM, "cam>group4 ip4 10.0.0.10>224.0.0.1 igmp 17",
	 DROP, "no-rule", NULL, "cam"},
	{"an IGMP report where it is switched off", NULL, FROM,
	 "mute>group4 ip4 10.40.0.32>224.0.0.22 igmp 22", DROP, "no-rule", NULL, "mute"},
	{"the gateway asks for members", NULL, TO, "gw>group4 ip4 10.0.0.1>224.0.0.1 igmp 17", PASS,
	 "membership", NULL, NULL},
	{"the gateway reports", NULL, TO, "gw>group4 ip4 10.0.0.1>224.0.0.22 igmp 22", DROP,
	 "group-refused", NULL, NULL},
	{"an MLD report", NULL, FROM, "cam>group6 ip6 " LL ">ff02::16 hbh 0 mld 143", PASS,
	 "membership", NULL, "cam"},
	{"an MLD report without an address", NULL, FROM, "cam>group6 ip6 ::>ff02::16 hbh 0 mld 131",
	 PASS, "membership", NULL, "cam"},
	{"an MLD report that was routed", NULL, FROM,
	 "cam>group6 ip6 " LL ">ff02::16 hbh 0 mld 143 ttl 2", DROP, "no-rule", NULL, "cam"},
	{"a device asks for IPv6 members", NULL, FROM,
	 "cam>group6 ip6 " LL ">ff02::1 hbh 0 mld 130", DROP, "no-rule", NULL, "cam"},
	{"the gateway asks for IPv6 members", NULL, TO,
	 "gw>group6 ip6 fe80::1>ff02::1 hbh 0 mld 130", PASS, "membership", NULL, NULL},
	{"the gateway asks one device", NULL, TO, "gw>cam ip6 fe80::1>" LL " hbh 0 mld 130", DROP,
	 "no-rule", NULL, "cam"},
	{"an IGMP report to one machine", NULL, FROM, "cam>gw ip4 10.0.0.10>10.0.0.1 igmp 22", DROP,
	 "no-rule", NULL, "cam"},
	{"an IGMP message of an unknown type", NULL, FROM,
	 "cam>group4 ip4 10.0.0.10>224.0.0.22 igmp 19", DROP, "no-rule", NULL, "cam"},
	{"a neighbour asks for IPv6 members", NULL, TO,
	 "nvr>cam ip6 fe80::ff:fe00:11>" LL " hbh 0 mld 130", DROP, "no-rule", NULL, "cam"},

	/* --- the link itself, and other ethertypes --- */
	{"EAPOL to the port", NULL, FROM, "cam>link type 0x888e data 46", PASS, "link-control",
	 NULL, "cam"},
	{"LLDP to the gateway", NULL, FROM, "cam>gw type 0x88cc data 46", PASS, "link-control",
	 NULL, "cam"},
	{"EAPOL to a neighbour", NULL, FROM, "cam>nvr type 0x888e data 46", DROP, "ethertype", NULL,
	 "cam"},
	{"EAPOL to everybody", NULL, FROM, "cam>all type 0x888e data 46", DROP, "ethertype", NULL,
	 "cam"},
	{"EAPOL where it is switched off", NULL, FROM, "mute>link type 0x888e data 46", DROP,
	 "ethertype", NULL, "mute"},
	{"EAPOL from the gateway", NULL, TO, "gw>cam type 0x888e data 46", PASS, "link-control",
	 NULL, "cam"},
	{"LLDP from the gateway to the port", NULL, TO, "gw>link type 0x88cc data 46", PASS,
	 "link-control", NULL, NULL},
	{"EAPOL from a neighbour", NULL, TO, "nvr>cam type 0x888e data 46", DROP, "ethertype", NULL,
	 "cam"},
	{"an ethertype to its device", NULL, FROM, "cam>nvr type 0x88b5 data 46", PASS, "rule",
	 "allow to device:nvr ethertype/0x88b5", "cam"},
	{"an ethertype to another device", NULL, FROM, "cam>pump type 0x88b5 data 46", DROP,
	 "ethertype", NULL, "cam"},
	{"an ethertype from its device", NULL, TO, "nvr>cam type 0x88b5 data 46", PASS, "rule",
	 "allow from device:nvr ethertype/0x88b5", "cam"},
	{"an ethertype from another device", NULL, TO, "pump>cam type 0x88b5 data 46", DROP,
	 "ethertype", NULL, "cam"},
	{"an ethertype to anybody", NULL, FROM, "cam>stranger type 0x88b6 data 46", PASS, "rule",
	 "allow to any ethertype/0x88b6", "cam"},
	{"an ethertype denied", NULL, FROM, "cam>gw type 0x88b6 data 46", DROP, "rule-deny",
	 "deny to gateway ethertype/0x88b6", "cam"},
	{"a length instead of an ethertype", NULL, FROM, "cam>link type 38 data 46", DROP,
	 "ethertype", NULL, "cam"},
	{"an ethertype that no rule names", NULL, FROM, "nvr>cam type 0x88b5 data 46", DROP,
	 "ethertype", NULL, "nvr"},

	/* --- group frames toward devices --- */
	{"a neighbour's broadcast", NULL, TO, "nvr>all ip4 10.0.0.11>10.0.0.255 udp 1>2", PASS,
	 "judged-at-entry", NULL, NULL},
	{"the gateway's broadcast", NULL, TO, "gw>all ip4 10.0.0.1>10.0.0.255 udp 1>2", DROP,
	 "group-refused", NULL, NULL},
	{"a stranger's broadcast", NULL, TO, "stranger>all ip4 10.0.0.9>10.0.0.255 udp 1>2", DROP,
	 "group-refused", NULL, NULL},
	{"a neighbour looks for a DHCP server", NULL, TO,
	 "nvr>all ip4 0.0.0.0>255.255.255.255 udp 68>67 dhcp discover", DROP, "group-refused", NULL,
	 NULL},
	{"a neighbour looks for a DHCPv6 server", NULL, TO,
	 "nvr>group6 ip6 fe80::ff:fe00:11>ff02::1:2 udp 546>547 dhcp6 1", DROP, "group-refused",
	 NULL, NULL},
	{"a neighbour looks for a router", NULL, TO, "nvr>group6 ip6 fe80::ff:fe00:11>ff02::2 rs",
	 DROP, "group-refused", NULL, NULL},
	{"a neighbour looks for a neighbour", NULL, TO,
	 "nvr>group6 ip6 fd00::11>ff02::1:ff00:10 ns fd00::10", PASS, "judged-at-entry", NULL,
	 NULL},
	{"meant for one, sent to all", NULL, FROM, "cam>all ip4 10.0.0.10>10.0.0.11 tcp 1>554 S",
	 DROP, "layer-mismatch", NULL, "cam"},
	{"meant for one, sent to a group", NULL, FROM,
	 "cam>group6 ip6 fd00::10>fd00::11 tcp 1>554 S", DROP, "layer-mismatch", NULL, "cam"},
	{"meant for the gateway, sent to all", NULL, FROM,
	 "cam>all ip4 10.0.0.10>10.0.0.1 udp 1>53", DROP, "layer-mismatch", NULL, "cam"},
	{"a device's broadcast", NULL, FROM, "cam>all ip4 10.0.0.10>10.0.0.255 udp 1>2", DROP,
	 "no-rule", NULL, "cam"},
	{"a device's multicast that a rule allows", NULL, FROM,
	 "cam>group4 ip4 10.0.0.10>224.0.0.251 udp 5353>9999", PASS, "rule",
	 "allow to any udp/9999", "cam"},

	/* --- remotes of `to` rules --- */
	{"to a prefix", NULL, FROM, CAM "203.0.113.5 tcp 40000>443 S", PASS, "rule", TCP_RULE,
	 "cam"},
	{"to the first address of a prefix", NULL, FROM, CAM "203.0.113.0 tcp 40000>443 S", PASS,
	 "rule", TCP_RULE, "cam"},
	{"to the last address of a prefix", NULL, FROM, CAM "203.0.113.255 tcp 40000>443 S", PASS,
	 "rule", TCP_RULE, "cam"},
	{"below a prefix", NULL, FROM, CAM "203.0.112.255 tcp 40000>443 S", DROP, "no-rule", NULL,
	 "cam"},
	{"above a prefix", NULL, FROM, CAM "203.0.114.0 tcp 40000>443 S", DROP, "no-rule", NULL,
	 "cam"},
	{"denied before it is allowed", NULL, FROM, CAM "203.0.113.66 tcp 40000>443 S", DROP,
	 "rule-deny", "deny to 203.0.113.66", "cam"},
	{"to an address", NULL, FROM, CAM "203.0.113.5 udp 40000>5000", PASS, "rule", UDP_RULE,
	 "cam"},
	{"beside an address", NULL, FROM, CAM "203.0.113.4 udp 40000>5000", DROP, "no-rule", NULL,
	 "cam"},
	{"to an IPv6 prefix", NULL, FROM, CAM6 "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff tcp 1>443 S",
	 PASS, "rule", "allow to 2001:db8::/32 tcp/443", "cam"},
	{"above an IPv6 prefix", NULL, FROM, CAM6 "2001:db9:: tcp 1>443 S", DROP, "no-rule", NULL,
	 "cam"},
	{"to an IPv6 address", NULL, FROM, CAM6 "2001:db8::5 udp 40000>5000", PASS, "rule",
	 "allow to 2001:db8::5 udp/5000", "cam"},
	{"to a device", NULL, FROM, "cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S", PASS, "rule",
	 "allow to device:nvr tcp/554", "cam"},
	{"to a device by IPv6", NULL, FROM, "cam>nvr ip6 fd00::10>fd00::11 tcp 40000>554 S", PASS,
	 "rule", "allow to device:nvr tcp/554", "cam"},
	{"to another device", NULL, FROM, "cam>pump ip4 10.0.0.10>10.0.0.12 tcp 40000>554 S", DROP,
	 "no-rule", NULL, "cam"},
	{"to a host", NULL, FROM, "cam>laptop ip4 10.0.0.10>10.0.0.20 udp 1>5004", PASS, "rule",
	 "allow to host:laptop udp/5004", "cam"},
	{"to another host", NULL, FROM, "cam>admin ip4 10.0.0.10>10.0.0.21 udp 1>5004", DROP,
	 "no-rule", NULL, "cam"},
	{"to a machine of a group", NULL, FROM, "cam>laptop ip4 10.0.0.10>10.0.0.20 udp 1>5005",
	 PASS, "rule", "allow to group:nurses udp/5005", "cam"},
	{"to a prefix of a group", NULL, FROM, CAM "10.0.0.254 udp 1>5005", PASS, "rule",
	 "allow to group:nurses udp/5005", "cam"},
	{"to an IPv6 prefix of a group", NULL, FROM, CAM6 "fd00::5:ffff udp 1>5005", PASS, "rule",
	 "allow to group:nurses udp/5005", "cam"},
	{"to nobody of a group", NULL, FROM, CAM "10.0.0.127 udp 1>5005", DROP, "no-rule", NULL,
	 "cam"},
	{"to a segment", NULL, FROM, CAM "10.30.0.30 udp 1>47808", PASS, "rule",
	 "allow to segment:shop udp/47808", "cam"},
	{"to another segment", NULL, FROM, CAM "10.100.0.31 udp 1>47808", DROP, "no-rule", NULL,
	 "cam"},
	{"to the gateway", NULL, FROM, CAM "10.0.0.1 tcp 1>8883 S", PASS, "rule",
	 "allow to gateway tcp/8883", "cam"},
	{"to the gateway by IPv6", NULL, FROM, CAM6 "fd00::1 tcp 1>8883 S", PASS, "rule",
	 "allow to gateway tcp/8883", "cam"},
	{"to the gateway's address outside", NULL, FROM, CAM "198.51.100.1 tcp 1>8883 S", PASS,
	 "rule", "allow to gateway tcp/8883", "cam"},
	{"to an address that is not the gateway's", NULL, FROM, CAM "198.51.100.2 tcp 1>8883 S",
	 DROP, "no-rule", NULL, "cam"},
	{"to a local network", NULL, FROM, CAM "10.0.0.99 tcp 1>80 S", PASS, "rule",
	 "allow to local tcp/80", "cam"},
	{"to a local network of another segment", NULL, FROM, CAM "10.100.0.31 tcp 1>80 S", PASS,
	 "rule", "allow to local tcp/80", "cam"},
	{"to a local IPv6 network", NULL, FROM, CAM6 "fd00:40::32 tcp 1>80 S", PASS, "rule",
	 "allow to local tcp/80", "cam"},
	{"not to a local network", NULL, FROM, CAM "203.0.113.5 tcp 1>80 S", DROP, "no-rule", NULL,
	 "cam"},
	{"private is not local", NULL, FROM, CAM "10.9.9.9 tcp 1>80 S", DROP, "no-rule", NULL,
	 "cam"},
	{"to the internet", NULL, FROM, CAM "8.8.8.8 tcp 1>22 S", PASS, "rule", INTERNET_RULE,
	 "cam"},
	{"to the IPv6 internet", NULL, FROM, CAM6 "2620:fe::fe tcp 1>22 S", PASS, "rule",
	 INTERNET_RULE, "cam"},
	{"private is no internet", NULL, FROM, CAM "192.168.1.1 tcp 1>22 S", DROP, "no-rule", NULL,
	 "cam"},
	{"local is no internet", NULL, FROM, CAM "10.0.0.99 tcp 1>22 S", DROP, "no-rule", NULL,
	 "cam"},
	{"the gateway is no internet", NULL, FROM, CAM "198.51.100.1 tcp 1>22 S", DROP, "no-rule",
	 NULL, "cam"},
	{"multicast is no internet", NULL, FROM, "cam>group4 ip4 10.0.0.10>224.0.0.251 tcp 1>22 S",
	 DROP, "no-rule", NULL, "cam"},
	{"unique local is no internet", NULL, FROM, CAM6 "fd99::1 tcp 1>22 S", DROP, "no-rule",
	 NULL, "cam"},
	{"to anybody", NULL, FROM, CAM "192.168.1.1 udp 1>9999", PASS, "rule",
	 "allow to any udp/9999", "cam"},
	{"to anybody by IPv6", NULL, FROM, CAM6 "fd99::1 udp 1>9999", PASS, "rule",
	 "allow to any udp/9999", "cam"},

	/* --- services --- */
	{"below a port", NULL, FROM, CAM "203.0.113.5 tcp 40000>442 S", DROP, "no-rule", NULL,
	 "cam"},
	{"above a port", NULL, FROM, CAM "203.0.113.5 tcp 40000>444 S", DROP, "no-rule", NULL,
	 "cam"},
	{"the first port of a range", NULL, FROM, CAM "203.0.113.5 tcp 40000>8000 S", PASS, "rule",
	 TCP_RULE, "cam"},
	{"the last port of a range", NULL, FROM, CAM "203.0.113.5 tcp 40000>8010 S", PASS, "rule",
	 TCP_RULE, "cam"},
	{"below a range", NULL, FROM, CAM "203.0.113.5 tcp 40000>7999 S", DROP, "no-rule", NULL,
	 "cam"},
	{"above a range", NULL, FROM, CAM "203.0.113.5 tcp 40000>8011 S", DROP, "no-rule", NULL,
	 "cam"},
	{"the port of TCP by UDP", NULL, FROM, CAM "203.0.113.5 udp 40000>443", DROP, "no-rule",
	 NULL, "cam"},
	{"the port on the wrong side", NULL, FROM, CAM "203.0.113.5 tcp 443>40000 S", DROP,
	 "no-rule", NULL, "cam"},
	{"denied inside of a range", NULL, FROM, CAM "8.8.8.8 tcp 40000>25 S", DROP, "rule-deny",
	 "deny to internet tcp/25", "cam"},
	{"beside what is denied", NULL, FROM, CAM "8.8.8.8 tcp 40000>26 S", PASS, "rule",
	 INTERNET_RULE, "cam"},
	{"a protocol", NULL, FROM, CAM "203.0.113.5 proto 47 data 8", PASS, "rule",
	 "allow to 203.0.113.0/24 ip/47", "cam"},
	{"a protocol by IPv6", NULL, FROM, CAM6 "2001:db8::5 proto 47 data 8", PASS, "rule",
	 "allow to 2001:db8::/32 ip/47", "cam"},
	{"another protocol", NULL, FROM, CAM "203.0.113.5 proto 50 data 8", DROP, "no-rule", NULL,
	 "cam"},
	{"a protocol's reply", "from " CAM "203.0.113.5 proto 47 data 8", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "proto 47 data 8", PASS, "flow",
	 "allow to 203.0.113.0/24 ip/47", "cam"},
	{"an ICMP type", NULL, FROM, CAM "8.8.8.8 icmp 8.0 1", PASS, "rule",
	 "allow to internet icmp/destination-unreachable.1,echo-request", "cam"},
	{"an ICMP type with its code", NULL, FROM, CAM "8.8.8.8 icmp 3.1 0", PASS, "rule",
	 "allow to internet icmp/destination-unreachable.1,echo-request", "cam"},
	{"an ICMP type with another code", NULL, FROM, CAM "8.8.8.8 icmp 3.3 0", DROP, "no-rule",
	 NULL, "cam"},
	{"another ICMP type", NULL, FROM, CAM "8.8.8.8 icmp 13.0 1", DROP, "no-rule", NULL, "cam"},
	{"an ICMPv6 type", NULL, FROM, CAM6 "2001:db8::5 icmp6 128.0 1", PASS, "rule",
	 "allow to 2001:db8::/32 icmpv6/echo-request", "cam"},
	{"another ICMPv6 type", NULL, FROM, CAM6 "2001:db8::5 icmp6 1.0 0", DROP, "no-rule", NULL,
	 "cam"},

	/* --- `from` rules --- */
	{"from a device", NULL, TO, "nvr>cam ip4 10.0.0.11" INTO_CAM "udp 1>6000", PASS, "rule",
	 "allow from device:nvr udp/6000", "cam"},
	{"from another device", NULL, TO, "pump>cam ip4 10.0.0.12" INTO_CAM "udp 1>6000", DROP,
	 "no-rule", NULL, "cam"},
	{"from a host", NULL, TO, "laptop>cam ip4 10.0.0.20" INTO_CAM "tcp 1>22 S", PASS, "rule",
	 "allow from host:laptop tcp/22", "cam"},
	{"from another host", NULL, TO, "admin>cam ip4 10.0.0.21" INTO_CAM "tcp 1>22 S", DROP,
	 "no-rule", NULL, "cam"},
	{"from a machine of a group", NULL, TO, "laptop>cam ip6 fd00::20>fd00::10 tcp 1>5000 S",
	 PASS, "rule", "allow from group:nurses tcp/5000", "cam"},
	{"from a prefix of a group", NULL, TO, "gw>cam ip4 10.0.0.128" INTO_CAM "tcp 1>5000 S",
	 PASS, "rule", "allow from group:nurses tcp/5000", "cam"},
	{"from nobody of a group", NULL, TO, "gw>cam ip4 10.0.0.127" INTO_CAM "tcp 1>5000 S", DROP,
	 "no-rule", NULL, "cam"},
	{"from a segment", NULL, TO, "gw>cam ip4 10.30.0.30" INTO_CAM "tcp 1>8081 S", PASS, "rule",
	 "allow from segment:shop tcp/8081", "cam"},
	{"from the gateway", NULL, TO, "gw>cam ip4 10.0.0.1" INTO_CAM "tcp 1>9100 S", PASS, "rule",
	 "allow from gateway tcp/9100", "cam"},
	{"from beyond the gateway", NULL, TO, "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 1>9100 S",
	 DROP, "no-rule", NULL, "cam"},
	{"from the local networks", NULL, TO, "gw>cam ip4 10.0.0.99" INTO_CAM "udp 1>1900", PASS,
	 "rule", "allow from local udp/1900", "cam"},
	{"from the internet", NULL, TO, "gw>cam ip4 8.8.8.8" INTO_CAM "tcp 1>8443 S", PASS, "rule",
	 "allow from internet tcp/8443", "cam"},
	{"from a private network", NULL, TO, "gw>cam ip4 192.168.1.1" INTO_CAM "tcp 1>8443 S", DROP,
	 "no-rule", NULL, "cam"},
	{"from an IPv6 prefix", NULL, TO, "gw>cam ip6 2001:db8::5>fd00::10 tcp 1>8443 S", PASS,
	 "rule", "allow from internet tcp/8443", "cam"},
	{"from anybody", NULL, TO, "gw>cam ip4 192.168.1.1" INTO_CAM "icmp 8.0 1", PASS, "rule",
	 "allow from any icmp/echo-request", "cam"},
	{"denied before the internet", NULL, TO, "gw>cam ip4 203.0.113.66" INTO_CAM "tcp 1>8443 S",
	 DROP, "rule-deny", "deny from 203.0.113.66", "cam"},
	{"what it may do, done to it", NULL, TO, "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 1>443 S",
	 DROP, "no-rule", NULL, "cam"},
	{"what may be done to it, done by it", NULL, FROM,
	 "cam>nvr ip4 10.0.0.10>10.0.0.11 udp 1>6000", DROP, "no-rule", NULL, "cam"},

	/* --- a device's own rules, then its profile's, then the one that this extends --- */
	{"its own rule", NULL, FROM, "pump>gw ip4 10.0.0.12>203.0.113.6 udp 1>9999", DROP,
	 "rule-deny", "deny to 203.0.113.6", "pump"},
	{"its profile's rule", NULL, FROM, "pump>gw ip4 10.0.0.12>203.0.113.7 udp 1>9999", DROP,
	 "rule-deny", "deny to 203.0.113.7", "pump"},
	{"the rule of its profile's profile", NULL, FROM,
	 "pump>gw ip4 10.0.0.12>203.0.113.8 udp 1>9999", PASS, "rule", "allow to any udp/9999",
	 "pump"},
	{"a critical rule", NULL, TO, "laptop>pump ip4 10.0.0.20>10.0.0.12 tcp 41000>5000 S", PASS,
	 "rule", "allow from group:nurses tcp/5000 critical", "pump"},

	/* --- both ends of a conversation between devices --- */
	{"the other end consents", "from cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S", TO,
	 "cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S", PASS, "rule",
	 "allow from device:cam tcp/554", "nvr"},
	{"the answer leaves",
	 "from cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S; "
	 "to cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S",
	 FROM, "nvr>cam ip4 10.0.0.11>10.0.0.10 tcp 554>40000 SA", PASS, "flow",
	 "allow from device:cam tcp/554", "nvr"},
	{"the answer arrives",
	 "from cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S; "
	 "to cam>nvr ip4 10.0.0.10>10.0.0.11 tcp 40000>554 S; "
	 "from nvr>cam ip4 10.0.0.11>10.0.0.10 tcp 554>40000 SA",
	 TO, "nvr>cam ip4 10.0.0.11>10.0.0.10 tcp 554>40000 SA", PASS, "flow",
	 "allow to device:nvr tcp/554", "cam"},
	{"the other end does not consent", "from cam>laptop ip4 10.0.0.10>10.0.0.20 udp 1>5004", TO,
	 "cam>laptop ip4 10.0.0.10>10.0.0.20 udp 1>5004", DROP, "no-rule", NULL, "laptop"},
	{"the other end is trusted", NULL, TO, "cam>admin ip4 10.0.0.10>10.0.0.21 udp 1>5004", PASS,
	 "trusted", NULL, "admin"},

	/* --- hosts --- */
	{"a host by its rules", NULL, FROM, "laptop>cam ip4 10.0.0.20>10.0.0.10 tcp 1>22 S", PASS,
	 "rule", "allow to device:cam tcp/22", "laptop"},
	{"a host beyond its rules", NULL, FROM, "laptop>gw ip4 10.0.0.20>203.0.113.5 tcp 1>443 S",
	 DROP, "no-rule", NULL, "laptop"},
	{"a trusted host", NULL, FROM, "admin>gw ip4 10.0.0.21>203.0.113.5 tcp 1>443 S", PASS,
	 "trusted", NULL, "admin"},
	{"a trusted host goes on", "from admin>gw ip4 10.0.0.21>203.0.113.5 udp 1>443", FROM,
	 "admin>gw ip4 10.0.0.21>203.0.113.5 udp 1>443", PASS, "flow", NULL, "admin"},
	{"a trusted host with another's address", NULL, FROM,
	 "admin>gw ip4 10.0.0.10>203.0.113.5 tcp 1>443 S", DROP, "source-spoof", NULL, "admin"},
	{"a trusted host that lies in ARP", NULL, FROM,
	 "admin>all arp request admin 10.0.0.1 - 10.0.0.1", DROP, "arp-spoof", NULL, "admin"},
	{"another ethertype of a trusted host", NULL, FROM, "admin>cam type 0x88b5 data 46", PASS,
	 "trusted", NULL, "admin"},
	{"toward a trusted host", NULL, TO, "gw>admin ip4 203.0.113.5>10.0.0.21 tcp 1>443 S", PASS,
	 "trusted", NULL, "admin"},
	{"toward a trusted host at another address", NULL, TO,
	 "gw>admin ip4 203.0.113.5>192.168.1.1 tcp 1>443 S", PASS, "trusted", NULL, "admin"},

	/* --- monitor mode --- */
	{"monitored, and allowed", NULL, FROM, "watch>gw ip4 10.0.0.13>203.0.113.5 tcp 40000>443 S",
	 PASS, "rule", "allow to 203.0.113.5 tcp/443", "watch"},
	{"monitored, and refused", NULL, FROM, "watch>gw ip4 10.0.0.13>5.5.5.5 tcp 40000>443 S",
	 PASS, "no-rule", NULL, "watch"},
	{"monitored: no flow comes of it", "from watch>gw ip4 10.0.0.13>5.5.5.5 udp 40000>443",
	 FROM, "watch>gw ip4 10.0.0.13>5.5.5.5 udp 40000>443", PASS, "no-rule", NULL, "watch"},
	{"monitored, and refused toward it", NULL, TO, "gw>watch ip4 5.5.5.5>10.0.0.13 tcp 443>1 S",
	 PASS, "no-rule", NULL, "watch"},
	{"monitored, but not where it says it is", NULL, FROM,
	 "watch>gw tag 30 ip4 10.0.0.13>5.5.5.5 udp 1>2", DROP, "wrong-port", NULL, "watch"},
	{"monitored, with another's address", NULL, FROM, "watch>gw ip4 10.0.0.10>5.5.5.5 udp 1>2",
	 PASS, "source-spoof", NULL, "watch"},

	/* --- state: TCP --- */
	{"an answer", CAM_OPENS, TO, "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 SA", PASS,
	 "flow", TCP_RULE, "cam"},
	{"an answer by IPv6", "from " CAM6 "2001:db8::5 tcp 40000>443 S", TO,
	 "gw>cam ip6 2001:db8::5>fd00::10 tcp 443>40000 SA", PASS, "flow",
	 "allow to 2001:db8::/32 tcp/443", "cam"},
	{"an answer from another port", CAM_OPENS, TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 444>40000 SA", DROP, "no-rule", NULL, "cam"},
	{"an answer from another address", CAM_OPENS, TO,
	 "gw>cam ip4 203.0.113.4" INTO_CAM "tcp 443>40000 SA", DROP, "no-rule", NULL, "cam"},
	{"the conversation goes on", CAM_OPENS "; " SERVER_ANSWERS, FROM,
	 CAM "203.0.113.5 tcp 40000>443 A data 10", PASS, "flow", TCP_RULE, "cam"},
	{"an answer by `from` rules", LAPTOP_OPENS, FROM,
	 "cam>laptop ip4 10.0.0.10>10.0.0.20 tcp 22>41000 SA", PASS, "flow",
	 "allow from host:laptop tcp/22", "cam"},
	{"a device cannot open on a flow of the other side", LAPTOP_OPENS "; " CAM_ACCEPTS, FROM,
	 "cam>laptop ip4 10.0.0.10>10.0.0.20 tcp 22>41000 S", DROP, "no-rule", NULL, "cam"},
	{"a server cannot open on a flow of the device", CAM_OPENS "; " SERVER_ANSWERS, TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 S", DROP, "no-rule", NULL, "cam"},
	{"SYN with FIN opens as well", CAM_OPENS "; " SERVER_ANSWERS, TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 SF", DROP, "no-rule", NULL, "cam"},
	{"the same side opens again", CAM_OPENS "; " SERVER_ANSWERS, FROM,
	 CAM "203.0.113.5 tcp 40000>443 S", PASS, "rule", TCP_RULE, "cam"},
	{"in the middle, by `to` rules", NULL, FROM, CAM "203.0.113.5 tcp 40000>443 A data 10",
	 PASS, "rule", TCP_RULE, "cam"},
	{"in the middle, toward a device", NULL, TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 A", DROP, "no-rule", NULL, "cam"},
	{"in the middle, toward a device, by `from` rules", NULL, TO,
	 "laptop>pump ip4 10.0.0.20>10.0.0.12 tcp 41000>5000 A", PASS, "rule",
	 "allow from group:nurses tcp/5000 critical", "pump"},
	{"in the middle, as a reply under a `from` rule", NULL, FROM,
	 "pump>laptop ip4 10.0.0.12>10.0.0.20 tcp 5000>41000 PA data 4", PASS, "rule",
	 "allow from group:nurses tcp/5000 critical", "pump"},
	{"in the middle, as a reply that a `to` rule denies", NULL, FROM,
	 "plug>gw tag 30 ip4 10.30.0.30>203.0.113.5 tcp 502>41000 PA data 4", PASS, "rule",
	 "allow from internet tcp/502 critical", "plug"},
	{"in the middle, denied, and no reply", NULL, FROM,
	 "plug>gw tag 30 ip4 10.30.0.30>203.0.113.5 tcp 503>41000 PA data 4", DROP, "rule-deny",
	 "deny to internet", "plug"},
	{"in the middle, without ACK", NULL, FROM,
	 "pump>laptop ip4 10.0.0.12>10.0.0.20 tcp 5000>41000 P", DROP, "no-rule", NULL, "pump"},
	{"in the middle, with SYN as well", NULL, FROM,
	 "pump>laptop ip4 10.0.0.12>10.0.0.20 tcp 5000>41000 SA", DROP, "no-rule", NULL, "pump"},
	{"in the middle, from another port", NULL, FROM,
	 "pump>laptop ip4 10.0.0.12>10.0.0.20 tcp 5001>41000 A", DROP, "no-rule", NULL, "pump"},
	{"in the middle, then on", "from pump>laptop ip4 10.0.0.12>10.0.0.20 tcp 5000>41000 A", TO,
	 "laptop>pump ip4 10.0.0.20>10.0.0.12 tcp 41000>5000 A", PASS, "flow",
	 "allow from group:nurses tcp/5000 critical", "pump"},
	{"UDP in the middle is no reply", NULL, FROM, "cam>nvr ip4 10.0.0.10>10.0.0.11 udp 6000>1",
	 DROP, "no-rule", NULL, "cam"},

	/* --- state: time --- */
	{"opening, after 240 s", CAM_OPENS "; wait 240", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 SA", PASS, "flow", TCP_RULE, "cam"},
	{"opening, after 241 s", CAM_OPENS "; wait 241", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 SA", DROP, "no-rule", NULL, "cam"},
	{"established, after 7440 s", CAM_OPENS "; " SERVER_ANSWERS "; wait 7440", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 A", PASS, "flow", TCP_RULE, "cam"},
	{"established, after 7441 s", CAM_OPENS "; " SERVER_ANSWERS "; wait 7441", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 A", DROP, "no-rule", NULL, "cam"},
	{"a packet keeps it alive",
	 CAM_OPENS "; " SERVER_ANSWERS "; wait 7000; from " CAM
		   "203.0.113.5 tcp 40000>443 A; wait 7000",
	 TO, "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 A", PASS, "flow", TCP_RULE, "cam"},
	{"closing, after 240 s",
	 CAM_OPENS "; " SERVER_ANSWERS "; from " CAM "203.0.113.5 tcp 40000>443 FA; wait 240", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 FA", PASS, "flow", TCP_RULE, "cam"},
	{"closing, after 241 s",
	 CAM_OPENS "; " SERVER_ANSWERS "; from " CAM "203.0.113.5 tcp 40000>443 FA; wait 241", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 FA", DROP, "no-rule", NULL, "cam"},
	{"reset, after 241 s",
	 CAM_OPENS "; " SERVER_ANSWERS "; to gw>cam ip4 203.0.113.5" INTO_CAM
		   "tcp 443>40000 R; wait 241",
	 TO, "gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 A", DROP, "no-rule", NULL, "cam"},
	{"UDP, after 180 s", CAM_ASKS "; wait 180", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "udp 5000>40000", PASS, "flow", UDP_RULE, "cam"},
	{"UDP, after 181 s", CAM_ASKS "; wait 181", TO,
	 "gw>cam ip4 203.0.113.5" INTO_CAM "udp 5000>40000", DROP, "no-rule", NULL, "cam"},
	{"UDP by IPv6, after 180 s", CAM_ASKS6 "; wait 180", TO,
	 "gw>cam ip6 2001:db8::5>fd00::10 udp 5000>40000", PASS, "flow",
	 "allow to 2001:db8::5 udp/5000", "cam"},
	{"UDP by IPv6, after 181 s", CAM_ASKS6 "; wait 181", TO,
	 "gw>cam ip6 2001:db8::5>fd00::10 udp 5000>40000", DROP, "no-rule", NULL, "cam"},
	{"ICMP, after 30 s", NVR_PINGS "; wait 30", TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 0.0 77",
	 PASS, "flow", "allow to gateway icmp/echo-request", "nvr"},
	{"ICMP, after 31 s", NVR_PINGS "; wait 31", TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 0.0 77",
	 DROP, "no-rule", NULL, "nvr"},
	{"ICMPv6, after 30 s", NVR_PINGS6 "; wait 30", TO,
	 "gw>nvr ip6 fd00::1>fd00::11 icmp6 129.0 77", PASS, "flow",
	 "allow to gateway icmpv6/echo-request", "nvr"},
	{"ICMPv6, after 31 s", NVR_PINGS6 "; wait 31", TO,
	 "gw>nvr ip6 fd00::1>fd00::11 icmp6 129.0 77", DROP, "no-rule", NULL, "nvr"},

	/* --- state: ICMP --- */
	{"it asks again", NVR_PINGS, FROM, "nvr>gw ip4 10.0.0.11>10.0.0.1 icmp 8.0 77", PASS,
	 "flow", "allow to gateway icmp/echo-request", "nvr"},
	{"an answer to another question", NVR_PINGS, TO,
	 "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 0.0 78", DROP, "no-rule", NULL, "nvr"},
	{"an answer from who asked", NVR_PINGS, FROM, "nvr>gw ip4 10.0.0.11>10.0.0.1 icmp 0.0 77",
	 DROP, "no-rule", NULL, "nvr"},
	{"a question to who asked", NVR_PINGS, TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 8.0 77",
	 DROP, "no-rule", NULL, "nvr"},
	{"another type with its number", NVR_PINGS, TO,
	 "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 14.0 77", DROP, "no-rule", NULL, "nvr"},
	{"an error with its number", NVR_PINGS, TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 3.1 77",
	 DROP, "no-rule", NULL, "nvr"},
	{"a redirect with its number", NVR_PINGS, TO, "gw>nvr ip4 10.0.0.1>10.0.0.11 icmp 5.1 77",
	 DROP, "no-rule", NULL, "nvr"},
	{"an ICMPv6 answer from who asked", NVR_PINGS6, FROM,
	 "nvr>gw ip6 fd00::11>fd00::1 icmp6 129.0 77", DROP, "no-rule", NULL, "nvr"},
	{"an ICMPv6 error with its number", NVR_PINGS6, TO,
	 "gw>nvr ip6 fd00::1>fd00::11 icmp6 1.0 77", DROP, "no-rule", NULL, "nvr"},
	{"asked by the other side, answered", "to gw>cam ip4 192.168.1.1" INTO_CAM "icmp 8.0 9",
	 FROM, CAM "192.168.1.1 icmp 0.0 9", PASS, "flow", "allow from any icmp/echo-request",
	 "cam"},
	{"asked by the other side, asks back", "to gw>cam ip4 192.168.1.1" INTO_CAM "icmp 8.0 9",
	 FROM, CAM "192.168.1.1 icmp 8.0 9", DROP, "no-rule", NULL, "cam"},
};

const struct goldens goldens = {items, ARRAY_SIZE(items)};
