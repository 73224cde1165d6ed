#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Is there at every moment one whole policy, the old one or the new one, whatever happens to apply?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

WARD=$LAB_TREE/examples/ward.yaml
# Another policy: what the plug may do here, the pump may do there. The rest is the same.
OTHER=$LAB/other.yaml

status_is() {
	local expected=$1 got
	shift
	"$@"
	got=$?
	[ "$got" -eq "$expected" ] || { echo "exit code $got"; return 1; }
}

generation() {
	lab_iotguard show --json | grep -o '"generation": *[0-9]*' | head -n 1 | grep -o '[0-9]*$'
}

generation_is() {
	local now
	now=$(generation)
	[ -n "$now" ] && [ "$now" = "$1" ] || { echo "generation ${now:-unknown}, not $1"; return 1; }
}

whole_is() {
	[ "$(whole)" = "$1" ]
}

# says WORDS COMMAND...: both streams of a command that fails have these words.
says() {
	local words=$1 out
	shift
	out=$("$@" 2>&1) && { echo "it succeeded"; return 1; }
	grep -qF -e "$words" <<<"$out" || { echo "it said: $out"; return 1; }
}

# What both policies allow passes, and what both refuse does not.
stands() {
	pings camera "$CLOUD" || { echo "the allowed scene is refused"; return 1; }
	! pings camera "$ELSEWHERE" -W 0.2 || { echo "the refused scene passes"; return 1; }
}

reads_portal() {
	fetches "$1" "http://$PORTAL/" --connect-timeout 0.3
}

# The plug's part and the pump's part are of the same policy: exactly one of them may read.
whole() {
	local plug=refused pump=refused job
	reads_portal pump &
	job=$!
	reads_portal plug && plug=passes
	wait "$job" && pump=passes
	case $plug-$pump in
	passes-refused) echo "$WARD" ;;
	refused-passes) echo "$OTHER" ;;
	passes-passes) echo "parts of two policies are in force"; return 1 ;;
	*) echo "no policy is in force"; return 1 ;;
	esac
}

### Questions ######################################################################################

idempotent() {
	local before
	before=$(generation)
	lab_iotguard apply "$WARD" && generation_is "$before"
}

