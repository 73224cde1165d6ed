#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# When the maps in force are too small, or the programs another build's, others take their place: does
# all that was going on go on?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

FEW=$LAB/few.yaml MANY=$LAB/many.yaml SAME=$LAB/same.yaml
PORT=7

# with_echo FILE: the camera may also talk to $BOTH over TCP.
with_echo() {
	sed -i "/^  camera:/,/rules:/s|^    rules:|&\n      - allow to $BOTH tcp/$PORT|" "$1"
}

# The camera's conversation over TCP: what it says comes back.
talk_begin() {
	lab_start internet echo busybox nc -l -p $PORT -e cat
	mkfifo "$LAB/say"
	exec 7<>"$LAB/say"
	lab_until 5 listens
	lab_start camera talk sh -c "exec busybox nc $BOTH $PORT <'$LAB/say'"
	lab_until 5 talks begin
}

listens() {
	lab_in internet grep -q ":$(printf %04X $PORT) 00000000:0000 0A" /proc/net/tcp
}

talks() {
	echo "$1" >&7
	lab_until 3 grep -qx "$1" "$LAB/talk.log"
}

# What was said, in order and once.
talked() {
	[ "$(grep -v '^begin$' "$LAB/talk.log" | tr '\n' ' ')" = "$*" ] || { cat "$LAB/talk.log"; return 1; }
}

instance() {
	readlink "$LAB_STATE/current"
}

# replaced YES|NO FROM: is another instance than FROM in force, and is it the only one?
replaced() {
	local now all
	now=$(instance)
	all=$(find "$LAB_STATE" -maxdepth 1 -name 'instance-*' -printf '%f ')
	[ "$all" = "$now " ] || { echo "there are $all"; return 1; }
	case $1 in
	yes) [ "$now" != "$2" ] ;;
	no) [ "$now" = "$2" ] ;;
	esac || { echo "in force is $now, it was $2"; return 1; }
}

more() { # NUMBER NUMBER
	[ "$2" -gt "$1" ] || { echo "it was $1 and is $2"; return 1; }
}

answers_as() { # OWN
	local seen
	# shellcheck disable=SC2086 # words
	seen=$(answered 6 $BRIDGED)
	# shellcheck disable=SC2086 # words
	[ "$seen" = "$(scene "$1" $BRIDGED)" ] || { echo "answered: $seen"; return 1; }
}

# flow: packets of the camera's conversation over TCP.
flow() {
	lab_iotguard show flows --json | tr -d "\n" | tr "{}" "\n\n" | grep "\"$BOTH\"" |
		grep '"protocol": "tcp"' | grep -E "\"remote_port\": $PORT(,|$)" |
		sed -n 's/.*"packets": \([0-9]*\).*/\1/p' | head -n 1
}

# change NAME YES|NO FILE OWN: everything that has to be the same, or more, after an apply.
change() {
	local name=$1 new=$2 file=$3 own=$4 before generation passed packets
	talks "before-$name"
	before=$(instance) generation=$(shown generation) passed=$(shown passed) packets=$(flow)
	check "$name: apply" lab_iotguard apply "$file"
	check "$name: its policy is in force" answers_as "$own"
	check "$name: the instance is $([ "$new" = yes ] && echo a new one || echo the same), and there is one" \
		replaced "$new" "$before"
	check "$name: the generation rises" more "$generation" "$(shown generation)"
	check "$name: counters go on" more "$passed" "$(shown passed)"
	check "$name: the conversation over TCP goes on" talks "after-$name"
	check "$name: in the flow that it had" more "${packets:-0}" "$(flow)"
}

programs() {
	local name
	for name in ig_from_device ig_to_device ig_operate; do
		bpftool prog show pinned "$LAB_STATE/current/$name" | sed -n 's/^\([0-9]*\):.*/\1/p'
	done | tr '\n' ' '
}

# All of them are others than IDS.
all_exchanged() {
	local id
	for id in $(programs); do
		case " $1" in *" $id "*) echo "$1 became $(programs)"; return 1 ;; esac
	done
}

# hears ADDRESS: the reader that was started first reports a packet to it.
hears() {
	pings camera "$1" -W 0.1 >"$LAB/ping.log"
	lab_until 3 grep -q "$1" "$LAB/events.log"
}

# Few devices with many flows, then few with few, then more: what is not needed for flows any more must
# not stand in the way.
many_flows() {
	local i
	small_inventory "$LAB/wide.yaml" "$FIRST"
	sed -i '/^  camera:/,/rules:/s|^    rules:|    flows: 8000\n&|' "$LAB/wide.yaml"
	lab_iotguard apply "$LAB/wide.yaml" || return
	for i in 20 100; do
		small_inventory "$LAB/ghosts.yaml" "$FIRST" "$i"
		sed -i '/^  camera:/,/^  ghost-0:/{/^  ghost-0:/!d}' "$LAB/ghosts.yaml"
		lab_iotguard apply "$LAB/ghosts.yaml" || return
	done
}

small_up
small_inventory "$FEW" "$FIRST"
small_inventory "$MANY" "$SECOND" 70
small_inventory "$SAME" "$FIRST"
for file in "$FEW" "$MANY" "$SAME"; do
	with_echo "$file"
done
lab_guard "$FEW"
talk_begin
series_begin
lab_start gw events "$LOADER" --state-dir "$LAB_STATE" events --follow --json
check "a reader hears events" lab_until 5 hears "$ELSEWHERE"

change growth yes "$MANY" "$SECOND"
check "growth: the reader hears the new programs" lab_until 5 hears "$ELSEWHERE_2"
change shrinking no "$FEW" "$FIRST"
check "as if the programs were of another build" other_build
PROGRAMS=$(programs)
change upgrade no "$SAME" "$FIRST"
check "upgrade: on the maps that were there, all programs are others" all_exchanged "$PROGRAMS"
check "upgrade: the reader hears the new programs" lab_until 5 hears "$OTHER_RESOLVER"
check "all that was said came back once" talked before-growth after-growth before-shrinking after-shrinking \
	before-upgrade after-upgrade ""
check "no packet of the series got lost" series_end
check "room for flows that is not needed any more is no obstacle" many_flows
lab_done
