#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Killed with -9 at any of its system calls, does whatever changes the policy leave one whole policy, the old one or
# the new one, say which, and nothing in the way of the next apply? And is a policy on trial gone at its end,
# whatever became of who put it there?
#
# At every call with IOTGUARD_LONG=1 (which takes hours), at every N-th with IOTGUARD_EVERY=N, else at some in each
# case. test_kill.sh has the calls that change something.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
. "$LAB_SOURCE/kill.sh"
unset SSH_CONNECTION

EVERY=${IOTGUARD_EVERY:-${IOTGUARD_LONG:+1}}
EVERY=${EVERY:-400}
KILLS=0

calls() { # N SIGNAL COMMAND...
	local n=$1 signal=$2
	shift 2
	lab_in gw "$STEPS" --calls "$LAB/made" "$n" "$signal" "$LOADER" --state-dir "$LAB_STATE" "$@" \
		>"$LAB/command.log" 2>&1
}

# look: SAID is the policy in force by what `show` says, LEFT how long it is still on trial.
look() {
	local words
	words=$(lab_iotguard show --json 2>&1)
	case $words in
	*'"enforced": true'*) SAID=$(sed -n 's/^ *"inventory": "\(.*\)",$/\1/p' <<<"$words") ;;
	*'"enforced": false'*) SAID=open ;;
	*) SAID="an error: $words" ;;
	esac
	LEFT=$(sed -n 's/^ *"trial_seconds": \([0-9]*\).*/\1/p' <<<"$words")
	LEFT=${LEFT:-0}
}

# Numbers of the calls in $LAB/list before which a command is killed: others in each case, and the last two
# programs that it runs in the kernel, around the moment in which a policy comes into force.
chosen() {
	awk -v every="$EVERY" -v first=$((${#CASE} * 37)) '
		{ if ((NR + first) % every == 0) print NR }
		$0 == "call bpf 10" { before = last; last = NR }
		END { if (every > 1 && before) print before; if (every > 1 && last) print last }
	' "$LAB/list"
}

### After a kill ###################################################################################

complain() { # WHAT
	echo "$WHERE: $1" >>"$LAB/complaints"
}

# What is on trial goes by itself, and what is not stays.
trial_as() { # STATE
	case $CASE in
	*"on trial"*) [ "$1" != "$TO" ] || [ "$LEFT" -gt 0 ] || complain "it is in force for good" ;;
	esac
	[ "$1" = "$TO" ] || [ "$LEFT" = 0 ] || complain "what was there before is on trial"
}

# The policy before, or none, but never one that was not in force yet. Of the two inventories that were in
# force one after the other both answer the same.
rolls_back() {
	local now
	lab_iotguard rollback >"$LAB/rollback.log" 2>&1
	now=$(state)
	[ "$now" = "$FROM" ] || complain "a rollback put $now in force, which never was"
}

heals() {
	local now rest
	[ "$LEFT" = 0 ] || lab_iotguard confirm >"$LAB/confirm.log" 2>&1
	lab_iotguard apply "$TO" >"$LAB/apply.log" 2>&1 ||
		{ complain "the next apply failed: $(<"$LAB/apply.log")"; return; }
	now=$(state) rest=$(left_behind | tr '\n' ' ')
	look
	[ "$now" = "$TO" ] && [ "$SAID" = "$TO" ] && [ -z "$rest" ] ||
		complain "after the next apply: in force is $now; show says $SAID; left: $rest"
}

one_death() { # BEGIN N COMMAND...
	local begin=$1 n=$2 now
	shift 2
	"$begin" "$FROM" >"$LAB/begin.log" 2>&1 || { complain "no beginning: $(<"$LAB/begin.log")"; return; }
	calls "$n" 9 "$@"
	KILLS=$((KILLS + 1))
	WHERE="killed before call $n ($(tail -n 1 "$LAB/made"))"
	now=$(state)
	look
	[ "$now" = "$FROM" ] || [ "$now" = "$TO" ] || complain "in force is $now"
	[ "$SAID" = "$now" ] || complain "in force is $now; show says $SAID"
	trial_as "$now"
	[ "$begin" != twice ] || [ "$now" != "$FROM" ] || rolls_back
	heals
}

# deaths CASE BEGIN FROM TO COMMAND...: BEGIN brings FROM into force.
deaths() {
	local begin=$2 n
	CASE=$1 FROM=$3 TO=$4 WHERE=before
	shift 4
	rm -f "$LAB/complaints"
	check "$CASE: unharmed" succeeds "$begin" "$@" || return
	cp "$LAB/made" "$LAB/list"
	KILLS=0
	for n in $(chosen); do
		one_death "$begin" "$n" "$@"
	done
	echo "# $CASE: killed $KILLS times in $(wc -l <"$LAB/list") calls"
	check "$CASE: one whole policy, which show tells, and the next apply puts all in order" none_in complaints
}

succeeds() { # BEGIN COMMAND...
	local begin=$1
	shift
	"$begin" "$FROM" && calls 0 9 "$@" || { cat "$LAB/command.log"; return 1; }
	look
	[ "$LEFT" = 0 ] || lab_iotguard confirm
}

### Beginnings #####################################################################################

# It, and before it another one that answers the same.
twice() {
	lab_iotguard apply "$TWIN" && lab_iotguard apply "$1"
}

# It is on trial.
tried() {
	look
	[ "$LEFT" != 0 ] && [ "$SAID" = "$1" ] && return
	lab_iotguard apply "$OLD" && lab_iotguard apply "$1" --confirm 1h
}

# It, and before it the one that a rollback brings back.
turned() {
	case $(claimed) in
	"$1") ;;
	"$TO") lab_iotguard rollback ;;
	*) lab_iotguard apply "$TO" && lab_iotguard apply "$1" ;;
	esac
}

