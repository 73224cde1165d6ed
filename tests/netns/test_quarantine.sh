#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Quarantine by hand: it acts on the next packet, live conversations included, what is critical goes on
# without losing one, and it ends by itself, with no process left.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
unset SSH_CONNECTION

# The camera's subscription, which waits for commands.
open_conversation() {
	lab_start camera conversation mosquitto_sub -i conversation -h "$BROKER" -p 8883 \
		--psk-identity demo --psk "$PSK" -q 0 -t to/camera
	lab_until 3 hears_command
}

send_command() {
	lab_in internet timeout 2 mosquitto_pub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 0 -t to/camera -m command
}

heard() {
	wc -l <"$LAB/conversation.log"
}

hears_command() {
	local before
	before=$(heard)
	send_command && lab_until "${1:-2}" hears_more "$before"
}

hears_more() {
	[ "$(heard)" -gt "$1" ]
}

# The command is on its way to the camera: its port refuses it.
stays_deaf() {
	local before refused
	before=$(heard) refused=$(refused)
	send_command || return
	lab_until 2 refuses_more "$refused" || { echo "nothing was refused"; return 1; }
	[ "$(heard)" -eq "$before" ] || { echo "it heard"; return 1; }
}

connected_once() {
	[ "$(grep -c 'New client connected .* as conversation' "$LAB/mosquitto.log")" -eq 1 ]
}

# Packets that were refused by a quarantine.
refused() {
	lab_iotguard show stats --json | tr -d ' \n' | tr '{' '\n' |
		sed -n '/"reason":"quarantine"/,$p' | sed -n 's/^"packets":\([0-9]*\).*/\1/p' | head -n 2 |
		{ sum=0; while read -r n; do sum=$((sum + n)); done; echo "$sum"; }
}

refuses_more() {
	[ "$(refused)" -gt "$1" ]
}

safe() {
	local n
	n=$(lab_iotguard show stats --json | sed -n 's/.*"safety_dropped": *\([0-9]*\).*/\1/p')
	[ "$n" = 0 ] || { echo "safety_dropped is ${n:-not told}"; return 1; }
}

is_in() { # NAME: `show devices` says that it is in quarantine
	lab_iotguard show devices | grep -E "^$1 " | grep -qw quarantine
}

# What the nurse station's kernel had to send again.
sent_again() {
	lab_in station awk '/^Tcp: [0-9]/ { print $13 }' /proc/net/snmp
}

# vital_signs N [FILE]: the station asks the pump without a pause, N times and until there is FILE; COUNT and LOST are
# filled in.
vital_signs() {
	local again
	COUNT=0 LOST=0
	again=$(sent_again)
	while [ "$COUNT" -lt "$1" ] || { [ -n "${2:-}" ] && [ ! -e "$2" ]; }; do
		COUNT=$((COUNT + 1))
		fetches station "http://$PUMP:5000/" || LOST=$((LOST + 1))
	done
	LOST=$((LOST + $(sent_again) - again))
}

none_lost() {
	echo "$COUNT answers, $LOST lost or sent again"
	[ "$COUNT" -gt 0 ] && [ "$LOST" -eq 0 ]
}

quarantine() {
	lab_iotguard quarantine "$@"
}

release() {
	lab_iotguard release "$@"
}

over_ssh() {
	SSH_CONNECTION="$STATION 40022 $GATEWAY 22" lab_iotguard "$@"
}

lab_up
check "nothing enforced, nobody is quarantined" fails 1 "nothing is enforced" quarantine camera-2
check "nor released" fails 1 "nothing is enforced" release camera-2
lab_guard
check "a conversation is open" open_conversation
check "the camera pings its cloud" pings camera "$CLOUD"
check "an unknown name is an error that says where the names are" fails 1 "show devices" quarantine camera-9
check "a time without its unit is none" fails 2 "90s, 5m, 1h or 2d" quarantine camera-2 --for 90
check "who is in no quarantine is not released" fails 0 "in no quarantine" release camera-2

### The camera #####################################################################################

check "the camera goes into quarantine" quarantine camera-2
check "its open conversation is cut at once" stays_deaf
check "show says so" is_in camera-2
check "it opens nothing" refuted pings camera "$CLOUD"
check "nor does its neighbour get what it did not before" refuted fetches camera "http://$PUMP:5000/"
check "infrastructure goes on: addresses" leases camera
check "infrastructure goes on: names" resolves camera "$GATEWAY"
check "another device notices nothing" fetches plug "http://$PORTAL/"
check "a new policy does not end it" lab_iotguard apply "$LAB_TREE/examples/ward.yaml"
sed 's/ward-3/ward-4/' "$LAB_TREE/examples/ward.yaml" >"$LAB/other.yaml"
check "one that differs neither" lab_iotguard apply "$LAB/other.yaml"
check "it is in quarantine still" refuted pings camera "$CLOUD"
check "nor does a rollback" lab_iotguard rollback
check "it is in quarantine after that as well" refuted pings camera "$CLOUD"
check "it is released" fails 0 "out of quarantine" release camera-2
# TCP sends again ever more rarely
check "and hears commands again" hears_command 30
check "over the very same connection" connected_once
check "and pings its cloud" pings camera "$CLOUD"

### The pump #######################################################################################

vital_signs 5
check "the pump answers the nurse station" none_lost
(vital_signs 10 "$LAB/enough" && none_lost >"$LAB/vital" 2>&1; echo $? >"$LAB/vital.code") &
VITAL=$!
check "the pump goes into quarantine, for an hour" fails 0 "for 1 hour" quarantine pump-3 --for 1h
check "what is not critical is cut" refuted publishes pump
vital_signs 10
check "its critical service is opened anew" none_lost
touch "$LAB/enough"
wait "$VITAL"
check "its critical service answers all the while: $(cat "$LAB/vital")" test "$(cat "$LAB/vital.code")" = 0
check "no packet of a critical rule was refused" safe
check "the pump is released" release pump-3
check "and publishes again" publishes pump

### The end ########################################################################################

check "the camera goes into quarantine for some seconds" quarantine camera-2 --for 6s
lab_kill_iotguard
check "no iotguard process is left" lab_until 2 lab_none_left
check "it is in quarantine" refuted pings camera "$CLOUD"
check "and at its deadline it is not any more" lab_until 15 pings camera "$CLOUD"
check "the open conversation goes on, too" hears_command 30
check "show knows" refuted is_in camera-2

### Whose session ##################################################################################

check "over SSH from a machine it is not put into quarantine" fails 1 "--force" over_ssh quarantine station-1
check "unless forced" over_ssh quarantine station-1 --force
check "nobody is trusted there" refuted fetches station "http://$PORTAL/"
check "what a device's critical rule wants of it is that device's" release station-1
lab_done
