#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One device floods its port as fast as this machine can send, with each kind of frames that flood.c knows. What does
# that cost, is each frame and each event accounted for, and what does its neighbour lose?
#
#	bench_flood.sh [KIND...]
#
# With iotguard, its events being read; with programs that drop everything, so that what is left of the cost is what
# sending takes; and with programs that pass everything, so that what frames cost behind them is known, and what a
# neighbour loses on this machine whoever filters. All three in each round.
#
# The cost is CPU time of the thread that sends: on a veth the frames are worked off in its own system call, softirqs
# included (unless the kernel has CONFIG_IRQ_TIME_ACCOUNTING, which takes them out). CPU 1 has the flood, CPU 0 the rest,
# of which the neighbour and its server have real-time priority: machines of their own would not wait for a gateway's
# processes.

[ -n "${LAB_INSIDE:-}" ] || exec 3>&1 1>&2
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/flood.sh"
. "$LAB_TREE/tests/bench/rows.sh"
unset SSH_CONNECTION
[ "$(nproc)" -ge 2 ] || lab_skip "needs two CPUs"

FRAMES=200000
FLOWS=48 PERIOD=1000 # conversations beside the connection, of 64 flows; microseconds
REFUSED=20
FIRST_SERVED=(taskset -c 0 chrt -f 1)

### What is on the ports ###########################################################################

put_bare() { # pass | drop
	lab_start gw bare "$BARE" "$1" lan-eve
	BARE_PID=$LAB_PID
	lab_until 5 flood_says_here bare || lab_die "$(<"$LAB/bare.log")"
	lab_start gw bare-camera "$BARE" pass lan-cam
	BARE_CAMERA_PID=$LAB_PID
	lab_until 5 flood_says_here bare-camera || lab_die "$(<"$LAB/bare-camera.log")"
}
take_bare() {
	kill "$BARE_PID" "$BARE_CAMERA_PID"
	lab_until 5 refuted kill -0 "$BARE_PID" && lab_until 5 refuted kill -0 "$BARE_CAMERA_PID"
}

put_pass() { put_bare pass; }
put_drop() { put_bare drop; }
take_pass() { take_bare; }
take_drop() { take_bare; }

put_iotguard() {
	lab_guard "$LAB/inventory"
	nsenter --net=/run/netns/gw -- taskset -c 0 "$LOADER" --state-dir "$LAB_STATE" events --follow --json \
		</dev/null >/dev/null 2>"$LAB/events.log" &
	READER=$!
	disown
}
take_iotguard() {
	kill "$READER"
	lab_iotguard detach --all >/dev/null 2>&1
}

### Measuring ######################################################################################

# What goes on after a flood: answers to eve, the end of the neighbour's connection.
is_quiet() {
	flood_count "$LAB/after" && flood_count "$LAB/again" && cmp -s "$LAB/after" "$LAB/again"
}

keep() { # KIND WHAT VALUE
	row_value "$1.$2" "$3"
}

flood_beside_neighbour() { # KIND WHAT: the words of both go into values
	flood "$1" "$FRAMES" 1 &
	local flooder=$!
	lab_in camera taskset -c 0 "$TALK" ask "$ELSEWHERE" "$FLOOD_PORT" 40000 "$REFUSED" 1 >/dev/null
	wait "$flooder" || lab_die "the flood failed"
	[ "$2" != iotguard ] || flood_flows "$LAB/flows-after"
	flood_neighbour_end || lab_die "the neighbour has no end"
	keep "$1" "$2.rate" "$(awk '{ print $2 * 1e9 / $4 }' "$LAB/flood.log")"
	keep "$1" "$2.cpu" "$(awk '{ print $6 / $2 }' "$LAB/flood.log")"
	keep "$1" "$2.missing" "$(flood_word neighbour missing)"
	keep "$1" "$2.again" "$(flood_word neighbour again)"
	keep "$1" "$2.lost" "$(flood_word neighbour lost)"
	keep "$1" "$2.p99" "$(flood_word neighbour p99 | awk '{ print $1 / 1000 }')"
}

grew() { # MEMBER
	flood_grew "$LAB/before" "$LAB/after" "$1"
}

