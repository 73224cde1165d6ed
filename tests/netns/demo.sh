#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The main job of iotguard, played by real clients on a laboratory of network namespaces:
#
#	demo.sh			the show, with a table at the end
#	demo.sh --quiet		one line a scene, as the tests print them
#
# Every scene is played twice: without iotguard, where it has to succeed, and with examples/ward.yaml
# enforced, where it has to end as the inventory says. So a refusal is iotguard's doing, not a fault
# of the laboratory. Exits with 0 when all scenes end as expected, with 77 where it cannot run.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

QUIET=
[ "${1:-}" != --quiet ] || QUIET=yes
INVENTORY=examples/ward.yaml
EVENTS=$LAB/events.txt
BOLD='' DIM='' RED='' GREEN='' PLAIN=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
fi

### The scenes #####################################################################################

# scene ACT EXPECTED REASON WORDS TITLE COMMAND...
#	EXPECTED	passes, or refused
#	REASON		why, as the events say it; - for none
#	WORDS		what the line of its event has in it, each as a word of its own
scene() {
	local i=${#TITLE[@]}
	ACT[i]=$1 EXPECTED[i]=$2 REASON[i]=$3 WORDS[i]=$4 TITLE[i]=$5
	shift 5
	COMMAND[i]=$(printf '%q ' "$@")
}
ACT=() EXPECTED=() REASON=() WORDS=() TITLE=() COMMAND=() SEEN=() GIVEN=()

scenes() {
	scene joining passes - '' "plug starts anew and gets its DHCP lease" \
		leases plug "$LAB/udhcpc.sh"
	scene allowed passes - '' "camera publishes to its broker" \
		publishes camera
	scene allowed passes - '' "broker answers down the camera's connection" \
		receives camera
	scene allowed passes - '' "camera asks the listed resolver" \
		resolves camera "$GATEWAY"
	scene allowed passes - '' "camera pings its cloud" \
		pings camera "$CLOUD"
	scene allowed passes - '' "pump renews its DHCP lease" \
		renews
	scene allowed passes - '' "plug reads its portal" \
		fetches plug "http://$PORTAL/"
	scene allowed passes - '' "nurse station reads the pump (critical)" \
		fetches station "http://$PUMP:5000/"
	scene allowed passes - '' "nurse station reads the pump over IPv6" \
		fetches station "http://[$PUMP6]:5000/"

	scene refused refused no-rule "camera-2 $ELSEWHERE" "camera to an unlisted address" \
		fetches camera "http://$ELSEWHERE/"
	scene refused refused no-rule "camera-2 $ELSEWHERE6" "camera to an unlisted address over IPv6" \
		fetches camera "http://[$ELSEWHERE6]/"
	scene refused refused rule-deny "camera-2 $STATISTICS" "camera pings the address that is denied" \
		pings camera "$STATISTICS"
	scene refused refused no-rule "camera-2 $BROKER 80" "camera to another port of its broker" \
		fetches camera "http://$BROKER/"
	scene refused refused no-rule "camera-2 $PUMP" "camera to its neighbour, the pump" \
		fetches camera "http://$PUMP:5000/"
	scene refused refused no-rule "camera-2 $GATEWAY 80" "camera to the gateway's own web page" \
		fetches camera "http://$GATEWAY/"
	scene refused refused no-rule "camera-2 $OTHER_RESOLVER" "camera asks another resolver" \
		resolves camera "$OTHER_RESOLVER"
	scene refused refused no-rule "camera-2 $PORTAL" "internet opens the camera's page" \
		fetches internet "http://$CAMERA/" --interface "$PORTAL"
	# It knows the gateway's MAC address already, so its first frame under that address is not ARP.
	scene refused refused source-spoof "plug-7 10.30.0.77" "plug to its portal, under another address" \
		borrows plug 10.30.0.77 fetches plug "http://$PORTAL/" --interface 10.30.0.77
	scene refused refused unknown-device "$STRANGER_MAC" "unknown device asks for a DHCP lease" \
		leases new
	scene refused refused unknown-device "$STRANGER_MAC" "unknown device pings the gateway" \
		pings new "$GATEWAY"
	# Each alone, and last: where it succeeds, it deceives all the others, too.
	scene imitated refused wrong-port "station-1 lan-new" "unknown device as the nurse station, to the pump" \
		impersonates new station fetches new "http://$PUMP:5000/" --interface "$STATION"
	scene poisoned refused arp-spoof "plug-7" "plug says that it is the gateway" \
		poisons plug station

	scene killed passes - '' "still: camera publishes to its broker" \
		publishes camera
	scene killed passes - '' "still: nurse station reads the pump (critical)" \
		fetches station "http://$PUMP:5000/"
	scene killed refused no-rule "camera-2 $ELSEWHERE_2" "still: camera to an unlisted address" \
		fetches camera "http://$ELSEWHERE_2/"
}

# play ACT DIRECTORY: all scenes of one act at the same time; what each came to is in DIRECTORY.
play() {
	local i players=()
	mkdir -p "$2"
	for i in "${!TITLE[@]}"; do
		[ "${ACT[i]}" = "$1" ] || continue
		{ eval "${COMMAND[i]}" >"$2/$i.log" 2>&1 && echo passes || echo refused; } >"$2/$i" &
		players+=($!)
	done
	wait "${players[@]}"
}

### What is shown ##################################################################################

say() {
	[ -n "$QUIET" ] || printf '%s\n' "$*"
}

heading() {
	say
	say "$BOLD$*$PLAIN"
}

# show DIRECTORY ACT: how the scenes of an act ended, one line each.
show() {
	local i
	for i in "${!TITLE[@]}"; do
		[ "${ACT[i]}" != "$2" ] || say "  $(printf '%-48s %s' "${TITLE[i]}" "$(<"$1/$i")")"
	done
}

# Events as they come, indented, and kept for the table.
follow_events() {
	lab_iotguard events --follow > >(tee -a "$EVENTS" | show_events) 2>"$LAB/events.log" &
	disown
}

show_events() {
	if [ -n "$QUIET" ]; then
		cat >/dev/null
	else
		sed -u "s/^/      $DIM/; s/\$/$PLAIN/"
	fi
}

# events_of SCENE: the events that have all its words.
events_of() {
	local word lines
	lines=$(<"$EVENTS")
	for word in ${WORDS[$1]}; do
		lines=$(grep -Fw -e "$word" <<<"$lines") || return
	done
	echo "$lines"
}

# reason_of SCENE: the reason that iotguard gave, as in `... -> REMOTE SERVICE REASON: sentence`. The
# expected one if it is among them, else the first.
reason_of() {
	local events reasons
	events=$(events_of "$1") || return
	reasons=$(grep -oE ' [a-z-]+: ' <<<"$events" | tr -d ' :')
	grep -m 1 -Fx -e "${REASON[$1]}" <<<"$reasons" || head -n 1 <<<"$reasons"
}

reported() {
	[ -n "$(reason_of "$1")" ]
}

# judge ACT DIRECTORY: what was seen and why, once the events had time to arrive.
judge() {
	local i
	for i in "${!TITLE[@]}"; do
		[ "${ACT[i]}" = "$1" ] || continue
		SEEN[i]=$(<"$2/$i") GIVEN[i]=-
		[ "${EXPECTED[i]}" = refused ] || continue
		lab_until 2 reported "$i"
		GIVEN[i]=$(reason_of "$i")
	done
}

as_expected() {
	[ "${SEEN[$1]}" = "${EXPECTED[$1]}" ] && [ "${GIVEN[$1]}" = "${REASON[$1]}" ]
}

table() {
	local i verdict
	say "$(printf "  $BOLD%-48s %-9s %-9s %-15s$PLAIN" scene expected seen reason)"
	for i in "${!TITLE[@]}"; do
		if as_expected "$i"; then
			verdict="${GREEN}ok$PLAIN"
		else
			verdict="${RED}NOT OK$PLAIN"
		fi
		say "$(printf '  %-48s %-9s %-9s %-15s %s' "${TITLE[i]}" "${EXPECTED[i]}" "${SEEN[i]}" \
			"${GIVEN[i]:-(no event)}" "$verdict")"
	done
}

lines() {
	local i
	for i in "${!TITLE[@]}"; do
		check "${TITLE[i]}: ${EXPECTED[i]}" as_expected "$i" || printf '#   seen: %s, reason %s\n' \
			"${SEEN[i]}" "${GIVEN[i]:-(no event)}"
	done
}

### The play #######################################################################################

baseline() {
	local i act
	for act in joining allowed refused imitated poisoned killed; do
		play "$act" "$LAB/baseline"
	done
	for i in "${!TITLE[@]}"; do
		[ "$(<"$LAB/baseline/$i")" = passes ] && continue
		sed 's/^/#   /' "$LAB/baseline/$i.log"
		lab_die "without iotguard this should succeed, and does not: ${TITLE[i]}"
	done
	lab_forget
}

main() {
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	scenes
	say "iotguard: a laboratory of network namespaces; nothing on this machine is touched."

	heading "1. Without iotguard"
	lab_up
	baseline
	say "  All ${#TITLE[@]} scenes succeed, the unwanted ones too."

	heading "2. iotguard-load apply $INVENTORY"
	lab_guard "$INVENTORY"
	[ -n "$QUIET" ] || sed 's/^/  /' "$LAB/apply.log"
	: >"$EVENTS"
	follow_events

	heading "3. What the inventory allows"
	local act
	for act in joining allowed; do
		play "$act" "$LAB/guarded"
		show "$LAB/guarded" "$act"
		judge "$act" "$LAB/guarded"
	done

	heading "4. What it does not allow, and the events as they come"
	for act in refused imitated poisoned; do
		play "$act" "$LAB/guarded"
		judge "$act" "$LAB/guarded"
	done

	heading "5. kill -9 of every iotguard process"
	lab_kill_iotguard
	play killed "$LAB/guarded"
	show "$LAB/guarded" killed
	say "  The events waited in the kernel:"
	follow_events
	judge killed "$LAB/guarded"

	heading "6. The table"
	table
	if [ -n "$QUIET" ]; then
		lines
	else
		local i
		for i in "${!TITLE[@]}"; do as_expected "$i" || LAB_FAILED=$((LAB_FAILED + 1)); done
		say
		say "  ${#TITLE[@]} scenes, $LAB_FAILED not as expected."
	fi
	lab_done
}

main