### The end of a trial #############################################################################

is_generation() {
	[ "$(shown generation)" = "$1" ]
}

gone_by_itself() { # GENERATION
	lab_until 20 is_generation "$1" || { echo "generation $(shown generation)"; return 1; }
	[ "$(state)" = "$OLD" ] || { echo "in force is $(state)"; return 1; }
}

# What begins a trial is near its end, before the N-th of its calls from the last: the policy is in force.
ends() { # NAME SIGNAL N
	local before total
	in_force "$OLD" >"$LAB/begin.log" 2>&1
	for total in first second; do # the second one finds what the third one will
		check "$1: the $total trial" calls 0 9 apply "$NEW" --confirm 1h
		total=$(wc -l <"$LAB/made")
		lab_iotguard rollback >"$LAB/rollback.log" 2>&1
	done
	before=$(shown generation)
	calls $((total - $3)) "$2" apply "$NEW" --confirm 2s
	check "$1: it is in force" is_generation $((before + 1))
	check "$1: it goes by itself" gone_by_itself $((before + 2))
}

trial_is_over() {
	bpftool map lookup pinned "$LAB_STATE/current/ig_trial" key 0 0 0 0 --json |
		grep -q '"value":\["0x[0-9a-f][0-9a-f]"\(,"0x[0-9a-f][0-9a-f]"\)\{15\}\(,"0x00"\)\{8\}'
}

# Its timer runs, and the policy is not in force yet: there the loader stops until the end of the trial has come.
late() {
	local pid
	calls "call bpf 10" 19 apply "$NEW" --confirm 1s
	pid=$(tail -n 1 "$LAB/made")
	lab_until 20 trial_is_over || echo "the trial has no end"
	kill -CONT "$pid" || return
	lab_until 20 refuted kill -0 "$pid" || { echo "it does not go on"; return 1; }
	[ "$(state)" = "$OLD" ] || { echo "in force, for good, is $(state)"; return 1; }
}

# A rollback has seen the trial, and stops until the timer has done its work: then there is nothing left to do.
rolls_back_late() {
	local pid
	lab_iotguard apply "$NEW" --confirm 2s || return
	calls "call bpf 4" 19 rollback
	pid=$(tail -n 1 "$LAB/made")
	lab_until 20 trial_is_over || echo "the trial has no end"
	kill -CONT "$pid" || return
	lab_until 20 refuted kill -0 "$pid" || { echo "it does not go on"; return 1; }
	[ "$(state)" = "$OLD" ] || { echo "in force is $(state)"; return 1; }
}

### Answers ########################################################################################

small_up
OLD=$LAB/old.yaml TWIN=$LAB/twin.yaml NEW=$LAB/new.yaml MORE=$LAB/more.yaml MANY=$LAB/many.yaml
SCENES[open]=$(scene open $BRIDGED)
policy "$OLD" "$FIRST"
policy "$NEW" "$SECOND"
small_inventory "$TWIN" "$FIRST" 2
small_inventory "$MORE" "$SECOND" 30
small_inventory "$MANY" "$SECOND" 100

deaths "the first apply" nothing open "$NEW" apply "$NEW"
deaths "a change in place" in_force "$OLD" "$NEW" apply "$NEW"
deaths "other programs in place" upgraded "$OLD" "$NEW" apply "$NEW"
deaths "on trial" twice "$OLD" "$NEW" apply "$NEW" --confirm 1h
deaths "confirm" tried "$NEW" "$NEW" confirm
deaths "rollback" turned "$OLD" "$NEW" rollback
deaths "the first apply, on trial" nothing open "$NEW" apply "$NEW" --confirm 1h

ends "its apply killed" 9 25
ends "its apply stopped" 19 25
check "its apply killed at last" kill -9 "$(tail -n 1 "$LAB/made")"
check "leaves nothing in the way" lab_iotguard apply "$NEW"

in_force "$OLD" >"$LAB/begin.log" 2>&1
check "what comes into force after the end of its trial does not stay" late
check "a rollback that the timer was faster than changes nothing more" rolls_back_late

unset "SCENES[$NEW]"
SCENES[$MORE]=$(scene "$SECOND" $BRIDGED)
deaths "new inner maps" in_force "$OLD" "$MORE" apply "$MORE"
unset "SCENES[$MORE]"
SCENES[$MANY]=$(scene "$SECOND" $BRIDGED)
deaths "more devices than there was room for" anew "$OLD" "$MANY" apply "$MANY"
lab_done