# What is not accounted for, and what was.
account() { # KIND
	local sent names=0 what
	lab_until 10 is_quiet || lab_die "it does not get quiet"
	sent=$(flood_word flood sent)
	[ "$1" != dns ] || names=$sent # queries for names that no rule has are told, and pass
	for what in passed dropped sent suppressed lost; do
		keep "$1" "$what" "$(grew "$what")"
	done
	keep "$1" frames-missing $((sent - $(grew passed) - $(grew dropped)))
	keep "$1" events-missing $(($(grew told) + names - $(grew events)))
	keep "$1" refused-missing $((REFUSED - $(grew refused)))
	keep "$1" evicted "$(comm -23 "$LAB/flows-before" "$LAB/flows-after" | wc -l)"
}

measure() { # KIND WHAT
	[ "$2" != iotguard ] || flood_count "$LAB/before" || lab_die "no counts"
	flood_neighbour "$FLOWS" "$PERIOD" "${FIRST_SERVED[@]}"
	[ "$2" != iotguard ] || flood_flows "$LAB/flows-before"
	flood_beside_neighbour "$1" "$2"
	[ "$2" != iotguard ] || account "$1"
}

### Rows ###########################################################################################

flood_row() { # KIND WORDS UNIT VALUES [TARGET]
	row flood "$1: $2" "$3" "\"frames\":$FRAMES" "$1.$4" "${5:-}"
}

# beyond KIND WORDS UNIT WHAT BARE [TARGET]
beyond() {
	row_difference "$1.$4.beyond.$5" "$1.iotguard.$4" "$1.$5.$4"
	flood_row "$1" "$2" "$3" "$4.beyond.$5" "${6:-}"
}

say() {
	local kind=$1 none='"at_most":0'
	flood_row "$kind" "sent" 1/s iotguard.rate "$([ "$kind" != dns ] || echo '"at_least":100000')"
	flood_row "$kind" "sent, bare programs that drop" 1/s drop.rate
	flood_row "$kind" "CPU time, with sending" ns/frame iotguard.cpu
	flood_row "$kind" "CPU time, bare programs that drop" ns/frame drop.cpu
	flood_row "$kind" "CPU time, bare programs that pass" ns/frame pass.cpu
	beyond "$kind" "CPU time beyond bare programs that drop" ns/frame cpu drop
	beyond "$kind" "CPU time beyond bare programs that pass" ns/frame cpu pass
	flood_row "$kind" "passed" frames passed
	flood_row "$kind" "dropped" frames dropped
	flood_row "$kind" "neither passed nor dropped" frames frames-missing "$none"
	flood_row "$kind" "events sent" events sent
	flood_row "$kind" "events suppressed" events suppressed
	flood_row "$kind" "events counted as lost" events lost
	flood_row "$kind" "events neither sent, suppressed nor lost" events events-missing "$none"
	flood_row "$kind" "neighbour: flows evicted" flows evicted "$none"
	flood_row "$kind" "neighbour: refusals that are not counted" packets refused-missing "$none"
	flood_row "$kind" "neighbour: bytes of its connection missing" bytes iotguard.missing "$none"
	beyond "$kind" "neighbour: segments sent again, beyond bare programs that pass" segments again pass "$none"
	beyond "$kind" "neighbour: requests lost, beyond bare programs that pass" requests lost pass "$none"
	flood_row "$kind" "neighbour: p99 of its requests" us iotguard.p99
	flood_row "$kind" "neighbour: p99 of its requests, bare programs that pass" us pass.p99
}

flood_up
chrt -f -p 1 "$FLOOD_SERVICE" && taskset -pc 0 "$FLOOD_SERVICE" >/dev/null && taskset -pc 0 "$FLOOD_SINK" >/dev/null ||
	lab_skip "no priority and no CPU of its own can be had here"
flood_inventory "$LAB/inventory"
order="drop pass iotguard"
for ((round = 0; round < ROW_ROUNDS; round++)); do
	for what in $order; do
		"put_$what"
		for kind in ${@:-$FLOOD_KINDS}; do
			measure "$kind" "$what"
		done
		"take_$what"
	done
	order="${order#* } ${order%% *}"
done
for kind in ${@:-$FLOOD_KINDS}; do
	say "$kind"
done
