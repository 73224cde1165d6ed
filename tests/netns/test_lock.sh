#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two at work at once: does the second wait for the first, however that ends, and say who is in the way
# when it has waited long enough?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

OTHER_STATE=$LAB/other-state
OLD=$LAB/old.yaml NEW=$LAB/new.yaml WIDE=$LAB/wide.yaml WIDER=$LAB/wider.yaml

# ends PID CODE LABEL
ends() {
	local code
	lab_until 30 gone "$1" || { echo "it is still there"; return 1; }
	code=$(<"$LAB/$3.code")
	[ "$code" = "$2" ] || { echo "exit code $code: $(<"$LAB/$3.log")"; return 1; }
}

gone() {
	! kill -0 "$1"
}

# waiter LABEL STATE FILE: an apply that has come to a lock which another has, in WAITER.
waiter() {
	rm -f "$LAB/$1.code"
	{
		nsenter --net=/run/netns/gw -- "$LOADER" --state-dir "$2" apply "$3" </dev/null >"$LAB/$1.log" 2>&1
		echo $? >"$LAB/$1.code"
	} &
	WAITER=$!
	lab_until 5 waits "$2"
}

# waits STATE: somebody beside the holder has the lock open.
waits() {
	[ "$(find /proc/[0-9]*/fd -lname "$1.lock" 2>/dev/null | cut -d/ -f3 | sort -u | wc -l)" -ge 2 ]
}

# hold STATE: the lock, signed, until let_go. HOLDER is who signed it.
hold() {
	mkfifo "$LAB/let-go"
	# shellcheck disable=SC2016 # the inner shell's
	lab_start gw holder flock "$1.lock" sh -c 'echo $$ >"$1.lock"; echo $$; read -r _ <"$2"' sh "$1" "$LAB/let-go"
	lab_until 5 test -s "$LAB/holder.log"
	HOLDER=$(<"$LAB/holder.log")
}

let_go() {
	echo >"$LAB/let-go"
	rm "$LAB/let-go"
}

# stop_before WORDS STATE FILE: an apply that has the lock and was stopped before its first step that has
# these words and comes after signing the lock; HOLDER is its process.
stop_before() {
	local n
	n=$(awk -v words="$1" 'signed && index($0, words) { print NR; exit } /^pwrite/ { signed = 1 }' "$LAB/list")
	[ -n "$n" ] || lab_die "no such step: $1"
	lab_in gw "$STEPS" "$LAB/made" "$n" "$(kill -l STOP)" "$LOADER" --state-dir "$2" apply "$3" \
		</dev/null >"$LAB/stopped.log" 2>&1
	HOLDER=$(tail -n 1 "$LAB/made")
	grep -q '^State:.T' "/proc/$HOLDER/status" || lab_die "it did not stop: $(<"$LAB/stopped.log")"
}

named() { # LABEL PROCESS
	grep -qw "process $2" "$LAB/$1.log" || { echo "it said: $(<"$LAB/$1.log")"; return 1; }
}

# answers_as OWN|open: of the bridge's things.
answers_as() {
	local seen expected count=6
	[ "$1" != open ] || count=12
	# shellcheck disable=SC2086 # words
	seen=$(answered $count $BRIDGED) expected=$(scene "$1" $BRIDGED)
	[ "$seen" = "$expected" ] || { echo "answered: $seen"; return 1; }
}

shows() { # FILE
	[ "$(shown inventory)" = "$1" ]
}

small_up
small_inventory "$OLD" "$FIRST"
small_inventory "$NEW" "$SECOND"
small_inventory "$WIDE" "$FIRST" 40
small_inventory "$WIDER" "$FIRST" 60
lab_in gw "$STEPS" "$LAB/list" 0 9 "$LOADER" --state-dir "$LAB_STATE" apply "$OLD" >"$LAB/apply.log" 2>&1 ||
	lab_die "apply failed: $(<"$LAB/apply.log")"
lab_iotguard detach --all >"$LAB/detach.log" 2>&1

# Both wait for their whole time, beside each other.
hold "$LAB_STATE"
FLOCK=$HOLDER
stop_before "pin " "$OTHER_STATE" "$OLD"
STOPPED=$HOLDER
waiter first "$LAB_STATE" "$OLD"
FIRST_WAITER=$WAITER
check "an apply waits for whoever has the lock" waits "$LAB_STATE"
waiter second "$OTHER_STATE" "$NEW"
SECOND_WAITER=$WAITER
check "an apply waits for one that was stopped" waits "$OTHER_STATE"
check "it gives up in the end" ends "$FIRST_WAITER" 1 first
check "and says which process is in the way" named first "$FLOCK"
check "it gives up where the other is stopped, too" ends "$SECOND_WAITER" 1 second
check "and says which process that is" named second "$STOPPED"
check "neither has touched anything" answers_as open

waiter first "$LAB_STATE" "$OLD"
check "it waits again" waits "$LAB_STATE"
let_go
check "when the lock is free it goes on" ends "$WAITER" 0 first
check "and enforces" answers_as "$FIRST"
kill -9 "$STOPPED"

lab_in gw "$STEPS" "$LAB/list" 0 9 "$LOADER" --state-dir "$LAB_STATE" apply "$NEW" >"$LAB/apply.log" 2>&1
# more devices than the maps of the idle slot have room for: new ones are stored there
stop_before "rename " "$LAB_STATE" "$WIDE"
check "an apply that is stopped half way leaves the old policy" answers_as "$SECOND"
check "show does not wait for it" shows "$NEW"
waiter first "$LAB_STATE" "$NEW"
kill -CONT "$HOLDER"
check "it goes on, and the one that waited comes after it" ends "$WAITER" 0 first
check "whose policy is in force" answers_as "$SECOND"
check "show says so" shows "$NEW"

stop_before "rename " "$LAB_STATE" "$WIDER"
waiter first "$LAB_STATE" "$OLD"
kill -9 "$HOLDER"
check "a lock goes with the process that had it" ends "$WAITER" 0 first
check "and the other does the work" answers_as "$FIRST"
lab_done
