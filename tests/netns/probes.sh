# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Probes: one real client each, asking one question that is answered with yes (0)
# or no. They wait 1 to 2 seconds for an answer that does not come. Sourced by lab.sh.

# publishes NAMESPACE: an MQTT message over TLS, acknowledged by the broker.
publishes() {
	lab_in "$1" timeout 2 mosquitto_pub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 1 -t "from/$1" -m hello
}

# receives NAMESPACE: a message that the broker pushes down a connection that the device opened.
receives() {
	local heard=$LAB/heard-$1-$BASHPID sub
	lab_in "$1" timeout 3 mosquitto_sub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 1 -t "to/$1" -C 1 >"$heard" &
	sub=$!
	# A subscriber says nothing when it is ready, so the message is sent until it is heard.
	while kill -0 "$sub" 2>/dev/null && [ ! -s "$heard" ]; do
		lab_in internet timeout 2 mosquitto_pub -h "$BROKER" -p 8883 --psk-identity demo \
			--psk "$PSK" -q 1 -t "to/$1" -m command
	done
	wait "$sub"
}

# fetches NAMESPACE URL [CURL-OPTION...]
fetches() {
	lab_in "$1" curl --silent --fail --noproxy '*' --connect-timeout 1 --max-time 2 \
		--output /dev/null "${@:3}" "$2"
}

# pings NAMESPACE ADDRESS [PING-OPTION...]
pings() {
	lab_in "$1" ping -q -n -c 1 -W 1 "${@:3}" "$2"
}

# resolves NAMESPACE SERVER [DIG-OPTION...]: the broker's name has its address.
resolves() {
	[ "$(lab_in "$1" dig +short +time=1 +tries=1 "${@:3}" "@$2" broker.example A)" = "$BROKER" ]
}

# leases NAMESPACE [SCRIPT]: a whole DHCP exchange, from discover to acknowledgement. SCRIPT is told
# what came of it; without one the interface stays as it is.
leases() {
	lab_in "$1" busybox udhcpc -i eth0 -f -q -n -t 2 -T 1 -s "${2:-/bin/true}"
}

# renews: the pump's client asks its server for more time, and gets it.
renews() {
	local log=$LAB/dhcp-pump.log before
	before=$(grep -c '^renew' "$log")
	kill -USR1 "$PUMP_DHCP"
	lab_until 3 sh -c "[ \$(grep -c '^renew' '$log') -gt $before ]"
}

# borrows NAMESPACE ADDRESS COMMAND...: the command while the namespace has a second address.
borrows() {
	local status
	ip -n "$1" address add "$2/24" dev eth0
	"${@:3}"
	status=$?
	ip -n "$1" address del "$2/24" dev eth0
	return "$status"
}

# poisons NAMESPACE VICTIM: telling all the world that it is the gateway works on the victim.
poisons() {
	local status liar
	liar=$(lab_mac "$1")
	pings "$2" "$GATEWAY" >/dev/null
	lab_in "$1" sysctl -qw net.ipv4.ip_nonlocal_bind=1
	lab_in "$1" arping -q -A -c 1 -w 1 -I eth0 -s "$GATEWAY" "$GATEWAY"
	ip -n "$2" neigh show "$GATEWAY" dev eth0 | grep -q "$liar"
	status=$?
	lab_forget
	return "$status"
}

# impersonates NAMESPACE VICTIM COMMAND...: the command with the victim's MAC address and IPv4 address.
impersonates() {
	local status own mac address
	own=$(lab_mac "$1")
	mac=$(lab_mac "$2")
	address=$(ip -n "$2" -4 -o address show dev eth0 | awk '{ print $4 }')
	ip -n "$1" link set eth0 address "$mac"
	ip -n "$1" address add "$address" dev eth0
	"${@:3}"
	status=$?
	ip -n "$1" address del "$address" dev eth0
	ip -n "$1" link set eth0 address "$own"
	lab_forget
	pings "$2" "$GATEWAY" >/dev/null # the bridge learns again where the victim is
	return "$status"
}