changes() {
	local before
	before=$(generation)
	lab_iotguard apply "$OTHER" && [ "$(generation)" -gt "$before" ] && whole_is "$OTHER" &&
		lab_iotguard apply "$WARD" && whole_is "$WARD"
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# gone PID
gone() {
	! kill -0 "$1"
}

# The right moment cannot be hit on purpose, so many are tried, from the first instruction to some
# time after the last.
killed() {
	local round begin duration rounds=${IOTGUARD_LONG:+200}
	rounds=${rounds:-40}
	begin=$(now_ms)
	lab_iotguard apply "$OTHER" >/dev/null || return
	duration=$(($(now_ms) - begin * 6 / 5))
	for round in $(seq "$rounds"); do
		lab_start gw killed "$LOADER" --state-dir "$LAB_STATE" \
			apply "$([ $((round % 2)) -eq 0 ] && echo "$OTHER" || echo "$WARD")"
		sleep "$(printf '0.%03d' $((round * duration / rounds)))"
		kill -9 "$LAB_PID" 2>/dev/null
		lab_until 2 gone "$LAB_PID"
		stands && whole || { echo "round $round of $rounds, in $duration ms"; return 1; }
	done
}

# The camera pings its cloud 100 times a second while one policy follows another.
no_packet_lost() {
	local round ping
	lab_in camera ping -q -n -i 0.01 -c 200 -W 1 "$CLOUD" >"$LAB/ping.log" &
	ping=$!
	for round in 1 2 3 4 5; do
		lab_iotguard apply "$OTHER" && lab_iotguard apply "$WARD" || return
	done
	wait "$ping"
	grep -q ' 0% packet loss' "$LAB/ping.log" || { cat "$LAB/ping.log"; return 1; }
}

no_packet_through() {
	local round ping
	lab_in camera ping -q -n -i 0.01 -c 200 -W 1 "$ELSEWHERE" >"$LAB/ping.log" &
	ping=$!
	for round in 1 2 3 4 5; do
		lab_iotguard apply "$OTHER" && lab_iotguard apply "$WARD" || return
	done
	wait "$ping"
	grep -q ' 100% packet loss' "$LAB/ping.log" || { cat "$LAB/ping.log"; return 1; }
}

# Both wait for their turn, or the one that does not names who is at work.
two_at_once() {
	local first second
	lab_iotguard apply "$OTHER" >"$LAB/first.log" 2>&1 &
	first=$!
	lab_iotguard apply "$WARD" >"$LAB/second.log" 2>&1 &
	second=$!
	wait "$first" || grep -qE '[0-9]{2,}' "$LAB/first.log" || { cat "$LAB/first.log"; return 1; }
	wait "$second" || grep -qE '[0-9]{2,}' "$LAB/second.log" || { cat "$LAB/second.log"; return 1; }
}

broken_inventory() {
	sed 's/tcp\/8883/tcp\/70000/' "$WARD" >"$LAB/broken.yaml"
	status_is 3 lab_iotguard apply "$LAB/broken.yaml"
}

names_the_mistake() {
	local line
	line=$(grep -n -m 1 'tcp/70000' "$LAB/broken.yaml" | cut -d: -f1)
	says "broken.yaml:$line:" lab_iotguard check "$LAB/broken.yaml"
}

no_interface() {
	sed '/interfaces:/s/lan-/attic-/g' "$WARD" >"$LAB/missing.yaml"
	status_is 1 lab_iotguard apply "$LAB/missing.yaml" && says "there is none" lab_iotguard apply "$LAB/missing.yaml"
}

missing_interface() {
	sed 's/lan-new\]/lan-new, lan-attic]/' "$WARD" >"$LAB/missing.yaml"
	status_is 0 lab_iotguard apply "$LAB/missing.yaml" &&
		lab_iotguard apply "$LAB/missing.yaml" 2>&1 | grep -F "no interface lan-attic" &&
		lab_iotguard apply "$WARD"
}

unguarded_port() {
	sed 's/, lan-new\]/]/' "$WARD" >"$LAB/unguarded.yaml"
	status_is 1 lab_iotguard apply "$LAB/unguarded.yaml" &&
		says lan-new lab_iotguard apply "$LAB/unguarded.yaml"
}

other_program() {
	local tool id
	tool=$(lab_tool xdp_other) || return
	lab_start gw xdp_other "$tool" lan-cam
	lab_until 2 grep -q . "$LAB/xdp_other.log"
	id=$(<"$LAB/xdp_other.log")
	says lan-cam lab_iotguard apply "$WARD" && says "$id" lab_iotguard apply "$WARD" &&
		! ip -n gw link show lan-pump | grep -w xdp
	local status=$?
	kill "$LAB_PID"
	lab_until 2 sh -c '! ip -n gw link show lan-cam | grep -qw xdp'
	return "$status"
}

# A rule with an end matches where the kernel calls its clock synchronised; where it does not, apply
# and show say that it does not.
tells_the_clock() {
	local out synchronised state
	sed -e 's|^\( *\)- allow to .* because "telemetry.*|\1- allow to 203.0.113.20 tcp/82 until 2099-12-31|' \
		"$WARD" >"$LAB/ending.yaml"
	out=$(lab_iotguard apply "$LAB/ending.yaml" 2>&1) || { echo "$out"; return 1; }
	synchronised=$(lab_iotguard show --json | grep -c '"clock_right": *true')
	state=$(lab_iotguard show)
	if [ "$synchronised" = 1 ]; then
		! grep -q "'until'" <<<"$out$state"
	else
		grep -q "with 'until' match nothing" <<<"$out" && grep -q "with 'until' match nothing" <<<"$state"
	fi || { echo "$out"; echo "$state"; return 1; }
	lab_iotguard apply "$WARD"
}

detaches() {
	local out
	out=$(lab_iotguard detach --all 2>&1) || { echo "$out"; return 1; }
	grep -qF 'traffic now passes unfiltered' <<<"$out" || { echo "it said: $out"; return 1; }
}

# The kernel itself may put files named *.debug into a BPF file system.
nothing_left() {
	local pins
	! ip -n gw link show | grep -w xdp || return
	! mountpoint -q "$LAB_STATE" || pins=$(find "$LAB_STATE" -type f ! -name '*.debug')
	[ -z "${pins:-}" ] || { echo "$pins"; return 1; }
}

### Answers ########################################################################################

lab_up
sed -e 's|203.0.113.20 tcp/80|203.0.113.20 tcp/81|' \
	-e 's|^\( *\)- allow to .* because "telemetry.*|&\n\1- allow to 203.0.113.20 tcp/80|' \
	"$WARD" >"$OTHER"
check "before apply, the refused scene succeeds" pings camera "$ELSEWHERE"
[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"

check "where no interface is there, that is said" no_interface
check "an unguarded port of the bridge is named" unguarded_port
check "somebody else's XDP program is named with its id, and nothing else is touched" other_program
check "after all these failures traffic passes as before" pings camera "$ELSEWHERE"

lab_guard "$WARD"
check "apply enforces" stands
check "this policy and no other" whole_is "$WARD"
check "the same inventory again changes nothing" idempotent
check "another inventory is another generation" changes
LAST=$(generation)
check "an invalid inventory exits with 3" broken_inventory
check "and its mistake is found with its line" names_the_mistake
check "the running policy is untouched" generation_is "$LAST"
check "and stands" stands
check "where no interface is there, that is an error while a policy runs, too" no_interface
check "the running policy is untouched by it" generation_is "$LAST"
check "and stands, too" stands
check "a missing interface is named, and the others are guarded" missing_interface
check "as before" stands
check "an allowed packet is never lost while policies change" no_packet_lost
check "a refused packet never gets through while policies change" no_packet_through
check "killed with -9 at any moment, a whole policy stands" killed
check "and nothing stays in the way of the next one" lab_iotguard apply "$WARD"
check "two at once end well" two_at_once
check "with a whole policy" whole

check "a clock that may be wrong is told of where rules have an end" tells_the_clock

check "detach says what it does" detaches
check "and does it" pings camera "$ELSEWHERE"
check "and leaves nothing" nothing_left
check "apply after detach enforces again" lab_iotguard apply "$WARD"
check "as before" stands
lab_done
