#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Real DHCP servers, router advertisements and clients, with an inventory that lists no addresses: does
# each machine get its address under the guard, use it at once, keep it, change it, take it to another
# port, and is nobody accused of anything?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
. "$LAB_SOURCE/clients.sh"
lan_needs kea-dhcp4 radvd dhclient dhcpcd

TAKEN=10.30.0.140
RELAYED=$BROKER LAN_SERVER=$BROKER

# Nothing may be lost on the way to an address that was just got.
uses() { # NAME
	pings "$1" "$BROKER" && fetches "$1" "http://$BROKER/"
}

uses6() {
	pings "$1" "$BROKER6" && fetches "$1" "http://[$BROKER6]/"
}

fetches6_from() { # NAME ADDRESS
	fetches "$1" "http://[$BROKER6]/" --interface "$2"
}

other_address() { # NAME OLD
	local now
	now=$(lan_address "$1") && [ "$now" != "$2" ]
}

temporary() { lan_address6 "$1" temporary; }
stable() { lan_address6 "$1" mngtmpaddr; }

### What every DHCP server has to do ###############################################################

leases_of() { # SERVER
	local old
	check "$1: udhcpc gets a lease" lan_dhcp uma
	check "$1: and uses it at once" uses uma
	check "$1: dhclient gets a lease" client_dhclient dora
	check "$1: and uses it at once" uses dora
	check "$1: dhcpcd gets a lease" client_dhcpcd cid
	check "$1: and uses it at once" uses cid

	lan_series uma "$BROKER"
	check "$1: udhcpc renews by unicast" lan_renews_alone uma
	check "$1: dhcpcd renews" client_dhcpcd_renews cid
	check "$1: no packet was lost meanwhile" [ "$(lan_lost)" = 0 ]
	check "$1: the renewed leases are of use" uses uma
	check "$1: all three" uses cid

	old=$(lan_address uma)
	check "$1: udhcpc gives its lease back" client_releases uma
	check "$1: and gets another one" lan_dhcp uma -r 10.30.0.131
	check "$1: which is another one" other_address uma "$old"
	check "$1: and uses it at once" uses uma

	check "$1: udhcpc declines what somebody has" declines uma
	check "$1: and uses what it got instead" uses uma
	check "$1: dhclient gives its lease back" client_dhclient_releases dora
	check "$1: dhcpcd gives its lease back" client_dhcpcd_releases cid
}

# declines NAME: what it asks for turns out to be somebody's (the gateway got that address since the
# policy was applied, and answers for it), so it asks for another one.
declines() {
	client_releases "$1"
	ip -n gw address add "$TAKEN/32" dev lo
	lan_dhcp "$1" -a -r "$TAKEN" || return
	ip -n gw address del "$TAKEN/32" dev lo
	grep -q -i declin "$LAB/dhcp-$1.log" || { cat "$LAB/dhcp-$1.log"; return 1; }
	other_address "$1" "$TAKEN"
}

### dnsmasq ########################################################################################

# renumbered: the server starts anew with another range and without its leases; a client that renews
# is told no, and asks anew.
renumbered() {
	local old
	old=$(lan_address uma)
	lan_ends dnsmasq
	rm -f "$LAB/leases"
	LAN_POOL=10.30.0.50,10.30.0.90,255.255.255.0,120s lan_dnsmasq "${DNSMASQ[@]}"
	kill -USR1 "$(lan_pid dhcp-uma)"
	lab_until 8 other_address uma "$old" || return
	grep -q 'DHCPNAK' "$LAB/dnsmasq.log"
}

informs() {
	client_dhcpcd_informs ines 10.30.0.77/24
	lab_until 10 grep -q 'DHCPINFORM' "$LAB/dnsmasq.log" || return
	lab_until 3 grep -q -i 'acknowledged\|received approval\|DHCPACK' "$LAB/dhcpcd-ines.log" || { cat "$LAB/dhcpcd-ines.log"; return 1; }
	lan_ends dhcpcd-ines
}

with_dnsmasq() {
	DNSMASQ=("${LAN_RA[@]}" "dhcp-range=fd00:30::1000,fd00:30::1fff,64,2m")
	# Both: addresses of their own, and addresses from the server.
	lan_dnsmasq enable-ra "dhcp-range=fd00:30::1000,fd00:30::1fff,slaac,64,10m" "ra-param=br-lan,10,1800"
	for name in uma priv; do
		renumber "$name"
		check "dnsmasq: $name has an address from a router advertisement" lab_until 6 stable "$name"
		check "dnsmasq: and uses it at once" fetches6_from "$name" "$(stable "$name")"
	done
	check "dnsmasq: priv has a privacy address" lab_until 6 temporary priv
	check "dnsmasq: and uses it at once" fetches6_from priv "$(temporary priv)"
	check "dnsmasq: DHCPv6 gives an address" client_dhclient6 dora
	check "dnsmasq: and it is of use at once" fetches6_from dora "$(client_address6 dora)"
	leases_of dnsmasq
	check "dnsmasq: INFORM is answered" informs
	check "dnsmasq: a client is told no, and asks anew" renumbered
	check "dnsmasq: and uses what it got" uses uma
	check "dnsmasq: and lets it go" client_releases uma
	lan_ends dnsmasq
	check "dnsmasq: nobody was called a liar" lan_truth
}

