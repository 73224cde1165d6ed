#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Packets that are longer than a link: do those of an admitted conversation arrive whole in pieces, those
# of no conversation not, and does a device hear of it when its packets are too long for the way?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
. "$(dirname "${BASH_SOURCE[0]}")/small.sh"
lab_enter "$0" "$@"

NARROW=1280
COUNT=0

inventory() { # FILE
	cat >"$1" <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY, "$GATEWAY6"]
		  macs: ["$GATEWAY_MAC"]
		segments:
		  ward: {interfaces: [lan-cam, lan-pump], networks: [10.30.0.0/24, "fd00:30::/64"]}
		devices:
		  camera:
		    mac: "$CAMERA_MAC"
		    addresses: [$CAMERA, "$CAMERA6"]
		    segment: ward
		    rules:
		      - allow to $BROKER icmp/echo-request
		      - allow to $BROKER6 icmpv6/echo-request
		      - allow to $BROKER udp/7000
		      - allow to device:pump icmp/echo-request
		  pump:
		    mac: "$PUMP_MAC"
		    addresses: [$PUMP]
		    segment: ward
		    rules: [allow from device:camera icmp/echo-request]
	YAML
}

# sends NAMESPACE ADDRESS PORT: a datagram of 3000 bytes and a text, which is heard in the internet. Ports
# stand at its beginning.
sends() {
	local text ready ear
	COUNT=$((COUNT + 1))
	text=datagram-$BASHPID-$COUNT-ends
	ready=$LAB/ready-$BASHPID-$COUNT
	lab_in internet "$FRAME" hear eth0 800 "$text" "$ready" &
	ear=$!
	lab_until 2 test -e "$ready"
	lab_in "$1" bash -c 'printf "%0*d%s" 3000 0 "$1" >"/dev/udp/$2/$3"' - "$text" "$2" "$3"
	wait "$ear"
}

# learns NAMESPACE ADDRESS: that the way to there is narrow.
learns() {
	ip -n "$1" route flush cache
	ip -n "$1" -6 route flush cache
	lab_in "$1" ping -q -n -c 2 -i 0.2 -W 1 -M "do" -s 1400 "$2" >/dev/null 2>&1
	ip -n "$1" route get "$2" | grep -q "mtu $NARROW"
}

plainly() {
	"$@"
}

# narrows MTU: both ends, since a veth takes no longer frames than it sends.
narrows() {
	ip -n gw link set wan0 mtu "$1"
	ip -n internet link set eth0 mtu "$1"
}

scenes() { # WHEN plainly|refuted
	local when=$1
	shift
	check "$when, a long echo comes back" pings camera "$BROKER" -s 4000
	check "$when, a long IPv6 echo comes back" pings camera "$BROKER6" -s 4000
	check "$when, a long echo comes back from a neighbour" pings camera "$PUMP" -s 4000
	check "$when, a long datagram arrives" sends camera "$BROKER" 7000
	check "$when, a long echo to elsewhere" "$@" pings camera "$ELSEWHERE" -s 4000
	check "$when, a long IPv6 echo to elsewhere" "$@" pings camera "$ELSEWHERE6" -s 4000
	check "$when, a long datagram to another port" "$@" sends camera "$BROKER" 7001
	check "$when, a neighbour's long echo" "$@" pings pump "$CAMERA" -s 4000
	narrows "$NARROW"
	check "$when, a narrow way is told" learns camera "$BROKER"
	check "$when, a narrow IPv6 way is told" learns camera "$BROKER6"
	check "$when, a long echo comes back by the narrow way" pings camera "$BROKER" -s 4000
	narrows 1500
	ip -n camera route flush cache
}

counted() { # REASON
	lab_iotguard show stats | grep -q "$1"
}

FRAME=$(lab_tool frame) || lab_skip "no tool frame, and no cc to make it with"
lab_gateway
lab_internet
small_thing camera lan-cam "$CAMERA_MAC" "$CAMERA"
small_thing pump lan-pump "$PUMP_MAC" "$PUMP"
lab_address6 camera "$CAMERA6"
lab_until 5 pings camera "$BROKER" || lab_die "nobody answers"
lab_until 5 pings camera "$BROKER6" || lab_die "nobody answers by IPv6"
scenes "without iotguard" plainly
inventory "$LAB/pieces.yaml"
lab_guard "$LAB/pieces.yaml"
scenes "with iotguard" refuted
check "later fragments were counted" counted later-fragment
check "those of no conversation, too" counted "fragment "
check "ICMP errors were counted" counted icmp-error
lab_done
