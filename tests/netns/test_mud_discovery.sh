#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Devices that tell where their MUD file is, to a real DHCP server and by LLDP: it is an event, iotguardd
# notes it as the inventory says, and `show mud` has it. Another owner waits for a person. What the frames
# may do is as without it.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
lan_needs xxd

DAEMON=$LAB_BUILD/iotguardd
SOCKET=$LAB/events.sock SAVE=$LAB/save
URL=https://vendor.example/cam NEXT=https://Vendor.example:443/cam/2 OTHER=https://other.example/cam

[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"

### What devices say ###############################################################################

hex() { printf '%s' "$1" | xxd -p | tr -d '\n'; }

# says_dhcp NAME URL: in a DISCOVER and a REQUEST that get it a lease.
says_dhcp() {
	[ ! -e "$LAB/dhcp-$1.pid" ] || { lan_ends "dhcp-$1" && ip -n "$1" -4 address flush dev eth0; }
	lan_dhcp "$1" -x "0xa1:$(hex "$2")"
}

# says_dhcp6 NAME URL: in an INFORMATION-REQUEST.
says_dhcp6() {
	lab_in "$1" "$FRAME" send eth0 "${LAN_MAC[$1]}" 33:33:00:01:00:02 \
		ip "$(lan_link_local "$1")" ff02::1:2 udp 546 547 \
		"hex:0b000001$(printf '0070%04x' ${#2})$(hex "$2")"
}

# says_lldp NAME URL
says_lldp() {
	lab_in "$1" "$FRAME" send eth0 "${LAN_MAC[$1]}" 01:80:c2:00:00:0e ether 88cc \
		"hex:$(printf '%04x00005e01' $((0xfe00 + 4 + ${#2})))$(hex "$2")0000"
}

### What is known of it ############################################################################

mud_daemon() {
	lab_start gw daemon "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE" --save-interval 1
	lan_keep daemon
	lab_until 5 "$STREAM" "$SOCKET" recent >/dev/null
}

shown() {
	lab_iotguard --save-dir "$SAVE" show mud "$@"
}

# noted NAME|MAC SOURCE URL STATE [ADOPTED]
noted() {
	shown --json | jq -e --arg who "$1" --arg source "$2" --arg url "$3" --arg state "$4" --arg adopted "${5:-}" \
		'[.mud[] | select((.device // .mac) == $who and .source == $source and .url == $url and
			.state == $state and (.adopted // "") == $adopted)] | length == 1' >/dev/null
}

is_noted() {
	lab_until 5 noted "$@" || { shown; tail -n 3 "$LAB/daemon.log"; return 1; }
}

is_told() { # NAME SOURCE URL: as an event
	lab_until 5 sh -c "jq -e --arg mac '${LAN_MAC[$1]}' --arg source '$2' --arg url '$3' \
		'select(.event_type == \"mud-url\" and .ether.src_mac == \$mac and .mud.source == \$source and
			.mud.url == \$url)' <'$LAN_EVENTS' | grep -q ."
}

is_in_the_table() { # NAME TEXT...
	local text
	shown >"$LAB/table"
	for text in "${@:2}"; do
		grep "^$1 " "$LAB/table" | grep -qF -- "$text" || { cat "$LAB/table"; return 1; }
	done
}

unknown_to_show() { # NAME
	! shown --json | jq -e --arg who "$1" '.mud[] | select((.device // .mac) == $who)'
}

# Nothing that a device said may write to the terminal.
harmless() {
	shown >"$LAB/table" && grep -q "${LAN_MAC[newbie]}" "$LAB/table" && ! grep -q $'[\x01-\x09\x0b-\x1f\x7f-\xff]' "$LAB/table"
}

lan_up
for name in cam lamp mute newbie; do lan_thing "$name"; done
FRAME=$(lab_tool frame) && STREAM=$(lab_tool stream) || lab_die "the tools cannot be built"
mkdir "$SAVE"
lan_listed() { [ "$1" != newbie ]; }
LAN_KEYS[cam]="mud-discovery: adopt"
LAN_KEYS[mute]="mud-discovery: off"
mud_daemon
lan_dnsmasq "${LAN_RA[@]}"
lan_inventory "$LAB/lan.yaml" "unknown-devices: onboard"
lab_guard "$LAB/lan.yaml"
lab_until 5 grep -q "reading events" "$LAB/daemon.log" || lab_die "iotguardd does not read: $(cat "$LAB/daemon.log")"
lan_watch
lab_until 5 lan_link_local cam >/dev/null || lab_die "no link-local address"

check "nothing is noted yet" test "$(shown --json | jq '.mud | length')" = 0
check "a device that tells its URL gets its lease" says_dhcp cam "$URL"
check "it is told as an event" is_told cam dhcp4 "$URL"
check "adopt: it is adopted" is_noted cam dhcp4 "$URL" adopted "$URL"
check "the table has it" is_in_the_table cam "$URL" dhcp4 adopted
check "another URL of the same owner is adopted" says_dhcp cam "$NEXT"
check "which is noted" is_noted cam dhcp4 "$NEXT" adopted "$NEXT"
check "one of another owner waits" says_dhcp cam "$OTHER"
check "the one before stays in force" is_noted cam dhcp4 "$OTHER" conflict "$NEXT"
check "the table says which" is_in_the_table cam "$OTHER" conflict "in force is $NEXT"

check "propose, unless it is said otherwise" says_dhcp lamp "$URL"
check "it is proposed" is_noted lamp dhcp4 "$URL" proposed
check "the same by DHCPv6" says_dhcp6 lamp "$URL"
check "is noted beside it" is_noted lamp dhcp6 "$URL" proposed
check "another one by LLDP" says_lldp lamp "$OTHER"
check "contradicts both" is_noted lamp lldp "$OTHER" conflict
check "and both wait" is_noted lamp dhcp4 "$URL" conflict

check "off: it is an event" eval 'says_dhcp mute "$URL" && is_told mute dhcp4 "$URL"'
check "and nothing else" unknown_to_show mute

check "a stranger gets its lease" says_dhcp newbie "$URL"
check "and is noted by its MAC address" is_noted "${LAN_MAC[newbie]}" dhcp4 "$URL" proposed
check "what is no URL is told as such" eval 'says_lldp newbie "$(printf "http://x/\033]0;x\007")"'
check "and noted as such" is_noted "${LAN_MAC[newbie]}" lldp "http://x/?]0;x?" invalid
check "and harms no terminal" harmless

lan_ends watch # or it takes over the ring
kill -KILL "$(lan_pid daemon)"
lab_until 5 refuted kill -0 "$(lan_pid daemon)"
rm -f "$SOCKET"
mud_daemon
check "another iotguardd knows it all" eval \
	'is_noted cam dhcp4 "$OTHER" conflict "$NEXT" && is_noted lamp lldp "$OTHER" conflict'
check "and what is told now" says_dhcp cam "$NEXT"
check "ends the conflict" is_noted cam dhcp4 "$NEXT" adopted "$NEXT"

LAN_KEYS[cam]="mud-discovery: off"
lan_inventory "$LAB/lan.yaml" "unknown-devices: onboard"
check "the inventory is changed, in nothing but this" lab_iotguard apply "$LAB/lan.yaml"
check "the next time that it is told" says_dhcp cam "$NEXT"
check "it is forgotten" lab_until 5 unknown_to_show cam

check "nobody known was called a liar" lan_honest cam lamp mute
lan_told
lab_done
