#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Does enforcement outlive every iotguard process, and does nothing of theirs stay in the way?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

# A conversation that was open before: the camera's subscription, which waits for commands.
open_conversation() {
	lab_start camera conversation mosquitto_sub -i conversation -h "$BROKER" -p 8883 \
		--psk-identity demo --psk "$PSK" -q 1 -t to/camera
	lab_until 3 hears_command
}

connected_once() {
	[ "$(grep -c 'New client connected .* as conversation' "$LAB/mosquitto.log")" -eq 1 ]
}

# hears_command: one more line than before, from the same client.
hears_command() {
	local before
	before=$(wc -l <"$LAB/conversation.log")
	lab_in internet timeout 2 mosquitto_pub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 1 -t to/camera -m command || return
	lab_until 1 sh -c "[ \$(wc -l <'$LAB/conversation.log') -gt $before ]"
}

start_reader() {
	lab_start gw "$1" "$LOADER" --state-dir "$LAB_STATE" events --follow --json
	READER=$LAB_PID
}

reads_events() {
	start_reader second
	lab_until 3 grep -q "$ELSEWHERE_2" "$LAB/second.log"
}

shows_pump() {
	lab_iotguard show devices | grep -w pump-3
}

lab_up
check "before apply, an unlisted address answers" fetches camera "http://$ELSEWHERE/"
check "before apply, so does another" fetches camera "http://$ELSEWHERE_2/"
check "before apply, the neighbour answers" fetches camera "http://$PUMP:5000/"
lab_guard
start_reader first
check "a refused packet is reported" refuted fetches camera "http://$ELSEWHERE/"
check "by the reader that runs" lab_until 3 grep -q "$ELSEWHERE" "$LAB/first.log"
check "a conversation is open" open_conversation

check "the reader still runs before the kill" kill -0 "$READER"
lab_kill_iotguard
check "no iotguard process is left" lab_until 2 lab_none_left

check "the open conversation goes on" hears_command
check "over the very same connection" connected_once
check "a new allowed conversation opens" publishes camera
check "the critical service is reached" fetches station "http://$PUMP:5000/"
check "a lease is renewed" renews
check "an unlisted address stays refused" refuted fetches camera "http://$ELSEWHERE_2/"
check "the neighbour stays refused" refuted fetches camera "http://$PUMP:5000/"
check "the unknown device stays refused" refuted pings new "$GATEWAY"
check "the next reader gets the ring, and what happened meanwhile" reads_events
check "show still knows the devices" shows_pump
lab_done
