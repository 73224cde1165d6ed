#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One device floods its port with all kinds of frames, as fast as it can. Its neighbour keeps every flow, gets every
# answer, and is refused nothing but what its policy refuses; and each frame and each event is counted once.
#
#	test_flood.sh [KIND...]		all of them, if none is named
#
# Many more frames with IOTGUARD_LONG=1.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/flood.sh"
unset SSH_CONNECTION

FRAMES=${IOTGUARD_LONG:+2000000}	FRAMES=${FRAMES:-40000}
FLOWS=48 # of 64 that a device has, beside the connection
REFUSED=20

# What of a kind may pass at all; beside it each kind has one reason that drops it.
declare -A PASSES=([first]=rule [overlap]=flow [dns]=dns [syn]=rule)
declare -A DROPS=([random]=no-rule [spoofed]=source-spoof [strangers]=unknown-device [later]=fragment
	[overlap]=fragment-overlap [tiny]=truncated)

# A neighbour that also asks what it may not, while it lasts.
flooded() {
	local kind=$1 status=0
	flood "$kind" "$FRAMES" &
	local flooder=$!
	lab_in camera "$TALK" ask "$ELSEWHERE" "$FLOOD_PORT" 40000 "$REFUSED" 1 >"$LAB/asked" || status=1
	wait "$flooder" && [ "$status" = 0 ]
}

keeps_its_flows() {
	flood_flows "$LAB/flows-after"
	[ "$(wc -l <"$LAB/flows-before")" -gt "$FLOWS" ] || { echo "it had only:"; cat "$LAB/flows-before"; return 1; }
	comm -23 "$LAB/flows-before" "$LAB/flows-after" >"$LAB/flows-lost"
	[ ! -s "$LAB/flows-lost" ] || { echo "gone:"; cat "$LAB/flows-lost"; return 1; }
}

is_answered() {
	flood_neighbour_end || return
	tail -n 1 "$LAB/neighbour.log" | grep -qE '^echoes [1-9][0-9]* missing 0 again [0-9]+ requests [1-9][0-9]* lost 0 ' ||
		{ cat "$LAB/neighbour.log"; return 1; }
}

# equal WHAT EXPECTED GOT
equal() {
	[ "$2" = "$3" ] || { echo "$1: $2 expected, $3 counted"; return 1; }
}

grew() { # MEMBER
	flood_grew "$LAB/before" "$LAB/after" "$1"
}

every_frame() {
	local sent
	sent=$(flood_word flood sent)
	equal "frames" "$sent" "$(grew from)" && equal "passed and dropped" "$sent" $(($(grew passed) + $(grew dropped)))
}

# Nothing of it but what its policy refuses.
refused_as_it_should() {
	equal "questions that it may not ask" "$REFUSED" "$(grew refused)" && equal "answers to them" 0 "$(<"$LAB/asked")"
}

# Queries for names that no rule has are told and pass.
every_event() {
	local names=0
	[ "$1" != dns ] || names=$(flood_word flood sent)
	equal "told, suppressed or lost" $(($(grew told) + names)) "$(grew events)"
}

# by_its_reason KIND: the flood is not of another kind than it is meant to be.
by_its_reason() {
	local reason
	for reason in ${PASSES[$1]:-} ${DROPS[$1]:-}; do
		[ "$(grew "reasons.\"$reason\"")" -ge $((FRAMES * 2 / 5)) ] ||
			{ echo "$reason: $(grew "reasons.\"$reason\"")"; return 1; }
	done
}

# What goes on after a flood: answers to eve, the end of the neighbour's connection.
is_quiet() {
	flood_count "$LAB/after" && flood_count "$LAB/again" && cmp -s "$LAB/after" "$LAB/again"
}

under() {
	local kind=$1
	flood_count "$LAB/before"
	flood_neighbour "$FLOWS" 2000
	flood_flows "$LAB/flows-before"
	check "$kind: $FRAMES frames, and a neighbour that asks meanwhile" flooded "$kind"
	check "$kind: the neighbour keeps its flows" keeps_its_flows
	check "$kind: it gets every answer" is_answered
	lab_until 5 is_quiet || lab_die "it does not get quiet"
	check "$kind: it is refused what its policy refuses, and nothing else" refused_as_it_should
	check "$kind: every frame is counted once" every_frame
	check "$kind: and by its reason" by_its_reason "$kind"
	check "$kind: every event is sent, suppressed or counted as lost" every_event "$kind"
}

# Events that were read, and those that the reader says were lost, are those that were sent and lost.
told_in_the_end() {
	local read lost
	kill -TERM "$READER"
	lab_until 10 refuted kill -0 "$READER" || return
	read=$(jq -s '[.[] | select(.iotguard.event != "loss")] | length' "$LAB/events.json")
	lost=$(jq -s '[.[] | select(.iotguard.event == "loss").iotguard.lost] | add // 0' "$LAB/events.json")
	echo "# $read events were read, $lost were lost" >&3
	equal "read" "$(jq .sent "$LAB/after")" "$read" && equal "lost" "$(jq .lost "$LAB/after")" "$lost"
}

exec 3>&1
flood_up
flood_inventory "$LAB/inventory"
lab_guard "$LAB/inventory"
nsenter --net=/run/netns/gw -- "$LOADER" --state-dir "$LAB_STATE" events --follow --json \
	</dev/null >"$LAB/events.json" 2>"$LAB/events.log" &
READER=$!
disown
for kind in ${@:-$FLOOD_KINDS}; do
	under "$kind"
done
check "the stream has every event that was sent, and says how many were lost" told_in_the_end
lab_done
