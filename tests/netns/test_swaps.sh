#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Real conversations at full speed while policies are exchanged and programs upgraded: no connection is reset, every
# byte arrives, no answer is missing; and a conversation of two devices that only some policies allow goes on under
# these and ends under the others, with the next packet.
#
# A thousand exchanges and fifty upgrades with IOTGUARD_LONG=1; ordinarily few.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
unset SSH_CONNECTION

SWAPS=${IOTGUARD_LONG:+1000}	SWAPS=${SWAPS:-24}
UPGRADES=${IOTGUARD_LONG:+50}	UPGRADES=${UPGRADES:-4}
OTHER=$LAB_BUILD/tests/iotguard-load-other
PORT=7000 PAIR=7001

# talkative FILE OWN YES|NO [GHOSTS]: as small_inventory; everybody may talk to $BOTH, and the pump to the plug or not.
talkative() {
	small_inventory "$1" "$2" "${4:-0}"
	sed -i "s|^      - allow to $BOTH icmp/echo-request|&\n      - allow to $BOTH tcp/$PORT\n      - allow to $BOTH udp/$PORT|" "$1"
	sed -i "/^  pump:/,/^    rules:/s|^    rules:|&\n      - allow to device:plug udp/$PAIR|" "$1"
	[ "$3" = no ] ||
		sed -i "/^  plug:/,/^    rules:/s|^    rules:|&\n      - allow from device:pump udp/$PAIR|" "$1"
}

heard() {
	grep -qx here "$LAB/$1.log"
}

# asks: how many of the pump's requests the plug answers, in the one conversation that they have.
asks() { # COUNT WAIT
	lab_in pump "$TALK" ask "$PLUG" "$PAIR" 40000 "$1" "$2"
}

complain() {
	echo "$1" >>"$LAB/complaints"
}

pair_as() { # WHEN YES|NO
	local answered
	case $2 in
	yes) answered=$(asks 3 5000) && [ "$answered" = 3 ] || complain "$1: of 3 requests $answered were answered" ;;
	no) answered=$(asks 2 20) && [ "$answered" = 0 ] || complain "$1: $answered were answered" ;;
	esac
}

# exchange N: the next policy, or the one before.
exchange() {
	local n=$1
	if [ $((n % 7)) = 5 ] && [ -n "${BEFORE:-}" ]; then
		lab_iotguard rollback >"$LAB/apply.log" 2>&1 || complain "exchange $n: $(<"$LAB/apply.log")"
		set -- "$BEFORE" "$NOW"
	else
		set -- $(((NOW + 1 + n % 2) % 3)) "$NOW"
		lab_iotguard apply "$LAB/policy-$1" >"$LAB/apply.log" 2>&1 ||
			complain "exchange $n: $(<"$LAB/apply.log")"
	fi
	NOW=$1 BEFORE=$2
	pair_as "after exchange $n, policy $NOW" "${ALLOWED[NOW]}"
}

# upgrade N: to the other build or back.
upgrade() {
	local loader=$LOADER
	[ $(($1 % 2)) = 1 ] || loader=$OTHER
	lab_in gw "$loader" --state-dir "$LAB_STATE" apply "$LAB/policy-$NOW" >"$LAB/apply.log" 2>&1 ||
		complain "upgrade $1: $(<"$LAB/apply.log")"
	pair_as "after upgrade $1, policy $NOW" "${ALLOWED[NOW]}"
}

none_in() {
	[ ! -s "$LAB/$1" ] || { cat "$LAB/$1"; return 1; }
}

exchanges() {
	local i
	for ((i = 0; i < SWAPS; i++)); do
		exchange "$i"
	done
	none_in complaints
}

upgrades() {
	local i
	for ((i = 0; i < UPGRADES; i++)); do
		upgrade "$i"
	done
	none_in complaints
}

grows() {
	lab_iotguard apply "$LAB/many" || return
	NOW=0 BEFORE=
	pair_as "after growth" yes
	none_in complaints
}

finished() {
	grep -q '^connections' "$LAB/talks.log"
}

# Not one is lost: every byte that was sent came back.
all_well() {
	kill -TERM "$TALKS"
	lab_until 90 finished || { echo "they have no end"; cat "$LAB/talks.log"; return 1; }
	sed -n 's/^connections/# connections/p' "$LAB/talks.log" >&3
	grep -qE '^connections 20 resets 0 sent ([0-9]+) echoed \1 requests [1-9][0-9]* lost 0$' "$LAB/talks.log" ||
		{ cat "$LAB/talks.log"; return 1; }
}

exec 3>&1
small_up
TALK=$(lab_tool talk) || lab_die "the tools cannot be built"
ALLOWED=(yes no yes)
talkative "$LAB/policy-0" "$FIRST" yes
talkative "$LAB/policy-1" "$SECOND" no
talkative "$LAB/policy-2" "$SECOND" yes 3
talkative "$LAB/many" "$FIRST" yes 100
lab_guard "$LAB/policy-0"
NOW=0 BEFORE=
lab_start internet server "$TALK" serve "$PORT"
lab_start plug pair "$TALK" serve "$PAIR"
lab_until 5 heard server || lab_die "nobody serves"
lab_until 5 heard pair || lab_die "the plug does not serve"
lab_start gw talks "$TALK" run "$BOTH" "$PORT" camera:8 pump:6 plug:6
TALKS=$LAB_PID
lab_until 10 heard talks || lab_die "they do not talk: $(<"$LAB/talks.log")"

check "$SWAPS exchanges" exchanges
if [ -x "$OTHER" ]; then
	check "$UPGRADES upgrades" upgrades
else
	echo "skip upgrades there is no loader of another build"
fi
check "and a new instance" grows
check "20 connections and as many conversations by UDP live, and nothing got lost" all_well
lab_done