# renumber NAME: IPv6 from scratch.
renumber() {
	lab_in "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	lab_in "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
}

### Kea and radvd ##################################################################################

with_kea() {
	lan_kea
	leases_of kea
	check "kea: udhcpc lets its lease go" client_releases uma
	lan_ends kea
	check "kea: nobody was called a liar" lan_truth
}

with_radvd() {
	lan_radvd
	for name in uma priv; do
		renumber "$name"
		check "radvd: $name has an address" lab_until 6 stable "$name"
		check "radvd: and uses it at once" fetches6_from "$name" "$(stable "$name")"
	done
	check "radvd: priv has a privacy address" lab_until 6 temporary priv
	check "radvd: and uses it at once" fetches6_from priv "$(temporary priv)"
	check "radvd: nobody was called a liar" lan_truth
}

### A relay ########################################################################################

with_relay() {
	# Who masquerades between machines and their DHCP server has none for long.
	lab_in gw nft insert rule inet lab postrouting udp sport "{ 67, 68 }" accept
	lab_start gw relay dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --port=0 \
		--user=root --log-dhcp --log-facility=- --dhcp-relay="$GATEWAY,$RELAYED"
	lab_start internet relayed dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --port=0 \
		--user=root --log-dhcp --log-facility=- --no-ping --interface=eth0 --dhcp-authoritative \
		--dhcp-leasefile="$LAB/relayed-leases" --dhcp-option="option:router,$GATEWAY" \
		--dhcp-range=10.30.0.151,10.30.0.199,255.255.255.0,2m \
		--dhcp-range="$ELSEWHERE,static"
	lab_until 3 grep -q started "$LAB/relayed.log"
	check "relay: udhcpc gets a lease" lan_dhcp uma || cat "$LAB/relay.log" "$LAB/relayed.log"
	check "relay: and uses it at once" uses uma
	check "relay: it renews, past the relay" lan_renews_alone uma
	check "relay: and it is of use" uses uma
	check "relay: nobody was called a liar" lan_truth
}

### Roaming ########################################################################################

# A machine with two sockets that are one interface for it: only one of them is plugged in.
rover_up() {
	lan_thing rover
	lan_thing socket
	ip -n gw link del lan-socket
	ip link add lan-socket netns gw type veth peer name eth1 netns rover
	ip -n gw link set lan-socket master br-lan up
	ip -n rover link set eth0 down
	ip -n rover link set eth0 name wire
	ip -n rover link set eth1 name other
	lab_in rover sysctl -qw net.ipv6.conf.wire.disable_ipv6=1 net.ipv6.conf.other.disable_ipv6=1
	ip -n rover link add eth0 address "${LAN_MAC[rover]}" type bridge forward_delay 0 mcast_snooping 0
	ip -n rover link set other up
	ip -n rover link set wire up
	ip -n rover link set wire address 02:00:5e:30:00:01
	ip -n rover link set wire master eth0
	ip -n rover link set eth0 up
}

plug_over() { # FROM TO
	ip -n rover link set "$1" nomaster
	ip -n rover link set "$2" master eth0
}

roams() {
	local before=$1
	lab_in internet mosquitto_pub -h "$BROKER" -p 1883 -q 1 -t to/rover -m again
	lab_until 5 sh -c "[ \$(grep -c again '$LAB/rover-sub.log') -gt $before ]"
}

connected_once() {
	[ "$(grep -c 'New client connected .* as rover' "$LAB/mosquitto.log")" -eq 1 ]
}

roaming() {
	check "rover has a lease" lan_dhcp rover
	lab_start rover rover-sub mosquitto_sub -i rover -h "$BROKER" -p 1883 -q 1 -t to/rover
	lab_until 5 grep -q 'as rover' "$LAB/mosquitto.log"
	lan_series rover "$BROKER" 0.05
	lab_until 5 lan_address6 rover
	lan_series rover "$BROKER6" 0.05
	check "rover hears its broker" roams 0
	plug_over wire other
	check "plugged in elsewhere, it still does" roams 1
	check "and uses its address there" uses rover
	check "and its IPv6 address" uses6 rover
	plug_over other wire
	check "and back" roams 2
	check "over one and the same connection" connected_once
	printf '# packets lost while it moved twice, of two series: %d\n' "$(lan_lost)"
	check "roaming: nobody was called a liar" lan_truth
}

### The play #######################################################################################

lan_up
for name in uma dora cid ines; do lan_thing "$name"; done
LAN_TEMPORARY=2 lan_thing priv
rover_up
lan_listed() { [ "$1" != socket ]; }
LAN_KEYS[ines]="addresses: [10.30.0.77]"
lan_guard

with_dnsmasq
with_kea
with_radvd
with_relay
roaming
lan_told
lab_done
